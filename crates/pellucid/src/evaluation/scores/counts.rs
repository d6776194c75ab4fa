//! Counts the rows of each class, and computes the scores that depend on these counts alone.

use super::{ClassScores, ratio};

/// The counts of one class against the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Rows of the class that are predicted as it.
    pub(crate) right: usize,
    /// Rows that are predicted as the class.
    pub(crate) predicted: usize,
    /// Rows of the class.
    pub(crate) support: usize,
}

impl Counts {
    /// Adds a row: whether it belongs to the class, and whether it is predicted as the class.
    pub(crate) fn add(&mut self, is: bool, predicted: bool) {
        self.right += usize::from(is && predicted);
        self.predicted += usize::from(predicted);
        self.support += usize::from(is);
    }

    pub(crate) fn scores(self) -> ClassScores {
        ClassScores {
            precision: ratio(self.right, self.predicted),
            recall: ratio(self.right, self.support),
            f1: ratio(2 * self.right, self.predicted + self.support),
            support: self.support,
        }
    }

    fn occurs(self) -> bool {
        self.predicted + self.support > 0
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}

/// The mean recall of the classes that have rows.
pub(crate) fn balanced_accuracy(classes: &[Counts]) -> f64 {
    let present = classes.iter().filter(|class| class.support > 0);
    mean(present.map(|class| class.scores().recall))
}

/// F1 of all decisions together; with one class per row it equals the accuracy.
pub(crate) fn micro_f1(classes: &[Counts]) -> f64 {
    let all = classes.iter().fold(Counts::default(), |all, class| Counts {
        right: all.right + class.right,
        predicted: all.predicted + class.predicted,
        support: all.support + class.support,
    });
    all.scores().f1
}

/// The mean F1 of the classes that have rows or are predicted.
pub(crate) fn macro_f1(classes: &[Counts]) -> f64 {
    let occurring = classes.iter().filter(|class| class.occurs());
    mean(occurring.map(|class| class.scores().f1))
}

/// The mean F1 of all labels; labels that do not occur count as 0.
pub(crate) fn macro_f1_of_labels(labels: &[Counts]) -> f64 {
    mean(labels.iter().map(|label| label.scores().f1))
}

/// The mean F1, each weighted by its rows; 0 where there are no rows.
pub(crate) fn weighted_f1(classes: &[Counts]) -> f64 {
    let rows: usize = classes.iter().map(|class| class.support).sum();
    let sum: f64 = classes
        .iter()
        .map(|class| class.scores().f1 * class.support as f64)
        .sum();
    sum / rows.max(1) as f64
}
