//! The table that an argument names: a file, the standard input, or a built-in set.

use crate::arguments::Reading;
use crate::failure::misuse;
use crate::score_text::count;
use crate::terminal;
use anyhow::Result;
use bytesize::ByteSize;
use pellucid_data::preparation::TableReading;
use pellucid_data::{
    BUILTINS, ColumnKind, FileError, KeptColumn, ReadOptions, Table, TableChunks, TableSource, data_in_files,
    load_builtin, read_table,
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

/// The whole table. What was assumed in reading it is noted.
pub(crate) fn read(data: &Path, options: &ReadOptions, seed: u32) -> Result<Table> {
    match built_in(data) {
        Some("mnist") => misuse(
            "mnist is images, no table; `pellucid run mnist-online` and `pellucid run mnist-98` train on it",
        ),
        Some(name) => Ok(load_builtin(name, seed)?),
        None => {
            let table = read_table(&TableSource::from(data), options)?;
            terminal::notes("note", &table.notes);
            note_of_files(&table);
            Ok(table)
        }
    }
}

/// Says that not all of a table is in memory, where it is so.
fn note_of_files(table: &Table) {
    if let Some((bytes, folder)) = data_in_files() {
        terminal::note(&format!(
            "note: {}: {} of it lie in temporary files in {}, because it does not fit into the memory that it may take (--memory)",
            table.source,
            ByteSize(bytes).display().si(),
            folder.display()
        ));
    }
}

/// How a table is read for a model.
pub(crate) fn options_for(reading: &Reading, of_model: &TableReading) -> ReadOptions {
    ReadOptions {
        separators: of_model.separators(),
        keep_na_words: of_model.keep_na_words,
        ..reading.options()
    }
}

/// The whole table, the expected columns read as the expected kinds.
pub(crate) fn read_as(
    data: &Path,
    options: &ReadOptions,
    expected: &[(String, ColumnKind)],
) -> Result<Table> {
    const ALL: usize = 1 << 30;
    let mut chunks = Chunks::open(data, options, expected, ALL)?;
    let first = chunks.next();
    terminal::notes("note", &chunks.notes());
    Ok(match first {
        Some(table) => table.inspect(note_of_files)?,
        None => Table {
            source: data.display().to_string(),
            first_row: 0,
            columns: Vec::new(),
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
        },
    })
}

/// How many rows of a table are predicted at a time.
pub(crate) const CHUNK_ROWS: usize = 8192;

/// A table some rows at a time.
pub(crate) enum Chunks {
    Stream(TableChunks),
    Whole {
        table: Option<Table>,
        keeping: Vec<String>,
        kept: Vec<KeptColumn>,
    },
}

impl Chunks {
    /// The expected columns of a table, in that order, `rows` at a time.
    pub(crate) fn open(
        data: &Path,
        options: &ReadOptions,
        expected: &[(String, ColumnKind)],
        rows: usize,
    ) -> Result<Self> {
        if built_in(data).is_some() {
            return Ok(Self::Whole {
                table: Some(read(data, options, 0)?),
                keeping: Vec::new(),
                kept: Vec::new(),
            });
        }
        let chunks = TableChunks::open(&TableSource::from(data), options, expected, rows)?;
        Ok(Self::Stream(chunks))
    }

    /// The same; besides, these columns are read as the source holds them.
    pub(crate) fn keeping(self, names: &[String]) -> Result<Self> {
        Ok(match self {
            Self::Stream(chunks) => Self::Stream(chunks.keeping(names)?),
            Self::Whole { table, kept, .. } => Self::Whole {
                table,
                keeping: names.to_vec(),
                kept,
            },
        })
    }

    /// The kept columns of the last chunk.
    pub(crate) fn take_kept(&mut self) -> Vec<KeptColumn> {
        match self {
            Self::Stream(chunks) => chunks.take_kept(),
            Self::Whole { kept, .. } => std::mem::take(kept),
        }
    }

    /// All columns of the source by name.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Stream(chunks) => chunks.names(),
            Self::Whole { table, .. } => {
                let columns = table.iter().flat_map(|table| &table.columns);
                columns.map(|column| column.name.clone()).collect()
            }
        }
    }

    /// What was assumed in reading the chunks so far.
    pub(crate) fn notes(&self) -> Vec<String> {
        match self {
            Self::Stream(chunks) => chunks.notes(),
            Self::Whole { .. } => Vec::new(),
        }
    }
}

impl Iterator for Chunks {
    type Item = Result<Table, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Stream(chunks) => chunks.next(),
            Self::Whole { table, keeping, kept } => {
                let table = table.take()?;
                let columns = keeping
                    .iter()
                    .filter_map(|name| KeptColumn::from_table(&table, name));
                *kept = columns.collect();
                Some(Ok(table))
            }
        }
    }
}
