//! The layers that have parameters for each member: the first, whose scales of the features are each member's own, and the
//! last, of which each member has a copy.
//!
//! The arrays of every layer hold the rows of the first member, then those of the second, and so on. So each member's part is a
//! batch of its own here, and the layers between see one batch of all members' rows. A network with scales that is not made
//! of members has one part.

use super::input_scales::{OfScaled, scale_rows};
use super::layer::finish_delta;
use super::{Target, Workspace};
use crate::activation::Activation;
use crate::model::network::{Architecture, Layer};
use crate::scalar::Scalar;
use pellucid_kernels::layer::arrays::LayerArrays;
use pellucid_kernels::layer::{self, Input, Origin, Scratch, Shape};
use pellucid_kernels::simd::elementary;
use pellucid_kernels::simd::{Isa, Task};
use std::ops::Range;

/// Whether layer `index` has parameters of each member, or scales of the features.
#[inline(always)]
pub(super) fn is_per_member(architecture: &Architecture, index: usize) -> bool {
    (index == 0 && architecture.input_scales().is_some()) || architecture.layers()[index].copies() > 1
}

/// The arrays that members need beside those of the layers.
#[derive(Debug, Clone, Default)]
pub(super) struct MemberArrays<T> {
    /// What the kernels keep from forward to backward, for each copy of the output layer.
    scratches: Vec<Scratch<T>>,
    /// The mean of the members' outputs, and the pre-activations of which they are the activations, (rows, outputs).
    mean: Vec<T>,
    mean_z: Vec<T>,
    /// The activations of one member where the output layer has no activation, (rows, outputs).
    of_member: Vec<T>,
}

impl<T: Scalar> MemberArrays<T> {
    /// The arrays for batches of up to `capacity` rows; none for a network that is not made of members.
    pub(super) fn new(architecture: &Architecture, capacity: usize) -> Self {
        let count = architecture.member_count();
        if count == 1 {
            return Self::default();
        }
        let numbers = capacity * architecture.output_width();
        Self {
            scratches: vec![Scratch::default(); count],
            mean: vec![T::ZERO; numbers],
            mean_z: vec![T::ZERO; numbers],
            of_member: vec![T::ZERO; numbers],
        }
    }

    /// The first `used` numbers of the pre-activations and of the outputs.
    pub(super) fn mean(&self, used: usize) -> (&[T], &[T]) {
        (&self.mean_z[..used], &self.mean[..used])
    }

    fn scratch_of<'a>(&'a mut self, copy: usize, shared: &'a mut Scratch<T>) -> &'a mut Scratch<T> {
        self.scratches.get_mut(copy).unwrap_or(shared)
    }
}

/// The range of a member's part of an array of `width` numbers a row.
#[inline(always)]
pub(super) fn part(member: usize, rows: usize, width: usize) -> Range<usize> {
    member * rows * width..(member + 1) * rows * width
}

/// z = (x∘s)·W + b and a = f(z) of one layer, member after member.
pub(super) struct MembersForward<'a, T> {
    pub(super) architecture: &'a Architecture,
    pub(super) index: usize,
    pub(super) parameters: &'a [T],
    pub(super) input: Input<'a, T>,
    pub(super) workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for MembersForward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            architecture,
            index,
            parameters,
            input,
            workspace,
        } = self;
        let layer = architecture.layer(index);
        let scales = architecture.input_scales().filter(|_| index == 0);
        let (rows, all) = (workspace.rows, workspace.shape(layer.fan_in, layer.fan_out));
        let shape = Shape { rows, ..all };
        let (below, here) = workspace.layers.split_at_mut(index);
        let here = &mut here[0];
        for member in 0..workspace.members {
            let copy = if layer.copies() > 1 { member } else { 0 };
            let weights = &parameters[layer.weights_of(copy)];
            let weights = match &scales {
                Some(scales) => {
                    let scales = &parameters[scales.clone()][part(member, 1, layer.fan_in)];
                    scale_rows(weights, scales, &mut workspace.scaled_weights);
                    &workspace.scaled_weights[..]
                }
                None => weights,
            };
            let input = match below.last() {
                None => (input, Origin::Data),
                Some(below) => {
                    let x = &below.output()[part(member, rows, layer.fan_in)];
                    (Input::Dense(x), Origin::LayerBelow)
                }
            };
            let scratch = match layer.copies() {
                1 => &mut here.scratch,
                _ => workspace.member_arrays.scratch_of(copy, &mut here.scratch),
            };
            let bias = layer.bias_of(copy).map(|range| &parameters[range]);
            let z = &mut here.z[part(member, rows, layer.fan_out)];
            layer::affine::<I, T>(shape, input, weights, bias, z, scratch);
        }
        let used = all.rows * all.fan_out;
        layer.pre_activation_function.apply_in_parts::<I, T>(
            all.threads,
            &here.z[..used],
            &mut here.activation[..used],
            all.fan_out,
        );
    }
}

/// The gradients of one layer, member after member, and δ of the layer below.
pub(super) struct MembersBackward<'a, 't, T> {
    pub(super) architecture: &'a Architecture,
    pub(super) index: usize,
    pub(super) target: &'a mut Target<'t, T>,
    pub(super) input: Input<'a, T>,
    pub(super) workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for MembersBackward<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        // Members take their steps with an optimizer, which wants the gradient: `backward` sees to it.
        let Target::Gradient { parameters, gradient } = self.target else {
            return;
        };
        let layer = self.architecture.layer(self.index);
        let all = self.workspace.shape(layer.fan_in, layer.fan_out);
        match self.index {
            0 => {
                let scales = self.architecture.input_scales();
                let workspace = &mut *self.workspace;
                differentiate_first::<I, T>(&layer, scales, (parameters, gradient), self.input, workspace);
            }
            _ => differentiate_copies::<I, T>(&layer, self.index, (parameters, gradient), self.workspace),
        }
        if layer.copies() == 1
            && let Some(bias) = layer.bias()
        {
            let delta = &self.workspace.layers[self.index].delta[..all.rows * all.fan_out];
            layer::bias_gradient::<I, T>(all, delta, storing(&mut gradient[bias]));
        }
        if let Some(index_below) = self.index.checked_sub(1) {
            let layer_below = self.architecture.layer(index_below);
            let records = self.workspace.records;
            let below = &mut self.workspace.layers[index_below];
            finish_delta::<I, T>(all, &layer_below, parameters, below, records);
        }
    }
}

fn storing<T>(numbers: &mut [T]) -> layer::Destination<'_, T> {
    layer::Destination { numbers, step: None }
}

/// The gradients of the first layer's weights and scales. A first layer with an output layer's copies does not exist.
#[inline(always)]
fn differentiate_first<I: Isa, T: Scalar>(
    layer: &Layer,
    scales: Option<Range<usize>>,
    (parameters, gradient): (&[T], &mut [T]),
    input: Input<'_, T>,
    workspace: &mut Workspace<T>,
) {
    let Some(scales) = scales else { return };
    let (rows, all) = (workspace.rows, workspace.shape(layer.fan_in, layer.fan_out));
    let shape = Shape { rows, ..all };
    let LayerArrays { delta, scratch, .. } = &mut workspace.layers[0];
    let (to_weights, to_scales) = gradient.split_at_mut(scales.start);
    for member in 0..workspace.members {
        let delta = &delta[part(member, rows, layer.fan_out)];
        let of_scaled = &mut workspace.scaled_weights[..];
        layer::weight_gradient::<I, T>(shape, input, scratch, delta, storing(of_scaled));
        let own = part(member, 1, layer.fan_in);
        let of_scaled = OfScaled {
            weights: &parameters[layer.weights()],
            scales: &parameters[scales.clone()][own.clone()],
            of_scaled,
        };
        of_scaled.differentiate(&mut to_weights[layer.weights()], &mut to_scales[own], member > 0);
    }
}

/// The gradients of each copy of the output layer, and ∂L/∂a of the layer below.
#[inline(always)]
fn differentiate_copies<I: Isa, T: Scalar>(
    layer: &Layer,
    index: usize,
    (parameters, gradient): (&[T], &mut [T]),
    workspace: &mut Workspace<T>,
) {
    let (rows, all) = (workspace.rows, workspace.shape(layer.fan_in, layer.fan_out));
    let shape = Shape { rows, ..all };
    let (below, here) = workspace.layers.split_at_mut(index);
    let Some(below) = below.last_mut() else { return };
    for member in 0..layer.copies() {
        let scratch = workspace.member_arrays.scratch_of(member, &mut here[0].scratch);
        let delta = &here[0].delta[part(member, rows, layer.fan_out)];
        let of_x = part(member, rows, layer.fan_in);
        let weights = layer.weights_of(member);
        let to = &mut below.delta[of_x.clone()];
        layer::input_delta::<I, T>(shape, delta, &parameters[weights.clone()], to, scratch);
        let x = Input::Dense(&below.output()[of_x]);
        layer::weight_gradient::<I, T>(shape, x, scratch, delta, storing(&mut gradient[weights]));
        if let Some(bias) = layer.bias_of(member) {
            layer::bias_gradient::<I, T>(shape, delta, storing(&mut gradient[bias]));
        }
    }
}

/// The mean of the members' outputs, and the pre-activations of which it is the activation.
pub(super) struct AverageMembers<'a, T> {
    pub(super) architecture: &'a Architecture,
    pub(super) workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for AverageMembers<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let workspace = self.workspace;
        let (layer, function) = (self.architecture.output_layer(), self.architecture.averaged_in());
        let (width, used) = (layer.fan_out, workspace.rows * layer.fan_out);
        let Some(here) = workspace.layers.last() else {
            return;
        };
        let arrays = &mut workspace.member_arrays;
        let (mean, mean_z) = (&mut arrays.mean[..used], &mut arrays.mean_z[..used]);
        let of_member = &mut arrays.of_member[..used];
        mean.fill(T::ZERO);
        mean_z.fill(T::ZERO);
        for member in 0..workspace.members {
            let part = part(member, workspace.rows, width);
            add(mean_z, &here.z[part.clone()]);
            match layer.activation == function {
                true => add(mean, &here.activation[part]),
                false => {
                    function.apply_on::<I, T>(&here.z[part], of_member, width);
                    add(mean, of_member);
                }
            }
        }
        let factor = T::from_f64(1.0 / workspace.members as f64);
        for number in mean.iter_mut().chain(&mut *mean_z) {
            *number *= factor;
        }
        // The pre-activation of a mean of probabilities is not the mean of the pre-activations.
        for (z, &p) in mean_z.iter_mut().zip(&*mean) {
            let p = p.to_f64();
            match function {
                Activation::Softmax => *z = T::from_f64(logarithm(p)),
                Activation::Sigmoid => *z = T::from_f64(logarithm(p) - logarithm(1.0 - p)),
                _ => {}
            }
        }
        if layer.activation != function {
            mean.copy_from_slice(mean_z);
        }
    }
}

/// ln p, also of a probability that is 0 in the network's precision.
fn logarithm(p: f64) -> f64 {
    elementary::ln(p.max(f64::from(f32::MIN_POSITIVE)))
}

fn add<T: Scalar>(to: &mut [T], numbers: &[T]) {
    for (to, &number) in to.iter_mut().zip(numbers) {
        *to += number;
    }
}
