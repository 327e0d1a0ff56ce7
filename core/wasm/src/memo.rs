//! What an adapter answered to `prepare`, remembered: the function is pure by contract, and of the little that it sees almost
//! nothing differs between two calls for the same model. A remembered answer costs a hash instead of a call into the sandbox.
//!
//! Only for small inputs: an adapter that is shown the whole body sees something else each time.

use std::collections::HashMap;

use parking_lot::RwLock;
use weighbridge_plugin_api::adapter::{ClientRequest, UpstreamRequest};

/// A longer input is not remembered.
const INPUT_BYTES: usize = 1024;
/// So many answers are kept; then it begins again.
const ANSWERS: usize = 1024;

/// The answers of one configured adapter.
#[derive(Default)]
pub(crate) struct Memo(RwLock<HashMap<Vec<u8>, UpstreamRequest>>);

impl Memo {
    /// The answer to the same request, or a new one, which is kept unless it is a failure.
    pub(crate) fn answer<E>(&self, request: &ClientRequest<'_>, ask: impl FnOnce() -> Result<UpstreamRequest, E>) -> Result<UpstreamRequest, E> {
        let Some(key) = key(request) else { return ask() };
        if let Some(known) = self.0.read().get(&key) {
            return Ok(known.clone());
        }
        let answer = ask()?;
        let mut answers = self.0.write();
        if answers.len() >= ANSWERS {
            answers.clear();
        }
        answers.insert(key, answer.clone());
        Ok(answer)
    }
}

/// All that the adapter sees, each part with its length, so that no two requests have the same key.
fn key(request: &ClientRequest<'_>) -> Option<Vec<u8>> {
    let ClientRequest { dialect, model, upstream_model, streamed, query, headers, fields, body, attrs } = request;
    if body.is_some() {
        return None;
    }
    let texts = [*dialect, *model, *upstream_model, *query];
    let size = texts.iter().map(|text| text.len()).sum::<usize>()
        + headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        + attrs.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
        + fields.iter().map(|field| field.json.map_or(0, str::len)).sum::<usize>();
    if size > INPUT_BYTES {
        return None;
    }
    let mut key = Vec::with_capacity(size + 4 * (texts.len() + 2 * headers.len() + 2 * attrs.len() + fields.len()) + 3);
    let mut part = |bytes: &[u8]| {
        key.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        key.extend_from_slice(bytes);
    };
    texts.iter().for_each(|text| part(text.as_bytes()));
    for (name, value) in headers {
        part(name.as_bytes());
        part(value);
    }
    for (key, value) in attrs {
        part(key.as_bytes());
        part(value.as_bytes());
    }
    // The pointers are the plan's, always the same and in the same order; a field that is absent differs from an empty text.
    for field in fields {
        part(field.json.map_or(b"\0", str::as_bytes));
    }
    key.extend_from_slice(&[u8::from(*streamed), headers.len() as u8, attrs.len() as u8]);
    Some(key)
}

#[cfg(test)]
mod tests {
    use weighbridge_plugin_api::adapter::{BodyPlan, Field};

    use super::*;

    fn request<'a>(model: &'a str, stream_options: Option<&'a str>) -> ClientRequest<'a> {
        let fields = vec![Field { pointer: "/stream_options", json: stream_options }];
        ClientRequest { dialect: "acme.chat", model, upstream_model: model, streamed: true, query: "", headers: vec![], fields, body: None, attrs: vec![] }
    }

    fn answer(path: String) -> Result<UpstreamRequest, ()> {
        let method = "POST".to_owned();
        Ok(UpstreamRequest {
            method,
            path_and_query: path,
            headers: vec![],
            body: BodyPlan::Unchanged,
            hide: false,
            framing: None,
            client_framing: None,
            dimensions: vec![],
            state: vec![],
        })
    }

    #[test]
    fn the_same_request_is_asked_once_and_another_is_asked_again() {
        let memo = Memo::default();
        let mut asked = 0;
        let mut ask = |request: &ClientRequest<'_>| {
            let path = memo.answer(request, || {
                asked += 1;
                answer(format!("/{asked}"))
            });
            path.unwrap().path_and_query
        };
        let (plain, options, other) = (request("a", None), request("a", Some("{}")), request("b", None));
        assert_eq!([&plain, &options, &other, &plain, &options, &other].map(&mut ask), ["/1", "/2", "/3", "/1", "/2", "/3"]);
        let not_streamed = ClientRequest { streamed: false, ..plain.clone() };
        let queried = ClientRequest { query: "alt=sse", ..plain.clone() };
        let with_header = ClientRequest { headers: vec![("beta", b"x")], ..plain.clone() };
        assert_eq!([&not_streamed, &queried, &with_header, &plain].map(&mut ask), ["/4", "/5", "/6", "/1"]);
        let with_attr = ClientRequest { attrs: vec![("usage", "unasked")], ..plain.clone() };
        assert_eq!(ask(&with_attr), "/7");
        let seen_whole = ClientRequest { body: Some(b"{}"), ..plain };
        assert_eq!([&seen_whole, &seen_whole].map(&mut ask), ["/8", "/9"]);
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let memo = Memo::default();
        assert_eq!(memo.answer(&request("a", None), || Err("down")).unwrap_err(), "down");
        assert!(memo.answer(&request("a", None), || answer("/".into())).is_ok());
    }
}
