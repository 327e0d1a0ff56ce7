//! Watches an answer as it passes and reads what was consumed. It never changes a byte: what is forwarded is what was
//! received, and the upstream's own object is read before any translation (metering rules 3 and 28).

pub mod decode;
pub mod facts;
pub mod sse;
pub mod text;
pub mod wire;

use std::sync::Arc;

use bytes::Bytes;
use weighbridge_plugin_api::{Adapter, PluginError, adapter::UsageReading};

use decode::{DecodeError, Decoder};
use facts::FactSet;
use sse::{SseEvent, SseScanner};
use text::Retained;
use wire::Wire;

/// What a call consumed, as far as it is known at its end.
#[derive(Debug)]
pub(crate) enum Consumed {
    /// Nothing was sent, or the provider refused it without using anything.
    Nothing,
    /// It may have consumed something, and nobody said what.
    Unknown,
    /// The provider reported it.
    Reported(UsageReading),
    /// The provider answered without a full report: what is missing is to be counted from this text.
    Unreported { reading: UsageReading, generated: String, truncated: bool },
}

impl Consumed {
    /// Text there may be, but no report.
    pub(crate) fn reports_nothing(&self) -> bool {
        matches!(self, Self::Unreported { reading, .. } if reading.quantities.is_empty())
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
    wire: Arc<Wire>,
    decoder: Decoder,
    scanner: SseScanner,
    facts: FactSet,
    retained: Retained,
    /// The terminal event has passed.
    pub(crate) terminal: bool,
    /// An event reported a failure.
    pub(crate) failed: bool,
}

impl StreamMeter {
    pub(crate) fn new(wire: Arc<Wire>, decoder: Decoder) -> Self {
        let facts = FactSet::new(&wire.event_facts);
        Self { wire, decoder, scanner: SseScanner::default(), facts, retained: Retained::default(), terminal: false, failed: false }
    }

    pub(crate) fn is_encoded(&self) -> bool {
        !self.decoder.is_identity()
    }

    /// Reads the next bytes and shows each event that they complete, with its mark.
    pub(crate) fn push(&mut self, chunk: &Bytes, mut each: impl FnMut(&SseEvent<'_>, Mark)) -> Result<(), DecodeError> {
        let plain = self.decoder.push(chunk)?;
        self.retained.keep(&plain);
        let Self { wire, scanner, facts, terminal, failed, .. } = self;
        let pushed = scanner.push(&plain, |event| {
            let mark = observe(wire, facts, &event);
            *terminal |= mark.terminal;
            *failed |= mark.failure;
            each(&event, mark);
        });
        pushed.map_err(|sse::EventTooLarge| DecodeError::EventTooLarge(sse::MAX_EVENT_BYTES))
    }

    /// The stream is over: an event without its blank line is still read (metering rule 27), if it is whole otherwise. Says
    /// whether bytes were left that are no event.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(&SseEvent<'_>, Mark)) -> bool {
        let Self { wire, scanner, facts, terminal, failed, .. } = self;
        let left = !scanner.pending().is_empty();
        let mut whole = false;
        scanner.finish(|event| {
            whole = is_whole(wire, &event);
            if !whole {
                return;
            }
            let mark = observe(wire, facts, &event);
            *terminal |= mark.terminal;
            *failed |= mark.failure;
            each(&event, mark);
        });
        left && !whole
    }

    /// What was consumed, by what has passed.
    pub(crate) fn consumed(&mut self, adapter: &dyn Adapter) -> Result<Consumed, PluginError> {
        let reading = adapter.read_usage(&self.wire.plan.dialect, &self.facts.facts(&self.wire.event_facts))?;
        let generated = || text::of_stream(&self.wire.event_text, &self.retained);
        Ok(reported_or_not(reading, self.terminal, self.retained.truncated, generated))
    }

    /// The generated text so far, when the adapter cannot be asked.
    pub(crate) fn counted_only(&self) -> Consumed {
        let generated = text::of_stream(&self.wire.event_text, &self.retained);
        Consumed::Unreported { reading: UsageReading::default(), generated, truncated: self.retained.truncated }
    }
}

/// Whether the last event of a stream lacks nothing but its blank line: its data is JSON to the end, or a marker.
fn is_whole(wire: &Wire, event: &SseEvent<'_>) -> bool {
    let Some(data) = &event.data else { return false };
    let marker = !data.trim_ascii_start().starts_with(b"{") && wire.terminal.as_ref().is_some_and(|terminal| terminal.is(event.name, data));
    marker || serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

fn observe(wire: &Wire, facts: &mut FactSet, event: &SseEvent<'_>) -> Mark {
    let Some(data) = &event.data else { return Mark::default() };
    facts.read_event(&wire.event_facts, event.name, data);
    Mark {
        terminal: wire.terminal.as_ref().is_some_and(|terminal| terminal.is(event.name, data)),
        failure: wire.failure.as_ref().is_some_and(|filter| filter.passes(event.name, data)),
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
pub(crate) fn whole(wire: &Wire, adapter: &dyn Adapter, body: &[u8]) -> Result<Consumed, WholeError> {
    let mut facts = FactSet::new(&wire.body_facts);
    facts.read_body(&wire.body_facts, body).map_err(|_| WholeError::NotJson)?;
    let reading = adapter.read_usage(&wire.plan.dialect, &facts.facts(&wire.body_facts))?;
    Ok(reported_or_not(reading, true, false, || text::of_body(wire, body)))
}

/// Whether a report tells both sides; what it leaves out is to be counted. A stream that broke off may have reported its
/// input and not yet its output; a broken report may have one side that can be read, and the other is not free for that.
fn reported_or_not(reading: UsageReading, whole: bool, truncated: bool, generated: impl FnOnce() -> String) -> Consumed {
    let input = reading.quantities.iter().any(|(meter, _)| meter.is_input());
    let output = reading.quantities.iter().any(|(meter, _)| meter.is_output());
    // Quantities of neither side (images, seconds) are a report of their own.
    let other = whole && !reading.quantities.is_empty() && !input && !output;
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
