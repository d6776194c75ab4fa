//! Rows that are on both sides of a split.

use super::choice::find_all;
use crate::error::Result;
use crate::table::{Categories, Table, Values};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The number of held-out rows with the values of a training row in all of these columns.
///
/// # Errors
/// A column is not in a table.
pub fn repeated_rows(
    training: (&Table, &[u32]),
    held_out: (&Table, &[u32]),
    columns: &[String],
) -> Result<usize> {
    let trained: HashSet<u64> = row_hashes(training, columns)?.into_iter().collect();
    let held_out = row_hashes(held_out, columns)?;
    Ok(held_out.iter().filter(|hash| trained.contains(hash)).count())
}

/// A hash of each row's values.
fn row_hashes<'a>((table, rows): (&'a Table, &[u32]), columns: &'a [String]) -> Result<Vec<u64>> {
    let mut hashes = vec![0; rows.len()];
    for column in find_all(table, columns, "feature")? {
        match &column.values {
            Values::Numbers(numbers) => {
                for (hash, &row) in hashes.iter_mut().zip(rows) {
                    // −0 is 0, and a missing number is like another.
                    let number = numbers[row as usize] + 0.0;
                    let bits = if number.is_nan() {
                        u64::MAX
                    } else {
                        number.to_bits()
                    };
                    *hash = mixed(*hash ^ bits);
                }
            }
            // By the words, whose codes are another table's own.
            Values::Categories(Categories { names, codes })
            | Values::Booleans(Categories { names, codes }) => {
                let of_word = |name: &String| {
                    let mut hasher = DefaultHasher::new();
                    name.hash(&mut hasher);
                    hasher.finish()
                };
                let of_words: Vec<u64> = names.iter().map(of_word).collect();
                for (hash, &row) in hashes.iter_mut().zip(rows) {
                    let of_word = of_words.get(codes[row as usize] as usize);
                    *hash = mixed(*hash ^ of_word.copied().unwrap_or(u64::MAX));
                }
            }
        }
    }
    Ok(hashes)
}

/// Spreads a number over all of 64 bits (the finaliser of SplitMix64: Steele et al., *Fast Splittable Pseudorandom Number
/// Generators*, 2014).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
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
            "{repeated} of {held_out} held-out rows {have} {copies} among the training rows, equal in every column; \
             such rows say little about new ones; remove repeated rows, or keep them together with --group"
        )
    })
}
