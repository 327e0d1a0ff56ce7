//! Content encodings: the client gets the bytes as they came, the meter reads a decoded copy.

use std::io::Write;

use bytes::Bytes;
use http::HeaderMap;

use super::frame::{FrameError, MAX_EVENT_BYTES};

/// The encodings that can be read, in the words of `Accept-Encoding`.
pub const READABLE: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// Decodes a body as it arrives.
pub struct Decoder(Kind);

enum Kind {
    /// Not encoded.
    Identity,
    /// gzip, also of several members.
    Gzip(flate2::write::MultiGzDecoder<Bounded>),
    /// deflate with the zlib header.
    Deflate(flate2::write::ZlibDecoder<Bounded>),
    /// Brotli.
    Brotli(Box<brotli::DecompressorWriter<Bounded>>),
    /// Zstandard.
    Zstd(Box<zstd::stream::write::Decoder<'static, Bounded>>),
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
    /// A few bytes that would become very many.
    #[error("the {0} body unpacks to more than {1} bytes")]
    Bomb(&'static str, usize),
    /// An event that does not end.
    #[error("an event of the stream is larger than {0} bytes")]
    EventTooLarge(usize),
    /// Bytes that are not of the stream's framing.
    #[error("{0}")]
    Unframed(&'static str),
}

impl From<FrameError> for DecodeError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge => Self::EventTooLarge(MAX_EVENT_BYTES),
            FrameError::Damaged(why) => Self::Unframed(why),
        }
    }
}

/// What one push may decode to: a small body can hold a thousand times its size.
struct Bounded {
    decoded: Vec<u8>,
    limit: usize,
    burst: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.decoded.len() + bytes.len() > self.limit {
            self.burst = true;
            return Err(std::io::Error::other("larger than the limit"));
        }
        self.decoded.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The largest window that HTTP allows for Zstandard (RFC 9659): the decoder allocates it.
const ZSTD_WINDOW_LOG: u32 = 23;

impl Decoder {
    /// By the answer's `content-encoding`. No push may decode to more than `limit` bytes.
    pub fn of(headers: &HeaderMap, limit: usize) -> Result<Self, DecodeError> {
        let Some(encoding) = headers.get(http::header::CONTENT_ENCODING) else { return Ok(Self(Kind::Identity)) };
        let out = Bounded { decoded: Vec::new(), limit, burst: false };
        match encoding.to_str().unwrap_or("?").trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self(Kind::Identity)),
            "gzip" | "x-gzip" => Ok(Self(Kind::Gzip(flate2::write::MultiGzDecoder::new(out)))),
            "deflate" => Ok(Self(Kind::Deflate(flate2::write::ZlibDecoder::new(out)))),
            "br" => Ok(Self(Kind::Brotli(Box::new(brotli::DecompressorWriter::new(out, 8 * 1024))))),
            "zstd" => {
                let failed = |error| DecodeError::Damaged("zstd", error);
                let mut decoder = zstd::stream::write::Decoder::new(out).map_err(failed)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(failed)?;
                Ok(Self(Kind::Zstd(Box::new(decoder))))
            }
            other => Err(DecodeError::Unknown(other.chars().take(40).collect())),
        }
    }

    /// With another limit.
    pub fn limited_to(mut self, limit: usize) -> Self {
        if let Some(out) = self.out() {
            out.limit = limit;
        }
        self
    }

    fn out(&mut self) -> Option<&mut Bounded> {
        Some(match &mut self.0 {
            Kind::Identity => return None,
            Kind::Gzip(decoder) => decoder.get_mut(),
            Kind::Deflate(decoder) => decoder.get_mut(),
            Kind::Brotli(decoder) => decoder.get_mut(),
            Kind::Zstd(decoder) => decoder.get_mut(),
        })
    }

    /// For bytes that nobody reads.
    pub fn none() -> Self {
        Self(Kind::Identity)
    }

    /// Whether bytes pass as they are.
    pub fn is_identity(&self) -> bool {
        matches!(self.0, Kind::Identity)
    }

    /// The body is over: whether it was whole, its checksum included. Nothing more may be pushed.
    pub fn finish(&mut self) -> bool {
        match &mut self.0 {
            Kind::Identity => true,
            Kind::Gzip(decoder) => decoder.try_finish().is_ok(),
            Kind::Deflate(decoder) => decoder.try_finish().is_ok(),
            Kind::Brotli(decoder) => decoder.close().is_ok(),
            Kind::Zstd(decoder) => decoder.do_finish().is_ok(),
        }
    }

    /// The decoded bytes that this chunk gives, all of them.
    pub fn push(&mut self, chunk: &Bytes) -> Result<Bytes, DecodeError> {
        let (decoded, problem) = self.push_as_far_as_it_goes(chunk);
        problem.map_or(Ok(decoded), Err)
    }

    /// The decoded bytes that this chunk gives, up to where it cannot be decoded.
    pub fn push_as_far_as_it_goes(&mut self, chunk: &Bytes) -> (Bytes, Option<DecodeError>) {
        fn through(decoder: &mut impl Write, chunk: &[u8]) -> std::io::Result<()> {
            decoder.write_all(chunk)?;
            decoder.flush()
        }
        let (name, written) = match &mut self.0 {
            Kind::Identity => return (chunk.clone(), None),
            Kind::Gzip(decoder) => ("gzip", through(decoder, chunk)),
            Kind::Deflate(decoder) => ("deflate", through(decoder, chunk)),
            Kind::Brotli(decoder) => ("br", through(decoder, chunk)),
            Kind::Zstd(decoder) => ("zstd", through(decoder, chunk)),
        };
        let Some(out) = self.out() else { return (Bytes::new(), None) };
        let problem = written.err().map(|error| if out.burst { DecodeError::Bomb(name, out.limit) } else { DecodeError::Damaged(name, error) });
        (std::mem::take(&mut out.decoded).into(), problem)
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
            let mut decoder = Decoder::of(&encoding(name), text.len()).unwrap();
            let decoded: Vec<u8> = body.iter().flat_map(|byte| decoder.push(&Bytes::from(vec![*byte])).unwrap()).collect();
            assert_eq!(decoded, text, "{name}");
            let mut decoder = Decoder::of(&encoding(name), text.len() - 1).unwrap();
            let refused = decoder.push(&body.into()).unwrap_err().to_string();
            assert_eq!(refused, format!("the {name} body unpacks to more than {} bytes", text.len() - 1));
        }
    }

    #[test]
    fn rule_27_a_body_without_its_end_is_noticed() {
        let text = b"data: one\n\ndata: two\n\n".repeat(50);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).unwrap();
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(&text).unwrap();
        let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
        br.write_all(&text).unwrap();
        let zstd = zstd::stream::encode_all(&text[..], 3).unwrap();
        for (name, body) in [("gzip", gzip.finish().unwrap()), ("deflate", deflate.finish().unwrap()), ("br", br.into_inner()), ("zstd", zstd)] {
            for missing in 0..9 {
                let mut decoder = Decoder::of(&encoding(name), text.len()).unwrap();
                decoder.push(&Bytes::copy_from_slice(&body[..body.len() - missing])).unwrap();
                assert_eq!(decoder.finish(), missing == 0, "{name} without its last {missing} bytes");
            }
        }
    }

    fn encoding(name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", name.parse().unwrap());
        headers
    }

    #[test]
    fn an_unknown_encoding_is_named() {
        assert_eq!(Decoder::of(&encoding("snappy"), 1).err().unwrap().to_string(), "content-encoding \"snappy\" cannot be read");
    }
}
