//! AWS Signature Version 4 (AWS General Reference, "Signing AWS API requests", 2026): an HMAC over the request's method, path,
//! query, some of its headers and its body, with a key derived for the day, the region and the service.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use ring::{digest, hmac};
use serde::Deserialize;
use weighbridge_domain::{Secret, Timestamp};

use super::{CredentialError, Place, sensitive};

/// Signs for one service in one region.
pub(crate) struct Signer {
    access_key: String,
    secret_key: Secret,
    session_token: Option<HeaderValue>,
    region: String,
    service: String,
}

/// A credential as JSON, in the spellings that are about.
#[derive(Deserialize)]
struct Written {
    #[serde(alias = "AccessKeyId", alias = "accessKeyId", alias = "aws_access_key_id")]
    access_key_id: String,
    #[serde(alias = "SecretAccessKey", alias = "secretAccessKey", alias = "aws_secret_access_key")]
    secret_access_key: String,
    #[serde(default, alias = "SessionToken", alias = "sessionToken", alias = "Token", alias = "aws_session_token")]
    session_token: Option<String>,
}

impl Signer {
    pub(crate) fn new(service: &str, secret: &Secret, place: &Place<'_>) -> Result<Self, CredentialError> {
        let written = Written::read(secret.expose()).filter(|w| !w.access_key_id.is_empty() && !w.secret_access_key.is_empty()).ok_or(CredentialError::Aws)?;
        let region = place.region.or_else(|| region_of(place.host)).ok_or(CredentialError::Region)?;
        Ok(Self {
            access_key: written.access_key_id,
            secret_key: Secret::new(written.secret_access_key),
            session_token: written.session_token.filter(|token| !token.is_empty()).map(|token| sensitive(&token)).transpose()?,
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    /// Signs the exact bytes that are sent.
    pub(crate) async fn sign(&self, request: &mut Request<Full<Bytes>>, now: Timestamp) -> Result<(), String> {
        let failed = |_| "the request could not be signed".to_owned();
        // The body is in memory: this does not wait.
        let Ok(body) = request.body().clone().collect().await.map(http_body_util::Collected::to_bytes);
        let time = time_of(now);
        let headers = request.headers_mut();
        headers.insert("x-amz-date", HeaderValue::try_from(&time).map_err(failed)?);
        if let Some(token) = &self.session_token {
            headers.insert("x-amz-security-token", token.clone());
        }
        let value = self.authorization(request.method().as_str(), request.uri(), request.headers(), &body, &time);
        let value = sensitive(&value).map_err(|_| "the request could not be signed".to_owned())?;
        request.headers_mut().insert(header::AUTHORIZATION, value);
        Ok(())
    }

    fn authorization(&self, method: &str, uri: &Uri, headers: &HeaderMap, body: &[u8], time: &str) -> String {
        let (signed, canonical_headers) = signed_headers(uri, headers);
        let canonical = [method, &path(uri.path()), &query(uri.query().unwrap_or("")), &canonical_headers, &signed, &sha256(body)].join("\n");
        let day = &time[..8];
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let mut key = mac(format!("AWS4{}", self.secret_key.expose()).as_bytes(), day);
        for part in [&*self.region, &*self.service, "aws4_request"] {
            key = mac(key.as_ref(), part);
        }
        let signature = hex::encode(mac(key.as_ref(), &to_sign));
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}", self.access_key)
    }
}

impl Written {
    fn read(secret: &str) -> Option<Self> {
        if secret.starts_with('{') {
            return serde_json::from_str(secret).ok();
        }
        let mut parts = secret.splitn(3, ':').map(str::to_owned);
        Some(Self { access_key_id: parts.next()?, secret_access_key: parts.next()?, session_token: parts.next() })
    }
}

/// The region in a host's name: `service.eu-west-1.…`.
fn region_of(host: &str) -> Option<&str> {
    host.split('.').find(|label| {
        let mut words = label.rsplit('-');
        let number = words.next().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
        let words: Vec<_> = words.collect();
        number && words.len() >= 2 && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
    })
}

/// `20150830T123600Z`.
fn time_of(now: Timestamp) -> String {
    let text = now.to_string();
    let seconds = text.split(['.', 'Z']).next().unwrap_or_default();
    seconds.chars().filter(|c| !matches!(c, '-' | ':')).chain(['Z']).collect()
}

/// The names of the headers that are signed, and these headers as they are signed. Only headers that nobody on the way
/// changes.
fn signed_headers(uri: &Uri, headers: &HeaderMap) -> (String, String) {
    let is_signed = |name: &str| name == "content-type" || name.starts_with("x-amz-");
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all: Vec<(&str, String)> = headers
        .keys()
        .filter(|name| is_signed(name.as_str()))
        .map(|name| (name.as_str(), headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(",")))
        .collect();
    all.push(("host", host(uri)));
    all.sort();
    let names = all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    (names, all.iter().map(|(name, value)| format!("{name}:{value}\n")).collect())
}

/// As the client will write it.
fn host(uri: &Uri) -> String {
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    let name = uri.host().unwrap_or_default();
    match uri.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

/// The path on the wire, encoded once more.
fn path(path: &str) -> String {
    path.split('/').map(|segment| encoded(segment.as_bytes())).collect::<Vec<_>>().join("/")
}

/// The parameters in the order of their encoded names and values.
fn query(query: &str) -> String {
    let part = |text: &str| encoded(&decoded(text));
    let mut pairs: Vec<_> =
        query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(n, v)| (part(n), part(v))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encoded(bytes: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    bytes.iter().map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|two| hex::decode(two).ok());
        match hex {
            Some(byte) => out.extend(byte),
            None => out.push(bytes[at]),
        }
        at += if bytes[at] == b'%' && bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)) { 3 } else { 1 };
    }
    out
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp::from_micros(1_440_938_160_000_000);

    fn signer(service: &str, session: &str) -> Signer {
        let secret = Secret::new(format!("AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY{session}"));
        Signer::new(service, &secret, &Place { host: "example.amazonaws.com", region: Some("us-east-1") }).unwrap()
    }

    async fn signed(signer: &Signer, method: &str, uri: &str, content_type: Option<&str>, body: &'static str) -> (String, String) {
        let mut request = Request::builder().method(method).uri(uri).body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap();
        request.headers_mut().extend(content_type.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap())));
        signer.sign(&mut request, TIME).await.unwrap();
        let value = request.headers()["authorization"].to_str().unwrap().to_owned();
        let part = |name: &str| value.split(name).nth(1).unwrap().split(',').next().unwrap().to_owned();
        (part("SignedHeaders="), part("Signature="))
    }

    /// The published test vectors (AWS Signature Version 4 test suite; the example of the IAM documentation).
    #[tokio::test]
    async fn the_published_vectors_are_met() {
        let service = signer("service", "");
        let host = "https://example.amazonaws.com";
        let (headers, vanilla) = signed(&service, "GET", &format!("{host}/"), None, "").await;
        assert_eq!((&*headers, &*vanilla), ("host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
        let (_, post) = signed(&service, "POST", &format!("{host}/"), None, "").await;
        assert_eq!(post, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
        let (_, ordered) = signed(&service, "GET", &format!("{host}/?Param2=value2&Param1=value1"), None, "").await;
        assert_eq!(ordered, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
        let (headers, form) = signed(&service, "POST", &format!("{host}/"), Some("application/x-www-form-urlencoded"), "Param1=value1").await;
        assert_eq!((&*headers, &*form), ("content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"));
        let listing = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08";
        let (_, iam) = signed(&signer("iam", ""), "GET", listing, Some("application/x-www-form-urlencoded; charset=utf-8"), "").await;
        assert_eq!(iam, "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    }

    #[tokio::test]
    async fn a_session_token_is_sent_and_signed() {
        let (headers, _) = signed(&signer("service", ":TOKEN/with:colon"), "GET", "https://example.amazonaws.com/", None, "").await;
        assert_eq!(headers, "host;x-amz-date;x-amz-security-token");
    }

    #[test]
    fn a_path_is_encoded_once_more_than_on_the_wire() {
        assert_eq!(path("/model/a.b-1%3A0/converse"), "/model/a.b-1%253A0/converse");
        assert_eq!(path("/model/a.b-1:0/converse"), "/model/a.b-1%3A0/converse");
        assert_eq!(query("b=%7E&a=x%2Fy&a=1&c"), "a=1&a=x%2Fy&b=~&c=");
    }

    #[test]
    fn the_region_is_in_the_host_name() {
        assert_eq!(region_of("runtime.us-east-1.amazonaws.com"), Some("us-east-1"));
        assert_eq!(region_of("runtime-fips.us-gov-west-1.amazonaws.com"), Some("us-gov-west-1"));
        assert_eq!(region_of("models.example.com"), None);
    }

    #[test]
    fn a_credential_may_be_json() {
        let read = Written::read(r#"{"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T"}"#).unwrap();
        assert_eq!((&*read.access_key_id, &*read.secret_access_key, read.session_token.as_deref()), ("A", "S", Some("T")));
    }
}
