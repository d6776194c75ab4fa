//! Arrow's format between processes (IPC), which Feather files have too: columns of numbers, booleans, strings, dates and times.

mod array;
mod kind;

use super::super::cell::Cell;
use super::super::error::no_rows;
use super::super::format::{Contents, Format, ReadOptions};
use super::super::limits::check_count;
use super::super::names::check_names;
use super::super::source::OpenSource;
use super::super::typed::TypedColumn;
use crate::files::{Budget, FileError};
use array::{Buffers, Damage, Dictionary};
use kind::{Field, fields_of};
use polars_arrow_format::ipc::planus::ReadAsRoot;
use polars_arrow_format::ipc::{Endianness, MessageHeaderRef, MessageRef};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Arrow IPC files and streams: a schema, then batches of rows. A file is a stream with a frame around it.
pub(super) struct Arrow;

const FILE: &[u8] = b"ARROW1\0\0";
/// Before each message of a stream.
const CONTINUATION: [u8; 4] = [0xff; 4];

impl Format for Arrow {
    fn name(&self) -> &'static str {
        "Arrow"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        prefix.starts_with(FILE) || (prefix.starts_with(&CONTINUATION) && prefix.len() > 8)
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Contents, FileError> {
        let (path, budget) = (source.path.clone(), Arc::clone(&source.budget));
        let bytes = source.into_bytes()?;
        let stream = bytes.strip_prefix(FILE).unwrap_or(&bytes);
        let damaged = |damage: Damage| damage.of(&path);
        let mut messages = Messages(stream);
        let fields = messages.schema(&budget).map_err(damaged)?;
        check_count(&path, fields.len())?;
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        check_names(&path, &names)?;
        let mut contents = Contents::default();
        let mut columns = Vec::new();
        for (position, field) in fields.iter().enumerate() {
            match field.values() {
                Ok(kind) => columns.push(TypedColumn::exact(&field.name, kind.column_kind(), position)),
                Err(found) => {
                    let note = format!("column {:?} is left out: it is {found}", field.name);
                    contents.notes.push(note);
                    contents.left_out.push(field.name.clone());
                }
            }
        }
        if columns.is_empty() {
            let notes = contents.notes.join("; ");
            let problem = format!("no column of the table can be read; {notes}");
            return Err(FileError::contents(&path, problem));
        }
        let mut rows = Rows {
            fields: &fields,
            columns,
            dictionaries: HashMap::new(),
            read: 0,
            budget: &budget,
        };
        while let Some((message, body)) = messages.next().map_err(damaged)? {
            rows.take(message, body, &path)?;
        }
        if rows.read == 0 {
            return Err(no_rows(&path));
        }
        contents.columns = rows.columns.into_iter().map(TypedColumn::finish).collect();
        Ok(contents)
    }
}

/// The messages that are still to be read.
struct Messages<'a>(&'a [u8]);

impl<'a> Messages<'a> {
    /// The next message and its body; `None` at the end.
    fn next(&mut self) -> Result<Option<(MessageRef<'a>, &'a [u8])>, Damage> {
        if self.0.is_empty() {
            // A stream may end without a mark.
            return Ok(None);
        }
        let start = self
            .0
            .strip_prefix(&CONTINUATION)
            .ok_or("a message does not begin where one should")?;
        let (length, rest) = start.split_first_chunk::<4>().ok_or("a message is cut off")?;
        let length =
            usize::try_from(i32::from_le_bytes(*length)).map_err(|_| "a message has a length below 0")?;
        if length == 0 {
            return Ok(None);
        }
        let (message, rest) = rest.split_at_checked(length).ok_or("a message is cut off")?;
        let message = MessageRef::read_as_root(message)?;
        let length = usize::try_from(message.body_length()?).map_err(|_| "a body has a length below 0")?;
        let (body, rest) = rest
            .split_at_checked(length)
            .ok_or("the body of a message is cut off")?;
        self.0 = rest;
        Ok(Some((message, body)))
    }

    /// The columns that the first message describes.
    fn schema(&mut self, budget: &Budget) -> Result<Vec<Field>, Damage> {
        let first = self.next()?.ok_or("there is no schema")?;
        let Some(MessageHeaderRef::Schema(schema)) = first.0.header()? else {
            return Err("the first message is not a schema".into());
        };
        if schema.endianness()? == Endianness::Big {
            return Err("the highest byte of numbers comes first, which is not read".into());
        }
        fields_of(schema.fields()?, 0, budget)
    }
}

/// The rows read so far.
struct Rows<'a> {
    fields: &'a [Field],
    columns: Vec<TypedColumn>,
    /// The values of dictionaries by number.
    dictionaries: HashMap<i64, Dictionary<'a>>,
    read: usize,
    budget: &'a Budget,
}

impl<'a> Rows<'a> {
    /// Reads the values of a message.
    fn take(&mut self, message: MessageRef<'a>, body: &'a [u8], path: &Path) -> Result<(), FileError> {
        let damaged = |damage: Damage| damage.of(path);
        match message.header().map_err(|damage| damaged(damage.into()))? {
            Some(MessageHeaderRef::DictionaryBatch(dictionary)) => {
                let mut read = || -> Result<(), Damage> {
                    let id = dictionary.id()?;
                    let batch = dictionary.data()?.ok_or("a dictionary has no values")?;
                    let mut field = find(self.fields, id)
                        .ok_or("no column has a dictionary of this number")?
                        .clone();
                    field.dictionary = None;
                    let mut buffers = Buffers::new(batch, body, self.budget)?;
                    let values = buffers.array(&field)?;
                    let known = self.dictionaries.entry(id).or_default();
                    if !dictionary.is_delta()? {
                        known.clear();
                    }
                    known.push(values);
                    Ok(())
                };
                read().map_err(damaged)
            }
            Some(MessageHeaderRef::RecordBatch(batch)) => {
                let mut buffers = Buffers::new(batch, body, self.budget).map_err(damaged)?;
                let rows = buffers.rows;
                let no_dictionary = Dictionary::default();
                // In the order of the fields, some of which are left out.
                let mut columns = self.columns.iter_mut().peekable();
                for (position, field) in self.fields.iter().enumerate() {
                    let array = buffers.array(field).map_err(damaged)?;
                    let Some(column) = columns.next_if(|column| column.position == position) else {
                        continue;
                    };
                    let values = match field.dictionary {
                        Some(id) => self.dictionaries.get(&id),
                        None => Some(&no_dictionary),
                    };
                    let values = values
                        .ok_or("a dictionary is not there")
                        .map_err(|damage| damaged(damage.into()))?;
                    if array.rows() != rows {
                        return Err(damaged(
                            "a column has another number of rows than its batch".into(),
                        ));
                    }
                    for row in 0..rows {
                        let value = array.value(row, values).map_err(damaged)?;
                        let cell = value.as_cell();
                        if let Cell::Text(text) = cell {
                            self.budget.spend_cells(0, text.len())?;
                        }
                        column.push(cell, path, || format!("row {}", self.read + row + 1))?;
                    }
                }
                self.read += rows;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The field whose values are in the dictionary of this number.
fn find(fields: &[Field], dictionary: i64) -> Option<&Field> {
    fields.iter().find_map(|field| match field.dictionary {
        Some(id) if id == dictionary => Some(field),
        _ => find(&field.children, dictionary),
    })
}

#[cfg(test)]
mod tests;
