//! Contract 0.1.0 (`sdk/wit/v0_1_0`), as the host sees it: a file for each interface with its records and functions.
//!
//! The records are written by hand rather than generated: what goes in borrows from the call, what comes out is owned. Every
//! function's type is compared with the component's when an instance is bound, so a record that is not the contract's is found
//! by the first instance.

pub(crate) mod adapter;
pub(crate) mod counter;
pub(crate) mod pricing;
mod types;

use std::marker::PhantomData;

use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, ComponentType, Func, Instance, Lift, Linker, Lower, TypedFunc, WasmStr};
use weighbridge_plugin_api::Kind;

use crate::guest::Guest;
use crate::log;

/// The interface that every plugin may import.
pub(crate) const LOG: &str = "weighbridge:plugin/log@0.1.0";

/// The interface that a kind of plugin exports.
pub(crate) fn interface(kind: Kind) -> &'static str {
    match kind {
        Kind::Adapter => "weighbridge:plugin/adapter@0.1.0",
        Kind::Counter => "weighbridge:plugin/counter@0.1.0",
        Kind::Pricing => "weighbridge:plugin/pricing@0.1.0",
        Kind::Exporter => "weighbridge:plugin/exporter@0.1.0",
    }
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
enum Level {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// Provides `log`. A line is read in place and cut before it is copied.
pub(crate) fn provide_log(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.instance(LOG)?.func_wrap("write", |mut store, (level, message): (Level, WasmStr)| {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        let line = log::cut(&message.to_str(&store)?, 4 * 1024).to_owned();
        store.data_mut().log(level, &line);
        Ok(())
    })
}

/// A function of the contract: its name and what it takes and gives.
pub(crate) trait Signature {
    const NAME: &'static str;
    type Params<'a>: ComponentNamedList + Lower;
    type Return: Lift + ComponentType + 'static;
}

/// A guest's function whose type was checked.
pub(crate) struct Export<S> {
    func: Func,
    signature: PhantomData<fn(S)>,
}

impl<S: Signature> Export<S> {
    /// Finds it in an instance and compares its type.
    fn bind(store: &mut Store<Guest>, instance: &Instance, interface: &str) -> wasmtime::Result<Self> {
        let missing = || wasmtime::Error::msg(format!("it does not export {interface}#{}", S::NAME));
        let parent = instance.get_export_index(&mut *store, None, interface).ok_or_else(missing)?;
        let index = instance.get_export_index(&mut *store, Some(&parent), S::NAME).ok_or_else(missing)?;
        let func = instance.get_func(&mut *store, index).ok_or_else(missing)?;
        func.typed::<S::Params<'static>, (S::Return,)>(&*store)?;
        Ok(Self { func, signature: PhantomData })
    }
    /// Calls it.
    fn call(&self, store: &mut Store<Guest>, params: S::Params<'_>) -> wasmtime::Result<S::Return> {
        #[expect(unsafe_code, reason = "`bind` checked this very type; only the lifetime of the borrowed parameters differs, which has no part in it")]
        let func = unsafe { TypedFunc::<S::Params<'_>, (S::Return,)>::new_unchecked(self.func) };
        func.call(store, params).map(|(value,)| value)
    }
}
