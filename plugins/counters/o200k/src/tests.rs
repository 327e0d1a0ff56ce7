//! Exactness: known counts, and agreement with two independent encoders on texts of many kinds.

use std::fmt::Write;

use super::{O200k, effort::Effort};
use weighbridge_plugin::{Counter, counter::Count};

/// Counted with as much work as it takes.
fn count(text: &str) -> Count {
    Effort::new(u64::MAX).count(text)
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
fn texts() -> Vec<String> {
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

#[test]
fn known_counts() {
    // As OpenAI's own tokenizer page counts them for GPT-4o.
    for (text, tokens) in [
        ("", 0),
        ("hello world", 2),
        ("Hello, world!", 4),
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("お誕生日おめでとう", 8),
        ("2 + 2 = 4", 7),
    ] {
        let counted = count(text);
        assert_eq!((counted.tokens, counted.exact), (tokens, true), "{text:?}");
    }
}

#[test]
fn it_agrees_with_two_independent_encoders() {
    let first = tiktoken::get_encoding("o200k_base").expect("the vocabulary");
    let second = bpe_openai::o200k_base();
    for text in texts() {
        let ours = count(&text);
        assert!(ours.exact, "{text:?}");
        assert_eq!(ours.tokens, second.count(text.as_str()) as u64, "bpe-openai: {text:?}");
        assert_eq!(ours.tokens, first.count(&text) as u64, "tiktoken: {text:?}");
    }
}

#[test]
fn long_pieces_agree_too() {
    let second = bpe_openai::o200k_base();
    for unit in ["a", "xy", "漢", "\u{301}", " ", "=", "zq9"] {
        let text = unit.repeat(30_000 / unit.len());
        assert_eq!(count(&text).tokens, second.count(text.as_str()) as u64, "{unit:?}");
    }
}

#[test]
fn exact_only_for_the_models_whose_tokenizer_it_is() {
    let manifest = r#"{"models":["gpt-4o*","o1"],"work_limit":7000000,"tokens_per_message":3,"tokens_per_name":1,"tokens_per_answer":3,"image_base_tokens":85,"image_tile_tokens":170}"#;
    let counter = O200k::configure(manifest).expect("the settings");
    let exact = |model: &str| counter.count_texts(model, &["hello".into()]).expect("a count")[0].exact;
    assert!(exact("gpt-4o-mini") && exact("o1"));
    assert!(!exact("o1-pro") && !exact("claude-opus-4-8"));
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let error = O200k::configure(r#"{"modells":[]}"#).err().expect("a refusal");
    assert!(error.message.starts_with("the settings of o200k: unknown field `modells`, expected one of `models`"), "{}", error.message);
}
