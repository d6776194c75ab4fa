//! Says in plain English which variant converged faster, and what cannot be concluded.

mod one_seed;
mod several_seeds;

use super::Comparison;

/// Names in a list; further ones are counted.
const MOST_NAMED: usize = 4;

/// A few sentences.
pub(super) fn answer(found: &Comparison) -> String {
    let sentences = match found.has_one_seed() {
        true => one_seed::sentences(found),
        false => several_seeds::sentences(found),
    };
    sentences.join(" ")
}

/// "a", "a and b", "a, b and c".
fn list(items: impl IntoIterator<Item = String>) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    if items.len() > MOST_NAMED {
        let others = items.len() - (MOST_NAMED - 1);
        items.truncate(MOST_NAMED - 1);
        items.push(format!("{others} others"));
    }
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// As [`list`]; `None` without items.
fn list_if_any(items: impl IntoIterator<Item = String>) -> Option<String> {
    Some(list(items)).filter(|list| !list.is_empty())
}
