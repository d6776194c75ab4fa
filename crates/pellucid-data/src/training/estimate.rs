//! What a training costs, before it is spent: seconds by the clock of the front end and a few steps, bytes by what is allocated.

use super::inputs::fit_inputs;
use super::plan::Plan;
use crate::error::Result;
use crate::memory::check_memory;
use pellucid::model::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{BatchSize, Recipe};
use pellucid::session::MemoryNeeds;
use pellucid::{Input, Scalar, Trainer, with_precision};
use std::num::NonZeroUsize;

/// The cost of a training by all its epochs; early stopping may make it less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The duration of all epochs of all networks, in seconds.
    pub seconds: f64,
    /// The memory of data, parameters and a batch, in bytes.
    pub bytes: f64,
    /// The number of trained networks, that of a refit included.
    pub networks: usize,
    /// The epochs of each network.
    pub epochs: u64,
    /// The steps of an epoch.
    pub steps: u64,
}

/// How long steps are timed, in seconds.
const TIMED: f64 = 0.03;

/// What a forward pass costs, as a part of a step.
const FORWARD: f64 = 0.35;

impl Plan<'_> {
    /// Estimates the training by some steps on rows of random numbers, timed by `clock`: seconds since any moment.
    ///
    /// # Errors
    /// As [`session`](Self::session); an optimizer that [takes no steps](pellucid::Optimizer::takes_steps).
    pub fn estimate(&self, threads: NonZeroUsize, clock: &dyn Fn() -> f64) -> Result<Estimate> {
        let (preparation, _) = self.preparation(&self.rows)?;
        let mut recipe = self.recipe.clone();
        fit_inputs(&mut recipe, &preparation);
        check_memory(&recipe, self.rows.len(), true)?;
        let table = self.table_recipe();
        let networks = self.members();
        let held_out = match networks {
            1 => table.validation,
            _ => 1.0 / networks as f64,
        };
        let rows = ((1.0 - held_out) * self.rows.len() as f64).max(1.0);
        let batch = match recipe.train.batch_size {
            BatchSize::Rows(batch) => batch.min(rows as usize).max(1),
            BatchSize::Full => rows as usize,
        };
        let steps = (rows / batch as f64).ceil();
        let bytes = MemoryNeeds::new(&recipe, &recipe.architecture()?, rows as usize, held_out > 0.0).total();
        let of_step = with_precision!(recipe.train.precision, T => {
            time_of_step::<T>(&recipe, batch, threads, clock)?
        });
        // Each epoch also predicts the held-out rows.
        let of_epoch = of_step * (steps + FORWARD * held_out * self.rows.len() as f64 / batch as f64);
        let networks = networks + usize::from(table.refit);
        let size = with_precision!(recipe.train.precision, T => size_of::<T>()) as f64;
        Ok(Estimate {
            seconds: of_epoch * recipe.train.epochs as f64 * networks as f64,
            bytes: bytes as f64 + size * preparation.width() as f64 * self.rows.len() as f64,
            networks,
            epochs: recipe.train.epochs,
            steps: steps as u64,
        })
    }
}

/// The seconds of a step.
fn time_of_step<T: Scalar>(
    recipe: &Recipe,
    batch: usize,
    threads: NonZeroUsize,
    clock: &dyn Fn() -> f64,
) -> Result<f64> {
    let mut generator = RandomState::new(0);
    let architecture = recipe.architecture()?;
    let network = initialise::<T>(architecture.clone(), &recipe.init, &mut generator)?;
    let x: Vec<T> = (0..batch * architecture.input_width())
        .map(|_| T::from_f64(generator.uniform(-1.0, 1.0)))
        .collect();
    let y: Vec<T> = (0..batch * architecture.output_width())
        .map(|at| {
            if at % architecture.output_width() == 0 {
                T::ONE
            } else {
                T::ZERO
            }
        })
        .collect();
    let mut trainer = Trainer::new(recipe, network, generator, threads)?;
    trainer.step(Input::Dense(&x), &y)?;
    let (start, mut count) = (clock(), 0);
    while count == 0 || (clock() - start < TIMED && count < 100) {
        trainer.step(Input::Dense(&x), &y)?;
        count += 1;
    }
    Ok((clock() - start) / f64::from(count))
}
