//! Shows the progress of many runs: on a terminal a bar for all and a line for the running ones; otherwise a line for each
//! finished run, and now and then one for all.

use super::side_by_side::{FinishedRun, Job};
use super::variants::Variant;
use crate::score_text::number;
use crate::terminal;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// The most running runs that are named; further ones are counted.
const MOST_NAMED: usize = 4;

/// One of the runs under way, for the progress display.
#[derive(Debug, Default)]
pub(super) struct Lane {
    job: Mutex<Option<Job>>,
    done: AtomicU64,
}

impl Lane {
    pub(super) fn begin(&self, job: Job) {
        self.done.store(0, Ordering::Relaxed);
        self.set(Some(job));
    }

    pub(super) fn end(&self) {
        self.set(None);
    }

    /// Steps done.
    pub(super) fn done(&self) -> &AtomicU64 {
        &self.done
    }

    fn set(&self, job: Option<Job>) {
        if let Ok(mut place) = self.job.lock() {
            *place = job;
        }
    }

    fn job(&self) -> Option<Job> {
        self.job.lock().ok().and_then(|place| *place)
    }
}

pub(super) struct CompareProgress {
    bar: Option<ProgressBar>,
    quiet: bool,
    names: Vec<String>,
    /// Steps of a run of each variant.
    steps: Vec<u64>,
    seeds: Vec<Option<u32>>,
    finished: usize,
    last_line: Instant,
}

impl CompareProgress {
    pub(super) fn new(variants: &[Variant], seeds: &[Option<u32>], quiet: bool) -> Self {
        let bar = (terminal::is_watched() && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style =
                ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3}%  {eta} left\n{wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_length(1000);
            bar
        });
        let batches = |variant: &Variant| {
            let train = &variant.spec.recipe.train;
            let per_epoch = variant
                .rows
                .div_ceil(train.batch_size.rows_per_batch(variant.rows).max(1))
                as u64;
            train.epochs.saturating_mul(per_epoch)
        };
        Self {
            bar,
            quiet,
            names: variants.iter().map(|variant| variant.spec.name.clone()).collect(),
            steps: variants.iter().map(batches).collect(),
            seeds: seeds.to_vec(),
            finished: 0,
            last_line: Instant::now(),
        }
    }

    fn name(&self, job: Job) -> String {
        let name = &self.names[job.variant];
        match self.seeds[job.seed] {
            Some(seed) => format!("{name}, seed {seed}"),
            None => name.clone(),
        }
    }

    fn total(&self) -> usize {
        self.names.len() * self.seeds.len()
    }

    /// Reports a finished run.
    pub(super) fn report(&mut self, job: Job, done: &FinishedRun) {
        self.finished += 1;
        let name = self.name(job);
        if let Some(trouble) = &done.trouble {
            self.line(&format!("warning: {name}: {trouble}"));
        }
        if self.bar.is_none() && !self.quiet {
            let epochs = HumanCount(done.losses.len() as u64);
            let loss = done.losses.last().copied().map_or_else(String::new, number);
            let seconds = done.total_seconds();
            self.last_line = Instant::now();
            terminal::note(&format!(
                "{} of {}: {name}: loss {loss} after {epochs} epochs, {seconds:.3} s",
                self.finished,
                self.total()
            ));
        }
    }

    /// Shows the progress of the running ones.
    pub(super) fn show(&mut self, lanes: &[Lane]) {
        let line_is_due = self.bar.is_none() && !self.quiet && self.last_line.elapsed() >= BETWEEN_LINES;
        if self.bar.is_none() && !line_is_due {
            return;
        }
        let mut part = self.finished as f64;
        let mut under_way = Vec::new();
        for lane in lanes {
            let Some(job) = lane.job() else { continue };
            let steps = self.steps[job.variant].max(1) as f64;
            let fraction = (lane.done.load(Ordering::Relaxed) as f64 / steps).min(1.0);
            part += fraction;
            under_way.push(format!("{} {:.0}%", self.name(job), 100.0 * fraction));
        }
        if under_way.len() > MOST_NAMED {
            let others = under_way.len() - MOST_NAMED;
            under_way.truncate(MOST_NAMED);
            under_way.push(format!("{others} others"));
        }
        let part = part / self.total() as f64;
        let under_way = under_way.join("; ");
        let count = format!("{} of {} runs", self.finished, self.total());
        match &self.bar {
            Some(bar) => {
                bar.set_prefix(count);
                bar.set_position((1000.0 * part) as u64);
                bar.set_message(under_way);
            }
            None => {
                self.last_line = Instant::now();
                terminal::note(&format!("{:.0}%  {count}; {under_way}", 100.0 * part));
            }
        }
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal::note(line)),
            None => terminal::note(line),
        }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
