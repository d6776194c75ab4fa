//! Whole numbers that doubles do not hold, such as keys and timestamps in nanoseconds.

use super::words::Words;
use crate::table::{is_code, is_inexact, whole_number};
use std::collections::HashSet;

/// The whole number that each word of some rows is, if all are and a double does not hold one of them; `None` for a word of
/// other rows.
pub(super) fn large_integers(words: &Words<'_>) -> Option<Vec<Option<i128>>> {
    let whole = |(name, rows): (&String, usize)| match rows {
        0 => Some(None),
        _ => whole_number(name).filter(|_| !is_code(name)).map(Some),
    };
    let numbers = words.names.iter().zip(words.counts()).map(whole);
    let numbers: Vec<Option<i128>> = numbers.collect::<Option<_>>()?;
    let counted = words.names.iter().zip(words.counts());
    let mut present = counted.filter(|(_, rows)| *rows > 0).map(|(word, _)| word);
    present.any(|word| is_inexact(word)).then_some(numbers)
}

/// The distance of a word from an origin; `None` if it is not a number.
pub(super) fn distance(word: &str, origin: i64) -> Option<f64> {
    match whole_number(word.trim()) {
        Some(number) => Some(number.saturating_sub(origin.into()) as f64),
        None => word.trim().parse().ok().map(|number: f64| number - origin as f64),
    }
}

/// The number from which the distances are counted: the smallest.
pub(super) fn origin(numbers: &[Option<i128>]) -> i64 {
    let smallest = numbers.iter().flatten().min().copied().unwrap_or(0);
    smallest.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// A number whose distance from an origin is the same double as that of another number.
pub(super) fn merged(numbers: &[Option<i128>], origin: i64) -> Option<i128> {
    let mut seen = HashSet::new();
    let distance = |number: i128| number.saturating_sub(origin.into()) as f64;
    let mut numbers = numbers.iter().copied().flatten();
    numbers.find(|&number| !seen.insert(distance(number).to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Categories, Column, Values};

    fn large(names: &[&str]) -> Option<Vec<Option<i128>>> {
        let codes = (0..names.len() as u32).collect::<Vec<_>>();
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let values = Values::Categories(Categories {
            names,
            codes: codes.clone(),
        });
        let column = Column {
            name: "x".into(),
            values,
        };
        large_integers(&Words::in_rows(&column, &codes))
    }

    #[test]
    fn numbers_that_a_double_holds_or_codes_are_not_large() {
        let numbers = large(&["1", "9007199254740993"]).unwrap();
        assert_eq!(numbers, [Some(1), Some(9_007_199_254_740_993)]);
        assert!(large(&["1", "9007199254740992"]).is_none());
        assert!(large(&["01", "9007199254740993"]).is_none());
        assert!(large(&["9007199254740993", "a"]).is_none());
    }

    #[test]
    fn distances_tell_apart_what_doubles_merge() {
        let first = 1_700_000_000_000_000_000;
        let times = [Some(first), Some(first + 1)];
        assert_eq!(merged(&times, 0), Some(first + 1));
        assert_eq!(merged(&times, origin(&times)), None);
        assert_eq!(distance("1700000000000000001", origin(&times)), Some(1.0));
        assert_eq!(distance("x", 0), None);
    }
}
