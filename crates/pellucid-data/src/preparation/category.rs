//! The transform of a category column: a feature for each word.

use super::counts::ColumnCounts;
use super::words::Words;
use crate::table::Categories;
use pellucid::Scalar;
use pellucid::recipe::Unseen;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The number of names of a column that have a feature each; the rarer ones share one.
pub const MOST_NAMES: usize = 100;

/// A category column's transform: a feature for each name, 1 where the row holds it and 0 elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryTransform {
    /// The names of training rows that have a feature, sorted: the [`MOST_NAMES`] most frequent.
    pub names: Vec<String>,
    /// Whether rarer names share a further feature; names that no training row has then have it too.
    pub other: bool,
    /// Whether a missing value has a further feature: if it is missing in some training row.
    pub missing: bool,
}

impl CategoryTransform {
    /// Fits to training rows; also the number of their names, and the number of rows with one of the rarer.
    pub(super) fn fit(words: &Words<'_>) -> (Self, usize, usize) {
        let mut seen: Vec<(usize, &String)> = words.counts().into_iter().zip(&*words.names).collect();
        seen.retain(|(rows, _)| *rows > 0);
        seen.sort_by(|(a_rows, a), (b_rows, b)| b_rows.cmp(a_rows).then(a.cmp(b)));
        let rarer = seen.get(MOST_NAMES..).unwrap_or_default();
        let other_rows: usize = rarer.iter().map(|(rows, _)| rows).sum();
        let kept = seen.iter().take(MOST_NAMES);
        let mut names: Vec<String> = kept.map(|(_, name)| (*name).clone()).collect();
        names.sort();
        let fitted = Self {
            names,
            other: other_rows > 0,
            missing: words.codes.contains(&Categories::MISSING),
        };
        (fitted, seen.len(), other_rows)
    }

    pub(super) fn width(&self) -> usize {
        self.names.len() + usize::from(self.other) + usize::from(self.missing)
    }

    pub(super) fn feature_names(&self, column: &str) -> Vec<String> {
        let named = self.names.iter().map(|name| format!("{column}={name}"));
        let other = self.other.then(|| format!("{column} is other"));
        let missing = self.missing.then(|| format!("{column} is missing"));
        named.chain(other).chain(missing).collect()
    }

    /// Writes the features of all rows, which are zeros before, and counts missing and unseen values.
    ///
    /// # Errors
    /// The index of the first row whose value no training row has, if that is an error.
    pub(super) fn write<'a, T: Scalar>(
        &self,
        words: &Words<'_>,
        rows: impl Iterator<Item = &'a mut [T]>,
        unseen: Unseen,
        counts: &mut ColumnCounts,
    ) -> Result<(), usize> {
        let other = self.other.then_some(self.names.len());
        let missing = self.missing.then(|| self.width() - 1);
        let place: HashMap<&str, usize> = self.names.iter().map(String::as_str).zip(0..).collect();
        let place = |name: &String| place.get(name.as_str()).copied().or(other);
        let place: Vec<Option<usize>> = words.names.iter().map(place).collect();
        for (at, (row, &code)) in rows.zip(&words.codes).enumerate() {
            let is_missing = code == Categories::MISSING;
            let known = if is_missing { missing } else { place[code as usize] };
            if is_missing {
                counts.missing += 1;
            } else if known.is_none() {
                counts.add_unseen(&words.names[code as usize]);
            }
            let place = match unseen {
                Unseen::Error if known.is_none() => return Err(at),
                Unseen::Missing => known.or(missing),
                Unseen::Zeros | Unseen::Error => known,
            };
            if let Some(place) = place {
                row[place] = T::ONE;
            }
        }
        Ok(())
    }
}
