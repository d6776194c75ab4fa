//! Samples in NumPy arrays: the engine gathers its batches directly from them.

use crate::arrays::{Number, Refused, has_elements, slice};
use crate::memory::with_memory;
use crate::sparse_arrays::SparseArrays;
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pellucid::data::dataset::{BatchBuffers, Dataset, Features, Rows, Samples, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::{Error, Input, SparseRows};
use pyo3::Borrowed;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The arrays of a data set, borrowed so that they cannot change during a training: features, targets, weights, and the rows
/// that are samples, by default all.
pub(crate) struct SampleArrays<'py, T: Number>(
    FeatureArrays<'py, T>,
    Option<TargetArrays<'py, T>>,
    Option<PyReadonlyArray1<'py, T>>,
    Option<PyReadonlyArray1<'py, u32>>,
);

impl<'py, T: Number> FromPyObject<'_, 'py> for SampleArrays<'py, T> {
    type Error = PyErr;

    fn extract(of: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let (features, targets, weights, rows) = of.extract()?;
        Ok(Self(features, targets, weights, rows))
    }
}

// The enums below look at what they are given before they extract it. An extraction that fails formats NumPy's types for its
// message, which takes longer than a step of a small network, and Python drops the exception of a signal that comes then.

/// Features: an array of shape (rows, columns), or a sparse matrix.
enum FeatureArrays<'py, T: Number> {
    Dense(PyReadonlyArray2<'py, T>),
    Sparse(SparseArrays<'py, T>),
}

impl<'py, T: Number> FromPyObject<'_, 'py> for FeatureArrays<'py, T> {
    type Error = PyErr;

    fn extract(of: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match of.is_instance_of::<PyTuple>() {
            true => Ok(Self::Sparse(of.extract()?)),
            false => Ok(Self::Dense(of.extract()?)),
        }
    }
}

/// Targets: numbers or booleans (rows, outputs), or the class of each row and the number of classes.
enum TargetArrays<'py, T: Element> {
    Numbers(PyReadonlyArray2<'py, T>),
    Truths(PyReadonlyArray2<'py, bool>),
    Classes(PyReadonlyArray1<'py, u32>, usize),
}

impl<'py, T: Element> FromPyObject<'_, 'py> for TargetArrays<'py, T> {
    type Error = PyErr;

    fn extract(of: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if of.is_instance_of::<PyTuple>() {
            let (classes, count) = of.extract()?;
            return Ok(Self::Classes(classes, count));
        }
        match has_elements::<bool>(of)? {
            true => Ok(Self::Truths(of.extract()?)),
            false => Ok(Self::Numbers(of.extract()?)),
        }
    }
}

/// A copy of samples as a data set.
pub(crate) fn copied<T: Number>(samples: &Bound<'_, PyAny>) -> PyResult<Dataset<T>> {
    let arrays: SampleArrays<'_, T> = samples.extract()?;
    let lent = arrays.lend()?;
    let numbers = Samples::rows(&lent).saturating_mul(lent.columns() + lent.width() + 1);
    // Rows are gathered, and then copied.
    let bytes = numbers.saturating_mul(2 * size_of::<T>());
    with_memory(bytes, "the samples", || lent.copied())?.refused()
}

impl<T: Number> SampleArrays<'_, T> {
    /// The arrays as slices, after all shapes and indices have been checked.
    pub(crate) fn lend(&self) -> PyResult<Lent<'_, T>> {
        let refuse = |message: String| Err(PyValueError::new_err(message));
        let Self(features, targets, weights, rows) = self;
        let (features, row_count) = match features {
            FeatureArrays::Dense(array) => {
                let columns = array.shape()[1];
                let values = slice(array, "features")?;
                (LentFeatures::Dense { values, columns }, array.shape()[0])
            }
            FeatureArrays::Sparse(arrays) => {
                let rows = arrays.rows()?;
                (LentFeatures::Sparse(rows), rows.rows())
            }
        };
        let (targets, width) = match targets {
            None => (LentTargets::None, 0),
            Some(TargetArrays::Numbers(array)) => {
                (LentTargets::Numbers(slice(array, "targets")?), array.shape()[1])
            }
            Some(TargetArrays::Truths(array)) => {
                (LentTargets::Truths(slice(array, "targets")?), array.shape()[1])
            }
            Some(TargetArrays::Classes(array, count)) => {
                let classes = slice(array, "classes")?;
                if classes.iter().any(|&class| class as usize >= *count) {
                    return refuse(format!(
                        "a class index is not below the number of classes, {count}"
                    ));
                }
                (LentTargets::Classes(classes), *count)
            }
        };
        let target_count = match targets {
            LentTargets::None => row_count,
            LentTargets::Numbers(values) => values.len() / width.max(1),
            LentTargets::Truths(values) => values.len() / width.max(1),
            LentTargets::Classes(classes) => classes.len(),
        };
        if target_count != row_count {
            return refuse(format!("{target_count} targets for {row_count} rows of features"));
        }
        let weights = weights.as_ref().map(|weights| slice(weights, "weights"));
        let weights = weights.transpose()?;
        if weights.is_some_and(|weights| weights.len() != row_count) {
            return refuse(format!(
                "the weights must have one number for each of {row_count} rows"
            ));
        }
        let rows = rows.as_ref().map(|rows| slice(rows, "rows")).transpose()?;
        if rows.is_some_and(|rows| rows.iter().any(|&row| row as usize >= row_count)) {
            return refuse("a row index is not below the number of rows".into());
        }
        Ok(Lent {
            features,
            targets,
            width,
            weights,
            rows,
            row_count,
        })
    }
}

/// A data set in borrowed NumPy arrays.
#[derive(Clone, Copy)]
pub(crate) struct Lent<'a, T> {
    features: LentFeatures<'a, T>,
    targets: LentTargets<'a, T>,
    /// The number of columns of the targets; 0 without targets.
    width: usize,
    weights: Option<&'a [T]>,
    rows: Option<&'a [u32]>,
    row_count: usize,
}

#[derive(Clone, Copy)]
enum LentFeatures<'a, T> {
    Dense { values: &'a [T], columns: usize },
    Sparse(SparseRows<'a, T>),
}

#[derive(Clone, Copy)]
enum LentTargets<'a, T> {
    None,
    Numbers(&'a [T]),
    Truths(&'a [bool]),
    Classes(&'a [u32]),
}

impl<T: Number> LentTargets<'_, T> {
    fn push_row(self, row: usize, width: usize, to: &mut Vec<T>) {
        let number = |truth: bool| if truth { T::ONE } else { T::ZERO };
        match self {
            LentTargets::None => {}
            LentTargets::Numbers(values) => to.extend_from_slice(&values[row * width..][..width]),
            LentTargets::Truths(values) => {
                to.extend(values[row * width..][..width].iter().map(|&truth| number(truth)));
            }
            LentTargets::Classes(classes) => {
                to.extend((0..width).map(|class| number(classes[row] as usize == class)));
            }
        }
    }
}

impl<T: Number> Lent<'_, T> {
    fn row(&self, sample: usize) -> usize {
        self.rows.map_or(sample, |rows| rows[sample] as usize)
    }

    /// Calls `with` with each row of a batch.
    #[inline(always)]
    fn each(&self, batch: Rows<'_>, with: impl FnMut(usize)) {
        match batch {
            Rows::Range(start, end) => (start..end).map(|sample| self.row(sample)).for_each(with),
            Rows::Picked(picked) => picked
                .iter()
                .map(|&sample| self.row(sample as usize))
                .for_each(with),
        }
    }

    /// A copy of the samples as a data set.
    fn copied(&self) -> Result<Dataset<T>, Error> {
        let rows = Samples::rows(self);
        let mut buffers = BatchBuffers::default();
        let (features, targets) = self.gathered(Rows::Range(0, rows), &mut buffers);
        let features = Matrix::new(rows, self.columns(), features.to_vec())?;
        let targets = Matrix::new(rows, self.width, targets.to_vec())?;
        let data = Dataset::new(Features::Dense(features), Targets::Dense(targets))?;
        match self.is_weighted() {
            true => data.weighted((0..rows).map(|row| self.weight(row)).collect()),
            false => Ok(data),
        }
    }

    fn gathered<'a>(&'a self, batch: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        let BatchBuffers {
            dense,
            columns,
            starts,
            targets,
            ..
        } = buffers;
        let whole = match (batch, self.rows) {
            (Rows::Range(start, end), None) => Some((start, end)),
            _ => None,
        };
        let input = match (self.features, whole) {
            (LentFeatures::Dense { values, columns }, Some((start, end))) => {
                Input::Dense(&values[start * columns..end * columns])
            }
            (LentFeatures::Dense { values, columns }, None) => {
                dense.clear();
                self.each(batch, |row| {
                    dense.extend_from_slice(&values[row * columns..][..columns])
                });
                Input::Dense(&dense[..])
            }
            (LentFeatures::Sparse(rows), Some((start, end))) => Input::Sparse(rows.range(start, end)),
            (LentFeatures::Sparse(rows), None) => {
                dense.clear();
                columns.clear();
                starts.clear();
                starts.push(0);
                self.each(batch, |row| {
                    let (stored, values) = rows.stored(row);
                    columns.extend_from_slice(stored);
                    dense.extend_from_slice(values);
                    starts.push(dense.len());
                });
                match SparseRows::new(dense, columns, starts, rows.width()) {
                    Some(rows) => Input::Sparse(rows),
                    None => unreachable!("the indices are checked when the arrays are lent"),
                }
            }
        };
        let width = self.width;
        let targets = match (self.targets, whole) {
            (LentTargets::Numbers(values), Some((start, end))) => &values[start * width..end * width],
            _ => {
                targets.clear();
                self.each(batch, |row| self.targets.push_row(row, width, targets));
                &targets[..]
            }
        };
        (input, targets)
    }
}

impl<T: Number> Samples<T> for Lent<'_, T> {
    fn rows(&self) -> usize {
        self.rows.map_or(self.row_count, <[u32]>::len)
    }

    fn columns(&self) -> usize {
        match self.features {
            LentFeatures::Dense { columns, .. } => columns,
            LentFeatures::Sparse(rows) => rows.width(),
        }
    }

    fn width(&self) -> usize {
        self.width
    }

    fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    fn weight(&self, sample: usize) -> T {
        self.weights.map_or(T::ONE, |weights| weights[self.row(sample)])
    }

    fn target_outside(&self, lowest: f64, highest: f64) -> Option<(usize, f64)> {
        let LentTargets::Numbers(values) = self.targets else {
            return None;
        };
        let outside = |y: &T| !(lowest..=highest).contains(&y.to_f64());
        let at = values.iter().position(outside)?;
        Some((at / self.width.max(1), values[at].to_f64()))
    }

    fn gather<'a>(&'a self, batch: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        self.gathered(batch, buffers)
    }
}
