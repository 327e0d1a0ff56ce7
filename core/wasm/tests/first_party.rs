//! The plugins of the repository, as they are embedded in the binary.

mod common;

use std::collections::BTreeMap;

use common::{Call, has, shared};
use weighbridge_domain::Decimal;
use weighbridge_plugin_api::Kind;
use weighbridge_plugin_api::pricing::PricingRules;

#[test]
fn every_bundled_plugin_installs_and_takes_its_own_configuration() {
    for plugin in weighbridge_bundle::first_party() {
        let name = plugin.name;
        match plugin.kind {
            "adapter" => assert!(!shared().adapter(name, &BTreeMap::new()).unwrap().plans().is_empty(), "{name}"),
            "counter" => assert!(!shared().counter(name, &BTreeMap::new()).unwrap().info().tokenizer.is_empty(), "{name}"),
            "pricing" => assert!(has(shared(), Kind::Pricing, name)),
            other => panic!("{name} is a {other}"),
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
        "markup: unknown key; expected one of rule, currency, markup_percent, per_model, per_provider, per_meter; \
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
