//! The forward and the backward pass of one layer.

use super::Update;
use super::target::LayerTarget;
use crate::activation::Activation;
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
        let Self {
            shape,
            input,
            weights,
            bias,
            function,
            here,
        } = self;
        let used = shape.rows * shape.fan_out;
        let z = &mut here.z[..used];
        layer::affine::<I, T>(shape, input, weights, bias, z, &mut here.scratch);
        function.apply_in_parts::<I, T>(shape.threads, z, &mut here.activation[..used], shape.fan_out);
    }
}

/// The gradients of one layer, and δ of the layer below.
pub(super) struct LayerBackward<'a, T> {
    pub(super) shape: Shape,
    pub(super) target: LayerTarget<'a, T>,
    pub(super) input: Input<'a, T>,
    /// The layer below, unless this is the first.
    pub(super) below: Option<&'a mut LayerArrays<T>>,
    pub(super) function_below: Activation,
    pub(super) delta: &'a [T],
    pub(super) update: Update,
    pub(super) scratch: &'a mut Scratch<T>,
    pub(super) records: bool,
}

impl<T: Scalar> Task for LayerBackward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            shape,
            mut target,
            input,
            mut below,
            function_below,
            delta,
            update,
            scratch,
            records,
        } = self;
        if update == Update::Textbook
            && let Some(below) = &mut below
        {
            delta_below::<I, T>(
                shape,
                delta,
                target.weights(),
                below,
                function_below,
                records,
                scratch,
            );
        }
        let (to_weights, to_bias) = target.destinations();
        let (input, _) = layer_input(input, below.as_deref(), shape);
        layer::weight_gradient::<I, T>(shape, input, scratch, delta, to_weights);
        if let Some(bias) = to_bias {
            layer::bias_gradient::<I, T>(shape, delta, bias);
        }
        if update == Update::TopDown
            && let Some(below) = &mut below
        {
            delta_below::<I, T>(
                shape,
                delta,
                target.weights(),
                below,
                function_below,
                records,
                scratch,
            );
        }
    }
}

/// δ of the layer below: δ·Wᵀ times its f′(z).
#[inline(always)]
fn delta_below<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    below: &mut LayerArrays<T>,
    function: Activation,
    records: bool,
    scratch: &mut Scratch<T>,
) {
    let used = shape.rows * shape.fan_in;
    layer::input_delta::<I, T>(shape, delta, weights, &mut below.delta[..used], scratch);
    if !below.mask.is_empty() {
        for (delta, &factor) in below.delta[..used].iter_mut().zip(&below.mask[..]) {
            *delta *= factor;
        }
    }
    if records {
        below.upstream[..used].copy_from_slice(&below.delta[..used]);
    }
    let (z, activation) = (&below.z[..used], &below.activation[..used]);
    let delta = &mut below.delta[..used];
    function.backpropagate_in_parts::<I, T>(shape.threads, z, activation, delta, shape.fan_in);
}
