//! Moments of a sheet: a day, or a day and a time with its offset.

use weighbridge_plugin::pricing::Timestamp;

use crate::sheet::Table;

const EXPECTED: &str = "expected a day such as \"2026-01-01\" (its start in UTC) or a moment such as \"2026-01-01T00:00:00+01:00\"";
const SECOND: i64 = 1_000_000;

/// A span of time; open where an end is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From here on.
    pub from: Option<Timestamp>,
    /// Up to here, exclusive.
    pub until: Option<Timestamp>,
}

impl Span {
    /// Reads `from` and `until`.
    pub fn read(table: &Table<'_>) -> Self {
        let span = Self { from: moment(table, "from"), until: moment(table, "until") };
        if let (Some(from), Some(until)) = (span.from, span.until)
            && until <= from
        {
            table.problem("until", "is not after `from`: the span would be empty");
        }
        span
    }
    /// Whether a moment is within.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
    /// Whether they have a moment in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |end: Option<Timestamp>, start: Option<Timestamp>| matches!((end, start), (Some(end), Some(start)) if end <= start);
        !before(self.until, other.from) && !before(other.until, self.from)
    }
}

fn moment(table: &Table<'_>, key: &str) -> Option<Timestamp> {
    let read = table.get(key)?.as_str().and_then(parse);
    if read.is_none() {
        table.problem(key, EXPECTED);
    }
    read
}

/// From its text.
pub fn parse(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let [year, month, date] = numbers(day, '-', [4, 2, 2])?;
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || date < 1 || date > days_in(year, month) {
        return None;
    }
    let seconds = match time {
        None => 0,
        Some(time) => seconds_of(time)?,
    };
    Some((days_before(year, month, date) * 86_400 + seconds) * SECOND)
}

/// `08:30:00Z`, `08:30:00+01:00`: seconds since the day's start in UTC.
fn seconds_of(time: &str) -> Option<i64> {
    let (clock, offset) = time.split_at_checked(8)?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let sign = match offset.chars().next()? {
        'Z' if offset.len() == 1 => 0,
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let offset = if sign == 0 { 0 } else { hours_and_minutes(&offset[1..])? };
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second - sign * offset)
}

fn hours_and_minutes(text: &str) -> Option<i64> {
    let [hours, minutes] = numbers(text, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)
}

fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut read = [0; N];
    let mut parts = text.split(between);
    for (number, digits) in read.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(read)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01.
fn days_before(year: i64, month: i64, date: i64) -> i64 {
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    years + (1..month).map(|month| days_in(year, month)).sum::<i64>() + date - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_read() {
        let seconds = |text: &str| parse(text).map(|at| at / SECOND);
        assert_eq!(seconds("1970-01-01"), Some(0));
        assert_eq!(seconds("2026-11-28"), Some(1_795_824_000));
        assert_eq!(seconds("2024-02-29T12:30:15Z"), Some(1_709_209_815));
        assert_eq!(seconds("2026-01-01T00:00:00+01:00"), seconds("2025-12-31T23:00:00Z"));
        assert_eq!(seconds("2100-03-01").zip(seconds("2100-02-28")).map(|(a, b)| a - b), Some(86_400), "2100 is not a leap year");
        for bad in ["2026-02-29", "2026-13-01", "26-01-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-1-1", "tomorrow", ""] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn spans_overlap_unless_one_ends_where_the_other_begins() {
        let span = |from, until| Span { from, until };
        assert!(!span(None, Some(5)).overlaps(&span(Some(5), None)));
        assert!(span(None, Some(6)).overlaps(&span(Some(5), None)));
        assert!(span(None, None).overlaps(&span(Some(5), Some(6))));
        assert!(span(Some(1), Some(2)).holds(1) && !span(Some(1), Some(2)).holds(2));
    }
}
