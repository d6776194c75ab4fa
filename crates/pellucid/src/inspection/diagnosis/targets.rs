//! Detects targets outside the range of the output activation.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity, short};
use crate::loss::Loss;

/// Targets outside the output's range. Its ends count as inside: 0 and 1 are the targets of classes.
pub(super) fn find(facts: &Facts<'_>) -> Option<Finding> {
    let (data, architecture) = (facts.data?, facts.recipe.architecture().ok()?);
    // Hinge loss and classes have targets that the output need not equal.
    if facts.recipe.train.loss == Loss::Hinge || data.class_counts.is_some() {
        return None;
    }
    let output = architecture.output_layer().activation;
    let (low, high) = output.range();
    let mut targets = (1..).zip(&data.targets);
    let (number, (least, most)) = targets.find(|(_, (least, most))| *least < low || *most > high)?;
    let reach = match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("gives only {} to {}", short(low), short(high)),
        _ => format!("gives nothing below {}", short(low)),
    };
    let finding = FindingKind::TargetsOutOfRange.found(
        Severity::Fault,
        format!(
            "the targets of output {number} range from {} to {}, but its activation, {}, {reach}",
            short(*least),
            short(*most),
            output.name()
        ),
        "the output can never equal such targets: it goes to the end of its range, where its derivative is 0, and stays",
        "identity as the activation of the last layer, or targets scaled into its range",
    );
    Some(finding.in_layer(architecture.layers().len() - 1))
}
