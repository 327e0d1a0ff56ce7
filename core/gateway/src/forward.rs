//! What of a stream goes to the client, and what waits for the commit.
//!
//! Usually every byte, as received, and only the terminal event waits. Three cases look at whole events instead: a usage
//! chunk that the gateway asked for and the client did not is hidden; a client that asked for its cost gets it in the
//! usage chunk; an adapter that translates sees the events and says what becomes of them. A body that nobody reads (speech)
//! has no events: its last chunk waits.

use bytes::Bytes;
use weighbridge_plugin_api::{
    PluginError,
    adapter::{Edit, EventOut, EventRef, Framing, StreamEnd},
};

use crate::{
    client_frames::ClientFrames,
    dialect::ErrorStyle,
    json,
    meter::{Mark, StreamMeter, decode::DecodeError, frame::StreamEvent},
    refusal::Refusal,
    respond::Exchange,
    settle::Settled,
    stream::Outbox,
};

pub(crate) struct Forward {
    mode: Mode,
    frames: ClientFrames,
    /// The provider frames its stream in another way than the client reads it.
    reframes: bool,
    /// The usage chunk gets the cost; it is held until that is known.
    annotate: bool,
    holding: bool,
    failure: Option<Refusal>,
}

enum Mode {
    Pipe,
    /// Not read: any bytes. One chunk is kept back, because it may be the last.
    Opaque(Option<Bytes>),
    Events,
    Translate {
        state: Vec<u8>,
        ended: bool,
    },
}

/// One event of a read, as it is to be forwarded.
struct Piece {
    name: Option<String>,
    data: Vec<u8>,
    raw: Bytes,
    shown: bool,
    terminal: bool,
}

impl Forward {
    pub(crate) fn new(exchange: &Exchange, meter: &StreamMeter) -> Self {
        let translates = exchange.wire.stream_events.is_some();
        let mode = match (translates, exchange.hide || exchange.annotate) {
            _ if exchange.framing == Framing::None => Mode::Opaque(None),
            (true, _) => Mode::Translate { state: exchange.state.clone(), ended: false },
            // An encoded stream cannot be changed; it is piped, and the client sees one chunk more than it asked for.
            (false, true) if !meter.is_encoded() => Mode::Events,
            _ => Mode::Pipe,
        };
        let client = if matches!(mode, Mode::Translate { .. }) { exchange.client_framing } else { exchange.framing };
        let reframes = client != exchange.framing;
        Self { mode, frames: ClientFrames::new(client), reframes, annotate: exchange.annotate || translates, holding: false, failure: None }
    }

    /// Whether bytes pass as they were received.
    pub(crate) fn is_pipe(&self) -> bool {
        matches!(self.mode, Mode::Pipe | Mode::Opaque(_))
    }

    /// A refusal as the last thing that the client reads, where it can be said.
    pub(crate) fn refusal(&mut self, errors: &ErrorStyle, refusal: &Refusal, torn: bool) -> Option<Bytes> {
        self.frames.refusal(errors, refusal, torn)
    }

    /// A plugin's failure on the way; nothing is forwarded after it.
    pub(crate) fn failure(&self) -> Option<&Refusal> {
        self.failure.as_ref()
    }

    /// Meters a chunk and sorts it into what goes out now and what waits.
    pub(crate) fn take(&mut self, meter: &mut StreamMeter, exchange: &Exchange, chunk: Bytes, outbox: &mut Outbox) -> Result<(), DecodeError> {
        match &mut self.mode {
            Mode::Opaque(last) => {
                last.replace(chunk).into_iter().for_each(|chunk| outbox.pass(chunk));
                Ok(())
            }
            Mode::Pipe => self.pipe(meter, chunk, outbox),
            Mode::Events | Mode::Translate { .. } => {
                let mut batch = Batch::default();
                let read = meter.push(&chunk, |event, mark| {
                    batch.add(self.piece(exchange, event, mark));
                    if batch.is_full() {
                        self.emit(exchange, batch.take(), |hold, bytes| outbox.put(hold, bytes));
                    }
                });
                self.emit(exchange, batch.take(), |hold, bytes| outbox.put(hold, bytes));
                read
            }
        }
    }

    fn pipe(&mut self, meter: &mut StreamMeter, chunk: Bytes, outbox: &mut Outbox) -> Result<(), DecodeError> {
        let mut from = None;
        let (encoded, frames) = (meter.is_encoded(), &mut self.frames);
        let read = meter.push(&chunk, |event, mark| {
            frames.passed();
            if mark.terminal && from.is_none() {
                from = Some(if encoded { 0 } else { event.starts_at });
            }
        });
        let holding = self.holding;
        self.holding |= from.is_some();
        match from {
            // What cannot be read is not forwarded, except behind the end.
            _ if read.is_err() && !self.holding => {}
            Some(start) if start > 0 && !holding => {
                outbox.pass(chunk.slice(..start));
                outbox.hold(chunk.slice(start..));
            }
            _ => outbox.put(self.holding, chunk),
        }
        read
    }

    /// The stream is over: what was not complete, and what the adapter still has to say. All of it waits. `end` says how it ended,
    /// when all has been read. Says whether the client has got the beginning of an event that will not be completed.
    pub(crate) fn finish(&mut self, meter: &mut StreamMeter, exchange: &Exchange, end: impl FnOnce(&StreamMeter) -> StreamEnd, outbox: &mut Outbox) -> bool {
        let mut pieces = Vec::new();
        let pipe = self.is_pipe();
        if let Mode::Opaque(last) = &mut self.mode {
            last.take().into_iter().for_each(|last| outbox.hold(last));
        }
        let torn = meter.finish(|event, mark| {
            // A pipe has forwarded the bytes of a torn event already.
            if !pipe {
                pieces.extend(self.piece(exchange, event, mark));
            }
        });
        self.emit(exchange, pieces, |_, bytes| outbox.hold(bytes));
        if let Mode::Translate { state, ended } = &mut self.mode
            && self.failure.is_none()
            && !std::mem::replace(ended, true)
        {
            match exchange.candidate.provider.adapter.on_end(state, end(meter)) {
                Ok(events) => events.iter().for_each(|event| outbox.hold(self.frames.event(event.name.as_deref(), &event.data))),
                Err(error) => self.failure = Some(Refusal::plugin_after_answer(&error)),
            }
        }
        pipe && torn
    }

    /// What closes the stream for the client, behind everything else.
    pub(crate) fn close(&mut self) -> Option<Bytes> {
        if self.is_pipe() { None } else { self.frames.end() }
    }

    fn piece(&self, exchange: &Exchange, event: &StreamEvent<'_>, mark: Mark) -> Option<Piece> {
        let data = event.data.as_deref();
        let hide = |data: &[u8]| exchange.wire.hide.as_ref().is_some_and(|rule| rule.hides(event.name, data));
        let is_usage_chunk = !matches!(self.mode, Mode::Translate { .. }) && data.is_some_and(hide);
        if is_usage_chunk && exchange.hide {
            return None;
        }
        let shown = data.is_some_and(|data| exchange.wire.stream_events.as_ref().is_some_and(|filter| filter.passes(event.name, data)));
        Some(Piece {
            name: event.name.filter(|_| shown || self.reframes).map(str::to_owned),
            data: if shown || self.reframes { data.unwrap_or_default().to_vec() } else { Vec::new() },
            raw: Bytes::copy_from_slice(event.raw),
            shown,
            terminal: mark.terminal || is_usage_chunk,
        })
    }

    fn emit(&mut self, exchange: &Exchange, pieces: Vec<Piece>, mut out: impl FnMut(bool, Bytes)) {
        if pieces.is_empty() || self.failure.is_some() {
            return;
        }
        let mut verdicts = match self.ask(exchange, &pieces) {
            Ok(verdicts) => verdicts.into_iter(),
            Err(error) => {
                tracing::warn!(%error, "the adapter failed while a stream was passing");
                self.failure = Some(Refusal::plugin_after_answer(&error));
                return;
            }
        };
        for piece in pieces {
            self.holding |= piece.terminal;
            let verdict = if piece.shown { verdicts.next().unwrap_or(EventOut::Keep) } else { EventOut::Keep };
            match verdict {
                EventOut::Drop => {}
                // A comment in one framing is nothing in another.
                EventOut::Keep if self.reframes && piece.data.is_empty() => {}
                EventOut::Keep if self.reframes => out(self.holding, self.frames.event(piece.name.as_deref(), &piece.data)),
                // An element's own bytes have neither bracket nor comma.
                EventOut::Keep if self.frames.framing() == Framing::JsonArray => out(self.holding, self.frames.event(None, &piece.raw)),
                EventOut::Keep => out(self.holding, piece.raw),
                EventOut::Replace(events) => events.iter().for_each(|event| out(self.holding, self.frames.event(event.name.as_deref(), &event.data))),
            }
        }
    }

    /// One guest call for all the events of one read.
    fn ask(&mut self, exchange: &Exchange, pieces: &[Piece]) -> Result<Vec<EventOut>, PluginError> {
        let Mode::Translate { state, .. } = &mut self.mode else { return Ok(Vec::new()) };
        let events: Vec<_> = pieces.iter().filter(|piece| piece.shown).map(|piece| EventRef { name: piece.name.as_deref(), data: &piece.data }).collect();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let step = exchange.candidate.provider.adapter.on_events(state, &events)?;
        *state = step.state;
        Ok(step.events)
    }

    /// Held bytes as they go out: the usage chunk among them with cost and charge, where the client is to have them.
    pub(crate) fn annotated(&self, held: Bytes, settled: &Settled) -> Bytes {
        let annotate = self.annotate && !self.is_pipe();
        annotate.then(|| with_amounts(&held, settled)).flatten().unwrap_or(held)
    }
}

/// Events of one read that are sorted together: not more of them than fit, however many there are.
#[derive(Default)]
struct Batch {
    pieces: Vec<Piece>,
    bytes: usize,
}

impl Batch {
    const MOST_BYTES: usize = 256 * 1024;
    const MOST_PIECES: usize = 1024;

    fn add(&mut self, piece: Option<Piece>) {
        self.bytes += piece.as_ref().map_or(0, |piece| piece.raw.len());
        self.pieces.extend(piece);
    }

    fn is_full(&self) -> bool {
        self.bytes > Self::MOST_BYTES || self.pieces.len() > Self::MOST_PIECES
    }

    fn take(&mut self) -> Vec<Piece> {
        self.bytes = 0;
        std::mem::take(&mut self.pieces)
    }
}

fn with_amounts(event: &[u8], settled: &Settled) -> Option<Bytes> {
    let data = event.strip_prefix(b"data:")?.trim_ascii();
    memchr::memmem::find(data, b"\"usage\"")?;
    let quoted = |amount: Option<rust_decimal::Decimal>| amount.map_or("null".into(), |amount| format!("\"{}\"", amount.normalize()));
    let object = format!(r#"{{"cost":{},"charge":{},"currency":"{}"}}"#, quoted(settled.cost), quoted(settled.charge), settled.currency);
    let edit = Edit { pointer: "/weighbridge".into(), set: Some(object) };
    let edited = json::apply(data, &[edit]).ok()?;
    Some([b"data: ", &edited[..], b"\n\n"].concat().into())
}
