//! What has no counterpart is refused by name, in these words.

use weighbridge_plugin::{Adapter, ErrorKind};

use super::{ALL, prepare, request};
use crate::{OpenAi, tests::adapter};

const NO_COUNTERPART: &str = "has no counterpart in OpenAI's chat completions, and this model is served by them: leave it out";

/// A request with this beside what it must have.
fn refused(dialect: &str, rest: &str) -> (ErrorKind, String) {
    let rest = match dialect {
        "anthropic.messages" if !rest.contains("\"messages\"") => format!("{{\"messages\":[],{rest}}}"),
        "openai.responses" if !rest.contains("\"input\"") => format!("{{\"input\":\"x\",{rest}}}"),
        "gemini.generate_content" if !rest.contains("\"contents\"") => format!("{{\"contents\":[],{rest}}}"),
        _ => format!("{{{rest}}}"),
    };
    let error = prepare(dialect, &rest).map(|request| panic!("{rest} is not refused: {request:?}")).expect_err("a refusal");
    if error.kind == ErrorKind::Unsupported {
        assert!(error.message.starts_with(&format!("\"{}\" ", error.attrs[0].value)), "{}", error.message);
    }
    (error.kind, error.message)
}

#[test]
fn parameters_without_a_counterpart_are_refused_by_name() {
    for (dialect, parameters) in [
        (
            "anthropic.messages",
            &[
                ("top_k", "5"),
                ("container", "\"c\""),
                ("mcp_servers", "[]"),
                ("context_management", "{}"),
                ("inference_geo", "\"us\""),
                ("speed", "\"fast\""),
                ("whatever_comes", "1"),
            ][..],
        ),
        (
            "openai.responses",
            &[
                ("previous_response_id", "\"resp_1\""),
                ("conversation", "\"conv_1\""),
                ("background", "true"),
                ("truncation", "\"auto\""),
                ("top_logprobs", "3"),
                ("max_tool_calls", "3"),
                ("prompt", "{\"id\":\"p\"}"),
                ("context_management", "[]"),
                ("whatever_comes", "1"),
            ],
        ),
        (
            "gemini.generate_content",
            &[
                ("safetySettings", "[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"BLOCK_NONE\"}]"),
                ("cachedContent", "\"cachedContents/1\""),
                ("labels", "{}"),
                ("whateverComes", "1"),
            ],
        ),
    ] {
        for (parameter, value) in parameters {
            let refusal = (ErrorKind::Unsupported, format!("\"{parameter}\" {NO_COUNTERPART}"));
            assert_eq!(refused(dialect, &format!("\"{parameter}\":{value}")), refusal, "{dialect}");
        }
    }
    for (parameter, value) in [
        ("topK", "5"),
        ("responseLogprobs", "true"),
        ("logprobs", "3"),
        ("responseModalities", "[\"AUDIO\"]"),
        ("speechConfig", "{}"),
        ("mediaResolution", "\"LOW\""),
    ] {
        let refusal = (ErrorKind::Unsupported, format!("\"generationConfig.{parameter}\" {NO_COUNTERPART}"));
        assert_eq!(refused("gemini.generate_content", &format!("\"generationConfig\":{{\"{parameter}\":{value}}}")), refusal);
    }
}

#[test]
fn what_messages_cannot_say_in_a_chat_is_refused_by_name() {
    let user = |block: &str| format!(r#""messages":[{{"role":"user","content":[{block}]}}]"#);
    for (rest, message) in [
        (
            r#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#.to_owned(),
            "\"tools[0].type\" is \"web_search_20250305\", a tool that only Anthropic runs: this model is served by OpenAI's chat completions".to_owned(),
        ),
        (r#""tools":[{"name":"f","input_schema":{},"defer_loading":true}]"#.into(), format!("\"tools[0].defer_loading\" {NO_COUNTERPART}")),
        (r#""tool_choice":{"type":"some"}"#.into(), "\"tool_choice.type\" is \"some\"; it may be \"auto\", \"any\", \"tool\" or \"none\"".into()),
        (r#""service_tier":"flex""#.into(), "\"service_tier\" is \"flex\"; it may be \"auto\" or \"standard_only\"".into()),
        (r#""thinking":{"type":"deep"}"#.into(), "\"thinking.type\" is \"deep\"; it may be \"enabled\", \"adaptive\" or \"disabled\"".into()),
        (r#""output_config":{"format":{"type":"xml"}}"#.into(), "\"output_config.format.type\" is \"xml\"; it may be \"json_schema\"".into()),
        (r#""metadata":{"team":"a"}"#.into(), format!("\"metadata.team\" {NO_COUNTERPART}")),
        (
            user(r#"{"type":"search_result"}"#),
            "\"messages[0].content[0].type\" is \"search_result\", which has no counterpart in OpenAI's chat completions".into(),
        ),
        (
            user(r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#),
            "\"messages[0].content[0].source.type\" is \"file\"; for an image it may be \"base64\" or \"url\"".into(),
        ),
        (
            user(r#"{"type":"document","source":{"type":"url","url":"https://example.org/a.pdf"}}"#),
            "\"messages[0].content[0].source.type\" is \"url\"; for a document it may be \"base64\" or \"text\"".into(),
        ),
        (
            user(r#"{"type":"document","citations":{"enabled":true},"source":{"type":"text","data":"x"}}"#),
            format!("\"messages[0].content[0].citations.enabled\" {NO_COUNTERPART}"),
        ),
        (
            r#""messages":[{"role":"assistant","content":[{"type":"server_tool_use","id":"s"}]}]"#.into(),
            "\"messages[0].content[0].type\" is \"server_tool_use\", which has no counterpart in OpenAI's chat completions".into(),
        ),
        (
            r#""system":[{"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}],"messages":[]"#.into(),
            "\"system\" may hold nothing but text".into(),
        ),
    ] {
        assert_eq!(refused("anthropic.messages", &rest), (ErrorKind::Unsupported, message), "{rest}");
    }
}

#[test]
fn what_responses_cannot_say_in_a_chat_is_refused_by_name() {
    for (rest, message) in [
        (
            r#""tools":[{"type":"web_search"}]"#,
            "\"tools[0].type\" is \"web_search\"; this model is served by OpenAI's chat completions, where it may be \"function\"".to_owned(),
        ),
        (
            r#""tool_choice":{"type":"allowed_tools"}"#,
            "\"tool_choice.type\" is \"allowed_tools\"; this model is served by OpenAI's chat completions, where it may be \"function\"".into(),
        ),
        (
            r#""include":["message.output_text.logprobs"]"#,
            "\"include\" names \"message.output_text.logprobs\", which OpenAI's chat completions do not give, and this model is served by them".into(),
        ),
        (r#""text":{"format":{"type":"grammar"}}"#, "\"text.format.type\" is \"grammar\"; it may be \"text\", \"json_object\" or \"json_schema\"".into()),
        (
            r#""input":[{"type":"item_reference","id":"x"}]"#,
            "\"input[0].type\" is \"item_reference\", which has no counterpart in OpenAI's chat completions".into(),
        ),
        (r#""input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]"#, format!("\"input[0].content[0].file_id\" {NO_COUNTERPART}")),
        (
            r#""input":[{"role":"user","content":[{"type":"input_video"}]}]"#,
            "\"input[0].content[0].type\" is \"input_video\", which has no counterpart in OpenAI's chat completions".into(),
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_audio","input_audio":{"format":"ogg","data":"AA"}}]}]"#,
            "\"input[0].content[0].input_audio.format\" is \"ogg\"; it may be \"wav\" or \"mp3\"".into(),
        ),
    ] {
        assert_eq!(refused("openai.responses", rest), (ErrorKind::Unsupported, message), "{rest}");
    }
    let long = format!(r#""metadata":{{"k":"{}"}}"#, "x".repeat(2000));
    let message = "\"metadata\" has 2008 bytes, more than what can be repeated in a response that is translated: leave it out";
    assert_eq!(refused("openai.responses", &long), (ErrorKind::Unsupported, message.into()));
}

#[test]
fn what_gemini_cannot_say_in_a_chat_is_refused_by_name() {
    let part = |part: &str| format!(r#""contents":[{{"parts":[{part}]}}]"#);
    for (rest, message) in [
        (r#""tools":[{"googleSearch":{}}]"#.to_owned(), format!("\"tools[0].googleSearch\" {NO_COUNTERPART}")),
        (r#""tools":[{"code_execution":{}}]"#.into(), format!("\"tools[0].codeExecution\" {NO_COUNTERPART}")),
        (
            r#""toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}"#.into(),
            "\"toolConfig.functionCallingConfig.mode\" is \"VALIDATED\"; it may be \"AUTO\", \"ANY\" or \"NONE\"".into(),
        ),
        (
            r#""toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f","g"]}}"#.into(),
            "\"toolConfig.functionCallingConfig.allowedFunctionNames\" may hold one name, with the mode \"ANY\": this model is served by OpenAI's chat \
             completions, which name one function or none"
                .into(),
        ),
        (
            r#""generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING"}}"#.into(),
            "\"generationConfig.responseMimeType\" is \"text/x.enum\"; it may be \"text/plain\" or \"application/json\"".into(),
        ),
        (
            part(r#"{"inlineData":{"mimeType":"video/mp4","data":"AA"}}"#),
            "\"contents[0].parts[0].inlineData.mimeType\" is \"video/mp4\"; OpenAI's chat completions, by which this model is served, take images, \
             application/pdf, audio/wav and audio/mp3"
                .into(),
        ),
        (
            part(r#"{"fileData":{"mimeType":"application/pdf","fileUri":"https://example.org/a.pdf"}}"#),
            "\"contents[0].parts[0].fileData.fileUri\" must be an image's https: URL: this model is served by OpenAI's chat completions, which cannot reach \
             other files"
                .into(),
        ),
        (part(r#"{"executableCode":{}}"#), format!("\"contents[0].parts[0].executableCode\" {NO_COUNTERPART}")),
        (
            r#""systemInstruction":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA"}}]}"#.into(),
            "\"systemInstruction\" may hold nothing but text".into(),
        ),
    ] {
        assert_eq!(refused("gemini.generate_content", &rest), (ErrorKind::Unsupported, message), "{rest}");
    }
}

#[test]
fn wrong_requests_are_refused_with_their_place() {
    for (dialect, rest, message) in [
        ("anthropic.messages", r#""messages":[{"content":"x"}]"#, "messages[0].role is missing"),
        ("anthropic.messages", r#""messages":[{"role":"tool","content":"x"}]"#, "messages[0].role is \"tool\"; it may be user, assistant or system"),
        ("anthropic.messages", r#""messages":[{"role":"user","content":7}]"#, "messages[0].content must be a text or a list of blocks"),
        ("anthropic.messages", r#""thinking":{"type":"enabled"}"#, "thinking.budget_tokens is missing"),
        ("openai.responses", r#""input":7"#, "input must be a text or a list of items"),
        ("openai.responses", r#""input":[{"role":"robot","content":"x"}]"#, "input[0].role is \"robot\"; it may be user, assistant, system or developer"),
        ("openai.responses", r#""input":[{"role":"user","content":7}]"#, "input[0].content must be a text or a list of parts"),
        ("openai.responses", r#""input":[{"type":"function_call","call_id":"c"}]"#, "input[0].name is missing"),
        ("gemini.generate_content", r#""contents":[{"role":"robot"}]"#, "contents[0].role is \"robot\"; it may be user or model"),
        ("gemini.generate_content", r#""safetySettings":[],"safety_settings":[]"#, "safetySettings is given twice, in two spellings"),
        (
            "gemini.generate_content",
            r#""contents":[{"parts":[{"functionResponse":{"name":"f","response":{}}}]}]"#,
            "contents[0].parts[0].functionResponse.name is \"f\", but no functionCall before it has that name",
        ),
        (
            "gemini.generate_content",
            r#""tools":[{"functionDeclarations":[{"name":"f","parameters":{"properties":7}}]}]"#,
            "tools[0].functionDeclarations[0].parameters is not a schema: invalid type: integer `7`, expected an object at line 1 column 1",
        ),
    ] {
        assert_eq!(refused(dialect, rest), (ErrorKind::InvalidInput, message.to_owned()));
    }
    let body = prepare("anthropic.messages", "[]").expect_err("a refusal").message;
    assert_eq!(body, "the request is not a JSON object: invalid type: sequence, expected a map at line 1 column 0");
    let large = format!(r#"{{"input":"{}"}}"#, "x".repeat(6_300_000));
    assert_eq!(
        prepare("openai.responses", &large).expect_err("a refusal").message,
        "the request has 6300012 bytes; up to 6291456 can be translated to OpenAI's chat completions: send large images as https: URLs"
    );
}

#[test]
fn what_the_operator_says_to_ignore_is_left_out() {
    let lenient = adapter("[translation]\nignore = [\"safetySettings\"]");
    assert!(lenient.prepare(request("gemini.generate_content", false, "", r#"{"contents":[],"safety_settings":[{}]}"#)).is_ok());
}

#[test]
fn only_what_can_be_translated_is_offered() {
    let offered = |config: &str| adapter(config).plans().into_iter().map(|plan| plan.dialect).collect::<Vec<_>>();
    assert_eq!(offered(ALL), ["openai.chat", "anthropic.messages", "openai.responses", "gemini.generate_content"]);
    assert_eq!(offered("dialects = [\"openai.embeddings\"]"), ["openai.embeddings"], "there is no chat to translate to");
    assert_eq!(
        offered("dialects = [\"openai.chat\", \"openai.responses\"]\n[translation]\ndialects = [\"openai.responses\"]"),
        ["openai.chat", "openai.responses"],
        "what is spoken is not translated"
    );
    assert_eq!(offered("dialects = [\"openai.chat\"]\n[translation]\ndialects = []"), ["openai.chat"]);
    let wrong = OpenAi::configure(r#"{"translation":{"dialects":["ollama.chat"]}}"#).err().map(|error| error.message).unwrap_or_default();
    let expected = "the settings of an OpenAI-speaking provider: unknown variant `ollama.chat`, expected one of `anthropic.messages`, `openai.responses`, \
                    `gemini.generate_content` at line 1 column 41";
    assert_eq!(wrong, expected);
}
