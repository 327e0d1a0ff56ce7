//! Watches an answer as it passes and reads what was consumed. It never changes a byte: what is forwarded is what was
//! received, and the upstream's own object is read before any translation (metering rules 3 and 28).

pub(crate) mod aws;
pub mod decode;
pub mod facts;
pub mod frame;
mod json_array;
mod ndjson;
mod sse;
pub mod text;
pub mod wire;

use std::sync::Arc;

use bytes::Bytes;
use weighbridge_plugin_api::{
    Adapter, PluginError,
    adapter::{Framing, UsageReading},
};

use decode::{DecodeError, Decoder};
use facts::{Beside, FactSet};
use frame::{Framer, StreamEvent};
use text::Retained;
use wire::Wire;

/// What a call consumed, as far as it is known at its end.
#[derive(Debug)]
pub(crate) enum Consumed {
    /// Nothing was sent, or the provider refused it without using anything.
    Nothing,
    /// The provider does not bill this kind of call. Nothing is read of it, but what the plan says such an answer cannot report.
    Free { contradicted: bool },
    /// What it started goes on: what that consumes is told by its end.
    Later,
    /// It may have consumed something, and nobody said what.
    Unknown,
    /// The provider reported it.
    Reported(UsageReading),
    /// The provider answered without a full report: what is missing is to be counted from this text.
    Unreported { reading: UsageReading, generated: String, truncated: bool },
}

impl Consumed {
    /// Text there may be, or what the adapter counted, but no report.
    pub(crate) fn reports_nothing(&self) -> bool {
        matches!(self, Self::Reported(reading) | Self::Unreported { reading, .. } if reading.quantities.is_empty())
    }
    /// Neither a report nor text.
    pub(crate) fn nothing_came(&self) -> bool {
        self.reports_nothing() && matches!(self, Self::Unreported { generated, .. } if generated.is_empty())
    }
}

/// What the meter says of one event as it passes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    pub(crate) terminal: bool,
    pub(crate) failure: bool,
}

/// The meter of a streamed answer.
pub(crate) struct StreamMeter {
    decoder: Decoder,
    unpacked: u64,
    framer: Framer,
    watch: Watch,
    beside: Beside,
    /// The stream ended inside an event, or before the end that its framing has.
    pub(crate) cut_off: bool,
}

/// What is known of the events that have passed.
struct Watch {
    wire: Arc<Wire>,
    facts: FactSet,
    retained: Retained,
    terminal: bool,
    failed: bool,
    after_terminal: bool,
    /// The first event's data, where that is wanted: empty until it has come.
    first: Option<Vec<u8>>,
}

impl StreamMeter {
    pub(crate) fn new(wire: Arc<Wire>, decoder: Decoder, framing: Framing, beside: Beside) -> Self {
        let facts = FactSet::new(&wire.event_facts);
        let watch = Watch { wire, facts, retained: Retained::default(), terminal: false, failed: false, after_terminal: false, first: None };
        Self { decoder, unpacked: 0, framer: Framer::new(framing), watch, beside, cut_off: false }
    }

    /// The first event's data will be wanted at the end.
    pub(crate) fn keep_first_event(&mut self) {
        self.watch.first = Some(Vec::new());
    }
    /// The first event's data, if it was to be kept and has come.
    pub(crate) fn first_event(&self) -> Option<&[u8]> {
        self.watch.first.as_deref().filter(|first| !first.is_empty())
    }
    pub(crate) fn is_encoded(&self) -> bool {
        !self.decoder.is_identity()
    }
    /// To so many bytes the encoded ones have become.
    pub(crate) fn unpacked(&self) -> u64 {
        self.unpacked
    }
    /// The terminal event has passed.
    pub(crate) fn terminal(&self) -> bool {
        self.watch.terminal
    }
    /// An event reported a failure.
    pub(crate) fn failed(&self) -> bool {
        self.watch.failed
    }
    /// Events came behind the terminal one: another answer in the same body. The last value of each fact counts.
    pub(crate) fn after_terminal(&self) -> bool {
        self.watch.after_terminal
    }

    /// Reads the next bytes and shows each event that they complete, with its mark: also those before the place where they cannot
    /// be read.
    pub(crate) fn push(&mut self, chunk: &Bytes, mut each: impl FnMut(&StreamEvent<'_>, Mark)) -> Result<(), DecodeError> {
        let (plain, problem) = self.decoder.push_as_far_as_it_goes(chunk);
        if self.is_encoded() {
            self.unpacked += plain.len() as u64;
        }
        let Self { framer, watch, .. } = self;
        framer.push(&plain, |event| each(&event, watch.observe(&event)))?;
        problem.map_or(Ok(()), Err)
    }

    /// The stream is over: an event without its end is still read (metering rule 27), if it is whole otherwise. Says whether
    /// bytes were left that are no event.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(&StreamEvent<'_>, Mark)) -> bool {
        let Self { framer, watch, .. } = self;
        let left = !framer.pending().is_empty();
        let mut whole = false;
        framer.finish(|event| {
            whole = is_whole(&watch.wire, &event);
            if whole {
                each(&event, watch.observe(&event));
            } else if let Some(data) = &event.data {
                watch.retained.keep(&watch.wire.event_text, event.name, data);
            }
        });
        let torn = left && !whole;
        self.cut_off = torn || self.framer.is_open() || !self.decoder.finish();
        torn
    }

    /// Whether the stream came to its end: with its terminal event, or, where it has none, by being closed behind a whole event
    /// when the answer was finished. What has no events just ends.
    pub(crate) fn is_whole(&self, closed: bool) -> bool {
        self.watch.terminal || (closed && !self.cut_off && (self.framer.is_none() || self.watch.may_end()))
    }

    /// What was consumed, by what has passed.
    pub(crate) fn consumed(&mut self, adapter: &dyn Adapter, whole: bool) -> Result<Consumed, PluginError> {
        let Watch { wire, facts, retained, .. } = &self.watch;
        if wire.is_free() {
            return Ok(Consumed::Free { contradicted: facts.any_positive() });
        }
        let reading = adapter.read_usage(&wire.plan.dialect, &self.beside.all(wire, &wire.event_facts, facts))?;
        Ok(reported_or_not(reading, whole, retained.truncated, || retained.text(&wire.event_text)))
    }

    /// The generated text so far, when the adapter cannot be asked.
    pub(crate) fn counted_only(&self) -> Consumed {
        let Watch { wire, retained, .. } = &self.watch;
        Consumed::Unreported { reading: UsageReading::default(), generated: retained.text(&wire.event_text), truncated: retained.truncated }
    }
}

/// Whether the last event of a stream lacks nothing but its blank line: its data is JSON to the end, or a marker. A name alone does
/// not tell: an event that is called the last one may have been cut off before its data.
fn is_whole(wire: &Wire, event: &StreamEvent<'_>) -> bool {
    let Some(data) = &event.data else { return false };
    let marker = || !data.trim_ascii_start().starts_with(b"{") && wire.terminal.as_ref().is_some_and(|terminal| terminal.is_marker(event.name, data));
    serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok() || marker()
}

impl Watch {
    /// Whether a stream that has no terminal event may end here.
    fn may_end(&self) -> bool {
        let Self { wire, facts, .. } = self;
        if wire.finish.is_empty() { wire.terminal.is_none() } else { facts.has_any(&wire.finish) }
    }

    fn observe(&mut self, event: &StreamEvent<'_>) -> Mark {
        let Some(data) = &event.data else { return Mark::default() };
        if let Some(first) = self.first.as_mut().filter(|first| first.is_empty()) {
            first.extend_from_slice(data);
        }
        let Self { wire, facts, retained, .. } = self;
        let mark = Mark {
            terminal: wire.terminal.as_ref().is_some_and(|terminal| terminal.is(event.name, data)),
            failure: event.failed || wire.failure.as_ref().is_some_and(|filter| filter.passes(event.name, data)),
        };
        self.after_terminal |= self.terminal && !mark.terminal;
        facts.read_event(&wire.event_facts, event.name, data);
        if !wire.is_free() {
            retained.keep(&wire.event_text, event.name, data);
        }
        self.terminal |= mark.terminal;
        self.failed |= mark.failure;
        mark
    }
}

/// Why a whole answer could not be metered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WholeError {
    #[error("it is not JSON")]
    NotJson,
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

/// What a whole answer says was consumed.
pub(crate) fn whole(wire: &Wire, adapter: &dyn Adapter, body: &[u8], beside: &Beside) -> Result<Consumed, WholeError> {
    let mut facts = FactSet::new(&wire.body_facts);
    if wire.is_free() {
        let read = !wire.body_facts.list.is_empty() && facts.read_body(&wire.body_facts, body).is_ok();
        return Ok(Consumed::Free { contradicted: read && facts.any_positive() });
    }
    if facts.read_body(&wire.body_facts, body).is_err() {
        if !wire.takes_plain_text() {
            return Err(WholeError::NotJson);
        }
        facts = FactSet::new(&wire.body_facts);
    }
    let reading = adapter.read_usage(&wire.plan.dialect, &beside.all(wire, &wire.body_facts, &facts))?;
    Ok(reported_or_not(reading, true, false, || text::of_body(wire, body)))
}

/// Whether a report tells both sides; what it leaves out is to be counted. A stream that broke off may have reported its
/// input and not yet its output; a broken report may have one side that can be read, and the other is not free for that.
fn reported_or_not(reading: UsageReading, whole: bool, truncated: bool, generated: impl FnOnce() -> String) -> Consumed {
    let measured = || reading.quantities.iter().chain(&reading.counted);
    let input = measured().any(|(meter, _)| meter.is_input());
    let output = measured().any(|(meter, _)| meter.is_output());
    // Quantities of neither side (images, seconds) are a report of their own.
    let other = (whole || reading.quantities.is_empty()) && measured().next().is_some() && !input && !output;
    if (input && output) || other {
        return Consumed::Reported(reading);
    }
    let generated = generated();
    // Nothing was generated: there is no output to report.
    if whole && input && generated.is_empty() {
        return Consumed::Reported(reading);
    }
    Consumed::Unreported { reading, generated, truncated }
}
