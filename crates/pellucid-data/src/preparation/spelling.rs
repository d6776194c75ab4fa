//! Words that differ in case only.

use super::error::listed;
use super::words::Words;
use crate::table::{Categories, boolean};
use std::collections::BTreeMap;

/// Letters of an alphabet are different classes in each case, if there are more than this number of them.
const FEW_LETTERS: usize = 10;

/// The spellings of each word that has several which differ in case only, the most frequent first.
pub(super) fn case_variants<'a>(words: &'a Words<'_>) -> Vec<Vec<&'a str>> {
    let mut groups: BTreeMap<String, Vec<(usize, &'a str)>> = BTreeMap::new();
    for (name, rows) in words
        .names
        .iter()
        .zip(words.counts())
        .filter(|(name, rows)| *rows > 0 && is_usual(name))
    {
        groups.entry(name.to_lowercase()).or_default().push((rows, name));
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    let is_letter = |group: &Vec<(usize, &'a str)>| group[0].1.chars().count() == 1;
    if groups.len() > FEW_LETTERS && groups.iter().all(is_letter) {
        return Vec::new();
    }
    groups.retain(|group| group.len() > 1);
    let sorted = |mut group: Vec<(usize, &'a str)>| -> Vec<&'a str> {
        group.sort_by(|(a_rows, a), (b_rows, b)| b_rows.cmp(a_rows).then(a.cmp(b)));
        group.into_iter().map(|(_, name)| name).collect()
    };
    groups.into_iter().map(sorted).collect()
}

/// Whether a word is in small letters, in capitals, or begins with capitals, as people spell the same word; in `hAd` beside `had`
/// the capital means something.
fn is_usual(word: &str) -> bool {
    let has = |is: fn(char) -> bool| word.chars().any(is);
    let mut words = word.split(|c: char| !c.is_alphanumeric());
    let inside = |word: &str| word.chars().skip(1).all(|c| !c.is_uppercase());
    !has(char::is_lowercase) || words.all(inside)
}

/// Spellings for a message: the first, and in brackets the others.
pub(super) fn spellings(groups: &[Vec<&str>]) -> String {
    let group = |group: &Vec<&str>| format!("`{}` (also {})", group[0], listed(&group[1..]));
    groups.iter().take(3).map(group).collect::<Vec<_>>().join(", ")
}

/// The most frequent words for false and true, where all words are of one pair that means those, in several spellings.
pub(super) fn booleans(words: &Words<'_>) -> Option<[String; 2]> {
    let counts = words.counts();
    let mut most: [Option<(usize, &String)>; 2] = [None, None];
    let mut pairs = Vec::new();
    for (name, &rows) in words.names.iter().zip(&counts).filter(|(_, rows)| **rows > 0) {
        let (pair, truth) = boolean(name)?;
        pairs.push(pair);
        let best = &mut most[usize::from(truth)];
        if best.is_none_or(|(other, _)| rows > other) {
            *best = Some((rows, name));
        }
    }
    let of_one = pairs.windows(2).all(|two| two[0] == two[1]);
    match most {
        [Some((_, falsehood)), Some((_, truth))] if of_one => Some([falsehood.clone(), truth.clone()]),
        _ => None,
    }
}

/// The rows of words as 0 and 1, NaN where one is missing.
pub(super) fn as_numbers(words: &Words<'_>) -> Vec<f64> {
    let truth = |name: &String| boolean(name).map_or(f64::NAN, |(_, truth)| f64::from(u8::from(truth)));
    let of_names: Vec<f64> = words.names.iter().map(truth).collect();
    let number = |&code: &u32| match code {
        Categories::MISSING => f64::NAN,
        code => of_names[code as usize],
    };
    words.codes.iter().map(number).collect()
}
