//! Refusals about what earlier calls left at a provider: files, batches, jobs.

use super::{Fault, Refusal};
use crate::dialect::ErrorKind;

impl Refusal {
    pub(crate) fn no_such_resource(noun: &str, id: &str) -> Self {
        let text = format!(
            "There is no {noun} {id:?} of this customer here. The gateway knows those that were made through it, each for its own customer only. Nothing was billed."
        );
        Self::new("resource_not_found", 404, ErrorKind::NotFound, Fault::Client, text)
    }
    pub(crate) fn provider_gone(provider: &str, id: &str) -> Self {
        let text = format!("{id:?} is at the provider {provider:?}, which is not configured any more. The operator can put it back. Nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Gateway, text)
    }
    pub(crate) fn resource_in_progress(noun: &str, id: &str) -> Self {
        let text = format!(
            "The {noun} {id:?} is still at work, and what it consumes is told by its end. Cancel it or wait for its end, then remove it. Nothing was billed."
        );
        Self::new("resource_in_progress", 409, ErrorKind::InvalidRequest, Fault::Client, text)
    }
    pub(crate) fn provider_lacks(dialect: &str, provider: &str) -> Self {
        let text = format!("This goes to the provider {provider:?}, whose adapter does not speak {dialect}. Nothing was billed.");
        Self::new("dialect_not_supported", 400, ErrorKind::InvalidRequest, Fault::Client, text)
    }
    pub(crate) fn missing_parameter(name: &str) -> Self {
        Self::new(
            "invalid_request",
            400,
            ErrorKind::InvalidRequest,
            Fault::Client,
            format!("The request does not say \"{name}\", or not as a string. Nothing was billed."),
        )
    }
    pub(crate) fn streamed_look(noun: &str) -> Self {
        let text = format!("A {noun} is given whole here, not as a stream: leave out \"stream\" and ask again until it has ended. Nothing was billed.");
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text)
    }
    pub(crate) fn file_for_batch() -> Self {
        let text = "Files are taken for batches only: \"purpose\" must be \"batch\". Nothing was billed.";
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text)
    }
    pub(crate) fn bad_batch_line(number: usize) -> Self {
        let text = format!("Line {number} of the file is not a JSON object whose \"body\" names a \"model\" once. Nothing was billed.");
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text)
    }
    pub(crate) fn batch_of_alias(model: &str) -> Self {
        let text = format!(
            "{model:?} is not a provider's own name of a model. The calls of a batch go to the provider as they are written, so they must name models as the provider does. Nothing was billed."
        );
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text).param("model")
    }
    pub(crate) fn batch_of_several<'a>(models: impl Iterator<Item = &'a str>) -> Self {
        let models: Vec<_> = models.take(10).collect();
        let text = format!("No provider here serves all the models of the batch ({}). Make a batch for each provider. Nothing was billed.", models.join(", "));
        Self::new("invalid_request", 400, ErrorKind::InvalidRequest, Fault::Client, text).param("model")
    }
    /// Nobody knows whether it was started: sending it again could start it twice.
    pub(crate) fn start_unknown(noun: &str, provider: &str, why: &str) -> Self {
        let text = format!(
            "The provider {provider:?} was asked for a {noun}, and its answer did not come ({why}). Whether it was started is not known. Do not simply send the call again: it may be started twice. It is on record as unknown; nothing was billed."
        );
        Self::new("start_unknown", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn upstream_refused_look(provider: &str, status: u16) -> Self {
        let text = format!("The provider {provider:?} answered {status} when it was asked about what is there. Nothing was billed.");
        Self::new("upstream_error", 502, ErrorKind::Server, Fault::Upstream, text)
    }
    pub(crate) fn results_not_billed(why: &str) -> Self {
        let text = format!("What the provider sent could not be put on the books: {why}. It is withheld, and nothing of it is lost: ask again later.");
        Self::new("ledger_unavailable", 503, ErrorKind::Overloaded, Fault::Gateway, text).retry_after(5)
    }
}
