//! The table formats, a file each.

#[cfg(not(target_family = "wasm"))]
mod arrow;
mod beginning;
mod blanks;
mod delimiter;
mod first_row;
mod idx;
mod json;
mod numpy;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(not(target_family = "wasm"))]
mod parquet;
mod text;
mod watched;

#[cfg(target_family = "wasm")]
use self::page::{Arrow, Parquet, parquet_writer};
#[cfg(not(target_family = "wasm"))]
use self::{arrow::Arrow, parquet::Parquet, parquet::writer as parquet_writer};
use super::columns::Table;
use super::format::{Expected, Format, ReadOptions, RowWriter};
use super::kept::KeptColumn;
use super::source::{OpenSource, TableSource};
use crate::files::{FileError, OutputFile};

/// All formats, in the order in which they are tried on a file. Text is last: it takes everything.
const FORMATS: [&dyn Format; 6] = [&Parquet, &Arrow, &numpy::NumPy, &idx::Idx, &json::Json, TEXT];
const TEXT: &dyn Format = &text::Text;

/// The format of a file that begins with `prefix`.
pub(super) fn recognise(prefix: &[u8]) -> &'static dyn Format {
    let found = FORMATS.into_iter().find(|format| format.recognises(prefix));
    found.unwrap_or(TEXT)
}

/// Reads a table that is one file.
pub(super) fn read(source: &TableSource, options: &ReadOptions) -> Result<Table, FileError> {
    let source = OpenSource::open(source, options.max_expansion)?;
    let name = source.path.display().to_string();
    let contents = recognise(&source.prefix).read(source, options)?;
    Ok(contents.into_table(name))
}

/// What happens to cells of text that a spreadsheet would take for a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Formulas {
    /// They are written as they are.
    #[default]
    Kept,
    /// They begin with an apostrophe.
    Quoted,
}

/// Begins to write a table with kept columns and these, in the format that the file's extension names: text unless it is that of
/// another.
pub(super) fn writer(
    output: OutputFile,
    kept: &[KeptColumn],
    columns: &Expected,
    formulas: Formulas,
) -> Result<Box<dyn RowWriter>, FileError> {
    match output.path().extension() {
        Some(extension) if extension == "parquet" => parquet_writer(output, kept, columns),
        _ => text::writer(output, kept, columns, formulas),
    }
}

/// A table as CSV.
pub(super) fn csv_of(table: &Table) -> Vec<u8> {
    text::csv_of(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_in_the_documentation() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tables.md");
        let page = std::fs::read_to_string(path).unwrap();
        for format in FORMATS {
            let (name, row) = (format.name(), format!("\n| {} |", format.name()));
            assert!(
                page.contains(&row),
                "docs/tables.md, \"What is read\": add a row that begins with | {name} |"
            );
        }
    }
}
