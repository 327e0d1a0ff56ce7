"""Ollama's official client, with only the host and a header with the key set."""

import json

import ollama
import pytest
from books import assert_weighed, positive, recorded

ASK = {"model": "llama3.2", "messages": [{"role": "user", "content": "How heavy is it?"}]}
TEXT = "Forty tons — and the lorry did not stop."
USAGE = {"input": "81", "output": "17"}
WEIGH = {
    "type": "function",
    "function": {"name": "weigh", "parameters": {"type": "object", "properties": {"lorry": {"type": "string"}}, "required": ["lorry"]}},
}


@pytest.fixture
def client(stage):
    return ollama.Client(host=stage.base_url, headers={"authorization": f"Bearer {stage.key}"})


@pytest.fixture
def direct(stage):
    """The same client without the gateway. (The route is the first part of the path, which this client's host may have.)"""
    return ollama.Client(host=stage.upstream_url + "/ollama")


def test_an_answer_arrives_whole_and_is_weighed(stage, client):
    stage.set("ollama", fixture="ollama-chat.json")
    answer = client.chat(**ASK)
    assert (answer.message.content, answer.prompt_eval_count) == (TEXT, 81)
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["dialect"]) == (USAGE, "completed", "ollama.chat")
    assert stage.key not in str(stage.take_one("ollama"))


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream(stage, client, cuts):
    stage.set("ollama", fixture="ollama-chat.ndjson", cuts=cuts)
    assert "".join(part.message.content for part in client.chat(**ASK, stream=True)) == TEXT
    event = stage.last_event()
    assert (positive(event["usage"]), event["streamed"]) == (USAGE, True)


def test_an_answer_with_tools(stage, client):
    stage.set("ollama", fixture="ollama-tools.json")
    (call,) = client.chat(**ASK, tools=[WEIGH]).message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weigh", {"lorry": "WB-40"})
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["streamed"]) == (USAGE, "completed", False)
    (tool,) = json.loads(stage.take_one("ollama")["body"])["tools"]
    assert tool["function"]["name"] == "weigh"


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream_with_tools_is_as_without_the_gateway(stage, client, direct, cuts):
    stage.set("ollama", fixture="ollama-tools.ndjson", cuts=cuts)
    parts = [part.model_dump() for part in client.chat(**ASK, tools=[WEIGH], stream=True)]
    assert parts == [part.model_dump() for part in direct.chat(**ASK, tools=[WEIGH], stream=True)]
    calls = [call for part in parts for call in part["message"]["tool_calls"] or []]
    assert [(call["function"]["name"], call["function"]["arguments"]) for call in calls] == [("weigh", {"lorry": "WB-40"})]
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["streamed"]) == (USAGE, "completed", True)


def test_what_a_tool_said_goes_back(stage, client):
    stage.set("ollama", fixture="ollama-chat.json")
    said = [
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "weigh", "arguments": {"lorry": "WB-40"}}}]},
        {"role": "tool", "tool_name": "weigh", "content": "forty tons"},
    ]
    answer = client.chat(model=ASK["model"], messages=ASK["messages"] + said, tools=[WEIGH])
    assert answer.message.content == TEXT
    assert json.loads(stage.take_one("ollama")["body"])["messages"][2] == said[1]
    assert positive(stage.last_event()["usage"]) == USAGE


def test_errors_keep_their_class(stage, client):
    stage.set("ollama", fixture="ollama-404.json")
    for call in (client.chat, lambda **ask: list(client.chat(**ask, stream=True))):
        with pytest.raises(ollama.ResponseError) as refused:
            call(**ASK)
        assert (refused.value.error, refused.value.status_code) == ("model 'llama3.2' not found", 404)
        event = stage.last_event()
        assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 404)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("ollama", fixture="ollama-chat.json")
    with pytest.raises(ollama.ResponseError) as refused:
        client.chat(**{**ASK, "model": "no-such-model"})
    assert refused.value.status_code == 404 and "no-such-model" in refused.value.error
    with pytest.raises(ollama.ResponseError) as refused:
        ollama.Client(host=stage.base_url).chat(**ASK)
    assert refused.value.status_code == 401
    assert stage.take("ollama") == []


def test_recorded_answers_are_as_without_the_gateway(stage, client, direct):
    cases = recorded(stage, "ollama.api.chat")
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("ollama", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]
        assert_weighed(stage.last_event(), case)


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    ask = {**ASK, "model": case["model"]}
    try:
        if case["streamed"]:
            return [part.model_dump() for part in client.chat(**ask, stream=True)]
        return client.chat(**ask).model_dump()
    except ollama.ResponseError as error:
        return error.error, error.status_code
