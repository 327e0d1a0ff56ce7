//! The OpenAI chat wire, as far as the simulator speaks it.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, answer::Answer};

/// What it reads of a request.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    messages: Vec<Message>,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    max_completion_tokens: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
struct Message {
    #[serde(default)]
    content: Value,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

impl ChatRequest {
    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.is_some_and(|options| options.include_usage)
    }
    pub(super) fn max_tokens(&self) -> Option<u64> {
        self.max_completion_tokens.or(self.max_tokens)
    }
    /// The length of all texts.
    pub(super) fn prompt_bytes(&self) -> usize {
        let text_of = |content: &Value| match content {
            Value::String(text) => text.len(),
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).map(str::len).sum(),
            _ => 0,
        };
        self.messages.iter().map(|message| text_of(&message.content)).sum()
    }
}

// The simulator has no clock: its answers were all made at the same moment.
const CREATED: u64 = 1_763_856_000;

fn usage(answer: &Answer) -> Value {
    json!({
        "prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "total_tokens": answer.prompt_tokens + answer.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": answer.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": answer.reasoning_tokens, "audio_tokens": 0},
    })
}

/// The answer in one body.
pub(super) fn whole(answer: &Answer) -> Response<Body> {
    let body = json!({
        "id": answer.id, "object": "chat.completion", "created": CREATED, "model": answer.model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer.text()}, "finish_reason": "stop"}],
        "usage": usage(answer), "service_tier": "default",
    });
    let mut response = Response::new(Full::from(body.to_string()).boxed_unsync());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// The answer in chunks of a few words, with its usage at the end if it was asked for.
pub(super) fn streamed(answer: Answer, with_usage: bool, pace: Duration) -> Response<Body> {
    const WORDS_PER_CHUNK: usize = 4;
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({"id": answer.id, "object": "chat.completion.chunk", "created": CREATED, "model": answer.model, "service_tier": "default", "choices": choices});
        if with_usage {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Value| chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null);
    let mut chunks = vec![delta(json!({"role": "assistant", "content": ""}), Value::Null)];
    chunks.extend(answer.words.chunks(WORDS_PER_CHUNK).map(|words| delta(json!({"content": words.concat()}), Value::Null)));
    chunks.push(delta(json!({}), "stop".into()));
    if with_usage {
        chunks.push(chunk(json!([]), usage(&answer)));
    }
    chunks.push("data: [DONE]\n\n".into());
    let frames = stream::unfold(chunks.into_iter(), move |mut rest| async move {
        let next = rest.next()?;
        if !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(next))), rest))
    });
    let mut response = Response::new(StreamBody::new(Box::pin(frames)).boxed_unsync());
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/event-stream"));
    response
}
