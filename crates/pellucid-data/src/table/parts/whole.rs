//! Reads all files of a table.

use super::super::columns::{Column, NumberSpellings, Table, Values};
use super::super::format::ReadOptions;
use super::super::formats;
use super::super::infer::InferredColumn;
use super::super::limits::MOST_SHOWN_BYTES;
use super::find::Part;
use super::joined_column::{JoinedColumn, OtherKind};
use super::notes::Notes;
use super::{Parts, schema};
use crate::files::FileError;
use pellucid::recipe::shortened;

impl Parts {
    /// The rows of all files as one table.
    pub(in super::super) fn read(&self, options: &ReadOptions) -> Result<Table, FileError> {
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        let (mut notes, mut left_out, mut spellings) = (Notes::default(), Vec::new(), None);
        let mut rows = Vec::with_capacity(self.list.len());
        for (file, part) in self.list.iter().enumerate() {
            let options = options_of(&names, options);
            let table = formats::read(&part.path.as_path().into(), &options)?;
            part.check_unchanged()?;
            rows.push(table.rows());
            notes.add(&part.path, table.notes);
            let of_file: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
            if file == 0 {
                schema::check_apart(&part.path, &of_file, &self.keys())?;
                columns = of_file.iter().map(|name| JoinedColumn::new(name)).collect();
                names.clone_from(&of_file);
                left_out = table.left_out;
            }
            spellings = Some(match spellings {
                None => table.spellings,
                Some(known) => of_both(known, table.spellings),
            });
            let first = (self.list[0].path.as_path(), &names[..]);
            let positions = schema::positions_of(first, (&part.path, &of_file))?;
            let mut values: Vec<Option<Values>> = table
                .columns
                .into_iter()
                .map(|column| Some(column.values))
                .collect();
            for (at, column) in columns.iter_mut().enumerate() {
                if let Some(values) = values[positions[at]].take() {
                    let joined = column.append(values, file, options.separators);
                    joined.map_err(|other| self.other_kind(part, &names[at], &other))?;
                }
            }
            let taken: usize = columns.iter().map(JoinedColumn::bytes).sum();
            self.check_memory(file + 1, taken as u64)?;
        }
        let mut columns: Vec<Column> = columns.into_iter().map(JoinedColumn::finish).collect();
        for (at, key) in self.keys().iter().enumerate() {
            columns.push(self.column_of_folders(at, key, &rows, options)?);
        }
        let mut notes = notes.sentences();
        notes.extend(self.note());
        Ok(Table {
            source: self.name.display().to_string(),
            first_row: 0,
            columns,
            notes,
            left_out,
            spellings: spellings.unwrap_or_default(),
        })
    }

    fn other_kind(&self, part: &Part, column: &str, other: &OtherKind) -> FileError {
        let column = shortened(column, MOST_SHOWN_BYTES);
        let OtherKind {
            found,
            expected,
            file,
        } = other;
        let problem = format!(
            "column {column:?} is of kind {found}, expected {expected}, as in {}; the files of one table have the same columns of \
             the same kinds",
            self.list[*file].path.display()
        );
        FileError::contents(&part.path, problem)
    }

    /// The column of a key: the value of each file in each of its rows.
    fn column_of_folders(
        &self,
        at: usize,
        key: &str,
        rows: &[usize],
        options: &ReadOptions,
    ) -> Result<Column, FileError> {
        let mut values = InferredColumn::new(options.keep_na_words);
        for part in &self.list {
            values.push(part.of_folders[at].1.as_deref().unwrap_or(""), || 0);
        }
        let mut values = values.finish(&self.name, key)?;
        match &mut values {
            Values::Numbers(numbers) => *numbers = repeated(numbers, rows),
            Values::Categories(words) | Values::Booleans(words) => words.codes = repeated(&words.codes, rows),
        }
        Ok(Column::new(key, values))
    }
}

/// How the files after the first are read: text has names in its first row if the first file has names.
pub(super) fn options_of(names: &[String], options: &ReadOptions) -> ReadOptions {
    let is_number = |(name, number): (&String, usize)| name.strip_prefix('c') == Some(&number.to_string());
    let has_names = !names.iter().zip(1..).all(is_number);
    ReadOptions {
        header: options.header.or(has_names.then_some(true)),
        ..*options
    }
}

/// Each value as often as is said.
fn repeated<T: Copy>(values: &[T], counts: &[usize]) -> Vec<T> {
    let values = values.iter().zip(counts);
    values
        .flat_map(|(&value, &count)| std::iter::repeat_n(value, count))
        .collect()
}

/// The spellings of the columns that two files spell in other than the shortest way.
fn of_both(known: Vec<NumberSpellings>, new: Vec<NumberSpellings>) -> Vec<NumberSpellings> {
    let both = known.into_iter().filter_map(|mut known| {
        let new = new.iter().find(|new| new.column == known.column)?;
        for (number, text) in &new.numbers {
            if known.numbers.iter().all(|(other, _)| other != number) {
                known.numbers.push((*number, text.clone()));
            }
        }
        Some(known)
    });
    both.collect()
}
