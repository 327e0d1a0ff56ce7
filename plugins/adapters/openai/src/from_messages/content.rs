//! Blocks of content as parts of a message.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use crate::translate::{
    params::{Params, refuse, text},
    wire::{File, ImageUrl, Part, Url},
};

/// Whether a content is a text rather than a list of blocks.
pub fn is_text(message: &Params<'_>, name: &str) -> bool {
    message.begins_with(name, '"')
}

/// Takes a content: a text or a list of blocks. Empty texts are left out.
pub fn parts<'a>(message: &mut Params<'a>, name: &str) -> Result<Vec<Part<'a>>, PluginError> {
    let place = message.at(name);
    let raw = message.required_raw(name)?;
    if let Some(text) = text(raw) {
        return Ok(if text.is_empty() { Vec::new() } else { vec![Part::Text { text }] });
    }
    let list: Vec<&'a RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| PluginError::invalid_input(format!("{place} must be a text or a list of blocks")))?;
    let mut parts = Vec::with_capacity(list.len());
    for (index, raw) in list.into_iter().enumerate() {
        let mut block = Params::read(raw.get(), format!("{place}[{index}]"))?;
        block.ignore(["cache_control"]);
        let kind = block.required("type")?;
        parts.extend(part(&kind, &mut block)?);
        block.finish()?;
    }
    Ok(parts)
}

/// The same where nothing but text may stand.
pub fn texts<'a>(message: &mut Params<'a>, name: &str) -> Result<Vec<Part<'a>>, PluginError> {
    let place = message.at(name);
    let parts = parts(message, name)?;
    if parts.iter().all(|part| matches!(part, Part::Text { .. })) { Ok(parts) } else { Err(refuse(&place, "may hold nothing but text")) }
}

/// A block as a part.
pub fn part<'a>(kind: &str, block: &mut Params<'a>) -> Result<Option<Part<'a>>, PluginError> {
    match kind {
        "text" => {
            // Where an answer took its words from is no input.
            block.ignore(["citations"]);
            let text = block.required("text")?;
            Ok((!text.is_empty()).then_some(Part::Text { text }))
        }
        "image" => Ok(Some(Part::ImageUrl { image_url: ImageUrl { url: image(block)?, detail: None } })),
        "document" => document(block).map(Some),
        _ => Err(refuse(&block.at("type"), format_args!("is \"{kind}\", which has no counterpart in OpenAI's chat completions"))),
    }
}

fn image<'a>(block: &mut Params<'a>) -> Result<Url<'a>, PluginError> {
    let mut source = source(block)?;
    let url = match source.required("type")?.as_ref() {
        "url" => Url::Plain(source.required("url")?),
        "base64" => Url::Data { media_type: source.required("media_type")?, data: source.required("data")? },
        other => return Err(refuse(&source.at("type"), format_args!("is \"{other}\"; for an image it may be \"base64\" or \"url\""))),
    };
    source.finish()?;
    Ok(url)
}

fn document<'a>(block: &mut Params<'a>) -> Result<Part<'a>, PluginError> {
    let mut source = source(block)?;
    let title = block.text("title")?;
    if let Some(citations) = block.raw("citations") {
        let mut citations = Params::read(citations.get(), block.at("citations"))?;
        citations.ignore_if("enabled", &["false"]);
        citations.finish()?;
    }
    let part = match source.required("type")?.as_ref() {
        "base64" => {
            let file_data = Url::Data { media_type: source.required("media_type")?, data: source.required("data")? };
            Part::File { file: File { filename: title.unwrap_or(Cow::Borrowed("document.pdf")), file_data } }
        }
        "text" => {
            source.ignore(["media_type"]);
            let text = source.required("data")?;
            Part::Text { text: title.map_or(text.clone(), |title| Cow::Owned(format!("{title}\n{text}"))) }
        }
        other => return Err(refuse(&source.at("type"), format_args!("is \"{other}\"; for a document it may be \"base64\" or \"text\""))),
    };
    source.finish()?;
    Ok(part)
}

fn source<'a>(block: &mut Params<'a>) -> Result<Params<'a>, PluginError> {
    let place = block.at("source");
    Params::read(block.required_raw("source")?.get(), place)
}
