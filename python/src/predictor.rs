//! Prediction with a network whose parameters stay in Python's arrays.

use crate::arrays::{Number, Refused, joined};
use crate::run::{Parameters, read, threads_of};
use crate::samples::SampleArrays;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pellucid::data::dataset::Samples;
use pellucid::evaluation::evaluate::{mean_loss, outputs};
use pellucid::{Architecture, Recipe, with_precision};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A network without its parameters, which every call is given: one array that is used in place, or several.
#[pyclass(frozen, module = "pellucid._engine")]
pub(crate) struct Predictor {
    recipe: Recipe,
    architecture: Architecture,
}

#[pymethods]
impl Predictor {
    /// The network of a recipe.
    #[new]
    fn new(recipe: &str) -> PyResult<Self> {
        let recipe = read(recipe)?;
        let architecture = recipe.architecture().refused()?;
        Ok(Self { recipe, architecture })
    }

    /// The outputs, (rows, outputs).
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        parameters: Parameters<'py>,
        samples: &Bound<'py, PyAny>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        with_precision!(self.recipe.train.precision, T => {
            let arrays: SampleArrays<'_, T> = samples.extract()?;
            let samples = arrays.lend()?;
            let numbers = numbers::<T>(&parameters)?;
            let parameters = self.fitting(&numbers, samples.columns())?;
            let (rows, threads) = (samples.rows(), threads_of(threads));
            let found = py.detach(|| outputs(&self.architecture, parameters, &samples, rows, threads));
            let shape = [rows, self.architecture.output_width()];
            let shaped: Bound<'py, PyArray2<T>> = PyArray1::from_vec(py, found).reshape(shape)?;
            Ok(shaped.into_any())
        })
    }

    /// The mean of the recipe's loss, each sample's times its weight, without penalties.
    fn loss<'py>(
        &self,
        py: Python<'py>,
        parameters: Parameters<'py>,
        samples: &Bound<'py, PyAny>,
        threads: usize,
    ) -> PyResult<f64> {
        with_precision!(self.recipe.train.precision, T => {
            let arrays: SampleArrays<'_, T> = samples.extract()?;
            let samples = arrays.lend()?;
            let numbers = numbers::<T>(&parameters)?;
            let parameters = self.fitting(&numbers, samples.columns())?;
            let loss = self.recipe.train.loss;
            Ok(py.detach(|| mean_loss(&self.architecture, parameters, &samples, loss, threads_of(threads))))
        })
    }
}

impl Predictor {
    /// The parameters as a slice, checked against the network, as are the columns of the features.
    fn fitting<'a, T: Number>(&self, numbers: &'a Numbers<'_, T>, columns: usize) -> PyResult<&'a [T]> {
        let parameters = match numbers {
            Numbers::Lent(array) => array.as_slice()?,
            Numbers::Joined(numbers) => numbers,
        };
        let (found, expected) = (parameters.len(), self.architecture.parameter_count());
        if found != expected {
            let network = self.architecture.describe();
            let message = format!("{found} parameters for a network of {expected}: {network}");
            return Err(PyValueError::new_err(message));
        }
        let inputs = self.architecture.input_width();
        if columns != inputs {
            let message = format!("rows of {columns} features for a network of {inputs} inputs");
            return Err(PyValueError::new_err(message));
        }
        Ok(parameters)
    }
}

/// Parameters in one slice.
enum Numbers<'py, T: Number> {
    Lent(PyReadonlyArray1<'py, T>),
    Joined(Vec<T>),
}

fn numbers<'py, T: Number>(parameters: &[Bound<'py, PyAny>]) -> PyResult<Numbers<'py, T>> {
    if let [only] = parameters
        && let Ok(array) = only.extract::<PyReadonlyArray1<'py, T>>()
        && array.is_c_contiguous()
    {
        return Ok(Numbers::Lent(array));
    }
    joined(parameters, "the parameters").map(Numbers::Joined)
}
