//! Adapters: a provider's wire, as a plan that the host evaluates and a few small calls.
//!
//! `sdk/wit/v0_1_0/adapter.wit` says what every field means. Records that a plugin returns have a `Default`, so that only
//! what differs is written.

use std::thread::LocalKey;

use crate::{Decimal, PluginError, Slot, bindings::adapter::exports::weighbridge::plugin::adapter as wit, slot};

pub use crate::bindings::types::{Attr, Header};
pub use wit::{
    Auth, Billing, BodyPlan, ClientRequest, ClientResponse, Combine, Edit, EditOp, Event, EventFilter, EventOut, Fact, FactRule, Field, Framing, HideRule,
    Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, View,
};

/// A meter (snake_case) and how much of it; never negative.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// `input`, `cache_read`, `output`, …, or a name of the plugin's own.
    pub meter: String,
    /// In the meter's unit.
    pub value: Decimal,
}

impl Quantity {
    /// So much of this meter.
    pub fn new(meter: impl Into<String>, value: impl Into<Decimal>) -> Self {
        Self { meter: meter.into(), value: value.into() }
    }
}

/// What an answer says was consumed, as disjoint quantities. None at all: it was not reported.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UsageReading {
    /// Disjoint: no token is counted under two meters.
    pub quantities: Vec<Quantity>,
    /// What the adapter itself counted, of the request usually: characters, images. Meters of their own.
    pub counted: Vec<Quantity>,
    /// The model that the answer names.
    pub served_model: Option<String>,
    /// The tier that the answer names.
    pub service_tier: Option<String>,
    /// In snake_case, what did not add up; they become flags of the record.
    pub doubts: Vec<String>,
    /// Inference at another model inside the same answer: its name and its quantities.
    pub extra: Vec<(String, Vec<Quantity>)>,
    /// What the provider says it charges.
    pub stated_cost: Option<StatedCost>,
    /// What prices may depend on beside model and tier, by name: `geography`, `speed`, ….
    pub dimensions: Vec<(String, String)>,
}

/// A provider's own statement of what a call cost.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedCost {
    /// Exact, as it stands in the answer.
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
}

/// A provider's adapter. Register it with [`register_adapter!`](crate::register_adapter).
pub trait Adapter: Sized + 'static {
    /// From the manifest's `[config]` overlaid by the operator's, a JSON object.
    fn configure(config: &str) -> Result<Self, PluginError>;
    /// The plan for each dialect that clients may speak to this provider.
    fn plans(&self) -> Vec<Plan>;
    /// What goes upstream.
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError>;
    /// Facts to disjoint quantities; once for each answer.
    fn read_usage(&self, dialect: &str, facts: &[Fact]) -> Result<UsageReading, PluginError>;
    /// A whole answer, translated; only where a plan's view asks for it.
    fn read_response(&self, _state: &[u8], _response: UpstreamResponse) -> Result<ClientResponse, PluginError> {
        Err(PluginError::unsupported("this adapter translates no answers"))
    }
    /// The events of one read, translated, one result for each; only where a plan's `stream_events` asks for it.
    fn on_events(&self, _state: &[u8], _events: &[Event]) -> Result<StreamStep, PluginError> {
        Err(PluginError::unsupported("this adapter translates no streams"))
    }
    /// What still has to be said after the last event.
    fn on_end(&self, _state: &[u8], _end: StreamEnd) -> Result<Vec<Event>, PluginError> {
        Ok(Vec::new())
    }
}

impl Default for Plan {
    /// Everything passes untouched: no views, no facts, no credential, not streamed.
    fn default() -> Self {
        Self {
            dialect: String::new(),
            billing: Billing::Metered,
            auth: Auth::None,
            request_headers: Vec::new(),
            request_view: View::None,
            response_view: View::None,
            error_view: View::None,
            framing: Framing::None,
            stream_events: None,
            body_facts: Vec::new(),
            event_facts: Vec::new(),
            header_facts: Vec::new(),
            request_facts: Vec::new(),
            body_text: Vec::new(),
            event_text: Vec::new(),
            prompt_text: Vec::new(),
            terminal: None,
            finish: Vec::new(),
            failure: None,
            hide: None,
            attrs: Vec::new(),
        }
    }
}

impl Default for UpstreamRequest {
    /// A `POST` of the unchanged body; the path is yours to set.
    fn default() -> Self {
        Self {
            method: "POST".into(),
            path_and_query: String::new(),
            headers: Vec::new(),
            body: BodyPlan::Unchanged,
            hide: false,
            framing: None,
            client_framing: None,
            state: Vec::new(),
            attrs: Vec::new(),
        }
    }
}

impl Default for ClientResponse {
    /// 200 with the unchanged body.
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: BodyPlan::Unchanged }
    }
}

impl FactRule {
    /// The last present value at a pointer of the whole answer.
    pub fn body(name: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self { name: name.into(), pointer: pointer.into(), events: None, combine: Combine::Last }
    }
    /// The last present value at a pointer of the events that pass.
    pub fn event(name: impl Into<String>, pointer: impl Into<String>, events: Option<EventFilter>) -> Self {
        Self { name: name.into(), pointer: pointer.into(), events, combine: Combine::Last }
    }
}

impl EventFilter {
    /// Events whose data contains one of these strings.
    pub fn containing<T: Into<String>>(strings: impl IntoIterator<Item = T>) -> Self {
        Self { names: Vec::new(), contains: strings.into_iter().map(Into::into).collect() }
    }
    /// Events of one of these names.
    pub fn named<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), contains: Vec::new() }
    }
}

impl Edit {
    /// Sets the value at a pointer to this JSON text.
    pub fn set(pointer: impl Into<String>, json: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), op: EditOp::Set(json.into()) }
    }
    /// Removes what is at a pointer.
    pub fn remove(pointer: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), op: EditOp::Remove }
    }
}

impl Header {
    /// A header.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl ClientRequest {
    /// The JSON text of a field that the plan's view named, if the client wrote it.
    pub fn field(&self, pointer: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.pointer == pointer)?.json.as_deref()
    }
    /// A header that the plan named; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_slice())
    }
    /// What is asked of something that an earlier call left at the provider; `None` for a call that begins something.
    pub fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation { name: self.attr("operation")?, id: self.attr("id")?, query: &self.query })
    }
    /// What else the host has to say, by its key: `usage` is `unasked` where the provider does not take the question for usage in
    /// a stream; `operation` and `id` are in [`ClientRequest::operation`].
    pub fn attr(&self, key: &str) -> Option<&str> {
        self.attrs.iter().find(|attr| attr.key == key).map(|attr| attr.value.as_str())
    }
}

impl UpstreamResponse {
    /// The JSON text of a field that the plan's view named, if the answer has it.
    pub fn field(&self, pointer: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.pointer == pointer)?.json.as_deref()
    }
}

impl From<Quantity> for crate::bindings::types::Quantity {
    fn from(quantity: Quantity) -> Self {
        Self { meter: quantity.meter, value: quantity.value.into() }
    }
}

fn quantities(list: Vec<Quantity>) -> Vec<crate::bindings::types::Quantity> {
    list.into_iter().map(Into::into).collect()
}

impl From<UsageReading> for wit::UsageReading {
    fn from(reading: UsageReading) -> Self {
        Self {
            quantities: quantities(reading.quantities),
            counted: quantities(reading.counted),
            served_model: reading.served_model,
            service_tier: reading.service_tier,
            doubts: reading.doubts,
            extra: reading.extra.into_iter().map(|(model, list)| wit::ExtraUsage { model, quantities: quantities(list) }).collect(),
            stated_cost: reading.stated_cost.map(|cost| wit::StatedCost { amount: cost.amount.into(), currency: cost.currency }),
            dimensions: reading.dimensions.into_iter().map(|(key, value)| crate::bindings::types::Attr { key, value }).collect(),
            attrs: Vec::new(),
        }
    }
}

#[doc(hidden)]
pub fn configure<A: Adapter>(slot: &'static LocalKey<Slot<A>>, config: &str) -> Result<Vec<Plan>, PluginError> {
    crate::log::report_panics();
    let adapter = A::configure(config)?;
    let plans = adapter.plans();
    slot::fill(slot, adapter);
    Ok(plans)
}

#[doc(hidden)]
pub fn call<A: Adapter, R>(slot: &'static LocalKey<Slot<A>>, call: impl FnOnce(&A) -> Result<R, PluginError>) -> Result<R, PluginError> {
    slot::with(slot, call)
}

/// Makes a type that fills [`Adapter`] the plugin's export.
#[macro_export]
macro_rules! register_adapter {
    ($adapter:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::PluginError;
            use $crate::adapter::call;
            use $crate::bindings::adapter::exports::weighbridge::plugin::adapter as wit;
            struct Component;
            ::std::thread_local! { static SLOT: $crate::Slot<$adapter> = const { ::std::cell::RefCell::new(None) }; }
            impl wit::Guest for Component {
                fn configure(config: String) -> Result<Vec<wit::Plan>, PluginError> {
                    $crate::adapter::configure(&SLOT, &config)
                }
                fn prepare(request: wit::ClientRequest) -> Result<wit::UpstreamRequest, PluginError> {
                    call(&SLOT, |adapter| $crate::Adapter::prepare(adapter, request))
                }
                fn read_usage(dialect: String, facts: Vec<wit::Fact>) -> Result<wit::UsageReading, PluginError> {
                    call(&SLOT, |adapter| $crate::Adapter::read_usage(adapter, &dialect, &facts).map(Into::into))
                }
                fn read_response(state: Vec<u8>, response: wit::UpstreamResponse) -> Result<wit::ClientResponse, PluginError> {
                    call(&SLOT, |adapter| $crate::Adapter::read_response(adapter, &state, response))
                }
                fn on_events(state: Vec<u8>, events: Vec<wit::Event>) -> Result<wit::StreamStep, PluginError> {
                    call(&SLOT, |adapter| $crate::Adapter::on_events(adapter, &state, &events))
                }
                fn on_end(state: Vec<u8>, end: wit::StreamEnd) -> Result<Vec<wit::Event>, PluginError> {
                    call(&SLOT, |adapter| $crate::Adapter::on_end(adapter, &state, end))
                }
            }
    $crate::bindings::adapter::export_adapter!(Component with_types_in $crate::bindings::adapter);
        };
    };
}

/// A call about something that an earlier call left at the provider: a file, a batch, a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// `read`, `cancel`, `change`, `content`, `delete`, or the last segment of what is looked at, such as `input_items`.
    pub name: &'a str,
    /// The provider's id for it: letters, digits, `_`, `-` and `.`.
    pub id: &'a str,
    /// The client's query.
    pub query: &'a str,
}

impl Operation<'_> {
    /// The usual request: `read` gets the id behind this path, `change` and `delete` patch and delete it, all others have a segment of their own behind
    /// it, `cancel` as a POST. `content` is the name of the segment for content.
    pub fn request(&self, path: &str, content: &str) -> UpstreamRequest {
        let method = match self.name {
            "cancel" => "POST",
            "change" => "PATCH",
            "delete" => "DELETE",
            _ => "GET",
        };
        let (path, own_query) = path.split_once('?').unwrap_or((path, ""));
        let mut path_and_query = format!("{path}/{}", self.id);
        match self.name {
            "read" | "change" | "delete" => {}
            "content" => path_and_query.extend(["/", content]),
            other => path_and_query.extend(["/", other]),
        }
        for (query, joint) in [own_query, self.query].into_iter().filter(|query| !query.is_empty()).zip(["?", "&"]) {
            path_and_query.extend([joint, query]);
        }
        UpstreamRequest { method: method.into(), path_and_query, ..UpstreamRequest::default() }
    }
}

#[cfg(test)]
mod operation_tests {
    use super::*;

    #[test]
    fn an_operation_has_the_usual_method_and_path() {
        let of = |name: &str, path: &str, query: &str| {
            let request = Operation { name, id: "b_1", query }.request(path, "results");
            format!("{} {}", request.method, request.path_and_query)
        };
        assert_eq!(of("read", "/batches", ""), "GET /batches/b_1");
        assert_eq!(of("cancel", "/batches", ""), "POST /batches/b_1/cancel");
        assert_eq!(of("content", "/batches", "a=b"), "GET /batches/b_1/results?a=b");
        assert_eq!(of("delete", "/batches?api-version=1", "a=b"), "DELETE /batches/b_1?api-version=1&a=b");
        assert_eq!(of("input_items", "/responses?api-version=1", ""), "GET /responses/b_1/input_items?api-version=1");
    }
}
