//! Errors of the admin API: RFC 9457 `application/problem+json` with a stable `code`.

use axum::{
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;
use weighbridge_ledger::LedgerError;

use crate::office::{FieldError, OfficeError};

/// An error as RFC 9457 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The status, again.
    status: u16,
    /// A stable word for programs: `invalid`, `not_found`, `already_exists`, …
    code: &'static str,
    /// The status in words.
    title: String,
    /// What is wrong, for people.
    detail: String,
    /// Each wrong field with what was expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    field: String,
    message: String,
}

impl Problem {
    /// An error with this status and code.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { status: status.as_u16(), code, title, detail: detail.into(), errors: Vec::new() }
    }
    /// A wrong field.
    pub(super) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        OfficeError::invalid(field, message).into()
    }
    /// No such route.
    pub(super) fn no_such_route(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is nothing at {path}; the API is described at /admin/v1/openapi.json"))
    }
    /// The route is there, the method is not.
    pub(super) fn method_not_allowed(path: &str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", format!("this method is not possible at {path}; see /admin/v1/openapi.json"))
    }
    /// No token, or another one.
    pub(super) fn unauthorized() -> Self {
        let detail = "the admin token is missing or wrong; send it as \"Authorization: Bearer …\" (it is in the variable that [admin] token_env names, or in admin-token in the data folder)";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_admin_token", detail)
    }
}

impl From<OfficeError> for Problem {
    fn from(error: OfficeError) -> Self {
        let detail = error.to_string();
        let (status, code) = match &error {
            OfficeError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            OfficeError::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
            OfficeError::Exists { .. } => (StatusCode::CONFLICT, "already_exists"),
            OfficeError::Configured { .. } => (StatusCode::CONFLICT, "configured"),
            OfficeError::Import(_) => (StatusCode::UNPROCESSABLE_ENTITY, "import_failed"),
            OfficeError::Ledger(LedgerError::BadCursor(_)) => (StatusCode::BAD_REQUEST, "bad_cursor"),
            OfficeError::Ledger(LedgerError::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            OfficeError::Ledger(_) => (StatusCode::SERVICE_UNAVAILABLE, "ledger_unavailable"),
            OfficeError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let mut problem = Self::new(status, code, detail);
        if let OfficeError::Invalid(errors) = error {
            problem.errors = errors.into_iter().map(|FieldError { field, message }| FieldProblem { field, message }).collect();
        }
        problem
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        OfficeError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A JSON body; what is wrong with it is said as a [`Problem`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = axum::Json::<T>::from_request(request, state).await;
        json.map(|axum::Json(value)| Self(value)).map_err(|rejection| match rejection {
            JsonRejection::MissingJsonContentType(_) => {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as JSON, with \"content-type: application/json\"")
            }
            JsonRejection::JsonSyntaxError(error) => Problem::new(StatusCode::BAD_REQUEST, "invalid_json", root_cause(&error)),
            JsonRejection::JsonDataError(error) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", root_cause(&error)),
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(other.status(), "too_large", format!("the body is longer than {} MiB", super::MAX_BODY >> 20))
            }
            other => Problem::new(other.status(), "invalid_json", other.body_text()),
        })
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query's parameters; what is wrong with them is said as a [`Problem`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| match rejection {
            QueryRejection::FailedToDeserializeQueryString(error) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", root_cause(&error)),
            other => Problem::new(StatusCode::BAD_REQUEST, "invalid", other.body_text()),
        })
    }
}

/// The path's parameters; what is wrong with them is said as a [`Problem`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value))
            .map_err(|rejection: PathRejection| Problem::new(StatusCode::NOT_FOUND, "not_found", rejection.body_text()))
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    in_words(&cause.to_string())
}

/// What serde says in its own words, in ours.
fn in_words(message: &str) -> String {
    message
        .replace(
            "data did not match any variant of untagged enum SheetValue",
            "a value in it is not possible there; write decimals as text such as \"12.5\", so that no digit is lost",
        )
        .replace("invalid digit found in string", "expected a whole number")
}
