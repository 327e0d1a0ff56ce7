//! The API shapes that clients may speak, and their usual paths.

use serde::Deserialize;

/// An API shape that clients may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Dialect {
    /// Chat completions.
    #[serde(rename = "openai.chat")]
    Chat,
    /// Responses.
    #[serde(rename = "openai.responses")]
    Responses,
    /// Embeddings.
    #[serde(rename = "openai.embeddings")]
    Embeddings,
    /// The older completions of a text.
    #[serde(rename = "openai.completions")]
    Completions,
    /// Images from a text.
    #[serde(rename = "openai.images")]
    Images,
    /// Images from images and a text.
    #[serde(rename = "openai.image_edits")]
    ImageEdits,
    /// Text of speech.
    #[serde(rename = "openai.transcriptions")]
    Transcriptions,
    /// English text of speech.
    #[serde(rename = "openai.translations")]
    Translations,
    /// Speech of a text.
    #[serde(rename = "openai.speech")]
    Speech,
    /// Whether a text is acceptable.
    #[serde(rename = "openai.moderations")]
    Moderations,
    /// How many tokens a response's input would have.
    #[serde(rename = "openai.input_tokens")]
    InputTokens,
    /// Speech and text over a socket, which is not forwarded: usage of it that is handed in.
    #[serde(rename = "openai.realtime")]
    Realtime,
    /// Documents in the order of their relevance.
    #[serde(rename = "rerank")]
    Rerank,
    /// Films from a text.
    #[serde(rename = "openai.videos")]
    Videos,
    /// Files, of batches.
    #[serde(rename = "openai.files")]
    Files,
    /// Calls that are made together, later.
    #[serde(rename = "openai.batches")]
    Batches,
    /// Of a declared dialect only: an answer without tokens, of which nothing but `meters` is read.
    #[serde(rename = "plain")]
    Plain,
}

/// Where the paths are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Chat completions.
    pub chat: String,
    /// Responses.
    pub responses: String,
    /// Embeddings.
    pub embeddings: String,
    /// Completions of a text.
    pub completions: String,
    /// Images.
    pub images: String,
    /// Edited images.
    pub image_edits: String,
    /// Transcriptions.
    pub transcriptions: String,
    /// Translations.
    pub translations: String,
    /// Speech.
    pub speech: String,
    /// Moderations.
    pub moderations: String,
    /// The count of a response's input.
    pub input_tokens: String,
    /// Rerank.
    pub rerank: String,
    /// Films.
    pub videos: String,
    /// Files.
    pub files: String,
    /// Batches.
    pub batches: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            chat: "/chat/completions".into(),
            responses: "/responses".into(),
            embeddings: "/embeddings".into(),
            completions: "/completions".into(),
            images: "/images/generations".into(),
            image_edits: "/images/edits".into(),
            transcriptions: "/audio/transcriptions".into(),
            translations: "/audio/translations".into(),
            speech: "/audio/speech".into(),
            moderations: "/moderations".into(),
            input_tokens: "/responses/input_tokens".into(),
            rerank: "/rerank".into(),
            videos: "/videos".into(),
            files: "/files".into(),
            batches: "/batches".into(),
        }
    }
}

impl Paths {
    /// The path of a dialect; a declared one has its own.
    pub fn of(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::Chat => &self.chat,
            Dialect::Responses => &self.responses,
            Dialect::Embeddings => &self.embeddings,
            Dialect::Completions => &self.completions,
            Dialect::Images => &self.images,
            Dialect::ImageEdits => &self.image_edits,
            Dialect::Transcriptions => &self.transcriptions,
            Dialect::Translations => &self.translations,
            Dialect::Speech => &self.speech,
            Dialect::Moderations => &self.moderations,
            Dialect::InputTokens => &self.input_tokens,
            Dialect::Rerank => &self.rerank,
            Dialect::Videos => &self.videos,
            Dialect::Files => &self.files,
            Dialect::Batches => &self.batches,
            Dialect::Realtime | Dialect::Plain => "",
        }
    }
}

impl Dialect {
    /// What a provider speaks that says nothing about it: all but rerank, which OpenAI does not have.
    pub const USUAL: [Self; 15] = [
        Self::Chat,
        Self::Responses,
        Self::Embeddings,
        Self::Completions,
        Self::Images,
        Self::ImageEdits,
        Self::Transcriptions,
        Self::Translations,
        Self::Speech,
        Self::Moderations,
        Self::InputTokens,
        Self::Videos,
        Self::Files,
        Self::Batches,
        Self::Realtime,
    ];
    /// Its name in a plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "openai.chat",
            Self::Responses => "openai.responses",
            Self::Embeddings => "openai.embeddings",
            Self::Completions => "openai.completions",
            Self::Images => "openai.images",
            Self::ImageEdits => "openai.image_edits",
            Self::Transcriptions => "openai.transcriptions",
            Self::Translations => "openai.translations",
            Self::Speech => "openai.speech",
            Self::Moderations => "openai.moderations",
            Self::InputTokens => "openai.input_tokens",
            Self::Realtime => "openai.realtime",
            Self::Rerank => "rerank",
            Self::Videos => "openai.videos",
            Self::Files => "openai.files",
            Self::Batches => "openai.batches",
            Self::Plain => "plain",
        }
    }
}
