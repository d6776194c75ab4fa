//! The progress of a training on a table: a bar on a terminal, a line for some epochs where nobody looks on.

use crate::findings;
use crate::progress::Progress;
use crate::score_text::{figure_name, number};
use crate::terminal;
use pellucid::Scalar;
use pellucid::inspection::diagnosis::Finding;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid_data::model_file::EpochLine;
use pellucid_data::training::Watch;
use std::ops::ControlFlow;
use std::time::Instant;

/// Shows how a training gets on, and ends it at Ctrl-C.
pub(crate) struct TrainProgress {
    progress: Progress,
    writes_lines: bool,
    quiet: bool,
    started: Instant,
    diagnoses: bool,
    told: Vec<Finding>,
    first_epoch: Option<f64>,
    last_told: Option<Instant>,
}

impl TrainProgress {
    pub(crate) fn new(name: &str, quiet: bool, started: Instant) -> Self {
        Self {
            progress: Progress::new(name, quiet),
            writes_lines: !quiet && !terminal::is_watched(),
            quiet,
            started,
            diagnoses: !quiet,
            told: Vec::new(),
            first_epoch: None,
            last_told: None,
        }
    }

    /// Progress of one fold after the other, without lines for epochs.
    pub(crate) fn of_folds(name: &str, quiet: bool, started: Instant) -> Self {
        Self {
            writes_lines: false,
            diagnoses: false,
            ..Self::new(name, quiet, started)
        }
    }

    /// The same, which has the training diagnosed even where nothing is told of it.
    pub(crate) fn diagnosing(self) -> Self {
        Self {
            diagnoses: true,
            ..self
        }
    }

    /// The bar, for whoever writes lines above it.
    pub(crate) fn bar(&self) -> Option<indicatif::ProgressBar> {
        self.progress.bar()
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.progress.finish();
    }

    /// Seconds from the start of the command to the end of the first epoch.
    pub(crate) fn seconds_to_first_epoch(&self) -> Option<f64> {
        self.first_epoch
    }
}

/// 1, 2, 5, 10, 20, 50, …
fn is_round(epoch: u64) -> bool {
    let mut decade = 1;
    while decade <= epoch / 10 {
        decade *= 10;
    }
    epoch.is_multiple_of(decade) && matches!(epoch / decade, 1 | 2 | 5)
}

fn text(line: &EpochLine) -> String {
    let validation = line
        .validation_loss
        .map_or_else(String::new, |loss| format!("  validation loss {}", number(loss)));
    let metrics: String = line
        .metrics
        .iter()
        .map(|(name, value)| format!("  {} {}", figure_name(name), number(*value)))
        .collect();
    format!("{validation}{metrics}")
}

impl Watch for TrainProgress {
    fn epoch(&mut self, line: &EpochLine, is_best: bool) -> ControlFlow<()> {
        let now = Instant::now();
        self.first_epoch
            .get_or_insert_with(|| (now - self.started).as_secs_f64());
        let rest = text(line);
        let waited = self.last_told.is_none_or(|told| (now - told).as_secs() >= 10);
        if self.writes_lines && (is_round(line.epoch) || waited) {
            self.last_told = Some(now);
            let best = if is_best && line.validation_loss.is_some() {
                "  (best)"
            } else {
                ""
            };
            terminal::note(&format!(
                "epoch {}  loss {}{rest}{best}",
                line.epoch,
                number(line.loss)
            ));
        }
        self.progress.set_note(rest);
        if crate::interrupt::was_asked() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn seconds(&mut self) -> Option<f64> {
        Some(self.started.elapsed().as_secs_f64())
    }

    fn diagnoses(&self) -> bool {
        self.diagnoses
    }

    fn found(&mut self, findings: &[Finding]) {
        let tell = || findings::tell(findings, &self.told);
        match self.progress.bar() {
            _ if self.quiet => {}
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
        self.told.extend_from_slice(findings);
    }
}

impl<T: Scalar> Observer<T> for TrainProgress {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        Observer::<T>::on(&mut self.progress, event)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        Observer::<T>::next_step(&mut self.progress, next)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        Observer::<T>::next_epoch(&mut self.progress, next)
    }
}
