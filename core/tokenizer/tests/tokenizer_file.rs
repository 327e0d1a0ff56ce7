//! A tokenizer.json of our own, small enough to be counted by hand.
#![allow(clippy::unwrap_used, reason = "for tests")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use weighbridge_domain::Digest;
use weighbridge_plugin_api::{
    Counter, Manifest, PluginIdentity,
    counter::{Image, Message, Part},
};
use weighbridge_tokenizer::TokenizerFile;

const MANIFEST: &str = "name = \"acme\"\nversion = \"1\"\nkind = \"counter\"\ncontract = \"0.1.0\"\ndescription = \"\"\nnative = \"tokenizer.json\"\n\
                        [config]\ntokens_per_message = 4\ntokens_per_answer = 3\n";

/// `low` and `er` are tokens, other letters stand alone; a text begins with a mark that is no part of a count.
const SMALL: &str = r#"{"version": "1.0",
    "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}, "padding": null,
    "added_tokens": [{"id": 9, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
    "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}}},
    "model": {"type": "BPE", "vocab": {"l": 0, "o": 1, "w": 2, "e": 3, "r": 4, "lo": 5, "low": 6, "er": 7, "u": 8, "<s>": 9, "s": 10},
        "merges": [["l", "o"], ["lo", "w"], ["e", "r"]]}}"#;

fn open(folder: &Path, settings: &str) -> Result<TokenizerFile, String> {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let settings: BTreeMap<String, toml::Value> = toml::from_str(settings).unwrap();
    let identity = PluginIdentity { name: "acme".into(), version: "1".into(), digest: Digest([0; 32]) };
    TokenizerFile::open(Arc::new(identity), &manifest, &settings, folder).map_err(|error| error.to_string().replace(&*folder.to_string_lossy(), "…"))
}

fn folder(file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.json"), file).unwrap();
    folder
}

#[test]
fn texts_and_prompts_are_counted_whole_and_bare() {
    let folder = folder(SMALL);
    let counter = open(folder.path(), "file = \"small.json\"\nmodels = [\"small-*\"]").unwrap();
    let counts = counter.count_texts("acme/small-1", &["", "lower", "low low lower"]).unwrap();
    assert_eq!(counts.iter().map(|count| (count.tokens, count.exact)).collect::<Vec<_>>(), [(0, true), (2, true), (4, true)]);
    assert!(!counter.count_texts("large", &["low"]).unwrap()[0].exact);
    let message = |part| Message { role: "user".into(), name: None, parts: vec![part] };
    let count = counter.count_prompt("small-1", &[message(Part::Text("lower".into()))]).unwrap();
    assert_eq!((count.tokens, count.exact), (4 + 3 + 2 + 3, false), "frame, the role u-s-er, the text, the answer's start");
    let image = Image { width: 1, height: 1, detail: String::new() };
    let refused = counter.count_prompt("small-1", &[message(Part::Image(image))]).unwrap_err();
    assert_eq!(refused.to_string(), "plugin \"acme\" count-prompt: a tokenizer.json says nothing of images");
}

#[test]
fn a_wrong_file_or_setting_is_found_at_the_start() {
    let hint = "; say which file, and for which models: file = \"tokenizer.json\", models = [\"large-*\"]";
    let none = "… cannot be read: No such file or directory (os error 2)".replace('…', "…/none.json");
    for (file, settings, refusal) in [
        (SMALL, "file = \"none.json\"\nmodels = [\"a\"]", none),
        (SMALL, "models = [\"a\"]", format!("missing field `file`{hint}")),
        (SMALL, "file = \"small.json\"\nmodels = []", format!("`models` is empty{hint}")),
        (
            SMALL,
            "file = \"small.json\"\nmodels = [\"a\"]\nmodell = 1",
            format!("unknown field `modell`, expected one of `file`, `models`, `other_models`, `tokens_per_message`, `tokens_per_answer`{hint}"),
        ),
        ("{}", "file = \"small.json\"\nmodels = [\"a\"]", "…/small.json is no tokenizer.json: missing field `model` at line 1 column 2".into()),
        ("[", "file = \"small.json\"\nmodels = [\"a\"]", "…/small.json is no tokenizer.json: EOF while parsing a list at line 1 column 1".into()),
    ] {
        let folder = folder(file);
        assert_eq!(open(folder.path(), settings).err(), Some(refusal), "{settings}");
    }
}

#[test]
fn a_file_that_is_larger_than_any_tokenizer_is_not_read() {
    let folder = folder("");
    std::fs::File::options().write(true).open(folder.path().join("small.json")).unwrap().set_len((64 << 20) + 1).unwrap();
    assert_eq!(open(folder.path(), "file = \"small.json\"\nmodels = [\"a\"]").err().unwrap(), "…/small.json has more than 64 MiB");
}

#[test]
fn a_file_that_only_looks_like_one_fails_when_it_is_needed() {
    let folder = folder("{\"model\": {}}");
    let counter = open(folder.path(), "file = \"small.json\"\nmodels = [\"a\"]").unwrap();
    let error = counter.count_texts("a", &["low"]).unwrap_err().to_string();
    assert!(error.starts_with("plugin \"acme\" count-texts: its configuration is not valid: ") && error.contains(" is no tokenizer.json: "), "{error}");
}
