//! One message of an AWS event stream, for the errors that the gateway itself puts into one: lengths, headers, payload,
//! and a CRC-32 over each of the two parts.

/// An exception as the last message.
pub(super) fn exception(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":message-type", "exception"), (":exception-type", camel(kind).as_str()), (":content-type", "application/json")] {
        headers.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        headers.extend_from_slice(name.as_bytes());
        // 7: a string, with its length in two bytes.
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let total = 12 + headers.len() + payload.len() + 4;
    let mut message = Vec::with_capacity(total);
    for length in [total, headers.len()] {
        message.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message.extend_from_slice(&headers);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message
}

/// Inside a stream an exception's name begins with a small letter.
fn camel(kind: &str) -> String {
    let mut name = kind.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_lengths_and_checksums() {
        let message = exception("ThrottlingException", b"{}");
        let number = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap());
        assert_eq!(number(0) as usize, message.len());
        assert_eq!(number(8), crc32(&message[..8]));
        assert_eq!(number(message.len() - 4), crc32(&message[..message.len() - 4]));
        assert!(message.ends_with(&[b"{}", &message[message.len() - 4..]].concat()));
        assert!(memchr::memmem::find(&message, b"\x0f:exception-type\x07\x00\x13throttlingException").is_some());
    }
}
