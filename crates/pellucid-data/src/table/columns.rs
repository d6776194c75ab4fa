//! A table in memory: named columns of numbers, categories or booleans.

use std::collections::HashMap;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Words from a list.
    Category,
    /// False or true.
    Boolean,
}

impl std::fmt::Display for ColumnKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            ColumnKind::Number => "number",
            ColumnKind::Category => "category",
            ColumnKind::Boolean => "boolean",
        })
    }
}

/// A table: columns of equal length, one compact copy of what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its source, as messages name it: a path, `standard input` or the name of a built-in set.
    pub source: String,
    /// The number of rows of the source before these; above 0 in later chunks.
    pub first_row: u64,
    /// The columns, in the order of the source.
    pub columns: Vec<Column>,
    /// What was assumed in reading it, a sentence each.
    pub notes: Vec<String>,
    /// The names of columns of the source that cannot be read, and are not there.
    pub left_out: Vec<String>,
    /// How columns of few numbers spell them, where that is not the shortest way, as in `1.0` or `+1`.
    pub spellings: Vec<NumberSpellings>,
}

/// How a column spells its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberSpellings {
    /// The name of the column.
    pub column: String,
    /// Each number, and how most of its rows spell it.
    pub numbers: Vec<(f64, String)>,
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name; columns of a source without names are `c1`, `c2`, ….
    pub name: String,
    /// Its rows.
    pub values: Values,
}

/// The rows of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; NaN where a value is missing.
    Numbers(Vec<f64>),
    /// Words from a list.
    Categories(Categories),
    /// `false` and `true`, `no` and `yes` and similar pairs: at most two names, the one that means false first.
    Booleans(Categories),
}

/// Rows of words: each distinct word once, and for each row its index.
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

/// The number of rows that hold each of `words` words, from the codes of the rows.
pub(crate) fn word_counts(codes: &[u32], words: usize) -> Vec<usize> {
    let mut counts = vec![0; words];
    for &code in codes.iter().filter(|&&code| code != Categories::MISSING) {
        counts[code as usize] += 1;
    }
    counts
}

impl Column {
    pub(super) fn new(name: impl Into<String>, values: Values) -> Column {
        Column {
            name: name.into(),
            values,
        }
    }
}

impl Table {
    /// A whole table, not a chunk.
    pub(super) fn new(source: impl Into<String>, columns: Vec<Column>) -> Table {
        Table {
            source: source.into(),
            first_row: 0,
            columns,
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
        }
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The positions of the columns by name, for many that are looked up.
    pub(crate) fn positions(&self) -> HashMap<&str, usize> {
        let names = self.columns.iter().map(|column| column.name.as_str());
        // Of several of a name, the first.
        let numbered = names.enumerate().map(|(position, name)| (name, position));
        numbered.rev().collect()
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// How a column spells a number, where that is not the shortest way.
    pub(crate) fn spelling(&self, column: &str, number: f64) -> Option<&str> {
        let spellings = self
            .spellings
            .iter()
            .find(|spellings| spellings.column == column)?;
        let spelled = spellings.numbers.iter().find(|(other, _)| *other == number);
        spelled.map(|(_, text)| text.as_str())
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Values {
    /// Booleans named `false` and `true`.
    pub(super) fn from_codes_of_booleans(codes: Vec<u32>) -> Values {
        Values::Booleans(Categories {
            names: vec!["false".into(), "true".into()],
            codes,
        })
    }

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
