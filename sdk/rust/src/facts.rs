//! Reads the facts of an answer: token counts and names, with a doubt for each value that cannot be what it claims to be.

use crate::{Decimal, adapter::Fact, exact};

/// Beyond this no count of tokens is believed.
const ABSURD: u64 = 1_000_000_000_000;

/// The facts of one answer and what was doubtful in them.
#[derive(Debug)]
pub struct Facts<'a> {
    facts: &'a [Fact],
    /// In snake_case, for [`UsageReading::doubts`](crate::adapter::UsageReading::doubts).
    pub doubts: Vec<String>,
}

impl<'a> Facts<'a> {
    /// Nothing doubted yet.
    pub fn new(facts: &'a [Fact]) -> Self {
        Self { facts, doubts: Vec::new() }
    }
    /// The JSON text of a fact; where several rules have the name, the first that found something.
    pub fn json(&self, name: &str) -> Option<&'a str> {
        self.facts.iter().find(|fact| fact.name == name && fact.json != "null").map(|fact| fact.json.as_str())
    }
    /// A count. Absent stays absent and a reported zero stays zero; what is negative, fractional, absurd or no number is
    /// taken as absent and doubted (`negative_output`, `unreadable_output`, `absurd_output`).
    pub fn count(&mut self, name: &str) -> Option<u64> {
        let json = self.json(name)?;
        // Nearly every count is a few digits.
        if json.len() <= 12 && json.bytes().all(|byte| byte.is_ascii_digit()) {
            return json.parse().ok();
        }
        let value = self.number(name)?;
        match u64::try_from(value) {
            Ok(count) if value.is_integer() && count <= ABSURD => Some(count),
            Ok(_) if value.is_integer() => self.doubt(format!("absurd_{name}")),
            _ => self.doubt(format!("unreadable_{name}")),
        }
    }
    /// A quantity with decimals, under the same conditions.
    pub fn number(&mut self, name: &str) -> Option<Decimal> {
        match exact::parse(self.json(name)?) {
            Some(value) if value.is_sign_negative() && !value.is_zero() => self.doubt(format!("negative_{name}")),
            Some(value) => Some(value),
            None => self.doubt(format!("unreadable_{name}")),
        }
    }
    /// A string that is not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = unquote(self.json(name)?)?;
        (!text.is_empty()).then_some(text)
    }
    /// Adds a doubt, once.
    pub fn doubt<T>(&mut self, doubt: impl Into<String>) -> Option<T> {
        let doubt = doubt.into();
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
        None
    }
    /// At most the limit; what is beyond it is doubted.
    pub fn at_most(&mut self, value: u64, limit: u64, doubt: &str) -> u64 {
        if value > limit {
            let _: Option<()> = self.doubt(doubt);
        }
        value.min(limit)
    }
}

/// The text of a JSON string.
fn unquote(json: &str) -> Option<String> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(inner.into());
    }
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'u' => {
                    let code = characters.as_str().get(..4)?;
                    characters.nth(3);
                    char::from_u32(u32::from_str_radix(code, 16).ok()?)?
                }
                plain @ ('"' | '\\' | '/') => plain,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, json: &str) -> Fact {
        Fact { name: name.into(), json: json.into() }
    }

    #[test]
    fn absent_null_and_zero_stay_distinct() {
        let list = [of("null", "null"), of("zero", "0"), of("whole", "12.0")];
        let mut facts = Facts::new(&list);
        assert_eq!([facts.count("none"), facts.count("null"), facts.count("zero"), facts.count("whole")], [None, None, Some(0), Some(12)]);
        assert!(facts.doubts.is_empty());
    }

    #[test]
    fn rule_36_what_cannot_be_a_count_is_doubted_and_not_used() {
        let list = [of("a", "-5"), of("b", "1.5"), of("c", "1e15"), of("d", "\"7\""), of("e", "1e99"), of("f", "NaN")];
        let mut facts = Facts::new(&list);
        for name in ["a", "b", "c", "d", "e", "f", "a"] {
            assert_eq!(facts.count(name), None, "{name}");
        }
        assert_eq!(facts.doubts, ["negative_a", "unreadable_b", "absurd_c", "unreadable_d", "unreadable_e", "unreadable_f"]);
    }

    #[test]
    fn names_are_unquoted() {
        let list = [of("m", r#""meta\/llama-\u0033""#), of("empty", "\"\""), of("broken", r#""\ud83d""#)];
        let facts = Facts::new(&list);
        assert_eq!((facts.text("m").as_deref(), facts.text("empty"), facts.text("broken")), (Some("meta/llama-3"), None, None));
    }
}
