//! NumPy's `.npy` and `.npz`: arrays as tables.

use super::super::cell::Cell;
use super::super::columns::{Column, Values};
use super::super::error::{unsupported, unusable_cell};
use super::super::format::{Contents, Format, ReadOptions};
use super::super::names::{check_names, numbered_names};
use super::super::source::OpenSource;
use super::super::words::Words;
use crate::files::FileError;
use npyz::{DType, Deserialize, NpyFile, Order, TypeChar};
use std::io::{self, Cursor, Read};
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

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Contents, FileError> {
        if is_npz(&source.prefix) {
            return Ok(read_npz(source)?.into());
        }
        let path = source.path.clone();
        let names = |columns, _| numbered_names(columns);
        let columns = read_array(&source.into_bytes()?, &path, "the array", names)?;
        Ok(columns.into())
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
        let array = read_array(&bytes, &path, &name, |columns, is_matrix| match is_matrix {
            true => (1..=columns).map(|column| format!("{name}_{column}")).collect(),
            false => vec![name.clone()],
        })?;
        let rows = |columns: &[Column]| columns.first().map(|column| column.values.len());
        if let (Some(first), Some(rows)) = (rows(&columns), rows(&array))
            && first != rows
        {
            let found = format!("an array of {rows} rows after one of {first}");
            return Err(unsupported(&path, &name, &found, "arrays of as many rows each"));
        }
        columns.extend(array);
    }
    if columns.is_empty() {
        let found = "a zip archive without arrays, files whose names end in .npy";
        return Err(damaged(&found));
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    check_names(&path, &names)?;
    Ok(columns)
}

/// The columns of an array. `name` is the array's, in messages; `names` gives the columns' from their number, and from
/// whether the array is a matrix.
fn read_array(
    bytes: &[u8],
    path: &Path,
    name: &str,
    names: impl FnOnce(usize, bool) -> Vec<String>,
) -> Result<Vec<Column>, FileError> {
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
    // Kept where doubles do not hold all of them.
    let mut integers: Vec<i128> = Vec::new();
    let values = match (element.type_char(), element.size_field()) {
        (TypeChar::Float, 8) => numbers(file, |value: f64| value),
        (TypeChar::Float, 4) => numbers(file, |value: f32| value.into()),
        (TypeChar::Int, 1) => numbers(file, |value: i8| value.into()),
        (TypeChar::Int, 2) => numbers(file, |value: i16| value.into()),
        (TypeChar::Int, 4) => numbers(file, |value: i32| value.into()),
        (TypeChar::Int, 8) => whole_numbers::<i64>(file, &mut integers),
        (TypeChar::Uint, 1) => numbers(file, |value: u8| value.into()),
        (TypeChar::Uint, 2) => numbers(file, |value: u16| value.into()),
        (TypeChar::Uint, 4) => numbers(file, |value: u32| value.into()),
        (TypeChar::Uint, 8) => whole_numbers::<u64>(file, &mut integers),
        (TypeChar::Bool, 1) => numbers(file, |value: bool| u8::from(value).into()),
        _ => return Err(unsupported(format!("an array of {}", dtype.descr()))),
    };
    let values = values.map_err(|error| damaged(error.to_string()))?;
    let (found, expected) = (values.len(), rows * columns);
    if found != expected {
        return Err(damaged(format!("{found} of {expected} elements are there")));
    }
    let column_of = |(column, name): (usize, String)| {
        let place = |row: usize| match order {
            Order::C => row * columns + column,
            Order::Fortran => column * rows + row,
        };
        let is_inexact = |row| matches!(Cell::from_integer(integers[place(row)]), Cell::Integer(_));
        if !integers.is_empty() && (0..rows).any(is_inexact) {
            let mut words = Words::default();
            (0..rows).for_each(|row| _ = words.push(&integers[place(row)].to_string()));
            return Ok(Column::new(name, Values::Categories(words.finish())));
        }
        let values = (0..rows).map(|row| values[place(row)]);
        if element.type_char() == TypeChar::Bool {
            let codes = values.map(|value| value as u32).collect();
            return Ok(Column::new(name, Values::from_codes_of_booleans(codes)));
        }
        let values: Vec<f64> = values.collect();
        if let Some(row) = values.iter().position(|value| value.is_infinite()) {
            let (place, cell) = (format!("row {}", row + 1), values[row].to_string());
            let (expected, advice) = ("a finite number", "replace it by a finite number or NaN");
            return Err(unusable_cell(path, place, &name, &cell, expected, advice));
        }
        Ok(Column::new(name, Values::Numbers(values)))
    };
    let names = names(columns, shape.len() == 2);
    names.into_iter().enumerate().map(column_of).collect()
}

fn numbers<T: Deserialize>(file: NpyFile<&[u8]>, number: fn(T) -> f64) -> io::Result<Vec<f64>> {
    Ok(file.into_vec()?.into_iter().map(number).collect())
}

/// Whole numbers of 64 bits; `integers` is filled with them if a double does not hold one.
fn whole_numbers<T: Deserialize + Copy + Into<i128>>(
    file: NpyFile<&[u8]>,
    integers: &mut Vec<i128>,
) -> io::Result<Vec<f64>> {
    let values: Vec<T> = file.into_vec()?;
    let all = || values.iter().map(|&value| value.into());
    if all().any(|value| matches!(Cell::from_integer(value), Cell::Integer(_))) {
        integers.extend(all());
    }
    Ok(all().map(|value| value as f64).collect())
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
