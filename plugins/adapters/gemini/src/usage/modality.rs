//! Counts by modality: `[{"modality": "AUDIO", "tokenCount": 160}, …]`.

use serde::Deserialize;
use weighbridge_plugin::facts::Facts;

/// Counts of one direction, by what they are counts of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Modalities {
    /// Sound.
    pub audio: u64,
    /// Pictures, and pages of documents, which are read as pictures.
    pub image: u64,
    /// Moving pictures.
    pub video: u64,
    /// All else.
    pub text: u64,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    modality: Modality,
    #[serde(rename = "tokenCount", alias = "tokens", default)]
    count: Option<u64>,
}

/// By its name, or by its number where a client asked for enums as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Modality {
    Name(String),
    Number(u64),
}

impl Default for Modality {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Modalities {
    /// The fact of this name. `None`: not told, or not readable, which is doubted.
    pub fn of(facts: &mut Facts<'_>, name: &str) -> Option<Self> {
        let Ok(details) = serde_json::from_str::<Vec<Detail>>(facts.json(name)?) else { return facts.doubt(format!("unreadable_{name}")) };
        let mut told = Self::default();
        for detail in &details {
            let count = detail.count.unwrap_or(0);
            let place = match &detail.modality {
                Modality::Name(name) => match name.to_ascii_uppercase().as_str() {
                    "AUDIO" => &mut told.audio,
                    "IMAGE" | "DOCUMENT" => &mut told.image,
                    "VIDEO" => &mut told.video,
                    "TEXT" => &mut told.text,
                    _ => unknown(facts, &mut told),
                },
                Modality::Number(4) => &mut told.audio,
                Modality::Number(2 | 5) => &mut told.image,
                Modality::Number(3) => &mut told.video,
                Modality::Number(1) => &mut told.text,
                Modality::Number(_) => unknown(facts, &mut told),
            };
            *place = place.saturating_add(count);
        }
        (!details.is_empty()).then_some(told)
    }
    /// All of it.
    pub fn sum(&self) -> u64 {
        [self.audio, self.image, self.video, self.text].iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
    /// At most so much of all, given to audio, image, video and text in this order; what is left over is text (metering rule 6).
    pub fn within(&self, limit: u64) -> Self {
        let mut left = limit;
        let mut take = |count: u64| {
            let taken = count.min(left);
            left -= taken;
            taken
        };
        let [audio, image, video] = [self.audio, self.image, self.video].map(&mut take);
        Self { audio, image, video, text: left }
    }
    /// Without those, as far as they are there.
    pub fn less(&self, other: &Self) -> Self {
        Self {
            audio: self.audio.saturating_sub(other.audio),
            image: self.image.saturating_sub(other.image),
            video: self.video.saturating_sub(other.video),
            text: self.text.saturating_sub(other.text),
        }
    }
    /// Both together.
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            audio: self.audio.saturating_add(other.audio),
            image: self.image.saturating_add(other.image),
            video: self.video.saturating_add(other.video),
            text: self.text.saturating_add(other.text),
        }
    }
    /// Whether anything is not text.
    pub fn has_media(&self) -> bool {
        self.audio > 0 || self.image > 0 || self.video > 0
    }
    /// As meters: the text always, anything else where there is some.
    pub fn meters(&self, text: &'static str, media: [&'static str; 3]) -> Vec<(&'static str, u64)> {
        let others = media.into_iter().zip([self.audio, self.image, self.video]).filter(|(_, count)| *count > 0);
        [(text, self.text)].into_iter().chain(others).collect()
    }
}

/// A modality that is not known here is taken as text, and doubted.
fn unknown<'a>(facts: &mut Facts<'_>, told: &'a mut Modalities) -> &'a mut u64 {
    let _: Option<()> = facts.doubt("unknown_modality");
    &mut told.text
}
