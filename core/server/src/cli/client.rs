//! The command line's side of the admin API.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::Value;
use weighbridge_domain::Secret;

use super::CliError;
use crate::http_client::{Answer, HttpClient};

/// A running gateway's admin API.
pub struct AdminClient {
    base: String,
    token: Secret,
    http: HttpClient,
}

const LIMIT: usize = 256 << 20;
const TIMEOUT: Duration = Duration::from_secs(120);

impl AdminClient {
    /// At this address, such as `http://127.0.0.1:4001`.
    pub fn new(url: &str, token: Secret) -> Self {
        Self { base: url.trim_end_matches('/').to_owned(), token, http: HttpClient::new(LIMIT, TIMEOUT) }
    }
    /// Reads.
    pub async fn get(&self, path: &str, query: &[(&str, Option<String>)]) -> Result<Value, CliError> {
        let pairs: Vec<String> = query.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={}", encoded(value)))).collect();
        let path = if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) };
        json(&self.send(Method::GET, &path, None).await?)
    }
    /// Reads a document that is not JSON.
    pub async fn get_text(&self, path: &str) -> Result<String, CliError> {
        Ok(String::from_utf8_lossy(&self.send(Method::GET, path, None).await?.body).into_owned())
    }
    /// Creates, or asks something that needs a body.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        json(&self.send(Method::POST, path, Some(body)).await?)
    }
    /// Archives.
    pub async fn delete(&self, path: &str) -> Result<Value, CliError> {
        json(&self.send(Method::DELETE, path, None).await?)
    }
    /// Reads pages until `limit` items are there (absent: all), as one list in the shape of a page.
    pub async fn list(&self, path: &str, query: &[(&str, Option<String>)], limit: Option<usize>) -> Result<Value, CliError> {
        const PAGE: usize = 1_000;
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let wanted = limit.map_or(PAGE, |limit| (limit - items.len()).min(PAGE));
            let mut query = query.to_vec();
            query.extend([("limit", Some(wanted.to_string())), ("cursor", cursor.clone())]);
            let mut page = self.get(path, &query).await?;
            if let Some(data) = page["data"].as_array_mut() {
                items.append(data);
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || limit.is_some_and(|limit| items.len() >= limit) {
                return Ok(serde_json::json!({"data": items, "next_cursor": cursor}));
            }
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, CliError> {
        let mut request =
            Request::builder().method(method).uri(format!("{}/admin/v1{path}", self.base)).header("authorization", format!("Bearer {}", self.token.expose()));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = request
            .body(Full::new(body))
            .map_err(|_| CliError::failed(format!("the admin API's address {:?} cannot be used; expected one such as http://127.0.0.1:4001", self.base)))?;
        let answer = self.http.send(request).await.map_err(|error| {
            CliError::failed(format!("{error}\nIs the gateway running? Start it with `weighbridge serve`, or name another one with --url or WEIGHBRIDGE_URL."))
        })?;
        if answer.status.is_success() { Ok(answer) } else { Err(refused(&answer)) }
    }
}

fn json(answer: &Answer) -> Result<Value, CliError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| CliError::failed(format!("the answer is not JSON ({error}): is this the address of a Weighbridge admin API?")))
}

/// What the API says is wrong; each field on its own line.
fn refused(answer: &Answer) -> CliError {
    let problem = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    CliError::failed(match problem["detail"].as_str() {
        Some(detail) => detail.to_owned(),
        None => format!("the server answered {}: is this the address of a Weighbridge admin API?", answer.status),
    })
}

/// Percent-encodes one part of a path or query.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_of_an_address_are_encoded() {
        assert_eq!(super::encoded("acme/sim 3@x"), "acme%2Fsim%203%40x");
    }
}
