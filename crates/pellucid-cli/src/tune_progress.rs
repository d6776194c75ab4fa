//! The progress of a search: a bar on a terminal, otherwise a line for each trial.

use crate::score_text::number;
use crate::terminal;
use indicatif::ProgressBar;
use pellucid::evaluation::metrics::{Better, Metric};
use pellucid_data::tuning::{TrialOutcome, TrialReport};
use pellucid_report::legible;

/// Shows how a search gets on.
pub(crate) struct TuneProgress {
    bar: Option<ProgressBar>,
    quiet: bool,
    metric: Metric,
    best: Option<(usize, f64)>,
}

impl TuneProgress {
    pub(crate) fn new(name: &str, quiet: bool, metric: Metric) -> Self {
        let bar = terminal::bar("{prefix} {wide_bar} {pos}/{len}  {msg}  {eta} left", quiet);
        Self {
            bar: bar.map(|bar| bar.with_prefix(legible(name).into_owned())),
            quiet,
            metric,
            best: None,
        }
    }

    /// Takes note of a trial.
    pub(crate) fn show(&mut self, report: &TrialReport<'_>) {
        let name = self.metric.name().replace('_', " ");
        let better = self.metric.better().unwrap_or(Better::Higher);
        let TrialReport { trial, done, of } = report;
        let is_better = |score: f64| self.best.is_none_or(|(_, best)| better.is(score, best, 0.0));
        let new_best = trial.score().filter(|score| is_better(*score));
        if let Some(score) = new_best {
            self.best = Some((trial.trial, score));
        }
        let result = match &trial.outcome {
            TrialOutcome::Trained {
                score, best_epoch, ..
            } => format!("{name} {} at epoch {best_epoch}", number(*score)),
            TrialOutcome::Failed(message) => message.clone(),
        };
        let best = new_best.map_or("", |_| "  (best so far)");
        let (done, trial) = (done.len(), trial.trial);
        let line = format!("{done} of {of}: trial {trial}, {result}{best}");
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => {
                if new_best.is_some() {
                    bar.suspend(|| terminal::note(&line));
                }
                bar.set_length(*of as u64);
                bar.set_position(done as u64);
                if let Some((trial, score)) = self.best {
                    bar.set_message(format!("best {name} {}, trial {trial}", number(score)));
                }
            }
            None => terminal::note(&line),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
