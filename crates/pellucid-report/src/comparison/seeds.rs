//! Several variants over several seeds: medians, bands, and who was ahead of whom, seed by seed.

use super::json;
use super::sign_test::{self, SignTest};
use super::spread::{Band, Spread, spread_of_runs};
use super::{Comparison, Curve, seeds_answer, seeds_text};
use crate::ReportError;
use serde::Serialize;
use std::fmt;

/// A variant's runs, one a seed.
#[derive(Debug, Clone, PartialEq)]
pub struct SeededRuns {
    /// What the variant is called.
    pub name: String,
    /// How often an epoch changes the parameters.
    pub updates_per_epoch: u64,
    /// The loss of each epoch, epoch 1 first; a run for each seed, in the order of the seeds.
    pub losses: Vec<Vec<f64>>,
    /// The wall time of each run, in seconds.
    pub seconds: Vec<f64>,
}

/// What variants that were each trained with the same seeds say about each other.
///
/// ```
/// use pellucid_report::{SeedComparison, SeededRuns};
///
/// let variant = |name: &str, rate: f64| SeededRuns {
///     name: name.to_owned(),
///     updates_per_epoch: 1,
///     losses: (0..8).map(|seed| (0..50).map(|epoch| (1.0 + f64::from(seed)) * rate.powi(epoch)).collect()).collect(),
///     seconds: vec![0.5; 8],
/// };
/// let found = SeedComparison::new(&[0, 1, 2, 3, 4, 5, 6, 7], &[variant("a", 0.8), variant("b", 0.9)], Some(&[0.1]))?;
/// let pair = &found.by_epochs[0];
/// assert_eq!((pair.one.as_str(), pair.test.ahead, pair.test.p), ("a", 8, 0.0078125));
/// assert!(found.answer.contains("a was ahead of b in 8 of 8"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeedComparison {
    /// The seeds.
    pub seeds: Vec<u64>,
    /// What the bands reach over.
    pub band: Band,
    /// Each variant as a whole, in the order given; the other fields follow the same order.
    pub variants: Vec<VariantSummary>,
    /// The losses at a few round epoch numbers, up to the end of the shortest run.
    pub equal_epochs: Vec<SpreadAtEpoch>,
    /// When each variant first came down to each target loss, the easiest target first.
    pub targets: Vec<SeedTarget>,
    /// The target by which variants are told apart: the lowest that two came to in most seeds.
    pub decisive_loss: Option<f64>,
    /// Each pair by the epochs to the decisive target.
    pub by_epochs: Vec<Pair>,
    /// Each pair by the updates to the decisive target; empty where that is no different.
    pub by_updates: Vec<Pair>,
    /// Each pair by the loss after as many epochs as all runs have.
    pub by_last_loss: Vec<Pair>,
    /// Whether every seed came to the same losses: nothing in the runs was drawn.
    pub all_alike: bool,
    /// What can be said, and what cannot.
    pub answer: String,
}

/// One variant over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantSummary {
    /// What it is called, without control characters.
    pub name: String,
    /// The epochs of its longest run.
    pub epochs: u64,
    /// How often that changed the parameters.
    pub updates: u64,
    /// Wall time of a run, in seconds.
    pub seconds: Spread,
    /// The loss of the last epoch.
    pub final_loss: Spread,
    /// The lowest loss of any epoch.
    pub lowest_loss: Spread,
    /// In how many seeds the loss ended as no finite number.
    pub diverged: usize,
}

/// The losses of all variants after the same number of epochs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpreadAtEpoch {
    /// Counted from 1.
    pub epoch: u64,
    /// One for each variant.
    pub losses: Vec<Spread>,
}

/// When the variants first came down to a loss.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeedTarget {
    /// The target.
    pub loss: f64,
    /// One for each variant.
    pub reached: Vec<SeedReach>,
}

/// What it took a variant to first reach a target loss; infinite where a seed never did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeedReach {
    /// In how many seeds it did.
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
    /// The one.
    pub one: String,
    /// The other.
    pub other: String,
    /// In how many seeds `one` was ahead of `other`.
    #[serde(flatten)]
    pub test: SignTest,
    #[serde(skip)]
    pub(super) indices: (usize, usize),
}

impl SeedComparison {
    /// Compares variants at the target losses given, or at round losses chosen to tell their medians apart.
    ///
    /// # Errors
    ///
    /// [`ReportError::NothingToCompare`] without a run, [`ReportError::SeedsMissing`] where a variant has not a run for
    /// each seed, [`ReportError::TargetNotFinite`] for a target that is not a finite number.
    pub fn new(
        seeds: &[u64],
        variants: &[SeededRuns],
        target_losses: Option<&[f64]>,
    ) -> Result<Self, ReportError> {
        if seeds.is_empty() {
            return Err(ReportError::NothingToCompare);
        }
        let uneven = variants
            .iter()
            .find(|variant| variant.losses.len() != seeds.len() || variant.seconds.len() != seeds.len());
        if let Some(variant) = uneven {
            return Err(ReportError::SeedsMissing {
                name: variant.name.clone(),
                found: variant.losses.len().min(variant.seconds.len()),
                expected: seeds.len(),
            });
        }
        let band = Band::of(seeds.len());
        let median_curves: Vec<Curve> = variants.iter().map(|variant| variant.medians(band)).collect();
        // Names, lengths and targets are those of the medians.
        let medians = Comparison::new(&median_curves, target_losses)?;
        let of_seed = |variant: &SeededRuns, seed: usize| Curve {
            name: String::new(),
            losses: variant.losses[seed].clone(),
            updates_per_epoch: variant.updates_per_epoch,
            seconds: variant.seconds[seed],
        };
        let summaries = variants.iter().zip(&medians.runs).map(|(variant, run)| {
            let last = |losses: &Vec<f64>| losses.last().copied().unwrap_or(f64::NAN);
            let lowest = |losses: &Vec<f64>| losses.iter().copied().fold(f64::INFINITY, f64::min);
            VariantSummary {
                name: run.name.clone(),
                epochs: run.epochs,
                updates: run.updates,
                seconds: Spread::of(variant.seconds.iter().copied(), band),
                final_loss: Spread::of(variant.losses.iter().map(last), band),
                lowest_loss: Spread::of(variant.losses.iter().map(lowest), band),
                diverged: variant.losses.iter().filter(|run| !last(run).is_finite()).count(),
            }
        });
        let equal_epochs = medians.equal_epochs.iter().map(|row| SpreadAtEpoch {
            epoch: row.epoch,
            losses: variants
                .iter()
                .map(|variant| Spread::of(variant.at_epoch(row.epoch), band))
                .collect(),
        });
        let targets = medians.targets.iter().map(|target| SeedTarget {
            loss: target.loss,
            reached: variants
                .iter()
                .map(|variant| {
                    let reached: Vec<_> = (0..seeds.len())
                        .map(|seed| of_seed(variant, seed).reach(target.loss))
                        .collect();
                    let spread = |cost: fn(&super::Reach) -> f64| {
                        let costs = reached
                            .iter()
                            .map(|reach| reach.as_ref().map_or(f64::INFINITY, cost));
                        Spread::of(costs, band)
                    };
                    SeedReach {
                        seeds: reached.iter().flatten().count(),
                        epoch: spread(|reach| reach.epoch as f64),
                        updates: spread(|reach| reach.updates as f64),
                        seconds: spread(|reach| reach.seconds),
                        epochs: reached
                            .iter()
                            .map(|reach| reach.map_or(f64::INFINITY, |reach| reach.epoch as f64))
                            .collect(),
                    }
                })
                .collect(),
        });
        let mut found = Self {
            seeds: seeds.to_vec(),
            band,
            variants: summaries.collect(),
            equal_epochs: equal_epochs.collect(),
            targets: targets.collect(),
            decisive_loss: None,
            by_epochs: Vec::new(),
            by_updates: Vec::new(),
            by_last_loss: Vec::new(),
            all_alike: seeds.len() > 1 && variants.iter().all(SeededRuns::are_alike),
            answer: String::new(),
        };
        found.look_at_pairs(variants);
        found.answer = seeds_answer::answer(&found);
        Ok(found)
    }

    fn look_at_pairs(&mut self, variants: &[SeededRuns]) {
        let most = self.seeds.len() / 2 + 1;
        let lowest = |least: usize, seeds: usize| {
            let came = |target: &&SeedTarget| {
                target.reached.iter().filter(|reach| reach.seeds >= seeds).count() >= least
            };
            self.targets.iter().rev().find(came)
        };
        let decisive = lowest(2, most)
            .or_else(|| lowest(1, most))
            .or_else(|| lowest(1, 1));
        if let Some(decisive) = decisive.cloned() {
            let epochs = |variant: usize| decisive.reached[variant].epochs.clone();
            let updates = |variant: usize| {
                let each = variants[variant].updates_per_epoch as f64;
                decisive.reached[variant]
                    .epochs
                    .iter()
                    .map(|epoch| epoch * each)
                    .collect()
            };
            self.by_epochs = self.pairs(epochs);
            let differs = variants
                .iter()
                .any(|variant| variant.updates_per_epoch != variants[0].updates_per_epoch);
            if differs {
                self.by_updates = self.pairs(updates);
            }
            self.decisive_loss = Some(decisive.loss);
        }
        if let Some(last) = self.equal_epochs.last() {
            let epoch = last.epoch;
            self.by_last_loss = self.pairs(|variant| variants[variant].at_epoch(epoch).collect());
        }
    }

    fn pairs(&self, costs: impl Fn(usize) -> Vec<f64>) -> Vec<Pair> {
        let costs: Vec<Vec<f64>> = (0..self.variants.len()).map(costs).collect();
        let mut pairs = Vec::new();
        for one in 0..costs.len() {
            for other in one + 1..costs.len() {
                let together = costs[one].iter().copied().zip(costs[other].iter().copied());
                pairs.push(Pair {
                    one: self.variants[one].name.clone(),
                    other: self.variants[other].name.clone(),
                    test: SignTest::of(together),
                    indices: (one, other),
                });
            }
        }
        sign_test::adjust(&mut pairs.iter_mut().map(|pair| &mut pair.test).collect::<Vec<_>>());
        pairs
    }

    /// The tables and the answer as text, at most `width` characters wide where words and numbers allow.
    pub fn to_text(&self, width: usize) -> String {
        seeds_text::text(self, width)
    }
}

impl fmt::Display for SeedComparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text(100))
    }
}

impl SeededRuns {
    /// Median and band of each epoch.
    pub fn spread(&self, band: Band) -> Vec<Spread> {
        spread_of_runs(self.losses.iter().map(Vec::as_slice), band)
    }

    fn medians(&self, band: Band) -> Curve {
        Curve {
            name: self.name.clone(),
            losses: self.spread(band).iter().map(|spread| spread.median).collect(),
            updates_per_epoch: self.updates_per_epoch,
            seconds: Spread::of(self.seconds.iter().copied(), band).median,
        }
    }

    /// The loss of each seed after an epoch, counted from 1.
    fn at_epoch(&self, epoch: u64) -> impl Iterator<Item = f64> {
        self.losses.iter().map(move |run| {
            let loss = run.get(epoch as usize - 1).or(run.last());
            loss.copied().unwrap_or(f64::NAN)
        })
    }

    fn are_alike(&self) -> bool {
        let bits = |run: &[f64]| run.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>();
        self.losses
            .windows(2)
            .all(|pair| bits(&pair[0]) == bits(&pair[1]))
    }
}

/// How many pairs there are of so many variants.
pub(super) fn pairs_of(variants: usize) -> usize {
    variants * variants.saturating_sub(1) / 2
}

pub(super) fn targets_of(found: &SeedComparison) -> Option<&SeedTarget> {
    let loss = found.decisive_loss?;
    found.targets.iter().find(|target| target.loss == loss)
}
