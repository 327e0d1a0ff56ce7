//! Providers that mean harm, or have lost their mind: streams without end, lines of a gigabyte, a few bytes that unpack to very
//! many, lengths that no message has. The gateway's memory stays bounded, each call leaves one record, the client gets a clear end,
//! and others go on being served.
#![allow(clippy::unwrap_used, reason = "a test")]

mod answers;
mod scene;

use serde_json::json;
use weighbridge_tests::{Behaviour, Cuts, Framing, Reply, Request};

use answers::{aws_message, aws_prelude, bomb, endless, gzip};
use scene::{End, MIB, Scene, bedrock, chat, gemini, ollama, speech};

const WORDS: &str = "data: {\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Forty tons.\"}}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":812,\"completion_tokens\":1234}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

const TOO_LARGE: &str = "an event of the stream is larger than 16777216 bytes";
const SSE: &str = "text/event-stream";
const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";
const AWS: &str = "application/vnd.amazon.eventstream";

#[test]
fn events_that_do_not_end() {
    let mut scene = Scene::set();
    let before = scene.peak();
    for again in [vec![b'x'; MIB], vec![b'{'; MIB]] {
        scene.ask(&chat("openai/m"), endless(SSE, format!("{WORDS}data: "), again.clone())).is("a line", End::Broken, "partial").says("a line", TOO_LARGE);
        scene.ask(&ollama(), endless(NDJSON, "", again.clone())).is("a JSON line", End::Broken, "upstream_error").says("a JSON line", TOO_LARGE);
        scene.ask(&gemini(), endless(JSON, "[{\"a\":\"", again.clone())).is("an element", End::Broken, "upstream_error");
        scene
            .ask(&chat("anthropic/m"), endless(SSE, "data: ", again.clone()))
            .is("a translated line", End::Broken, "upstream_error")
            .says("a translated line", "broke off");
        scene.ask(&chat("openai/m"), bomb(SSE, WORDS, again.repeat(4))).is("an unpacked line", End::Broken, "partial");
        scene.ask(&ollama(), bomb(NDJSON, "", again.repeat(4))).is("an unpacked JSON line", End::Broken, "upstream_error");
        scene.ask(&gemini(), bomb(JSON, "[{\"a\":\"", again.repeat(4))).is("an unpacked element", End::Broken, "upstream_error");
    }
    scene.ask(&gemini(), endless(JSON, "", vec![b'['; MIB])).is("arrays in arrays", End::Broken, "upstream_error");
    scene.ask(&bedrock(), endless(AWS, aws_prelude(u32::MAX, 0), vec![0; MIB])).is("a message of 4 GiB", End::Broken, "upstream_error");
    scene.ask(&bedrock(), endless(AWS, aws_prelude(15 << 20, 0), vec![0; MIB])).is("a message of zeros", End::Broken, "upstream_error");
    scene.ask(&bedrock(), endless(AWS, aws_prelude(0, 0), vec![0; MIB])).is("a message of nothing", End::Broken, "upstream_error");
    scene.ask(&bedrock(), bomb(AWS, aws_prelude(15 << 20, 0), vec![0; 4 * MIB])).is("an unpacked message", End::Broken, "upstream_error");
    scene.ends_well(before);
}

#[test]
fn events_without_end() {
    let mut scene = Scene::set();
    let before = scene.peak();
    let parts = |event: &str| event.repeat(MIB / event.len());
    let gemini_part = r#"{"candidates":[{"content":{"parts":[{"text":"Forty"}]}}]},"#;
    let delta = aws_message("contentBlockDelta", br#"{"delta":{"text":"Forty"}}"#);
    let many = [
        (chat("openai/m"), SSE, WORDS, parts(":\n\n")),
        (ollama(), NDJSON, "", parts("{\"message\":{\"content\":\"Forty\"}}\n")),
        (ollama(), NDJSON, "{\"message\":{\"content\":\"Forty\"}}\n", parts("1\n")),
        (gemini(), JSON, "[", parts(gemini_part)),
        (gemini(), JSON, "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Forty\"}]}}]},", parts("1,")),
    ];
    for (call, content, begin, again) in many {
        // It goes on for a while, and is just closed.
        scene.ask(&call, Behaviour::Flood(Reply::new(200, content, begin), again.into_bytes().into(), 8)).is(content, End::Whole, "partial");
    }
    scene.enough = MIB;
    scene.ask(&chat("openai/m"), endless(SSE, "", parts(WORDS))).is(SSE, End::Left, "partial");
    scene.ask(&bedrock(), endless(AWS, "", delta.repeat(MIB / delta.len()))).is(AWS, End::Left, "partial");
    // Of bytes that unpack to a thousand times as many, a client would wait long for enough.
    scene.ask(&chat("anthropic/m"), bomb(SSE, "", parts(":\n\n"))).is("unpacked comments", End::Left, "upstream_error");
    let got = scene.ask(&chat("anthropic/m"), bomb(SSE, "", parts("data: {\"type\":\"ping\"}\n\n")));
    got.is("nothing that is for the client", End::Broken, "upstream_error").says("nothing that is for the client", "broke off");
    scene.ends_well(before);
}

#[test]
fn an_event_of_a_million_lines_is_read_once() {
    let mut scene = Scene::set();
    let before = scene.peak();
    let body = format!("{WORDS}{}\n{USAGE}{DONE}", "data:\n".repeat(2_000_000));
    let got = scene.ask(&chat("openai/m"), Reply::sse(body));
    assert_eq!(got.is("all of it", End::Whole, "completed").record["usage"]["output"], "1234");
    scene.ends_well(before);
}

#[test]
fn what_follows_where_an_answer_ends() {
    let mut scene = Scene { enough: MIB, ..Scene::set() };
    let before = scene.peak();
    let end = format!("{WORDS}{USAGE}{DONE}");
    let with_cost = chat("openai/m").header("x-weighbridge-include", "cost");
    for again in [WORDS.repeat(1000), "\n".repeat(MIB), "x".repeat(MIB)] {
        for call in [&chat("openai/m"), &with_cost] {
            let got = scene.ask(call, endless(SSE, end.as_bytes(), again.as_bytes()));
            assert!(got.end != End::Broken && got.record["status"] == "completed", "the answer is whole: {got:#?}");
        }
        let got = scene.ask(&with_cost, endless(SSE, format!("{WORDS}{USAGE}"), again.as_bytes()));
        assert!(got.end != End::Whole && got.record["status"] == "partial", "it is not: {got:#?}");
        assert_eq!(got.record["usage"]["output"], "1234", "{got:#?}");
    }
    scene.ends_well(before);
}

#[test]
fn what_cannot_be_read_behind_the_end_does_not_break_a_whole_answer() {
    let mut scene = Scene::set();
    let before = scene.peak();
    let words = aws_message("contentBlockDelta", br#"{"delta":{"text":"Forty tons."}}"#);
    let report = aws_message("metadata", br#"{"usage":{"inputTokens":812,"outputTokens":1234,"totalTokens":2046}}"#);
    let of_aws = [words, report, b"no message of this framing".to_vec()].concat();
    let of_sse = [format!("{WORDS}{USAGE}{DONE}").into_bytes(), vec![b'x'; 17 * MIB]].concat();
    let unpacked = [gzip(format!("{WORDS}{USAGE}{DONE}").as_bytes()), b"nothing that unpacks".to_vec()].concat();
    let packed = |body: &[u8]| Reply::new(200, SSE, body).header("content-encoding", "gzip");
    for (call, reply) in [(bedrock(), Reply::new(200, AWS, of_aws)), (chat("openai/m"), Reply::new(200, SSE, of_sse)), (chat("openai/m"), packed(&unpacked))] {
        let what = format!("{:?}", reply.headers);
        // At once, and when the end is known already.
        for cuts in [Cuts::Whole, Cuts::PausedAt(reply.body.len() - 10), Cuts::Random(7)] {
            if reply.body.len() > MIB && cuts == Cuts::Random(7) {
                continue;
            }
            let got = scene.ask(&call, reply.clone().cut(cuts));
            assert_eq!(got.is(&what, End::Whole, "completed").record["usage"]["output"], "1234", "{what}");
        }
    }
    scene.ends_well(before);
}

#[test]
fn bodies_that_are_no_streams() {
    let mut scene = Scene::set();
    let before = scene.peak();
    let whole = Request::post("/v1/chat/completions", json!({ "model": "openai/m", "messages": [] }).to_string());
    let got = scene.ask(&whole, endless(JSON, "{\"choices\":\"", vec![b'x'; MIB]));
    assert_eq!(got.status, 502, "{got:#?}");
    got.is("a whole answer without end", End::Whole, "upstream_error").says("a whole answer without end", "is larger than the limit of 67108864 bytes");
    let got = scene.ask(&whole, bomb(JSON, "{\"choices\":\"", vec![b'x'; 80 * MIB]));
    assert_eq!(got.status, 502, "{got:#?}");
    got.is("a whole answer that unpacks", End::Whole, "upstream_error");
    // Blocks of nothing: there is never a first byte that would tell what the answer is.
    let nothing = Reply::new(200, JSON, [0x78, 0x01]).header("content-encoding", "deflate");
    let got = scene.ask(&chat("openai/m"), Behaviour::Flood(nothing, [0, 0, 0, 0xff, 0xff].repeat(MIB / 5).into(), usize::MAX));
    assert_eq!(got.status, 502, "{got:#?}");
    got.is("an answer that unpacks to nothing", End::Whole, "upstream_error");
    scene.ask(&speech(), endless("audio/mpeg", "ID3", vec![0; MIB])).is("speech without end", End::Left, "partial");
    let got = scene.ask(&speech(), Reply { framing: Framing::Chunked, ..Reply::new(200, "audio/mpeg", vec![0; MIB]) }.cut_off_after(MIB / 2));
    assert_eq!(got.is("speech that breaks off", End::Broken, "partial").record["usage"], json!({ "characters": "11" }));
    let got = scene.ask(&whole, Behaviour::Raw(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(4 * MIB)).into()));
    assert_eq!(got.status, 502, "{got:#?}");
    scene.ends_well(before);
}
