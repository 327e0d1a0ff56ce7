//! Answers that are broken in ways that would cost somebody money, memory or an answer: reports cut in the middle of a number,
//! streams that do not end, bodies that unpack to a thousand times their size, redirects, and names that no record should hold.
#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::Value;
use weighbridge_tests::{Answer, Behaviour, Config, Framing, ReplayUpstream, Reply, Request, Weighbridge, decimal, fixtures};

const ASK: &str = r#"{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"How heavy is it?"}]}"#;
const ASK_STREAM: &str = r#"{"model":"openai/gpt-4o-mini","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#;
const ASK_TRANSLATED: &str = r#"{"model":"anthropic/claude-sonnet-4-6","max_tokens":100,"messages":[{"role":"user","content":"How heavy?"}],"stream":true}"#;
const WORDS: &str = "data: {\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Forty tons.\"}}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":812,\"completion_tokens\":1234}}\n\n";

struct Scene {
    upstream: ReplayUpstream,
    weighbridge: Weighbridge,
    key: String,
}

impl Scene {
    fn set() -> Self {
        let upstream = ReplayUpstream::start();
        let config = Config::new().limit("idle_timeout_ms", 300);
        let config = config.provider("openai", "openai", &upstream.base_url("openai")).provider("anthropic", "anthropic", &upstream.base_url("anthropic"));
        let weighbridge = Weighbridge::start(config);
        let key = weighbridge.admin().customer_with_key("acme", None);
        Self { upstream, weighbridge, key }
    }
    fn does(&self, behaviour: impl Into<Behaviour>) {
        self.upstream.set("openai", behaviour);
    }
    fn ask(&self, body: &str) -> std::io::Result<Answer> {
        Request::post("/v1/chat/completions", body).bearer(&self.key).send(self.weighbridge.address())
    }
    /// All that comes through, whether or not it ends properly.
    fn stream(&self, body: &str) -> (String, bool) {
        let mut answering = Request::post("/v1/chat/completions", body).bearer(&self.key).open(self.weighbridge.address()).unwrap();
        let mut text = Vec::new();
        let whole = loop {
            match answering.piece() {
                Ok(Some(piece)) => text.extend(piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        (String::from_utf8(text).unwrap(), whole)
    }
    fn last_event(&self, count: usize) -> Value {
        self.weighbridge.admin().wait_for_events(count).pop().unwrap()
    }
}

/// A stream whose connection stays open after these bytes.
fn endless(body: impl Into<Vec<u8>>) -> Reply {
    Reply { framing: Framing::Untold, ..Reply::sse(body) }
}

#[test]
fn a_report_that_is_cut_in_the_middle_of_a_number_is_no_report() {
    let scene = Scene::set();
    let body = format!("{WORDS}{USAGE}");
    let from = body.find("prompt_tokens").unwrap();
    let whole = body.len() - "\n\n".len();
    for (count, cut) in (from..=whole).enumerate() {
        scene.does(Reply::sse(body.as_bytes()).cut_off_after(cut));
        scene.stream(ASK_STREAM);
        let event = scene.last_event(count + 1);
        let (input, output) = (&event["usage_source"]["input"], &event["usage_source"]["output"]);
        let source = if cut == whole { "reported" } else { "counted" };
        assert_eq!((input, output), (&source.into(), &source.into()), "cut at {cut}: {event:#}");
        if cut == whole {
            assert_eq!((&event["usage"]["input"], &event["usage"]["output"]), (&"812".into(), &"1234".into()), "{event:#}");
        }
    }
}

#[test]
fn output_that_a_report_leaves_out_is_counted_and_not_free() {
    let scene = Scene::set();
    for (count, usage) in [r#"{"prompt_tokens":5}"#, r#"{"prompt_tokens":5,"completion_tokens":-10}"#].into_iter().enumerate() {
        scene.does(Reply::json(format!(r#"{{"choices":[{{"message":{{"content":"Forty tons, more or less."}}}}],"usage":{usage}}}"#)));
        assert_eq!(scene.ask(ASK).unwrap().status, 200);
        let event = scene.last_event(count + 1);
        assert_eq!((&event["usage"]["input"], &event["usage_source"]["input"]), (&"5".into(), &"reported".into()), "{event:#}");
        assert_eq!(event["usage_source"]["output"], "counted", "{event:#}");
        assert!(decimal(&event["usage"]["output"]) > 0.into(), "{event:#}");
    }
}

#[test]
fn a_stream_whose_body_does_not_end_ends_for_the_client_after_its_terminal_event() {
    let scene = Scene::set();
    let body = format!("{WORDS}{USAGE}data: [DONE]\n\n");
    scene.does(endless(body.as_bytes()));
    let (text, whole) = scene.stream(ASK_STREAM);
    assert_eq!((text, whole), (body, true));
    assert_eq!(scene.last_event(1)["status"], "completed");
}

#[test]
fn a_client_is_told_that_the_provider_fell_silent() {
    let scene = Scene::set();
    for (count, tail) in ["", "data: {\"choi"].into_iter().enumerate() {
        scene.does(endless(format!("{WORDS}{tail}")));
        let (text, whole) = scene.stream(ASK_STREAM);
        let last = text.split("\n\n").filter(|event| !event.is_empty()).last().unwrap();
        let error: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(
            error["error"]["message"],
            "The provider \"openai\" did not go on with its answer within 300 ms. What came through until then is counted and billed."
        );
        assert!(!whole, "it must not look whole: {text}");
        assert_eq!(scene.last_event(count + 1)["status"], "partial");
    }
}

#[test]
fn a_translated_stream_that_is_cut_anywhere_ends_in_an_event_that_a_client_can_read() {
    let scene = Scene::set();
    let reply = fixtures::reply("anthropic-message.sse");
    let cuts = (0..reply.body.len()).step_by(41);
    for cut in cuts {
        scene.upstream.set("anthropic", reply.clone().cut_off_after(cut));
        let (text, _) = scene.stream(ASK_TRANSLATED);
        let last = text.split("\n\n").filter(|event| !event.is_empty()).last().unwrap();
        assert!(last.starts_with("data: {\"error\":{") && last.contains("broke off"), "cut at {cut}: {text}");
    }
}

#[test]
fn rule_25_an_error_in_a_stream_without_a_report_is_not_charged() {
    let scene = Scene::set();
    let body = format!("{WORDS}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\ndata: [DONE]\n\n");
    scene.does(Reply::sse(body.as_bytes()));
    assert_eq!(scene.stream(ASK_STREAM), (body, true));
    let event = scene.last_event(1);
    assert_eq!((&event["status"], &event["charge"]["status"]), (&"upstream_error".into(), &"free".into()), "{event:#}");
}

#[test]
fn a_redirect_does_not_lead_the_client_past_the_gateway() {
    let scene = Scene::set();
    for status in [301, 304, 307] {
        scene.does(Reply::new(status, "text/plain", "").header("location", "http://elsewhere.test/?key=secret"));
        let answer = scene.ask(ASK).unwrap();
        assert_eq!((answer.status, answer.header("location")), (502, None), "{}", answer.text());
    }
    for event in scene.weighbridge.admin().wait_for_events(3) {
        assert_eq!((&event["status"], &event["charge"]["amount"]), (&"upstream_error".into(), &"0".into()), "{event:#}");
    }
}

#[test]
fn only_the_gateway_says_what_a_call_costs() {
    let scene = Scene::set();
    scene.does(fixtures::reply("openai-chat.sse").header("x-weighbridge-charge", "777"));
    let answer = scene.ask(ASK_STREAM).unwrap();
    assert_eq!((answer.status, answer.header("x-weighbridge-charge")), (200, None));
    assert_eq!(scene.last_event(1)["status"], "completed");
}

#[test]
fn a_name_that_would_fill_the_books_is_refused_or_left_out() {
    let scene = Scene::set();
    let long = "m".repeat(100_000);
    let answer = scene.ask(&ASK.replace("gpt-4o-mini", &long)).unwrap();
    assert_eq!((answer.status, answer.json()["error"]["param"].as_str()), (400, Some("model")), "{}", answer.text());
    let property = Request::post("/v1/chat/completions", ASK).bearer(&scene.key).header("helicone-property-a", &long);
    assert_eq!(property.send(scene.weighbridge.address()).unwrap().status, 400);
    scene.does(Reply::json(format!(r#"{{"model":"{long}","choices":[],"usage":{{"prompt_tokens":5,"completion_tokens":6}}}}"#)));
    assert_eq!(scene.ask(ASK).unwrap().status, 200);
    let event = scene.last_event(1);
    assert_eq!((&event["served_model"], &event["usage"]["output"]), (&Value::Null, &"6".into()), "{event:#}");
}

#[test]
fn a_served_name_with_control_characters_is_written_out_on_the_record() {
    let scene = Scene::set();
    scene.does(Reply::json(r#"{"model":"gpt\u000a4o\u202e","choices":[],"service_tier":"de\u0000ar","usage":{"prompt_tokens":5,"completion_tokens":6}}"#));
    let answer = scene.ask(ASK).unwrap();
    assert_eq!((answer.status, answer.header("x-weighbridge-model")), (200, Some(r"gpt\u{a}4o\u{202e}")), "{}", answer.text());
    let event = scene.last_event(1);
    assert_eq!((&event["served_model"], &event["service_tier"]), (&r"gpt\u{a}4o\u{202e}".into(), &r"de\u{0}ar".into()), "{event:#}");
    assert_eq!(event["flags"], serde_json::json!(["unknown_service_tier", "unreadable_served_model"]));

    let nested = r#"{"model":"claude-sonnet-4-6","content":[],"usage":{"input_tokens":1,"output_tokens":2,"iterations":[
        {"type":"message","input_tokens":5,"output_tokens":6},
        {"type":"advisor_message","model":"other\u000amodel","input_tokens":7,"output_tokens":8}]}}"#;
    scene.upstream.set("anthropic", Reply::json(nested));
    let ask = r#"{"model":"anthropic/claude-sonnet-4-6","max_tokens":100,"messages":[]}"#;
    let answer = Request::post("/v1/messages", ask).bearer(&scene.key).send(scene.weighbridge.address()).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(scene.last_event(3)["routed_model"], r"other\u{a}model");
}

#[test]
fn a_free_call_whose_answer_reports_output_is_flagged() {
    let scene = Scene::set();
    let free = |path: &str, provider: &str, reply: Reply| {
        scene.upstream.set(provider, reply);
        let ask = format!(r#"{{"model":"{provider}/m","input":"x","messages":[]}}"#);
        let answer = Request::post(path, ask).bearer(&scene.key).send(scene.weighbridge.address()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let event = scene.weighbridge.admin().event_of(&answer);
        assert_eq!((&event["usage"], &event["charge"]["status"]), (&serde_json::json!({}), &"free".into()), "{event:#}");
        event["flags"].clone()
    };
    let flagged = serde_json::json!(["free_call_reported_usage"]);
    let (moderation, count) = ("/v1/moderations", "/v1/messages/count_tokens");
    assert_eq!(free(moderation, "openai", fixtures::reply("openai-moderation.json")), serde_json::json!([]));
    assert_eq!(free(moderation, "openai", Reply::json(r#"{"results":[],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#)), serde_json::json!([]));
    assert_eq!(free(moderation, "openai", Reply::json(r#"{"results":[],"usage":{"prompt_tokens":9,"completion_tokens":12}}"#)), flagged);
    assert_eq!(free("/v1/responses/input_tokens", "openai", Reply::json(r#"{"input_tokens":9,"usage":{"output_tokens":1}}"#)), flagged);
    assert_eq!(free(count, "anthropic", Reply::json(r#"{"input_tokens":9}"#)), serde_json::json!([]));
    assert_eq!(free(count, "anthropic", Reply::json(r#"{"input_tokens":9,"usage":{"output_tokens":3}}"#)), flagged);
    // Whatever form it comes in.
    assert_eq!(free(moderation, "openai", Reply::sse(USAGE)), flagged);
    assert_eq!(free(moderation, "openai", Reply::new(200, "text/plain", "fine")), serde_json::json!([]));
}

#[test]
fn a_header_that_an_adapter_decides_by_is_given_once() {
    let scene = Scene::set();
    let ask = |versions: &[&str]| {
        let body = r#"{"model":"anthropic/claude-sonnet-4-6","max_tokens":100,"messages":[]}"#;
        let mut request = Request::post("/v1/messages", body).bearer(&scene.key);
        for version in versions {
            request = request.header("anthropic-version", version);
        }
        request.send(scene.weighbridge.address()).unwrap()
    };
    scene.upstream.set("anthropic", fixtures::reply("anthropic-message.json"));
    assert_eq!(ask(&["2023-06-01"]).status, 200);
    let refused = ask(&["2023-06-01", "2099-01-01"]);
    assert_eq!(refused.status, 400);
    insta::assert_snapshot!(refused.text(), @r#"{"type":"error","error":{"type":"invalid_request_error","message":"The request has the header anthropic-version more than once, so that readers could disagree about it. Give it once. Nothing was billed.","code":"invalid_request"}}"#);
    assert_eq!(scene.upstream.take("anthropic").len(), 1);
    let event = scene.last_event(2);
    assert_eq!((&event["usage"], &event["charge"]["status"]), (&serde_json::json!({}), &"free".into()), "{event:#}");
}

#[test]
fn a_body_that_a_provider_could_decode_otherwise_is_refused() {
    let scene = Scene::set();
    let ask = |headers: &[(&str, &str)]| {
        let request = Request::new("POST", "/v1/chat/completions").bearer(&scene.key).body(ASK);
        let answer = headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send(scene.weighbridge.address()).unwrap();
        format!("{} {}\n", answer.status, answer.json()["error"]["message"].as_str().unwrap_or_default())
    };
    scene.does(fixtures::reply("openai-chat.json"));
    for fine in [
        ("content-type", "application/json; Charset=\"UTF-8\""),
        ("content-encoding", "identity"),
        ("x-http-method-override", "DELETE"),
        ("range", "bytes=0-9"),
    ] {
        assert_eq!(ask(&[fine]), "200 \n", "{fine:?}");
    }
    let sent = scene.upstream.take("openai");
    assert!(sent.len() == 4 && sent.iter().all(|sent| sent.header("x-http-method-override").is_none() && sent.header("range").is_none()));
    let body = ASK.replacen('{', "{\"Model\":\"openai/dear\",", 1);
    let told_by = Request::post("/v1/chat/completions", body).bearer(&scene.key).send(scene.weighbridge.address()).unwrap();
    assert_eq!((told_by.status, told_by.json()["error"]["code"].as_str()), (400, Some("invalid_request")), "{}", told_by.text());
    let mut told = ask(&[("content-type", "application/json; charset=utf-16")]);
    told += &ask(&[("content-type", "application/json"), ("content-type", "multipart/form-data; boundary=x")]);
    told += &ask(&[("content-encoding", "gzip")]);
    insta::assert_snapshot!(told, @r#"
    400 The header content-type must be without a charset other than UTF-8, as which bodies are read. Nothing was billed.
    400 The request has the header content-type more than once, so that readers could disagree about it. Give it once. Nothing was billed.
    400 The header content-encoding must be left out, or "identity": bodies are read as they come. Nothing was billed.
    "#);
    assert!(scene.upstream.take("openai").is_empty());
}

#[test]
fn an_answer_in_a_form_that_cannot_be_metered_is_not_asked_for() {
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(Config::new().provider("google", "gemini", &upstream.base_url("google")));
    let key = weighbridge.admin().customer_with_key("acme", None);
    for (method, query) in [("generateContent", "alt=proto"), ("streamGenerateContent", "alt=sse&$alt=media"), ("countTokens", "callback=f")] {
        let path = format!("/v1beta/models/google%2Fgemini-2.5-flash:{method}?{query}");
        let answer = Request::post(&path, r#"{"contents":[]}"#).bearer(&key).send(weighbridge.address()).unwrap();
        assert_eq!((answer.status, answer.header("x-weighbridge-fault")), (400, Some("client")), "{}", answer.text());
        assert!(answer.text().contains("in which usage cannot be read; alt=json and alt=sse can be"), "{}", answer.text());
    }
    assert!(upstream.take("google").is_empty());
}

#[test]
fn a_request_that_readers_could_disagree_about_is_refused() {
    let scene = Scene::set();
    // The provider reads the last one, and would not report usage.
    let twice = ASK_STREAM.replace(r#"{"include_usage":true}"#, r#"{"include_usage":false},"stream_options":{}"#);
    let answer = scene.ask(&twice).unwrap();
    assert_eq!((answer.status, answer.json()["error"]["param"].as_str()), (400, Some("stream_options")), "{twice} {}", answer.text());
    assert!(scene.upstream.take("openai").is_empty());
    let admin = scene.weighbridge.admin();
    let key = admin.post("keys", &serde_json::json!({ "name": "agency", "may_bill_others": true }));
    let named = |values: &[&str]| {
        let mut request = Request::post("/v1/chat/completions", ASK.replacen('{', "{\"user\":\"acme\",", 1)).bearer(key["secret"].as_str().unwrap());
        for value in values {
            request = request.header("x-weighbridge-customer", value);
        }
        request.send(scene.weighbridge.address()).unwrap().status
    };
    scene.does(fixtures::reply("openai-chat.json"));
    assert_eq!([named(&[]), named(&["acme"]), named(&["acm\u{e9}"]), named(&["acme", "other"]), named(&[""])], [200, 200, 400, 400, 404]);
}

#[test]
fn a_client_that_names_two_forms_of_stream_pays_for_what_it_gets_in_either() {
    let upstream = ReplayUpstream::start();
    let weighbridge = Weighbridge::start(Config::new().provider("google", "gemini", &upstream.base_url("google")));
    let key = weighbridge.admin().customer_with_key("acme", None);
    let part = r#"{"candidates":[{"content":{"parts":[{"text":"Forty tons."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":812,"candidatesTokenCount":1234}}"#;
    let array = Reply { framing: Framing::Chunked, ..Reply::json(format!("[{part}\n,\n{part}]")) };
    let ask = r#"{"contents":[{"role":"user","parts":[{"text":"How heavy is it?"}]}]}"#;
    let queries = ["alt=sse&alt=json", "alt=json&alt=sse", "$alt=sse&alt=json"];
    for (count, query) in queries.into_iter().enumerate() {
        for (turn, reply) in [array.clone(), Reply::sse(format!("data: {part}\n\n"))].into_iter().enumerate() {
            upstream.set("google", reply.clone());
            let path = format!("/v1beta/models/google%2Fgemini-2.5-flash:streamGenerateContent?{query}");
            let answer = Request::post(&path, ask).bearer(&key).send(weighbridge.address()).unwrap();
            assert_eq!(answer.body, *reply.body, "{query}");
            let event = weighbridge.admin().wait_for_events(2 * count + turn + 1).pop().unwrap();
            assert_eq!((&event["status"], &event["usage"]["output"]), (&"completed".into(), &"1234".into()), "{query}: {event:#}");
        }
    }
}
