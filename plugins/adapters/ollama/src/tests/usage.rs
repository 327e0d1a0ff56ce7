//! The metering rules that concern Ollama's wire, each on a small answer of our own.

use weighbridge_plugin_testkit::{evaluate, ndjson, sse};

use super::{plan, read, read_events};

#[test]
fn rule_01_what_was_cached_is_taken_out_of_the_prompt_once() {
    assert_eq!(read("ollama.chat", r#"{"prompt_eval_count":100,"prompt_eval_cached_count":90,"eval_count":5}"#), "input=10 cache_read=90 output=5");
    assert_eq!(read("ollama.chat", r#"{"prompt_eval_count":100,"eval_count":5}"#), "input=100 output=5");
    let usage = r#"{"usage":{"prompt_tokens":100,"prompt_tokens_details":{"cached_tokens":90},"completion_tokens":5}}"#;
    assert_eq!(read("openai.chat", usage), "input=10 cache_read=90 output=5");
}

#[test]
fn rule_02_in_messages_it_stands_beside_the_input() {
    assert_eq!(
        read("anthropic.messages", r#"{"usage":{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":5}}"#),
        "input=10 cache_read=90 output=5"
    );
}

#[test]
fn absent_null_and_zero_stay_distinct() {
    assert_eq!(read("ollama.generate", r#"{"eval_count":38}"#), "output=38 input_not_reported");
    assert_eq!(read("ollama.generate", r#"{"prompt_eval_count":0,"prompt_eval_cached_count":0,"eval_count":0}"#), "input=0 cache_read=0 output=0");
    assert_eq!(read("ollama.generate", r#"{"prompt_eval_count":5,"eval_count":null}"#), "input=5 output_not_reported");
    assert_eq!(read("ollama.embed", r#"{"prompt_eval_count":5}"#), "input=5");
    assert_eq!(read("openai.embeddings", r#"{"usage":{"prompt_tokens":5,"total_tokens":5}}"#), "input=5");
    assert_eq!(read("ollama.chat", r#"{"done":true}"#), "");
}

#[test]
fn rule_36_contradictions_are_clipped_and_flagged_never_negative() {
    assert_eq!(
        read("ollama.chat", r#"{"prompt_eval_count":10,"prompt_eval_cached_count":90,"eval_count":5}"#),
        "input=0 cache_read=10 output=5 cached_exceeds_prompt"
    );
    assert_eq!(read("ollama.chat", r#"{"prompt_eval_count":-10,"eval_count":5}"#), "output=5 negative_input input_not_reported");
}

#[test]
fn rule_22_the_line_that_is_done_reports() {
    let stream = b"{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":false}\n\
        {\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":7,\"eval_count\":2}\n";
    assert_eq!(read_events("ollama.chat", &ndjson::events(stream)), "input=7 output=2");
    let messages = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n\
        event: message_delta\ndata: {\"usage\":{\"output_tokens\":30}}\n\n";
    assert_eq!(read_events("anthropic.messages", &sse::events(messages.as_bytes())), "input=9 output=30");
}

#[test]
fn rule_27_a_last_line_without_its_newline_is_read() {
    let stream = b"{\"done\":false}\r\n{\"done\":true,\"prompt_eval_count\":7,\"eval_count\":2}";
    assert_eq!(read_events("ollama.chat", &ndjson::events(stream)), "input=7 output=2");
    assert_eq!(read_events("ollama.chat", &ndjson::events(&stream[..40])), "");
}

#[test]
fn generated_text_is_not_taken_for_a_failure() {
    let failure = plan("ollama.chat").failure.expect("a filter");
    let fails = |line: &str| evaluate::passes(&failure, &ndjson::events(line.as_bytes())[0]);
    assert!(fails(r#"{"error":"the model ran out of memory"}"#));
    assert!(!fails(r#"{"message":{"content":"{\"error\":\"x\"}"},"done":false}"#));
}
