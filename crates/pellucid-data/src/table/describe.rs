//! A description of the columns of a table.

use super::cell::{is_code, number, whole_number};
use super::columns::{Column, ColumnKind, Table, Values, word_counts};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;

/// A column in brief.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// The kind of its values.
    pub kind: ColumnKind,
    /// The number of its rows, including those with a missing value.
    pub rows: usize,
    /// The number of missing values.
    pub missing: usize,
    /// The number of distinct values, missing ones not counted.
    pub distinct: usize,
    /// The range and spread of numbers; `None` for other kinds, and where all values are missing.
    pub numbers: Option<NumberSummary>,
    /// The most frequent values, at most 10, most frequent first: of words, and of numbers where there are no more than
    /// 10 different ones.
    pub frequent: Vec<WordCount>,
    /// What the user should check.
    pub notes: Vec<ColumnNote>,
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

/// A property of a column that the user should check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnNote {
    /// Every value is missing.
    AllMissing,
    /// All known values are equal.
    Constant,
    /// Every row has its own value, as a name or number of the row has.
    IdentifierLike,
    /// At least nine in ten values are numbers; because of the others it is a column of words.
    WordsAmongNumbers {
        /// The number of rows whose value is not a number.
        count: usize,
        /// One of these values.
        example: String,
    },
    /// Whole numbers of which some begin with a zero, as codes do: it is a category.
    LeadingZeros {
        /// One of them.
        example: String,
    },
    /// Whole numbers of which doubles do not hold all: their texts are kept.
    LargeIntegers {
        /// One of them.
        example: String,
    },
    /// Words that differ in case only.
    CaseVariants {
        /// The number of words that are spelled in more than one way.
        count: usize,
        /// Two spellings of one of them.
        examples: [String; 2],
    },
}

impl fmt::Display for ColumnNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnNote::AllMissing => formatter.write_str("every value is missing"),
            ColumnNote::Constant => formatter.write_str("all values are the same"),
            ColumnNote::IdentifierLike => {
                formatter.write_str("every row has its own value, as an identifier has")
            }
            ColumnNote::WordsAmongNumbers { count, example } => write!(
                formatter,
                "words among numbers in {count} rows, such as {example:?}"
            ),
            ColumnNote::LeadingZeros { example } => write!(
                formatter,
                "numbers that begin with a zero, such as {example:?}, so it is a category"
            ),
            ColumnNote::LargeIntegers { example } => write!(
                formatter,
                "whole numbers above 2^53, such as {example}, which double precision would round"
            ),
            ColumnNote::CaseVariants {
                count,
                examples: [one, other],
            } => write!(
                formatter,
                "words that differ in case only, such as {one:?} and {other:?}: {count} words have several spellings"
            ),
        }
    }
}

const FREQUENT: usize = 10;
/// The number of rows from which words that are all distinct are no coincidence.
const IDENTIFIER_ROWS: usize = 10;

/// Describes each column.
pub fn describe(table: &Table) -> Vec<ColumnSummary> {
    table.columns.iter().map(summary).collect()
}

fn summary(column: &Column) -> ColumnSummary {
    let rows = column.values.len();
    let missing = (0..rows).filter(|&row| column.values.is_missing(row)).count();
    let (distinct, numbers, frequent) = match &column.values {
        Values::Numbers(values) => describe_numbers(values),
        Values::Categories(words) | Values::Booleans(words) => {
            let counted = words
                .names
                .iter()
                .cloned()
                .zip(word_counts(&words.codes, words.names.len()));
            let counted: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
            (counted.len(), None, most_frequent(counted))
        }
    };
    ColumnSummary {
        name: column.name.clone(),
        kind: column.values.kind(),
        rows,
        missing,
        distinct,
        numbers,
        frequent,
        notes: notes(column, rows, missing, distinct),
    }
}

fn describe_numbers(values: &[f64]) -> (usize, Option<NumberSummary>, Vec<WordCount>) {
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    let count = known().count();
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
    // Adding 0 makes -0 the 0 that it equals.
    known().for_each(|value| *counts.entry((value + 0.0).to_bits()).or_default() += 1);
    let distinct = counts.len();
    let counted = counts.into_iter().filter(|_| distinct <= FREQUENT);
    let counted = counted.map(|(bits, count)| (f64::from_bits(bits).to_string(), count));
    (distinct, Some(numbers), most_frequent(counted.collect()))
}

fn most_frequent(mut counts: Vec<(String, usize)>) -> Vec<WordCount> {
    counts.sort_by(|(word, count), (other, others)| others.cmp(count).then_with(|| word.cmp(other)));
    counts.truncate(FREQUENT);
    let count = |(word, count)| WordCount { word, count };
    counts.into_iter().map(count).collect()
}

fn notes(column: &Column, rows: usize, missing: usize, distinct: usize) -> Vec<ColumnNote> {
    let mut notes = Vec::new();
    let known = rows - missing;
    match (known, distinct) {
        (0, _) => notes.push(ColumnNote::AllMissing),
        (2.., 1) => notes.push(ColumnNote::Constant),
        _ => (),
    }
    let all_differ = missing == 0 && distinct == rows;
    match &column.values {
        Values::Numbers(values) => {
            let integers = values.iter().all(|value| value.fract() == 0.0);
            let consecutive = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
            let enough = rows >= IDENTIFIER_ROWS;
            if all_differ && integers && ((consecutive && enough) || names_rows(&column.name)) {
                notes.push(ColumnNote::IdentifierLike);
            }
        }
        Values::Categories(words) => {
            if all_differ && rows >= IDENTIFIER_ROWS {
                notes.push(ColumnNote::IdentifierLike);
            }
            let counted = words
                .names
                .iter()
                .zip(word_counts(&words.codes, words.names.len()));
            let others: Vec<_> = counted.filter(|(name, _)| number(name).is_none()).collect();
            let count = others.iter().map(|(_, count)| count).sum::<usize>();
            if 10 * count <= known
                && let Some((example, _)) = others.first()
            {
                let example = (*example).clone();
                notes.push(ColumnNote::WordsAmongNumbers { count, example });
            }
        }
        Values::Booleans(_) => (),
    }
    if let Values::Categories(words) = &column.values {
        notes.extend(notes_of_words(&words.names));
    }
    notes
}

/// What the spelling of words shows.
fn notes_of_words(names: &[String]) -> Vec<ColumnNote> {
    let integers: Option<Vec<i128>> = names.iter().map(|name| whole_number(name)).collect();
    if let Some(integers) = integers {
        let code = names.iter().find(|name| is_code(name)).cloned();
        let is_inexact = |(_, number): &(&String, &i128)| **number as f64 as i128 != **number;
        let large = names.iter().zip(&integers).find(is_inexact);
        let large = large.map(|(name, _)| ColumnNote::LargeIntegers {
            example: name.clone(),
        });
        return code
            .map(|example| ColumnNote::LeadingZeros { example })
            .or(large)
            .into_iter()
            .collect();
    }
    let mut spellings: HashMap<String, Vec<&String>> = HashMap::new();
    for name in names {
        spellings.entry(name.to_lowercase()).or_default().push(name);
    }
    let mut groups: Vec<_> = spellings.into_values().filter(|group| group.len() > 1).collect();
    groups.sort();
    let first = groups.first().map(|group| ColumnNote::CaseVariants {
        count: groups.len(),
        examples: [group[0].clone(), group[1].clone()],
    });
    first.into_iter().collect()
}

/// Whether a column of this name numbers or names rows, as `id`, `row` or `customer_id` does.
fn names_rows(name: &str) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit(['_', '-', ' ', '.']).next().unwrap_or_default();
    matches!(
        last,
        "id" | "index" | "idx" | "row" | "rowid" | "no" | "nr" | "number" | "key" | "uuid"
    ) || name.starts_with("unnamed")
}
