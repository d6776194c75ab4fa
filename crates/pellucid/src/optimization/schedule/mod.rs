//! Sets the learning rate of each step. Most rates are a function of the step and of the length of the run, and of nothing
//! else; two schedules depend on the loss besides, which is reported to them after each epoch.

mod learning_rate;

pub use learning_rate::LearningRate;

use crate::descriptor::{Choice, Descriptor, Range, Setting, SettingValue};
use pellucid_kernels::choice;
use pellucid_kernels::simd::elementary;
use serde::{Deserialize, Serialize};
use std::f64::consts::{LN_2, PI};
use std::ops::Bound::Included;

const EPOCHS: Range = Range::COUNT.described("at least 1 epoch is needed");
const NOT_NEGATIVE: Range = Range::NOT_NEGATIVE.described("a finite number, 0 or more, is needed");
const PART_OF_RATE: Range = Range::FRACTION.described("a fraction of the learning rate is needed, 0 to 1");
const PART_OF_STEPS: Range = Range::FRACTION.described("a fraction of the steps is needed, 0 to 1");

choice! {
    /// How the learning rate changes over a run. Rates are fractions of the recipe's `train.learning_rate`, the highest.
    ///
    /// The formulas have t, the number of the step, counted from 0; T, the steps of the run; W, those of the warm-up; and E,
    /// the whole epochs since the first that began after the warm-up.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Schedule: Descriptor, key "train.schedule", tag "name", unnamed Some("constant"), alone true {
        /// The same rate throughout, once warmed up.
        Constant { warmup } => Descriptor::new("constant", "constant")
            .formula("1", r"1"),
        /// Falls by the same amount each step.
        Linear { warmup, end } => Descriptor::new("linear", "linear")
            .formula(
                "1 + (end − 1)·p, where p = (t − W)/(T − W)",
                r"1 + (e - 1) \cdot p, \quad p = \frac{t - W}{T - W}",
            ),
        /// Falls as a power of what is left of the run; power 1 is a straight line.
        Polynomial { warmup, end, power } => Descriptor::new("polynomial", "polynomial")
            .formula("end + (1 − end)·(1 − p)^power", r"e + (1 - e) \cdot (1 - p)^k"),
        /// Is multiplied by a factor every so many epochs.
        Step { warmup, every, factor } => Descriptor::new("step", "step")
            .formula("factor^⌊E/every⌋", r"f^{E / n} \text{, the exponent rounded down}"),
        /// Is multiplied by a factor after each epoch.
        Exponential { warmup, factor = 0.95 } => Descriptor::new("exponential", "exponential")
            .formula("factor^E", r"f^E"),
        /// Is divided by (n + 1)^power, n being the number of samples of all epochs before.
        InverseScaling { warmup, power = 0.5 } => Descriptor::new("inverse_scaling", "inverse scaling")
            .formula(
                "1/(n + 1)^power, n being the samples of E epochs: scikit-learn's `invscaling`",
                r"\frac{1}{(n + 1)^k} \text{ with n samples of E epochs}",
            ),
        /// Falls along half a wave of the cosine: slowly, fast, slowly.
        Cosine { warmup, end } => Descriptor::new("cosine", "cosine")
            .formula("end + (1 − end)·(1 + cos πp)/2", r"e + (1 - e) \cdot \frac{1 + \cos(\pi p)}{2}")
            .paper("Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, equation 5, without restarts"),
        /// The cosine, which begins again at the top each time it has come down.
        CosineRestarts { warmup, end, period, multiplier } => Descriptor::new("cosine_restarts", "cosine with restarts")
            .formula(
                "the same with restarts: the first fall takes `period` epochs, each further one `multiplier` times as long as the one before",
                r"e + (1 - e) \cdot \frac{1 + \cos(\pi p)}{2} \text{, p being the part of the current fall}",
            )
            .paper("Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017"),
        /// Is the highest for a part of the run, then falls along half a wave of the cosine.
        FlatCosine { warmup, end, flat } => Descriptor::new("flat_cosine", "flat, then cosine")
            .formula(
                "1 until p = flat, then the cosine in what is left of the run",
                r"1 \text{, then } e + (1 - e) \cdot \frac{1 + \cos(\pi q)}{2}, \quad q = \frac{p - f}{1 - f}",
            )
            .paper("Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data, 2024, for dropout and weight decay"),
        /// Rises and falls along waves of the cosine, each twice as long as the one before.
        CosineLog { warmup, cycles } => Descriptor::new("cosine_log", "logarithmic cosine")
            .aliases(&["coslog"])
            .formula(
                "(1 − cos(2π·log₂(1 + (2^cycles − 1)·p)))/2",
                r"\frac{1 - \cos(2 \pi \log_2(1 + (2^c - 1) \cdot p))}{2}",
            )
            .paper("Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data, 2024, equation 1, with 4 cycles"),
        /// Rises from `start`, then falls to `end`, each along half a wave of the cosine.
        OneCycle { warmup = 0.3, start, end = 1.0 / 250_000.0 } => Descriptor::new("one_cycle", "one cycle")
            .formula(
                "rises from `start` to 1 until step `warmup`·T − 1, then falls to `end` at step T − 1, both along half a wave of the cosine",
                r"\text{rises from start to 1, then falls to end, both along half a wave of the cosine}",
            )
            .paper("Smith & Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018, in the form of PyTorch's OneCycleLR"),
        /// Is multiplied by a factor when more than `patience` epochs in a row were no better than the best before them:
        /// PyTorch's `ReduceLROnPlateau`.
        ReduceOnPlateau { warmup, factor, patience, threshold, threshold_mode, cooldown, least_rate, loss } => Descriptor::new("reduce_on_plateau", "reduce on plateau")
            .formula(
                "is multiplied by `factor` when more than `patience` epochs in a row had a loss no better than the best: PyTorch's `ReduceLROnPlateau`",
                r"f^k \text{ after k plateaus}",
            ),
        /// Is divided by 5 when more than `patience` epochs in a row were not lower than the lowest before them by `threshold`,
        /// and ends the run when that happens at a rate of 10⁻⁶ or less: scikit-learn's `adaptive`.
        Adaptive { warmup, patience, threshold, loss } => Descriptor::new("adaptive", "adaptive")
            .formula(
                "is divided by 5 when more than `patience` epochs in a row were not lower than the lowest by `threshold`; when that happens at a rate of 10⁻⁶ or less, the run ends: scikit-learn's `adaptive`, with its `n_iter_no_change` and `tol`",
                r"5^{-k} \text{ after k plateaus}",
            ),
    }
    settings ScheduleSettings {
        warmup: f64 = 0.0, Setting::number(PART_OF_STEPS, "the part of the run's steps in which the rate rises");
        start: f64 = 1.0 / 25.0, Setting::number(PART_OF_RATE, "the fraction of the rate that the first step has");
        end: f64 = 0.0, Setting::number(PART_OF_RATE, "the fraction of the rate at the end");
        every: u64 = 10, Setting::number(EPOCHS, "the epochs from one change of the rate to the next");
        factor: f64 = 0.1, Setting::number(
            Range::between(0.0, 1.0, "a factor above 0 and below 1 is needed"),
            "the factor of a change",
        );
        power: f64 = 1.0, Setting::number(Range::POSITIVE.described("a power above 0 is needed"), "the power");
        flat: f64 = 0.5, Setting::number(PART_OF_STEPS, "the part of the steps after the warm-up that keep the highest rate");
        cycles: u64 = 4, Setting::number(
            Range::new(Included(1.0), Included(30.0), "1 to 30 waves are needed"),
            "the number of waves",
        );
        period: u64 = 10, Setting::number(EPOCHS, "the epochs of the first fall");
        multiplier: u64 = 2, Setting::number(
            Range::COUNT.described("1 or more is needed"),
            "how many times longer each fall is than the one before",
        );
        patience: u64 = 10, Setting::number(
            Range::ANY,
            "more than so many epochs without a better loss reduce the rate",
        );
        threshold: f64 = 1e-4, Setting::number(NOT_NEGATIVE, "by how much a loss must be lower to be better");
        threshold_mode: ThresholdMode = ThresholdMode::Relative, Setting::other(
            "whether the threshold is a part of the best loss",
        );
        cooldown: u64 = 0, Setting::number(Range::ANY, "the epochs after a reduction that do not count");
        least_rate: f64 = 0.0, Setting::number(NOT_NEGATIVE, "the lowest rate; a rate, not a fraction of one");
        loss: WatchedLoss = WatchedLoss::Training, Setting::other("the loss that it depends on");
    }
    others {
        /// Rises by the same factor each step, from `start` at the first step to 1 at step `steps` − 1: a learning-rate range
        /// test, with rates evenly spaced on a logarithmic scale.
        RangeTest {
            /// The fraction it rises from.
            start: f64,
            /// The steps it rises for.
            steps: u64,
        } => Descriptor::new("range_test", "range test")
            .formula("start^(1 − t/(steps − 1))", r"s^{1 - t / (n - 1)}")
            .paper("Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3"),
    }
}

/// What a threshold of improvement is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdMode {
    /// The best loss: better is below best·(1 − threshold).
    #[default]
    Relative,
    /// Nothing: better is below best − threshold.
    Absolute,
}

/// The loss that a schedule depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchedLoss {
    /// The mean loss of the epoch's samples, each before the step it took part in, as reported.
    #[default]
    Training,
    /// The loss on held-out rows after the epoch.
    Validation,
}

/// The length of a run in epochs, steps and samples.
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

impl SettingValue for ThresholdMode {
    fn text(&self) -> String {
        format!("\"{self:?}\"").to_lowercase()
    }
}

impl SettingValue for WatchedLoss {
    fn text(&self) -> String {
        format!("\"{self:?}\"").to_lowercase()
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Constant { warmup: 0.0 }
    }
}

impl Schedule {
    /// The name in recipes.
    pub fn name(&self) -> &'static str {
        self.common().name
    }

    /// Whether every step has the same rate, whatever the losses are.
    pub fn is_constant(&self) -> bool {
        *self == Self::Constant { warmup: 0.0 }
    }

    /// The loss it depends on, where it depends on one.
    pub fn watched_loss(&self) -> Option<WatchedLoss> {
        match *self {
            Self::ReduceOnPlateau { loss, .. } | Self::Adaptive { loss, .. } => Some(loss),
            _ => None,
        }
    }

    /// The rate of step `step`, counted from 0, of a run whose highest rate is `highest`. Of a schedule that depends
    /// on the loss it is the rate while the loss falls.
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
        let warmup = match self {
            Self::OneCycle { .. } => 0.0,
            _ => self.all_settings().warmup,
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
            Self::Polynomial { power, end, .. } => end + (1.0 - end) * elementary::pow(1.0 - fallen, power),
            Self::Step { every, factor, .. } => elementary::pow(factor, (epochs / every as f64).floor()),
            Self::Exponential { factor, .. } => elementary::pow(factor, epochs),
            Self::InverseScaling { power, .. } => elementary::pow(epochs * run.samples as f64 + 1.0, -power),
            Self::Cosine { end, .. } => along_cosine(1.0, end, fallen),
            Self::FlatCosine { end, flat, .. } => along_cosine(1.0, end, progress(fallen - flat, 1.0 - flat)),
            Self::CosineLog { cycles, .. } => {
                let growth = elementary::pow(2.0, cycles as f64) - 1.0;
                0.5 * (1.0 - elementary::cos(2.0 * PI * elementary::ln_1p(growth * fallen) / LN_2))
            }
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
                elementary::pow(start, 1.0 - progress(step, steps.saturating_sub(1) as f64))
            }
        }
    }
}

/// The completed part of the current fall, of falls that follow one another, each `multiplier` times longer than the one
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
    to + (from - to) * 0.5 * (1.0 + elementary::cos(PI * progress))
}

#[cfg(test)]
mod tests;
