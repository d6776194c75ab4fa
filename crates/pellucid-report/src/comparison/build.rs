//! Computes a comparison from loss curves.

use super::answer::answer;
use super::milestones::{lowest_finite, round_epochs, target_losses};
use super::sign_test;
use super::{
    Band, Comparison, EqualEpochs, Pair, Reach, SignTest, Spread, TargetReach, VariantRuns, VariantSummary,
    spread_of_runs,
};
use crate::error::ReportError;
use crate::typeface::printable;

impl Comparison {
    /// Compares variants at the target losses given, or at round losses chosen to distinguish their medians.
    ///
    /// # Errors
    ///
    /// [`ReportError::NothingToCompare`] without a run, [`ReportError::SeedsMissing`] where a variant has not a run for
    /// each seed, [`ReportError::TargetNotFinite`] for a target that is not a finite number.
    pub fn new(
        seeds: &[u64],
        variants: &[VariantRuns],
        targets: Option<&[f64]>,
    ) -> Result<Self, ReportError> {
        if seeds.is_empty() || variants.is_empty() {
            return Err(ReportError::NothingToCompare);
        }
        let lengths = |variant: &VariantRuns| [variant.losses.len(), variant.seconds.len()];
        if let Some(variant) = variants
            .iter()
            .find(|variant| lengths(variant) != [seeds.len(); 2])
        {
            let [losses, seconds] = lengths(variant);
            return Err(ReportError::SeedsMissing {
                name: variant.name.clone(),
                found: losses.min(seconds),
                expected: seeds.len(),
            });
        }
        let band = Band::for_seeds(seeds.len());
        let medians: Vec<Vec<f64>> = variants.iter().map(|variant| variant.medians(band)).collect();
        let shortest = medians.iter().map(Vec::len).min().unwrap_or(0) as u64;
        let equal_epochs = round_epochs(shortest).into_iter().map(|epoch| {
            let losses = variants.iter().map(|variant| variant.at_epoch(epoch));
            EqualEpochs {
                epoch,
                losses: losses.map(|losses| Spread::from_numbers(losses, band)).collect(),
            }
        });
        let targets = distinct_targets(&medians, targets)?
            .into_iter()
            .map(|loss| TargetReach {
                loss,
                reached: variants.iter().map(|variant| variant.reach(loss, band)).collect(),
            });
        let summaries = variants.iter().enumerate();
        let mut found = Self {
            seeds: seeds.to_vec(),
            band,
            variants: summaries
                .map(|(index, variant)| variant.summary(index, band))
                .collect(),
            equal_epochs: equal_epochs.collect(),
            targets: targets.collect(),
            decisive_loss: None,
            by_epochs: Vec::new(),
            by_updates: Vec::new(),
            by_last_loss: Vec::new(),
            all_alike: seeds.len() > 1 && variants.iter().all(VariantRuns::are_alike),
            answer: String::new(),
        };
        found.decisive_loss = found.find_decisive().map(|target| target.loss);
        if !found.has_one_seed() {
            found.compare_pairs(variants);
        }
        found.answer = answer(&found);
        Ok(found)
    }

    /// The lowest target that at least two variants reached in most seeds, or else the lowest that one did. A single run
    /// that diverged does not count.
    fn find_decisive(&self) -> Option<&TargetReach> {
        let most = self.seeds.len() / 2 + 1;
        let lowest = |least: usize, seeds: usize| {
            let reached = |target: &&TargetReach| {
                let variants = self.variants.iter().zip(&target.reached);
                let counts = variants.filter(|(variant, reach)| {
                    reach.seeds >= seeds && !(self.has_one_seed() && variant.diverged > 0)
                });
                counts.count() >= least
            };
            self.targets.iter().rev().find(reached)
        };
        lowest(2, most)
            .or_else(|| lowest(1, most))
            .or_else(|| lowest(1, 1))
    }

    fn compare_pairs(&mut self, variants: &[VariantRuns]) {
        if let Some(decisive) = self.decisive_target() {
            let costs = |per_epoch: fn(&VariantRuns) -> f64| -> Vec<Vec<f64>> {
                let reached = decisive.reached.iter().zip(variants);
                let cost = |(reach, variant): (&Reach, &VariantRuns)| {
                    let epochs = reach.epochs.iter();
                    epochs.map(|epoch| epoch * per_epoch(variant)).collect()
                };
                reached.map(cost).collect()
            };
            let by_epochs = self.pairs(&costs(|_| 1.0));
            let by_updates = costs(|variant| variant.updates_per_epoch as f64);
            let mut updates = variants.iter().map(|variant| variant.updates_per_epoch);
            if updates.any(|each| each != variants[0].updates_per_epoch) {
                self.by_updates = self.pairs(&by_updates);
            }
            self.by_epochs = by_epochs;
        }
        if let Some(last) = self.equal_epochs.last() {
            let losses = variants.iter().map(|variant| variant.at_epoch(last.epoch));
            self.by_last_loss = self.pairs(&losses.map(Iterator::collect).collect::<Vec<_>>());
        }
    }

    /// Every pair of variants, by the costs of each variant's seeds.
    fn pairs(&self, costs: &[Vec<f64>]) -> Vec<Pair> {
        let name = |variant: usize| self.variants[variant].name.clone();
        let indices = (0..costs.len()).flat_map(|one| (one + 1..costs.len()).map(move |other| (one, other)));
        let pair = |(one, other): (usize, usize)| Pair {
            one: name(one),
            other: name(other),
            test: SignTest::from_pairs(std::iter::zip(costs[one].clone(), costs[other].clone())),
            indices: (one, other),
        };
        let mut pairs: Vec<Pair> = indices.map(pair).collect();
        let mut tests: Vec<&mut SignTest> = pairs.iter_mut().map(|pair| &mut pair.test).collect();
        sign_test::adjust(&mut tests);
        pairs
    }
}

/// The targets given or chosen, each once, the easiest first.
fn distinct_targets(medians: &[Vec<f64>], given: Option<&[f64]>) -> Result<Vec<f64>, ReportError> {
    let mut targets = given.map_or_else(|| target_losses(medians), <[f64]>::to_vec);
    if let Some(index) = targets.iter().position(|target| !target.is_finite()) {
        return Err(ReportError::TargetNotFinite {
            position: index + 1,
            found: targets[index],
        });
    }
    targets.sort_by(|a, b| b.total_cmp(a));
    targets.dedup();
    Ok(targets)
}

impl VariantRuns {
    /// The median of each epoch.
    fn medians(&self, band: Band) -> Vec<f64> {
        let spread = spread_of_runs(self.losses.iter().map(Vec::as_slice), band);
        spread.iter().map(|spread| spread.median).collect()
    }

    /// The loss of each seed after an epoch, counted from 1.
    fn at_epoch(&self, epoch: u64) -> impl Iterator<Item = f64> {
        self.losses.iter().map(move |run| {
            let loss = run.get(epoch as usize - 1).or(run.last());
            loss.copied().unwrap_or(f64::NAN)
        })
    }

    fn are_alike(&self) -> bool {
        let bits = |run: &Vec<f64>| run.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>();
        self.losses.iter().all(|run| bits(run) == bits(&self.losses[0]))
    }

    fn summary(&self, index: usize, band: Band) -> VariantSummary {
        let name = Some(printable(&self.name)).filter(|name| !name.is_empty());
        let epochs = self.losses.iter().map(Vec::len).max().unwrap_or(0) as u64;
        let last = |run: &Vec<f64>| run.last().copied();
        let diverged_at = |run: &Vec<f64>| run.iter().position(|loss| !loss.is_finite());
        let losses = self.losses.iter();
        let final_losses = losses.clone().map(|run| last(run).unwrap_or(f64::NAN));
        let lowest = losses
            .clone()
            .map(|run| lowest_finite(run).unwrap_or(f64::INFINITY));
        VariantSummary {
            name: name.unwrap_or_else(|| format!("run {}", index + 1)),
            epochs,
            updates: epochs.saturating_mul(self.updates_per_epoch),
            seconds: Spread::from_numbers(self.seconds.iter().copied(), band),
            final_loss: Spread::from_numbers(final_losses, band),
            lowest_loss: Spread::from_numbers(lowest, band),
            diverged: losses
                .clone()
                .filter_map(last)
                .filter(|loss| !loss.is_finite())
                .count(),
            diverged_at: losses.filter_map(diverged_at).min().map(|at| at as u64 + 1),
        }
    }

    /// What it took each seed to first reach a loss.
    fn reach(&self, target: f64, band: Band) -> Reach {
        let is_reached = |loss: &f64| loss.is_finite() && *loss <= target;
        let epoch = |run: &Vec<f64>| Some(run.iter().position(is_reached)? as f64 + 1.0);
        let reached: Vec<Option<f64>> = self.losses.iter().map(epoch).collect();
        let costs = |cost: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            let costs = reached.iter().enumerate();
            costs
                .map(|(seed, epoch)| epoch.map_or(f64::INFINITY, |epoch| cost(seed, epoch)))
                .collect()
        };
        let epochs = costs(&|_, epoch| epoch);
        let updates = costs(&|_, epoch| (epoch as u64).saturating_mul(self.updates_per_epoch) as f64);
        let seconds = costs(&|seed, epoch| self.seconds[seed] * (epoch / self.losses[seed].len() as f64));
        Reach {
            seeds: reached.iter().flatten().count(),
            epoch: Spread::from_numbers(epochs.iter().copied(), band),
            updates: Spread::from_numbers(updates, band),
            seconds: Spread::from_numbers(seconds, band),
            epochs,
        }
    }
}
