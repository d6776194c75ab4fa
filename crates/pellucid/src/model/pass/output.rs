//! The loss of the outputs, and δ of the output layer.

use super::{Objective, Workspace};
use crate::loss::Loss;
use crate::model::network::{Architecture, Layer};
use crate::scalar::Scalar;
use pellucid_kernels::simd::{Isa, Task};

/// The loss of the last forward pass, each row times its weight, summed over the batch's rows. `targets` are (rows,
/// outputs). Of members it is the mean of their losses, which training minimises; for predictions, the loss of their mean.
#[inline(always)]
pub fn loss_sum<T: Scalar>(
    loss: Loss,
    architecture: &Architecture,
    targets: &[T],
    workspace: &Workspace<T>,
) -> f64 {
    let (Some(output), Some(here)) = (architecture.layers().last(), workspace.layers.last()) else {
        return 0.0;
    };
    let used = workspace.rows * output.fan_out;
    let of =
        |z: &[T], outputs: &[T]| sum_of_rows(loss, output, (z, outputs), targets, &workspace.row_weights);
    if workspace.members == 1 {
        return of(&here.z[..used], &here.activation[..used]);
    }
    if workspace.predicts {
        let (z, outputs) = workspace.member_arrays.mean(used);
        return of(z, outputs);
    }
    let members = here.z.chunks_exact(used).zip(here.activation.chunks_exact(used));
    let members = members.take(workspace.members);
    members.map(|(z, outputs)| of(z, outputs)).sum::<f64>() / workspace.members as f64
}

/// The losses of rows, each times its weight.
#[inline(always)]
fn sum_of_rows<T: Scalar>(
    loss: Loss,
    output: &Layer,
    (z, outputs): (&[T], &[T]),
    targets: &[T],
    weights: &[T],
) -> f64 {
    let width = output.fan_out;
    if weights.is_empty() {
        return loss.value(output.activation, z, outputs, targets, width);
    }
    let rows = z
        .chunks_exact(width)
        .zip(outputs.chunks_exact(width))
        .zip(targets.chunks_exact(width));
    rows.zip(weights)
        .map(|(((z, a), y), weight)| weight.to_f64() * loss.value(output.activation, z, a, y, width))
        .sum()
}

/// δ of the output layer.
pub(super) struct OutputDelta<'a, T> {
    pub(super) objective: &'a Objective,
    pub(super) architecture: &'a Architecture,
    pub(super) targets: &'a [T],
    pub(super) workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for OutputDelta<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let (objective, targets, workspace) = (self.objective, self.targets, self.workspace);
        let (Some(here), Some(layer)) = (workspace.layers.last_mut(), self.architecture.layers().last())
        else {
            return;
        };
        let weights = &workspace.row_weights[..];
        let factor = objective.reduction.factor_of::<T>(workspace.rows, weights);
        let (function, width, used) = (layer.activation, layer.fan_out, workspace.rows * layer.fan_out);
        let factor = match workspace.members {
            1 => factor,
            members => factor * T::from_f64(1.0 / members as f64),
        };
        for member in 0..workspace.members {
            let part = member * used..(member + 1) * used;
            let (z, outputs) = (&here.z[part.clone()], &here.activation[part.clone()]);
            if workspace.records {
                let upstream = &mut here.upstream[part.clone()];
                objective
                    .loss
                    .gradient_on::<I, T>(z, outputs, targets, factor, upstream, width);
                weigh_rows(upstream, weights, width);
            }
            let delta = &mut here.delta[part];
            objective
                .loss
                .delta_on::<I, T>(function, z, outputs, targets, factor, delta, width);
            weigh_rows(delta, weights, width);
        }
    }
}

/// Multiplies each row by its weight, where rows have weights.
#[inline(always)]
fn weigh_rows<T: Scalar>(numbers: &mut [T], weights: &[T], width: usize) {
    if weights.is_empty() {
        return;
    }
    for (row, &weight) in numbers.chunks_exact_mut(width).zip(weights) {
        for number in row {
            *number *= weight;
        }
    }
}
