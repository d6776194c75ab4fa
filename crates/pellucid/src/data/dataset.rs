//! Keeps samples in memory: features, in the compact form of their source, and targets.

use crate::data::matrix::Matrix;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use pellucid_kernels::allocation::{Reading, expect_reading};
use pellucid_kernels::layer::Input;
use std::ops::Range;

/// The features of all samples, one row per sample.
#[derive(Debug, Clone)]
pub enum Features<T> {
    /// Numbers.
    Dense(Matrix<T>),
    /// Bytes that each encode a number, such as the pixels of images.
    Bytes(ByteMatrix<T>),
}

/// Rows of bytes, and the number that each of the 256 byte values encodes.
#[derive(Debug, Clone)]
pub struct ByteMatrix<T> {
    /// (rows, columns).
    pub(crate) bytes: Matrix<u8>,
    pub(crate) values: Box<[T; 256]>,
}

impl<T: Scalar> ByteMatrix<T> {
    /// Rows of bytes b that encode b / `divisor`.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not `rows * columns` bytes, [`Error::Setting`] for a divisor of 0.
    pub fn new(rows: usize, columns: usize, bytes: Vec<u8>, divisor: f64) -> Result<Self> {
        let bytes = Matrix::named(["a byte matrix", "bytes"], rows, columns, bytes)?;
        if !divisor.is_normal() {
            let expected = "the divisor of bytes must not be 0";
            return Err(SettingError::new("divisor", divisor, expected).into());
        }
        let values = Box::new(std::array::from_fn(|byte| T::from_f64(byte as f64 / divisor)));
        Ok(Self { bytes, values })
    }

    /// The bytes, row after row.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.values()
    }
}

impl<T: Scalar> Features<T> {
    /// The number of samples.
    pub fn rows(&self) -> usize {
        match self {
            Features::Dense(matrix) => matrix.rows(),
            Features::Bytes(matrix) => matrix.bytes.rows(),
        }
    }

    /// The number of features per sample.
    pub fn columns(&self) -> usize {
        match self {
            Features::Dense(matrix) => matrix.columns(),
            Features::Bytes(matrix) => matrix.bytes.columns(),
        }
    }

    /// These rows as the input of a pass: slices where the rows are contiguous, copies otherwise.
    #[inline(always)]
    fn gathered<'a>(&'a self, rows: Rows<'_>, dense: &'a mut Vec<T>, bytes: &'a mut Vec<u8>) -> Input<'a, T> {
        match self {
            Features::Dense(matrix) => Input::Dense(gathered(matrix, rows, dense)),
            Features::Bytes(matrix) => Input::Bytes {
                bytes: gathered(&matrix.bytes, rows, bytes),
                values: &matrix.values,
            },
        }
    }

    /// The mean and the standard deviation (over all rows, as in NumPy's `std`) of every column.
    pub fn standardisation(&self) -> Vec<(f64, f64)> {
        let (rows, columns) = (self.rows() as f64, self.columns());
        let mut means = vec![0.0; columns];
        self.for_each_value(|at, value| means[at % columns] += value);
        means.iter_mut().for_each(|mean| *mean /= rows);
        let mut variances = vec![0.0; columns];
        self.for_each_value(|at, value| variances[at % columns] += (value - means[at % columns]).powi(2));
        means
            .into_iter()
            .zip(variances)
            .map(|(mean, variance)| (mean, (variance / rows).sqrt()))
            .collect()
    }

    /// Subtracts each column's mean and divides by its standard deviation, both as given; a column with a standard
    /// deviation of 0 becomes zeros.
    ///
    /// # Panics
    /// When there are fewer pairs than columns.
    #[must_use]
    pub fn standardised_by(self, columns: &[(f64, f64)]) -> Self {
        let mut values = Vec::with_capacity(self.rows() * columns.len());
        self.for_each_value(|at, value| {
            let (mean, deviation) = columns[at % columns.len()];
            values.push(T::from_f64(
                (value - mean) / if deviation > 0.0 { deviation } else { 1.0 },
            ));
        });
        match Matrix::new(self.rows(), self.columns(), values) {
            Ok(matrix) => Features::Dense(matrix),
            Err(_) => self, // the shape is this matrix's own
        }
    }

    /// Calls `visit` with the index and the value of every number, row after row.
    fn for_each_value(&self, mut visit: impl FnMut(usize, f64)) {
        match self {
            Features::Dense(matrix) => {
                let values = matrix.values().iter().enumerate();
                values.for_each(|(at, value)| visit(at, value.to_f64()));
            }
            Features::Bytes(ByteMatrix { bytes, values }) => {
                let bytes = bytes.values().iter().enumerate();
                bytes.for_each(|(at, &byte)| visit(at, values[usize::from(byte)].to_f64()));
            }
        }
    }
}

/// The targets of all samples, one row per sample.
#[derive(Debug, Clone)]
pub enum Targets<T> {
    /// Numbers.
    Dense(Matrix<T>),
    /// One class per sample, 0 to `classes` − 1; as numbers, 1 in the class's column and 0 elsewhere (one-hot).
    Classes {
        /// The class of each sample.
        labels: Vec<u32>,
        /// The number of classes.
        classes: usize,
    },
}

impl<T: Scalar> Targets<T> {
    fn rows(&self) -> usize {
        match self {
            Targets::Dense(matrix) => matrix.rows(),
            Targets::Classes { labels, .. } => labels.len(),
        }
    }

    /// The number of columns of the targets.
    pub fn width(&self) -> usize {
        match self {
            Targets::Dense(matrix) => matrix.columns(),
            Targets::Classes { classes, .. } => *classes,
        }
    }

    /// Whether every number is 0 or 1.
    pub fn are_zero_or_one(&self) -> bool {
        match self {
            Targets::Dense(matrix) => matrix.values().iter().all(|&v| v == T::ZERO || v == T::ONE),
            Targets::Classes { .. } => true,
        }
    }
}

impl<T: Scalar> Targets<T> {
    /// The targets of a batch, (rows, width): a slice where the rows are contiguous and the targets are numbers, a copy in
    /// `buffer` otherwise.
    ///
    /// # Panics
    /// When a row is out of range.
    #[inline(always)]
    pub(crate) fn gather<'a>(&'a self, rows: Rows<'_>, buffer: &'a mut Vec<T>) -> &'a [T] {
        match self {
            Targets::Dense(matrix) => gathered(matrix, rows, buffer),
            &Targets::Classes { ref labels, classes } => {
                match rows {
                    Rows::Range(start, end) => one_hot(labels[start..end].iter().copied(), classes, buffer),
                    Rows::Picked(picked) => {
                        one_hot(picked.iter().map(|&row| labels[row as usize]), classes, buffer);
                    }
                }
                buffer
            }
        }
    }
}

/// Features and targets of the same samples.
#[derive(Debug, Clone)]
pub struct Dataset<T> {
    features: Features<T>,
    targets: Targets<T>,
    weights: Option<Vec<T>>,
    units: Vec<(f64, f64)>,
}

impl<T: Scalar> Dataset<T> {
    /// A data set.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are no samples or no features, when the number of targets is not the number of samples,
    /// or when a label is out of range.
    pub fn new(features: Features<T>, targets: Targets<T>) -> Result<Self> {
        let (rows, columns) = (features.rows(), features.columns());
        if rows == 0 || columns == 0 {
            let found = format!("{rows} rows of {columns} features");
            let expected = "at least one row of at least one feature";
            return Err(Error::shape("the data", found, expected));
        }
        if targets.rows() != rows {
            let expected = format!("{rows}, one for each row of features,");
            let found = format!("{} targets", targets.rows());
            return Err(Error::shape("the data", found, expected));
        }
        if let Targets::Classes { labels, classes } = &targets
            && let Some(row) = labels.iter().position(|&label| label as usize >= *classes)
        {
            let what = format!("the label of row {}", row + 1);
            let expected = format!("0 to {}", classes.saturating_sub(1));
            return Err(Error::shape(what, labels[row], expected));
        }
        Ok(Self {
            features,
            targets,
            weights: None,
            units: Vec::new(),
        })
    }

    /// The same samples with a weight for each, in the loss and in the gradient of training. The mean over a batch still
    /// divides by the number of its rows.
    ///
    /// # Errors
    /// [`Error::Shape`] when the number of weights is not the number of samples, or a weight is negative or not finite.
    pub fn weighted(self, weights: Vec<T>) -> Result<Self> {
        let what = "the sample weights";
        if weights.len() != self.rows() {
            let expected = format!("{}, one for each sample,", self.rows());
            return Err(Error::shape(what, format!("{} weights", weights.len()), expected));
        }
        let is_invalid = |weight: &T| !(weight.is_finite() && *weight >= T::ZERO);
        if let Some(row) = weights.iter().position(is_invalid) {
            let found = format!("{} for row {}", weights[row], row + 1);
            return Err(Error::shape(what, found, "finite numbers, 0 or more"));
        }
        Ok(Self {
            weights: Some(weights),
            ..self
        })
    }

    /// The same samples with the units of their targets: number · scale + shift, with (shift, scale) of each column, is a
    /// target in its original unit, and metrics are reported in that unit.
    #[must_use]
    pub fn in_units(self, units: Vec<(f64, f64)>) -> Self {
        Self { units, ..self }
    }

    /// The shift and the scale of the unit of each target; empty where targets are in their original units.
    pub fn units(&self) -> &[(f64, f64)] {
        &self.units
    }

    /// The data set of these rows, in this order.
    ///
    /// # Errors
    /// [`Error::Shape`] when `rows` is empty.
    ///
    /// # Panics
    /// When a row is out of range.
    pub fn picked(&self, rows: &[u32]) -> Result<Self> {
        fn of_matrix<V: Copy>(matrix: &Matrix<V>, rows: &[u32]) -> Result<Matrix<V>> {
            let values = rows.iter().flat_map(|&row| matrix.row(row as usize));
            Matrix::new(rows.len(), matrix.columns(), values.copied().collect())
        }
        let features = match &self.features {
            Features::Dense(matrix) => Features::Dense(of_matrix(matrix, rows)?),
            Features::Bytes(ByteMatrix { bytes, values }) => Features::Bytes(ByteMatrix {
                bytes: of_matrix(bytes, rows)?,
                values: values.clone(),
            }),
        };
        let targets = match &self.targets {
            Targets::Dense(matrix) => Targets::Dense(of_matrix(matrix, rows)?),
            Targets::Classes { labels, classes } => Targets::Classes {
                labels: rows.iter().map(|&row| labels[row as usize]).collect(),
                classes: *classes,
            },
        };
        let picked = Self::new(features, targets)?.in_units(self.units.clone());
        match &self.weights {
            Some(weights) => picked.weighted(rows.iter().map(|&row| weights[row as usize]).collect()),
            None => Ok(picked),
        }
    }

    /// The data set of at most so many rows, evenly from all.
    ///
    /// # Errors
    /// [`Error::Shape`] when `most` is 0.
    pub fn sampled(&self, most: usize) -> Result<Self> {
        self.picked(&evenly(self.rows(), most))
    }

    /// The weight of each sample in training; `None` where each weight is 1.
    pub fn weights(&self) -> Option<&[T]> {
        self.weights.as_deref()
    }

    /// The number of samples.
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// The features.
    pub fn features(&self) -> &Features<T> {
        &self.features
    }

    /// The targets.
    pub fn targets(&self) -> &Targets<T> {
        &self.targets
    }

    /// The same samples, with their features standardised by these means and standard deviations.
    ///
    /// # Panics
    /// When there are fewer pairs than features.
    #[must_use]
    pub fn standardised_by(self, columns: &[(f64, f64)]) -> Self {
        Self {
            features: self.features.standardised_by(columns),
            ..self
        }
    }
}

/// Samples for training and predictions, independent of where they are stored: a [`Dataset`] owns them; a front end may
/// lend its own.
pub trait Samples<T: Scalar> {
    /// The number of samples.
    fn rows(&self) -> usize;

    /// The number of features per sample.
    fn columns(&self) -> usize;

    /// The number of columns of the targets; 0 where there are no targets.
    fn width(&self) -> usize;

    /// Whether samples have weights.
    fn is_weighted(&self) -> bool {
        false
    }

    /// The weight of sample `row` in training.
    fn weight(&self, row: usize) -> T {
        let _ = row;
        T::ONE
    }

    /// The row of the first target outside `lowest..=highest`, and that target.
    fn target_outside(&self, lowest: f64, highest: f64) -> Option<(usize, f64)>;

    /// The features and the targets of all samples in the order of the rows, where they are stored in this form. Steps on
    /// them then need no [`gather`](Self::gather).
    fn in_order(&self) -> Option<(&Features<T>, &Targets<T>)> {
        None
    }

    /// Says how rows are going to be read: all of them from now on, or some soon. It matters where samples are larger than memory,
    /// and changes nothing of what is read.
    fn expect_reading(&self, rows: Option<Range<usize>>, reading: Reading) {
        let _ = (rows, reading);
    }

    /// The features and the targets of a batch, (rows, columns) and (rows, width): slices where the storage allows it, else
    /// copies in the buffers.
    ///
    /// # Panics
    /// When a row is out of range.
    fn gather<'a>(&'a self, rows: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]);
}

impl<T: Scalar> Samples<T> for Dataset<T> {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn columns(&self) -> usize {
        self.features.columns()
    }

    fn width(&self) -> usize {
        self.targets.width()
    }

    #[inline(always)]
    fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    fn weight(&self, row: usize) -> T {
        self.weights.as_ref().map_or(T::ONE, |weights| weights[row])
    }

    fn target_outside(&self, lowest: f64, highest: f64) -> Option<(usize, f64)> {
        let Targets::Dense(targets) = &self.targets else {
            return None;
        };
        let outside = |y: &T| !(lowest..=highest).contains(&y.to_f64());
        let at = targets.values().iter().position(outside)?;
        Some((at / targets.columns(), targets.values()[at].to_f64()))
    }

    fn in_order(&self) -> Option<(&Features<T>, &Targets<T>)> {
        Some((&self.features, &self.targets))
    }

    fn expect_reading(&self, rows: Option<Range<usize>>, reading: Reading) {
        fn of_matrix<V>(matrix: &Matrix<V>, rows: &Range<usize>, reading: Reading) {
            let columns = matrix.columns();
            expect_reading(
                &matrix.values()[rows.start * columns..rows.end * columns],
                reading,
            );
        }
        let rows = rows.unwrap_or(0..self.rows());
        match &self.features {
            Features::Dense(matrix) => of_matrix(matrix, &rows, reading),
            Features::Bytes(ByteMatrix { bytes, .. }) => of_matrix(bytes, &rows, reading),
        }
        match &self.targets {
            Targets::Dense(matrix) => of_matrix(matrix, &rows, reading),
            Targets::Classes { labels, .. } => expect_reading(&labels[rows.clone()], reading),
        }
        if let Some(weights) = &self.weights {
            expect_reading(&weights[rows], reading);
        }
    }

    #[inline(always)]
    fn gather<'a>(&'a self, rows: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        let input = self
            .features
            .gathered(rows, &mut buffers.dense, &mut buffers.bytes);
        (input, self.targets.gather(rows, &mut buffers.targets))
    }
}

/// Features alone: samples without targets.
impl<T: Scalar> Samples<T> for Features<T> {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn columns(&self) -> usize {
        self.columns()
    }

    fn width(&self) -> usize {
        0
    }

    fn target_outside(&self, _: f64, _: f64) -> Option<(usize, f64)> {
        None
    }

    #[inline(always)]
    fn gather<'a>(&'a self, rows: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        (self.gathered(rows, &mut buffers.dense, &mut buffers.bytes), &[])
    }
}

/// The numbers of at most `most` rows, evenly from `rows`.
pub fn evenly(rows: usize, most: usize) -> Vec<u32> {
    let count = rows.min(most);
    (0..count).map(|index| (index * rows / count) as u32).collect()
}

/// A batch of a data set: contiguous rows, or selected rows in some order.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// Rows `start..end`.
    Range(usize, usize),
    /// These rows, in this order.
    Picked(&'a [u32]),
}

/// Buffers for batches that cannot be slices of the data set.
#[derive(Debug, Clone, Default)]
pub struct BatchBuffers<T> {
    /// For features as numbers.
    pub dense: Vec<T>,
    /// For features as bytes.
    pub bytes: Vec<u8>,
    /// For the columns of the numbers of sparse rows, which are in `dense`.
    pub columns: Vec<u32>,
    /// For the position of the first number of each sparse row, and the end of the last.
    pub starts: Vec<usize>,
    /// For targets.
    pub targets: Vec<T>,
}

/// These rows of a matrix: a slice where they are contiguous, copies in the buffer otherwise.
#[inline(always)]
fn gathered<'a, V: Copy>(matrix: &'a Matrix<V>, rows: Rows<'_>, buffer: &'a mut Vec<V>) -> &'a [V] {
    match rows {
        Rows::Range(start, end) => &matrix.values()[start * matrix.columns()..end * matrix.columns()],
        Rows::Picked(picked) => {
            buffer.clear();
            for &row in picked {
                buffer.extend_from_slice(matrix.row(row as usize));
            }
            buffer
        }
    }
}

/// Writes one-hot rows of `classes` numbers: a 1 in the column of the label, 0 elsewhere.
#[inline(always)]
fn one_hot<T: Scalar>(labels: impl ExactSizeIterator<Item = u32>, classes: usize, to: &mut Vec<T>) {
    to.clear();
    to.resize(labels.len() * classes, T::ZERO);
    for (row, label) in to.chunks_exact_mut(classes).zip(labels) {
        row[label as usize] = T::ONE;
    }
}

#[cfg(test)]
mod tests;
