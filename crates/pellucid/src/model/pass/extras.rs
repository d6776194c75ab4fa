//! Normalisation and dropout of one layer in the forward and the backward pass.

use super::Target;
use crate::model::dropout::Dropout;
use crate::model::network::Layer;
use crate::normalisation;
use crate::scalar::Scalar;
use pellucid_kernels::layer::Shape;
use pellucid_kernels::layer::arrays::LayerArrays;
use pellucid_kernels::simd::{Isa, Task};
use std::ops::Range;

/// Normalises the pre-activations of a layer and computes its activations.
pub(super) struct NormaliseForward<'a, T> {
    pub(super) shape: Shape,
    pub(super) layer: &'a Layer,
    pub(super) parameters: &'a [T],
    /// The range of the running means and variances among the parameters, if the normalisation uses them.
    pub(super) running: Option<Range<usize>>,
    pub(super) here: &'a mut LayerArrays<T>,
}

impl<T: Scalar> Task for NormaliseForward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            shape,
            layer,
            parameters,
            running,
            here,
        } = self;
        let (Some(normalised), Some(gain), Some(shift)) = (&mut here.normalised, layer.gain(), layer.shift())
        else {
            return;
        };
        let used = shape.rows * shape.fan_out;
        let (z, activation) = (&mut here.z[..used], &mut here.activation[..used]);
        let running = running.map(|range| &parameters[range]);
        normalised.normalise(z, &parameters[gain], &parameters[shift], running);
        let function = layer.activation;
        function.apply_in_parts::<I, T>(shape.threads, z, activation, shape.fan_out);
    }
}

/// Backpropagates a layer's δ through its normalisation, where it has one, and writes the derivatives of gain and shift to
/// the target. Running means and variances have a gradient of 0.
#[inline(never)]
pub(super) fn normalise_backward<I: Isa, T: Scalar>(
    layer: &Layer,
    rows: usize,
    target: &mut Target<'_, T>,
    here: &mut LayerArrays<T>,
) {
    let (Some(normalised), Some(gain), Some(shift)) = (&mut here.normalised, layer.gain(), layer.shift())
    else {
        return;
    };
    let both = gain.start..shift.end;
    I::call(normalisation::Backward {
        normalised: &mut *normalised,
        gain: &target.parameters()[gain],
        delta: &mut here.delta[..rows * layer.fan_out],
    });
    match target {
        Target::Gradient { gradient, .. } => {
            for (to, &derivative) in gradient[both].iter_mut().zip(normalised.derivatives()) {
                *to = T::from_f64(derivative);
            }
            if let Some(range) = layer.statistics() {
                gradient[range].fill(T::ZERO);
            }
        }
        Target::Parameters { parameters, rate } => {
            for (parameter, &derivative) in parameters[both].iter_mut().zip(normalised.derivatives()) {
                *parameter -= *rate * T::from_f64(derivative);
            }
        }
    }
}

/// Draws a layer's dropout mask and applies it to the activations; does nothing for a layer without a mask, such as the
/// output layer.
#[inline(never)]
pub(super) fn drop_out<T: Scalar>(
    here: &mut LayerArrays<T>,
    layer: usize,
    used: usize,
    dropout: &mut Dropout,
) {
    let LayerArrays {
        activation,
        mask,
        dropped,
        ..
    } = here;
    if mask.is_empty() {
        return;
    }
    let mask = &mut mask[..used];
    dropout.draw(layer, mask);
    for ((dropped, &a), &factor) in dropped.iter_mut().zip(&activation[..]).zip(&*mask) {
        *dropped = a * factor;
    }
}
