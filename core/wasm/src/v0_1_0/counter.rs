//! The interface `counter`.

use wasmtime::Store;
use wasmtime::component::{ComponentType, Instance, Lift, Lower};
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

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub(crate) struct Image<'a> {
    width: u32,
    height: u32,
    detail: &'a str,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(variant)]
pub(crate) enum Part<'a> {
    #[component(name = "text")]
    Text(&'a str),
    #[component(name = "image")]
    Image(Image<'a>),
    #[component(name = "json")]
    Json(&'a str),
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Message<'a> {
    role: &'a str,
    name: Option<&'a str>,
    parts: Vec<Part<'a>>,
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

struct CountPrompt;
impl Signature for CountPrompt {
    const NAME: &'static str = "count-prompt";
    type Params<'a> = (&'a str, &'a [Message<'a>]);
    type Return = Result<Count, PluginError>;
}

/// The functions of a counter.
pub(crate) struct Counter {
    configure: Export<Configure>,
    count_texts: Export<CountTexts>,
    count_prompt: Export<CountPrompt>,
}

impl Socket for Counter {
    type Info = api::Scope;
    type Refusal = Failure;
    const CONFIGURE: &'static str = Configure::NAME;

    fn bind(store: &mut Store<Guest>, instance: &Instance) -> wasmtime::Result<Self> {
        let interface = interface(Kind::Counter);
        Ok(Self {
            configure: Export::bind(store, instance, interface)?,
            count_texts: Export::bind(store, instance, interface)?,
            count_prompt: Export::bind(store, instance, interface)?,
        })
    }
    fn configure(&self, store: &mut Store<Guest>, config: &str) -> wasmtime::Result<Result<Self::Info, Failure>> {
        let info = self.configure.call(store, (config,))?;
        Ok(info.map(|info| api::Scope { models: info.models, other_models: false }).map_err(Into::into))
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

    pub(crate) const COUNT_PROMPT: &'static str = CountPrompt::NAME;

    pub(crate) fn count_prompt(&self, store: &mut Store<Guest>, model: &str, prompt: &[Message<'_>]) -> wasmtime::Result<Result<Count, Failure>> {
        Ok(self.count_prompt.call(store, (model, prompt))?.map_err(Into::into))
    }
}

/// A prompt as the guest sees it.
pub(crate) fn prompt(messages: &[api::Message]) -> Vec<Message<'_>> {
    fn part(part: &api::Part) -> Part<'_> {
        match part {
            api::Part::Text(text) => Part::Text(text),
            api::Part::Json(json) => Part::Json(json),
            api::Part::Image(api::Image { width, height, detail }) => Part::Image(Image { width: *width, height: *height, detail }),
        }
    }
    messages.iter().map(|message| Message { role: &message.role, name: message.name.as_deref(), parts: message.parts.iter().map(part).collect() }).collect()
}

/// A count.
pub(crate) fn count(count: Count) -> api::Count {
    api::Count { tokens: count.tokens, exact: count.exact }
}

/// The counts, one for each text.
pub(crate) fn counts(counts: Vec<Count>, texts: usize) -> Result<Vec<api::Count>, String> {
    if counts.len() != texts {
        return Err(format!("{} counts for {texts} texts", counts.len()));
    }
    Ok(counts.into_iter().map(count).collect())
}
