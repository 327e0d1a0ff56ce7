//! A provider's credential, and how it goes onto a request. Adapters say in which way, and never see it; it is in no error and
//! no log line.
//!
//! A key in a header or in the query is put on when the request is built. A signature, or a token that has to be fetched,
//! comes last: it is for the exact bytes that are sent.

mod aws;
mod gcp;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use weighbridge_domain::{Clock, Secret};
use weighbridge_plugin_api::adapter::Auth;

use crate::upstream::UpstreamClient;

/// How a provider's requests are authorised.
pub(crate) enum Credential {
    None,
    Header(HeaderName, HeaderValue),
    /// `name=value`.
    Query(String),
    Signature(aws::Signer),
    Token(Arc<gcp::Tokens>),
}

/// Why a credential cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The key has characters that cannot be in a header.
    #[error("its API key holds characters that cannot be sent in a header (a line break at its end?)")]
    Key,
    /// Not an AWS credential.
    #[error(
        "its AWS credential cannot be read: expected ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN behind it for temporary ones, JSON with these names, or a bearer token"
    )]
    Aws,
    /// Nothing names the region.
    #[error("its AWS region is not known: set config.region, or use a base_url with the region in its host name")]
    Region,
    /// Not a service account.
    #[error("its GCP credential cannot be read: {0}")]
    Gcp(&'static str),
}

/// Where a provider is, for signatures.
pub(crate) struct Place<'a> {
    pub(crate) host: &'a str,
    /// As configured.
    pub(crate) region: Option<&'a str>,
}

impl Credential {
    pub(crate) fn new(auth: &Auth, secret: Option<&Secret>, place: &Place<'_>) -> Result<Self, CredentialError> {
        let Some(secret) = secret else { return Ok(Self::None) };
        match auth {
            Auth::None => Ok(Self::None),
            Auth::Bearer => bearer(secret.expose()),
            Auth::Header(name) => in_header(HeaderName::try_from(name.as_str()).map_err(|_| CredentialError::Key)?, secret.expose()),
            Auth::Query(name) => {
                let plain = secret.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
                if plain { Ok(Self::Query(format!("{name}={}", secret.expose()))) } else { Err(CredentialError::Key) }
            }
            // A token that is ready to be sent is a single word.
            Auth::AwsSigV4(_) | Auth::GcpOauth if is_token(secret.expose()) => bearer(secret.expose()),
            Auth::AwsSigV4(service) => aws::Signer::new(service, secret, place).map(Self::Signature),
            Auth::GcpOauth => gcp::Tokens::new(secret).map(|tokens| Self::Token(Arc::new(tokens))),
        }
    }

    /// Puts a key into its header.
    pub(crate) fn put_on(&self, headers: &mut HeaderMap) {
        if let Self::Header(name, value) = self {
            headers.insert(name.clone(), value.clone());
        }
    }

    /// A key that belongs into the query.
    pub(crate) fn query(&self) -> Option<&str> {
        if let Self::Query(pair) = self { Some(pair) } else { None }
    }

    /// Signs a request that will not be changed any more, or puts a token onto it. An error is a sentence without the secret.
    pub(crate) async fn authorize(&self, client: &UpstreamClient, clock: &dyn Clock, request: &mut Request<Full<Bytes>>) -> Result<(), String> {
        match self {
            Self::None | Self::Header(..) | Self::Query(_) => Ok(()),
            Self::Signature(signer) => signer.sign(request, clock.now()).await,
            Self::Token(tokens) => {
                let token = tokens.get(client, clock).await?;
                request.headers_mut().insert(header::AUTHORIZATION, token);
                Ok(())
            }
        }
    }
}

fn is_token(secret: &str) -> bool {
    !secret.starts_with('{') && !secret.contains(':')
}

fn bearer(token: &str) -> Result<Credential, CredentialError> {
    in_header(header::AUTHORIZATION, &format!("Bearer {token}"))
}

fn in_header(name: HeaderName, value: &str) -> Result<Credential, CredentialError> {
    sensitive(value).map(|value| Credential::Header(name, value))
}

/// A header's value that debug output does not show.
fn sensitive(value: &str) -> Result<HeaderValue, CredentialError> {
    let mut value = HeaderValue::try_from(value).map_err(|_| CredentialError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(auth: Auth, secret: &str, host: &str) -> String {
        Credential::new(&auth, Some(&Secret::new(secret)), &Place { host, region: None }).err().unwrap().to_string()
    }

    #[test]
    fn a_credential_that_cannot_be_used_is_refused_without_being_shown() {
        let aws = Auth::AwsSigV4("svc".into());
        let said = [
            refused(Auth::Bearer, "sk-line\nbreak", "h"),
            refused(Auth::Query("key".into()), "a&b", "h"),
            refused(aws.clone(), "AKID:", "h"),
            refused(aws.clone(), "{\"access_key_id\":\"AKID\"}", "h"),
            refused(aws, "AKID:secret", "models.example.com"),
            refused(Auth::GcpOauth, "{\"type\":\"service_account\"}", "h"),
            refused(Auth::GcpOauth, "{\"client_email\":\"a@b\",\"private_key\":\"none\",\"token_uri\":\"https://t\"}", "h"),
        ];
        let key = "its API key holds characters that cannot be sent in a header (a line break at its end?)";
        let aws = "its AWS credential cannot be read: expected ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN behind it for temporary ones, JSON with these names, or a bearer token";
        let region = "its AWS region is not known: set config.region, or use a base_url with the region in its host name";
        let account = "its GCP credential cannot be read: expected a service account's JSON with client_email, private_key and token_uri, or an access token";
        let private = "its GCP credential cannot be read: its private_key is not an RSA key in PKCS #8";
        assert_eq!(said, [key, key, aws, aws, region, account, private]);
    }

    #[test]
    fn a_token_that_is_ready_is_sent_as_it_is() {
        for auth in [Auth::AwsSigV4("svc".into()), Auth::GcpOauth] {
            let credential = Credential::new(&auth, Some(&Secret::new("ya29.token")), &Place { host: "h", region: None }).unwrap();
            let mut headers = HeaderMap::new();
            credential.put_on(&mut headers);
            assert_eq!(headers["authorization"], "Bearer ya29.token");
            assert!(!format!("{headers:?}").contains("ya29"));
        }
    }
}
