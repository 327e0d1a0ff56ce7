//! The weighbridge binary: configuration, wiring, command line, admin API, demo.
//!
//! `main` → [`cli`]. `weighbridge serve` reads [`config`], puts everything together in [`wiring`] and runs both planes in
//! [`serve`]; [`office`] is where customers, keys, plans and prices are written down; [`admin`] is its HTTP face.

pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod explain;
pub mod http_client;
pub mod metrics;
pub mod office;
pub mod reload;
pub mod serve;
pub mod simulator;
pub mod summary;
pub mod telemetry;
pub mod token;
pub mod wiring;
