//! The beginning of a text: what stands before the rows, and how the first of them are separated into cells.

use super::super::encoding::{DecodedText, EncodingNote};
use super::super::format::{Delimiter, ReadOptions};
use super::super::source::OpenSource;
use super::blanks::Blanks;
use super::delimiter::{Cells, find_delimiter, rows_of};
use crate::files::FileError;
use csv::StringRecord;
use std::io::{Cursor, Read};

/// Bytes from which the separation into cells is recognised.
const SAMPLE_BYTES: usize = 64 * 1024;
/// Bytes where lines are long, as those of thousands of columns are.
const LARGEST_SAMPLE_BYTES: usize = 4 << 20;
/// Lines that are enough to recognise it.
const SAMPLED_LINES: usize = 4;

/// A text in UTF-8 from its first row on.
pub(super) struct Beginning {
    pub(super) text: Box<dyn Read + Send>,
    pub(super) cells: Cells,
    /// Lines before it.
    pub(super) skipped_lines: u64,
    /// The first rows.
    pub(super) sample: Vec<StringRecord>,
    pub(super) notes: Vec<String>,
    pub(super) encoding: EncodingNote,
}

impl Beginning {
    pub(super) fn read(source: OpenSource, options: &ReadOptions) -> Result<Beginning, FileError> {
        let path = source.path.clone();
        let prefix = source.prefix.clone();
        let (mut rest, encoding) = DecodedText::new(source.into_reader(), &prefix, options.encoding, &path)?;
        let (mut sample, mut notes) = (Vec::new(), Vec::new());
        let mut refill = |sample: &mut Vec<u8>| -> Result<bool, FileError> {
            let mut size = SAMPLE_BYTES;
            loop {
                let wanted = size.saturating_sub(sample.len()) as u64;
                let read = (&mut rest).take(wanted).read_to_end(sample);
                read.map_err(|error| FileError::from_read(&path, error))?;
                let is_whole = sample.len() < size;
                let lines = sample.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
                if is_whole || lines > SAMPLED_LINES || size >= LARGEST_SAMPLE_BYTES {
                    return Ok(is_whole);
                }
                size *= 2;
            }
        };
        let mut is_whole = refill(&mut sample)?;
        if sample.starts_with("\u{feff}".as_bytes()) {
            sample.drain(..3);
        }
        let carriage_returns = sample.contains(&b'\r') && !sample.contains(&b'\n');
        let end_of_line = if carriage_returns { b'\r' } else { b'\n' };
        let end_of_first = |sample: &[u8]| sample.iter().position(|&byte| byte == end_of_line);

        let mut skipped_lines = 0;
        while skipped_lines < options.skip_rows.unwrap_or(0) && !sample.is_empty() {
            match end_of_first(&sample) {
                Some(end) => {
                    sample.drain(..=end);
                    skipped_lines += 1;
                }
                None => sample.clear(),
            }
            // Refilled when it is short, so that skipping many lines does not take the square of their number.
            if sample.len() < SAMPLE_BYTES / 2 {
                is_whole = refill(&mut sample)?;
            }
        }
        let mut asked = options.delimiter;
        if let Some((delimiter, end)) = separator_line(&sample, end_of_first(&sample)) {
            asked = asked.or(Some(Delimiter::Byte(delimiter)));
            sample.drain(..end);
            skipped_lines += 1;
        }
        let lines = sample.iter().map(|&byte| {
            if byte == b'\r' && carriage_returns {
                b'\n'
            } else {
                byte
            }
        });
        let lines: Vec<u8> = lines.collect();
        let mut start = 0;
        if options.comment.is_none() && options.skip_rows.is_none() {
            let comments = leading_comments(&lines, is_whole, asked);
            start = end_of_lines(&lines, comments);
            if comments > 0 {
                skipped_lines += comments as u64;
                let lines = match comments {
                    1 => "the first line, which begins with #, is left out, as a comment".to_owned(),
                    _ => format!("the first {comments} lines, which begin with #, are left out, as comments"),
                };
                notes.push(format!(
                    "{lines}; --skip-rows 0 reads them, --comment '#' leaves out such lines everywhere"
                ));
            }
        }
        let delimiter = asked.unwrap_or_else(|| find_delimiter(&lines[start..], is_whole, options.comment));
        let cells = Cells {
            delimiter,
            comment: options.comment,
        };
        if delimiter == Delimiter::Blanks && asked.is_none() {
            notes.push("runs of blanks separate the cells; --delimiter sets another".into());
        }
        let mut first_rows = rows_of(&lines[start..], is_whole, cells);
        if !is_whole && first_rows.len() == 1 {
            // Most likely the beginning of a very long one.
            first_rows.clear();
        }
        let first_rows = first_rows.into_iter().map(StringRecord::from_byte_record_lossy);
        sample.drain(..start);
        let text: Box<dyn Read + Send> = Box::new(Cursor::new(sample).chain(rest));
        let text = match carriage_returns {
            true => Box::new(CarriageReturns(text)),
            false => text,
        };
        Ok(Beginning {
            text: match delimiter {
                Delimiter::Blanks => Box::new(Blanks::new(text)),
                Delimiter::Byte(_) => text,
            },
            cells,
            skipped_lines,
            sample: first_rows.collect(),
            notes,
            encoding,
        })
    }
}

/// The delimiter that a first line such as `sep=;` names, and where the next line begins.
fn separator_line(text: &[u8], end_of_line: Option<usize>) -> Option<(u8, usize)> {
    let end = end_of_line?;
    let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    let line = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""))
        .unwrap_or(line);
    let (name, delimiter) = line.split_at_checked(4)?;
    let is_one = name.eq_ignore_ascii_case(b"sep=") && delimiter.len() == 1 && delimiter[0].is_ascii();
    is_one.then(|| (delimiter[0], end + 1))
}

/// The number of lines at the beginning that begin with `#` and are not of as many cells as the rows below.
fn leading_comments(text: &[u8], is_whole: bool, delimiter: Option<Delimiter>) -> usize {
    let marked = text
        .split(|&byte| byte == b'\n')
        .take_while(|line| line.starts_with(b"#"))
        .count();
    if marked == 0 {
        return 0;
    }
    let below = &text[end_of_lines(text, marked)..];
    let delimiter = delimiter.unwrap_or_else(|| find_delimiter(below, is_whole, None));
    let cells = Cells {
        delimiter,
        comment: None,
    };
    let Some(width) = rows_of(below, is_whole, cells).first().map(csv::ByteRecord::len) else {
        return 0;
    };
    // The last of them may name the columns.
    let last = &text[end_of_lines(text, marked - 1)..end_of_lines(text, marked)];
    let is_header = rows_of(last, true, cells)
        .first()
        .is_some_and(|row| row.len() == width);
    match width {
        1 => 0,
        _ => marked - usize::from(is_header),
    }
}

/// Where the line after the first `lines` begins.
fn end_of_lines(text: &[u8], lines: usize) -> usize {
    let ends = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1);
    match lines {
        0 => 0,
        lines => ends.take(lines).last().unwrap_or(text.len()),
    }
}

/// A text whose lines end in carriage returns, with newlines in their place.
struct CarriageReturns(Box<dyn Read + Send>);

impl Read for CarriageReturns {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        buffer[..count]
            .iter_mut()
            .filter(|byte| **byte == b'\r')
            .for_each(|byte| *byte = b'\n');
        Ok(count)
    }
}
