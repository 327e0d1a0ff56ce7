//! The interface `counter`.

use wasmtime::Store;
use wasmtime::component::{ComponentType, Instance, Lift};
use weighbridge_plugin_api::{Failure, Kind, counter as api};

use super::types::{Attr, PluginError};
use super::{Export, Signature, interface};
use crate::guest::Guest;
use crate::pool::Socket;

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(record)]
pub(crate) struct Count {
    tokens: u64,
    exact: bool,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct CounterInfo {
    tokenizer: String,
    models: Vec<String>,
    attrs: Vec<Attr>,
}

struct Configure;
impl Signature for Configure {
    const NAME: &'static str = "configure";
    type Params<'a> = (&'a str,);
    type Return = Result<CounterInfo, PluginError>;
}

struct CountTexts;
impl Signature for CountTexts {
    const NAME: &'static str = "count-texts";
    type Params<'a> = (&'a str, &'a [&'a str]);
    type Return = Result<Vec<Count>, PluginError>;
}

/// The functions of a counter.
pub(crate) struct Counter {
    configure: Export<Configure>,
    count_texts: Export<CountTexts>,
}

impl Socket for Counter {
    type Info = api::CounterInfo;
    type Refusal = Failure;
    const CONFIGURE: &'static str = Configure::NAME;

    fn bind(store: &mut Store<Guest>, instance: &Instance) -> wasmtime::Result<Self> {
        let interface = interface(Kind::Counter);
        Ok(Self { configure: Export::bind(store, instance, interface)?, count_texts: Export::bind(store, instance, interface)? })
    }
    fn configure(&self, store: &mut Store<Guest>, config: &str) -> wasmtime::Result<Result<Self::Info, Failure>> {
        let info = self.configure.call(store, (config,))?;
        Ok(info.map(|info| api::CounterInfo { tokenizer: info.tokenizer, models: info.models }).map_err(Into::into))
    }
    fn refused(refusal: Failure) -> Failure {
        refusal
    }
}

impl Counter {
    pub(crate) const COUNT_TEXTS: &'static str = CountTexts::NAME;

    pub(crate) fn count_texts(&self, store: &mut Store<Guest>, model: &str, texts: &[&str]) -> wasmtime::Result<Result<Vec<Count>, Failure>> {
        Ok(self.count_texts.call(store, (model, texts))?.map_err(Into::into))
    }
}

/// The counts, one for each text.
pub(crate) fn counts(counts: Vec<Count>, texts: usize) -> Result<Vec<api::Count>, String> {
    if counts.len() != texts {
        return Err(format!("{} counts for {texts} texts", counts.len()));
    }
    Ok(counts.into_iter().map(|count| api::Count { tokens: count.tokens, exact: count.exact }).collect())
}
