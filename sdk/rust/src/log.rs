//! Lines for the operator's log. The host tags them with the plugin's name, cuts them at 4 KiB and limits their rate.

pub use crate::bindings::log::Level;

/// Writes a line; natively, in tests, to standard error.
pub fn write(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::log::write(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("{level:?}: {message}");
}

/// For whoever looks into this plugin.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}
/// For the operator's information.
pub fn info(message: &str) {
    write(Level::Info, message);
}
/// Something is odd, and was coped with.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}
/// Something failed.
pub fn error(message: &str) {
    write(Level::Error, message);
}

/// A panic's message becomes the plugin's last words: the host puts them into the error of the call.
#[doc(hidden)]
pub fn report_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}
