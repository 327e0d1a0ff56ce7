//! The interface `adapter`: its functions.

mod convert;
mod records;

use wasmtime::Store;
use wasmtime::component::Instance;
use weighbridge_plugin_api::{Failure, Kind, adapter as api};

pub(crate) use convert::events;
use records::{
    ClientRequest, ClientResponse, Event, EventRef, Fact, Field, HeaderRef, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading,
};

use super::types::{AttrRef, PluginError};
use super::{Export, Signature, interface};
use crate::guest::Guest;
use crate::pool::Socket;

macro_rules! signature {
    ($name:ident, $text:literal, ($($param:ty),*) -> $return:ty) => {
        struct $name;
        impl Signature for $name {
            const NAME: &'static str = $text;
            type Params<'a> = ($($param,)*);
            type Return = Result<$return, PluginError>;
        }
    };
}

signature!(Configure, "configure", (&'a str) -> Vec<Plan>);
signature!(Prepare, "prepare", (ClientRequest<'a>) -> UpstreamRequest);
signature!(ReadUsage, "read-usage", (&'a str, Vec<Fact<'a>>) -> UsageReading);
signature!(ReadResponse, "read-response", (&'a [u8], UpstreamResponse<'a>) -> ClientResponse);
signature!(OnEvents, "on-events", (&'a [u8], Vec<EventRef<'a>>) -> StreamStep);
signature!(OnEnd, "on-end", (&'a [u8], StreamEnd) -> Vec<Event>);

/// The functions of an adapter.
pub(crate) struct Adapter {
    configure: Export<Configure>,
    prepare: Export<Prepare>,
    read_usage: Export<ReadUsage>,
    read_response: Export<ReadResponse>,
    on_events: Export<OnEvents>,
    on_end: Export<OnEnd>,
}

type Answer<T> = wasmtime::Result<Result<T, Failure>>;

impl Socket for Adapter {
    type Info = Vec<api::Plan>;
    type Refusal = Failure;
    const CONFIGURE: &'static str = Configure::NAME;

    fn bind(store: &mut Store<Guest>, instance: &Instance) -> wasmtime::Result<Self> {
        let interface = interface(Kind::Adapter);
        Ok(Self {
            configure: Export::bind(store, instance, interface)?,
            prepare: Export::bind(store, instance, interface)?,
            read_usage: Export::bind(store, instance, interface)?,
            read_response: Export::bind(store, instance, interface)?,
            on_events: Export::bind(store, instance, interface)?,
            on_end: Export::bind(store, instance, interface)?,
        })
    }
    fn configure(&self, store: &mut Store<Guest>, config: &str) -> Answer<Self::Info> {
        Ok(self.configure.call(store, (config,))?.map(|plans| plans.into_iter().map(Into::into).collect()).map_err(Into::into))
    }
    fn refused(refusal: Failure) -> Failure {
        refusal
    }
}

impl Adapter {
    pub(crate) const PREPARE: &'static str = Prepare::NAME;
    pub(crate) const READ_USAGE: &'static str = ReadUsage::NAME;
    pub(crate) const READ_RESPONSE: &'static str = ReadResponse::NAME;
    pub(crate) const ON_EVENTS: &'static str = OnEvents::NAME;
    pub(crate) const ON_END: &'static str = OnEnd::NAME;

    pub(crate) fn prepare(&self, store: &mut Store<Guest>, request: &api::ClientRequest<'_>) -> Answer<UpstreamRequest> {
        let attrs: Vec<_> = request.attrs.iter().map(|&(key, value)| AttrRef { key, value }).collect();
        let request = ClientRequest {
            dialect: request.dialect,
            model: request.model,
            upstream_model: request.upstream_model,
            streamed: request.streamed,
            query: request.query,
            headers: request.headers.iter().map(|(name, value)| HeaderRef { name, value }).collect(),
            fields: fields(&request.fields),
            body: request.body,
            attrs: &attrs,
        };
        Ok(self.prepare.call(store, (request,))?.map_err(Into::into))
    }
    pub(crate) fn read_usage(&self, store: &mut Store<Guest>, dialect: &str, facts: &[api::Fact<'_>]) -> Answer<UsageReading> {
        let facts = facts.iter().map(|fact| Fact { name: fact.name, json: fact.json }).collect();
        Ok(self.read_usage.call(store, (dialect, facts))?.map_err(Into::into))
    }
    pub(crate) fn read_response(&self, store: &mut Store<Guest>, state: &[u8], response: &api::UpstreamResponse<'_>) -> Answer<ClientResponse> {
        let response = UpstreamResponse { status: response.status, fields: fields(&response.fields), body: response.body };
        Ok(self.read_response.call(store, (state, response))?.map_err(Into::into))
    }
    pub(crate) fn on_events(&self, store: &mut Store<Guest>, state: &[u8], events: &[api::EventRef<'_>]) -> Answer<StreamStep> {
        let events = events.iter().map(|event| EventRef { name: event.name, data: event.data }).collect();
        Ok(self.on_events.call(store, (state, events))?.map_err(Into::into))
    }
    pub(crate) fn on_end(&self, store: &mut Store<Guest>, state: &[u8], end: api::StreamEnd) -> Answer<Vec<Event>> {
        let end = match end {
            api::StreamEnd::Complete => StreamEnd::Complete,
            api::StreamEnd::UpstreamClosed => StreamEnd::UpstreamClosed,
            api::StreamEnd::TimedOut => StreamEnd::TimedOut,
        };
        Ok(self.on_end.call(store, (state, end))?.map_err(Into::into))
    }
}

fn fields<'a>(fields: &[api::Field<'a>]) -> Vec<Field<'a>> {
    fields.iter().map(|field| Field { pointer: field.pointer, json: field.json }).collect()
}
