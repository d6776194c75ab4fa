//! What a layer may do besides its affine map and its activation: normalisation and dropout.

use super::Target;
use crate::model::dropout::Dropout;
use crate::model::network::Layer;
use crate::normalisation;
use crate::scalar::Scalar;
use pellucid_kernels::layer::Shape;
use pellucid_kernels::layer::arrays::LayerArrays;
use pellucid_kernels::simd::{Isa, Task};
use std::ops::Range;

/// The sums of a layer, normalised, and its activations.
pub(super) struct NormaliseForward<'a, T> {
    pub(super) shape: Shape,
    pub(super) layer: &'a Layer,
    pub(super) parameters: &'a [T],
    /// Where running means and variances lie, if it goes by them.
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
        let z = &mut here.z[..used];
        normalisation::Forward {
            normalised,
            z,
            gain: &parameters[gain],
            shift: &parameters[shift],
            running: running.map(|range| &parameters[range]),
        }
        .run::<I>();
        let activation = &mut here.activation[..used];
        layer
            .activation
            .apply_in_parts::<I, T>(shape.threads, z, activation, shape.fan_out);
    }
}

/// Takes a layer's δ back through its normalisation, where it has one, and hands the slopes of gain and shift to the
/// target; running means and variances have none.
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
    let parameters = match target {
        Target::Gradient { parameters, .. } => *parameters,
        Target::Parameters { parameters, .. } => &**parameters,
    };
    I::call(normalisation::Backward {
        normalised: &mut *normalised,
        gain: &parameters[gain],
        delta: &mut here.delta[..rows * layer.fan_out],
    });
    match target {
        Target::Gradient { gradient, .. } => {
            for (to, &slope) in gradient[both].iter_mut().zip(normalised.derivatives()) {
                *to = T::from_f64(slope);
            }
            if let Some(range) = layer.statistics() {
                gradient[range].fill(T::ZERO);
            }
        }
        Target::Parameters { parameters, rate } => {
            for (parameter, &slope) in parameters[both].iter_mut().zip(normalised.derivatives()) {
                *parameter -= *rate * T::from_f64(slope);
            }
        }
    }
}

/// Draws a layer's mask and what it leaves of the activations; a layer without one, as the output layer is, stays whole.
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
