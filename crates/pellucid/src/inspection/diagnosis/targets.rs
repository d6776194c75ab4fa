//! Detects targets outside the range of the output activation.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity, short};
use crate::loss::Loss;

/// Targets outside the output's range. Its ends count as inside: 0 and 1 are the targets of classes.
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let (Some(data), Ok(architecture)) = (facts.data, facts.recipe.architecture()) else {
        return Vec::new();
    };
    // Hinge loss and classes have targets that the output need not equal.
    if facts.recipe.train.loss == Loss::Hinge || data.class_counts.is_some() {
        return Vec::new();
    }
    let output = architecture.output_layer();
    let (low, high) = output.activation.range();
    let outside = data
        .targets
        .iter()
        .enumerate()
        .find(|(_, (least, most))| *least < low || *most > high);
    let Some((index, (least, most))) = outside else {
        return Vec::new();
    };
    let name = output.activation.name();
    let reach = match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("gives only {} to {}", short(low), short(high)),
        _ => format!("gives nothing below {}", short(low)),
    };
    vec![Finding {
        kind: FindingKind::TargetsOutOfRange,
        layer: Some(architecture.layers().len()),
        severity: Severity::Fault,
        seen: format!(
            "the targets of output {} range from {} to {}, but its activation, {name}, {reach}",
            index + 1,
            short(*least),
            short(*most)
        ),
        why: "the output can never equal such targets: it goes to the end of its range, where its derivative is 0, and stays".into(),
        try_this: "identity as the activation of the last layer, or targets scaled into its range".into(),
    }]
}
