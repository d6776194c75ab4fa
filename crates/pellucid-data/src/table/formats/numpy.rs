//! NumPy's `.npy` and `.npz`: arrays as tables.

use super::super::columns::{Column, Values};
use super::super::error::{unsupported, unusable_cell};
use super::super::format::{Format, ReadOptions};
use super::super::names::{check_names, numbered_names};
use super::super::source::OpenSource;
use crate::files::FileError;
use npyz::{DType, NpyFile, Order, TypeChar};
use std::io::{Cursor, Read};
use std::path::Path;

/// One array, a row per row (`.npy`), or arrays of the same number of rows, side by side (`.npz`).
pub(super) struct NumPy;

impl Format for NumPy {
    fn name(&self) -> &'static str {
        "NumPy"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        is_npz(prefix) || prefix.starts_with(b"\x93NUMPY")
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Vec<Column>, FileError> {
        if is_npz(&source.prefix) {
            return read_npz(source);
        }
        let path = source.path.clone();
        let array = Array::read(&source.into_bytes()?, &path, "the array")?;
        let names = numbered_names(array.columns);
        array.into_columns(&path, names)
    }
}

fn is_npz(prefix: &[u8]) -> bool {
    matches!(prefix, [b'P', b'K', 3 | 5, 4 | 6, ..])
}

fn read_npz(source: OpenSource) -> Result<Vec<Column>, FileError> {
    let path = source.path.clone();
    let damaged = |error: &dyn std::fmt::Display| FileError::damaged(&path, ".npz", error);
    let archive = zip::ZipArchive::new(Cursor::new(source.into_bytes()?));
    let mut archive = archive.map_err(|error| damaged(&error))?;
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
            let (rows, first) = (array.rows, first.values.len());
            let found = format!("an array of {rows} rows after one of {first}");
            return Err(unsupported(&path, &name, &found, "arrays of as many rows each"));
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
        let found = "a zip archive without arrays, files whose names end in .npy";
        return Err(damaged(&found));
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
    /// Booleans are 0 and 1.
    values: Vec<f64>,
    is_boolean: bool,
    order: Order,
}

impl Array {
    /// `name` is the array's, in messages.
    fn read(bytes: &[u8], path: &Path, name: &str) -> Result<Array, FileError> {
        let damaged = |reason: String| {
            // A parser's picture of the place takes several lines.
            let first = reason.lines().next().unwrap_or_default();
            let first = first.trim_end_matches([' ', '-', '>']);
            FileError::damaged(path, NumPy.name(), format!("{name}: {first}"))
        };
        let unsupported = |found: String| {
            let expected = "an array of one or two dimensions of integers, floats or booleans";
            unsupported(path, name, &found, expected)
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
                file.into_vec::<$type>()
                    .map_err(|error| damaged(error.to_string()))?
                    .into_iter()
                    .map(|value| value as f64)
                    .collect()
            };
        }
        let values: Vec<f64> = match (element.type_char(), element.size_field()) {
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
                let values = file.into_vec::<bool>();
                let values = values.map_err(|error| damaged(error.to_string()))?;
                values
                    .into_iter()
                    .map(|value| f64::from(u8::from(value)))
                    .collect()
            }
            _ => return Err(unsupported(format!("an array of {}", dtype.descr()))),
        };
        let (found, expected) = (values.len(), rows * columns);
        if found != expected {
            return Err(damaged(format!("{found} of {expected} elements are there")));
        }
        Ok(Array {
            rows,
            columns,
            is_matrix: shape.len() == 2,
            values,
            is_boolean: element.type_char() == TypeChar::Bool,
            order,
        })
    }

    fn into_columns(self, path: &Path, names: Vec<String>) -> Result<Vec<Column>, FileError> {
        let index = |row: usize, column: usize| match self.order {
            Order::C => row * self.columns + column,
            Order::Fortran => column * self.rows + row,
        };
        let column_of = |(column, name): (usize, String)| {
            let rows = (0..self.rows).map(|row| self.values[index(row, column)]);
            if self.is_boolean {
                let values = Values::from_codes_of_booleans(rows.map(|value| value as u32).collect());
                return Ok(Column { name, values });
            }
            let rows: Vec<f64> = rows.collect();
            if let Some(row) = rows.iter().position(|value| value.is_infinite()) {
                let (place, cell) = (format!("row {}", row + 1), rows[row].to_string());
                let advice = "replace it by a finite number or NaN";
                return Err(unusable_cell(
                    path,
                    place,
                    &name,
                    &cell,
                    "a finite number",
                    advice,
                ));
            }
            Ok(Column::new(name, Values::Numbers(rows)))
        };
        names.into_iter().enumerate().map(column_of).collect()
    }
}

/// Refuses a header that promises more elements than the file has bytes, before its sizes are multiplied or memory is
/// reserved for them.
fn check_shapes(bytes: &[u8]) -> Result<(), String> {
    let Some(&version) = bytes.get(6) else {
        return Ok(());
    };
    let start = if version == 1 { 10 } else { 12 };
    let header = bytes.get(start..).unwrap_or_default();
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
            let held = bytes.len();
            return Err(format!(
                "the header promises {promised} elements, the file holds {held} bytes"
            ));
        }
    }
    Ok(())
}
