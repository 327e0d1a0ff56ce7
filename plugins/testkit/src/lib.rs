//! For the tests of adapters: what the host does with a plan, done again in the plainest way, so that an adapter is tested
//! over whole answers without a host. Written independently of the host's evaluator: where the two differ, one is wrong.

pub mod aws;
pub mod corpus;
pub mod evaluate;
pub mod json_array;
pub mod ndjson;
pub mod rules;
pub mod sse;
