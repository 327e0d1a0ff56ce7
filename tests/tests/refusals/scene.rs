//! The stage of these tests, and how an answer becomes a snapshot.

use serde_json::Value;
use weighbridge_tests::{Answer, Behaviour, Config, ReplayUpstream, Request, Weighbridge, decimal, fixtures};

/// A gateway before two providers that misbehave as told, and a customer's key.
pub struct Scene {
    pub upstream: ReplayUpstream,
    pub weighbridge: Weighbridge,
    pub key: String,
}

impl Scene {
    pub fn set() -> Self {
        Self::with(Config::new())
    }
    pub fn with(config: Config) -> Self {
        let upstream = ReplayUpstream::start();
        let config = config.provider("openai", "openai", &upstream.base_url("openai")).provider("anthropic", "anthropic", &upstream.base_url("anthropic"));
        upstream.set("openai", fixtures::reply("openai-chat.json"));
        upstream.set("anthropic", fixtures::reply("anthropic-message.json"));
        let weighbridge = Weighbridge::start(config);
        let key = weighbridge.admin().customer_with_key("acme", None);
        Self { upstream, weighbridge, key }
    }
    /// The provider behind both dialects does this.
    pub fn upstream_does(&self, behaviour: impl Into<Behaviour>) {
        let behaviour = behaviour.into();
        self.upstream.set("openai", behaviour.clone());
        self.upstream.set("anthropic", behaviour);
    }
    /// What a client of each dialect is told, not streamed and streamed.
    pub fn in_all_shapes(&self) -> String {
        let mut told = String::new();
        for (dialect, stream) in [("openai.chat", false), ("openai.chat", true), ("anthropic.messages", false), ("anthropic.messages", true)] {
            let answer = self.call(dialect, "m", stream);
            let shape = if stream { "streamed" } else { "whole" };
            told.push_str(&match answer {
                Ok(answer) => format!("{dialect}, {shape}: {}", told_by(&answer)),
                Err(error) => format!("{dialect}, {shape}: cut off ({:?})\n", error.kind()),
            });
        }
        told
    }
    pub fn call(&self, dialect: &str, model: &str, stream: bool) -> std::io::Result<Answer> {
        let (provider, path) = if dialect == "openai.chat" { ("openai", "/v1/chat/completions") } else { ("anthropic", "/v1/messages") };
        let body = format!(r#"{{"model":"{provider}/{model}","max_tokens":50,"messages":[{{"role":"user","content":"How heavy?"}}],"stream":{stream}}}"#);
        Request::post(path, body).bearer(&self.key).send(self.weighbridge.address())
    }
    /// What was put on the books, a line for each event; a charge fails the test unless usage was consumed.
    pub fn booked(&self) -> String {
        let line = |event: &Value| {
            let amount = |money: &Value| money["amount"].as_str().map_or_else(|| "unknown".to_owned(), ToOwned::to_owned);
            if event["usage"].as_object().is_none_or(|usage| usage.is_empty()) {
                assert!(event["charge"]["amount"].is_null() || decimal(&event["charge"]["amount"]).is_zero(), "charged for nothing: {event:#}");
            }
            format!(
                "{} usage {} cost {} charge {} flags {}\n",
                text(event, "status"),
                event["usage"],
                amount(&event["cost"]),
                amount(&event["charge"]),
                event["flags"]
            )
        };
        let mut lines: Vec<String> = self.weighbridge.admin().events("").iter().map(line).collect();
        lines.dedup();
        lines.concat()
    }
    pub fn nothing_was_sent_or_booked(&self) {
        assert!(self.upstream.take("openai").is_empty() && self.upstream.take("anthropic").is_empty(), "a refused call reached the provider");
        let events = self.weighbridge.admin().events("");
        assert!(events.is_empty(), "a call that was refused before it was admitted is not on the books: {events:#?}");
    }
}

fn text<'e>(event: &'e Value, field: &str) -> &'e str {
    event[field].as_str().unwrap_or("?")
}

/// An answer as a snapshot: status, the headers that tell something, and the body with what changes from run to run replaced.
pub fn told_by(answer: &Answer) -> String {
    let retry = answer.header("retry-after").map(|seconds| format!(" retry-after: {seconds}")).unwrap_or_default();
    format!("HTTP {}{retry}\n{}\n", answer.status, steady(&answer.text()))
}

/// Replaces ports and ids.
fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("127.0.0.1:") {
        let (before, after) = rest.split_at(at + "127.0.0.1:".len());
        out.push_str(before);
        out.push_str("[port]");
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out.push_str(rest);
    out
}
