//! Training and prediction on NumPy arrays, for scikit-learn's estimators.

use crate::arrays::{extract, joined};
use crate::diagnosing::Diagnosing;
use crate::numbers::Number;
use crate::samples::SampleArrays;
use crate::watch::{Listener, Stagnation, Watch};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArrayDyn, ToPyArray};
use pellucid::data::dataset::Dataset;
use pellucid::model::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::optimization::lbfgs::Reason;
use pellucid::optimization::optimizer::Memory;
use pellucid::training::observe::Observer;
use pellucid::{Error, Network, Precision, Recipe, Trainer, evaluation, with_precision};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::num::NonZeroUsize;

/// A trainer, and the observer of its diagnosis.
struct Training<T: Number> {
    trainer: Trainer<T>,
    diagnosing: Option<Diagnosing<T>>,
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

/// A network in training.
#[pyclass(module = "pellucid._engine")]
pub(crate) struct Run {
    recipe: Recipe,
    threads: NonZeroUsize,
    training: Trainings,
}

#[pymethods]
impl Run {
    /// A run of a recipe from these parameters. `random_state` is NumPy's (key, position, cached Gaussian), `memory` the state
    /// of the optimizer of an earlier run.
    #[new]
    #[pyo3(signature = (recipe, parameters, random_state, memory, threads))]
    fn new(
        recipe: &str,
        parameters: Vec<Bound<'_, PyAny>>,
        random_state: (PyReadonlyArray1<'_, u32>, usize, Option<f64>),
        memory: Option<&Bound<'_, PyDict>>,
        threads: usize,
    ) -> PyResult<Self> {
        let recipe = read(recipe)?;
        let generator = generator(&random_state)?;
        let threads = threads_of(threads);
        let training = with_precision!(recipe.train.precision, T => {
            training::<T>(&recipe, &parameters, generator, memory, threads)?.into()
        });
        Ok(Self {
            recipe,
            threads,
            training,
        })
    }

    /// Observes the training on these samples, which has not started, for [`diagnose`](Self::diagnose). Samples and held-out
    /// samples, if any, are (features, targets, weights, rows), and are copied.
    #[pyo3(signature = (samples, held_out, names))]
    fn watch(
        &mut self,
        samples: LentArrays<'_>,
        held_out: Option<LentArrays<'_>>,
        names: Vec<String>,
    ) -> PyResult<()> {
        let Self { recipe, threads, .. } = self;
        with!(&mut self.training, training => {
            let held_out = held_out.as_ref().map(copied).transpose()?;
            let network = training.trainer.network();
            let diagnosing = Diagnosing::new(recipe, network, copied(&samples)?, held_out, &names, *threads);
            training.diagnosing = Some(diagnosing.map_err(|error| refusal(&error))?);
        });
        Ok(())
    }

    /// The findings about the observed training, whose final parameters are given: JSON.
    #[pyo3(signature = (parameters, best_epoch))]
    fn diagnose(&self, parameters: Vec<Bound<'_, PyAny>>, best_epoch: Option<u64>) -> PyResult<String> {
        with!(&self.training, training => {
            let diagnosing = training.diagnosing.as_ref();
            let diagnosing = diagnosing.ok_or_else(|| PyValueError::new_err("the training was not watched"))?;
            let found = diagnosing.findings(&network(&self.recipe, &parameters)?, best_epoch);
            found.map_err(|error| refusal(&*error))
        })
    }

    /// Trains for up to `epochs` more epochs, without Python's lock. Ends earlier if the losses stop falling, on Ctrl-C, and
    /// if a number is not finite. Returns (losses, best, waited, raised exception, error of divergence). `told` is called
    /// about 10 times per second with the progress.
    #[pyo3(signature = (features, targets, weights, rows, epochs, *, rate=None, best=f64::INFINITY, waited=0, tolerance=0.0, patience=None, told=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are named where it is called, in Python"
    )]
    #[expect(clippy::type_complexity, reason = "a tuple for Python to unpack")]
    fn train<'py>(
        &mut self,
        py: Python<'py>,
        features: &Bound<'py, PyAny>,
        targets: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
        rows: Option<&Bound<'py, PyAny>>,
        epochs: u64,
        rate: Option<f64>,
        best: f64,
        waited: u64,
        tolerance: f64,
        patience: Option<f64>,
        told: Option<Py<PyAny>>,
    ) -> PyResult<(Vec<f64>, f64, u64, Option<PyErr>, Option<String>)> {
        let stagnation = patience.map(|patience| Stagnation {
            best,
            waited,
            tolerance,
            patience,
        });
        let mut watch = Watch::new(epochs, stagnation).telling(told.map(Listener::new));
        let ended = with!(&mut self.training, training => {
            if let Some(rate) = rate {
                training.trainer.set_learning_rate(rate);
            }
            train(py, training, (features, targets, weights, rows), &mut watch)
        })?;
        let diverged = match ended {
            Ok(()) => None,
            Err(error) if error.is_divergence() => {
                let told = error.to_string();
                with!(&mut self.training, training => {
                    if let Some(diagnosing) = &mut training.diagnosing {
                        diagnosing.failure = Some(error);
                    }
                });
                Some(told)
            }
            Err(error) => return Err(refusal(&error)),
        };
        let (best, waited) = watch
            .stagnation
            .map_or((best, waited), |rule| (rule.best, rule.waited));
        Ok((watch.losses, best, waited, watch.raised, diverged))
    }

    /// All parameters: the weights of all layers, then all biases, then those of normalised layers.
    fn parameters<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        with!(&self.training, training => training.trainer.network().parameters().to_pyarray(py).into_any())
    }

    /// The outputs of the current network, (rows, outputs).
    #[pyo3(signature = (features, rows, threads))]
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        features: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        with!(&self.training, training => outputs_of(py, training.trainer.network(), features, rows, threads))
    }

    /// The state of NumPy's generator after the shuffles: (key, position, cached Gaussian).
    fn random_state<'py>(&self, py: Python<'py>) -> NumpyState<'py> {
        with!(&self.training, training => numpy_state(py, training.trainer.generator()))
    }

    /// The state of the optimizer.
    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = PyDict::new(py);
        with!(&self.training, training => {
            let Memory { steps, slots, scalars } = training.trainer.optimizer().memory();
            told.set_item("steps", steps)?;
            told.set_item("slots", PyList::new(py, slots.iter().map(|slot| slot.to_pyarray(py)))?)?;
            told.set_item("scalars", scalars)?;
        });
        Ok(told)
    }

    /// How L-BFGS ended: (reason, value, iterations, evaluations).
    fn minimum(&self) -> Option<(&'static str, f64, u64, u64)> {
        let found = with!(&self.training, training => training.trainer.minimum().copied())?;
        let reason = reason_name(found.reason);
        Some((reason, found.value, found.iterations, found.evaluations))
    }
}

/// The name of a reason in Python.
fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Gradient => "gradient",
        Reason::Decrease => "decrease",
        Reason::LineSearch => "line_search",
        Reason::Iterations => "iterations",
        Reason::Evaluations => "evaluations",
        Reason::Stopped => "stopped",
        Reason::NotFinite => "not_finite",
    }
}

/// Initial parameters by a recipe's `[init]`, and the state of the generator after them.
#[pyfunction]
pub(crate) fn initial<'py>(
    py: Python<'py>,
    recipe: &str,
    random_state: (PyReadonlyArray1<'py, u32>, usize, Option<f64>),
) -> PyResult<(Bound<'py, PyAny>, NumpyState<'py>)> {
    let recipe = read(recipe)?;
    let mut generator = generator(&random_state)?;
    let architecture = recipe.architecture().map_err(|error| refusal(&error))?;
    let drawn: Network<f64> =
        initialise(architecture, &recipe.init, &mut generator).map_err(|error| refusal(&error))?;
    let parameters = match recipe.train.precision {
        Precision::F32 => {
            let rounded: Vec<f32> = drawn.parameters().iter().map(|&value| value as f32).collect();
            PyArray1::from_vec(py, rounded).into_any()
        }
        Precision::F64 => drawn.parameters().to_pyarray(py).into_any(),
    };
    Ok((parameters, numpy_state(py, &generator)))
}

/// NumPy's (key, position, cached Gaussian).
type NumpyState<'py> = (Bound<'py, PyArray1<u32>>, usize, Option<f64>);

fn numpy_state<'py>(py: Python<'py>, generator: &RandomState) -> NumpyState<'py> {
    let (key, position, kept) = generator.numpy_state();
    (PyArray1::from_vec(py, key), position, kept)
}

fn generator(
    (key, position, kept): &(PyReadonlyArray1<'_, u32>, usize, Option<f64>),
) -> PyResult<RandomState> {
    let key: Vec<u32> = key.as_array().iter().copied().collect();
    RandomState::from_numpy_state(&key, *position, *kept)
        .ok_or_else(|| PyValueError::new_err("a state that NumPy's MT19937 does not have"))
}

/// The outputs, (rows, outputs), of a recipe's network with these parameters.
#[pyfunction]
#[pyo3(signature = (recipe, parameters, features, threads))]
pub(crate) fn outputs<'py>(
    py: Python<'py>,
    recipe: &str,
    parameters: Vec<Bound<'py, PyAny>>,
    features: &Bound<'py, PyAny>,
    threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let recipe = read(recipe)?;
    with_precision!(recipe.train.precision, T => {
        outputs_of(py, &network::<T>(&recipe, &parameters)?, features, None, threads)
    })
}

pub(crate) fn read(recipe: &str) -> PyResult<Recipe> {
    serde_json::from_str(recipe).map_err(|error| PyValueError::new_err(error.to_string()))
}

pub(crate) fn refusal(error: &dyn std::error::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn threads_of(threads: usize) -> NonZeroUsize {
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

pub(crate) fn network<T: Number>(recipe: &Recipe, parameters: &[Bound<'_, PyAny>]) -> PyResult<Network<T>> {
    let arrays = parameters.iter().map(|array| extract(array, "the parameters"));
    let arrays: Vec<PyReadonlyArrayDyn<'_, T>> = arrays.collect::<PyResult<_>>()?;
    let architecture = recipe.architecture().map_err(|error| refusal(&error))?;
    Network::new(architecture, joined(&arrays)?).map_err(|error| refusal(&error))
}

fn training<T: Number>(
    recipe: &Recipe,
    parameters: &[Bound<'_, PyAny>],
    generator: RandomState,
    memory: Option<&Bound<'_, PyDict>>,
    threads: NonZeroUsize,
) -> PyResult<Training<T>> {
    let network = network(recipe, parameters)?;
    let trainer = Trainer::new(recipe, network, generator, threads);
    let trainer = trainer.map_err(|error| refusal(&error))?;
    let unwatched = |trainer| Training {
        trainer,
        diagnosing: None,
    };
    let Some(memory) = memory else {
        return Ok(unwatched(trainer));
    };
    let item = |key: &str| {
        let found = memory.get_item(key)?;
        found.ok_or_else(|| PyValueError::new_err(format!("the optimizer's memory has no {key}")))
    };
    let slots: Vec<Bound<'_, PyAny>> = item("slots")?.extract()?;
    let slots = slots.iter().map(|slot| {
        let array: PyReadonlyArrayDyn<'_, T> = extract(slot, "the optimizer's numbers")?;
        joined(&[array])
    });
    let slots: Vec<Vec<T>> = slots.collect::<PyResult<_>>()?;
    let remembered = Memory {
        steps: item("steps")?.extract()?,
        slots: slots
            .try_into()
            .map_err(|_| PyValueError::new_err("the optimizer remembers three arrays"))?,
        scalars: item("scalars")?.extract()?,
    };
    let trainer = trainer.remembering(&remembered);
    trainer.map(unwatched).map_err(|error| refusal(&error))
}

/// (features, targets, weights, rows).
type LentArrays<'py> = (
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
);

/// A copy of the samples as a data set.
fn copied<T: Number>((features, targets, weights, rows): &LentArrays<'_>) -> PyResult<Dataset<T>> {
    let arrays = SampleArrays::<T>::of(features, Some(targets), weights.as_ref(), rows.as_ref())?;
    arrays.lend()?.copied().map_err(|error| refusal(&error))
}

type Arrays<'a, 'py> = (
    &'a Bound<'py, PyAny>,
    &'a Bound<'py, PyAny>,
    Option<&'a Bound<'py, PyAny>>,
    Option<&'a Bound<'py, PyAny>>,
);

fn train<T: Number>(
    py: Python<'_>,
    Training { trainer, diagnosing }: &mut Training<T>,
    (features, targets, weights, rows): Arrays<'_, '_>,
    watch: &mut Watch,
) -> PyResult<Result<(), Error>> {
    let arrays = SampleArrays::<T>::of(features, Some(targets), weights, rows)?;
    let samples = arrays.lend()?;
    let ended = py.detach(|| match diagnosing {
        None => trainer.run(&samples, watch),
        Some(diagnosing) => {
            let observers: &mut [&mut dyn Observer<T>] = &mut [diagnosing, watch];
            trainer.run(&samples, observers)
        }
    });
    Ok(ended.map(drop))
}

fn outputs_of<'py, T: Number>(
    py: Python<'py>,
    network: &Network<T>,
    features: &Bound<'py, PyAny>,
    rows: Option<&Bound<'py, PyAny>>,
    threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    use pellucid::data::dataset::Samples;
    let arrays = SampleArrays::<T>::of(features, None, None, rows)?;
    let samples = arrays.lend()?;
    let (columns, inputs) = (samples.columns(), network.architecture().input_width());
    if columns != inputs {
        let told = format!("rows of {columns} features for a network of {inputs} inputs");
        return Err(PyValueError::new_err(told));
    }
    let width = network.architecture().output_width();
    let found =
        py.detach(|| evaluation::evaluate::predict(network, &samples, samples.rows(), threads_of(threads)));
    let found = PyArray1::from_vec(py, found);
    let shaped: Bound<'py, PyArray2<T>> = found.reshape([samples.rows(), width])?;
    Ok(shaped.into_any())
}
