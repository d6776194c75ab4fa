//! What the server and its models are, and whether they are ready.

use super::app::App;
use super::responses::{json, refusal};
use crate::failure::{Failure, FailureKind};
use crate::model::{NoModel, ServedModel};
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// The name and the version in a path.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

/// The model of a path.
pub(super) fn named(
    app: &App,
    path: Result<Path<Named>, PathRejection>,
) -> Result<Arc<ServedModel>, Failure> {
    let Path(named) = path.map_err(|error| Failure::wrong(format!("the path: {error}")))?;
    found(app, Some(&named.name), named.version.as_deref())
}

pub(super) fn found(
    app: &App,
    name: Option<&str>,
    version: Option<&str>,
) -> Result<Arc<ServedModel>, Failure> {
    app.registry.find(name, version).map_err(|NoModel(message)| {
        let kind = match app.is_ready.load(Relaxed) {
            true if name.is_none() => FailureKind::Wrong,
            true => FailureKind::NotFound,
            false => FailureKind::Busy,
        };
        Failure::new(kind, message)
    })
}

pub(super) async fn server() -> Response<Body> {
    json(&json!({
        "name": "pellucid",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["model_repository"],
    }))
}

pub(super) async fn live() -> Response<Body> {
    json(&json!({ "live": true }))
}

pub(super) async fn ready(State(app): State<Arc<App>>) -> Response<Body> {
    match app.is_ready.load(Relaxed) {
        true => json(&json!({ "ready": true })),
        false => refusal(StatusCode::SERVICE_UNAVAILABLE, "the models are being loaded"),
    }
}

pub(super) async fn index(State(app): State<Arc<App>>) -> Response<Body> {
    let described = |model: Arc<ServedModel>| json!({ "name": model.name, "version": model.version, "state": "READY", "reason": "" });
    let all: Value = app.registry.all().into_iter().map(described).collect();
    json(&all)
}

pub(super) async fn model(
    State(app): State<Arc<App>>,
    path: Result<Path<Named>, PathRejection>,
) -> Response<Body> {
    match named(&app, path) {
        Ok(model) => json(&json!({
            "name": model.name,
            "versions": app.registry.versions(&model.name),
            "platform": "pellucid",
            "inputs": model.inputs,
            "outputs": model.outputs,
            "parameters": {
                "version": model.version,
                "trained_by": model.model.version,
                "background": model.background.description,
            },
        })),
        Err(failure) => failure.into(),
    }
}

pub(super) async fn model_ready(
    State(app): State<Arc<App>>,
    path: Result<Path<Named>, PathRejection>,
) -> Response<Body> {
    match named(&app, path) {
        Ok(model) => json(&json!({ "name": model.name, "ready": true })),
        Err(failure) => failure.into(),
    }
}
