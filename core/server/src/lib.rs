//! The weighbridge binary: configuration, wiring, command line, admin API, demo.

pub mod config;
