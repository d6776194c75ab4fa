//! The forward pass of narrow layers: z = x·W + b and a = f(z).

use super::{Kernel, Layers, ROW_REGISTERS, Row, add_product, load, load_rows, partial_dot, store};
use crate::activation::Activation;
use crate::layer::layout::LayerLayout;
use crate::simd::scalar::Scalar;
use crate::simd::vector::Vector;
use crate::simd::{Isa, Task};

impl<T: Scalar> Layers<'_, T> {
    /// The forward pass of all of these layers.
    ///
    /// # Panics
    /// If there are not as many parameters as the layout requires, or if a layer's shape has no kernel.
    #[inline(always)]
    pub fn forward<I: Isa>(&mut self, parameters: &[T]) {
        self.set_parameters(parameters);
        for index in self.first..self.layers.len() {
            Self::forward_kernel::<I>(&self.layers[index])(self, index);
        }
    }

    /// The kernel that does the same for one layer, to be chosen once and called in every step.
    #[inline(always)]
    pub(crate) fn forward_kernel<I: Isa>(layer: &LayerLayout) -> Kernel<Self> {
        if layer.fan_out == 1 {
            with_supported_width!(layer.fan_in, N => |layers, index| I::call(Forward::<T, N, true>(layers, index)))
        } else {
            with_supported_width!(layer.fan_out, N => |layers, index| I::call(Forward::<T, N, false>(layers, index)))
        }
    }
}

/// The forward pass of a layer of N units, or of a single unit with N inputs.
struct Forward<'a, 'b, T, const N: usize, const IS_SINGLE: bool>(&'b mut Layers<'a, T>, usize);

impl<T: Scalar, const N: usize, const IS_SINGLE: bool> Task for Forward<'_, '_, T, N, IS_SINGLE> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(layers, index) = self;
        if IS_SINGLE {
            with_best_register!(I, T, N, V => forward_single_unit::<I, T, V<I, T>, N>(layers, index));
        } else {
            with_best_register!(I, T, N, V => forward_units::<I, T, V<I, T>, N>(layers, index));
        }
        layers.apply_deferred_activation::<I>(index);
    }
}

impl<T: Scalar> Layers<'_, T> {
    /// a = f(z) for an f that is not applied in registers.
    #[inline(always)]
    fn apply_deferred_activation<I: Isa>(&mut self, index: usize) {
        if !self.layers[index].activation.is_applied_in_registers() {
            I::call(DeferredActivation(self, index));
        }
    }
}

/// [`Layers::apply_deferred_activation`] as a function of its own, shared by all numbers of units.
struct DeferredActivation<'a, 'b, T>(&'b mut Layers<'a, T>, usize);

impl<T: Scalar> Task for DeferredActivation<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(layers, index) = self;
        let layer = &layers.layers[index];
        let used = layers.rows * layer.fan_out;
        let here = &mut layers.arrays[index];
        let (z, activation) = (&here.z[..used], &mut here.activation[..used]);
        layer.activation.apply_on::<I, T>(z, activation, layer.fan_out);
    }
}

#[inline(always)]
fn forward_units<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(layers: &mut Layers<'_, T>, index: usize) {
    // SAFETY: only `Layers::forward` and the kernels it selects call this, with the index of a layer of N units.
    unsafe {
        if layers.rows == 4 && N <= V::LANES {
            let accumulators = accumulators_of_units::<T, V, N, 4>(layers, index, 0);
            rows_of_units::<I, T, V, N, 4>(layers, index, 0, accumulators);
        } else {
            for row in 0..layers.rows {
                let accumulators = accumulators_of_units::<T, V, N, 1>(layers, index, row);
                rows_of_units::<I, T, V, N, 1>(layers, index, row, accumulators);
            }
        }
    }
}

/// The accumulators of the pre-activations of R rows of N units: two for each row, which halves the dependency chain.
#[derive(Clone, Copy)]
pub(crate) struct Accumulators<V, const R: usize, const N: usize> {
    even: [Row<V>; R],
    odd: [Row<V>; R],
}

impl<V, const R: usize, const N: usize> Accumulators<V, R, N> {
    /// Accumulators that start at the layer's bias, or at zeros.
    #[inline(always)]
    pub(crate) fn new<T: Scalar>(bias: Row<V>) -> Self
    where
        V: Vector<T>,
    {
        Self {
            even: [bias; R],
            odd: [[V::splat(T::ZERO); ROW_REGISTERS]; R],
        }
    }

    /// Adds the contribution of input k, an even or an odd number, by its row of W. `x` is input k of the first row.
    ///
    /// # Safety
    /// Input k must exist in R rows, each of `fan_in` numbers.
    #[inline(always)]
    pub(crate) unsafe fn add<T: Scalar, const IS_ODD: bool>(
        &mut self,
        x: *const T,
        fan_in: usize,
        weights: Row<V>,
    ) where
        V: Vector<T>,
    {
        let accumulators = if IS_ODD { &mut self.odd } else { &mut self.even };
        for (row, accumulators) in accumulators.iter_mut().enumerate() {
            // SAFETY: guaranteed by the caller.
            let x = unsafe { *x.add(row * fan_in) };
            *accumulators = add_product::<T, V, N>(V::splat(x), weights, *accumulators);
        }
    }

    /// The pre-activations z of each row.
    #[inline(always)]
    fn z<T: Scalar>(self) -> [Row<V>; R]
    where
        V: Vector<T>,
    {
        let mut z = self.even;
        for (z, odd) in z.iter_mut().zip(self.odd) {
            for c in 0..ROW_REGISTERS {
                if c * V::LANES < N {
                    z[c] = z[c].add(odd[c]);
                }
            }
        }
        z
    }
}

/// x·W + b of R rows from `first_row` on.
///
/// # Safety
/// Layer `index` must exist and have N units, and the rows must exist.
#[inline(always)]
pub(crate) unsafe fn accumulators_of_units<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &Layers<'_, T>,
    index: usize,
    first_row: usize,
) -> Accumulators<V, R, N> {
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let fan_in = layer.fan_in;
        let weights = layers.parameters.add(layer.weights_at);
        let mut accumulators = Accumulators::<V, R, N>::new(match layer.bias_at {
            Some(at) => load::<T, V, N>(layers.parameters.add(at)),
            None => [V::splat(T::ZERO); ROW_REGISTERS],
        });
        let x = layers.x(index).add(first_row * fan_in);
        let mut k = 0;
        while k + 2 <= fan_in {
            accumulators.add::<T, false>(x.add(k), fan_in, load::<T, V, N>(weights.add(k * N)));
            accumulators.add::<T, true>(x.add(k + 1), fan_in, load::<T, V, N>(weights.add((k + 1) * N)));
            k += 2;
        }
        if k < fan_in {
            accumulators.add::<T, false>(x.add(k), fan_in, load::<T, V, N>(weights.add(k * N)));
        }
        accumulators
    }
}

/// The forward pass of R rows from `first_row` on through a layer of N units, from their accumulators on. Stores z and
/// the activations, and returns the activations.
///
/// # Safety
/// Layer `index` must exist and have N units, and the rows must exist.
#[inline(always)]
pub(crate) unsafe fn rows_of_units<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
    first_row: usize,
    accumulators: Accumulators<V, R, N>,
) -> [Row<V>; R] {
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let function = layers.layers.get_unchecked(index).activation;
        let here = layers.arrays.get_unchecked_mut(index);
        let mut rows = accumulators.z();
        for (row, z) in rows.iter().enumerate() {
            store::<T, V, N>(*z, here.z.as_mut_ptr().add((first_row + row) * N));
        }
        activate::<I, T, V, N, R>(function, &mut rows);
        for (row, activations) in rows.iter().enumerate() {
            store::<T, V, N>(
                *activations,
                here.activation.as_mut_ptr().add((first_row + row) * N),
            );
        }
        rows
    }
}

/// a = f(z) of R rows of N, for an f that is [applied in registers](Activation::is_applied_in_registers).
#[inline(always)]
fn activate<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    function: Activation,
    rows: &mut [Row<V>; R],
) {
    if N <= V::LANES {
        // One branch on f for all rows.
        let mut registers = rows.map(|row| row[0]);
        function.apply_to_registers::<I, T, V>(&mut registers, R);
        for (row, register) in rows.iter_mut().zip(registers) {
            row[0] = register;
        }
    } else {
        for row in rows {
            function.apply_to_registers::<I, T, V>(row, N.div_ceil(V::LANES));
        }
    }
}

#[inline(always)]
fn forward_single_unit<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
) {
    // SAFETY: only `Layers::forward` and the kernels it selects call this, with the index of a layer of N inputs and
    // one unit; the operands have the lengths that the layers require, and there are one or four rows (checked in
    // `Layers::new`).
    unsafe {
        let x = layers.x(index);
        if layers.rows == 1 {
            rows_of_single_unit::<I, T, V, N, 1>(layers, index, &load_rows::<T, V, N, 1>(x));
        } else {
            rows_of_single_unit::<I, T, V, N, 4>(layers, index, &load_rows::<T, V, N, 4>(x));
        }
    }
}

/// The forward pass of R rows through a layer of one unit. Stores the activations and returns them, one lane for each
/// row; the activation of a single row is in every lane.
///
/// # Safety
/// Layer `index` must exist and have N inputs and one unit, and there must be R rows, one or four.
#[inline(always)]
pub(crate) unsafe fn rows_of_single_unit<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
    x: &[Row<V>; R],
) -> V::Single {
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`), and any register holds
    // at least four numbers.
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let function = layer.activation;
        let weights = load::<T, V, N>(layers.parameters.add(layer.weights_at));
        let bias = match layer.bias_at {
            Some(at) => V::load_first(layers.parameters.add(at), 1),
            None => V::splat(T::ZERO),
        };
        let here = layers.arrays.get_unchecked_mut(index);
        let mut accumulators = [bias; 4];
        for (accumulators, x) in accumulators.iter_mut().zip(x) {
            *accumulators = partial_dot::<T, V, N>(*x, weights, bias);
        }
        let mut z = [if R == 1 {
            accumulators[0].broadcast_sum()
        } else {
            V::from_half(V::sums_of_four(accumulators))
        }];
        z[0].store_first(here.z.as_mut_ptr(), R);
        function.apply_to_registers::<I, T, V::Single>(&mut z, 1);
        z[0].store_first(here.activation.as_mut_ptr(), R);
        z[0]
    }
}
