//! A network in training, and one at work.

use crate::arrays::{extract, joined};
use crate::numbers::Number;
use crate::samples::SampleArrays;
use crate::watch::{Listener, Stagnation, Watch};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArrayDyn, ToPyArray};
use pellucid::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::optimizer::Memory;
use pellucid::{Error, Network, Precision, Recipe, Trainer, evaluation};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::num::NonZeroUsize;

/// A trainer of either precision.
enum Trainers {
    Single(Trainer<f32>),
    Double(Trainer<f64>),
}

/// The same on whichever it is.
macro_rules! with {
    ($trainers:expr, $trainer:ident => $do:expr) => {
        match $trainers {
            Trainers::Single($trainer) => $do,
            Trainers::Double($trainer) => $do,
        }
    };
}

/// A network in training.
#[pyclass(module = "pellucid._engine")]
pub(crate) struct Run {
    trainers: Trainers,
}

#[pymethods]
impl Run {
    /// A run of a recipe from these parameters. `random_state` is NumPy's (key, position, Gaussian that is kept), `memory`
    /// what the optimizer of an earlier run remembered.
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
        Ok(Self {
            trainers: match recipe.train.precision {
                Precision::F32 => {
                    Trainers::Single(trainer(&recipe, &parameters, generator, memory, threads)?)
                }
                Precision::F64 => {
                    Trainers::Double(trainer(&recipe, &parameters, generator, memory, threads)?)
                }
            },
        })
    }

    /// Trains for up to `epochs` more epochs, without Python's lock. Ends before where the losses no longer fall, on
    /// Ctrl-C, and where a number is no longer finite: (losses, best, waited, what was raised, what diverged). `told` is
    /// called some 10 times a second with how far it is.
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
        let mut watch = Watch::new(epochs, stagnation).telling(told.map(Listener::new), None);
        let ended = with!(&mut self.trainers, trainer => {
            if let Some(rate) = rate {
                trainer.set_learning_rate(rate);
            }
            train(py, trainer, (features, targets, weights, rows), &mut watch)
        })?;
        let diverged = match ended {
            Ok(()) => None,
            Err(error @ (Error::NonFiniteLoss { .. } | Error::NonFiniteParameters { .. })) => {
                Some(error.to_string())
            }
            Err(error) => return Err(refusal(&error)),
        };
        let (best, waited) = watch
            .stagnation
            .map_or((best, waited), |rule| (rule.best, rule.waited));
        Ok((watch.losses, best, waited, watch.raised, diverged))
    }

    /// The parameters, one after the other: the weights of all layers, then all biases, then what normalised layers have.
    fn parameters<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        with!(&self.trainers, trainer => trainer.network().parameters().to_pyarray(py).into_any())
    }

    /// The outputs of the network as it stands, (rows, outputs).
    #[pyo3(signature = (features, rows, threads))]
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        features: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        with!(&self.trainers, trainer => outputs_of(py, trainer.network(), features, rows, threads))
    }

    /// Where the shuffles have left NumPy's generator: (key, position, Gaussian that is kept).
    fn random_state<'py>(&self, py: Python<'py>) -> NumpyState<'py> {
        with!(&self.trainers, trainer => numpy_state(py, trainer.generator()))
    }

    /// What the optimizer remembers of its steps.
    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = PyDict::new(py);
        with!(&self.trainers, trainer => {
            let Memory { steps, slots, scalars } = trainer.optimizer().memory();
            told.set_item("steps", steps)?;
            told.set_item("slots", PyList::new(py, slots.iter().map(|slot| slot.to_pyarray(py)))?)?;
            told.set_item("scalars", scalars)?;
        });
        Ok(told)
    }

    /// How L-BFGS ended: (reason, value, iterations, evaluations).
    fn minimum(&self) -> Option<(String, f64, u64, u64)> {
        let found = with!(&self.trainers, trainer => trainer.minimum().copied())?;
        let reason = format!("{:?}", found.reason);
        Some((reason, found.value, found.iterations, found.evaluations))
    }
}

/// First values of the parameters, as a recipe's `[init]` has them, and where that leaves the generator.
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

/// NumPy's (key, position, Gaussian that is kept).
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

/// The outputs, (rows, outputs), of the network that a recipe describes, with these parameters.
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
    match recipe.train.precision {
        Precision::F32 => outputs_of(
            py,
            &network::<f32>(&recipe, &parameters)?,
            features,
            None,
            threads,
        ),
        Precision::F64 => outputs_of(
            py,
            &network::<f64>(&recipe, &parameters)?,
            features,
            None,
            threads,
        ),
    }
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

fn trainer<T: Number>(
    recipe: &Recipe,
    parameters: &[Bound<'_, PyAny>],
    generator: RandomState,
    memory: Option<&Bound<'_, PyDict>>,
    threads: usize,
) -> PyResult<Trainer<T>> {
    let network = network(recipe, parameters)?;
    let trainer = Trainer::new(recipe, network, generator, threads_of(threads));
    let trainer = trainer.map_err(|error| refusal(&error))?;
    let Some(memory) = memory else {
        return Ok(trainer);
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
    trainer.remembering(&remembered).map_err(|error| refusal(&error))
}

type Arrays<'a, 'py> = (
    &'a Bound<'py, PyAny>,
    &'a Bound<'py, PyAny>,
    Option<&'a Bound<'py, PyAny>>,
    Option<&'a Bound<'py, PyAny>>,
);

fn train<T: Number>(
    py: Python<'_>,
    trainer: &mut Trainer<T>,
    (features, targets, weights, rows): Arrays<'_, '_>,
    watch: &mut Watch<'_>,
) -> PyResult<Result<(), Error>> {
    let arrays = SampleArrays::<T>::of(features, Some(targets), weights, rows)?;
    let samples = arrays.lend()?;
    Ok(py.detach(|| trainer.run(&samples, watch).map(drop)))
}

fn outputs_of<'py, T: Number>(
    py: Python<'py>,
    network: &Network<T>,
    features: &Bound<'py, PyAny>,
    rows: Option<&Bound<'py, PyAny>>,
    threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    use pellucid::dataset::Samples;
    let arrays = SampleArrays::<T>::of(features, None, None, rows)?;
    let samples = arrays.lend()?;
    let (columns, inputs) = (samples.columns(), network.architecture().input_width());
    if columns != inputs {
        let told = format!("rows of {columns} features for a network of {inputs} inputs");
        return Err(PyValueError::new_err(told));
    }
    let width = network.architecture().output_width();
    let found = py.detach(|| evaluation::predict(network, &samples, samples.rows(), threads_of(threads)));
    let found = PyArray1::from_vec(py, found);
    let shaped: Bound<'py, PyArray2<T>> = found.reshape([samples.rows(), width])?;
    Ok(shaped.into_any())
}
