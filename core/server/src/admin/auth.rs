//! The bearer token of the admin API.

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use weighbridge_domain::Secret;

use super::problem::Problem;

/// The token's hash: comparing hashes takes the same time wherever they differ, and tells nothing of the token.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

impl AdminToken {
    /// From the token itself.
    pub fn new(token: &Secret) -> Self {
        Self(Sha256::digest(token.expose().as_bytes()).into())
    }
    fn is(&self, sent: &str) -> bool {
        let sent: [u8; 32] = Sha256::digest(sent.as_bytes()).into();
        sent.ct_eq(&self.0).into()
    }
}

pub(super) async fn require(State(token): State<AdminToken>, request: Request, next: Next) -> Response {
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, sent)| sent.trim());
    match sent {
        Some(sent) if token.is(sent) => next.run(request).await,
        _ => Problem::unauthorized().into_response(),
    }
}
