//! Counting: tokens where the provider did not report them, and an estimate of a prompt before it is sent.
//!
//! Whose tokenizer counts is chosen by the model: the counter with the longest pattern that fits it, else one that stands in for
//! models that no counter knows, else the length alone ([`length`]). Whatever it is, the record says `counted`, and by which of the
//! three. A counter may take milliseconds: all of this but [`estimate`] runs off the async workers.

mod estimate;
mod image;
pub(crate) mod length;
mod parts;
mod prompt;

use std::sync::Arc;

use weighbridge_plugin_api::{Counter, Failure, PluginError, counter};

use crate::meter::{text, wire::Wire};
use prompt::Prompt;

pub(crate) use estimate::estimate;

/// A counter that is not the model's own was asked.
const OTHER_TOKENIZER: &str = "counted_by_other_tokenizer";
/// No counter worked: by length alone.
const BY_LENGTH: &str = "counted_by_length";
/// Some of the text was only estimated.
const IN_PART: &str = "counted_in_part";
/// There are images of which nobody knows what they cost.
const NO_IMAGES: &str = "images_not_counted";
/// There is something else that is no text: sound, video, files.
const NO_OTHERS: &str = "content_not_counted";

/// How much of a text counters are shown; of what is beyond, the length is taken.
const SHOWN_BYTES: usize = 4 * 1024 * 1024;

/// What was not reported.
pub(crate) struct Unreported<'a> {
    pub(crate) model: &'a str,
    /// The plan that names the prompt's texts; absent when the call did not come so far.
    pub(crate) wire: Option<&'a Wire>,
    pub(crate) request: &'a [u8],
    pub(crate) generated: &'a str,
}

/// The tokens of one side, and what is to be said of the count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) tokens: u64,
    pub(crate) flags: Vec<&'static str>,
}

/// Tokens counted here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Of the prompt.
    pub(crate) input: Side,
    /// Of the generated text.
    pub(crate) output: Side,
}

/// The counters there are.
#[derive(Default)]
pub(crate) struct Counters(Vec<Arc<dyn Counter>>);

/// A counter, and whether it knows the model.
struct Chosen<'a> {
    counter: &'a dyn Counter,
    own: bool,
}

impl Counters {
    pub(crate) fn new(counters: Vec<Arc<dyn Counter>>) -> Self {
        Self(counters)
    }

    /// Counts a prompt and a generated text.
    pub(crate) fn count(&self, what: &Unreported<'_>) -> Counted {
        let chosen = self.choose(what.model);
        Counted { input: input(chosen.as_ref(), what), output: texts(chosen.as_ref(), what.model, what.generated) }
    }

    /// The longest pattern wins; of equals the first, so that the operator's come before those of the program.
    fn choose(&self, model: &str) -> Option<Chosen<'_>> {
        let best = |counter: &dyn Counter| counter.scope().models.iter().filter_map(|pattern| counter::fit(pattern, model)).max();
        let fitting = self.0.iter().rev().filter_map(|counter| Some((best(&**counter)?, counter)));
        if let Some((_, counter)) = fitting.max_by_key(|(length, _)| *length) {
            return Some(Chosen { counter: &**counter, own: true });
        }
        let other = self.0.iter().find(|counter| counter.scope().other_models)?;
        Some(Chosen { counter: &**other, own: false })
    }
}

/// The prompt, with the framing of a chat where it is one.
fn input(chosen: Option<&Chosen<'_>>, what: &Unreported<'_>) -> Side {
    let dialect = what.wire.map_or("", |wire| &wire.plan.dialect);
    let Some(mut prompt) = Prompt::read(dialect, what.request, SHOWN_BYTES) else {
        return texts(chosen, what.model, &what.wire.map(|wire| text::of_prompt(wire, what.request)).unwrap_or_default());
    };
    let counted = chosen.and_then(|chosen| {
        let tokens = heard(framed(chosen.counter, what.model, &mut prompt))?;
        Some(Side { tokens, flags: by(chosen) })
    });
    let mut side = counted.unwrap_or_else(|| {
        prompt.drop_images();
        Side { tokens: prompt.length(), flags: vec![BY_LENGTH] }
    });
    side.tokens += prompt.beyond;
    side.flags.extend(
        [(prompt.beyond > 0, IN_PART), (prompt.images_unread, NO_IMAGES), (prompt.others_unread, NO_OTHERS)].iter().filter(|flag| flag.0).map(|flag| flag.1),
    );
    side
}

/// A counter that knows nothing of images is asked without them; one that knows nothing of prompts, for the texts alone.
fn framed(counter: &dyn Counter, model: &str, prompt: &mut Prompt) -> Result<u64, PluginError> {
    let unsupported = |error: &PluginError| matches!(error.failure, Failure::Unsupported(_));
    match counter.count_prompt(model, &prompt.messages) {
        Err(error) if unsupported(&error) && prompt.drop_images() => match counter.count_prompt(model, &prompt.messages) {
            Err(error) if unsupported(&error) => {}
            counted => return counted.map(|count| count.tokens),
        },
        Err(error) if unsupported(&error) => {}
        counted => return counted.map(|count| count.tokens),
    }
    let counts = counter.count_texts(model, &prompt.texts())?;
    Ok(counts.iter().map(|count| count.tokens).sum())
}

/// A plain text.
fn texts(chosen: Option<&Chosen<'_>>, model: &str, text: &str) -> Side {
    let shown = &text[..text.floor_char_boundary(SHOWN_BYTES)];
    let counted = chosen.and_then(|chosen| {
        let count = heard(chosen.counter.count_texts(model, &[shown]))?.pop()?;
        // A counter that knows the model and is still not exact had more text than it may work on.
        let part = chosen.own && !count.exact;
        Some(Side { tokens: count.tokens, flags: by(chosen).into_iter().chain(part.then_some(IN_PART)).collect() })
    });
    let mut side = counted.unwrap_or_else(|| Side { tokens: length::tokens(shown), flags: vec![BY_LENGTH] });
    if shown.len() < text.len() {
        side.tokens += length::tokens(&text[shown.len()..]);
        side.flags.push(IN_PART);
    }
    side
}

fn by(chosen: &Chosen<'_>) -> Vec<&'static str> {
    if chosen.own { Vec::new() } else { vec![OTHER_TOKENIZER] }
}

fn heard<T>(counted: Result<T, PluginError>) -> Option<T> {
    counted.map_err(|error| tracing::warn!(%error, "the token counter failed; counting by length")).ok()
}

#[cfg(test)]
mod tests;
