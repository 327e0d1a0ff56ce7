//! What an invoice preview says, from aggregates alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;
use weighbridge_billing::{Invoice, Period, Rounding, draft, render};
use weighbridge_domain::{Currency, Customer, Decimal, Meter, Timestamp, exact};
use weighbridge_ledger::AggregateRow;

fn d(text: &str) -> Decimal {
    exact::parse(text).unwrap()
}

fn customer() -> Customer {
    Customer {
        id: "acme-eu".into(),
        name: "=ACME, \"Europe\"".into(),
        plan: None,
        currency: Currency::USD,
        external_ids: BTreeMap::new(),
        bill_to: Some(BTreeMap::from([("line1".into(), "1 Main Street".into())])),
        created_at: Timestamp::default(),
        archived: false,
    }
}

/// `meter` is empty for the per-event row.
fn row(day: &str, model: &str, meter: &str, quantity: &str, charge: &str, counts: (u64, u64, u64)) -> AggregateRow {
    AggregateRow {
        customer: "acme-eu".into(),
        day: format!("{day}T00:00:00Z").parse::<Timestamp>().unwrap().day(),
        currency: Currency::USD,
        provider: "simulated".into(),
        model: model.into(),
        meter: Meter::new(meter),
        quantity: d(quantity),
        cost: d("0"),
        charge: d(charge),
        events: counts.0,
        unpriced: counts.1,
        unrated: counts.2,
    }
}

fn november() -> Period {
    Period::parse("2026-11").unwrap()
}

fn invoice(rows: &[AggregateRow]) -> Invoice {
    draft(&customer(), &november(), rows, Rounding::HalfEven).unwrap()
}

fn some_rows() -> Vec<AggregateRow> {
    vec![
        row("2026-11-01", "sim-small", "input", "812000", "0.15834", (0, 0, 0)),
        row("2026-11-02", "sim-small", "input", "1000", "0.000195", (0, 0, 0)),
        row("2026-11-02", "sim-small", "cache_read", "5000", "0", (0, 0, 0)),
        row("2026-11-01", "sim-small", "", "0", "0", (12, 0, 0)),
        row("2026-11-30", "sim-large", "output", "97000", "1.261", (0, 0, 0)),
        row("2026-11-30", "sim-large", "", "0", "0.5", (5, 2, 3)),
    ]
}

#[test]
fn a_preview_as_json() {
    assert_snapshot!(render::json(&invoice(&some_rows())).unwrap(), @r#"
    {
      "id": "preview-acme-eu-2026-11",
      "state": "draft",
      "customer": {
        "id": "acme-eu",
        "name": "=ACME, \"Europe\"",
        "bill_to": {
          "line1": "1 Main Street"
        }
      },
      "period": {
        "label": "2026-11",
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-12-01T00:00:00Z"
      },
      "currency": "USD",
      "rounding": "half_even",
      "lines": [
        {
          "provider": "simulated",
          "model": "sim-large",
          "meter": null,
          "description": "simulated/sim-large: calls and fees",
          "quantity": "5",
          "unit": "calls",
          "amount_exact": "0.5",
          "amount": "0.50"
        },
        {
          "provider": "simulated",
          "model": "sim-large",
          "meter": "output",
          "description": "simulated/sim-large: output",
          "quantity": "97000",
          "unit": "tokens",
          "amount_exact": "1.261",
          "amount": "1.26"
        },
        {
          "provider": "simulated",
          "model": "sim-small",
          "meter": "cache_read",
          "description": "simulated/sim-small: cache read",
          "quantity": "5000",
          "unit": "tokens",
          "amount_exact": "0",
          "amount": "0.00"
        },
        {
          "provider": "simulated",
          "model": "sim-small",
          "meter": "input",
          "description": "simulated/sim-small: input",
          "quantity": "813000",
          "unit": "tokens",
          "amount_exact": "0.158535",
          "amount": "0.16"
        }
      ],
      "total": "1.92",
      "total_exact": "1.919535",
      "events": 17,
      "notices": [
        {
          "code": "unrated_events",
          "events": 3,
          "message": "3 calls are not charged here: the charge is not known yet. Rate them again before the period is closed."
        },
        {
          "code": "unpriced_events",
          "events": 2,
          "message": "2 calls are without a known cost: the price book has no price or the usage is unknown."
        }
      ]
    }
    "#);
}

#[test]
fn a_preview_as_csv_cannot_become_a_formula() {
    assert_snapshot!(render::csv(&invoice(&some_rows())).unwrap().replace("\r\n", "\n"), @r#"
    record,invoice,state,customer,name,period,provider,model,meter,description,quantity,unit,amount_exact,amount,currency
    line,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,simulated,sim-large,,simulated/sim-large: calls and fees,5,calls,0.5,0.50,USD
    line,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,simulated,sim-large,output,simulated/sim-large: output,97000,tokens,1.261,1.26,USD
    line,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,simulated,sim-small,cache_read,simulated/sim-small: cache read,5000,tokens,0,0.00,USD
    line,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,simulated,sim-small,input,simulated/sim-small: input,813000,tokens,0.158535,0.16,USD
    total,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,,,,Total,,,1.919535,1.92,USD
    notice,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,,,unrated_events,3 calls are not charged here: the charge is not known yet. Rate them again before the period is closed.,3,calls,,,
    notice,preview-acme-eu-2026-11,draft,acme-eu,"'=ACME, ""Europe""",2026-11,,,unpriced_events,2 calls are without a known cost: the price book has no price or the usage is unknown.,2,calls,,,
    "#);
}

#[test]
fn an_empty_month_says_so() {
    let empty = invoice(&[]);
    assert_eq!((empty.id.as_str(), empty.lines.len(), empty.total.to_string().as_str()), ("preview-acme-eu-2026-11", 0, "0.00"));
    assert_eq!(empty.notices.iter().map(|notice| notice.message.as_str()).collect::<Vec<_>>(), ["There is no usage in 2026-11."]);
}

#[test]
fn other_days_other_customers_and_other_currencies_do_not_count_silently() {
    let mut rows = vec![
        row("2026-10-31", "m", "input", "1", "1", (0, 0, 0)),
        row("2026-12-01", "m", "input", "1", "1", (0, 0, 0)),
        row("2026-11-05", "m", "", "0", "0", (1, 0, 0)),
    ];
    let mut other = row("2026-11-05", "m", "input", "1", "1", (0, 0, 0));
    other.customer = "someone-else".into();
    rows.push(other);
    let mut euro = row("2026-11-05", "m", "input", "1", "2.5", (0, 0, 0));
    euro.currency = Currency::parse("EUR").unwrap();
    rows.push(euro);
    let invoice = invoice(&rows);
    assert_eq!((invoice.lines.len(), invoice.events), (0, 1));
    assert_eq!(invoice.notices[0].message, "Charges of 2.5 EUR are not on this invoice, which is in USD.");
}

#[test]
fn one_call_is_one_call() {
    let messages: Vec<String> = invoice(&[row("2026-11-05", "m", "", "0", "0", (1, 1, 1))]).notices.into_iter().map(|notice| notice.message).collect();
    assert_snapshot!(messages.join("\n"), @"
    1 call is not charged here: the charge is not known yet. Rate it again before the period is closed.
    1 call is without a known cost: the price book has no price or the usage is unknown.
    ");
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_the_rounded_lines_and_close_to_the_exact_one(charges in proptest::collection::vec((0u64..10_000_000, 0u32..9), 0..40)) {
        let rows: Vec<AggregateRow> = charges.iter().enumerate().map(|(i, (mantissa, scale))| row("2026-11-05", &format!("m{}", i % 7), "input", "1", &Decimal::new(*mantissa as i64, *scale).to_string(), (1, 0, 0))).collect();
        for rounding in [Rounding::HalfEven, Rounding::HalfUp] {
            let invoice = draft(&customer(), &november(), &rows, rounding).unwrap();
            let sum: Decimal = invoice.lines.iter().map(|line| line.amount).sum();
            prop_assert_eq!(invoice.total, sum);
            let exact_sum: Decimal = rows.iter().map(|row| row.charge).sum();
            prop_assert_eq!(invoice.total_exact, exact_sum);
            let half_a_cent_a_line = Decimal::new(5, 3) * Decimal::from(invoice.lines.len() as u64);
            prop_assert!((invoice.total - exact_sum).abs() <= half_a_cent_a_line);
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(seed in any::<u64>()) {
        let mut rows = some_rows();
        let n = rows.len();
        (0..n).for_each(|i| rows.swap(i, (seed as usize >> i) % n));
        prop_assert_eq!(invoice(&rows), invoice(&some_rows()));
    }
}

#[test]
fn a_model_that_could_not_be_rated_has_no_line_that_says_it_is_free() {
    let rows = [row("2026-11-02", "brand-new", "input", "176", "0", (0, 0, 0)), row("2026-11-02", "brand-new", "", "0", "0", (2, 2, 2))];
    let invoice = invoice(&rows);
    assert!(invoice.lines.is_empty(), "{:?}", invoice.lines);
    assert_eq!(invoice.notices.iter().map(|notice| (notice.code, notice.events)).collect::<Vec<_>>(), [("unrated_events", 2), ("unpriced_events", 2)]);
}
