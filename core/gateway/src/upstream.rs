//! Call upstream: a provider with its adapter, its compiled plans and its credential, and the one place that sends.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Uri, uri::PathAndQuery};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use weighbridge_domain::{Clock, ProviderName, Secret, Text};
use weighbridge_ledger::Reservation;
use weighbridge_plugin_api::{
    Adapter,
    adapter::{Auth, Plan},
};

use crate::{
    credential::{Credential, CredentialError, Place},
    health::Health,
    meter::wire::{Wire, WireError},
    refusal::Refusal,
    resources::Looked,
};

/// The pooled client for all providers.
pub type UpstreamClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// How long to wait for a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the request to the answer's head.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: Duration::from_secs(600), idle: Duration::from_secs(120) }
    }
}

/// What a provider is made from.
pub struct ProviderSetup {
    /// The operator's name for it.
    pub name: ProviderName,
    /// Its adapter, configured.
    pub adapter: Arc<dyn Adapter>,
    /// Where it is: scheme, host, port, path prefix.
    pub base_url: String,
    /// The credential; absent for providers without one.
    pub credential: Option<Secret>,
    /// The region that signatures are for, where the operator names it.
    pub region: Option<String>,
    /// Its name in the price book.
    pub price_book: Text,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// What is known of its health; a new one, or that of its predecessor at the same address.
    pub health: Arc<Health>,
}

/// A provider, ready to be called.
pub struct Provider {
    /// The operator's name for it.
    pub name: ProviderName,
    /// Its adapter.
    pub adapter: Arc<dyn Adapter>,
    /// Its name in the price book.
    pub price_book: Text,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// What is known of its health.
    pub health: Arc<Health>,
    wires: Vec<Arc<Wire>>,
    base: Uri,
    prefix: String,
    credential: Credential,
}

/// Why a provider cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The base URL is none.
    #[error("base_url {0:?} is not an http or https URL such as \"https://api.example.com/v1\"")]
    BaseUrl(String),
    /// The base URL carries a user or password.
    #[error("base_url must not hold a user name or password: put the key into an environment variable and name it in api_key_env")]
    UrlCredential,
    /// The adapter's plan cannot be run.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// One provider has one credential, which goes onto all its requests alike.
    #[error("its adapter's plans for {0} and {1} put the credential on in different ways; all plans of an adapter must have the same \"auth\"")]
    TwoCredentials(String, String),
    /// The credential cannot be used.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

impl Provider {
    /// Compiles the plans and prepares the credential. A missing credential is not an error here: the provider will
    /// say so, and `doctor` does.
    pub fn new(setup: ProviderSetup) -> Result<Self, ProviderError> {
        let bad_url = || ProviderError::BaseUrl(setup.base_url.clone());
        let base: Uri = setup.base_url.parse().map_err(|_| bad_url())?;
        let (Some("http" | "https"), Some(authority)) = (base.scheme_str(), base.authority()) else { return Err(bad_url()) };
        if authority.as_str().contains('@') {
            return Err(ProviderError::UrlCredential);
        }
        if base.query().is_some() {
            return Err(bad_url());
        }
        let wires = setup.adapter.plans().iter().map(|plan| Wire::new(plan.clone()).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
        let auth = auth_of(setup.adapter.plans())?;
        let place = Place { host: base.host().unwrap_or_default(), region: setup.region.as_deref() };
        let credential = Credential::new(auth, setup.credential.as_ref(), &place)?;
        let prefix = base.path().trim_end_matches('/').to_owned();
        let ProviderSetup { name, adapter, price_book, timeouts, health, .. } = setup;
        Ok(Self { name, adapter, price_book, timeouts, health, wires, prefix, base, credential })
    }

    /// Whether this is its address.
    pub fn is_at(&self, base_url: &str) -> bool {
        base_url.parse::<Uri>().is_ok_and(|base| base == self.base)
    }

    /// The compiled plan for a dialect, if the adapter speaks it.
    pub fn wire(&self, dialect: &str) -> Option<&Arc<Wire>> {
        self.wires.iter().find(|wire| *wire.plan.dialect == *dialect)
    }

    /// The URL of a path that the adapter planned, with a credential that belongs into the query.
    pub(crate) fn uri(&self, path_and_query: &str) -> Result<Uri, http::Error> {
        let mut path = String::with_capacity(self.prefix.len() + path_and_query.len());
        path.push_str(&self.prefix);
        path.push_str(path_and_query);
        if let Some(pair) = self.credential.query() {
            path.push(if path_and_query.contains('?') { '&' } else { '?' });
            path.push_str(pair);
        }
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(path)?);
        Uri::from_parts(parts).map_err(Into::into)
    }

    /// Puts the credential on; the adapter has never seen it.
    pub(crate) fn sign(&self, headers: &mut http::HeaderMap) {
        self.credential.put_on(headers);
    }
}

/// How all plans want the credential on.
fn auth_of(plans: &[Plan]) -> Result<&Auth, ProviderError> {
    let Some(first) = plans.first() else { return Ok(&Auth::None) };
    match plans.iter().find(|plan| plan.auth != first.auth) {
        None => Ok(&first.auth),
        Some(other) => Err(ProviderError::TwoCredentials(first.dialect.to_string(), other.dialect.to_string())),
    }
}

/// A client with a connection pool, TLS by rustls, HTTP/1.1 and HTTP/2.
pub fn client(connect_timeout: Duration) -> Result<UpstreamClient, std::io::Error> {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.enforce_http(false);
    http.set_connect_timeout(Some(connect_timeout));
    // The system's certificates, so that an operator's own authority counts; without any, the well-known ones.
    let builder = hyper_rustls::HttpsConnectorBuilder::new();
    let https = match builder.with_native_roots() {
        Ok(builder) => builder,
        Err(_) => hyper_rustls::HttpsConnectorBuilder::new().with_webpki_roots(),
    };
    let https = https.https_or_http().enable_http1().enable_http2().wrap_connector(http);
    let pool_timer = TokioTimer::new();
    Ok(Client::builder(TokioExecutor::new()).pool_timer(pool_timer).pool_idle_timeout(Duration::from_secs(60)).pool_max_idle_per_host(1024).build(https))
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// No connection: nothing was sent.
    Unreachable(String),
    /// Sent, or partly; then the connection broke or spoke something else.
    BrokeOff(String),
    /// Sent; no answer in time.
    TimedOut(Duration),
    /// The credential could not be put on: nothing was sent.
    NoCredential(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "not reached: {why}"),
            Self::BrokeOff(why) => write!(f, "broke off: {why}"),
            Self::TimedOut(limit) => write!(f, "no answer within {} ms", limit.as_millis()),
            Self::NoCredential(why) => write!(f, "not sent: {why}"),
        }
    }
}

impl NoAnswer {
    /// Whether the provider may have got the call.
    pub(crate) fn was_sent(&self) -> bool {
        matches!(self, Self::BrokeOff(_) | Self::TimedOut(_))
    }
    pub(crate) fn refusal(&self, provider: &Provider) -> Refusal {
        let name = provider.name.as_str();
        match self {
            Self::Unreachable(why) => Refusal::upstream_unreachable(name, why),
            Self::BrokeOff(why) => Refusal::upstream_broke_off(name, why),
            Self::NoCredential(why) => Refusal::no_credential(name, why),
            Self::TimedOut(limit) => Refusal::upstream_timeout(name, "answer", limit.as_millis()),
        }
    }
}

/// What a call to a provider is made with.
pub(crate) enum Ticket<'a> {
    /// It may consume something, and somebody answers for it.
    Call(#[expect(dead_code, reason = "the proof is its type")] &'a Reservation),
    /// It asks about something that is there already.
    Look(#[expect(dead_code, reason = "the proof is its type")] &'a Looked),
}

/// Sends the request: only with a ticket in hand.
pub(crate) async fn call(
    client: &UpstreamClient,
    clock: &dyn Clock,
    ticket: Ticket<'_>,
    provider: &Provider,
    mut request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, NoAnswer> {
    let (Ticket::Call(_) | Ticket::Look(_)) = ticket;
    provider.credential.authorize(client, clock, &mut request).await.map_err(NoAnswer::NoCredential)?;
    match tokio::time::timeout(provider.timeouts.first_byte, client.request(request)).await {
        Err(_) => Err(NoAnswer::TimedOut(provider.timeouts.first_byte)),
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_connect() => Err(NoAnswer::Unreachable(root_cause(&error))),
        Ok(Err(error)) => Err(NoAnswer::BrokeOff(root_cause(&error))),
    }
}

/// The innermost reason: what the system or the parser said, without any URL.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use weighbridge_plugin_api::adapter::{Billing, Framing, View};

    use super::*;

    fn plan(dialect: &str, auth: Auth) -> Plan {
        Plan {
            dialect: dialect.into(),
            billing: Billing::Metered,
            auth,
            request_headers: Vec::new(),
            request_view: View::None,
            response_view: View::None,
            error_view: View::None,
            framing: Framing::None,
            finish: Vec::new(),
            stream_events: None,
            body_facts: Vec::new(),
            event_facts: Vec::new(),
            header_facts: Vec::new(),
            request_facts: Vec::new(),
            body_text: Vec::new(),
            event_text: Vec::new(),
            prompt_text: Vec::new(),
            terminal: None,
            failure: None,
            hide: None,
        }
    }

    #[test]
    fn all_plans_put_the_credential_on_alike() {
        let (bearer, key) = (|name| plan(name, Auth::Bearer), |name| plan(name, Auth::Header("x-key".into())));
        assert_eq!(auth_of(&[]).ok(), Some(&Auth::None));
        assert_eq!(auth_of(&[key("acme.chat"), key("acme.embed")]).ok(), Some(&Auth::Header("x-key".into())));
        assert_eq!(
            auth_of(&[bearer("acme.chat"), bearer("acme.embed"), key("acme.count")]).unwrap_err().to_string(),
            "its adapter's plans for acme.chat and acme.count put the credential on in different ways; all plans of an adapter must have the same \"auth\""
        );
    }
}
