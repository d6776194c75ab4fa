//! Trains a small workload for a number of steps, whose instructions `scripts/instruction-counts` counts.
//!
//!     instruction-count single-sample|xor-by-hand|mnist-128 STEPS
//!
//! The data does not depend on the number of steps, so that the difference of two counts is the count of steps alone.
//! The status is 3 where the processor, as the counting emulator presents it, lacks a feature of the AVX2 kernels.

#![forbid(unsafe_code)]

use pellucid::data::dataset::{ByteMatrix, Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::evaluate;
use pellucid::numpy_random::RandomState;
use pellucid::{Recipe, Scalar, Session};
use std::error::Error;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;

const USAGE: &str = "usage: instruction-count single-sample|xor-by-hand|mnist-128 STEPS";
const NO_AVX2: u8 = 3;
/// The rows of `mnist-128`: eight batches.
const DIGITS: usize = 256;
const PIXELS: usize = 28 * 28;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, steps] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let steps: u64 = steps.parse().map_err(|_| USAGE)?;
    if !has_avx2() {
        return Ok(ExitCode::from(NO_AVX2));
    }
    let recipes = concat!(env!("CARGO_MANIFEST_DIR"), "/../recipes");
    let recipe = Recipe::from_toml(&std::fs::read_to_string(format!("{recipes}/{name}.toml"))?, name)?;
    let loss = match name.as_str() {
        "single-sample" => final_loss(recipe, one_sample()?, 1, steps)?,
        "xor-by-hand" => {
            let table =
                |rows: &Option<Vec<Vec<f64>>>| Matrix::from_rows(name, rows.as_deref().unwrap_or_default());
            let (inputs, targets) = (table(&recipe.data.inputs)?, table(&recipe.data.targets)?);
            let data = Dataset::new(Features::Dense(inputs), Targets::Dense(targets))?;
            final_loss::<f64>(recipe, data, 1, steps)?
        }
        "mnist-128" => final_loss::<f32>(recipe, digits()?, DIGITS as u64 / 32, steps)?,
        _ => return Err(USAGE.into()),
    };
    writeln!(std::io::stdout(), "loss after {steps} steps: {loss}")?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the processor has what the engine requires for the AVX2 kernels.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

/// Trains for `steps` steps, which must be whole epochs of `steps_per_epoch`, and returns the final training loss.
fn final_loss<T: Scalar>(
    mut recipe: Recipe,
    data: Dataset<T>,
    steps_per_epoch: u64,
    steps: u64,
) -> Result<f64, Box<dyn Error>> {
    if !steps.is_multiple_of(steps_per_epoch) {
        return Err(format!(
            "STEPS is {steps}, which is not a multiple of the {steps_per_epoch} steps of an epoch"
        )
        .into());
    }
    recipe.train.epochs = steps / steps_per_epoch;
    let loss = recipe.logged_loss();
    let mut trainer = Session::new(recipe, data.clone(), NonZeroUsize::MIN)?.into_trainer();
    trainer.run(&data, &mut ())?;
    if trainer.updates() != steps {
        return Err(format!("took {} steps, not {steps}", trainer.updates()).into());
    }
    Ok(evaluate(trainer.network(), &data, loss, &[], NonZeroUsize::MIN).loss)
}

fn one_sample() -> pellucid::Result<Dataset<f64>> {
    let line = (0..10).map(|i| f64::from(i) / 9.0).collect();
    let target = Targets::Dense(Matrix::new(1, 1, vec![1.0])?);
    Dataset::new(Features::Dense(Matrix::new(1, 10, line)?), target)
}

/// Noise in the shape of MNIST: the same share of non-zero pixels, 19.1%, all of them in the inner 20 by 20.
fn digits() -> pellucid::Result<Dataset<f32>> {
    const SHARE_WITHIN: f64 = 0.191 * PIXELS as f64 / (20.0 * 20.0);
    let mut generator = RandomState::new(0);
    let inner = 4..24;
    let bytes = (0..DIGITS * PIXELS).map(|at| {
        let (row, column) = (at % PIXELS / 28, at % 28);
        let is_inner = inner.contains(&row) && inner.contains(&column);
        if is_inner && generator.uniform(0.0, 1.0) < SHARE_WITHIN {
            generator.uniform(1.0, 256.0) as u8
        } else {
            0
        }
    });
    let pixels = ByteMatrix::new(DIGITS, PIXELS, bytes.collect(), 255.0)?;
    let labels = (0..DIGITS as u32).map(|row| row % 10).collect();
    Dataset::new(Features::Bytes(pixels), Targets::Classes { labels, classes: 10 })
}
