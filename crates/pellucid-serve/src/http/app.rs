//! What all requests share.

use crate::event::Log;
use crate::metrics::Metrics;
use crate::model::Registry;
use crate::settings::Settings;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use tokio::sync::Semaphore;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) registry: Registry,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
    /// Whether all models are loaded and have answered once.
    pub(crate) is_ready: AtomicBool,
    /// A permit for each request that is worked on.
    pub(super) work: Semaphore,
    /// Bytes of bodies that are held.
    pub(super) held_bytes: AtomicUsize,
    /// The number of the last request, and where the numbers of this process begin.
    pub(super) last_id: AtomicU64,
    pub(super) first_id: u64,
}

impl App {
    pub(crate) fn new(settings: Settings, log: Log) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            work: Semaphore::new(settings.limits.requests),
            settings,
            registry: Registry::default(),
            metrics: Metrics::new(),
            log,
            is_ready: AtomicBool::new(false),
            held_bytes: AtomicUsize::new(0),
            last_id: AtomicU64::new(0),
            first_id: now.unwrap_or_default().as_nanos() as u64,
        }
    }
}
