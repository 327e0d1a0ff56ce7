//! Cuts a text into pieces before merging, as the published pattern of each vocabulary does. In order of preference: the first
//! alternative that matches wins, each as long as it can.
//!
//! o200k_base:
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
//! cl100k_base:
//!
//! ```text
//! (?i:'s|'t|'re|'ve|'m|'ll|'d)
//! [^\r\n\p{L}\p{N}]?\p{L}+
//! \p{N}{1,3}
//!  ?[^\s\p{L}\p{N}]+[\r\n]*
//! \s*[\r\n]+
//! \s+(?!\S)
//! \s+
//! ```
//!
//! Both are followed by hand here: no automaton to build, and every character is looked at a bounded number of times.

use crate::{layout::Class, vocabulary::Vocabulary};

/// Which of the patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Words by their case, with their contraction.
    O200k,
    /// Words of letters alone; a contraction is a piece of its own.
    Cl100k,
}

impl Vocabulary {
    /// The pieces of a text; together they are the text.
    pub(crate) fn pieces<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let mut rest = text;
        std::iter::from_fn(move || {
            let length = self.piece(rest)?;
            let (piece, after) = rest.split_at(length);
            rest = after;
            Some(piece)
        })
    }

    fn piece(&self, text: &str) -> Option<usize> {
        let first = text.chars().next()?;
        let size = first.len_utf8();
        let kind = self.class(first);
        let may_lead = !matches!(first, '\r' | '\n') && !is_letter(kind) && kind != Class::Number;
        let word = match self.cut {
            Cut::O200k if may_lead => self.cased_word(text, &[size, 0]),
            Cut::O200k => self.cased_word(text, &[0]),
            Cut::Cl100k => self.plain_word(text, if may_lead { size } else { 0 }),
        };
        if word.is_some() {
            return word;
        }
        if kind == Class::Number {
            return Some(self.run(text, |kind, _| kind == Class::Number, 3));
        }
        self.symbols(text, first).or_else(|| self.space(text)).or(Some(size))
    }

    /// The first two alternatives of o200k, after each of the leads.
    fn cased_word(&self, text: &str, leads: &[usize]) -> Option<usize> {
        for word in [Self::lower_word, Self::upper_word] {
            for &lead in leads {
                if let Some(length) = word(self, &text[lead..]) {
                    let end = lead + length;
                    return Some(end + contraction(&text[end..]));
                }
            }
        }
        None
    }

    /// The first two alternatives of cl100k.
    fn plain_word(&self, text: &str, lead: usize) -> Option<usize> {
        match contraction(text) {
            0 => {}
            contraction => return Some(contraction),
        }
        match self.run(&text[lead..], |kind, _| is_letter(kind), usize::MAX) {
            0 => None,
            letters => Some(lead + letters),
        }
    }

    /// How many bytes the leading characters take that satisfy, at most so many characters.
    fn run(&self, text: &str, satisfies: impl Fn(Class, char) -> bool, most: usize) -> usize {
        let stop = text.char_indices().enumerate().find(|&(count, (_, c))| count == most || !satisfies(self.class(c), c));
        stop.map_or(text.len(), |(_, (at, _))| at)
    }

    /// `[upperish]*[lowerish]+`. Greedy: where nothing lower follows the upper run, the run gives back all after its last
    /// character that is both.
    fn lower_word(&self, text: &str) -> Option<usize> {
        let (mut upper, mut last_both) = (text.len(), None);
        for (at, c) in text.char_indices() {
            let kind = self.class(c);
            if !upperish(kind) {
                upper = at;
                break;
            }
            if lowerish(kind) {
                last_both = Some(at + c.len_utf8());
            }
        }
        match self.run(&text[upper..], |kind, _| lowerish(kind), usize::MAX) {
            0 => last_both,
            lower => Some(upper + lower),
        }
    }

    /// `[upperish]+[lowerish]*`. Only asked where [`Self::lower_word`] found nothing, so nothing lower follows.
    fn upper_word(&self, text: &str) -> Option<usize> {
        let upper = self.run(text, |kind, _| upperish(kind), usize::MAX);
        (upper > 0).then(|| upper + self.run(&text[upper..], |kind, _| lowerish(kind), usize::MAX))
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n/]*`; to cl100k a slash after the line breaks is no part of it.
    fn symbols(&self, text: &str, first: char) -> Option<usize> {
        let lead = usize::from(first == ' ');
        let body = self.run(&text[lead..], |kind, _| matches!(kind, Class::Other | Class::Mark), usize::MAX);
        let slash = self.cut == Cut::O200k;
        let tail = |c: char| matches!(c, '\r' | '\n') || (slash && c == '/');
        (body > 0).then(|| lead + body + self.run(&text[lead + body..], |_, c| tail(c), usize::MAX))
    }

    /// `\s*[\r\n]+`, else `\s+(?!\S)`, else `\s+`: up to the last line break, else all but the space that leads the next word.
    fn space(&self, text: &str) -> Option<usize> {
        let end = self.run(text, |kind, _| kind == Class::Space, usize::MAX);
        let spaces = &text[..end];
        if let Some(last) = spaces.rfind(['\r', '\n']) {
            return Some(last + 1);
        }
        let (last, _) = spaces.char_indices().next_back()?;
        Some(if end == text.len() || last == 0 { end } else { last })
    }
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
