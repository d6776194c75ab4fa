//! Connections: accepted up to a number, and ended when the server stops.

use super::app::App;
use super::handled::handle;
use super::router::router;
use super::slow_writer::SlowWriter;
use crate::event::Event;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Accepts connections until it is stopped.
pub(crate) struct Stopping {
    accepting: JoinHandle<()>,
    connections: Arc<GracefulShutdown>,
}

/// Begins to accept connections.
pub(crate) fn accept(listener: TcpListener, app: Arc<App>) -> Stopping {
    let connections = Arc::new(GracefulShutdown::new());
    Stopping {
        accepting: tokio::spawn(accept_all(listener, app, Arc::clone(&connections))),
        connections,
    }
}

impl Stopping {
    /// Accepts no more connections, and waits for the requests under way, at most for `time`. Whether all were answered.
    pub(crate) async fn stop(self, time: Duration) -> bool {
        self.accepting.abort();
        // Once it has ended, no other task has the connections.
        let _ = self.accepting.await;
        match Arc::into_inner(self.connections) {
            Some(connections) => tokio::time::timeout(time, connections.shutdown()).await.is_ok(),
            None => false,
        }
    }
}

async fn accept_all(listener: TcpListener, app: Arc<App>, connections: Arc<GracefulShutdown>) {
    let limits = app.settings.limits;
    let places = Arc::new(Semaphore::new(limits.connections));
    let router = TowerToHyperService::new(router(Arc::clone(&app)));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                app.log
                    .note(&Event::warning("connection refused").with("error", error.to_string()));
                // Such as too many open files, which others may close.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // An answer waits for no further bytes.
        let _ = stream.set_nodelay(true);
        let (of_connection, router) = (Arc::clone(&app), router.clone());
        let service = service_fn(move |request| {
            let (app, router) = (Arc::clone(&of_connection), router.clone());
            async move { handle(app, &router, peer, request).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_header_size(limits.header_bytes)
            .serve_connection(TokioIo::new(SlowWriter::new(stream, limits.write_time)), service);
        let connection = connections.watch(connection);
        let app = Arc::clone(&app);
        app.metrics.connections.fetch_add(1, Relaxed);
        tokio::spawn(async move {
            // What is wrong with a connection is its client's; a request that arrived whole is logged.
            let _ = connection.await;
            app.metrics.connections.fetch_sub(1, Relaxed);
            drop(place);
        });
    }
}
