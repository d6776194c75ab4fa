//! The pages, the description of the interface, and the counters.

use super::app::App;
use super::responses::{json, of_type};
use crate::openapi;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response};
use std::sync::Arc;

pub(super) async fn model_page() -> Response<Body> {
    page(include_str!("../pages/model.html"))
}

pub(super) async fn docs_page() -> Response<Body> {
    page(include_str!("../pages/docs.html"))
}

/// A page that loads nothing from anywhere else.
fn page(html: &'static str) -> Response<Body> {
    const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                          img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let mut response = of_type("text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

pub(super) async fn openapi(State(app): State<Arc<App>>) -> Response<Body> {
    json(&openapi::description(
        &app.registry.all(),
        app.settings.token.is_some(),
    ))
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response<Body> {
    of_type(
        "text/plain; version=0.0.4; charset=utf-8",
        app.metrics.text(&app.registry),
    )
}
