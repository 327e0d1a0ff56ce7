//! A whole answer, or an error, as OpenAI would give it.

use weighbridge_plugin::adapter::{BodyPlan, ClientResponse, Header};

use super::{
    choices::{self, Naming},
    error::{self, Said},
    shape::{Choice, Completion, Message, finish_reason},
    upstream::{Answer, Candidate},
    usage::OpenAiUsage,
};

/// What the client gets.
pub fn translate(status: u16, body: &[u8]) -> ClientResponse {
    let (status, body) = if status >= 400 {
        (status, error::translate(body))
    } else {
        match completion(body) {
            Ok(body) => (status, body),
            Err(problem) => (502, Said::unreadable(&format!("the provider's answer cannot be translated: {problem}")).openai()),
        }
    };
    ClientResponse { status, headers: vec![Header::new("content-type", "application/json")], body: BodyPlan::Replace(body) }
}

fn completion(body: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let answer: Answer<'_> = serde_json::from_slice(body)?;
    let id = answer.response_id.as_ref().map_or("", |id| &id.0);
    let model = answer.model_version.as_ref().map_or("", |model| &model.0);
    let usage = OpenAiUsage::of(&answer.usage_metadata.unwrap_or_default());
    let choices = if answer.is_blocked() { vec![blocked()] } else { answer.candidates.into_iter().map(|candidate| choice(id, candidate)).collect() };
    let mut translated = Vec::with_capacity(body.len() + 512);
    serde_json::to_writer(&mut translated, &Completion::new(id, model, choices, usage))?;
    Ok(translated)
}

/// A refused prompt has no answer at all at Google, and an empty one at OpenAI.
fn blocked() -> Choice {
    let message = Message { role: "assistant", content: Some(String::new()), ..Message::default() };
    Choice { index: 0, message, logprobs: (), finish_reason: "content_filter" }
}

fn choice(id: &str, candidate: Candidate<'_>) -> Choice {
    let naming = Naming { answer: id, candidate: candidate.index, before: 0 };
    let mut said = choices::delta(candidate.content.map(|content| content.parts).unwrap_or_default(), &naming);
    said.tool_calls.iter_mut().for_each(|call| call.index = None);
    if said.tool_calls.is_empty() {
        said.content.get_or_insert_default();
    }
    let reason = finish_reason(candidate.finish_reason.as_ref().map_or("", |reason| &reason.0), !said.tool_calls.is_empty());
    let message = Message {
        role: "assistant",
        content: said.content,
        refusal: (),
        reasoning_content: said.reasoning_content,
        tool_calls: said.tool_calls,
        images: said.images,
    };
    Choice { index: candidate.index, message, logprobs: (), finish_reason: reason }
}
