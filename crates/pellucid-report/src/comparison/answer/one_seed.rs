//! The answer of single runs: who reached a target loss first.

use super::{list, list_if_any};
use crate::comparison::numbers::{epochs, loss};
use crate::comparison::{Comparison, TargetReach, VariantSummary};
use crate::label::grouped;

pub(super) fn sentences(found: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut remarks = Vec::new();
    match found.decisive_target() {
        Some(target) => {
            let standing = Standing::new(found, target);
            sentences.push(standing.by_epochs(found.variants.len()));
            sentences.extend(standing.by_updates());
            remarks.extend(standing.unrankable());
            remarks.extend(other_targets(found, target, &standing));
        }
        None => sentences.push(undecided(found)),
    }
    remarks.extend(divergence(found));
    if !remarks.is_empty() {
        sentences.push(format!("Note that {}.", remarks.join("; ")));
    }
    sentences
}

/// Whether the run ended in a loss that is not finite: it may have been low before, but did not converge.
fn diverged(run: &VariantSummary) -> bool {
    run.diverged > 0
}

/// A run that reached a target.
struct Reached<'a> {
    run: &'a VariantSummary,
    epoch: u64,
    updates: u64,
}

/// The runs at one target. Those that diverged sooner or later are not ranked.
struct Standing<'a> {
    loss: f64,
    /// Fewest epochs first.
    reached: Vec<Reached<'a>>,
    missed: Vec<&'a VariantSummary>,
    any_diverged: bool,
}

fn epoch_of(reached: &Reached<'_>) -> u64 {
    reached.epoch
}

fn updates_of(reached: &Reached<'_>) -> u64 {
    reached.updates
}

impl<'a> Standing<'a> {
    fn new(found: &'a Comparison, target: &TargetReach) -> Self {
        let mut standing = Self {
            loss: target.loss,
            reached: Vec::new(),
            missed: Vec::new(),
            any_diverged: found.variants.iter().any(diverged),
        };
        let runs = found.variants.iter().zip(&target.reached);
        for (run, reach) in runs.filter(|(run, _)| !diverged(run)) {
            match reach.seeds {
                0 => standing.missed.push(run),
                _ => standing.reached.push(Reached {
                    run,
                    epoch: reach.epoch.median as u64,
                    updates: reach.updates.median as u64,
                }),
            }
        }
        standing.reached.sort_by_key(epoch_of);
        standing
    }

    fn fewest(&self, cost: fn(&Reached<'_>) -> u64) -> u64 {
        self.reached.iter().map(cost).min().unwrap_or(0)
    }

    fn winners(&self, cost: fn(&Reached<'_>) -> u64) -> Vec<&'a VariantSummary> {
        let fewest = self.fewest(cost);
        let winners = self.reached.iter().filter(|reached| cost(reached) == fewest);
        winners.map(|reached| reached.run).collect()
    }

    fn by_epochs(&self, runs: usize) -> String {
        let target = loss(self.loss);
        let epoch = self.fewest(epoch_of);
        let winners = self.winners(epoch_of);
        let (winner, when) = (&winners[0].name, grouped(epoch));
        if runs == 1 {
            let updates = grouped(self.fewest(updates_of));
            return format!(
                "{winner} first reached a loss of {target} at epoch {when} ({updates} updates); there is no other run to \
                 compare it with."
            );
        }
        let outlasted = || self.missed.iter().filter(|run| run.epochs >= epoch);
        let mut sentence = if winners.len() > 1 {
            let names = list(names(&winners));
            format!("By epochs, {names} tie: they first reached a loss of {target} at epoch {when}")
        } else if self.reached.len() == 1 && outlasted().count() == 0 && !self.any_diverged {
            format!(
                "By epochs it cannot be said which converged faster: only {winner} reached a loss of {target}, at epoch \
                 {when}, and by then every other run had ended"
            )
        } else {
            let degree = if runs == 2 { "faster" } else { "fastest" };
            let how = match (self.reached.len(), self.any_diverged) {
                (1, false) => "it alone reached",
                (1, true) => "it reached",
                _ => "it first reached",
            };
            format!("By epochs, {winner} converged {degree}: {how} a loss of {target} at epoch {when}")
        };
        let later = self.reached.iter().filter(|reached| reached.epoch > epoch);
        let later = later.map(|reached| format!("{} at epoch {}", reached.run.name, grouped(reached.epoch)));
        if let Some(later) = list_if_any(later) {
            sentence.push_str(&format!(", {later}"));
        }
        let missed = outlasted().map(|run| format!("{} never did within {}", run.name, epochs(run.epochs)));
        if let Some(missed) = list_if_any(missed) {
            sentence.push_str(&format!("; {missed}"));
        }
        sentence.push('.');
        sentence
    }

    /// `None` where counting updates is no different from counting epochs.
    fn by_updates(&self) -> Option<String> {
        let first = self.reached.first()?;
        let in_step = |other: &Reached<'_>| {
            u128::from(other.updates) * u128::from(first.epoch)
                == u128::from(first.updates) * u128::from(other.epoch)
        };
        if self.reached.len() < 2 || self.reached.iter().all(in_step) {
            return None;
        }
        let winners = self.winners(updates_of);
        let count = grouped(self.fewest(updates_of));
        if winners.len() > 1 {
            let names = list(names(&winners));
            return Some(format!(
                "By updates, {names} tie: each took {count} to get there."
            ));
        }
        let winner = winners[0];
        let others = self
            .reached
            .iter()
            .filter(|reached| !std::ptr::eq(reached.run, winner));
        let took = |other: &Reached<'_>| format!("{} took {}", other.run.name, grouped(other.updates));
        let others = list(others.map(took));
        let leads_alone = self.winners(epoch_of).len() == 1 && std::ptr::eq(first.run, winner);
        Some(match leads_alone {
            true => format!("By updates it was ahead too: it took {count}, {others}."),
            false => format!(
                "By updates, {} was ahead: it took {count}, {others}.",
                winner.name
            ),
        })
    }

    /// Runs that ended before the first of the others got there.
    fn unrankable(&self) -> Option<String> {
        let (epoch, update) = (self.fewest(epoch_of), self.fewest(updates_of));
        let remark = |run: &&VariantSummary| {
            let name = &run.name;
            if run.epochs < epoch {
                let ended = epochs(run.epochs);
                return Some(format!("{name} ended after {ended}, too soon to be ranked"));
            }
            let made = grouped(run.updates);
            (run.updates < update)
                .then(|| format!("{name} made only {made} updates, too few to be ranked by updates"))
        };
        list_if_any(self.missed.iter().filter_map(remark))
    }
}

fn names(runs: &[&VariantSummary]) -> Vec<String> {
    runs.iter().map(|run| run.name.clone()).collect()
}

/// Targets that rank the runs differently from the decisive one.
fn other_targets(found: &Comparison, decisive: &TargetReach, standing: &Standing<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    let leaders = standing.winners(epoch_of);
    let easier = found.targets.iter().filter(|target| target.loss > decisive.loss);
    let mut easier = easier.map(|target| Standing::new(found, target));
    let overtaken = easier.find_map(|easier| {
        let first = easier.winners(epoch_of);
        let leads = first.len() == 1 && !leaders.iter().any(|leader| std::ptr::eq(*leader, first[0]));
        leads.then(|| (first[0], easier.loss, easier.fewest(epoch_of)))
    });
    if let Some((run, target, epoch)) = overtaken {
        remarks.push(format!(
            "{} was the first to reach the easier loss of {}, at epoch {}",
            run.name,
            loss(target),
            grouped(epoch)
        ));
    }
    let lower = found
        .targets
        .iter()
        .rev()
        .take_while(|target| target.loss < decisive.loss);
    let mut lower = lower.map(|target| Standing::new(found, target));
    if let Some(further) = lower.find(|standing| !standing.reached.is_empty())
        && let [only] = &further.reached[..]
    {
        let (name, target, epoch) = (&only.run.name, loss(further.loss), grouped(only.epoch));
        remarks.push(format!("only {name} came down to {target}, at epoch {epoch}"));
        let shorter = further.missed.iter().filter(|other| other.epochs < only.epoch);
        let ended = shorter.map(|other| format!("{} had ended after {}", other.name, epochs(other.epochs)));
        remarks.extend(list_if_any(ended).map(|ended| format!("by then {ended}")));
    }
    let hardest = found.targets.last();
    if let Some(hardest) = hardest.filter(|target| target.reached.iter().all(|reach| reach.seeds == 0)) {
        remarks.push(format!("no run reached {}", loss(hardest.loss)));
    }
    remarks
}

fn divergence(found: &Comparison) -> Option<String> {
    let remark = |run: &VariantSummary| {
        let (name, epoch) = (&run.name, grouped(run.diverged_at?));
        Some(match diverged(run) {
            true => format!("{name} diverged, its loss no longer finite at epoch {epoch}, and is not ranked"),
            false => format!("the loss of {name} was for a while not finite, first at epoch {epoch}"),
        })
    };
    list_if_any(found.variants.iter().filter_map(remark))
}

/// The sentence where no run reached a target.
fn undecided(found: &Comparison) -> String {
    let reason = match found.targets.first() {
        _ if found.variants.iter().all(diverged) => "no run ended with a finite loss".to_owned(),
        Some(easiest) if easiest.reached.iter().any(|reach| reach.seeds > 0) => {
            format!(
                "no run that stayed finite reached a loss of {}",
                loss(easiest.loss)
            )
        }
        Some(easiest) => format!("no run reached a loss of {}", loss(easiest.loss)),
        None => "no run came below all first losses".to_owned(),
    };
    let lowest = found.equal_epochs.last().and_then(|row| {
        let runs = found
            .variants
            .iter()
            .zip(row.losses.iter().map(|spread| spread.median));
        let finite = runs.filter(|(run, value)| value.is_finite() && !diverged(run));
        let (run, lowest) = finite.clone().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let is_alone = finite.filter(|(_, value)| *value == lowest).count() == 1;
        let (after, lowest) = (epochs(row.epoch), loss(lowest));
        is_alone.then(|| format!("; after {after}, {} had the lowest loss, {lowest}", run.name))
    });
    let lowest = lowest.filter(|_| found.variants.len() > 1).unwrap_or_default();
    format!("Which converged faster cannot be said: {reason}{lowest}.")
}
