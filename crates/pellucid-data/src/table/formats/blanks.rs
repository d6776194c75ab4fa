//! Text whose cells are separated by runs of blanks, as a table with tabs.

use std::io::{self, Read};

/// Replaces each run of blanks and tabs between cells by a tab, and leaves out those around a line. Blanks within double
/// quotes stay.
pub(super) struct Blanks<R> {
    source: R,
    /// Whether a cell stands before on this line.
    after_cell: bool,
    in_run: bool,
    in_quotes: bool,
    /// What was read and did not fit.
    waiting: Option<u8>,
}

impl<R: Read> Blanks<R> {
    pub(super) fn new(source: R) -> Self {
        Blanks {
            source,
            after_cell: false,
            in_run: false,
            in_quotes: false,
            waiting: None,
        }
    }
}

impl<R: Read> Read for Blanks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        if let (Some(byte), [first, ..]) = (self.waiting, &mut *buffer) {
            *first = byte;
            (self.waiting, count) = (None, 1);
        }
        // A run and the byte after it may give one byte more than they take.
        let mut read = vec![0; buffer.len().saturating_sub(count)];
        while count == 0 && !buffer.is_empty() {
            let found = self.source.read(&mut read)?;
            if found == 0 {
                break;
            }
            for &byte in &read[..found] {
                match byte {
                    b' ' | b'\t' if !self.in_quotes => {
                        self.in_run = true;
                        continue;
                    }
                    b'\r' if !self.in_quotes => continue,
                    b'\n' if !self.in_quotes => (self.after_cell, self.in_run) = (false, false),
                    byte => {
                        if self.in_run && self.after_cell && !self.in_quotes {
                            buffer[count] = b'\t';
                            count += 1;
                        }
                        (self.in_run, self.after_cell) = (false, true);
                        self.in_quotes ^= byte == b'"';
                    }
                }
                match buffer.get_mut(count) {
                    Some(place) => {
                        *place = byte;
                        count += 1;
                    }
                    None => self.waiting = Some(byte),
                }
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_blanks_become_tabs() {
        let text = "  a  b\t c \r\n1 \"x  y\" 3\n\n 4   5 6";
        for step in [1, 2, 3, 100] {
            let mut blanks = Blanks::new(text.as_bytes());
            let mut all = Vec::new();
            let mut buffer = vec![0; step];
            loop {
                match blanks.read(&mut buffer).unwrap() {
                    0 => break,
                    count => all.extend(&buffer[..count]),
                }
            }
            let expected = "a\tb\tc\n1\t\"x  y\"\t3\n\n4\t5\t6";
            assert_eq!(String::from_utf8(all).unwrap(), expected);
        }
    }
}
