//! Text for a terminal: tables of aligned columns, and prose in lines.

use crate::typeface::{self, without_middle};

const GAP: usize = 2;
const INDENT: usize = 2;

/// A table of words and numbers. The first `naming` columns name the row, aligned to the left; the others are numbers,
/// aligned to the right. A table too wide for the terminal is broken into blocks, each with the first columns.
pub(crate) fn table(
    header: Vec<String>,
    rows: impl IntoIterator<Item = Vec<String>>,
    naming: usize,
    width: usize,
) -> String {
    let columns = header.len();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    let widest = |column: usize| rows.iter().map(move |row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    let naming_width: usize = INDENT + widths[..naming].iter().map(|w| w + GAP).sum::<usize>();
    let mut text = String::new();
    let mut from = naming;
    while from < columns {
        let mut to = from;
        let mut used = naming_width;
        while to < columns && (to == from || used + widths[to] <= width) {
            used += widths[to] + GAP;
            to += 1;
        }
        if from > naming {
            text.push('\n');
        }
        for row in &rows {
            let mut line = " ".repeat(INDENT);
            for column in (0..naming).chain(from..to) {
                let padding = " ".repeat(widths[column] - row[column].chars().count());
                let cell = &row[column];
                line += &match column < naming {
                    true => format!("{cell}{padding}"),
                    false => format!("{padding}{cell}"),
                };
                line += &" ".repeat(GAP);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        from = to;
    }
    text
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

    fn runs(width: usize) -> String {
        let words = |row: [&str; 3]| row.map(str::to_owned).to_vec();
        let rows = [["online", "0.3", "0.01"], ["batch", "0.25", "0.1"]];
        table(words(["run", "1", "1,000"]), rows.map(words), 1, width)
    }

    #[test]
    fn numbers_stand_to_the_right() {
        assert_eq!(
            runs(80),
            "  run        1  1,000\n  online   0.3   0.01\n  batch   0.25    0.1\n"
        );
    }

    #[test]
    fn wide_tables_break_into_blocks_that_repeat_the_names() {
        let text = runs(16);
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
