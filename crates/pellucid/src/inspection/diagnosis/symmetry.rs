//! Detects hidden units that begin with equal weights.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity};

/// Units of a hidden layer with equal incoming and outgoing weights have the same gradient, and stay equal (Rumelhart, Hinton & Williams, *Learning internal representations by error propagation*, 1986, on breaking
/// symmetry). Two that are equal by chance do no harm; half of a layer does.
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let (Some(network), Ok(architecture)) = (facts.initial, facts.recipe.architecture()) else {
        return Vec::new();
    };
    let hidden = architecture.layers().len() - 1;
    // Dropout leaves out some and not others, which makes them differ.
    let dropped = facts.recipe.train.dropout.of_hidden(hidden);
    let layers = network.layers[..hidden].iter().enumerate();
    layers
        .filter(|(index, layer)| {
            let is_dropped = dropped.get(*index).is_some_and(|&rate| rate > 0.0);
            layer.units > 1 && 2 * layer.distinct_units <= layer.units && !is_dropped
        })
        .map(|(index, layer)| Finding {
            kind: FindingKind::SymmetricUnits,
            layer: Some(index + 1),
            severity: Severity::Fault,
            seen: format!(
                "the {} units of {} begin with the same incoming and outgoing weights: {} of them differ",
                layer.units,
                facts.layer_name(index),
                match layer.distinct_units {
                    1 => "none".to_string(),
                    more => format!("only {more}"),
                }
            ),
            why: "equal units have the same gradient and stay equal: the layer computes no more than one unit of each kind \
                  would"
                .into(),
            try_this: "draw the weights at random, such as init.method = \"xavier_uniform\"; biases may begin at 0".into(),
        })
        .collect()
}
