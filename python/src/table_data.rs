//! Tables for training and prediction: files, frames in Arrow's format, and typed columns.

use crate::arrays::extract;
use crate::memory::with_memory;
use crate::text_reading;
use numpy::PyReadonlyArray1;
use pellucid_data::{
    BUILTINS, Categories, Column, ColumnKind, DataError, FileError, ReadOptions, Table, TableChunks,
    TableSource, Values, load_builtin, read_table,
};
use pyo3::exceptions::{PyFileNotFoundError, PyFloatingPointError, PyMemoryError, PyValueError};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A table that is not read yet.
#[pyclass(frozen, module = "pellucid._engine")]
pub(crate) struct TableData(Contents);

enum Contents {
    /// A file, or a frame as the bytes of one, and how its text is read.
    Source(TableSource, ReadOptions),
    BuiltIn(&'static str),
    Columns(Table),
}

/// What a column holds: `numbers`, `integers`, `booleans` or `words`; its name; its values.
type ColumnArgument<'py> = (String, String, Bound<'py, PyAny>);

#[pymethods]
impl TableData {
    /// A file, or the built-in set of that name if there is no such file. `reading` says how a file of text is read: JSON.
    #[staticmethod]
    #[pyo3(signature = (path, reading=None))]
    fn file(path: PathBuf, reading: Option<&str>) -> PyResult<Self> {
        let built_in = BUILTINS.iter().find(|set| path == Path::new(set.name));
        Ok(Self(match built_in.filter(|_| !path.exists()) {
            Some(set) => Contents::BuiltIn(set.name),
            None => {
                let options = reading.map(text_reading::options).transpose()?;
                Contents::Source(TableSource::Path(path), options.unwrap_or_default())
            }
        }))
    }

    /// A frame as a stream in Arrow's format.
    #[staticmethod]
    fn arrow(name: String, bytes: &[u8]) -> Self {
        let bytes = Arc::from(bytes);
        Self(Contents::Source(
            TableSource::Memory { name, bytes },
            ReadOptions::default(),
        ))
    }

    /// Columns of known types.
    #[staticmethod]
    fn columns(name: String, columns: Vec<ColumnArgument<'_>>) -> PyResult<Self> {
        let columns = columns.into_iter().map(column).collect::<PyResult<Vec<_>>>()?;
        if columns.first().is_none_or(|column| column.values.is_empty()) {
            return Err(PyValueError::new_err(format!("{name} has no rows")));
        }
        Ok(Self(Contents::Columns(Table {
            source: name,
            first_row: 0,
            columns,
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
        })))
    }
}

impl TableData {
    /// The whole table, its columns of the kinds that they show.
    pub(crate) fn read(&self, options: &ReadOptions, seed: u32) -> Result<Table, FileError> {
        match &self.0 {
            Contents::Source(source, text) => read_table(source, &text_reading::merged(text, options)),
            Contents::BuiltIn(name) => load_builtin(name, seed),
            Contents::Columns(table) => Ok(table.clone()),
        }
    }

    /// The table in chunks of `rows` rows, with these columns of these kinds.
    pub(crate) fn chunks(
        &self,
        options: &ReadOptions,
        expected: &[(String, ColumnKind)],
        rows: usize,
    ) -> Result<TableChunks, FileError> {
        match &self.0 {
            Contents::Source(source, text) => {
                TableChunks::open(source, &text_reading::merged(text, options), expected, rows)
            }
            Contents::BuiltIn(name) => TableChunks::of_table(load_builtin(name, 0)?, expected, rows),
            Contents::Columns(table) => TableChunks::of_table(table.clone(), expected, rows),
        }
    }

    /// Whether this is a built-in set, whose last column is the target unless another is named.
    pub(crate) fn is_built_in(&self) -> bool {
        matches!(self.0, Contents::BuiltIn(_))
    }
}

fn column((kind, name, values): ColumnArgument<'_>) -> PyResult<Column> {
    let values = match kind.as_str() {
        "numbers" => {
            let numbers: PyReadonlyArray1<'_, f64> = extract(&values, &name)?;
            let array = numbers.as_array();
            let numbers: Vec<f64> = with_memory(size_of::<f64>() * array.len(), &name, || {
                array.iter().copied().collect()
            })?;
            if let Some(row) = numbers.iter().position(|number| number.is_infinite()) {
                let message = format!("row {}, column {name:?}: found {}", row + 1, numbers[row]);
                let advice = "a finite number is needed; replace it by one or by a missing value";
                return Err(PyValueError::new_err(format!("{message}, but {advice}")));
            }
            Values::Numbers(numbers)
        }
        "integers" => integers(values.extract()?),
        "booleans" => {
            let code = |value: Option<bool>| value.map_or(Categories::MISSING, u32::from);
            let values: Vec<Option<bool>> = values.extract()?;
            Values::Booleans(Categories {
                names: vec!["false".into(), "true".into()],
                codes: values.into_iter().map(code).collect(),
            })
        }
        "words" => words(values.extract()?),
        _ => {
            return Err(PyValueError::new_err(format!(
                "there is no kind of column {kind:?}"
            )));
        }
    };
    Ok(Column { name, values })
}

/// Whole numbers; as words if double precision does not hold all of them, as for a file with types.
fn integers(values: Vec<Option<i128>>) -> Values {
    match values
        .iter()
        .flatten()
        .all(|&value| value as f64 as i128 == value)
    {
        true => {
            let number = |value: Option<i128>| value.map_or(f64::NAN, |value| value as f64);
            Values::Numbers(values.into_iter().map(number).collect())
        }
        false => {
            let text = |value: Option<i128>| value.map(|value| value.to_string());
            words(values.into_iter().map(text).collect())
        }
    }
}

fn words(values: Vec<Option<String>>) -> Values {
    let mut codes: BTreeMap<&str, u32> = values.iter().flatten().map(|word| (word.as_str(), 0)).collect();
    for (code, rank) in codes.values_mut().zip(0..) {
        *code = rank;
    }
    let code = |word: &Option<String>| {
        word.as_ref()
            .map_or(Categories::MISSING, |word| codes[word.as_str()])
    };
    Values::Categories(Categories {
        codes: values.iter().map(code).collect(),
        names: codes.keys().map(|&word| word.into()).collect(),
    })
}

/// The result of reading or training, whose error becomes Python's `ValueError`; for a file that is not there
/// `FileNotFoundError`, for a training that diverges `FloatingPointError`, and for one that needs too much memory `MemoryError`.
pub(crate) fn refused<V>(found: pellucid_data::Result<V>) -> PyResult<V> {
    found.map_err(|error| Failure::from(error).into())
}

/// What ends the reading of a table: an error of the table, or an exception of Python, such as `KeyboardInterrupt`.
pub(crate) struct Failure(PyErr);

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        let message = error.to_string();
        Self(match error {
            DataError::File(FileError::Missing { .. }) => PyFileNotFoundError::new_err(message),
            error if error.is_of_memory() => PyMemoryError::new_err(message),
            error if error.divergence().is_some() => PyFloatingPointError::new_err(message),
            _ => PyValueError::new_err(message),
        })
    }
}

impl From<PyErr> for Failure {
    fn from(raised: PyErr) -> Self {
        Self(raised)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
