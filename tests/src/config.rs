//! A configuration for one scenario, written as `weighbridge.toml`.

use std::net::SocketAddr;

/// What the gateway is started with. Ports, data folder and admin token are given by the harness.
#[derive(Clone, Debug, Default)]
pub struct Config {
    hold: Option<&'static str>,
    body: String,
    limits: Vec<(String, u64)>,
    environment: Vec<(String, String)>,
    log: Option<String>,
    core: Option<usize>,
    files: Vec<(String, Vec<u8>)>,
}

/// The credential that the gateway shows to upstreams: it must never be seen anywhere else.
pub const UPSTREAM_SECRET: &str = "sk-upstream-2f7c1e9a5b";

impl Config {
    /// No provider, no model; one plan `standard`, which is cost plus 30 %.
    pub fn new() -> Self {
        Self::bare().plan("standard", r#"{ rule = "cost-plus", markup_percent = "30" }"#)
    }
    /// Not even a plan.
    pub fn bare() -> Self {
        Self::default()
    }
    /// A provider with [`UPSTREAM_SECRET`] as its key.
    pub fn provider(self, name: &str, plugin: &str, base_url: &str) -> Self {
        self.provider_with(name, plugin, base_url, "")
    }
    /// A provider with further keys of its section.
    pub fn provider_with(mut self, name: &str, plugin: &str, base_url: &str, further: &str) -> Self {
        let variable = format!("UPSTREAM_KEY_{}", name.to_uppercase().replace('-', "_"));
        self.body.push_str(&format!("[providers.{name}]\nplugin = \"{plugin}\"\nbase_url = \"{base_url}\"\napi_key_env = \"{variable}\"\n{further}\n"));
        self.environment.push((variable, UPSTREAM_SECRET.into()));
        self
    }
    /// A model that clients may ask for, with one target.
    pub fn model(mut self, name: &str, provider: &str, model: &str) -> Self {
        self.body.push_str(&format!("[[models]]\nname = \"{name}\"\ntargets = [ {{ provider = \"{provider}\", model = \"{model}\" }} ]\n"));
        self
    }
    /// A plan with these rules.
    pub fn plan(mut self, id: &str, rules: &str) -> Self {
        self.body.push_str(&format!("[plans.{id}]\nrules = [ {rules} ]\n"));
        self
    }
    /// `ledger.hold`.
    pub fn hold(mut self, hold: &'static str) -> Self {
        self.hold = Some(hold);
        self
    }
    /// A key of `[limits]`.
    pub fn limit(mut self, key: &str, value: u64) -> Self {
        self.limits.push((key.into(), value));
        self
    }
    /// Anything else, as TOML.
    pub fn toml(mut self, text: &str) -> Self {
        self.body.push_str(text);
        self.body.push('\n');
        self
    }
    /// A variable of the process's environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
    /// A file beside the configuration, by its path from there.
    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), bytes.into()));
        self
    }
    /// `log.level`, where `warn` is too quiet.
    pub fn log(mut self, level: &str) -> Self {
        self.log = Some(level.into());
        self
    }

    /// On this processor core only, by `taskset`.
    pub fn pinned_to(mut self, core: Option<usize>) -> Self {
        self.core = core;
        self
    }

    /// The files beside it.
    pub fn files(&self) -> &[(String, Vec<u8>)] {
        &self.files
    }
    /// The core it is pinned to.
    pub fn core(&self) -> Option<usize> {
        self.core
    }
    /// The variables to start the process with.
    pub fn variables(&self) -> &[(String, String)] {
        &self.environment
    }
    /// The file's text.
    pub fn render(&self, listen: SocketAddr, admin_listen: SocketAddr) -> String {
        let mut text = format!(
            "[server]\nlisten = \"{listen}\"\nadmin_listen = \"{admin_listen}\"\n[store]\npath = \"data\"\n[ledger]\nhold = \"{}\"\n[log]\nlevel = \"{}\"\n[limits]\n",
            self.hold.unwrap_or("durable"),
            self.log.as_deref().unwrap_or("warn"),
        );
        for (key, value) in &self.limits {
            text.push_str(&format!("{key} = {value}\n"));
        }
        text.push_str(&self.body);
        text
    }
}
