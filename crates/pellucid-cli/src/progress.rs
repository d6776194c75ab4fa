//! The progress of a training: a bar on a terminal, otherwise a line at intervals; ends the training at Ctrl-C.

use crate::score_text::{figure_name, number};
use crate::{interrupt, terminal};
use indicatif::{HumanCount, HumanDuration, ProgressBar};
use pellucid::Scalar;
use pellucid::training::glance::Glance;
use pellucid::training::observe::{EpochRecord, Event, Observer, Position, end_if};
use pellucid_report::legible;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Moves a bar to `done` of so many parts of the work; ends the work at Ctrl-C.
pub(crate) fn counted(bar: Option<&ProgressBar>, done: usize, of: usize) -> ControlFlow<()> {
    if let Some(bar) = bar {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    }
    interrupt::end_if_asked()
}

/// How often the bar moves, in seconds.
const GLANCE: f64 = 0.06;
/// How often a line is written where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Shows the progress of a training, and ends it at Ctrl-C. Dropped, it takes the bar away.
pub(crate) struct Progress {
    /// For a caller that writes lines above it.
    pub(crate) bar: Option<ProgressBar>,
    writes_lines: bool,
    writes_epochs: bool,
    started: Instant,
    last_line: Instant,
    last_epoch_line: Option<Instant>,
    /// When the first epoch ended.
    pub(crate) first_epoch: Option<Instant>,
    glance: Glance,
    loss: Option<f64>,
    note: String,
}

impl Progress {
    /// Progress under `name`, nothing shown when `quiet`.
    pub(crate) fn new(name: &str, quiet: bool) -> Self {
        let bar = terminal::bar("{prefix} {wide_bar} {percent:>3}%  {msg}", quiet);
        let now = Instant::now();
        Self {
            writes_lines: bar.is_none() && !quiet,
            bar: bar.map(|bar| bar.with_prefix(legible(name).into_owned())),
            writes_epochs: false,
            started: now,
            last_line: now,
            last_epoch_line: None,
            first_epoch: None,
            glance: Glance::every(GLANCE, 0.0),
            loss: None,
            note: String::new(),
        }
    }

    /// The same, which writes a line for some epochs where there is no terminal.
    pub(crate) fn with_epochs(mut self) -> Self {
        self.writes_epochs = self.writes_lines;
        self
    }

    fn show(&mut self, position: Position, loss: f64) {
        let now = Instant::now();
        let done = position.step + 1;
        // Of single samples' losses a running mean says more than the latest.
        self.loss = Some(match self.loss {
            Some(before) if position.steps_per_epoch > 1 => before + 0.1 * (loss - before),
            _ => loss,
        });
        let line_is_due = self.writes_lines && now - self.last_line >= BETWEEN_LINES;
        if self.bar.is_none() && !line_is_due {
            return;
        }
        let total = position.epochs.saturating_mul(position.steps_per_epoch);
        let elapsed = (now - self.started).as_secs_f64();
        let rate = done as f64 / elapsed.max(1e-9);
        let left = Duration::from_secs_f64((total.saturating_sub(done) as f64 / rate).min(1e9));
        let message = format!(
            "epoch {}/{}  {} steps/s  loss {:.6}{}  {} left",
            HumanCount(position.epoch + 1),
            HumanCount(position.epochs),
            HumanCount(rate as u64),
            self.loss.unwrap_or(loss),
            self.note,
            if left < Duration::from_secs(1) {
                "<1s".to_string()
            } else {
                format!("{:#}", HumanDuration(left)) // `7m`: a bar is to fit beside it on 80 columns
            },
        );
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(message);
        } else {
            self.last_line = now;
            terminal::note(&format!("{:.0}%  {message}", 100.0 * done as f64 / total as f64));
        }
    }

    /// An epoch, counted from 1, and what was measured of it.
    fn show_epoch(&mut self, epoch: u64, record: &EpochRecord, is_best: bool) {
        let now = Instant::now();
        self.first_epoch.get_or_insert(now);
        let rest = figures(record);
        let is_due = self
            .last_epoch_line
            .is_none_or(|last| now - last >= BETWEEN_LINES);
        if self.writes_epochs && (is_round(epoch) || is_due) {
            self.last_epoch_line = Some(now);
            let best = match is_best && record.validation.is_some() {
                true => "  (best)",
                false => "",
            };
            terminal::note(&format!(
                "epoch {epoch}  loss {}{rest}{best}",
                number(record.loss)
            ));
        }
        self.note = rest;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
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

/// Loss and metrics of held-out rows; where there are none, metrics of training rows.
fn figures(record: &EpochRecord) -> String {
    let (mut text, metrics) = match &record.validation {
        Some(validation) => (
            format!("  validation loss {}", number(validation.loss)),
            &validation.metrics,
        ),
        None => (String::new(), &record.metrics),
    };
    for (metric, value) in metrics {
        text += &format!("  {} {}", figure_name(&metric.name()), number(*value));
    }
    text
}

impl<T: Scalar> Observer<T> for Progress {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, loss, .. } => {
                let clock = || self.started.elapsed().as_secs_f64();
                if self.glance.look(position.step, clock).is_some() {
                    self.show(*position, *loss);
                }
            }
            Event::Recorded {
                position,
                record,
                is_best,
                ..
            } => self.show_epoch(position.epoch + 1, record, *is_best),
            Event::Epoch { .. } => {}
        }
        end_if(interrupt::was_asked())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.glance.next_step(next.step)
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
