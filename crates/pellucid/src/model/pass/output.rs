//! The loss of the outputs, and δ of the output layer.

use super::{Objective, Workspace};
use crate::loss::Loss;
use crate::model::network::Architecture;
use crate::scalar::Scalar;
use pellucid_kernels::simd::{Isa, Task};

/// The loss of the last forward pass, each row times its weight, summed over the batch's rows. `targets` are (rows,
/// outputs).
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
    let (width, used) = (output.fan_out, workspace.rows * output.fan_out);
    let (z, outputs) = (&here.z[..used], &here.activation[..used]);
    if workspace.row_weights.is_empty() {
        return loss.value(output.activation, z, outputs, targets, width);
    }
    let rows = z
        .chunks_exact(width)
        .zip(outputs.chunks_exact(width))
        .zip(targets.chunks_exact(width));
    rows.zip(&workspace.row_weights)
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

impl<T: Scalar> Task for &mut OutputDelta<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let &mut OutputDelta {
            objective,
            architecture,
            targets,
            ref mut workspace,
        } = self;
        let Some(here) = workspace.layers.last_mut() else {
            return;
        };
        let Some(layer) = architecture.layers().last() else {
            return;
        };
        let factor = objective
            .reduction
            .factor_of::<T>(workspace.rows, &workspace.row_weights);
        let used = workspace.rows * layer.fan_out;
        let (z, outputs, delta) = (&here.z[..used], &here.activation[..used], &mut here.delta[..used]);
        if workspace.records {
            let upstream = &mut here.upstream[..used];
            objective
                .loss
                .gradient_on::<I, T>(z, outputs, targets, factor, upstream, layer.fan_out);
        }
        objective.loss.delta_on::<I, T>(
            layer.activation,
            z,
            outputs,
            targets,
            factor,
            delta,
            layer.fan_out,
        );
        if !workspace.row_weights.is_empty() {
            weigh_rows(delta, &workspace.row_weights, layer.fan_out);
            if workspace.records {
                weigh_rows(&mut here.upstream[..used], &workspace.row_weights, layer.fan_out);
            }
        }
    }
}

/// Multiplies each row by its weight.
#[inline(always)]
fn weigh_rows<T: Scalar>(numbers: &mut [T], weights: &[T], width: usize) {
    for (row, &weight) in numbers.chunks_exact_mut(width).zip(weights) {
        for number in row {
            *number *= weight;
        }
    }
}
