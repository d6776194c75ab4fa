//! The table that an argument names: a file, the standard input, or a built-in set.

use crate::failure::misuse;
use crate::score_text::count;
use anyhow::Result;
use pellucid_data::{
    BUILTINS, ColumnKind, FileError, ReadOptions, Table, TableChunks, TableSource, load_builtin, read_table,
};
use std::path::Path;

/// The name of the built-in set that `data` means. A file of that name takes precedence.
pub(crate) fn built_in(data: &Path) -> Option<&'static str> {
    let name = data.to_str()?;
    let found = BUILTINS.iter().find(|set| set.name == name)?;
    (!data.exists()).then_some(found.name)
}

/// The file that `data` means.
pub(crate) fn file(data: &Path) -> Option<&Path> {
    (built_in(data).is_none() && data.as_os_str() != "-").then_some(data)
}

/// The name of a file without its folder.
pub(crate) fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or(path.into(), |name| name.to_string_lossy().into_owned())
}

/// The size of a table in words.
pub(crate) fn size(table: &Table) -> String {
    let (rows, columns) = (count(table.rows()), table.columns.len());
    format!("{}: {rows} rows, {columns} columns", table.source)
}

/// The whole table.
pub(crate) fn read(data: &Path, options: &ReadOptions, seed: u32) -> Result<Table> {
    match built_in(data) {
        Some("mnist") => misuse(
            "mnist is images, no table; `pellucid run mnist-online` and `pellucid run mnist-98` train on it",
        ),
        Some(name) => Ok(load_builtin(name, seed)?),
        None => Ok(read_table(&TableSource::from(data), options)?),
    }
}

/// The whole table, the expected columns read as the expected kinds.
pub(crate) fn read_as(
    data: &Path,
    options: &ReadOptions,
    expected: &[(String, ColumnKind)],
) -> Result<Table> {
    const ALL: usize = 1 << 30;
    let mut chunks = Chunks::open(data, options, expected, false, ALL)?;
    Ok(match chunks.next() {
        Some(table) => table?,
        None => Table {
            source: data.display().to_string(),
            first_row: 0,
            columns: Vec::new(),
        },
    })
}

/// How many rows of a table are predicted at a time.
pub(crate) const CHUNK_ROWS: usize = 8192;

/// A table some rows at a time.
pub(crate) enum Chunks {
    Stream(TableChunks),
    Whole(Option<Table>),
}

impl Chunks {
    /// The expected columns of a table, in that order, `rows` at a time; with `others` all other columns after them.
    pub(crate) fn open(
        data: &Path,
        options: &ReadOptions,
        expected: &[(String, ColumnKind)],
        others: bool,
        rows: usize,
    ) -> Result<Self> {
        if built_in(data).is_some() {
            return Ok(Self::Whole(Some(read(data, options, 0)?)));
        }
        let chunks = TableChunks::open(&TableSource::from(data), options, expected, rows)?;
        Ok(Self::Stream(match others {
            true => chunks.with_others(),
            false => chunks,
        }))
    }

    /// All columns of the source by name.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Stream(chunks) => chunks.names().to_vec(),
            Self::Whole(table) => {
                let columns = table.iter().flat_map(|table| &table.columns);
                columns.map(|column| column.name.clone()).collect()
            }
        }
    }
}

impl Iterator for Chunks {
    type Item = Result<Table, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Stream(chunks) => chunks.next(),
            Self::Whole(table) => table.take().map(Ok),
        }
    }
}
