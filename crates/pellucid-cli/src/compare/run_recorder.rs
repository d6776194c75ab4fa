//! Records one of several runs: the loss of each epoch, on training and on held-out rows, and its time.

use crate::glance::Glance;
use crate::interrupt;
use pellucid::Scalar;
use pellucid::training::observe::{Event, Observer, Position};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The most time stamps of a curve: more than a picture has pixels. Reading the clock takes as long as an epoch of a tiny
/// network.
const MOST_STAMPS: u64 = 4000;
const GLANCE: Duration = Duration::from_millis(60);

pub(super) struct RunRecorder<'a> {
    started: Instant,
    /// Time spent on held-out rows, which is not training.
    paused: Duration,
    losses: Vec<f64>,
    stamps: Vec<(u64, f64)>,
    /// Whether rows are held out, and when their evaluation began.
    holds_out: bool,
    evaluating_since: Option<Instant>,
    validation: Vec<f64>,
    glance: Glance,
    /// Steps done, for the progress display.
    done: &'a AtomicU64,
}

impl<'a> RunRecorder<'a> {
    /// Starts the clock.
    pub(super) fn new(holds_out: bool, done: &'a AtomicU64) -> Self {
        Self {
            started: Instant::now(),
            paused: Duration::ZERO,
            losses: Vec::new(),
            stamps: Vec::new(),
            holds_out,
            evaluating_since: None,
            validation: Vec::new(),
            glance: Glance::every(GLANCE),
            done,
        }
    }

    fn seconds(&self) -> f64 {
        (self.started.elapsed() - self.paused).as_secs_f64()
    }

    /// The losses, those on held-out rows, and the seconds from the start to the end of each epoch.
    pub(super) fn finish(self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let end = self.seconds();
        let mut seconds: Vec<f64> = Vec::with_capacity(self.losses.len());
        let mut stamps = self.stamps.iter().copied();
        let mut from = (0, 0.0);
        let mut to = stamps.next().unwrap_or((self.losses.len() as u64, end));
        for epoch in 1..=self.losses.len() as u64 {
            if epoch > to.0 {
                from = to;
                to = stamps.next().unwrap_or((self.losses.len() as u64, end));
            }
            let part = (epoch - from.0) as f64 / (to.0 - from.0).max(1) as f64;
            seconds.push(from.1 + part * (to.1 - from.1));
        }
        (self.losses, self.validation, seconds)
    }
}

impl<T: Scalar> Observer<T> for RunRecorder<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => {
                if self.glance.is_due(position.step) {
                    self.done.store(position.step + 1, Ordering::Relaxed);
                }
            }
            Event::Epoch { position, loss, .. } => {
                self.losses.push(*loss);
                let stride = position.epochs.div_ceil(MOST_STAMPS);
                if (position.epoch + 1).is_multiple_of(stride) {
                    self.stamps.push((position.epoch + 1, self.seconds()));
                }
                self.evaluating_since = self.holds_out.then(Instant::now);
            }
            Event::Recorded { record, .. } => {
                self.validation
                    .extend(record.validation.as_ref().map(|found| found.loss));
                let evaluating = self.evaluating_since.take();
                self.paused += evaluating.map_or(Duration::ZERO, |since| since.elapsed());
            }
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
}
