//! Answers: a status, a type and a body.

use crate::failure::{Failure, FailureKind};
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// An answer of a type.
pub(super) fn of_type(content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// An answer of JSON.
pub(super) fn json(value: &Value) -> Response<Body> {
    of_type("application/json", value.to_string())
}

/// The answer to a request that is refused.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = json(&json!({ "error": message }));
    *response.status_mut() = status;
    response
}

/// The answer to a request without the right token.
pub(super) fn unauthorized() -> Response<Body> {
    let message = "this server needs a token; send the header authorization: Bearer TOKEN";
    let mut response = refusal(StatusCode::UNAUTHORIZED, message);
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The answer to a method that a path does not have.
pub(super) fn with_methods(mut response: Response<Body>, methods: &'static str) -> Response<Body> {
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
    response
}

impl From<Failure> for Response<Body> {
    fn from(failure: Failure) -> Self {
        let status = match failure.kind {
            FailureKind::Wrong => StatusCode::BAD_REQUEST,
            FailureKind::NotFound => StatusCode::NOT_FOUND,
            FailureKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            FailureKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            FailureKind::TooSlow => StatusCode::REQUEST_TIMEOUT,
            FailureKind::Packed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            FailureKind::Defect => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = refusal(status, &failure.message);
        if failure.kind == FailureKind::Busy {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
