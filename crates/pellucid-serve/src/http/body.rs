//! Bodies of requests, within the limits.

use super::app::App;
use crate::failure::{Failure, FailureKind};
use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// All bodies that are held together may have as many bytes as so many of the largest.
const LARGEST_BODIES: usize = 4;

/// A body, counted among the bytes that are held.
#[derive(Debug)]
pub(super) struct HeldBody {
    pub(super) bytes: Bytes,
    _held: Held,
}

/// Bytes that are held.
#[derive(Debug)]
struct Held {
    app: Arc<App>,
    bytes: usize,
}

impl Held {
    fn add(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes += bytes;
        let all = self.app.held_bytes.fetch_add(bytes, Relaxed) + bytes;
        let most = self.app.settings.limits.body_bytes;
        if self.bytes > most {
            return Err(too_large(most));
        }
        match all > most.saturating_mul(LARGEST_BODIES) {
            true => Err(Failure::new(
                FailureKind::Busy,
                "the server holds too many large requests; try again in a moment",
            )),
            false => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.app.held_bytes.fetch_sub(self.bytes, Relaxed);
    }
}

/// Reads a body.
pub(super) async fn read(app: &Arc<App>, body: Body) -> Result<HeldBody, Failure> {
    let time = app.settings.limits.body_time;
    let read = tokio::time::timeout(time, read_all(app, body)).await;
    read.unwrap_or_else(|_| {
        let message = format!("the body did not arrive within {} seconds", time.as_secs_f64());
        Err(Failure::new(FailureKind::TooSlow, message))
    })
}

async fn read_all(app: &Arc<App>, mut body: Body) -> Result<HeldBody, Failure> {
    use axum::body::HttpBody;
    let most = app.settings.limits.body_bytes;
    let promised = body.size_hint().exact();
    if promised.is_some_and(|bytes| bytes > most as u64) {
        return Err(too_large(most));
    }
    let mut held = Held {
        app: Arc::clone(app),
        bytes: 0,
    };
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Failure::wrong("the body is not complete: the connection was closed"))?;
        let Ok(data) = frame.into_data() else { continue };
        held.add(data.len())?;
        match (first.is_empty(), all.is_empty()) {
            (true, true) => first = data,
            (false, true) => {
                // What the client promises is not reserved beyond what has arrived.
                all.reserve(2 * (first.len() + data.len()));
                all.extend_from_slice(&first);
                all.extend_from_slice(&data);
            }
            (_, false) => all.extend_from_slice(&data),
        }
    }
    let bytes = if all.is_empty() { first } else { all.into() };
    Ok(HeldBody { bytes, _held: held })
}

fn too_large(most: usize) -> Failure {
    let message = format!("the body has more than {most} bytes; send fewer rows at a time");
    Failure::new(FailureKind::TooLarge, message)
}
