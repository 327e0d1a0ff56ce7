//! Cost, rule by rule (the numbers are those of the metering rules).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use common::{ask, at, book, d, row, shown, usage};
use insta::assert_snapshot;
use proptest::prelude::*;
use weighbridge_domain::{CostStatus, Decimal, Meter, Source, Usage, exact};
use weighbridge_pricing::{PriceBook, PriceQuery};

const MODELS: &str = r#"
derived = { cache_write_1h = { of = "input", times = "2" }, input_grounding = { of = "input", times = "0" } }
fees = { web_searches = "10" }
tier_names = { on_demand = "default" }
models.swift.aliases = ["swift-2026-08-01"]
models.swift.rates = { input = "3", cache_read = "0.3", cache_write = "3.75", output = "15" }
models.swift.above = { 200000 = { input = "6", cache_read = "0.6", cache_write = "7.5", output = "22.5" } }
models.swift.tiers.batch = "0.5"
models.swift.tiers.priority = { rates = { input = "6", cache_read = "0.6", cache_write = "7.5", output = "30" } }
models.swift.multipliers = [ { when = "inference_geo", is = "us", times = "1.1" } ]
models.plain.rates = { input = "0.5", output = "1.5" }
models.free-reads.rates = { input = "0.5", cache_read = "0", output = "1.5" }
models.thinker.rates = { input = "1", output = "4", reasoning = "6" }
models.scribe.rates = { audio_seconds = "0.0001", output = "4" }
models.scribe.minimums = { audio_seconds = "10" }
models.scribe.tiers.batch = "0.5"
models.listener.rates = { input = "1", input_audio = "8", output = "4" }
"#;

fn cost(model: &str, tier: Option<&str>, text: &str) -> String {
    shown(&book(MODELS).cost(&ask(model, tier), &usage(text)))
}

#[test]
fn a_plain_call_is_quantity_times_rate() {
    assert_snapshot!(cost("swift", None, "input=812 cache_read=1024 output=161"), @"
    Priced 0.0051582
    input 812 × 3 / 1000000 = 0.002436
    cache_read 1024 × 0.3 / 1000000 = 0.0003072
    output 161 × 15 / 1000000 = 0.002415
    ");
}

#[test]
fn rule_9_cache_writes_are_priced_by_their_lifetime() {
    assert_snapshot!(cost("swift", None, "input=1 cache_write_5m=1000 cache_write_1h=1000"), @"
    Priced 0.009753
    input 1 × 3 / 1000000 = 0.000003
    cache_write_5m 1000 × 3.75 / 1000000 = 0.00375  (no rate of its own: at the cache_write rate)
    cache_write_1h 1000 × 6 / 1000000 = 0.006  (2 × the input rate)
    ");
}

#[test]
fn rule_31_what_is_reported_and_not_billed_costs_nothing_and_is_priced() {
    assert_snapshot!(cost("swift", None, "input=1000 input_grounding=5000 web_searches=1"), @"
    Priced 0.013
    input 1000 × 3 / 1000000 = 0.003
    input_grounding 5000 × 0 / 1000000 = 0  (0 × the input rate)
    web_searches 1 × 10 / 1000 = 0.01
    ");
}

#[test]
fn rule_32_the_least_that_is_billed_of_a_request_is_price_data() {
    assert_snapshot!(cost("scribe", None, "audio_seconds=3.25"), @"
    Priced 0.001
    audio_seconds 10 × 0.0001 / 1 = 0.001  (at least 10 a request; 3.25 used)
    ");
    assert_snapshot!(cost("scribe", None, "audio_seconds=10.000000000000001"), @"
    Priced 0.0010000000000000001
    audio_seconds 10.000000000000001 × 0.0001 / 1 = 0.0010000000000000001
    ");
    // It is the quantity that has a least, in every tier; nothing that was not used has one.
    assert_snapshot!(cost("scribe", Some("batch"), "audio_seconds=3.25 output=1"), @"
    Priced 0.000502
    audio_seconds 10 × 0.00005 / 1 = 0.0005  (at least 10 a request; 3.25 used; service tier batch)
    output 1 × 2 / 1000000 = 0.000002  (service tier batch)
    ");
    assert_snapshot!(cost("scribe", None, "output=1"), @"
    Priced 0.000004
    output 1 × 4 / 1000000 = 0.000004
    ");
    assert_snapshot!(cost("scribe", None, "audio_seconds=0"), @"Priced 0");
}

#[test]
fn rule_32_a_least_quantity_is_above_zero_and_of_something_that_is_priced() {
    let refusal = |minimums: &str| {
        let models = format!("models.m.rates = {{ audio_seconds = \"1\" }}\nmodels.m.minimums = {{ {minimums} }}");
        PriceBook::catalogue(&common::catalogue(&models)).unwrap_err().to_string()
    };
    assert_snapshot!(refusal("audio_seconds = \"0\""), @"catalogue: price acme/m: minimums.audio_seconds: must be greater than 0");
    assert_snapshot!(refusal("pages = \"1\""), @"catalogue: price acme/m: minimums.pages: the row has no rate for pages");
    assert_snapshot!(refusal("audio_seconds = \"ten\""), @r#"catalogue: providers.acme.models."m".minimums.audio_seconds: "ten" is not a decimal number such as "0.15""#);
    let row = row("m", r#"{"default": [{"rates": {"audio_seconds": {"rate": "1", "per": "1"}}}]}"#, r#", "minimums": {"audio_seconds": "10"}"#);
    assert_eq!(serde_json::to_value(&row).unwrap()["minimums"], serde_json::json!({"audio_seconds": "10"}));
}

#[test]
fn rule_9_a_long_lifetime_is_never_priced_as_a_short_one() {
    assert_snapshot!(cost("swift", None, "cache_write_12h=1000"), @"
    Unpriced no amount
    flag no_rate
    ");
}

#[test]
fn rule_11_a_missing_cache_rate_falls_back_to_input_and_says_so() {
    assert_snapshot!(cost("plain", None, "cache_read=1000 cache_write=1000 output=2"), @"
    Priced 0.001003
    cache_read 1000 × 0.5 / 1000000 = 0.0005  (no rate of its own: at the input rate)
    cache_write 1000 × 0.5 / 1000000 = 0.0005  (no rate of its own: at the input rate)
    output 2 × 1.5 / 1000000 = 0.000003
    flag cache_rate_fallback
    ");
    assert_snapshot!(cost("free-reads", None, "cache_read=1000 output=2"), @"
    Priced 0.000003
    cache_read 1000 × 0 / 1000000 = 0
    output 2 × 1.5 / 1000000 = 0.000003
    ");
}

#[test]
fn rule_12_a_batch_discount_covers_every_leaf() {
    assert_snapshot!(cost("swift", Some("batch"), "input=1000 cache_read=1000 cache_write_1h=1000 output=1000"), @"
    Priced 0.01215
    input 1000 × 1.5 / 1000000 = 0.0015  (service tier batch)
    cache_read 1000 × 0.15 / 1000000 = 0.00015  (service tier batch)
    cache_write_1h 1000 × 3 / 1000000 = 0.003  (2 × the input rate; service tier batch)
    output 1000 × 7.5 / 1000000 = 0.0075  (service tier batch)
    ");
}

#[test]
fn rule_14_long_context_reprices_the_whole_request() {
    assert_snapshot!(cost("swift", None, "input=150000 cache_read=50001 output=100"), @"
    Priced 0.9322506
    input 150000 × 6 / 1000000 = 0.9  (long context: the rates for input over 200000 tokens)
    cache_read 50001 × 0.6 / 1000000 = 0.0300006  (long context: the rates for input over 200000 tokens)
    output 100 × 22.5 / 1000000 = 0.00225  (long context: the rates for input over 200000 tokens)
    ");
}

#[test]
fn rule_15_the_comparator_is_data() {
    let band = |comparator: &str| {
        format!(
            r#"{{"default": [{{"rates": {{"input": {{"rate": "1"}}}}}}, {{"above": {{"tokens": 200000, "comparator": "{comparator}"}}, "rates": {{"input": {{"rate": "2"}}}}}}]}}"#
        )
    };
    let book = PriceBook::from_rows([row("gt", &band("gt"), ""), row("ge", &band("ge"), "")]).unwrap();
    let rate = |model: &str, tokens: &str| book.cost(&ask(model, None), &usage(&format!("input={tokens}"))).cost.lines[0].rate;
    for (tokens, gt, ge) in [("199999", 1, 1), ("200000", 1, 2), ("200001", 2, 2)] {
        assert_eq!((rate("gt", tokens), rate("ge", tokens)), (gt.into(), ge.into()), "{tokens}");
    }
}

#[test]
fn rule_16_the_served_tier_is_billed_and_unknown_ones_are_flagged() {
    for tier in [None, Some(""), Some("default"), Some("standard"), Some("on_demand")] {
        assert!(cost("swift", tier, "input=1").starts_with("Priced 0.000003"), "{tier:?}");
    }
    for tier in ["auto", "scale", "Priority"] {
        assert_eq!(cost("swift", Some(tier), "input=1"), "Unpriced no amount\nflag unknown_service_tier\n", "{tier}");
    }
}

#[test]
fn rule_17_a_tier_without_a_rate_for_this_context_is_unpriced() {
    assert_snapshot!(cost("swift", Some("priority"), "input=200000 output=1 web_searches=3"), @"
    Priced 1.23003
    input 200000 × 6 / 1000000 = 1.2  (service tier priority)
    output 1 × 30 / 1000000 = 0.00003  (service tier priority)
    web_searches 3 × 10 / 1000 = 0.03
    ");
    assert_snapshot!(cost("swift", Some("priority"), "input=200001 output=1 web_searches=3"), @"
    Unpriced no amount
    web_searches 3 × 10 / 1000 = 0.03
    flag no_rate_for_tier
    ");
}

#[test]
fn rule_17_a_meter_that_only_the_usual_tier_prices_is_unpriced_in_another() {
    let tiers = r#"{"default": [{"rates": {"input": {"rate": "1"}, "cache_read": {"rate": "0.1"}}}], "flex": [{"rates": {"input": {"rate": "0.5"}}}]}"#;
    let book = PriceBook::from_rows([row("m", tiers, "")]).unwrap();
    assert_eq!(shown(&book.cost(&ask("m", Some("flex")), &usage("cache_read=9"))), "Unpriced no amount\nflag no_rate_for_tier\n");
}

#[test]
fn rule_18_a_dated_snapshot_is_the_same_row() {
    let book = book(MODELS);
    let (alias, snapshot) = (book.cost(&ask("swift", None), &usage("input=7")), book.cost(&ask("swift-2026-08-01", None), &usage("input=7")));
    assert_eq!(alias, snapshot);
    assert_eq!(&*alias.cost.lines[0].price_id, "acme/swift");
}

#[test]
fn rule_19_geography_multiplies_tokens_and_not_fees() {
    let costed = book(MODELS).cost_with_facts(&ask("swift", None), &[("inference_geo", "us"), ("speed", "usual")], &usage("input=1000 web_searches=1"));
    assert_snapshot!(shown(&costed), @"
    Priced 0.0133
    input 1000 × 3.3 / 1000000 = 0.0033  (× 1.1 (inference_geo us))
    web_searches 1 × 10 / 1000 = 0.01
    ");
}

#[test]
fn rule_21_the_time_of_day_is_that_of_the_start() {
    let book = book(
        r#"
models.night.rates = { input = "2", output = "4" }
models.night.windows = [ { name = "off-peak", times = "0.5", hours = [ { from = "20:00", to = "00:00", weekdays = [1, 2, 3, 4, 5], zone = "Asia/Shanghai" } ] } ]
"#,
    );
    let rate = |time: &str| book.cost(&PriceQuery { at: at(time), ..ask("night", None) }, &usage("input=1")).cost.lines[0].rate;
    assert_eq!(rate("2026-11-23T11:59:59Z"), 2.into());
    assert_eq!(rate("2026-11-23T12:00:00Z"), 1.into());
    assert_eq!(rate("2026-11-22T12:00:00Z"), 2.into(), "a Sunday");
}

#[test]
fn rule_37_nothing_is_truncated() {
    assert_snapshot!(cost("plain", None, "input=1"), @"
    Priced 0.0000005
    input 1 × 0.5 / 1000000 = 0.0000005
    ");
    let huge = book(MODELS).cost(&ask("swift", None), &usage("input=1000000000000000"));
    assert_eq!(huge.cost.amount.map(|amount| amount.normalize()), Some(d("6000000000")));
}

#[test]
fn rule_39_an_unknown_model_is_unpriced_never_free() {
    assert_eq!(cost("unheard-of", None, "input=1"), "Unpriced no amount\nflag unpriced_model\n");
    assert_eq!(cost("unheard-of", None, "input=0"), "Unpriced no amount\nflag unpriced_model\n");
    assert_eq!(cost("swift", None, ""), "Unpriced no amount\nflag usage_unknown\n");
}

#[test]
fn audio_is_never_priced_as_text_but_images_are() {
    assert_eq!(cost("plain", None, "input_audio=1"), "Unpriced no amount\nflag no_rate\n");
    assert_eq!(cost("listener", None, "output_audio=1"), "Unpriced no amount\nflag no_rate\n");
    assert_snapshot!(cost("listener", None, "input_image=10 cache_read_audio=10"), @"
    Priced 0.00009
    input_image 10 × 1 / 1000000 = 0.00001  (no rate of its own: at the input rate)
    cache_read_audio 10 × 8 / 1000000 = 0.00008  (no rate of its own: at the input_audio rate)
    flag cache_rate_fallback
    ");
}

#[test]
fn reasoning_has_its_own_rate_or_that_of_output() {
    assert!(cost("thinker", None, "reasoning=10").contains("reasoning 10 × 6 / 1000000 = 0.00006\n"));
    assert!(cost("plain", None, "reasoning=10").contains("reasoning 10 × 1.5 / 1000000 = 0.000015  (no rate of its own: at the output rate)\n"));
}

#[test]
fn zero_quantities_need_no_rate() {
    assert_eq!(cost("plain", None, "input=0 output_audio=0 gpu_seconds=0"), "Priced 0\n");
    assert_eq!(cost("plain", None, "gpu_seconds=1"), "Unpriced no amount\nflag no_rate\n");
}

#[test]
fn a_counted_quantity_makes_it_an_estimate() {
    let mut counted = usage("input=5");
    counted.insert(Meter::OUTPUT, 7.into(), Source::Counted).unwrap();
    assert_eq!(book(MODELS).cost(&ask("plain", None), &counted).cost.status, CostStatus::Estimated);
}

#[test]
fn what_cannot_be_exact_is_unpriced() {
    let rates = r#"{"default": [{"rates": {"input": {"rate": "0.0000000000000000000000000001"}, "output": {"rate": "1"}}}]}"#;
    let book = PriceBook::from_rows([row("m", rates, "")]).unwrap();
    assert_eq!(shown(&book.cost(&ask("m", None), &usage("input=1"))), "Unpriced no amount\nflag inexact_cost\n");
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let meters = [Meter::INPUT, Meter::CACHE_READ, Meter::CACHE_WRITE, Meter::CACHE_WRITE_1H, Meter::OUTPUT, Meter::REASONING, Meter::WEB_SEARCHES];
    proptest::collection::vec(0u64..1_000_000_000, meters.len()).prop_map(move |values| {
        let mut usage = Usage::new();
        for (meter, value) in meters.iter().zip(values) {
            usage.insert(meter.clone(), value.into(), Source::Reported).unwrap();
        }
        usage
    })
}

proptest! {
    #[test]
    fn the_lines_sum_to_the_amount_and_are_what_they_say(usage in any_usage(), tier in proptest::option::of(Just("batch"))) {
        let cost = book(MODELS).cost(&ask("swift", tier), &usage).cost;
        let sum = cost.lines.iter().fold(Decimal::ZERO, |sum, line| exact::add(sum, line.amount).unwrap());
        prop_assert_eq!(cost.amount, Some(sum));
        for line in &cost.lines {
            prop_assert_eq!(exact::mul(line.amount, line.per).unwrap(), exact::mul(line.quantity, line.rate).unwrap());
            prop_assert!(line.amount >= Decimal::ZERO);
        }
    }

    #[test]
    fn splitting_a_usage_within_one_band_changes_nothing(input in 0u64..100_000, output in 0u64..100_000, parts in 1u64..20) {
        let book = book(MODELS);
        let cost = |input: u64, output: u64| book.cost(&ask("swift", None), &usage(&format!("input={input} output={output}"))).cost.amount.unwrap();
        let part = |whole: u64, i: u64| whole / parts + u64::from(i < whole % parts);
        let sum = (0..parts).fold(Decimal::ZERO, |sum, i| exact::add(sum, cost(part(input, i), part(output, i))).unwrap());
        prop_assert_eq!(sum, cost(input, output));
    }
}
