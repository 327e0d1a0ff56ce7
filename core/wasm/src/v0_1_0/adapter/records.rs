//! The records of the interface `adapter`, in the contract's order. What goes in borrows (`…Ref`), what comes out is owned.

use wasmtime::component::{ComponentType, Lift, Lower};

use crate::v0_1_0::types::{Attr, AttrRef, Decimal, Quantity};

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Framing {
    #[component(name = "none")]
    None,
    #[component(name = "sse")]
    Sse,
    #[component(name = "ndjson")]
    Ndjson,
    #[component(name = "json-array")]
    JsonArray,
    #[component(name = "aws-eventstream")]
    AwsEventStream,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Combine {
    #[component(name = "first")]
    First,
    #[component(name = "last")]
    Last,
    #[component(name = "max")]
    Max,
    #[component(name = "sum")]
    Sum,
    #[component(name = "all")]
    All,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Billing {
    #[component(name = "metered")]
    Metered,
    #[component(name = "free")]
    Free,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum View {
    #[component(name = "none")]
    None,
    #[component(name = "fields")]
    Fields(Vec<String>),
    #[component(name = "full")]
    Full,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct EventFilter {
    pub(crate) names: Vec<String>,
    pub(crate) contains: Vec<String>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct FactRule {
    pub(crate) name: String,
    pub(crate) pointer: String,
    pub(crate) events: Option<EventFilter>,
    pub(crate) combine: Combine,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct HideRule {
    pub(crate) events: EventFilter,
    pub(crate) pointer: String,
    pub(crate) equals: String,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Auth {
    #[component(name = "none")]
    None,
    #[component(name = "bearer")]
    Bearer,
    #[component(name = "header")]
    Header(String),
    #[component(name = "query")]
    Query(String),
    #[component(name = "aws-sigv4")]
    AwsSigV4(String),
    #[component(name = "gcp-oauth")]
    GcpOauth,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Plan {
    pub(crate) dialect: String,
    pub(crate) billing: Billing,
    pub(crate) auth: Auth,
    #[component(name = "request-headers")]
    pub(crate) request_headers: Vec<String>,
    #[component(name = "request-view")]
    pub(crate) request_view: View,
    #[component(name = "response-view")]
    pub(crate) response_view: View,
    #[component(name = "error-view")]
    pub(crate) error_view: View,
    pub(crate) framing: Framing,
    #[component(name = "stream-events")]
    pub(crate) stream_events: Option<EventFilter>,
    #[component(name = "body-facts")]
    pub(crate) body_facts: Vec<FactRule>,
    #[component(name = "event-facts")]
    pub(crate) event_facts: Vec<FactRule>,
    #[component(name = "header-facts")]
    pub(crate) header_facts: Vec<FactRule>,
    #[component(name = "request-facts")]
    pub(crate) request_facts: Vec<FactRule>,
    #[component(name = "body-text")]
    pub(crate) body_text: Vec<String>,
    #[component(name = "event-text")]
    pub(crate) event_text: Vec<FactRule>,
    #[component(name = "prompt-text")]
    pub(crate) prompt_text: Vec<String>,
    pub(crate) terminal: Option<EventFilter>,
    pub(crate) finish: Vec<String>,
    pub(crate) failure: Option<EventFilter>,
    pub(crate) hide: Option<HideRule>,
    pub(crate) attrs: Vec<Attr>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct HeaderRef<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a [u8],
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: Vec<u8>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Field<'a> {
    pub(crate) pointer: &'a str,
    pub(crate) json: Option<&'a str>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct ClientRequest<'a> {
    pub(crate) dialect: &'a str,
    pub(crate) model: &'a str,
    #[component(name = "upstream-model")]
    pub(crate) upstream_model: &'a str,
    pub(crate) streamed: bool,
    pub(crate) query: &'a str,
    pub(crate) headers: Vec<HeaderRef<'a>>,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) attrs: &'a [AttrRef<'a>],
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum EditOp {
    #[component(name = "set")]
    Set(String),
    #[component(name = "remove")]
    Remove,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Edit {
    pub(crate) pointer: String,
    pub(crate) op: EditOp,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum BodyPlan {
    #[component(name = "unchanged")]
    Unchanged,
    #[component(name = "edits")]
    Edits(Vec<Edit>),
    #[component(name = "replace")]
    Replace(Vec<u8>),
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct UpstreamRequest {
    pub(crate) method: String,
    #[component(name = "path-and-query")]
    pub(crate) path_and_query: String,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: BodyPlan,
    pub(crate) hide: bool,
    pub(crate) framing: Option<Framing>,
    #[component(name = "client-framing")]
    pub(crate) client_framing: Option<Framing>,
    pub(crate) state: Vec<u8>,
    pub(crate) attrs: Vec<Attr>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct UpstreamResponse<'a> {
    pub(crate) status: u16,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) body: Option<&'a [u8]>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct ClientResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: BodyPlan,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct EventRef<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) data: &'a [u8],
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Event {
    pub(crate) name: Option<String>,
    pub(crate) data: Vec<u8>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum EventOut {
    #[component(name = "keep")]
    Keep,
    #[component(name = "drop")]
    Drop,
    #[component(name = "replace")]
    Replace(Vec<Event>),
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct StreamStep {
    pub(crate) state: Vec<u8>,
    pub(crate) events: Vec<EventOut>,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum StreamEnd {
    #[component(name = "complete")]
    Complete,
    #[component(name = "upstream-closed")]
    UpstreamClosed,
    #[component(name = "timed-out")]
    TimedOut,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Fact<'a> {
    pub(crate) name: &'a str,
    pub(crate) json: &'a str,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct ExtraUsage {
    pub(crate) model: String,
    pub(crate) quantities: Vec<Quantity>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct StatedCost {
    pub(crate) amount: Decimal,
    pub(crate) currency: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct UsageReading {
    pub(crate) quantities: Vec<Quantity>,
    pub(crate) counted: Vec<Quantity>,
    #[component(name = "served-model")]
    pub(crate) served_model: Option<String>,
    #[component(name = "service-tier")]
    pub(crate) service_tier: Option<String>,
    pub(crate) doubts: Vec<String>,
    pub(crate) extra: Vec<ExtraUsage>,
    #[component(name = "stated-cost")]
    pub(crate) stated_cost: Option<StatedCost>,
    pub(crate) dimensions: Vec<Attr>,
    pub(crate) attrs: Vec<Attr>,
}
