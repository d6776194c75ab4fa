//! Reads a whole table.

use super::columns::Table;
use super::format::ReadOptions;
use super::formats;
#[cfg(not(target_family = "wasm"))]
use super::parts::Parts;
use super::source::TableSource;
use crate::files::FileError;
#[cfg(not(target_family = "wasm"))]
use crate::memory::leaving_memory;

/// Reads a table: delimited text, Parquet, NumPy's `.npy` and `.npz`, or IDX, each plain or packed with gzip. The first
/// bytes decide the format, not the name. All files of a folder, or of a pattern such as `sales/*.csv`, are one table: see
/// [`table_files`](super::table_files).
///
/// - Text is UTF-8, UTF-16, or, if it is neither, Windows-1252, unless the options name its encoding; white space around cells is not part of them. Empty cells, `NA`, `N/A`, `NaN`, `null` and `?` are
///   missing values. A column is numbers if all its cells are finite decimal numbers, booleans if they are all of
///   one pair (`true`/`false`, `yes`/`no`, `t`/`f`, `y`/`n`, in any case), otherwise categories, whose words are kept as
///   they were written.
/// - Columns without names are called `c1`, `c2`, …. The first row is used as names if it is words and either numbers
///   stand below, or none of the words occurs below while others repeat.
/// - A `.npy` array has a row per row; the arrays of a `.npz` stand beside each other, a matrix `X` as `X_1`, `X_2`, ….
/// - IDX images become a column per pixel, and a column `label` if their labels lie beside them. Every pixel takes 8
///   bytes here: [`read_mnist`](crate::read_mnist) takes 1.
///
/// # Errors
///
/// [`FileError`], which names the file and, where there is one, the line and the column.
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
pub fn read_table(source: &TableSource, options: &ReadOptions) -> Result<Table, FileError> {
    #[cfg(not(target_family = "wasm"))]
    return leaving_memory(|| match Parts::of(source)? {
        Some(parts) => parts.read(options),
        None => formats::read(source, options),
    });
    #[cfg(target_family = "wasm")]
    formats::read(source, options)
}
