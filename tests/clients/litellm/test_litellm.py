"""LiteLLM as a client, with only api_base and api_key set."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch its price file from the network

import litellm  # noqa: E402
import pytest  # noqa: E402

QUESTION = [{"role": "user", "content": "How heavy is it?"}]
WEIGH = [
    {
        "type": "function",
        "function": {"name": "weigh", "parameters": {"type": "object", "properties": {"lorry": {"type": "string"}}, "required": ["lorry"]}},
    }
]
# Which provider LiteLLM takes us for: the model, the base URL's path, the fixtures, and what they report.
AS_OPENAI = ("openai", "openai/gpt-4o-mini", "/v1", "openai-chat", {"input": "176", "cache_read": "1024", "output": "33", "reasoning": "64"})
AS_ANTHROPIC = (
    "anthropic",
    "anthropic/claude-sonnet-4-6",
    "",
    "anthropic-message",
    {"input": "176", "cache_read": "1024", "cache_write_5m": "100", "cache_write_1h": "200", "output": "97"},
)


def ask(stage, model, path, **further):
    return litellm.completion(model=model, api_base=stage.base_url + path, api_key=stage.key, messages=QUESTION, num_retries=0, max_retries=0, **further)


def positive(usage):
    return {meter: quantity for meter, quantity in usage.items() if quantity != "0"}


@pytest.mark.parametrize("provider, model, path, fixture, usage", [AS_OPENAI, AS_ANTHROPIC])
def test_an_answer_arrives_and_is_weighed(stage, provider, model, path, fixture, usage):
    stage.set(provider, fixture=fixture + ".json")
    answer = ask(stage, model, path)
    assert answer.choices[0].message.content.endswith("the lorry did not stop.")
    event = stage.last_event()
    assert positive(event["usage"]) == usage
    assert (event["provider"], event["status"], event["charge"]["status"]) == (provider, "completed", "rated")


@pytest.mark.parametrize("with_usage", [True, False])
@pytest.mark.parametrize("provider, model, path, fixture, usage", [AS_OPENAI, AS_ANTHROPIC])
def test_a_stream_arrives_and_is_weighed(stage, provider, model, path, fixture, usage, with_usage):
    stage.set(provider, fixture=fixture + ".sse", cuts="random")
    further = {"stream_options": {"include_usage": True}} if with_usage else {}
    chunks = list(ask(stage, model, path, stream=True, **further))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Forty tons — and the lorry did not stop."
    event = stage.last_event()
    assert positive(event["usage"]) == usage and event["streamed"]


@pytest.mark.parametrize("provider, model, path, fixture", [("openai", AS_OPENAI[1], "/v1", "openai-tools"), ("anthropic", AS_ANTHROPIC[1], "", "anthropic-tools")])
def test_tools(stage, provider, model, path, fixture):
    stage.set(provider, fixture=fixture + ".json")
    call = ask(stage, model, path, tools=WEIGH).choices[0].message.tool_calls[0]
    assert call.function.name == "weigh" and "WB-40" in call.function.arguments


@pytest.mark.parametrize("provider, model, path", [("openai", AS_OPENAI[1], "/v1"), ("anthropic", AS_ANTHROPIC[1], "")])
def test_errors_keep_their_class(stage, provider, model, path):
    stage.set(provider, fixture=provider + "-400.json")
    with pytest.raises(litellm.BadRequestError):
        ask(stage, model, path)
    stage.set(provider, fixture=provider + "-429.json")
    with pytest.raises(litellm.RateLimitError):
        ask(stage, model, path)
    with pytest.raises(litellm.AuthenticationError):
        litellm.completion(model=model, api_base=stage.base_url + path, api_key="wb-wrong", messages=QUESTION, num_retries=0, max_retries=0)


def test_translated(stage):
    stage.set("anthropic", fixture="anthropic-message.sse")
    chunks = list(ask(stage, "openai/translated", "/v1", stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Forty tons — and the lorry did not stop."
