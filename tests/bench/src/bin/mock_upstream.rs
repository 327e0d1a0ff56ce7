//! Mock LLM upstream speaking OpenAI chat completions. Loopback only.
//! mock-upstream --port N [--delay-us N] [--chunks N] [--chunk-delay-us N] [--chunk-bytes N] [--coalesce]
//! GET /stats -> {"requests":..,"streams":..,"chunks":..}; GET /healthz
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Sleep;

#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;

static REQS: AtomicU64 = AtomicU64::new(0);
static STREAMS: AtomicU64 = AtomicU64::new(0);
static CHUNKS: AtomicU64 = AtomicU64::new(0);

#[derive(Clone)]
struct Cfg {
    delay: Duration,
    chunk_delay: Duration,
    coalesce: bool,
    json: Bytes,
    frames: std::sync::Arc<Vec<Bytes>>,
}

struct Sse {
    i: usize,
    yielded: bool,
    sleep: Option<Pin<Box<Sleep>>>,
    cfg: Cfg,
}
impl Body for Sse {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let me = &mut *self;
        if me.i >= me.cfg.frames.len() {
            return Poll::Ready(None);
        }
        if me.i > 0 && !me.yielded {
            if !me.cfg.chunk_delay.is_zero() {
                let d = me.cfg.chunk_delay;
                let s = me.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(d)));
                if s.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                me.sleep = None;
            } else if !me.cfg.coalesce {
                // Pending once between frames, so hyper writes each SSE event by itself.
                me.yielded = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        me.yielded = false;
        let b = me.cfg.frames[me.i].clone();
        me.i += 1;
        CHUNKS.fetch_add(1, Relaxed);
        Poll::Ready(Some(Ok(Frame::data(b))))
    }
}

type B = UnsyncBoxBody<Bytes, Infallible>;

async fn handle(req: Request<Incoming>, cfg: Cfg) -> Result<Response<B>, Infallible> {
    if req.method() == Method::GET {
        let s = match req.uri().path() {
            "/stats" => format!("{{\"requests\":{},\"streams\":{},\"chunks\":{}}}\n", REQS.load(Relaxed), STREAMS.load(Relaxed), CHUNKS.load(Relaxed)),
            p if p.ends_with("/models") => {
                "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o-mini\",\"object\":\"model\",\"created\":1,\"owned_by\":\"mock\"}]}".into()
            }
            _ => "ok\n".into(),
        };
        return Ok(Response::builder().header("content-type", "application/json").body(Full::new(Bytes::from(s)).boxed_unsync()).unwrap());
    }
    let body = match req.into_body().collect().await {
        Ok(b) => b.to_bytes(),
        Err(_) => return Ok(Response::builder().status(StatusCode::BAD_REQUEST).body(Full::new(Bytes::new()).boxed_unsync()).unwrap()),
    };
    REQS.fetch_add(1, Relaxed);
    let stream = memchr::memmem::find(&body, b"\"stream\":true").is_some() || memchr::memmem::find(&body, b"\"stream\": true").is_some();
    // A marker in the prompt picks the pacing per request, so every gateway reaches it unchanged:
    // "DELAY20MS" waits 20 ms before the answer, "PACED10MS" waits 10 ms between SSE events.
    let mut cfg = cfg;
    if memchr::memmem::find(&body, b"DELAY20MS").is_some() {
        cfg.delay = Duration::from_millis(20);
    }
    if memchr::memmem::find(&body, b"PACED10MS").is_some() {
        cfg.chunk_delay = Duration::from_millis(10);
    }
    if !cfg.delay.is_zero() {
        tokio::time::sleep(cfg.delay).await;
    }
    if stream {
        STREAMS.fetch_add(1, Relaxed);
        Ok(Response::builder()
            .header("content-type", "text/event-stream; charset=utf-8")
            .header("cache-control", "no-cache")
            .header("x-request-id", "req_mock")
            .body(Sse { i: 0, yielded: false, sleep: None, cfg }.boxed_unsync())
            .unwrap())
    } else {
        Ok(Response::builder()
            .header("content-type", "application/json")
            .header("x-request-id", "req_mock")
            .body(Full::new(cfg.json.clone()).boxed_unsync())
            .unwrap())
    }
}

fn arg(name: &str) -> Option<String> {
    let mut a = std::env::args();
    while let Some(x) = a.next() {
        if x == name {
            return a.next();
        }
    }
    None
}
fn num(name: &str, d: u64) -> u64 {
    arg(name).map(|v| v.parse().expect("number")).unwrap_or(d)
}

fn main() {
    let port = num("--port", 9100) as u16;
    let chunks = num("--chunks", 64) as usize;
    let json = Bytes::from_static(br#"{"id":"chatcmpl-mock0000000000000000000001","object":"chat.completion","created":1760000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog while the gateway counts every token it sees and writes a line in the ledger for each of them."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":64,"total_tokens":106,"prompt_tokens_details":{"cached_tokens":8,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"service_tier":"default","system_fingerprint":"fp_mock"}"#);
    let head = r#"{"id":"chatcmpl-mock0000000000000000000001","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini","system_fingerprint":"fp_mock","choices":["#;
    let mut frames = Vec::new();
    // `chunks` data events in all; the last carries the usage block. [DONE] follows in the last write.
    for i in 0..chunks - 1 {
        let delta = if i == 0 {
            r#"{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}"#.to_string()
        } else if i == chunks - 2 {
            r#"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}"#.to_string()
        } else {
            format!(r#"{{"index":0,"delta":{{"content":" token{i}"}},"logprobs":null,"finish_reason":null}}"#)
        };
        frames.push(Bytes::from(format!("data: {head}{delta}]}}\n\n")));
    }
    frames.push(Bytes::from(format!("data: {head}],\"usage\":{{\"prompt_tokens\":42,\"completion_tokens\":64,\"total_tokens\":106,\"prompt_tokens_details\":{{\"cached_tokens\":8}},\"completion_tokens_details\":{{\"reasoning_tokens\":0}}}}}}\n\ndata: [DONE]\n\n")));
    let cfg = Cfg {
        delay: Duration::from_micros(num("--delay-us", 0)),
        chunk_delay: Duration::from_micros(num("--chunk-delay-us", 0)),
        coalesce: std::env::args().any(|a| a == "--coalesce"),
        json,
        frames: std::sync::Arc::new(frames),
    };
    eprintln!(
        "mock-upstream 127.0.0.1:{port} json={}B stream={}B in {} frames",
        cfg.json.len(),
        cfg.frames.iter().map(|f| f.len()).sum::<usize>(),
        cfg.frames.len()
    );
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    rt.block_on(async move {
        let l = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("bind");
        loop {
            let Ok((s, _)) = l.accept().await else { continue };
            let _ = s.set_nodelay(true);
            let cfg = cfg.clone();
            tokio::spawn(async move {
                let _ = hyper::server::conn::http1::Builder::new()
                    .pipeline_flush(true)
                    .serve_connection(TokioIo::new(s), service_fn(move |r| handle(r, cfg.clone())))
                    .await;
            });
        }
    });
}
