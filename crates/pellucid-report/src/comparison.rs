//! Several runs' loss curves side by side: which converged faster, by epochs, by updates and by the clock.

mod answer;
mod json;
mod milestones;
mod seeds;
mod seeds_answer;
mod seeds_text;
mod sign_test;
mod spread;
pub(crate) mod table;
pub(crate) mod text;

pub use seeds::{Pair, SeedComparison, SeedReach, SeedTarget, SeededRuns, SpreadAtEpoch, VariantSummary};
pub use sign_test::SignTest;
pub use spread::{Band, Spread, spread_of_runs};

use std::fmt;

use serde::Serialize;

use crate::ReportError;
use crate::typeface::printable;

/// One run's loss curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What the run is called.
    pub name: String,
    /// The loss of each epoch, epoch 1 first.
    pub losses: Vec<f64>,
    /// How often an epoch changes the parameters.
    pub updates_per_epoch: u64,
    /// Training time of the whole run, in seconds of wall time.
    pub seconds: f64,
}

/// What several runs' loss curves say about each other.
///
/// [`Display`](fmt::Display) gives text for a terminal 100 columns wide, [`Comparison::to_text`] for any other width;
/// as JSON, numbers that are not finite become the strings `"nan"`, `"inf"` and `"-inf"`.
///
/// ```
/// use pellucid_report::{Comparison, Curve};
///
/// let run = |name: &str, decay: f64, updates_per_epoch| Curve {
///     name: name.to_owned(),
///     losses: (0..100).map(|epoch| decay.powi(epoch)).collect(),
///     updates_per_epoch,
///     seconds: 2.0,
/// };
/// let comparison = Comparison::new(&[run("online", 0.8, 4), run("batch", 0.9, 1)], Some(&[0.1]))?;
/// assert_eq!(comparison.targets[0].reached[0].unwrap().epoch, 12);
/// assert!(comparison.answer.starts_with("By epochs, online converged faster"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Each run as a whole, in the order given; the other fields follow the same order.
    pub runs: Vec<RunSummary>,
    /// The losses at a few round epoch numbers, up to the end of the shortest run.
    pub equal_epochs: Vec<EqualEpochs>,
    /// When each run first came down to each target loss, the easiest target first.
    pub targets: Vec<TargetReach>,
    /// Which run converged faster, in one to three sentences.
    pub answer: String,
}

/// One run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// What the run is called, without control characters.
    pub name: String,
    /// Its length.
    pub epochs: u64,
    /// How often the parameters were changed in all.
    pub updates: u64,
    /// Training time in seconds of wall time.
    #[serde(serialize_with = "json::number")]
    pub seconds: f64,
    /// The loss of the last epoch; `None` for a run without epochs.
    #[serde(serialize_with = "json::optional_number")]
    pub final_loss: Option<f64>,
    /// The lowest finite loss of any epoch.
    #[serde(serialize_with = "json::optional_number")]
    pub lowest_loss: Option<f64>,
    /// The first epoch whose loss is not a finite number.
    pub diverged_at: Option<u64>,
}

/// The losses of all runs after the same number of epochs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EqualEpochs {
    /// Counted from 1.
    pub epoch: u64,
    /// One for each run.
    #[serde(serialize_with = "json::numbers")]
    pub losses: Vec<f64>,
}

/// When the runs first came down to a loss.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetReach {
    /// The target.
    pub loss: f64,
    /// One for each run; `None` if it never came so low.
    pub reached: Vec<Option<Reach>>,
}

/// What it took to first reach a target loss: an epoch at or below it. Later epochs may lie above it again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reach {
    /// The epoch, counted from 1.
    pub epoch: u64,
    /// Updates until the end of that epoch.
    pub updates: u64,
    /// The run's wall time, in proportion to the epochs.
    #[serde(serialize_with = "json::number")]
    pub seconds: f64,
}

impl Comparison {
    /// Compares runs at the target losses given, or at round losses chosen to tell these runs apart.
    ///
    /// # Errors
    ///
    /// [`ReportError::NothingToCompare`] without a curve; [`ReportError::TargetNotFinite`] for a target that is not a
    /// finite number.
    pub fn new(curves: &[Curve], target_losses: Option<&[f64]>) -> Result<Self, ReportError> {
        if curves.is_empty() {
            return Err(ReportError::NothingToCompare);
        }
        let mut targets = match target_losses {
            None => milestones::target_losses(curves),
            Some(given) => {
                if let Some(index) = given.iter().position(|target| !target.is_finite()) {
                    return Err(ReportError::TargetNotFinite {
                        position: index + 1,
                        found: given[index],
                    });
                }
                given.to_vec()
            }
        };
        targets.sort_by(|a, b| b.total_cmp(a));
        targets.dedup();
        let runs: Vec<RunSummary> = curves
            .iter()
            .enumerate()
            .map(|(index, curve)| curve.summary(index))
            .collect();
        let shortest = runs.iter().map(|run| run.epochs).min().unwrap_or(0);
        let equal_epochs = milestones::round_epochs(shortest)
            .into_iter()
            .map(|epoch| EqualEpochs {
                epoch,
                losses: curves
                    .iter()
                    .map(|curve| curve.losses[epoch as usize - 1])
                    .collect(),
            })
            .collect();
        let targets = targets
            .into_iter()
            .map(|loss| TargetReach {
                loss,
                reached: curves.iter().map(|curve| curve.reach(loss)).collect(),
            })
            .collect();
        let mut comparison = Self {
            runs,
            equal_epochs,
            targets,
            answer: String::new(),
        };
        comparison.answer = answer::answer(&comparison);
        Ok(comparison)
    }

    /// The tables and the answer as text, at most `width` characters wide where words and numbers allow.
    pub fn to_text(&self, width: usize) -> String {
        text::text(self, width)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text(100))
    }
}

impl Curve {
    fn summary(&self, index: usize) -> RunSummary {
        let epochs = self.losses.len() as u64;
        let name = printable(&self.name);
        RunSummary {
            name: if name.is_empty() {
                format!("run {}", index + 1)
            } else {
                name
            },
            epochs,
            updates: epochs.saturating_mul(self.updates_per_epoch),
            seconds: self.seconds,
            final_loss: self.losses.last().copied(),
            lowest_loss: self.lowest_loss(),
            diverged_at: self
                .losses
                .iter()
                .position(|loss| !loss.is_finite())
                .map(|index| index as u64 + 1),
        }
    }

    fn lowest_loss(&self) -> Option<f64> {
        self.losses
            .iter()
            .copied()
            .filter(|loss| loss.is_finite())
            .min_by(f64::total_cmp)
    }

    fn reach(&self, target: f64) -> Option<Reach> {
        let index = self
            .losses
            .iter()
            .position(|loss| loss.is_finite() && *loss <= target)?;
        let epoch = index as u64 + 1;
        Some(Reach {
            epoch,
            updates: epoch.saturating_mul(self.updates_per_epoch),
            seconds: self.seconds * (epoch as f64 / self.losses.len() as f64),
        })
    }
}
