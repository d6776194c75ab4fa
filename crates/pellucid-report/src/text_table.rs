//! Text for a terminal: tables of aligned columns, and prose in lines.

use crate::typeface::{self, without_middle};

/// A table of words and numbers. A table too wide for the terminal is broken into blocks, each with the first columns.
#[derive(Debug)]
pub(crate) struct TextTable {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// The number of columns that name the row: aligned to the left, and repeated in each block.
    naming: usize,
}

const GAP: usize = 2;
const INDENT: usize = 2;

impl TextTable {
    /// Columns after the first `naming` ones are numbers, aligned to the right.
    pub(crate) fn new(header: Vec<String>, naming: usize) -> Self {
        Self {
            header,
            rows: Vec::new(),
            naming,
        }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        debug_assert_eq!(row.len(), self.header.len());
        self.rows.push(row);
    }

    pub(crate) fn render(&self, width: usize) -> String {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                let cells = std::iter::once(&self.header).chain(&self.rows);
                cells.map(|row| row[column].chars().count()).max().unwrap_or(0)
            })
            .collect();
        let naming_width: usize = INDENT + widths[..self.naming].iter().map(|w| w + GAP).sum::<usize>();
        let mut text = String::new();
        let mut from = self.naming;
        while from < self.header.len() {
            let mut to = from;
            let mut used = naming_width;
            while to < self.header.len() && (to == from || used + widths[to] <= width) {
                used += widths[to] + GAP;
                to += 1;
            }
            if from > self.naming {
                text.push('\n');
            }
            for row in std::iter::once(&self.header).chain(&self.rows) {
                let mut line = " ".repeat(INDENT);
                for column in (0..self.naming).chain(from..to) {
                    let padding = " ".repeat(widths[column] - row[column].chars().count());
                    if column < self.naming {
                        line.push_str(&row[column]);
                        line.push_str(&padding);
                    } else {
                        line.push_str(&padding);
                        line.push_str(&row[column]);
                    }
                    line.push_str(&" ".repeat(GAP));
                }
                text.push_str(line.trim_end());
                text.push('\n');
            }
            from = to;
        }
        text
    }
}

/// `text` with its middle left out if it is longer than `most` characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.chars().count() <= most {
        true => text.to_owned(),
        false => without_middle(text, most.saturating_sub(1), "…"),
    }
}

/// Breaks prose between words into lines of at most `width` characters.
pub(crate) fn fill(prose: &str, width: usize) -> String {
    lines_of_words(prose, width).join("\n") + "\n"
}

/// The words of a text in lines of at most `width` characters.
pub(crate) fn lines_of_words(text: &str, width: usize) -> Vec<String> {
    typeface::lines_of_words(text, |line| line.chars().count() <= width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TextTable {
        let words = |row: [&str; 3]| row.map(str::to_owned).to_vec();
        let mut table = TextTable::new(words(["run", "1", "1,000"]), 1);
        table.push(words(["online", "0.3", "0.01"]));
        table.push(words(["batch", "0.25", "0.1"]));
        table
    }

    #[test]
    fn numbers_stand_to_the_right() {
        assert_eq!(
            table().render(80),
            "  run        1  1,000\n  online   0.3   0.01\n  batch   0.25    0.1\n"
        );
    }

    #[test]
    fn wide_tables_break_into_blocks_that_repeat_the_names() {
        let text = table().render(16);
        assert!(text.lines().all(|line| line.chars().count() <= 16), "{text}");
        assert_eq!(text.matches("online").count(), 2);
    }

    #[test]
    fn prose_is_broken_between_words() {
        assert_eq!(fill("one two three", 8), "one two\nthree\n");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("abcdefghij", 5), "ab…ij");
        assert_eq!(shorten("abc", 5), "abc");
    }
}
