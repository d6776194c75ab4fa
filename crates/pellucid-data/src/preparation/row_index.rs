//! Row indices that programs write beside a table, such as pandas and R.

use crate::table::{Table, Values};
use std::collections::HashSet;

/// Whether a column is a row index: one without a name or with the name that such an index has, which holds distinct whole
/// numbers in these rows, in any order.
pub(super) fn is_row_index(table: &Table, column: usize, rows: &[u32]) -> bool {
    let Values::Numbers(numbers) = &table.columns[column].values else {
        return false;
    };
    let mut seen = HashSet::with_capacity(rows.len());
    let is_new_whole = |&row: &u32| {
        let number = numbers[row as usize];
        number.fract() == 0.0 && seen.insert((number + 0.0).to_bits())
    };
    has_name_of_index(table, column) && rows.len() > 1 && rows.iter().all(is_new_whole)
}

fn has_name_of_index(table: &Table, column: usize) -> bool {
    let name = table.columns[column].name.to_lowercase();
    let rest_is_number = |start: &str| {
        let rest = name.strip_prefix(start);
        rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    matches!(name.as_str(), "" | "index" | "level_0" | "rownames" | "row.names")
        || rest_is_number("unnamed: ")
        || rest_is_number("unnamed:_")
        || name
            .strip_prefix("__index_level_")
            .is_some_and(|rest| rest.ends_with("__"))
        || is_nameless(table, column)
}

/// Whether a column has a number for a name because its header is empty, while others have names.
fn is_nameless(table: &Table, column: usize) -> bool {
    let is_numbered = |position: usize| table.columns[position].name == format!("c{}", position + 1);
    is_numbered(column) && (0..table.columns.len()).all(|other| other == column || !is_numbered(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;

    fn found(names: &[&str], numbers: &[f64]) -> bool {
        let column = |name: &&str| Column {
            name: (*name).into(),
            values: Values::Numbers(numbers.to_vec()),
        };
        let table = Table {
            source: "t".into(),
            first_row: 0,
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
            columns: names.iter().map(column).collect(),
        };
        let rows: Vec<u32> = (0..numbers.len() as u32).collect();
        is_row_index(&table, 0, &rows)
    }

    #[test]
    fn names_and_numbers_decide() {
        let shuffled = [3.0, 0.0, 7.0, 1.0];
        for name in ["c1", "Unnamed: 0", "Unnamed: 0.1", "index", "__index_level_0__"] {
            assert!(found(&[name, "x"], &shuffled), "{name}");
        }
        for numbers in [[1.0, 1.0, 2.0], [0.5, 1.0, 2.0], [f64::NAN, 1.0, 2.0]] {
            assert!(!found(&["index", "x"], &numbers), "{numbers:?}");
        }
        assert!(!found(&["x", "y"], &shuffled));
        // A table without names has a number for each column.
        assert!(!found(&["c1", "c2"], &shuffled));
    }
}
