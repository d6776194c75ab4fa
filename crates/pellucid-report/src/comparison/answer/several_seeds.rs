//! The answer of several seeds: medians, and in how many seeds a variant was ahead.

use super::{list, list_if_any};
use crate::comparison::numbers::{epochs, loss, p_value};
use crate::comparison::sign_test::fewest_seeds;
use crate::comparison::{Comparison, Pair, SignTest, VariantSummary};
use crate::label::grouped;

pub(super) fn sentences(found: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    match found.decisive_target() {
        Some(target) => {
            let reached = target.reached.iter();
            let epochs = reached.clone().map(|reach| reach.epoch.median).collect();
            let updates = reached.map(|reach| reach.updates.median).collect();
            let goal = format!("a loss of {}", loss(target.loss));
            let seeds = |variant: usize| target.reached[variant].seeds;
            let by_epochs = Ranking::new(found, epochs, &found.by_epochs);
            sentences.push(by_epochs.to_the_goal("epochs", &goal, "epoch ", seeds));
            sentences.extend(by_epochs.seed_by_seed());
            if !found.by_updates.is_empty() {
                let by_updates = Ranking::new(found, updates, &found.by_updates);
                sentences.push(by_updates.to_the_goal("updates", &goal, "", seeds));
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
    sentences
}

/// The variants by their medians, and the leader against each other variant.
struct Ranking<'a> {
    found: &'a Comparison,
    medians: Vec<f64>,
    pairs: &'a [Pair],
    leader: usize,
    /// All but the leader, the best first.
    others: Vec<usize>,
}

impl<'a> Ranking<'a> {
    fn new(found: &'a Comparison, medians: Vec<f64>, pairs: &'a [Pair]) -> Self {
        let finite_first = |variant: usize| match medians[variant] {
            median if median.is_finite() => median,
            _ => f64::INFINITY,
        };
        let mut others: Vec<usize> = (0..medians.len()).collect();
        others.sort_by(|&a, &b| finite_first(a).total_cmp(&finite_first(b)));
        let leader = others.remove(0);
        Self {
            found,
            medians,
            pairs,
            leader,
            others,
        }
    }

    fn name(&self, variant: usize) -> &str {
        &self.found.variants[variant].name
    }

    /// A word on each variant, the leader first.
    fn list_all(&self, word: impl Fn(usize) -> String) -> String {
        list(
            std::iter::once(self.leader)
                .chain(self.others.iter().copied())
                .map(word),
        )
    }

    /// The median cost of each to reach the goal, and the number of seeds that did.
    fn to_the_goal(&self, unit: &str, goal: &str, place: &str, reached: impl Fn(usize) -> usize) -> String {
        let seeds = self.found.seeds.len();
        let all = self.list_all(|variant| {
            let (name, median, count) = (self.name(variant), self.medians[variant], reached(variant));
            let number = grouped(median.round() as u64);
            match (median.is_finite(), count == seeds) {
                (true, true) => format!("{name} at {place}{number}"),
                (true, false) => format!("{name} at {place}{number} ({count} of {seeds} seeds)"),
                (false, _) => format!("{name} at none, as {count} of {seeds} seeds came there"),
            }
        });
        format!("By {unit} to {goal}, the medians of {seeds} seeds: {all}.")
    }

    /// The variants that the leader was ahead of by more than chance, and those that cannot be distinguished from it.
    fn seed_by_seed(&self) -> Vec<String> {
        if self.found.all_alike {
            return Vec::new();
        }
        let tests = self
            .others
            .iter()
            .filter_map(|&other| Some((other, self.test(other)?)));
        let (distinct, alike): (Vec<_>, Vec<_>) =
            tests.partition(|(_, test)| test.is_distinct() && test.ahead > test.behind);
        let (leader, seeds) = (self.name(self.leader), self.found.seeds.len());
        let ahead = |(other, test): &(usize, SignTest)| {
            let ties = match test.ties {
                0 => String::new(),
                1 => ", 1 tie".to_owned(),
                ties => format!(", {ties} ties"),
            };
            let (name, p) = (self.name(*other), p_value(test.p_adjusted));
            format!("of {name} in {} of {seeds} (p {p}{ties})", test.ahead)
        };
        let mut sentences = Vec::new();
        if let Some(ahead) = list_if_any(distinct.iter().map(ahead)) {
            sentences.push(format!(
                "Seed by seed, {leader} was ahead {ahead}: more than chance."
            ));
        }
        if let Some(ahead) = list_if_any(alike.iter().map(ahead)) {
            let names = list(alike.iter().map(|(other, _)| self.name(*other).to_owned()));
            sentences.push(format!(
                "{leader} and {names} cannot be told apart: {leader} was ahead {ahead}."
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

fn by_last_loss(found: &Comparison) -> Vec<String> {
    let Some(row) = found.equal_epochs.last() else {
        return Vec::new();
    };
    let medians = row.losses.iter().map(|spread| spread.median).collect();
    let ranking = Ranking::new(found, medians, &found.by_last_loss);
    let median = |variant: usize| loss(row.losses[variant].median);
    let all = ranking.list_all(|variant| format!("{} {}", ranking.name(variant), median(variant)));
    let after = epochs(row.epoch);
    let mut sentences = vec![format!("By the loss after {after}, the medians: {all}.")];
    sentences.extend(ranking.seed_by_seed());
    sentences
}

fn diverged(found: &Comparison) -> Option<String> {
    let seeds = found.seeds.len();
    let diverged = found.variants.iter().filter(|variant| variant.diverged > 0);
    let count = |variant: &VariantSummary| format!("{} in {} of {seeds}", variant.name, variant.diverged);
    let all = list_if_any(diverged.map(count))?;
    Some(format!("Diverged: {all}; such a run is behind all others."))
}

/// How to read the figures.
fn caution(found: &Comparison) -> Option<String> {
    let (seeds, pairs) = (found.seeds.len(), pair_count(found.variants.len()));
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

/// The number of pairs of so many variants.
fn pair_count(variants: usize) -> usize {
    variants * variants.saturating_sub(1) / 2
}
