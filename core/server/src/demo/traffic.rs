//! The demo's clients: OpenAI chat requests over HTTP, streamed and not, the same ones in every run.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use http::Request;
use http_body_util::Full;
use serde_json::json;
use weighbridge_domain::Secret;

use super::DemoError;
use crate::http_client::HttpClient;

/// Sends requests, one number after the other.
pub(super) struct Traffic {
    address: SocketAddr,
    keys: Vec<Secret>,
    http: HttpClient,
    next: AtomicUsize,
}

const AT_ONCE: usize = 12;
const TEXT: &str = "A token is what a model reads and writes. Somebody pays for each of them, and somebody else is billed. Between the two stands a weighbridge, \
    which weighs what drives over it without stopping it. ";
const MODELS: [&str; 5] = ["assistant", "sim-small", "simulated/sim-large", "sim-reasoner", "sim-large"];
const WORKFLOWS: [&str; 3] = ["support", "search", "reports"];

impl Traffic {
    /// To this data plane, with these keys.
    pub(super) fn new(address: SocketAddr, keys: Vec<Secret>) -> Self {
        Self { address, keys, http: HttpClient::new(8 << 20, Duration::from_secs(60)), next: AtomicUsize::new(0) }
    }

    /// Sends so many, some at once, and reads each answer to its end.
    pub(super) async fn send(&self, calls: usize) -> Result<(), DemoError> {
        let first = self.next.fetch_add(calls, Ordering::Relaxed);
        stream::iter(first..first + calls).map(|number| self.call(number)).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn call(&self, number: usize) -> Result<(), DemoError> {
        let failed = |why: String| DemoError::Call(format!("number {number}: {why}"));
        let streamed = number.is_multiple_of(2);
        let mut body = json!({
            "model": MODELS[number % MODELS.len()],
            "messages": [
                {"role": "system", "content": TEXT.repeat(number * 7 % 160)},
                {"role": "user", "content": format!("Question {number}: what does a token weigh?")},
            ],
            "stream": streamed,
        });
        if number.is_multiple_of(4) {
            body["stream_options"] = json!({"include_usage": true});
        }
        let key = &self.keys[number % 7 % self.keys.len()];
        let request = Request::post(format!("http://{}/v1/chat/completions", self.address))
            .header("authorization", format!("Bearer {}", key.expose()))
            .header("content-type", "application/json")
            .header("x-weighbridge-session", format!("session-{}", number % 24))
            .header("x-weighbridge-workflow", WORKFLOWS[number % WORKFLOWS.len()])
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|error| failed(error.to_string()))?;
        let answer = self.http.send(request).await.map_err(|error| failed(error.to_string()))?;
        let ended = !streamed || answer.body.ends_with(b"data: [DONE]\n\n");
        match answer.status.is_success() && ended {
            true => Ok(()),
            false => Err(failed(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)))),
        }
    }
}
