//! What a record has to say of a recorded answer.

use rust_decimal::Decimal;
use serde_json::Value;
use weighbridge_tests::{corpus::Case, decimal};

/// How the record differs from what is known; empty: it does not.
pub(crate) fn problems(case: &Case, record: &Value) -> Vec<String> {
    let expected = &case.json["expected"];
    let mut problems = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            problems.push(format!(
                "{what}: {} usage {}, flags {}, expected {} {}",
                record["status"], record["usage"], record["flags"], expected["tokens"], expected["units"]
            ));
        }
    };
    let usage = Usage(record);
    for (meter, quantity) in usage.all() {
        expect(!quantity.is_sign_negative(), format!("{meter} is negative"));
    }
    let charged = decimal_or_zero(&record["charge"]["amount"]);
    match case.status() {
        "error" => {
            expect(record["status"] == "upstream_error" && usage.all().next().is_none(), "an error has no usage".into());
            expect(charged.is_zero(), "an error charges nothing".into());
        }
        "free" => expect(record["charge"]["status"] == "free" && usage.all().next().is_none(), "what is free is not metered".into()),
        // What goes on in the background is billed at its end, and its beginning says so.
        "no_usage" if record["flags"] == serde_json::json!(["started"]) => {
            let said = &record["charge"];
            expect(said["status"] == "free" && said["reason"] == "what it started is billed when it has ended", "what was started is billed later".into());
        }
        "no_usage" => {
            expect(usage.is_flagged() || usage.has_counted(), "usage that was not reported is flagged or counted".into());
            expect(record["cost"]["status"] != "priced", "what was not reported is not priced as if it were".into());
            expect(
                record["cost"]["amount"].is_null() || !decimal_or_zero(&record["cost"]["amount"]).is_zero(),
                "what was not reported is never nothing".into(),
            );
        }
        "usage" if case.is_certain() => {
            exact(case, &usage, &mut expect);
            expect(record["status"] == "completed", format!("the record is {}", record["status"]));
        }
        "stream_error" => expect(record["status"] != "completed", "an error inside a stream is seen".into()),
        _ => expect(usage.is_flagged(), "what is doubtful is flagged".into()),
    }
    problems
}

/// Groups of meters and what their sum is known to be.
fn exact(case: &Case, usage: &Usage<'_>, expect: &mut impl FnMut(bool, String)) {
    let expected = &case.json["expected"];
    let known = |name: &str| expected["tokens"][name].as_i64().map(Decimal::from);
    let mut check = |what: &str, meters: &[&str], known: Option<Decimal>| {
        if let Some(known) = known {
            let read: Decimal = meters.iter().filter_map(|meter| usage.of(meter)).sum();
            expect(read == known, format!("{what} is {read}, known {known}"));
        }
    };
    check("fresh input", &["input", "input_audio", "input_image", "input_video", "input_grounding"], known("input_uncached"));
    check("cache_read", &["cache_read", "cache_read_audio", "cache_read_image", "cache_read_video"], known("cache_read"));
    check("cache_write_5m", &["cache_write_5m"], known("cache_write_5m"));
    check("cache_write_1h", &["cache_write_1h"], known("cache_write_1h"));
    check("cache_write_other", &["cache_write", "cache_write_30m", "cache_write_12h"], known("cache_write_other"));
    check("output", &["output", "reasoning", "output_audio", "output_image", "output_video"], known("output"));
    // Reasoning beyond all output contradicts itself: as a part of it, it can only be all.
    let output = known("output");
    check("reasoning", &["reasoning"], known("reasoning").map(|reasoning| output.map_or(reasoning, |output| reasoning.min(output))));
    for unit in ["images", "audio_seconds", "pages", "search_units", "characters"] {
        let known = expected["units"].get(unit).filter(|value| !value.is_null()).map(|value| value.to_string().trim_matches('"').parse().unwrap_or_default());
        check(unit, &[unit], known);
    }
    if expected["calls"].get("grounded_prompt").is_none() {
        let searches = expected["calls"]["web_search"].as_i64().or(expected["calls"]["google_search"].as_i64());
        check("web_searches", &["web_searches"], Some(searches.unwrap_or(0).into()));
    }
    check("file_searches", &["file_searches"], Some(expected["calls"]["file_search"].as_i64().unwrap_or(0).into()));
    let stated = expected["provider_cost"]["amount"].as_str().map(|amount| amount.parse::<Decimal>().unwrap_or_default().normalize());
    let read = usage.0["cost"]["stated"]["amount"].as_str().map(|amount| amount.parse::<Decimal>().unwrap_or_default().normalize());
    expect(stated == read, format!("the stated cost is {read:?}, known {stated:?}"));
    for name in ["reasoning", "input_audio", "output_audio", "input_image", "output_image"] {
        expect(!expected["tokens"][name].is_null() || usage.of(name).is_none(), format!("{name} was not reported and has to be absent"));
    }
    let sources = usage.0["usage_source"].as_object();
    expect(
        sources.is_some_and(|sources| sources.values().all(|source| source == "reported" || source == "counted" && !usage.has_tokens_counted())),
        "it was reported".into(),
    );
}

/// A record's usage.
struct Usage<'a>(&'a Value);

impl Usage<'_> {
    fn all(&self) -> impl Iterator<Item = (&String, Decimal)> {
        self.0["usage"].as_object().into_iter().flatten().map(|(meter, quantity)| (meter, decimal(quantity)))
    }
    fn of(&self, meter: &str) -> Option<Decimal> {
        self.0["usage"].get(meter).map(decimal)
    }
    fn is_flagged(&self) -> bool {
        self.0["flags"].as_array().is_some_and(|flags| !flags.is_empty())
    }
    fn has_counted(&self) -> bool {
        self.0["usage_source"].as_object().into_iter().flatten().any(|(_, source)| source == "counted")
    }
    fn has_tokens_counted(&self) -> bool {
        self.0["flags"].as_array().into_iter().flatten().any(|flag| flag == "usage_counted")
    }
}

fn decimal_or_zero(value: &Value) -> Decimal {
    if value.is_null() { Decimal::ZERO } else { decimal(value) }
}
