//! Every way in which the gateway itself says no, in one table: stable code, status, whose fault, whether to try
//! again, what was billed, and the text. A provider's own error answers are not here: they are forwarded.

use std::fmt;

use http::{Method, StatusCode};
use weighbridge_plugin_api::{Blame, PluginError};

use crate::dialect::ErrorKind;

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The client's: another request may pass.
    Client,
    /// The provider's.
    Upstream,
    /// The gateway's or its operator's.
    Gateway,
}

impl Fault {
    /// The word in the `x-weighbridge-fault` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Upstream => "upstream",
            Self::Gateway => "gateway",
        }
    }
}

/// A named refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    code: &'static str,
    status: StatusCode,
    kind: ErrorKind,
    fault: Fault,
    message: String,
    param: Option<&'static str>,
    retry_after_s: Option<u32>,
}

impl Refusal {
    fn new(code: &'static str, status: u16, kind: ErrorKind, fault: Fault, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(Box::new(Inner { code, status, kind, fault, message: message.into(), param: None, retry_after_s: None }))
    }
    fn param(mut self, name: &'static str) -> Self {
        self.0.param = Some(name);
        self
    }
    fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
    /// What it is, for the dialect's `type`.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// Whose fault.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }
    /// The text for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// Whether it was said before the request's body was read.
    pub(crate) fn leaves_body_unread(&self) -> bool {
        matches!(self.0.code, "request_too_large" | "request_timeout" | "invalid_api_key" | "not_found" | "method_not_allowed")
    }
    /// After how many seconds to try again, where that may help.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_s
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}
impl std::error::Error for Refusal {}

// ---- what the client did -------------------------------------------------------------------------------------------

impl Refusal {
    pub(crate) fn no_such_route(method: &Method, path: &str) -> Self {
        let path: String = path.chars().take(200).collect();
        let text = format!(
            "There is nothing at {method} {path}. This gateway serves POST /v1/chat/completions, POST /v1/messages and GET /v1/models; set the client's base URL to end in /v1 for OpenAI clients and without it for Anthropic clients. Nothing was billed."
        );
        Self::new("not_found", 404, ErrorKind::NotFound, Fault::Client, text)
    }
    pub(crate) fn method_not_allowed(method: &Method, path: &str) -> Self {
        Self::new(
            "method_not_allowed",
            405,
            ErrorKind::InvalidRequest,
            Fault::Client,
            format!("{method} is not possible at {path}: send a POST. Nothing was billed."),
        )
    }
    pub(crate) fn missing_api_key() -> Self {
        let text = "No API key was sent. Send the key this gateway issued as \"Authorization: Bearer wb-…\" or \"x-api-key: wb-…\". Nothing was billed.";
        Self::new("invalid_api_key", 401, ErrorKind::Authentication, Fault::Client, text)
    }
    pub(crate) fn invalid_api_key() -> Self {
        let text = "This API key is not known here. Send a key this gateway issued (it begins with wb-), not a provider's own. Nothing was billed.";
        Self::new("invalid_api_key", 401, ErrorKind::Authentication, Fault::Client, text)
    }
    pub(crate) fn revoked_api_key(prefix: &str) -> Self {
        Self::new(
            "invalid_api_key",
            401,
            ErrorKind::Authentication,
            Fault::Client,
            format!("The API key {prefix}… was revoked. Ask the operator for a new one. Nothing was billed."),
        )
    }
    pub(crate) fn expired_api_key(prefix: &str, at: impl fmt::Display) -> Self {
        Self::new(
            "invalid_api_key",
            401,
            ErrorKind::Authentication,
            Fault::Client,
            format!("The API key {prefix}… expired at {at}. Ask the operator for a new one. Nothing was billed."),
        )
    }
    pub(crate) fn unnamed_customer() -> Self {
        let text = "This API key bills on behalf of others, and the call does not say whom. Name the customer in the header x-weighbridge-customer. Nothing was billed.";
        Self::new("unknown_customer", 404, ErrorKind::NotFound, Fault::Client, text)
    }
    pub(crate) fn unknown_customer(id: &str) -> Self {
        let id: String = id.chars().take(140).collect();
        Self::new(
            "unknown_customer",
            404,
            ErrorKind::NotFound,
            Fault::Client,
            format!("There is no customer {id:?}. Create it first, or let this key create customers on first use. Nothing was billed."),
        )
    }
    pub(crate) fn bad_customer_id(error: impl fmt::Display) -> Self {
        Self::new("unknown_customer", 404, ErrorKind::NotFound, Fault::Client, format!("The customer's id cannot be used: {error}. Nothing was billed."))
    }
    pub(crate) fn archived_customer(id: &str) -> Self {
        Self::new("unknown_customer", 404, ErrorKind::NotFound, Fault::Client, format!("The customer {id:?} is archived. Nothing was billed."))
    }
    pub(crate) fn no_plan(customer: &str) -> Self {
        let text = format!(
            "The customer {customer:?} has no plan, and there is no default plan: a call cannot be priced. The operator must give one. Nothing was billed."
        );
        Self::new("no_plan", 403, ErrorKind::Permission, Fault::Gateway, text)
    }
    pub(crate) fn request_too_large(limit: usize) -> Self {
        Self::new(
            "request_too_large",
            413,
            ErrorKind::TooLarge,
            Fault::Client,
            format!("The request's body is larger than the limit of {limit} bytes. Send less, or raise limits.max_body_bytes. Nothing was billed."),
        )
    }
    pub(crate) fn broken_body() -> Self {
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, "The request's body broke off before its end. Nothing was billed.")
    }
    pub(crate) fn slow_body(seconds: u64) -> Self {
        Self::new(
            "request_timeout",
            408,
            ErrorKind::Timeout,
            Fault::Client,
            format!("The request's body did not arrive within {seconds} s. Nothing was billed."),
        )
    }
    pub(crate) fn invalid_json(error: impl fmt::Display) -> Self {
        Self::new("invalid_json", 400, ErrorKind::InvalidRequest, Fault::Client, format!("The request's body is not valid JSON: {error}. Nothing was billed."))
    }
    pub(crate) fn given_twice(name: &str) -> Self {
        let param = ["model", "stream", "user", "stream_options"].into_iter().find(|known| *known == name);
        let refusal = Self::new(
            "invalid_request",
            400,
            ErrorKind::InvalidRequest,
            Fault::Client,
            format!("The request gives \"{name}\" more than once, so that readers could disagree about it. Give it once. Nothing was billed."),
        );
        match param {
            Some(name) => refusal.param(name),
            None => refusal,
        }
    }
    pub(crate) fn wrong_type(name: &'static str, expected: &str) -> Self {
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, format!("\"{name}\" must be {expected}. Nothing was billed.")).param(name)
    }
    pub(crate) fn missing_model() -> Self {
        Self::new(
            "invalid_request",
            400,
            ErrorKind::InvalidRequest,
            Fault::Client,
            "The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.",
        )
        .param("model")
    }
    pub(crate) fn bad_header(name: &'static str, expected: &str) -> Self {
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, format!("The header {name} must be {expected}. Nothing was billed."))
    }
    pub(crate) fn model_not_found(model: &str) -> Self {
        let model: String = model.chars().take(200).collect();
        Self::new(
            "model_not_found",
            404,
            ErrorKind::NotFound,
            Fault::Client,
            format!("There is no model {model:?}. Name one that GET /v1/models lists, or provider/model with a configured provider. Nothing was billed."),
        )
        .param("model")
    }
    pub(crate) fn model_not_allowed(model: &str) -> Self {
        Self::new("model_not_allowed", 403, ErrorKind::Permission, Fault::Client, format!("This API key may not use the model {model:?}. Nothing was billed."))
            .param("model")
    }
    pub(crate) fn dialect_not_spoken(dialect: &str, provider: &str, model: &str) -> Self {
        let text = format!(
            "The model {model:?} is served by {provider:?}, whose adapter does not speak {dialect}. Call it through an endpoint that it speaks. Nothing was billed."
        );
        Self::new("dialect_not_supported", 400, ErrorKind::InvalidRequest, Fault::Client, text).param("model")
    }
    pub(crate) fn unpriced_model(model: &str, provider: &str, plan: &str) -> Self {
        let text = format!(
            "The model {model:?} of {provider:?} has no price, and the plan {plan:?} blocks what it cannot price. The operator can add a price. Nothing was billed."
        );
        Self::new("unpriced_model", 422, ErrorKind::InvalidRequest, Fault::Gateway, text).param("model")
    }
    pub(crate) fn rate_limited(what: &str, limit: u64, retry_after_s: u32) -> Self {
        let text = format!("This API key may send {limit} {what} a minute and has. Try again in {retry_after_s} s. Nothing was billed.");
        Self::new("rate_limited", 429, ErrorKind::RateLimit, Fault::Client, text).retry_after(retry_after_s)
    }
}

// ---- what the provider or the gateway did --------------------------------------------------------------------------

impl Refusal {
    pub(crate) fn upstream_unreachable(provider: &str, why: &str) -> Self {
        let text = format!("The provider {provider:?} could not be reached: {why}. The call was not sent; nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text).retry_after(1)
    }
    pub(crate) fn upstream_broke_off(provider: &str, why: &str) -> Self {
        let text = format!(
            "The provider {provider:?} broke the connection off or answered with something that is not HTTP: {why}. What it consumed is not known; nothing was billed."
        );
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn upstream_redirect(provider: &str, status: u16) -> Self {
        let text = format!(
            "The provider {provider:?} answered {status} instead of serving the call; the gateway follows no redirects. The operator must mend the provider's base_url. Nothing was billed."
        );
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn upstream_not_json(provider: &str, status: u16) -> Self {
        let text = format!("The provider {provider:?} answered {status} with a body that is not JSON. What it consumed is not known; nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn upstream_undecodable(provider: &str, why: &str) -> Self {
        let text = format!("The answer of the provider {provider:?} could not be decoded: {why}. What it consumed is not known; nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn upstream_too_large(provider: &str, limit: usize) -> Self {
        let text =
            format!("The answer of the provider {provider:?} is larger than the limit of {limit} bytes. What it consumed is not known; nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn upstream_timeout(provider: &str, what: &str, millis: u128) -> Self {
        let text = format!("The provider {provider:?} did not {what} within {millis} ms. What it consumed is not known; nothing was billed.");
        Self::new("upstream_timeout", 504, ErrorKind::Timeout, Fault::Upstream, text)
    }
    /// In the middle of a stream of which something came through.
    pub(crate) fn upstream_fell_silent(provider: &str, millis: u128) -> Self {
        let text = format!("The provider {provider:?} did not go on with its answer within {millis} ms. What came through until then is counted and billed.");
        Self::new("upstream_timeout", 504, ErrorKind::Timeout, Fault::Upstream, text)
    }
    /// A plugin's failure. What it calls the client's mistake is the client's; all else is the gateway's.
    pub(crate) fn plugin(error: &PluginError) -> Self {
        match error.blame() {
            Blame::Input => Self::new(
                "invalid_request",
                400,
                ErrorKind::InvalidRequest,
                Fault::Client,
                format!("{} (said by plugin {:?}). Nothing was billed.", error.failure, &*error.plugin.name),
            ),
            Blame::Guest => Self::new(
                "plugin_failed",
                502,
                ErrorKind::Server,
                Fault::Gateway,
                format!("The plugin {:?} failed in {}: {}. The fault is the plugin's. Nothing was billed.", &*error.plugin.name, error.call, error.failure),
            ),
            Blame::Host => Self::new(
                "plugin_failed",
                502,
                ErrorKind::Server,
                Fault::Gateway,
                format!("The plugin {:?} failed in {}: {}. The fault is the gateway's. Nothing was billed.", &*error.plugin.name, error.call, error.failure),
            ),
        }
    }
    /// A plugin failed after the provider had answered.
    pub(crate) fn plugin_after_answer(error: &PluginError) -> Self {
        let text = format!(
            "The provider answered, but the plugin {:?} failed in {}: {}. The answer cannot be delivered; what it consumed is on record, and was not charged.",
            &*error.plugin.name, error.call, error.failure
        );
        Self::new("plugin_failed", 502, ErrorKind::Server, Fault::Gateway, text)
    }
    pub(crate) fn plugin_nonsense(plugin: &str, why: impl fmt::Display) -> Self {
        Self::new(
            "plugin_failed",
            502,
            ErrorKind::Server,
            Fault::Gateway,
            format!("The plugin {plugin:?} asked for something impossible: {why}. The fault is the plugin's. Nothing was billed."),
        )
    }
    pub(crate) fn ledger_unavailable(why: impl fmt::Display) -> Self {
        let text = format!("The ledger cannot take calls at the moment: {why}. The call was not sent; nothing was billed.");
        Self::new("ledger_unavailable", 503, ErrorKind::Overloaded, Fault::Gateway, text).retry_after(5)
    }
    pub(crate) fn ledger_lost_answer(why: impl fmt::Display) -> Self {
        let text = format!(
            "The provider answered, but the record of the call is not on the books yet: {why}. The answer is withheld; what it consumed is billed when the record is written."
        );
        Self::new("ledger_unavailable", 503, ErrorKind::Overloaded, Fault::Gateway, text).retry_after(5)
    }
    pub(crate) fn internal() -> Self {
        Self::new(
            "internal_error",
            500,
            ErrorKind::Server,
            Fault::Gateway,
            "The gateway failed at this call, and this is a defect of the gateway. The log says more under the id in x-weighbridge-id.",
        )
    }
}

impl Refusal {
    /// The request's parameter that it is about.
    pub fn parameter(&self) -> Option<&'static str> {
        self.0.param
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use weighbridge_domain::Digest;
    use weighbridge_plugin_api::{Failure, PluginIdentity};

    use super::*;
    use crate::dialect::Dialect;

    fn plugin(failure: Failure) -> PluginError {
        let plugin = PluginIdentity { name: "acme-ai".into(), version: "1.0.0".into(), digest: Digest::of(b"") };
        PluginError { plugin: Arc::new(plugin), call: "prepare", failure }
    }

    /// Every refusal with its code, status, fault and whole text: a change of any is a change of the contract.
    #[test]
    fn every_refusal_says_what_is_wrong_whose_fault_it_is_and_what_was_billed() {
        let all = [
            Refusal::no_such_route(&Method::GET, "/v1/chat"),
            Refusal::method_not_allowed(&Method::GET, "/v1/messages"),
            Refusal::missing_api_key(),
            Refusal::invalid_api_key(),
            Refusal::revoked_api_key("wb-abcd"),
            Refusal::expired_api_key("wb-abcd", "2026-01-01T00:00:00Z"),
            Refusal::unnamed_customer(),
            Refusal::unknown_customer("acme"),
            Refusal::bad_customer_id(weighbridge_domain::ids::check_slug("a b").unwrap_err()),
            Refusal::archived_customer("acme"),
            Refusal::no_plan("acme"),
            Refusal::request_too_large(1024),
            Refusal::broken_body(),
            Refusal::slow_body(60),
            Refusal::invalid_json("EOF while parsing an object at line 1 column 1"),
            Refusal::given_twice("model"),
            Refusal::wrong_type("stream", "true or false"),
            Refusal::missing_model(),
            Refusal::bad_header("x-weighbridge-session", "1 to 256 visible ASCII characters"),
            Refusal::model_not_found("no-such"),
            Refusal::model_not_allowed("dear"),
            Refusal::dialect_not_spoken("anthropic.messages", "acme-ai", "m"),
            Refusal::unpriced_model("new", "acme-ai", "standard"),
            Refusal::rate_limited("requests", 60, 12),
            Refusal::upstream_unreachable("acme-ai", "Connection refused (os error 111)"),
            Refusal::upstream_broke_off("acme-ai", "connection closed before message completed"),
            Refusal::upstream_redirect("acme-ai", 307),
            Refusal::upstream_not_json("acme-ai", 200),
            Refusal::upstream_undecodable("acme-ai", "content-encoding \"snappy\" cannot be read"),
            Refusal::upstream_too_large("acme-ai", 1024),
            Refusal::upstream_timeout("acme-ai", "answer", 600_000),
            Refusal::upstream_fell_silent("acme-ai", 120_000),
            Refusal::plugin(&plugin(Failure::Unsupported("the parameter \"n\" above 1 cannot be translated".into()))),
            Refusal::plugin(&plugin(Failure::Deadline { limit_ms: 5 })),
            Refusal::plugin(&plugin(Failure::Host("out of instances".into()))),
            Refusal::plugin_after_answer(&plugin(Failure::Trap("unreachable".into()))),
            Refusal::plugin_nonsense("acme-ai", "\"x\" is not a JSON pointer to a member of an object"),
            Refusal::ledger_unavailable("the disk is full"),
            Refusal::ledger_lost_answer("the disk is full"),
            Refusal::internal(),
        ];
        let lines: Vec<_> = all.iter().map(|r| format!("{} {} {}: {}", r.status().as_u16(), r.code(), r.fault().as_str(), r.message())).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn each_dialect_has_its_own_shape_of_the_same_refusal() {
        let refusal = Refusal::missing_model();
        let shape = |dialect: Dialect| String::from_utf8(dialect.error_body(&refusal)).unwrap();
        insta::assert_snapshot!(shape(Dialect::OpenaiChat), @r#"{"error":{"message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","type":"invalid_request_error","param":"model","code":"invalid_request"}}"#);
        insta::assert_snapshot!(shape(Dialect::AnthropicMessages), @r#"{"type":"error","error":{"type":"invalid_request_error","message":"The request names no \"model\". Name one of those that GET /v1/models lists. Nothing was billed.","code":"invalid_request"}}"#);
    }
}
