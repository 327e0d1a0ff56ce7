//! The harness of the whole-process scenarios: the real binary, a provider that replays, plain clients.
//!
//! ```no_run
//! use weighbridge_tests::{Config, Reply, ReplayUpstream, Request, Weighbridge};
//!
//! let upstream = ReplayUpstream::start();
//! upstream.set("up", Reply::json(r#"{"choices": []}"#));
//! let weighbridge = Weighbridge::start(Config::new().provider("openai", "openai", &upstream.base_url("up")));
//! let key = weighbridge.admin().customer_with_key("acme", None);
//! let call = Request::post("/v1/chat/completions", r#"{"model": "openai/m", "messages": []}"#).bearer(&key);
//! assert_eq!(call.send(weighbridge.address()).unwrap().status, 200);
//! ```
//!
//! - [`Weighbridge`] starts the binary on free ports of the loopback with a data folder and a configuration of its own. When it
//!   is dropped, unless the test failed already, the [`invariants`] are checked through the admin API, the process is asked to stop
//!   and has to do so with exit code 0, and `weighbridge ledger verify` goes over the books it left.
//! - [`ReplayUpstream`] answers with given bytes, cut as told, or misbehaves, and keeps what it was asked.
//! - [`Request`] is a client that can send any bytes, read an answer piece by piece and hang up anywhere.
//! - [`corpus`] reads the recorded provider traffic in `../shared/corpus`; tests that need it skip, saying so, where it is absent.
//!
//! The binary is `target/release/weighbridge`, built if it is missing; `WEIGHBRIDGE_BINARY` names another one.
//! Everything is blocking: a scenario reads from top to bottom.

pub mod admin;
pub mod binary;
pub mod config;
pub mod corpus;
pub mod exact;
pub mod fixtures;
pub mod http;
pub mod invariants;
pub mod random;
pub mod replay;
pub mod weighbridge;

pub use admin::Admin;
pub use config::Config;
pub use exact::{decimal, sum};
pub use http::{Answer, Answering, Request};
pub use random::Random;
pub use replay::{Behaviour, Cuts, Framing, Received, ReplayUpstream, Reply};
pub use weighbridge::{Refused, Weighbridge};
