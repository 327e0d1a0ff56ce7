//! Providers that mean harm, or have lost their mind: streams without end, lines of a gigabyte, a few bytes that unpack to very
//! many, lengths that no message has. The gateway's memory stays bounded, each call leaves one record, the client gets a clear end,
//! and others go on being served.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{fs, io::Write, thread, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use weighbridge_tests::{Behaviour, Config, Cuts, Framing, ReplayUpstream, Reply, Request, Weighbridge, fixtures};

const MIB: usize = 1024 * 1024;
/// A client that has got so much of a stream leaves it: more than an event may have.
const ENOUGH: usize = 20 * MIB;
/// What all of these calls may add to the gateway's memory, one after the other: an event of 16 MiB or a whole answer of 64 MiB, and
/// copies of it; not what is sent.
const MOST_MEMORY: usize = 400 * MIB;

const WORDS: &str = "data: {\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Forty tons.\"}}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":812,\"completion_tokens\":1234}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

const TOO_LARGE: &str = "an event of the stream is larger than 16777216 bytes";
const SSE: &str = "text/event-stream";
const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";
const AWS: &str = "application/vnd.amazon.eventstream";

struct Scene {
    upstream: ReplayUpstream,
    weighbridge: Weighbridge,
    key: String,
    enough: usize,
    calls: usize,
}

/// How the answer ended for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It looked whole.
    Whole,
    /// The connection broke.
    Broken,
    /// The client had enough, and left.
    Left,
}

/// What the client got, and the record.
#[derive(Debug)]
struct Got {
    status: u16,
    end: End,
    /// The last of it.
    tail: String,
    record: Value,
}

impl Got {
    /// How it ended for both of them.
    fn is(&self, what: &str, end: End, status: &str) -> &Self {
        assert_eq!((self.end, &self.record["status"]), (end, &status.into()), "{what}: {self:#?}");
        self
    }
    /// It ends in an event that says so.
    fn says(&self, what: &str, why: &str) -> &Self {
        assert!(self.tail.contains(why), "{what}: it does not say {why:?}: {self:#?}");
        self
    }
}

impl Scene {
    fn set() -> Self {
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
    fn peak(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.weighbridge.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    fn ask(&mut self, call: &Request, behaviour: impl Into<Behaviour>) -> Got {
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

    fn record(&self, id: &str) -> Value {
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
    fn is_well(mut self, before: usize) {
        let got = self.ask(&chat("openai/m"), fixtures::reply("openai-chat.sse"));
        got.is("a good answer", End::Whole, "completed");
        let peak = self.peak();
        assert!(peak < before + MOST_MEMORY, "the memory went from {} to {} MiB", before / MIB, peak / MIB);
        self.weighbridge.admin().wait_for_events(self.calls);
    }
}

fn chat(model: &str) -> Request {
    Request::post("/v1/chat/completions", json!({ "model": model, "messages": [{ "role": "user", "content": "How heavy?" }], "stream": true }).to_string())
}
fn ollama() -> Request {
    Request::post("/api/chat", json!({ "model": "ollama/m", "messages": [{ "role": "user", "content": "How heavy?" }] }).to_string())
}
fn gemini() -> Request {
    let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "How heavy?" }] }] });
    Request::post("/v1beta/models/gemini%2Fm:streamGenerateContent", body.to_string())
}
fn bedrock() -> Request {
    Request::post("/model/bedrock%2Fm/converse-stream", json!({ "messages": [{ "role": "user", "content": [{ "text": "How heavy?" }] }] }).to_string())
}
fn speech() -> Request {
    Request::post("/v1/audio/speech", json!({ "model": "openai/tts-1", "voice": "alloy", "input": "Forty tons." }).to_string())
}

/// An answer that begins so and goes on like that, without end.
fn endless(content: &str, begin: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Behaviour {
    Behaviour::Flood(Reply::new(200, content, begin), again.into().into(), usize::MAX)
}
/// The same, of bytes that unpack to these.
fn bomb(content: &str, begin: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Behaviour {
    let reply = Reply::new(200, content, gzip(&begin.into())).header("content-encoding", "gzip");
    Behaviour::Flood(reply, gzip(&again.into()).into(), usize::MAX)
}
fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// An AWS message: lengths and their checksum, a name, a payload, a checksum.
fn aws_message(name: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (key, value) in [(":message-type", "event"), (":event-type", name)] {
        headers.push(key.len() as u8);
        headers.extend([key.as_bytes(), &[7], &(value.len() as u16).to_be_bytes(), value.as_bytes()].concat());
    }
    let mut message = aws_prelude((16 + headers.len() + payload.len()) as u32, headers.len() as u32);
    message.extend([&headers, payload].concat());
    message.extend(crc32(&message).to_be_bytes());
    message
}
fn aws_prelude(length: u32, headers: u32) -> Vec<u8> {
    let lengths = [length.to_be_bytes(), headers.to_be_bytes()].concat();
    let checksum = crc32(&lengths);
    [&lengths[..], &checksum.to_be_bytes()].concat()
}
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }))
}

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
    scene.is_well(before);
}

#[test]
fn events_without_end() {
    let mut scene = Scene { enough: MIB, ..Scene::set() };
    let before = scene.peak();
    let parts = |event: &str| event.repeat(MIB / event.len());
    let gemini_part = r#"{"candidates":[{"content":{"parts":[{"text":"Forty"}]}}]},"#;
    let delta = aws_message("contentBlockDelta", br#"{"delta":{"text":"Forty"}}"#);
    let from_pipes = [
        (chat("openai/m"), SSE, "", parts(WORDS)),
        (chat("openai/m"), SSE, WORDS, parts(":\n\n")),
        (ollama(), NDJSON, "", parts("{\"message\":{\"content\":\"Forty\"}}\n")),
        (ollama(), NDJSON, "{\"message\":{\"content\":\"Forty\"}}\n", parts("1\n")),
        (gemini(), JSON, "[", parts(gemini_part)),
        (gemini(), JSON, "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Forty\"}]}}]},", parts("1,")),
    ];
    for (call, content, begin, again) in from_pipes {
        scene.ask(&call, endless(content, begin, again)).is(content, End::Left, "partial");
    }
    scene.ask(&bedrock(), endless(AWS, "", delta.repeat(MIB / delta.len()))).is(AWS, End::Left, "partial");
    // Of bytes that unpack to a thousand times as many, a client would wait long for enough.
    scene.ask(&chat("anthropic/m"), bomb(SSE, "", parts(":\n\n"))).is("unpacked comments", End::Left, "upstream_error");
    let got = scene.ask(&chat("anthropic/m"), bomb(SSE, "", parts("data: {\"type\":\"ping\"}\n\n")));
    got.is("nothing that is for the client", End::Broken, "upstream_error").says("nothing that is for the client", "broke off");
    scene.is_well(before);
}

#[test]
fn an_event_of_a_million_lines_is_read_once() {
    let mut scene = Scene::set();
    let before = scene.peak();
    let body = format!("{WORDS}{}\n{USAGE}{DONE}", "data:\n".repeat(2_000_000));
    let got = scene.ask(&chat("openai/m"), Reply::sse(body));
    assert_eq!(got.is("all of it", End::Whole, "completed").record["usage"]["output"], "1234");
    scene.is_well(before);
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
    scene.is_well(before);
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
    scene.is_well(before);
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
    scene.is_well(before);
}
