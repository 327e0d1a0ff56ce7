//! The path of a dialect: exact, or with `{model}` and other `{names}` in it.

/// A path with something in it that varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Segment by segment up to the model, or to the end; `None` stands for any one segment.
    before: Vec<Option<Box<str>>>,
    /// The literal end behind `{model}`; `None`: the pattern has no model.
    after: Option<Box<str>>,
}

/// Why a path is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// It does not begin with a slash, or has a query or blanks in it.
    #[error("it must begin with \"/\" and have neither query nor blanks")]
    NoPath,
    /// A brace that is not closed, or a name that shares its segment.
    #[error("a name in braces, other than {{model}}, must be a whole segment")]
    Name,
    /// More than one, not at a segment's beginning, or with names behind it.
    #[error("{{model}} must begin a segment, stand there once, and have no names in braces behind it")]
    Model,
}

/// What a path turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match<'p> {
    /// The model as the path has it, still percent-encoded.
    pub(crate) model: Option<&'p str>,
}

impl Pattern {
    /// Reads a pattern. `Ok(None)`: nothing in it varies.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, BadPattern> {
        if !text.starts_with('/') || text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '?' || c == '#') {
            return Err(BadPattern::NoPath);
        }
        let (head, after) = match text.split_once("{model}") {
            Some((head, after)) if head.ends_with('/') && !after.contains(['{', '}']) => (&head[..head.len() - 1], Some(after.into())),
            Some(_) => return Err(BadPattern::Model),
            None => (text, None),
        };
        let segment = |segment: &str| -> Result<Option<Box<str>>, BadPattern> {
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !name.is_empty() && !name.contains(['{', '}']) => Ok(None),
                None if !segment.contains(['{', '}']) => Ok(Some(segment.into())),
                _ => Err(BadPattern::Name),
            }
        };
        let before = head.split('/').skip(1).map(segment).collect::<Result<Vec<_>, _>>()?;
        let varies = after.is_some() || before.iter().any(Option::is_none);
        Ok(varies.then_some(Self { before, after }))
    }

    /// Whether a path is of this pattern, and the model in it.
    pub(crate) fn matches<'p>(&self, path: &'p str) -> Option<Match<'p>> {
        let mut rest = path;
        for segment in &self.before {
            let here = rest.strip_prefix('/')?;
            let (found, further) = here.split_at(here.find('/').unwrap_or(here.len()));
            if segment.as_deref().map_or(found.is_empty(), |literal| literal != found) {
                return None;
            }
            rest = further;
        }
        let Some(after) = &self.after else { return rest.is_empty().then_some(Match { model: None }) };
        let model = rest.strip_prefix('/')?.strip_suffix(&**after)?;
        (!model.is_empty()).then_some(Match { model: Some(model) })
    }

    /// Whether paths of it name the model.
    pub(crate) fn has_model(&self) -> bool {
        self.after.is_some()
    }

    /// How much of it is literal: of two patterns that both match, the one that says more is meant.
    pub(crate) fn literal_len(&self) -> usize {
        let segments: usize = self.before.iter().flatten().map(|literal| literal.len() + 1).sum();
        segments + self.after.as_ref().map_or(0, |after| after.len())
    }
}

/// A model's name from a path: percent-encoded or not, slashes and colons included. `None`: not UTF-8, or not encoded well.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, further)) = rest.split_first() {
        rest = further;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_in_a_path_may_hold_slashes_and_colons() {
        let cases = [
            ("/v1beta/models/{model}:generateContent", "/v1beta/models/m:generateContent", Some("m")),
            ("/v1beta/models/{model}:generateContent", "/v1beta/models/acme/m-2.5:generateContent", Some("acme/m-2.5")),
            ("/v1beta/models/{model}:generateContent", "/v1beta/models/acme%2Fm:generateContent", Some("acme%2Fm")),
            ("/v1beta/models/{model}:generateContent", "/v1beta/models/:generateContent", None),
            ("/v1beta/models/{model}:generateContent", "/v1beta/models/m:countTokens", None),
            ("/model/{model}/converse", "/model/acme.m-v1:0/converse", Some("acme.m-v1:0")),
            ("/model/{model}/converse", "/model/arn:x:profile/m/converse", Some("arn:x:profile/m")),
            ("/model/{model}/converse", "/model/converse", None),
            ("/p/{project}/l/{location}/{model}:x", "/p/one/l/two/m/n:x", Some("m/n")),
            ("/p/{project}/l/{location}/{model}:x", "/p/one/more/l/two/m:x", None),
            ("/p/{project}/l/{location}/{model}:x", "/p//l/two/m:x", None),
        ];
        for (pattern, path, model) in cases {
            let found = Pattern::parse(pattern).unwrap().unwrap().matches(path).map(|found| found.model.unwrap());
            assert_eq!(found, model, "{pattern} {path}");
        }
        assert_eq!(decoded("acme%2Fm%3a1").as_deref(), Some("acme/m:1"));
        assert_eq!(decoded("%2"), None);
        assert_eq!(decoded("%ff"), None);
    }

    #[test]
    fn a_name_stands_for_one_segment() {
        let pattern = Pattern::parse("/a/{b}/c").unwrap().unwrap();
        assert_eq!(pattern.matches("/a/x/c"), Some(Match { model: None }));
        for path in ["/a//c", "/a/x/y/c", "/a/x/c/", "/a/x"] {
            assert_eq!(pattern.matches(path), None, "{path}");
        }
        assert_eq!(Pattern::parse("/a/b"), Ok(None));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let refused = |text: &str| Pattern::parse(text).unwrap_err();
        assert_eq!(refused("v1/chat"), BadPattern::NoPath);
        assert_eq!(refused("/v1/chat?x=1"), BadPattern::NoPath);
        assert_eq!(refused("/v1/{a}b"), BadPattern::Name);
        assert_eq!(refused("/v1/{}"), BadPattern::Name);
        assert_eq!(refused("/v1/{a"), BadPattern::Name);
        assert_eq!(refused("/v1/m-{model}"), BadPattern::Model);
        assert_eq!(refused("/v1/{model}/{model}"), BadPattern::Model);
        assert_eq!(refused("/v1/{model}/{x}"), BadPattern::Model);
    }
}
