//! An observer that ends a run after a given step and keeps the training as it stood before that step.

use crate::data::dataset::Rows;
use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use crate::training::trainer::Trainer;
use std::ops::ControlFlow;

/// Finds one step of a run.
pub(crate) struct StepFinder<T> {
    step: u64,
    before: Option<Trainer<T>>,
    found: Option<FoundStep<T>>,
}

/// A step that a run has taken.
pub(crate) struct FoundStep<T> {
    /// Its place in the run.
    pub(crate) position: Position,
    /// The rows of the data set, counted from 0, that made the batch.
    pub(crate) rows: Vec<u32>,
    /// Its learning rate.
    pub(crate) learning_rate: T,
}

impl<T: Scalar> StepFinder<T> {
    /// Looks for step `step`, counted from 0, of a run that `trainer` is about to begin.
    pub(crate) fn new(step: u64, trainer: &Trainer<T>) -> Self {
        Self {
            step,
            before: (step == trainer.steps()).then(|| trainer.clone()),
            found: None,
        }
    }

    /// The training as it stood before the step, and the step; none where the run ended before it.
    pub(crate) fn found(self) -> Option<(Trainer<T>, FoundStep<T>)> {
        Some((self.before?, self.found?))
    }
}

impl<T: Scalar> Observer<T> for StepFinder<T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let Event::Step {
            position,
            rows,
            learning_rate,
            trainer,
            ..
        } = event
        else {
            return ControlFlow::Continue(());
        };
        if position.step + 1 == self.step {
            self.before = trainer.map(|trainer| trainer.after_reported_step());
        }
        if position.step != self.step {
            return ControlFlow::Continue(());
        }
        self.found = Some(FoundStep {
            position: *position,
            rows: match *rows {
                Rows::Range(start, end) => (start as u32..end as u32).collect(),
                Rows::Picked(rows) => rows.to_vec(),
            },
            learning_rate: *learning_rate,
        });
        ControlFlow::Break(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        match self.step.saturating_sub(1) {
            before if next.step <= before => before,
            _ if next.step <= self.step => self.step,
            _ => u64::MAX,
        }
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
