//! What a request says of its body's coding. Bodies are read as they come, in UTF-8, and forwarded so: one that says otherwise of
//! itself would be read in one way here and in another by the provider.

use http::{HeaderMap, header};

use crate::refusal::Refusal;

/// Refuses a body that the provider could read as another.
pub(crate) fn must_be_plain(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let charset = types.next().and_then(|value| value.to_str().ok()).and_then(charset);
    if types.next().is_some() {
        return Err(Refusal::header_given_twice("content-type"));
    }
    if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))) {
        return Err(Refusal::bad_header("content-type", "without a charset other than UTF-8, as which bodies are read"));
    }
    if headers.get_all(header::CONTENT_ENCODING).iter().any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::bad_header("content-encoding", "left out, or \"identity\": bodies are read as they come"));
    }
    Ok(())
}

/// The parameter of a content type.
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches('"'))
}
