//! No provider's name in core/: providers are folders of plugins/. The names of dialects, the shapes that clients speak, are core words.

use super::sources;

/// Providers and the names of their models, in lower case.
const PROVIDERS: &[&str] = &[
    "openai",
    "anthropic",
    "claude",
    "gemini",
    "vertex",
    "groq",
    "mistral",
    "deepseek",
    "xai",
    "cohere",
    "perplexity",
    "openrouter",
    "moonshot",
    "fireworks",
    "cerebras",
    "sambanova",
    "bedrock",
    "azure",
    "ollama",
    "alibaba",
    "dashscope",
    "qwen",
    "zhipu",
    "minimax",
    "nvidia",
    "huggingface",
    "replicate",
    "together.ai",
    "togetherai",
    "ai21",
    "voyageai",
    "jina",
    "chatgpt",
    "gpt-3",
    "gpt-4",
    "gpt-5",
    "llama",
];

/// Words of core: dialects as records name them, as types and modules spell them, and as people say them.
const DIALECTS: &[&str] = &[
    "openai.chat",
    "openai.completions",
    "openai.responses",
    "openai.embeddings",
    "openai_chat",
    "openaichat",
    "openai-chat",
    "openai chat",
    "openai responses",
    "openai's chat",
    "openai clients",
    "anthropic's messages",
    "anthropic clients",
    "openai completions",
    "anthropic.messages",
    "anthropic_messages",
    "anthropicmessages",
    "anthropic-messages",
    "anthropic messages",
    "openai.input_tokens",
    "openai.images",
    "openai.image_edits",
    "openai.transcriptions",
    "openai.translations",
    "openai.speech",
    "openai.moderations",
    "errorstyle::openai",
    "anthropic.count_tokens",
    "gemini.generate_content",
    "gemini.count_tokens",
    "gemini.embed_content",
    "gemini.batch_embed_contents",
    "bedrock.converse",
    "bedrock.invoke",
    "bedrock.count_tokens",
    "ollama.chat",
    "ollama.generate",
    "ollama.embed",
];

/// The families of dialects: words of the files that say what each family's clients speak and read, and of no others.
const FAMILIES: &[&str] = &["openai", "anthropic", "gemini", "bedrock", "ollama"];

/// Those files.
const FAMILY_FILES: &[&str] = &["core/gateway/src/dialect/", "core/gateway/src/models.rs", "core/gateway/src/refusal/tests.rs"];

/// A sentence for each line with a name in it.
pub(super) fn check() -> Vec<String> {
    let mut found = Vec::new();
    for source in sources::below("core", &[".rs", ".toml", ".html", ".js", ".css", ".md"]) {
        let families = if FAMILY_FILES.iter().any(|place| source.path.starts_with(place)) { FAMILIES } else { &[] };
        for (at, line) in source.text.lines().enumerate() {
            if let Some(name) = named(line, families) {
                found.push(format!("{}:{} names a provider ({name}): {}", source.path, at + 1, line.trim()));
            }
        }
    }
    found
}

/// The first provider that a line names, dialects and these families aside.
fn named(line: &str, families: &[&str]) -> Option<&'static str> {
    let mut line = line.to_ascii_lowercase();
    for dialect in DIALECTS {
        line = line.replace(dialect, "");
    }
    // `litellm` and `llamafile` are other words that a name happens to be a part of: a name starts and ends a word.
    PROVIDERS.iter().find(|name| !families.contains(name) && has_word(&line, name)).copied()
}

fn has_word(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        let goes_on = !name.ends_with(|c: char| c.is_ascii_digit()) && after.is_some_and(char::is_alphabetic);
        !before.is_some_and(char::is_alphanumeric) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_outside(line: &str) -> Option<&'static str> {
        named(line, &[])
    }

    #[test]
    fn a_family_is_a_word_of_its_files_and_other_providers_are_not() {
        assert_eq!(named("Self::Openai => groq", FAMILIES), Some("groq"));
        assert_eq!(named("errors: \"openai\", ..Builtin::JSON", FAMILIES), None);
        assert_eq!(named_outside("errors: \"openai\""), Some("openai"));
        assert_eq!(named_outside("Dialect::named(\"ollama.chat\")"), None);
    }

    #[test]
    fn providers_are_found_and_dialects_are_not() {
        assert_eq!(named_outside("// as OpenAI does"), Some("openai"));
        assert_eq!(named_outside("const KEY: &str = \"GROQ_API_KEY\";"), Some("groq"));
        assert_eq!(named_outside("model: gpt-4o-mini"), Some("gpt-4"));
        assert_eq!(named_outside("Dialect::OpenAiChat => \"openai.chat\","), None);
        assert_eq!(named_outside("mod anthropic_messages; // Anthropic messages, and LiteLLM's import format"), None);
        assert_eq!(named_outside("let taxation = relaxaining;"), None);
    }
}
