//! Which counter is asked, what it is shown, and what the record says of it.

use serde_json::json;
use weighbridge_domain::Digest;
use weighbridge_plugin_api::{
    PluginIdentity,
    adapter::{Auth, Billing, Framing, Plan, View},
    counter::{Count, Image, Message, Part, Scope},
};

use super::*;

/// A counter that says what it was made to: so many tokens a text, and a hundred more for each image.
struct Fixed {
    identity: Arc<PluginIdentity>,
    scope: Scope,
    tokens: u64,
    exact: bool,
    images: bool,
    prompts: bool,
}

fn fixed(models: &[&str], tokens: u64) -> Fixed {
    let identity = PluginIdentity { name: "fixed".into(), version: "1".into(), digest: Digest([0; 32]) };
    let scope = Scope { models: models.iter().map(|model| (*model).to_owned()).collect(), other_models: false };
    Fixed { identity: Arc::new(identity), scope, tokens, exact: true, images: true, prompts: true }
}

impl Fixed {
    fn unsupported(&self) -> PluginError {
        PluginError { plugin: self.identity.clone(), call: "count", failure: Failure::Unsupported("no".into()) }
    }
}

impl Counter for Fixed {
    fn identity(&self) -> &Arc<PluginIdentity> {
        &self.identity
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn count_texts(&self, _: &str, texts: &[&str]) -> Result<Vec<Count>, PluginError> {
        Ok(texts.iter().map(|_| Count { tokens: self.tokens, exact: self.exact }).collect())
    }
    fn count_prompt(&self, _: &str, messages: &[Message]) -> Result<Count, PluginError> {
        let images = messages.iter().flat_map(|message| &message.parts).filter(|part| matches!(part, Part::Image(_))).count() as u64;
        if !self.prompts || (images > 0 && !self.images) {
            return Err(self.unsupported());
        }
        Ok(Count { tokens: self.tokens + 100 * images, exact: false })
    }
}

struct Broken(Fixed);

impl Counter for Broken {
    fn identity(&self) -> &Arc<PluginIdentity> {
        self.0.identity()
    }
    fn scope(&self) -> &Scope {
        self.0.scope()
    }
    fn count_texts(&self, _: &str, _: &[&str]) -> Result<Vec<Count>, PluginError> {
        Err(PluginError { plugin: self.0.identity.clone(), call: "count-texts", failure: Failure::Trap("for tests".into()) })
    }
    fn count_prompt(&self, model: &str, _: &[Message]) -> Result<Count, PluginError> {
        self.count_texts(model, &[]).map(|_| Count { tokens: 0, exact: false })
    }
}

fn counters(list: impl IntoIterator<Item = Fixed>) -> Counters {
    Counters::new(list.into_iter().map(|counter| Arc::new(counter) as Arc<dyn Counter>).collect())
}

fn wire() -> Wire {
    let plan = Plan {
        dialect: "openai.chat".into(),
        billing: Billing::Metered,
        auth: Auth::None,
        request_headers: vec![],
        request_view: View::None,
        response_view: View::None,
        error_view: View::None,
        framing: Framing::Sse,
        stream_events: None,
        body_facts: vec![],
        event_facts: vec![],
        header_facts: vec![],
        request_facts: vec![],
        body_text: vec![],
        event_text: vec![],
        prompt_text: vec!["/messages/*/content".into(), "/input".into()],
        terminal: None,
        finish: vec![],
        failure: None,
        hide: None,
    };
    Wire::new(plan).expect("a plan")
}

fn count(counters: &Counters, model: &str, request: &serde_json::Value, generated: &str) -> Counted {
    let (wire, request) = (wire(), request.to_string());
    counters.count(&Unreported { model, wire: Some(&wire), request: request.as_bytes(), generated })
}

const PIXEL_640_480: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAoAAAAHgCAIAAAC6s0uz";

#[test]
fn the_longest_pattern_that_fits_decides() {
    let mut other = fixed(&["large-4o*"], 4);
    other.scope.other_models = true;
    let counters = counters([fixed(&["large-4", "large-4-*"], 2), fixed(&["large*"], 3), other]);
    let ask = json!({"messages": [{"role": "user", "content": "Hi"}]});
    for (model, tokens, flags) in
        [("large-4", 2, &[][..]), ("acme/large-4-2026-01-01", 2, &[]), ("large-4o-mini", 4, &[]), ("large-3", 3, &[]), ("small", 4, &[OTHER_TOKENIZER])]
    {
        let counted = count(&counters, model, &ask, "Hello");
        assert_eq!((counted.output.tokens, &counted.output.flags[..]), (tokens, flags), "{model}");
        assert_eq!((counted.input.tokens, &counted.input.flags[..]), (tokens, flags), "{model}");
    }
}

#[test]
fn of_equal_patterns_the_operators_counter_wins() {
    let counters = counters([fixed(&["large*"], 7), fixed(&["large*"], 8)]);
    assert_eq!(count(&counters, "large", &json!({}), "x").output.tokens, 7);
}

#[test]
fn without_a_working_counter_the_length_counts_and_says_so() {
    let broken = Counters::new(vec![Arc::new(Broken(fixed(&["*"], 1)))]);
    for counters in [Counters::default(), broken] {
        let counted = count(&counters, "large", &json!({"messages": [{"role": "user", "content": "How heavy is it?"}]}), "Forty tonnes.");
        assert_eq!(counted.input, Side { tokens: 5 + 4, flags: vec![BY_LENGTH] });
        assert_eq!(counted.output, Side { tokens: 3, flags: vec![BY_LENGTH] });
    }
}

#[test]
fn a_request_that_is_no_chat_is_counted_as_text() {
    let counted = count(&counters([fixed(&["*"], 9)]), "any", &json!({"input": "to be embedded"}), "");
    assert_eq!(counted.input, Side { tokens: 9, flags: vec![] });
}

#[test]
fn what_a_counter_may_not_see_in_full_is_counted_in_part() {
    let mut busy = fixed(&["*"], 9);
    busy.exact = false;
    assert_eq!(count(&counters([busy]), "any", &json!({}), "x").output.flags, [IN_PART]);
    let long = "word ".repeat(SHOWN_BYTES / 5 + 2);
    let counted = count(&counters([fixed(&["*"], 9)]), "any", &json!({"messages": [{"content": long}]}), &long);
    assert!(counted.output.tokens > 9 && counted.output.flags == [IN_PART], "{:?}", counted.output);
    assert!(counted.input.tokens > 9 && counted.input.flags == [IN_PART], "{:?}", counted.input);
}

#[test]
fn images_are_counted_where_their_size_is_known_and_the_counter_can() {
    let picture =
        |url: &str| json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]}]});
    let mut blind = fixed(&["blind"], 5);
    blind.images = false;
    let mut texts_only = fixed(&["texts"], 6);
    texts_only.prompts = false;
    let counters = counters([fixed(&["seeing"], 4), blind, texts_only]);
    for (model, url, tokens, flags) in [
        ("seeing", PIXEL_640_480, 104, &[][..]),
        ("seeing", "https://example.org/a.png", 4, &[NO_IMAGES]),
        ("blind", PIXEL_640_480, 5, &[NO_IMAGES]),
        ("texts", PIXEL_640_480, 6, &[NO_IMAGES]),
        ("none", PIXEL_640_480, 6, &[BY_LENGTH, NO_IMAGES]),
    ] {
        let counted = count(&counters, model, &picture(url), "");
        assert_eq!((counted.input.tokens, &counted.input.flags[..]), (tokens, flags), "{model} {url}");
    }
}

fn read(dialect: &str, request: serde_json::Value) -> Prompt {
    Prompt::read(dialect, request.to_string().as_bytes(), SHOWN_BYTES).expect("a prompt")
}

fn said(prompt: &Prompt) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Json(json) => format!("json {json}"),
        Part::Image(Image { width, height, detail }) => format!("image {width}x{height} {detail}"),
    };
    prompt.messages.iter().map(|message| format!("{}: {}", message.role, message.parts.iter().map(part).collect::<Vec<_>>().join(" | "))).collect()
}

#[test]
fn a_prompt_is_read_in_every_shape_of_a_chat() {
    let chat = read(
        "openai.chat",
        json!({"messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "name": "ann", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": PIXEL_640_480, "detail": "high"}}]},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "42"}],
            "tools": [{"type": "function"}]}),
    );
    assert_eq!(
        said(&chat),
        [
            "system: Be brief.",
            "user: Hi | image 640x480 high",
            r#"assistant: json {"arguments":"{}","name":"f"}"#,
            "tool: 42",
            r#"system: json [{"type":"function"}]"#
        ]
    );
    assert_eq!(chat.messages[1].name.as_deref(), Some("ann"));
    let messages = read(
        "anthropic.messages",
        json!({"system": [{"type": "text", "text": "Be brief."}], "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": &PIXEL_640_480[22..]}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "42"}]}, {"type": "document", "source": {"type": "url"}}]}]}),
    );
    assert_eq!(said(&messages), ["system: Be brief.", "user: image 640x480 ", r#"assistant: f | json {"a":1}"#, "user: 42"]);
    assert!(messages.others_unread && !messages.images_unread);
    let contents = read(
        "gemini.generate_content",
        json!({"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": [{"role": "user", "parts": [
            {"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": &PIXEL_640_480[22..]}}, {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}, {"functionCall": {"name": "f"}}]}]}),
    );
    assert_eq!(said(&contents), ["system: Be brief.", r#"user: Hi | image 640x480  | json {"name":"f"}"#]);
    assert!(contents.others_unread);
    let responses = read(
        "openai.responses",
        json!({"instructions": "Be brief.", "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {"type": "function_call", "name": "f", "arguments": "{}"}, {"type": "function_call_output", "output": "42"}]}),
    );
    assert_eq!(said(&responses), ["system: Be brief.", "user: Hi", "user: f | {}", "user: 42"]);
    assert_eq!(said(&read("openai.responses", json!({"input": "Hi"}))), ["user: Hi"]);
    let converse = json!({"system": [{"text": "Be brief."}], "messages": [{"role": "user", "content": [{"text": "Hi"}, {"cachePoint": {"type": "default"}},
        {"image": {"format": "png", "source": {"bytes": &PIXEL_640_480[22..]}}}, {"toolResult": {"toolUseId": "1", "content": [{"json": {"a": 1}}]}}]}]});
    let converse = read("a chat", converse);
    assert_eq!(said(&converse), ["system: Be brief.", r#"user: Hi | image 640x480  | json {"a":1}"#]);
    assert!(!converse.others_unread);
    let pictures = read("a chat", json!({"messages": [{"role": "user", "content": "Hi", "images": [&PIXEL_640_480[22..]]}]}));
    assert_eq!(said(&pictures), ["user: Hi | image 640x480 "]);
    assert!(Prompt::read("openai.embeddings", br#"{"input":"Hi"}"#, 1).is_none());
}

#[test]
fn an_estimate_is_rather_too_much() {
    let wire = wire();
    let ask = json!({"model": "m", "messages": [{"role": "user", "content": "How heavy is it?\n"}, {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL_640_480.repeat(100)}}]}]});
    assert_eq!(estimate(&wire, ask.to_string().as_bytes()), 4 + 6);
    assert_eq!(estimate(&wire, b"no JSON"), 0);
}
