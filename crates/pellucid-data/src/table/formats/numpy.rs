//! NumPy's `.npy` and `.npz`: arrays as tables.

use super::super::columns::{Column, Values};
use super::super::error::{CellPlace, TableError};
use super::super::format::{Format, ReadOptions};
use super::super::names::{check_names, numbered_names};
use super::super::source::OpenSource;
use npyz::{DType, NpyFile, Order, TypeChar};
use std::io::{Cursor, Read};
use std::path::Path;

/// One array: a row per row.
pub(super) struct Npy;

impl Format for Npy {
    fn name(&self) -> &'static str {
        "NumPy"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        prefix.starts_with(b"\x93NUMPY")
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Vec<Column>, TableError> {
        let path = source.path.clone();
        let array = Array::read(&source.into_bytes()?, &path, "the array")?;
        let names = numbered_names(array.columns);
        array.into_columns(&path, names)
    }
}

/// Arrays of the same number of rows, side by side.
pub(super) struct Npz;

impl Format for Npz {
    fn name(&self) -> &'static str {
        "NumPy"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        matches!(prefix, [b'P', b'K', 3 | 5, 4 | 6, ..])
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Vec<Column>, TableError> {
        read_npz(source)
    }
}

fn read_npz(source: OpenSource) -> Result<Vec<Column>, TableError> {
    let path = source.path.clone();
    let damaged = |error: &dyn std::fmt::Display| TableError::damaged(&path, ".npz", error);
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
            let found = format!(
                "an array of {} rows after one of {}",
                array.rows,
                first.values.len()
            );
            return Err(TableError::unsupported(
                &path,
                &name,
                &found,
                "arrays of as many rows each",
            ));
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
    fn read(bytes: &[u8], path: &Path, name: &str) -> Result<Array, TableError> {
        let damaged = |reason: String| {
            // A parser's picture of the place takes several lines.
            let first = reason.lines().next().unwrap_or_default();
            let first = first.trim_end_matches([' ', '-', '>']);
            TableError::damaged(path, "NumPy", format!("{name}: {first}"))
        };
        let unsupported = |found: String| {
            let expected = "an array of one or two dimensions of integers, floats or booleans";
            TableError::unsupported(path, name, &found, expected)
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

    fn into_columns(self, path: &Path, names: Vec<String>) -> Result<Vec<Column>, TableError> {
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
                        return Err(TableError::Cell {
                            path: path.to_path_buf(),
                            place: CellPlace::Row(row as u64 + 1),
                            column: name.into(),
                            cell: rows[row].to_string().into(),
                            expected: "a finite number",
                            advice: "replace it by a finite number or NaN",
                        });
                    }
                    Values::Numbers(rows)
                }
                Elements::Booleans(values) => {
                    Values::from_codes_of_booleans(rows.map(|index| u32::from(values[index])).collect())
                }
            };
            Ok(Column { name, values })
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
