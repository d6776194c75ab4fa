//! The answer of single runs: who reached a target loss first.

use super::{list, list_if_any};
use crate::comparison::numbers::{epochs, loss};
use crate::comparison::{Comparison, TargetReach, VariantSummary};
use crate::label::grouped;
use std::ptr;

pub(super) fn sentences(found: &Comparison) -> Vec<String> {
    let (mut sentences, mut remarks) = (Vec::new(), Vec::new());
    match found.decisive_target() {
        Some(target) => {
            let standing = Standing::new(found, target);
            sentences.push(standing.by_epochs());
            sentences.extend(standing.by_updates());
            remarks.extend(standing.unrankable());
            remarks.extend(standing.other_targets());
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
    found: &'a Comparison,
    loss: f64,
    /// Fewest epochs first.
    reached: Vec<Reached<'a>>,
    missed: Vec<&'a VariantSummary>,
}

impl<'a> Standing<'a> {
    fn new(found: &'a Comparison, target: &TargetReach) -> Self {
        let (mut reached, mut missed) = (Vec::new(), Vec::new());
        let runs = found.variants.iter().zip(&target.reached);
        for (run, reach) in runs.filter(|(run, _)| !diverged(run)) {
            let (epoch, updates) = (reach.epoch.median as u64, reach.updates.median as u64);
            match reach.seeds {
                0 => missed.push(run),
                _ => reached.push(Reached { run, epoch, updates }),
            }
        }
        reached.sort_by_key(|reached: &Reached<'_>| reached.epoch);
        Self {
            found,
            loss: target.loss,
            reached,
            missed,
        }
    }

    /// The fewest epochs or updates to the target, and the runs that took no more.
    fn first_by(&self, cost: fn(&Reached<'_>) -> u64) -> (u64, Vec<&'a VariantSummary>) {
        let fewest = self.reached.iter().map(cost).min().unwrap_or(0);
        let first = self.reached.iter().filter(|reached| cost(reached) == fewest);
        (fewest, first.map(|reached| reached.run).collect())
    }

    fn by_epochs(&self) -> String {
        let any_diverged = self.found.variants.iter().any(diverged);
        let (epoch, winners) = self.first_by(|reached| reached.epoch);
        let (winner, goal, when) = (&winners[0].name, loss(self.loss), grouped(epoch));
        let runs = self.found.variants.len();
        if runs == 1 {
            let updates = grouped(self.reached[0].updates);
            return format!(
                "{winner} first reached a loss of {goal} at epoch {when} ({updates} updates); there is no other run to \
                 compare it with."
            );
        }
        let outlasted = || self.missed.iter().filter(|run| run.epochs >= epoch);
        let mut sentence = if winners.len() > 1 {
            let names = list(winners.iter().map(|run| run.name.clone()));
            format!("By epochs, {names} tie: they first reached a loss of {goal} at epoch {when}")
        } else if self.reached.len() == 1 && outlasted().count() == 0 && !any_diverged {
            format!(
                "By epochs it cannot be said which converged faster: only {winner} reached a loss of {goal}, at epoch \
                 {when}, and by then every other run had ended"
            )
        } else {
            let degree = if runs == 2 { "faster" } else { "fastest" };
            let how = match (self.reached.len(), any_diverged) {
                (1, false) => "it alone reached",
                (1, true) => "it reached",
                _ => "it first reached",
            };
            format!("By epochs, {winner} converged {degree}: {how} a loss of {goal} at epoch {when}")
        };
        let later = self.reached.iter().filter(|reached| reached.epoch > epoch);
        let later = later.map(|reached| format!("{} at epoch {}", reached.run.name, grouped(reached.epoch)));
        let missed = outlasted().map(|run| format!("{} never did within {}", run.name, epochs(run.epochs)));
        sentence.extend(list_if_any(later).map(|later| format!(", {later}")));
        sentence.extend(list_if_any(missed).map(|missed| format!("; {missed}")));
        sentence + "."
    }

    /// `None` where counting updates is no different from counting epochs.
    fn by_updates(&self) -> Option<String> {
        let first = self.reached.first()?;
        let in_step = |other: &Reached<'_>| {
            u128::from(other.updates) * u128::from(first.epoch)
                == u128::from(first.updates) * u128::from(other.epoch)
        };
        if self.reached.iter().all(in_step) {
            return None;
        }
        let (fewest, winners) = self.first_by(|reached| reached.updates);
        let count = grouped(fewest);
        let [winner] = winners[..] else {
            let names = list(winners.iter().map(|run| run.name.clone()));
            return Some(format!(
                "By updates, {names} tie: each took {count} to get there."
            ));
        };
        let others = self.reached.iter().filter(|other| !ptr::eq(other.run, winner));
        let others = list(others.map(|other| format!("{} took {}", other.run.name, grouped(other.updates))));
        let by_epochs = self.first_by(|reached| reached.epoch).1;
        let ahead = match by_epochs[..] {
            [leader] if ptr::eq(leader, winner) => " it was ahead too".to_owned(),
            _ => format!(", {} was ahead", winner.name),
        };
        Some(format!("By updates{ahead}: it took {count}, {others}."))
    }

    /// Runs that ended before the first of the others got there.
    fn unrankable(&self) -> Option<String> {
        let (epoch, _) = self.first_by(|reached| reached.epoch);
        let (update, _) = self.first_by(|reached| reached.updates);
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

    /// Targets that rank the runs differently from this one.
    fn other_targets(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let targets = self.found.targets.iter();
        let (_, leaders) = self.first_by(|reached| reached.epoch);
        let overtaken = targets
            .clone()
            .filter(|target| target.loss > self.loss)
            .find_map(|target| {
                let (epoch, first) = Standing::new(self.found, target).first_by(|reached| reached.epoch);
                let leads = first.len() == 1 && !leaders.iter().any(|leader| ptr::eq(*leader, first[0]));
                leads.then(|| (&first[0].name, loss(target.loss), grouped(epoch)))
            });
        if let Some((name, target, epoch)) = overtaken {
            remarks.push(format!(
                "{name} was the first to reach the easier loss of {target}, at epoch {epoch}"
            ));
        }
        let lower = targets.rev().take_while(|target| target.loss < self.loss);
        let mut lower = lower.map(|target| Standing::new(self.found, target));
        if let Some(further) = lower.find(|standing| !standing.reached.is_empty())
            && let [only] = &further.reached[..]
        {
            let (name, target, epoch) = (&only.run.name, loss(further.loss), grouped(only.epoch));
            remarks.push(format!("only {name} came down to {target}, at epoch {epoch}"));
            let shorter = further.missed.iter().filter(|other| other.epochs < only.epoch);
            let ended =
                shorter.map(|other| format!("{} had ended after {}", other.name, epochs(other.epochs)));
            remarks.extend(list_if_any(ended).map(|ended| format!("by then {ended}")));
        }
        let hardest = self.found.targets.last();
        if let Some(hardest) = hardest.filter(|target| target.reached.iter().all(|reach| reach.seeds == 0)) {
            remarks.push(format!("no run reached {}", loss(hardest.loss)));
        }
        remarks
    }
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
        Some(easiest) => {
            let is_reached = easiest.reached.iter().any(|reach| reach.seeds > 0);
            let finite = if is_reached { " that stayed finite" } else { "" };
            format!("no run{finite} reached a loss of {}", loss(easiest.loss))
        }
        None => "no run came below all first losses".to_owned(),
    };
    let row = found.equal_epochs.last().filter(|_| found.variants.len() > 1);
    let lowest = row.and_then(|row| {
        let losses = row.losses.iter().map(|spread| spread.median);
        let runs = found.variants.iter().zip(losses);
        let finite = runs.filter(|(run, value)| value.is_finite() && !diverged(run));
        let (run, lowest) = finite.clone().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let is_alone = finite.filter(|(_, value)| *value == lowest).count() == 1;
        let (after, lowest) = (epochs(row.epoch), loss(lowest));
        is_alone.then(|| format!("; after {after}, {} had the lowest loss, {lowest}", run.name))
    });
    format!(
        "Which converged faster cannot be said: {reason}{}.",
        lowest.unwrap_or_default()
    )
}
