"""The official OpenAI client, with only base_url and api_key set."""

import asyncio
import json

import openai
import pytest

QUESTION = [{"role": "user", "content": "How heavy is it?"}]
WEIGH = [
    {
        "type": "function",
        "function": {"name": "weigh", "parameters": {"type": "object", "properties": {"lorry": {"type": "string"}}, "required": ["lorry"]}},
    }
]
CHAT_USAGE = {"input": "176", "cache_read": "1024", "output": "33", "reasoning": "64"}


@pytest.fixture
def client(stage):
    return openai.OpenAI(base_url=stage.base_url + "/v1", api_key=stage.key, max_retries=0)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return openai.OpenAI(base_url=stage.upstream_url + "/openai/v1", api_key="none", max_retries=0)


def positive(usage):
    return {meter: quantity for meter, quantity in usage.items() if quantity != "0"}


def test_an_answer_arrives_whole_and_is_weighed(stage, client):
    stage.set("openai", fixture="openai-chat.json")
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
    assert answer.choices[0].message.content == "Forty tons, and the lorry did not stop."
    assert answer.usage.prompt_tokens == 1200
    event = stage.last_event()
    assert positive(event["usage"]) == CHAT_USAGE
    assert (event["status"], event["streamed"], event["cost"]["status"], event["charge"]["status"]) == ("completed", False, "priced", "rated")


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream_with_usage_is_as_without_the_gateway(stage, client, direct, cuts):
    def read(client):
        stream = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, stream=True, stream_options={"include_usage": True})
        return [chunk.to_dict() for chunk in stream]

    stage.set("openai", fixture="openai-chat.sse", cuts=cuts)
    chunks = read(client)
    assert chunks == read(direct)
    assert chunks[-1]["usage"]["prompt_tokens"] == 1200
    assert positive(stage.last_event()["usage"]) == CHAT_USAGE


def test_a_stream_without_usage_is_weighed_all_the_same(stage, client):
    stage.set("openai", fixture="openai-chat.sse")
    chunks = list(client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Forty tons — and the lorry did not stop."
    assert all(chunk.choices for chunk in chunks), "a client that did not ask for usage never sees a chunk without choices"
    assert positive(stage.last_event()["usage"]) == CHAT_USAGE


def test_tools(stage, client):
    stage.set("openai", fixture="openai-tools.json")
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, tools=WEIGH)
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weigh", {"lorry": "WB-40"})
    assert json.loads(stage.take_one("openai")["body"])["tools"] == WEIGH


def test_tools_streamed(stage, client):
    stage.set("openai", fixture="openai-tools.sse", cuts="random")
    with client.chat.completions.stream(model="gpt-4o-mini", messages=QUESTION, tools=WEIGH) as stream:
        answer = stream.get_final_completion()
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weigh", {"lorry": "WB-40"})


def test_the_providers_errors_keep_their_class(stage, client):
    stage.set("openai", fixture="openai-400.json")
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="gpt-4o-mini", messages=[])
    assert refused.value.body["message"] == "'messages' must not be empty."
    stage.set("openai", fixture="openai-429.json")
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, stream=True)
    assert refused.value.code == "rate_limit_exceeded"
    event = stage.last_event()
    assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 429)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("openai", fixture="openai-chat.json")
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="wb-wrong").chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
    assert refused.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="no-such-model", messages=QUESTION)
    assert refused.value.code == "model_not_found"
    assert stage.take("openai") == []
    stage.set("openai", hang_up=True)
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
    assert refused.value.code == "upstream_error"


def test_models_are_listed(client):
    listed = [model.id for model in client.models.list()]
    assert "gpt-4o-mini" in listed and "translated" in listed


def test_the_async_client(stage):
    async def run():
        async with openai.AsyncOpenAI(base_url=stage.base_url + "/v1", api_key=stage.key) as client:
            return await asyncio.gather(*(client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION) for _ in range(8)))

    stage.set("openai", fixture="openai-chat.json")
    before = len(stage.events())
    answers = asyncio.run(run())
    assert len(answers) == 8 and len(stage.events()) == before + 8


def test_recorded_answers_are_as_without_the_gateway(stage, client, direct):
    cases = [case for case in stage.cases if case["id"].startswith("openai.chat.")]
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("openai", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    request = case["request"] or {"model": case["model"], "messages": QUESTION}
    request = {key: value for key, value in request.items() if key not in ("stream", "stream_options")} | {"model": case["model"]}
    try:
        if case["streamed"]:
            return [chunk.to_dict() for chunk in client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True})]
        return client.chat.completions.create(**request).to_dict()
    except openai.APIStatusError as error:
        return type(error).__name__, error.status_code, error.body


# An OpenAI client to an Anthropic upstream, by translation.


def test_translated(stage, client):
    stage.set("anthropic", fixture="anthropic-message.json")
    answer = client.chat.completions.create(model="translated", messages=[{"role": "system", "content": "Be brief."}, *QUESTION])
    assert answer.choices[0].message.content == "Forty tons — and the lorry did not stop."
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.prompt_tokens_details.cached_tokens) == (1500, 97, 1024)
    request = json.loads(stage.take_one("anthropic")["body"])
    assert request["model"] == "claude-sonnet-4-6" and request["max_tokens"] > 0 and "Be brief." in json.dumps(request["system"])
    event = stage.last_event()
    assert positive(event["usage"]) == {"input": "176", "cache_read": "1024", "cache_write_5m": "100", "cache_write_1h": "200", "output": "97"}
    assert (event["dialect"], event["provider"]) == ("openai.chat", "anthropic")


@pytest.mark.parametrize("cuts", ["whole", "each_byte"])
def test_translated_stream(stage, client, cuts):
    stage.set("anthropic", fixture="anthropic-message.sse", cuts=cuts)
    chunks = list(client.chat.completions.create(model="translated", messages=QUESTION, stream=True, stream_options={"include_usage": True}))
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "Forty tons — and the lorry did not stop."
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (1500, 97)
    assert positive(stage.last_event()["usage"]) == {"input": "176", "cache_read": "1024", "cache_write_5m": "100", "cache_write_1h": "200", "output": "97"}


def test_translated_tools(stage, client):
    stage.set("anthropic", fixture="anthropic-tools.json")
    answer = client.chat.completions.create(model="translated", messages=QUESTION, tools=WEIGH)
    call = answer.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, json.loads(call.function.arguments)) == ("toolu_scale01", "weigh", {"lorry": "WB-40"})
    assert answer.choices[0].finish_reason == "tool_calls"
    tool = json.loads(stage.take_one("anthropic")["body"])["tools"][0]
    assert (tool["name"], tool["input_schema"]) == ("weigh", WEIGH[0]["function"]["parameters"])
    # The tool's result goes back, in the other dialect's words.
    stage.set("anthropic", fixture="anthropic-message.json")
    result = {"role": "tool", "tool_call_id": call.id, "content": "40 t"}
    client.chat.completions.create(model="translated", messages=[*QUESTION, answer.choices[0].message, result], tools=WEIGH)
    last = json.loads(stage.take_one("anthropic")["body"])["messages"][-1]
    assert (last["role"], last["content"][0]["type"], last["content"][0]["tool_use_id"]) == ("user", "tool_result", "toolu_scale01")


def test_translated_tools_streamed(stage, client):
    stage.set("anthropic", fixture="anthropic-tools.sse", cuts="random")
    with client.chat.completions.stream(model="translated", messages=QUESTION, tools=WEIGH) as stream:
        answer = stream.get_final_completion()
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weigh", {"lorry": "WB-40"})
    assert answer.choices[0].finish_reason == "tool_calls"


def test_translated_errors(stage, client):
    stage.set("anthropic", fixture="anthropic-400.json")
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="translated", messages=QUESTION)
    assert refused.value.body["message"] == "messages: at least one message is required"
    stage.set("anthropic", fixture="anthropic-429.json")
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="translated", messages=QUESTION, stream=True)
