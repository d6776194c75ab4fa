//! Recognises the delimiter of a text.

use csv::{ByteRecord, ReaderBuilder, Terminator};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const SAMPLED_ROWS: usize = 200;

/// The delimiter that splits most of the first rows into the same number of cells; among equals, into the most cells.
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
    while widths.len() < SAMPLED_ROWS && reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.len() > 1 || record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
            widths.push(record.len());
        }
    }
    if !is_whole && widths.len() > 1 && widths.len() < SAMPLED_ROWS {
        // The end of the prefix cuts off the last row.
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
