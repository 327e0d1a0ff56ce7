//! Events as the client reads them: in the framing that it expects, which for a translated stream may be another than the
//! provider's.

use bytes::Bytes;
use http::HeaderValue;
use weighbridge_plugin_api::adapter::Framing;

use crate::{dialect::ErrorStyle, meter::aws, refusal::Refusal};

/// Writes events for the client.
pub(crate) struct ClientFrames {
    framing: Framing,
    /// An element of the array went out: the next one follows a comma.
    begun: bool,
}

impl ClientFrames {
    pub(crate) fn new(framing: Framing) -> Self {
        Self { framing, begun: false }
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    /// Notes that an event was forwarded as it was received.
    pub(crate) fn passed(&mut self) {
        self.begun = true;
    }

    /// One event.
    pub(crate) fn event(&mut self, name: Option<&str>, data: &[u8]) -> Bytes {
        match self.framing {
            Framing::None | Framing::Sse => server_sent(name, data),
            Framing::Ndjson => line(data),
            Framing::JsonArray => self.element(data),
            Framing::AwsEventStream => aws::encode("event", name.unwrap_or("chunk"), data).into(),
        }
    }

    fn element(&mut self, data: &[u8]) -> Bytes {
        let before: &[u8] = if std::mem::replace(&mut self.begun, true) { b"," } else { b"[" };
        [before, data].concat().into()
    }

    /// What closes the stream, where its framing has an end of its own.
    pub(crate) fn end(&mut self) -> Option<Bytes> {
        let closing: &'static [u8] = if self.begun { b"]" } else { b"[]" };
        (self.framing == Framing::JsonArray).then(|| Bytes::from_static(closing))
    }

    /// A refusal as the last event. `torn`: the client has the beginning of an event that will not be completed; only in some
    /// framings can anything be said behind it.
    pub(crate) fn refusal(&mut self, errors: &ErrorStyle, refusal: &Refusal, torn: bool) -> Option<Bytes> {
        let broken_by: &[u8] = match self.framing {
            Framing::Sse if torn => b"\n\n",
            Framing::Ndjson if torn => b"\n",
            Framing::None => return None,
            Framing::JsonArray | Framing::AwsEventStream if torn => return None,
            _ => b"",
        };
        let said = match self.framing {
            Framing::AwsEventStream => errors.exception(refusal).into(),
            Framing::Ndjson | Framing::JsonArray => self.event(None, &errors.body(refusal)),
            Framing::None | Framing::Sse => errors.event(refusal).into(),
        };
        Some(if broken_by.is_empty() { said } else { [broken_by, &said].concat().into() })
    }
}

/// What a stream of this framing is called.
pub(crate) fn content_type(framing: Framing) -> Option<HeaderValue> {
    let name = match framing {
        Framing::None => return None,
        Framing::Sse => "text/event-stream",
        Framing::Ndjson => "application/x-ndjson",
        Framing::JsonArray => "application/json",
        Framing::AwsEventStream => "application/vnd.amazon.eventstream",
    };
    Some(HeaderValue::from_static(name))
}

fn server_sent(name: Option<&str>, data: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(data.len() + 32);
    if let Some(name) = name {
        bytes.extend_from_slice(b"event: ");
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'\n');
    }
    for line in data.split(|byte| *byte == b'\n') {
        bytes.extend_from_slice(b"data: ");
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    bytes.into()
}

fn line(data: &[u8]) -> Bytes {
    [data, b"\n"].concat().into()
}

#[cfg(test)]
mod tests {
    use memchr::memmem;

    use super::*;

    fn written(framing: Framing, events: &[&str]) -> String {
        let mut frames = ClientFrames::new(framing);
        let mut all: Vec<u8> = events.iter().flat_map(|event| frames.event(Some("e"), event.as_bytes())).collect();
        all.extend(frames.end().unwrap_or_default());
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn each_framing_has_its_ends() {
        assert_eq!(written(Framing::Sse, &["1", "2"]), "event: e\ndata: 1\n\nevent: e\ndata: 2\n\n");
        assert_eq!(written(Framing::Ndjson, &["1", "2"]), "1\n2\n");
        assert_eq!(written(Framing::JsonArray, &["1", "2"]), "[1,2]");
        assert_eq!(written(Framing::JsonArray, &[]), "[]");
    }

    #[test]
    fn behind_a_torn_event_only_line_framings_can_say_anything() {
        let refusal = Refusal::internal();
        let said = |framing, torn| {
            ClientFrames::new(framing).refusal(&ErrorStyle::parse("{\"error\":{message}}").unwrap(), &refusal, torn).map(|bytes| bytes.to_vec())
        };
        assert!(said(Framing::Sse, true).unwrap().starts_with(b"\n\ndata: {\"error\""));
        assert!(said(Framing::Ndjson, true).unwrap().starts_with(b"\n{\"error\""));
        assert!(said(Framing::Ndjson, false).unwrap().starts_with(b"{\"error\""));
        assert_eq!(said(Framing::JsonArray, true), None);
        assert!(said(Framing::JsonArray, false).unwrap().starts_with(b"[{\"error\""));
        assert_eq!(said(Framing::AwsEventStream, true), None);
        assert!(memmem::find(&said(Framing::AwsEventStream, false).unwrap(), b"\x0f:exception-type\x07\x00\x17internalServerException").is_some());
        assert_eq!(said(Framing::None, false), None);
    }
}
