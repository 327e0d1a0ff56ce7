// The AI SDK with its providers for three wires, of OpenAI's both kinds, with only the base URL and the key set.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateText, streamText, tool } from "ai";
import { z } from "zod";
import { ANTHROPIC_USAGE, OPENAI_USAGE, Stage, TEXT, refused } from "./stage.js";

let stage;
const prompt = "How heavy is it?";
const tools = { weigh: tool({ inputSchema: z.object({ lorry: z.string() }) }) };
const wires = {
  openai: {
    model: () => createOpenAI({ baseURL: stage.baseUrl + "/v1", apiKey: stage.key }).chat("gpt-4o-mini"),
    stream: "openai-chat.sse",
    tools: "openai-tools.json",
    toolStream: "openai-tools.sse",
    error: "openai-429.json",
    usage: OPENAI_USAGE,
    toolUsage: { input: "81", output: "17" },
  },
  responses: {
    route: "openai",
    model: () => createOpenAI({ baseURL: stage.baseUrl + "/v1", apiKey: stage.key }).responses("gpt-4o-mini"),
    whole: "openai-response.json",
    stream: "openai-response.sse",
    tools: "openai-response-tools.json",
    toolStream: "openai-response-tools.sse",
    error: "openai-429.json",
    usage: OPENAI_USAGE,
    toolUsage: { input: "81", output: "17" },
  },
  anthropic: {
    model: () => createAnthropic({ baseURL: stage.baseUrl + "/v1", apiKey: stage.key })("claude-sonnet-4-6"),
    stream: "anthropic-message.sse",
    tools: "anthropic-tools.json",
    toolStream: "anthropic-tools.sse",
    error: "anthropic-429.json",
    usage: ANTHROPIC_USAGE,
    toolUsage: { input: "381", output: "37" },
  },
  gemini: {
    model: () => createGoogleGenerativeAI({ baseURL: stage.baseUrl + "/v1beta", apiKey: stage.key })("gemini-2.5-flash"),
    stream: "gemini-content.sse",
    tools: "gemini-tools.json",
    error: "gemini-429.json",
    usage: OPENAI_USAGE,
    toolUsage: { input: "81", output: "17" },
  },
};

before(async () => {
  stage = await Stage.start();
});
after(() => stage.close());

for (const [name, wire] of Object.entries(wires)) {
  const route = wire.route ?? name;

  if (wire.whole) {
    test(`${name}: an answer`, async () => {
      await stage.set(route, wire.whole);
      const answer = await generateText({ model: wire.model(), prompt });
      assert.deepEqual([answer.text, answer.usage.inputTokens, answer.usage.outputTokens], [TEXT, 1200, 97]);
      const event = await stage.last();
      assert.deepEqual([event.status, event.streamed, event.dialect, event.usage], ["completed", false, `openai.${name}`, wire.usage]);
    });
  }

  if (wire.toolStream) {
    test(`${name}: a stream with tools`, async () => {
      await stage.set(route, wire.toolStream);
      const calls = [];
      for await (const part of streamText({ model: wire.model(), prompt, tools }).fullStream) {
        if (part.type === "tool-call") calls.push([part.toolName, part.input]);
      }
      assert.deepEqual(calls, [["weigh", { lorry: "WB-40" }]]);
      const event = await stage.last();
      assert.deepEqual([event.status, event.streamed, event.usage], ["completed", true, wire.toolUsage]);
    });
  }

  test(`${name}: a stream`, async () => {
    await stage.set(route, wire.stream);
    let text = "";
    for await (const part of streamText({ model: wire.model(), prompt }).textStream) text += part;
    assert.equal(text, TEXT);
    const event = await stage.last();
    assert.deepEqual([event.status, event.streamed, event.usage], ["completed", true, wire.usage]);
  });

  test(`${name}: an answer with tools`, async () => {
    await stage.set(route, wire.tools);
    const { toolCalls } = await generateText({ model: wire.model(), prompt, tools });
    assert.deepEqual(toolCalls.map((call) => [call.toolName, call.input]), [["weigh", { lorry: "WB-40" }]]);
    const event = await stage.last();
    assert.deepEqual([event.status, event.streamed, event.usage], ["completed", false, wire.toolUsage]);
  });

  test(`${name}: errors keep their class`, async () => {
    await stage.set(route, wire.error);
    await assert.rejects(generateText({ model: wire.model(), prompt, maxRetries: 0 }), (error) => APICallError.isInstance(error) && error.statusCode === 429);
    assert.deepEqual(refused(await stage.last()), ["upstream_error", {}, 429]);
  });
}
