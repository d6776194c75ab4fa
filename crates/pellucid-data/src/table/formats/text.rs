//! Delimited text: CSV, TSV and similar.

use super::super::cell::{AllDigits, Cell};
use super::super::columns::{Column, NumberSpellings, Table, Values};
use super::super::encoding::EncodingNote;
use super::super::error::{empty, no_rows};
use super::super::format::{
    Contents, Expected, Format, NamedRows, Ragged, ReadOptions, RowReader, RowWriter,
};
use super::super::infer::InferredColumn;
use super::super::kept::{KeptColumn, Texts};
use super::super::limits::{MOST_CELL_BYTES, check_count, too_long};
use super::super::names::{may_be_names, names_of, numbered_names};
use super::super::number_format::Separators;
use super::super::source::OpenSource;
use super::super::typed::TypedColumn;
use super::Formulas;
use super::beginning::Beginning;
use super::first_row::{FirstRow, shown};
use super::watched::{RowTooLong, Watch, Watched};
use crate::files::{FileError, OutputFile};
use csv::{ErrorKind, StringRecord};
use std::borrow::Cow;
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

    fn read(&self, source: OpenSource, options: &ReadOptions) -> Result<Contents, FileError> {
        let path = source.path.clone();
        let (mut rows, first) = Rows::open(source, options)?;
        check_count(&path, first.len())?;
        let only_words = may_be_names(&first);
        let judged = match options.header.is_none() && !only_words {
            true => FirstRow::judge(&first, &rows.sample),
            false => FirstRow::Data,
        };
        let held_out = options.header.unwrap_or(only_words || judged == FirstRow::Names);
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
        let is_known = options.header == Some(true) || judged == FirstRow::Names || rows.lacks_name;
        let header = held_out && (is_known || are_names(&first, &columns));
        if held_out && !header {
            for (column, word) in columns.iter_mut().zip(&first) {
                column.push_front(word);
            }
        }
        keep_points(&mut columns, options.separators);
        let mut notes = rows.notes();
        let row = shown(&first);
        if judged == FirstRow::Names {
            notes.push(format!(
                "the first row ({row}) is read as the names of the columns, although numbers are among them; --header no \
                 reads it as data"
            ));
        } else if options.header.is_none() && !header && (only_words || judged == FirstRow::Unclear) {
            notes.push(format!(
                "the first row ({row}) is read as data, and the columns are called c1, c2, …; --header yes reads it as their \
                 names"
            ));
        }
        let names = names(&path, &first, header)?.into_iter().zip(columns);
        let names: Vec<_> = names.collect();
        let spelled = names.iter().filter_map(|(name, column)| {
            Some(NumberSpellings {
                column: name.clone(),
                numbers: column.spellings()?,
            })
        });
        let spellings = spelled.collect();
        let columns = names
            .into_iter()
            .map(|(name, column)| Ok(Column::new(&name, column.finish(&path, &name)?)));
        Ok(Contents {
            columns: columns.collect::<Result<_, FileError>>()?,
            notes,
            spellings,
            ..Contents::default()
        })
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
        false => {
            check_count(path, first.len())?;
            Ok(numbered_names(first.len()))
        }
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

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        notes.extend(self.encoding.get());
        if self.is_at_end && self.watch.ends_within_line() {
            notes.push(
                "the last line ends without a newline; rows are missing if the file was cut off there".into(),
            );
        }
        for (count, one, many) in [
            (
                self.counts.trailing,
                "row ends in a delimiter; the empty cell after it is",
                "rows end in a delimiter; the empty cells after them are",
            ),
            (
                self.counts.joined,
                "row repeats the names of the columns, and is",
                "rows repeat the names of the columns, and are",
            ),
        ] {
            if count > 0 {
                notes.push(format!(
                    "{count} {} left out",
                    if count == 1 { one } else { many }
                ));
            }
        }
        if self.counts.padded > 0 {
            let rows = if self.counts.padded == 1 {
                "row is"
            } else {
                "rows are"
            };
            notes.push(format!(
                "{} {rows} shorter than the first; the cells that are not there are missing values",
                self.counts.padded
            ));
        }
        notes
    }
}

/// Begins to write a text.
pub(super) fn writer(
    output: OutputFile,
    kept: &[KeptColumn],
    columns: &Expected,
    formulas: Formulas,
) -> Result<Box<dyn RowWriter>, FileError> {
    let path = output.path().to_path_buf();
    let delimiter = match path.extension() {
        Some(extension) if extension == "tsv" => b'\t',
        _ => b',',
    };
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(output);
    let names = kept.iter().map(KeptColumn::name);
    let names = names.chain(columns.iter().map(|(name, _)| name.as_str()));
    let names = names.map(|name| formulas.in_cell(name).into_owned());
    let written = writer.write_record(names.collect::<Vec<_>>());
    written.map_err(|error| not_written(&path, error))?;
    Ok(Box::new(TextWriter {
        writer,
        path,
        formulas,
    }))
}

struct TextWriter {
    writer: csv::Writer<OutputFile>,
    path: PathBuf,
    formulas: Formulas,
}

impl Formulas {
    /// A cell of text as it is written.
    fn in_cell(self, text: &str) -> Cow<'_, str> {
        let is_formula =
            || text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
        match self {
            Self::Quoted if is_formula() => Cow::Owned(format!("'{text}")),
            _ => Cow::Borrowed(text),
        }
    }
}

/// A table as CSV: the names of its columns, then its rows, as a file of it would have them.
pub(super) fn csv_of(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = writer.write_record(table.columns.iter().map(|column| &column.name));
    let written = names.and_then(|()| write_rows(&mut writer, Formulas::Kept, &[], table));
    debug_assert!(written.is_ok(), "memory takes every record");
    writer.into_inner().unwrap_or_default()
}

fn write_rows(
    writer: &mut csv::Writer<impl Write>,
    formulas: Formulas,
    kept: &[KeptColumn],
    table: &Table,
) -> csv::Result<()> {
    let mut number = Vec::new();
    let kept: Vec<Texts> = kept.iter().map(KeptColumn::texts).collect();
    for row in 0..table.rows() {
        for texts in &kept {
            writer.write_field(&*formulas.in_cell(texts.get(row)))?;
        }
        for column in &table.columns {
            match &column.values {
                Values::Numbers(values) if values[row].is_nan() => writer.write_field("")?,
                Values::Numbers(values) => {
                    number.clear();
                    write!(number, "{}", AllDigits(values[row]))?;
                    writer.write_field(&number)?;
                }
                Values::Categories(words) | Values::Booleans(words) => {
                    writer.write_field(&*formulas.in_cell(words.get(row).unwrap_or("")))?;
                }
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

impl RowWriter for TextWriter {
    fn write(&mut self, kept: &[KeptColumn], table: &Table) -> Result<(), FileError> {
        write_rows(&mut self.writer, self.formulas, kept, table)
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

/// Where a file begins that was put after another.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The cells of a row, by the first one and those below: that of the first, without a last one that is empty in all rows.
fn width(first: &StringRecord, below: &[StringRecord]) -> usize {
    let cells = first.len();
    let ends_empty = |row: &StringRecord| row.len() == cells && row[cells - 1].trim().is_empty();
    let is_trailing = |row: &StringRecord| ends_empty(row) || row.len() + 1 == cells;
    let all = cells > 1 && ends_empty(first) && !below.is_empty() && below.iter().all(is_trailing);
    cells - usize::from(all)
}

/// Whether the first row has a cell less than every row below, of which there are some, and is words: the first column, that
/// of row names, has no name where R writes a table.
fn lacks_first_name(sample: &[StringRecord]) -> bool {
    let [first, below @ ..] = sample else {
        return false;
    };
    let names: Vec<String> = first.iter().map(|cell| cell.trim().to_owned()).collect();
    let is_longer = |row: &StringRecord| row.len() == first.len() + 1;
    let ends_empty = |row: &StringRecord| row.iter().next_back().is_some_and(|cell| cell.trim().is_empty());
    below.len() > 1
        && below.iter().all(is_longer)
        && !below.iter().all(ends_empty)
        && may_be_names(&names)
        && names.iter().all(|name| !name.is_empty())
}

/// The rows of a file, one at a time.
struct Rows {
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: StringRecord,
    path: PathBuf,
    /// Lines of the file before those that the parser counts.
    skipped_lines: u64,
    /// Cells of a row.
    width: Option<usize>,
    ragged: Ragged,
    /// Whether the row that was read last, the first, is still to be taken.
    is_pending: bool,
    /// Whether the first row has no name for the first column.
    lacks_name: bool,
    /// Whether `NA` and the like are words.
    keeps_na_words: bool,
    /// The first rows below the first, to see what that is.
    sample: Vec<StringRecord>,
    /// The first row if it may be names, which the next of several files in one repeats.
    first: Vec<String>,
    counts: OddRows,
    notes: Vec<String>,
    encoding: EncodingNote,
    watch: Watch,
    /// The line on which the next row begins, as the parser counts.
    next_line: u64,
    is_at_end: bool,
}

/// Rows that are not as the others.
#[derive(Debug, Default)]
struct OddRows {
    trailing: u64,
    padded: u64,
    joined: u64,
}

impl Rows {
    /// Opens a text; also the cells of its first row.
    fn open(source: OpenSource, options: &ReadOptions) -> Result<(Rows, Vec<String>), FileError> {
        let path = source.path.clone();
        let Beginning {
            text,
            cells,
            skipped_lines,
            mut sample,
            notes,
            encoding,
        } = Beginning::read(source, options)?;
        let end = Cursor::new(format!("\n{END}\n"));
        let watch = Watch::default();
        let reader: Box<dyn Read + Send> = Box::new(Watched::new(text, &watch).chain(end));
        let reader = cells.builder().buffer_capacity(64 * 1024).from_reader(reader);
        let lacks_name = lacks_first_name(&sample) && options.header != Some(false);
        let width = sample.first().map(|first| width(first, &sample[1..]));
        if !sample.is_empty() {
            sample.remove(0);
        }
        let mut rows = Rows {
            reader,
            record: StringRecord::new(),
            path,
            skipped_lines,
            width,
            ragged: options.ragged,
            is_pending: false,
            lacks_name,
            keeps_na_words: false,
            sample,
            first: Vec::new(),
            counts: OddRows::default(),
            notes,
            encoding,
            watch,
            next_line: 1,
            is_at_end: false,
        };
        if !rows.advance()? {
            return Err(empty(&rows.path));
        }
        let width = rows.width.unwrap_or(rows.record.len());
        let first = (0..width).map(|column| rows.cell(column).to_owned());
        let mut first: Vec<String> = first.collect();
        if lacks_name {
            first.insert(0, String::new());
            rows.width = Some(width + 1);
            rows.notes.push(format!(
                "the first row has {width} names for {} columns; the first column has none, as where R writes row names",
                width + 1
            ));
        }
        if options.header != Some(false) && may_be_names(&first) {
            rows.first.clone_from(&first);
        }
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
            let position = self.reader.position();
            self.watch.begin_row(position.byte());
            self.next_line = position.line();
            let cells = self.record.len();
            let last = &self.record[cells - 1];
            if last.ends_with(END) || last.trim_end().ends_with(END) {
                if cells == 1 && last == END {
                    self.is_at_end = true;
                    return Ok(false);
                }
                let line =
                    self.skipped_lines + self.reader.position().line() - last.matches('\n').count() as u64;
                let problem =
                    format!("the quote that opens on line {line} is never closed; close it or double it");
                return Err(FileError::contents(&self.path, problem));
            }
            self.check_cells()?;
            // Two quotes with nothing between them are a cell, white space alone is not.
            if cells == 1 && !last.is_empty() && last.trim().is_empty() {
                continue;
            }
            let expected = *self.width.get_or_insert(cells);
            if cells == expected {
                if self.record[0].starts_with(BYTE_ORDER_MARK) && self.repeats_first() {
                    self.counts.joined += 1;
                    continue;
                }
                return Ok(true);
            }
            if cells > expected && (expected..cells).all(|cell| self.record[cell].trim().is_empty()) {
                self.counts.trailing += 1;
                return Ok(true);
            }
            if cells < expected && self.ragged == Ragged::Pad {
                self.counts.padded += 1;
                return Ok(true);
            }
            return Err(self.uneven(cells, expected));
        }
    }

    /// Refuses a cell that is too long.
    fn check_cells(&self) -> Result<(), FileError> {
        if self.record.as_slice().len() <= MOST_CELL_BYTES {
            return Ok(());
        }
        let is_long = |cell: &&str| cell.len() > MOST_CELL_BYTES;
        let mut cells = (1..).zip(self.record.iter());
        let Some((column, cell)) = cells.find(|(_, cell)| is_long(cell)) else {
            return Ok(());
        };
        let (line, problem) = (self.line(), too_long(cell.len()));
        Err(FileError::contents(
            &self.path,
            format!("line {line}, column {column}: {problem}"),
        ))
    }

    /// Whether the row, after a byte order mark, is the first row again, as where files were put one after the other.
    fn repeats_first(&self) -> bool {
        self.record.len() == self.first.len()
            && (0..self.record.len()).all(|at| self.cell(at) == self.first[at])
    }

    /// The error of a row with another number of cells than the first.
    fn uneven(&self, cells: usize, expected: usize) -> FileError {
        let (line, plural) = (self.line(), if cells == 1 { "" } else { "s" });
        let mut problem = format!(
            "line {line} has {cells} cell{plural}, expected {expected} as in the first row; check its delimiters and quotes"
        );
        // The first rows are the odd ones if all from here on are alike.
        let below: Vec<usize> = self.sample.iter().map(StringRecord::len).collect();
        let alike = below
            .iter()
            .rev()
            .take_while(|&&width| width == cells && width > 1)
            .count();
        if alike > 1 && alike >= below.len() - alike && expected < cells {
            problem += &format!(
                "; if the table begins there, --skip-rows {} leaves out the lines before",
                line - 1
            );
        } else if cells < expected {
            problem += "; --ragged pad reads missing values in the place of cells that are not there";
        }
        FileError::contents(&self.path, problem)
    }

    /// A cell without the white space around it.
    fn cell(&self, column: usize) -> &str {
        // Rows may be short.
        let mut cell = self.record.get(column).unwrap_or_default();
        let mark = if column == 0 {
            cell.strip_prefix(BYTE_ORDER_MARK)
        } else {
            None
        };
        cell = mark.unwrap_or(cell);
        let trimmed = cell.trim();
        // The parser does not take a quote after a space or a byte order mark for one.
        if (cell.starts_with(' ') || mark.is_some()) && trimmed.len() > 1 {
            let unquoted = trimmed.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
            return unquoted.unwrap_or(trimmed);
        }
        trimmed
    }

    /// A cell as it is in the file, without its quotes.
    fn text(&self, column: usize) -> &str {
        // Rows may be short.
        let cell = self.record.get(column).unwrap_or_default();
        match cell.trim_start().starts_with(['"', BYTE_ORDER_MARK]) {
            true => self.cell(column),
            // That of the end of the line.
            false => cell.strip_suffix('\r').unwrap_or(cell),
        }
    }

    /// The line on which the row begins, counted from 1.
    fn line(&self) -> u64 {
        let inside = self.record.as_slice().matches('\n').count() as u64;
        self.skipped_lines + self.reader.position().line() - 1 - inside
    }

    fn error(&self, error: csv::Error) -> FileError {
        match error.into_kind() {
            ErrorKind::Io(error) => match error.downcast::<RowTooLong>() {
                Ok(problem) => {
                    let line = self.skipped_lines + self.next_line;
                    FileError::contents(&self.path, format!("line {line}: {problem}"))
                }
                Err(error) => FileError::from_read(&self.path, error),
            },
            ErrorKind::Utf8 { pos, err } => {
                let line = self.skipped_lines + pos.map_or(0, |position| position.line());
                not_utf8(&self.path, line, err.field() + 1)
            }
            other => FileError::damaged(&self.path, "CSV", format!("{other:?}")),
        }
    }
}

fn not_utf8(path: &Path, line: u64, column: usize) -> FileError {
    let problem = format!(
        "line {line}, column {column}: the text is not UTF-8; save the file as UTF-8, or name its encoding with --encoding"
    );
    FileError::contents(path, problem)
}

#[cfg(test)]
mod tests;
