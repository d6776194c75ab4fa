//! Training and prediction on NumPy arrays, for scikit-learn's estimators.

use crate::array_checkpoint::{ArrayCheckpoint, Keeping};
use crate::arrays::{Number, Refused, joined};
use crate::diagnosing::Diagnosing;
use crate::samples::{SampleArrays, copied};
use crate::watch::{EachEpoch, Stagnation, Watch};
use numpy::{PyArray1, PyArrayMethods, ToPyArray};
use pellucid::model::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::optimization::optimizer::Memory;
use pellucid::training::observe::Observer;
use pellucid::{Ending, Error, Network, Precision, Recipe, Trainer, with_precision};
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use std::num::NonZeroUsize;

/// A trainer, and the observer of its diagnosis.
struct Training<T: Number> {
    trainer: Trainer<T>,
    diagnosing: Option<Diagnosing<T>>,
    /// How its last run ended.
    ending: Option<Ending>,
    /// Whether the training had ended before, in the state from which it continues.
    is_over: bool,
}

/// A training in either precision.
enum Trainings {
    Single(Training<f32>),
    Double(Training<f64>),
}

impl From<Training<f32>> for Trainings {
    fn from(training: Training<f32>) -> Self {
        Self::Single(training)
    }
}

impl From<Training<f64>> for Trainings {
    fn from(training: Training<f64>) -> Self {
        Self::Double(training)
    }
}

/// Runs the same code for either precision.
macro_rules! with {
    ($trainings:expr, $training:ident => $do:expr) => {
        match $trainings {
            Trainings::Single($training) => $do,
            Trainings::Double($training) => $do,
        }
    };
}

/// Arrays that hold all parameters of a network together.
pub(crate) type Parameters<'py> = Vec<Bound<'py, PyAny>>;

/// The state of NumPy's generator: key, position, cached Gaussian.
type NumpyState<'py> = (Bound<'py, PyArray1<u32>>, usize, Option<f64>);

/// The state of an optimizer, a dictionary in Python.
#[derive(FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
struct MemoryArrays<'py> {
    steps: i32,
    slots: [Bound<'py, PyAny>; 3],
    scalars: [f64; 3],
}

/// What [`Run::train`] returns: the losses, the best one and the epochs since it by the rule of stagnation, the raised
/// exception, and the error of divergence.
type Trained = (Vec<f64>, Option<(f64, u64)>, Option<PyErr>, Option<String>);

/// A network in training.
#[pyclass(module = "pellucid._engine")]
pub(crate) struct Run {
    recipe: Recipe,
    threads: NonZeroUsize,
    training: Trainings,
}

#[pymethods]
impl Run {
    /// A run of a recipe from these parameters. `memory` is the state of the optimizer of an earlier run.
    #[new]
    #[pyo3(signature = (recipe, parameters, random_state, memory, threads))]
    fn new(
        recipe: &str,
        parameters: Parameters<'_>,
        random_state: NumpyState<'_>,
        memory: Option<MemoryArrays<'_>>,
        threads: usize,
    ) -> PyResult<Self> {
        let recipe = read(recipe)?;
        recipe.choose_instruction_set().refused()?;
        let generator = generator(random_state)?;
        let threads = threads_of(threads);
        // The batches are checked when the data are there.
        pellucid_data::check_memory(&recipe, 1, false)
            .map_err(|error| PyMemoryError::new_err(error.to_string()))?;
        let training = with_precision!(recipe.train.precision, T => {
            let network = network::<T>(&recipe, &parameters)?;
            let mut trainer = Trainer::new(&recipe, network, generator, threads).refused()?;
            if let Some(MemoryArrays { steps, slots, scalars }) = memory {
                let slot = |at: usize| joined(&slots[at..=at], "the optimizer's numbers");
                let slots = [slot(0)?, slot(1)?, slot(2)?];
                trainer = trainer.remembering(&Memory { steps, slots, scalars }).refused()?;
            }
            Training { trainer, diagnosing: None, ending: None, is_over: false }.into()
        });
        Ok(Self {
            recipe,
            threads,
            training,
        })
    }

    /// Observes the training on these samples, which has not started, for [`diagnose`](Self::diagnose). Samples and held-out
    /// samples, if any, are copied.
    #[pyo3(signature = (samples, held_out, names))]
    fn watch(
        &mut self,
        samples: &Bound<'_, PyAny>,
        held_out: Option<&Bound<'_, PyAny>>,
        names: Vec<String>,
    ) -> PyResult<()> {
        let Self { recipe, threads, .. } = self;
        with!(&mut self.training, training => {
            let held_out = held_out.map(copied).transpose()?;
            let network = training.trainer.network();
            let diagnosing = Diagnosing::new(recipe, network, copied(samples)?, held_out, &names, *threads);
            training.diagnosing = Some(diagnosing.refused()?);
        });
        Ok(())
    }

    /// The findings about the observed training, whose final parameters are given: JSON.
    #[pyo3(signature = (parameters, best_epoch))]
    fn diagnose(&self, parameters: Parameters<'_>, best_epoch: Option<u64>) -> PyResult<String> {
        with!(&self.training, training => {
            let diagnosing = training.diagnosing.as_ref();
            let diagnosing = diagnosing.ok_or_else(|| PyValueError::new_err("the training was not watched"))?;
            diagnosing.findings(&network(&self.recipe, &parameters)?, best_epoch).refused()
        })
    }

    /// Trains for up to `epochs` more epochs, without Python's lock, at the learning rate `rate`, if given. Ends earlier if
    /// the losses stop falling by the rule of stagnation, on Ctrl-C, and if a number is not finite. `reported` is called about
    /// 10 times per second with the progress, `each_epoch` after each epoch with its number, the loss and the parameters; if
    /// it answers true, the training ends. States are kept in `checkpoint`, with the numbers of the estimator, arrays by
    /// name, that `numbers` is called for; a training that continues from there returns the losses since these numbers.
    #[pyo3(signature = (
        samples, epochs, *, rate=None, stagnation=None, reported=None, each_epoch=None, checkpoint=None, numbers=None
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are named where it is called, in Python"
    )]
    fn train<'py>(
        &mut self,
        py: Python<'py>,
        samples: &Bound<'py, PyAny>,
        epochs: u64,
        rate: Option<f64>,
        stagnation: Option<Stagnation>,
        reported: Option<Py<PyAny>>,
        each_epoch: Option<Py<PyAny>>,
        mut checkpoint: Option<PyRefMut<'py, ArrayCheckpoint>>,
        numbers: Option<Py<PyAny>>,
    ) -> PyResult<Trained> {
        let mut each_epoch = each_epoch.map(EachEpoch::new);
        let watch = Watch::new(epochs, stagnation, reported);
        let mut keeping = Keeping::new(watch, checkpoint.as_deref_mut(), numbers)?;
        let diverged = with!(&mut self.training, training => {
            if let Some(rate) = rate {
                training.trainer.set_learning_rate(rate);
            }
            train(py, training, samples, &mut (&mut each_epoch, &mut keeping))
        })?;
        let (watch, of_numbers) = keeping.finish();
        let raised = watch
            .raised
            .or(of_numbers)
            .or(each_epoch.and_then(|each_epoch| each_epoch.raised));
        let best = watch.stagnation.map(|rule| (rule.best, rule.waited));
        Ok((watch.losses, best, raised, diverged))
    }

    /// Continues from the state of a checkpoint, if it has one. Whether the training had ended there.
    fn resume(&mut self, checkpoint: PyRef<'_, ArrayCheckpoint>) -> PyResult<bool> {
        with!(&mut self.training, training => {
            training.ending = checkpoint.resume(&mut training.trainer)?;
            training.is_over = training.ending.is_some();
            Ok(training.is_over)
        })
    }

    /// Keeps the state after an epoch in a checkpoint, if one is due, with the numbers of the estimator.
    fn keep_after_epoch(
        &self,
        mut checkpoint: PyRefMut<'_, ArrayCheckpoint>,
        numbers: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        with!(&self.training, training => checkpoint.keep_after_epoch(&training.trainer, numbers))
    }

    /// Keeps the state of a training that has ended in a checkpoint. `losses` are those that [`train`](Self::train) returned
    /// last, unless `numbers` has them.
    fn keep_end(
        &self,
        mut checkpoint: PyRefMut<'_, ArrayCheckpoint>,
        losses: Vec<f64>,
        numbers: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        with!(&self.training, training => {
            let ending = training.ending.unwrap_or(Ending::Completed);
            checkpoint.keep_end(&training.trainer, ending, &losses, numbers)
        })
    }

    /// All parameters: the weights of all layers, then all biases, then those of normalised layers.
    fn parameters<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        with!(&self.training, training => training.trainer.network().parameters().to_pyarray(py).into_any())
    }

    /// The state of NumPy's generator after the shuffles.
    fn random_state<'py>(&self, py: Python<'py>) -> NumpyState<'py> {
        with!(&self.training, training => numpy_state(py, training.trainer.generator()))
    }

    /// The state of the optimizer.
    fn memory<'py>(&self, py: Python<'py>) -> MemoryArrays<'py> {
        with!(&self.training, training => {
            let Memory { steps, slots, scalars } = training.trainer.optimizer().memory();
            let slots = slots.map(|slot| slot.to_pyarray(py).into_any());
            MemoryArrays { steps, slots, scalars }
        })
    }

    /// How L-BFGS ended: JSON.
    fn minimum(&self) -> PyResult<Option<String>> {
        let found = with!(&self.training, training => training.trainer.minimum());
        found
            .map(|found| serde_json::to_string(found).refused())
            .transpose()
    }
}

/// Initial parameters by a recipe's `[init]`, and the state of the generator after them.
#[pyfunction]
pub(crate) fn initial<'py>(
    py: Python<'py>,
    recipe: &str,
    random_state: NumpyState<'py>,
) -> PyResult<(Bound<'py, PyAny>, NumpyState<'py>)> {
    let recipe = read(recipe)?;
    recipe.choose_instruction_set().refused()?;
    let mut generator = generator(random_state)?;
    let architecture = recipe.architecture().refused()?;
    let drawn: Network<f64> = initialise(architecture, &recipe.init, &mut generator).refused()?;
    let parameters = match recipe.train.precision {
        Precision::F32 => {
            let rounded: Vec<f32> = drawn.parameters().iter().map(|&value| value as f32).collect();
            PyArray1::from_vec(py, rounded).into_any()
        }
        Precision::F64 => drawn.parameters().to_pyarray(py).into_any(),
    };
    Ok((parameters, numpy_state(py, &generator)))
}

fn numpy_state<'py>(py: Python<'py>, generator: &RandomState) -> NumpyState<'py> {
    let (key, position, kept) = generator.numpy_state();
    (PyArray1::from_vec(py, key), position, kept)
}

fn generator((key, position, kept): NumpyState<'_>) -> PyResult<RandomState> {
    let key: Vec<u32> = key.readonly().as_array().iter().copied().collect();
    RandomState::from_numpy_state(&key, position, kept)
        .ok_or_else(|| PyValueError::new_err("a state that NumPy's MT19937 does not have"))
}

pub(crate) fn read(recipe: &str) -> PyResult<Recipe> {
    serde_json::from_str(recipe).refused()
}

pub(crate) fn threads_of(threads: usize) -> NonZeroUsize {
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

pub(crate) fn network<T: Number>(recipe: &Recipe, parameters: &[Bound<'_, PyAny>]) -> PyResult<Network<T>> {
    let parameters = joined(parameters, "the parameters")?;
    Network::new(recipe.architecture().refused()?, parameters).refused()
}

/// Trains, and returns the error of divergence.
fn train<T: Number>(
    py: Python<'_>,
    Training {
        trainer,
        diagnosing,
        ending,
        is_over,
    }: &mut Training<T>,
    samples: &Bound<'_, PyAny>,
    observer: &mut (impl Observer<T> + Send),
) -> PyResult<Option<String>> {
    let arrays: SampleArrays<'_, T> = samples.extract()?;
    let samples = arrays.lend()?;
    if *is_over {
        return Ok(None);
    }
    let ended = py.detach(|| trainer.run(&samples, &mut (&mut *diagnosing, observer)));
    match ended {
        Err(error) if error.is_divergence() => {
            let text = error.to_string();
            if let Some(diagnosing) = diagnosing {
                diagnosing.failure = Some(error);
            }
            Ok(Some(text))
        }
        Err(error @ (Error::Memory { .. } | Error::TooMuchMemory { .. })) => {
            Err(PyMemoryError::new_err(error.to_string()))
        }
        ended => {
            *ending = Some(ended.refused()?);
            Ok(None)
        }
    }
}
