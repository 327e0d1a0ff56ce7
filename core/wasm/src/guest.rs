//! What the host keeps with each instance: its limits, what it ran into, its last words.

use std::sync::Arc;

use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

use crate::deadline::{Deadline, Verdict};
use crate::log::{Level, PluginLog, one_line};

const TABLE_ELEMENTS: usize = 20_000;
const LAST_WORDS_BYTES: usize = 500;

/// The host's side of an instance.
pub(crate) struct Guest {
    /// The call's time.
    pub(crate) deadline: Deadline,
    memory_limit: usize,
    memory_used: usize,
    memory_refused: bool,
    last_words: Option<String>,
    log: Arc<PluginLog>,
}

impl Guest {
    pub(crate) fn new(log: Arc<PluginLog>, memory_limit: usize) -> Self {
        Self { deadline: Deadline::default(), memory_limit, memory_used: 0, memory_refused: false, last_words: None, log }
    }
    /// A call begins.
    pub(crate) fn arm(&mut self, deadline_ms: u64) {
        self.deadline.arm(deadline_ms);
        self.memory_refused = false;
        self.last_words = None;
    }
    /// Whether it asked for more memory than it may have, during this call.
    pub(crate) fn was_refused_memory(&self) -> bool {
        self.memory_refused
    }
    /// The limit in MiB.
    pub(crate) fn memory_limit_mib(&self) -> u64 {
        (self.memory_limit >> 20) as u64
    }
    /// The error line that it wrote last in this call: a panic's message.
    pub(crate) fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }
    /// It grew so far that a next call could fail for want of memory: better a new instance.
    pub(crate) fn is_bloated(&self) -> bool {
        self.memory_used > self.memory_limit / 4 * 3
    }
    /// The import `log.write`.
    pub(crate) fn log(&mut self, level: Level, message: &str) {
        if level == Level::Error {
            self.last_words = Some(one_line(message, LAST_WORDS_BYTES));
        }
        self.log.write(level, message);
    }
    /// The epoch's callback.
    pub(crate) fn on_epoch(mut store: StoreContextMut<'_, Guest>) -> wasmtime::Result<UpdateDeadline> {
        Ok(match store.data_mut().deadline.tick() {
            Verdict::GoOn(ticks) => UpdateDeadline::Continue(ticks),
            Verdict::Stop => UpdateDeadline::Interrupt,
        })
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let fits = desired <= self.memory_limit;
        if fits {
            self.memory_used = desired;
        } else {
            self.memory_refused = true;
        }
        Ok(fits)
    }
    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
