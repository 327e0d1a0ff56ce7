//! Forms (`multipart/form-data`, RFC 7578), read and edited as if they were a JSON object of strings. The bytes of files are
//! never copied; a part that is not edited stays byte for byte.
//!
//! Reading is strict: what another reader could take for something else is refused.

use std::ops::Range;

use memchr::memmem;
use weighbridge_plugin_api::adapter::Edit;

use super::splice::SpliceError;

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// The content type has no boundary.
    #[error("its content-type has no boundary")]
    NoBoundary,
    /// A boundary is missing, or something stands where one must end.
    #[error("its parts are not separated by the boundary of its content-type")]
    Boundary,
    /// A part's head cannot be read.
    #[error("a part has no content-disposition that names it once")]
    Head,
    /// A field is not text.
    #[error("a field that is no file is not UTF-8")]
    NotText,
}

/// A form, read.
#[derive(Debug)]
pub struct Form {
    delimiter: Vec<u8>,
    parts: Vec<Part>,
    json: Vec<u8>,
}

#[derive(Debug)]
struct Part {
    name: String,
    /// From its first delimiter to the next.
    whole: Range<usize>,
    value: Range<usize>,
}

/// The boundary, if a content type is a form's.
pub fn boundary(content_type: &str) -> Option<Result<String, BadForm>> {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let found = parameter(parameters, "boundary").ok().flatten().filter(|boundary| (1..=70).contains(&boundary.len()));
    Some(found.ok_or(BadForm::NoBoundary))
}

impl Form {
    /// Reads a form.
    pub fn parse(body: &[u8], boundary: &str) -> Result<Self, BadForm> {
        let delimiter = format!("--{boundary}").into_bytes();
        let between = [b"\r\n", &delimiter[..]].concat();
        let next = memmem::Finder::new(&between);
        let mut at = if body.starts_with(b"\r\n") { 2 } else { 0 };
        let mut parts = Vec::new();
        let mut json = b"{".to_vec();
        loop {
            let start = at;
            let rest = body[at..].strip_prefix(&delimiter[..]).ok_or(BadForm::Boundary)?;
            if let Some(end) = rest.strip_prefix(b"--") {
                if !end.trim_ascii().is_empty() {
                    return Err(BadForm::Boundary);
                }
                break;
            }
            let part = rest.strip_prefix(b"\r\n").ok_or(BadForm::Boundary)?;
            let part_at = at + delimiter.len() + 2;
            let length = next.find(part).ok_or(BadForm::Boundary)?;
            let head_len = memmem::find(&part[..length], b"\r\n\r\n").ok_or(BadForm::Head)?;
            let (name, is_file) = head(&part[..head_len])?;
            let value = part_at + head_len + 4..part_at + length;
            at = part_at + length + 2;
            member(&mut json, &name, (!is_file).then_some(&body[value.clone()]))?;
            parts.push(Part { name, whole: start..at, value });
        }
        json.push(b'}');
        Ok(Self { delimiter, parts, json })
    }

    /// Its fields as the members of an object, each a string; a file is there as `null`, so that a name that is given twice
    /// is seen to be.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The content of a part that is there once.
    pub fn part<'b>(&self, body: &'b [u8], name: &str) -> Option<&'b [u8]> {
        let mut named = self.parts.iter().filter(|part| part.name == name);
        let (Some(part), None) = (named.next(), named.next()) else { return None };
        body.get(part.value.clone())
    }

    /// The body with the edits made: a member is a part, its value that part's.
    pub fn apply(&self, body: &[u8], edits: &[Edit]) -> Result<Vec<u8>, SpliceError> {
        let mut edited = Vec::with_capacity(body.len() + 256);
        let set = edits.iter().map(|edit| Ok((name(edit)?, self.text(edit)?))).collect::<Result<Vec<_>, SpliceError>>()?;
        // The last of several edits of one name counts.
        let of = |name: &str| set.iter().rev().find(|(edited, _)| edited == name).map(|(_, text)| text);
        for (at, (name, text)) in set.iter().enumerate() {
            let is_last = !set[at + 1..].iter().any(|(later, _)| later == name);
            if let (Some(text), true, false) = (text, is_last, self.parts.iter().any(|part| part.name == *name)) {
                edited.extend_from_slice(&self.delimiter);
                edited.extend_from_slice(format!("\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").as_bytes());
            }
        }
        let mut at = 0;
        for part in &self.parts {
            match of(&part.name) {
                None => edited.extend_from_slice(&body[at..part.whole.end]),
                Some(None) => edited.extend_from_slice(&body[at..part.whole.start]),
                Some(Some(text)) => {
                    edited.extend_from_slice(&body[at..part.value.start]);
                    edited.extend_from_slice(text.as_bytes());
                    edited.extend_from_slice(&body[part.value.end..part.whole.end]);
                }
            }
            at = part.whole.end;
        }
        edited.extend_from_slice(&body[at..]);
        Ok(edited)
    }

    /// An edit's value as a form has it: a string's own text, anything else as JSON.
    fn text(&self, edit: &Edit) -> Result<Option<String>, SpliceError> {
        let Some(json) = &edit.set else { return Ok(None) };
        let text = serde_json::from_str::<String>(json).unwrap_or_else(|_| json.clone());
        match memmem::find(text.as_bytes(), &self.delimiter) {
            Some(_) => Err(SpliceError::BadPointer(edit.pointer.clone())),
            None => Ok(Some(text)),
        }
    }
}

/// The part that an edit means: a form has no members of members.
fn name(edit: &Edit) -> Result<String, SpliceError> {
    let bad = || SpliceError::BadPointer(edit.pointer.clone());
    let mut segments = super::scan::segments(&edit.pointer).map_err(|_| bad())?;
    match (segments.pop(), segments.is_empty()) {
        (Some(name), true) if !name.contains(['"', '\r', '\n', '\\']) => Ok(name),
        _ => Err(bad()),
    }
}

fn member(json: &mut Vec<u8>, name: &str, value: Option<&[u8]>) -> Result<(), BadForm> {
    if json.len() > 1 {
        json.push(b',');
    }
    json.extend_from_slice(serde_json::Value::from(name).to_string().as_bytes());
    json.push(b':');
    match value {
        None => json.extend_from_slice(b"null"),
        Some(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| BadForm::NotText)?;
            json.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
        }
    }
    Ok(())
}

/// A part's name, and whether it is a file.
fn head(bytes: &[u8]) -> Result<(String, bool), BadForm> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadForm::Head)?;
    // Some readers end a line at a bare LF, and some go on with one that is indented.
    if text.split("\r\n").any(|line| line.contains(['\r', '\n']) || line.starts_with([' ', '\t'])) {
        return Err(BadForm::Head);
    }
    let mut dispositions = text.split("\r\n").filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let (Some(value), None) = (dispositions.next(), dispositions.next()) else { return Err(BadForm::Head) };
    let (kind, parameters) = value.split_once(';').ok_or(BadForm::Head)?;
    if !kind.trim().eq_ignore_ascii_case("form-data") || parameter(parameters, "name*")?.is_some() {
        return Err(BadForm::Head);
    }
    // A backslash in a name is one to some readers, and to others says that the next character is meant.
    let name = parameter(parameters, "name")?.filter(|name| !name.contains('\\')).ok_or(BadForm::Head)?;
    let is_file = parameter(parameters, "filename")?.is_some() || parameter(parameters, "filename*")?.is_some();
    Ok((name, is_file))
}

/// A parameter's value, unquoted. One that is given twice is refused.
fn parameter(mut text: &str, wanted: &str) -> Result<Option<String>, BadForm> {
    let mut found = None;
    while !text.trim().is_empty() {
        let (name, rest) = text.split_once('=').ok_or(BadForm::Head)?;
        let (value, further) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let (value, further) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
                (value.trim().to_owned(), further)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) && found.replace(value).is_some() {
            return Err(BadForm::Head);
        }
        text = match further.trim_start().strip_prefix(';') {
            Some(more) => more,
            None if further.trim().is_empty() => "",
            None => return Err(BadForm::Head),
        };
    }
    Ok(found)
}

/// A quoted string behind its first quote, and what follows it.
fn unquoted(text: &str) -> Result<(String, &str), BadForm> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            // A backslash in a file's name is one: browsers do not escape with it. Only a quote is escaped.
            '\\' if text[at + 1..].starts_with('"') => value.extend(characters.next().map(|(_, quote)| quote)),
            other => value.push(other),
        }
    }
    Err(BadForm::Head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nalias\r\n--b1\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a;b.wav\"\r\nContent-Type: audio/wav\r\n\r\n\u{1}--b\r\n\r\n--\r\n--b1--\r\n";

    fn edit(pointer: &str, set: Option<&str>) -> Edit {
        Edit { pointer: pointer.into(), set: set.map(Into::into) }
    }

    #[test]
    fn fields_are_members_and_a_file_is_null() {
        let form = Form::parse(BODY.as_bytes(), "b1").unwrap();
        assert_eq!(std::str::from_utf8(form.json()), Ok(r#"{"model":"alias","file":null}"#));
        assert_eq!(Form::parse(b"--b1--", "b1").unwrap().json(), b"{}");
    }

    #[test]
    fn an_edit_changes_one_part_and_nothing_else() {
        let form = Form::parse(BODY.as_bytes(), "b1").unwrap();
        let edited = |edits: &[Edit]| String::from_utf8(form.apply(BODY.as_bytes(), edits).unwrap()).unwrap();
        assert_eq!(edited(&[]), BODY);
        assert_eq!(edited(&[edit("/model", Some("\"whisper-1\""))]), BODY.replace("alias", "whisper-1"));
        assert_eq!(edited(&[edit("/model", None)]), BODY[BODY.find("--b1\r\ncontent").unwrap()..]);
        let added = "--b1\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n";
        assert_eq!(edited(&[edit("/stream", Some("true"))]), format!("{added}{BODY}"));
        assert!(form.apply(BODY.as_bytes(), &[edit("/a/b", Some("1"))]).is_err());
        assert!(form.apply(BODY.as_bytes(), &[edit("/model", Some("\"x\\r\\n--b1--\""))]).is_err());
    }

    #[test]
    fn what_readers_could_disagree_about_is_refused() {
        let part = |head: &str| format!("--b\r\n{head}\r\n\r\nx\r\n--b--");
        let refused = |body: &str| Form::parse(body.as_bytes(), "b").unwrap_err();
        assert_eq!(refused(""), BadForm::Boundary);
        assert_eq!(refused("preamble\r\n--b--"), BadForm::Boundary);
        assert_eq!(refused(&part("Content-Disposition: form-data; name=\"a\"").replace("--b--", "--c--")), BadForm::Boundary);
        assert_eq!(refused(&part("Content-Disposition: form-data; name=\"a\"").replace("--b--", "--b2\r\n")), BadForm::Boundary);
        assert_eq!(refused(&format!("{}\r\nmore", part("Content-Disposition: form-data; name=\"a\""))), BadForm::Boundary);
        for head in [
            "Content-Type: x/y",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
            "Content-Disposition: form-data; name=\"a",
            "Content-Disposition: form-data; name=\"mod\\el\"",
            "X: y\nContent-Disposition: form-data; name=\"b\"\r\nContent-Disposition: form-data; name=\"a\"",
            "Content-Disposition: form-data; name=\"a\"\r\n ; filename=\"b\"",
        ] {
            assert_eq!(refused(&part(head)), BadForm::Head, "{head}");
        }
        assert_eq!(Form::parse(b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--b--", "b").unwrap_err(), BadForm::NotText);
    }

    #[test]
    fn the_boundary_is_in_the_content_type() {
        assert_eq!(boundary("multipart/form-data; boundary=abc"), Some(Ok("abc".into())));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b\""), Some(Ok("a b".into())));
        assert_eq!(boundary("multipart/form-data"), Some(Err(BadForm::NoBoundary)));
        assert_eq!(boundary("application/json"), None);
    }
}
