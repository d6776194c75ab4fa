//! z = x·W + b and a = f(z) of layers of a few units.

use super::{Kernel, Layers, REGISTERS, Row, add_product, load, load_rows, products, store};
use crate::activation::Activation;
use crate::layer::layout::LayerLayout;
use crate::simd::scalar::Scalar;
use crate::simd::vector::Vector;
use crate::simd::{Isa, Task};

impl<T: Scalar> Layers<'_, T> {
    /// The forward pass of all of these layers.
    #[inline(always)]
    pub fn forward<I: Isa>(&mut self) {
        for index in self.first..self.layers.len() {
            let (fan_in, fan_out) = (self.layers[index].fan_in, self.layers[index].fan_out);
            if fan_out == 1 {
                with_known_width!(fan_in, N => I::call(ForwardOfOne::<T, N>(self, index)));
            } else {
                with_known_width!(fan_out, N => I::call(ForwardOfSeveral::<T, N>(self, index)));
            }
        }
    }

    /// What does the same for a layer alone, to be asked for once and called in every step.
    pub(crate) fn forward_of<I: Isa>(layer: &LayerLayout) -> Kernel<Self> {
        if layer.fan_out == 1 {
            with_known_width!(layer.fan_in, N => |layers, index| I::call(ForwardOfOne::<T, N>(layers, index)))
        } else {
            with_known_width!(layer.fan_out, N => |layers, index| I::call(ForwardOfSeveral::<T, N>(layers, index)))
        }
    }
}

/// The forward pass of a layer of N units.
struct ForwardOfSeveral<'a, 'b, T, const N: usize>(&'b mut Layers<'a, T>, usize);

impl<T: Scalar, const N: usize> Task for ForwardOfSeveral<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(layers, index) = self;
        with_best_register!(I, T, N, V => several::<I, T, V<I, T>, N>(layers, index));
        layers.apply_what_is_left::<I>(index);
    }
}

impl<T: Scalar> Layers<'_, T> {
    /// a = f(z) for an f that is not applied in registers.
    #[inline(always)]
    fn apply_what_is_left<I: Isa>(&mut self, index: usize) {
        if !self.layers[index].activation.is_applied_in_registers() {
            I::call(WhatIsLeft(self, index));
        }
    }
}

/// [`Layers::apply_what_is_left`], which is the same for every number of units.
struct WhatIsLeft<'a, 'b, T>(&'b mut Layers<'a, T>, usize);

impl<T: Scalar> Task for WhatIsLeft<'_, '_, T> {
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
fn several<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(layers: &mut Layers<'_, T>, index: usize) {
    // SAFETY: only `Layers::forward` comes here, with the index of a layer of N units.
    unsafe {
        if layers.rows == 4 && N <= V::LANES {
            let sums = sums_of_several::<T, V, N, 4>(layers, index, 0);
            rows_of_several::<I, T, V, N, 4>(layers, index, 0, sums);
        } else {
            for row in 0..layers.rows {
                let sums = sums_of_several::<T, V, N, 1>(layers, index, row);
                rows_of_several::<I, T, V, N, 1>(layers, index, row, sums);
            }
        }
    }
}

/// The sums of R rows of N units on their way to z: two for each row, so that one need not wait for the other.
#[derive(Clone, Copy)]
pub(crate) struct Sums<V, const R: usize, const N: usize> {
    even: [Row<V>; R],
    odd: [Row<V>; R],
}

impl<V, const R: usize, const N: usize> Sums<V, R, N> {
    /// The layer's bias, or zeros.
    #[inline(always)]
    pub(crate) fn new<T: Scalar>(bias: Row<V>) -> Self
    where
        V: Vector<T>,
    {
        Self {
            even: [bias; R],
            odd: [[V::splat(T::ZERO); REGISTERS]; R],
        }
    }

    /// Adds what input k, an even number or an odd one, contributes by its row of W. `x` is input k of the first row.
    ///
    /// # Safety
    /// There must be such an input of R rows, each of `fan_in`.
    #[inline(always)]
    pub(crate) unsafe fn add<T: Scalar, const IS_ODD: bool>(
        &mut self,
        x: *const T,
        fan_in: usize,
        weights: Row<V>,
    ) where
        V: Vector<T>,
    {
        let sums = if IS_ODD { &mut self.odd } else { &mut self.even };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as the caller vouches.
            let x = unsafe { *x.add(row * fan_in) };
            *sums = add_product::<T, V, N>(V::splat(x), weights, *sums);
        }
    }

    /// z of each row.
    #[inline(always)]
    fn z<T: Scalar>(self) -> [Row<V>; R]
    where
        V: Vector<T>,
    {
        let mut z = self.even;
        for (z, odd) in z.iter_mut().zip(self.odd) {
            for c in 0..REGISTERS {
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
/// There must be such a layer, of N units, and such rows.
#[inline(always)]
pub(crate) unsafe fn sums_of_several<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &Layers<'_, T>,
    index: usize,
    first_row: usize,
) -> Sums<V, R, N> {
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let fan_in = layer.fan_in;
        let weights = layers.parameters.add(layer.weights_at);
        let mut sums = Sums::<V, R, N>::new(match layer.bias_at {
            Some(at) => load::<T, V, N>(layers.parameters.add(at)),
            None => [V::splat(T::ZERO); REGISTERS],
        });
        let x = layers.x(index).add(first_row * fan_in);
        let mut k = 0;
        while k + 2 <= fan_in {
            sums.add::<T, false>(x.add(k), fan_in, load::<T, V, N>(weights.add(k * N)));
            sums.add::<T, true>(x.add(k + 1), fan_in, load::<T, V, N>(weights.add((k + 1) * N)));
            k += 2;
        }
        if k < fan_in {
            sums.add::<T, false>(x.add(k), fan_in, load::<T, V, N>(weights.add(k * N)));
        }
        sums
    }
}

/// The forward pass of R rows from `first_row` on through a layer of N units, from their sums on. Gives their activations,
/// which are also stored, as are their z.
///
/// # Safety
/// There must be such a layer, of N units, and such rows.
#[inline(always)]
pub(crate) unsafe fn rows_of_several<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
    first_row: usize,
    sums: Sums<V, R, N>,
) -> [Row<V>; R] {
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let function = layers.layers.get_unchecked(index).activation;
        let here = layers.arrays.get_unchecked_mut(index);
        let mut rows = sums.z();
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
        // Which f it is, is asked once for all of them.
        let mut registers = rows.map(|row| row[0]);
        function.of_registers::<I, T, V>(&mut registers, R);
        for (row, register) in rows.iter_mut().zip(registers) {
            row[0] = register;
        }
    } else {
        for row in rows {
            function.of_registers::<I, T, V>(row, N.div_ceil(V::LANES));
        }
    }
}

/// The forward pass of a layer of one unit with N inputs.
struct ForwardOfOne<'a, 'b, T, const N: usize>(&'b mut Layers<'a, T>, usize);

impl<T: Scalar, const N: usize> Task for ForwardOfOne<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(layers, index) = self;
        with_best_register!(I, T, N, V => one::<I, T, V<I, T>, N>(layers, index));
        layers.apply_what_is_left::<I>(index);
    }
}

#[inline(always)]
fn one<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(layers: &mut Layers<'_, T>, index: usize) {
    // SAFETY: only `Layers::forward` comes here, with the index of a layer of N inputs and one unit; the operands are as
    // long as the layers say, and there are one or four rows (`Layers::at`).
    unsafe {
        let x = layers.x(index);
        if layers.rows == 1 {
            rows_of_one::<I, T, V, N, 1>(layers, index, &load_rows::<T, V, N, 1>(x));
        } else {
            rows_of_one::<I, T, V, N, 4>(layers, index, &load_rows::<T, V, N, 4>(x));
        }
    }
}

/// The forward pass of R rows through a layer of one unit. Gives their activations, a lane each, which are also stored; of
/// one row it is in every lane.
///
/// # Safety
/// There must be such a layer, of N inputs and one unit, and R rows, one or four.
#[inline(always)]
pub(crate) unsafe fn rows_of_one<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
    x: &[Row<V>; R],
) -> V::Single {
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`), and any register has room
    // for four numbers.
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let function = layer.activation;
        let weights = load::<T, V, N>(layers.parameters.add(layer.weights_at));
        let bias = match layer.bias_at {
            Some(at) => V::load_first(layers.parameters.add(at), 1),
            None => V::splat(T::ZERO),
        };
        let here = layers.arrays.get_unchecked_mut(index);
        let mut sums = [bias; 4];
        for (sums, x) in sums.iter_mut().zip(x) {
            *sums = products::<T, V, N>(*x, weights, bias);
        }
        let mut z = [if R == 1 {
            sums[0].sum_in_every_lane()
        } else {
            V::beginning_with(V::sums_of_four(sums))
        }];
        z[0].store_first(here.z.as_mut_ptr(), R);
        function.of_registers::<I, T, V::Single>(&mut z, 1);
        z[0].store_first(here.activation.as_mut_ptr(), R);
        z[0]
    }
}
