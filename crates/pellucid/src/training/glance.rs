//! Limits how often an observer looks at a clock: single steps are too short for a look in each.

/// Limits looks at a clock to about one per interval, however long a step takes. Times are seconds since any moment.
#[derive(Debug, Clone)]
pub struct Glance {
    interval: f64,
    last: f64,
    done: u64,
    stride: u64,
}

impl Glance {
    /// About one look per `interval`, from the time `now`.
    pub fn every(interval: f64, now: f64) -> Self {
        Self {
            interval,
            last: now,
            done: 0,
            stride: 1,
        }
    }

    /// The step, counted from 0, after which the next look is due; `next` or later.
    pub fn next_step(&self, next: u64) -> u64 {
        (self.done + self.stride).max(next + 1) - 1
    }

    /// The time after step `step`, counted from 0, where a look is due; the next one is due about one interval later.
    pub fn look(&mut self, step: u64, clock: impl FnOnce() -> f64) -> Option<f64> {
        let done = step + 1;
        if done < self.done + self.stride {
            return None;
        }
        let now = clock();
        let steps = done.saturating_sub(self.done) as f64;
        let steps_per_look = steps * self.interval / (now - self.last).max(self.interval / 1e6);
        self.stride = (steps_per_look as u64).clamp(1, self.stride.saturating_mul(8));
        (self.last, self.done) = (now, done);
        Some(now)
    }
}
