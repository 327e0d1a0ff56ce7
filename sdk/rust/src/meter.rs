//! Meters, for people: what they are counted in, what they are called on an invoice.

/// The unit of a meter: `tokens`, `calls`, …; a name of a plugin's own is counted in `units`.
pub fn unit(meter: &str) -> &'static str {
    match meter {
        "web_searches" | "file_searches" | "code_sessions" | "tool_calls_billed" | "requests" => "calls",
        "images" => "images",
        "characters" => "characters",
        "audio_seconds" => "seconds",
        "pages" => "pages",
        "cache_storage_token_hours" => "token hours",
        "input" | "output" | "reasoning" | "cache_read" | "cache_write" => "tokens",
        _ if ["input_", "output_", "cache_read_", "cache_write_"].iter().any(|family| meter.starts_with(family)) => "tokens",
        _ => "units",
    }
}

/// What it is called in a line: `cache read tokens`, `web searches`.
pub fn label(meter: &str) -> String {
    let mut label = meter.replace('_', " ");
    if unit(meter) == "tokens" {
        label.push_str(" tokens");
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_for_people() {
        assert_eq!(label("cache_write_1h"), "cache write 1h tokens");
        assert_eq!(label("web_searches"), "web searches");
        assert_eq!((unit("reasoning"), unit("gpu_seconds"), unit("cache_storage_token_hours")), ("tokens", "units", "token hours"));
    }
}
