//! What is particular about a step, in sentences.

use crate::model::pass::Update;
use crate::optimization::optimizer::Optimizer;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::trainer::StepTrace;

pub(super) fn notes<T: Scalar>(recipe: &Recipe, trace: &StepTrace<T>) -> Vec<String> {
    let train = &recipe.train;
    let mut notes = Vec::new();
    if train.optimizer.name == Optimizer::Lbfgs {
        notes.push(
            "L-BFGS goes by all samples at once and takes no such steps: shown is the gradient at the parameters it \
             starts from; what becomes of it is a line search's affair."
                .into(),
        );
    }
    if train.update == Update::TopDown && trace.after.is_some() {
        notes.push(
            "The layers are updated from the output down, each before the delta below it is taken: that delta goes \
             through the weights after the step. The chain rule takes those before it (update = \"textbook\")."
                .into(),
        );
    }
    if trace.uncorrupted.is_some() {
        notes.push(
            "Training changed the features of this step: noise was added, or some were left out.".into(),
        );
    }
    if train.label_smoothing > 0.0 {
        notes.push(format!(
            "The targets are smoothed by {}: a little of each class's probability is given to all.",
            train.label_smoothing
        ));
    }
    if trace.pass.layers.iter().any(|layer| layer.mask.is_some()) {
        notes.push(
            "Dropout left units out of this step: where the mask is 0 nothing goes on, and nothing comes back.".into(),
        );
    }
    if trace
        .pass
        .layers
        .iter()
        .any(|layer| layer.normalisation.is_some())
    {
        notes.push("Layers are normalised between their sums x·W + b and their activation.".into());
    }
    if trace.row_weights.is_some() {
        notes.push("The samples count for their weights, in the loss and in every slope.".into());
    }
    if trace.update.only_gathered {
        notes.push(format!(
            "{} batches make a step together, and this one does not complete it: its gradient is put by, and the \
             parameters stay.",
            train.accumulate
        ));
    } else if train.accumulate > 1 {
        notes.push(format!(
            "{} batches make a step together, and this one completes it: the optimizer was given the gradient of all.",
            train.accumulate
        ));
    }
    if train.clip_value.is_some() || train.clip_norm.is_some() {
        notes.push(match trace.update.handed {
            Some(_) => "The gradient that the optimizer was given is clipped where it was too large.".into(),
            None => "The gradient is not large enough to be clipped.".to_string(),
        });
    }
    if let Some(most) = train.max_norm {
        notes.push(format!(
            "After the step the weights coming into a unit are scaled down to the norm {most} where theirs is larger."
        ));
    }
    if train.average.is_some() {
        notes.push(
            "These are the parameters in training; their average, which is evaluated, takes no part in it."
                .into(),
        );
    }
    notes
}
