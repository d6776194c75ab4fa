//! The checkpoint of a training on arrays: the state of the engine's training, and the numbers of the estimator that
//! belong to it.

use crate::arrays::{Number, Refused};
use crate::checkpoint::{self, Told};
use crate::watch::Watch;
use numpy::{PyArray1, PyReadonlyArray1};
use pellucid::state::State;
use pellucid::training::checkpoints::Checkpoints;
use pellucid::training::observe::{Event, Observer, Position, end_if};
use pellucid::{Ending, Trainer};
use pellucid_data::checkpoint::{CheckpointKeeper, Identity};
use pyo3::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Where the estimator's numbers are in a state.
const OF_ESTIMATOR: &str = "estimator/";

/// The checkpoint of one call of `fit`.
#[pyclass(module = "pellucid._engine")]
pub(crate) struct ArrayCheckpoint {
    keeper: CheckpointKeeper<'static>,
    told: Told,
    /// The state from which the training continues, until it does.
    resumed: Option<State>,
}

#[pymethods]
impl ArrayCheckpoint {
    /// Opens the file that `settings`, JSON, name. The training is of an estimator of this name with these parameters on
    /// data with this digest.
    #[new]
    fn new(
        settings: &str,
        estimator: String,
        parameters: BTreeMap<String, String>,
        epochs: u64,
        data: String,
    ) -> PyResult<Self> {
        let identity = Identity::of_arrays(estimator, parameters, epochs, data);
        let told = Told::default();
        let identify = move || Ok(identity.clone());
        let mut keeper = checkpoint::keeper(checkpoint::settings(settings)?, identify, &told).refused()?;
        let resumed = keeper.begin();
        Ok(Self {
            keeper,
            told,
            resumed,
        })
    }

    /// The estimator's numbers in the state from which the training continues; `None` where it begins.
    fn numbers<'py>(&self, py: Python<'py>) -> PyResult<Option<BTreeMap<String, Bound<'py, PyArray1<f64>>>>> {
        let Some(state) = &self.resumed else {
            return Ok(None);
        };
        let names = state
            .arrays()
            .filter_map(|(name, _)| name.strip_prefix(OF_ESTIMATOR));
        let array = |name: &str| {
            let numbers = state.numbers::<f64>(&format!("{OF_ESTIMATOR}{name}")).refused()?;
            Ok((name.to_owned(), PyArray1::from_vec(py, numbers)))
        };
        names.map(array).collect::<PyResult<_>>().map(Some)
    }

    /// What a user should know of the files, a sentence each.
    fn sentences(&self) -> Vec<String> {
        self.told.sentences()
    }
}

impl ArrayCheckpoint {
    /// Continues a trainer from the state, if there is one. How its run had ended, if it had.
    pub(crate) fn resume<T: Number>(&self, trainer: &mut Trainer<T>) -> PyResult<Option<Ending>> {
        match &self.resumed {
            Some(state) => trainer.load(state).refused(),
            None => Ok(None),
        }
    }

    /// Keeps the state after an epoch, if one is due.
    pub(crate) fn keep_after_epoch<T: Number>(
        &mut self,
        trainer: &Trainer<T>,
        numbers: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if self.keeper.is_due() {
            let mut state = trainer.state();
            put_numbers(&mut state, numbers)?;
            self.keep(numbers.py(), state);
        }
        Ok(())
    }

    /// Keeps the state at the end of the training. `losses` are those that the estimator was given last.
    pub(crate) fn keep_end<T: Number>(
        &mut self,
        trainer: &Trainer<T>,
        ending: Ending,
        losses: &[f64],
        numbers: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let mut state = State::default();
        trainer.save_end(&mut state, ending);
        Watch::put_losses(&mut state, losses);
        put_numbers(&mut state, numbers)?;
        self.keep(numbers.py(), state);
        Ok(())
    }

    fn keep(&mut self, py: Python<'_>, state: State) {
        let keeper = &mut self.keeper;
        py.detach(|| keeper.keep(state));
    }
}

/// Adds the estimator's numbers, a dict of arrays by name.
fn put_numbers(state: &mut State, numbers: &Bound<'_, PyAny>) -> PyResult<()> {
    let numbers: BTreeMap<String, PyReadonlyArray1<'_, f64>> = numbers.extract()?;
    for (name, numbers) in numbers {
        let numbers: Vec<f64> = numbers.as_array().iter().copied().collect();
        state.put_numbers(&format!("{OF_ESTIMATOR}{name}"), &numbers);
    }
    Ok(())
}

/// Observes a training for Python, and keeps its states.
pub(crate) struct Keeping<'a> {
    pub(crate) watch: Watch,
    checkpoint: Option<&'a mut ArrayCheckpoint>,
    /// Called for the estimator's numbers at the start of this part of the training.
    numbers: Option<Py<PyAny>>,
    /// The exception of that call.
    raised: RefCell<Option<PyErr>>,
}

impl<'a> Keeping<'a> {
    /// # Errors
    /// The state to continue from is of another training.
    pub(crate) fn new(
        mut watch: Watch,
        mut checkpoint: Option<&'a mut ArrayCheckpoint>,
        numbers: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        if let Some(checkpoint) = &mut checkpoint {
            watch = watch.telling(&checkpoint.told.interrupted);
            if let Some(state) = checkpoint.resumed.take() {
                watch.load_losses(&state).refused()?;
            }
        }
        Ok(Self {
            watch,
            checkpoint,
            numbers,
            raised: RefCell::new(None),
        })
    }

    /// The losses so far, and the exception that ended the training.
    pub(crate) fn finish(self) -> (Watch, Option<PyErr>) {
        (self.watch, self.raised.into_inner())
    }
}

impl<T: Number> Observer<T> for Keeping<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let flow = self.watch.on(event);
        if let Some(checkpoint) = &mut self.checkpoint {
            let _ = checkpoint.keeper.on(event);
        }
        end_if(flow.is_break() || self.raised.get_mut().is_some())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        let watch = Observer::<T>::next_step(&mut self.watch, next);
        match &mut self.checkpoint {
            Some(checkpoint) => watch.min(Observer::<T>::next_step(&mut checkpoint.keeper, next)),
            None => watch,
        }
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        Observer::<T>::next_epoch(&mut self.watch, next)
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        match &mut self.checkpoint {
            Some(checkpoint) => Some(&mut checkpoint.keeper),
            None => None,
        }
    }

    fn save(&self, state: &mut State) {
        self.watch.save_losses(state);
        if let Some(numbers) = &self.numbers {
            let put = Python::attach(|py| put_numbers(state, numbers.call0(py)?.bind(py)));
            self.raised.replace(put.err());
        }
    }
}
