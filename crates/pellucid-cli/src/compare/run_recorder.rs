//! Records one of several runs: the loss of each epoch, on training and on held-out rows, and its time.

use super::side_by_side::FinishedRun;
use crate::interrupt;
use pellucid::Scalar;
use pellucid::state::State;
use pellucid::training::glance::Glance;
use pellucid::training::observe::{Event, Observer, Position, end_if};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The most time stamps of a curve: more than a picture has pixels. Reading the clock takes as long as an epoch of a tiny
/// network.
const MOST_STAMPS: u64 = 4000;
/// Seconds between two looks at the clock.
const GLANCE: f64 = 0.06;

pub(super) struct RunRecorder<'a> {
    started: Instant,
    /// The seconds of an earlier process, whose run goes on here.
    before: f64,
    /// Time spent on held-out rows, which is not training.
    paused: Duration,
    run: FinishedRun,
    stamps: Vec<(u64, f64)>,
    /// Whether rows are held out, and when their evaluation began.
    holds_out: bool,
    evaluating_since: Option<Instant>,
    glance: Glance,
    /// Steps done, for the progress display.
    done: &'a AtomicU64,
}

impl<'a> RunRecorder<'a> {
    /// Starts the clock.
    pub(super) fn new(holds_out: bool, done: &'a AtomicU64) -> Self {
        Self {
            started: Instant::now(),
            before: 0.0,
            paused: Duration::ZERO,
            run: FinishedRun::default(),
            stamps: Vec::new(),
            holds_out,
            evaluating_since: None,
            glance: Glance::every(GLANCE, 0.0),
            done,
        }
    }

    fn seconds(&self) -> f64 {
        self.before + (self.started.elapsed() - self.paused).as_secs_f64()
    }

    /// The curves, the seconds from the start to the end of each epoch.
    pub(super) fn finish(mut self) -> FinishedRun {
        let epochs = self.run.losses.len() as u64;
        let last = (epochs, self.seconds());
        let mut stamps = self.stamps.iter().copied();
        let (mut from, mut to) = ((0, 0.0), (0, 0.0));
        for epoch in 1..=epochs {
            if epoch > to.0 {
                from = to;
                to = stamps.next().unwrap_or(last);
            }
            let part = (epoch - from.0) as f64 / (to.0 - from.0).max(1) as f64;
            self.run.seconds.push(from.1 + part * (to.1 - from.1));
        }
        self.run
    }
}

impl<T: Scalar> Observer<T> for RunRecorder<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => {
                let clock = || self.started.elapsed().as_secs_f64();
                if self.glance.look(position.step, clock).is_some() {
                    self.done.store(position.step + 1, Ordering::Relaxed);
                }
            }
            Event::Epoch { position, loss, .. } => {
                self.run.losses.push(*loss);
                let stride = position.epochs.div_ceil(MOST_STAMPS);
                if (position.epoch + 1).is_multiple_of(stride) {
                    self.stamps.push((position.epoch + 1, self.seconds()));
                }
                self.evaluating_since = self.holds_out.then(Instant::now);
            }
            Event::Recorded { record, .. } => {
                self.run.validation.extend(record.validation_loss());
                let evaluating = self.evaluating_since.take();
                self.paused += evaluating.map_or(Duration::ZERO, |since| since.elapsed());
            }
        }
        end_if(interrupt::was_asked())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.glance.next_step(next.step)
    }

    fn save(&self, state: &mut State) {
        state.put_numbers("curve/losses", &self.run.losses);
        state.put_numbers("curve/validation", &self.run.validation);
        let (epochs, seconds): (Vec<u64>, Vec<f64>) = self.stamps.iter().copied().unzip();
        state.put_counts("curve/stamped epochs", &epochs);
        state.put_numbers("curve/stamps", &seconds);
        state.put_numbers("curve/seconds", &[self.seconds()]);
    }

    fn load(&mut self, state: &State) -> pellucid::Result<()> {
        self.run.losses = state.numbers("curve/losses")?;
        self.run.validation = state.numbers("curve/validation")?;
        let epochs = state.counts("curve/stamped epochs")?.iter().copied();
        self.stamps = epochs.zip(state.numbers("curve/stamps")?).collect();
        [self.before] = state.exactly("curve/seconds")?;
        Ok(())
    }
}
