//! The content of a message: a text, or a list of parts.

use std::borrow::Cow;

use serde_json::value::RawValue;
use weighbridge_plugin::PluginError;

use super::{
    params::{Params, Str, refuse},
    wire::{Data, Part},
};

/// Takes a message's content as parts. Empty texts are left out: they say nothing.
pub fn parts<'a>(message: &mut Params<'a>, name: &str) -> Result<Vec<Part<'a>>, PluginError> {
    let place = message.at(name);
    let Some(raw) = message.raw(name) else { return Ok(Vec::new()) };
    if let Ok(Str(text)) = serde_json::from_str(raw.get()) {
        return Ok(said(text).into_iter().collect());
    }
    let list: Vec<&'a RawValue> =
        serde_json::from_str(raw.get()).map_err(|_| PluginError::invalid_input(format!("{place} must be a text or a list of parts")))?;
    let mut parts = Vec::with_capacity(list.len());
    for (index, raw) in list.into_iter().enumerate() {
        parts.extend(part(raw.get(), format!("{place}[{index}]"))?);
    }
    Ok(parts)
}

/// The same where nothing but text may stand.
pub fn texts<'a>(message: &mut Params<'a>, name: &str, what: &str) -> Result<Vec<Part<'a>>, PluginError> {
    let place = message.at(name);
    let parts = parts(message, name)?;
    let only_text = parts.iter().all(|part| matches!(part.data, Data::Text(_)));
    if only_text { Ok(parts) } else { Err(refuse(&place, format_args!("may hold nothing but text in {what}"))) }
}

/// A part of text, if there is any.
pub fn said(text: Cow<'_, str>) -> Option<Part<'_>> {
    (!text.is_empty()).then_some(Part { data: Data::Text(text), thought_signature: None })
}

fn part(json: &str, place: String) -> Result<Option<Part<'_>>, PluginError> {
    let mut part = Params::read(json, place)?;
    // A mark for another provider's cache: here the provider finds by itself what it has seen before.
    part.ignore(["cache_control"]);
    let kind = part.required("type")?;
    let data = match kind.as_ref() {
        "text" => Data::Text(part.required("text")?),
        "refusal" => Data::Text(part.required("refusal")?),
        "image_url" => image(&mut part)?,
        "input_audio" => audio(&mut part)?,
        "file" => file(&mut part)?,
        _ => return Err(refuse(&part.at("type"), format_args!("is \"{kind}\", which has no counterpart in Google's generateContent"))),
    };
    part.finish()?;
    Ok(match data {
        Data::Text(text) => said(text),
        data => Some(Part { data, thought_signature: None }),
    })
}

fn image<'a>(part: &mut Params<'a>) -> Result<Data<'a>, PluginError> {
    let place = part.at("image_url");
    let raw = part.raw("image_url").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    // Some clients write the URL without the object around it.
    let url = match serde_json::from_str::<Str<'a>>(raw.get()) {
        Ok(Str(url)) => url,
        Err(_) => {
            let mut object = Params::read(raw.get(), place.clone())?;
            // How closely to look changes the price, not the meaning.
            object.ignore(["detail"]);
            let url = object.required("url")?;
            object.finish()?;
            url
        }
    };
    if ["https://", "http://", "gs://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(Data::FileData { mime_type: type_of(&url), file_uri: url });
    }
    let (mime_type, data) = data_url(url)
        .ok_or_else(|| PluginError::invalid_input(format!("{place} must be an https: or gs: URL, or a data: URL in base64 such as data:image/png;base64,…")))?;
    Ok(Data::InlineData { mime_type, data })
}

/// An image's type by the ending of its URL.
fn type_of(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let types = [
        (".png", "image/png"),
        (".jpg", "image/jpeg"),
        (".jpeg", "image/jpeg"),
        (".webp", "image/webp"),
        (".heic", "image/heic"),
        (".heif", "image/heif"),
        (".gif", "image/gif"),
        (".pdf", "application/pdf"),
    ];
    types.iter().find(|(ending, _)| path.ends_with(ending)).map(|(_, mime_type)| *mime_type)
}

fn audio<'a>(part: &mut Params<'a>) -> Result<Data<'a>, PluginError> {
    let place = part.at("input_audio");
    let raw = part.raw("input_audio").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    let mut audio = Params::read(raw.get(), place)?;
    let (data, format) = (audio.required("data")?, audio.required("format")?);
    audio.finish()?;
    Ok(Data::InlineData { mime_type: format!("audio/{format}").into(), data })
}

fn file<'a>(part: &mut Params<'a>) -> Result<Data<'a>, PluginError> {
    let place = part.at("file");
    let raw = part.raw("file").ok_or_else(|| PluginError::invalid_input(format!("{place} is missing")))?;
    let mut file = Params::read(raw.get(), place.clone())?;
    // A file's name is for people.
    file.ignore(["filename"]);
    let data = file.text("file_data")?;
    // An id names a file at another provider.
    file.finish()?;
    let (mime_type, data) = data
        .and_then(data_url)
        .ok_or_else(|| PluginError::invalid_input(format!("{place}.file_data must be a data: URL in base64: data:application/pdf;base64,…")))?;
    Ok(Data::InlineData { mime_type, data })
}

/// The type and the data of a base64 data: URL.
fn data_url(url: Cow<'_, str>) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    match url {
        Cow::Borrowed(url) => split(url).map(|(mime_type, data)| (Cow::Borrowed(mime_type), Cow::Borrowed(data))),
        Cow::Owned(url) => split(&url).map(|(mime_type, data)| (Cow::Owned(mime_type.to_owned()), Cow::Owned(data.to_owned()))),
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let mime_type = head.strip_suffix(";base64")?.split(';').next()?;
    (!mime_type.is_empty()).then_some((mime_type, data))
}
