//! The path of a call, on one screen. Verbs are files, nouns are types; a stage's result is the only ticket to the next.
//!
//! ```text
//! accept → authenticate → route → admit → adapt → call upstream → meter → rate → commit → respond
//! Call     Caller         Route   Reservation  UpstreamRequest  Consumed   Charge  Receipt  Answer
//! ```
//!
//! `route` stands before `admit`, because a reservation is for the dearest candidate and so needs to know them.
//! From [`OpenCall`] on, every way out is a settlement: the call's end, an error, a time-out, a client that left
//! (the future is finished by `detach`), a crash (the ledger finds the reservation held).

use std::sync::Arc;

use crate::{
    adapt::adapt,
    admit::admit,
    answer::Answer,
    attempt::{Tries, Verdict},
    authenticate,
    call::{self, Call},
    gateway::Gateway,
    refusal::Refusal,
    respond,
    route::route,
    settle::OpenCall,
    upstream::{self, Ticket},
};

/// One call, from its head to its answer.
pub async fn run(gateway: Arc<Gateway>, call: Call) -> Result<Answer, Refusal> {
    let now = call.head().received_at;
    let known = authenticate::key(&gateway, &call.head().headers, call.head().query_key.as_deref(), now)?;
    let (head, body) = call.split();
    let request = call::read(body, &head, gateway.body_limits()).await?;
    let caller = authenticate::customer(&gateway, known, &head.headers, &request, now).await?;
    let route = route(&gateway, &head, &caller, &request).await?;
    let reservation = admit(&gateway, &head, &caller, &request, &route)?;
    let mut open = OpenCall::new(gateway, &head, caller, request, reservation);
    let mut tries = Tries::new(route, &head, &open);

    loop {
        let candidate = tries.candidate();
        let upstream_request = match adapt(candidate, &head, &open.request, tries.may_ask_for_usage()) {
            Ok(request) => request,
            Err(refusal) => return Err(open.refuse(candidate, refusal).await),
        };
        let (request, exchange) = upstream_request.split(candidate, open.gateway.options);
        let sent = upstream::call(&open.gateway.upstream, &*open.gateway.clock, Ticket::Call(&open.reservation), &candidate.provider, request).await;
        match tries.judge(&open, &exchange, sent).await {
            Verdict::Respond(answer) => return respond::respond(open, exchange, answer).await,
            Verdict::GiveUp(no_answer) => return Err(open.unanswered(&exchange.candidate, no_answer).await),
            Verdict::TryAgain(failed, pause) => {
                open.attempt_failed(failed);
                if !open.pause(pause).await {
                    return Err(open.left().await);
                }
            }
        }
    }
}
