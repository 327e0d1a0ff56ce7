//! Batches and jobs that go on after their answer: each customer's own, billed once, at the prices of their start, whether or not
//! anybody fetches what came of them.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{thread, time::Duration};

use serde_json::{Value, json};
use weighbridge_tests::{Answer, Behaviour, Config, ReplayUpstream, Reply, Request, Weighbridge};

/// The gateway asks nobody by itself, so that the test says who sees what first.
const NEVER: &str = "[jobs]\npoll_ms = 600000\n";
const OFTEN: &str = "[jobs]\npoll_ms = 100\n";

fn start(upstream: &ReplayUpstream, more: &str) -> Weighbridge {
    // A quiet provider that knows nothing: the first sweep finds nothing to do.
    let openai = upstream.base_url("openai");
    let anthropic = upstream.base_url("anthropic");
    let config = Config::new().toml(more).provider("openai", "openai", &openai).provider("other", "groq", &upstream.base_url("other"));
    Weighbridge::start(config.provider("anthropic", "anthropic", anthropic.trim_end_matches("/v1")).toml(
        r#"[[models]]
name = "fast"
targets = [ { provider = "openai", model = "gpt-4o-mini" } ]
[[models]]
name = "film"
targets = [ { provider = "openai", model = "sora-2" }, { provider = "other", model = "sora-2", fallback = true } ]
[[models]]
name = "research"
targets = [ { provider = "openai", model = "gpt-4o-mini" }, { provider = "other", model = "gpt-4o-mini", fallback = true } ]"#,
    ))
}

fn get(weighbridge: &Weighbridge, path: &str, key: &str) -> Answer {
    Request::new("GET", path).bearer(key).send(weighbridge.address()).expect("an answer")
}
fn post(weighbridge: &Weighbridge, path: &str, key: &str, body: &Value) -> Answer {
    Request::post(path, body.to_string()).bearer(key).send(weighbridge.address()).expect("an answer")
}
fn json_reply(body: &Value) -> Reply {
    Reply::json(body.to_string())
}
fn code(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = [&body["error"]["code"], &body["error"]["type"]].into_iter().find_map(Value::as_str).unwrap_or("-").to_owned();
    (answer.status, code)
}

fn upload(weighbridge: &Weighbridge, key: &str, lines: &str) -> Answer {
    upload_for(weighbridge, key, "batch", lines)
}
fn upload_for(weighbridge: &Weighbridge, key: &str, purpose: &str, lines: &str) -> Answer {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\
         Content-Type: application/jsonl\r\n\r\n{lines}\r\n--b--\r\n"
    );
    let request = Request::new("POST", "/v1/files").bearer(key).header("content-type", "multipart/form-data; boundary=b").body(body);
    request.send(weighbridge.address()).expect("an answer")
}
fn line(custom_id: &str, model: &str) -> String {
    json!({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": {"model": model, "messages": []}}).to_string() + "\n"
}

fn batch(status: &str, files: bool) -> Value {
    json!({
        "id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-in", "completion_window": "24h", "status": status,
        "output_file_id": if files { json!("file-out") } else { Value::Null }, "error_file_id": if files { json!("file-err") } else { Value::Null }
    })
}
/// Of `count` calls: the first uses 1,000 + 100 tokens, each further one a token of input more.
fn output(count: usize) -> String {
    let one = |at: usize| {
        let usage = json!({"prompt_tokens": 1_000 + at, "completion_tokens": 100, "total_tokens": 1_100 + at, "prompt_tokens_details": {"cached_tokens": 400}});
        let body = json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "usage": usage,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]});
        json!({"id": format!("batch_req_{at}"), "custom_id": format!("call-{at}"), "response": {"status_code": 200, "request_id": "r", "body": body}, "error": null})
    };
    (0..count).map(|at| one(at).to_string() + "\n").collect()
}
fn errors() -> String {
    let refused = json!({"id": "batch_req_e", "custom_id": "bad", "response": {"status_code": 400, "request_id": "r", "body": {"error": {"message": "no"}}}, "error": null});
    let expired = json!({"id": "batch_req_f", "custom_id": "late", "response": null, "error": {"code": "batch_expired", "message": "late"}});
    format!("{refused}\n{expired}\n")
}

/// An OpenAI that has taken a file and a batch, and has worked on it.
fn openai_batch(upstream: &ReplayUpstream, items: usize) {
    upstream.set_at("openai", "POST /v1/files", json_reply(&json!({"id": "file-in", "object": "file", "purpose": "batch", "bytes": 3})));
    upstream.set_at("openai", "POST /v1/batches", json_reply(&batch("validating", false)));
    upstream.set_at("openai", "GET /v1/batches/batch_1", json_reply(&batch("completed", true)));
    upstream.set_at("openai", "GET /v1/files/file-out/content", Reply::new(200, "application/octet-stream", output(items)));
    upstream.set_at("openai", "GET /v1/files/file-err/content", Reply::new(200, "application/octet-stream", errors()));
}
fn begin_batch(weighbridge: &Weighbridge, key: &str) {
    let file = upload(weighbridge, key, &(line("call-0", "gpt-4o-mini") + &line("call-1", "gpt-4o-mini")));
    assert_eq!((file.status, file.json()["id"].as_str()), (200, Some("file-in")), "{}", file.text());
    let begun = post(weighbridge, "/v1/batches", key, &json!({"input_file_id": "file-in", "endpoint": "/v1/chat/completions", "completion_window": "24h"}));
    assert_eq!((begun.status, begun.json()), (200, batch("validating", false)));
}
fn items(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["tags"]["batch"].is_string()).collect()
}

#[test]
fn rule_33_the_items_of_a_batch_are_billed_once_at_batch_rates_however_often_they_are_fetched() {
    let upstream = ReplayUpstream::start();
    openai_batch(&upstream, 3);
    let mut weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    begin_batch(&weighbridge, &key);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(events[0]["charge"]["status"], "free");
    assert_eq!((&events[1]["charge"]["status"], &events[1]["charge"]["reason"]), (&json!("free"), &json!("what it started is billed when it has ended")));
    assert_eq!(events[1]["flags"], json!(["started"]));
    // The result files are known from the batch's object only.
    assert_eq!(code(&get(&weighbridge, "/v1/files/file-out/content", &key)), (404, "resource_not_found".into()));
    assert_eq!(get(&weighbridge, "/v1/batches/batch_1", &key).json(), batch("completed", true));
    assert_eq!(weighbridge.admin().events("").len(), 2, "the results are not fetched yet");

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(get(&weighbridge, "/v1/files/file-out/content", &key).text(), output(3)));
        }
    });
    assert_eq!(get(&weighbridge, "/v1/files/file-err/content", &key).text(), errors());
    let check = |weighbridge: &Weighbridge| {
        let events = weighbridge.admin().wait_for_events(2 + 3 + 2);
        let items = items(&events);
        let names: Vec<_> = items.iter().map(|item| item["tags"]["custom_id"].as_str().unwrap()).collect();
        assert_eq!(names, ["call-0", "call-1", "call-2", "bad", "late"]);
        let first = items[0];
        assert_eq!(first["usage"], json!({"input": "600", "cache_read": "400", "output": "100"}));
        assert_eq!(
            (&first["service_tier"], &first["served_model"], &first["request_id"]),
            (&json!("batch"), &json!("gpt-4o-mini-2024-07-18"), &events[1]["id"])
        );
        // Half of 0.15, 0.075 and 0.60 per million (metering rule 12), and 30 % on top.
        assert_eq!((&first["cost"]["amount"], &first["charge"]["amount"]), (&json!("0.00009"), &json!("0.000117")), "{first:#}");
        assert_eq!(first["started_at"], events[1]["started_at"], "the price is that of the start");
        for failed in &items[3..] {
            assert_eq!((&failed["status"], &failed["charge"]["status"], &failed["cost"]["amount"]), (&json!("upstream_error"), &json!("free"), &json!("0")));
        }
    };
    check(&weighbridge);
    let jobs = weighbridge.admin().get("jobs");
    assert_eq!((&jobs["data"][0]["id"], &jobs["data"][0]["stage"]), (&json!("batch_1"), &json!("settled")));

    // Killed and started again, it is the same.
    weighbridge.kill();
    weighbridge.restart();
    assert_eq!(get(&weighbridge, "/v1/files/file-out/content", &key).text(), output(3));
    check(&weighbridge);
    assert!(weighbridge.cli(&["jobs", "list"]).contains("batch_1"));
}

#[test]
fn a_batch_that_nobody_fetches_is_billed_all_the_same() {
    let upstream = ReplayUpstream::start();
    openai_batch(&upstream, 1_300);
    let weighbridge = start(&upstream, OFTEN);
    let key = weighbridge.admin().customer_with_key("acme", None);
    begin_batch(&weighbridge, &key);
    let events = weighbridge.admin().wait_for_events(2 + 1_300 + 2);
    assert_eq!(items(&events).len(), 1_302);
    // Fetched afterwards, nothing is added.
    assert_eq!(get(&weighbridge, "/v1/files/file-out/content", &key).text(), output(1_300));
    assert_eq!(weighbridge.admin().events("").len(), 2 + 1_302);
}

#[test]
fn what_a_customer_has_at_a_provider_is_for_no_other_customer() {
    let upstream = ReplayUpstream::start();
    openai_batch(&upstream, 1);
    let weighbridge = start(&upstream, NEVER);
    let (key, other) = (weighbridge.admin().customer_with_key("acme", None), weighbridge.admin().customer_with_key("rival", None));
    begin_batch(&weighbridge, &key);
    get(&weighbridge, "/v1/batches/batch_1", &key);
    for path in ["/v1/batches/batch_1", "/v1/files/file-in", "/v1/files/file-out", "/v1/files/file-out/content"] {
        let refused = get(&weighbridge, path, &other);
        assert_eq!(code(&refused), (404, "resource_not_found".into()), "{path}");
    }
    let of_others_file = post(&weighbridge, "/v1/batches", &other, &json!({"input_file_id": "file-in", "endpoint": "/v1/chat/completions"}));
    assert_eq!(code(&of_others_file), (404, "resource_not_found".into()));
    assert_eq!(get(&weighbridge, "/v1/batches", &other).json(), json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}));
    let own = get(&weighbridge, "/v1/batches", &key).json();
    assert_eq!((&own["data"][0], &own["data"][1]), (&batch("completed", true), &Value::Null));
    assert_eq!(code(&get(&weighbridge, "/v1/batches/batch_1", "wb-nobody")), (401, "invalid_api_key".into()));
    assert_eq!(code(&get(&weighbridge, "/v1/batches?after=batch_9", &key)), (404, "resource_not_found".into()));
}

#[test]
fn a_batch_is_refused_that_could_not_be_billed() {
    let upstream = ReplayUpstream::start();
    openai_batch(&upstream, 1);
    let weighbridge = start(&upstream, NEVER);
    let admin = weighbridge.admin();
    let key = admin.customer_with_key("acme", None);
    let narrow = admin.post("keys", &json!({"name": "narrow", "customer": "acme", "models": ["gpt-4o-mini"]}))["secret"].as_str().unwrap().to_owned();
    let refused = |answer: Answer, text: &str| {
        assert!(answer.status == 400 || answer.status == 403 || answer.status == 404, "{}", answer.text());
        assert!(answer.text().contains(text), "{}", answer.text());
    };
    refused(upload(&weighbridge, &key, &line("a", "fast")), "is not a provider's own name of a model");
    refused(upload(&weighbridge, &key, &(line("a", "gpt-4o-mini") + &line("b", "claude-haiku-4-5"))), "Make a batch for each provider");
    refused(upload(&weighbridge, &key, &(line("a", "gpt-4o-mini") + "{}\n")), "Line 2 of the file");
    refused(upload(&weighbridge, &key, &line("a", "gpt-4o-mini").replace("\"body\"", "\"body\":{\"model\":\"gpt-4o\"},\"body\"")), "Line 1 of the file");
    refused(upload(&weighbridge, &key, ""), "Line 1 of the file");
    refused(upload_for(&weighbridge, &key, "assistants", &line("a", "gpt-4o-mini")), "must be \\\"batch\\\"");
    refused(upload(&weighbridge, &narrow, &(line("a", "gpt-4o-mini") + &line("b", "gpt-4o"))), "may not use the model");
    refused(post(&weighbridge, "/v1/batches", &key, &json!({"endpoint": "/v1/chat/completions"})), "\\\"input_file_id\\\"");
    assert_eq!(upload(&weighbridge, &narrow, &line("a", "gpt-4o-mini")).status, 200);
    refused(post(&weighbridge, "/v1/batches", &key, &json!({"input_file_id": "file-in", "endpoint": "/v1/nowhere"})), "nothing at POST /v1/nowhere");
    let claude = json!({"requests": [{"custom_id": "a", "params": {"model": "claude-haiku-4-5"}}, {"custom_id": "b", "params": {}}]});
    refused(post(&weighbridge, "/v1/messages/batches", &key, &claude), "names no");
    assert_eq!(upstream.take("openai").iter().map(|request| &*request.path).collect::<Vec<_>>(), ["/v1/files"], "nothing else was sent");
    assert!(upstream.take("anthropic").is_empty());
}

fn message_batch(status: &str) -> Value {
    let url = (status == "ended").then_some("https://api.anthropic.com/v1/messages/batches/msgbatch_1/results");
    json!({"id": "msgbatch_1", "type": "message_batch", "processing_status": status, "request_counts": {"processing": 0}, "results_url": url})
}
fn message_results() -> String {
    let usage = json!({"input_tokens": 1_000, "cache_creation_input_tokens": 200, "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 200},
        "cache_read_input_tokens": 0, "output_tokens": 100, "service_tier": "batch"});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001", "content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn", "usage": usage});
    let good = json!({"custom_id": "a", "result": {"type": "succeeded", "message": message}});
    let bad = json!({"custom_id": "b", "result": {"type": "errored", "error": {"type": "invalid_request"}}});
    // The last line without its end.
    format!("{good}\n{bad}")
}

#[test]
fn rule_33_the_results_of_a_message_batch_are_billed_once() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("anthropic", "POST /v1/messages/batches", json_reply(&message_batch("in_progress")));
    upstream.set_at("anthropic", "GET /v1/messages/batches/msgbatch_1", json_reply(&message_batch("ended")));
    upstream.set_at("anthropic", "GET /v1/messages/batches/msgbatch_1/results", Reply::new(200, "application/x-jsonl", message_results()));
    upstream.set_at("anthropic", "DELETE /v1/messages/batches/msgbatch_1", json_reply(&json!({"id": "msgbatch_1", "type": "message_batch_deleted"})));
    let weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let call = |custom_id: &str| json!({"custom_id": custom_id, "params": {"model": "claude-haiku-4-5", "max_tokens": 10, "messages": []}});
    let begun = post(&weighbridge, "/v1/messages/batches", &key, &json!({"requests": [call("a"), call("b")]}));
    assert_eq!(begun.json(), message_batch("in_progress"));
    let seen = get(&weighbridge, "/v1/messages/batches/msgbatch_1", &key).json();
    let expected = {
        let mut object = message_batch("ended");
        object["results_url"] = json!("/v1/messages/batches/msgbatch_1/results");
        object
    };
    assert_eq!(seen, expected, "it leads back here, not to the provider");
    for _ in 0..3 {
        assert_eq!(get(&weighbridge, "/v1/messages/batches/msgbatch_1/results", &key).text(), message_results());
    }
    let events = weighbridge.admin().wait_for_events(3);
    let item = &events[1];
    assert_eq!(
        (&item["usage"], &item["service_tier"]),
        (&json!({"input": "1000", "cache_read": "0", "cache_write_1h": "200", "output": "100"}), &json!("batch"))
    );
    // Half of 1, 2 (for an hour) and 5 per million.
    assert_eq!((&item["cost"]["amount"], &events[2]["charge"]["status"]), (&json!("0.00095"), &json!("free")), "{item:#}");
    let deleted = Request::new("DELETE", "/v1/messages/batches/msgbatch_1").bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!(deleted.status, 200);
    assert_eq!(code(&get(&weighbridge, "/v1/messages/batches/msgbatch_1", &key)), (404, "resource_not_found".into()));
    let received = upstream.take("anthropic");
    assert!(received.iter().all(|request| request.header("anthropic-version") == Some("2023-06-01")));
}

fn response(status: &str) -> Value {
    let usage = json!({"input_tokens": 2_000, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1_000, "output_tokens_details": {"reasoning_tokens": 400}, "total_tokens": 3_000});
    let done = status == "completed";
    json!({"id": "resp_1", "object": "response", "status": status, "background": true, "model": "gpt-4o-mini-2024-07-18", "service_tier": "default",
        "output": if done { json!([{"type": "message", "content": [{"type": "output_text", "text": "x"}]}]) } else { json!([]) },
        "usage": if done { usage } else { Value::Null }})
}
fn in_background(weighbridge: &Weighbridge, key: &str) -> Answer {
    post(weighbridge, "/v1/responses", key, &json!({"model": "research", "background": true, "input": "why?"}))
}

#[test]
fn a_job_is_billed_at_its_end_once_and_at_the_prices_and_the_plan_of_its_start() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("openai", "POST /v1/responses", json_reply(&response("queued")));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("in_progress")));
    let weighbridge = start(&upstream, NEVER);
    let admin = weighbridge.admin();
    admin.post("plans", &json!({"id": "special", "rules": [{"rule": "cost-plus", "markup_percent": "50"}]}));
    let key = admin.customer_with_key("acme", Some("special"));
    assert_eq!(in_background(&weighbridge, &key).json(), response("queued"));
    assert_eq!(get(&weighbridge, "/v1/responses/resp_1", &key).json(), response("in_progress"));
    let events = admin.wait_for_events(1);
    assert_eq!((&events[0]["usage"], &events[0]["flags"], &events[0]["charge"]["status"]), (&json!({}), &json!(["started"]), &json!("free")));

    // Meanwhile all becomes dearer.
    admin.request("PATCH", "plans/special", Some(&json!({"rules": [{"rule": "cost-plus", "markup_percent": "900"}]})));
    let dearer = json!({"format": "litellm", "content": json!({"gpt-4o-mini": {"litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": 1.5e-6, "output_cost_per_token": 6e-6}}).to_string()});
    admin.post("prices/import", &dearer);

    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("completed")));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(get(&weighbridge, "/v1/responses/resp_1", &key).json(), response("completed")));
        }
    });
    let events = admin.wait_for_events(2);
    let end = &events[1];
    assert_eq!(
        (&end["usage"], &end["flags"], &end["request_id"]),
        (&json!({"input": "2000", "cache_read": "0", "output": "600", "reasoning": "400"}), &json!(["job"]), &events[0]["id"])
    );
    assert_eq!((&end["cost"]["amount"], &end["charge"]["amount"], &end["charge"]["plan_version"]), (&json!("0.0009"), &json!("0.00135"), &json!(1)), "{end:#}");
    assert_eq!(end["started_at"], events[0]["started_at"]);
    // A stored response that is read again is not billed again (metering rule 33).
    get(&weighbridge, "/v1/responses/resp_1", &key);
    assert_eq!(admin.events("").len(), 2);
    assert_eq!(code(&get(&weighbridge, "/v1/responses/resp_2", &key)), (404, "resource_not_found".into()));
    let streamed = get(&weighbridge, "/v1/responses/resp_1?stream=true", &key);
    assert!(streamed.status == 400 && streamed.text().contains("as a stream"), "{}", streamed.text());
}

fn as_stream(weighbridge: &Weighbridge, key: &str) -> Answer {
    let body = json!({"model": "research", "background": true, "stream": true, "input": "why?"}).to_string();
    Request::post("/v1/responses", body).bearer(key).open(weighbridge.address()).unwrap().finish().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_job_that_is_streamed_is_billed_by_its_stream_or_where_that_breaks_off_by_its_end() {
    let upstream = ReplayUpstream::start();
    let event = |name: &str, status: &str| format!("event: {name}\ndata: {}\n\n", json!({"type": name, "response": response(status)}));
    let whole = event("response.created", "queued") + &event("response.completed", "completed");
    upstream.set_at("openai", "POST /v1/responses", Reply::sse(whole.clone()));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("completed")));
    let weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    assert_eq!(as_stream(&weighbridge, &key).text(), whole);
    assert_eq!(get(&weighbridge, "/v1/responses/resp_1", &key).status, 200);
    let events = weighbridge.admin().wait_for_events(1);
    assert_eq!((&events[0]["usage"]["output"], &events[0]["flags"]), (&json!("600"), &json!([])));

    let other = weighbridge.admin().customer_with_key("other", None);
    upstream.set_at("openai", "POST /v1/responses", Reply::sse(event("response.created", "queued") + &event("response.in_progress", "in_progress")));
    as_stream(&weighbridge, &other);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!((&events[1]["status"], &events[1]["flags"], &events[1]["charge"]["status"]), (&json!("partial"), &json!(["started"]), &json!("free")));
    assert_eq!(get(&weighbridge, "/v1/responses/resp_1", &other).status, 200);
    let events = weighbridge.admin().wait_for_events(3);
    assert_eq!((&events[2]["usage"]["output"], &events[2]["flags"]), (&json!("600"), &json!(["job"])));
}

#[test]
fn a_state_that_is_not_known_is_no_end_and_one_file_does_not_keep_another_off_the_books() {
    let upstream = ReplayUpstream::start();
    openai_batch(&upstream, 2);
    upstream.set_at("openai", "POST /v1/responses", json_reply(&response("queued")));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("paused")));
    // The file of errors comes first, and cannot be read.
    upstream.set_at("openai", "GET /v1/files/file-err/content", Reply::new(404, "application/json", "{}"));
    let weighbridge = start(&upstream, OFTEN);
    let key = weighbridge.admin().customer_with_key("acme", None);
    begin_batch(&weighbridge, &key);
    in_background(&weighbridge, &key);
    let events = weighbridge.admin().wait_for_events(5);
    assert_eq!(items(&events).len(), 2);
    let stage = |id: &str| weighbridge.admin().get("jobs")["data"].as_array().unwrap().iter().find(|job| job["id"] == id).unwrap()["stage"].clone();
    assert_eq!((stage("batch_1"), stage("resp_1")), (json!("ended"), json!("open")));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("completed")));
    let events = weighbridge.admin().wait_for_events(6);
    assert_eq!(events[5]["flags"], json!(["job"]));
}

#[test]
fn an_id_that_is_in_use_is_noticed() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("openai", "POST /v1/responses", json_reply(&response("queued")));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("completed")));
    let weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    // A server that counts from one again while the first is still at work.
    in_background(&weighbridge, &key);
    in_background(&weighbridge, &key);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!((&events[1]["flags"], &events[1]["cost"]["status"]), (&json!(["started_without_id", "usage_unknown"]), &json!("unpriced")));
    // When the first has ended, its id may come again.
    get(&weighbridge, "/v1/responses/resp_1", &key);
    in_background(&weighbridge, &key);
    get(&weighbridge, "/v1/responses/resp_1", &key);
    let events = weighbridge.admin().wait_for_events(5);
    assert_eq!(events.iter().filter(|event| event["flags"] == json!(["job"])).count(), 2);
}

#[test]
fn a_job_that_nobody_asks_for_is_billed_also_after_a_restart() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("openai", "POST /v1/responses", json_reply(&response("queued")));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("in_progress")));
    let mut weighbridge = start(&upstream, OFTEN);
    let key = weighbridge.admin().customer_with_key("acme", None);
    in_background(&weighbridge, &key);
    weighbridge.kill();
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("completed")));
    weighbridge.restart();
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(events[1]["usage"]["output"], "600");
}

#[test]
fn a_job_that_fails_or_is_cancelled_without_a_report_is_not_charged() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("openai", "POST /v1/responses", json_reply(&response("queued")));
    upstream.set_at("openai", "POST /v1/responses/resp_1/cancel", json_reply(&response("cancelled")));
    upstream.set_at("openai", "GET /v1/responses/resp_1", json_reply(&response("cancelled")));
    let weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    in_background(&weighbridge, &key);
    let cancelled = Request::new("POST", "/v1/responses/resp_1/cancel").bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!(cancelled.json(), response("cancelled"));
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(
        (&events[1]["status"], &events[1]["charge"]["status"], &events[1]["flags"]),
        (&json!("upstream_error"), &json!("free"), &json!(["job", "usage_unknown"]))
    );
    get(&weighbridge, "/v1/responses/resp_1", &key);
    assert_eq!(weighbridge.admin().events("").len(), 2);
}

fn film(status: &str) -> Value {
    json!({"id": "video_1", "object": "video", "status": status, "model": "sora-2", "seconds": "8", "size": "1280x720", "progress": 0})
}

#[test]
fn a_film_is_billed_by_its_length_before_it_is_handed_out_and_not_thrown_away_before_that() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("openai", "POST /v1/videos", json_reply(&film("queued")));
    upstream.set_at("openai", "GET /v1/videos/video_1", json_reply(&film("in_progress")));
    upstream.set_at("openai", "GET /v1/videos/video_1/content", Reply::new(200, "video/mp4", vec![0x5a; 300_000]));
    upstream.set_at("openai", "DELETE /v1/videos/video_1", json_reply(&json!({"id": "video_1", "deleted": true})));
    let weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let begun = post(&weighbridge, "/v1/videos", &key, &json!({"model": "film", "prompt": "a scale", "seconds": "8"}));
    assert_eq!(begun.json(), film("queued"), "{}", begun.text());
    let delete = || Request::new("DELETE", "/v1/videos/video_1").bearer(&key).send(weighbridge.address()).unwrap();
    assert_eq!(code(&delete()), (409, "resource_in_progress".into()));
    upstream.set_at("openai", "GET /v1/videos/video_1", json_reply(&film("completed")));
    // The client knows that it is done before the gateway does.
    assert_eq!(get(&weighbridge, "/v1/videos/video_1/content", &key).body.len(), 300_000);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(
        (&events[1]["usage"], &events[1]["cost"]["amount"], &events[1]["dimensions"]),
        (&json!({"video_seconds": "8"}), &json!("0.8"), &json!({"size": "1280x720"}))
    );
    assert_eq!(get(&weighbridge, "/v1/videos", &key).json()["data"][0]["status"], "completed");
    let deleted = delete();
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    assert_eq!(weighbridge.admin().events("").len(), 2);
}

#[test]
fn what_takes_too_long_is_given_up_in_the_open() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("openai", "POST /v1/videos", json_reply(&film("queued")));
    upstream.set_at("openai", "GET /v1/videos/video_1", json_reply(&film("in_progress")));
    let weighbridge = start(&upstream, "[jobs]\npoll_ms = 100\ngive_up_after_ms = 300\n");
    let key = weighbridge.admin().customer_with_key("acme", None);
    post(&weighbridge, "/v1/videos", &key, &json!({"model": "film", "prompt": "a scale"}));
    let events = weighbridge.admin().wait_for_events(2);
    let given_up = &events[1];
    assert_eq!(
        (&given_up["flags"], &given_up["cost"]["status"], &given_up["charge"]["status"]),
        (&json!(["timed_out", "usage_unknown"]), &json!("unpriced"), &json!("unrated"))
    );
    assert_eq!(given_up["charge"]["reason"], "video_1 was started and had not ended in time; what it consumed is not known");
    assert_eq!(weighbridge.admin().get("jobs?stage=expired")["data"][0]["id"], "video_1");
    // One end is enough.
    upstream.set_at("openai", "GET /v1/videos/video_1", json_reply(&film("completed")));
    assert_eq!(get(&weighbridge, "/v1/videos/video_1", &key).json(), film("completed"));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(weighbridge.admin().events("").len(), 2);
}

#[test]
fn what_may_have_been_started_is_not_started_again() {
    let upstream = ReplayUpstream::start();
    upstream.set("other", json_reply(&response("queued")));
    let weighbridge = start(&upstream, &format!("{NEVER}[routing]\nretry_sent = true\nback_off_ms = 10\ncircuit_failures = 0\n"));
    let key = weighbridge.admin().customer_with_key("acme", None);

    upstream.set_at("openai", "POST /v1/responses", Behaviour::HangUp);
    let refused = in_background(&weighbridge, &key);
    assert_eq!(code(&refused), (502, "start_unknown".into()));
    assert!(refused.text().contains("Do not simply send the call again"), "{}", refused.text());
    let events = weighbridge.admin().wait_for_events(1);
    assert_eq!((&events[0]["flags"], &events[0]["charge"]["status"]), (&json!(["may_have_started", "usage_unknown"]), &json!("free")));

    for status in [500, 502, 504] {
        upstream.set_at("openai", "POST /v1/responses", Reply::new(status, "application/json", r#"{"error":{"message":"?"}}"#));
        let answer = in_background(&weighbridge, &key);
        assert_eq!(answer.status, status);
        assert_eq!(weighbridge.admin().event_of(&answer)["flags"], json!(["may_have_started"]));
    }
    assert_eq!((upstream.take("openai").len(), upstream.take("other").len()), (4, 0), "nothing was sent twice");

    // Who is too busy has not taken it.
    upstream.set_at("openai", "POST /v1/responses", Reply::new(429, "application/json", r#"{"error":{"message":"busy"}}"#));
    assert_eq!(in_background(&weighbridge, &key).status, 200);
    assert_eq!(upstream.take("other").len(), 1);
}

#[test]
fn results_that_break_off_are_billed_as_far_as_they_came_and_wholly_later() {
    let upstream = ReplayUpstream::start();
    openai_batch(&upstream, 40);
    let whole = output(40);
    let weighbridge = start(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    begin_batch(&weighbridge, &key);
    get(&weighbridge, "/v1/batches/batch_1", &key);
    upstream.set_at("openai", "GET /v1/files/file-out/content", Reply::new(200, "application/octet-stream", whole.clone()).cut_off_after(whole.len() / 2));
    let broken = Request::new("GET", "/v1/files/file-out/content").bearer(&key).open(weighbridge.address()).unwrap().finish();
    assert!(broken.is_err() || broken.is_ok_and(|answer| answer.body.len() < whole.len()));
    assert_eq!(weighbridge.admin().get("jobs")["data"][0]["stage"], "ended", "not all of it is there");
    let came = items(&weighbridge.admin().events("")).len();
    assert!((15..25).contains(&came), "half of them came and are billed: {came}");
    // What is no result is not taken for all of them.
    for page in ["<html>not now</html>", "", r#"{"error":{"message":"not now"}}"#] {
        upstream.set_at("openai", "GET /v1/files/file-out/content", Reply::new(200, "application/octet-stream", page));
        let _ = Request::new("GET", "/v1/files/file-out/content").bearer(&key).open(weighbridge.address()).unwrap().finish();
        assert_eq!(weighbridge.admin().get("jobs")["data"][0]["stage"], "ended", "{page}");
    }
    upstream.set_at("openai", "GET /v1/files/file-out/content", Reply::new(200, "application/octet-stream", whole.clone()));
    assert_eq!(get(&weighbridge, "/v1/files/file-out/content", &key).text(), whole);
    get(&weighbridge, "/v1/files/file-err/content", &key);
    weighbridge.admin().wait_for_events(2 + 40 + 2);
    assert_eq!(weighbridge.admin().get("jobs")["data"][0]["stage"], "settled");
}

#[allow(clippy::disallowed_methods, reason = "the gateway under test has the system's clock")]
fn cache(seconds_from_now: i64) -> Value {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds_from_now);
    json!({"name": "cachedContents/c1", "model": "models/gemini-2.5-flash", "createTime": "2026-11-28T10:00:00Z", "expireTime": until.to_string(),
        "usageMetadata": {"totalTokenCount": 3_600_000}})
}
fn google(upstream: &ReplayUpstream, more: &str) -> Weighbridge {
    let google = upstream.base_url("google");
    Weighbridge::start(Config::new().toml(more).provider("google", "gemini", google.trim_end_matches("/v1")))
}

#[test]
fn rule_13_an_explicit_cache_is_billed_by_the_hour_until_it_is_deleted() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("google", "POST /v1beta/cachedContents", json_reply(&cache(60)));
    upstream.set_at("google", "PATCH /v1beta/cachedContents/c1", json_reply(&cache(7_200)));
    upstream.set_at("google", "DELETE /v1beta/cachedContents/c1", json_reply(&json!({})));
    let weighbridge = google(&upstream, NEVER);
    let key = weighbridge.admin().customer_with_key("acme", None);
    let made = post(&weighbridge, "/v1beta/cachedContents", &key, &json!({"model": "models/gemini-2.5-flash", "ttl": "60s", "contents": []}));
    assert_eq!(made.status, 200, "{}", made.text());
    let call = |method: &str, body: &str| {
        Request::new(method, "/v1beta/cachedContents/c1?key=wb-no&updateMask=ttl").bearer(&key).body(body).send(weighbridge.address()).unwrap()
    };
    assert_eq!(call("PATCH", r#"{"ttl":"7200s"}"#).status, 200);
    assert_eq!(get(&weighbridge, "/v1beta/cachedContents", &key).json()["cachedContents"][0]["name"], "cachedContents/c1");
    thread::sleep(Duration::from_millis(1_100));
    assert_eq!(call("DELETE", "").status, 200);
    let events = weighbridge.admin().wait_for_events(2);
    assert_eq!(events[0]["charge"]["reason"], "what it started is billed when it has ended");
    let stored = &events[1];
    // 1,000 token hours a second, at a dollar for a million.
    let hours: f64 = stored["usage"]["cache_storage_token_hours"].as_str().unwrap().parse().unwrap();
    assert!((1_000.0..60_000.0).contains(&hours), "{stored:#}");
    assert_eq!((&stored["flags"], &stored["cost"]["status"]), (&json!(["storage"]), &json!("priced")));
    assert_eq!((&stored["cost"]["lines"][0]["rate"], &stored["cost"]["lines"][0]["per"]), (&json!("0.001"), &json!("1000")));
    let received = upstream.take("google");
    assert!(received.iter().all(|request| !request.path.contains("key=")), "{received:#?}");
    assert_eq!(String::from_utf8_lossy(&received[1].body), r#"{"ttl":"7200s"}"#);
    assert_eq!(call("DELETE", "").status, 404);
}

#[test]
fn rule_13_an_explicit_cache_is_billed_until_it_goes_by_itself() {
    let upstream = ReplayUpstream::start();
    upstream.set_at("google", "POST /v1beta/cachedContents", json_reply(&cache(2)));
    let weighbridge = google(&upstream, OFTEN);
    let key = weighbridge.admin().customer_with_key("acme", None);
    post(&weighbridge, "/v1beta/cachedContents", &key, &json!({"model": "models/gemini-2.5-flash", "ttl": "2s", "contents": []}));
    let events = weighbridge.admin().wait_for_events(2);
    let hours: f64 = events[1]["usage"]["cache_storage_token_hours"].as_str().unwrap().parse().unwrap();
    // To the provider's time, whenever the gateway looks.
    assert!((1_000.0..2_001.0).contains(&hours), "{:#}", events[1]);
    assert_eq!(upstream.take("google").len(), 1, "nobody needs to be asked");
}
