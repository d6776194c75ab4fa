//! Parametric activations in both passes: a = z + α·(f(z) − z), with a learnt α for each unit. (Holzmüller, Grinsztajn &
//! Steinwart, *Better by Default*, 2024, section 3.)

use super::Target;
use crate::activation::Activation;
use crate::model::network::Layer;
use crate::scalar::Scalar;
use pellucid_kernels::layer::arrays::{LayerArrays, Parametric};

/// Turns the activations f(z) of a layer, (rows, fan_out), into z + α·(f(z) − z).
#[inline(always)]
pub(super) fn blend<T: Scalar>(here: &mut LayerArrays<T>, factors: &[T], used: usize) {
    let LayerArrays {
        z,
        activation,
        parametric,
        ..
    } = here;
    let Some(parametric) = parametric else { return };
    let (z, activation) = (&z[..used], &mut activation[..used]);
    parametric.function[..used].copy_from_slice(activation);
    let width = factors.len();
    for (z, activation) in z.chunks_exact(width).zip(activation.chunks_exact_mut(width)) {
        for ((&z, a), &factor) in z.iter().zip(activation).zip(factors) {
            *a = z + factor * (*a - z);
        }
    }
}

/// Turns ∂L/∂a, which `delta` holds, into ∂L/∂z = ∂L/∂a·(1 + α·(f′(z) − 1)), and keeps ∂L/∂α = Σ ∂L/∂a·(f(z) − z) over the rows.
#[inline(always)]
pub(super) fn backpropagate<T: Scalar>(
    parametric: &mut Parametric<T>,
    function: Activation,
    factors: &[T],
    z: &[T],
    delta: &mut [T],
) {
    let width = factors.len();
    let Parametric {
        function: values,
        outer,
        derivatives,
    } = parametric;
    let (values, outer) = (&values[..z.len()], &mut outer[..z.len()]);
    outer.copy_from_slice(delta);
    function.backpropagate(z, values, delta, width);
    derivatives.fill(T::ZERO);
    let rows = z.chunks_exact(width).zip(values.chunks_exact(width));
    let rows = rows.zip(outer.chunks_exact(width).zip(delta.chunks_exact_mut(width)));
    for ((z, values), (outer, delta)) in rows {
        for (unit, delta) in delta.iter_mut().enumerate() {
            derivatives[unit] += outer[unit] * (values[unit] - z[unit]);
            *delta = outer[unit] + factors[unit] * (*delta - outer[unit]);
        }
    }
}

/// Writes ∂L/∂α of the last backward pass to the target.
#[inline(always)]
pub(super) fn write_derivatives<T: Scalar>(layer: &Layer, here: &LayerArrays<T>, target: &mut Target<'_, T>) {
    let (Some(range), Some(parametric)) = (layer.activation_factors(), &here.parametric) else {
        return;
    };
    match target {
        Target::Gradient { gradient, .. } => gradient[range].copy_from_slice(&parametric.derivatives),
        Target::Parameters { parameters, rate } => {
            for (parameter, &derivative) in parameters[range].iter_mut().zip(&parametric.derivatives[..]) {
                *parameter -= *rate * derivative;
            }
        }
    }
}
