//! The forward and the backward pass of one layer.

use super::{Target, Update, parametric};
use crate::activation::Activation;
use crate::model::network::Layer;
use crate::scalar::Scalar;
use pellucid_kernels::layer::arrays::LayerArrays;
use pellucid_kernels::layer::{self, Input, Origin, Scratch, Shape};
use pellucid_kernels::simd::{Isa, Task};

/// The input of a layer: the data, or the output of the layer below.
#[inline(always)]
pub(super) fn layer_input<'a, T: Scalar>(
    input: Input<'a, T>,
    below: Option<&'a LayerArrays<T>>,
    shape: Shape,
) -> (Input<'a, T>, Origin) {
    match below {
        None => (input, Origin::Data),
        Some(below) => {
            let activations = &below.output()[..shape.rows * shape.fan_in];
            (Input::Dense(activations), Origin::LayerBelow)
        }
    }
}

/// z = x·W + b and a = f(z) of one layer.
pub(super) struct LayerForward<'a, T> {
    pub(super) shape: Shape,
    pub(super) input: (Input<'a, T>, Origin),
    pub(super) weights: &'a [T],
    pub(super) bias: Option<&'a [T]>,
    pub(super) function: Activation,
    pub(super) here: &'a mut LayerArrays<T>,
}

impl<T: Scalar> Task for LayerForward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { shape, here, .. } = self;
        let used = shape.rows * shape.fan_out;
        let z = &mut here.z[..used];
        layer::affine::<I, T>(shape, self.input, self.weights, self.bias, z, &mut here.scratch);
        self.function
            .apply_in_parts::<I, T>(shape.threads, z, &mut here.activation[..used], shape.fan_out);
    }
}

/// The gradients of one layer, and δ of the layer below.
pub(super) struct LayerBackward<'a, 't, T> {
    pub(super) shape: Shape,
    pub(super) layer: &'a Layer,
    pub(super) target: &'a mut Target<'t, T>,
    pub(super) input: Input<'a, T>,
    /// The layer below, unless this is the first.
    pub(super) below: Option<&'a mut LayerArrays<T>>,
    /// Its shape and place.
    pub(super) layer_below: Option<&'a Layer>,
    pub(super) delta: &'a [T],
    pub(super) update: Update,
    pub(super) scratch: &'a mut Scratch<T>,
    pub(super) records: bool,
}

impl<T: Scalar> Task for LayerBackward<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(mut self) {
        if self.update == Update::Textbook {
            self.delta_below::<I>();
        }
        let (to_weights, to_bias) = self.target.of_layer(self.layer);
        let (input, _) = layer_input(self.input, self.below.as_deref(), self.shape);
        layer::weight_gradient::<I, T>(self.shape, input, self.scratch, self.delta, to_weights);
        if let Some(bias) = to_bias {
            layer::bias_gradient::<I, T>(self.shape, self.delta, bias);
        }
        if self.update == Update::TopDown {
            self.delta_below::<I>();
        }
    }
}

impl<T: Scalar> LayerBackward<'_, '_, T> {
    /// δ of the layer below, if there is one: δ·Wᵀ times its f′(z).
    #[inline(always)]
    fn delta_below<I: Isa>(&mut self) {
        let (Some(below), Some(layer_below)) = (&mut self.below, self.layer_below) else {
            return;
        };
        let (shape, used) = (self.shape, self.shape.rows * self.shape.fan_in);
        let weights = &self.target.parameters()[self.layer.weights()];
        let delta = &mut below.delta[..used];
        layer::input_delta::<I, T>(shape, self.delta, weights, delta, self.scratch);
        finish_delta::<I, T>(shape, layer_below, self.target.parameters(), below, self.records);
    }
}

/// Turns the ∂L/∂x that the δ of the layer below holds into its δ: through dropout, and times f′(z). `shape` is that of the layer
/// above, with the rows of all members.
#[inline(always)]
pub(super) fn finish_delta<I: Isa, T: Scalar>(
    shape: Shape,
    layer_below: &Layer,
    parameters: &[T],
    below: &mut LayerArrays<T>,
    records: bool,
) {
    let used = shape.rows * shape.fan_in;
    let delta = &mut below.delta[..used];
    if !below.mask.is_empty() {
        for (delta, &factor) in delta.iter_mut().zip(&below.mask[..]) {
            *delta *= factor;
        }
    }
    if records {
        below.upstream[..used].copy_from_slice(delta);
    }
    let (z, activation) = (&below.z[..used], &below.activation[..used]);
    let function = layer_below.activation;
    if let (Some(parametric), Some(factors)) = (&mut below.parametric, layer_below.activation_factors()) {
        return parametric::backpropagate(parametric, function, &parameters[factors], z, delta);
    }
    function.backpropagate_in_parts::<I, T>(shape.threads, z, activation, delta, shape.fan_in);
}
