//! Billing periods: whole UTC days, usually a calendar month.

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::Serialize;
use weighbridge_domain::Timestamp;

/// From a day on, up to another one, exclusive; both UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    /// `2026-11`, or `2026-11-01..2026-11-16` (the last day exclusive).
    pub label: String,
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

/// Why a period was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPeriod {
    /// Neither a month nor two days.
    #[error("{0:?} is not a period: use a month such as 2026-11, or two days such as 2026-11-01..2026-11-16 (the second one is not included)")]
    Syntax(String),
    /// It ends before it begins.
    #[error("the period {0} is empty: its end must be later than its beginning")]
    Empty(String),
}

impl Period {
    /// From `2026-11` or `2026-11-01..2026-11-16`.
    pub fn parse(text: &str) -> Result<Self, BadPeriod> {
        let bad = || BadPeriod::Syntax(text.to_owned());
        if let Some((from, to)) = text.split_once("..") {
            return Self::days(from, to);
        }
        let first: Date = if text.len() == 7 { format!("{text}-01").parse().map_err(|_| bad())? } else { return Err(bad()) };
        let next = first.checked_add(1.month()).map_err(|_| bad())?;
        Self::of(text.to_owned(), first, next)
    }
    /// From one day, up to another one, exclusive: `2026-11-01`, `2026-11-16`.
    pub fn days(from: &str, to: &str) -> Result<Self, BadPeriod> {
        let label = format!("{from}..{to}");
        let day = |text: &str| text.parse::<Date>().ok().filter(|_| text.len() == 10).ok_or_else(|| BadPeriod::Syntax(label.clone()));
        let (first, next) = (day(from)?, day(to)?);
        Self::of(label, first, next)
    }
    fn of(label: String, first: Date, next: Date) -> Result<Self, BadPeriod> {
        if next <= first {
            return Err(BadPeriod::Empty(label));
        }
        let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| Timestamp::from(zoned.timestamp())).map_err(|_| BadPeriod::Syntax(label.clone()));
        let (from, to) = (midnight(first)?, midnight(next)?);
        Ok(Self { label, from, to })
    }
    /// Its first UTC day, as the ledger counts them.
    pub fn from_day(&self) -> i32 {
        self.from.day()
    }
    /// The UTC day after it.
    pub fn to_day(&self) -> i32 {
        self.to.day()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_its_utc_days() {
        let december = Period::parse("2026-12").unwrap();
        assert_eq!((december.from.to_string(), december.to.to_string()), ("2026-12-01T00:00:00Z".into(), "2027-01-01T00:00:00Z".into()));
        assert_eq!(december.to_day() - december.from_day(), 31);
        let half = Period::parse("2026-11-01..2026-11-16").unwrap();
        assert_eq!((half.label.as_str(), half.to_day() - half.from_day()), ("2026-11-01..2026-11-16", 15));
    }

    #[test]
    fn what_is_not_a_period_says_what_one_is() {
        for text in ["", "2026", "2026-13", "2026-11-01", "november", "2026-11-01..soon", "..", "2026-1-1"] {
            let message = Period::parse(text).unwrap_err().to_string();
            assert!(
                message.ends_with("is not a period: use a month such as 2026-11, or two days such as 2026-11-01..2026-11-16 (the second one is not included)"),
                "{message}"
            );
        }
        let empty = Period::parse("2026-11-02..2026-11-02").unwrap_err().to_string();
        assert_eq!(empty, "the period 2026-11-02..2026-11-02 is empty: its end must be later than its beginning");
    }
}
