//! Which run converged faster, in plain English, and what cannot be said.

use super::text::loss;
use super::{Comparison, Reach, RunSummary, TargetReach};
use crate::label::grouped;

/// Runs named one by one in a list; the others are counted.
const MOST_NAMED: usize = 4;

/// One to three sentences.
pub(super) fn answer(comparison: &Comparison) -> String {
    let mut sentences = Vec::new();
    let mut remarks = Vec::new();
    match decisive_target(comparison) {
        Some(target) => {
            let standing = Standing::at(comparison, target);
            sentences.push(standing.by_epochs(comparison.runs.len()));
            sentences.extend(standing.by_updates());
            remarks.extend(standing.unrankable());
            remarks.extend(other_targets(comparison, target, &standing));
        }
        None => sentences.push(undecided(comparison)),
    }
    remarks.extend(divergence(comparison));
    if !remarks.is_empty() {
        sentences.push(format!("Note that {}.", remarks.join("; ")));
    }
    sentences.join(" ")
}

/// The lowest target that at least two runs reached, or else the lowest that one did; runs that diverged do not count.
fn decisive_target(comparison: &Comparison) -> Option<&TargetReach> {
    let reached_by = |target: &TargetReach| {
        let runs = comparison.runs.iter().zip(&target.reached);
        runs.filter(|(run, reach)| reach.is_some() && !diverged(run))
            .count()
    };
    let lowest = |least: usize| {
        comparison
            .targets
            .iter()
            .rev()
            .find(|target| reached_by(target) >= least)
    };
    lowest(2).or_else(|| lowest(1))
}

/// Whether the run ended in a loss that is no number: it may have been low before, but did not converge.
fn diverged(run: &RunSummary) -> bool {
    run.final_loss.is_some_and(|loss| !loss.is_finite())
}

/// The runs at one target: those that reached it, fewest epochs first, those that did not, and those that diverged
/// sooner or later, which are not ranked.
struct Standing<'a> {
    loss: f64,
    reached: Vec<(&'a RunSummary, Reach)>,
    missed: Vec<&'a RunSummary>,
    diverged: Vec<&'a RunSummary>,
}

impl<'a> Standing<'a> {
    fn at(comparison: &'a Comparison, target: &TargetReach) -> Self {
        let mut standing = Self {
            loss: target.loss,
            reached: Vec::new(),
            missed: Vec::new(),
            diverged: Vec::new(),
        };
        for (run, reach) in comparison.runs.iter().zip(&target.reached) {
            match reach {
                _ if diverged(run) => standing.diverged.push(run),
                Some(reach) => standing.reached.push((run, *reach)),
                None => standing.missed.push(run),
            }
        }
        standing.reached.sort_by_key(|(_, reach)| reach.epoch);
        standing
    }

    fn fewest(&self, cost: impl Fn(&Reach) -> u64) -> u64 {
        self.reached
            .iter()
            .map(|(_, reach)| cost(reach))
            .min()
            .unwrap_or(0)
    }

    fn winners(&self, cost: impl Fn(&Reach) -> u64) -> Vec<&'a RunSummary> {
        let fewest = self.fewest(&cost);
        self.reached
            .iter()
            .filter(|(_, reach)| cost(reach) == fewest)
            .map(|(run, _)| *run)
            .collect()
    }

    fn by_epochs(&self, runs: usize) -> String {
        let target = loss(self.loss);
        let epoch = self.fewest(|reach| reach.epoch);
        let winners = self.winners(|reach| reach.epoch);
        let when = grouped(epoch);
        if runs == 1 {
            let updates = grouped(self.fewest(|reach| reach.updates));
            return format!(
                "{} first reached a loss of {target} at epoch {when} ({updates} updates); there is no other run to compare it with.",
                winners[0].name
            );
        }
        let outlasted = self.missed.iter().filter(|run| run.epochs >= epoch).count();
        let mut sentence = if winners.len() > 1 {
            let names = list(winners.iter().map(|run| run.name.clone()));
            format!("By epochs, {names} tie: they first reached a loss of {target} at epoch {when}")
        } else if self.reached.len() == 1 && outlasted == 0 && self.diverged.is_empty() {
            format!(
                "By epochs it cannot be said which converged faster: only {} reached a loss of {target}, at epoch {when}, \
                 and by then every other run had ended",
                winners[0].name
            )
        } else {
            let degree = if runs == 2 { "faster" } else { "fastest" };
            let how = match (self.reached.len(), self.diverged.len()) {
                (1, 0) => "it alone reached",
                (1, _) => "it reached",
                _ => "it first reached",
            };
            format!(
                "By epochs, {} converged {degree}: {how} a loss of {target} at epoch {when}",
                winners[0].name
            )
        };
        let later = self.reached.iter().filter(|(_, reach)| reach.epoch > epoch);
        let later: Vec<String> = later
            .map(|(run, reach)| format!("{} at epoch {}", run.name, grouped(reach.epoch)))
            .collect();
        if !later.is_empty() {
            sentence.push_str(&format!(", {}", list(later)));
        }
        if outlasted > 0 {
            let missed = self.missed.iter().filter(|run| run.epochs >= epoch);
            let missed = missed.map(|run| format!("{} never did within {}", run.name, epochs(run.epochs)));
            sentence.push_str(&format!("; {}", list(missed)));
        }
        sentence.push('.');
        sentence
    }

    /// `None` where counting updates is no different from counting epochs.
    fn by_updates(&self) -> Option<String> {
        let (first, reach) = self.reached.first()?;
        let in_step = |(_, other): &(&RunSummary, Reach)| {
            u128::from(other.updates) * u128::from(reach.epoch)
                == u128::from(reach.updates) * u128::from(other.epoch)
        };
        if self.reached.len() < 2 || self.reached.iter().all(in_step) {
            return None;
        }
        let fewest = self.fewest(|reach| reach.updates);
        let winners = self.winners(|reach| reach.updates);
        let count = grouped(fewest);
        if winners.len() > 1 {
            let names = list(winners.iter().map(|run| run.name.clone()));
            return Some(format!(
                "By updates, {names} tie: each took {count} to get there."
            ));
        }
        let winner = winners[0];
        let others = self.reached.iter().filter(|(run, _)| !std::ptr::eq(*run, winner));
        let others = list(others.map(|(run, reach)| format!("{} took {}", run.name, grouped(reach.updates))));
        let by_epochs = self.winners(|reach| reach.epoch);
        Some(if by_epochs.len() == 1 && std::ptr::eq(*first, winner) {
            format!("By updates it was ahead too: it took {count}, {others}.")
        } else {
            format!(
                "By updates, {} was ahead: it took {count}, {others}.",
                winner.name
            )
        })
    }

    /// Runs that ended before the first of the others got there.
    fn unrankable(&self) -> Option<String> {
        let (epoch, update) = (
            self.fewest(|reach| reach.epoch),
            self.fewest(|reach| reach.updates),
        );
        let remarks: Vec<String> = self
            .missed
            .iter()
            .filter_map(|run| {
                if run.epochs < epoch {
                    Some(format!(
                        "{} ended after {}, too soon to be ranked",
                        run.name,
                        epochs(run.epochs)
                    ))
                } else if run.updates < update {
                    Some(format!(
                        "{} made only {} updates, too few to be ranked by updates",
                        run.name,
                        grouped(run.updates)
                    ))
                } else {
                    None
                }
            })
            .collect();
        (!remarks.is_empty()).then(|| list(remarks))
    }
}

/// Where other targets tell a different story from the decisive one.
fn other_targets(comparison: &Comparison, decisive: &TargetReach, standing: &Standing<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    let leaders = standing.winners(|reach| reach.epoch);
    let overtaken = comparison
        .targets
        .iter()
        .filter(|target| target.loss > decisive.loss)
        .find_map(|target| {
            let easier = Standing::at(comparison, target);
            let first = easier.winners(|reach| reach.epoch);
            let leads = first.len() == 1 && !leaders.iter().any(|leader| std::ptr::eq(*leader, first[0]));
            leads.then(|| (first[0], target.loss, easier.fewest(|reach| reach.epoch)))
        });
    if let Some((run, target, epoch)) = overtaken {
        remarks.push(format!(
            "{} was the first to reach the easier loss of {}, at epoch {}",
            run.name,
            loss(target),
            grouped(epoch)
        ));
    }
    let lower = comparison
        .targets
        .iter()
        .rev()
        .take_while(|target| target.loss < decisive.loss);
    let mut lower = lower.map(|target| Standing::at(comparison, target));
    if let Some(further) = lower.find(|standing| !standing.reached.is_empty())
        && let [(run, reach)] = further.reached[..]
    {
        remarks.push(format!(
            "only {} came down to {}, at epoch {}",
            run.name,
            loss(further.loss),
            grouped(reach.epoch)
        ));
        let shorter = further.missed.iter().filter(|other| other.epochs < reach.epoch);
        let shorter: Vec<String> = shorter
            .map(|other| format!("{} had ended after {}", other.name, epochs(other.epochs)))
            .collect();
        if !shorter.is_empty() {
            remarks.push(format!("by then {}", list(shorter)));
        }
    }
    if let Some(hardest) = comparison
        .targets
        .last()
        .filter(|target| target.reached.iter().all(Option::is_none))
    {
        remarks.push(format!("no run reached {}", loss(hardest.loss)));
    }
    remarks
}

fn divergence(comparison: &Comparison) -> Option<String> {
    let remark = |run: &RunSummary| {
        let epoch = grouped(run.diverged_at?);
        Some(if diverged(run) {
            format!(
                "{} diverged, its loss no longer finite at epoch {epoch}, and is not ranked",
                run.name
            )
        } else {
            format!(
                "the loss of {} was for a while not finite, first at epoch {epoch}",
                run.name
            )
        })
    };
    let remarks: Vec<String> = comparison.runs.iter().filter_map(remark).collect();
    (!remarks.is_empty()).then(|| list(remarks))
}

/// No target was reached by any run.
fn undecided(comparison: &Comparison) -> String {
    let reason = match comparison.targets.first() {
        _ if comparison.runs.iter().all(diverged) => "no run ended with a finite loss".to_owned(),
        Some(easiest) if easiest.reached.iter().any(Option::is_some) => {
            format!(
                "no run that stayed finite reached a loss of {}",
                loss(easiest.loss)
            )
        }
        Some(easiest) => format!("no run reached a loss of {}", loss(easiest.loss)),
        None => "no run came below all first losses".to_owned(),
    };
    let mut sentence = format!("Which converged faster cannot be said: {reason}");
    let last = comparison.equal_epochs.last();
    let lowest = last.and_then(|row| {
        let runs = comparison.runs.iter().zip(&row.losses);
        let finite = runs.filter(|(run, value)| value.is_finite() && !diverged(run));
        let lowest = finite.clone().min_by(|a, b| a.1.total_cmp(b.1))?;
        (finite.filter(|(_, value)| *value == lowest.1).count() == 1)
            .then_some((row.epoch, lowest.0, *lowest.1))
    });
    if let Some((epoch, run, value)) = lowest.filter(|_| comparison.runs.len() > 1) {
        let after = epochs(epoch);
        sentence.push_str(&format!(
            "; after {after}, {} had the lowest loss, {}",
            run.name,
            loss(value)
        ));
    }
    sentence.push('.');
    sentence
}

pub(super) fn epochs(count: u64) -> String {
    format!("{} epoch{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// "a", "a and b", "a, b and c".
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    if items.len() > MOST_NAMED {
        let others = items.len() - (MOST_NAMED - 1);
        items.truncate(MOST_NAMED - 1);
        items.push(format!("{others} others"));
    }
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
