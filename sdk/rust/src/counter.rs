//! Counters: tokens of a text, where a provider did not report them.

use std::thread::LocalKey;

use crate::{PluginError, Slot, bindings::counter::exports::weighbridge::plugin::counter as wit, slot};

pub use wit::{Count, CounterInfo, Image, Message, Part};

#[allow(clippy::derivable_impls, reason = "the type is generated from the contract")]
impl Default for CounterInfo {
    fn default() -> Self {
        Self { tokenizer: String::new(), models: Vec::new(), attrs: Vec::new() }
    }
}

/// Whether one of these patterns means the model. `*` stands for any characters, case is ignored, and a pattern without a `/` is
/// compared with what follows the model's last one: `gpt-4o*` means `openai/gpt-4o-2024-08-06` too. The host compares in the same way.
pub fn is_own(patterns: &[String], model: &str) -> bool {
    let short = model.rsplit('/').next().unwrap_or(model);
    patterns.iter().any(|pattern| fits(pattern.as_bytes(), if pattern.contains('/') { model } else { short }.as_bytes()))
}

fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&text[t]) => (p, t) = (p + 1, t + 1),
            _ => {
                // The last star takes one character more.
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// A token counter. Register it with [`register_counter!`](crate::register_counter).
pub trait Counter: Sized + 'static {
    /// From the manifest's `[config]` overlaid by the operator's, a JSON object.
    fn configure(config: &str) -> Result<Self, PluginError>;
    /// Which vocabulary, for which models (`*` stands for any characters, see [`is_own`]).
    fn info(&self) -> CounterInfo;
    /// One count for each text.
    fn count_texts(&self, model: &str, texts: &[String]) -> Result<Vec<Count>, PluginError>;
    /// A whole prompt with the model's chat framing.
    fn count_prompt(&self, _model: &str, _messages: &[Message]) -> Result<Count, PluginError> {
        Err(PluginError::unsupported("this counter counts texts, not prompts"))
    }
}

#[doc(hidden)]
pub fn configure<C: Counter>(slot: &'static LocalKey<Slot<C>>, config: &str) -> Result<CounterInfo, PluginError> {
    crate::log::report_panics();
    let counter = C::configure(config)?;
    let info = counter.info();
    slot::fill(slot, counter);
    Ok(info)
}

#[doc(hidden)]
pub fn call<C: Counter, R>(slot: &'static LocalKey<Slot<C>>, call: impl FnOnce(&C) -> Result<R, PluginError>) -> Result<R, PluginError> {
    slot::with(slot, call)
}

/// Makes a type that fills [`Counter`] the plugin's export.
#[macro_export]
macro_rules! register_counter {
    ($counter:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::counter::exports::weighbridge::plugin::counter as wit;
            struct Component;
            ::std::thread_local! { static SLOT: $crate::Slot<$counter> = const { ::std::cell::RefCell::new(None) }; }
            impl wit::Guest for Component {
                fn configure(config: String) -> Result<wit::CounterInfo, $crate::PluginError> {
                    $crate::counter::configure(&SLOT, &config)
                }
                fn count_texts(model: String, texts: Vec<String>) -> Result<Vec<wit::Count>, $crate::PluginError> {
                    $crate::counter::call(&SLOT, |counter| $crate::Counter::count_texts(counter, &model, &texts))
                }
                fn count_prompt(model: String, messages: Vec<wit::Message>) -> Result<wit::Count, $crate::PluginError> {
                    $crate::counter::call(&SLOT, |counter| $crate::Counter::count_prompt(counter, &model, &messages))
                }
            }
    $crate::bindings::counter::export_counter!(Component with_types_in $crate::bindings::counter);
        };
    };
}
