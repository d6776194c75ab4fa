//! Which path is answered by what.

use super::app::App;
use super::handled::not_found;
use super::responses::{refusal, with_methods};
use super::{answers, models, pages};
use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

pub(super) fn router(app: Arc<App>) -> Router {
    let reading = |route: MethodRouter<Arc<App>>| route.fallback(|| only("GET, HEAD"));
    let posting = |route: MethodRouter<Arc<App>>| route.fallback(|| only("POST"));
    Router::new()
        .route("/", reading(get(pages::model_page)))
        .route("/docs", reading(get(pages::docs_page)))
        .route("/openapi.json", reading(get(pages::openapi)))
        .route("/metrics", reading(get(pages::metrics)))
        .route("/predict", posting(post(answers::predict)))
        .route("/v2", reading(get(models::server)))
        .route("/v2/health/live", reading(get(models::live)))
        .route("/v2/health/ready", reading(get(models::ready)))
        .route("/v2/repository/index", posting(post(models::index)))
        .route("/v2/models/{name}", reading(get(models::model)))
        .route("/v2/models/{name}/ready", reading(get(models::model_ready)))
        .route("/v2/models/{name}/infer", posting(post(answers::infer)))
        .route(
            "/v2/models/{name}/versions/{version}",
            reading(get(models::model)),
        )
        .route(
            "/v2/models/{name}/versions/{version}/ready",
            reading(get(models::model_ready)),
        )
        .route(
            "/v2/models/{name}/versions/{version}/infer",
            posting(post(answers::infer)),
        )
        .fallback(not_found)
        .with_state(app)
}

async fn only(methods: &'static str) -> Response<Body> {
    let message = format!("this path has the method {methods} only");
    with_methods(refusal(StatusCode::METHOD_NOT_ALLOWED, &message), methods)
}
