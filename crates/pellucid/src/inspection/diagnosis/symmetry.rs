//! Detects hidden units that begin with equal weights.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity};

/// Units of a hidden layer with equal incoming and outgoing weights have the same gradient, and stay equal (Rumelhart, Hinton & Williams, *Learning internal representations by error propagation*, 1986, on breaking
/// symmetry). Two that are equal by chance do no harm; half of a layer does.
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let network = facts.initial.map_or(&[][..], |network| &network.layers);
    let hidden = network.len().saturating_sub(1);
    // Dropout leaves out some and not others, which makes them differ.
    let dropped = facts.recipe.train.dropout.of_hidden(hidden);
    let equal = network[..hidden].iter().enumerate().filter(|(index, layer)| {
        let is_dropped = dropped.get(*index).is_some_and(|&rate| rate > 0.0);
        layer.units > 1 && 2 * layer.distinct_units <= layer.units && !is_dropped
    });
    let findings = equal.map(|(index, layer)| {
        let (units, name) = (layer.units, facts.layer_name(index));
        let distinct = match layer.distinct_units {
            1 => "none".to_string(),
            more => format!("only {more}"),
        };
        let finding = FindingKind::SymmetricUnits.found(
            Severity::Fault,
            format!(
                "the {units} units of {name} begin with the same incoming and outgoing weights: {distinct} of them differ"
            ),
            "equal units have the same gradient and stay equal: the layer computes no more than one unit of each kind would",
            "draw the weights at random, such as init.method = \"xavier_uniform\"; biases may begin at 0",
        );
        finding.in_layer(index)
    });
    findings.collect()
}
