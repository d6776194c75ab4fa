//! ∂L/∂W, ∂L/∂b and the δ below of layers of a few units.

use super::{Kernel, Layers, REGISTERS, Row, add_product, dot, is_half, load, store};
use crate::kernels::isa::{Isa, Task};
use crate::kernels::layer_arrays::LayerArrays;
use crate::kernels::vector::{HalfOf, Vector, VectorOf};
use crate::network::{Architecture, Layer};
use crate::scalar::Scalar;
use std::marker::PhantomData;

/// The backward pass of layers of a few units, from δ of the output down to the parameters of the first of them, and to δ
/// of the layer below that.
pub(crate) struct Steps<'a, T> {
    pub(super) layers: Layers<'a, T>,
    /// As many numbers as there are parameters; the parameters themselves, where these take their step at once.
    pub(super) to: *mut T,
    /// What the gradient is multiplied with.
    factor: T,
    /// Whether it is added to what is there.
    adds: bool,
    /// Whether the δ below is taken through weights that have moved.
    top_down: bool,
    /// Whether ∂L/∂a is kept.
    records: bool,
}

impl<'a, T: Scalar> Steps<'a, T> {
    /// A pass that stores the gradient.
    ///
    /// # Panics
    /// Where operands are too short.
    #[inline(always)]
    pub(crate) fn storing(
        architecture: &'a Architecture,
        first: usize,
        input: &'a [T],
        arrays: &'a mut [LayerArrays<T>],
        rows: usize,
        parameters: &'a [T],
        gradient: &'a mut [T],
    ) -> Self {
        assert!(
            gradient.len() == architecture.parameter_count(),
            "the gradient is not laid out as the parameters are"
        );
        Self {
            layers: Layers::new(architecture, first, rows, input, parameters, arrays),
            to: gradient.as_mut_ptr(),
            factor: T::ONE,
            adds: false,
            top_down: false,
            records: false,
        }
    }

    /// A pass that moves the parameters: θ ← θ − rate·∂L/∂θ.
    ///
    /// # Panics
    /// Where operands are too short.
    #[inline(always)]
    pub(crate) fn moving(
        architecture: &'a Architecture,
        first: usize,
        input: &'a [T],
        arrays: &'a mut [LayerArrays<T>],
        rows: usize,
        parameters: &'a mut [T],
        rate: T,
    ) -> Self {
        assert!(
            parameters.len() == architecture.parameter_count(),
            "these are not the parameters of a {} network",
            architecture.describe()
        );
        let to = parameters.as_mut_ptr();
        Self {
            layers: Layers::at(architecture, first, rows, input, to, arrays),
            to,
            factor: -rate,
            adds: true,
            top_down: false,
            records: false,
        }
    }

    /// With the δ below taken through weights that have moved, where `top_down`.
    #[inline(always)]
    pub(crate) fn top_down(mut self, top_down: bool) -> Self {
        self.top_down = top_down;
        self
    }

    /// Keeping ∂L/∂a of every layer below.
    ///
    /// # Panics
    /// Where there is no room for it.
    #[inline(always)]
    pub(crate) fn recording(mut self) -> Self {
        let Layers {
            layers,
            arrays,
            first,
            rows,
            ..
        } = &self.layers;
        for index in first.saturating_sub(1)..layers.len() {
            assert!(
                arrays[index].upstream.len() >= rows * layers[index].fan_out,
                "a layer's operands are too short"
            );
        }
        self.records = true;
        self
    }

    /// The backward pass of all of these layers.
    #[inline(always)]
    pub(crate) fn backward<I: Isa>(&mut self) {
        for index in (self.layers.first..self.layers.layers.len()).rev() {
            let layer = &self.layers.layers[index];
            let (fan_in, fan_out) = (layer.fan_in, layer.fan_out);
            if fan_out == 1 {
                with_known_width!(fan_in, N => I::call(BackwardOfOne::<T, N>(self, index)));
            } else {
                with_known_width!(fan_out, N => I::call(BackwardOfSeveral::<T, N>(self, index)));
            }
        }
    }

    /// What does the same for a layer alone, to be asked for once and called in every step.
    pub(super) fn backward_of<I: Isa>(layer: &Layer) -> Kernel<Self> {
        if layer.fan_out == 1 {
            with_known_width!(layer.fan_in, N => |steps, index| I::call(BackwardOfOne::<T, N>(steps, index)))
        } else {
            with_known_width!(layer.fan_out, N => |steps, index| I::call(BackwardOfSeveral::<T, N>(steps, index)))
        }
    }

    /// δ below, ∂L/∂a being there in its place: times f′ for an f whose slope is not taken in registers.
    #[inline(always)]
    fn slopes_below<I: Isa>(&mut self, index: usize) {
        I::call(SlopesBelow(self, index));
    }
}

/// [`Steps::slopes_below`], which is the same for every number of units.
struct SlopesBelow<'a, 'b, T>(&'b mut Steps<'a, T>, usize);

impl<T: Scalar> Task for SlopesBelow<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(Steps { layers, records, .. }, index) = self;
        let (fan_in, function) = (layers.layers[index].fan_in, layers.layers[index - 1].activation);
        let used = layers.rows * fan_in;
        let below = &mut layers.arrays[index - 1];
        if *records {
            below.upstream[..used].copy_from_slice(&below.delta[..used]);
        }
        let (z, a) = (&below.z[..used], &below.activation[..used]);
        function.backpropagate_on::<I, T>(z, a, &mut below.delta[..used], fan_in);
    }
}

/// The backward pass of a layer of N units.
struct BackwardOfSeveral<'a, 'b, T, const N: usize>(&'b mut Steps<'a, T>, usize);

impl<T: Scalar, const N: usize> Task for BackwardOfSeveral<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(steps, index) = self;
        if is_half(N) {
            several::<I, T, HalfOf<I, T>, N>(steps, index);
        } else {
            several::<I, T, VectorOf<I, T>, N>(steps, index);
        }
    }
}

#[inline(always)]
fn several<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(steps: &mut Steps<'_, T>, index: usize) {
    if !steps.top_down && index > 0 {
        I::call(DeltaBelowSeveral::<T, V, N>(steps, index, PhantomData));
    }
    match (steps.layers.rows, steps.adds) {
        (1, true) => gradient_of_several::<T, V, N, 1, true>(steps, index),
        (1, false) => gradient_of_several::<T, V, N, 1, false>(steps, index),
        (_, true) => gradient_of_several::<T, V, N, 4, true>(steps, index),
        (_, false) => gradient_of_several::<T, V, N, 4, false>(steps, index),
    }
    if steps.top_down && index > 0 {
        I::call(DeltaBelowSeveral::<T, V, N>(steps, index, PhantomData));
    }
}

#[inline(always)]
fn gradient_of_several<T: Scalar, V: Vector<T>, const N: usize, const R: usize, const ADDS: bool>(
    steps: &mut Steps<'_, T>,
    index: usize,
) {
    let zero = [V::splat(T::ZERO); REGISTERS];
    let factor = V::splat(steps.factor);
    // SAFETY: only `Steps::backward` comes here, with the index of a layer of N units, and with R rows; the operands are
    // as long as the layers say (`Layers::at`).
    unsafe {
        let layer = steps.layers.layers.get_unchecked(index);
        let fan_in = layer.fan_in;
        let x = steps.layers.x(index);
        let delta = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
        let mut scaled = [zero; R];
        for (row, scaled) in scaled.iter_mut().enumerate() {
            *scaled = load::<T, V, N>(delta.add(row * N));
            for register in scaled.iter_mut() {
                *register = register.mul(factor);
            }
        }
        let weights = steps.to.add(layer.weights_at());
        for k in 0..fan_in {
            let to = weights.add(k * N);
            let mut sums = if ADDS { load::<T, V, N>(to) } else { zero };
            for (row, &scaled) in scaled.iter().enumerate() {
                sums = add_product::<T, V, N>(V::splat(*x.add(row * fan_in + k)), scaled, sums);
            }
            store::<T, V, N>(sums, to);
        }
        if let Some(at) = layer.bias_at() {
            let to = steps.to.add(at);
            let mut sums = if ADDS { load::<T, V, N>(to) } else { zero };
            for scaled in scaled {
                for c in 0..REGISTERS {
                    if c * V::LANES < N {
                        sums[c] = sums[c].add(scaled[c]);
                    }
                }
            }
            store::<T, V, N>(sums, to);
        }
    }
}

/// δ·Wᵀ of what is below a layer of N units, times its f′(z).
struct DeltaBelowSeveral<'a, 'b, T, V, const N: usize>(&'b mut Steps<'a, T>, usize, PhantomData<V>);

impl<T: Scalar, V: Vector<T>, const N: usize> Task for DeltaBelowSeveral<'_, '_, T, V, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(steps, index, _) = self;
        // SAFETY: only `Steps::backward` leads here, with the index of a layer of N units, and not with 0; the operands are
        // as long as the layers say (`Layers::at`).
        unsafe {
            let layer = steps.layers.layers.get_unchecked(index);
            let weights = steps.layers.parameters.add(layer.weights_at());
            let delta = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
            let below = steps
                .layers
                .arrays
                .get_unchecked_mut(index - 1)
                .delta
                .as_mut_ptr();
            let zero = V::splat(T::ZERO);
            for row in 0..steps.layers.rows {
                let delta = load::<T, V, N>(delta.add(row * N));
                let below = below.add(row * layer.fan_in);
                for k in 0..layer.fan_in {
                    *below.add(k) = dot::<T, V, N>(delta, load::<T, V, N>(weights.add(k * N)), zero);
                }
            }
        }
        steps.slopes_below::<I>(index);
    }
}

/// The backward pass of a layer of one unit with N inputs.
struct BackwardOfOne<'a, 'b, T, const N: usize>(&'b mut Steps<'a, T>, usize);

impl<T: Scalar, const N: usize> Task for BackwardOfOne<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(steps, index) = self;
        if is_half(N) {
            one::<I, T, HalfOf<I, T>, N>(steps, index);
        } else {
            one::<I, T, VectorOf<I, T>, N>(steps, index);
        }
    }
}

#[inline(always)]
fn one<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(steps: &mut Steps<'_, T>, index: usize) {
    // SAFETY: only `Steps::backward` comes here, with the index of a layer of N inputs and one unit; the operands are as
    // long as the layers say (`Layers::at`).
    unsafe {
        let layer = steps.layers.layers.get_unchecked(index);
        let (weights_at, bias_at) = (layer.weights_at(), layer.bias_at());
        let before = load::<T, V, N>(steps.layers.parameters.add(weights_at));
        let x = steps.layers.x(index);
        let delta = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
        let mut sums = if steps.adds {
            before
        } else {
            [V::splat(T::ZERO); REGISTERS]
        };
        let mut of_bias = T::ZERO;
        for row in 0..steps.layers.rows {
            let scaled = steps.factor * *delta.add(row);
            sums = add_product::<T, V, N>(V::splat(scaled), load::<T, V, N>(x.add(row * N)), sums);
            of_bias += scaled;
        }
        store::<T, V, N>(sums, steps.to.add(weights_at));
        if let Some(at) = bias_at {
            let bias = steps.to.add(at);
            *bias = if steps.adds { *bias + of_bias } else { of_bias };
        }
        if index > 0 {
            delta_below_one::<I, T, V, N>(
                steps,
                index,
                if steps.top_down && steps.adds {
                    sums
                } else {
                    before
                },
            );
        }
    }
}

/// δ of the N units below a layer of one: δ times its weights, times f′(z).
///
/// # Safety
/// As in [`one`]; the index must not be 0.
#[inline(always)]
unsafe fn delta_below_one<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(
    steps: &mut Steps<'_, T>,
    index: usize,
    weights: Row<V>,
) {
    // SAFETY: as the caller vouches.
    let function = unsafe { steps.layers.layers.get_unchecked(index - 1) }.activation;
    let at_once = function.is_applied_in_registers() && !steps.records;
    // SAFETY: as the caller vouches.
    unsafe {
        let delta = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
        let below = steps.layers.arrays.get_unchecked_mut(index - 1);
        let (a, to) = (below.activation.as_ptr(), below.delta.as_mut_ptr());
        for row in 0..steps.layers.rows {
            let delta = V::splat(*delta.add(row));
            let mut row_below = weights;
            for c in 0..REGISTERS {
                if c * V::LANES < N {
                    row_below[c] = delta.mul(weights[c]);
                }
            }
            if at_once {
                let a = load::<T, V, N>(a.add(row * N));
                function.slopes_times(&mut row_below, &a, N.div_ceil(V::LANES));
            }
            store::<T, V, N>(row_below, to.add(row * N));
        }
    }
    if !at_once {
        steps.slopes_below::<I>(index);
    }
}
