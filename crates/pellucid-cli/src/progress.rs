//! Progress: a bar on a terminal, now and then a line where nobody looks on, and the ear for Ctrl-C.

use crate::glance::Glance;
use crate::{interrupt, terminal};
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use pellucid::Scalar;
use pellucid::training::observe::{Event, Observer, Position};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How often the bar moves.
const GLANCE: Duration = Duration::from_millis(60);
/// How often a line is written where nobody looks on.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Shows how a run gets on, and ends it at Ctrl-C.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    writes_lines: bool,
    started: Instant,
    last_line: Instant,
    glance: Glance,
    loss: Option<f64>,
    note: String,
}

impl Progress {
    /// Progress under `name`, nothing shown when `quiet`.
    pub(crate) fn new(name: &str, quiet: bool) -> Self {
        let watched = terminal::is_watched();
        let bar = (watched && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3}%  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(name.to_string());
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            writes_lines: !watched && !quiet,
            started: now,
            last_line: now,
            glance: Glance::every(GLANCE),
            loss: None,
            note: String::new(),
        }
    }

    /// The bar, for whoever writes lines above it.
    pub(crate) fn bar(&self) -> Option<ProgressBar> {
        self.bar.clone()
    }

    /// What is shown after the loss.
    pub(crate) fn set_note(&mut self, note: String) {
        self.note = note;
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
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
}

impl<T: Scalar> Observer<T> for Progress {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Step { position, loss, .. } = event
            && self.glance.is_due(position.step)
        {
            self.show(*position, *loss);
        }
        if interrupt::was_asked() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.glance.next_step(next.step)
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
