//! Refusals for what the provider, a plugin or the ledger did. Each says what is known of what was consumed.

use std::fmt;

use weighbridge_plugin_api::{Blame, PluginError};

use super::{Fault, Refusal};
use crate::dialect::ErrorKind;

impl Refusal {
    pub(crate) fn upstream_unreachable(provider: &str, why: &str) -> Self {
        let text = format!("The provider {provider:?} could not be reached: {why}. The call was not sent; nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text).retry_after(1)
    }
    pub(crate) fn no_credential(provider: &str, why: &str) -> Self {
        let text = format!("The credential for the provider {provider:?} could not be used: {why}. The call was not sent; nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Gateway, text).retry_after(1)
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
    /// The same, where what followed cannot be read.
    pub(crate) fn upstream_unreadable(provider: &str, why: &str) -> Self {
        let text = format!("The answer of the provider {provider:?} cannot be read on: {why}. What came through until then is counted and billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
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
