//! What a guest returned, checked before anybody relies on it. A check's error says what was nonsense, for
//! [`Failure::Nonsense`](weighbridge_plugin_api::Failure::Nonsense).

mod exchange;
mod plan;
mod rating;
mod text;
mod usage;

pub(crate) use exchange::{client_response, events, stream_step, upstream_request};
pub(crate) use plan::plans;
pub(crate) use rating::{items, rating};
pub(crate) use usage::reading;

/// Fine, or what was nonsense.
pub(crate) type Check = Result<(), String>;
