//! What the provider did wrong: told to the client by name, on the books as what it was, and not charged.

use std::net::TcpListener;

use weighbridge_tests::{Behaviour, Config, Framing, ReplayUpstream, Reply, Weighbridge, fixtures};

use crate::scene::Scene;

#[test]
fn a_provider_that_is_down() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = Config::new().provider("openai", "openai", &format!("http://{free}/v1")).provider("anthropic", "anthropic", &format!("http://{free}/v1"));
    let weighbridge = Weighbridge::start(config);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let scene = Scene { upstream: ReplayUpstream::start(), weighbridge, key };
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 502 retry-after: 1
    {"error":{"message":"The provider \"openai\" could not be reached: Connection refused (os error 111). The call was not sent; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    openai.chat, streamed: HTTP 502 retry-after: 1
    {"error":{"message":"The provider \"openai\" could not be reached: Connection refused (os error 111). The call was not sent; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    anthropic.messages, whole: HTTP 502 retry-after: 1
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" could not be reached: Connection refused (os error 111). The call was not sent; nothing was billed.","code":"upstream_error"}}
    anthropic.messages, streamed: HTTP 502 retry-after: 1
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" could not be reached: Connection refused (os error 111). The call was not sent; nothing was billed.","code":"upstream_error"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @"upstream_error usage {} cost 0 charge 0 flags []");
}

#[test]
fn a_provider_that_never_answers() {
    let scene = Scene::with(Config::new().limit("first_byte_timeout_ms", 300));
    scene.upstream_does(Behaviour::Silence);
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 504
    {"error":{"message":"The provider \"openai\" did not answer within 300 ms. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_timeout"}}
    openai.chat, streamed: HTTP 504
    {"error":{"message":"The provider \"openai\" did not answer within 300 ms. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_timeout"}}
    anthropic.messages, whole: HTTP 504
    {"type":"error","error":{"type":"timeout_error","message":"The provider \"anthropic\" did not answer within 300 ms. What it consumed is not known; nothing was billed.","code":"upstream_timeout"}}
    anthropic.messages, streamed: HTTP 504
    {"type":"error","error":{"type":"timeout_error","message":"The provider \"anthropic\" did not answer within 300 ms. What it consumed is not known; nothing was billed.","code":"upstream_timeout"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_provider_that_stalls_in_the_middle() {
    let scene = Scene::with(Config::new().limit("idle_timeout_ms", 300));
    // A stated length that never comes: the connection stays open, nothing moves.
    let reply = Reply::json(r#"{"id":"x","choices":["#).header("content-length", "5000");
    scene.upstream_does(Behaviour::Answer(Reply { framing: Framing::Untold, ..reply }));
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 504
    {"error":{"message":"The provider \"openai\" did not go on with its answer within 300 ms. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_timeout"}}
    openai.chat, streamed: HTTP 504
    {"error":{"message":"The provider \"openai\" did not go on with its answer within 300 ms. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_timeout"}}
    anthropic.messages, whole: HTTP 504
    {"type":"error","error":{"type":"timeout_error","message":"The provider \"anthropic\" did not go on with its answer within 300 ms. What it consumed is not known; nothing was billed.","code":"upstream_timeout"}}
    anthropic.messages, streamed: HTTP 504
    {"type":"error","error":{"type":"timeout_error","message":"The provider \"anthropic\" did not go on with its answer within 300 ms. What it consumed is not known; nothing was billed.","code":"upstream_timeout"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_provider_that_hangs_up() {
    let scene = Scene::set();
    scene.upstream_does(Behaviour::HangUp);
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 502
    {"error":{"message":"The provider \"openai\" broke the connection off or answered with something that is not HTTP: connection closed before message completed. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    openai.chat, streamed: HTTP 502
    {"error":{"message":"The provider \"openai\" broke the connection off or answered with something that is not HTTP: connection closed before message completed. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    anthropic.messages, whole: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" broke the connection off or answered with something that is not HTTP: connection closed before message completed. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    anthropic.messages, streamed: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" broke the connection off or answered with something that is not HTTP: connection closed before message completed. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_provider_that_does_not_speak_http() {
    let scene = Scene::set();
    scene.upstream_does(Behaviour::Raw(b"220 mail.example.com ESMTP ready\r\n".to_vec()));
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 502
    {"error":{"message":"The provider \"openai\" broke the connection off or answered with something that is not HTTP: invalid HTTP version parsed. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    openai.chat, streamed: HTTP 502
    {"error":{"message":"The provider \"openai\" broke the connection off or answered with something that is not HTTP: invalid HTTP version parsed. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    anthropic.messages, whole: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" broke the connection off or answered with something that is not HTTP: invalid HTTP version parsed. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    anthropic.messages, streamed: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" broke the connection off or answered with something that is not HTTP: invalid HTTP version parsed. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_provider_whose_success_is_not_json() {
    let scene = Scene::set();
    scene.upstream_does(Reply::new(200, "text/html", "<html><body>It works!</body></html>"));
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 502
    {"error":{"message":"The provider \"openai\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    openai.chat, streamed: HTTP 502
    {"error":{"message":"The provider \"openai\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    anthropic.messages, whole: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    anthropic.messages, streamed: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_provider_whose_json_is_cut() {
    let scene = Scene::set();
    scene.upstream_does(Reply::json(r#"{"id":"x","choices":[{"mess"#));
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 502
    {"error":{"message":"The provider \"openai\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    openai.chat, streamed: HTTP 502
    {"error":{"message":"The provider \"openai\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    anthropic.messages, whole: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    anthropic.messages, streamed: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" answered 200 with a body that is not JSON. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_provider_that_states_a_wrong_length() {
    let scene = Scene::set();
    scene.upstream_does(Behaviour::Raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{\"id\":\"x\"}".to_vec()));
    insta::assert_snapshot!(scene.in_all_shapes(), @r#"
    openai.chat, whole: HTTP 502
    {"error":{"message":"The provider \"openai\" broke the connection off or answered with something that is not HTTP: end of file before message length reached. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    openai.chat, streamed: HTTP 502
    {"error":{"message":"The provider \"openai\" broke the connection off or answered with something that is not HTTP: end of file before message length reached. What it consumed is not known; nothing was billed.","type":"server_error","param":null,"code":"upstream_error"}}
    anthropic.messages, whole: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" broke the connection off or answered with something that is not HTTP: end of file before message length reached. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    anthropic.messages, streamed: HTTP 502
    {"type":"error","error":{"type":"api_error","message":"The provider \"anthropic\" broke the connection off or answered with something that is not HTTP: end of file before message length reached. What it consumed is not known; nothing was billed.","code":"upstream_error"}}
    "#);
    insta::assert_snapshot!(scene.booked(), @r#"upstream_error usage {} cost unknown charge 0 flags ["usage_unknown"]"#);
}

#[test]
fn a_providers_own_error_is_passed_on_as_it_is() {
    let scene = Scene::set();
    for (status, content_type, body) in
        [(500, "text/html", "<html>500 Internal Server Error</html>"), (400, "application/json", r#"{"error":{"message":"no"}}"#), (503, "text/plain", "")]
    {
        scene.upstream_does(Reply::new(status, content_type, body).header("retry-after", "7"));
        for (dialect, stream) in [("openai.chat", false), ("openai.chat", true), ("anthropic.messages", false), ("anthropic.messages", true)] {
            let answer = scene.call(dialect, "m", stream).unwrap();
            assert_eq!(
                (answer.status, answer.text().as_str(), answer.header("content-type"), answer.header("retry-after")),
                (status, body, Some(content_type), Some("7"))
            );
        }
    }
    insta::assert_snapshot!(scene.booked(), @"upstream_error usage {} cost 0 charge 0 flags []");
}

#[test]
fn usage_that_cannot_be_true_is_quarantined() {
    let scene = Scene::set();
    for usage in [
        r#"{"prompt_tokens":-5,"completion_tokens":3}"#,
        r#"{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":1000}}"#,
        r#"{"prompt_tokens":1e300,"completion_tokens":3}"#,
        r#"{"prompt_tokens":"many"}"#,
    ] {
        scene.upstream.set("openai", Reply::json(format!(r#"{{"id":"x","object":"chat.completion","model":"gpt-4o-mini","choices":[],"usage":{usage}}}"#)));
        assert_eq!(scene.call("openai.chat", "gpt-4o-mini", false).unwrap().status, 200);
    }
    let mut booked = String::new();
    for event in scene.weighbridge.admin().wait_for_events(4) {
        booked += &format!("usage {} flags {} cost {} charge {}\n", event["usage"], event["flags"], event["cost"]["amount"], event["charge"]["amount"]);
    }
    insta::assert_snapshot!(booked, @r#"
    usage {"input":"10","output":"3"} flags ["input_not_reported","negative_input","usage_counted"] cost "0.0000033" charge "0.00000429"
    usage {"cache_read":"10","input":"0","output":"3"} flags ["cached_exceeds_prompt"] cost "0.00000255" charge "0.000003315"
    usage {"input":"10","output":"3"} flags ["input_not_reported","unreadable_input","usage_counted"] cost "0.0000033" charge "0.00000429"
    usage {"input":"10","output":"0"} flags ["unreadable_input","usage_counted"] cost "0.0000015" charge "0.00000195"
    "#);
}

#[test]
fn a_providers_key_is_in_no_answer_and_no_log() {
    let scene = Scene::with(Config::new().log("trace"));
    for behaviour in [
        Behaviour::HangUp,
        Behaviour::Raw(b"nonsense".to_vec()),
        Behaviour::Answer(Reply::new(401, "application/json", "{}")),
        Behaviour::Answer(fixtures::reply("openai-chat.json")),
    ] {
        scene.upstream_does(behaviour);
        let told = scene.in_all_shapes();
        assert!(!told.contains(weighbridge_tests::config::UPSTREAM_SECRET), "{told}");
    }
    assert!(!scene.weighbridge.log().contains(weighbridge_tests::config::UPSTREAM_SECRET), "the log shows the provider's key");
    assert!(!scene.weighbridge.log().contains(&scene.key), "the log shows the client's key");
}
