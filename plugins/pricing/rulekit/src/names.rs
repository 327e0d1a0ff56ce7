//! Names with `*` in them, and tables by such names.

/// A name, or a pattern: `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// From its text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether a name fits.
    pub fn fits(&self, name: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut left) = name.strip_prefix(start) else { return false };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let end = parts.pop().unwrap_or_default();
        for part in parts {
            match left.find(part) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(end)
    }
    /// Whether a model fits: `provider/model`, or the model alone.
    pub fn fits_model(&self, provider: &str, model: &str) -> bool {
        self.fits(model) || (self.0.contains(['/', '*']) && self.fits(&[provider, "/", model].concat()))
    }
}

/// Values by name or pattern: an exact name is found before a pattern, a longer pattern before a shorter one.
#[derive(Debug, Clone, PartialEq)]
pub struct Names<T> {
    exact: Vec<(String, T)>,
    patterns: Vec<(Pattern, T)>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { exact: Vec::new(), patterns: Vec::new() }
    }
}

impl<T> FromIterator<(String, T)> for Names<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        let (patterns, exact): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(name, _)| name.contains('*'));
        let mut names = Self { exact, patterns: patterns.into_iter().map(|(name, value)| (Pattern(name), value)).collect() };
        names.exact.sort_by(|(a, _), (b, _)| a.cmp(b));
        names.patterns.sort_by(|(a, _), (b, _)| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        names
    }
}

impl<T> Names<T> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }
    /// By a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.exact(name).or_else(|| self.patterns.iter().find(|(pattern, _)| pattern.fits(name)).map(|(_, value)| value))
    }
    /// By `provider/model`, then by the model alone, then by a pattern for either.
    pub fn of_model(&self, provider: &str, model: &str) -> Option<&T> {
        if self.is_empty() {
            return None;
        }
        let exact = self.exact(&[provider, "/", model].concat()).or_else(|| self.exact(model));
        exact.or_else(|| self.patterns.iter().find(|(pattern, _)| pattern.fits_model(provider, model)).map(|(_, value)| value))
    }
    /// By a name, patterns left out.
    pub fn exact(&self, name: &str) -> Option<&T> {
        self.exact.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok().map(|at| &self.exact[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, fits) in [
            ("large", "large", true),
            ("large", "larger", false),
            ("*", "", true),
            ("la*", "large", true),
            ("*ge", "large", true),
            ("l*r*e", "large", true),
            ("l*ge*ge", "large", false),
            ("cache_*", "cache_read", true),
            ("cache_*", "input", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn an_exact_name_is_found_before_a_pattern_and_a_longer_pattern_before_a_shorter_one() {
        let entries = [("*", 1), ("la*", 2), ("large", 3), ("acme/large", 4), ("acme/*", 5)];
        let names: Names<i32> = entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let found = |provider: &str, model: &str| names.of_model(provider, model).copied();
        assert_eq!([found("acme", "large"), found("b", "large"), found("acme", "x"), found("b", "lamp"), found("b", "x")], [4, 3, 5, 2, 1].map(Some));
        assert_eq!(Names::<i32>::default().of_model("acme", "large"), None);
    }
}
