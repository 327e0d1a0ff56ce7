"""Cohere's official client, in both versions of its API, with only the base URL and the key set."""

import json

import cohere
import pytest
from books import assert_weighed, positive, recorded
from cohere.core.api_error import ApiError

ASK = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "How heavy is it?"}]}
TEXT = "Forty tons — and the lorry did not stop."
USAGE = {"input": "81", "output": "17"}
WEIGH = {
    "type": "function",
    "function": {"name": "weigh", "parameters": {"type": "object", "properties": {"lorry": {"type": "string"}}, "required": ["lorry"]}},
}
ASK_V1 = {"model": "command-a-03-2025", "message": "How heavy is it?"}


@pytest.fixture
def client(stage):
    return cohere.ClientV2(api_key=stage.key, base_url=stage.base_url)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return cohere.ClientV2(api_key="none", base_url=stage.upstream_url + "/cohere")


def test_an_answer_arrives_whole_and_is_weighed(stage, client):
    stage.set("cohere", fixture="cohere-chat.json")
    answer = client.chat(**ASK)
    assert answer.message.content[0].text == TEXT
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["dialect"]) == (USAGE, "completed", "cohere.chat")
    assert stage.key not in str(stage.take_one("cohere"))


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream(stage, client, cuts):
    stage.set("cohere", fixture="cohere-chat.sse", cuts=cuts)
    parts = [event.delta.message.content.text for event in client.chat_stream(**ASK) if event.type == "content-delta"]
    assert "".join(parts) == TEXT
    event = stage.last_event()
    assert (positive(event["usage"]), event["streamed"]) == (USAGE, True)


def test_an_answer_with_tools(stage, client):
    stage.set("cohere", fixture="cohere-tools.json")
    answer = client.chat(**ASK, tools=[WEIGH])
    (call,) = answer.message.tool_calls
    assert (answer.message.tool_plan, answer.finish_reason) == ("I will weigh the lorry.", "TOOL_CALL")
    assert (call.function.name, json.loads(call.function.arguments)) == ("weigh", {"lorry": "WB-40"})
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"]) == (USAGE, "completed")
    assert json.loads(stage.take_one("cohere")["body"])["tools"] == [WEIGH]


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream_with_tools_is_as_without_the_gateway(stage, client, direct, cuts):
    stage.set("cohere", fixture="cohere-tools.sse", cuts=cuts)
    events = [event.model_dump() for event in client.chat_stream(**ASK, tools=[WEIGH])]
    assert events == [event.model_dump() for event in direct.chat_stream(**ASK, tools=[WEIGH])]
    calls = [event["delta"]["message"]["tool_calls"]["function"] for event in events if event["type"] in ("tool-call-start", "tool-call-delta")]
    assert (calls[0]["name"], json.loads("".join(call["arguments"] for call in calls))) == ("weigh", {"lorry": "WB-40"})
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["streamed"]) == (USAGE, "completed", True)


def test_what_a_tool_said_goes_back(stage, client):
    stage.set("cohere", fixture="cohere-chat.json")
    call = {"id": "weigh_0001", "type": "function", "function": {"name": "weigh", "arguments": '{"lorry": "WB-40"}'}}
    said = [
        {"role": "assistant", "tool_plan": "I will weigh the lorry.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "weigh_0001", "content": "forty tons"},
    ]
    answer = client.chat(model=ASK["model"], messages=ASK["messages"] + said, tools=[WEIGH])
    assert answer.message.content[0].text == TEXT
    assert json.loads(stage.take_one("cohere")["body"])["messages"][1:] == said
    assert positive(stage.last_event()["usage"]) == USAGE


@pytest.fixture
def first_version(stage):
    """The client of the first version, whose chat is another endpoint."""
    return cohere.Client(api_key=stage.key, base_url=stage.base_url)


def test_an_answer_of_the_first_version(stage, first_version):
    stage.set("cohere", fixture="cohere-v1-chat.json")
    answer = first_version.chat(**ASK_V1)
    assert (answer.text, answer.meta.billed_units.input_tokens) == (TEXT, 81)
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["dialect"]) == (USAGE, "completed", "cohere.chat_v1")
    assert stage.take_one("cohere")["path"].endswith("/v1/chat")


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream_of_the_first_version(stage, first_version, cuts):
    stage.set("cohere", fixture="cohere-v1-chat.ndjson", cuts=cuts)
    events = list(first_version.chat_stream(**ASK_V1))
    assert "".join(event.text for event in events if event.event_type == "text-generation") == TEXT
    assert events[-1].event_type == "stream-end"
    event = stage.last_event()
    assert (positive(event["usage"]), event["streamed"], event["dialect"]) == (USAGE, True, "cohere.chat_v1")


def test_refusals_of_the_first_version_have_a_class(stage, first_version):
    stage.set("cohere", fixture="cohere-v1-chat.json")
    with pytest.raises(cohere.NotFoundError) as refused:
        first_version.chat(**{**ASK_V1, "model": "no-such-model"})
    assert "no-such-model" in refused.value.body["message"]
    with pytest.raises(cohere.BadRequestError) as refused:
        first_version.chat(message="How heavy is it?")
    assert 'names no "model"' in refused.value.body["message"]
    assert stage.take("cohere") == []


def test_documents_are_ranked(stage, client):
    stage.set("cohere", fixture="cohere-rerank.json")
    answer = client.rerank(model="cohere/rerank-v3.5", query="How heavy is it?", documents=["One ton.", "Forty tons."])
    assert [result.index for result in answer.results] == [1, 0]
    event = stage.last_event()
    assert (positive(event["usage"]), event["dialect"]) == ({"search_units": "1"}, "rerank")


def test_errors_keep_their_class(stage, client):
    stage.set("cohere", fixture="cohere-400.json")
    for call in (client.chat, lambda **ask: list(client.chat_stream(**ask))):
        with pytest.raises(cohere.BadRequestError) as refused:
            call(**ASK)
        assert "messages must not be empty" in str(refused.value.body)
        event = stage.last_event()
        assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 400)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("cohere", fixture="cohere-chat.json")
    with pytest.raises(cohere.NotFoundError) as refused:
        client.chat(**{**ASK, "model": "no-such-model"})
    assert "no-such-model" in refused.value.body["message"]
    with pytest.raises(cohere.UnauthorizedError):
        cohere.ClientV2(api_key="wb-wrong", base_url=stage.base_url).chat(**ASK)
    assert stage.take("cohere") == []


@pytest.mark.parametrize("version", [cohere.Client, cohere.ClientV2])
def test_refused_rankings_say_why(stage, version):
    stage.set("cohere", fixture="cohere-rerank.json")
    client = version(api_key=stage.key, base_url=stage.base_url)
    with pytest.raises(cohere.NotFoundError) as refused:
        client.rerank(model="no-such-model", query="How heavy is it?", documents=["One ton."])
    said = refused.value.body
    assert "no-such-model" in (said["message"] if version is cohere.ClientV2 else said["error"]["message"])
    assert stage.take("cohere") == []


def test_recorded_answers_are_as_without_the_gateway(stage, client, direct):
    cases = [case for case in recorded(stage, "cohere.chat") if "/v1/" not in case["url"]]
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("cohere", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]
        assert_weighed(stage.last_event(), case)


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    ask = {**ASK, "model": case["model"]}
    try:
        if case["streamed"]:
            return [event.model_dump() for event in client.chat_stream(**ask)]
        return client.chat(**ask).model_dump()
    except ApiError as error:
        return type(error).__name__, error.status_code, error.body
