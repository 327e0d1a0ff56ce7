//! A small HTTP client: for the command line against the admin API, for price files, for the demo's traffic.
//!
//! It reads a whole answer, never more than a limit, never longer than a time-out. The path of a call does not use it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// A client; clones share its connections.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    limit: usize,
    timeout: Duration,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not a URL that can be fetched.
    #[error("{0:?} is not an address that can be fetched: expected http:// or https:// and a host")]
    Url(String),
    /// The request could not be put together (a header that is no header).
    #[error("the request is not possible: {0}")]
    Request(#[from] http::Error),
    /// Nobody there, or the connection broke.
    #[error("{origin} cannot be reached: {reason}")]
    Unreachable {
        /// Scheme, host and port.
        origin: String,
        /// The innermost cause.
        reason: String,
    },
    /// It took too long.
    #[error("{origin} did not answer within {seconds} s")]
    Timeout {
        /// Scheme, host and port.
        origin: String,
        /// The limit.
        seconds: u64,
    },
    /// It broke off or is too long.
    #[error("the answer of {origin} could not be read: {reason} (at most {limit} bytes are read)")]
    Body {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        reason: String,
        /// The limit.
        limit: usize,
    },
}

impl HttpClient {
    /// Reads at most `limit` bytes within `timeout`. Certificates are checked against the system's roots, or the built-in ones where there are none.
    pub fn new(limit: usize, timeout: Duration) -> Self {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            || rustls::ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().expect("ring speaks the default versions");
        let tls = match builder().with_native_roots() {
            Ok(builder) => builder.with_no_client_auth(),
            Err(_) => builder().with_webpki_roots().with_no_client_auth(),
        };
        let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Self { client: Client::builder(TokioExecutor::new()).build(connector), limit, timeout }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, HttpError> {
        let origin = origin_of(request.uri())?;
        let exchange = async {
            let unreachable = |reason: &(dyn std::error::Error + 'static)| HttpError::Unreachable { origin: origin.clone(), reason: root_cause(reason) };
            let response = self.client.request(request).await.map_err(|error| unreachable(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, self.limit).collect().await;
            let body = body.map_err(|error| HttpError::Body { origin: origin.clone(), reason: root_cause(&*error), limit: self.limit })?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpError::Timeout { origin, seconds: self.timeout.as_secs() }),
        }
    }

    /// Fetches a document.
    pub async fn get(&self, url: &str) -> Result<Answer, HttpError> {
        let uri: Uri = url.parse().map_err(|_| HttpError::Url(url.to_owned()))?;
        self.send(Request::get(uri).header("user-agent", concat!("weighbridge/", env!("CARGO_PKG_VERSION"))).body(Full::default())?).await
    }
}

/// Scheme, host and port: what an error may show of an address (the rest may hold a credential).
fn origin_of(uri: &Uri) -> Result<String, HttpError> {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("http" | "https")), Some(authority)) => {
            let host = authority.as_str().rsplit('@').next().unwrap_or_default();
            Ok(format!("{scheme}://{host}"))
        }
        _ => Err(HttpError::Url(uri.path().to_owned())),
    }
}

fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
