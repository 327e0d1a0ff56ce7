// The official Anthropic client, with only the base URL and the key set.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { ANTHROPIC_USAGE, Stage, TEXT, refused } from "./stage.js";

let stage, client;
const ask = { model: "claude-sonnet-4-6", max_tokens: 200, messages: [{ role: "user", content: "How heavy is it?" }] };
const tools = [{ name: "weigh", input_schema: { type: "object", properties: { lorry: { type: "string" } } } }];

before(async () => {
  stage = await Stage.start();
  client = new Anthropic({ baseURL: stage.baseUrl, apiKey: stage.key, maxRetries: 0 });
});
after(() => stage.close());

test("an answer arrives whole and is weighed", async () => {
  await stage.set("anthropic", "anthropic-message.json");
  const answer = await client.messages.create(ask);
  assert.equal(answer.content[0].text, TEXT);
  const event = await stage.last();
  assert.deepEqual(event.usage, ANTHROPIC_USAGE);
  assert.deepEqual([event.status, event.dialect, event.cost.status], ["completed", "anthropic.messages", "priced"]);
});

test("a stream", async () => {
  await stage.set("anthropic", "anthropic-message.sse");
  const stream = client.messages.stream(ask);
  assert.equal(await stream.finalText(), TEXT);
  assert.deepEqual((await stage.last()).usage, ANTHROPIC_USAGE);
});

test("tools, whole and streamed", async () => {
  for (const fixture of ["anthropic-tools.json", "anthropic-tools.sse"]) {
    await stage.set("anthropic", fixture);
    const answer = fixture.endsWith("sse") ? await client.messages.stream({ ...ask, tools }).finalMessage() : await client.messages.create({ ...ask, tools });
    assert.deepEqual([answer.content[0].name, answer.content[0].input], ["weigh", { lorry: "WB-40" }]);
    assert.deepEqual((await stage.last()).usage, { input: "381", output: "37" });
  }
});

test("errors keep their class", async () => {
  await stage.set("anthropic", "anthropic-400.json");
  await assert.rejects(client.messages.create(ask), Anthropic.BadRequestError);
  await stage.set("anthropic", "anthropic-429.json");
  await assert.rejects(client.messages.create({ ...ask, stream: true }), Anthropic.RateLimitError);
  assert.deepEqual(refused(await stage.last()), ["upstream_error", {}, 429]);
});

test("our refusals have a class too", async () => {
  await stage.set("anthropic", "anthropic-message.json");
  await assert.rejects(client.messages.create({ ...ask, model: "no-such-model" }), Anthropic.NotFoundError);
  await assert.rejects(client.withOptions({ apiKey: "wb-wrong" }).messages.create(ask), Anthropic.AuthenticationError);
  assert.deepEqual(await stage.take("anthropic"), []);
});
