//! The gateway with a hostile provider behind it: what its client gets, what is on record, and what it costs in memory.

use std::{fs, thread, time::Duration};

use serde_json::{Value, json};
use weighbridge_tests::{Behaviour, Config, ReplayUpstream, Request, Weighbridge, fixtures};

pub(crate) const MIB: usize = 1024 * 1024;
/// A client that has got so much of a stream leaves it: more than an event may have.
const ENOUGH: usize = 20 * MIB;
/// What all of these calls may add to the gateway's memory, one after the other: an event of 16 MiB or a whole answer of 64 MiB, and
/// copies of it; not what is sent.
const MOST_MEMORY: usize = 400 * MIB;

pub(crate) struct Scene {
    pub(crate) upstream: ReplayUpstream,
    pub(crate) weighbridge: Weighbridge,
    pub(crate) key: String,
    pub(crate) enough: usize,
    pub(crate) calls: usize,
}

/// How the answer ended for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It looked whole.
    Whole,
    /// The connection broke.
    Broken,
    /// The client had enough, and left.
    Left,
}

/// What the client got, and the record.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) end: End,
    /// The last of it.
    pub(crate) tail: String,
    pub(crate) record: Value,
}

impl Got {
    /// How it ended for both of them.
    pub(crate) fn is(&self, what: &str, end: End, status: &str) -> &Self {
        assert_eq!((self.end, &self.record["status"]), (end, &status.into()), "{what}: {self:#?}");
        self
    }
    /// It ends in an event that says so.
    pub(crate) fn says(&self, what: &str, why: &str) -> &Self {
        assert!(self.tail.contains(why), "{what}: it does not say {why:?}: {self:#?}");
        self
    }
}

impl Scene {
    pub(crate) fn set() -> Self {
        let upstream = ReplayUpstream::start();
        let mut config = Config::new().limit("idle_timeout_ms", 1000).toml("[routing]\nretries = 0\ncircuit_failures = 1000000\ncircuit_percent = 100");
        for plugin in ["openai", "anthropic", "gemini", "ollama", "bedrock"] {
            config = config.provider(plugin, plugin, &upstream.base_url("up"));
        }
        let weighbridge = Weighbridge::start(config);
        let key = weighbridge.admin().customer_with_key("acme", None);
        Self { upstream, weighbridge, key, enough: ENOUGH, calls: 0 }
    }

    /// The most memory that the process ever had.
    pub(crate) fn peak(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.weighbridge.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    pub(crate) fn ask(&mut self, call: &Request, behaviour: impl Into<Behaviour>) -> Got {
        self.upstream.set("up", behaviour);
        let mut answering = call.clone().bearer(&self.key).open(self.weighbridge.address()).unwrap();
        let (mut bytes, mut tail) = (0, Vec::new());
        let end = loop {
            match answering.piece() {
                Ok(Some(piece)) => {
                    bytes += piece.len();
                    tail.extend(piece);
                    tail.drain(..tail.len().saturating_sub(1000));
                }
                Ok(None) => break End::Whole,
                Err(_) => break End::Broken,
            }
            if bytes > self.enough {
                break End::Left;
            }
        };
        let id = answering.header("x-weighbridge-id").expect("an id").to_owned();
        let status = answering.status;
        drop(answering);
        self.calls += 1;
        Got { status, end, tail: String::from_utf8_lossy(&tail).into_owned(), record: self.record(&id) }
    }

    pub(crate) fn record(&self, id: &str) -> Value {
        for _ in 0..3000 {
            let answer = self.weighbridge.admin().request("GET", &format!("usage-events/{id}"), None);
            if answer.status == 200 {
                return answer.json();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no record of {id}");
    }

    /// Others are served, each call has one record, and the memory is what it was but for a bound.
    pub(crate) fn ends_well(mut self, before: usize) {
        let got = self.ask(&chat("openai/m"), fixtures::reply("openai-chat.sse"));
        got.is("a good answer", End::Whole, "completed");
        let peak = self.peak();
        assert!(peak < before + MOST_MEMORY, "the memory went from {} to {} MiB", before / MIB, peak / MIB);
        self.weighbridge.admin().wait_for_events(self.calls);
    }
}

pub(crate) fn chat(model: &str) -> Request {
    Request::post("/v1/chat/completions", json!({ "model": model, "messages": [{ "role": "user", "content": "How heavy?" }], "stream": true }).to_string())
}
pub(crate) fn ollama() -> Request {
    Request::post("/api/chat", json!({ "model": "ollama/m", "messages": [{ "role": "user", "content": "How heavy?" }] }).to_string())
}
pub(crate) fn gemini() -> Request {
    let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "How heavy?" }] }] });
    Request::post("/v1beta/models/gemini%2Fm:streamGenerateContent", body.to_string())
}
pub(crate) fn bedrock() -> Request {
    Request::post("/model/bedrock%2Fm/converse-stream", json!({ "messages": [{ "role": "user", "content": [{ "text": "How heavy?" }] }] }).to_string())
}
pub(crate) fn speech() -> Request {
    Request::post("/v1/audio/speech", json!({ "model": "openai/tts-1", "voice": "alloy", "input": "Forty tons." }).to_string())
}
