//! Every way in which a call is refused or fails, in both dialects, streamed and not: pinned on its exact text, and nothing is
//! billed that was not consumed.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test")]

mod client;
mod provider;
mod scene;
