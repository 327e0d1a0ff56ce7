//! Fills the plugin sockets with sandboxed WebAssembly components. The only crate that names wasmtime.
//!
//! Start at [`PluginHost`]: it installs components and hands out filled sockets. A filled socket is a [`pool`] of instances of
//! one component with one configuration; every call goes through [`pool::Pool::call`], which arms the limits, runs it, and
//! gives a failure its blame. What a guest returns is converted in the file of its contract's version and then checked in
//! [`check`], before anybody else sees it.
//!
//! Architecture invariants: a guest's only import is `log`; a trap costs the call and the instance, nothing else; the hot path
//! makes no system call of its own; what comes with the program is compiled at its first use.

mod adapter;
mod cache;
mod capability;
mod check;
mod circuit;
mod code;
mod counter;
mod cpu_time;
mod deadline;
mod engine;
mod failure;
mod guest;
mod host;
mod installed;
mod instances;
mod log;
mod memo;
mod options;
mod pool;
mod pricing;
mod ticker;
#[expect(dead_code, reason = "records have the contract's shape whether or not the host reads every field; enums are made by `Lift`")]
mod v0_1_0;

pub use host::{HostError, InstallError, InstalledPlugin, PluginHost, UseError};
pub use options::{HostOptions, Limits};
