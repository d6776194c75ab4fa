//! Samples in memory: features, kept as compactly as they came, and targets.

use crate::data::matrix::Matrix;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use pellucid_kernels::layer::Input;

/// The features of all samples, a row each.
#[derive(Debug, Clone)]
pub enum Features<T> {
    /// Numbers.
    Dense(Matrix<T>),
    /// Bytes that each stand for a number, as the pixels of images do.
    Bytes(ByteMatrix<T>),
}

/// Rows of bytes, and the number that each of the 256 bytes stands for.
#[derive(Debug, Clone)]
pub struct ByteMatrix<T> {
    rows: usize,
    columns: usize,
    bytes: Vec<u8>,
    values: Box<[T; 256]>,
}

impl<T: Scalar> ByteMatrix<T> {
    /// Rows of bytes b that stand for b / `divisor`.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not `rows * columns` bytes, [`Error::Setting`] for a divisor of 0.
    pub fn new(rows: usize, columns: usize, bytes: Vec<u8>, divisor: f64) -> Result<Self> {
        if rows.checked_mul(columns) != Some(bytes.len()) {
            return Err(Error::Shape {
                what: "a byte matrix's buffer".into(),
                found: format!("{} bytes", bytes.len()),
                expected: format!("{rows} x {columns}"),
                hint: String::new(),
            });
        }
        if !divisor.is_normal() {
            return Err(Error::Setting {
                key: "divisor".into(),
                found: divisor.to_string(),
                expected: "bytes are divided by a number other than 0".into(),
            });
        }
        let values = Box::new(std::array::from_fn(|byte| T::from_f64(byte as f64 / divisor)));
        Ok(Self {
            rows,
            columns,
            bytes,
            values,
        })
    }

    /// The bytes, (rows, columns), and the number that each of the 256 stands for.
    pub(crate) fn bytes_and_values(&self) -> (&[u8], &[T; 256]) {
        (&self.bytes, &self.values)
    }

    /// How many bytes a row.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The bytes, row after row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T: Scalar> Features<T> {
    /// How many samples.
    pub fn rows(&self) -> usize {
        match self {
            Features::Dense(matrix) => matrix.rows(),
            Features::Bytes(matrix) => matrix.rows,
        }
    }

    /// How many features a sample.
    pub fn columns(&self) -> usize {
        match self {
            Features::Dense(matrix) => matrix.columns(),
            Features::Bytes(matrix) => matrix.columns,
        }
    }

    /// Rows `start..end` as a pass takes them, without a copy.
    ///
    /// # Panics
    /// When there are no such rows.
    pub fn slice(&self, start: usize, end: usize) -> Input<'_, T> {
        let columns = self.columns();
        match self {
            Features::Dense(matrix) => Input::Dense(&matrix.values()[start * columns..end * columns]),
            Features::Bytes(matrix) => Input::Bytes {
                bytes: &matrix.bytes[start * columns..end * columns],
                values: &matrix.values,
            },
        }
    }

    /// These rows as a pass takes them: slices where they follow one another, copies otherwise.
    #[inline(always)]
    fn gather_features<'a>(
        &'a self,
        rows: Rows<'_>,
        dense: &'a mut Vec<T>,
        bytes: &'a mut Vec<u8>,
    ) -> Input<'a, T> {
        match (rows, self) {
            (Rows::Range(start, end), features) => features.slice(start, end),
            (Rows::Picked(picked), Features::Dense(matrix)) => {
                dense.clear();
                picked
                    .iter()
                    .for_each(|&row| dense.extend_from_slice(matrix.row(row as usize)));
                Input::Dense(dense)
            }
            (Rows::Picked(picked), Features::Bytes(matrix)) => {
                bytes.clear();
                for &row in picked {
                    bytes.extend_from_slice(&matrix.bytes[row as usize * matrix.columns..][..matrix.columns]);
                }
                Input::Bytes {
                    bytes,
                    values: &matrix.values,
                }
            }
        }
    }

    /// Mean and standard deviation (over all rows, as NumPy's `std`) of every column.
    pub fn standardisation(&self) -> Vec<(f64, f64)> {
        let (rows, columns) = (self.rows() as f64, self.columns());
        let mut means = vec![0.0; columns];
        self.each(|at, value| means[at % columns] += value);
        means.iter_mut().for_each(|mean| *mean /= rows);
        let mut variances = vec![0.0; columns];
        self.each(|at, value| variances[at % columns] += (value - means[at % columns]).powi(2));
        means
            .into_iter()
            .zip(variances)
            .map(|(mean, variance)| (mean, (variance / rows).sqrt()))
            .collect()
    }

    /// Subtracts each column's mean and divides by its standard deviation, both as given; a column whose deviation
    /// is 0 becomes zeros.
    ///
    /// # Panics
    /// When there are fewer pairs than columns.
    #[must_use]
    pub fn standardised_by(self, columns: &[(f64, f64)]) -> Self {
        let mut values = Vec::with_capacity(self.rows() * columns.len());
        self.each(|at, value| {
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

    /// Every value with its place, row after row.
    fn each(&self, mut see: impl FnMut(usize, f64)) {
        match self {
            Features::Dense(matrix) => matrix
                .values()
                .iter()
                .enumerate()
                .for_each(|(at, v)| see(at, v.to_f64())),
            Features::Bytes(matrix) => {
                let of = |&byte: &u8| matrix.values[usize::from(byte)].to_f64();
                matrix
                    .bytes
                    .iter()
                    .enumerate()
                    .for_each(|(at, byte)| see(at, of(byte)));
            }
        }
    }

    /// The smallest and the largest value of every column.
    pub fn ranges(&self) -> Vec<(f64, f64)> {
        let columns = self.columns();
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); columns];
        self.each(|at, value| {
            let (low, high) = &mut ranges[at % columns];
            *low = low.min(value);
            *high = high.max(value);
        });
        ranges
    }
}

/// What the outputs should be, a row a sample.
#[derive(Debug, Clone)]
pub enum Targets<T> {
    /// Numbers.
    Dense(Matrix<T>),
    /// A class each, 0 to `classes` − 1; as numbers, 1 in the class's column and 0 elsewhere.
    Classes {
        /// The class of each sample.
        labels: Vec<u32>,
        /// How many classes there are.
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

    /// How many numbers a sample's target is.
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
    /// [`Error::Shape`] when there are no samples, no features, not as many targets as samples, or a class that
    /// is none.
    pub fn new(features: Features<T>, targets: Targets<T>) -> Result<Self> {
        let shape = |what: &str, found: String, expected: String| Error::Shape {
            what: what.into(),
            found,
            expected,
            hint: String::new(),
        };
        if features.rows() == 0 || features.columns() == 0 {
            let found = format!("{} rows of {} features", features.rows(), features.columns());
            return Err(shape(
                "the data",
                found,
                "at least one row of at least one feature".into(),
            ));
        }
        if targets.rows() != features.rows() {
            let expected = format!("{}, one for each row of features,", features.rows());
            return Err(shape("the data", format!("{} targets", targets.rows()), expected));
        }
        if let Targets::Classes { labels, classes } = &targets
            && let Some(row) = labels.iter().position(|&label| label as usize >= *classes)
        {
            let what = format!("the label of row {}", row + 1);
            return Err(shape(
                &what,
                labels[row].to_string(),
                format!("0 to {}", classes.saturating_sub(1)),
            ));
        }
        Ok(Self {
            features,
            targets,
            weights: None,
            units: Vec::new(),
        })
    }

    /// The same samples, each counting for its weight in the loss and in the gradient of training. The mean over a
    /// batch still divides by the number of its rows.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many weights as samples, or one is negative or not finite.
    pub fn weighted(self, weights: Vec<T>) -> Result<Self> {
        let wrong = |found: String, expected: String| Error::Shape {
            what: "the sample weights".into(),
            found,
            expected,
            hint: String::new(),
        };
        if weights.len() != self.rows() {
            let expected = format!("{}, one for each sample,", self.rows());
            return Err(wrong(format!("{} weights", weights.len()), expected));
        }
        if let Some(row) = weights
            .iter()
            .position(|weight| !(weight.is_finite() && *weight >= T::ZERO))
        {
            let found = format!("{} for row {}", weights[row], row + 1);
            return Err(wrong(found, "finite numbers, 0 or more".into()));
        }
        Ok(Self {
            weights: Some(weights),
            ..self
        })
    }

    /// The same samples, whose targets were brought into another unit: number · scale + shift, (shift, scale) of each, is
    /// what they were, and what metrics are told in.
    #[must_use]
    pub fn in_units(self, units: Vec<(f64, f64)>) -> Self {
        Self { units, ..self }
    }

    /// Shift and scale of each target's unit; nothing where they are as they were.
    pub fn units(&self) -> &[(f64, f64)] {
        &self.units
    }

    /// These rows of it, in this order.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are none.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn picked(&self, rows: &[u32]) -> Result<Self> {
        fn of_rows<V: Copy>(values: &[V], width: usize, rows: &[u32]) -> Vec<V> {
            let row = |&row: &u32| &values[row as usize * width..(row as usize + 1) * width];
            rows.iter().flat_map(row).copied().collect()
        }
        let matrix = |matrix: &Matrix<T>| {
            let width = matrix.columns();
            Matrix::new(rows.len(), width, of_rows(matrix.values(), width, rows))
        };
        let features = match &self.features {
            Features::Dense(dense) => Features::Dense(matrix(dense)?),
            Features::Bytes(bytes) => Features::Bytes(ByteMatrix {
                rows: rows.len(),
                columns: bytes.columns,
                bytes: of_rows(&bytes.bytes, bytes.columns, rows),
                values: bytes.values.clone(),
            }),
        };
        let targets = match &self.targets {
            Targets::Dense(dense) => Targets::Dense(matrix(dense)?),
            Targets::Classes { labels, classes } => Targets::Classes {
                labels: of_rows(labels, 1, rows),
                classes: *classes,
            },
        };
        let picked = Self::new(features, targets)?.in_units(self.units.clone());
        match &self.weights {
            Some(weights) => picked.weighted(of_rows(weights, 1, rows)),
            None => Ok(picked),
        }
    }

    /// What each sample counts for in training; nothing where each counts for 1.
    pub fn weights(&self) -> Option<&[T]> {
        self.weights.as_deref()
    }

    /// How many samples.
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

    /// The same samples, their features standardised by these means and deviations.
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

/// Samples that a network can be trained on and used on, wherever they are kept: a [`Dataset`] owns them; a front end may
/// lend its own.
pub trait Samples<T: Scalar> {
    /// How many samples.
    fn rows(&self) -> usize;

    /// How many features a sample.
    fn columns(&self) -> usize;

    /// How many numbers a sample's target is; 0 where there are no targets.
    fn width(&self) -> usize;

    /// Whether samples count for different weights.
    fn is_weighted(&self) -> bool {
        false
    }

    /// What sample `row` counts for in training.
    fn weight(&self, row: usize) -> T {
        let _ = row;
        T::ONE
    }

    /// The row of the first target outside `lowest..=highest`, and that target.
    fn target_outside(&self, lowest: f64, highest: f64) -> Option<(usize, f64)>;

    /// Features and targets of all of them in the order of the rows, where they lie so: then steps on them may be taken without
    /// [`gather`](Self::gather).
    fn in_order(&self) -> Option<(&Features<T>, &Targets<T>)> {
        None
    }

    /// The batch's features and targets, (rows, columns) and (rows, width): slices where they lie so, else copies in the
    /// buffers.
    ///
    /// # Panics
    /// When there are no such rows.
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

    #[inline(always)]
    fn gather<'a>(&'a self, rows: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        buffers.gather(self, rows)
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
        let BatchBuffers { dense, bytes, .. } = buffers;
        (self.gather_features(rows, dense, bytes), &[])
    }
}

/// A batch of a data set: rows that follow one another, or rows picked in some order.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// Rows `start..end`.
    Range(usize, usize),
    /// These rows, in this order.
    Picked(&'a [u32]),
}

/// Buffers that batches are gathered in where they cannot be slices of the data set.
#[derive(Debug, Clone, Default)]
pub struct BatchBuffers<T> {
    /// For features as numbers.
    pub dense: Vec<T>,
    /// For features as bytes.
    pub bytes: Vec<u8>,
    /// For targets.
    pub targets: Vec<T>,
}

impl<T: Scalar> BatchBuffers<T> {
    /// The batch's features and targets: slices of the data set where its rows follow one another and its
    /// targets are numbers, copies otherwise.
    ///
    /// # Panics
    /// When there are no such rows.
    #[inline(always)]
    pub fn gather<'a>(&'a mut self, data: &'a Dataset<T>, rows: Rows<'_>) -> (Input<'a, T>, &'a [T]) {
        let input = data
            .features
            .gather_features(rows, &mut self.dense, &mut self.bytes);
        let targets = match (rows, &data.targets) {
            (Rows::Range(start, end), Targets::Dense(matrix)) => {
                &matrix.values()[start * matrix.columns()..end * matrix.columns()]
            }
            (Rows::Picked(picked), Targets::Dense(matrix)) => {
                self.targets.clear();
                picked
                    .iter()
                    .for_each(|&row| self.targets.extend_from_slice(matrix.row(row as usize)));
                &self.targets
            }
            (Rows::Range(start, end), Targets::Classes { labels, classes }) => {
                one_hot(labels[start..end].iter().copied(), *classes, &mut self.targets);
                &self.targets
            }
            (Rows::Picked(picked), Targets::Classes { labels, classes }) => {
                one_hot(
                    picked.iter().map(|&row| labels[row as usize]),
                    *classes,
                    &mut self.targets,
                );
                &self.targets
            }
        };
        (input, targets)
    }
}

/// Rows of `classes` numbers, a 1 in each for its label.
#[inline(always)]
pub(crate) fn one_hot<T: Scalar>(
    labels: impl ExactSizeIterator<Item = u32>,
    classes: usize,
    to: &mut Vec<T>,
) {
    to.clear();
    to.resize(labels.len() * classes, T::ZERO);
    for (row, label) in to.chunks_exact_mut(classes).zip(labels) {
        row[label as usize] = T::ONE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(rows: &[Vec<f64>]) -> Matrix<f64> {
        Matrix::from_rows("the test", rows).unwrap()
    }

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1() {
        let features = Features::Dense(dense(&[vec![1.0, 7.0], vec![3.0, 7.0], vec![8.0, 7.0]]));
        let columns = features.standardisation();
        let features = features.standardised_by(&columns);
        let Features::Dense(matrix) = features else {
            panic!("dense features stay dense")
        };
        let first: Vec<f64> = (0..3).map(|r| matrix.row(r)[0]).collect();
        assert!(first.iter().sum::<f64>().abs() < 1e-15);
        assert!((first.iter().map(|v| v * v).sum::<f64>() / 3.0 - 1.0).abs() < 1e-15);
        assert!((0..3).all(|r| matrix.row(r)[1] == 0.0));
    }

    #[test]
    fn picked_rows_are_those_rows() {
        let bytes = ByteMatrix::new(3, 2, vec![0, 255, 51, 0, 102, 153], 255.0).unwrap();
        let targets = Targets::Classes {
            labels: vec![0, 2, 1],
            classes: 3,
        };
        let data = Dataset::<f64>::new(Features::Bytes(bytes), targets).unwrap();
        let mut buffers = BatchBuffers::default();
        let (input, targets) = buffers.gather(&data, Rows::Picked(&[2, 0]));
        let Input::Bytes { bytes, values } = input else {
            panic!("bytes stay bytes")
        };
        assert_eq!(bytes, [102, 153, 0, 255]);
        assert_eq!((values[51], values[255]), (0.2, 1.0));
        assert_eq!(targets, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_label_beyond_the_classes_is_refused() {
        let targets = Targets::Classes {
            labels: vec![0, 3],
            classes: 3,
        };
        let features = Features::Dense(dense(&[vec![1.0], vec![2.0]]));
        let error = Dataset::new(features, targets).unwrap_err().to_string();
        assert!(error.contains("row 2") && error.contains("0 to 2"), "{error}");
    }
}
