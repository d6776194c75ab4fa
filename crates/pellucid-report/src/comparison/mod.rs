//! Compares the loss curves of variants, trained with one seed or several: which converged faster, by epochs, by updates
//! and by seconds.

mod answer;
mod build;
mod json;
mod milestones;
mod numbers;
mod sign_test;
mod spread;
mod text;

pub use sign_test::SignTest;
pub use spread::{Band, Spread, spread_of_runs};

use serde::Serialize;

/// A variant's runs, one for each seed.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantRuns {
    /// The name of the variant.
    pub name: String,
    /// How often an epoch changes the parameters.
    pub updates_per_epoch: u64,
    /// The loss of each epoch, epoch 1 first; a run for each seed, in the order of the seeds.
    pub losses: Vec<Vec<f64>>,
    /// The wall time of each run, in seconds.
    pub seconds: Vec<f64>,
}

/// What the loss curves of several variants, trained with the same seeds, say about each other.
///
/// [`Display`](std::fmt::Display) gives text for a terminal 100 columns wide, [`Comparison::to_text`] for any other width.
/// As JSON, figures of one seed are plain numbers and those of several are spreads; numbers that are not finite become
/// the strings `"nan"`, `"inf"` and `"-inf"`.
///
/// ```
/// use pellucid_report::{Comparison, VariantRuns};
///
/// let variant = |name: &str, rate: f64| VariantRuns {
///     name: name.to_owned(),
///     updates_per_epoch: 1,
///     losses: (0..8).map(|seed| (0..50).map(|epoch| (1.0 + f64::from(seed)) * rate.powi(epoch)).collect()).collect(),
///     seconds: vec![0.5; 8],
/// };
/// let found = Comparison::new(&[0, 1, 2, 3, 4, 5, 6, 7], &[variant("a", 0.8), variant("b", 0.9)], Some(&[0.1]))?;
/// let pair = &found.by_epochs[0];
/// assert_eq!((pair.one.as_str(), pair.test.ahead, pair.test.p), ("a", 8, 0.0078125));
/// assert!(found.answer.contains("a was ahead of b in 8 of 8"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(remote = "Self")]
pub struct Comparison {
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The range of the bands.
    pub band: Band,
    /// Each variant as a whole, in the order given; the other fields follow the same order.
    pub variants: Vec<VariantSummary>,
    /// The losses at a few round epoch numbers, up to the end of the shortest run.
    pub equal_epochs: Vec<EqualEpochs>,
    /// When each variant first reached each target loss, the easiest target first.
    pub targets: Vec<TargetReach>,
    /// The target by which variants are ranked: the lowest that two reached in most seeds.
    pub decisive_loss: Option<f64>,
    /// Each pair by the epochs to the decisive target; empty with one seed.
    pub by_epochs: Vec<Pair>,
    /// Each pair by the updates to the decisive target; empty where that is no different.
    pub by_updates: Vec<Pair>,
    /// Each pair by the loss after as many epochs as all runs have.
    pub by_last_loss: Vec<Pair>,
    /// Whether several seeds led to the same losses: nothing in the runs was random.
    pub all_alike: bool,
    /// Which variant converged faster, in a few sentences, and what cannot be concluded.
    pub answer: String,
}

/// One variant over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantSummary {
    /// Its name, without control characters.
    pub name: String,
    /// The epochs of its longest run.
    pub epochs: u64,
    /// How often that run changed the parameters.
    pub updates: u64,
    /// Wall time of a run, in seconds.
    pub seconds: Spread,
    /// The loss of the last epoch; NaN for a run without epochs.
    pub final_loss: Spread,
    /// The lowest finite loss of any epoch; infinite without one.
    pub lowest_loss: Spread,
    /// The number of seeds whose last loss is not finite.
    pub diverged: usize,
    /// The first epoch at which the loss of a seed is not finite.
    #[serde(skip)]
    pub diverged_at: Option<u64>,
}

/// The losses of all variants after the same number of epochs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EqualEpochs {
    /// Counted from 1.
    pub epoch: u64,
    /// One for each variant.
    pub losses: Vec<Spread>,
}

/// When the variants first reached a loss.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetReach {
    /// The target.
    pub loss: f64,
    /// One for each variant.
    pub reached: Vec<Reach>,
}

/// What it took a variant to first reach a target loss: an epoch at or below it. Later epochs may lie above it again.
/// Infinite where a seed never did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reach {
    /// The number of seeds that did.
    pub seeds: usize,
    /// The epoch, counted from 1.
    pub epoch: Spread,
    /// Updates until the end of that epoch.
    pub updates: Spread,
    /// The run's wall time, in proportion to the epochs.
    pub seconds: Spread,
    /// The epoch of each seed.
    #[serde(serialize_with = "json::numbers")]
    pub epochs: Vec<f64>,
}

/// Two variants, seed by seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The first variant.
    pub one: String,
    /// The second.
    pub other: String,
    /// In how many seeds `one` was ahead of `other`.
    #[serde(flatten)]
    pub test: SignTest,
    #[serde(skip)]
    indices: (usize, usize),
}

impl Comparison {
    /// Whether all figures are those of single runs.
    fn has_one_seed(&self) -> bool {
        self.seeds.len() == 1
    }

    /// The target by which variants are ranked.
    fn decisive_target(&self) -> Option<&TargetReach> {
        let loss = self.decisive_loss?;
        self.targets.iter().find(|target| target.loss == loss)
    }
}
