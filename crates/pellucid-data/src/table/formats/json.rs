//! JSON: an object a row, one after the other (JSON lines) or in an array.

use super::super::cell::{Cell, number, whole_number};
use super::super::cells::Cells;
use super::super::columns::Column;
use super::super::error::no_rows;
use super::super::format::{Contents, Format, ReadOptions};
use super::super::limits::{MOST_CELL_BYTES, MOST_COLUMNS, MOST_SHOWN_BYTES, too_long};
use super::super::names::check_names;
use super::super::source::OpenSource;
use crate::files::{Budget, FileError};
use pellucid::recipe::shortened;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Objects of numbers, strings, booleans and null; a key that a row lacks is a missing value.
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "JSON"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        let mut bytes = without_mark(prefix).trim_ascii_start().iter().copied();
        let mut next = || bytes.find(|byte| !byte.is_ascii_whitespace());
        match next() {
            Some(b'{') => matches!(next(), Some(b'"' | b'}')),
            // Text of cells may begin with a bracket too, but hardly with these.
            Some(b'[') => matches!(next(), Some(b'{' | b'[' | b']')),
            _ => false,
        }
    }

    fn read(&self, source: OpenSource, options: &ReadOptions) -> Result<Contents, FileError> {
        let (path, budget) = (source.path.clone(), Arc::clone(&source.budget));
        let bytes = source.into_bytes()?;
        let text = without_mark(&bytes);
        let mut objects = Objects {
            columns: Vec::new(),
            positions: HashMap::new(),
            rows: 0,
            keeps_na_words: options.keep_na_words,
            budget: &budget,
            exceeded: None,
        };
        let is_array = text.trim_ascii_start().starts_with(b"[");
        let read = match is_array {
            true => objects.read_array(text),
            false => objects.read_lines(text),
        };
        if let Err(reason) = read {
            return Err(match objects.exceeded.take() {
                Some(error) => error,
                None => objects.refused(&path, &reason, is_array),
            });
        }
        objects.finish(&path)
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// The columns of the objects read so far.
struct Objects<'b> {
    columns: Vec<JsonColumn>,
    positions: HashMap<String, usize>,
    rows: usize,
    /// Whether `NA` and the like are words.
    keeps_na_words: bool,
    /// Counts the missing values of keys that other rows lack, which take no bytes of the file.
    budget: &'b Budget,
    /// Why the reading ended, if that is no error of the text.
    exceeded: Option<FileError>,
}

/// A column, whose kind the first of its values that is not missing decides.
struct JsonColumn {
    name: String,
    values: Cells,
    /// The rows so far; fewer than those of the table where the last ones lack the key.
    rows: usize,
    /// The kind of a value that is not one cell.
    nested: Option<&'static str>,
}

impl Objects<'_> {
    fn read_lines(&mut self, text: &[u8]) -> serde_json::Result<()> {
        let mut input = serde_json::Deserializer::from_slice(text);
        // White space may follow the last object.
        while input.end().is_err() {
            Row(self).deserialize(&mut input)?;
        }
        Ok(())
    }

    fn read_array(&mut self, text: &[u8]) -> serde_json::Result<()> {
        let mut input = serde_json::Deserializer::from_slice(text);
        Array(self).deserialize(&mut input)?;
        input.end()
    }

    /// Appends a value to the column of a key in the present row; an error names what cannot be read.
    fn push(&mut self, key: Cow<'_, str>, json: &str) -> Result<(), String> {
        let position = match self.positions.get(&*key) {
            Some(&position) => position,
            None => {
                let position = self.columns.len();
                if position == MOST_COLUMNS {
                    return Err(format!("the objects have more than {MOST_COLUMNS} keys"));
                }
                self.positions.insert(key.clone().into_owned(), position);
                self.columns.push(JsonColumn {
                    name: key.into_owned(),
                    values: Cells::Missing,
                    rows: 0,
                    nested: None,
                });
                position
            }
        };
        let column = &mut self.columns[position];
        if column.rows > self.rows {
            return Err(format!("the key {:?} is in one object twice", column.name));
        }
        if let Err(error) = self.budget.spend_cells(2 * (self.rows - column.rows), 0) {
            self.exceeded = Some(error);
            return Err("too many values are missing".to_owned());
        }
        column.pad(self.rows);
        column.rows += 1;
        if json.len() > MOST_CELL_BYTES && json.starts_with('"') {
            return Err(too_long(json.len()));
        }
        let text;
        let cell = match json.as_bytes() {
            [b'n', ..] => Cell::Missing,
            [b't', ..] => Cell::Boolean(true),
            [b'f', ..] => Cell::Boolean(false),
            [b'"', ..] => {
                text = serde_json::from_str::<String>(json).map_err(|error| error.to_string())?;
                Cell::from_text(text.trim(), self.keeps_na_words)
            }
            [b'[', ..] => return column.nest("a list"),
            [b'{', ..] => return column.nest("an object"),
            _ => match whole_number(json) {
                Some(whole) => Cell::from_integer(whole),
                None => Cell::Number(number(json).ok_or("a number is too large for double precision")?),
            },
        };
        column.values.push(cell, self.rows);
        Ok(())
    }

    fn refused(&self, path: &Path, reason: &serde_json::Error, is_array: bool) -> FileError {
        let (line, column) = (reason.line(), reason.column());
        let text = reason.to_string();
        let end = format!(" at line {line} column {column}");
        let what = shortened(text.strip_suffix(&end).unwrap_or(&text), 3 * MOST_SHOWN_BYTES);
        let layout = if is_array {
            "an array of objects"
        } else {
            "an object a line"
        };
        let problem = format!(
            "line {line}, column {column}, row {}: {what}; expected JSON, {layout}, such as {{\"size\": 1.5, \"name\": \"a\"}}",
            self.rows + 1
        );
        FileError::contents(path, problem)
    }

    fn finish(self, path: &Path) -> Result<Contents, FileError> {
        let rows = self.rows;
        if rows == 0 {
            return Err(no_rows(path));
        }
        if self.columns.is_empty() {
            let problem = "the table has no columns: its objects are empty";
            return Err(FileError::contents(path, problem));
        }
        let all_nested = self.columns.iter().all(|column| column.nested.is_some());
        if all_nested && rows == 1 {
            let problem = "one object of lists or objects, not an object a row; write the table with an object a row, as \
                           pandas does with to_json(orient=\"records\", lines=True)";
            return Err(FileError::contents(path, problem));
        }
        if all_nested {
            let problem = "no column of the table can be read: all hold lists or objects; write each of their values under \
                           a key of its own";
            return Err(FileError::contents(path, problem));
        }
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        check_names(path, &names)?;
        let mut contents = Contents::default();
        for mut column in self.columns {
            self.budget.spend_cells(2 * (rows - column.rows), 0)?;
            if let Some(what) = column.nested {
                let name = &column.name;
                contents.notes.push(format!(
                    "column {name:?} is left out: {what} is among its values, which no feature is made of"
                ));
                contents.left_out.push(column.name);
                continue;
            }
            column.pad(rows);
            contents
                .columns
                .push(Column::new(column.name, column.values.finish(rows)));
        }
        Ok(contents)
    }
}

impl JsonColumn {
    /// Makes the values missing in rows before the row `end` that lack the key.
    fn pad(&mut self, end: usize) {
        for row in self.rows..end {
            self.values.push(Cell::Missing, row);
        }
        self.rows = end;
    }

    fn nest(&mut self, what: &'static str) -> Result<(), String> {
        self.nested = Some(what);
        Ok(())
    }
}

/// Reads an array of objects.
struct Array<'o, 'b>(&'o mut Objects<'b>);

impl<'de> DeserializeSeed<'de> for Array<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Row(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

/// Reads an object as the next row.
struct Row<'o, 'b>(&'o mut Objects<'b>);

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object, which is a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            let value: &RawValue = entries.next_value()?;
            self.0.push(key, value.get()).map_err(A::Error::custom)?;
        }
        self.0.rows += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
