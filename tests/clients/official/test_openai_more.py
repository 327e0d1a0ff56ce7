"""The official OpenAI client at the endpoints besides chat, with only base_url and api_key set."""

import openai
import pytest
from books import assert_weighed, positive, recorded

ASK = {"model": "gpt-4o-mini", "input": "How heavy is it?"}
TEXT = "Forty tons — and the lorry did not stop."
USAGE = {"input": "176", "cache_read": "1024", "output": "33", "reasoning": "64"}


@pytest.fixture
def client(stage):
    return openai.OpenAI(base_url=stage.base_url + "/v1", api_key=stage.key, max_retries=0)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return openai.OpenAI(base_url=stage.upstream_url + "/openai/v1", api_key="none", max_retries=0)


def test_a_response_arrives_whole_and_is_weighed(stage, client):
    stage.set("openai", fixture="openai-response.json")
    assert client.responses.create(**ASK).output_text == TEXT
    event = stage.last_event()
    assert (positive(event["usage"]), event["status"], event["dialect"]) == (USAGE, "completed", "openai.responses")


@pytest.mark.parametrize("cuts", ["whole", "each_byte", "random"])
def test_a_response_is_streamed(stage, client, cuts):
    stage.set("openai", fixture="openai-response.sse", cuts=cuts)
    with client.responses.stream(**ASK) as stream:
        assert stream.get_final_response().output_text == TEXT
    event = stage.last_event()
    assert (positive(event["usage"]), event["streamed"]) == (USAGE, True)


def test_errors_keep_their_class(stage, client):
    stage.set("openai", fixture="openai-429.json")
    for stream in (False, True):
        with pytest.raises(openai.RateLimitError):
            client.responses.create(**ASK, stream=stream)
        event = stage.last_event()
        assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 429)


def test_embeddings(stage, client):
    stage.set("openai", fixture="openai-embeddings.json")
    assert client.embeddings.create(**ASK, encoding_format="float").data[0].embedding == [0.25, -0.5]
    event = stage.last_event()
    assert (positive(event["usage"]), event["dialect"]) == ({"input": "8"}, "openai.embeddings")


def test_moderation_costs_nothing(stage, client):
    stage.set("openai", fixture="openai-moderation.json")
    assert client.moderations.create(**ASK).results[0].flagged is False
    event = stage.last_event()
    assert (event["usage"], event["charge"]["status"], event["dialect"]) == ({}, "free", "openai.moderations")


def test_a_sound_is_transcribed(stage, client):
    stage.set("openai", fixture="openai-transcription.json")
    assert client.audio.transcriptions.create(model="gpt-4o-mini", file=("weigh.wav", b"RIFF----WAVE")).text == "Forty tons."
    event = stage.last_event()
    assert (positive(event["usage"]), event["dialect"]) == ({"input": "7", "input_audio": "30", "output": "8"}, "openai.transcriptions")
    assert "RIFF----WAVE" in stage.take_one("openai")["body"], "the form arrives with its file"


def test_recorded_responses_are_as_without_the_gateway(stage, client, direct):
    cases = recorded(stage, "openai.responses")
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("openai", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]
        assert_weighed(stage.last_event(), case)


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    ask = {**ASK, "model": case["model"]}
    try:
        if case["streamed"]:
            return [event.to_dict() for event in client.responses.create(**ask, stream=True)]
        return client.responses.create(**ask).to_dict()
    except openai.APIStatusError as error:
        return type(error).__name__, error.status_code, error.body
