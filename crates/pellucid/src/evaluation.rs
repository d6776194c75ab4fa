//! Using a network: its outputs, its loss and metrics on data.

use crate::dataset::{BatchBuffers, Dataset, Features, Rows};
use crate::loss::Loss;
use crate::metrics::{Mean, Metric};
use crate::network::Network;
use crate::pass::{self, Workspace};
use crate::scalar::Scalar;
use std::num::NonZeroUsize;

/// Rows that go through the network at once: enough for a matrix product, few enough to stay in the caches.
const BATCH: usize = 256;

/// The loss and the metrics of a network on a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The mean loss of a sample.
    pub loss: f64,
    /// The metrics.
    pub metrics: Vec<(Metric, f64)>,
}

/// The mean loss and the metrics of a network on all of `data`.
///
/// # Panics
/// When the data does not have the network's shape ([`check_fit`](crate::trainer::check_fit) tells).
pub fn evaluate<T: Scalar>(
    network: &Network<T>,
    data: &Dataset<T>,
    loss: Loss,
    metrics: &[Metric],
    threads: NonZeroUsize,
) -> Evaluation {
    let architecture = network.architecture();
    let mut workspace = Workspace::new(architecture, BATCH.min(data.rows())).with_threads(threads);
    let mut buffers = BatchBuffers::default();
    let mut means: Vec<Mean> = metrics.iter().map(|&metric| Mean::new(metric)).collect();
    let mut sum = 0.0;
    for start in (0..data.rows()).step_by(BATCH) {
        let end = (start + BATCH).min(data.rows());
        let (input, targets) = buffers.gather(data, Rows::Range(start, end));
        pass::forward(architecture, network.parameters(), input, &mut workspace);
        sum += pass::loss_sum(loss, architecture, targets, &workspace);
        for mean in &mut means {
            mean.add(workspace.outputs(), targets, architecture.output_width());
        }
    }
    let metrics = means
        .iter_mut()
        .map(|mean| (mean.metric(), mean.take()))
        .collect();
    Evaluation {
        loss: sum / data.rows() as f64,
        metrics,
    }
}

/// The outputs for rows `0..rows` of `features`, (rows, outputs).
///
/// # Panics
/// When the features do not have the network's shape, or there are not as many rows.
pub fn predict<T: Scalar>(
    network: &Network<T>,
    features: &Features<T>,
    rows: usize,
    threads: NonZeroUsize,
) -> Vec<T> {
    let architecture = network.architecture();
    let mut workspace = Workspace::new(architecture, BATCH.min(rows)).with_threads(threads);
    let mut outputs = Vec::with_capacity(rows * architecture.output_width());
    for start in (0..rows).step_by(BATCH) {
        let input = features.slice(start, (start + BATCH).min(rows));
        pass::forward(architecture, network.parameters(), input, &mut workspace);
        outputs.extend_from_slice(workspace.outputs());
    }
    outputs
}
