//! Layer statistics: the gradients, weights and units of each layer during training.
//!
//! [`LayerStatisticsRecorder`] observes a run. At some of its epochs sampled rows of the training data, a [`Probe`], pass
//! through the network, forwards and backwards, and the statistics of each layer are kept as [`LayerStatistics`].
//!
//! ```
//! use pellucid::{Recipe, Session};
//! use pellucid::data::dataset::{Dataset, Features, Targets};
//! use pellucid::data::matrix::Matrix;
//!
//! let mut recipe = Recipe::built_in("xor-sgd")?;
//! recipe.train.epochs = 100;
//! let inputs = Matrix::from_rows("inputs", &[vec![0., 0.], vec![0., 1.], vec![1., 0.], vec![1., 1.]])?;
//! let targets = Matrix::from_rows("targets", &[vec![0.], vec![1.], vec![1.], vec![0.]])?;
//! let xor = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets))?;
//! let session = Session::new(recipe, xor, std::num::NonZeroUsize::MIN)?.diagnosed(&[])?;
//! let finished = session.run(&mut ())?;
//! let last = finished.summary.layer_statistics.last().expect("the last epoch is kept");
//! assert_eq!((last.epoch, last.updates, last.layers.len()), (100, 400, 2));
//! assert!(last.layers[0].update_ratio.is_some_and(|ratio| ratio > 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod probe;
mod records;
mod saved;

pub(crate) use probe::largest_derivative_of_bounded;
pub use probe::{FLAT, PROBE_ROWS, Probe};
pub use records::{LayerStatistics, LayerSummary};

use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::model::network::{Architecture, Network};
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use std::ops::ControlFlow;

/// The number of first epochs that are all kept.
const FIRST_EPOCHS: u64 = 32;
/// The most entries after those, not counting the last epoch; when there are more, every second one is dropped.
const MOST_LATER: usize = 256;
/// About the most probes of a run after those: entries that are dropped later cost time too.
const MOST_PROBES: u64 = 1024;
/// The number of steps at the end of an epoch whose sizes are measured.
const STEPS: u64 = 8;

/// Records the layer statistics of a network in training: before the first epoch, after each of the first epochs, then after
/// every so many, so that there are never more than some hundred entries, and after the last.
#[derive(Debug, Clone)]
pub struct LayerStatisticsRecorder<T> {
    probe: Probe<T>,
    entries: Vec<LayerStatistics>,
    every: u64,
    batches_of_step: u64,
    /// The network after the step before `next_step`.
    before: Network<T>,
    next_step: Option<u64>,
    /// The first and the last step that is measured for the next entry, counted from 0.
    window: (u64, u64),
    sizes: StepSizes,
}

impl<T: Scalar> LayerStatisticsRecorder<T> {
    /// A recorder for `network`, which `recipe` is about to train on `data`; the first entry is made at once.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for data without rows.
    ///
    /// # Panics
    /// When the data do not have the network's shape ([`check_fit`](crate::training::trainer::check_fit) checks it).
    pub fn new(recipe: &Recipe, network: &Network<T>, data: &Dataset<T>) -> Result<Self> {
        let mut probe = Probe::new(recipe, network.architecture(), data)?;
        let before_training = LayerStatistics {
            epoch: 0,
            updates: 0,
            loss: None,
            layers: probe.measure(network),
        };
        Ok(Self {
            probe,
            entries: vec![before_training],
            every: 1,
            batches_of_step: recipe.train.accumulate.max(1),
            before: network.clone(),
            next_step: None,
            window: (0, 0),
            sizes: StepSizes::new(network.architecture()),
        })
    }

    /// The entries in the order of epochs; the first is that before training.
    pub fn entries(&self) -> &[LayerStatistics] {
        &self.entries
    }

    /// The same, owned.
    pub fn into_entries(self) -> Vec<LayerStatistics> {
        self.entries
    }

    /// Whether the epoch of this number, counted from 1, is kept.
    fn is_kept(&self, epoch: u64, epochs: u64) -> bool {
        epoch <= FIRST_EPOCHS || epoch.is_multiple_of(self.every) || epoch == epochs
    }

    /// The first epoch to be kept, counted from 1, that is not before `epoch`.
    fn next_kept(&self, epoch: u64, epochs: u64) -> u64 {
        if epoch <= FIRST_EPOCHS {
            return epoch;
        }
        let next = epoch.next_multiple_of(self.every);
        if epoch <= epochs { next.min(epochs) } else { next }
    }

    fn thin(&mut self, epochs: u64) {
        let later = |entry: &&LayerStatistics| entry.epoch > FIRST_EPOCHS;
        if self.entries.iter().filter(later).count() > MOST_LATER {
            self.every *= 2;
            let entries = std::mem::take(&mut self.entries);
            let kept = entries
                .into_iter()
                .filter(|entry| self.is_kept(entry.epoch, epochs));
            self.entries = kept.collect();
        }
    }
}

impl<T: Scalar> Observer<T> for LayerStatisticsRecorder<T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step {
                position, parameters, ..
            } => {
                let (first, last) = self.window;
                if !(first..=last).contains(&position.step) {
                    return ControlFlow::Continue(());
                }
                if self.next_step == Some(position.step) {
                    self.sizes.add(&self.before, parameters);
                }
                self.before.parameters_mut().copy_from_slice(parameters);
                self.next_step = Some(position.step + 1);
            }
            Event::Recorded { .. } => {}
            Event::Epoch { position, loss, .. } => {
                if self.is_kept(position.epoch + 1, position.epochs) {
                    let mut layers = self.probe.measure(&self.before);
                    self.sizes.take(&mut layers);
                    let epoch = position.epoch + 1;
                    self.entries.push(LayerStatistics {
                        epoch,
                        updates: epoch * position.steps_per_epoch.div_ceil(self.batches_of_step),
                        loss: Some(*loss),
                        layers,
                    });
                    self.thin(position.epochs);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        // `new` copied the parameters before the first step.
        if self.next_step.is_none() {
            self.next_step = Some(next.step);
            self.every = next.epochs.div_ceil(MOST_PROBES).next_power_of_two();
        }
        let epoch = self.next_kept(next.epoch + 1, next.epochs);
        let epochs_to_go = epoch - next.epoch;
        let steps_to_go = epochs_to_go
            .saturating_mul(next.steps_per_epoch)
            .saturating_sub(next.batch);
        let last = next.step.saturating_add(steps_to_go) - 1;
        self.window = (last.saturating_sub(STEPS), last);
        next.step.max(self.window.0)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.next_kept(next.epoch + 1, next.epochs) - 1
    }
}

/// Accumulates ‖ΔW‖/‖W‖ of some steps, layer by layer.
#[derive(Debug, Clone)]
struct StepSizes {
    /// The sum over steps of (‖ΔW‖/‖W‖)², one entry per layer.
    sums: Vec<f64>,
    steps: u64,
}

impl StepSizes {
    fn new(architecture: &Architecture) -> Self {
        Self {
            sums: vec![0.0; architecture.layers().len()],
            steps: 0,
        }
    }

    /// Adds a step, unless the parameters stayed because the gradient was only accumulated.
    fn add<T: Scalar>(&mut self, before: &Network<T>, after: &[T]) {
        if before.parameters() == after {
            return;
        }
        self.steps += 1;
        for (sum, layer) in self.sums.iter_mut().zip(before.architecture().layers()) {
            let (before, after) = (&before.parameters()[layer.weights()], &after[layer.weights()]);
            let (mut moved, mut size) = (0.0, 0.0);
            for (before, after) in before.iter().zip(after) {
                moved += (after.to_f64() - before.to_f64()).powi(2);
                size += before.to_f64().powi(2);
            }
            *sum += if moved == 0.0 { 0.0 } else { moved / size };
        }
    }

    /// Writes the ratios of the steps so far, 0 without any, and starts again.
    fn take(&mut self, layers: &mut [LayerSummary]) {
        for (sum, layer) in self.sums.iter_mut().zip(layers) {
            layer.update_ratio = Some((*sum / self.steps.max(1) as f64).sqrt());
            *sum = 0.0;
        }
        self.steps = 0;
    }
}
