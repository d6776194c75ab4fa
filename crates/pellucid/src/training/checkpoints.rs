//! Keeps the states of trainings while they run, and gives them back to trainings that continue.

use crate::state::State;

/// Where the states of trainings are kept, such as a file. An [`Observer`](super::observe::Observer) offers it to the
/// trainings that it observes. A command may run several trainings, one after another, always in the same order.
pub trait Checkpoints {
    /// A training begins: the state that it continues from, or `None` where it has none.
    fn begin(&mut self) -> Option<State>;

    /// Whether the state is wanted after the step or the epoch that was just reported.
    fn is_due(&mut self) -> bool;

    /// Keeps the state of the training under way, in place of the one before.
    fn keep(&mut self, state: State);

    /// Whether a training that ends early was interrupted. It continues from its last state; another has ended.
    fn is_interrupted(&self) -> bool;
}
