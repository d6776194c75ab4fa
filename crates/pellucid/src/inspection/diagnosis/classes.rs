//! Detects classifiers that always predict the same class.

use super::facts::{ALMOST_ALL, Facts};
use super::finding::{Finding, FindingKind, Severity, percent};

/// A class with nine tenths of the rows or more, which the network predicts for every row. For smaller shares a constant
/// prediction may be the best that can be learnt.
pub(super) fn constant_predictor(facts: &Facts<'_>) -> Vec<Finding> {
    let counts = facts.data.and_then(|data| data.class_counts.as_ref());
    let predicted = facts
        .trained
        .and_then(|network| network.predicted_counts.as_ref());
    let (Some(counts), Some(predicted)) = (counts, predicted) else {
        return Vec::new();
    };
    let rows: usize = counts.iter().sum();
    let class = (0..counts.len()).max_by_key(|&class| counts[class]).unwrap_or(0);
    let share = counts[class] as f64 / rows as f64;
    let is_constant = predicted.iter().filter(|&&count| count > 0).count() == 1 && predicted[class] > 0;
    if !is_constant || share < ALMOST_ALL || counts[class] == rows {
        return Vec::new();
    }
    vec![Finding {
        kind: FindingKind::ConstantPredictor,
        layer: None,
        severity: Severity::Warning,
        seen: format!(
            "{} of {rows} training rows ({}) are of class {}, and the network predicts it for every row",
            counts[class],
            percent(share),
            class + 1
        ),
        why: format!(
            "the accuracy of {} hides that none of the other {} rows is found",
            percent(share),
            rows - counts[class]
        ),
        try_this:
            "class weights (data.class_weight = \"balanced\"; --class-weight balanced for a table), and \
                   balanced_accuracy or roc_auc in place of accuracy"
                .into(),
    }]
}
