//! What is in the columns of a table.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use super::cell::number;
use super::{Categories, Column, ColumnKind, Table, Values};

/// A column in brief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Its rows, those with missing values among them.
    pub rows: usize,
    /// Its missing values.
    pub missing: usize,
    /// Its different values; missing is none.
    pub distinct: usize,
    /// The range and spread of numbers; `None` for other kinds, and where all values are missing.
    pub numbers: Option<NumberSummary>,
    /// The most frequent values, at most 10, most frequent first: of words, and of numbers where there are no more than
    /// 10 different ones.
    pub frequent: Vec<WordCount>,
    /// What deserves a look.
    pub notes: Vec<Note>,
}

/// Range and spread of the numbers of a column, missing ones left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NumberSummary {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation of these numbers: the root of the mean squared distance from the mean (over n, not n - 1).
    pub std: f64,
}

/// A value and how many rows hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordCount {
    /// The value as text.
    pub word: String,
    /// The rows that hold it.
    pub count: usize,
}

/// What deserves a look in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Every value is missing.
    AllMissing,
    /// All values that are there are one and the same.
    Constant,
    /// Every row has its own value, as where it names or numbers the row.
    IdentifierLike,
    /// At least nine in ten values are numbers, the others make it a column of words.
    WordsAmongNumbers {
        /// Rows whose value is no number.
        count: usize,
        /// One of these values.
        example: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::AllMissing => formatter.write_str("every value is missing"),
            Note::Constant => formatter.write_str("all values are the same"),
            Note::IdentifierLike => formatter.write_str("every row has its own value, as an identifier has"),
            Note::WordsAmongNumbers { count, example } => {
                write!(
                    formatter,
                    "words among numbers in {count} rows, such as {example:?}"
                )
            }
        }
    }
}

const FREQUENT: usize = 10;
/// From so many rows on, words that are all different are no coincidence.
const IDENTIFIER_ROWS: usize = 10;

/// Sums up each column.
pub fn describe(table: &Table) -> Vec<ColumnSummary> {
    table.columns.iter().map(summary).collect()
}

fn summary(column: &Column) -> ColumnSummary {
    let rows = column.values.len();
    let missing = (0..rows).filter(|&row| column.values.is_missing(row)).count();
    let (distinct, numbers, frequent) = match &column.values {
        Values::Numbers(values) => of_numbers(values),
        Values::Categories(words) | Values::Booleans(words) => {
            let counts = counts(words);
            let distinct = counts.iter().filter(|&&count| count > 0).count();
            let counted = words
                .names
                .iter()
                .cloned()
                .zip(counts)
                .filter(|(_, count)| *count > 0);
            (distinct, None, most_frequent(counted.collect()))
        }
    };
    let mut summary = ColumnSummary {
        name: column.name.clone(),
        kind: column.values.kind(),
        rows,
        missing,
        distinct,
        numbers,
        frequent,
        notes: Vec::new(),
    };
    summary.notes = notes(column, &summary);
    summary
}

fn of_numbers(values: &[f64]) -> (usize, Option<NumberSummary>, Vec<WordCount>) {
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    let count = known().count();
    // Adding 0 makes -0 the 0 that it equals.
    let distinct: HashSet<u64> = known().map(|value| (value + 0.0).to_bits()).collect();
    if count == 0 {
        return (0, None, Vec::new());
    }
    // Divided before they are summed, so that no sum of finite numbers overflows.
    let mean = known().map(|value| value / count as f64).sum::<f64>();
    let variance = known()
        .map(|value| (value - mean).powi(2) / count as f64)
        .sum::<f64>();
    let numbers = NumberSummary {
        min: known().fold(f64::INFINITY, f64::min),
        max: known().fold(f64::NEG_INFINITY, f64::max),
        mean,
        std: variance.sqrt(),
    };
    let mut counts: HashMap<u64, usize> = HashMap::new();
    if distinct.len() <= FREQUENT {
        known().for_each(|value| *counts.entry((value + 0.0).to_bits()).or_default() += 1);
    }
    let counted = counts
        .into_iter()
        .map(|(bits, count)| (f64::from_bits(bits).to_string(), count));
    (distinct.len(), Some(numbers), most_frequent(counted.collect()))
}

fn counts(words: &Categories) -> Vec<usize> {
    let mut counts = vec![0; words.names.len()];
    for &code in words.codes.iter().filter(|&&code| code != Categories::MISSING) {
        counts[code as usize] += 1;
    }
    counts
}

fn most_frequent(mut counts: Vec<(String, usize)>) -> Vec<WordCount> {
    counts.sort_by(|(word, count), (other, others)| others.cmp(count).then_with(|| word.cmp(other)));
    counts.truncate(FREQUENT);
    let count = |(word, count)| WordCount { word, count };
    counts.into_iter().map(count).collect()
}

fn notes(column: &Column, summary: &ColumnSummary) -> Vec<Note> {
    let mut notes = Vec::new();
    let known = summary.rows - summary.missing;
    match (known, summary.distinct) {
        (0, _) => notes.push(Note::AllMissing),
        (2.., 1) => notes.push(Note::Constant),
        _ => (),
    }
    let all_differ = summary.missing == 0 && summary.distinct == summary.rows;
    match &column.values {
        Values::Numbers(values) => {
            let integers = values.iter().all(|value| value.fract() == 0.0);
            let consecutive = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
            let enough = summary.rows >= IDENTIFIER_ROWS;
            if all_differ && integers && ((consecutive && enough) || names_rows(&column.name)) {
                notes.push(Note::IdentifierLike);
            }
        }
        Values::Categories(words) => {
            if all_differ && summary.rows >= IDENTIFIER_ROWS {
                notes.push(Note::IdentifierLike);
            }
            let counts = counts(words);
            let no_numbers = || {
                words
                    .names
                    .iter()
                    .zip(&counts)
                    .filter(|(name, _)| number(name).is_none())
            };
            let count: usize = no_numbers().map(|(_, count)| count).sum();
            if 10 * count <= known
                && let Some((example, _)) = no_numbers().next()
            {
                notes.push(Note::WordsAmongNumbers {
                    count,
                    example: example.clone(),
                });
            }
        }
        Values::Booleans(_) => (),
    }
    notes
}

/// Whether a name is one of those that number rows, as `id`, `row` or `customer_id`.
fn names_rows(name: &str) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit(['_', '-', ' ', '.']).next().unwrap_or_default();
    [
        "id", "index", "idx", "row", "rowid", "no", "nr", "number", "key", "uuid",
    ]
    .contains(&last)
        || name.starts_with("unnamed")
}
