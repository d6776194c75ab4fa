//! Labels: the class of each row.

use pellucid::recipe::ClassWeight;

/// The class of each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// For each row the index of its class.
    pub labels: Vec<u32>,
    /// The classes by name.
    pub classes: Vec<String>,
}

impl Labels {
    /// The number of rows of each class.
    ///
    /// # Panics
    /// A label is not one of the classes.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.labels.iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    /// A weight for each class that gives all classes the same total weight: rows / (classes · rows of the class), as
    /// scikit-learn's `balanced`; 0 for a class without rows.
    ///
    /// # Panics
    /// A label is not one of the classes.
    pub fn balanced_weights(&self) -> Vec<f64> {
        let balanced = ClassWeight::Balanced.of_classes("class_weight", &self.counts());
        balanced.unwrap_or_default() // balanced weights are always accepted
    }

    /// The class with the fewest rows, among those that have any: its name and their number.
    pub(super) fn smallest(&self) -> Option<(&str, usize)> {
        let classes = self.classes.iter().map(String::as_str).zip(self.counts());
        classes
            .filter(|(_, count)| *count > 0)
            .min_by_key(|(_, count)| *count)
    }
}
