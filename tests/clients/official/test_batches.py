"""Batches and jobs by the official clients: each fetched as its users do, each billed once."""

import io
import json

import anthropic
import openai
import pytest


@pytest.fixture
def client(stage):
    return openai.OpenAI(base_url=stage.base_url + "/v1", api_key=stage.key, max_retries=0)


def lines(*objects):
    return "".join(json.dumps(one) + "\n" for one in objects)


def test_a_batch_of_openai(stage, client):
    batch = {
        "id": "batch_py", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-py", "completion_window": "24h",
        "status": "in_progress", "created_at": 1, "output_file_id": None, "error_file_id": None,
    }
    done = batch | {"status": "completed", "output_file_id": "file-py-out"}
    answer = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Forty tons."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }
    output = lines({"id": "batch_req_1", "custom_id": "first", "response": {"status_code": 200, "request_id": "r", "body": answer}, "error": None})
    stage.set("openai", at="POST /v1/files", json={"id": "file-py", "object": "file", "bytes": 1, "created_at": 1, "filename": "in.jsonl", "purpose": "batch", "status": "processed"})
    stage.set("openai", at="POST /v1/batches", json=batch)
    stage.set("openai", at="GET /v1/batches/batch_py", json=done)
    stage.set("openai", at="GET /v1/files/file-py-out/content", text=output)
    call = {"custom_id": "first", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "?"}]}}
    file = client.files.create(file=("in.jsonl", io.BytesIO(lines(call).encode())), purpose="batch")
    made = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert made.status == "in_progress"
    assert client.batches.retrieve(made.id).output_file_id == "file-py-out"
    assert [one.id for one in client.batches.list()] == ["batch_py"]
    before = len(stage.events())
    for _ in range(3):
        assert client.files.content("file-py-out").text == output
    events = stage.events()[before:]
    assert len(events) <= 1, "the gateway may have been quicker"
    item = [event for event in stage.events() if event["tags"].get("batch") == "batch_py"]
    assert [one["tags"]["custom_id"] for one in item] == ["first"]
    assert (item[0]["service_tier"], item[0]["cost"]["amount"]) == ("batch", "0.000105")
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_of_another")


def test_a_background_response_of_openai(stage, client):
    response = {"id": "resp_py", "object": "response", "created_at": 1, "status": "queued", "background": True, "model": "gpt-4o-mini", "output": [], "tools": [],
                "tool_choice": "auto", "parallel_tool_calls": True, "usage": None}
    usage = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 30}
    stage.set("openai", at="POST /v1/responses", json=response)
    stage.set("openai", at="GET /v1/responses/resp_py", json=response | {"status": "completed", "usage": usage})
    made = client.responses.create(model="gpt-4o-mini", input="?", background=True)
    assert made.status == "queued"
    for _ in range(2):
        assert client.responses.retrieve(made.id).usage.output_tokens == 20
    billed = [event for event in stage.events() if event["dialect"] == "openai.responses" and "job" in event["flags"]]
    assert [event["usage"]["output"] for event in billed] == ["15"]


def test_a_message_batch_of_anthropic(stage):
    client = anthropic.Anthropic(base_url=stage.base_url, api_key=stage.key, max_retries=0)
    counts = {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0}
    batch = {
        "id": "msgbatch_py", "type": "message_batch", "processing_status": "in_progress", "request_counts": counts, "ended_at": None, "created_at": "2026-11-28T00:00:00Z",
        "expires_at": "2026-11-29T00:00:00Z", "archived_at": None, "cancel_initiated_at": None, "results_url": None,
    }
    done = batch | {"processing_status": "ended", "results_url": "https://api.anthropic.com/v1/messages/batches/msgbatch_py/results"}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "content": [{"type": "text", "text": "Forty tons."}],
               "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 20}}
    stage.set("anthropic", at="POST /v1/v1/messages/batches", json=batch)
    stage.set("anthropic", at="GET /v1/v1/messages/batches/msgbatch_py", json=done)
    stage.set("anthropic", at="GET /v1/v1/messages/batches/msgbatch_py/results", text=lines({"custom_id": "a", "result": {"type": "succeeded", "message": message}}))
    call = {"custom_id": "a", "params": {"model": "claude-sonnet-4-6", "max_tokens": 10, "messages": [{"role": "user", "content": "?"}]}}
    made = client.messages.batches.create(requests=[call])
    assert client.messages.batches.retrieve(made.id).processing_status == "ended"
    for _ in range(2):
        # The client follows the batch's results_url, which leads here.
        results = list(client.messages.batches.results(made.id))
        assert results[0].result.message.content[0].text == "Forty tons."
    items = [event for event in stage.events() if event["tags"].get("batch") == "msgbatch_py"]
    assert [(item["usage"]["input"], item["usage"]["output"], item["service_tier"]) for item in items] == [("10", "20", "batch")]
