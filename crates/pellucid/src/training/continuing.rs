//! Continues a training from a state that is in memory.

use super::checkpoints::Checkpoints;
use super::observe::{Event, Observer, Position};
use crate::scalar::Scalar;
use crate::state::State;
use std::ops::ControlFlow;

/// Continues one training from a state, and keeps none.
#[derive(Debug, Clone)]
pub struct ContinueFrom(Option<State>);

impl ContinueFrom {
    /// From this state; from the beginning without one.
    pub fn new(state: Option<State>) -> Self {
        Self(state)
    }
}

impl Checkpoints for ContinueFrom {
    fn begin(&mut self) -> Option<State> {
        self.0.take()
    }

    fn is_due(&mut self) -> bool {
        false
    }

    fn keep(&mut self, _: State) {}

    fn is_interrupted(&self) -> bool {
        false
    }
}

impl<T: Scalar> Observer<T> for ContinueFrom {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        Some(self)
    }
}
