//! The plugins of the repository, as they are embedded in the binary.

mod common;

use std::collections::BTreeMap;

use common::{Call, has, shared};
use weighbridge_domain::Decimal;
use weighbridge_plugin_api::Kind;
use weighbridge_plugin_api::adapter::Billing;
use weighbridge_plugin_api::pricing::PricingRules;

#[test]
fn every_bundled_plugin_installs_and_takes_its_own_configuration() {
    for plugin in weighbridge_bundle::first_party() {
        let name = plugin.name;
        match plugin.kind {
            "adapter" => assert!(!shared().adapter(name, &BTreeMap::new()).unwrap().plans().is_empty(), "{name}"),
            "counter" if plugin.wasm.is_some() => {
                let counter = shared().counter(name, &BTreeMap::new()).unwrap();
                assert!(!counter.scope().models.is_empty(), "{name}");
                assert_eq!(counter.count_texts("any", &["hello world"]).unwrap()[0].tokens, 2, "{name}");
            }
            "counter" => assert!(has(shared(), Kind::Counter, name)),
            "pricing" => assert!(has(shared(), Kind::Pricing, name)),
            other => panic!("{name} is a {other}"),
        }
    }
}

#[test]
fn every_stream_of_events_says_where_it_ends() {
    // A body that ends may have been cut off, and where its connection was just closed, nothing else tells.
    let adapters = weighbridge_bundle::first_party().iter().filter(|plugin| plugin.kind == "adapter");
    for name in adapters.map(|plugin| plugin.name) {
        let adapter = shared().adapter(name, &BTreeMap::new()).unwrap();
        let metered = adapter.plans().iter().filter(|plan| plan.billing == Billing::Metered);
        let streamed = metered.filter(|plan| !(plan.event_facts.is_empty() && plan.event_text.is_empty()));
        for plan in streamed {
            assert!(plan.terminal.is_some() || !plan.finish.is_empty(), "{name}: {}", plan.dialect);
        }
    }
}

#[test]
fn no_hostile_plugin_is_bundled() {
    assert!(weighbridge_bundle::first_party().iter().all(|plugin| !plugin.name.contains("hostile")));
}

#[test]
fn cost_plus_marks_up_every_line_exactly() {
    let call = Call::of("large");
    let rule = shared().load("cost-plus", r#"{"markup_percent": "30", "per_model": {"acme-ai/small": "20"}}"#).unwrap();
    let input = call.input();
    let rated = rule.rate(&input).unwrap();
    assert_eq!(rated.items.len(), input.cost.len());
    for (line, cost) in rated.items.iter().zip(input.cost) {
        assert_eq!(line.amount, cost.amount * Decimal::new(13, 1));
        assert_eq!((line.meter.as_ref(), line.quantity), (Some(&cost.meter), cost.quantity));
    }
    assert_eq!(&*rated.items[1].description, "cache read tokens at cost + 30 %");
    assert_eq!(rule.rate(&Call::of("small").input()).unwrap().items[0].amount, input.cost[0].amount * Decimal::new(12, 1));
}

#[test]
fn cost_plus_refuses_a_bad_sheet_with_every_problem() {
    let refused = shared().load("cost-plus", r#"{"markup": 30, "per_model": {"a": "x"}}"#).map(|_| ()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "markup: unknown key; expected one of rule, currency, markup_percent, margin_percent, add, per, add_per_call, per_tag, per_model, per_provider, per_meter; \
         markup_percent: is missing: write the percentage on top of cost, such as \"30\"; \
         per_model[\"a\"]: \"x\" is not a decimal number: write a percentage such as \"30\" or \"12.5\""
    );
}

#[test]
fn the_same_input_gives_the_same_lines_whichever_instance_rates_it() {
    let sheet = r#"{"markup_percent": "33.3"}"#;
    let first = shared().load("cost-plus", sheet).unwrap().rate(&Call::of("m").input()).unwrap();
    let other = common::host(weighbridge_wasm::HostOptions::default());
    let plugin = weighbridge_bundle::first_party().iter().find(|plugin| plugin.name == "cost-plus").unwrap();
    other.install_text(plugin.manifest, plugin.wasm).unwrap();
    let elsewhere = other.load("cost-plus", sheet).unwrap().rate(&Call::of("m").input()).unwrap();
    assert_eq!(format!("{first:?}"), format!("{elsewhere:?}"));
}

/// The adapter that translates, found by what its plans say: it wants the whole body.
fn translating() -> (std::sync::Arc<dyn weighbridge_plugin_api::Adapter>, String) {
    use weighbridge_plugin_api::adapter::View;
    let adapters = weighbridge_bundle::first_party().iter().filter(|plugin| plugin.kind == "adapter");
    let mut opened = adapters.map(|plugin| shared().adapter(plugin.name, &BTreeMap::new()).expect("a bundled adapter opens"));
    opened
        .find_map(|adapter| {
            let dialect = adapter.plans().iter().find(|plan| plan.request_view == View::Full)?.dialect.to_string();
            Some((adapter, dialect))
        })
        .expect("an adapter that translates")
}

fn prepare(adapter: &dyn weighbridge_plugin_api::Adapter, dialect: &str, body: &str) -> Result<(), weighbridge_plugin_api::PluginError> {
    let request = weighbridge_plugin_api::adapter::ClientRequest {
        dialect,
        model: "m",
        upstream_model: "m",
        streamed: false,
        query: "",
        headers: Vec::new(),
        fields: Vec::new(),
        body: Some(body.as_bytes()),
        attrs: Vec::new(),
    };
    adapter.prepare(&request).map(drop)
}

#[test]
fn a_large_request_has_time_in_proportion() {
    let (adapter, dialect) = translating();
    // About 1.4 MB of small messages: several times what the deadline of a small call allows.
    let message = r#"{"role":"user","content":"What does a token weigh on a bridge?"}"#;
    let body = format!(r#"{{"model":"m","messages":[{}]}}"#, vec![message; 20_000].join(","));
    assert_eq!(prepare(&*adapter, &dialect, &body), Ok(()));
}

#[test]
fn a_request_too_large_to_be_shown_is_the_callers_matter_and_opens_no_circuit() {
    let (adapter, dialect) = translating();
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#, "x".repeat(9 << 20));
    for _ in 0..10 {
        let refused = prepare(&*adapter, &dialect, &body).unwrap_err();
        assert_eq!(refused.blame(), weighbridge_plugin_api::Blame::Input);
        assert_eq!(
            refused.failure.to_string(),
            "9437243 bytes are more than the 8388608 that this plugin can be shown".replace("9437243", &body.len().to_string())
        );
    }
    assert_eq!(prepare(&*adapter, &dialect, r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#), Ok(()));
}
