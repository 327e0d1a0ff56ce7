//! What the command line takes, and what it shows.

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use super::Cli;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_commands_of_the_manual_are_taken() {
    for line in [
        "demo --exit-after 20",
        "serve --config weighbridge.toml",
        "init --markup 12.5",
        "doctor --json",
        "customers create acme --name Acme --plan standard --external-id stripe=cus_1 --bill-to city=Berlin",
        "customers list --archived",
        "keys create --customer acme --name production --rpm 60",
        "keys get k",
        "keys revoke k",
        "plans create gold --markup 12.5 --per-model acme-ai/large=20",
        "prices show acme-ai/small",
        "prices import prices.json --format litellm",
        "prices quote --provider p --model m --usage input=1000,output=50 --at 2026-11-01T00:00:00Z --service-tier flex --plan standard",
        "usage summary --by model,customer,session --from 2026-11-01 --to 2026-12-01",
        "usage explain 018bcfe5-6800-7000-8000-000000000001",
        "invoices preview acme --period 2026-11 --format csv",
        "invoices get preview-acme-2026-11 --format csv --rounding half_up",
        "plugins list --url http://127.0.0.1:4001 --token t",
        "ledger verify --path data",
        "ledger stats",
    ] {
        let parsed = Cli::try_parse_from(std::iter::once("weighbridge").chain(line.split(' ')));
        assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
    }
}

#[test]
fn what_is_not_there_yet_is_not_offered() {
    for line in [
        "budgets list",
        "credits list",
        "exports list",
        "export focus",
        "rerate",
        "simulate",
        "plugin new pricing x",
        "ledger backup x",
        "invoices close",
        "plans create gold",
        "prices quote --provider p --model m --usage input=1,input=2",
        "init --markup many",
        "init --markup=-1",
    ] {
        let parsed = Cli::try_parse_from(std::iter::once("weighbridge").chain(line.split(' ')));
        assert_eq!(parsed.map(|_| ()).map_err(|error| error.exit_code()), Err(2), "{line}");
    }
}

#[test]
fn what_a_client_named_cannot_write_on_the_terminal() {
    use super::output::{Left, table, text};
    let rows = [vec![text(&json!("m\u{1b}[2J\nsecond")), text(&json!({"\u{7}": "é"}))]];
    let shown = table(&[("MODEL", Left), ("TAGS", Left)], rows);
    assert_eq!(shown.lines().last(), Some(" m\u{fffd}[2J\u{fffd}second  \u{fffd}=é"), "{shown:?}");
}

#[test]
fn an_invoice_is_a_table_with_its_total() {
    let invoice = json!({
        "id": "preview-acme-2026-11", "customer": {"id": "acme", "name": "Acme Ltd"}, "period": {"label": "2026-11"}, "currency": "USD",
        "lines": [{"description": "p/m: input tokens", "quantity": "1200", "unit": "tokens", "amount_exact": "0.234", "amount": "0.23"}],
        "total_exact": "0.234", "total": "0.23", "notices": [{"message": "1 call is not on it."}],
    });
    insta::assert_snapshot!(super::shown_invoice(&invoice), @r##"
    preview-acme-2026-11 for Acme Ltd (acme), 2026-11
    
     DESCRIPTION        QUANTITY  UNIT    EXACT   USD
     ────────────────────────────────────────────────
     p/m: input tokens      1200  tokens  0.234  0.23
     ────────────────────────────────────────────────
     Total                                0.234  0.23
    Note: 1 call is not on it.
    "##);
}
