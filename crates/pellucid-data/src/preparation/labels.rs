//! Labels: the class of each row.

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
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.labels.iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    /// The class with the fewest rows, among those that have any: its name and their number.
    pub(super) fn smallest(&self) -> Option<(&str, usize)> {
        let classes = self.classes.iter().map(String::as_str).zip(self.counts());
        classes
            .filter(|(_, count)| *count > 0)
            .min_by_key(|(_, count)| *count)
    }
}
