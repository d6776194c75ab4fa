//! The backward pass of narrow layers: ∂L/∂W, ∂L/∂b and the δ of the layer below.

use super::forward::Accumulators;
use super::{Kernel, Layers, ROW_REGISTERS, Row, add_product, load, load_rows, partial_dot, store};
use crate::activation::Activation;
use crate::layer::layout::LayerLayout;
use crate::simd::scalar::Scalar;
use crate::simd::vector::Vector;
use crate::simd::{Isa, Task};
use std::marker::PhantomData;

/// The backward pass of narrow layers, from δ of the output down to the parameters of the first of them, and to δ of
/// the layer below that.
pub struct BackwardPass<'a, T> {
    pub(crate) layers: Layers<'a, T>,
    /// The destination: as many numbers as there are parameters, or the parameters themselves where they take their
    /// step at once.
    pub(crate) to: *mut T,
    /// The factor of the gradient.
    factor: T,
    /// Whether the scaled gradient is added to the destination.
    pub(crate) adds: bool,
    /// Whether the δ below uses the updated weights.
    top_down: bool,
    /// Whether ∂L/∂a is kept.
    pub(crate) records: bool,
}

impl<'a, T: Scalar> Layers<'a, T> {
    /// The backward pass that stores the gradient.
    ///
    /// # Panics
    /// If there are not as many parameters as the layout requires.
    #[inline(always)]
    pub fn storing_gradient(mut self, parameters: &'a [T], gradient: &'a mut [T]) -> BackwardPass<'a, T> {
        assert!(
            gradient.len() == self.parameter_count,
            "the gradient is not laid out as the parameters are"
        );
        self.set_parameters(parameters);
        BackwardPass {
            layers: self,
            to: gradient.as_mut_ptr(),
            factor: T::ONE,
            adds: false,
            top_down: false,
            records: false,
        }
    }

    /// The backward pass that updates the parameters: θ ← θ − rate·∂L/∂θ, where `top_down` with the updated weights for the
    /// δ below.
    ///
    /// # Panics
    /// If there are not as many parameters as the layout requires.
    #[inline(always)]
    pub fn updating(mut self, parameters: &'a mut [T], rate: T, top_down: bool) -> BackwardPass<'a, T> {
        let parameters: *mut [T] = parameters;
        self.set_parameters(parameters);
        BackwardPass {
            layers: self,
            to: parameters.cast(),
            factor: -rate,
            adds: true,
            top_down,
            records: false,
        }
    }
}

impl<'a, T: Scalar> BackwardPass<'a, T> {
    /// Keeps ∂L/∂a of every layer below.
    ///
    /// # Panics
    /// If the arrays for it are too short.
    #[inline(always)]
    pub fn recording(mut self) -> Self {
        let narrow = &self.layers;
        for index in narrow.first.saturating_sub(1)..narrow.layers.len() {
            assert!(
                narrow.arrays[index].upstream.len() >= narrow.rows * narrow.layers[index].fan_out,
                "a layer's operands are too short"
            );
        }
        self.records = true;
        self
    }

    /// The backward pass of all of these layers.
    #[inline(always)]
    pub fn backward<I: Isa>(&mut self) {
        for index in (self.layers.first..self.layers.layers.len()).rev() {
            Self::backward_kernel::<I>(&self.layers.layers[index])(self, index);
        }
    }

    /// The kernel that does the same for one layer, to be chosen once and called in every step.
    #[inline(always)]
    pub(crate) fn backward_kernel<I: Isa>(layer: &LayerLayout) -> Kernel<Self> {
        if layer.fan_out == 1 {
            with_supported_width!(layer.fan_in, N => |pass, index| I::call(Backward::<T, N, true>(pass, index)))
        } else {
            with_supported_width!(layer.fan_out, N => |pass, index| I::call(Backward::<T, N, false>(pass, index)))
        }
    }
}

/// Turns ∂L/∂a, stored in place of δ below, into δ: multiplies by f′ for an f whose derivative is not applied in
/// registers. A function of its own, shared by all numbers of units.
struct DeferredDerivatives<'a, 'b, T>(&'b mut BackwardPass<'a, T>, usize);

impl<T: Scalar> Task for DeferredDerivatives<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(BackwardPass { layers, records, .. }, index) = self;
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

/// The backward pass of a layer of N units, or of a single unit with N inputs.
struct Backward<'a, 'b, T, const N: usize, const IS_SINGLE: bool>(&'b mut BackwardPass<'a, T>, usize);

impl<T: Scalar, const N: usize, const IS_SINGLE: bool> Task for Backward<'_, '_, T, N, IS_SINGLE> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(pass, index) = self;
        if IS_SINGLE {
            with_best_register!(I, T, N, V => if pass.layers.rows == 1 {
                backward_single_unit::<I, T, V<I, T>, N, 1>(pass, index);
            } else {
                backward_single_unit::<I, T, V<I, T>, N, 4>(pass, index);
            });
        } else {
            with_best_register!(I, T, N, V => backward_units::<I, T, V<I, T>, N>(pass, index));
        }
    }
}

#[inline(always)]
fn backward_units<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(
    pass: &mut BackwardPass<'_, T>,
    index: usize,
) {
    // SAFETY: only `BackwardPass::backward` and the kernels it selects call this, with the index of a layer of N units; the operands have the lengths that the layers
    // require, and there are one or four rows (`Layers::new`).
    unsafe {
        let delta = pass.layers.arrays.get_unchecked(index).delta.as_ptr();
        match (pass.layers.rows, pass.adds) {
            (1, true) => rows_of_units::<I, T, V, N, 1, true>(pass, index, load_rows::<T, V, N, 1>(delta)),
            (1, false) => rows_of_units::<I, T, V, N, 1, false>(pass, index, load_rows::<T, V, N, 1>(delta)),
            (_, true) => rows_of_units::<I, T, V, N, 4, true>(pass, index, load_rows::<T, V, N, 4>(delta)),
            (_, false) => rows_of_units::<I, T, V, N, 4, false>(pass, index, load_rows::<T, V, N, 4>(delta)),
        }
    }
}

/// The backward pass of a layer of N units from the δ of R rows, which are in memory too.
///
/// # Safety
/// Layer `index` must exist and have N units, and there must be R rows; `ADDS` must equal `pass.adds`.
#[inline(always)]
pub(crate) unsafe fn rows_of_units<
    I: Isa,
    T: Scalar,
    V: Vector<T>,
    const N: usize,
    const R: usize,
    const ADDS: bool,
>(
    pass: &mut BackwardPass<'_, T>,
    index: usize,
    delta: [Row<V>; R],
) {
    if !pass.top_down && index > 0 {
        I::call(DeltaBelowUnits::<T, V, N>(pass, index, PhantomData));
    }
    // SAFETY: guaranteed by the caller.
    unsafe { gradient_of_units::<T, V, N, R, ADDS>(pass, index, delta, None) };
    if pass.top_down && index > 0 {
        I::call(DeltaBelowUnits::<T, V, N>(pass, index, PhantomData));
    }
}

/// ∂L/∂W and ∂L/∂b of a layer of N units, from the δ of R rows. Where the parameters move and `next` is the input of
/// the next R rows, returns the accumulators of these rows as well: each row of W takes part in the next forward pass
/// while it is in registers.
///
/// # Safety
/// Layer `index` must exist and have N units, and there must be R rows; `ADDS` must equal `pass.adds`; `next` must be
/// (R, fan_in).
#[inline(always)]
pub(crate) unsafe fn gradient_of_units<
    T: Scalar,
    V: Vector<T>,
    const N: usize,
    const R: usize,
    const ADDS: bool,
>(
    pass: &mut BackwardPass<'_, T>,
    index: usize,
    delta: [Row<V>; R],
    next: Option<*const T>,
) -> Accumulators<V, R, N> {
    let zero = [V::splat(T::ZERO); ROW_REGISTERS];
    let factor = V::splat(pass.factor);
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let layer = pass.layers.layers.get_unchecked(index);
        let fan_in = layer.fan_in;
        let x = pass.layers.x(index);
        let mut scaled = delta;
        for registers in &mut scaled {
            for register in registers.iter_mut() {
                *register = register.mul(factor);
            }
        }
        // The bias comes first, because the next forward pass begins with it.
        let mut bias = zero;
        if let Some(at) = layer.bias_at {
            let to = pass.to.add(at);
            if ADDS {
                bias = load::<T, V, N>(to);
            }
            for scaled in &scaled {
                for c in 0..ROW_REGISTERS {
                    if c * V::LANES < N {
                        bias[c] = bias[c].add(scaled[c]);
                    }
                }
            }
            store::<T, V, N>(bias, to);
        }
        let mut accumulators = Accumulators::<V, R, N>::new(bias);
        let weights = pass.to.add(layer.weights_at);
        let mut k = 0;
        while k + 2 <= fan_in {
            let even = gradient_of_input::<T, V, N, R, ADDS>(weights.add(k * N), x.add(k), fan_in, &scaled);
            let odd = gradient_of_input::<T, V, N, R, ADDS>(
                weights.add((k + 1) * N),
                x.add(k + 1),
                fan_in,
                &scaled,
            );
            if let Some(next) = next {
                accumulators.add::<T, false>(next.add(k), fan_in, even);
                accumulators.add::<T, true>(next.add(k + 1), fan_in, odd);
            }
            k += 2;
        }
        if k < fan_in {
            let last = gradient_of_input::<T, V, N, R, ADDS>(weights.add(k * N), x.add(k), fan_in, &scaled);
            if let Some(next) = next {
                accumulators.add::<T, false>(next.add(k), fan_in, last);
            }
        }
        accumulators
    }
}

/// A row of ∂L/∂W, from an input of R rows of `fan_in` numbers and the scaled δ. Returns the row at `to` afterwards.
///
/// # Safety
/// `to` must be valid for reading and writing N numbers, and the input must exist in R rows.
#[inline(always)]
unsafe fn gradient_of_input<T: Scalar, V: Vector<T>, const N: usize, const R: usize, const ADDS: bool>(
    to: *mut T,
    x: *const T,
    fan_in: usize,
    scaled: &[Row<V>; R],
) -> Row<V> {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let mut accumulators = if ADDS {
            load::<T, V, N>(to)
        } else {
            [V::splat(T::ZERO); ROW_REGISTERS]
        };
        for (row, &scaled) in scaled.iter().enumerate() {
            accumulators = add_product::<T, V, N>(V::splat(*x.add(row * fan_in)), scaled, accumulators);
        }
        store::<T, V, N>(accumulators, to);
        accumulators
    }
}

/// δ·Wᵀ below a layer of N units, times f′(z) of the layer below.
struct DeltaBelowUnits<'a, 'b, T, V, const N: usize>(&'b mut BackwardPass<'a, T>, usize, PhantomData<V>);

impl<T: Scalar, V: Vector<T>, const N: usize> Task for DeltaBelowUnits<'_, '_, T, V, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(pass, index, _) = self;
        // SAFETY: only `BackwardPass::backward` and the kernels it selects lead here, with the index of a layer of N units, and not with 0; the operands are
        // as long as the layers say (checked in `Layers::new`), and any register holds at least four numbers.
        unsafe {
            let layer = pass.layers.layers.get_unchecked(index);
            let function = pass.layers.layers.get_unchecked(index - 1).activation;
            let weights = pass.layers.parameters.add(layer.weights_at);
            let delta = pass.layers.arrays.get_unchecked(index).delta.as_ptr();
            let below = pass.layers.arrays.get_unchecked_mut(index - 1);
            let (a, below) = (below.activation.as_ptr(), below.delta.as_mut_ptr());
            let zero = V::splat(T::ZERO);
            for row in 0..pass.layers.rows {
                let delta = load::<T, V, N>(delta.add(row * N));
                let first = row * layer.fan_in;
                for k in (0..layer.fan_in).step_by(4) {
                    let count = (layer.fan_in - k).min(4);
                    let mut accumulators = [zero; 4];
                    for (j, accumulators) in accumulators.iter_mut().enumerate() {
                        if j < count {
                            let weights = load::<T, V, N>(weights.add((k + j) * N));
                            *accumulators = partial_dot::<T, V, N>(delta, weights, zero);
                        }
                    }
                    let mut gradient = [V::sums_of_four(accumulators)];
                    if !pass.records {
                        let a = V::Half::load_first(a.add(first + k), count);
                        function.times_derivatives(&mut gradient, &[a], 1);
                    }
                    gradient[0].store_first(below.add(first + k), count);
                }
            }
            if pass.records || !function.is_applied_in_registers() {
                I::call(DeferredDerivatives(pass, index));
            }
        }
    }
}

#[inline(always)]
fn backward_single_unit<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    pass: &mut BackwardPass<'_, T>,
    index: usize,
) {
    // SAFETY: only `BackwardPass::backward` and the kernels it selects call this, with the index of a layer of N inputs and one unit; the operands have the
    // lengths that the layers require, and there are R rows.
    unsafe {
        let x = load_rows::<T, V, N, R>(pass.layers.x(index));
        let mut delta = [V::splat(T::ZERO); R];
        let from = pass.layers.arrays.get_unchecked(index).delta.as_ptr();
        for (row, delta) in delta.iter_mut().enumerate() {
            *delta = V::splat(*from.add(row));
        }
        let weights = gradient_of_single_unit::<T, V, N, R>(pass, index, &x, delta);
        if index > 0 {
            let function = pass.layers.layers.get_unchecked(index - 1).activation;
            // The activations of the layer below are x.
            delta_below_single_unit::<T, V, N, R>(pass, index, weights, &x, delta);
            if !function.is_applied_in_registers() || pass.records {
                I::call(DeferredDerivatives(pass, index));
            }
        }
    }
}

/// ∂L/∂W and ∂L/∂b of a layer of one unit, from x of R rows and their δ, each in every lane. Returns the weights to use
/// for δ below.
///
/// # Safety
/// Layer `index` must exist and have N inputs and one unit.
#[inline(always)]
pub(crate) unsafe fn gradient_of_single_unit<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    pass: &mut BackwardPass<'_, T>,
    index: usize,
    x: &[Row<V>; R],
    delta: [V; R],
) -> Row<V> {
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let layer = pass.layers.layers.get_unchecked(index);
        let (weights_at, bias_at) = (layer.weights_at, layer.bias_at);
        let before = load::<T, V, N>(pass.layers.parameters.add(weights_at));
        let mut accumulators = if pass.adds {
            before
        } else {
            [V::splat(T::ZERO); ROW_REGISTERS]
        };
        let (factor, mut bias_gradient) = (V::splat(pass.factor), V::splat(T::ZERO));
        for row in 0..R {
            let scaled = factor.mul(delta[row]);
            accumulators = add_product::<T, V, N>(scaled, x[row], accumulators);
            bias_gradient = bias_gradient.add(scaled);
        }
        store::<T, V, N>(accumulators, pass.to.add(weights_at));
        if let Some(at) = bias_at {
            let bias = pass.to.add(at);
            if pass.adds {
                bias_gradient = V::load_first(bias, 1).add(bias_gradient);
            }
            bias_gradient.store_first(bias, 1);
        }
        if pass.top_down && pass.adds {
            accumulators
        } else {
            before
        }
    }
}

/// δ of the N units below a layer of one unit, from `a` of R rows and their δ, each in every lane: δ times the weights,
/// times f′(z) where that is [applied in registers](Activation::is_applied_in_registers) and ∂L/∂a need not be kept.
/// Stores the result too.
///
/// # Safety
/// Layer `index` must exist, not be the first, and have N inputs and one unit.
#[inline(always)]
pub(crate) unsafe fn delta_below_single_unit<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    pass: &mut BackwardPass<'_, T>,
    index: usize,
    weights: Row<V>,
    a: &[Row<V>; R],
    delta: [V; R],
) -> [Row<V>; R] {
    let mut rows = [weights; R];
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let function = pass.layers.layers.get_unchecked(index - 1).activation;
        let to = pass.layers.arrays.get_unchecked_mut(index - 1).delta.as_mut_ptr();
        for (registers, delta) in rows.iter_mut().zip(delta) {
            for c in 0..ROW_REGISTERS {
                if c * V::LANES < N {
                    registers[c] = delta.mul(weights[c]);
                }
            }
        }
        if !pass.records {
            times_derivatives::<T, V, N, R>(function, &mut rows, a);
        }
        for (row, registers) in rows.iter().enumerate() {
            store::<T, V, N>(*registers, to.add(row * N));
        }
    }
    rows
}

/// δ = ∂L/∂a · f′(z) of R rows of N, for an f that is [applied in registers](Activation::is_applied_in_registers).
#[inline(always)]
fn times_derivatives<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    function: Activation,
    gradients: &mut [Row<V>; R],
    a: &[Row<V>; R],
) {
    if N <= V::LANES {
        // One branch on f for all rows.
        let mut registers = gradients.map(|row| row[0]);
        function.times_derivatives(&mut registers, &a.map(|row| row[0]), R);
        for (row, register) in gradients.iter_mut().zip(registers) {
            row[0] = register;
        }
    } else {
        for (row, a) in gradients.iter_mut().zip(a) {
            function.times_derivatives(row, a, N.div_ceil(V::LANES));
        }
    }
}
