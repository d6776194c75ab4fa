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
}
