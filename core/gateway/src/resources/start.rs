//! Start: a call that leaves something at its provider. What it left is written down before the client learns its id.

use bytes::Bytes;
use weighbridge_ledger::{Hold, LedgerError};

use super::{
    shelf::{Resource, Stage},
    state::{self, Said},
};
use crate::{
    call::Request,
    dialect::{
        Dialect, ResourceFacts,
        resource::{ItemDialect, Work},
    },
    json,
    meter::Consumed,
    respond::Exchange,
    route::Candidate,
    settle::OpenCall,
};

/// Whether a call will leave something behind: sent twice, it leaves it twice.
pub(crate) fn starts(dialect: &Dialect, request: &Request) -> bool {
    let asks = |facts: &ResourceFacts| facts.when.is_none_or(|pointer| state::is_true_at(request.json(), pointer));
    dialect.resource().is_some_and(asks)
}

/// What a call has left behind, by its answer.
pub(crate) struct LeftBehind {
    facts: &'static ResourceFacts,
    said: Said,
    object: Vec<u8>,
    /// What it consumed is known already.
    is_known: bool,
}

/// Looks at an answer of a call that leaves something behind.
pub(crate) fn left_behind(open: &OpenCall, exchange: &Exchange, body: &[u8]) -> Option<LeftBehind> {
    let facts = open.dialect_kind.resource()?;
    // A translated call leaves nothing that could be asked for in its own dialect; its adapter refuses to start it.
    if !open.starts || exchange.wire.translates() {
        return None;
    }
    Some(LeftBehind { facts, said: state::read(facts, body).unwrap_or_default(), object: body.to_vec(), is_known: false })
}

/// The same of a stream, by its first event. What breaks off here goes on there, unless the whole of it has come.
pub(crate) fn left_streaming(open: &OpenCall, first_event: Option<&[u8]>, whole: bool) -> Option<LeftBehind> {
    let facts = open.dialect_kind.resource()?;
    let object = json::value_at(first_event?, facts.streamed?)?.as_bytes().to_vec();
    let said = state::read(facts, &object).filter(|said| said.id.is_some())?;
    Some(LeftBehind { facts, said, object, is_known: whole })
}

impl LeftBehind {
    /// What is known of its consumption now; `None`: the answer says it.
    pub(crate) fn consumed(&self) -> Option<Consumed> {
        match (&self.said.id, &self.facts.work) {
            _ if self.is_known => None,
            (_, Work::None) => None,
            (None, _) => Some(Consumed::Unknown),
            _ if self.goes_on() => Some(Consumed::Later),
            (_, Work::Items(_)) => Some(Consumed::Later),
            (_, Work::Whole | Work::Storage(_)) => None,
        }
    }
    /// What is unusual about it.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        (self.said.id.is_none() && !matches!(self.facts.work, Work::None)).then_some("started_without_id")
    }
    /// The object as the client gets it, where that is not as the provider sent it.
    pub(crate) fn as_here(&self) -> Option<Bytes> {
        state::with_own_path(self.facts, self.said.id.as_deref()?, &self.object)
    }
    fn goes_on(&self) -> bool {
        self.facts.goes_on(self.said.state.as_deref())
    }
    fn stage(&self) -> Stage {
        match self.facts.work {
            _ if self.is_known => Stage::Settled,
            Work::None => Stage::Kept,
            _ if self.goes_on() => Stage::Open,
            // Where its results are, its object says when it is asked for.
            Work::Items(_) => Stage::Open,
            Work::Whole | Work::Storage(_) => Stage::Settled,
        }
    }
}

/// Writes down what was left behind; durable when it returns. False: its id is that of something else that goes on, so that its end
/// could not be told from the other's.
pub(crate) async fn keep(open: &OpenCall, candidate: &Candidate, left: LeftBehind) -> Result<bool, LedgerError> {
    let stage = left.stage();
    let Some(id) = left.said.id else { return Ok(true) };
    let made_by = Hold { provider: candidate.provider.name.clone(), routed_model: candidate.model.clone(), ..open.reservation.hold().clone() };
    let items = left.facts.items().and_then(|items| match items.dialect {
        ItemDialect::Named(name) => Some(name.to_owned()),
        ItemDialect::ByPath(pointer) => super::place::dialect_at(&open.gateway, &state::string_at(open.request.json(), pointer)?),
    });
    let mut resource = Resource {
        id,
        stage,
        made_by,
        plan: stage.is_due().then(|| open.caller.plan().document().clone()),
        dimensions: open.dimensions.clone(),
        items,
        results: Default::default(),
        results_of: None,
        stored: left.said.stored,
        billed_to: None,
        object: None,
        removed: false,
    };
    resource.seen(&left.object);
    open.gateway.shelf.put(resource).await
}
