//! A whole answer, or an error, as a response: as an object, or as the events of a stream, all at once.

use serde_json::{Value, json};
use weighbridge_plugin::{
    PluginError,
    adapter::{BodyPlan, ClientResponse, Header},
};

use super::{state::State, stream::Stream};
use crate::{
    config::Config,
    translate::{
        answer::{Answer, Finish},
        events::{self, Translation},
        said::Said,
        tally::Tally,
    },
};

/// What the client gets.
pub fn translate(config: &Config, state: &State, status: u16, body: &[u8]) -> Result<ClientResponse, PluginError> {
    if status >= 400 {
        return Ok(error(status, &Said::read(body)));
    }
    let stream = Stream(State { streamed: state.streamed, echo: state.echo.clone(), ..State::default() });
    Ok(match response(config, stream, body) {
        Ok((kind, body)) => ClientResponse { status, headers: vec![Header::new("content-type", kind)], body: BodyPlan::Replace(body) },
        Err(said) => error(502, &said),
    })
}

fn error(status: u16, said: &Said) -> ClientResponse {
    let kind = match status {
        401 | 403 => "authentication_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    let body = json!({"error": {"message": said.message, "type": kind, "param": null, "code": said.code}});
    ClientResponse {
        status,
        headers: vec![Header::new("content-type", "application/json")],
        body: BodyPlan::Replace(serde_json::to_vec(&body).unwrap_or_default()),
    }
}

/// The content's type and the content.
fn response(config: &Config, mut stream: Stream, body: &[u8]) -> Result<(&'static str, Vec<u8>), Said> {
    let mut answer = Answer::read(body).map_err(Said::untranslatable)?;
    let choices = answer.take_choices();
    let choice = choices.first().ok_or_else(|| Said::of_body(body, "the provider's answer holds no choice"))?;
    stream.0.tally = Tally::of(config, body);
    let mut told = stream.begin(&answer);
    told.extend(stream.choice(config, choice).map_err(Said::untranslatable)?);
    stream.0.finish.get_or_insert(Finish::Stop);
    let streamed = stream.0.streamed;
    let last = stream.complete(config);
    if streamed {
        told.extend(last);
        return Ok(("text/event-stream", events::body(&told)));
    }
    let last: Value = last.last().map(|event| serde_json::from_slice(&event.data)).transpose().map_err(Said::untranslatable)?.unwrap_or_default();
    Ok(("application/json", serde_json::to_vec(&last["response"]).map_err(Said::untranslatable)?))
}
