//! The one import: `log`. Lines are tagged with the plugin's name, cut at 4 KiB, and limited in rate.

use std::sync::Arc;

use parking_lot::Mutex;
use weighbridge_domain::{Clock, Text, Timestamp};

const LINE_BYTES: usize = 4 * 1024;
/// Lines that a plugin may write at once …
const BURST: i64 = 50;
/// … and how many more with each second.
const PER_SECOND: i64 = 10;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// A plugin's way into the operator's log, shared by all of its instances.
pub(crate) struct PluginLog {
    plugin: Text,
    clock: Arc<dyn Clock>,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    /// In millionths of a line.
    tokens: i64,
    filled_at: Timestamp,
    suppressed: u64,
}

impl PluginLog {
    pub(crate) fn new(plugin: Text, clock: Arc<dyn Clock>) -> Self {
        let bucket = Mutex::new(Bucket { tokens: BURST * 1_000_000, filled_at: clock.now(), suppressed: 0 });
        Self { plugin, clock, bucket }
    }
    /// Writes a line, unless there were too many.
    pub(crate) fn write(&self, level: Level, message: &str) {
        let Some(suppressed) = self.bucket.lock().take(self.clock.now()) else { return };
        if suppressed > 0 {
            tracing::warn!(plugin = %self.plugin, "{suppressed} lines of this plugin were suppressed: it writes more than {PER_SECOND} a second");
        }
        let line = cut(message, LINE_BYTES);
        match level {
            Level::Debug => tracing::debug!(plugin = %self.plugin, "{line}"),
            Level::Info => tracing::info!(plugin = %self.plugin, "{line}"),
            Level::Warn => tracing::warn!(plugin = %self.plugin, "{line}"),
            Level::Error => tracing::error!(plugin = %self.plugin, "{line}"),
        }
    }
}

impl Bucket {
    /// Takes a line's worth; gives how many were suppressed since the last that passed.
    fn take(&mut self, now: Timestamp) -> Option<u64> {
        let elapsed = now.micros().saturating_sub(self.filled_at.micros()).max(0);
        self.tokens = self.tokens.saturating_add(elapsed.saturating_mul(PER_SECOND)).min(BURST * 1_000_000);
        self.filled_at = now;
        if self.tokens < 1_000_000 {
            self.suppressed += 1;
            return None;
        }
        self.tokens -= 1_000_000;
        Some(std::mem::take(&mut self.suppressed))
    }
}

/// At most so many bytes of a text, on a character's boundary.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// A text of a guest as it may stand in a message: one line, of bounded length.
pub(crate) fn one_line(text: &str, bytes: usize) -> String {
    let cut_text = cut(text, bytes);
    let mut line: String = cut_text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cut_text.len() < text.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_to_its_rate_and_the_rest_is_counted() {
        let mut bucket = Bucket { tokens: BURST * 1_000_000, filled_at: Timestamp::from_micros(0), suppressed: 0 };
        let passed = (0..1_000).filter(|_| bucket.take(Timestamp::from_micros(0)).is_some()).count();
        assert_eq!(passed, 50);
        assert_eq!(bucket.take(Timestamp::from_micros(100_000)), Some(950), "one more line after a tenth of a second, and it says what was lost");
        assert_eq!(bucket.take(Timestamp::from_micros(100_000)), None);
    }
    #[test]
    fn a_clock_that_steps_back_does_not_stop_the_log_for_ever() {
        let mut bucket = Bucket { tokens: 0, filled_at: Timestamp::from_micros(1_000_000_000), suppressed: 0 };
        assert_eq!(bucket.take(Timestamp::from_micros(0)), None);
        assert_eq!(bucket.take(Timestamp::from_micros(100_000)), Some(1));
    }
    #[test]
    fn texts_are_cut_on_a_character() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(one_line("a\nb\u{1b}[2J", 100), "a b [2J");
        assert_eq!(one_line("abc", 2), "ab…");
    }
}
