//! Records one of several runs: the loss of each epoch, on training and on held-out rows, and its time.

use crate::glance::Glance;
use crate::interrupt;
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::evaluate;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Loss, Scalar};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The most time stamps of a curve: more than a picture has pixels. Reading the clock takes as long as an epoch of a tiny
/// network.
const MOST_STAMPS: u64 = 4000;
const GLANCE: Duration = Duration::from_millis(60);

pub(super) struct RunRecorder<'a, T> {
    started: Instant,
    /// Time spent on held-out rows, which is not training.
    paused: Duration,
    losses: Vec<f64>,
    stamps: Vec<(u64, f64)>,
    held_out: Option<&'a Dataset<T>>,
    loss: Loss,
    threads: NonZeroUsize,
    validation: Vec<f64>,
    glance: Glance,
    /// Steps done, for the progress display.
    done: &'a AtomicU64,
}

impl<'a, T: Scalar> RunRecorder<'a, T> {
    /// Starts the clock.
    pub(super) fn new(
        held_out: Option<&'a Dataset<T>>,
        loss: Loss,
        threads: NonZeroUsize,
        done: &'a AtomicU64,
    ) -> Self {
        Self {
            started: Instant::now(),
            paused: Duration::ZERO,
            losses: Vec::new(),
            stamps: Vec::new(),
            held_out,
            loss,
            threads,
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

impl<T: Scalar> Observer<T> for RunRecorder<'_, T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => {
                if self.glance.is_due(position.step) {
                    self.done.store(position.step + 1, Ordering::Relaxed);
                }
            }
            Event::Epoch {
                position,
                loss,
                network,
            } => {
                self.losses.push(*loss);
                let stride = position.epochs.div_ceil(MOST_STAMPS);
                if (position.epoch + 1).is_multiple_of(stride) {
                    self.stamps.push((position.epoch + 1, self.seconds()));
                }
                if let Some(rows) = self.held_out {
                    let before = Instant::now();
                    let found = evaluate(network, rows, self.loss, &[], self.threads);
                    self.validation.push(found.loss);
                    self.paused += before.elapsed();
                }
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

    fn validation_loss(&self) -> Option<f64> {
        self.held_out?;
        Some(self.validation.last().copied().unwrap_or(f64::INFINITY))
    }
}
