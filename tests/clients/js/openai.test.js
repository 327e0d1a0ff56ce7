// The official OpenAI client, with only the base URL and the key set.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { OPENAI_USAGE, Stage, TEXT, refused } from "./stage.js";

let stage, client;
const ask = { model: "gpt-4o-mini", messages: [{ role: "user", content: "How heavy is it?" }] };
const tools = [{ type: "function", function: { name: "weigh", parameters: { type: "object", properties: { lorry: { type: "string" } } } } }];

before(async () => {
  stage = await Stage.start();
  client = new OpenAI({ baseURL: stage.baseUrl + "/v1", apiKey: stage.key, maxRetries: 0 });
});
after(() => stage.close());

test("an answer arrives whole and is weighed", async () => {
  await stage.set("openai", "openai-chat.json");
  const answer = await client.chat.completions.create(ask);
  assert.equal(answer.choices[0].message.content, "Forty tons, and the lorry did not stop.");
  const event = await stage.last();
  assert.deepEqual(event.usage, OPENAI_USAGE);
  assert.deepEqual([event.status, event.dialect, event.cost.status], ["completed", "openai.chat", "priced"]);
});

test("a stream without usage is weighed all the same", async () => {
  await stage.set("openai", "openai-chat.sse");
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    text += chunk.choices[0].delta.content ?? "";
  }
  assert.equal(text, TEXT);
  assert.deepEqual((await stage.last()).usage, OPENAI_USAGE);
});

test("tools, whole and streamed", async () => {
  for (const fixture of ["openai-tools.json", "openai-tools.sse"]) {
    await stage.set("openai", fixture);
    const answer = fixture.endsWith("sse")
      ? await client.chat.completions.stream({ ...ask, tools }).finalChatCompletion()
      : await client.chat.completions.create({ ...ask, tools });
    const call = answer.choices[0].message.tool_calls[0].function;
    assert.deepEqual([call.name, JSON.parse(call.arguments)], ["weigh", { lorry: "WB-40" }]);
    assert.deepEqual((await stage.last()).usage, { input: "81", output: "17" });
  }
});

test("errors keep their class", async () => {
  await stage.set("openai", "openai-400.json");
  await assert.rejects(client.chat.completions.create(ask), (error) => error instanceof OpenAI.BadRequestError && /must not be empty/.test(error.message));
  await stage.set("openai", "openai-429.json");
  await assert.rejects(client.chat.completions.create({ ...ask, stream: true }), OpenAI.RateLimitError);
  assert.deepEqual(refused(await stage.last()), ["upstream_error", {}, 429]);
});

test("our refusals have a class too", async () => {
  await stage.set("openai", "openai-chat.json");
  await assert.rejects(client.chat.completions.create({ ...ask, model: "no-such-model" }), OpenAI.NotFoundError);
  await assert.rejects(client.withOptions({ apiKey: "wb-wrong" }).chat.completions.create(ask), OpenAI.AuthenticationError);
  assert.deepEqual(await stage.take("openai"), []);
});
