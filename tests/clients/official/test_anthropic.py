"""The official Anthropic client, with only base_url and api_key set."""

import anthropic
import pytest

QUESTION = [{"role": "user", "content": "How heavy is it?"}]
WEIGH = [{"name": "weigh", "input_schema": {"type": "object", "properties": {"lorry": {"type": "string"}}, "required": ["lorry"]}}]
ASK = {"model": "claude-sonnet-4-6", "max_tokens": 200, "messages": QUESTION}
MESSAGE_USAGE = {"input": "176", "cache_read": "1024", "cache_write_5m": "100", "cache_write_1h": "200", "output": "97"}


@pytest.fixture
def client(stage):
    return anthropic.Anthropic(base_url=stage.base_url, api_key=stage.key, max_retries=0)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return anthropic.Anthropic(base_url=stage.upstream_url + "/anthropic", api_key="none", max_retries=0)


def positive(usage):
    return {meter: quantity for meter, quantity in usage.items() if quantity != "0"}


def test_an_answer_arrives_whole_and_is_weighed(stage, client):
    stage.set("anthropic", fixture="anthropic-message.json")
    answer = client.messages.create(**ASK)
    assert answer.content[0].text == "Forty tons — and the lorry did not stop."
    assert answer.usage.cache_creation.ephemeral_1h_input_tokens == 200
    event = stage.last_event()
    assert positive(event["usage"]) == MESSAGE_USAGE
    assert (event["status"], event["dialect"], event["cost"]["status"], event["charge"]["status"]) == ("completed", "anthropic.messages", "priced", "rated")
    # The client's key stays here; the provider gets its own.
    headers = stage.take_one("anthropic")["headers"]
    assert headers["x-api-key"] != stage.key and stage.key not in str(headers)


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream_is_as_without_the_gateway(stage, client, direct, cuts):
    def read(client):
        return [event.to_dict() for event in client.messages.create(**ASK, stream=True)]

    stage.set("anthropic", fixture="anthropic-message.sse", cuts=cuts)
    assert read(client) == read(direct)
    assert positive(stage.last_event()["usage"]) == MESSAGE_USAGE


def test_the_stream_helper(stage, client):
    stage.set("anthropic", fixture="anthropic-message.sse")
    with client.messages.stream(**ASK) as stream:
        assert "".join(stream.text_stream) == "Forty tons — and the lorry did not stop."
        assert stream.get_final_message().usage.output_tokens == 97


@pytest.mark.parametrize("fixture", ["anthropic-tools.json", "anthropic-tools.sse"])
def test_tools(stage, client, fixture):
    stage.set("anthropic", fixture=fixture)
    if fixture.endswith(".sse"):
        with client.messages.stream(**ASK, tools=WEIGH) as stream:
            answer = stream.get_final_message()
    else:
        answer = client.messages.create(**ASK, tools=WEIGH)
    assert (answer.content[0].type, answer.content[0].name, answer.content[0].input) == ("tool_use", "weigh", {"lorry": "WB-40"})
    assert positive(stage.last_event()["usage"]) == {"input": "381", "output": "37"}


def test_the_providers_errors_keep_their_class(stage, client):
    stage.set("anthropic", fixture="anthropic-400.json")
    with pytest.raises(anthropic.BadRequestError) as refused:
        client.messages.create(**ASK)
    assert refused.value.body["error"]["message"] == "messages: at least one message is required"
    stage.set("anthropic", fixture="anthropic-429.json")
    with pytest.raises(anthropic.RateLimitError):
        client.messages.create(**ASK, stream=True)
    event = stage.last_event()
    assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 429)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("anthropic", fixture="anthropic-message.json")
    with pytest.raises(anthropic.AuthenticationError) as refused:
        client.with_options(api_key="wb-wrong").messages.create(**ASK)
    assert refused.value.body["error"]["type"] == "authentication_error"
    with pytest.raises(anthropic.NotFoundError) as refused:
        client.messages.create(**{**ASK, "model": "no-such-model"})
    assert refused.value.body["error"]["type"] == "not_found_error"
    assert stage.take("anthropic") == []
    stage.set("anthropic", hang_up=True)
    with pytest.raises(anthropic.InternalServerError):
        client.messages.create(**ASK)


def test_recorded_answers_are_as_without_the_gateway(stage, client, direct):
    cases = [case for case in stage.cases if case["id"].startswith("anthropic.messages.")]
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("anthropic", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    request = {"model": case["model"], "max_tokens": 200, "messages": QUESTION}
    try:
        if case["streamed"]:
            return [event.to_dict() for event in client.messages.create(**request, stream=True)]
        return client.messages.create(**request).to_dict()
    except anthropic.APIStatusError as error:
        return type(error).__name__, error.status_code, error.body
