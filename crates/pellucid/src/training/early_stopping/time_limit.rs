//! Ends a run when its time limit is reached, by a clock that the caller supplies.

use crate::scalar::Scalar;
use crate::training::glance::Glance;
use crate::training::observe::{Event, Observer, Position, end_if};
use std::ops::ControlFlow;

/// The interval between two readings of the clock, in seconds.
const READING_INTERVAL: f64 = 0.01;

/// Ends a run after the step in which it reaches its time limit. It reads the clock about a hundred times per second,
/// independent of the duration of a step.
pub struct TimeLimit<'a> {
    seconds: f64,
    clock: Box<dyn FnMut() -> f64 + 'a>,
    started: f64,
    glance: Glance,
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
            glance: Glance::every(READING_INTERVAL, now),
            is_over: false,
        }
    }

    /// Counts these seconds as well, which the run took before it was interrupted, or before the limit ended it.
    pub(crate) fn begin_earlier(&mut self, seconds: f64, is_over: bool) {
        self.started -= seconds;
        self.is_over = is_over;
    }

    /// Whether the time limit ended the run.
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}

impl<T: Scalar> Observer<T> for TimeLimit<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Step { position, .. } = event
            && let Some(now) = self.glance.look(position.step, &mut self.clock)
        {
            self.is_over = now - self.started >= self.seconds;
        }
        end_if(self.is_over)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.glance.next_step(next.step)
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
