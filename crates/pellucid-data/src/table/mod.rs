//! A table in memory: named columns of numbers, categories or booleans.

mod cell;
mod chunks;
mod delimited;
mod header;
mod infer;
mod numpy;
mod parquet;
mod read;
mod source;
mod summary;
mod typed;
mod writer;

pub(crate) use cell::boolean;
pub use chunks::TableChunks;
pub use read::{ReadOptions, read_table};
pub use source::TableSource;
pub use summary::{ColumnSummary, Note, NumberSummary, WordCount, describe};
pub use writer::{TableFormat, TableWriter};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Words out of a list.
    Category,
    /// No or yes.
    Boolean,
}

/// A table: columns of equal length, one compact copy of what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Where it came from, as messages name it: a path, `standard input` or the name of a built-in set.
    pub source: String,
    /// How many rows of the source come before these, where they are a chunk.
    pub first_row: u64,
    /// The columns, in the order of the source.
    pub columns: Vec<Column>,
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name; columns of a source without names are `c1`, `c2`, ….
    pub name: String,
    /// What is in its rows.
    pub values: Values,
}

/// The rows of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; NaN where a value is missing.
    Numbers(Vec<f64>),
    /// Words out of a list.
    Categories(Categories),
    /// `false` and `true`, `no` and `yes` and their like: at most two names, what means false before what means true.
    Booleans(Categories),
}

/// Rows of words: each distinct word once, and a number a row that says which.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Categories {
    /// The distinct words, sorted.
    pub names: Vec<String>,
    /// For each row the index of its word, or [`Categories::MISSING`].
    pub codes: Vec<u32>,
}

impl Categories {
    /// The code of a row whose value is missing.
    pub const MISSING: u32 = u32::MAX;

    /// The word of a row, unless it is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.names.get(self.codes[row] as usize).map(String::as_str)
    }
}

impl Table {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Values {
    /// What kind of column this is.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Values::Numbers(_) => ColumnKind::Number,
            Values::Categories(_) => ColumnKind::Category,
            Values::Booleans(_) => ColumnKind::Boolean,
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Numbers(numbers) => numbers.len(),
            Values::Categories(words) | Values::Booleans(words) => words.codes.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the value of a row is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Values::Numbers(numbers) => numbers[row].is_nan(),
            Values::Categories(words) | Values::Booleans(words) => words.codes[row] == Categories::MISSING,
        }
    }
}
