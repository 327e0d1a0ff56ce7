"""Google's official client, with only the base URL and the key set."""

import pytest
from books import assert_weighed, positive, recorded
from google import genai
from google.genai import errors, types

QUESTION = "How heavy is it?"
TEXT = "Forty tons — and the lorry did not stop."
USAGE = {"input": "176", "cache_read": "1024", "output": "33", "reasoning": "64"}
WEIGH = types.Tool(
    function_declarations=[
        {"name": "weigh", "parameters_json_schema": {"type": "object", "properties": {"lorry": {"type": "string"}}, "required": ["lorry"]}}
    ]
)


def client_of(base_url, key):
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=base_url))


@pytest.fixture
def client(stage):
    return client_of(stage.base_url, stage.key)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return client_of(stage.upstream_url + "/gemini", "none")


def test_an_answer_arrives_whole_and_is_weighed(stage, client):
    stage.set("gemini", fixture="gemini-content.json")
    answer = client.models.generate_content(model="gemini-2.5-flash", contents=QUESTION)
    assert (answer.text, answer.usage_metadata.prompt_token_count) == (TEXT, 1200)
    event = stage.last_event()
    assert positive(event["usage"]) == USAGE
    assert (event["status"], event["dialect"], event["cost"]["status"]) == ("completed", "gemini.generate_content", "priced")
    assert stage.key not in str(stage.take_one("gemini"))


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_stream(stage, client, cuts):
    stage.set("gemini", fixture="gemini-content.sse", cuts=cuts)
    chunks = list(client.models.generate_content_stream(model="gemini-2.5-flash", contents=QUESTION))
    assert "".join(chunk.text for chunk in chunks) == TEXT
    event = stage.last_event()
    assert (positive(event["usage"]), event["streamed"]) == (USAGE, True)


def test_tools(stage, client):
    stage.set("gemini", fixture="gemini-tools.json")
    answer = client.models.generate_content(model="gemini-2.5-flash", contents=QUESTION, config=types.GenerateContentConfig(tools=[WEIGH]))
    assert [(call.name, call.args) for call in answer.function_calls] == [("weigh", {"lorry": "WB-40"})]
    assert positive(stage.last_event()["usage"]) == {"input": "81", "output": "17"}


def test_errors_keep_their_class(stage, client):
    stage.set("gemini", fixture="gemini-429.json")
    for call in (client.models.generate_content, lambda **ask: list(client.models.generate_content_stream(**ask))):
        with pytest.raises(errors.ClientError) as refused:
            call(model="gemini-2.5-flash", contents=QUESTION)
        assert (refused.value.code, refused.value.status) == (429, "RESOURCE_EXHAUSTED")
        event = stage.last_event()
        assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 429)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("gemini", fixture="gemini-content.json")
    stranger = client_of(stage.base_url, "wb-wrong")
    with pytest.raises(errors.ClientError) as refused:
        stranger.models.generate_content(model="gemini-2.5-flash", contents=QUESTION)
    assert (refused.value.code, refused.value.status) == (401, "UNAUTHENTICATED")
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model="no-such-model", contents=QUESTION)
    assert (refused.value.code, refused.value.status) == (404, "NOT_FOUND")
    assert stage.take("gemini") == []


def test_recorded_answers_are_as_without_the_gateway(stage, client, direct):
    cases = recorded(stage, "google.generateContent")
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        if case["streamed"] and case["framing"] != "sse":
            continue  # this client always asks for events
        stage.set("gemini", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]
        assert_weighed(stage.last_event(), case)


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    try:
        if case["streamed"]:
            return [plain(chunk) for chunk in client.models.generate_content_stream(model=case["model"], contents=QUESTION)]
        return plain(client.models.generate_content(model=case["model"], contents=QUESTION))
    except errors.APIError as error:
        return type(error).__name__, error.code, error.message


def plain(answer):
    return answer.model_dump(exclude={"sdk_http_response"})
