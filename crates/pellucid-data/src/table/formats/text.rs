//! Delimited text: CSV, TSV and similar.

use super::super::cell::Cell;
use super::super::columns::{Column, Table, Values};
use super::super::error::{empty, no_rows};
use super::super::format::{Expected, Format, NamedRows, ReadOptions, RowReader, RowWriter};
use super::super::infer::InferredColumn;
use super::super::kept::{KeptColumn, Texts};
use super::super::names::{may_be_names, names_of, numbered_names};
use super::super::number_format::Separators;
use super::super::source::OpenSource;
use super::super::typed::TypedColumn;
use super::delimiter::find_delimiter;
use crate::files::{FileError, OutputFile};
use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};

/// Text of rows of cells. The first rows show the delimiter; written files have commas, `.tsv` tabs.
pub(super) struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn recognises(&self, _: &[u8]) -> bool {
        true
    }

    fn read(&self, source: OpenSource, options: &ReadOptions) -> Result<Vec<Column>, FileError> {
        let path = source.path.clone();
        let (mut rows, first) = Rows::open(source, options)?;
        let held_out = options.header.unwrap_or_else(|| may_be_names(&first));
        let mut columns: Vec<InferredColumn> = first
            .iter()
            .map(|_| InferredColumn::new(options.keep_na_words))
            .collect();
        rows.is_pending = !held_out;
        let mut has_rows = false;
        while rows.take_row()? {
            for (index, column) in columns.iter_mut().enumerate() {
                column.push(rows.cell(index), || rows.line());
            }
            has_rows = true;
        }
        if !has_rows {
            return Err(no_rows(&path));
        }
        let header = held_out && (options.header == Some(true) || are_names(&first, &columns));
        if held_out && !header {
            for (column, word) in columns.iter_mut().zip(&first) {
                column.push_front(word);
            }
        }
        keep_points(&mut columns, options.separators);
        let names = names(&path, &first, header)?.into_iter().zip(columns);
        let columns = names.map(|(name, column)| Ok(Column::new(&name, column.finish(&path, &name)?)));
        columns.collect()
    }

    fn rows(
        &self,
        source: OpenSource,
        options: &ReadOptions,
        expected: &Expected,
    ) -> Result<NamedRows, FileError> {
        let (mut rows, first) = Rows::open(source, options)?;
        let header = options.header.unwrap_or_else(|| {
            let is_numbered = |name: &str| {
                let number = name.strip_prefix('c');
                number.is_some_and(|number| number.parse::<usize>().is_ok())
            };
            let all_numbered = expected.iter().all(|(name, _)| is_numbered(name));
            !all_numbered || expected.iter().all(|(name, _)| first.contains(name))
        });
        rows.is_pending = !header;
        rows.keeps_na_words = options.keep_na_words;
        Ok((names(&rows.path, &first, header)?, Box::new(rows)))
    }
}

fn names(path: &Path, first: &[String], header: bool) -> Result<Vec<String>, FileError> {
    match header {
        true => names_of(path, first),
        false => Ok(numbered_names(first.len())),
    }
}

/// Keeps the texts of numbers whose point is, or may be, no decimal point.
fn keep_points(columns: &mut [InferredColumn], separators: Separators) {
    let is_comma = separators.decimal == Some(',') || separators.thousands == Some('.');
    let proven = || columns.iter().filter_map(InferredColumn::proven_decimal);
    let shows_comma =
        || separators.decimal.is_none() && proven().next() == Some(',') && proven().all(|c| c == ',');
    if is_comma || shows_comma() {
        columns
            .iter_mut()
            .for_each(|column| column.keep_points(!is_comma));
    }
}

/// Whether words above columns are their names.
fn are_names(words: &[String], columns: &[InferredColumn]) -> bool {
    let mut pairs = words.iter().zip(columns);
    columns.iter().any(InferredColumn::is_numeric)
        || (!pairs.any(|(word, column)| column.contains(word))
            && columns.iter().any(InferredColumn::has_repeats))
}

impl RowReader for Rows {
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize) -> Result<usize, FileError> {
        let mut count = 0;
        while count < rows && self.take_row()? {
            for column in columns.iter_mut() {
                let position = column.position;
                if let Some(kept) = column.kept_rows() {
                    kept.push_text(self.text(position));
                    continue;
                }
                let cell = Cell::from_text(self.cell(column.position), self.keeps_na_words);
                column.push(cell, &self.path, || format!("line {}", self.line()))?;
            }
            count += 1;
        }
        Ok(count)
    }
}

/// Begins to write a text.
pub(super) fn writer(
    output: OutputFile,
    kept: &[KeptColumn],
    columns: &Expected,
) -> Result<Box<dyn RowWriter>, FileError> {
    let path = output.path().to_path_buf();
    let delimiter = match path.extension() {
        Some(extension) if extension == "tsv" => b'\t',
        _ => b',',
    };
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(output);
    let names = kept.iter().map(KeptColumn::name);
    let names = names.chain(columns.iter().map(|(name, _)| name.as_str()));
    let written = writer.write_record(names);
    written.map_err(|error| not_written(&path, error))?;
    Ok(Box::new(TextWriter { writer, path }))
}

struct TextWriter {
    writer: csv::Writer<OutputFile>,
    path: PathBuf,
}

impl TextWriter {
    fn write_rows(&mut self, kept: &[KeptColumn], table: &Table) -> csv::Result<()> {
        let writer = &mut self.writer;
        let mut number = Vec::new();
        let kept: Vec<Texts> = kept.iter().map(KeptColumn::texts).collect();
        for row in 0..table.rows() {
            for texts in &kept {
                writer.write_field(texts.get(row))?;
            }
            for column in &table.columns {
                match &column.values {
                    Values::Numbers(values) if values[row].is_nan() => writer.write_field("")?,
                    Values::Numbers(values) => {
                        number.clear();
                        write!(number, "{}", values[row])?;
                        writer.write_field(&number)?;
                    }
                    Values::Categories(words) | Values::Booleans(words) => {
                        writer.write_field(words.get(row).unwrap_or(""))?;
                    }
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }
}

impl RowWriter for TextWriter {
    fn write(&mut self, kept: &[KeptColumn], table: &Table) -> Result<(), FileError> {
        self.write_rows(kept, table)
            .map_err(|error| not_written(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), FileError> {
        let output = self.writer.into_inner();
        output
            .map_err(|error| io_failed(&self.path, error.into_error()))?
            .commit()
    }
}

fn not_written(path: &Path, error: csv::Error) -> FileError {
    match error.into_kind() {
        ErrorKind::Io(error) => io_failed(path, error),
        other => FileError::from_write(path, format!("{other:?}")),
    }
}

fn io_failed(path: &Path, source: io::Error) -> FileError {
    match source.kind() {
        io::ErrorKind::BrokenPipe => FileError::ReaderGone {
            path: path.to_path_buf(),
            source,
        },
        _ => FileError::from_write(path, source),
    }
}

/// Added after the last row: a cell that contains it began with a quote that is never closed.
const END: &str = "\u{1}end of the table\u{1}";

/// The rows of a file, one at a time.
struct Rows {
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: StringRecord,
    path: PathBuf,
    /// Cells of the first row.
    width: Option<usize>,
    /// Whether the row that was read last, the first, is still to be taken.
    is_pending: bool,
    /// Whether `NA` and the like are words.
    keeps_na_words: bool,
}

impl Rows {
    /// Opens a text; also the cells of its first row.
    fn open(source: OpenSource, options: &ReadOptions) -> Result<(Rows, Vec<String>), FileError> {
        let path = source.path.clone();
        if source.prefix.starts_with(&[0xff, 0xfe]) || source.prefix.starts_with(&[0xfe, 0xff]) {
            return Err(not_utf8(&path, 1, 1));
        }
        let recognised = || find_delimiter(&source.prefix, source.is_whole);
        let delimiter = options.delimiter.unwrap_or_else(recognised);
        let end = Cursor::new(format!("\n{END}\n"));
        let reader: Box<dyn Read + Send> = Box::new(source.into_reader().chain(end));
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            // A carriage return before it is trimmed with the other white space, so lines are counted right.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(64 * 1024)
            .from_reader(reader);
        let mut rows = Rows {
            reader,
            record: StringRecord::new(),
            path,
            width: None,
            is_pending: false,
            keeps_na_words: false,
        };
        if !rows.advance()? {
            return Err(empty(&rows.path));
        }
        let first = (0..rows.record.len()).map(|column| rows.cell(column).to_owned());
        let first = first.collect();
        Ok((rows, first))
    }

    /// Goes to the next row that is to be taken: the one that was read last if it still is; `false` at the end.
    fn take_row(&mut self) -> Result<bool, FileError> {
        Ok(std::mem::take(&mut self.is_pending) || self.advance()?)
    }

    /// Goes to the next row that is not blank; `false` at the end.
    fn advance(&mut self) -> Result<bool, FileError> {
        loop {
            let read = self.reader.read_record(&mut self.record);
            if !read.map_err(|error| self.error(error))? {
                return Ok(false);
            }
            let cells = self.record.len();
            let last = &self.record[cells - 1];
            if last.ends_with(END) || last.trim_end().ends_with(END) {
                if cells == 1 && last == END {
                    return Ok(false);
                }
                let line = self.reader.position().line() - last.matches('\n').count() as u64;
                let problem =
                    format!("the quote that opens on line {line} is never closed; close it or double it");
                return Err(FileError::contents(&self.path, problem));
            }
            // Two quotes with nothing between them are a cell, white space alone is not.
            if cells == 1 && !last.is_empty() && last.trim().is_empty() {
                continue;
            }
            let expected = *self.width.get_or_insert(cells);
            if cells != expected {
                let (line, plural) = (self.line(), if cells == 1 { "" } else { "s" });
                let problem = format!(
                    "line {line} has {cells} cell{plural}, expected {expected} as in the first row; check its \
                     delimiters and quotes"
                );
                return Err(FileError::contents(&self.path, problem));
            }
            return Ok(true);
        }
    }

    /// A cell without the white space around it.
    fn cell(&self, column: usize) -> &str {
        let cell = &self.record[column];
        let trimmed = cell.trim();
        // The parser does not take a quote after a space for one.
        if cell.starts_with(' ') && trimmed.len() > 1 {
            let unquoted = trimmed.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
            return unquoted.unwrap_or(trimmed);
        }
        trimmed
    }

    /// A cell as it is in the file, without its quotes.
    fn text(&self, column: usize) -> &str {
        let cell = &self.record[column];
        match cell.trim_start().starts_with('"') {
            true => self.cell(column),
            // That of the end of the line.
            false => cell.strip_suffix('\r').unwrap_or(cell),
        }
    }

    /// The line on which the row begins, counted from 1.
    fn line(&self) -> u64 {
        let inside = self.record.as_slice().matches('\n').count() as u64;
        self.reader.position().line() - 1 - inside
    }

    fn error(&self, error: csv::Error) -> FileError {
        match error.into_kind() {
            ErrorKind::Io(error) => FileError::from_read(&self.path, error),
            ErrorKind::Utf8 { pos, err } => {
                let line = pos.map_or(0, |position| position.line());
                not_utf8(&self.path, line, err.field() + 1)
            }
            other => FileError::damaged(&self.path, "CSV", format!("{other:?}")),
        }
    }
}

fn not_utf8(path: &Path, line: u64, column: usize) -> FileError {
    let problem = format!("line {line}, column {column}: the text is not UTF-8; save the file as UTF-8");
    FileError::contents(path, problem)
}
