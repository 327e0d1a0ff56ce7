//! Content encodings: the client gets the bytes as they came, the meter reads a decoded copy.

use std::io::Write;

use bytes::Bytes;
use http::HeaderMap;

/// The encodings that can be read, in the words of `Accept-Encoding`.
pub const READABLE: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// Decodes a body as it arrives.
pub enum Decoder {
    /// Not encoded.
    Identity,
    /// gzip, also of several members.
    Gzip(flate2::write::MultiGzDecoder<Vec<u8>>),
    /// deflate with the zlib header.
    Deflate(flate2::write::ZlibDecoder<Vec<u8>>),
    /// Brotli.
    Brotli(Box<brotli::DecompressorWriter<Vec<u8>>>),
    /// Zstandard.
    Zstd(Box<zstd::stream::write::Decoder<'static, Vec<u8>>>),
}

/// Why a body could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// An encoding that nobody asked for.
    #[error("content-encoding {0:?} cannot be read")]
    Unknown(String),
    /// The bytes are not of the encoding.
    #[error("the {0} body is damaged: {1}")]
    Damaged(&'static str, std::io::Error),
}

impl Decoder {
    /// By the answer's `content-encoding`.
    pub fn of(headers: &HeaderMap) -> Result<Self, DecodeError> {
        let Some(encoding) = headers.get(http::header::CONTENT_ENCODING) else { return Ok(Self::Identity) };
        match encoding.to_str().unwrap_or("?").trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip(flate2::write::MultiGzDecoder::new(Vec::new()))),
            "deflate" => Ok(Self::Deflate(flate2::write::ZlibDecoder::new(Vec::new()))),
            "br" => Ok(Self::Brotli(Box::new(brotli::DecompressorWriter::new(Vec::new(), 8 * 1024)))),
            "zstd" => {
                let decoder = zstd::stream::write::Decoder::new(Vec::new()).map_err(|error| DecodeError::Damaged("zstd", error))?;
                Ok(Self::Zstd(Box::new(decoder)))
            }
            other => Err(DecodeError::Unknown(other.chars().take(40).collect())),
        }
    }

    /// Whether bytes pass as they are.
    pub fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// The decoded bytes that this chunk gives.
    pub fn push(&mut self, chunk: &Bytes) -> Result<Bytes, DecodeError> {
        fn through<W: Write>(name: &'static str, decoder: &mut W, chunk: &[u8], take: impl FnOnce(&mut W) -> Vec<u8>) -> Result<Bytes, DecodeError> {
            decoder.write_all(chunk).and_then(|()| decoder.flush()).map_err(|error| DecodeError::Damaged(name, error))?;
            Ok(take(decoder).into())
        }
        match self {
            Self::Identity => Ok(chunk.clone()),
            Self::Gzip(decoder) => through("gzip", decoder, chunk, |d| std::mem::take(d.get_mut())),
            Self::Deflate(decoder) => through("deflate", decoder, chunk, |d| std::mem::take(d.get_mut())),
            Self::Brotli(decoder) => through("br", &mut **decoder, chunk, |d| std::mem::take(d.get_mut())),
            Self::Zstd(decoder) => through("zstd", &mut **decoder, chunk, |d| std::mem::take(d.get_mut())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_read_byte_by_byte() {
        let text = b"data: one\n\ndata: two\n\n".repeat(50);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).unwrap();
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(&text).unwrap();
        let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
        br.write_all(&text).unwrap();
        let zstd = zstd::stream::encode_all(&text[..], 3).unwrap();
        for (name, body) in [("gzip", gzip.finish().unwrap()), ("deflate", deflate.finish().unwrap()), ("br", br.into_inner()), ("zstd", zstd)] {
            let mut headers = HeaderMap::new();
            headers.insert("content-encoding", name.parse().unwrap());
            let mut decoder = Decoder::of(&headers).unwrap();
            let decoded: Vec<u8> = body.iter().flat_map(|byte| decoder.push(&Bytes::from(vec![*byte])).unwrap()).collect();
            assert_eq!(decoded, text, "{name}");
        }
    }

    #[test]
    fn an_unknown_encoding_is_named() {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", "snappy".parse().unwrap());
        assert_eq!(Decoder::of(&headers).err().unwrap().to_string(), "content-encoding \"snappy\" cannot be read");
    }
}
