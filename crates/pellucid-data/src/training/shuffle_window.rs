//! How the rows of large tables are shuffled: in windows that fit into memory where the whole does not.

use crate::preparation::Preparation;
use pellucid::{Precision, Recipe};
use std::num::NonZeroUsize;

/// From so many bytes of prepared rows on, they are shuffled in windows.
const LARGE: u64 = 256 << 20;

/// The bytes of a window.
const WINDOW: u64 = 64 << 20;

/// Sets the window in which a recipe shuffles so many prepared rows, unless it has one. It depends on the recipe and the rows alone,
/// and not on the memory that there is, so that the weights do not.
pub(super) fn fit_shuffle_window(recipe: &mut Recipe, preparation: &Preparation, rows: usize) {
    let train = &mut recipe.train;
    if !train.shuffle || train.reshuffle || train.shuffle_window.is_some() {
        return;
    }
    let number = match train.precision {
        Precision::F32 => 4,
        Precision::F64 => 8,
    };
    let row = number * (preparation.width() + 1) as u64;
    if row.saturating_mul(rows as u64) > LARGE {
        train.shuffle_window = NonZeroUsize::new((WINDOW / row).max(1) as usize);
    }
}

/// What a user should know of it.
pub(super) fn note(recipe: &Recipe, rows: usize) -> Option<String> {
    let window = recipe.train.shuffle_window.filter(|window| window.get() < rows)?;
    Some(format!(
        "the {rows} rows are shuffled in windows of {window}, each of 256 blocks of neighbours from anywhere in the table, as \
         data needs that is larger than memory; --set train.shuffle_window={rows} shuffles them all at once"
    ))
}
