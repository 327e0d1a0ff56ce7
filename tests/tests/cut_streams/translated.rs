//! The same for streams that are translated: what is metered is the provider's own, and the client reads an end of its own dialect
//! where there was one, and of a failure where there was none.

use serde_json::json;
use weighbridge_tests::{
    Config, ReplayUpstream, Reply, Request,
    corpus::{Case, Corpus},
};

use crate::{
    cuts::Knife,
    expect,
    scene::{Outcome, Scene, at_once},
    shown,
};

/// A client's dialect at a provider of another.
#[derive(Debug, Clone, Copy)]
enum Way {
    ChatToMessages,
    ChatToGemini,
    MessagesToChat,
    GeminiToChat,
    ResponsesToChat,
}

const CHAT_ONLY: &str = r#"
[providers.chat-only.config]
dialects = ["openai.chat"]
translation = { dialects = ["anthropic.messages", "gemini.generate_content", "openai.responses"] }"#;

fn config(upstream: &ReplayUpstream) -> Config {
    let base = |route: &str| upstream.base_url(route);
    Config::new()
        .toml("[routing]\nretries = 0\ncircuit_failures = 1000000\ncircuit_percent = 100")
        .provider("anthropic", "anthropic", &base("anthropic"))
        .provider("google", "gemini", &base("google"))
        .provider_with("chat-only", "openai", &base("chat-only"), CHAT_ONLY)
}

impl Way {
    const ALL: [Self; 5] = [Self::ChatToMessages, Self::ChatToGemini, Self::MessagesToChat, Self::GeminiToChat, Self::ResponsesToChat];

    /// Recorded answers of the provider.
    fn cases(self, corpus: &Corpus) -> Vec<Case> {
        let family = match self {
            Self::ChatToMessages => "anthropic.messages",
            Self::ChatToGemini => "google.generateContent",
            Self::MessagesToChat | Self::GeminiToChat | Self::ResponsesToChat => "openai.chat",
        };
        let mut cases = corpus.cases(&[family]);
        cases.retain(|case| case.streamed() && case.json["http_status"] == 200 && case.json["framing"] == "sse");
        cases
    }

    /// The client's call.
    fn call(self, case: &Case) -> Request {
        let messages = json!([{ "role": "user", "content": "How heavy is it?" }]);
        let chat = |provider: &str| {
            let model = format!("{provider}/{}", case.upstream_model());
            let body = json!({ "model": model, "messages": messages, "stream": true, "stream_options": { "include_usage": true } });
            Request::post("/v1/chat/completions", body.to_string())
        };
        match self {
            Self::ChatToMessages => chat("anthropic"),
            Self::ChatToGemini => chat("google"),
            Self::MessagesToChat => {
                let body = json!({ "model": "chat-only/m", "max_tokens": 64, "messages": messages, "stream": true });
                Request::post("/v1/messages", body.to_string())
            }
            Self::GeminiToChat => {
                let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "How heavy is it?" }] }] });
                Request::post("/v1beta/models/chat-only%2Fm:streamGenerateContent?alt=sse", body.to_string())
            }
            Self::ResponsesToChat => Request::post("/v1/responses", json!({ "model": "chat-only/m", "input": "How heavy is it?", "stream": true }).to_string()),
        }
    }

    /// What only an answer has that came to its end.
    fn ends(self) -> &'static [&'static str] {
        match self {
            Self::ChatToMessages | Self::ChatToGemini => &["data: [DONE]"],
            Self::MessagesToChat => &["event: message_stop"],
            Self::GeminiToChat => &["\"finishReason\":"],
            Self::ResponsesToChat => &["event: response.completed", "event: response.incomplete"],
        }
    }

    /// What is wrong with what the client got.
    fn problem(self, outcome: &Outcome, end: &str) -> Option<&'static str> {
        let text = String::from_utf8_lossy(&outcome.body);
        let has_end = self.ends().iter().any(|end| text.contains(end));
        match end {
            // Some answers cannot be translated: then the client is told that.
            "completed" if !has_end && !text.contains("error") => Some("the client sees no end of a whole answer"),
            "completed" => None,
            // An answer that has said why it stops is one, also where the provider's own marker is missing.
            _ if outcome.ended && !has_end && !text.contains("error") => Some("the client is not told that it broke off"),
            _ => None,
        }
    }
}

#[test]
fn a_translated_stream_cut_anywhere_leaves_one_record_and_a_client_that_knows() {
    let Some(corpus) = Corpus::open() else { return };
    let scene = Scene::set(config);
    let knife = Knife::new(8);
    let streams: Vec<(usize, Way, Case)> = Way::ALL
        .into_iter()
        .flat_map(|way| way.cases(&corpus).into_iter().map(move |case| (way, case)))
        .enumerate()
        .map(|(nth, (way, case))| (nth, way, case))
        .collect();
    let calls = at_once(&streams, |client, (nth, way, case)| {
        let whole = scene.run(client, way.call(case), case.reply());
        let parts = knife.cuts(*nth, case).into_iter().map(|cut| {
            let reply = Reply { framing: cut.framing(), ..case.reply() }.cut_off_after(cut.at);
            (cut, scene.run(client, way.call(case), reply))
        });
        (whole.id, parts.collect::<Vec<_>>())
    });
    let records = scene.records();
    let mut wrong = Vec::new();
    for ((_, way, case), (whole, parts)) in streams.iter().zip(&calls) {
        let whole = &records[whole];
        for (cut, outcome) in parts {
            let record = &records[&outcome.id];
            let mut problems = expect::of_record(case, *cut, outcome, record, whole);
            problems.extend(way.problem(outcome, record["status"].as_str().unwrap_or_default()).map(str::to_owned));
            wrong.extend(problems.into_iter().map(|problem| format!("{way:?} {} {cut:?} of {}: {problem}: {}", case.id, case.body.len(), shown(record))));
        }
    }
    let count: usize = calls.iter().map(|(_, parts)| parts.len() + 1).sum();
    assert!(wrong.is_empty(), "{} problems with {count} calls of {} streams, seed {}:\n{}", wrong.len(), streams.len(), knife.seed, wrong.join("\n"));
    assert_eq!(records.len(), count, "a record for each call");
    println!("{count} calls of {} streams", streams.len());
}
