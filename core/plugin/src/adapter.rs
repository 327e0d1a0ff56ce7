//! The adapter socket: a provider's wire, as a plan that the host evaluates and a few small calls.
//!
//! See `sdk/wit/v0_1_0/adapter.wit` for what every field means to a guest.

use std::sync::Arc;

use weighbridge_domain::{Currency, Decimal, Meter, Text};

use crate::{PluginError, PluginIdentity};

/// How a streamed answer is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One body, no events.
    None,
    /// `text/event-stream`.
    Sse,
    /// A JSON value a line.
    Ndjson,
    /// One JSON array, whose elements are the events.
    JsonArray,
    /// `application/vnd.amazon.eventstream`.
    AwsEventStream,
}

/// How several present values of one fact become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The first.
    First,
    /// The last (metering rule 22).
    Last,
    /// The largest number.
    Max,
    /// The sum of numbers.
    Sum,
    /// All of them, as a JSON array.
    All,
}

/// Whether the provider bills for a dialect's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Billing {
    /// By what was used.
    #[default]
    Metered,
    /// Not at all: nothing is counted. Its facts are those that such an answer cannot have: one above zero flags the record.
    Free,
}

/// What a guest wants to see of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// Nothing: it is not called.
    None,
    /// These pointers (RFC 6901).
    Fields(Vec<String>),
    /// All of it.
    Full,
}

/// Which events; an empty list lets everything pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Any of these event names.
    pub names: Vec<String>,
    /// Any of these byte strings in the data.
    pub contains: Vec<String>,
}

/// One usage fact, read natively.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRule {
    /// The name that `read_usage` knows it by.
    pub name: String,
    /// RFC 6901, a segment `*` being every element or member; for header facts a header's name.
    pub pointer: String,
    /// Streams only.
    pub events: Option<EventFilter>,
    /// How several become one.
    pub combine: Combine,
}

/// An event that is not forwarded when `prepare` asked for hiding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HideRule {
    /// It passes this filter …
    pub events: EventFilter,
    /// … and the value here …
    pub pointer: String,
    /// … is this JSON text (compared without white space).
    pub equals: String,
}

/// How the host adds the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`.
    Bearer,
    /// In this header.
    Header(String),
    /// In this query parameter.
    Query(String),
    /// AWS Signature 4 for this service.
    AwsSigV4(String),
    /// A Google OAuth token.
    GcpOauth,
}

/// What the host does by itself on every call in this dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The client dialect this plan is for.
    pub dialect: Text,
    /// Whether its calls are billed.
    pub billing: Billing,
    /// How the credential goes onto the wire.
    pub auth: Auth,
    /// Client headers that the guest may see, in lower case.
    pub request_headers: Vec<String>,
    /// What `prepare` sees of the body.
    pub request_view: View,
    /// What `read_response` sees of a whole answer.
    pub response_view: View,
    /// What `read_response` sees of an error answer.
    pub error_view: View,
    /// The framing of a streamed answer.
    pub framing: Framing,
    /// Which events `on_events` sees; `None`: piped through.
    pub stream_events: Option<EventFilter>,
    /// Facts of a whole answer.
    pub body_facts: Vec<FactRule>,
    /// Facts of a stream's events.
    pub event_facts: Vec<FactRule>,
    /// Facts of an answer's headers.
    pub header_facts: Vec<FactRule>,
    /// Facts of the client's request.
    pub request_facts: Vec<FactRule>,
    /// Generated text in a whole answer.
    pub body_text: Vec<String>,
    /// Generated text in a stream's events.
    pub event_text: Vec<FactRule>,
    /// The prompt's text in the client's request.
    pub prompt_text: Vec<String>,
    /// The event that ends a stream.
    pub terminal: Option<EventFilter>,
    /// Where none does: the event facts of which one is there as soon as the answer is finished. A body that ends without it has
    /// broken off.
    pub finish: Vec<String>,
    /// An event that reports a failure.
    pub failure: Option<EventFilter>,
    /// The event to hide when `prepare` says so.
    pub hide: Option<HideRule>,
}

/// A field that a view named: its JSON text, if it is there.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The pointer as the plan wrote it.
    pub pointer: &'a str,
    /// Its JSON text.
    pub json: Option<&'a str>,
}

/// The client's request, as far as the plan wants it seen.
#[derive(Debug, Clone)]
pub struct ClientRequest<'a> {
    /// The dialect.
    pub dialect: &'a str,
    /// The model as the client wrote it.
    pub model: &'a str,
    /// The model as the provider knows it.
    pub upstream_model: &'a str,
    /// Whether the client asked for a stream.
    pub streamed: bool,
    /// The client's query.
    pub query: &'a str,
    /// The headers that the plan named.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// The fields that the plan named, in its order.
    pub fields: Vec<Field<'a>>,
    /// The whole body, where the view is full.
    pub body: Option<&'a [u8]>,
    /// What else the host has to say: `usage` = `unasked`, where the provider does not take the question for usage in a
    /// stream (metering rule 23).
    pub attrs: Vec<(&'a str, &'a str)>,
}

/// One change to a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// RFC 6901.
    pub pointer: String,
    /// The new JSON text; `None` removes it.
    pub set: Option<String>,
}

/// What becomes of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyPlan {
    /// Byte for byte.
    Unchanged,
    /// The bytes around the edits stay as they are.
    Edits(Vec<Edit>),
    /// Another body.
    Replace(Vec<u8>),
}

/// What goes upstream. The credential is added by the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// The method.
    pub method: String,
    /// Appended to the base URL.
    pub path_and_query: String,
    /// Set on the request.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: BodyPlan,
    /// Apply the plan's hide rule.
    pub hide: bool,
    /// The answer's framing when it is streamed, where it is not the plan's.
    pub framing: Option<Framing>,
    /// The framing of a translated stream for the client, where it is not server-sent events.
    pub client_framing: Option<Framing>,
    /// What prices may depend on and the request decides; what the answer says of the same counts more.
    pub dimensions: Vec<(Text, Text)>,
    /// Given back with later calls of this exchange.
    pub state: Vec<u8>,
}

/// A whole answer, as far as the plan wants it seen.
#[derive(Debug, Clone)]
pub struct UpstreamResponse<'a> {
    /// The status.
    pub status: u16,
    /// The fields that the view named.
    pub fields: Vec<Field<'a>>,
    /// The whole body, where the view is full.
    pub body: Option<&'a [u8]>,
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientResponse {
    /// The status.
    pub status: u16,
    /// Set on the answer.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: BodyPlan,
}

/// One whole event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its data.
    pub data: Vec<u8>,
}

/// One whole event, borrowed from the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRef<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// Its data.
    pub data: &'a [u8],
}

/// What becomes of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventOut {
    /// Forwarded as it was received.
    Keep,
    /// Not forwarded.
    Drop,
    /// These instead.
    Replace(Vec<Event>),
}

/// The answer to `on_events`: the new state, and what becomes of each event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStep {
    /// Given back with the next call.
    pub state: Vec<u8>,
    /// One for each event.
    pub events: Vec<EventOut>,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// With its terminal event.
    Complete,
    /// Without.
    UpstreamClosed,
    /// Not in time.
    TimedOut,
}

/// A fact found by the host: its JSON text, never `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<'a> {
    /// The rule's name.
    pub name: &'a str,
    /// The JSON text.
    pub json: &'a str,
}

/// A meter and its quantity, as a plugin says it; checked by the host before it becomes usage.
pub type Measured = (Meter, Decimal);

/// Facts turned into disjoint quantities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UsageReading {
    /// Disjoint; empty: usage was not reported.
    pub quantities: Vec<Measured>,
    /// What the adapter counted itself.
    pub counted: Vec<Measured>,
    /// The model that the answer names.
    pub served_model: Option<Text>,
    /// The tier that the answer names.
    pub service_tier: Option<Text>,
    /// What did not add up, in snake_case.
    pub doubts: Vec<Text>,
    /// Inference at another model inside the same answer.
    pub extra: Vec<(Text, Vec<Measured>)>,
    /// What the provider says it charges.
    pub stated_cost: Option<(Decimal, Currency)>,
    /// What prices may depend on beside model and tier.
    pub dimensions: Vec<(Text, Text)>,
}

/// A provider's adapter.
pub trait Adapter: Send + Sync {
    /// Which plugin this is.
    fn identity(&self) -> &Arc<PluginIdentity>;
    /// The plan for each dialect that clients may speak to this provider.
    fn plans(&self) -> &[Plan];
    /// What goes upstream.
    fn prepare(&self, request: &ClientRequest<'_>) -> Result<UpstreamRequest, PluginError>;
    /// Facts to disjoint quantities.
    fn read_usage(&self, dialect: &str, facts: &[Fact<'_>]) -> Result<UsageReading, PluginError>;
    /// A whole answer, translated.
    fn read_response(&self, state: &[u8], response: &UpstreamResponse<'_>) -> Result<ClientResponse, PluginError>;
    /// Events of one read, translated.
    fn on_events(&self, state: &[u8], events: &[EventRef<'_>]) -> Result<StreamStep, PluginError>;
    /// What still has to be said after the last event.
    fn on_end(&self, state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError>;
}
