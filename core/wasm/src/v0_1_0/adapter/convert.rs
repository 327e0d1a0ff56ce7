//! From the contract's records to the socket's values.

use weighbridge_domain::{Currency, Decimal, Text};
use weighbridge_plugin_api::adapter as api;

use super::records::{
    Auth, Billing, BodyPlan, ClientResponse, Combine, Edit, EditOp, Event, EventFilter, EventOut, FactRule, Framing, Header, Plan, StatedCost, StreamStep,
    UpstreamRequest, UsageReading, View,
};
use crate::log::one_line;
use crate::v0_1_0::types::{Attr, Quantity};

impl From<View> for api::View {
    fn from(view: View) -> Self {
        match view {
            View::None => api::View::None,
            View::Fields(pointers) => api::View::Fields(pointers),
            View::Full => api::View::Full,
        }
    }
}

impl From<Framing> for api::Framing {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::None => api::Framing::None,
            Framing::Sse => api::Framing::Sse,
            Framing::Ndjson => api::Framing::Ndjson,
            Framing::JsonArray => api::Framing::JsonArray,
            Framing::AwsEventStream => api::Framing::AwsEventStream,
        }
    }
}

impl From<EventFilter> for api::EventFilter {
    fn from(filter: EventFilter) -> Self {
        Self { names: filter.names, contains: filter.contains }
    }
}

impl From<FactRule> for api::FactRule {
    fn from(rule: FactRule) -> Self {
        let combine = match rule.combine {
            Combine::First => api::Combine::First,
            Combine::Last => api::Combine::Last,
            Combine::Max => api::Combine::Max,
            Combine::Sum => api::Combine::Sum,
            Combine::All => api::Combine::All,
        };
        Self { name: rule.name, pointer: rule.pointer, events: rule.events.map(Into::into), combine }
    }
}

impl From<Plan> for api::Plan {
    fn from(plan: Plan) -> Self {
        let rules = |rules: Vec<FactRule>| rules.into_iter().map(Into::into).collect();
        Self {
            dialect: plan.dialect.into(),
            billing: match plan.billing {
                Billing::Metered => api::Billing::Metered,
                Billing::Free => api::Billing::Free,
            },
            auth: match plan.auth {
                Auth::None => api::Auth::None,
                Auth::Bearer => api::Auth::Bearer,
                Auth::Header(name) => api::Auth::Header(name),
                Auth::Query(name) => api::Auth::Query(name),
                Auth::AwsSigV4(service) => api::Auth::AwsSigV4(service),
                Auth::GcpOauth => api::Auth::GcpOauth,
            },
            request_headers: plan.request_headers,
            request_view: plan.request_view.into(),
            response_view: plan.response_view.into(),
            error_view: plan.error_view.into(),
            framing: plan.framing.into(),
            stream_events: plan.stream_events.map(Into::into),
            body_facts: rules(plan.body_facts),
            event_facts: rules(plan.event_facts),
            header_facts: rules(plan.header_facts),
            request_facts: rules(plan.request_facts),
            body_text: plan.body_text,
            event_text: rules(plan.event_text),
            prompt_text: plan.prompt_text,
            terminal: plan.terminal.map(Into::into),
            finish: plan.finish,
            failure: plan.failure.map(Into::into),
            hide: plan.hide.map(|hide| api::HideRule { events: hide.events.into(), pointer: hide.pointer, equals: hide.equals }),
        }
    }
}

impl From<BodyPlan> for api::BodyPlan {
    fn from(plan: BodyPlan) -> Self {
        let edit = |edit: Edit| match edit.op {
            EditOp::Set(json) => api::Edit { pointer: edit.pointer, set: Some(json) },
            EditOp::Remove => api::Edit { pointer: edit.pointer, set: None },
        };
        match plan {
            BodyPlan::Unchanged => api::BodyPlan::Unchanged,
            BodyPlan::Edits(edits) => api::BodyPlan::Edits(edits.into_iter().map(edit).collect()),
            BodyPlan::Replace(body) => api::BodyPlan::Replace(body),
        }
    }
}

fn headers(headers: Vec<Header>) -> Vec<(String, Vec<u8>)> {
    headers.into_iter().map(|header| (header.name, header.value)).collect()
}

impl From<UpstreamRequest> for api::UpstreamRequest {
    fn from(request: UpstreamRequest) -> Self {
        Self {
            method: request.method,
            path_and_query: request.path_and_query,
            headers: headers(request.headers),
            body: request.body.into(),
            hide: request.hide,
            framing: request.framing.map(Into::into),
            client_framing: request.client_framing.map(Into::into),
            dimensions: dimensions(request.attrs),
            state: request.state,
        }
    }
}

impl From<ClientResponse> for api::ClientResponse {
    fn from(response: ClientResponse) -> Self {
        Self { status: response.status, headers: headers(response.headers), body: response.body.into() }
    }
}

/// Events, as the api has them.
pub(crate) fn events(events: Vec<Event>) -> Vec<api::Event> {
    events.into_iter().map(|event| api::Event { name: event.name, data: event.data }).collect()
}

impl From<StreamStep> for api::StreamStep {
    fn from(step: StreamStep) -> Self {
        let out = |out| match out {
            EventOut::Keep => api::EventOut::Keep,
            EventOut::Drop => api::EventOut::Drop,
            EventOut::Replace(list) => api::EventOut::Replace(events(list)),
        };
        Self { state: step.state, events: step.events.into_iter().map(out).collect() }
    }
}

fn dimensions(attrs: Vec<Attr>) -> Vec<(Text, Text)> {
    attrs.into_iter().map(|attr| (attr.key.into(), attr.value.into())).collect()
}

fn stated_cost(cost: StatedCost) -> Result<(Decimal, Currency), String> {
    let currency = Currency::parse(&cost.currency).ok_or_else(|| format!("{:?} is not a currency: three capital letters are", one_line(&cost.currency, 80)))?;
    Ok((cost.amount.exact()?, currency))
}

impl TryFrom<UsageReading> for api::UsageReading {
    type Error = String;
    fn try_from(reading: UsageReading) -> Result<Self, String> {
        let measured = |list: Vec<Quantity>| list.into_iter().map(Quantity::measured).collect::<Result<Vec<_>, _>>();
        let extra = reading.extra.into_iter().map(|extra| Ok((extra.model.into(), measured(extra.quantities)?)));
        Ok(Self {
            quantities: measured(reading.quantities)?,
            counted: measured(reading.counted)?,
            served_model: reading.served_model.map(Into::into),
            service_tier: reading.service_tier.map(Into::into),
            doubts: reading.doubts.into_iter().map(Into::into).collect(),
            extra: extra.collect::<Result<_, String>>()?,
            stated_cost: reading.stated_cost.map(stated_cost).transpose()?,
            dimensions: dimensions(reading.dimensions),
        })
    }
}
