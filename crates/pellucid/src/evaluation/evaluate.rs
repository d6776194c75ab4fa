//! Using a network: its outputs, its loss and metrics on data.

use crate::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use crate::evaluation::metrics::{Meters, Metric};
use crate::loss::Loss;
use crate::model::network::{Architecture, Network};
use crate::model::pass::{self, Workspace};
use crate::scalar::Scalar;
use pellucid_kernels::thread_pool;
use std::num::NonZeroUsize;

/// Rows that go through the network at once: enough for a matrix product, few enough to stay in the caches.
const BATCH: usize = 256;

/// The loss and the metrics of a network on a data set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// The mean loss of a sample, each counting for its weight where samples have weights.
    pub loss: f64,
    /// The metrics.
    pub metrics: Vec<(Metric, f64)>,
}

/// The mean loss and the metrics of a network on all of `data`.
///
/// # Panics
/// When the data does not have the network's shape ([`check_fit`](crate::training::trainer::check_fit) tells).
pub fn evaluate<T: Scalar>(
    network: &Network<T>,
    data: &Dataset<T>,
    loss: Loss,
    metrics: &[Metric],
    threads: NonZeroUsize,
) -> Evaluation {
    let architecture = network.architecture();
    let mut meters = Meters::new(metrics, data);
    let mut sum = 0.0;
    // As many batches at a time as there are threads, each in a room of its own; what comes of them is added up in the
    // order of the rows, so that the number of threads does not matter.
    let batches = data.rows().div_ceil(BATCH);
    let mut rooms: Vec<Room<T>> = (0..threads.get().min(batches).min(thread_pool::MAX_PARTS))
        .map(|_| Room::new(architecture, data.rows()))
        .collect();
    let wave = rooms.len() * BATCH;
    for first in (0..data.rows()).step_by(wave) {
        let used = (data.rows() - first).div_ceil(BATCH).min(rooms.len());
        for (index, room) in rooms[..used].iter_mut().enumerate() {
            room.start = first + index * BATCH;
        }
        thread_pool::for_each(threads, &mut rooms[..used], |room| {
            let end = (room.start + BATCH).min(data.rows());
            let (input, targets) = room.buffers.gather(data, Rows::Range(room.start, end));
            pass::forward(architecture, network.parameters(), input, &mut room.workspace);
            let weights = data
                .weights()
                .map_or(&[][..], |weights| &weights[room.start..end]);
            room.workspace.weigh_rows(weights.iter().copied());
            room.loss = pass::loss_sum(loss, architecture, targets, &room.workspace);
        });
        for room in &mut rooms[..used] {
            let end = (room.start + BATCH).min(data.rows());
            let (_, targets) = room.buffers.gather(data, Rows::Range(room.start, end));
            sum += room.loss;
            meters.add(room.workspace.outputs(), targets);
        }
    }
    Evaluation {
        loss: sum / data.rows() as f64,
        metrics: meters.take(),
    }
}

/// The outputs for rows `0..rows` of `features`, (rows, outputs).
///
/// # Panics
/// When the features do not have the network's shape, or there are not as many rows.
pub fn predict<T, S>(network: &Network<T>, features: &S, rows: usize, threads: NonZeroUsize) -> Vec<T>
where
    T: Scalar,
    S: Samples<T> + Sync + ?Sized,
{
    let architecture = network.architecture();
    let width = architecture.output_width();
    let mut outputs = vec![T::ZERO; rows * width];
    let batches = rows.div_ceil(BATCH);
    let batches_a_part = batches.div_ceil(threads.get().min(thread_pool::MAX_PARTS)).max(1);
    let rows_a_part = batches_a_part * BATCH;
    let mut parts: Vec<(usize, &mut [T])> = outputs
        .chunks_mut(rows_a_part * width)
        .enumerate()
        .map(|(index, outputs)| (index * rows_a_part, outputs))
        .collect();
    thread_pool::for_each(threads, &mut parts, |(first, outputs)| {
        let mut workspace = Workspace::new(architecture, BATCH.min(outputs.len() / width)).predicting();
        let mut buffers = BatchBuffers::default();
        for (index, outputs) in outputs.chunks_mut(BATCH * width).enumerate() {
            let start = *first + index * BATCH;
            let rows = Rows::Range(start, start + outputs.len() / width);
            let (input, _) = features.gather(rows, &mut buffers);
            pass::forward(architecture, network.parameters(), input, &mut workspace);
            outputs.copy_from_slice(workspace.outputs());
        }
    });
    outputs
}

/// What one thread needs to evaluate a batch.
struct Room<T> {
    start: usize,
    workspace: Workspace<T>,
    buffers: BatchBuffers<T>,
    loss: f64,
}

impl<T: Scalar> Room<T> {
    fn new(architecture: &Architecture, rows: usize) -> Self {
        Self {
            start: 0,
            workspace: Workspace::new(architecture, BATCH.min(rows)).predicting(),
            buffers: BatchBuffers::default(),
            loss: 0.0,
        }
    }
}
