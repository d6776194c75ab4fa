//! What a server counts, in the text format of Prometheus.

use crate::model::Registry;
use pellucid_data::preparation::Counts;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Infer,
    Predict,
    Health,
    Models,
    Metrics,
    Pages,
    Other,
}

const ROUTES: [(Route, &str); 7] = [
    (Route::Infer, "infer"),
    (Route::Predict, "predict"),
    (Route::Health, "health"),
    (Route::Models, "models"),
    (Route::Metrics, "metrics"),
    (Route::Pages, "pages"),
    (Route::Other, "other"),
];

impl Route {
    /// The route of a path.
    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/predict" => Self::Predict,
            "/metrics" => Self::Metrics,
            "/" | "/docs" | "/openapi.json" => Self::Pages,
            path if path.starts_with("/v2/health/") => Self::Health,
            path if path.starts_with("/v2/models/") && path.ends_with("/infer") => Self::Infer,
            path if path.starts_with("/v2") => Self::Models,
            _ => Self::Other,
        }
    }

    /// Whether a request is work, of which a limited number is done at a time.
    pub(crate) fn is_work(self) -> bool {
        matches!(self, Self::Infer | Self::Predict)
    }
}

/// The statuses that are counted on their own; the last one stands for any other.
const STATUSES: [u16; 12] = [200, 400, 401, 404, 405, 408, 413, 415, 500, 503, 304, 0];

/// The upper bounds of the classes of durations, in microseconds.
const BOUNDS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

#[derive(Debug, Default)]
struct OfRoute {
    statuses: [AtomicU64; STATUSES.len()],
    /// Requests of each class of durations, and those that took longer.
    durations: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

#[derive(Debug, Default)]
struct OfModel {
    requests: u64,
    rows: u64,
    unanswered: u64,
    /// Of each column, missing values, unseen words and numbers far outside.
    columns: BTreeMap<String, [u64; 3]>,
}

/// The counters of a server.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    routes: [OfRoute; ROUTES.len()],
    /// By name and version. A reload keeps them.
    models: Mutex<BTreeMap<(String, String), OfModel>>,
    pub(crate) under_way: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) reloads: AtomicU64,
    pub(crate) failed_reloads: AtomicU64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            routes: Default::default(),
            models: Mutex::default(),
            under_way: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            reloads: AtomicU64::new(0),
            failed_reloads: AtomicU64::new(0),
        }
    }

    /// Counts a request that was answered.
    pub(crate) fn add_request(&self, route: Route, status: u16, took: Duration) {
        let counters = &self.routes[route as usize];
        let other = STATUSES.len() - 1;
        let place = STATUSES
            .iter()
            .position(|known| *known == status)
            .unwrap_or(other);
        counters.statuses[place].fetch_add(1, Relaxed);
        let took = took.as_micros() as u64;
        let class = BOUNDS
            .iter()
            .position(|bound| took <= *bound)
            .unwrap_or(BOUNDS.len());
        counters.durations[class].fetch_add(1, Relaxed);
        counters.microseconds.fetch_add(took, Relaxed);
    }

    /// Counts rows that a model predicted.
    pub(crate) fn add_rows(
        &self,
        name: &str,
        version: &str,
        rows: usize,
        unanswered: usize,
        counts: &Counts,
    ) {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let model = models.entry((name.to_owned(), version.to_owned())).or_default();
        model.requests += 1;
        model.rows += rows as u64;
        model.unanswered += unanswered as u64;
        for met in &counts.columns {
            let column = match model.columns.get_mut(&met.column) {
                Some(column) => column,
                None => model.columns.entry(met.column.clone()).or_default(),
            };
            for (sum, more) in column.iter_mut().zip([met.missing, met.unseen, met.outside]) {
                *sum += more as u64;
            }
        }
    }

    /// All counters as text.
    pub(crate) fn text(&self, registry: &Registry) -> String {
        let mut text = String::new();
        self.write(&mut text, registry).unwrap_or_default();
        text
    }

    fn write(&self, text: &mut String, registry: &Registry) -> std::fmt::Result {
        head(text, "pellucid_requests_total", "counter", "Answered requests.")?;
        for ((_, route), counters) in ROUTES.iter().zip(&self.routes) {
            for (status, count) in STATUSES.iter().zip(&counters.statuses) {
                let status = if *status == 0 {
                    "other".to_owned()
                } else {
                    status.to_string()
                };
                let count = count.load(Relaxed);
                if count > 0 {
                    writeln!(
                        text,
                        "pellucid_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"
                    )?;
                }
            }
        }
        let name = "pellucid_request_duration_seconds";
        head(
            text,
            name,
            "histogram",
            "From the headers of a request to its answer.",
        )?;
        for ((_, route), counters) in ROUTES.iter().zip(&self.routes) {
            let counts = counters.durations.each_ref().map(|count| count.load(Relaxed));
            let all: u64 = counts.iter().sum();
            if all == 0 {
                continue;
            }
            let mut sum = 0;
            for (bound, count) in BOUNDS.iter().zip(counts) {
                sum += count;
                let bound = *bound as f64 / 1e6;
                writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {sum}")?;
            }
            writeln!(text, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {all}")?;
            let seconds = counters.microseconds.load(Relaxed) as f64 / 1e6;
            writeln!(text, "{name}_sum{{route=\"{route}\"}} {seconds}")?;
            writeln!(text, "{name}_count{{route=\"{route}\"}} {all}")?;
        }
        self.write_models(text)?;
        head(
            text,
            "pellucid_model_info",
            "gauge",
            "The models that are served.",
        )?;
        for model in registry.all() {
            let (name, version) = (escaped(&model.name), escaped(&model.version));
            let file = escaped(&model.model.version);
            writeln!(
                text,
                "pellucid_model_info{{model=\"{name}\",version=\"{version}\",trained_by=\"{file}\"}} 1"
            )?;
        }
        let gauges = [
            (
                "pellucid_requests_under_way",
                "gauge",
                "Requests that are being answered.",
                &self.under_way,
            ),
            (
                "pellucid_connections",
                "gauge",
                "Open connections.",
                &self.connections,
            ),
            (
                "pellucid_reloads_total",
                "counter",
                "Models that were loaded anew.",
                &self.reloads,
            ),
            (
                "pellucid_failed_reloads_total",
                "counter",
                "Files that could not be loaded.",
                &self.failed_reloads,
            ),
        ];
        for (name, kind, help, value) in gauges {
            head(text, name, kind, help)?;
            writeln!(text, "{name} {}", value.load(Relaxed))?;
        }
        head(text, "pellucid_uptime_seconds", "gauge", "Since the start.")?;
        writeln!(
            text,
            "pellucid_uptime_seconds {}",
            self.started.elapsed().as_secs_f64()
        )?;
        if let Some(bytes) = resident_bytes() {
            head(text, "process_resident_memory_bytes", "gauge", "Memory in use.")?;
            writeln!(text, "process_resident_memory_bytes {bytes}")?;
        }
        Ok(())
    }

    fn write_models(&self, text: &mut String) -> std::fmt::Result {
        type OfOne = fn(&OfModel) -> u64;
        const SUMS: [(&str, &str, OfOne); 3] = [
            (
                "pellucid_model_requests_total",
                "Requests that a model answered.",
                |model| model.requests,
            ),
            ("pellucid_rows_total", "Rows that a model predicted.", |model| {
                model.rows
            }),
            (
                "pellucid_unanswered_rows_total",
                "Rows without a finite prediction.",
                |model| model.unanswered,
            ),
        ];
        const OF_COLUMNS: [(&str, &str); 3] = [
            ("pellucid_missing_values_total", "Missing values."),
            ("pellucid_unseen_words_total", "Words that no training row has."),
            (
                "pellucid_far_numbers_total",
                "Numbers far outside the training rows' range.",
            ),
        ];
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        for (metric, help, value) in SUMS {
            head(text, metric, "counter", help)?;
            for ((name, version), model) in &*models {
                let (name, version) = (escaped(name), escaped(version));
                writeln!(
                    text,
                    "{metric}{{model=\"{name}\",version=\"{version}\"}} {}",
                    value(model)
                )?;
            }
        }
        for (place, (metric, help)) in OF_COLUMNS.into_iter().enumerate() {
            head(text, metric, "counter", help)?;
            for ((name, version), model) in &*models {
                let (name, version) = (escaped(name), escaped(version));
                for (column, counts) in &model.columns {
                    let (column, count) = (escaped(column), counts[place]);
                    if count > 0 {
                        writeln!(
                            text,
                            "{metric}{{model=\"{name}\",version=\"{version}\",column=\"{column}\"}} {count}"
                        )?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// The value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// The resident memory of the process, where the system says it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
