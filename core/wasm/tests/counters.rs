//! Counters: loaded when they are first needed, and shown whole prompts.

mod common;

use std::collections::BTreeMap;

use common::{manifest, shared};
use weighbridge_domain::Digest;
use weighbridge_plugin_api::counter::{Image, Message, Part};
use weighbridge_wasm::{HostOptions, PluginHost};

#[test]
fn a_counter_that_says_its_models_is_loaded_at_its_first_use() {
    let host = PluginHost::new(HostOptions::default()).unwrap();
    let mut broken = manifest("broken", "counter");
    broken.config.insert("models".into(), toml::Value::Array(vec!["large-*".into()]));
    host.install_embedded(broken, b"not a component", Digest::of(b"not a component"));
    let counter = host.counter("broken", &BTreeMap::new()).expect("nobody looks at it yet");
    assert_eq!(counter.scope().models, ["large-*"]);
    let error = counter.count_texts("large-1", &["x"]).unwrap_err().to_string();
    let expected = "plugin \"broken\" configure: the host could not run it: plugin \"broken\": this is not a component that can be run here: ";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_counter_that_does_not_say_its_models_is_asked_at_once() {
    let host = PluginHost::new(HostOptions::default()).unwrap();
    host.install_embedded(manifest("broken", "counter"), b"not a component", Digest::of(b"not a component"));
    assert!(host.counter("broken", &BTreeMap::new()).is_err());
}

#[test]
fn the_operators_models_are_over_the_manifests() {
    let operator = BTreeMap::from([("models".to_owned(), toml::Value::Array(vec!["mine".into()])), ("other_models".to_owned(), false.into())]);
    let counter = shared().counter("o200k", &operator).unwrap();
    assert_eq!((&counter.scope().models[..], counter.scope().other_models), (&["mine".to_owned()][..], false));
    assert!(counter.count_texts("mine", &["hello"]).unwrap()[0].exact);
}

#[test]
fn a_prompt_is_counted_with_its_frame_and_its_images() {
    let parts = vec![Part::Text("hello world".into()), Part::Image(Image { width: 1024, height: 1024, detail: "high".into() }), Part::Json("{}".into())];
    let message = Message { role: "user".into(), name: Some("user".into()), parts };
    for name in ["o200k", "cl100k"] {
        let count = shared().counter(name, &BTreeMap::new()).unwrap().count_prompt("any", std::slice::from_ref(&message)).unwrap();
        // Frame, role, name with its own token, the text, the image, the JSON, the answer's start.
        assert_eq!((count.tokens, count.exact), (3 + 1 + 2 + 2 + 765 + 1 + 3, false), "{name}");
    }
}
