//! What the tests of every vocabulary share: texts that lean on every rule, and the comparison with independent encoders.

use std::fmt::Write;

use weighbridge_plugin::counter::Count;

use crate::{Effort, Vocabulary, merge};

/// Tokens by another encoder.
pub type Reference<'a> = &'a dyn Fn(&str) -> u64;

/// Counted with as much work as it takes.
pub fn count(vocabulary: &'static Vocabulary, text: &str) -> Count {
    Effort::new(vocabulary, u64::MAX).count(text)
}

/// The pieces that a text is cut into.
pub fn pieces<'a>(vocabulary: &Vocabulary, text: &'a str) -> Vec<&'a str> {
    vocabulary.pieces(text).collect()
}

/// A small generator with a fixed seed: the same texts on every run.
struct Random(u64);
impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Texts that lean on every rule of the splitter and on every table.
pub fn texts() -> Vec<String> {
    let mut random = Random(0x5eed_0200);
    let alphabets: [&[char]; 8] = [
        &['a', 'b', 'e', 'n', 'o', 's', 't', ' ', ' ', '\n', 'T', 'S'],
        &['\'', 's', 'S', 'ſ', 'l', 'L', 'r', 'e', 'V', 'd', 'm', 't', ' ', 'x'],
        &[' ', '\t', '\n', '\r', '\u{a0}', '\u{3000}', 'a', '/', '.'],
        &['0', '1', '٣', 'Ⅷ', '½', ' ', 'a', '.', ',', '-'],
        &['漢', '字', 'か', 'カ', 'ー', '。', 'A', 'b', 'ß', 'ǅ', 'ʰ', '\u{301}', '\u{20dd}'],
        &['🙂', '👩', '\u{200d}', '💻', '\u{fe0f}', '🇩', '🇪', ' ', 'a'],
        &['{', '}', '"', ':', ',', '\\', 'n', '/', '<', '|', '>', '_', '=', ' ', '1'],
        &['П', 'р', 'и', 'в', 'ع', 'ر', 'ב', 'ी', 'न', 'ม', 'ั', ' ', '!'],
    ];
    let mut texts = Vec::new();
    for round in 0..4000 {
        let own = alphabets[round % alphabets.len()];
        let length = 1 + random.below(if round % 50 == 0 { 3000 } else { 60 });
        let mut text = String::new();
        for _ in 0..length {
            let alphabet = if random.below(12) == 0 { alphabets[random.below(8) as usize] } else { own };
            text.push(alphabet[random.below(alphabet.len() as u64) as usize]);
        }
        texts.push(text);
    }
    for code in (0u32..0x11_0000).step_by(7).filter_map(char::from_u32) {
        if (code as u32).is_multiple_of(11) {
            texts.push(format!("a{code}B {code}{code}\n"));
        }
    }
    let mut prose = String::new();
    for number in 0..400 {
        let _ = write!(prose, "Line {number}: the quick brown fox doesn't jump over https://example.org/{number}?q=ünïcödé… ");
    }
    texts.push(prose);
    texts
}

/// Every text has the tokens that each of the other encoders finds.
pub fn agrees(vocabulary: &'static Vocabulary, references: &[(&str, Reference)]) {
    for text in texts() {
        let ours = count(vocabulary, &text);
        assert!(ours.exact, "{text:?}");
        for (name, reference) in references {
            assert_eq!(ours.tokens, reference(&text), "{name}: {text:?}");
        }
    }
}

/// Texts without a single break too.
pub fn long_pieces_agree(vocabulary: &'static Vocabulary, reference: Reference) {
    for unit in ["a", "xy", "漢", "\u{301}", " ", "=", "zq9"] {
        let text = unit.repeat(30_000 / unit.len());
        assert_eq!(count(vocabulary, &text).tokens, reference(&text), "{unit:?}");
    }
}

/// The two ways to merge a piece give the same.
pub fn scanning_and_the_heap_agree(vocabulary: &'static Vocabulary) {
    for piece in ["antidisestablishmentarianism", "zzzzzzzzzzzzzzzzzzzzz", "ŝĝĥĵ ŭ", "éèê𝔘𝔫𝔦", "aaaaaaaaaaaaaaaaaaaaaaaaab", "ab"] {
        assert_eq!(merge::scan(vocabulary, piece.as_bytes()), merge::heap(vocabulary, piece.as_bytes()), "{piece}");
    }
}

/// Whatever the text, the work of a call is bounded, and what is estimated is within 5 %.
pub fn the_work_is_bounded(vocabulary: &'static Vocabulary, limit: u64, reference: Reference) {
    let hostile = [
        ("one letter", "a".repeat(2_000_000)),
        ("one sign", "=".repeat(2_000_000)),
        ("blanks", " ".repeat(2_000_000)),
        ("no break", "qzjxvkwp".repeat(250_000)),
        ("short and rare", "qz1xv2kw ".repeat(220_000)),
    ];
    for (what, text) in hostile {
        let count = Effort::new(vocabulary, limit).count(&text);
        assert!(!count.exact, "{what}");
        let known = reference(&text);
        assert!(count.tokens.abs_diff(known) * 20 <= known, "{what}: about {} where there are {known}", count.tokens);
    }
}

/// Many texts share the work of one call; ordinary ones are exact.
pub fn texts_share_the_work_of_a_call(vocabulary: &'static Vocabulary, limit: u64, reference: Reference) {
    let text = "qzjxvkwp".repeat(2_000);
    let mut effort = Effort::new(vocabulary, limit);
    let counts: Vec<Count> = (0..1_000).map(|_| effort.count(&text)).collect();
    assert!(counts[0].exact && !counts[999].exact);
    assert!(effort.is_used_up(), "{effort:?}");
    assert!(counts[999].tokens.abs_diff(counts[0].tokens) * 20 <= counts[0].tokens, "{:?} {:?}", counts[0], counts[999]);
    let text = "The weighbridge weighs what drives over it without stopping it. It isn't hard, they say. ".repeat(2_000);
    let count = Effort::new(vocabulary, limit).count(&text);
    assert_eq!((count.tokens, count.exact), (reference(&text), true));
}
