//! The workloads of bench/README.md, run and timed in this process.

use crate::floor::{Needs, NonZero, Step};
use anyhow::{Context, Result};
use pellucid::data::dataset::{BatchBuffers, ByteMatrix, Dataset, Features, Rows, Samples, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::Source;
use pellucid::{Network, Precision, Recipe, Scalar, Session, Workspace, forward};
use pellucid_data::{Mnist, read_mnist};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

const PIXELS: usize = 28 * 28;
/// MNIST's share of pixels that are not zero.
const INK: f64 = 0.191;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Train,
    OneRow,
    Rows,
}

/// A workload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    kind: Kind,
    recipe: &'static str,
    /// Whether more than one thread can help.
    pub(crate) takes_threads: bool,
}

macro_rules! workload {
    ($name:literal, $kind:ident, $recipe:literal, $takes_threads:literal) => {
        Workload {
            name: $name,
            kind: Kind::$kind,
            recipe: include_str!(concat!("../../recipes/", $recipe, ".toml")),
            takes_threads: $takes_threads,
        }
    };
}

/// All workloads.
pub(crate) const ALL: [Workload; 9] = [
    workload!("single-sample", Train, "single-sample", false),
    workload!("xor-by-hand", Train, "xor-by-hand", false),
    workload!("mnist-online", Train, "mnist-online", false),
    workload!("mnist-online-f64", Train, "mnist-online-f64", false),
    workload!("mnist-128", Train, "mnist-128", true),
    workload!("mnist-1024", Train, "mnist-1024", true),
    workload!("table-64-32", Train, "table-64-32", true),
    workload!("one-row", OneRow, "mnist-128", false),
    workload!("ten-thousand-rows", Rows, "mnist-128", true),
];

/// The settings of a measurement.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// MNIST, or `None` for noise of its shape.
    pub(crate) mnist: Option<Mnist>,
    /// The maximum number of runs of each, of which the fastest counts.
    pub(crate) rounds: usize,
    /// The time after which no further run starts.
    pub(crate) enough: Duration,
    /// Whether to train on less data, or for fewer epochs.
    pub(crate) is_quick: bool,
}

/// The result of a workload.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) precision: Precision,
    /// Training steps, or batches of predictions.
    pub(crate) steps: u64,
    pub(crate) needs: Needs,
    /// Of all steps.
    pub(crate) seconds: f64,
}

impl Workload {
    pub(crate) fn measure(&self, settings: &Settings, threads: NonZeroUsize) -> Result<Measured> {
        let recipe = Recipe::from_toml(self.recipe, self.name)?;
        match recipe.train.precision {
            Precision::F32 => self.measure_in::<f32>(recipe, settings, threads),
            Precision::F64 => self.measure_in::<f64>(recipe, settings, threads),
        }
    }

    fn measure_in<T: Scalar>(
        &self,
        recipe: Recipe,
        settings: &Settings,
        threads: NonZeroUsize,
    ) -> Result<Measured> {
        match self.kind {
            Kind::Train => train::<T>(recipe, settings, threads),
            Kind::OneRow => {
                let (network, features) = answering::<T>(recipe, settings)?;
                Ok(one_row(&network, &features, settings))
            }
            Kind::Rows => {
                let (network, features) = answering::<T>(recipe, settings)?;
                Ok(all_rows(&network, &features, settings, threads))
            }
        }
    }
}

/// The fastest of some runs.
fn fastest(settings: &Settings, mut run: impl FnMut() -> Result<f64>) -> Result<f64> {
    let start = Instant::now();
    let mut least = f64::INFINITY;
    for round in 0..settings.rounds {
        if round > 0 && start.elapsed() > settings.enough {
            break;
        }
        least = least.min(run()?);
    }
    Ok(least)
}

fn train<T: Scalar>(mut recipe: Recipe, settings: &Settings, threads: NonZeroUsize) -> Result<Measured> {
    let data = if recipe.data.source == Source::Mnist {
        digits::<T>(settings, if settings.is_quick { 10_240 } else { 60_000 })?
    } else {
        pellucid_data::load(&recipe, None, &mut |_| {})?.training
    };
    if settings.is_quick && recipe.train.epochs > 10 {
        recipe.train.epochs /= 10;
    }
    let mut steps = 0;
    let seconds = fastest(settings, || {
        let mut trainer = Session::new(recipe.clone(), data.clone(), threads)?.into_trainer();
        let start = Instant::now();
        trainer.run(&data, &mut ())?;
        steps = trainer.updates();
        Ok(start.elapsed().as_secs_f64())
    })?;
    let rows = recipe.train.batch_size.rows_per_batch(data.rows());
    let architecture = recipe.architecture()?;
    let (non_zero, feature_bytes) = match data.features() {
        Features::Bytes(matrix) => (Some(non_zero(matrix.bytes(), data.features().columns(), rows)), 1),
        Features::Dense(_) => (None, size_of::<T>()),
    };
    let needs = Step {
        architecture: &architecture,
        rows,
        optimizer: Some(recipe.train.optimizer),
        non_zero,
        feature_bytes,
        data_bytes: data.rows() * architecture.input_width() * feature_bytes,
        number_bytes: size_of::<T>(),
    }
    .needs();
    Ok(Measured {
        precision: recipe.train.precision,
        steps,
        needs,
        seconds,
    })
}

/// The non-zero share of the input, and of the columns of a batch.
fn non_zero(bytes: &[u8], columns: usize, rows: usize) -> NonZero {
    let share = |count: usize, of: usize| count as f64 / of as f64;
    let set = bytes.iter().filter(|&&byte| byte != 0).count();
    let batches = bytes.chunks_exact(columns * rows).take(1000);
    let batch_count = batches.len();
    let columns_set: usize = batches
        .map(|batch| {
            let is_set = |column: &usize| batch.chunks_exact(columns).any(|row| row[*column] != 0);
            (0..columns).filter(is_set).count()
        })
        .sum();
    NonZero {
        features: share(set, bytes.len()),
        columns: share(columns_set, batch_count * columns),
    }
}

/// An untrained network, and 10,000 rows of numbers for it.
fn answering<T: Scalar>(recipe: Recipe, settings: &Settings) -> Result<(Network<T>, Features<T>)> {
    const ROWS: usize = 10_000;
    let data = digits::<T>(settings, ROWS)?;
    let Features::Bytes(pixels) = data.features() else {
        unreachable!("digits are bytes")
    };
    let numbers = pixels
        .bytes()
        .iter()
        .map(|&byte| T::from_f64(f64::from(byte) / 255.0));
    let features = Features::Dense(Matrix::new(ROWS, PIXELS, numbers.collect())?);
    let network = Session::new(recipe, data, NonZeroUsize::MIN)?.initial().clone();
    Ok((network, features))
}

fn needs_of_answer<T: Scalar>(network: &Network<T>, rows: usize, all_rows: usize) -> Needs {
    Step {
        architecture: network.architecture(),
        rows,
        optimizer: None,
        non_zero: None,
        feature_bytes: size_of::<T>(),
        data_bytes: all_rows * PIXELS * size_of::<T>(),
        number_bytes: size_of::<T>(),
    }
    .needs()
}

/// The median time of the prediction of one row.
fn one_row<T: Scalar>(network: &Network<T>, features: &Features<T>, settings: &Settings) -> Measured {
    let mut workspace = Workspace::new(network.architecture(), 1);
    let mut buffers = BatchBuffers::default();
    let rows = features.rows() / if settings.is_quick { 10 } else { 1 };
    let mut seconds: Vec<f64> = (0..rows)
        .map(|row| {
            let (input, _) = features.gather(Rows::Range(row, row + 1), &mut buffers);
            let start = Instant::now();
            forward(
                network.architecture(),
                network.parameters(),
                black_box(input),
                &mut workspace,
            );
            black_box(workspace.outputs());
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    Measured {
        precision: T::PRECISION,
        steps: 1,
        needs: needs_of_answer(network, 1, features.rows()),
        seconds: seconds[rows / 2],
    }
}

fn all_rows<T: Scalar>(
    network: &Network<T>,
    features: &Features<T>,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Measured {
    let rows = features.rows();
    let passes = if settings.is_quick { 3 } else { 30 };
    let least = (0..passes).fold(f64::INFINITY, |least, _| {
        let start = Instant::now();
        black_box(predict(network, black_box(features), rows, threads));
        least.min(start.elapsed().as_secs_f64())
    });
    Measured {
        precision: T::PRECISION,
        steps: 1,
        needs: needs_of_answer(network, rows, rows),
        seconds: least,
    }
}

/// The first digits of MNIST, or noise in its shape: the share of pixels that are not zero, all in the inner 20 by 20.
fn digits<T: Scalar>(settings: &Settings, rows: usize) -> Result<Dataset<T>> {
    let (bytes, labels) = match &settings.mnist {
        Some(mnist) => {
            let images = &mnist.training_images.values;
            let bytes = images
                .get(..rows * PIXELS)
                .context("MNIST has fewer than 60,000 images of 28 x 28 pixels")?;
            let labels = mnist.training_labels[..rows]
                .iter()
                .map(|&label| u32::from(label));
            (bytes.to_vec(), labels.collect())
        }
        None => {
            let mut generator = RandomState::new(0);
            let inner = 4..24;
            let bytes = (0..rows * PIXELS).map(|at| {
                let (row, column) = (at % PIXELS / 28, at % 28);
                let is_inner = inner.contains(&row) && inner.contains(&column);
                if is_inner && generator.uniform(0.0, 1.0) < INK * PIXELS as f64 / (20.0 * 20.0) {
                    generator.uniform(1.0, 256.0) as u8
                } else {
                    0
                }
            });
            (bytes.collect(), (0..rows as u32).map(|row| row % 10).collect())
        }
    };
    let features = Features::Bytes(ByteMatrix::new(rows, PIXELS, bytes, 255.0)?);
    Ok(Dataset::new(features, Targets::Classes { labels, classes: 10 })?)
}

/// MNIST from the folder with its four files.
pub(crate) fn mnist_from(folder: &Path) -> Result<Mnist> {
    Ok(read_mnist(folder)?)
}
