//! Two customers on different plans: what the events, the summary and the invoice say is the same, to the last digit, also after a restart.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use weighbridge_tests::{Config, ReplayUpstream, Request, Weighbridge, decimal, fixtures, sum};

const CUSTOMERS: [(&str, &str); 2] = [("acme", "standard"), ("globex", "key-account")];

fn start(upstream: &ReplayUpstream) -> Weighbridge {
    let config = Config::new()
        // Odd numbers, so that a rounding anywhere shows.
        .plan("key-account", r#"{ rule = "cost-plus", markup_percent = "7.77", per_model = { "openai/gpt-4o-mini" = "12.345" } }"#)
        .provider("openai", "openai", &upstream.base_url("openai"))
        .provider("anthropic", "anthropic", &upstream.base_url("anthropic"));
    Weighbridge::start(config)
}

fn call(weighbridge: &Weighbridge, upstream: &ReplayUpstream, key: &str, n: usize) {
    let (path, model, provider, fixture) = [
        ("/v1/chat/completions", "openai/gpt-4o-mini", "openai", "openai-chat.json"),
        ("/v1/messages", "anthropic/claude-sonnet-4-6", "anthropic", "anthropic-message.json"),
        ("/v1/chat/completions", "openai/gpt-4o-mini", "openai", "openai-tools.json"),
        ("/v1/messages", "anthropic/claude-sonnet-4-6", "anthropic", "anthropic-tools.json"),
        // Nobody has a price for this one: it is on the books, and not on the invoice.
        ("/v1/chat/completions", "openai/brand-new-model", "openai", "openai-brand-new.json"),
    ][n % 5];
    let reply = if fixture == "openai-brand-new.json" {
        let body = String::from_utf8(fixtures::bytes("openai-chat.json")).unwrap().replace("gpt-4o-mini-2024-07-18", "brand-new-model");
        weighbridge_tests::Reply::json(body)
    } else {
        fixtures::reply(fixture)
    };
    upstream.set(provider, reply);
    let body = json!({ "model": model, "max_tokens": 100, "messages": [{ "role": "user", "content": "How heavy is it?" }] });
    let request = Request::post(path, body.to_string()).bearer(key).header("x-weighbridge-session", &format!("session-{}", n % 3));
    let answer = request.send(weighbridge.address()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    // What the client is told is what is on the books.
    let event = weighbridge.admin().event_of(&answer);
    for (header, money) in [("x-weighbridge-cost", "cost"), ("x-weighbridge-charge", "charge")] {
        assert_eq!(answer.header(header), event[money]["amount"].as_str(), "{header}: {event:#}");
    }
}

#[test]
fn events_summary_and_invoice_agree_to_the_last_digit() {
    let upstream = ReplayUpstream::start();
    let mut weighbridge = start(&upstream);
    let keys = CUSTOMERS.map(|(customer, plan)| weighbridge.admin().customer_with_key(customer, Some(plan)));
    for n in 0..25 {
        call(&weighbridge, &upstream, &keys[n % 2], n);
    }
    let before = CUSTOMERS.map(|(customer, _)| agreed_charge(&weighbridge, customer));
    weighbridge.stop();
    weighbridge.restart();
    assert_eq!(CUSTOMERS.map(|(customer, _)| agreed_charge(&weighbridge, customer)), before, "a restart changed an invoice");
    for n in 25..40 {
        call(&weighbridge, &upstream, &keys[n % 2], n);
    }
    let after = CUSTOMERS.map(|(customer, _)| agreed_charge(&weighbridge, customer));
    assert!(after[0] > before[0] && after[1] > before[1], "more calls, and not more to pay: {before:?}, {after:?}");
    for event in weighbridge.admin().events("") {
        check_rule(&event);
    }
}

/// What the customer owes, after everybody who says so said the same.
fn agreed_charge(weighbridge: &Weighbridge, customer: &str) -> Decimal {
    let admin = weighbridge.admin();
    let events = admin.events(&format!("customer={customer}"));
    let rated: Vec<&Value> = events.iter().filter(|event| event["charge"]["status"] == "rated").collect();
    let charge: Decimal = rated.iter().map(|event| decimal(&event["charge"]["amount"])).sum();
    let cost: Decimal = events.iter().filter(|event| !event["cost"]["amount"].is_null()).map(|event| decimal(&event["cost"]["amount"])).sum();
    assert!(charge > cost && cost > Decimal::ZERO, "{customer}: cost {cost}, charge {charge}");

    let summary = admin.get("usage-summary?group_by=customer,model,session");
    let rows: Vec<&Value> = summary["data"].as_array().unwrap().iter().filter(|row| row["customer"] == customer).collect();
    assert_eq!(rows.iter().map(|row| decimal(&row["charge"])).sum::<Decimal>(), charge, "{customer}: the summary's charge");
    assert_eq!(rows.iter().map(|row| decimal(&row["cost"])).sum::<Decimal>(), cost, "{customer}: the summary's cost");
    assert_eq!(rows.iter().map(|row| decimal(&row["margin"])).sum::<Decimal>(), charge - cost, "{customer}: the summary's margin");

    let period = &events[0]["started_at"].as_str().unwrap()[..7];
    let preview = admin.post("invoices/preview", &json!({ "customer": customer, "period": period }));
    assert_eq!(decimal(&preview["total_exact"]), charge, "{customer}: the preview {preview:#}");
    assert_eq!(sum(&preview["lines"], "amount_exact"), charge, "{customer}: the preview's lines {preview:#}");
    assert_eq!(sum(&preview["lines"], "amount"), decimal(&preview["total"]), "{customer}: a total is the sum of its rounded lines {preview:#}");
    assert_eq!(decimal(&preview["total"]).scale(), 2, "{customer}: rounded to cents {preview:#}");
    quantities_agree(&rated, &preview);
    csv_agrees(weighbridge, &preview);
    charge
}

/// Per model and meter, what the invoice bills is what the rated events measured.
fn quantities_agree(rated: &[&Value], preview: &Value) {
    let mut measured: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for event in rated {
        for (meter, quantity) in event["usage"].as_object().unwrap() {
            *measured.entry((event["routed_model"].as_str().unwrap().to_owned(), meter.clone())).or_default() += decimal(quantity);
        }
    }
    for line in preview["lines"].as_array().unwrap() {
        let (Some(model), Some(meter)) = (line["model"].as_str(), line["meter"].as_str()) else { continue };
        assert_eq!(Some(&decimal(&line["quantity"])), measured.get(&(model.to_owned(), meter.to_owned())), "{line:#}");
    }
    assert!(preview["notices"].to_string().contains("un"), "the unpriced calls are not told of: {preview:#}");
}

/// The same numbers in the file that a spreadsheet opens.
fn csv_agrees(weighbridge: &Weighbridge, preview: &Value) {
    let csv = weighbridge.cli(&["invoices", "get", preview["id"].as_str().unwrap(), "--format", "csv"]);
    let rows: Vec<Vec<String>> = csv.lines().map(fields).collect();
    let column = |name: &str| rows[0].iter().position(|header| header == name).unwrap_or_else(|| panic!("no column {name} in {csv}"));
    let (record, exact, amount) = (column("record"), column("amount_exact"), column("amount"));
    let lines: Vec<(Decimal, Decimal)> =
        rows.iter().filter(|row| row[record] == "line").map(|row| (row[exact].parse().unwrap(), row[amount].parse().unwrap())).collect();
    let expected: Vec<(Decimal, Decimal)> =
        preview["lines"].as_array().unwrap().iter().map(|line| (decimal(&line["amount_exact"]), decimal(&line["amount"]))).collect();
    assert_eq!(lines, expected, "{csv}");
    let total = rows.iter().find(|row| row[record] == "total").unwrap();
    assert_eq!(
        (total[exact].parse::<Decimal>().unwrap(), total[amount].parse::<Decimal>().unwrap()),
        (decimal(&preview["total_exact"]), decimal(&preview["total"])),
        "{csv}"
    );
}

/// The fields of a CSV line; ours have no line breaks in them.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().expect("there is always one").push(c),
        }
    }
    fields
}

/// The plan's arithmetic, done again from outside: charge = cost × (1 + markup).
fn check_rule(event: &Value) {
    if event["charge"]["status"] != "rated" {
        assert_eq!(
            (event["routed_model"].as_str(), &event["cost"]["status"], &event["charge"]["status"]),
            (Some("brand-new-model"), &"unpriced".into(), &"unrated".into()),
            "{event:#}"
        );
        return;
    }
    let markup = match (event["charge"]["plan"].as_str(), event["provider"].as_str()) {
        (Some("standard"), _) => "1.30",
        (Some("key-account"), Some("openai")) => "1.12345",
        (Some("key-account"), _) => "1.0777",
        other => panic!("an unexpected plan or provider: {other:?}"),
    };
    assert_eq!(decimal(&event["charge"]["amount"]), decimal(&event["cost"]["amount"]) * markup.parse::<Decimal>().unwrap(), "{event:#}");
}
