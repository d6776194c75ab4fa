//! A server: it listens, loads its models, answers until it is stopped, and replaces models whose files change.

use crate::error::ServeError;
use crate::event::{Event, Log};
use crate::http::{App, Stopping, accept};
use crate::model::{ModelSource, ServedModel, Watched, reload};
use crate::settings::Settings;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch};

/// A server that listens, and does not answer yet.
///
/// ```no_run
/// use pellucid_serve::{Log, ModelSource, Server, Settings};
/// let log = Log::new(|event| eprintln!("{event}"));
/// let server = Server::bind(Settings::default(), log)?;
/// println!("http://{}/", server.address());
/// server.run(vec![ModelSource::parse("iris.safetensors")?])?;
/// # Ok::<(), pellucid_serve::ServeError>(())
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    runtime: Runtime,
    app: Arc<App>,
    control: Control,
}

/// Stops a server, or lets it load its models anew, from any thread.
#[derive(Debug, Clone)]
pub struct Control {
    stop: Arc<watch::Sender<bool>>,
    reload: Arc<Notify>,
}

impl Control {
    /// Asks the server to stop: it accepts no more connections, and answers the requests under way.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Asks the server to load all models anew.
    pub fn reload(&self) {
        self.reload.notify_one();
    }
}

impl Server {
    /// Listens on the address of the settings.
    ///
    /// # Errors
    /// The address cannot be listened on; the system gives no threads.
    pub fn bind(settings: Settings, log: Log) -> Result<Self, ServeError> {
        let asked = settings.listen;
        let refused = |reason| ServeError::Listen {
            address: asked,
            reason,
        };
        let listener = TcpListener::bind(asked).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let workers = settings.workers.get();
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            // Large requests, and one that loads models.
            .max_blocking_threads(workers + 1)
            .thread_name("serve")
            .enable_io()
            .enable_time()
            .build()
            .map_err(ServeError::Runtime)?;
        Ok(Self {
            listener,
            address,
            runtime,
            app: Arc::new(App::new(settings, log)),
            control: Control {
                stop: Arc::new(watch::Sender::new(false)),
                reload: Arc::new(Notify::new()),
            },
        })
    }

    /// The address that is listened on, with its port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops the server.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Loads the models, answers requests, and returns once the server is stopped. While the models are loaded, only
    /// `/v2/health/live` and the pages answer with success.
    ///
    /// # Errors
    /// A model cannot be loaded, or two have the same name and version.
    pub fn run(self, sources: Vec<ModelSource>) -> Result<(), ServeError> {
        for (place, source) in sources.iter().enumerate() {
            let is_same =
                |other: &ModelSource| (&other.name, &other.version) == (&source.name, &source.version);
            if sources[..place].iter().any(is_same) {
                return Err(ServeError::Source(format!(
                    "two models are called {}, version {}; give one another name or version, as in {}@2={}",
                    source.name,
                    source.version,
                    source.name,
                    source.file.display()
                )));
            }
        }
        let Self {
            listener,
            address,
            runtime,
            app,
            control,
        } = self;
        let done = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(ServeError::Runtime)?;
            app.log
                .note(&Event::info("listening").with("address", address.to_string()));
            let stopping = accept(listener, Arc::clone(&app));
            answer_until_stopped(&app, sources, &control, stopping).await
        });
        // A large request that is still worked on after the time for stopping is given up.
        runtime.shutdown_background();
        done
    }
}

async fn answer_until_stopped(
    app: &Arc<App>,
    sources: Vec<ModelSource>,
    control: &Control,
    stopping: Stopping,
) -> Result<(), ServeError> {
    let of_loading = Arc::clone(app);
    let loaded = tokio::task::spawn_blocking(move || load_all(&of_loading, sources));
    let watched = loaded
        .await
        .map_err(|error| ServeError::Runtime(std::io::Error::other(error)))??;
    app.is_ready.store(true, Relaxed);
    app.log.note(&Event::info("ready").with("models", watched.len()));
    let watching = tokio::spawn(watch_files(Arc::clone(app), watched, Arc::clone(&control.reload)));
    let mut stop = control.stop.subscribe();
    // The sender is there as long as the control.
    let _ = stop.wait_for(|stop| *stop).await;
    watching.abort();
    app.log.note(&Event::info("stopping"));
    let event = match stopping.stop(app.settings.limits.stop_time).await {
        true => Event::info("stopped"),
        false => Event::warning("stopped").with("error", "some requests were not answered in time"),
    };
    app.log.note(&event);
    Ok(())
}

fn load_all(app: &App, sources: Vec<ModelSource>) -> Result<Vec<Watched>, ServeError> {
    let load = |source: ModelSource| {
        // What changes while it is loaded is loaded again.
        let watched = Watched::new(source.clone());
        let model = ServedModel::load(&source, app.settings.workers)?;
        let event = Event::info("loaded")
            .with("model", source.name)
            .with("version", source.version)
            .with("columns", model.expected.len());
        app.registry.put(model);
        app.log.note(&event);
        Ok(watched)
    };
    sources.into_iter().map(load).collect()
}

/// Loads models anew when their files change, or when it is asked for.
async fn watch_files(app: Arc<App>, mut watched: Vec<Watched>, asked: Arc<Notify>) {
    loop {
        let is_asked = match app.settings.watch_every {
            Some(time) => tokio::time::timeout(time, asked.notified()).await.is_ok(),
            None => {
                asked.notified().await;
                true
            }
        };
        let app = Arc::clone(&app);
        let looked = tokio::task::spawn_blocking(move || {
            for one in &mut watched {
                if one.has_changed() || is_asked {
                    let is_loaded = reload(one, &app.registry, app.settings.workers, &app.log);
                    let counter = match is_loaded {
                        true => &app.metrics.reloads,
                        false => &app.metrics.failed_reloads,
                    };
                    counter.fetch_add(1, Relaxed);
                }
            }
            watched
        });
        match looked.await {
            Ok(back) => watched = back,
            Err(_) => return,
        }
    }
}
