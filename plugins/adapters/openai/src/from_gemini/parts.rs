//! Parts of a content as parts of a message.

use std::borrow::Cow;

use weighbridge_plugin::PluginError;

use crate::translate::{
    params::{Params, refuse},
    wire::{Audio, File, ImageUrl, Part, Url},
};

/// Takes what a part says, if it is something that is said. Thoughts are left out: they are for the model that thought them.
pub fn part<'a>(part: &mut Params<'a>) -> Result<Option<Part<'a>>, PluginError> {
    let thought = part.take::<bool>("thought")? == Some(true);
    if let Some(text) = part.text("text")? {
        return Ok((!thought && !text.is_empty()).then_some(Part::Text { text }));
    }
    if let Some(raw) = part.raw("inlineData") {
        return inline(Params::read_camel(raw.get(), part.at("inlineData"))?).map(Some);
    }
    if let Some(raw) = part.raw("fileData") {
        return file(Params::read_camel(raw.get(), part.at("fileData"))?).map(Some);
    }
    Ok(None)
}

/// Refuses what nobody took. A thought's signature is for the model that thought it.
pub fn finish(mut part: Params<'_>) -> Result<(), PluginError> {
    part.ignore(["thoughtSignature"]);
    part.finish()
}

fn inline(mut data: Params<'_>) -> Result<Part<'_>, PluginError> {
    let place = data.at("mimeType");
    let media_type = data.required("mimeType")?;
    let bytes = data.required("data")?;
    let name = data.text("displayName")?;
    data.finish()?;
    let audio = |format| Part::InputAudio { input_audio: Audio { data: bytes.clone(), format } };
    Ok(match media_type.as_ref() {
        kind if kind.starts_with("image/") => Part::ImageUrl { image_url: ImageUrl { url: Url::Data { media_type, data: bytes }, detail: None } },
        "application/pdf" => {
            Part::File { file: File { filename: name.unwrap_or(Cow::Borrowed("document.pdf")), file_data: Url::Data { media_type, data: bytes } } }
        }
        "audio/wav" | "audio/x-wav" => audio("wav"),
        "audio/mp3" | "audio/mpeg" => audio("mp3"),
        other => {
            let why =
                format_args!("is \"{other}\"; OpenAI's chat completions, by which this model is served, take images, application/pdf, audio/wav and audio/mp3");
            return Err(refuse(&place, why));
        }
    })
}

fn file(mut file: Params<'_>) -> Result<Part<'_>, PluginError> {
    let place = file.at("fileUri");
    let media_type = file.text("mimeType")?;
    let uri = file.required("fileUri")?;
    file.ignore(["displayName"]);
    file.finish()?;
    let is_image = media_type.is_none_or(|kind| kind.starts_with("image/"));
    if is_image && (uri.starts_with("https://") || uri.starts_with("http://")) {
        return Ok(Part::ImageUrl { image_url: ImageUrl { url: Url::Plain(uri), detail: None } });
    }
    Err(refuse(&place, "must be an image's https: URL: this model is served by OpenAI's chat completions, which cannot reach other files"))
}
