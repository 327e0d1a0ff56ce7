//! Circuit, log, capabilities, cache, instances: the host's own part.

#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{Call, clock, has, host, hostile_rule, manifest, rate, shared};
use weighbridge_plugin_api::pricing::PricingRules;
use weighbridge_plugin_api::{Blame, Failure, Kind};
use weighbridge_wasm::{HostOptions, PluginHost};

#[test]
fn after_five_traps_in_a_minute_a_plugin_is_left_alone_for_a_while() {
    let clock = clock();
    let host = host(HostOptions { clock: clock.clone(), ..HostOptions::default() });
    let rule = hostile_rule(&host, "a");
    for _ in 0..5 {
        assert_eq!(rate(&*rule, "trap").unwrap_err().failure, Failure::Trap("unreachable code".into()));
        clock.advance(10_000_000);
    }
    // The fifth was ten seconds ago by now: the back-off of a second is over, the next call is the probe, and it traps.
    assert!(matches!(rate(&*rule, "trap").unwrap_err().failure, Failure::Trap(_)));
    let refused = rate(&*rule, "good").unwrap_err();
    assert_eq!(refused.to_string(), "plugin \"hostile\" rate: it failed 5 times within a minute and is not called for 2000 ms");
    assert_eq!(refused.blame(), Blame::Guest);
    assert!(rate(&*hostile_rule(&host, "b"), "good").is_ok(), "with another sheet it has a circuit of its own");
    clock.advance(1_500_000);
    assert_eq!(rate(&*rule, "good").unwrap_err().failure, Failure::CircuitOpen { failures: 5, retry_in_ms: 500 });
    clock.advance(500_000);
    assert!(rate(&*rule, "good").is_ok(), "the probe");
    assert!(rate(&*rule, "good").is_ok(), "closed again");
}

#[test]
fn nonsense_does_not_open_the_circuit() {
    let rule = hostile_rule(shared(), "nonsense");
    for _ in 0..20 {
        assert!(matches!(rate(&*rule, "negative").unwrap_err().failure, Failure::Nonsense(_)));
    }
    assert!(rate(&*rule, "good").is_ok());
}

#[test]
fn deadline_and_memory_are_the_operators_to_set() {
    let mut options = HostOptions::default();
    options.pricing.deadline_ms = 3;
    options.pricing.memory_mib = 2;
    let host = host(options);
    let rule = hostile_rule(&host, "a");
    assert_eq!(rate(&*rule, "loop").unwrap_err().failure, Failure::Deadline { limit_ms: 3 });
    assert_eq!(rate(&*rule, "allocate").unwrap_err().failure, Failure::Memory { limit_mib: 2 });
    assert!(rate(&*rule, "good").is_ok());
}

#[test]
fn an_import_other_than_log_is_refused_at_install() {
    let host = PluginHost::new(HostOptions::default()).unwrap();
    let refused = host.install(manifest("escape", "pricing"), weighbridge_hostile::ESCAPE).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "plugin \"escape\" imports \"escape:hatch/sockets@1.0.0\": a plugin of kind \"pricing\" may import \"weighbridge:plugin/log@0.1.0\" and nothing else"
    );
    assert!(!has(&host, Kind::Pricing, "escape"));
}

#[test]
fn what_is_not_a_plugin_is_refused_at_install() {
    let host = PluginHost::new(HostOptions::default()).unwrap();
    let refused = |kind: &str, wasm: &[u8]| host.install(manifest("x", kind), wasm).unwrap_err().to_string();
    assert_eq!(
        refused("counter", weighbridge_hostile::PRICING),
        "plugin \"x\": its manifest says kind \"counter\", but it does not export \"weighbridge:plugin/counter@0.1.0\""
    );
    assert!(refused("pricing", b"not wasm").starts_with("plugin \"x\": this is not a component that can be run here: "));
    assert!(refused("pricing", b"\0asm\x01\0\0\0").starts_with("plugin \"x\": this is not a component that can be run here: "), "a core module");
    let mut data = manifest("x", "adapter");
    assert_eq!(
        host.install_data(data.clone()).unwrap_err().to_string(),
        "plugin \"x\" has no component: give its .wasm, or name in plugin.toml the `component` that it configures"
    );
    data.component = Some("base".into());
    assert_eq!(
        host.install_data(data).unwrap_err().to_string(),
        "plugin \"x\" uses the component of \"base\", but no adapter of that name is installed; there is: none"
    );
}

/// Where the log goes in a test.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_flood_of_log_lines_is_tagged_cut_and_limited() {
    let clock = clock();
    let host = host(HostOptions { clock: clock.clone(), ..HostOptions::default() });
    let rule = hostile_rule(&host, "a");
    let lines = Lines::default();
    let sink = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || sink.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        assert!(rate(&*rule, "chatty").is_ok(), "who talks too much is still heard out");
        clock.advance(100_000);
        assert!(rate(&*rule, "chatty").is_ok());
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<_> = text.lines().filter(|line| line.contains("plugin=hostile")).collect();
    assert_eq!(ours.len(), 52, "fifty at once, one after a tenth of a second, and what was lost");
    assert!(ours[0].contains("line 0") && ours[50].contains("9951 lines of this plugin were suppressed: it writes more than 10 a second"), "{}", ours[50]);
}

#[test]
fn compiled_plugins_are_kept_and_a_damaged_one_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = || HostOptions { cache_dir: Some(folder.path().join("cache")), ..HostOptions::default() };
    let works = |options| {
        let host = PluginHost::new(options).unwrap();
        host.install(manifest("hostile", "pricing"), weighbridge_hostile::PRICING).unwrap();
        assert!(rate(&*hostile_rule(&host, "a"), "good").is_ok());
    };
    let files = || std::fs::read_dir(folder.path().join("cache")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    works(options());
    let first = files();
    assert_eq!(first.len(), 1);
    let written = std::fs::metadata(&first[0]).unwrap().modified().unwrap();
    works(options());
    assert_eq!((files(), std::fs::metadata(&first[0]).unwrap().modified().unwrap()), (first.clone(), written), "the second start only reads");

    let mut bytes = std::fs::read(&first[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::write(&first[0], &bytes).unwrap();
    works(options());
    assert_ne!(std::fs::read(&first[0]).unwrap(), bytes, "mended");

    let unwritable = folder.path().join("a file");
    std::fs::write(&unwritable, "").unwrap();
    works(HostOptions { cache_dir: Some(unwritable), ..HostOptions::default() });
}

#[test]
fn many_sheets_share_few_instances() {
    let host = host(HostOptions { instances: 8, ..HostOptions::default() });
    let rules: Vec<_> = (0..40).map(|at| hostile_rule(&host, &format!("sheet {at}"))).collect();
    for _ in 0..2 {
        rules.iter().for_each(|rule| assert!(rate(&**rule, "good").is_ok()));
    }
}

#[test]
fn one_rule_serves_many_threads() {
    let rule = hostile_rule(shared(), "threads");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..500).for_each(|_| assert!(rate(&*rule, "good").is_ok())));
        }
    });
}

#[test]
fn the_same_sheet_is_loaded_once_and_a_new_version_does_not_disturb_the_old() {
    let host = host(HostOptions::default());
    let (one, same) = (hostile_rule(&host, "a"), hostile_rule(&host, "a"));
    assert!(Arc::ptr_eq(&one, &same));
    let mut next = manifest("hostile", "pricing");
    next.version = "2.0.0".into();
    let cost_plus = weighbridge_bundle::first_party().iter().find(|plugin| plugin.name == "cost-plus").unwrap();
    host.install(next, cost_plus.wasm.unwrap()).unwrap();
    assert_eq!(&*rate(&*one, "good").unwrap().items[0].description, "fine", "whoever holds the old one keeps it");
    let new = host.load("hostile", r#"{"markup_percent": "30"}"#).unwrap();
    assert_eq!((&*new.identity().version, new.rate(&Call::of("good").input()).unwrap().items.len()), ("2.0.0", 5));
}
