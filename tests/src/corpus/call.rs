//! The client's call to which a recorded answer is the answer: the recorded request where it is known, else a plausible one, at
//! the gateway's own path for it.

use serde_json::{Value, json};

use super::Case;
use crate::Request;

impl Case {
    /// The provider by its wire: some recorded hosts speak several, each with another adapter.
    pub fn route(&self) -> String {
        match (self.provider(), self.endpoint()) {
            ("local", "messages") => "local-anthropic".into(),
            ("local", "generateContent") => "local-gemini".into(),
            ("anthropic", "chat") => "anthropic-compatible".into(),
            (provider, _) => provider.into(),
        }
    }
    /// The model as the provider knows it.
    pub fn upstream_model(&self) -> String {
        model(self)
    }

    /// The call. The model is named `provider/model`, which leads to the provider's own plugin.
    pub fn call(&self) -> Request {
        let named = format!("{}/{}", self.route(), model(self));
        let path = path(self).replace("{model}", &encoded(&named));
        if matches!(self.endpoint(), "audio.transcriptions") || path.ends_with("/images/edits") {
            return form(&path, &named, self);
        }
        let mut body = recorded(self).cloned().unwrap_or_else(|| plausible(self));
        if !path.contains("/model") {
            // Where the recorded client named it elsewhere (a deployment in the path, say), it is named in the body here.
            body[if self.provider() == "watsonx" { "model_id" } else { "model" }] = named.as_str().into();
        }
        if streams_by_its_body(self) {
            body["stream"] = self.streamed().into();
            if self.streamed() && matches!(self.endpoint(), "chat" | "completions") && !path.starts_with("/v2/") {
                body["stream_options"] = json!({ "include_usage": true });
            }
        }
        Request::post(&path, body.to_string())
    }
}

fn streams_by_its_body(case: &Case) -> bool {
    matches!(case.endpoint(), "chat" | "completions" | "responses" | "messages" | "api.chat" | "api.generate" | "interactions")
        || case.streamed() && case.endpoint() == "images"
}

/// The recorded address's path, without its scheme, host and query; empty where the address is made up.
fn recorded_path(case: &Case) -> &str {
    let url = case.json["request"]["url"].as_str().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return "" };
    if !scheme.starts_with("http") {
        return "";
    }
    rest.find('/').map_or("", |at| rest[at..].split('?').next().unwrap_or_default())
}

fn model(case: &Case) -> String {
    let path = recorded_path(case);
    let after = |mark: &str| path.split_once(mark).map(|(_, rest)| rest);
    let of_path = match case.provider() {
        "bedrock" => after("/model/").and_then(|rest| rest.split('/').next()),
        "google" | "vertex" => after("/models/").and_then(|rest| rest.split(':').next()),
        _ => None,
    };
    let of_body = ["model", "model_id"].iter().find_map(|member| case.json["request"]["json"][member].as_str());
    let of_answer = case.json["expected"]["model"].as_str();
    of_path.map(|model| model.replace("%3A", ":")).or(of_body.map(Into::into)).or(of_answer.map(Into::into)).unwrap_or_else(|| "some-model".into())
}

fn encoded(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2F").replace('<', "%3C").replace('>', "%3E").replace(' ', "%20")
}

/// The gateway's path for it.
fn path(case: &Case) -> String {
    let recorded = recorded_path(case);
    let last = |separator| recorded.rsplit(separator).next().unwrap_or_default();
    let query = if case.json["framing"] == "sse" { "?alt=sse" } else { "" };
    match (case.provider(), case.endpoint()) {
        ("cohere", "chat") if recorded.contains("/v1/") => "/v1/chat".into(),
        ("cohere", "chat") => "/v2/chat".into(),
        ("cohere", "embed") if !recorded.contains("/v2/") => "/v1/embed".into(),
        ("cohere", "embed") => "/v2/embed".into(),
        ("cohere", "audio.transcriptions") => "/v2/audio/transcriptions".into(),
        ("cohere", "rerank") if recorded.contains("/v2/") => "/v2/rerank".into(),
        ("mistral", "completions") => "/v1/fim/completions".into(),
        ("mistral", "ocr") => "/v1/ocr".into(),
        ("mistral", "moderations") if recorded.contains("chat") => "/v1/chat/moderations".into(),
        ("watsonx", _) => "/ml/v1/text/generation".into(),
        ("bedrock", endpoint) => {
            let action = match (endpoint, case.streamed()) {
                ("converse", false) => "converse",
                ("converse", true) => "converse-stream",
                ("invoke", false) => "invoke",
                ("invoke", true) => "invoke-with-response-stream",
                _ => "count-tokens",
            };
            format!("/model/{{model}}/{action}")
        }
        ("vertex", "messages") => "/v1/messages".into(),
        ("vertex", "embeddings-predict" | "predict") => "/v1/publishers/google/models/{model}:predict".into(),
        ("vertex", "embeddings") => "/v1/publishers/google/models/{model}:embedContent".into(),
        (_, "interactions") => "/v1beta/interactions".into(),
        (_, "generateContent") => {
            let action = if case.streamed() { "streamGenerateContent" } else { "generateContent" };
            format!("/v1beta/models/{{model}}:{action}{query}")
        }
        ("google" | "vertex", "count_tokens") => "/v1beta/models/{model}:countTokens".into(),
        ("google", "embeddings") => format!("/v1beta/models/{{model}}:{}", if last(':') == "embedContent" { "embedContent" } else { "batchEmbedContents" }),
        (_, "chat") => "/v1/chat/completions".into(),
        (_, "messages") => "/v1/messages".into(),
        ("anthropic", "count_tokens") => "/v1/messages/count_tokens".into(),
        (_, "count_tokens") => "/v1/responses/input_tokens".into(),
        (_, "audio.transcriptions") => "/v1/audio/transcriptions".into(),
        (_, "images") if last('/') == "edits" => "/v1/images/edits".into(),
        (_, "images") => "/v1/images/generations".into(),
        (_, "api.chat") => "/api/chat".into(),
        (_, "api.generate") => "/api/generate".into(),
        (_, "api.embed") => "/api/embed".into(),
        (_, endpoint) => format!("/v1/{endpoint}"),
    }
}

fn recorded(case: &Case) -> Option<&Value> {
    let request = &case.json["request"]["json"];
    (request.is_object() && request["_truncated"] != true).then_some(request)
}

fn plausible(case: &Case) -> Value {
    let messages = json!([{ "role": "user", "content": "How heavy is it?" }]);
    let contents = json!([{ "role": "user", "parts": [{ "text": "How heavy is it?" }] }]);
    match (case.provider(), case.endpoint()) {
        ("google" | "vertex", "generateContent" | "count_tokens") | (_, "generateContent") => json!({ "contents": contents }),
        ("bedrock", _) => json!({}),
        ("vertex", _) => json!({ "instances": [{ "content": "How heavy is it?" }] }),
        ("google", "embeddings") => json!({ "requests": [{ "content": contents[0] }] }),
        ("watsonx", _) => json!({ "model_id": "m", "input": "How heavy is it?" }),
        (_, "interactions" | "responses" | "embeddings" | "moderations" | "api.embed" | "count_tokens") => json!({ "model": "m", "input": "How heavy is it?" }),
        (_, "rerank") => json!({ "model": "m", "query": "How heavy is it?", "documents": ["One ton."] }),
        (_, "embed") => json!({ "model": "m", "texts": ["How heavy is it?"] }),
        (_, "images" | "api.generate" | "completions") => json!({ "model": "m", "prompt": "How heavy is it?" }),
        (_, "ocr") => json!({ "model": "m", "document": { "type": "document_url", "document_url": "https://example.com/a.pdf" } }),
        _ => json!({ "model": "m", "max_tokens": 512, "messages": messages }),
    }
}

/// A form with a file, as clients send sounds and pictures.
fn form(path: &str, model: &str, case: &Case) -> Request {
    let mut fields = vec![("model", model.to_owned())];
    if let Some(format) = case.json["request"]["json"]["response_format"].as_str() {
        fields.push(("response_format", format.to_owned()));
    }
    if case.streamed() {
        fields.push(("stream", "true".into()));
    }
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\ncontent-type: application/octet-stream\r\n\r\n\u{1}\u{2}\u{3}\r\n--edge--\r\n");
    Request::new("POST", path).header("content-type", "multipart/form-data; boundary=edge").body(body)
}
