//! Samples in NumPy arrays: the engine gathers its batches directly from them.

use crate::arrays::{FeatureArrays, Indices, TargetArrays, scattered};
use crate::numbers::Number;
use numpy::PyReadonlyArray1;
use pellucid::data::dataset::{BatchBuffers, Dataset, Features, Rows, Samples, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::{Error, Input};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The arrays of a data set, borrowed so that they cannot change during a training.
pub(crate) struct SampleArrays<'py, T: Number> {
    features: FeatureArrays<'py, T>,
    targets: Option<TargetArrays<'py, T>>,
    weights: Option<PyReadonlyArray1<'py, T>>,
    /// The rows that are samples; all rows by default.
    rows: Option<PyReadonlyArray1<'py, u32>>,
}

impl<'py, T: Number> SampleArrays<'py, T> {
    pub(crate) fn of(
        features: &Bound<'py, PyAny>,
        targets: Option<&Bound<'py, PyAny>>,
        weights: Option<&Bound<'py, PyAny>>,
        rows: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        use crate::arrays::extract;
        Ok(Self {
            features: FeatureArrays::of(features)?,
            targets: targets.map(TargetArrays::of).transpose()?,
            weights: weights.map(|array| extract(array, "the weights")).transpose()?,
            rows: rows.map(|array| extract(array, "the rows")).transpose()?,
        })
    }

    /// The arrays as slices, after all shapes and indices have been checked.
    pub(crate) fn lend(&self) -> PyResult<Lent<'_, T>> {
        let (features, row_count) = match &self.features {
            FeatureArrays::Dense(array) => {
                let array = array.as_array();
                let (rows, columns) = array.dim();
                let values = array.to_slice().ok_or_else(|| scattered("features"))?;
                (LentFeatures::Dense { values, columns }, rows)
            }
            FeatureArrays::Sparse {
                values,
                columns,
                starts,
                width,
            } => {
                let values = values.as_array();
                let values = values.to_slice().ok_or_else(|| scattered("values"))?;
                let (columns, starts) = (columns.lend()?, starts.lend()?);
                let sparse = Sparse {
                    values,
                    columns,
                    starts,
                    width: *width,
                };
                sparse.check()?;
                (LentFeatures::Sparse(sparse), starts.len() - 1)
            }
        };
        let targets = match &self.targets {
            None => LentTargets::None,
            Some(TargetArrays::Numbers(array)) => {
                let array = array.as_array();
                let width = array.dim().1;
                let values = array.to_slice().ok_or_else(|| scattered("targets"))?;
                LentTargets::Numbers { values, width }
            }
            Some(TargetArrays::Truths(array)) => {
                let array = array.as_array();
                let width = array.dim().1;
                let values = array.to_slice().ok_or_else(|| scattered("targets"))?;
                LentTargets::Truths { values, width }
            }
            Some(TargetArrays::Classes(array, count)) => {
                let array = array.as_array();
                let classes = array.to_slice().ok_or_else(|| scattered("classes"))?;
                if classes.iter().any(|&class| class as usize >= *count) {
                    let message = format!("a class index is not below the number of classes, {count}");
                    return Err(PyValueError::new_err(message));
                }
                LentTargets::Classes {
                    classes,
                    count: *count,
                }
            }
        };
        let slice = |array: &'_ PyReadonlyArray1<'py, T>| array.as_array().to_slice().map(<[T]>::len);
        if let Some(found) = targets.rows().filter(|&found| found != row_count) {
            let message = format!("{found} targets for {row_count} rows of features");
            return Err(PyValueError::new_err(message));
        }
        if let Some(weights) = &self.weights
            && slice(weights) != Some(row_count)
        {
            let message = format!("the weights must have one number for each of {row_count} rows");
            return Err(PyValueError::new_err(message));
        }
        let rows = match &self.rows {
            None => None,
            Some(rows) => Some(rows.as_array().to_slice().ok_or_else(|| scattered("rows"))?),
        };
        if rows.is_some_and(|rows| rows.iter().any(|&row| row as usize >= row_count)) {
            return Err(PyValueError::new_err(
                "a row index is not below the number of rows",
            ));
        }
        Ok(Lent {
            features,
            targets,
            weights: self
                .weights
                .as_ref()
                .and_then(|array| array.as_array().to_slice()),
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
    weights: Option<&'a [T]>,
    rows: Option<&'a [u32]>,
    row_count: usize,
}

#[derive(Clone, Copy)]
enum LentFeatures<'a, T> {
    Dense { values: &'a [T], columns: usize },
    Sparse(Sparse<'a, T>),
}

#[derive(Clone, Copy)]
enum LentTargets<'a, T> {
    None,
    Numbers { values: &'a [T], width: usize },
    Truths { values: &'a [bool], width: usize },
    Classes { classes: &'a [u32], count: usize },
}

/// A sparse matrix by rows: those of row r are `starts[r]..starts[r + 1]` of values and columns.
#[derive(Clone, Copy)]
struct Sparse<'a, T> {
    values: &'a [T],
    columns: LentIndices<'a>,
    starts: LentIndices<'a>,
    width: usize,
}

#[derive(Clone, Copy)]
enum LentIndices<'a> {
    Short(&'a [i32]),
    Long(&'a [i64]),
}

impl Indices<'_> {
    fn lend(&self) -> PyResult<LentIndices<'_>> {
        let lent = match self {
            Indices::Short(array) => array.as_array().to_slice().map(LentIndices::Short),
            Indices::Long(array) => array.as_array().to_slice().map(LentIndices::Long),
        };
        lent.ok_or_else(|| scattered("indices"))
    }
}

impl LentIndices<'_> {
    fn len(self) -> usize {
        match self {
            LentIndices::Short(slice) => slice.len(),
            LentIndices::Long(slice) => slice.len(),
        }
    }

    /// The index at `at`; a negative one becomes larger than any valid index.
    fn at(self, at: usize) -> usize {
        match self {
            LentIndices::Short(slice) => slice[at] as usize,
            LentIndices::Long(slice) => slice[at] as usize,
        }
    }
}

impl<T: Number> Sparse<'_, T> {
    fn check(self) -> PyResult<()> {
        let (rows, stored) = (self.starts.len(), self.values.len());
        let rises = (1..rows).all(|row| self.starts.at(row - 1) <= self.starts.at(row));
        let ends = rows > 0 && self.starts.at(rows - 1) <= stored && stored <= self.columns.len();
        if !rises || !ends || (0..stored).any(|at| self.columns.at(at) >= self.width) {
            return Err(PyValueError::new_err(
                "the indices of a sparse matrix do not fit its shape",
            ));
        }
        Ok(())
    }

    fn add_row(self, row: usize, to: &mut [T]) {
        for at in self.starts.at(row)..self.starts.at(row + 1) {
            // Duplicate entries add up, as in SciPy.
            to[self.columns.at(at)] += self.values[at];
        }
    }
}

impl<T> LentTargets<'_, T> {
    fn rows(self) -> Option<usize> {
        match self {
            LentTargets::None => None,
            LentTargets::Numbers { values, width } => Some(values.len() / width.max(1)),
            LentTargets::Truths { values, width } => Some(values.len() / width.max(1)),
            LentTargets::Classes { classes, .. } => Some(classes.len()),
        }
    }
}

impl<T: Number> LentTargets<'_, T> {
    fn push_row(self, row: usize, to: &mut Vec<T>) {
        let number = |truth: bool| if truth { T::ONE } else { T::ZERO };
        match self {
            LentTargets::None => {}
            LentTargets::Numbers { values, width } => {
                to.extend_from_slice(&values[row * width..][..width]);
            }
            LentTargets::Truths { values, width } => {
                to.extend(values[row * width..][..width].iter().map(|&truth| number(truth)));
            }
            LentTargets::Classes { classes, count } => {
                to.extend((0..count).map(|class| number(classes[row] as usize == class)));
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
    pub(crate) fn copied(&self) -> Result<Dataset<T>, Error> {
        let rows = Samples::rows(self);
        let mut buffers = BatchBuffers::default();
        let (features, targets) = self.gathered(Rows::Range(0, rows), &mut buffers);
        let features = Matrix::new(rows, self.columns(), features.to_vec())?;
        let targets = Matrix::new(rows, self.width(), targets.to_vec())?;
        let data = Dataset::new(Features::Dense(features), Targets::Dense(targets))?;
        match self.is_weighted() {
            true => data.weighted((0..rows).map(|row| self.weight(row)).collect()),
            false => Ok(data),
        }
    }

    fn gathered<'a>(&'a self, batch: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (&'a [T], &'a [T]) {
        let BatchBuffers { dense, targets, .. } = buffers;
        let whole = match (batch, self.rows) {
            (Rows::Range(start, end), None) => Some((start, end)),
            _ => None,
        };
        let input = match (self.features, whole) {
            (LentFeatures::Dense { values, columns }, Some((start, end))) => {
                &values[start * columns..end * columns]
            }
            (LentFeatures::Dense { values, columns }, None) => {
                dense.clear();
                self.each(batch, |row| {
                    dense.extend_from_slice(&values[row * columns..][..columns])
                });
                &dense[..]
            }
            (LentFeatures::Sparse(sparse), _) => {
                dense.clear();
                self.each(batch, |row| {
                    let start = dense.len();
                    dense.resize(start + sparse.width, T::ZERO);
                    sparse.add_row(row, &mut dense[start..]);
                });
                &dense[..]
            }
        };
        let targets = match (self.targets, whole) {
            (LentTargets::Numbers { values, width }, Some((start, end))) => {
                &values[start * width..end * width]
            }
            _ => {
                targets.clear();
                self.each(batch, |row| self.targets.push_row(row, targets));
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
            LentFeatures::Sparse(sparse) => sparse.width,
        }
    }

    fn width(&self) -> usize {
        match self.targets {
            LentTargets::None => 0,
            LentTargets::Numbers { width, .. } | LentTargets::Truths { width, .. } => width,
            LentTargets::Classes { count, .. } => count,
        }
    }

    fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    fn weight(&self, sample: usize) -> T {
        self.weights.map_or(T::ONE, |weights| weights[self.row(sample)])
    }

    fn target_outside(&self, lowest: f64, highest: f64) -> Option<(usize, f64)> {
        let LentTargets::Numbers { values, width } = self.targets else {
            return None;
        };
        let outside = |y: &T| !(lowest..=highest).contains(&y.to_f64());
        let at = values.iter().position(outside)?;
        Some((at / width.max(1), values[at].to_f64()))
    }

    fn gather<'a>(&'a self, batch: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        let (features, targets) = self.gathered(batch, buffers);
        (Input::Dense(features), targets)
    }
}
