//! Looking at a table of text: its delimiter, and whether its first row names the columns.

use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::path::Path;

use super::cell::{is_missing, number};
use crate::error::{DataError, Result};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const ROWS_LOOKED_AT: usize = 200;

/// The delimiter that cuts the first rows into the same number of cells most often; among equals, into most.
pub(super) fn find_delimiter(prefix: &[u8], is_whole: bool) -> u8 {
    let mut best = (0.0, 1, b',');
    for delimiter in DELIMITERS {
        let (share, cells) = regularity(prefix, is_whole, delimiter);
        let decimal_commas =
            delimiter == b';' && best.2 == b',' && share == 1.0 && commas_are_decimal(prefix);
        if cells > 1 && ((share, cells) > (best.0, best.1) || decimal_commas) {
            best = (share, cells, delimiter);
        }
    }
    best.2
}

/// The share of rows with the commonest number of cells, and that number.
fn regularity(prefix: &[u8], is_whole: bool, delimiter: u8) -> (f64, usize) {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(prefix);
    let mut widths = Vec::new();
    let mut record = ByteRecord::new();
    while widths.len() < ROWS_LOOKED_AT && reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.len() > 1 || record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
            widths.push(record.len());
        }
    }
    if !is_whole && widths.len() > 1 && widths.len() < ROWS_LOOKED_AT {
        // Cut off where the prefix ends.
        widths.pop();
    }
    let count = |width: usize| widths.iter().filter(|&&other| other == width).count();
    let commonest = widths.iter().map(|&width| (count(width), width)).max();
    commonest.map_or((0.0, 1), |(rows, width)| {
        (rows as f64 / widths.len() as f64, width)
    })
}

/// Whether every comma stands between digits.
fn commas_are_decimal(prefix: &[u8]) -> bool {
    prefix
        .windows(3)
        .filter(|window| window[1] == b',')
        .all(|window| window[0].is_ascii_digit() && window[2].is_ascii_digit())
}

/// Whether a first row may be names: words, whether or not two are the same, which is refused later. The first may be empty, as where row numbers stand below.
pub(super) fn may_be_names(row: &[String]) -> bool {
    row.iter().enumerate().all(|(index, cell)| {
        let nameless = cell.is_empty() && index == 0 && row.len() > 1;
        nameless || (!is_missing(cell) && number(cell).is_none())
    })
}

/// `c1`, `c2`, …
pub(super) fn numbered_names(columns: usize) -> Vec<String> {
    (1..=columns).map(|column| format!("c{column}")).collect()
}

/// The names of a first row; a column without one is called by its number.
pub(super) fn names_of(path: &Path, row: &[String]) -> Result<Vec<String>> {
    let numbered = numbered_names(row.len());
    let names: Vec<String> = row
        .iter()
        .zip(numbered)
        .map(|(cell, numbered)| if cell.is_empty() { numbered } else { cell.clone() })
        .collect();
    check_names(path, &names)?;
    Ok(names)
}

/// Refuses names that occur twice.
pub(super) fn check_names(path: &Path, names: &[String]) -> Result<()> {
    let mut seen = std::collections::HashMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name, index + 1) {
            return Err(DataError::DuplicateColumn {
                path: path.to_path_buf(),
                name: name.clone(),
                first,
                second: index + 1,
            });
        }
    }
    Ok(())
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
            assert_eq!(find_delimiter(text.as_bytes(), true), delimiter, "{text:?}");
        }
    }
}
