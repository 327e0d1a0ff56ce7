//! A provider that exists only here: for the demo, without a key and without a bill.
//!
//! It speaks the OpenAI chat wire on a local port, streamed and not. What it answers depends on the request's bytes alone:
//! the same request gives the same answer and the same usage, on every machine.

mod answer;
mod wire;

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{net::TcpListener, task::JoinSet};

pub use answer::MODELS;

/// A running simulator; dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    accepting: tokio::task::AbortHandle,
}

impl Simulator {
    /// Starts on a free local port. `pace`: the pause between two chunks of a stream.
    pub async fn start(pace: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, pace)).abort_handle();
        Ok(Self { address, accepting })
    }
    /// What a provider's `base_url` is set to.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, pace: Duration) {
    // The connections end with this task: the set aborts them when it is dropped.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request| serve(request, pace));
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;
const MAX_BODY: usize = 1 << 20;

async fn serve(request: Request<Incoming>, pace: Duration) -> Result<Response<Body>, Infallible> {
    if request.method() != Method::POST || !request.uri().path().ends_with("/chat/completions") {
        return Ok(refusal(StatusCode::NOT_FOUND, "the simulator has POST /v1/chat/completions only"));
    }
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE, "the simulator reads at most 1 MiB"));
    };
    let body = body.to_bytes();
    let chat: wire::ChatRequest = match serde_json::from_slice(&body) {
        Ok(chat) => chat,
        Err(error) => return Ok(refusal(StatusCode::BAD_REQUEST, &format!("the body is not a chat request: {error}"))),
    };
    let Some(answer) = answer::Answer::to(&chat, &body) else {
        let known = MODELS.join(", ");
        return Ok(refusal(StatusCode::NOT_FOUND, &format!("the simulator has no model \"{}\"; it has: {known}", chat.model)));
    };
    Ok(if chat.stream { wire::streamed(answer, chat.wants_usage(), pace) } else { wire::whole(&answer) })
}

fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let body = serde_json::json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}});
    let mut response = Response::new(Full::from(body.to_string()).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
