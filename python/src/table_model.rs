//! A model of a table: saved, loaded, and asked for predictions, by the code of the command.

use crate::arrays::Refused;
use crate::run::threads_of;
use crate::table_data::{TableData, refused};
use numpy::{PyArray1, PyArray2, PyArray3, PyArrayMethods};
use pellucid::data::matrix::Matrix;
use pellucid_data::calibration::interval_around;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{Counts, Predictions, Preparation, TargetPreparation};
use pellucid_data::training::PredictedRows;
use pellucid_data::{ColumnKind, DataError, ReadOptions, TableChunks};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// How many rows of a table are predicted at a time: as many as by the command.
const CHUNK_ROWS: usize = 8192;

/// What errors call a model.
pub(crate) const THE_MODEL: &str = "the model";

/// A trained model of a table.
#[pyclass(frozen, module = "pellucid._engine")]
pub(crate) struct TableModel(Model);

/// What a prediction is: the numbers or probabilities, (rows, columns); of one target of classes the class of each row; and
/// what was unusual in the rows, a sentence each.
type Predicted<'py> = (
    Bound<'py, PyArray2<f64>>,
    Option<Bound<'py, PyArray1<u32>>>,
    Vec<String>,
);

#[pymethods]
impl TableModel {
    /// Reads a model file.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Self> {
        Self::of_table(refused(Model::load(&path).map_err(DataError::from))?, &path)
    }

    /// The model whose file has these bytes.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let path = Path::new(THE_MODEL);
        Self::of_table(Model::from_bytes(bytes, path).refused()?, path)
    }

    /// The bytes of the model's file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.to_bytes(Path::new(THE_MODEL)).refused()?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Writes the model's file, whole or not at all.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.0.save(path).refused()
    }

    /// The predictions for the rows of a table.
    fn predict<'py>(&self, py: Python<'py>, data: &TableData, threads: usize) -> PyResult<Predicted<'py>> {
        let (predictions, warnings) = py.detach(|| self.predictions(data, threads_of(threads)))?;
        let numbers = array(py, predictions.values())?;
        let labels = match predictions {
            Predictions::Classes { labels, .. } => Some(PyArray1::from_vec(py, labels)),
            Predictions::Labels { .. } | Predictions::Numbers { .. } => None,
        };
        Ok((numbers, labels, warnings))
    }

    /// The lower and the upper end of an interval around each predicted number, (rows, 2, targets), and what was unusual in
    /// the rows. It holds the true number with at least the probability `coverage`, between 0 and 1.
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        data: &TableData,
        coverage: f64,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyArray3<f64>>, Vec<String>)> {
        let target = self.preparation()?.target();
        let half_widths = refused(self.0.calibrated.half_widths(target, coverage, THE_MODEL))?;
        let (predictions, warnings) = py.detach(|| self.predictions(data, threads_of(threads)))?;
        let numbers = predictions.values();
        let (rows, targets) = (numbers.rows(), numbers.columns());
        let mut ends = Vec::with_capacity(2 * rows * targets);
        for row in (0..rows).map(|row| numbers.row(row)) {
            for end in [0, 1] {
                let around = row.iter().zip(&half_widths);
                ends.extend(around.map(|(&number, &half_width)| interval_around(number, half_width)[end]));
            }
        }
        Ok((
            PyArray1::from_vec(py, ends).reshape([rows, 2, targets])?,
            warnings,
        ))
    }

    /// The targets: the name of each, the kind of its values in training, and its classes.
    fn targets(&self) -> PyResult<Vec<(String, String, Vec<String>)>> {
        let target = self.preparation()?.target();
        let kinds = target.kinds().into_iter().map(|kind| kind.to_string());
        let classes: Vec<Vec<String>> = match target {
            TargetPreparation::Labels { labels } => {
                labels.iter().map(|label| label.classes.to_vec()).collect()
            }
            TargetPreparation::Regression { columns } => vec![Vec::new(); columns.len()],
            _ => vec![target.classes().to_vec()],
        };
        let names = target.columns().into_iter().map(str::to_owned);
        Ok(names
            .zip(kinds)
            .zip(classes)
            .map(|((name, kind), classes)| (name, kind, classes))
            .collect())
    }

    /// The columns of the table that features are made of.
    fn columns(&self) -> PyResult<Vec<String>> {
        let columns = self.preparation()?.columns().iter();
        Ok(columns.map(|column| column.name.clone()).collect())
    }

    /// The features of the network by name.
    fn features(&self) -> Vec<String> {
        self.0.feature_names.clone()
    }

    /// The recipe of the training: JSON.
    fn recipe(&self) -> PyResult<String> {
        serde_json::to_string(&self.0.recipe).refused()
    }

    /// The records of the epochs: JSON.
    fn history(&self) -> PyResult<String> {
        serde_json::to_string(&self.0.history).refused()
    }

    /// The scores after the training: JSON.
    fn metrics(&self) -> String {
        self.0.metrics.to_string()
    }

    /// What the held-out rows decided after the training: JSON.
    fn calibration(&self) -> PyResult<String> {
        serde_json::to_string(&self.0.calibrated).refused()
    }

    /// The notes of the training, a sentence each.
    fn notes(&self) -> Vec<String> {
        self.0.warnings.clone()
    }
}

impl TableModel {
    /// A model that was trained on a table.
    pub(crate) fn new(model: Model) -> Self {
        Self(model)
    }

    pub(crate) fn of_table(model: Model, path: &Path) -> PyResult<Self> {
        if model.preparation.is_none() {
            let message = format!("{}: the model was not trained on a table", path.display());
            return Err(PyValueError::new_err(message));
        }
        Ok(Self(model))
    }

    pub(crate) fn model(&self) -> &Model {
        &self.0
    }

    pub(crate) fn preparation(&self) -> PyResult<&Preparation> {
        let preparation = self.0.preparation.as_ref();
        preparation.ok_or_else(|| PyValueError::new_err("the model was not trained on a table"))
    }

    /// The expected columns of a table, some rows at a time.
    pub(crate) fn chunks(
        &self,
        data: &TableData,
        expected: &[(String, ColumnKind)],
        rows: Option<usize>,
    ) -> PyResult<TableChunks> {
        let reading = self.preparation()?.reading();
        let options = ReadOptions {
            separators: reading.separators(),
            keep_na_words: reading.keep_na_words,
            ..ReadOptions::default()
        };
        let chunks = data.chunks(&options, expected, rows.unwrap_or(CHUNK_ROWS));
        refused(chunks.map_err(DataError::from))
    }

    /// The predictions for all rows, some rows at a time, and what was unusual.
    fn predictions(&self, data: &TableData, threads: NonZeroUsize) -> PyResult<(Predictions, Vec<String>)> {
        let preparation = self.preparation()?;
        let mut chunks = self.chunks(data, &preparation.expected_columns(), None)?;
        let mut predicted = PredictedRows::new(self.0.networks(), preparation, threads);
        let mut met = Counts::default();
        for chunk in chunks.by_ref() {
            let chunk = chunk.refused()?;
            let every: Vec<u32> = (0..chunk.rows() as u32).collect();
            met.merge(predicted.append(&chunk, &every).refused()?);
            Python::attach(|py| py.check_signals())?;
        }
        met.extra_columns = preparation.unknown_columns(&chunks.names());
        let warnings = [chunks.notes(), met.warnings()].concat();
        Ok((predicted.finish().refused()?, warnings))
    }
}

/// An array with these numbers, (rows, columns).
pub(crate) fn array<'py>(py: Python<'py>, values: &Matrix<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let shape = [values.rows(), values.columns()];
    PyArray1::from_slice(py, values.values()).reshape(shape)
}
