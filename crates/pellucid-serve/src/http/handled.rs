//! Every request: its identifier, its token, the limit of requests, its line in the log.

use super::app::App;
use super::responses::{refusal, unauthorized};
use crate::event::Event;
use crate::failure::{Failure, FailureKind};
use crate::metrics::Route;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a request.
pub(super) async fn handle(
    app: Arc<App>,
    router: &TowerToHyperService<Router>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let started = Instant::now();
    let id = identifier(&app, request.headers());
    let route = Route::of(request.uri().path());
    let described = app
        .settings
        .logs_requests
        .then(|| (request.method().clone(), request.uri().path().to_owned()));
    let under_way = UnderWay::new(&app.metrics.under_way);
    let permit = match route.is_work() {
        true => app.work.try_acquire().map(Some),
        false => Ok(None),
    };
    let mut response = if !is_allowed(&app, &request, route) {
        unauthorized()
    } else if let Ok(_permit) = &permit {
        match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    } else {
        let most = app.settings.limits.requests;
        let message = format!("the server answers {most} requests at the moment; try again in a second");
        Failure::new(FailureKind::Busy, message).into()
    };
    drop((permit, under_way));
    let took = started.elapsed();
    let status = response.status().as_u16();
    app.metrics.add_request(route, status, took);
    if let Some((method, path)) = described {
        let event = Event::info("request")
            .with("id", id.to_str().unwrap_or_default())
            .with("method", method.as_str())
            .with("path", path)
            .with("status", status)
            .with("milliseconds", took.as_micros() as f64 / 1e3)
            .with("peer", peer.ip().to_string());
        app.log.note(&event);
    }
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

/// A request that is counted until it is answered, or its client is gone.
struct UnderWay<'a>(&'a AtomicU64);

impl<'a> UnderWay<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Relaxed);
        Self(counter)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// The identifier that a client gave its request, or a new one.
fn identifier(app: &App, headers: &HeaderMap) -> HeaderValue {
    const LONGEST: usize = 128;
    if let Some(given) = headers.get(REQUEST_ID) {
        let is_plain = given.as_bytes().iter().all(u8::is_ascii_graphic);
        if is_plain && (1..=LONGEST).contains(&given.len()) {
            return given.clone();
        }
    }
    let number = app.last_id.fetch_add(1, Relaxed);
    let id = format!("{:016x}-{number:x}", app.first_id);
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"))
}

/// Whether a request bears the token, or needs none: health checks, and pages without data.
fn is_allowed(app: &App, request: &Request<Incoming>, route: Route) -> bool {
    let Some(token) = &app.settings.token else {
        return true;
    };
    let is_open = route == Route::Health || matches!(request.uri().path(), "/" | "/docs");
    let borne = request.headers().get(axum::http::header::AUTHORIZATION);
    is_open || borne.is_some_and(|borne| token.is_borne_by(borne.as_bytes()))
}

/// The answer where nothing is.
pub(super) async fn not_found() -> Response<Body> {
    refusal(
        StatusCode::NOT_FOUND,
        "there is nothing at this path; /docs lists what there is",
    )
}
