//! A whole table from a file.

use std::path::PathBuf;

use super::delimited::Rows;
use super::header::{may_be_names, names_of, numbered_names};
use super::infer::InferredColumn;
use super::source::{Format, Opened};
use super::{Column, Table, TableSource, numpy, parquet};
use crate::error::{DataError, Result};

/// What is known of a table of text before it is read; what is not is found by looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The byte between cells.
    pub delimiter: Option<u8>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
}

/// Reads a table: delimited text, Parquet, NumPy's `.npy` and `.npz`, or IDX, each plain or packed with gzip. The format
/// is told by the first bytes, not by the name.
///
/// - Text is UTF-8; white space around cells is no part of them. Empty cells, `NA`, `N/A`, `NaN`, `null` and `?` are
///   missing values. A column is numbers where all its cells are finite decimal numbers, booleans where they are all of
///   one pair (`true`/`false`, `yes`/`no`, `t`/`f`, `y`/`n`, in any case), else categories, whose words are kept as they
///   were written.
/// - Columns without names are called `c1`, `c2`, …. The first row is taken for names where it is words and
///   either numbers stand below, or none of the words comes again while others do.
/// - A `.npy` array has a row per row; the arrays of a `.npz` stand beside each other, a matrix `X` as `X_1`, `X_2`, ….
/// - IDX images become a column per pixel, and a column `label` where their labels lie beside them. Every pixel takes 8
///   bytes here: [`read_mnist`](crate::read_mnist) takes 1.
///
/// # Errors
///
/// [`DataError`], which names the file and, where there is one, the line and the column.
///
/// ```
/// use pellucid_data::{ReadOptions, Values, read_table};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("heights.csv");
/// std::fs::write(&path, "name, height\nAda, 1.65\nEve, ?\n")?;
/// let table = read_table(&path.into(), &ReadOptions::default())?;
/// assert_eq!(table.rows(), 2);
/// let height = &table.column("height").unwrap().values;
/// assert!(matches!(height, Values::Numbers(heights) if heights[0] == 1.65 && heights[1].is_nan()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_table(source: &TableSource, options: &ReadOptions) -> Result<Table> {
    read_opened(Opened::open(source)?, options)
}

pub(super) fn read_opened(opened: Opened, options: &ReadOptions) -> Result<Table> {
    let path = opened.path.clone();
    if opened.prefix.is_empty() {
        return Err(DataError::TableEmpty { path });
    }
    let columns = match opened.format {
        Format::Delimited => read_delimited(opened, options)?,
        Format::Parquet => parquet::read(opened)?,
        Format::Npy => numpy::read_npy(opened)?,
        Format::Npz => numpy::read_npz(opened)?,
        Format::Idx => numpy::read_idx(opened)?,
    };
    Ok(Table {
        first_row: 0,
        source: path.display().to_string(),
        columns,
    })
}

fn read_delimited(opened: Opened, options: &ReadOptions) -> Result<Vec<Column>> {
    let path: PathBuf = opened.path.clone();
    let mut rows = Rows::new(opened, options.delimiter)?;
    if !rows.advance()? {
        return Err(DataError::TableEmpty { path });
    }
    let first: Vec<String> = (0..rows.len())
        .map(|column| rows.cell(column).to_owned())
        .collect();
    let held_out = options.header.unwrap_or_else(|| may_be_names(&first));
    let mut columns: Vec<InferredColumn> = first.iter().map(|_| InferredColumn::new()).collect();
    let mut any = !held_out;
    if !held_out {
        push(&mut columns, &rows);
    }
    while rows.advance()? {
        push(&mut columns, &rows);
        any = true;
    }
    if !any {
        return Err(DataError::NoRows { path });
    }
    let header = held_out && (options.header == Some(true) || are_names(&first, &columns));
    if held_out && !header {
        for (column, word) in columns.iter_mut().zip(&first) {
            column.push_front(word);
        }
    }
    let names = if header {
        names_of(&path, &first)?
    } else {
        numbered_names(first.len())
    };
    names
        .into_iter()
        .zip(columns)
        .map(|(name, column)| {
            let values = column.finish(&path, &name)?;
            Ok(Column { name, values })
        })
        .collect()
}

fn push(columns: &mut [InferredColumn], rows: &Rows) {
    for (index, column) in columns.iter_mut().enumerate() {
        column.push(rows.cell(index), || rows.line());
    }
}

/// Whether words above columns are their names.
fn are_names(words: &[String], columns: &[InferredColumn]) -> bool {
    let come_again = || {
        words
            .iter()
            .zip(columns)
            .any(|(word, column)| column.contains(word))
    };
    columns.iter().any(InferredColumn::is_numeric)
        || (!come_again() && columns.iter().any(InferredColumn::has_repeats))
}
