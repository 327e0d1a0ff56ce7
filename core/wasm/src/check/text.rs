//! Small texts on the wire: paths, headers, JSON, pointers.

use super::Check;
use crate::log::one_line;

const PATH_BYTES: usize = 8 * 1024;
const HEADER_BYTES: usize = 8 * 1024;
const SHOWN: usize = 80;

/// Quoted, for a message.
pub(super) fn shown(text: &str) -> String {
    format!("{:?}", one_line(text, SHOWN))
}

/// A path that can only lead to below the operator's base URL.
pub(super) fn path_and_query(path: &str) -> Check {
    let refuse = |expected: &str| Err(format!("the path {}: {expected}", shown(path)));
    if !path.starts_with('/') || path.starts_with("//") {
        return refuse("it must begin with a single \"/\"; scheme, host and base path are the operator's");
    }
    if path.len() > PATH_BYTES {
        return refuse("it is longer than 8 KiB");
    }
    if path.bytes().any(|b| !b.is_ascii_graphic() || b == b'#' || b == b'\\') {
        return refuse("it must be percent-encoded and without a fragment");
    }
    let plain = path.split('?').next().unwrap_or(path).to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
    if plain.split('/').any(|segment| segment == ".." || segment == ".") {
        return refuse("it must not leave the base path by \".\" or \"..\"");
    }
    Ok(())
}

/// Headers of a message's framing, and those that name its target: the host's alone.
const HOSTS_OWN: [&str; 13] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
];

/// A word of a header's name that says that its value is a credential.
const SECRET_WORDS: [&str; 12] =
    ["apikey", "auth", "authenticate", "authorization", "cookie", "credential", "credentials", "password", "secret", "signature", "token", "bearer"];

/// Whether a header, by its name in lower case, carries a credential.
pub(super) fn is_credential(name: &str) -> bool {
    name.ends_with("api-key") || name.split('-').any(|word| SECRET_WORDS.contains(&word))
}

/// A header that a guest may set.
pub(super) fn header(name: &str, value: &[u8]) -> Check {
    header_name(name)?;
    let lower = name.to_ascii_lowercase();
    if HOSTS_OWN.contains(&lower.as_str()) {
        return Err(format!("it sets the header {}, which is the host's own", shown(name)));
    }
    if is_credential(&lower) {
        return Err(format!("it sets the header {}: credentials are added by the host", shown(name)));
    }
    if value.len() > HEADER_BYTES || value.iter().any(|b| (*b < b' ' && *b != b'\t') || *b == 0x7F) {
        return Err(format!("the value of the header {} has control characters or is longer than 8 KiB", shown(name)));
    }
    Ok(())
}

/// A token of RFC 9110.
pub(super) fn header_name(name: &str) -> Check {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if (1..=128).contains(&name.len()) && name.bytes().all(token) { Ok(()) } else { Err(format!("{} is not a header's name", shown(name))) }
}

/// RFC 6901.
pub(super) fn pointer(pointer: &str) -> Check {
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if (pointer.is_empty() || pointer.starts_with('/')) && escapes {
        Ok(())
    } else {
        Err(format!("{} is not a JSON pointer such as \"/usage/input\"", shown(pointer)))
    }
}

/// One JSON value.
pub(super) fn json(pointer: &str, text: &str) -> Check {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the edit of {} is not JSON ({error}): {}", shown(pointer), shown(text))),
    }
}

/// A name that ends up in records and pages: not empty, one line, bounded.
pub(super) fn name(what: &str, text: &str, bytes: usize) -> Check {
    if text.is_empty() || text.len() > bytes || text.chars().any(char::is_control) {
        return Err(format!("{what} {} is empty, longer than {bytes} bytes or more than one line", shown(text)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_base_url() {
        for good in ["/", "/chat/completions", "/models/a%2Fb:generate?alt=sse&x=../y", "/v1/a..b"] {
            assert_eq!(path_and_query(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("https://evil.example/v1", "it must begin with a single \"/\"; scheme, host and base path are the operator's"),
            ("//evil.example/v1", "it must begin with a single \"/\"; scheme, host and base path are the operator's"),
            ("", "it must begin with a single \"/\"; scheme, host and base path are the operator's"),
            ("/a b", "it must be percent-encoded and without a fragment"),
            ("/a\r\nx: y", "it must be percent-encoded and without a fragment"),
            ("/a#b", "it must be percent-encoded and without a fragment"),
            ("/a/../b", "it must not leave the base path by \".\" or \"..\""),
            ("/a/%2E%2e/b", "it must not leave the base path by \".\" or \"..\""),
            ("/a%2f..%2fb", "it must not leave the base path by \".\" or \"..\""),
        ] {
            assert_eq!(path_and_query(bad), Err(format!("the path {}: {why}", shown(bad))));
        }
    }
    #[test]
    fn credentials_and_framing_are_the_hosts() {
        for good in ["content-type", "acme-version", "acme-beta", "x-request-id", "accept", "x-author", "x-max-tokens"] {
            assert_eq!(header(good, b"x"), Ok(()), "{good}");
        }
        for bad in [
            "Authorization",
            "x-api-key",
            "api-key",
            "X-Acme-Api-Key",
            "cookie",
            "set-cookie",
            "x-auth-token",
            "proxy-authorization",
            "x-acme-security-token",
            "www-authenticate",
        ] {
            assert_eq!(header(bad, b"x"), Err(format!("it sets the header {bad:?}: credentials are added by the host")));
        }
        for bad in ["Host", "content-length", "transfer-encoding", "connection"] {
            assert_eq!(header(bad, b"x"), Err(format!("it sets the header {bad:?}, which is the host's own")));
        }
        assert_eq!(header("a b", b""), Err("\"a b\" is not a header's name".into()));
        assert!(header("x-a", b"1\r\nx-b: 2").is_err());
    }
    #[test]
    fn pointers_and_json_are_what_they_say() {
        assert!(["", "/a", "/a/0", "/a~1b", "/~0"].iter().all(|good| pointer(good).is_ok()));
        assert!(["a", "/a~2", "/a~"].iter().all(|bad| pointer(bad).is_err()));
        assert_eq!(json("/a", "{\"b\":1}"), Ok(()));
        assert_eq!(json("/a", "{b:1}"), Err("the edit of \"/a\" is not JSON (key must be a string at line 1 column 2): \"{b:1}\"".into()));
        assert!(json("/a", "1 2").is_err() && json("/a", "").is_err());
    }
}
