//! Learning-rate schedules: what the rate of each step is. Most rates are a function of the step and of how long the run
//! is, and of nothing else; two schedules go by the loss besides, of which they are told after each epoch.

mod learning_rate;
mod settings;

pub use learning_rate::LearningRate;

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// How the learning rate changes over a run. Rates are told as fractions of the recipe's `train.learning_rate`,
/// which is the highest.
///
/// `warmup` is the part of the run's steps, 0 to 1, in which the rate rises. What counts epochs counts those that begin
/// after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// The same rate throughout, once warmed up.
    Constant {
        /// The part of the steps in which the rate rises.
        warmup: f64,
    },
    /// Falls by the same amount each step.
    Linear {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The fraction it falls to.
        end: f64,
    },
    /// Falls as a power of what is left of the run.
    Polynomial {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// Which power; 1 is a straight line.
        power: f64,
        /// The fraction it falls to.
        end: f64,
    },
    /// Is multiplied by a factor now and then.
    Step {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// Every how many epochs.
        every: u64,
        /// The factor.
        factor: f64,
    },
    /// Is multiplied by a factor after each epoch.
    Exponential {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The factor.
        factor: f64,
    },
    /// Is divided by (t + 1)^power, t being the number of samples that all epochs before went through: scikit-learn's
    /// `invscaling`.
    InverseScaling {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The power.
        power: f64,
    },
    /// Falls as half a wave of the cosine does: slowly, fast, slowly. Loshchilov & Hutter, *SGDR: Stochastic Gradient
    /// Descent with Warm Restarts*, 2017, equation 5, without a restart.
    Cosine {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The fraction it falls to.
        end: f64,
    },
    /// The same, and begins anew at the top when it has come down: with the restarts of Loshchilov & Hutter, 2017.
    CosineRestarts {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The epochs of the first fall.
        period: u64,
        /// How many times longer than the one before each further fall is.
        multiplier: u64,
        /// The fraction it falls to.
        end: f64,
    },
    /// Rises from `start`, then falls to `end`, each as half a wave of the cosine. Smith & Topin, *Super-Convergence:
    /// Very Fast Training of Neural Networks Using Large Learning Rates*, 2018, in the form that PyTorch's
    /// `OneCycleLR` gave it.
    OneCycle {
        /// The part of the steps in which the rate rises.
        warmup: f64,
        /// The fraction it rises from, at the first step.
        start: f64,
        /// The fraction it falls to, at the last step.
        end: f64,
    },
    /// Is multiplied by a factor when more than `patience` epochs in a row were no better than the best before them:
    /// PyTorch's `ReduceLROnPlateau`.
    ReduceOnPlateau {
        /// The part of the steps in which the rate rises; the losses of its epochs do not count.
        warmup: f64,
        /// The factor.
        factor: f64,
        /// The epochs that are waited for.
        patience: u64,
        /// By how much a loss must be lower to be better.
        threshold: f64,
        /// What `threshold` is a part of.
        threshold_mode: ThresholdMode,
        /// The epochs after a reduction that do not count.
        cooldown: u64,
        /// What the rate does not fall below. A rate, not a fraction of one.
        least_rate: f64,
        /// Whose loss it goes by.
        loss: WatchedLoss,
    },
    /// Is divided by 5 when more than `patience` epochs in a row were not lower than the lowest before them by
    /// `threshold`, and ends the run when that happens at a rate of 10⁻⁶ or less: scikit-learn's `adaptive`.
    Adaptive {
        /// The part of the steps in which the rate rises; the losses of its epochs do not count.
        warmup: f64,
        /// The epochs that are waited for.
        patience: u64,
        /// By how much a loss must be lower to be better.
        threshold: f64,
        /// Whose loss it goes by.
        loss: WatchedLoss,
    },
    /// Rises by the same factor each step, from `start` at the first step to 1 at step `steps` − 1: what a learning-rate
    /// range test does. Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017, section 3.3, with rates
    /// evenly spaced on a logarithmic scale. No recipe asks for it.
    RangeTest {
        /// The fraction it rises from.
        start: f64,
        /// The steps it rises for.
        steps: u64,
    },
}

/// What a threshold of improvement is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdMode {
    /// Of the best loss: better is below best·(1 − threshold).
    #[default]
    Relative,
    /// Of nothing: better is below best − threshold.
    Absolute,
}

/// The loss that a schedule goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchedLoss {
    /// The mean loss of the epoch's samples, each before the step it took part in, as it is told.
    #[default]
    Training,
    /// The loss on held-out rows after the epoch.
    Validation,
}

/// How long a run is, in all that schedules count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLength {
    /// The epochs.
    pub epochs: u64,
    /// The steps of an epoch.
    pub steps_per_epoch: u64,
    /// The samples of an epoch.
    pub samples: u64,
}

impl RunLength {
    /// The steps of the run.
    pub fn steps(&self) -> u64 {
        self.epochs.saturating_mul(self.steps_per_epoch)
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Constant { warmup: 0.0 }
    }
}

impl Schedule {
    /// Whether every step has the same rate, whatever the losses are.
    pub fn is_constant(&self) -> bool {
        *self == Self::Constant { warmup: 0.0 }
    }

    /// The loss it goes by, where it goes by one.
    pub fn watched_loss(&self) -> Option<WatchedLoss> {
        match *self {
            Self::ReduceOnPlateau { loss, .. } | Self::Adaptive { loss, .. } => Some(loss),
            _ => None,
        }
    }

    /// The rate of step `step`, counted from 0, of a run whose highest rate is `highest`. Of a schedule that goes by the
    /// loss it is the rate while the loss falls.
    ///
    /// ```
    /// use pellucid::optimization::schedule::{RunLength, Schedule};
    /// let run = RunLength { epochs: 100, steps_per_epoch: 1, samples: 1 };
    /// let halfway = Schedule::Cosine { warmup: 0.0, end: 0.0 }.rate(0.1, 50, run);
    /// assert!((halfway - 0.05).abs() < 1e-12);
    /// ```
    pub fn rate(&self, highest: f64, step: u64, run: RunLength) -> f64 {
        highest * self.fraction(step as f64, run)
    }

    /// The steps in which the rate rises to what the schedule proper begins with.
    fn warmup_steps(&self, run: RunLength) -> f64 {
        let warmup = match *self {
            Self::Constant { warmup }
            | Self::Linear { warmup, .. }
            | Self::Polynomial { warmup, .. }
            | Self::Step { warmup, .. }
            | Self::Exponential { warmup, .. }
            | Self::InverseScaling { warmup, .. }
            | Self::Cosine { warmup, .. }
            | Self::CosineRestarts { warmup, .. }
            | Self::ReduceOnPlateau { warmup, .. }
            | Self::Adaptive { warmup, .. } => warmup,
            Self::OneCycle { .. } | Self::RangeTest { .. } => 0.0,
        };
        (warmup * run.steps() as f64).round()
    }

    fn fraction(&self, step: f64, run: RunLength) -> f64 {
        let steps = run.steps() as f64;
        let warmup = self.warmup_steps(run);
        if step < warmup {
            // It would reach 1 at the first step after the warm-up: Goyal et al., *Accurate, Large Minibatch SGD:
            // Training ImageNet in 1 Hour*, 2017, section 2.2.
            return (step + 1.0) / (warmup + 1.0);
        }
        // The fall is complete after the last step: a rate of 0 would waste it.
        let fallen = progress(step - warmup, steps - warmup);
        let per_epoch = run.steps_per_epoch.max(1) as f64;
        let epochs = ((step / per_epoch).floor() - (warmup / per_epoch).ceil()).max(0.0);
        match *self {
            Self::Constant { .. } | Self::ReduceOnPlateau { .. } | Self::Adaptive { .. } => 1.0,
            Self::Linear { end, .. } => along_line(1.0, end, fallen),
            Self::Polynomial { power, end, .. } => end + (1.0 - end) * (1.0 - fallen).powf(power),
            Self::Step { every, factor, .. } => factor.powf((epochs / every as f64).floor()),
            Self::Exponential { factor, .. } => factor.powf(epochs),
            Self::InverseScaling { power, .. } => (epochs * run.samples as f64 + 1.0).powf(-power),
            Self::Cosine { end, .. } => along_cosine(1.0, end, fallen),
            Self::CosineRestarts {
                period,
                multiplier,
                end,
                ..
            } => {
                let fallen = since_restart(step - warmup, period as f64 * per_epoch, multiplier as f64);
                along_cosine(1.0, end, fallen)
            }
            Self::OneCycle { warmup, start, end } => {
                let (top, last) = (warmup * steps - 1.0, steps - 1.0);
                if step < top {
                    along_cosine(start, 1.0, step / top)
                } else {
                    along_cosine(1.0, end, progress(step - top, last - top))
                }
            }
            Self::RangeTest { start, steps } => {
                start.powf(1.0 - progress(step, steps.saturating_sub(1) as f64))
            }
        }
    }
}

/// How far the fall under way has come, of falls that follow one another, each `multiplier` times longer than the one
/// before. The first has `length` steps.
fn since_restart(step: f64, mut length: f64, multiplier: f64) -> f64 {
    if multiplier == 1.0 {
        return step % length / length;
    }
    let mut since = step;
    while since >= length {
        since -= length;
        length *= multiplier;
    }
    since / length
}

/// `done` of `all`, 0 to 1.
fn progress(done: f64, all: f64) -> f64 {
    if all > 0.0 {
        (done / all).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn along_line(from: f64, to: f64, progress: f64) -> f64 {
    from + (to - from) * progress
}

fn along_cosine(from: f64, to: f64, progress: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * progress).cos())
}

#[cfg(test)]
mod tests;
