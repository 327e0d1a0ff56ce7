//! An installed plugin.

use std::sync::Arc;

use weighbridge_plugin_api::{Manifest, PluginIdentity};

use crate::Limits;
use crate::code::Code;
use crate::log::PluginLog;

/// A plugin that sockets can be filled with.
pub(crate) struct Installed {
    pub(crate) manifest: Manifest,
    pub(crate) identity: Arc<PluginIdentity>,
    pub(crate) code: Code,
    pub(crate) limits: Limits,
    pub(crate) log: Arc<PluginLog>,
}
