//! The particulars of a step, in sentences.

use crate::inspection::trace::LayerTrace;
use crate::model::pass::Update;
use crate::optimization::parameter_groups::{Parametrisation, RateFactors};
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::trainer::StepTrace;

pub(super) fn notes<T: Scalar>(recipe: &Recipe, trace: &StepTrace<T>, layers: &[LayerTrace]) -> Vec<String> {
    let train = &recipe.train;
    let mut notes = Vec::new();
    let mut note = |applies: bool, sentence: &str| {
        if applies {
            notes.push(sentence.to_string());
        }
    };
    note(
        !train.optimizer.takes_steps(),
        "L-BFGS works on all samples at once and takes no such steps: the gradient is that of its starting point, and a line \
         search decides how far the parameters move.",
    );
    note(
        train.update == Update::TopDown && trace.after.is_some(),
        "The layers are updated from the output down, each before the delta below it is computed: that delta uses the \
         weights after the step. The chain rule uses those before it (update = \"textbook\").",
    );
    note(
        trace.uncorrupted.is_some(),
        "Training changed the features of this step: it added noise or dropped some of them.",
    );
    note(
        train.label_smoothing > 0.0,
        &format!(
            "The targets are smoothed by {}: a little of each class's probability is spread over all classes.",
            train.label_smoothing
        ),
    );
    note(
        layers.iter().any(|layer| layer.dropout.is_some()),
        "Dropout left units out of this step: where the mask is 0, nothing passes in either direction.",
    );
    note(
        layers.iter().any(|layer| layer.normalisation.is_some()),
        "Layers are normalised between x·W + b and their activation.",
    );
    note(
        layers.iter().any(|layer| layer.input_scales.is_some()),
        "The first layer multiplies each feature by a trained scale before its weights do.",
    );
    note(
        trace.workspace.embedded().is_some(),
        "Features are embedded before the first layer: what stands here as the input is what they became. The features \
         themselves, and the parameters of the embeddings with their derivatives, are in `--json` (embedding).",
    );
    note(
        layers.iter().any(|layer| layer.parametric.is_some()),
        "Activations are parametric: a = z + α·(f(z) − z), with a learnt α for each unit.",
    );
    let members = trace.before.architecture().member_count();
    note(
        members > 1,
        &format!(
            "The network has {members} members, each with scales of the features and an output layer of its own. What stands \
             here of the pass is the first member's, whose loss is one {members}th of the loss; the derivatives of the layers \
             that the members share are sums over all of them."
        ),
    );
    note(
        train.parametrisation == Parametrisation::Ntk,
        "The optimizer moves weights that are √fan_in times as large as these (parametrisation = \"ntk\"): the gradient that \
         it receives is 1/√fan_in of the derivatives of these weights.",
    );
    let RateFactors {
        weights,
        biases,
        input_scales,
        embeddings,
        activations,
    } = train.rate_factors;
    let factors = [
        ("weights", weights),
        ("biases", biases),
        ("input scales", input_scales),
        ("embeddings", embeddings),
        ("activation factors", activations),
    ];
    let factors = factors.iter().filter(|(_, factor)| *factor != 1.0);
    let factors: Vec<String> = factors
        .map(|(what, factor)| format!("{what} take {factor} times the step"))
        .collect();
    note(
        !factors.is_empty(),
        &format!("The learning rate has factors: {}.", factors.join(", ")),
    );
    note(
        trace.row_weights.is_some(),
        "Each sample counts by its weight, in the loss and in every derivative.",
    );
    let batches = train.accumulate;
    note(
        trace.only_gathered,
        &format!(
            "{batches} batches form one step, and this one does not complete it: its gradient is kept, and the parameters \
             stay."
        ),
    );
    note(
        batches > 1 && !trace.only_gathered,
        &format!(
            "{batches} batches form one step, and this one completes it: the optimizer received the gradient of all of them."
        ),
    );
    note(
        train.clip_value.is_some() || train.clip_norm.is_some(),
        match trace.optimizer_gradient {
            Some(_) => "The gradient that the optimizer received is clipped where it was too large.",
            None => "The gradient is not large enough to be clipped.",
        },
    );
    if let Some(most) = train.max_norm {
        note(
            true,
            &format!(
                "After the step the weights into each unit are scaled down to a norm of {most} where theirs is larger."
            ),
        );
    }
    note(
        train.average.is_some(),
        "These are the parameters in training; their average, which is evaluated, takes no part in the step.",
    );
    notes
}
