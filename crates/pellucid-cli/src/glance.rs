//! Rate limit for checks of the clock and of Ctrl-C: single steps are too short for a check in each.

use std::time::{Duration, Instant};

/// Limits checks to about one per interval, however long a step takes.
#[derive(Debug)]
pub(crate) struct Glance {
    every: Duration,
    at: Instant,
    steps: u64,
    stride: u64,
}

impl Glance {
    /// Allows about one check per interval `every`.
    pub(crate) fn every(every: Duration) -> Self {
        Self {
            every,
            at: Instant::now(),
            steps: 0,
            stride: 1,
        }
    }

    /// The step, counted from 0, after which the next check is due; `next` or later.
    pub(crate) fn next_step(&self, next: u64) -> u64 {
        (self.steps + self.stride).max(next + 1) - 1
    }

    /// Whether a check is due after step `step`, counted from 0; if so, the next one is due about one interval later.
    pub(crate) fn is_due(&mut self, step: u64) -> bool {
        let done = step + 1;
        if done < self.steps + self.stride {
            return false;
        }
        let now = Instant::now();
        let steps = done.saturating_sub(self.steps);
        let wanted = steps as f64 * self.every.as_secs_f64() / (now - self.at).as_secs_f64().max(1e-6);
        self.stride = (wanted as u64).clamp(1, self.stride.saturating_mul(8));
        self.at = now;
        self.steps = done;
        true
    }
}
