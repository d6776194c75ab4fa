//! Shows the progress of many runs: on a terminal a bar for all and a line for the running ones; otherwise a line for each
//! finished run, and now and then one for all.

use super::side_by_side::FinishedRun;
use super::variants::Variant;
use crate::score_text::number;
use crate::terminal;
use indicatif::{HumanCount, ProgressBar};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// The most running runs that are named; further ones are counted.
const MOST_NAMED: usize = 4;

/// One of the runs under way, for the progress display.
#[derive(Debug, Default)]
pub(super) struct Lane {
    job: Mutex<Option<usize>>,
    done: AtomicU64,
}

impl Lane {
    pub(super) fn begin(&self, job: usize) {
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

    fn set(&self, job: Option<usize>) {
        if let Ok(mut place) = self.job.lock() {
            *place = job;
        }
    }
}

pub(super) struct CompareProgress {
    bar: Option<ProgressBar>,
    quiet: bool,
    /// The name and the steps of each run.
    runs: Vec<(String, u64)>,
    finished: usize,
    last_line: Instant,
}

impl CompareProgress {
    pub(super) fn new(variants: &[Variant], seeds: &[Option<u32>], quiet: bool) -> Self {
        let bar = terminal::bar("{prefix} {wide_bar} {percent:>3}%  {eta} left\n{wide_msg}", quiet);
        let runs = seeds.iter().flat_map(|seed| {
            variants.iter().map(move |variant| {
                let name = &variant.spec.name;
                let seed = seed.map_or(String::new(), |seed| format!(", seed {seed}"));
                (format!("{name}{seed}"), variant.steps)
            })
        });
        Self {
            bar: bar.inspect(|bar| bar.set_length(1000)),
            quiet,
            runs: runs.collect(),
            finished: 0,
            last_line: Instant::now(),
        }
    }

    /// So many runs were finished before.
    pub(super) fn begin_with(&mut self, finished: usize) {
        self.finished = finished;
    }

    /// Reports a run that is finished, unless Ctrl-C ended it.
    pub(super) fn report(&mut self, job: usize, done: Option<&FinishedRun>) {
        let Some(done) = done else { return };
        self.finished += 1;
        let (name, _) = &self.runs[job];
        if let Some(trouble) = &done.trouble {
            let warning = format!("warning: {name}: {trouble}");
            match &self.bar {
                Some(bar) => bar.suspend(|| terminal::note(&warning)),
                None => terminal::note(&warning),
            }
        }
        if self.bar.is_none() && !self.quiet {
            let epochs = HumanCount(done.losses.len() as u64);
            let loss = done.losses.last().copied().map_or_else(String::new, number);
            let seconds = done.total_seconds();
            self.last_line = Instant::now();
            terminal::note(&format!(
                "{} of {}: {name}: loss {loss} after {epochs} epochs, {seconds:.3} s",
                self.finished,
                self.runs.len()
            ));
        }
    }

    /// Shows the progress of the running ones.
    pub(super) fn show(&mut self, lanes: &[Lane]) {
        let line_is_due = !self.quiet && self.last_line.elapsed() >= BETWEEN_LINES;
        if self.bar.is_none() && !line_is_due {
            return;
        }
        let mut part = self.finished as f64;
        let mut under_way = Vec::new();
        for lane in lanes {
            let Some(job) = lane.job.lock().ok().and_then(|job| *job) else {
                continue;
            };
            let (name, steps) = &self.runs[job];
            let fraction = (lane.done.load(Ordering::Relaxed) as f64 / (*steps).max(1) as f64).min(1.0);
            part += fraction;
            under_way.push(format!("{name} {:.0}%", 100.0 * fraction));
        }
        if under_way.len() > MOST_NAMED {
            let others = under_way.len() - MOST_NAMED;
            under_way.truncate(MOST_NAMED);
            under_way.push(format!("{others} others"));
        }
        let part = part / self.runs.len() as f64;
        let under_way = under_way.join("; ");
        let count = format!("{} of {} runs", self.finished, self.runs.len());
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

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
