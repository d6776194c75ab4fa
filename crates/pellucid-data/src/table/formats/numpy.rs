//! NumPy's `.npy` and `.npz`: arrays as tables.

mod header;

use super::super::cell::Cell;
use super::super::columns::{Column, Values};
use super::super::error::{unsupported, unusable_cell};
use super::super::format::{Contents, Format, ReadOptions};
use super::super::limits::check_count;
use super::super::names::{check_names, numbered_names};
use super::super::source::OpenSource;
use super::super::words::Words;
use super::super::zip_archive::{ZipArchive, ZipFault};
use crate::files::FileError;
use header::Header;
use std::path::Path;
use std::sync::Arc;

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
    let (path, budget) = (source.path.clone(), Arc::clone(&source.budget));
    let damaged = |error: &dyn std::fmt::Display| FileError::damaged(&path, ".npz", error);
    let bytes = source.into_bytes()?;
    let archive = ZipArchive::new(&bytes).map_err(|error| damaged(&error))?;
    let mut columns: Vec<Column> = Vec::new();
    for member in &archive.members {
        let Some(name) = member.name.strip_suffix(".npy") else {
            continue;
        };
        let bytes = archive.unpacked(member, &budget).map_err(|fault| match fault {
            ZipFault::Damaged(reason) => damaged(&format!("{name}: {reason}")),
            ZipFault::File(error) => error,
        })?;
        let array = read_array(&bytes, &path, name, |columns, is_matrix| match is_matrix {
            true => (1..=columns).map(|column| format!("{name}_{column}")).collect(),
            false => vec![name.to_owned()],
        })?;
        let rows = |columns: &[Column]| columns.first().map(|column| column.values.len());
        if let (Some(first), Some(rows)) = (rows(&columns), rows(&array))
            && first != rows
        {
            let found = format!("an array of {rows} rows after one of {first}");
            return Err(unsupported(&path, name, &found, "arrays of as many rows each"));
        }
        columns.extend(array);
        check_count(&path, columns.len())?;
    }
    if columns.is_empty() {
        let found = "a zip archive without arrays, files whose names end in .npy";
        return Err(damaged(&found));
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    check_names(&path, &names)?;
    Ok(columns)
}

/// The elements of an array: numbers, or whole numbers where doubles do not hold all of them.
enum Elements {
    Numbers(Vec<f64>),
    Booleans(Vec<u32>),
    Integers(Vec<i128>),
}

/// The columns of an array. `name` is the array's, in messages; `names` gives the columns' from their number, and from
/// whether the array is a matrix.
fn read_array(
    bytes: &[u8],
    path: &Path,
    name: &str,
    names: impl FnOnce(usize, bool) -> Vec<String>,
) -> Result<Vec<Column>, FileError> {
    let damaged =
        |reason: &dyn std::fmt::Display| FileError::damaged(path, NumPy.name(), format!("{name}: {reason}"));
    let unsupported = |found: String| {
        let expected = "an array of one or two dimensions of integers, floats or booleans";
        unsupported(path, name, &found, expected)
    };
    let header = Header::parse(bytes).map_err(|reason| damaged(&reason))?;
    let (element, shape) = (header.element, &header.shape);
    let body = &bytes[header.length..];
    let promised = shape
        .iter()
        .fold(1_u64, |product, &size| product.saturating_mul(size));
    if promised == 0 {
        return Err(damaged(&"the array has no elements"));
    }
    // An element takes at least a byte.
    if promised > body.len() as u64 {
        let held = bytes.len();
        return Err(damaged(&format!(
            "the header promises {promised} elements, the file holds {held} bytes"
        )));
    }
    let (rows, columns) = match shape[..] {
        [rows] => (rows as usize, 1),
        [rows, columns] => (rows as usize, columns as usize),
        _ => return Err(unsupported(format!("an array of {} dimensions", shape.len()))),
    };
    check_count(path, columns)?;
    let elements = elements(element, body).ok_or_else(|| unsupported(format!("an array of {element:?}")))?;
    let found = match &elements {
        Elements::Numbers(numbers) => numbers.len(),
        Elements::Booleans(codes) => codes.len(),
        Elements::Integers(integers) => integers.len(),
    };
    if found as u64 != promised {
        return Err(damaged(&format!("{found} of {promised} elements are there")));
    }
    let column_of = |(column, name): (usize, String)| {
        let place = |row: usize| match header.is_fortran {
            false => row * columns + column,
            true => column * rows + row,
        };
        let values = match &elements {
            Elements::Integers(integers) => {
                let of_rows = || (0..rows).map(|row| integers[place(row)]);
                match of_rows().any(|integer| matches!(Cell::from_integer(integer), Cell::Integer(_))) {
                    true => {
                        let mut words = Words::default();
                        of_rows().for_each(|integer| _ = words.push(&integer.to_string()));
                        Values::Categories(words.finish())
                    }
                    false => Values::Numbers(of_rows().map(|integer| integer as f64).collect()),
                }
            }
            Elements::Booleans(codes) => {
                Values::from_codes_of_booleans((0..rows).map(|row| codes[place(row)]).collect())
            }
            Elements::Numbers(numbers) => {
                let values: Vec<f64> = (0..rows).map(|row| numbers[place(row)]).collect();
                if let Some(row) = values.iter().position(|value| value.is_infinite()) {
                    let (place, cell) = (format!("row {}", row + 1), values[row].to_string());
                    let (expected, advice) = ("a finite number", "replace it by a finite number or NaN");
                    return Err(unusable_cell(path, place, &name, &cell, expected, advice));
                }
                Values::Numbers(values)
            }
        };
        Ok(Column::new(name, values))
    };
    let names = names(columns, shape.len() == 2);
    names.into_iter().enumerate().map(column_of).collect()
}

/// The elements of a type such as `<f8`: its byte order, its kind and its size. `None` for other types.
fn elements(element: &str, body: &[u8]) -> Option<Elements> {
    let (is_big, kind) = match element.split_at_checked(1)? {
        ("<" | "|" | "=", kind) => (false, kind),
        (">", kind) => (true, kind),
        _ => (false, element),
    };
    macro_rules! numbers {
        ($type:ty) => {
            Elements::Numbers(each(body, is_big, <$type>::from_le_bytes, f64::from))
        };
    }
    Some(match kind {
        "f8" => numbers!(f64),
        "f4" => numbers!(f32),
        "i1" => numbers!(i8),
        "i2" => numbers!(i16),
        "i4" => numbers!(i32),
        "u1" => numbers!(u8),
        "u2" => numbers!(u16),
        "u4" => numbers!(u32),
        "i8" => whole_numbers(each(body, is_big, i64::from_le_bytes, i128::from)),
        "u8" => whole_numbers(each(body, is_big, u64::from_le_bytes, i128::from)),
        "b1" | "?" => Elements::Booleans(body.iter().map(|&byte| u32::from(byte != 0)).collect()),
        _ => return None,
    })
}

fn each<T, V, const N: usize>(
    body: &[u8],
    is_big: bool,
    read: fn([u8; N]) -> T,
    value: fn(T) -> V,
) -> Vec<V> {
    let elements = body.as_chunks::<N>().0.iter();
    let ordered = elements.map(|&element| {
        let mut element = element;
        if is_big {
            element.reverse();
        }
        value(read(element))
    });
    ordered.collect()
}

/// As numbers, if doubles hold all of them.
fn whole_numbers(integers: Vec<i128>) -> Elements {
    let is_inexact = |integer: &i128| matches!(Cell::from_integer(*integer), Cell::Integer(_));
    match integers.iter().any(is_inexact) {
        true => Elements::Integers(integers),
        false => Elements::Numbers(integers.into_iter().map(|integer| integer as f64).collect()),
    }
}
