//! Hours of the day, in a stated zone, at which other rates hold (metering rule 21).

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use weighbridge_domain::{Text, Timestamp};

/// A span of the day on some weekdays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// `08:30`, inclusive.
    pub from: Clock,
    /// `18:00`, exclusive; `00:00` is the end of the day. Not after midnight: write two spans.
    pub to: Clock,
    /// 1 is Monday, 7 is Sunday; absent: every day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekdays: Option<Vec<u8>>,
    /// An IANA zone; absent: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Text>,
}

/// A time of day, in minutes since midnight; written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock(u16);

impl Clock {
    /// From `HH:MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u16>().ok()).flatten();
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        (hours < 24 && minutes < 60).then_some(Self(hours * 60 + minutes))
    }
}
impl Serialize for Clock {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}
impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a time of day such as \"08:30\"")))
    }
}

impl Hours {
    /// Whether this moment is within.
    pub fn hold(&self, at: Timestamp) -> bool {
        // A zone that does not exist was refused when the row was checked.
        let zone = self.zone.as_deref().map_or(Ok(TimeZone::UTC), TimeZone::get).unwrap_or(TimeZone::UTC);
        let local = jiff::Timestamp::from(at).to_zoned(zone);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let day = local.weekday().to_monday_one_offset() as u8;
        let end = if self.to.0 == 0 { 24 * 60 } else { self.to.0 };
        (self.from.0..end).contains(&minute) && self.weekdays.as_ref().is_none_or(|days| days.contains(&day))
    }
    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<String> {
        if self.to.0 != 0 && self.to <= self.from {
            return Some("a span of hours ends before it begins: write two spans around midnight".into());
        }
        if self.weekdays.as_ref().is_some_and(|days| days.is_empty() || days.iter().any(|day| !(1..=7).contains(day))) {
            return Some("weekdays are numbers from 1 (Monday) to 7 (Sunday)".into());
        }
        let zone = self.zone.as_deref()?;
        TimeZone::get(zone).is_err().then(|| format!("{zone:?} is not a time zone such as \"Asia/Shanghai\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, to: &str, weekdays: Option<Vec<u8>>, zone: Option<&str>) -> Hours {
        Hours { from: Clock::parse(from).unwrap(), to: Clock::parse(to).unwrap(), weekdays, zone: zone.map(Into::into) }
    }

    #[test]
    fn rule_21_hours_are_those_of_the_stated_zone() {
        let monday_one_utc: Timestamp = "2026-11-23T01:30:00Z".parse().unwrap();
        assert!(hours("01:00", "02:00", None, None).hold(monday_one_utc));
        assert!(!hours("01:00", "01:30", None, None).hold(monday_one_utc), "the end is exclusive");
        assert!(hours("09:00", "10:00", Some(vec![1]), Some("Asia/Shanghai")).hold(monday_one_utc));
        assert!(!hours("00:00", "00:00", Some(vec![7]), None).hold(monday_one_utc));
        assert!(hours("00:00", "00:00", Some(vec![7]), Some("America/Los_Angeles")).hold(monday_one_utc), "still Sunday there");
    }

    #[test]
    fn impossible_hours_are_named() {
        assert_eq!(hours("10:00", "09:00", None, None).problem().unwrap(), "a span of hours ends before it begins: write two spans around midnight");
        assert_eq!(hours("10:00", "00:00", Some(vec![8]), None).problem().unwrap(), "weekdays are numbers from 1 (Monday) to 7 (Sunday)");
        assert_eq!(hours("10:00", "00:00", None, Some("Mars/North")).problem().unwrap(), "\"Mars/North\" is not a time zone such as \"Asia/Shanghai\"");
        assert!(serde_json::from_str::<Clock>("\"25:00\"").unwrap_err().to_string().starts_with("\"25:00\" is not a time of day such as \"08:30\""));
    }
}
