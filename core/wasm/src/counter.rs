//! A token counter in a sandbox.

use std::sync::Arc;

use weighbridge_plugin_api::counter::{self as api, Count, CounterInfo};
use weighbridge_plugin_api::{PluginError, PluginIdentity};

use crate::pool::{Plugin, Pool, Runtime, SMALL_OUTPUT, Size, Socket, Unconfigured};
use crate::v0_1_0::counter::{self as wire, Counter as Guest};

/// A configured counter.
pub(crate) struct Counter {
    pool: Arc<Pool<Guest>>,
    info: CounterInfo,
}

impl Counter {
    pub(crate) fn open(runtime: Arc<Runtime>, plugin: Plugin, config: String) -> Result<Self, PluginError> {
        let identity = plugin.identity.clone();
        match Pool::<Guest>::open(runtime, plugin, config) {
            Ok((pool, info)) => Ok(Self { pool, info }),
            Err(Unconfigured::Refused(failure)) => Err(PluginError { plugin: identity, call: Guest::CONFIGURE, failure }),
            Err(Unconfigured::Failed(error)) => Err(error),
        }
    }
}

impl api::Counter for Counter {
    fn identity(&self) -> &Arc<PluginIdentity> {
        self.pool.identity()
    }
    fn info(&self) -> &CounterInfo {
        &self.info
    }
    fn count_texts(&self, model: &str, texts: &[&str]) -> Result<Vec<Count>, PluginError> {
        let size = Size { input: texts.iter().map(|text| text.len()).sum(), output: SMALL_OUTPUT };
        let run = |guest: &Guest, store: &mut _| guest.count_texts(store, model, texts);
        self.pool.call(Guest::COUNT_TEXTS, size, run, |counts| wire::counts(counts, texts.len()))
    }
}
