//! Refusals for what the client did: another request may pass. Nothing was sent, and nothing is billed.

use std::fmt;

use http::Method;

use super::{Fault, Refusal};
use crate::dialect::ErrorKind;

impl Refusal {
    pub(crate) fn no_such_route(method: &Method, path: &str) -> Self {
        let path: String = path.chars().take(200).collect();
        let text = format!(
            "There is nothing at {method} {path}. This gateway serves the paths of the dialects that it knows, such as POST /v1/chat/completions and POST /v1/messages, and GET /v1/models; set the client's base URL to end in /v1 for OpenAI clients and without it for Anthropic clients. Nothing was billed."
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
    pub(crate) fn invalid_form(error: impl fmt::Display) -> Self {
        Self::new(
            "invalid_form",
            400,
            ErrorKind::InvalidRequest,
            Fault::Client,
            format!("The request's body is not a form that can be read: {error}. Nothing was billed."),
        )
    }
    pub(crate) fn read_in_two_ways(error: impl fmt::Display) -> Self {
        Self::new(
            "invalid_request",
            400,
            ErrorKind::InvalidRequest,
            Fault::Client,
            format!("The request's body can be read in more than one way: {error}. Write it as the API's reference does. Nothing was billed."),
        )
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
    pub(crate) fn header_given_twice(name: &str) -> Self {
        let text = format!("The request has the header {name} more than once, so that readers could disagree about it. Give it once. Nothing was billed.");
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text)
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
    pub(crate) fn unfit_model(model: &str, why: &str) -> Self {
        let model: String = model.chars().take(200).collect();
        let text = format!("The name of the model {model:?} {why}: there is no such model. Name one that GET /v1/models lists. Nothing was billed.");
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text).param("model")
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
