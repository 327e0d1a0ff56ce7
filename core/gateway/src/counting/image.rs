//! The size of an image that a request carries: from its first bytes, nothing is decoded. Sources: the formats' own specifications
//! (PNG, GIF, JPEG, WebP).

/// How much of an image is looked at: the size may stand behind a photograph's notes.
const HEAD_BYTES: usize = 256 * 1024;

/// Width and height of an image in base64, or in a data URL.
pub(super) fn size(data: &str) -> Option<(u32, u32)> {
    let base64 = match data.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,")?.1,
        None => data,
    };
    let head = decode(&base64.as_bytes()[..base64.len().min(HEAD_BYTES)]);
    let (width, height) = png(&head).or_else(|| gif(&head)).or_else(|| webp(&head)).or_else(|| jpeg(&head))?;
    (width > 0 && height > 0).then_some((width, height))
}

/// As far as it is base64, of either alphabet.
fn decode(base64: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(base64.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for &byte in base64 {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\r' | b'\n' => continue,
            _ => break,
        };
        (bits, held) = (bits << 6 | u32::from(value), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

fn png(head: &[u8]) -> Option<(u32, u32)> {
    let header = head.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    Some((u32::from_be_bytes(header[..4].try_into().ok()?), u32::from_be_bytes(header[4..].try_into().ok()?)))
}

fn gif(head: &[u8]) -> Option<(u32, u32)> {
    let screen = head.strip_prefix(b"GIF87a").or_else(|| head.strip_prefix(b"GIF89a"))?.get(..4)?;
    Some((u16::from_le_bytes([screen[0], screen[1]]).into(), u16::from_le_bytes([screen[2], screen[3]]).into()))
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    let body = head.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    let (kind, data) = (body.get(..4)?, body.get(8..)?);
    let small = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]));
    match kind {
        b"VP8 " => {
            let frame = data.get(3..10)?.strip_prefix(b"\x9d\x01\x2a")?;
            Some((small(frame[0], frame[1]) & 0x3fff, small(frame[2], frame[3]) & 0x3fff))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(data.get(1..5)?.try_into().ok()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let canvas = data.get(4..10)?;
            Some((small(canvas[0], canvas[1]) + (u32::from(canvas[2]) << 16) + 1, small(canvas[3], canvas[4]) + (u32::from(canvas[5]) << 16) + 1))
        }
        _ => None,
    }
}

/// Segments are skipped to the frame's header.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut rest = head.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match marker {
            // Fill bytes, and markers without a length.
            0xff => rest = &rest[1..],
            0x01 | 0xd0..=0xd8 => rest = after,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let frame = after.get(3..7)?;
                let side = |at: usize| u32::from(u16::from_be_bytes([frame[at], frame[at + 1]]));
                return Some((side(2), side(0)));
            }
            _ => rest = after.get(usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?]))..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_stands_in_the_first_bytes() {
        assert_eq!(size("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAoAAAAHgCAIAAAC6s0uz"), Some((640, 480)));
        assert_eq!(size("R0lGODlhAQACAIAAAAAAAP"), Some((1, 2)));
        for wrong in ["", "https://example.org/a.png", "data:image/png,abc", "iVBORw0KGgoAAAANSUhEUgAAAA", "AAAA"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_format_is_read_as_its_specification_says() {
        let photo = b"\xff\xd8\xff\xe0\x00\x04JF\xff\xff\xc2\x00\x11\x08\x02\x58\x03\x20\x03";
        assert_eq!(jpeg(photo), Some((800, 600)));
        assert_eq!(jpeg(b"\xff\xd8\xff\xe0\xff\xff"), None);
        assert_eq!(webp(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02"), Some((800, 600)));
        assert_eq!(webp(b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x1f\xc3\x95\0"), Some((800, 600)));
        assert_eq!(webp(b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x1f\x03\0\x57\x02\0"), Some((800, 600)));
    }
}
