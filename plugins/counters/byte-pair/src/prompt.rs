//! A whole prompt with its chat framing. The framing of OpenAI's chat format is published for early models only and images are
//! priced by a formula, so a prompt is never said to be exact.

use weighbridge_plugin::counter::{Count, Image, Message, Part};

use crate::{config::Config, effort::Effort, vocabulary::Vocabulary};

fn part_tokens(config: &Config, effort: &mut Effort, part: &Part) -> u64 {
    match part {
        Part::Text(text) | Part::Json(text) => effort.count(text).tokens,
        Part::Image(image) => image_tokens(config, image),
    }
}

/// The tokens of a prompt: its texts, a few for each message, and the start of the answer.
pub fn count(vocabulary: &'static Vocabulary, config: &Config, messages: &[Message]) -> Count {
    let mut effort = Effort::new(vocabulary, config.work_limit);
    let messages = messages.iter().map(|message| {
        let name = message.name.as_ref().map_or(0, |name| effort.count(name).tokens + config.tokens_per_name);
        let parts: u64 = message.parts.iter().map(|part| part_tokens(config, &mut effort, part)).sum();
        config.tokens_per_message + effort.count(&message.role).tokens + name + parts
    });
    Count { tokens: messages.sum::<u64>() + config.tokens_per_answer, exact: false }
}

/// High detail: scaled to fit 2048 × 2048, then to 768 on the short side, then cut into tiles of 512 × 512.
fn image_tokens(config: &Config, image: &Image) -> u64 {
    if image.detail == "low" {
        return config.image_base_tokens;
    }
    let (mut width, mut height) = (u64::from(image.width.max(1)), u64::from(image.height.max(1)));
    let long = width.max(height);
    if long > 2048 {
        (width, height) = ((width * 2048 / long).max(1), (height * 2048 / long).max(1));
    }
    let short = width.min(height);
    if short > 768 {
        (width, height) = (width * 768 / short, height * 768 / short);
    }
    config.image_base_tokens + config.image_tile_tokens * width.div_ceil(512) * height.div_ceil(512)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            models: vec![],
            other_models: false,
            work_limit: 7_000_000,
            tokens_per_message: 3,
            tokens_per_name: 1,
            tokens_per_answer: 3,
            image_base_tokens: 85,
            image_tile_tokens: 170,
        }
    }

    #[test]
    fn images_cost_by_tile() {
        let tokens = |width, height, detail: &str| image_tokens(&config(), &Image { width, height, detail: detail.into() });
        assert_eq!(tokens(1024, 1024, "high"), 765);
        assert_eq!(tokens(2048, 4096, "high"), 1105);
        assert_eq!(tokens(4096, 4096, "low"), 85);
    }
}
