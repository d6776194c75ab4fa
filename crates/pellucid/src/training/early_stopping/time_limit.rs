//! The end of a run's time, by a clock that somebody else has.

use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use std::ops::ControlFlow;

/// How often it looks at the clock, in seconds.
const GLANCE: f64 = 0.01;

/// Ends a run after the step in which its time is over. It looks at the clock about a hundred times a second, however
/// quick the steps are.
pub struct TimeLimit<'a> {
    seconds: f64,
    clock: Box<dyn FnMut() -> f64 + 'a>,
    began: f64,
    looked: f64,
    looked_at: u64,
    stride: u64,
    is_over: bool,
}

impl<'a> TimeLimit<'a> {
    /// A limit of `seconds` from now; `clock` tells the seconds since any moment.
    pub fn new(seconds: f64, mut clock: impl FnMut() -> f64 + 'a) -> Self {
        let now = clock();
        Self {
            seconds,
            clock: Box::new(clock),
            began: now,
            looked: now,
            looked_at: 0,
            stride: 1,
            is_over: false,
        }
    }

    /// Whether it ended the run.
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}

impl<T: Scalar> Observer<T> for TimeLimit<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Step { position, .. } = event
            && position.step + 1 >= self.looked_at + self.stride
        {
            let now = (self.clock)();
            let done = position.step + 1;
            let steps_a_glance =
                (done - self.looked_at) as f64 * GLANCE / (now - self.looked).max(GLANCE / 1e6);
            self.stride = (steps_a_glance as u64).clamp(1, self.stride.saturating_mul(8));
            (self.looked, self.looked_at) = (now, done);
            self.is_over = now - self.began >= self.seconds;
        }
        if self.is_over {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        (self.looked_at + self.stride).max(next.step + 1) - 1
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
