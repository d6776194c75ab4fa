//! Ends a run when its time limit is reached, by a clock that the caller supplies.

use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use std::ops::ControlFlow;

/// The interval between two readings of the clock, in seconds.
const READING_INTERVAL: f64 = 0.01;

/// Ends a run after the step in which it reaches its time limit. It reads the clock about a hundred times per second,
/// independent of the duration of a step.
pub struct TimeLimit<'a> {
    seconds: f64,
    clock: Box<dyn FnMut() -> f64 + 'a>,
    started: f64,
    last_reading: f64,
    last_step: u64,
    stride: u64,
    is_over: bool,
}

impl<'a> TimeLimit<'a> {
    /// A limit of `seconds` from now; `clock` returns the seconds since any fixed moment.
    pub fn new(seconds: f64, mut clock: impl FnMut() -> f64 + 'a) -> Self {
        let now = clock();
        Self {
            seconds,
            clock: Box::new(clock),
            started: now,
            last_reading: now,
            last_step: 0,
            stride: 1,
            is_over: false,
        }
    }

    /// Whether the time limit ended the run.
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}

impl<T: Scalar> Observer<T> for TimeLimit<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Step { position, .. } = event
            && position.step + 1 >= self.last_step + self.stride
        {
            let now = (self.clock)();
            let done = position.step + 1;
            let steps_per_reading = (done - self.last_step) as f64 * READING_INTERVAL
                / (now - self.last_reading).max(READING_INTERVAL / 1e6);
            self.stride = (steps_per_reading as u64).clamp(1, self.stride.saturating_mul(8));
            (self.last_reading, self.last_step) = (now, done);
            self.is_over = now - self.started >= self.seconds;
        }
        if self.is_over {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        (self.last_step + self.stride).max(next.step + 1) - 1
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

impl std::fmt::Debug for TimeLimit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TimeLimit")
            .field("seconds", &self.seconds)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
