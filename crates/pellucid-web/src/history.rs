//! The course of a training, epoch by epoch.

use pellucid::evaluation::metrics::Metric;
use pellucid::session::record::Number;
use pellucid::training::observe::EpochRecord;
use serde::Serialize;

/// The most epochs that are kept.
pub const MOST_EPOCHS: u64 = 2000;

/// An epoch.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryPoint {
    /// Counted from 1.
    pub epoch: u64,
    /// The steps so far.
    pub step: u64,
    /// The mean loss of the training rows, each before the step that used it.
    pub loss: Number,
    /// The loss of the rows that are not trained on, after the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_loss: Option<Number>,
    /// The main metric of the training rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Number>,
    /// That of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_metric: Option<Number>,
}

impl HistoryPoint {
    /// The point of a recorded epoch, which ended after `step` steps; `metric` is the main one.
    pub fn new(record: &EpochRecord, epoch: u64, step: u64, metric: Option<Metric>) -> Self {
        let main = |metrics: &[(Metric, f64)]| {
            let found = metrics.iter().find(|(known, _)| Some(*known) == metric);
            found.map(|(_, value)| Number(*value))
        };
        let held_out = record.validation.as_ref();
        Self {
            epoch,
            step,
            loss: Number(record.loss),
            test_loss: held_out.map(|held_out| Number(held_out.loss)),
            metric: main(&record.metrics),
            test_metric: held_out.and_then(|held_out| main(&held_out.metrics)),
        }
    }
}
