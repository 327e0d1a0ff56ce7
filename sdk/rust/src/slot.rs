//! Where a guest keeps the one configured value that it serves.

use std::cell::RefCell;
use std::thread::LocalKey;

use crate::PluginError;

/// A registered type's place, declared by the `register_…!` macros.
pub type Slot<T> = RefCell<Option<T>>;

/// Puts the configured value in its place.
pub(crate) fn fill<T>(slot: &'static LocalKey<Slot<T>>, value: T) {
    slot.set(Some(value));
}

/// Calls it, if it was configured.
pub(crate) fn with<T: 'static, R>(slot: &'static LocalKey<Slot<T>>, call: impl FnOnce(&T) -> Result<R, PluginError>) -> Result<R, PluginError> {
    slot.with_borrow(|value| match value {
        Some(value) => call(value),
        None => Err(PluginError::internal("it was called before it was configured")),
    })
}
