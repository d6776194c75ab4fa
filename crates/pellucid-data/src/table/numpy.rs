//! Arrays as tables: NumPy's `.npy` and `.npz`, and IDX.

use std::io::{Cursor, Read};
use std::path::Path;

use npyz::{DType, NpyFile, Order, TypeChar};

use super::header::{check_names, numbered_names};
use super::source::{Opened, data_error};
use super::{Categories, Column, Values};
use crate::error::{DataError, Place, Result};
use crate::idx::{IdxArray, parse_idx};
use crate::mnist::read_idx_pair;

pub(super) fn read_npy(opened: Opened) -> Result<Vec<Column>> {
    let path = opened.path.clone();
    let array = Array::read(&opened.into_bytes()?, &path, "the array")?;
    let names = numbered_names(array.columns);
    array.into_columns(&path, names)
}

pub(super) fn read_npz(opened: Opened) -> Result<Vec<Column>> {
    let path = opened.path.clone();
    let damaged = |error: &dyn ToString| DataError::DamagedFile {
        path: path.clone(),
        format: ".npz",
        reason: error.to_string(),
    };
    let mut archive =
        zip::ZipArchive::new(Cursor::new(opened.into_bytes()?)).map_err(|error| damaged(&error))?;
    let mut columns: Vec<Column> = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| damaged(&error))?;
        let name = file.name().map_err(|error| damaged(&error))?.into_owned();
        let Some(name) = npyz::npz::array_name_from_file_name(&name).map(str::to_owned) else {
            continue;
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        let array = Array::read(&bytes, &path, &name)?;
        if let Some(first) = columns.first()
            && first.values.len() != array.rows
        {
            return Err(DataError::UnsupportedType {
                path,
                name,
                found: format!(
                    "an array of {} rows after one of {}",
                    array.rows,
                    first.values.len()
                ),
                expected: "arrays of as many rows each",
            });
        }
        let names = match array.is_matrix {
            true => (1..=array.columns)
                .map(|column| format!("{name}_{column}"))
                .collect(),
            false => vec![name],
        };
        columns.extend(array.into_columns(&path, names)?);
    }
    if columns.is_empty() {
        return Err(damaged(
            &"a zip archive without arrays, files whose names end in .npy",
        ));
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    check_names(&path, &names)?;
    Ok(columns)
}

/// An array of rows, last dimension fastest.
struct Array {
    rows: usize,
    columns: usize,
    is_matrix: bool,
    values: Elements,
    order: Order,
}

enum Elements {
    Numbers(Vec<f64>),
    Booleans(Vec<bool>),
}

impl Array {
    /// `name` is the array's, in messages.
    fn read(bytes: &[u8], path: &Path, name: &str) -> Result<Array> {
        let damaged = |reason: String| DataError::DamagedFile {
            path: path.to_path_buf(),
            format: "NumPy",
            // A parser's picture of the place takes several lines.
            reason: format!(
                "{name}: {}",
                reason
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches([' ', '-', '>'])
            ),
        };
        let unsupported = |found: String| DataError::UnsupportedType {
            path: path.to_path_buf(),
            name: name.to_owned(),
            found,
            expected: "an array of one or two dimensions of integers, floats or booleans",
        };
        check_shapes(bytes).map_err(damaged)?;
        let file = NpyFile::new(bytes).map_err(|error| damaged(error.to_string()))?;
        let shape: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
        let (rows, columns) = match shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => return Err(unsupported(format!("an array of {} dimensions", shape.len()))),
        };
        let (order, dtype) = (file.order(), file.dtype());
        let DType::Plain(element) = &dtype else {
            return Err(unsupported(format!("an array of {}", dtype.descr())));
        };
        macro_rules! numbers {
            ($type:ty) => {
                Elements::Numbers(
                    file.into_vec::<$type>()
                        .map_err(|error| damaged(error.to_string()))?
                        .into_iter()
                        .map(|value| value as f64)
                        .collect(),
                )
            };
        }
        let values = match (element.type_char(), element.size_field()) {
            (TypeChar::Float, 8) => numbers!(f64),
            (TypeChar::Float, 4) => numbers!(f32),
            (TypeChar::Int, 1) => numbers!(i8),
            (TypeChar::Int, 2) => numbers!(i16),
            (TypeChar::Int, 4) => numbers!(i32),
            (TypeChar::Int, 8) => numbers!(i64),
            (TypeChar::Uint, 1) => numbers!(u8),
            (TypeChar::Uint, 2) => numbers!(u16),
            (TypeChar::Uint, 4) => numbers!(u32),
            (TypeChar::Uint, 8) => numbers!(u64),
            (TypeChar::Bool, 1) => {
                Elements::Booleans(file.into_vec().map_err(|error| damaged(error.to_string()))?)
            }
            _ => return Err(unsupported(format!("an array of {}", dtype.descr()))),
        };
        let found = match &values {
            Elements::Numbers(numbers) => numbers.len(),
            Elements::Booleans(booleans) => booleans.len(),
        };
        if found != rows * columns {
            return Err(damaged(format!(
                "{found} of {} elements are there",
                rows * columns
            )));
        }
        Ok(Array {
            rows,
            columns,
            is_matrix: shape.len() == 2,
            values,
            order,
        })
    }

    fn into_columns(self, path: &Path, names: Vec<String>) -> Result<Vec<Column>> {
        let index = |row: usize, column: usize| match self.order {
            Order::C => row * self.columns + column,
            Order::Fortran => column * self.rows + row,
        };
        let column_of = |(column, name): (usize, String)| {
            let rows = (0..self.rows).map(|row| index(row, column));
            let values = match &self.values {
                Elements::Numbers(values) => {
                    let rows: Vec<f64> = rows.map(|index| values[index]).collect();
                    if let Some(row) = rows.iter().position(|value| value.is_infinite()) {
                        return Err(DataError::UnusableCell {
                            path: path.to_path_buf(),
                            place: Place::Row(row as u64 + 1),
                            column: name.into(),
                            cell: rows[row].to_string().into(),
                            expected: "a finite number",
                            advice: "replace it by a finite number or NaN",
                        });
                    }
                    Values::Numbers(rows)
                }
                Elements::Booleans(values) => Values::Booleans(Categories {
                    names: vec!["false".into(), "true".into()],
                    codes: rows.map(|index| u32::from(values[index])).collect(),
                }),
            };
            Ok(Column { name, values })
        };
        names.into_iter().enumerate().map(column_of).collect()
    }
}

/// Refuses a header that promises more elements than the file has bytes, before anybody multiplies its sizes or takes
/// memory for them.
fn check_shapes(bytes: &[u8]) -> Result<(), String> {
    let Some(&version) = bytes.get(6) else {
        return Ok(());
    };
    let header = if version == 1 {
        &bytes[bytes.len().min(10)..]
    } else {
        &bytes[bytes.len().min(12)..]
    };
    let header = header.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    for (position, _) in header.match_indices("shape") {
        let sizes = header[position..]
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or("", |(sizes, _)| sizes);
        let mut promised = 1_u64;
        for size in sizes.split(',').map(str::trim).filter(|size| !size.is_empty()) {
            let size: u64 = size
                .trim_end_matches('L')
                .parse()
                .map_err(|_| format!("the size {size:?} is no number"))?;
            if size == 0 {
                return Err("the array has no elements".to_owned());
            }
            promised = promised.saturating_mul(size);
        }
        if promised > bytes.len() as u64 {
            return Err(format!(
                "the header promises {promised} elements, the file holds {} bytes",
                bytes.len()
            ));
        }
    }
    Ok(())
}

pub(super) fn read_idx(opened: Opened) -> Result<Vec<Column>> {
    let path = opened.path.clone();
    // Not only a convenience: labels beside the standard input there are none.
    if opened.seekable.is_some() || path.is_file() {
        match read_idx_pair(&path) {
            Ok((images, labels)) => {
                let mut columns = pixels(&images);
                columns.push(Column {
                    name: "label".into(),
                    values: labelled(&labels),
                });
                return Ok(columns);
            }
            // Other arrays than images, or images alone.
            Err(
                DataError::NoLabelsName { .. }
                | DataError::MissingLabels { .. }
                | DataError::WrongDimensions { .. },
            ) => (),
            Err(error) => return Err(error),
        }
    }
    let array = parse_idx(opened.into_reader(), &path).map_err(|error| match error {
        DataError::Read { reason, path } => data_error(&path, reason),
        other => other,
    })?;
    Ok(pixels(&array))
}

/// A column for each element of what the first dimension counts.
fn pixels(array: &IdxArray) -> Vec<Column> {
    let columns = array.values.len() / array.shape[0];
    numbered_names(columns)
        .into_iter()
        .enumerate()
        .map(|(column, name)| {
            let values = array.values.iter().skip(column).step_by(columns);
            Column {
                name,
                values: Values::Numbers(values.map(|&value| f64::from(value)).collect()),
            }
        })
        .collect()
}

/// Classes by their digits, in the order of numbers.
fn labelled(labels: &[u8]) -> Values {
    let mut words = super::infer::Words::default();
    for label in labels {
        words.push(&label.to_string());
    }
    Values::Categories(words.finish())
}
