//! Detects classifiers that always predict the same class.

use super::facts::{ALMOST_ALL, Facts};
use super::finding::{Finding, FindingKind, Severity, percent};

/// A class with nine tenths of the rows or more, which the network predicts for every row. For smaller shares a constant
/// prediction may be the best that can be learnt.
pub(super) fn constant_predictor(facts: &Facts<'_>) -> Option<Finding> {
    let counts = facts.data?.class_counts.as_ref()?;
    let predicted = facts.trained?.predicted_counts.as_ref()?;
    let rows: usize = counts.iter().sum();
    let class = (0..counts.len()).max_by_key(|&class| counts[class]).unwrap_or(0);
    let share = counts[class] as f64 / rows as f64;
    let is_constant = predicted.iter().filter(|&&count| count > 0).count() == 1 && predicted[class] > 0;
    if !is_constant || share < ALMOST_ALL || counts[class] == rows {
        return None;
    }
    let (share, others) = (percent(share), rows - counts[class]);
    Some(FindingKind::ConstantPredictor.found(
        Severity::Warning,
        format!(
            "{} of {rows} training rows ({share}) are of class {}, and the network predicts it for every row",
            counts[class],
            class + 1
        ),
        format!("the accuracy of {share} hides that none of the other {others} rows is found"),
        "class weights (data.class_weight = \"balanced\"; --class-weight balanced for a table), and balanced_accuracy or \
         roc_auc in place of accuracy",
    ))
}
