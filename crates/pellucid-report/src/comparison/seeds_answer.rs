//! Which variant converged faster over several seeds, in plain English, and what cannot be said.

use super::answer::{epochs, list};
use super::seeds::{Pair, SeedComparison, SeedReach, VariantSummary, pairs_of, targets_of};
use super::sign_test::{SignTest, fewest_seeds};
use super::spread::Spread;
use super::text::loss;
use crate::label::grouped;

/// A few sentences.
pub(super) fn answer(found: &SeedComparison) -> String {
    let mut sentences = Vec::new();
    match targets_of(found) {
        Some(target) => {
            let costs = |cost: fn(&SeedReach) -> &Spread| {
                target
                    .reached
                    .iter()
                    .map(|reach| cost(reach).median)
                    .collect::<Vec<_>>()
            };
            let goal = format!("a loss of {}", loss(target.loss));
            let came = |variant: usize| target.reached[variant].seeds;
            let by_epochs = Ranking::of(found, costs(|reach| &reach.epoch), &found.by_epochs);
            sentences.push(by_epochs.to_the_goal("epochs", &goal, "epoch ", came));
            sentences.extend(by_epochs.seed_by_seed());
            if !found.by_updates.is_empty() {
                let by_updates = Ranking::of(found, costs(|reach| &reach.updates), &found.by_updates);
                sentences.push(by_updates.to_the_goal("updates", &goal, "", came));
                sentences.extend(by_updates.seed_by_seed());
            }
        }
        None if found.targets.is_empty() => {
            sentences.push("No variant came below all first losses.".to_owned());
        }
        None => sentences.push("No variant reached any of the target losses in any seed.".to_owned()),
    }
    sentences.extend(by_last_loss(found));
    sentences.extend(diverged(found));
    sentences.extend(caution(found));
    sentences.join(" ")
}

/// The variants by their medians, and the one that is ahead against each other.
struct Ranking<'a> {
    found: &'a SeedComparison,
    medians: Vec<f64>,
    pairs: &'a [Pair],
    leader: usize,
}

impl<'a> Ranking<'a> {
    fn of(found: &'a SeedComparison, medians: Vec<f64>, pairs: &'a [Pair]) -> Self {
        let leader = (0..medians.len())
            .min_by(|&a, &b| worst(medians[a]).total_cmp(&worst(medians[b])))
            .unwrap_or(0);
        Self {
            found,
            medians,
            pairs,
            leader,
        }
    }

    fn name(&self, variant: usize) -> &str {
        &self.found.variants[variant].name
    }

    fn others(&self) -> Vec<usize> {
        let mut others: Vec<usize> = (0..self.medians.len())
            .filter(|&other| other != self.leader)
            .collect();
        others.sort_by(|&a, &b| worst(self.medians[a]).total_cmp(&worst(self.medians[b])));
        others
    }

    /// What it took each to come to the goal, in the median.
    fn to_the_goal(&self, unit: &str, goal: &str, place: &str, came: impl Fn(usize) -> usize) -> String {
        let seeds = self.found.seeds.len();
        let at = |variant: usize| {
            let median = self.medians[variant];
            let count = came(variant);
            match (median.is_finite(), count == seeds) {
                (true, true) => format!("{place}{}", grouped(median.round() as u64)),
                (true, false) => format!(
                    "{place}{} ({count} of {seeds} seeds)",
                    grouped(median.round() as u64)
                ),
                (false, _) => format!("none, as {count} of {seeds} seeds came there"),
            }
        };
        let others = self.others().into_iter();
        let others: Vec<String> = others
            .map(|other| format!("{} at {}", self.name(other), at(other)))
            .collect();
        let leader = format!("{} at {}", self.name(self.leader), at(self.leader));
        let all = list(std::iter::once(leader).chain(others));
        format!("By {unit} to {goal}, the medians of {seeds} seeds: {all}.")
    }

    /// Whom the leader was ahead of by more than chance, and from whom it cannot be told.
    fn seed_by_seed(&self) -> Vec<String> {
        if self.found.all_alike {
            return Vec::new();
        }
        let against = |other: usize| self.test(other).map(|test| (other, test));
        let tests: Vec<(usize, SignTest)> = self.others().into_iter().filter_map(against).collect();
        let (distinct, alike): (Vec<_>, Vec<_>) = tests
            .into_iter()
            .partition(|(_, test)| test.is_distinct() && test.ahead > test.behind);
        let leader = self.name(self.leader);
        let seeds = self.found.seeds.len();
        let of = |(other, test): &(usize, SignTest)| {
            let ties = match test.ties {
                0 => String::new(),
                1 => ", 1 tie".to_owned(),
                ties => format!(", {ties} ties"),
            };
            let p = p_value(test.p_adjusted);
            format!("{} in {} of {seeds} (p {p}{ties})", self.name(*other), test.ahead)
        };
        let mut sentences = Vec::new();
        if !distinct.is_empty() {
            let of = distinct.iter().map(|found| format!("of {}", of(found)));
            sentences.push(format!(
                "Seed by seed, {leader} was ahead {}: more than chance.",
                list(of)
            ));
        }
        if !alike.is_empty() {
            let names = list(alike.iter().map(|(other, _)| self.name(*other).to_owned()));
            let of = alike.iter().map(|found| format!("of {}", of(found)));
            sentences.push(format!(
                "{leader} and {names} cannot be told apart: {leader} was ahead {}.",
                list(of)
            ));
        }
        sentences
    }

    fn test(&self, other: usize) -> Option<SignTest> {
        self.pairs.iter().find_map(|pair| match pair.indices {
            (one, second) if one == self.leader && second == other => Some(pair.test.clone()),
            (first, one) if one == self.leader && first == other => Some(SignTest {
                ahead: pair.test.behind,
                behind: pair.test.ahead,
                ..pair.test.clone()
            }),
            _ => None,
        })
    }
}

fn worst(number: f64) -> f64 {
    if number.is_finite() { number } else { f64::INFINITY }
}

fn by_last_loss(found: &SeedComparison) -> Vec<String> {
    let Some(row) = found.equal_epochs.last() else {
        return Vec::new();
    };
    let medians = row.losses.iter().map(|spread| spread.median).collect();
    let ranking = Ranking::of(found, medians, &found.by_last_loss);
    let of = |variant: usize| format!("{} {}", ranking.name(variant), loss(row.losses[variant].median));
    let all = list(std::iter::once(ranking.leader).chain(ranking.others()).map(of));
    let mut sentences = vec![format!(
        "By the loss after {}, the medians: {all}.",
        epochs(row.epoch)
    )];
    sentences.extend(ranking.seed_by_seed());
    sentences
}

fn diverged(found: &SeedComparison) -> Option<String> {
    let seeds = found.seeds.len();
    let of = |variant: &VariantSummary| format!("{} in {} of {seeds}", variant.name, variant.diverged);
    let wild: Vec<String> = found
        .variants
        .iter()
        .filter(|variant| variant.diverged > 0)
        .map(of)
        .collect();
    (!wild.is_empty()).then(|| format!("Diverged: {}; such a run is behind all others.", list(wild)))
}

/// How the figures are to be read.
fn caution(found: &SeedComparison) -> Option<String> {
    let (seeds, pairs) = (found.seeds.len(), pairs_of(found.variants.len()));
    if found.all_alike {
        return Some(format!(
            "All {seeds} seeds came to the same losses: nothing in these runs is drawn, so that they are one run."
        ));
    }
    if pairs == 0 {
        return None;
    }
    let adjusted = match pairs {
        1 => String::new(),
        _ => format!(", p adjusted for {pairs} pairs by Holm's method"),
    };
    let least = fewest_seeds(pairs);
    let enough = if (seeds as u64) < least {
        format!(
            " {seeds} seeds are too few for any difference to be: {least} are the least for {pairs} pair{}.",
            if pairs == 1 { "" } else { "s" }
        )
    } else {
        String::new()
    };
    Some(format!(
        "(Two-sided sign test over the seeds{adjusted}; below {} counts as more than chance.{enough})",
        SignTest::LEVEL
    ))
}

/// `= 0.021`, or `< 0.0001`.
pub(super) fn p_value(p: f64) -> String {
    if p < 1e-4 {
        "< 0.0001".to_owned()
    } else {
        let digits = format!(
            "{p:.*}",
            usize::try_from(1 - p.log10().floor() as i32).unwrap_or(2)
        );
        format!("= {}", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}
