//! Our own catalogue, and how a broken one is refused.

#[path = "../../../core/pricing/tests/common/mod.rs"]
mod common;

use std::collections::{BTreeMap, HashMap};

use common::{catalogue, noon, shown, usage};
use insta::assert_snapshot;
use weighbridge_pricing::{PriceBook, PriceQuery, lint};

const CATALOGUE: &str = include_str!("../prices.toml");

#[test]
fn the_catalogue_is_a_book_of_plausible_prices() {
    let book = PriceBook::catalogue(CATALOGUE).unwrap();
    let suspicious: Vec<String> = book.rows().flat_map(|row| lint::suspicions(row).into_iter().map(|why| format!("{}: {why}", row.id))).collect();
    assert_eq!(suspicious, Vec::<String>::new());
    let free: Vec<_> = book.rows().filter(|row| lint::is_free(row)).map(|row| &row.id).collect();
    assert!(free.is_empty(), "{free:?}");
    assert!(book.rows().all(|row| row.source.date.is_some() && (row.source.url.is_some() || &*row.provider == "simulated")));
    let mut models = BTreeMap::<&str, usize>::new();
    book.rows().for_each(|row| *models.entry(&row.provider).or_default() += 1);
    assert_snapshot!(format!("{models:?}"), @r#"{"anthropic": 24, "deepseek": 5, "google": 21, "groq": 10, "mistral": 18, "openai": 63, "simulated": 3, "xai": 9}"#);
}

#[test]
fn a_name_belongs_to_one_row() {
    let book = PriceBook::catalogue(CATALOGUE).unwrap();
    let mut owners: HashMap<(&str, &str), &str> = HashMap::new();
    for row in book.rows() {
        for name in row.aliases.iter().chain([&row.model]) {
            assert_eq!(owners.insert((&row.provider, name), &row.id), None, "{name}");
        }
    }
}

#[test]
fn the_demo_models_are_there() {
    let book = PriceBook::catalogue(CATALOGUE).unwrap();
    for model in ["sim-small", "sim-large", "sim-reasoner", "sim-small-2026-11-01"] {
        let row = book.find("simulated", model, noon()).unwrap();
        let rates = &row.tiers["default"][0].rates;
        assert!(["input", "cache_read", "output"].iter().all(|meter| rates.keys().any(|priced| priced.as_str() == *meter)), "{model}");
    }
}

#[test]
fn rule_31_what_a_search_puts_into_the_prompt_is_priced_at_nothing() {
    let book = PriceBook::catalogue(CATALOGUE).unwrap();
    for model in ["gemini-2.5-flash", "gemini-3-flash-preview", "gemini-4-argon"] {
        let row = book.find("google", model, noon()).unwrap();
        let grounding = row.derived.iter().find(|(meter, _)| meter.as_str() == "input_grounding").unwrap().1;
        assert!(grounding.times.is_zero(), "{model}");
        // The fee pays for it. A grounding by maps has one where it is paid by the prompt; storage has its own.
        let paid_here = row.fees.iter().filter(|(meter, _)| meter.as_str() != "cache_storage_token_hours");
        let fees: Vec<_> = paid_here.map(|(meter, fee)| format!("{meter} {} per {}", fee.rate, fee.per)).collect();
        let by_prompt = ["maps_groundings 25 per 1000", "web_searches 35 per 1000"].map(String::from);
        let expected = if model == "gemini-2.5-flash" { by_prompt.to_vec() } else { vec!["web_searches 14 per 1000".to_owned()] };
        assert_eq!(fees, expected, "{model}");
    }
}

#[test]
fn rule_32_ten_seconds_are_the_least_that_groq_bills_of_speech() {
    let book = PriceBook::catalogue(CATALOGUE).unwrap();
    let cost = |model: &str, seconds: &str| {
        let query = PriceQuery { provider: "groq", model, at: noon(), service_tier: None };
        shown(&book.cost(&query, &usage(&format!("audio_seconds={seconds}"))))
    };
    assert_snapshot!(cost("whisper-large-v3-turbo", "0.8"), @"
    Priced 0.00011111112
    audio_seconds 10 × 0.000011111112 / 1 = 0.00011111112  (at least 10 a request; 0.8 used)
    ");
    assert_snapshot!(cost("whisper-large-v3", "3600"), @"
    Priced 0.1110000024
    audio_seconds 3600 × 0.000030833334 / 1 = 0.1110000024
    ");
}

#[test]
fn a_broken_catalogue_names_the_model_and_the_key() {
    let refusal = |models: &str| PriceBook::catalogue(&catalogue(models)).unwrap_err().to_string();
    assert_snapshot!(refusal("models.m.rates = { input = \"cheap\" }"), @r#"catalogue: providers.acme.models."m".rates.input: "cheap" is not a decimal number such as "0.15""#);
    assert_snapshot!(refusal("models.m.rates = { input = \"1\" }\nmodels.m.above = { 200k = { input = \"2\" } }"), @r#"catalogue: providers.acme.models."m".above.200k: a threshold is a number of tokens"#);
    assert_snapshot!(refusal("models.m.rates = { input = \"1\" }\nmodels.m.tiers.auto = \"2\""), @r#"catalogue: price acme/m: tiers: "auto" is never a tier; the usual one is called "default""#);
    assert!(refusal("models.m.rates = { input = 1.5 }").contains("invalid type: floating point `1.5`"));
    assert!(refusal("models.m.price = \"1\"").contains("unknown field `price`"));
}
