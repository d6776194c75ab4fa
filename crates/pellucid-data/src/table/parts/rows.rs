//! Reads the files of a table in pieces, one after the other.

use super::super::cell::Cell;
use super::super::columns::ColumnKind;
use super::super::error::no_rows;
use super::super::format::{Expected, NamedRows, ReadOptions, RowReader};
use super::super::formats;
use super::super::source::OpenSource;
use super::super::typed::TypedColumn;
use super::find::Part;
use super::notes::Notes;
use super::whole::options_of;
use super::{Parts, schema};
use crate::files::FileError;

/// The rows of all files.
struct PartRows {
    parts: Parts,
    options: ReadOptions,
    /// The expected columns that are in the files.
    expected: Vec<(String, ColumnKind)>,
    /// The columns of the first file.
    names: Vec<String>,
    /// The number of the next file.
    next: usize,
    current: Option<OpenPart>,
    notes: Notes,
}

/// The file that is being read.
struct OpenPart {
    reader: Box<dyn RowReader>,
    /// The position of each column of the first file.
    positions: Vec<usize>,
    rows: usize,
}

impl Parts {
    /// Opens the first file; the names of its columns, then those that the names of folders add.
    pub(in super::super) fn rows(
        self,
        options: &ReadOptions,
        expected: &Expected,
    ) -> Result<NamedRows, FileError> {
        let keys = self.keys();
        let in_files = expected.iter().filter(|(name, _)| !keys.contains(name));
        let mut rows = PartRows {
            expected: in_files.cloned().collect(),
            parts: self,
            options: *options,
            names: Vec::new(),
            next: 0,
            current: None,
            notes: Notes::default(),
        };
        rows.open_next()?;
        let names = rows.names.iter().cloned().chain(keys).collect();
        Ok((names, Box::new(rows)))
    }
}

impl PartRows {
    fn open_next(&mut self) -> Result<(), FileError> {
        let part = &self.parts.list[self.next];
        let options = options_of(&self.names, &self.options);
        let source = OpenSource::open(&part.path.as_path().into(), options.max_expansion);
        let source = source.map_err(|error| match error {
            FileError::Missing { path } => {
                let problem = "the file was there when the table was begun, and is gone; put it back, and run the command again";
                FileError::contents(&path, problem)
            }
            error => error,
        })?;
        let format = formats::recognise(&source.prefix);
        let (names, reader) = format.rows(source, &options, &self.expected)?;
        if self.next == 0 {
            schema::check_apart(&part.path, &names, &self.parts.keys())?;
            self.names.clone_from(&names);
        }
        // Columns that cannot be read have no name.
        let first = (self.parts.list[0].path.as_path(), &self.names[..]);
        let positions = schema::positions_of(first, (&part.path, &names))?;
        self.current = Some(OpenPart {
            reader,
            positions,
            rows: 0,
        });
        self.next += 1;
        Ok(())
    }
}

impl RowReader for PartRows {
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize) -> Result<usize, FileError> {
        if self.current.is_none() && self.next < self.parts.list.len() {
            self.open_next()?;
        }
        let Some(current) = &mut self.current else {
            return Ok(0);
        };
        let part = &self.parts.list[self.next - 1];
        let appended = current.append(columns, rows, part)?;
        if appended == 0 {
            part.check_unchanged()?;
            if current.rows == 0 {
                return Err(no_rows(&part.path));
            }
            self.notes.add(&part.path, current.reader.notes());
            self.current = None;
        }
        Ok(appended)
    }

    fn has_another_file(&self) -> bool {
        self.current.is_none() && self.next < self.parts.list.len()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.sentences()
    }
}

impl OpenPart {
    /// Appends rows: the reader those of the file's columns, which for that stand first, and the values of the folders.
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize, part: &Part) -> Result<usize, FileError> {
        let (mut end, mut at, mut swaps) = (columns.len(), 0, Vec::new());
        while at < end {
            if columns[at].position < self.positions.len() {
                at += 1;
            } else {
                end -= 1;
                columns.swap(at, end);
                swaps.push((at, end));
            }
        }
        let (of_file, of_folders) = columns.split_at_mut(end);
        let positions: Vec<usize> = of_file.iter().map(|column| column.position).collect();
        for column in of_file.iter_mut() {
            column.position = self.positions[column.position];
        }
        let appended = self.reader.append(of_file, rows)?;
        for (column, position) in of_file.iter_mut().zip(positions) {
            column.position = position;
        }
        for column in of_folders {
            let value = &part.of_folders[column.position - self.positions.len()].1;
            let cell = value.as_deref().map_or(Cell::Missing, Cell::Text);
            for _ in 0..appended {
                column.push(cell, &part.path, || "the name of its folder".to_owned())?;
            }
        }
        for (one, other) in swaps.into_iter().rev() {
            columns.swap(one, other);
        }
        self.rows += appended;
        Ok(appended)
    }
}
