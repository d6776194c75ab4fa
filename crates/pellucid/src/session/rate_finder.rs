//! The learning-rate range test: a short training whose rate rises from step to step, until the loss explodes. Smith,
//! *Cyclical Learning Rates for Training Neural Networks*, 2017, section 3.3, with rates evenly spaced on a logarithmic
//! scale and a smoothed loss, as has become usual.

use super::Session;
use crate::error::{Error, Result};
use crate::optimization::schedule::{RunLength, Schedule};
use crate::recipe::BatchSize;
use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use crate::training::trainer::{Ending, Trainer};
use std::ops::ControlFlow;

/// How slowly the smoothed loss follows: s ← β·s + (1 − β)·loss, over 1 − βᵗ after t steps.
pub const SMOOTHING: f64 = 0.9;
/// How many times its lowest the smoothed loss is when it has exploded.
pub const EXPLOSION: f64 = 4.0;
/// The first steps, in which the smoothed loss is that of a few batches and says little.
const FIRST: usize = 10;

/// The rates of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRange {
    /// The rate of the first step.
    pub from: f64,
    /// The rate of the last.
    pub to: f64,
    /// How many steps.
    pub steps: u64,
}

impl RateRange {
    /// The fewest steps that a test has.
    pub const FEWEST_STEPS: u64 = 20;

    /// Whether the range is one.
    ///
    /// # Errors
    /// [`Error::Setting`] otherwise.
    pub fn check(&self) -> Result<()> {
        let refuse = |key: &str, found: String, expected: String| {
            Err(Error::Setting {
                key: key.into(),
                found,
                expected,
            })
        };
        if !(self.from > 0.0 && self.from.is_finite()) {
            let expected = "a finite rate above 0 is needed, such as 1e-6".into();
            return refuse("from", self.from.to_string(), expected);
        }
        if !(self.to > self.from && self.to.is_finite()) {
            let expected = format!("a finite rate above the first one, {}, is needed", self.from);
            return refuse("to", self.to.to_string(), expected);
        }
        if self.steps < Self::FEWEST_STEPS {
            let expected = format!("at least {} steps are needed", Self::FEWEST_STEPS);
            return refuse("steps", self.steps.to_string(), expected);
        }
        Ok(())
    }
}

/// A step of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePoint {
    /// The rate.
    pub rate: f64,
    /// The mean loss of the batch before the step: what the rates before this one have led to.
    pub loss: f64,
    /// The loss, smoothed over the steps so far.
    pub smoothed: f64,
}

/// What a test found.
#[derive(Debug, Clone, PartialEq)]
pub struct RateTest {
    /// The steps, up to where the loss exploded.
    pub points: Vec<RatePoint>,
    /// Whether the loss exploded, or became no number, before the last rate.
    pub exploded: bool,
    /// Whether an observer ended it before that.
    pub stopped: bool,
}

impl RateTest {
    /// The step whose smoothed loss is the lowest; nothing where it never falls.
    pub fn lowest(&self) -> Option<&RatePoint> {
        self.points.get(self.lowest_index()?)
    }

    fn lowest_index(&self) -> Option<usize> {
        let first = self.points.get(FIRST)?.smoothed;
        let rest = self.points.iter().enumerate().skip(FIRST + 1);
        let (index, lowest) = rest.min_by(|(_, a), (_, b)| a.smoothed.total_cmp(&b.smoothed))?;
        (lowest.smoothed < first).then_some(index)
    }

    /// The step at which the smoothed loss falls fastest against the logarithm of the rate, on the way to where it is
    /// lowest; nothing where it never falls. The slope at a step is that of the line through all steps up to a fortieth
    /// of them away, by least squares.
    pub fn steepest(&self) -> Option<&RatePoint> {
        let lowest = self.lowest_index()?;
        let reach = (self.points.len() / 40).max(2);
        let slope = |at: usize| {
            let end = (at + reach + 1).min(self.points.len());
            slope(&self.points[at.saturating_sub(reach)..end])
        };
        let falls = (FIRST..=lowest).map(|at| (at, slope(at)));
        let (at, steepest) = falls.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (steepest < 0.0).then(|| &self.points[at])
    }
}

/// The slope of the line nearest to the smoothed losses, against the logarithm of the rate.
fn slope(points: &[RatePoint]) -> f64 {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.rate.ln()).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.smoothed).sum::<f64>() / count;
    let (mut above, mut below) = (0.0, 0.0);
    for point in points {
        let x = point.rate.ln() - mean_x;
        above += x * (point.smoothed - mean_y);
        below += x * x;
    }
    above / below
}

/// Trains a session's network at rising rates, in place of the recipe's rate and schedule, and for as many epochs as that
/// takes. Nothing ends it before but the observer, which is informed as of any run.
///
/// ```
/// use pellucid::data::dataset::{Dataset, Features, Targets};
/// use pellucid::data::matrix::Matrix;
/// use pellucid::session::rate_finder::{RateRange, find_rate};
/// use pellucid::{Recipe, Session};
/// ///
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
/// [`Error::Setting`] for a range that is none and an optimizer without a rate, and what [`Trainer`] refuses. That the
/// loss explodes is no error.
pub fn find_rate<T: Scalar, O: Observer<T>>(
    session: &Session<'_, T>,
    range: RateRange,
    observer: &mut O,
) -> Result<RateTest> {
    range.check()?;
    let (recipe, data) = (session.recipe(), session.training());
    if !recipe.train.optimizer.takes_steps() {
        return Err(Error::Setting {
            key: "train.optimizer".into(),
            found: format!("\"{}\"", recipe.train.optimizer.name()),
            expected: "it has no learning rate to be found; its line search finds the length of each step"
                .into(),
        });
    }
    let mut recipe = recipe.clone();
    let train = &mut recipe.train;
    train.learning_rate = range.to;
    train.schedule = Schedule::default();
    train.average = None;
    // Batches that make a step together are one batch.
    if let BatchSize::Rows(rows) = train.batch_size {
        let together = (rows as u64).saturating_mul(train.accumulate.max(1));
        train.batch_size = BatchSize::Rows(usize::try_from(together).unwrap_or(usize::MAX));
    }
    train.accumulate = 1;
    let steps_per_epoch = data.rows().div_ceil(train.batch_size.of(data.rows()).max(1)) as u64;
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
    let mut test = Test {
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
    let observers: &mut [&mut dyn Observer<T>] = &mut [&mut test, observer];
    match trainer.run(data, observers) {
        Ok(Ending::Stopped) => test.found.stopped = !test.is_done,
        Ok(Ending::Completed | Ending::Converged) => {}
        Err(error) if error.is_divergence() => test.found.exploded = true,
        Err(error) => return Err(error),
    }
    Ok(test.found)
}

/// Takes note of the steps, and ends the run after the last or when the loss explodes.
struct Test<F> {
    found: RateTest,
    sum: f64,
    lowest: f64,
    rate: F,
    steps: u64,
    is_done: bool,
}

impl<T: Scalar, F: Fn(u64) -> f64> Observer<T> for Test<F> {
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
        if self.is_done {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A curve that falls as a wave of the cosine from 10⁻⁴ to 10⁻¹, then rises.
    fn curve(steps: usize) -> RateTest {
        let points = (0..steps).map(|step| {
            let exponent = -6.0 + 6.0 * step as f64 / (steps - 1) as f64;
            let along = ((exponent + 4.0) / 3.0).clamp(0.0, 2.0);
            let loss = 1.0 + (std::f64::consts::PI * along).cos();
            RatePoint {
                rate: 10f64.powf(exponent),
                loss,
                smoothed: loss,
            }
        });
        RateTest {
            points: points.collect(),
            exploded: false,
            stopped: false,
        }
    }

    #[test]
    fn the_steepest_is_halfway_down_and_the_lowest_at_the_bottom() {
        let test = curve(241);
        let near = |found: &RatePoint, exponent: f64| (found.rate.log10() - exponent).abs() < 0.03;
        assert!(near(test.steepest().unwrap(), -2.5), "{:?}", test.steepest());
        assert!(near(test.lowest().unwrap(), -1.0), "{:?}", test.lowest());
    }

    #[test]
    fn a_loss_that_never_falls_suggests_nothing() {
        let mut test = curve(241);
        for point in &mut test.points {
            point.smoothed = 1.0 + point.rate;
        }
        assert_eq!((test.lowest(), test.steepest()), (None, None));
        test.points.truncate(5);
        assert_eq!((test.lowest(), test.steepest()), (None, None));
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        let range = RateRange {
            from: 1e-6,
            to: 10.0,
            steps: 100,
        };
        range.check().unwrap();
        for (wrong, told) in [
            (RateRange { from: 0.0, ..range }, "from = 0"),
            (RateRange { to: 1e-7, ..range }, "above the first one, 0.000001"),
            (
                RateRange {
                    to: f64::INFINITY,
                    ..range
                },
                "to = inf",
            ),
            (RateRange { steps: 3, ..range }, "at least 20 steps"),
        ] {
            let refusal = wrong.check().unwrap_err().to_string();
            assert!(refusal.contains(told), "{refusal}");
        }
    }
}
