//! An adapter in a sandbox.

use std::sync::Arc;

use weighbridge_plugin_api::adapter::{
    self as api, ClientRequest, ClientResponse, Event, EventRef, Fact, Plan, StreamEnd, StreamStep, UpstreamRequest, UpstreamResponse, UsageReading,
};
use weighbridge_plugin_api::{Failure, PluginError, PluginIdentity};

use crate::check;
use crate::memo::Memo;
use crate::pool::{BODY_OUTPUT, Plugin, Pool, Runtime, SMALL_OUTPUT, Size, Socket, Unconfigured};
use crate::v0_1_0::adapter::{self as wire, Adapter as Guest};

/// A configured adapter.
pub(crate) struct Adapter {
    pool: Arc<Pool<Guest>>,
    plans: Vec<Plan>,
    prepared: Memo,
}

impl Adapter {
    pub(crate) fn open(runtime: Arc<Runtime>, plugin: Plugin, config: String) -> Result<Self, PluginError> {
        let identity = plugin.identity.clone();
        let error = |failure| PluginError { plugin: identity, call: Guest::CONFIGURE, failure };
        let (pool, plans) = match Pool::<Guest>::open(runtime, plugin, config) {
            Ok(opened) => opened,
            Err(Unconfigured::Refused(failure)) => return Err(error(failure)),
            Err(Unconfigured::Failed(error)) => return Err(error),
        };
        check::plans(&plans).map_err(|what| error(Failure::Nonsense(what)))?;
        Ok(Self { pool, plans, prepared: Memo::default() })
    }
}

/// A value that passed its check.
fn checked<T>(value: T, check: impl FnOnce(&T) -> check::Check) -> Result<T, String> {
    check(&value).map(|()| value)
}

/// The bytes of the fields that a guest is shown.
fn shown(fields: &[api::Field<'_>]) -> usize {
    fields.iter().filter_map(|field| field.json).map(str::len).sum()
}

impl api::Adapter for Adapter {
    fn identity(&self) -> &Arc<PluginIdentity> {
        self.pool.identity()
    }
    fn plans(&self) -> &[Plan] {
        &self.plans
    }
    fn prepare(&self, request: &ClientRequest<'_>) -> Result<UpstreamRequest, PluginError> {
        let ask = || {
            self.pool.call(
                Guest::PREPARE,
                Size { input: request.body.map_or(0, <[u8]>::len) + shown(&request.fields), output: BODY_OUTPUT },
                |guest, store| guest.prepare(store, request),
                |answer| checked(UpstreamRequest::from(answer), check::upstream_request),
            )
        };
        self.prepared.answer(request, ask)
    }
    fn read_usage(&self, dialect: &str, facts: &[Fact<'_>]) -> Result<UsageReading, PluginError> {
        self.pool.call(
            Guest::READ_USAGE,
            Size::small(SMALL_OUTPUT),
            |guest, store| guest.read_usage(store, dialect, facts),
            |answer| checked(UsageReading::try_from(answer)?, check::reading),
        )
    }
    fn read_response(&self, state: &[u8], response: &UpstreamResponse<'_>) -> Result<ClientResponse, PluginError> {
        self.pool.call(
            Guest::READ_RESPONSE,
            Size { input: response.body.map_or(0, <[u8]>::len) + shown(&response.fields), output: BODY_OUTPUT },
            |guest, store| guest.read_response(store, state, response),
            |answer| checked(ClientResponse::from(answer), check::client_response),
        )
    }
    fn on_events(&self, state: &[u8], events: &[EventRef<'_>]) -> Result<StreamStep, PluginError> {
        self.pool.call(
            Guest::ON_EVENTS,
            Size { input: events.iter().map(|event| event.data.len()).sum(), output: BODY_OUTPUT },
            |guest, store| guest.on_events(store, state, events),
            |answer| checked(StreamStep::from(answer), |step| check::stream_step(step, events.len())),
        )
    }
    fn on_end(&self, state: &[u8], end: StreamEnd) -> Result<Vec<Event>, PluginError> {
        self.pool.call(
            Guest::ON_END,
            Size::small(BODY_OUTPUT),
            |guest, store| guest.on_end(store, state, end),
            |answer| checked(wire::events(answer), |list| check::events(list)),
        )
    }
}
