//! The answer of several seeds: medians, and in how many seeds a variant was ahead.

use super::{list, list_if_any};
use crate::comparison::numbers::{epochs, loss, p_value};
use crate::comparison::sign_test::fewest_seeds;
use crate::comparison::{Comparison, Pair, SignTest, TargetReach, VariantSummary};
use crate::label::grouped;

pub(super) fn sentences(found: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    match found.decisive_target() {
        Some(target) => {
            let reached = target.reached.iter();
            let epochs = reached.clone().map(|reach| reach.epoch.median).collect();
            let by_epochs = Ranking::new(found, epochs, &found.by_epochs);
            sentences.push(by_epochs.to_target("epochs", target, "epoch "));
            sentences.extend(by_epochs.seed_by_seed());
            if !found.by_updates.is_empty() {
                let updates = reached.map(|reach| reach.updates.median).collect();
                let by_updates = Ranking::new(found, updates, &found.by_updates);
                sentences.push(by_updates.to_target("updates", target, ""));
                sentences.extend(by_updates.seed_by_seed());
            }
        }
        None if found.targets.is_empty() => {
            sentences.push("No variant came below all first losses.".to_owned());
        }
        None => sentences.push("No variant reached any of the target losses in any seed.".to_owned()),
    }
    if let Some(row) = found.equal_epochs.last() {
        let medians = row.losses.iter().map(|spread| spread.median).collect();
        let ranking = Ranking::new(found, medians, &found.by_last_loss);
        let all = ranking.list_all(|name, variant| format!("{name} {}", loss(ranking.medians[variant])));
        let after = epochs(row.epoch);
        sentences.push(format!("By the loss after {after}, the medians: {all}."));
        sentences.extend(ranking.seed_by_seed());
    }
    sentences.extend(diverged(found));
    sentences.extend(caution(found));
    sentences
}

/// The variants by their medians, and the leader against each other variant.
struct Ranking<'a> {
    found: &'a Comparison,
    medians: Vec<f64>,
    pairs: &'a [Pair],
    /// The variants, the best first.
    order: Vec<usize>,
}

impl<'a> Ranking<'a> {
    fn new(found: &'a Comparison, medians: Vec<f64>, pairs: &'a [Pair]) -> Self {
        let finite_first = |&variant: &usize| match medians[variant] {
            median if median.is_finite() => median,
            _ => f64::INFINITY,
        };
        let mut order: Vec<usize> = (0..medians.len()).collect();
        order.sort_by(|a, b| finite_first(a).total_cmp(&finite_first(b)));
        Self {
            found,
            medians,
            pairs,
            order,
        }
    }

    fn name(&self, variant: usize) -> &'a str {
        &self.found.variants[variant].name
    }

    /// A word on each variant, the leader first.
    fn list_all(&self, word: impl Fn(&str, usize) -> String) -> String {
        let variants = self.order.iter();
        list(variants.map(|&variant| word(self.name(variant), variant)))
    }

    /// The median cost of each to reach a target, and the number of seeds that did.
    fn to_target(&self, unit: &str, target: &TargetReach, place: &str) -> String {
        let (seeds, goal) = (self.found.seeds.len(), loss(target.loss));
        let all = self.list_all(|name, variant| {
            let (median, count) = (self.medians[variant], target.reached[variant].seeds);
            let number = grouped(median.round() as u64);
            match (median.is_finite(), count == seeds) {
                (true, true) => format!("{name} at {place}{number}"),
                (true, false) => format!("{name} at {place}{number} ({count} of {seeds} seeds)"),
                (false, _) => format!("{name} at none, as {count} of {seeds} seeds came there"),
            }
        });
        format!("By {unit} to a loss of {goal}, the medians of {seeds} seeds: {all}.")
    }

    /// The variants that the leader was ahead of by more than chance, and those that cannot be distinguished from it.
    fn seed_by_seed(&self) -> Vec<String> {
        if self.found.all_alike {
            return Vec::new();
        }
        let (leader, seeds) = (self.name(self.order[0]), self.found.seeds.len());
        let others = self.order[1..].iter();
        let tests = others.filter_map(|&other| Some((self.name(other), self.leader_against(other)?)));
        let (distinct, alike): (Vec<_>, Vec<_>) =
            tests.partition(|(_, test)| test.is_distinct() && test.ahead > test.behind);
        let ahead = |(name, test): &(&str, SignTest)| {
            let ties = match test.ties {
                0 => String::new(),
                1 => ", 1 tie".to_owned(),
                ties => format!(", {ties} ties"),
            };
            let p = p_value(test.p_adjusted);
            format!("of {name} in {} of {seeds} (p {p}{ties})", test.ahead)
        };
        let distinct = list_if_any(distinct.iter().map(ahead))
            .map(|ahead| format!("Seed by seed, {leader} was ahead {ahead}: more than chance."));
        let names = list(alike.iter().map(|(name, _)| (*name).to_owned()));
        let alike = list_if_any(alike.iter().map(ahead))
            .map(|ahead| format!("{leader} and {names} cannot be told apart: {leader} was ahead {ahead}."));
        distinct.into_iter().chain(alike).collect()
    }

    fn leader_against(&self, other: usize) -> Option<SignTest> {
        let leader = self.order[0];
        self.pairs.iter().find_map(|pair| match pair.indices {
            indices if indices == (leader, other) => Some(pair.test.clone()),
            indices if indices == (other, leader) => Some(SignTest {
                ahead: pair.test.behind,
                behind: pair.test.ahead,
                ..pair.test.clone()
            }),
            _ => None,
        })
    }
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
    let (seeds, variants) = (found.seeds.len(), found.variants.len());
    if found.all_alike {
        return Some(format!(
            "All {seeds} seeds came to the same losses: nothing in these runs is drawn, so that they are one run."
        ));
    }
    let (pairs, adjusted, of_pairs) = match variants * variants.saturating_sub(1) / 2 {
        0 => return None,
        1 => (1, String::new(), "1 pair".to_owned()),
        pairs => (
            pairs,
            format!(", p adjusted for {pairs} pairs by Holm's method"),
            format!("{pairs} pairs"),
        ),
    };
    let least = fewest_seeds(pairs);
    let enough = match (seeds as u64) < least {
        true => format!(
            " {seeds} seeds are too few for any difference to be: {least} are the least for {of_pairs}."
        ),
        false => String::new(),
    };
    Some(format!(
        "(Two-sided sign test over the seeds{adjusted}; below {} counts as more than chance.{enough})",
        SignTest::LEVEL
    ))
}
