//! Recognises the delimiter of a text.

use super::super::cell::number;
use super::super::format::Delimiter;
use super::blanks::Blanks;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::io::Read;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const SAMPLED_ROWS: usize = 200;

/// How lines are separated into cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells {
    pub(super) delimiter: Delimiter,
    /// Lines that begin with it are left out.
    pub(super) comment: Option<u8>,
}

impl Cells {
    /// A parser of rows; runs of blanks are tabs by then.
    pub(super) fn builder(self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder
            .delimiter(match self.delimiter {
                Delimiter::Byte(byte) => byte,
                Delimiter::Blanks => b'\t',
            })
            .comment(self.comment)
            .has_headers(false)
            .flexible(true)
            // A carriage return before it is trimmed with the other white space, so lines are counted right.
            .terminator(Terminator::Any(b'\n'));
        builder
    }
}

/// The delimiter that splits most of the first rows into the same number of cells; among equals, into the most cells.
/// Where none does, runs of blanks if they do so with all rows, and numbers are among the cells.
pub(super) fn find_delimiter(prefix: &[u8], is_whole: bool, comment: Option<u8>) -> Delimiter {
    let rows = |delimiter| rows_of(prefix, is_whole, Cells { delimiter, comment });
    let mut best = (0.0, 1, b',');
    for delimiter in DELIMITERS {
        let (share, cells) = regularity(&rows(Delimiter::Byte(delimiter)));
        let decimal_commas =
            delimiter == b';' && best.2 == b',' && share == 1.0 && commas_are_decimal(prefix);
        if cells > 1 && ((share, cells) > (best.0, best.1) || decimal_commas) {
            best = (share, cells, delimiter);
        }
    }
    if best.1 == 1 {
        let rows = rows(Delimiter::Blanks);
        let is_number = |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|cell| number(cell).is_some());
        let is_numeric = |column: usize| rows.iter().skip(1).all(|row| is_number(&row[column]));
        // R leaves out the name of the first column, that of its row names.
        let rest = match &rows[..] {
            [first, second, _, ..] if first.len() + 1 == second.len() => &rows[1..],
            rows => rows,
        };
        if let (true, (1.0, width @ 2..)) = (rows.len() > 1, regularity(rest))
            && (0..width).any(is_numeric)
        {
            return Delimiter::Blanks;
        }
    }
    Delimiter::Byte(best.2)
}

/// The first rows of a text, without blank ones and without one that the end of the prefix cuts off.
pub(super) fn rows_of(prefix: &[u8], is_whole: bool, cells: Cells) -> Vec<ByteRecord> {
    let source: Box<dyn Read + '_> = match cells.delimiter {
        Delimiter::Blanks => Box::new(Blanks::new(prefix)),
        Delimiter::Byte(_) => Box::new(prefix),
    };
    let mut reader = cells.builder().from_reader(source);
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    while rows.len() < SAMPLED_ROWS && reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.len() > 1 || record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
            rows.push(record.clone());
        }
    }
    if !is_whole && rows.len() > 1 && rows.len() < SAMPLED_ROWS {
        rows.pop();
    }
    rows
}

/// The share of rows with the commonest number of cells, and that number.
fn regularity(rows: &[ByteRecord]) -> (f64, usize) {
    let count = |width: usize| rows.iter().filter(|other| other.len() == width).count();
    let commonest = rows.iter().map(|row| (count(row.len()), row.len())).max();
    commonest.map_or((0.0, 1), |(equal, width)| {
        (equal as f64 / rows.len() as f64, width)
    })
}

/// Whether every comma stands between digits.
fn commas_are_decimal(prefix: &[u8]) -> bool {
    prefix
        .windows(3)
        .filter(|window| window[1] == b',')
        .all(|window| window[0].is_ascii_digit() && window[2].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n", b';'),
            ("1,5;2,5\n3,5;4,5\n", b';'),
            ("a\tb\n1 x\t2\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("a,b,c\nx;y,1,2\n", b','),
            ("1,2,x;y\n3,4,z;w\n", b','),
            ("\"a;b\",c\n\"d;e\",f\n", b','),
            ("word\nother\n", b','),
            ("", b','),
        ] {
            let found = find_delimiter(text.as_bytes(), true, None);
            assert_eq!(found, Delimiter::Byte(delimiter), "{text:?}");
        }
        for text in [
            "a b\n1  2\n3 4\n",
            "  1.5   x\n 2.5 y\n",
            "# of x\n1 2 3\n4 5 6\n",
        ] {
            assert_eq!(
                find_delimiter(text.as_bytes(), true, None),
                Delimiter::Blanks,
                "{text:?}"
            );
        }
        let words = "first last\nAda Lovelace\nAlan Turing\n";
        assert_eq!(
            find_delimiter(words.as_bytes(), true, None),
            Delimiter::Byte(b',')
        );
    }
}
