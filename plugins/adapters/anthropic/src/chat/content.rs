//! The content of a message: a text, or a list of parts.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::{
    params::{Params, Str, refusal, refuse},
    wire::{Block, Source},
};

/// Image types that the API takes.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Takes a message's content as blocks. Empty texts are left out: the API refuses them.
pub fn blocks<'a>(message: &mut Params<'a>, name: &str) -> Result<Vec<Block<'a>>, PluginError> {
    let place = message.at(name);
    let Some(raw) = message.raw(name) else { return Ok(Vec::new()) };
    if let Ok(Str(text)) = serde_json::from_str(raw.get()) {
        return Ok(if text.is_empty() { Vec::new() } else { vec![Block::Text { text, cache_control: None }] });
    }
    let parts: Vec<&'a RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| PluginError::invalid_input(format!("{place} must be a text or a list of parts")))?;
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, raw) in parts.into_iter().enumerate() {
        blocks.extend(part(raw.get(), format!("{place}[{index}]"))?);
    }
    Ok(blocks)
}

/// The same where nothing but text may stand.
pub fn texts<'a>(message: &mut Params<'a>, name: &str) -> Result<Vec<Block<'a>>, PluginError> {
    let place = message.at(name);
    let blocks = blocks(message, name)?;
    if blocks.iter().all(|block| matches!(block, Block::Text { .. })) {
        Ok(blocks)
    } else {
        Err(refuse(&place, "may hold nothing but text in a system or developer message"))
    }
}

fn part(json: &str, place: String) -> Result<Option<Block<'_>>, PluginError> {
    let mut part = Params::read(json, place)?;
    let cache_control = part.raw("cache_control");
    let kind = part.required("type")?;
    let block = match kind.as_ref() {
        "text" => Some(Block::Text { text: part.required("text")?, cache_control }),
        "refusal" => Some(Block::Text { text: part.required("refusal")?, cache_control }),
        "image_url" => Some(Block::Image { source: image(&mut part)?, cache_control }),
        "file" => Some(document(&mut part)?),
        _ => return Err(refuse(&part.at("type"), format_args!("is \"{kind}\", which has no counterpart in Anthropic's Messages API"))),
    };
    part.finish()?;
    Ok(block.filter(|block| !matches!(block, Block::Text { text, .. } if text.is_empty())))
}

fn image<'a>(part: &mut Params<'a>) -> Result<Source<'a>, PluginError> {
    let place = part.at("image_url");
    let raw = part.raw("image_url").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    // Some clients write the URL without the object around it.
    let url = match serde_json::from_str::<Str<'a>>(raw.get()) {
        Ok(Str(url)) => url,
        Err(_) => {
            let mut object = Params::read(raw.get(), place.clone())?;
            // How closely to look has no counterpart, and changes the price, not the meaning.
            object.ignore(["detail"]);
            let url = object.required("url")?;
            object.finish()?;
            url
        }
    };
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(Source::Url { url });
    }
    match data_url(url) {
        Some((media_type, data)) if IMAGES.contains(&media_type.as_ref()) => Ok(Source::Base64 { media_type, data }),
        Some((media_type, _)) => Err(refuse(&place, format_args!("is of type \"{media_type}\"; Anthropic's Messages API takes {}", IMAGES.join(", ")))),
        None => Err(PluginError::invalid_input(format!("{place} must be an https: URL, or a data: URL in base64 such as data:image/png;base64,…"))),
    }
}

fn document<'a>(part: &mut Params<'a>) -> Result<Block<'a>, PluginError> {
    let place = part.at("file");
    let raw = part.raw("file").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    let mut file = Params::read(raw.get(), place.clone())?;
    let title = file.text("filename")?;
    let data = file.text("file_data")?;
    // An id names a file at another provider.
    file.finish()?;
    match data.and_then(data_url) {
        Some((media_type, data)) if media_type == "application/pdf" => Ok(Block::Document { source: Source::Base64 { media_type, data }, title }),
        Some(_) => Err(refusal(&place)),
        None => Err(PluginError::invalid_input(format!("{place}.file_data must be a data: URL in base64: data:application/pdf;base64,…"))),
    }
}

/// The type and the data of a base64 data: URL.
fn data_url(url: Cow<'_, str>) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    match url {
        Cow::Borrowed(url) => split(url).map(|(media_type, data)| (Cow::Borrowed(media_type), Cow::Borrowed(data))),
        Cow::Owned(url) => split(&url).map(|(media_type, data)| (Cow::Owned(media_type.to_owned()), Cow::Owned(data.to_owned()))),
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    Some((media_type.split(';').next()?, data))
}
