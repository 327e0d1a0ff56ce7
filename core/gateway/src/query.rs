//! The query of a client's call: kept for the adapter, without the credential that some clients put there.

/// The query without `key=…`, and that key.
pub(crate) fn split(query: &str) -> (String, Option<String>) {
    if query.is_empty() {
        return (String::new(), None);
    }
    let secret = |pair: &&str| pair.starts_with("key=");
    let key = query.split('&').find(secret).and_then(|pair| crate::dialect::decoded(&pair["key=".len()..])).filter(|key| !key.is_empty());
    let kept: Vec<_> = query.split('&').filter(|pair| !secret(pair)).collect();
    (kept.join("&"), key)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_key_is_taken_out_and_the_rest_stays_as_it_is() {
        let owned = |query: &str, key: Option<&str>| (query.to_owned(), key.map(ToOwned::to_owned));
        assert_eq!(split(""), owned("", None));
        assert_eq!(split("alt=sse&a=%20b"), owned("alt=sse&a=%20b", None));
        assert_eq!(split("key=wb-1&alt=sse"), owned("alt=sse", Some("wb-1")));
        assert_eq!(split("monkey=1&key=wb%2D1&key=wb-2"), owned("monkey=1", Some("wb-1")));
    }
}
