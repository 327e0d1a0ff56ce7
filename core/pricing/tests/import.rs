//! Reading a price file: what becomes a row, what is asked about, what is left out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use common::{ask, at, usage};
use insta::assert_snapshot;
use weighbridge_pricing::{Import, ImportOptions, PriceBook, PriceQuery, import};

const MAP: &str = r#"
[litellm]
tiers = { batches = "batch" }
multipliers.us = { when = "inference_geo", is = "us" }
[litellm.providers.acme_ai]
book = "acme"
prefixes = ["acme_ai/"]
comparator = "ge"
one_input_rate = true
"#;

fn read(entries: &str) -> Import {
    import::litellm(&format!("{{{entries}}}"), &mut ImportOptions { map: MAP, ..Default::default() }).unwrap()
}

fn entry(key: &str, prices: &str) -> String {
    format!(r#""{key}": {{"litellm_provider": "acme_ai", "mode": "chat", {prices}}}"#)
}

fn reasons(entries: &str) -> String {
    read(entries).quarantined.iter().map(|q| format!("{}: {}\n", q.row.id, q.reasons.join("; "))).collect()
}

#[test]
fn rates_are_read_by_their_text_and_quoted_per_million() {
    let import = read(&entry(
        "acme_ai/m",
        r#""input_cost_per_token": 1.5e-07, "output_cost_per_token": 6E-7, "cache_read_input_token_cost": 0.000000075, "max_input_tokens": 128000, "source": "https://acme.example""#,
    ));
    assert_snapshot!(serde_json::to_string(&import.rows[0]).unwrap(), @r#"{"id":"acme/m","provider":"acme","model":"m","aliases":[],"version":1,"currency":"USD","valid_from":null,"valid_to":null,"source":{"name":"litellm","url":"https://acme.example","date":null},"tiers":{"default":[{"rates":{"cache_read":{"rate":"0.075","per":"1000000"},"cache_read_audio":{"rate":"0.075","per":"1000000"},"input":{"rate":"0.15","per":"1000000"},"input_audio":{"rate":"0.15","per":"1000000"},"output":{"rate":"0.6","per":"1000000"}}}]},"limits":{"max_input":128000,"max_output":null}}"#);
}

#[test]
fn tiers_bands_fees_and_multipliers_find_their_place() {
    let import = read(&entry(
        "acme_ai/m",
        r#""input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6, "cache_creation_input_token_cost": 1.25e-6, "cache_creation_input_token_cost_above_1hr": 2e-6,
        "input_cost_per_token_above_200k_tokens": 2e-6, "output_cost_per_token_above_200k_tokens": 6e-6, "cache_creation_input_token_cost_above_200k_tokens": 2.5e-6, "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 4e-6,
        "input_cost_per_token_batches": 5e-7, "output_cost_per_token_batches": 2e-6, "input_cost_per_token_above_200k_tokens_batches": 1e-6,
        "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.01}, "provider_specific_entry": {"us": 1.1}"#,
    ));
    assert!(import.quarantined.is_empty(), "rule 12 covers what the batch tier leaves out: {:?}", import.quarantined);
    let book = PriceBook::from_rows(import.rows).unwrap();
    let cost = |tier, text: &str| common::shown(&book.cost_with_facts(&ask("m", tier), &[("inference_geo", "us")], &usage(text)));
    assert_snapshot!(cost(Some("batch"), "input=199999 cache_write_1h=1 output=1 web_searches=1"), @"
    Priced 0.2300044
    input 199999 × 1.1 / 1000000 = 0.2199989  (service tier batch; long context: the rates for input over 200000 tokens; × 1.1 (inference_geo us))
    cache_write_1h 1 × 2.2 / 1000000 = 0.0000022  (service tier batch; long context: the rates for input over 200000 tokens; × 1.1 (inference_geo us))
    output 1 × 3.3 / 1000000 = 0.0000033  (service tier batch; long context: the rates for input over 200000 tokens; × 1.1 (inference_geo us))
    web_searches 1 × 10 / 1000 = 0.01
    ");
}

#[test]
fn ranges_become_bands_and_off_peak_hours_windows() {
    let ranges = entry(
        "acme_ai/r",
        r#""tiered_pricing": [{"range": [0, 32000.0], "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}, {"range": [32000.0, 128000], "input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6}]"#,
    );
    let hours = entry(
        "acme_ai/h",
        r#""input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6, "off_peak_pricing": {"input_cost_per_token": 1e-6, "windows": [{"hours_utc": ["10:00-00:00"], "weekdays": [1]}]}"#,
    );
    let import = read(&format!("{ranges}, {hours}"));
    let book = PriceBook::from_rows(import.rows).unwrap();
    let rate = |model: &str, time: &str, text: &str| {
        book.cost(&PriceQuery { at: at(time), ..ask(model, None) }, &usage(text)).cost.lines[0].rate.normalize().to_string()
    };
    assert_eq!(rate("r", "2026-11-23T12:00:00Z", "input=31999"), "1");
    assert_eq!(rate("r", "2026-11-23T12:00:00Z", "input=32000"), "3", "this provider's comparator is ge");
    assert_eq!(
        (rate("h", "2026-11-23T09:59:59Z", "input=1"), rate("h", "2026-11-23T10:00:00Z", "input=1"), rate("h", "2026-11-23T10:00:00Z", "output=1")),
        ("2".into(), "1".into(), "4".into())
    );
}

#[test]
fn suspicious_rows_are_quarantined_with_the_reason() {
    let usual = r#""input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6"#;
    let entries = [
        entry("acme_ai/a-dear", r#""input_cost_per_token": 0.0032, "output_cost_per_token": 4e-6"#),
        entry("acme_ai/b-cheap", r#""input_cost_per_token": 1e-12, "output_cost_per_token": 4e-6"#),
        entry("acme_ai/c-reads", &format!(r#"{usual}, "cache_read_input_token_cost": 1.1e-6"#)),
        entry("acme_ai/d-writes", &format!(r#"{usual}, "cache_creation_input_token_cost": 0.9e-6"#)),
        entry("acme_ai/e-lifetimes", &format!(r#"{usual}, "cache_creation_input_token_cost": 1.25e-6, "cache_creation_input_token_cost_above_1hr": 1.1e-6"#)),
        entry("acme_ai/f-batch", &format!(r#"{usual}, "input_cost_per_token_batches": 2e-6, "output_cost_per_token_batches": 2e-6"#)),
        entry("acme_ai/g-priority", &format!(r#"{usual}, "input_cost_per_token_priority": 0.5e-6, "output_cost_per_token_priority": 8e-6"#)),
        entry("acme_ai/h-incomplete", &format!(r#"{usual}, "input_cost_per_token_flex": 0.5e-6"#)),
        entry("acme_ai/i-free", r#""input_cost_per_token": 0, "output_cost_per_token": 0.0"#),
        entry("acme_ai/j", usual),
        entry("acme_ai/j-2026-01-01", usual),
        entry("acme_ai/j-2026-08-01", r#""input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6"#),
    ];
    let written_free_writes = entry("acme_ai/k", &format!(r#"{usual}, "cache_creation_input_token_cost": 0.0"#));
    assert_snapshot!(reasons(&entries.join(",")), @"
    acme/a-dear: input costs 3200 per 1000000 tokens; 0.001 to 1000 would be usual; input_audio costs 3200 per 1000000 tokens; 0.001 to 1000 would be usual
    acme/b-cheap: input costs 0.000001 per 1000000 tokens; 0.001 to 1000 would be usual; input_audio costs 0.000001 per 1000000 tokens; 0.001 to 1000 would be usual
    acme/c-reads: cache_read (1.1) is dearer than input (1); cache_read_audio (1.1) is dearer than input_audio (1)
    acme/d-writes: cache_write (0.9) is cheaper than input (1)
    acme/e-lifetimes: cache_write_1h (1.1) is cheaper than the shorter cache_write (1.25)
    acme/f-batch: batch: input (2) is dearer than usual (1)
    acme/g-priority: priority: input (0.5) is cheaper than usual (1)
    acme/h-incomplete: flex: no rate for output
    acme/i-free: it says that everything is free
    acme/j: input costs 1, but 2 for its snapshot j-2026-08-01
    ");
    assert_eq!(reasons(&written_free_writes), "", "a write that costs nothing is a price");
}

#[test]
fn a_confirmed_row_is_taken() {
    let text = format!("{{{}}}", entry("acme_ai/i-free", r#""input_cost_per_token": 0"#));
    let import = import::litellm(&text, &mut ImportOptions { map: MAP, confirmed: &["acme/i-free".into()], ..Default::default() }).unwrap();
    assert_eq!((import.rows.len(), import.quarantined.len()), (1, 0));
}

#[test]
fn two_entries_of_one_model_must_agree() {
    let (one, two, three) =
        (entry("acme_ai/m", r#""input_cost_per_token": 1e-6"#), entry("m", r#""input_cost_per_token": 1e-6"#), entry("m", r#""input_cost_per_token": 2e-6"#));
    assert_eq!(read(&format!("{one}, {two}")).skipped[0].reason, "the same price as the entry before of acme/m");
    assert_snapshot!(reasons(&format!("{one}, {three}")), @"acme/m: m: another entry of the file has another price for acme/m");
}

#[test]
fn what_is_not_a_price_is_skipped_with_the_reason() {
    let entries = [
        r#""sample_spec": {"litellm_provider": "one of them", "input_cost_per_token": 0.0}"#.to_owned(),
        entry("acme_ai/video", r#""output_cost_per_second_720p": 0.1"#),
        entry("acme_ai/words", r#""input_cost_per_token": "cheap""#),
        r#""list": []"#.to_owned(),
    ];
    let skipped: String = read(&entries.join(",")).skipped.iter().map(|s| format!("{}: {}\n", s.key, s.reason)).collect();
    assert_snapshot!(skipped, @r#"
    acme_ai/video: it has no price that the book can hold
    acme_ai/words: input_cost_per_token: "cheap" is not a number
    list: not an object: invalid type: sequence, expected a map at line 1 column 0
    sample_spec: not a model: it names no provider
    "#);
}

#[test]
fn a_file_that_is_not_one_is_refused() {
    let refusal = |text: &str, map: &str| import::litellm(text, &mut ImportOptions { map, ..Default::default() }).unwrap_err().to_string();
    assert_snapshot!(refusal("[]", ""), @"this is not a litellm price file: invalid type: sequence, expected a map at line 1 column 0");
    assert!(refusal("{}", "[litellm]\nprovider = 1").starts_with("import map: TOML parse error"));
}

#[test]
fn progress_is_reported_to_the_end() {
    let entries: Vec<String> = (0..250).map(|i| entry(&format!("acme_ai/m{i}"), r#""input_cost_per_token": 1e-6"#)).collect();
    let mut seen = Vec::new();
    let mut progress = |done, total| seen.push((done, total));
    import::litellm(&format!("{{{}}}", entries.join(",")), &mut ImportOptions { map: MAP, progress: Some(&mut progress), ..Default::default() }).unwrap();
    assert_eq!(seen, [(0, 250), (100, 250), (200, 250), (250, 250)]);
}
