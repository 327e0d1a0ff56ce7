//! JSON by pointer, without building a tree: the bytes around what is read or changed are never touched.

pub mod form;
pub mod scan;
pub mod splice;

pub use form::{BadForm, Form};
pub(crate) use scan::value_at;
pub use scan::{BadPointer, PointerSet};
pub use splice::{SpliceError, apply};
