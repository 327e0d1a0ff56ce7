"""Amazon's official client, with only the endpoint set and the gateway's key sent as a Bedrock API key is."""

import json

import boto3
import pytest
from books import assert_weighed, positive, recorded
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

QUESTION = [{"role": "user", "content": [{"text": "How heavy is it?"}]}]
MODEL = "us.anthropic.claude-sonnet-4-6"
CONFIG = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
ASK = {"modelId": MODEL, "messages": QUESTION}
WEIGH = {"tools": [{"toolSpec": {"name": "weigh", "inputSchema": {"json": {"type": "object", "properties": {"lorry": {"type": "string"}}}}}}]}


def client_of(endpoint, key):
    # Over TLS, AWS_BEARER_TOKEN_BEDROCK says the same; without it, as here, this client refuses to send a token of its own accord.
    client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=endpoint, config=CONFIG)
    client.meta.events.register("request-created.bedrock-runtime", lambda request, **_: request.headers.add_header("authorization", f"Bearer {key}"))
    return client


@pytest.fixture
def client(stage):
    return client_of(stage.base_url, stage.key)


@pytest.fixture
def direct(stage):
    """The same client without the gateway."""
    return client_of(stage.upstream_url + "/bedrock", "none")


def test_an_answer_arrives_whole_and_is_weighed(stage, client):
    stage.set("bedrock", fixture="bedrock-converse.json")
    answer = client.converse(**ASK)
    assert answer["output"]["message"]["content"] == [{"text": "Forty tons — and the lorry did not stop."}]
    event = stage.last_event()
    assert positive(event["usage"]) == {"input": "176", "cache_read": "1024", "cache_write": "300", "output": "97"}
    assert (event["status"], event["dialect"]) == ("completed", "bedrock.converse")
    assert stage.key not in str(stage.take_one("bedrock"))


def test_tools(stage, client):
    stage.set("bedrock", fixture="bedrock-tools.json")
    call = client.converse(**ASK, toolConfig=WEIGH)["output"]["message"]["content"][0]["toolUse"]
    assert (call["name"], call["input"]) == ("weigh", {"lorry": "WB-40"})
    assert positive(stage.last_event()["usage"]) == {"input": "381", "output": "37"}


def test_a_model_is_invoked(stage, client):
    stage.set("bedrock", fixture="anthropic-message.json")
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 200, "messages": [{"role": "user", "content": "How heavy is it?"}]}
    answer = json.loads(client.invoke_model(modelId=MODEL, body=json.dumps(body))["body"].read())
    assert answer["content"][0]["text"] == "Forty tons — and the lorry did not stop."
    event = stage.last_event()
    assert positive(event["usage"]) == {"input": "176", "cache_read": "1024", "cache_write_5m": "100", "cache_write_1h": "200", "output": "97"}
    assert event["dialect"] == "bedrock.invoke"


def test_errors_keep_their_class(stage, client):
    stage.set("bedrock", fixture="bedrock-400.json")
    calls = [client.converse, client.converse_stream, lambda **ask: client.invoke_model(modelId=ask["modelId"], body="{}")]
    for call in calls:
        with pytest.raises(client.exceptions.ValidationException) as refused:
            call(**ASK)
        assert refused.value.response["Error"]["Message"] == "The conversation has no messages."
        event = stage.last_event()
        assert (event["status"], event["usage"], event["http_status"]) == ("upstream_error", {}, 400)


def test_our_refusals_have_a_class_too(stage, client):
    stage.set("bedrock", fixture="bedrock-converse.json")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.converse(modelId="no-such-model", messages=QUESTION)
    with pytest.raises(ClientError) as refused:
        client_of(stage.base_url, "wb-wrong").converse(**ASK)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401
    assert stage.take("bedrock") == []


@pytest.mark.parametrize("family", ["bedrock.converse", "bedrock.invoke"])
def test_recorded_answers_are_as_without_the_gateway(stage, client, direct, family):
    cases = recorded(stage, family)
    if not cases:
        pytest.skip("there is no corpus")
    for case in cases:
        stage.set("bedrock", case=case["id"], cuts="random")
        assert outcome(client, case) == outcome(direct, case), case["id"]
        assert_weighed(stage.last_event(), case)


def outcome(client, case):
    """What the client makes of an answer: objects, or its exception's class and body."""
    try:
        if "converse" in case["id"]:
            if case["streamed"]:
                return list(client.converse_stream(modelId=case["model"], messages=QUESTION)["stream"])
            return plain(client.converse(modelId=case["model"], messages=QUESTION))
        if case["streamed"]:
            return list(client.invoke_model_with_response_stream(modelId=case["model"], body="{}")["body"])
        return client.invoke_model(modelId=case["model"], body="{}")["body"].read()
    except (ClientError, EventStreamError) as error:
        return type(error).__name__, error.response["Error"]


def plain(answer):
    return {member: value for member, value in answer.items() if member != "ResponseMetadata"}
