//! Requests for predictions.

use super::app::App;
use super::body::{HeldBody, read};
use super::models::{Named, found, named};
use super::responses::of_type;
use crate::answer::{answer, infer_response, written, written_warnings};
use crate::event::Event;
use crate::failure::{Failure, FailureKind};
use crate::model::ServedModel;
use crate::request::{Asked, InferRequest, Layout, read_text};
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Response};
use serde::Deserialize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Larger bodies are worked on by threads of their own, so that small requests do not wait for them.
const SMALL_BODY: usize = 64 << 10;
/// Contributions that take longer are given up.
const EXPLAINING_TIME: Duration = Duration::from_secs(20);
const WARNINGS: HeaderName = HeaderName::from_static("pellucid-warnings");

/// An answer's type and body, and what a user should know of it.
type Done = Result<(&'static str, Vec<u8>, Option<String>), Failure>;

/// An inference request of the Open Inference Protocol.
pub(super) async fn infer(
    State(app): State<Arc<App>>,
    path: Result<Path<Named>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let done = async {
        let model = named(&app, path)?;
        if let Some(encoding) = headers
            .get(CONTENT_ENCODING)
            .filter(|encoding| *encoding != "identity")
        {
            let message = format!("the body is packed with {encoding:?}; send it as it is");
            return Err(Failure::new(FailureKind::Packed, message));
        }
        let body = read(&app, body).await?;
        worked(&app, body, move |app, body| infer_now(app, &model, body)).await
    };
    response(done.await)
}

fn infer_now(app: &App, model: &ServedModel, body: &[u8]) -> Done {
    let request = InferRequest::read(body)?;
    let asked = request.asked(model)?;
    let rows = request.rows(model)?;
    let answer = answer(
        model,
        rows,
        &asked,
        &app.settings.limits,
        Instant::now() + EXPLAINING_TIME,
    )?;
    let rows = answer.table.rows();
    app.metrics.add_rows(
        &model.name,
        &model.version,
        rows,
        answer.unanswered,
        &answer.counts,
    );
    let body = infer_response(model, request.id.as_deref(), &asked, &answer);
    Ok(("application/json", body, None))
}

/// The parameters of `/predict`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PredictQuery {
    model: Option<String>,
    version: Option<String>,
    /// Names of outputs, with commas between them.
    outputs: Option<String>,
    level: Option<f64>,
}

/// Rows of JSON or CSV.
pub(super) async fn predict(
    State(app): State<Arc<App>>,
    query: Result<Query<PredictQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let done = async {
        let Query(query) = query.map_err(|error| Failure::wrong(format!("the query: {error}")))?;
        let model = found(&app, query.model.as_deref(), query.version.as_deref())?;
        let outputs: Vec<&str> = query.outputs.iter().flat_map(|names| names.split(',')).collect();
        let asked = Asked::new(&model, &outputs, query.level)?;
        let text = |name: HeaderName| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let (content_type, accepted) = (text(CONTENT_TYPE), text(ACCEPT));
        let body = read(&app, body).await?;
        worked(&app, body, move |app, body| {
            let limits = &app.settings.limits;
            let rows = read_text(body, &model, limits.body_bytes)?;
            let of_body = Layout::of_body(content_type.as_deref(), body);
            let layout = accepted.as_deref().and_then(Layout::of_type).unwrap_or(of_body);
            let answer = answer(&model, rows, &asked, limits, Instant::now() + EXPLAINING_TIME)?;
            let count = answer.table.rows();
            app.metrics.add_rows(
                &model.name,
                &model.version,
                count,
                answer.unanswered,
                &answer.counts,
            );
            let warnings = written_warnings(&answer.warnings);
            // Several objects are lines, whatever their type says.
            let layout = match layout {
                Layout::Object if count > 1 => Layout::Lines,
                layout => layout,
            };
            Ok((
                layout.content_type(),
                written(&model, &asked, answer, layout),
                warnings,
            ))
        })
        .await
    };
    response(done.await)
}

/// Works on a body: a small one at once.
async fn worked(
    app: &Arc<App>,
    body: HeldBody,
    work: impl FnOnce(&App, &[u8]) -> Done + Send + 'static,
) -> Done {
    let shared = Arc::clone(app);
    let is_small = body.bytes.len() <= SMALL_BODY;
    let guarded = move || {
        let worked = catch_unwind(AssertUnwindSafe(|| work(&shared, &body.bytes)));
        worked.unwrap_or_else(|_| Err(defect(&shared)))
    };
    match is_small {
        true => guarded(),
        false => match tokio::task::spawn_blocking(guarded).await {
            Ok(done) => done,
            Err(_) => Err(defect(app)),
        },
    }
}

/// A panic, whose message and place are on standard error.
fn defect(app: &App) -> Failure {
    app.log
        .note(&Event::warning("defect").with("error", "a request made the server panic; please report it"));
    let message = "the server has a defect that this request shows; its log says more";
    Failure::new(FailureKind::Defect, message)
}

fn response(done: Done) -> Response<Body> {
    match done {
        Ok((content_type, body, warnings)) => {
            let mut response = of_type(content_type, body);
            if let Some(warnings) = warnings.and_then(|warnings| HeaderValue::from_str(&warnings).ok()) {
                response.headers_mut().insert(WARNINGS, warnings);
            }
            response
        }
        Err(failure) => failure.into(),
    }
}
