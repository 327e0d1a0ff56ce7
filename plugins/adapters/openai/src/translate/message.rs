//! The messages of a chat completion's request, as they are written here.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// A message of the conversation.
#[derive(Debug, Default, Serialize)]
pub struct Message<'a> {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: &'static str,
    /// Null where an assistant does nothing but call tools.
    pub content: Option<Content<'a>>,
    /// What the assistant calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Call<'a>>,
    /// Which call a tool answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<Cow<'a, str>>,
}

/// What was said.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Content<'a> {
    /// Nothing but text.
    Text(Cow<'a, str>),
    /// Text and other things.
    Parts(Vec<Part<'a>>),
}

/// A part of a message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part<'a> {
    /// Text.
    Text {
        /// The text.
        text: Cow<'a, str>,
    },
    /// A picture.
    ImageUrl {
        /// Where it is.
        image_url: ImageUrl<'a>,
    },
    /// A document.
    File {
        /// The document.
        file: File<'a>,
    },
    /// Sound.
    InputAudio {
        /// The sound.
        input_audio: Audio<'a>,
    },
}

/// Where a picture is.
#[derive(Debug, Serialize)]
pub struct ImageUrl<'a> {
    /// There.
    pub url: Url<'a>,
    /// How closely to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'a, str>>,
}

/// A document.
#[derive(Debug, Serialize)]
pub struct File<'a> {
    /// Its name.
    pub filename: Cow<'a, str>,
    /// Its bytes.
    pub file_data: Url<'a>,
}

/// Sound.
#[derive(Debug, Serialize)]
pub struct Audio<'a> {
    /// In base64.
    pub data: Cow<'a, str>,
    /// `wav` or `mp3`.
    pub format: &'static str,
}

/// A place on the web, or the thing itself.
#[derive(Debug)]
pub enum Url<'a> {
    /// As the client wrote it.
    Plain(Cow<'a, str>),
    /// In base64; put together when it is written, so that a large picture is not copied.
    Data {
        /// Its type.
        media_type: Cow<'a, str>,
        /// Its bytes.
        data: Cow<'a, str>,
    },
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(url) => serializer.serialize_str(url),
            Self::Data { media_type, data } => serializer.collect_str(&format_args!("data:{media_type};base64,{data}")),
        }
    }
}

/// A call of a tool.
#[derive(Debug, Serialize)]
pub struct Call<'a> {
    /// The call.
    pub id: Cow<'a, str>,
    /// `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is called.
    pub function: Called<'a>,
}

/// What is called.
#[derive(Debug, Serialize)]
pub struct Called<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The text of its arguments.
    pub arguments: Cow<'a, str>,
}

impl<'a> Message<'a> {
    /// A message without calls.
    pub fn said(role: &'static str, content: Content<'a>) -> Self {
        Self { role, content: Some(content), ..Self::default() }
    }
}

impl<'a> Content<'a> {
    /// Parts as the simplest content that holds them: texts alone become one text, a line each, because many providers take
    /// nothing else from a system, an assistant or a tool. None: there is nothing.
    pub fn of(parts: Vec<Part<'a>>) -> Option<Self> {
        if !parts.iter().all(|part| matches!(part, Part::Text { .. })) {
            return Some(Self::Parts(parts));
        }
        let mut texts = parts.into_iter().filter_map(|part| if let Part::Text { text } = part { Some(text) } else { None });
        let mut whole = texts.next()?;
        for text in texts {
            let whole = whole.to_mut();
            whole.push('\n');
            whole.push_str(&text);
        }
        Some(Self::Text(whole))
    }
}

impl<'a> Call<'a> {
    /// A call of a function.
    pub fn new(id: Cow<'a, str>, name: Cow<'a, str>, arguments: Cow<'a, str>) -> Self {
        Self { id, kind: "function", function: Called { name, arguments } }
    }
}
