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
        scanner.push(&plain, |event| {
            let mark = observe(wire, facts, &event);
            *terminal |= mark.terminal;
            *failed |= mark.failure;
            each(&event, mark);
        });
        Ok(())
    }

    /// The stream is over: an event without its blank line is still read (metering rule 27).
    pub(crate) fn finish(&mut self, mut each: impl FnMut(&SseEvent<'_>, Mark)) {
        let Self { wire, scanner, facts, terminal, failed, .. } = self;
        scanner.finish(|event| {
            let mark = observe(wire, facts, &event);
            *terminal |= mark.terminal;
            *failed |= mark.failure;
            each(&event, mark);
        });
    }

    /// What was consumed, by what has passed.
    pub(crate) fn consumed(&mut self, adapter: &dyn Adapter) -> Result<Consumed, PluginError> {
        let reading = adapter.read_usage(&self.wire.plan.dialect, &self.facts.facts(&self.wire.event_facts))?;
        // A stream that broke off may have reported its input and not yet its output.
        let output_known = self.terminal || reading.quantities.iter().any(|(meter, _)| meter.is_output());
        if !reading.quantities.is_empty() && output_known {
            return Ok(Consumed::Reported(reading));
        }
        let generated = text::of_stream(&self.wire.event_text, &self.retained);
        Ok(Consumed::Unreported { reading, generated, truncated: self.retained.truncated })
    }

    /// The generated text so far, when the adapter cannot be asked.
    pub(crate) fn counted_only(&self) -> Consumed {
        let generated = text::of_stream(&self.wire.event_text, &self.retained);
        Consumed::Unreported { reading: UsageReading::default(), generated, truncated: self.retained.truncated }
    }
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
    if !reading.quantities.is_empty() {
        return Ok(Consumed::Reported(reading));
    }
    Ok(Consumed::Unreported { reading, generated: text::of_body(wire, body), truncated: false })
}
