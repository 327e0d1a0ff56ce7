//! Meters and usage: disjoint quantities, each with its source (metering-rules, "One vocabulary of disjoint quantities").

use std::{fmt, sync::Arc};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exact::as_decimal;

macro_rules! known_meters {
    ($($constant:ident = $name:literal, $unit:literal;)*) => {
        const KNOWN: &[(&str, &str)] = &[$(($name, $unit)),*];
        impl Meter {
            $(#[doc = concat!("`", $name, "`, in ", $unit, ".")] pub const $constant: Meter = Meter(Name::Known($name));)*
        }
    };
}

/// What is measured: `input`, `cache_read`, `output`, … The set is open; a plugin may name its own in snake_case.
#[derive(Clone)]
pub struct Meter(Name);

#[derive(Clone)]
enum Name {
    Known(&'static str),
    Own(Arc<str>),
}

known_meters! {
    INPUT = "input", "tokens";
    INPUT_AUDIO = "input_audio", "tokens";
    INPUT_IMAGE = "input_image", "tokens";
    INPUT_VIDEO = "input_video", "tokens";
    CACHE_READ = "cache_read", "tokens";
    CACHE_READ_AUDIO = "cache_read_audio", "tokens";
    CACHE_READ_IMAGE = "cache_read_image", "tokens";
    CACHE_READ_VIDEO = "cache_read_video", "tokens";
    CACHE_WRITE = "cache_write", "tokens";
    CACHE_WRITE_5M = "cache_write_5m", "tokens";
    CACHE_WRITE_30M = "cache_write_30m", "tokens";
    CACHE_WRITE_1H = "cache_write_1h", "tokens";
    CACHE_WRITE_12H = "cache_write_12h", "tokens";
    OUTPUT = "output", "tokens";
    REASONING = "reasoning", "tokens";
    OUTPUT_AUDIO = "output_audio", "tokens";
    OUTPUT_IMAGE = "output_image", "tokens";
    OUTPUT_VIDEO = "output_video", "tokens";
    WEB_SEARCHES = "web_searches", "calls";
    FILE_SEARCHES = "file_searches", "calls";
    CODE_SESSIONS = "code_sessions", "calls";
    TOOL_CALLS_BILLED = "tool_calls_billed", "calls";
    IMAGES = "images", "images";
    CHARACTERS = "characters", "characters";
    AUDIO_SECONDS = "audio_seconds", "seconds";
    VIDEO_SECONDS = "video_seconds", "seconds";
    PAGES = "pages", "pages";
    SEARCH_UNITS = "search_units", "units";
    CACHE_STORAGE_TOKEN_HOURS = "cache_storage_token_hours", "token hours";
    REQUESTS = "requests", "calls";
}

impl Meter {
    /// A known meter costs nothing to name; an own one is kept as text. `None` unless snake_case, 1 to 64 characters.
    pub fn new(name: &str) -> Option<Self> {
        if let Some((known, _)) = KNOWN.iter().find(|(known, _)| *known == name) {
            return Some(Self(Name::Known(known)));
        }
        let snake = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= 64
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        snake.then(|| Self(Name::Own(name.into())))
    }
    /// Its name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(name) => name,
            Name::Own(name) => name,
        }
    }
    /// Its unit; an own meter's is `units`.
    pub fn unit(&self) -> &'static str {
        KNOWN.iter().find(|(known, _)| *known == self.as_str()).map_or("units", |(_, unit)| unit)
    }
    /// Part of `input_total`: all input, cache reads and cache writes (tokens only).
    pub fn is_input(&self) -> bool {
        let name = self.as_str();
        self.unit() == "tokens" && (name.starts_with("input") || name.starts_with("cache_"))
    }
    /// Part of `output_total`: all output and reasoning (tokens only).
    pub fn is_output(&self) -> bool {
        self.unit() == "tokens" && !self.is_input()
    }
}
impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl PartialEq for Meter {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Meter {}
impl std::hash::Hash for Meter {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
impl PartialOrd for Meter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Meter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}
impl Serialize for Meter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Meter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MeterVisitor;
        impl serde::de::Visitor<'_> for MeterVisitor {
            type Value = Meter;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a meter's name in snake_case")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Meter, E> {
                Meter::new(name).ok_or_else(|| E::custom(format!("{name:?} is not a meter: use snake_case such as \"input\" or \"gpu_seconds\"")))
            }
        }
        deserializer.deserialize_str(MeterVisitor)
    }
}

/// Who says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The provider reported it.
    Reported,
    /// A token counter counted it, because the provider did not report it.
    Counted,
    /// A client declared it through the ingest API.
    Declared,
}

impl Source {
    /// The word in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Reported => "reported",
            Source::Counted => "counted",
            Source::Declared => "declared",
        }
    }
}

/// One measured quantity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Quantity {
    /// What.
    pub meter: Meter,
    /// How much, in the meter's unit; never negative.
    #[serde(with = "as_decimal")]
    pub value: Decimal,
    /// Who says so.
    pub source: Source,
}

/// What a call consumed: disjoint quantities, one per meter. An absent meter is unknown or does not apply; it is not zero.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usage(Vec<Quantity>);

/// Why a quantity was not accepted (metering rule 36: quarantined, never a credit).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuantity {
    /// Less than nothing.
    #[error("{0} is negative: {1}")]
    Negative(Meter, Decimal),
    /// The same meter twice.
    #[error("{0} is given twice")]
    Twice(Meter),
    /// Beyond 10^18.
    #[error("{0} is absurdly large: {1}")]
    Absurd(Meter, Decimal),
}

impl Usage {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds one quantity; negative, repeated and absurd ones are refused.
    pub fn insert(&mut self, meter: Meter, value: Decimal, source: Source) -> Result<(), BadQuantity> {
        if value.is_sign_negative() && !value.is_zero() {
            return Err(BadQuantity::Negative(meter, value));
        }
        if value > Decimal::from(1_000_000_000_000_000_000u64) {
            return Err(BadQuantity::Absurd(meter, value));
        }
        if self.get(&meter).is_some() {
            return Err(BadQuantity::Twice(meter));
        }
        self.0.push(Quantity { meter, value, source });
        Ok(())
    }
    /// A meter's quantity, if it is known.
    pub fn get(&self, meter: &Meter) -> Option<Decimal> {
        self.0.iter().find(|q| q.meter == *meter).map(|q| q.value)
    }
    /// All quantities, in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Quantity> {
        self.0.iter()
    }
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Derived, never stored: all input, cache read and cache write tokens.
    pub fn input_total(&self) -> Decimal {
        self.0.iter().filter(|q| q.meter.is_input()).map(|q| q.value).sum()
    }
    /// Derived, never stored: all output and reasoning tokens.
    pub fn output_total(&self) -> Decimal {
        self.0.iter().filter(|q| q.meter.is_output()).map(|q| q.value).sum()
    }
    /// Whether any quantity was counted rather than reported or declared.
    pub fn is_estimated(&self) -> bool {
        self.0.iter().any(|q| q.source == Source::Counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_36_negative_repeated_and_absurd_quantities_are_refused() {
        let mut usage = Usage::new();
        usage.insert(Meter::INPUT, 5.into(), Source::Reported).unwrap();
        assert_eq!(usage.insert(Meter::INPUT, 5.into(), Source::Reported).unwrap_err().to_string(), "input is given twice");
        assert_eq!(usage.insert(Meter::OUTPUT, (-1).into(), Source::Reported).unwrap_err().to_string(), "output is negative: -1");
        assert!(usage.insert(Meter::OUTPUT, Decimal::MAX, Source::Reported).is_err());
    }

    #[test]
    fn totals_are_derived_from_the_leaves() {
        let mut usage = Usage::new();
        for (meter, value) in [
            (Meter::INPUT, 1),
            (Meter::CACHE_READ, 2),
            (Meter::CACHE_WRITE_1H, 4),
            (Meter::OUTPUT, 8),
            (Meter::REASONING, 16),
            (Meter::WEB_SEARCHES, 32),
            (Meter::CACHE_STORAGE_TOKEN_HOURS, 64),
        ] {
            usage.insert(meter, value.into(), Source::Reported).unwrap();
        }
        assert_eq!((usage.input_total(), usage.output_total()), (7.into(), 24.into()));
    }

    #[test]
    fn own_meters_are_snake_case() {
        assert_eq!(Meter::new("gpu_seconds").unwrap().unit(), "units");
        assert!(Meter::new("Gpu Seconds").is_none() && Meter::new("").is_none() && Meter::new("_x").is_none());
    }
}
