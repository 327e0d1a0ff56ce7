//! Tokens of a GCP service account (Google Cloud documentation, "Using OAuth 2.0 for server to server applications", 2026): a
//! signed statement (RFC 7523) is exchanged for an access token, which is used until shortly before it expires.
//!
//! One refresh at a time: the others wait for it, or go on with the old token while it holds.

use std::time::Duration;

use arc_swap::ArcSwapOption;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde::Deserialize;
use weighbridge_domain::{Clock, Secret, Timestamp};

use super::{CredentialError, sensitive};
use crate::upstream::{UpstreamClient, root_cause};

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// For how long a statement holds; the most that is allowed.
const STATEMENT_SECONDS: i64 = 3600;
/// A token is renewed so long before it expires.
const AHEAD_SECONDS: i64 = 120;
const PATIENCE: Duration = Duration::from_secs(15);
const MAX_ANSWER: usize = 64 * 1024;

/// The account and its current token.
pub(crate) struct Tokens {
    account: Account,
    key: RsaKeyPair,
    endpoint: Uri,
    current: ArcSwapOption<Token>,
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Deserialize)]
struct Account {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: Option<String>,
    token_uri: String,
}

struct Token {
    header: HeaderValue,
    expires_at: Timestamp,
}

impl Token {
    fn holds(&self, at: Timestamp, ahead_seconds: i64) -> bool {
        at.micros() + ahead_seconds * 1_000_000 < self.expires_at.micros()
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

/// RFC 6749, 5.2.
#[derive(Deserialize, Default)]
struct Denied {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Tokens {
    pub(crate) fn new(secret: &Secret) -> Result<Self, CredentialError> {
        let shape = CredentialError::Gcp("expected a service account's JSON with client_email, private_key and token_uri, or an access token");
        let mut account: Account = serde_json::from_str(secret.expose()).map_err(|_| shape)?;
        let key = private_key(&std::mem::take(&mut account.private_key)).ok_or(CredentialError::Gcp("its private_key is not an RSA key in PKCS #8"))?;
        let endpoint: Uri = account.token_uri.parse().map_err(|_| CredentialError::Gcp("its token_uri is not an address"))?;
        if endpoint.host().is_none() {
            return Err(CredentialError::Gcp("its token_uri is not an address"));
        }
        Ok(Self { account, key, endpoint, current: ArcSwapOption::empty(), refreshing: tokio::sync::Mutex::default() })
    }

    /// The value of an `Authorization` header that holds now.
    pub(crate) async fn get(&self, client: &UpstreamClient, clock: &dyn Clock) -> Result<HeaderValue, String> {
        if let Some(header) = self.fresh(clock.now(), AHEAD_SECONDS) {
            return Ok(header);
        }
        let _one_at_a_time = self.refreshing.lock().await;
        if let Some(header) = self.fresh(clock.now(), AHEAD_SECONDS) {
            return Ok(header);
        }
        match tokio::time::timeout(PATIENCE, self.fetch(client, clock.now())).await.unwrap_or_else(|_| Err("it did not answer in time".into())) {
            Ok(token) => {
                let header = token.header.clone();
                self.current.store(Some(token.into()));
                Ok(header)
            }
            Err(why) => {
                tracing::warn!(endpoint = self.endpoint.host(), %why, "no new access token");
                self.fresh(clock.now(), 0).ok_or_else(|| format!("no access token from {}: {why}", self.endpoint.host().unwrap_or_default()))
            }
        }
    }

    fn fresh(&self, now: Timestamp, ahead_seconds: i64) -> Option<HeaderValue> {
        self.current.load().as_ref().filter(|token| token.holds(now, ahead_seconds)).map(|token| token.header.clone())
    }

    async fn fetch(&self, client: &UpstreamClient, now: Timestamp) -> Result<Token, String> {
        // Neither part has characters that a form would have to encode, but for the colons, which it may keep.
        let form = format!("grant_type={GRANT}&assertion={}", self.statement(now)?);
        let mut request = Request::new(Full::new(Bytes::from(form)));
        (*request.method_mut(), *request.uri_mut()) = (Method::POST, self.endpoint.clone());
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer = client.request(request).await.map_err(|error| root_cause(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|_| "its answer broke off".to_owned())?.to_bytes();
        if !status.is_success() {
            let Denied { error, error_description } = serde_json::from_slice(&body).unwrap_or_default();
            return Err(format!("{} {error} {error_description}", status.as_u16()).trim().chars().take(300).collect());
        }
        // What it answered stays out of the error: it may be the token.
        let granted: Granted = serde_json::from_slice(&body).map_err(|_| "its answer has no access_token and expires_in".to_owned())?;
        let header = sensitive(&format!("Bearer {}", granted.access_token)).map_err(|_| "its access_token cannot be sent".to_owned())?;
        let lifetime = granted.expires_in.clamp(0, 24 * STATEMENT_SECONDS);
        Ok(Token { header, expires_at: Timestamp::from_micros(now.micros() + lifetime * 1_000_000) })
    }

    /// The signed statement: a JSON Web Token, RS256 (RFC 7515).
    fn statement(&self, now: Timestamp) -> Result<String, String> {
        let issued = now.micros() / 1_000_000;
        let mut head = serde_json::json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.account.private_key_id {
            head["kid"] = id.as_str().into();
        }
        let claims = serde_json::json!({
            "iss": self.account.client_email,
            "scope": SCOPE,
            "aud": self.account.token_uri,
            "iat": issued,
            "exp": issued + STATEMENT_SECONDS,
        });
        let encode = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let said = format!("{}.{}", encode(&head), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said.as_bytes(), &mut signature).map_err(|_| "the statement could not be signed".to_owned())?;
        Ok(format!("{said}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// From PEM (RFC 7468).
fn private_key(pem: &str) -> Option<RsaKeyPair> {
    let inner = pem.split("-----BEGIN PRIVATE KEY-----").nth(1)?.split("-----END PRIVATE KEY-----").next()?;
    let base64: String = inner.split_whitespace().collect();
    RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(base64).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };

    use hyper::{Response, body::Incoming, service::service_fn};
    use hyper_util::rt::TokioIo;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use weighbridge_domain::time::ManualClock;

    use super::*;

    /// Made for this test alone.
    const KEY: [&str; 17] = [
        "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDFSGY7Niz2hziKjSd3xVAyS3oFNBkEF094uj0eRQcRj7qYLGls",
        "TMTB6H8UVWm+GvcMdZgQ3OnaWy1rwBBtvOcGn1tEzsBiWTyPkLyzfS8ezRnXZzvfnKT5/J40n1sjr9N0fiaoDtHCc4XmavZf3IHd",
        "9WPwpBNXJ/qgmKpKk9GZEe6xQIzeD79ZzS1yL+5IaK+/jKXDTHQLoWSHVpeJ1R+5BO6BqS9i2772phrXdtnh0D0rTmPDZnXGbgnc",
        "oyZ8uK3MVcCYTI0mYunbCxN5x0FWgDDtclMvfnuZUPXmg66WagemK2sgm5pDefTV1Mmpd+nnZx8PpKigHnxY/hI4Fb+7AgMBAAEC",
        "ggEAQYbyregotxni5eJMobOgF5SKSwAq7vjvJKJ3en5jAqpCyBi4S4iUMfQPgal9He/G7xSAFdnKswRl6cw5qLl94u07W3dw3znU",
        "q7rfcp657/kgBDP95yAYjBAkXEYx94CHM8JTBK8nbPcCGq6cduq/GAJR17Qn2GMnFAChT3QZwkVlGev2TM6sAFbUltdzPBbfCbZ1",
        "19nwRJZgzKLjXvfOsu6Y6LbW9IZqZCd/3tUAn+nS9xGR6UWIIrL3oQRmzWcHYhuCSNEWsrhJBhpnGn0QEbsvwnCwtNN93OY1JgFq",
        "MkjxZFcPXCAJL//F4SJnmadFpmmBupJ1vb3erYx6sG5OgQKBgQDrDZt6TWd380DtAq7otHalMv0bcib0Y6RfPWEQTOyrkLCQt5Gg",
        "aUZpJXClJVdvCaNsdSwdMnwfz6TvtLQottowvOTmU7z6Oa4jIg2y/AtNtsbon/dGVOU3cS8PncBfWVBD6u4yYOBkH163PI5JEPJY",
        "L6R+Ph0XbkC91XuMERbj6QKBgQDW3R33dckCozK4g07Z4bo2krSdP14KikYnZ9WKOgxTqqqYaUiUZGYGMVbn7qen8MvII6/0BZW9",
        "E4nZ2bQA20BfaSl8aofdZMSh3Gs0ZxryCee97zRDQ1ucNsLyFtJcRdA+EkK6o+PK+uMA/6Jpr5XakLnIYSUnERUzg0jZK3/0AwKB",
        "gFfFRQFuVeyckOnvzpBmksctOwY8of8wFfjaWpxTnSyTYtsnMOHNbdVlfaKtRvDXkIa3Wjms2FyolNZNi9iILwF0B6VaL37gev3z",
        "gVoMc8wZLD1BPnysxsrlIMWcCnGQUECMQVXehuvcKuoRWrA9+8CiSbI6T3KoYNSCGxg6aWnBAoGAPzaEh3ZGshjzZidzflSTpVSa",
        "AJ1Q/IbbxuIch/M2BzNxxy9KZCX5gh7n84paFuWX/oTJUmCGQj9KUiZjd9EJakiVJP5uhGsOEpS3kY439jeFz3JdjOB3RkkyJ2kh",
        "cHY1ot1adnCbJu+S84tB7Bf1XX0wu0whUxIKi8I3H3VVyqMCgYBhfPSPJ7FpkQk7Bxwn/Im6hhsDWZxa9lK3j6EkMLNbG9PZoTB+",
        "ISzd4ZSqiJT7w/b0Rk8cNEf4VNxp1F6hSj0+e+7YmFQ682v97M3Mrnf1e0VDSjc9hDfvxvGBZ6tlZbKHeRJ49FfDvT/Rbb5dx00S",
        "TmC5q0I/t30lDwGzbHTMpQ==",
    ];

    fn account(token_uri: &str) -> Tokens {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", KEY.join("\n"));
        let json =
            serde_json::json!({"type": "service_account", "client_email": "me@acme", "private_key": pem, "private_key_id": "k1", "token_uri": token_uri});
        Tokens::new(&Secret::new(json.to_string())).unwrap()
    }

    #[test]
    fn a_statement_says_who_asks_for_what_and_is_signed() {
        let tokens = account("https://tokens.example.com/token");
        let said = tokens.statement(Timestamp::from_micros(1_800_000_000_000_000)).unwrap();
        let parts: Vec<_> = said.split('.').collect();
        let json = |part: &str| serde_json::from_slice::<serde_json::Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(json(parts[0]), serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
        let claims =
            serde_json::json!({"iss": "me@acme", "scope": SCOPE, "aud": "https://tokens.example.com/token", "iat": 1_800_000_000, "exp": 1_800_003_600});
        assert_eq!(json(parts[1]), claims);
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, tokens.key.public().as_ref());
        public.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap();
    }

    /// Grants the first `grants` requests a token for an hour, refuses the others, and counts all.
    async fn endpoint(grants: u32) -> (String, Arc<AtomicU32>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/token", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU32::new(0));
        let counter = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = counter.clone();
                let answer = service_fn(move |_: Request<Incoming>| {
                    let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
                    let (status, body) = if number <= grants {
                        (200, format!(r#"{{"access_token":"t{number}","expires_in":3600,"token_type":"Bearer"}}"#))
                    } else {
                        (400, r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#.to_owned())
                    };
                    async move {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        Response::builder().status(status).body(Full::new(Bytes::from(body)))
                    }
                });
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        (address, asked)
    }

    #[tokio::test]
    async fn a_token_is_fetched_once_and_renewed_before_it_expires() {
        let (address, asked) = endpoint(2).await;
        let (tokens, client) = (account(&address), crate::upstream::client(Duration::from_secs(1)).unwrap());
        let clock = ManualClock::at(Timestamp::from_micros(1_800_000_000_000_000));
        let said = |value: Result<HeaderValue, String>| value.map(|value| value.to_str().unwrap().to_owned());
        // Ten calls at once: one request.
        let all = futures_util::future::join_all((0..10).map(|_| tokens.get(&client, &clock))).await;
        assert!(all.into_iter().all(|token| said(token).unwrap() == "Bearer t1"));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        clock.advance(3_479_000_000);
        assert_eq!(said(tokens.get(&client, &clock).await).unwrap(), "Bearer t1");
        clock.advance(2_000_000);
        assert_eq!(said(tokens.get(&client, &clock).await).unwrap(), "Bearer t2");
        // Refused, while the old one holds: it is used. After that, the call is.
        clock.advance(3_500_000_000);
        assert_eq!(said(tokens.get(&client, &clock).await).unwrap(), "Bearer t2");
        clock.advance(100_000_000);
        assert_eq!(said(tokens.get(&client, &clock).await).unwrap_err(), "no access token from 127.0.0.1: 400 invalid_grant Invalid JWT Signature.");
    }
}
