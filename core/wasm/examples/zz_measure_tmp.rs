//! tmp
use std::collections::BTreeMap;
use std::time::Instant;
use weighbridge_plugin_api::adapter::*;
use weighbridge_wasm::{HostOptions, PluginHost};
fn best<T>(n: u32, mut f: impl FnMut() -> T) -> (f64, T) {
    let mut b = f64::MAX;
    let mut out = None;
    for _ in 0..n {
        let s = Instant::now();
        let r = f();
        b = b.min(s.elapsed().as_secs_f64() * 1e6);
        out = Some(r);
    }
    (b, out.unwrap())
}
fn main() {
    let mut options = HostOptions::default();
    options.adapter.deadline_ms = 2000;
    options.counter.deadline_ms = 5000;
    if let Ok(m) = std::env::var("MIB") {
        options.adapter.memory_mib = m.parse().unwrap();
    }
    let host = PluginHost::new(options).unwrap();
    for p in weighbridge_bundle::first_party() {
        let s = Instant::now();
        host.install_text(p.manifest, p.wasm).unwrap();
        println!("{} {} compile {:?}", p.kind, p.name, s.elapsed());
    }
    let none = BTreeMap::new();
    let s = Instant::now();
    let counter = host.counter("o200k", &none).unwrap();
    println!("counter instance+configure {:?}", s.elapsed());
    let s = Instant::now();
    let r = counter.count_texts("gpt-4o", &["hello world"]).unwrap();
    println!("first count {:?} {:?}", s.elapsed(), r);
    let prose = "The weighbridge weighs what drives over it without stopping it. It isn't hard, they say; 1234 lorries a day! ".repeat(10_000);
    for (name, text) in [
        ("prose 8K", prose[..8192].to_owned()),
        ("prose 1M", prose[..1_000_000].to_owned()),
        ("a x 1M", "a".repeat(1_000_000)),
        ("= x 1M", "=".repeat(1_000_000)),
        ("space x 1M", " ".repeat(1_000_000)),
        ("random base64 1M", {
            let mut x = 7u64;
            (0..1_000_000)
                .map(|_| {
                    x ^= x << 13;
                    x ^= x >> 7;
                    x ^= x << 17;
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(x % 64) as usize] as char
                })
                .collect()
        }),
        ("random lower 1M", {
            let mut x = 7u64;
            (0..1_000_000)
                .map(|_| {
                    x ^= x << 13;
                    x ^= x >> 7;
                    x ^= x << 17;
                    (b'a' + (x % 26) as u8) as char
                })
                .collect()
        }),
        ("han 1M", "漢字仮名交文章日本語".repeat(33_333)),
    ] {
        let (us, r) = best(3, || counter.count_texts("gpt-4o", &[&text]));
        println!("{name:20} {us:10.0} us {r:?}");
    }
    let adapter = host.adapter("anthropic", &none).unwrap();
    let chat = adapter.plans().iter().find(|p| &*p.dialect == "openai.chat").unwrap().clone();
    for n in [0usize, 1_000_000, 3_000_000, 5_000_000, 6_500_000, 8_000_000, 10_000_000] {
        let body = format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"text","text":"hi"}},{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{}"}}}}]}}]}}"#,
            "A".repeat(n)
        );
        let (us, r) = best(3, || {
            adapter
                .prepare(&ClientRequest {
                    dialect: &chat.dialect,
                    model: "m",
                    upstream_model: "claude",
                    streamed: true,
                    headers: vec![],
                    fields: vec![],
                    body: Some(body.as_bytes()),
                })
                .map(|r| match r.body {
                    BodyPlan::Replace(b) => b.len(),
                    _ => 0,
                })
        });
        println!("prepare image {n:9} {us:10.0} us {:?}", r.map_err(|e| e.to_string()));
    }
    let text = format!(
        r#"{{"model":"m","messages":[{}]}}"#,
        vec![
            r#"{"role":"user","content":"How heavy is a lorry, and what \"exactly\" does it carry?\nTell me."},{"role":"assistant","content":"It depends."}"#;
            8_000
        ]
        .join(",")
    );
    let (us, r) = best(3, || {
        adapter
            .prepare(&ClientRequest {
                dialect: &chat.dialect,
                model: "m",
                upstream_model: "claude",
                streamed: true,
                headers: vec![],
                fields: vec![],
                body: Some(text.as_bytes()),
            })
            .is_ok()
    });
    println!("prepare {} bytes of 16000 messages {us:.0} us {r}", text.len());
    let events: Vec<Event> = (0..64)
        .map(|i| Event {
            name: Some("content_block_delta".into()),
            data: format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"word {i}"}}}}"#).into_bytes(),
        })
        .collect();
    let refs: Vec<EventRef> = events.iter().map(|e| EventRef { name: e.name.as_deref(), data: &e.data }).collect();
    let state = br#"{"u":true,"i":"chatcmpl-1","m":"claude","t":0,"a":false,"o":false,"s":{}}"#;
    let (us, _) = best(300, || adapter.on_events(state, &refs).unwrap());
    println!("64 events in one read {us:.1} us");
    let (us, _) = best(300, || adapter.on_events(state, &refs[..1]).unwrap());
    println!("1 event {us:.1} us");
    let openai = host.adapter("openai", &none).unwrap();
    let facts = [
        ("input", "812"),
        ("cached", "100"),
        ("output", "97"),
        ("reasoning", "64"),
        ("total", "909"),
        ("input_audio", "0"),
        ("output_audio", "0"),
        ("model", "\"gpt-4o-mini-2024-07-18\""),
        ("service_tier", "\"default\""),
    ];
    let facts: Vec<Fact> = facts.iter().map(|(name, json)| Fact { name, json }).collect();
    let (us, _) = best(1000, || openai.read_usage("openai.chat", &facts).unwrap());
    println!("openai read_usage {us:.1} us");
    let (us, _) = best(1000, || {
        openai
            .prepare(&ClientRequest {
                dialect: "openai.chat",
                model: "m",
                upstream_model: "m",
                streamed: true,
                headers: vec![],
                fields: vec![Field { pointer: "/model", json: Some("\"m\"") }, Field { pointer: "/stream_options", json: None }],
                body: None,
            })
            .unwrap()
    });
    println!("openai prepare {us:.1} us");
}
