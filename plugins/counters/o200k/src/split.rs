//! Cuts a text into pieces as o200k_base does before merging.
//!
//! The published pattern, in order of preference (the first alternative that matches wins, each as long as it can):
//!
//! ```text
//! [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! \p{N}{1,3}
//!  ?[^\s\p{L}\p{N}]+[\r\n/]*
//! \s*[\r\n]+
//! \s+(?!\S)
//! \s+
//! ```
//!
//! It is followed by hand here: no automaton to build, and every character is looked at a bounded number of times.

use crate::{layout::Class, vocabulary::class};

/// The pieces of a text; together they are the text.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = piece(rest)?;
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}

fn piece(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let size = first.len_utf8();
    let kind = class(first);
    let may_lead = !matches!(first, '\r' | '\n') && !is_letter(kind) && kind != Class::Number;
    let leads: &[usize] = if may_lead { &[size, 0] } else { &[0] };
    for word in [lower_word, upper_word] {
        for &lead in leads {
            if let Some(length) = word(&text[lead..]) {
                let end = lead + length;
                return Some(end + contraction(&text[end..]));
            }
        }
    }
    if kind == Class::Number {
        return Some(run(text, |kind, _| kind == Class::Number, 3));
    }
    symbols(text, first).or_else(|| space(text)).or(Some(size))
}

fn is_letter(kind: Class) -> bool {
    matches!(kind, Class::Upper | Class::Lower | Class::Letter)
}
/// Upper, title, modifier and other letters, and marks.
fn upperish(kind: Class) -> bool {
    matches!(kind, Class::Upper | Class::Letter | Class::Mark)
}
/// Lower, modifier and other letters, and marks.
fn lowerish(kind: Class) -> bool {
    matches!(kind, Class::Lower | Class::Letter | Class::Mark)
}

/// How many bytes the leading characters take that satisfy, at most so many characters.
fn run(text: &str, satisfies: impl Fn(Class, char) -> bool, most: usize) -> usize {
    let stop = text.char_indices().enumerate().find(|&(count, (_, c))| count == most || !satisfies(class(c), c));
    stop.map_or(text.len(), |(_, (at, _))| at)
}

/// `[upperish]*[lowerish]+`. Greedy: where nothing lower follows the upper run, the run gives back all after its last
/// character that is both.
fn lower_word(text: &str) -> Option<usize> {
    let (mut upper, mut last_both) = (text.len(), None);
    for (at, c) in text.char_indices() {
        let kind = class(c);
        if !upperish(kind) {
            upper = at;
            break;
        }
        if lowerish(kind) {
            last_both = Some(at + c.len_utf8());
        }
    }
    match run(&text[upper..], |kind, _| lowerish(kind), usize::MAX) {
        0 => last_both,
        lower => Some(upper + lower),
    }
}

/// `[upperish]+[lowerish]*`. Only asked where [`lower_word`] found nothing, so nothing lower follows.
fn upper_word(text: &str) -> Option<usize> {
    let upper = run(text, |kind, _| upperish(kind), usize::MAX);
    (upper > 0).then(|| upper + run(&text[upper..], |kind, _| lowerish(kind), usize::MAX))
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`; the long s is an s to a pattern that ignores case.
fn contraction(text: &str) -> usize {
    let mut characters = text.chars();
    if characters.next() != Some('\'') {
        return 0;
    }
    let (first, second) = (characters.next(), characters.next());
    match (first.map(|c| c.to_ascii_lowercase()), second.map(|c| c.to_ascii_lowercase())) {
        (Some('s' | 't' | 'm' | 'd'), _) => 2,
        (Some('\u{17f}'), _) => 3,
        (Some('r' | 'v'), Some('e')) | (Some('l'), Some('l')) => 3,
        _ => 0,
    }
}

/// ` ?[^\s\p{L}\p{N}]+[\r\n/]*`
fn symbols(text: &str, first: char) -> Option<usize> {
    let lead = usize::from(first == ' ');
    let body = run(&text[lead..], |kind, _| matches!(kind, Class::Other | Class::Mark), usize::MAX);
    (body > 0).then(|| lead + body + run(&text[lead + body..], |_, c| matches!(c, '\r' | '\n' | '/'), usize::MAX))
}

/// `\s*[\r\n]+`, else `\s+(?!\S)`, else `\s+`: up to the last line break, else all but the space that leads the next word.
fn space(text: &str) -> Option<usize> {
    let end = run(text, |kind, _| kind == Class::Space, usize::MAX);
    let spaces = &text[..end];
    if let Some(last) = spaces.rfind(['\r', '\n']) {
        return Some(last + 1);
    }
    let (last, _) = spaces.char_indices().next_back()?;
    Some(if end == text.len() || last == 0 { end } else { last })
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn texts_are_cut_as_the_pattern_says() {
        let cases: [(&str, &[&str]); 12] = [
            ("", &[]),
            ("Hello world", &["Hello", " world"]),
            ("HTTPServer", &["HTTPServer"]),
            ("helloWorld", &["hello", "World"]),
            ("I'll they'VE o'clock", &["I'll", " they'VE", " o", "'clock"]),
            ("12345", &["123", "45"]),
            ("a  b   ", &["a", " ", " b", "   "]),
            ("x\n\n  y", &["x", "\n\n", " ", " y"]),
            ("\t\n\t\n\tz", &["\t\n\t\n", "\tz"]),
            ("ローマABC", &["ローマ", "ABC"]),
            ("a != b//\n", &["a", " !=", " b", "//\n"]),
            ("e\u{301}\u{301} \u{301}", &["e\u{301}\u{301}", " \u{301}"]),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
