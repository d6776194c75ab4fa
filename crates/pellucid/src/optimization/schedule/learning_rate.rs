//! The learning rate during a run.

use super::{RunLength, Schedule, ThresholdMode};
use crate::error::Result;
use crate::state::State;
use std::ops::ControlFlow;

/// The divisor of scikit-learn's `adaptive`.
const ADAPTIVE_DIVISOR: f64 = 5.0;
/// The rate at which it gives up.
const ADAPTIVE_LEAST: f64 = 1e-6;
/// PyTorch leaves a rate alone that would change by no more than this.
const LEAST_CHANGE: f64 = 1e-8;

/// A schedule, and what it remembers of the reported losses.
///
/// ```
/// use pellucid::descriptor::Choice;
/// use pellucid::optimization::schedule::{LearningRate, RunLength, Schedule};
/// let schedule = Schedule::named("reduce_on_plateau").unwrap();
/// let run = RunLength { epochs: 100, steps_per_epoch: 1, samples: 1 };
/// let mut rate = LearningRate::new(schedule, 0.1);
/// for epoch in 1..=12 {
///     assert!(rate.observe_loss(0.5, epoch, run).is_continue());
/// }
/// assert!((rate.at(12, run) - 0.01).abs() < 1e-15);
/// ```
#[derive(Debug, Clone)]
pub struct LearningRate {
    /// The schedule.
    pub schedule: Schedule,
    /// The rate that the schedule's fractions are of: the recipe's, until losses reduce it.
    pub highest: f64,
    best: f64,
    /// Epochs in a row that were no better than the best.
    waited: u64,
    /// Epochs to come that do not count.
    cooling: u64,
}

impl LearningRate {
    /// A schedule whose fractions are of `highest`, before any loss was reported.
    pub fn new(schedule: Schedule, highest: f64) -> Self {
        Self {
            schedule,
            highest,
            best: f64::INFINITY,
            waited: 0,
            cooling: 0,
        }
    }

    /// Adds what it remembers of the losses to a state.
    pub(crate) fn save(&self, state: &mut State) {
        state.put_numbers("schedule", &[self.highest, self.best]);
        state.put_counts("schedule/counts", &[self.waited, self.cooling]);
    }

    /// Continues from a state.
    pub(crate) fn load(&mut self, state: &State) -> Result<()> {
        [self.highest, self.best] = state.exactly("schedule")?;
        [self.waited, self.cooling] = state.count("schedule/counts")?;
        Ok(())
    }

    /// The rate of step `step`, counted from 0.
    pub fn at(&self, step: u64, run: RunLength) -> f64 {
        self.schedule.rate(self.highest, step, run)
    }

    /// Observes the loss of the epoch that ended before step `step`. Breaks when training should end. A schedule that depends
    /// on no loss ignores it.
    pub fn observe_loss(&mut self, loss: f64, step: u64, run: RunLength) -> ControlFlow<()> {
        if (step as f64) <= self.schedule.warmup_steps(run) {
            return ControlFlow::Continue(());
        }
        let of = self.schedule.all_settings();
        match self.schedule {
            Schedule::ReduceOnPlateau { .. } => {
                let bar = match of.threshold_mode {
                    ThresholdMode::Relative => self.best * (1.0 - of.threshold),
                    ThresholdMode::Absolute => self.best - of.threshold,
                };
                if loss < bar {
                    self.best = loss;
                    self.waited = 0;
                } else {
                    self.waited += 1;
                }
                if self.cooling > 0 {
                    self.cooling -= 1;
                    self.waited = 0;
                }
                if self.waited > of.patience {
                    let reduced = (self.highest * of.factor).max(of.least_rate);
                    if self.highest - reduced > LEAST_CHANGE {
                        self.highest = reduced;
                    }
                    self.cooling = of.cooldown;
                    self.waited = 0;
                }
            }
            Schedule::Adaptive { .. } => {
                // Not `loss <= …`: a loss that is NaN is no better.
                let is_better = loss <= self.best - of.threshold;
                self.waited = if is_better { 0 } else { self.waited + 1 };
                self.best = self.best.min(loss);
                if self.waited > of.patience {
                    if self.highest <= ADAPTIVE_LEAST {
                        return ControlFlow::Break(());
                    }
                    self.highest /= ADAPTIVE_DIVISOR;
                    self.waited = 0;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
