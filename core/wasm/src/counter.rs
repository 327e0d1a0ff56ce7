//! A token counter in a sandbox. It is loaded at its first use: most never are, and its vocabulary is large.

use std::sync::Arc;

use parking_lot::Mutex;
use weighbridge_plugin_api::counter::{self as api, Count, Message, Scope};
use weighbridge_plugin_api::{Failure, PluginError, PluginIdentity};

use crate::host::PluginHost;
use crate::installed::Installed;
use crate::pool::{Pool, SMALL_OUTPUT, Size, Socket, Unconfigured};
use crate::v0_1_0::counter::{self as wire, Counter as Guest};

/// A counter.
pub(crate) struct Counter {
    host: PluginHost,
    installed: Arc<Installed>,
    config: String,
    scope: Scope,
    pool: Mutex<Option<Arc<Pool<Guest>>>>,
}

impl Counter {
    /// A counter whose scope is known waits for its first use; one that has to be asked is loaded now.
    pub(crate) fn new(host: PluginHost, installed: Arc<Installed>, config: String, scope: Option<Scope>) -> Result<Self, PluginError> {
        let known = scope.is_some();
        let mut counter = Self { host, installed, config, scope: scope.unwrap_or_default(), pool: Mutex::default() };
        if !known {
            let (pool, scope) = counter.open()?;
            (counter.pool, counter.scope) = (Mutex::new(Some(pool)), scope);
        }
        Ok(counter)
    }

    fn open(&self) -> Result<(Arc<Pool<Guest>>, Scope), PluginError> {
        let failed = |failure| PluginError { plugin: self.installed.identity.clone(), call: Guest::CONFIGURE, failure };
        let (runtime, plugin) = self.host.ready(&self.installed).map_err(|error| failed(Failure::Host(error.to_string())))?;
        Pool::<Guest>::open(runtime, plugin, self.config.clone()).map_err(|unconfigured| match unconfigured {
            Unconfigured::Refused(failure) => failed(failure),
            Unconfigured::Failed(error) => error,
        })
    }

    /// The instances; whoever comes first loads the plugin, the others wait for it. A failure is not kept: it may have been want of room.
    fn pool(&self) -> Result<Arc<Pool<Guest>>, PluginError> {
        let mut pool = self.pool.lock();
        if let Some(pool) = &*pool {
            return Ok(pool.clone());
        }
        let (fresh, _) = self.open()?;
        Ok(pool.insert(fresh).clone())
    }
}

impl api::Counter for Counter {
    fn identity(&self) -> &Arc<PluginIdentity> {
        &self.installed.identity
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn count_texts(&self, model: &str, texts: &[&str]) -> Result<Vec<Count>, PluginError> {
        let size = Size { input: texts.iter().map(|text| text.len()).sum(), output: SMALL_OUTPUT };
        let run = |guest: &Guest, store: &mut _| guest.count_texts(store, model, texts);
        self.pool()?.call(Guest::COUNT_TEXTS, size, run, |counts| wire::counts(counts, texts.len()))
    }
    fn count_prompt(&self, model: &str, messages: &[Message]) -> Result<Count, PluginError> {
        let bytes = |part: &api::Part| match part {
            api::Part::Text(text) | api::Part::Json(text) => text.len(),
            api::Part::Image(_) => 0,
        };
        let size = Size { input: messages.iter().flat_map(|message| &message.parts).map(bytes).sum(), output: SMALL_OUTPUT };
        let prompt = wire::prompt(messages);
        let run = |guest: &Guest, store: &mut _| guest.count_prompt(store, model, &prompt);
        self.pool()?.call(Guest::COUNT_PROMPT, size, run, |count| Ok(wire::count(count)))
    }
}
