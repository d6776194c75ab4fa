//! Runs the learning-rate range test: a short training whose learning rate rises with every step, until the loss explodes.
//! Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017, section 3.3, with rates evenly spaced on a
//! logarithmic scale and a smoothed loss, as is usual today.

use super::Session;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::optimization::schedule::{RunLength, Schedule};
use crate::recipe::BatchSize;
use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position, end_if};
use crate::training::trainer::{Ending, Trainer};
use pellucid_kernels::simd::elementary;
use std::ops::ControlFlow;

/// The factor β of the smoothed loss: s ← β·s + (1 − β)·loss, over 1 − βᵗ after t steps.
pub const SMOOTHING: f64 = 0.9;
/// The loss has exploded when the smoothed loss is above this multiple of its minimum.
pub const EXPLOSION: f64 = 4.0;
/// The number of first steps to ignore: their smoothed loss averages only a few batches.
const FIRST: usize = 10;

/// The learning rates of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRange {
    /// The rate of the first step.
    pub from: f64,
    /// The rate of the last step.
    pub to: f64,
    /// The number of steps.
    pub steps: u64,
}

impl RateRange {
    /// The smallest number of steps of a test.
    pub const FEWEST_STEPS: u64 = 20;

    /// Checks the range.
    ///
    /// # Errors
    /// [`Error::Setting`] for rates or a number of steps out of range.
    pub fn check(&self) -> Result<()> {
        let Self { from, to, steps } = *self;
        let error = if !(from > 0.0 && from.is_finite()) {
            SettingError::new("from", from, "it must be a finite rate above 0, such as 1e-6")
        } else if !(to > from && to.is_finite()) {
            let expected = format!("it must be a finite rate above the first one, {from}");
            SettingError::new("to", to, expected)
        } else if steps < Self::FEWEST_STEPS {
            let expected = format!("at least {} steps are needed", Self::FEWEST_STEPS);
            SettingError::new("steps", steps, expected)
        } else {
            return Ok(());
        };
        Err(error.into())
    }
}

/// One step of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePoint {
    /// The rate.
    pub rate: f64,
    /// The mean loss of the batch before the step, which is the effect of the rates before this one.
    pub loss: f64,
    /// The loss, smoothed over the steps so far.
    pub smoothed: f64,
}

/// The result of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct RateTest {
    /// The steps, up to the one where the loss exploded.
    pub points: Vec<RatePoint>,
    /// Whether the loss exploded, or was no longer finite, before the last rate.
    pub exploded: bool,
    /// Whether an observer ended the test before that.
    pub stopped: bool,
}

impl RateTest {
    /// The step with the lowest smoothed loss; `None` where the smoothed loss never falls.
    pub fn lowest(&self) -> Option<&RatePoint> {
        self.points.get(self.lowest_index()?)
    }

    fn lowest_index(&self) -> Option<usize> {
        let first = self.points.get(FIRST)?.smoothed;
        let rest = self.points.iter().enumerate().skip(FIRST + 1);
        let (index, lowest) = rest.min_by(|(_, a), (_, b)| a.smoothed.total_cmp(&b.smoothed))?;
        (lowest.smoothed < first).then_some(index)
    }

    /// The step at which the smoothed loss falls fastest with the logarithm of the rate, up to the step of its minimum;
    /// `None` where the smoothed loss never falls. The derivative at a step is that of the least-squares line through all
    /// steps at a distance of at most a fortieth of the number of steps.
    pub fn steepest(&self) -> Option<&RatePoint> {
        let lowest = self.lowest_index()?;
        let reach = (self.points.len() / 40).max(2);
        let derivative = |at: usize| {
            let end = (at + reach + 1).min(self.points.len());
            fitted_derivative(&self.points[at.saturating_sub(reach)..end])
        };
        let falls = (FIRST..=lowest).map(|at| (at, derivative(at)));
        let (at, steepest) = falls.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (steepest < 0.0).then(|| &self.points[at])
    }
}

/// The derivative of the smoothed loss with respect to the logarithm of the rate: that of the least-squares line.
fn fitted_derivative(points: &[RatePoint]) -> f64 {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| elementary::ln(point.rate)).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.smoothed).sum::<f64>() / count;
    let (mut covariance, mut variance) = (0.0, 0.0);
    for point in points {
        let x = elementary::ln(point.rate) - mean_x;
        covariance += x * (point.smoothed - mean_y);
        variance += x * x;
    }
    covariance / variance
}

/// Trains the network of a session at rising rates, instead of the recipe's rate and schedule, for as many epochs as the
/// steps need. Only the observer ends it earlier; it receives the events of any run.
///
/// ```
/// use pellucid::data::dataset::{Dataset, Features, Targets};
/// use pellucid::data::matrix::Matrix;
/// use pellucid::session::rate_finder::{RateRange, find_rate};
/// use pellucid::{Recipe, Session};
/// use std::num::NonZeroUsize;
///
/// let recipe = Recipe::built_in("xor-batch-mean")?;
/// let inputs = Matrix::from_rows("inputs", &[vec![0., 0.], vec![0., 1.], vec![1., 0.], vec![1., 1.]])?;
/// let targets = Matrix::from_rows("targets", &[vec![0.], vec![1.], vec![1.], vec![0.]])?;
/// let xor = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets))?;
/// let session = Session::new(recipe, xor, NonZeroUsize::MIN)?;
/// let range = RateRange { from: 1e-4, to: 100.0, steps: 100 };
/// let test = find_rate(&session, range, &mut ())?;
/// assert!(test.points.len() <= 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] for an invalid range and for an optimizer without a learning rate, and the errors of [`Trainer`]. A
/// loss that explodes is not an error.
pub fn find_rate<T: Scalar, O: Observer<T>>(
    session: &Session<'_, T>,
    range: RateRange,
    observer: &mut O,
) -> Result<RateTest> {
    range.check()?;
    let (recipe, data) = (session.recipe(), session.training());
    if !recipe.train.optimizer.takes_steps() {
        let found = format!("\"{}\"", recipe.train.optimizer.name());
        let expected = "it has no learning rate; its line search finds the length of each step";
        return Err(Error::from(SettingError::new("train.optimizer", found, expected)));
    }
    let mut recipe = recipe.clone();
    let train = &mut recipe.train;
    train.learning_rate = range.to;
    train.schedule = Schedule::default();
    train.average = None;
    // Batches that contribute to the same step become one batch.
    if let BatchSize::Rows(rows) = train.batch_size {
        let together = (rows as u64).saturating_mul(train.accumulate.max(1));
        train.batch_size = BatchSize::Rows(usize::try_from(together).unwrap_or(usize::MAX));
    }
    train.accumulate = 1;
    let steps_per_epoch = data
        .rows()
        .div_ceil(train.batch_size.rows_per_batch(data.rows()).max(1)) as u64;
    train.epochs = range.steps.div_ceil(steps_per_epoch);
    let length = RunLength {
        epochs: train.epochs,
        steps_per_epoch,
        samples: data.rows() as u64,
    };
    let schedule = Schedule::RangeTest {
        start: range.from / range.to,
        steps: range.steps,
    };
    let mut test = TestObserver {
        found: RateTest {
            points: Vec::new(),
            exploded: false,
            stopped: false,
        },
        sum: 0.0,
        lowest: f64::INFINITY,
        rate: |step| schedule.rate(range.to, step, length),
        steps: range.steps,
        is_done: false,
    };
    let generator = session.generator().clone();
    let trainer = Trainer::new(&recipe, session.initial().clone(), generator, session.threads())?;
    let mut trainer = trainer.with_schedule(schedule);
    match trainer.run(data, &mut (&mut test, observer)) {
        Ok(Ending::Stopped) => test.found.stopped = !test.is_done,
        Ok(Ending::Completed | Ending::Converged) => {}
        Err(error) if error.is_divergence() => test.found.exploded = true,
        Err(error) => return Err(error),
    }
    Ok(test.found)
}

/// Records the steps, and ends the run after the last step or when the loss explodes.
struct TestObserver<F> {
    found: RateTest,
    sum: f64,
    lowest: f64,
    rate: F,
    steps: u64,
    is_done: bool,
}

impl<T: Scalar, F: Fn(u64) -> f64> Observer<T> for TestObserver<F> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let Event::Step { position, loss, .. } = event else {
            return ControlFlow::Continue(());
        };
        self.sum = SMOOTHING * self.sum + (1.0 - SMOOTHING) * loss;
        let count = (position.step + 1).min(i32::MAX as u64) as i32;
        let smoothed = self.sum / (1.0 - SMOOTHING.powi(count));
        self.found.points.push(RatePoint {
            rate: (self.rate)(position.step),
            loss: *loss,
            smoothed,
        });
        self.lowest = self.lowest.min(smoothed);
        self.found.exploded = smoothed > EXPLOSION * self.lowest && self.found.points.len() > FIRST;
        self.is_done = self.found.exploded || position.step + 1 >= self.steps;
        end_if(self.is_done)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

#[cfg(test)]
mod tests;
