//! The book: versions, times, names, and what an import changes.

mod common;

use common::{at, book, d, noon, row, usage};
use insta::assert_snapshot;
use weighbridge_pricing::{PriceBook, PriceQuery, PriceRow, plan_changes, plan_confirmed_changes};

fn priced(model: &str, input: &str, more: &str) -> PriceRow {
    row(model, &format!(r#"{{"default": [{{"rates": {{"input": {{"rate": "{input}"}}}}}}]}}"#), more)
}

fn rate(book: &PriceBook, model: &str, time: &str) -> Option<String> {
    let costed = book.cost(&PriceQuery { provider: "acme", model, at: at(time), service_tier: None }, &usage("input=1"));
    costed.cost.lines.first().map(|line| format!("{} v{}", line.rate.normalize(), line.price_version))
}

#[test]
fn rule_43_a_new_version_leaves_the_past_as_it_was() {
    let old = book(r#"models.m.rates = { input = "2" }"#);
    let changes = plan_changes(&old, vec![priced("m", "3", "")], noon());
    assert_eq!((changes.added.len(), changes.changed.len(), changes.unchanged.len(), changes.quarantined.len()), (0, 1, 0, 0));
    let new = old.with(changes.into_rows()).unwrap();
    assert_eq!(rate(&new, "m", "2026-11-23T11:59:59.999999Z").as_deref(), Some("2 v1"));
    assert_eq!(rate(&new, "m", "2026-11-23T12:00:00Z").as_deref(), Some("3 v2"));
    assert_eq!(rate(&old, "m", "2026-11-23T12:00:00Z").as_deref(), Some("2 v1"), "the old snapshot is untouched");
    assert_eq!(new.history("acme/m").map(|row| *row.document_id() == *format!("acme/m@{}", row.version)).collect::<Vec<_>>(), [true, true]);
}

#[test]
fn the_same_price_again_is_no_change() {
    let old = book(r#"models.m.rates = { input = "2" }"#);
    let changes = plan_changes(&old, vec![priced("m", "2.00", "")], noon());
    assert_eq!(changes.unchanged.iter().map(|id| &**id).collect::<Vec<_>>(), ["acme/m"]);
    assert!(changes.added.is_empty() && changes.changed.is_empty());
}

#[test]
fn a_new_model_is_priced_for_its_past_too_so_that_it_can_be_rated_again() {
    let old = book(r#"models.m.rates = { input = "2" }"#);
    let new = old.with(plan_changes(&old, vec![priced("n", "9", "")], noon()).into_rows()).unwrap();
    assert_eq!(rate(&new, "n", "2026-01-01T00:00:00Z").as_deref(), Some("9 v1"));
}

#[test]
fn a_snapshot_with_its_own_price_leaves_its_alias_from_then_on() {
    let old = book("models.m.aliases = [\"m-2026-08-01\"]\nmodels.m.rates = { input = \"2\" }");
    assert!(plan_changes(&old, vec![priced("m-2026-08-01", "2", "")], noon()).changed.is_empty(), "same price: still an alias");
    let new = old.with(plan_changes(&old, vec![priced("m-2026-08-01", "3", "")], noon()).into_rows()).unwrap();
    assert_eq!(rate(&new, "m-2026-08-01", "2026-11-23T11:00:00Z").as_deref(), Some("2 v1"));
    assert_eq!(rate(&new, "m-2026-08-01", "2026-11-23T13:00:00Z").as_deref(), Some("3 v1"));
    assert_eq!(rate(&new, "m", "2026-11-23T13:00:00Z").as_deref(), Some("2 v1"));
}

#[test]
fn a_new_version_keeps_the_names_and_fees_that_the_file_does_not_speak_of() {
    let old =
        book("models.m.aliases = [\"m-latest\"]\nmodels.m.rates = { input = \"2\" }\nmodels.m.fees = { web_searches = \"10\" }\nmodels.m.limits = [100, 10]");
    let changes = plan_changes(&old, vec![priced("m", "3", "")], noon());
    let next = &changes.changed[0].row;
    assert_eq!((next.aliases.len(), next.fees.len(), next.limits.max_input), (1, 1, Some(100)));
}

#[test]
fn a_jump_of_more_than_five_times_is_asked_about() {
    let old = book(r#"models.m.rates = { input = "2" }"#);
    let changes = plan_changes(&old, vec![priced("m", "10.01", "")], noon());
    assert!(changes.changed.is_empty());
    assert_snapshot!(changes.quarantined[0].reasons.join("\n"), @"input (default) goes from 2 to 10.01: more than 5 times");
    assert_eq!(plan_changes(&old, vec![priced("m", "10", "")], noon()).changed.len(), 1);
    assert_eq!(plan_changes(&old, vec![priced("m", "0", "")], noon()).quarantined.len(), 1, "free all of a sudden");
    assert_eq!(plan_confirmed_changes(&old, vec![priced("m", "0", "")], noon(), &["acme/m".into()]).changed.len(), 1, "and so it is, someone says");
}

#[test]
fn a_jump_is_seen_in_fees_in_the_unit_and_in_the_currency() {
    let old = book("models.m.rates = { input = \"2\" }\nmodels.m.fees = { web_searches = \"10\" }");
    let asked = |row: PriceRow| plan_changes(&old, vec![row], noon()).quarantined.first().map(|one| one.reasons.join("\n")).unwrap_or_default();
    let mut per_thousand = priced("m", "2", "");
    per_thousand.tiers.values_mut().flatten().flat_map(|band| band.rates.values_mut()).for_each(|rate| rate.per = d("1000"));
    assert_snapshot!(asked(per_thousand), @"input (default) goes from 2 per 1000000 to 2 per 1000: more than 5 times");
    let mut per_one = priced("m", "0.000002", "");
    per_one.tiers.values_mut().flatten().flat_map(|band| band.rates.values_mut()).for_each(|rate| rate.per = d("1"));
    assert_eq!(asked(per_one), "", "the same price in another unit");
    let mut dear_fee = old.rows().next().unwrap().clone();
    dear_fee.fees.values_mut().for_each(|fee| fee.rate = d("60"));
    assert_snapshot!(asked(dear_fee), @"web_searches (fee) goes from 10 to 60: more than 5 times");
    let mut elsewhere = priced("m", "2", "");
    elsewhere.currency = weighbridge_domain::Currency::parse("JPY").unwrap();
    assert_snapshot!(asked(elsewhere), @"the currency goes from USD to JPY");
}

#[test]
fn a_row_that_is_there_twice_is_taken_once() {
    let changes = plan_changes(&PriceBook::default(), vec![priced("m", "1", ""), priced("m", "2", "")], noon());
    assert_eq!((changes.added.len(), changes.quarantined[0].reasons.join("\n").as_str()), (1, "acme/m is there twice"));
}

#[test]
fn a_price_may_end() {
    let promotion = r#", "valid_from": "2026-11-01T00:00:00Z", "valid_to": "2026-11-15T00:00:00Z""#;
    let mut promotion = priced("m", "1", promotion);
    promotion.version = 2;
    let book = PriceBook::from_rows([priced("m", "2", ""), promotion]).unwrap();
    let rates: Vec<_> = ["2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-14T23:59:59Z", "2026-11-15T00:00:00Z"]
        .iter()
        .filter_map(|time| rate(&book, "m", time))
        .collect();
    assert_eq!(rates, ["2 v1", "1 v2", "1 v2", "2 v1"]);
}

#[test]
fn an_exact_name_goes_before_an_alias() {
    let book = book("models.a.aliases = [\"b\"]\nmodels.a.rates = { input = \"1\" }\nmodels.b.rates = { input = \"2\" }");
    assert_eq!(rate(&book, "b", "2026-11-23T12:00:00Z").as_deref(), Some("2 v1"));
    assert_eq!(book.providers_of("b").collect::<Vec<_>>(), ["acme"]);
    assert_eq!(book.providers_of("c").count(), 0);
    assert_eq!(book.find("acme", "a", noon()).unwrap().tiers["default"][0].rates.values().next().unwrap().rate, d("1"));
}

#[test]
fn a_row_is_stored_as_json_and_read_back() {
    let book = book(
        "tier_names = { on_demand = \"default\" }\nmodels.m.rates = { input = \"0.15\" }\nmodels.m.above = { 200000 = { input = \"0.3\" } }\nmodels.m.limits = [9, 8]",
    );
    let row = book.rows().next().unwrap();
    let json = serde_json::to_string(row).unwrap();
    assert_snapshot!(json, @r#"{"id":"acme/m","provider":"acme","model":"m","aliases":[],"version":1,"currency":"USD","valid_from":null,"valid_to":null,"source":{"name":"test","url":null,"date":"2026-11-23"},"tiers":{"default":[{"rates":{"input":{"rate":"0.15","per":"1000000"}}},{"above":{"tokens":200000,"comparator":"gt"},"rates":{"input":{"rate":"0.3","per":"1000000"}}}]},"tier_names":{"on_demand":"default"},"limits":{"max_input":9,"max_output":8}}"#);
    assert_eq!(&PriceRow::from_json(json.as_bytes()).unwrap(), row);
}

#[test]
fn broken_rows_are_refused_with_the_key() {
    let head = r#"{"id": "acme/m", "provider": "acme", "model": "m", "version": 1, "source": {"name": "test"}"#;
    let refusal = |rest: &str| PriceRow::from_json(format!("{head}, {rest}}}").as_bytes()).unwrap_err().to_string();
    let refusals = [
        refusal(r#""tiers": {}"#),
        refusal(r#""tiers": {"default": [], "auto": []}"#),
        refusal(r#""tiers": {"default": []}"#),
        refusal(r#""tiers": {"default": [{"rates": {"input": {"rate": "-1"}}}]}"#),
        refusal(r#""tiers": {"default": [{"rates": {"input": {"rate": "1", "per": "3600"}}}]}"#),
        refusal(r#""tiers": {"default": [{"rates": {"input": {"rate": 1.5}}}]}"#),
        refusal(r#""tiers": {"default": [{"rates": {}}, {"rates": {}}]}"#),
        refusal(r#""tiers": {"default": [{"rates": {}}]}, "tier_names": {"on_demand": "usual"}"#),
        refusal(r#""tiers": {"default": [{"rates": {}}]}, "valid_from": "2026-11-02T00:00:00Z", "valid_to": "2026-11-01T00:00:00Z""#),
        refusal(r#""tiers": {"default": [{"rates": {}}]}, "derived": {"reasoning": {"of": "reasoning", "times": "2"}}"#),
        refusal(r#""tiers": {"default": [{"rates": {}}]}, "derived": {"reasoning": {"of": "output", "times": "-2"}}"#),
        refusal(r#""tiers": {"default": [{"rates": {}}]}, "discount": "10""#).split(", expected").next().unwrap().to_owned(),
    ];
    assert_snapshot!(refusals.join("\n"), @r#"
    price acme/m: tiers: must have the tier "default"
    price acme/m: tiers: "auto" is never a tier; the usual one is called "default"
    price acme/m: tiers.default: the first band must have no "above"
    price acme/m: tiers.default[0].rates.input: a rate is never negative, this is -1
    price acme/m: tiers.default[0].rates.input: a rate is quoted per 1, 10, 100, … 1000000, not per 3600
    not a price row: invalid type: floating point `1.5`, expected a string at line 1 column 147
    price acme/m: tiers.default[1].above: thresholds must rise from band to band
    price acme/m: tier_names.on_demand: there is no tier "usual" in this row
    price acme/m: valid_to: must be later than valid_from
    price acme/m: derived.reasoning.of: reasoning must be a rate of its own
    price acme/m: derived.reasoning.times: must not be negative
    not a price row: unknown field `discount`
    "#);
}

#[test]
fn rows_that_contradict_each_other_make_no_book() {
    let twice = PriceBook::from_rows([priced("m", "1", ""), priced("m", "2", "")]).unwrap_err();
    assert_snapshot!(twice, @"price acme/m: version 1 is there twice, with different contents");
    assert_eq!(PriceBook::from_rows([priced("m", "1", ""), priced("m", "1", "")]).unwrap().rows().len(), 1);
    let mut other = priced("n", "1", "");
    other.id = "acme/m".into();
    other.version = 2;
    assert_snapshot!(PriceBook::from_rows([priced("m", "1", ""), other]).unwrap_err(), @"price acme/m: this id is used for acme/m and for acme/n");
}
