//! Detects columns that are left out as identifiers or unclear dates although most of their cells are numbers or dates.

use super::warning;
use crate::table::{Column, DateOrder, Values, is_written_number, word_counts};
use pellucid::inspection::diagnosis::{Finding, FindingKind};

/// The share of a column's words that are numbers, or dates, from which they are what the column is about.
const MOST: f64 = 0.5;

/// A finding about a column that is left out.
pub(super) fn find(column: &Column, rows: &[u32]) -> Option<Finding> {
    let Values::Categories(words) = &column.values else {
        return None;
    };
    let codes: Vec<u32> = rows.iter().map(|&row| words.codes[row as usize]).collect();
    let counted = words.names.iter().zip(word_counts(&codes, words.names.len()));
    let present: Vec<&str> = counted
        .filter(|(_, rows)| *rows > 0)
        .map(|(word, _)| word.as_str())
        .collect();
    ["numbers", "dates"].into_iter().find_map(|what| {
        let (flag, is): (_, fn(&str) -> bool) = match what {
            "numbers" => ("--numeric", is_written_number),
            _ => ("--date", DateOrder::is_date),
        };
        let of_kind: Vec<&str> = present.iter().copied().filter(|word| is(word)).collect();
        let example = of_kind.first()?;
        if present.len() < 2 || (of_kind.len() as f64) < MOST * present.len() as f64 {
            return None;
        }
        let (name, count, all) = (&column.name, of_kind.len(), present.len());
        let odd = present.iter().find(|word| !is(word));
        let odd = odd.map(|word| format!("; `{word}` is none")).unwrap_or_default();
        Some(warning(
            FindingKind::LeftOutColumn,
            format!("column {name} is left out, but {count} of its {all} words are {what}, such as `{example}`{odd}"),
            "a column is read as numbers or dates only if all its cells follow one pattern; as words that all differ, it says \
             nothing",
            format!(
                "write all cells in one way, or count the odd ones as missing by --na; {flag} {name} says which cell is not like \
                 the others"
            ),
        ))
    })
}
