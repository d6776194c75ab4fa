//! Models are loaded anew when their files change.

use super::registry::Registry;
use super::served::ServedModel;
use super::source::ModelSource;
use crate::event::{Event, Log};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::SystemTime;

/// A source, and its files as they were at the last check.
#[derive(Debug)]
pub(crate) struct Watched {
    source: ModelSource,
    loaded: Stamps,
    seen: Stamps,
}

/// Of a model and of its background, when the file changed last and how long it is.
type Stamps = [Option<(SystemTime, u64)>; 2];

impl Watched {
    /// The files of a source as they are now.
    pub(crate) fn new(source: ModelSource) -> Self {
        let stamps = stamps(&source);
        Self {
            source,
            loaded: stamps,
            seen: stamps,
        }
    }

    /// Whether the files have changed since they were loaded, and not since the last look: a file that is being written is
    /// left alone.
    pub(crate) fn has_changed(&mut self) -> bool {
        let now = stamps(&self.source);
        let is_settled = now == self.seen;
        self.seen = now;
        is_settled && now != self.loaded && now[0].is_some()
    }
}

fn stamps(source: &ModelSource) -> Stamps {
    let stamp = |path: &Path| {
        let data = path.metadata().ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    [stamp(&source.file), source.background.as_deref().and_then(stamp)]
}

/// Loads a model anew. Where that fails, the one before stays, and the log says why.
pub(crate) fn reload(watched: &mut Watched, registry: &Registry, threads: NonZeroUsize, log: &Log) -> bool {
    // A file that changes from now on is loaded again.
    watched.loaded = stamps(&watched.source);
    watched.seen = watched.loaded;
    let source = &watched.source;
    let named = |event: Event| {
        event
            .with("model", source.name.as_str())
            .with("version", source.version.as_str())
    };
    match ServedModel::load(source, threads) {
        Ok(model) => {
            let event = named(Event::info("reloaded"));
            registry.put(model);
            log.note(&event);
            true
        }
        Err(error) => {
            let event = named(Event::warning("reload failed")).with("error", error.to_string());
            log.note(&event.with("serving", "the model loaded before"));
            false
        }
    }
}
