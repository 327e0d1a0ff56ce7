//! A formula's text in tokens, each with its place.

use weighbridge_plugin::{Decimal, exact};

/// What went wrong, and where: an offset in the formula.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
    /// `line 2, column 7: …`
    pub(crate) fn shown(&self, formula: &str) -> String {
        let before = formula.get(..self.at).unwrap_or(formula);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("line {line}, column {column}: {}", self.message)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    Number(Decimal),
    Text(&'a str),
    Name(&'a str),
    Sign(&'static str),
    End,
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Name(word) => write!(f, "\"{word}\""),
            Self::Sign(sign) => write!(f, "\"{sign}\""),
            Self::End => f.write_str("the end"),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 14] = ["==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "(", ")", ","];

/// All tokens, the last one the end.
pub(crate) fn tokens(formula: &str) -> Result<Vec<(usize, Token<'_>)>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = formula[at..].chars().next() {
        let rest = &formula[at..];
        let (token, length) = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            ';' => (Token::Sign(";"), 1),
            '"' | '\'' => {
                let length = rest[1..].find(first).ok_or_else(|| Fault::new(at, "a text begins here and does not end"))?;
                (Token::Text(&rest[1..=length]), length + 2)
            }
            '0'..='9' => number(rest, at)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Name(&rest[..length]), length)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| Fault::new(at, format!("{first:?} is nothing that a formula has")))?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push((at, token));
        at += length;
    }
    tokens.push((formula.len(), Token::End));
    Ok(tokens)
}

/// `1_000_000`, `0.15`.
fn number(rest: &str, at: usize) -> Result<(Token<'_>, usize), Fault> {
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(rest.len());
    let text = &rest[..length];
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_') && !text.ends_with('.');
    let number = if digits { exact::parse(&text.replace('_', "")) } else { None };
    Ok((Token::Number(number.ok_or_else(|| Fault::new(at, format!("{text:?} is not a decimal number such as 0.15")))?), length))
}
