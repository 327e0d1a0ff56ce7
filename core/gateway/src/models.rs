//! Lists of models: what this key may ask for, in the shape of the client's dialect. Aliases first, then what the price book
//! knows of configured providers.

use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    authenticate,
    dialect::{ErrorStyle, decoded},
    gateway::Gateway,
    query,
    refusal::Refusal,
    route::matches,
    serve,
};

/// A model that may be asked for, and who serves it.
struct Model {
    name: String,
    owner: String,
}

/// The shapes that lists have.
#[derive(Clone, Copy)]
enum Shape {
    Openai,
    Gemini,
    Ollama,
}

/// The answer, if the path is one of a list or of one model.
pub(crate) fn answer<B>(gateway: &Gateway, request: &Request<B>) -> Option<Answer> {
    let path = request.uri().path();
    let (shape, dialect, rest) = [
        ("/v1/models", Shape::Openai, "openai.chat"),
        ("/models", Shape::Openai, "openai.chat"),
        ("/v1beta/models", Shape::Gemini, "gemini.generate_content"),
        ("/api/tags", Shape::Ollama, "ollama.chat"),
    ]
    .into_iter()
    .find_map(|(beginning, shape, dialect)| Some((shape, dialect, path.strip_prefix(beginning)?)))?;
    let one = match (rest, shape) {
        ("", _) => None,
        (_, Shape::Ollama) => return None,
        (rest, _) => Some(rest.strip_prefix('/')?),
    };
    // A method of a model (`…:generateContent`) is a dialect's path.
    if one.is_some() && gateway.routes.load().dialects.has(path) {
        return None;
    }
    let said = body(gateway, request, shape, one);
    Some(said.map_or_else(|refusal| serve::refused(gateway, dialect, shape.errors(), &refusal), |body| serve::json(StatusCode::OK, body.to_string())))
}

fn body<B>(gateway: &Gateway, request: &Request<B>, shape: Shape, one: Option<&str>) -> Result<Value, Refusal> {
    let (_, query_key) = query::split(request.uri().query().unwrap_or(""));
    let key = authenticate::key(gateway, request.headers(), query_key.as_deref(), gateway.clock.now())?;
    let models = models(gateway, |name| key.allowed_models().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, name))));
    match one {
        None => Ok(shape.list(&models)),
        Some(wanted) => {
            let wanted = decoded(wanted).unwrap_or_default();
            let found = models.iter().find(|model| model.name == wanted);
            found.map(|model| shape.one(model)).ok_or_else(|| Refusal::model_not_found(&wanted))
        }
    }
}

fn models(gateway: &Gateway, allowed: impl Fn(&str) -> bool) -> Vec<Model> {
    let routes = gateway.routes.load();
    let book = gateway.book.load();
    let mut names: Vec<(String, String)> = routes.aliases.keys().map(|alias| (alias.clone(), "weighbridge".to_owned())).collect();
    for provider in routes.providers.values() {
        let sold = book.rows().filter(|row| *row.provider == *provider.price_book);
        names.extend(sold.map(|row| (format!("{}/{}", provider.name, row.model), provider.name.to_string())));
    }
    names.retain(|(name, _)| allowed(name) || name.split_once('/').is_some_and(|(_, bare)| allowed(bare)));
    names.sort();
    names.dedup();
    names.into_iter().map(|(name, owner)| Model { name, owner }).collect()
}

impl Shape {
    fn errors(self) -> &'static ErrorStyle {
        match self {
            Self::Openai => &ErrorStyle::Openai,
            Self::Gemini => &ErrorStyle::Gemini,
            Self::Ollama => &ErrorStyle::Ollama,
        }
    }
    fn one(self, model: &Model) -> Value {
        let Model { name, owner } = model;
        match self {
            Self::Openai => json!({"id": name, "object": "model", "created": 0, "owned_by": owner}),
            Self::Gemini => json!({"name": format!("models/{name}"), "displayName": name, "supportedGenerationMethods": ["generateContent", "countTokens"]}),
            Self::Ollama => json!({"name": name, "model": name, "modified_at": "1970-01-01T00:00:00Z", "size": 0, "digest": "", "details": {}}),
        }
    }
    fn list(self, models: &[Model]) -> Value {
        let all: Vec<_> = models.iter().map(|model| self.one(model)).collect();
        match self {
            Self::Openai => json!({"object": "list", "data": all}),
            Self::Gemini | Self::Ollama => json!({"models": all}),
        }
    }
}
