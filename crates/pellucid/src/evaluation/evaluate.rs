//! Computes the outputs of a network on data, and its loss and metrics.

use crate::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use crate::evaluation::metrics::{Meters, Metric};
use crate::loss::Loss;
use crate::model::network::{Architecture, Network};
use crate::model::pass::{self, Workspace};
use crate::scalar::Scalar;
use pellucid_kernels::thread_pool;
use std::num::NonZeroUsize;

/// The rows of one forward pass, of one member: enough for efficient matrix products, few enough to stay in the caches.
const BATCH: usize = 256;

/// The rows of one forward pass. Members share its products, so that fewer rows are enough.
fn batch_rows(architecture: &Architecture) -> usize {
    (BATCH / architecture.member_count()).max(16)
}

/// The loss and the metrics of a network on a data set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// The mean loss of the samples, each times its weight where samples have weights.
    pub loss: f64,
    /// The metrics.
    pub metrics: Vec<(Metric, f64)>,
}

/// The mean loss and the metrics of a network on all of `data`.
///
/// # Panics
/// When the data does not have the network's shape; [`check_fit`](crate::training::trainer::check_fit) checks it.
pub fn evaluate<T: Scalar>(
    network: &Network<T>,
    data: &Dataset<T>,
    loss: Loss,
    metrics: &[Metric],
    threads: NonZeroUsize,
) -> Evaluation {
    Evaluator::default().evaluate(network, data, loss, metrics, threads)
}

/// Evaluates networks of one shape on one data set again and again, with the arrays of the first time.
#[derive(Debug, Clone)]
pub struct Evaluator<T> {
    slots: Vec<BatchSlot<T>>,
}

impl<T> Default for Evaluator<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T: Scalar> Evaluator<T> {
    /// [`evaluate`], for the same architecture, data and threads each time.
    ///
    /// # Panics
    /// As [`evaluate`].
    pub fn evaluate(
        &mut self,
        network: &Network<T>,
        data: &Dataset<T>,
        loss: Loss,
        metrics: &[Metric],
        threads: NonZeroUsize,
    ) -> Evaluation {
        let mut meters = Meters::new(metrics, data);
        let loss = each_batch(
            (network.architecture(), network.parameters()),
            data,
            loss,
            threads,
            &mut self.slots,
            |outputs, targets| meters.add(outputs, targets),
        );
        Evaluation {
            loss,
            metrics: meters.take(),
        }
    }
}

/// The mean loss of a network with these parameters on all of `data`, each sample's times its weight.
///
/// # Panics
/// When parameters or data do not have the network's shape.
pub fn mean_loss<T, S>(
    architecture: &Architecture,
    parameters: &[T],
    data: &S,
    loss: Loss,
    threads: NonZeroUsize,
) -> f64
where
    T: Scalar,
    S: Samples<T> + Sync + ?Sized,
{
    each_batch(
        (architecture, parameters),
        data,
        loss,
        threads,
        &mut Vec::new(),
        |_, _| (),
    )
}

/// The mean loss; `after_batch` gets outputs and targets of each batch, in the order of the rows. Empty `slots` are filled
/// for this architecture, data and number of threads, and others must be of the same.
fn each_batch<T, S>(
    (architecture, parameters): (&Architecture, &[T]),
    data: &S,
    loss: Loss,
    threads: NonZeroUsize,
    slots: &mut Vec<BatchSlot<T>>,
    mut after_batch: impl FnMut(&[T], &[T]),
) -> f64
where
    T: Scalar,
    S: Samples<T> + Sync + ?Sized,
{
    let mut sum = 0.0;
    let batch = batch_rows(architecture);
    // As many batches at a time as there are threads, each with arrays of its own. The results are added in the order of the
    // rows, so that they do not depend on the number of threads.
    let batches = data.rows().div_ceil(batch);
    slots.resize_with(threads.get().min(batches).min(thread_pool::MAX_PARTS), || {
        BatchSlot {
            start: 0,
            workspace: Workspace::new(architecture, batch.min(data.rows())).predicting(),
            buffers: BatchBuffers::default(),
            loss: 0.0,
        }
    });
    let wave = slots.len() * batch;
    for first in (0..data.rows()).step_by(wave) {
        let used = (data.rows() - first).div_ceil(batch).min(slots.len());
        for (index, slot) in slots[..used].iter_mut().enumerate() {
            slot.start = first + index * batch;
        }
        thread_pool::for_each(threads, &mut slots[..used], |slot| {
            let rows = slot.start..(slot.start + batch).min(data.rows());
            let (input, targets) = data.gather(Rows::Range(rows.start, rows.end), &mut slot.buffers);
            pass::forward(architecture, parameters, input, &mut slot.workspace);
            let weights = if data.is_weighted() { rows } else { 0..0 };
            slot.workspace.weigh_rows(weights.map(|row| data.weight(row)));
            slot.loss = pass::loss_sum(loss, architecture, targets, &slot.workspace);
        });
        for slot in &mut slots[..used] {
            let end = (slot.start + batch).min(data.rows());
            let (_, targets) = data.gather(Rows::Range(slot.start, end), &mut slot.buffers);
            sum += slot.loss;
            after_batch(slot.workspace.outputs(), targets);
        }
    }
    sum / data.rows() as f64
}

/// The outputs for rows `0..rows` of `features`, (rows, outputs).
///
/// # Panics
/// When the features do not have the network's shape, or have fewer rows.
pub fn predict<T, S>(network: &Network<T>, features: &S, rows: usize, threads: NonZeroUsize) -> Vec<T>
where
    T: Scalar,
    S: Samples<T> + Sync + ?Sized,
{
    outputs(
        network.architecture(),
        network.parameters(),
        features,
        rows,
        threads,
    )
}

/// [`predict`] for parameters that are stored elsewhere.
///
/// # Panics
/// When parameters or features do not have the network's shape, or the features have fewer rows.
pub fn outputs<T, S>(
    architecture: &Architecture,
    parameters: &[T],
    features: &S,
    rows: usize,
    threads: NonZeroUsize,
) -> Vec<T>
where
    T: Scalar,
    S: Samples<T> + Sync + ?Sized,
{
    let width = architecture.output_width();
    let mut outputs = vec![T::ZERO; rows * width];
    let batch = batch_rows(architecture);
    let batches = rows.div_ceil(batch);
    let batches_per_part = batches.div_ceil(threads.get().min(thread_pool::MAX_PARTS)).max(1);
    let rows_per_part = batches_per_part * batch;
    let mut parts: Vec<(usize, &mut [T])> = outputs
        .chunks_mut(rows_per_part * width)
        .enumerate()
        .map(|(index, outputs)| (index * rows_per_part, outputs))
        .collect();
    thread_pool::for_each(threads, &mut parts, |(first, outputs)| {
        let mut workspace = Workspace::new(architecture, batch.min(outputs.len() / width)).predicting();
        let mut buffers = BatchBuffers::default();
        for (index, outputs) in outputs.chunks_mut(batch * width).enumerate() {
            let start = *first + index * batch;
            let rows = Rows::Range(start, start + outputs.len() / width);
            let (input, _) = features.gather(rows, &mut buffers);
            pass::forward(architecture, parameters, input, &mut workspace);
            outputs.copy_from_slice(workspace.outputs());
        }
    });
    outputs
}

/// The arrays of one thread for one batch, and the loss of the batch.
#[derive(Debug, Clone)]
struct BatchSlot<T> {
    start: usize,
    workspace: Workspace<T>,
    buffers: BatchBuffers<T>,
    loss: f64,
}
