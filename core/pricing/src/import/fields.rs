//! The names of price fields in LiteLLM's file: `cache_creation_input_token_cost_above_1hr_above_200k_tokens_priority`
//! is a base, a cache lifetime, a context threshold and a tier.

use weighbridge_domain::Meter;

/// A price field, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) meter: Meter,
    /// The file's word for the tier; absent: the usual one.
    pub(super) tier: Option<&'a str>,
    /// Holds over so many tokens of input.
    pub(super) above: Option<u64>,
    pub(super) unit: Unit,
}

/// How a number of the file becomes a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Per token: quoted by vendors, and by us, per million.
    Token,
    /// Per piece of a non-token meter: kept as it is, in the matrix.
    Piece,
    /// Per call: a fee, outside the matrix.
    Call,
    /// Per thousand calls: a fee.
    ThousandCalls,
}

const TOKENS: &[(&str, Meter)] = &[
    ("cache_creation_input_token_cost", Meter::CACHE_WRITE),
    ("cache_read_input_audio_token_cost", Meter::CACHE_READ_AUDIO),
    ("cache_read_input_image_token_cost", Meter::CACHE_READ_IMAGE),
    ("cache_read_input_token_cost", Meter::CACHE_READ),
    ("input_cost_per_audio_token", Meter::INPUT_AUDIO),
    ("input_cost_per_image_token", Meter::INPUT_IMAGE),
    ("input_cost_per_video_token", Meter::INPUT_VIDEO),
    ("input_cost_per_token", Meter::INPUT),
    ("output_cost_per_audio_token", Meter::OUTPUT_AUDIO),
    ("output_cost_per_image_token", Meter::OUTPUT_IMAGE),
    ("output_cost_per_video_token", Meter::OUTPUT_VIDEO),
    ("output_cost_per_reasoning_token", Meter::REASONING),
    ("output_cost_per_token", Meter::OUTPUT),
];

/// Takes a field's name apart; `None` for what is not a price of a meter in the book.
pub(super) fn parse<'a>(name: &'a str, mode: &str) -> Option<Field<'a>> {
    if let Some((base, meter)) = TOKENS.iter().find(|(base, _)| name.starts_with(base)) {
        return suffixes(meter.clone(), &name[base.len()..]);
    }
    let (meter, unit) = match (name, mode) {
        ("ocr_cost_per_page", _) => (Meter::PAGES, Unit::Piece),
        ("input_cost_per_character", "audio_speech") => (Meter::CHARACTERS, Unit::Piece),
        ("input_cost_per_second", "audio_transcription") => (Meter::AUDIO_SECONDS, Unit::Piece),
        ("output_cost_per_image", "image_generation" | "image_edit") => (Meter::IMAGES, Unit::Piece),
        ("input_cost_per_query", "rerank") => (Meter::SEARCH_UNITS, Unit::Piece),
        ("input_cost_per_query", "search") | ("input_cost_per_request", _) => (Meter::REQUESTS, Unit::Call),
        ("code_interpreter_cost_per_session", _) => (Meter::CODE_SESSIONS, Unit::Call),
        ("file_search_cost_per_1k_calls", _) => (Meter::FILE_SEARCHES, Unit::ThousandCalls),
        _ => return None,
    };
    Some(Field { meter, tier: None, above: None, unit })
}

fn suffixes(mut meter: Meter, mut rest: &str) -> Option<Field<'_>> {
    if meter == Meter::CACHE_WRITE {
        for (suffix, lifetime) in [("_above_1hr", Meter::CACHE_WRITE_1H), ("_above_12hr", Meter::CACHE_WRITE_12H)] {
            if let Some(after) = rest.strip_prefix(suffix) {
                (meter, rest) = (lifetime, after);
            }
        }
    }
    let mut above = None;
    if let Some((thousands, after)) = rest.strip_prefix("_above_").and_then(|rest| rest.split_once("k_tokens")) {
        above = Some(thousands.parse::<u64>().ok()?.checked_mul(1_000)?);
        rest = after;
    }
    let tier = match rest {
        "" => None,
        _ => Some(rest.strip_prefix('_').filter(|tier| tier.bytes().all(|b| b.is_ascii_lowercase()))?),
    };
    Some(Field { meter, tier, above, unit: Unit::Token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_base_a_lifetime_a_threshold_and_a_tier() {
        let field = parse("cache_creation_input_token_cost_above_12hr_above_272k_tokens_priority", "chat").unwrap();
        assert_eq!(field, Field { meter: Meter::CACHE_WRITE_12H, tier: Some("priority"), above: Some(272_000), unit: Unit::Token });
        let field = parse("output_cost_per_token_batches", "chat").unwrap();
        assert_eq!(field, Field { meter: Meter::OUTPUT, tier: Some("batches"), above: None, unit: Unit::Token });
    }

    #[test]
    fn what_only_looks_like_a_price_is_not_one() {
        for name in [
            "input_cost_per_token_cache_hit",
            "max_input_tokens",
            "input_cost_per_token_above_nk_tokens",
            "output_cost_per_second_720p",
            "input_cost_per_image",
        ] {
            assert_eq!(parse(name, "chat"), None, "{name}");
        }
    }
}
