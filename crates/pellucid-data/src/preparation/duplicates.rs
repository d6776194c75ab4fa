//! Rows that are on both sides of a split.

use super::choice::find;
use crate::error::Result;
use crate::table::{Categories, Table, Values};
use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// The number of held-out rows with the values of a training row in all of these columns.
///
/// # Errors
/// A column is not in a table.
pub fn repeated_rows(
    training: (&Table, &[u32]),
    held_out: (&Table, &[u32]),
    columns: &[String],
) -> Result<usize> {
    let state = RandomState::new();
    let trained: HashSet<u64> = row_hashes(training, columns, &state)?.into_iter().collect();
    let held_out = row_hashes(held_out, columns, &state)?;
    Ok(held_out.iter().filter(|hash| trained.contains(hash)).count())
}

/// A hash of each row's values.
fn row_hashes((table, rows): (&Table, &[u32]), columns: &[String], state: &RandomState) -> Result<Vec<u64>> {
    let mut hashes = vec![state.build_hasher(); rows.len()];
    for name in columns {
        match &find(table, name, "feature")?.values {
            Values::Numbers(numbers) => {
                for (hash, &row) in hashes.iter_mut().zip(rows) {
                    let number = numbers[row as usize];
                    // −0 is 0, and a missing number is like another.
                    let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
                    number.to_bits().hash(hash);
                }
            }
            // By the words, whose codes are another table's own.
            Values::Categories(Categories { names, codes })
            | Values::Booleans(Categories { names, codes }) => {
                let of_words: Vec<u64> = names.iter().map(|name| state.hash_one(name)).collect();
                for (hash, &row) in hashes.iter_mut().zip(rows) {
                    of_words.get(codes[row as usize] as usize).hash(hash);
                }
            }
        }
    }
    Ok(hashes.iter().map(Hasher::finish).collect())
}

/// A note of held-out rows that are repeated among training rows.
pub fn note_of_repeated(repeated: usize, held_out: usize) -> Option<String> {
    let (have, copies) = if repeated == 1 {
        ("has", "a copy")
    } else {
        ("have", "copies")
    };
    (repeated > 0).then(|| {
        format!(
            "{repeated} of {held_out} held-out rows {have} {copies} among the training rows, equal in every column, and so say \
             little about new rows; remove repeated rows, or keep them together with --group"
        )
    })
}
