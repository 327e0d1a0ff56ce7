//! Plugins that misbehave, as components. For tests only: they are built from `guests/` and are part of no release.

/// A pricing rule that does what the model's name says: `loop`, `allocate`, `trap`, `negative`, …; rates any other model well.
pub const PRICING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile-pricing.wasm"));

/// An adapter that does what the model's name (or the dialect, or the state) says.
pub const ADAPTER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile-adapter.wasm"));

/// A pricing rule that imports more than `log`.
pub const ESCAPE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile-escape.wasm"));
