//! Exactness: known counts, and agreement with two independent encoders on texts of many kinds.

use byte_pair::samples;
use weighbridge_plugin::{
    Counter,
    counter::{Message, Part},
};

use super::{O200k, VOCABULARY};

const LIMIT: u64 = 7_000_000;

fn other(text: &str) -> u64 {
    bpe_openai::o200k_base().count(text) as u64
}

fn counter() -> O200k {
    let settings = r#"{"models":["gpt-4o*","o1"],"other_models":true,"work_limit":7000000,"tokens_per_message":3,"tokens_per_name":1,"tokens_per_answer":3,"image_base_tokens":85,"image_tile_tokens":170}"#;
    O200k::configure(settings).expect("the settings")
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
        let counted = samples::count(&VOCABULARY, text);
        assert_eq!((counted.tokens, counted.exact), (tokens, true), "{text:?}");
    }
}

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
        assert_eq!(samples::pieces(&VOCABULARY, text), expected, "{text:?}");
    }
}

#[test]
fn it_agrees_with_two_independent_encoders() {
    let tiktoken = tiktoken::get_encoding("o200k_base").expect("the vocabulary");
    samples::agrees(&VOCABULARY, &[("bpe-openai", &other), ("tiktoken", &|text| tiktoken.count(text) as u64)]);
}

#[test]
fn long_pieces_agree_too() {
    samples::long_pieces_agree(&VOCABULARY, &other);
    samples::scanning_and_the_heap_agree(&VOCABULARY);
}

#[test]
fn the_work_is_bounded_whatever_the_text() {
    samples::the_work_is_bounded(&VOCABULARY, LIMIT, &other);
    samples::texts_share_the_work_of_a_call(&VOCABULARY, LIMIT, &other);
}

#[test]
fn a_message_costs_its_text_and_its_frame() {
    let message = Message { role: "user".into(), name: None, parts: vec![Part::Text("hello world".into())] };
    let count = counter().count_prompt("any", &[message]).expect("a count");
    assert_eq!((count.tokens, count.exact), (3 + 1 + 2 + 3, false));
}

#[test]
fn exact_only_for_the_models_whose_tokenizer_it_is() {
    let counter = counter();
    let exact = |model: &str| counter.count_texts(model, &["hello".into()]).expect("a count")[0].exact;
    assert!(exact("gpt-4o-mini") && exact("o1") && exact("openai/gpt-4o-2024-08-06"));
    assert!(!exact("o1-pro") && !exact("claude-opus-4-8"));
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let error = O200k::configure(r#"{"modells":[]}"#).err().expect("a refusal");
    assert!(error.message.starts_with("the settings of o200k: unknown field `modells`, expected one of `models`"), "{}", error.message);
}
