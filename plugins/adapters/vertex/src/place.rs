//! Who makes a model, and where it is at the cloud.

use gemini_wire::prepare::{Place, encoded};
use weighbridge_plugin::{PluginError, adapter::ClientRequest};

use crate::config::{Config, Credential};

/// The makers whose wires are spoken here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Publisher {
    /// Google.
    Google,
    /// Anthropic.
    Anthropic,
}

impl Publisher {
    /// The maker of a model, by its name, and the name without the maker's: `anthropic/claude-…` says it, `claude-…` shows it, and all
    /// others are Google's.
    pub fn of(model: &str) -> Result<(Self, &str), PluginError> {
        match model.split_once('/') {
            Some(("google", name)) => Ok((Self::Google, name)),
            Some(("anthropic", name)) => Ok((Self::Anthropic, name)),
            None if model.starts_with("claude") => Ok((Self::Anthropic, model)),
            None => Ok((Self::Google, model)),
            Some((other, _)) => Err(PluginError::unsupported(format!(
                "the model \"{model}\" is by \"{other}\"; of Google's cloud, the models of google and anthropic are spoken to here"
            ))),
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Anthropic => "anthropic",
        }
    }
}

/// The place of a model, the operator's project and location in it.
pub fn place(config: &Config, publisher: Publisher, model: &str) -> Result<Place, PluginError> {
    let publisher = publisher.name();
    let (project, location) = (encoded(&config.project), encoded(&config.location));
    let parent = match (project.is_empty(), config.auth) {
        (false, _) => format!("projects/{project}/locations/{location}/"),
        // An API key is of a project already.
        (true, Credential::ApiKey) => String::new(),
        (true, Credential::GcpOauth) => {
            return Err(PluginError::invalid_config("the settings of vertex: project is missing; it is the cloud project that pays for the calls"));
        }
    };
    let path = format!("/{}/{parent}publishers/{publisher}/models/{}", config.version, encoded(model));
    Ok(Place { path, resource: format!("{parent}publishers/{publisher}/models/{model}") })
}

/// The place of a request's model, which must be by this maker.
pub fn place_of(config: &Config, wanted: Publisher, request: &ClientRequest) -> Result<Place, PluginError> {
    let (publisher, name) = Publisher::of(&request.upstream_model)?;
    if publisher == wanted {
        return place(config, publisher, name);
    }
    let (dialect, model, maker) = (&request.dialect, &request.upstream_model, publisher.name());
    Err(PluginError::unsupported(format!("the model \"{model}\" is by {maker} and does not speak {dialect}")))
}
