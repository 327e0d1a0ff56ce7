//! Resources: what calls leave at a provider for later calls: files, batches, jobs that go on after their answer.
//!
//! Each is written down with its customer before its id is told to anybody, so that it is its customer's alone, and so that
//! what it costs is billed whether or not anybody ever asks for it again:
//!
//! ```text
//! start   the call that makes it        its record says that the bill comes later; prices are those of this moment
//! look    a call that names it          the provider is asked; what the answer tells is noted before it goes out
//! settle  its end                       one event, or one for each item of a batch, each once (metering rule 33)
//! sweep   nobody asks                   the gateway does, and gives up in the open when it takes too long
//! ```
//!
//! What such calls look like is data of the dialect ([`crate::dialect::resource`]).

mod ask;
mod items;
mod list;
mod look;
mod place;
mod relay;
mod settle;
mod shelf;
mod start;
mod state;
mod storage;
mod sweep;

pub use shelf::{Resource, Shelf, Stage};
pub use storage::Stored;
pub use sweep::SweepReport;

pub(crate) use ask::Looked;
pub(crate) use look::{Look, answer};
pub(crate) use place::place;
pub(crate) use relay::Relay;
pub(crate) use start::{LeftBehind, keep, left_behind, left_streaming, starts};
