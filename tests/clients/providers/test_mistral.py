"""Mistral's official client, with only the server's URL and the key set."""

import json

import pytest
from books import assert_weighed, positive, recorded
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

ASK = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "How heavy is it?"}]}
USAGE = {"input": "81", "output": "17"}
WEIGH = [{"type": "function", "function": {"name": "weigh", "parameters": {"type": "object", "properties": {"lorry": {"type": "string"}}}}}]


@pytest.fixture
def client(stage):
    return Mistral(api_key=stage.key, server_url=stage.base_url)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return Mistral(api_key="none", server_url=stage.upstream_url + "/mistral")


def test_an_answer_with_tools_arrives_whole_and_is_weighed(stage, client):
    stage.set("mistral", fixture="openai-tools.json")
    call = client.chat.complete(**ASK, tools=WEIGH).choices[0].message.tool_calls[0].function
    assert (call.name, json.loads(call.arguments)) == ("weigh", {"lorry": "WB-40"})
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["dialect"]) == (USAGE, "completed", "openai.chat")
    assert stage.key not in str(stage.take_one("mistral"))


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream(stage, client, cuts):
    stage.set("mistral", fixture="openai-chat.sse", cuts=cuts)
    parts = [choice.delta.content or "" for event in client.chat.stream(**ASK) for choice in event.data.choices]
    assert "".join(parts) == "Forty tons — and the lorry did not stop."
    event = stage.last_event()
    assert event["streamed"] and positive(event["usage"]) == {"input": "176", "cache_read": "1024", "output": "33", "reasoning": "64"}


def test_errors_keep_their_class(stage, client):
    stage.set("mistral", fixture="openai-400.json")
    for call in (client.chat.complete, client.chat.stream):
        with pytest.raises(SDKError) as refused:
            call(**ASK)
        assert refused.value.status_code == 400 and "must not be empty" in refused.value.body
        event = stage.last_event()
        assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 400)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("mistral", fixture="openai-chat.json")
    with pytest.raises(SDKError) as refused:
        client.chat.complete(**{**ASK, "model": "no-such-model"})
    assert refused.value.status_code == 404 and "model_not_found" in refused.value.body
    assert stage.take("mistral") == []


def test_recorded_answers_are_as_without_the_gateway(stage, client, direct):
    cases = recorded(stage, "mistral.chat")
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("mistral", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]
        assert_weighed(stage.last_event(), case)


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    ask = {**ASK, "model": case["model"]}
    try:
        if case["streamed"]:
            return [event.model_dump() for event in client.chat.stream(**ask)]
        return client.chat.complete(**ask).model_dump()
    except SDKError as error:
        return type(error).__name__, error.status_code, error.body
