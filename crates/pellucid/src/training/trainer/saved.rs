//! The state of a trainer, from which it continues.

use super::run::EpochProgress;
use super::{Ending, Trainer};
use crate::error::{Error, Result};
use crate::model::pass::Workspace;
use crate::optimization::lbfgs::{Minimum, Reason};
use crate::scalar::Scalar;
use crate::state::State;

/// Where a trainer continues.
#[derive(Debug, Clone, Default)]
pub(super) struct Resumed {
    /// Within an epoch.
    pub(super) progress: EpochProgress,
    /// The state of an optimizer that works on all rows at once.
    pub(super) state: Option<State>,
}

const POSITION: &str = "position";
const ENDING: &str = "ending";
const MINIMUM: &str = "minimum";
const REASONS: [Reason; 7] = [
    Reason::Gradient,
    Reason::Decrease,
    Reason::LineSearch,
    Reason::Iterations,
    Reason::Evaluations,
    Reason::Stopped,
    Reason::NotFinite,
];
const ENDINGS: [Ending; 3] = [Ending::Completed, Ending::Stopped, Ending::Converged];

/// Adds the number of completed epochs and of steps to a state.
pub(super) fn save_position(state: &mut State, epoch: u64, step: u64) {
    state.put_counts(POSITION, &[epoch, step]);
}

impl<T: Scalar> Trainer<T> {
    /// Adds everything that the next step depends on to a state. `order` is that of the current epoch.
    pub(super) fn save_with(&self, state: &mut State, progress: &EpochProgress, order: &[u32]) {
        save_position(state, self.epoch, self.step);
        state.put_counts("progress/batch", &[progress.batch]);
        state.put_numbers("progress/loss", &[progress.loss]);
        state.put("order", crate::state::StateArray::U32(order.to_vec()));
        state.put_numbers("network", self.network.parameters());
        state.put_generator("generator", &self.generator);
        self.optimizer.save(state);
        self.learning_rate.save(state);
        if let Some(accumulation) = &self.accumulation {
            accumulation.save(state);
        }
        if let Some(average) = &self.average {
            average.save(state);
        }
        if let Some(corruption) = &self.corruption {
            corruption.save(state);
        }
        if let Some(dropout) = self.workspace.dropout().or(self.dropout.as_ref()) {
            state.put_generator("dropout", dropout.generator());
        }
    }

    /// Everything that the next step depends on, between two runs of whole epochs.
    pub fn state(&self) -> State {
        let mut state = State::default();
        self.save_with(&mut state, &EpochProgress::default(), &self.order);
        state
    }

    /// Adds the state of a trainer whose run has ended.
    pub fn save_end(&self, state: &mut State, ending: Ending) {
        self.save_with(state, &EpochProgress::default(), &self.order);
        let ending = ENDINGS.iter().position(|&known| known == ending).unwrap_or(0);
        state.put_counts(ENDING, &[ending as u64]);
        if let Some(minimum) = &self.minimum {
            let reason = REASONS.iter().position(|&known| known == minimum.reason);
            let counts = [
                minimum.iterations,
                minimum.evaluations,
                reason.unwrap_or(0) as u64,
            ];
            state.put_counts("minimum/counts", &counts);
            state.put_numbers(MINIMUM, &[minimum.value, minimum.largest_derivative]);
        }
    }

    /// Continues from a state. How the run ended, where it had ended and there are no more epochs to train for.
    ///
    /// # Errors
    /// [`Error::State`] where it is of another training.
    pub fn load(&mut self, state: &State) -> Result<Option<Ending>> {
        [self.epoch, self.step] = state.count(POSITION)?;
        state.copy_numbers("network", self.network.parameters_mut())?;
        let takes_steps = self.optimizer.optimizer().takes_steps();
        let ending = match state.has(ENDING) {
            true => Some(index_of(state, ENDING, &ENDINGS)?),
            false => None,
        };
        if ending.is_some() && state.has(MINIMUM) {
            let [value, largest_derivative] = state.exactly(MINIMUM)?;
            let [iterations, evaluations, reason] = state.count("minimum/counts")?;
            let reason = REASONS.get(reason as usize).copied().unwrap_or(Reason::Stopped);
            self.minimum = Some(Minimum {
                value,
                largest_derivative,
                iterations,
                evaluations,
                reason,
            });
        }
        if takes_steps {
            self.load_steps(state)?;
        } else if ending.is_none() {
            self.resumed = Some(Resumed {
                state: Some(state.clone()),
                ..Resumed::default()
            });
        }
        let trains_on = ending == Some(Ending::Completed) && self.has_epochs_left();
        Ok(ending.filter(|_| !trains_on))
    }

    fn load_steps(&mut self, state: &State) -> Result<()> {
        let [batch] = state.count("progress/batch")?;
        let [loss] = state.exactly("progress/loss")?;
        self.resumed = Some(Resumed {
            progress: EpochProgress { batch, loss },
            state: None,
        });
        self.order = state.indices("order")?.to_vec();
        self.generator = state.generator("generator")?;
        self.optimizer.load(state)?;
        self.learning_rate.load(state)?;
        if let Some(accumulation) = &mut self.accumulation {
            accumulation.load(state)?;
        }
        if let Some(average) = &mut self.average {
            average.load(state)?;
        }
        if let Some(corruption) = &mut self.corruption {
            corruption.load(state)?;
        }
        if let Some(dropout) = &mut self.dropout {
            dropout.set_generator(state.generator("dropout")?);
            // The workspace of the next batch takes it from there.
            self.workspace = Workspace::new(self.network.architecture(), 0);
        }
        Ok(())
    }
}

fn index_of<V: Copy>(state: &State, name: &str, of: &[V]) -> Result<V> {
    let [index] = state.count(name)?;
    let unknown = || {
        Error::State(format!(
            "its `{name}` is {index}, which this version does not know"
        ))
    };
    of.get(index as usize).copied().ok_or_else(unknown)
}
