//! Serve: connections in, answers out. HTTP/1.1 and HTTP/2; health and the list of models beside the calls; on shutdown
//! no new call is taken and those in flight are settled.

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::net::TcpListener;
use weighbridge_domain::{EventId, Timestamp};

use crate::{
    answer::{Answer, AnswerBody},
    call::Call,
    detach::Detached,
    dialect::ErrorStyle,
    gateway::Gateway,
    models, pipeline,
    refusal::Refusal,
    resources::{self, Look},
};

/// Serves until `shutdown` resolves, then waits for the calls in flight, at most `grace`.
pub async fn serve(gateway: Arc<Gateway>, listener: TcpListener, shutdown: impl Future<Output = ()>, grace: Duration) {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30)).http2().timer(TokioTimer::new());
    let connections = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, usually: wait for some to be closed rather than spin.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        let _ = stream.set_nodelay(true);
        let gateway = gateway.clone();
        let service = service_fn(move |request| answer(gateway.clone(), request));
        let connection = connections.watch(server.serve_connection(TokioIo::new(stream), service).into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended badly");
            }
        });
    }
    drop(listener);
    let settled = async {
        connections.shutdown().await;
        gateway.settled().await;
    };
    if tokio::time::timeout(grace, settled).await.is_err() {
        tracing::warn!(calls = gateway.calls_in_flight(), "calls were still open at the end of the grace period; the next start settles them as abandoned");
    }
}

async fn answer(gateway: Arc<Gateway>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let path = request.uri().path();
    if request.method() == Method::GET || request.method() == Method::HEAD {
        match path {
            "/health" => return Ok(json(StatusCode::OK, r#"{"status":"ok"}"#)),
            "/health/ready" => return Ok(ready(&gateway)),
            _ => {
                if let Some(answer) = models::answer(&gateway, &request) {
                    return Ok(answer);
                }
            }
        }
    }
    let received_at = gateway.clock.now();
    let id = gateway.ids.next(received_at);
    let mut answer = called(&gateway, id, received_at, request).await;
    let mut text = [0; 36];
    if let Ok(id) = HeaderValue::from_str(id.0.hyphenated().encode_lower(&mut text)) {
        answer.headers_mut().insert(HeaderName::from_static("x-weighbridge-id"), id);
    }
    Ok(answer)
}

async fn called(gateway: &Arc<Gateway>, id: EventId, received_at: Timestamp, request: Request<Incoming>) -> Answer {
    let dialects = gateway.routes.load().dialects.clone();
    let (mut head, body) = request.into_parts();
    let headers = std::mem::take(&mut head.headers);
    if let Some(found) = dialects.find_later(&head.method, head.uri.path()) {
        let look = Look::accept(received_at, &found, &head, headers, body);
        let dialect = look.dialect.clone();
        let answer = Detached::new(resources::answer(gateway.clone(), look), Arc::default()).await;
        return answer.unwrap_or_else(|refusal| refused(gateway, dialect.as_str(), dialect.errors(), &refusal));
    }
    let accepted = dialects.find(&head.method, head.uri.path()).and_then(|found| Call::accept(id, received_at, found, &head, headers, body));
    match accepted {
        Ok(call) => {
            let (dialect, gone) = (call.head().dialect.clone(), call.client_gone());
            let answer = Detached::new(pipeline::run(gateway.clone(), call), gone).await;
            answer.unwrap_or_else(|refusal| refused(gateway, dialect.as_str(), dialect.errors(), &refusal))
        }
        Err(refusal) => {
            let (name, style) = dialects.for_errors(head.uri.path());
            refused(gateway, name, &style, &refusal)
        }
    }
}

fn ready(gateway: &Gateway) -> Answer {
    match gateway.ledger.stats().unavailable {
        None => json(StatusCode::OK, r#"{"status":"ready"}"#),
        Some(why) => json(StatusCode::SERVICE_UNAVAILABLE, format!(r#"{{"status":"unavailable","reason":{}}}"#, serde_json::Value::from(why))),
    }
}

pub(crate) fn json(status: StatusCode, body: impl Into<bytes::Bytes>) -> Answer {
    let mut answer = Response::new(AnswerBody::whole(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

pub(crate) fn refused(gateway: &Gateway, dialect: &str, style: &ErrorStyle, refusal: &Refusal) -> Answer {
    gateway.observer.refused(dialect, refusal.code());
    let mut answer = json(refusal.status(), style.body(refusal));
    let headers = answer.headers_mut();
    style.set_headers(refusal, headers);
    headers.insert("x-weighbridge-fault", HeaderValue::from_static(refusal.fault().as_str()));
    if let Some(seconds) = refusal.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // A body that was not read to its end would be taken for the next request.
    if refusal.leaves_body_unread() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}
