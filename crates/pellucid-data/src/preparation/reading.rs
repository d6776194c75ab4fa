//! How the cells of a table's columns are read: decided on the training table, saved, and applied to every later table.

mod dates;

use super::error::at;
use super::named::{check_present, first_repeated};
use super::words::number_as_word;
use crate::error::{Result, problem};
use crate::table::{
    Categories, Column, ColumnKind, DateOrder, NoFormat, NumberFormat, Separators, Table, Values, is_code,
    is_inexact, is_number_marker, number, proven_decimal, whole_number, word_counts,
};
use dates::{Dates, dates_in};
use pellucid::recipe::Task;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

/// How a column is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ColumnReading {
    /// Numbers, all of one pattern.
    Number(NumberFormat),
    /// Numbers that are names: a category, `1.0` the same as `1`.
    Codes,
    /// Dates in this order, as seconds since 1970.
    Date(DateOrder),
}

/// How the columns of a table are read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableReading {
    /// Further texts that stand for a missing value, in every column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Whether `NA` and the like are words in columns of words.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_na_words: bool,
    /// The columns that are read in a way of their own, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ColumnReading>,
    /// Columns that are not used, because they cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// What is requested of the reading of a table. The columns are named as in the table.
#[derive(Debug, Clone, Default)]
pub struct ReadingRequest {
    /// Columns that are words.
    pub categorical: Vec<String>,
    /// Columns that are numbers.
    pub numeric: Vec<String>,
    /// Columns that are dates.
    pub date: Vec<String>,
    /// Columns of free text.
    pub text: Vec<String>,
    /// Further texts that stand for a missing value.
    pub missing: Vec<String>,
    /// Whether `NA` and the like are words in columns of words.
    pub keep_na_words: bool,
    /// The separators of numbers.
    pub separators: Separators,
    /// Columns that are not used, and stay as they are.
    pub unused: Vec<String>,
    /// The columns to predict.
    pub target: Vec<String>,
    /// What is requested to be predicted.
    pub task: Option<Task>,
}

/// A table as it is read, how, and what a user should know of it.
#[derive(Debug)]
pub struct ReadTable {
    /// The table.
    pub table: Table,
    /// How its columns are read.
    pub reading: TableReading,
    /// A sentence for each assumption.
    pub notes: Vec<String>,
}

impl ReadTable {
    /// Decides how the columns of a table are read, and reads them.
    ///
    /// A column of words becomes numbers if all its cells, but for those that mean missing, are numbers of one pattern:
    /// with a currency, a unit, separators of thousands, a decimal comma or accounting parentheses. Codes with leading zeros
    /// and integers too large for double precision stay words unless `numeric` names their column.
    ///
    /// # Errors
    /// A requested column is not there, has two roles, or holds words where numbers are requested.
    pub fn new(mut table: Table, request: &ReadingRequest) -> Result<ReadTable> {
        let roles: [(&str, &[String]); 4] = [
            ("categorical", &request.categorical),
            ("numeric", &request.numeric),
            ("date", &request.date),
            ("text", &request.text),
        ];
        check_present(&table, &roles)?;
        for (at, (second, names)) in roles.iter().enumerate() {
            if let Some(twice) = first_repeated(names) {
                let message = format!("column `{twice}` is requested as {second} twice; name it once");
                return Err(problem(&table.source, message));
            }
            for (first, earlier) in &roles[..at] {
                let earlier: HashSet<&String> = earlier.iter().collect();
                if let Some(name) = names.iter().find(|name| earlier.contains(name)) {
                    let message =
                        format!("column `{name}` is requested as {first} and as {second}; choose one");
                    return Err(problem(&table.source, message));
                }
            }
        }
        let proven = proven_decimals(&table);
        let mut reader = Reader {
            request,
            requested: Requested::new(request),
            usual_decimal: request.separators.decimal.or_else(|| usual_decimal(&proven)),
            has_comma: request.separators.decimal == Some(',') || proven.contains(&','),
            reading: TableReading {
                missing: request.missing.clone(),
                keep_na_words: request.keep_na_words,
                columns: BTreeMap::new(),
                left_out: Vec::new(),
            },
            notes: Vec::new(),
        };
        let mut columns = Vec::with_capacity(table.columns.len());
        for column in std::mem::take(&mut table.columns) {
            columns.push(reader.read(&table.source, column)?);
        }
        table.columns = columns;
        Ok(ReadTable {
            table,
            reading: reader.reading,
            notes: reader.notes,
        })
    }
}

/// The decimal separators that the cells of some column prove.
fn proven_decimals(table: &Table) -> HashSet<char> {
    let proven = table.columns.iter().filter_map(|column| match &column.values {
        Values::Categories(words) => proven_decimal(words.names.iter().map(String::as_str)),
        Values::Numbers(_) | Values::Booleans(_) => None,
    });
    proven.collect()
}

/// The decimal comma, if the cells of some column prove it and those of none prove a decimal point.
fn usual_decimal(proven: &HashSet<char>) -> Option<char> {
    (proven.len() == 1 && proven.contains(&',')).then_some(',')
}

/// The names of columns by what is requested of them.
struct Requested<'a> {
    unused: HashSet<&'a str>,
    text: HashSet<&'a str>,
    categorical: HashSet<&'a str>,
    numeric: HashSet<&'a str>,
    date: HashSet<&'a str>,
    target: HashSet<&'a str>,
}

impl<'a> Requested<'a> {
    fn new(request: &'a ReadingRequest) -> Self {
        let set = |names: &'a [String]| names.iter().map(String::as_str).collect();
        Requested {
            unused: set(&request.unused),
            text: set(&request.text),
            categorical: set(&request.categorical),
            numeric: set(&request.numeric),
            date: set(&request.date),
            target: set(&request.target),
        }
    }
}

struct Reader<'a> {
    request: &'a ReadingRequest,
    requested: Requested<'a>,
    usual_decimal: Option<char>,
    /// Whether the decimal separator of some column is a comma.
    has_comma: bool,
    reading: TableReading,
    notes: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, source: &str, column: Column) -> Result<Column> {
        let request = self.request;
        let Column { name, values } = column;
        if self.requested.unused.contains(name.as_str()) {
            return Ok(Column { name, values });
        }
        if self.requested.text.contains(name.as_str()) {
            self.notes.push(format!(
                "column `{name}` is left out: it is requested as text, and no features are made of text yet"
            ));
            return Ok(Column { name, values });
        }
        let mut values = values;
        let requested_missing = make_missing(&request.missing, &mut values);
        self.count(&name, &requested_missing);
        let values = match self.dates(source, &name, values)? {
            Dates::Read(values) => return Ok(Column { name, values }),
            Dates::Other(values) => values,
        };
        let is_categorical = self.requested.categorical.contains(name.as_str());
        let values = match values {
            Values::Numbers(numbers) if is_categorical => {
                self.reading.columns.insert(name.clone(), ColumnReading::Codes);
                Values::Categories(as_words(&numbers))
            }
            Values::Booleans(words) if is_categorical => Values::Categories(words),
            Values::Categories(words) if !is_categorical => {
                match self.numbers_of_words(source, &name, &words, !requested_missing.is_empty())? {
                    Some(numbers) => Values::Numbers(numbers),
                    None => Values::Categories(words),
                }
            }
            Values::Numbers(numbers) => {
                let integers = numbers
                    .iter()
                    .all(|number| number.is_nan() || number.fract() == 0.0);
                if self.usual_decimal == Some(',') && integers {
                    let format = NumberFormat {
                        decimal: ',',
                        thousands: Some('.'),
                        ..NumberFormat::default()
                    };
                    self.reading
                        .columns
                        .insert(name.clone(), ColumnReading::Number(format));
                }
                Values::Numbers(numbers)
            }
            values => values,
        };
        Ok(Column { name, values })
    }

    /// Notes how often each of these texts is missing.
    fn count(&mut self, name: &str, found: &[(String, usize)]) {
        let rows: usize = found.iter().map(|(_, rows)| rows).sum();
        let words: Vec<String> = found.iter().map(|(word, _)| format!("`{word}`")).collect();
        match words.len() {
            0 => {}
            1 => self.notes.push(format!(
                "column `{name}`: {} counts as missing; rows: {rows}",
                words[0]
            )),
            _ => self.notes.push(format!(
                "column `{name}`: {} count as missing; rows: {rows}",
                words.join(", ")
            )),
        }
    }

    /// The numbers of a column of words, `None` if it stays words.
    fn numbers_of_words(
        &mut self,
        source: &str,
        name: &str,
        words: &Categories,
        had_missing: bool,
    ) -> Result<Option<Vec<f64>>> {
        let is_requested = self.requested.numeric.contains(name);
        let counts = word_counts(&words.codes, words.names.len());
        let cells = present(words, &counts).map(|(word, _)| word);
        let cells = cells.filter(|word| !is_number_marker(word));
        if cells.clone().next().is_none() || (!is_requested && cells.clone().any(is_code)) {
            return Ok(None);
        }
        if cells.clone().any(is_inexact) {
            // As distances from one of them, they are exact.
            let whole = |cell| whole_number(cell).is_some_and(|_| !is_code(cell));
            return match cells.clone().find(|cell| !whole(cell)) {
                Some(odd) if is_requested => {
                    let place = format!("{source}, column `{name}`");
                    let message = format!(
                        "numbers are requested, but some of its whole numbers are too large for double precision, and \
                         `{odd}` is none; correct it, or leave the column out by --drop"
                    );
                    Err(problem(place, message))
                }
                _ => Ok(None),
            };
        }
        let format = match NumberFormat::of(cells.clone(), self.request.separators, self.usual_decimal) {
            Ok(format) => format,
            Err(reason) if is_requested => {
                let place = format!("{source}, column `{name}`");
                let message = format!(
                    "numbers are requested, but {reason}; correct it, count it as missing by --na, or leave the column \
                     out by --drop"
                );
                return Err(problem(place, message));
            }
            Err(NoFormat::Word(word)) if !is_meant_as_number(&word) => return Ok(None),
            Err(reason) => {
                self.notes.push(format!(
                    "column `{name}` is read as words, not as numbers: {reason}; write all in one way to use them as \
                     numbers"
                ));
                return Ok(None);
            }
        };
        let markers = present(words, &counts).filter(|(word, _)| is_number_marker(word));
        let markers: Vec<(String, usize)> = markers.map(|(word, rows)| (word.to_owned(), rows)).collect();
        let all_plain = format.is_plain() && cells.clone().all(|cell| number(cell).is_some());
        // A source that types its columns says that these are words; text with a decimal comma in another column keeps them.
        let is_typed = !self.has_comma;
        if all_plain && markers.is_empty() && !is_requested && !had_missing && is_typed {
            return Ok(None);
        }
        let is_target = self.requested.target.contains(name);
        if is_target && !all_plain && !is_requested && self.are_classes(cells.clone(), &format) {
            return Ok(None);
        }
        if !all_plain && let Some(example) = cells.clone().max_by_key(|cell| (cell.len(), *cell)) {
            let number = format.parse(example).unwrap_or(f64::NAN);
            self.notes.push(format!(
                "column `{name}` is read as numbers: `{example}` is {number}{}",
                ambiguity(cells, &format, self.usual_decimal)
            ));
        }
        self.count(name, &markers);
        let numbers = words.names.iter().map(|word| format.parse(word));
        let numbers: Vec<f64> = numbers.map(|number| number.unwrap_or(f64::NAN)).collect();
        if !all_plain {
            self.reading
                .columns
                .insert(name.to_owned(), ColumnReading::Number(format));
        }
        Ok(Some(numbers_of(words, &numbers)))
    }

    /// Whether cells of a target are classes, and so stay as they are written: few integers.
    fn are_classes<'c>(&self, cells: impl Iterator<Item = &'c str>, format: &NumberFormat) -> bool {
        const MOST_CLASSES: usize = 20;
        let mut numbers = cells.filter_map(|cell| format.parse(cell)).enumerate();
        match self.request.task {
            Some(task) => task == Task::Classification,
            None => numbers.all(|(count, number)| number.fract() == 0.0 && count < MOST_CLASSES),
        }
    }
}

/// The words that some row holds, and the number of their rows.
fn present<'a>(words: &'a Categories, counts: &'a [usize]) -> impl Iterator<Item = (&'a str, usize)> + Clone {
    let counted = words.names.iter().zip(counts).filter(|(_, rows)| **rows > 0);
    counted.map(|(word, rows)| (word.as_str(), *rows))
}

/// What to do where the separators are assumed.
fn ambiguity<'c>(
    cells: impl Iterator<Item = &'c str>,
    format: &NumberFormat,
    usual_decimal: Option<char>,
) -> &'static str {
    let mut cells = cells;
    let assumed = format.thousands == Some(',') && usual_decimal.is_none() && !cells.any(|c| c.contains('.'));
    match assumed {
        true => "; --decimal , if the comma is a decimal comma",
        false => "",
    }
}

/// Whether a text consists of digits and separators, a comma among them, which no list of words has.
fn is_meant_as_number(text: &str) -> bool {
    text.contains(',') && text.chars().all(|c| c.is_ascii_digit() || "+-.,' ".contains(c))
}

fn numbers_of(words: &Categories, numbers: &[f64]) -> Vec<f64> {
    let number = |&code: &u32| numbers.get(code as usize).copied().unwrap_or(f64::NAN);
    words.codes.iter().map(number).collect()
}

fn as_words(numbers: &[f64]) -> Categories {
    let mut words = crate::table::Words::default();
    for &number in numbers {
        match number.is_nan() {
            true => words.push_missing(),
            false => _ = words.push(&number_as_word(number)),
        }
    }
    words.finish()
}

/// Makes the values missing that these texts stand for; the texts that were there, and their rows.
fn make_missing(missing: &[String], values: &mut Values) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    match values {
        _ if missing.is_empty() => {}
        Values::Numbers(numbers) => {
            for text in missing {
                let Ok(marker) = text.parse::<f64>() else { continue };
                let mut rows = 0;
                for number in numbers.iter_mut().filter(|number| **number == marker) {
                    *number = f64::NAN;
                    rows += 1;
                }
                found.extend((rows > 0).then(|| (text.clone(), rows)));
            }
        }
        Values::Categories(words) | Values::Booleans(words) => {
            let counts = word_counts(&words.codes, words.names.len());
            let is_marker = |word: &String| missing.contains(word);
            found = words
                .names
                .iter()
                .cloned()
                .zip(counts)
                .filter(|(word, rows)| is_marker(word) && *rows > 0)
                .collect();
            if found.is_empty() {
                return found;
            }
            let mut new_codes = Vec::with_capacity(words.names.len());
            let mut kept = 0;
            for word in &words.names {
                new_codes.push(if is_marker(word) {
                    Categories::MISSING
                } else {
                    kept
                });
                kept += u32::from(!is_marker(word));
            }
            for code in words
                .codes
                .iter_mut()
                .filter(|code| **code != Categories::MISSING)
            {
                *code = new_codes[*code as usize];
            }
            words.names.retain(|word| !is_marker(word));
        }
    }
    found
}

impl TableReading {
    /// Whether a column is dates.
    pub fn is_date(&self, column: &str) -> bool {
        matches!(self.columns.get(column), Some(ColumnReading::Date(_)))
    }

    /// The separators to read a whole table with, so that no point that separates thousands is read as a decimal point.
    pub fn separators(&self) -> Separators {
        let has_comma = |reading: &ColumnReading| match reading {
            ColumnReading::Number(format) => format.decimal == ',',
            ColumnReading::Codes | ColumnReading::Date(_) => false,
        };
        Separators {
            decimal: self.columns.values().any(has_comma).then_some(','),
            thousands: None,
        }
    }

    /// Whether every column is read as a reader of tables reads it.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The kinds to read columns as, so that this reading can be applied.
    pub fn expected(&self, columns: Vec<(String, ColumnKind)>) -> Vec<(String, ColumnKind)> {
        let of_texts = !self.missing.is_empty();
        let expected = |(name, kind)| match self.columns.contains_key(&name) || of_texts {
            true => (name, ColumnKind::Category),
            false => (name, kind),
        };
        columns.into_iter().map(expected).collect()
    }

    /// All columns of a table, read.
    ///
    /// # Errors
    /// A cell does not follow the pattern of its column.
    pub fn read(&self, mut table: Table) -> Result<Table> {
        if self.is_plain() {
            return Ok(table);
        }
        for at in 0..table.columns.len() {
            if let Cow::Owned(column) = self.column(&table, &table.columns[at])? {
                table.columns[at] = column;
            }
        }
        Ok(table)
    }

    /// A column of a table, read.
    pub(super) fn column<'a>(&self, table: &Table, column: &'a Column) -> Result<Cow<'a, Column>> {
        let own = self.columns.get(&column.name);
        if own.is_none() && self.missing.is_empty() {
            return Ok(Cow::Borrowed(column));
        }
        let mut values = column.values.clone();
        make_missing(&self.missing, &mut values);
        let values = match (own, values) {
            (Some(ColumnReading::Number(format)), Values::Categories(words) | Values::Booleans(words)) => {
                Values::Numbers(numbers_in(table, &column.name, &words, format)?)
            }
            (Some(ColumnReading::Date(order)), Values::Categories(words) | Values::Booleans(words)) => {
                Values::Numbers(dates_in(table, &column.name, &words, *order)?)
            }
            (Some(ColumnReading::Codes), Values::Categories(words) | Values::Booleans(words)) => {
                let mut spelled = crate::table::Words::default();
                for row in 0..words.codes.len() {
                    match words.get(row) {
                        None => spelled.push_missing(),
                        Some(word) => {
                            let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
                            let word =
                                number.map_or(Cow::Borrowed(word), |number| number_as_word(number).into());
                            spelled.push(&word);
                        }
                    }
                }
                Values::Categories(spelled.finish())
            }
            (Some(ColumnReading::Codes), Values::Numbers(numbers)) => Values::Categories(as_words(&numbers)),
            (_, values) => values,
        };
        Ok(Cow::Owned(Column {
            name: column.name.clone(),
            values,
        }))
    }
}

/// The numbers of words of one pattern.
fn numbers_in(table: &Table, name: &str, words: &Categories, format: &NumberFormat) -> Result<Vec<f64>> {
    let of_word = |word: &String| match is_number_marker(word) {
        true => Some(f64::NAN),
        false => format.parse(word),
    };
    let numbers: Vec<Option<f64>> = words.names.iter().map(of_word).collect();
    let wrong = |code: &u32| numbers.get(*code as usize).is_some_and(Option::is_none);
    if let Some(row) = words.codes.iter().position(wrong) {
        let word = words.get(row).unwrap_or_default();
        let mut example = format!("{}1{}5{}", format.prefix, format.decimal, format.suffix);
        if let Some(thousands) = format.thousands {
            example = format!(
                "{}1{thousands}234{}5{}",
                format.prefix, format.decimal, format.suffix
            );
        }
        let message =
            format!("found `{word}`, but a number written like `{example}`, as in training, is needed here");
        return Err(problem(at(table, name, Some(row as u32)), message));
    }
    let numbers: Vec<f64> = numbers
        .into_iter()
        .map(|number| number.unwrap_or(f64::NAN))
        .collect();
    Ok(numbers_of(words, &numbers))
}

#[cfg(test)]
mod tests;
