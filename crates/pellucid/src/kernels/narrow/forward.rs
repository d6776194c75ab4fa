//! z = x·W + b and a = f(z) of layers of a few units.

use super::{Kernel, Layers, REGISTERS, Row, add_product, dot, is_half, load, load_rows, store};
use crate::activation::Activation;
use crate::kernels::isa::{Isa, Task};
use crate::kernels::vector::{HalfOf, Vector, VectorOf};
use crate::network::Layer;
use crate::scalar::Scalar;

impl<T: Scalar> Layers<'_, T> {
    /// The forward pass of all of these layers.
    #[inline(always)]
    pub(crate) fn forward<I: Isa>(&mut self) {
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
    pub(super) fn forward_of<I: Isa>(layer: &Layer) -> Kernel<Self> {
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
        if is_half(N) {
            several::<T, HalfOf<I, T>, N>(layers, index);
        } else {
            several::<T, VectorOf<I, T>, N>(layers, index);
        }
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
fn several<T: Scalar, V: Vector<T>, const N: usize>(layers: &mut Layers<'_, T>, index: usize) {
    // SAFETY: only `Layers::forward` comes here, with the index of a layer of N units.
    unsafe {
        if layers.rows == 4 && N <= V::LANES {
            rows_of_several::<T, V, N, 4>(layers, index, 0);
        } else {
            for row in 0..layers.rows {
                rows_of_several::<T, V, N, 1>(layers, index, row);
            }
        }
    }
}

/// The forward pass of R rows from `first_row` on through a layer of N units. Gives their activations, which are also
/// stored.
///
/// # Safety
/// There must be such a layer, of N units, and such rows.
#[inline(always)]
pub(super) unsafe fn rows_of_several<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
    first_row: usize,
) -> [Row<V>; R] {
    let zero = [V::splat(T::ZERO); REGISTERS];
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let (fan_in, function) = (layer.fan_in, layer.activation);
        let weights = layers.parameters.add(layer.weights_at());
        let bias = match layer.bias_at() {
            Some(at) => load::<T, V, N>(layers.parameters.add(at)),
            None => zero,
        };
        let x = layers.x(index).add(first_row * fan_in);
        // Two sums for each row, so that one need not wait for the other.
        let (mut even, mut odd) = ([bias; R], [zero; R]);
        let mut k = 0;
        while k + 2 <= fan_in {
            let first = load::<T, V, N>(weights.add(k * N));
            let second = load::<T, V, N>(weights.add((k + 1) * N));
            for row in 0..R {
                let x = x.add(row * fan_in + k);
                even[row] = add_product::<T, V, N>(V::splat(*x), first, even[row]);
                odd[row] = add_product::<T, V, N>(V::splat(*x.add(1)), second, odd[row]);
            }
            k += 2;
        }
        if k < fan_in {
            let last = load::<T, V, N>(weights.add(k * N));
            for (row, even) in even.iter_mut().enumerate() {
                *even = add_product::<T, V, N>(V::splat(*x.add(row * fan_in + k)), last, *even);
            }
        }
        let here = layers.arrays.get_unchecked_mut(index);
        for (row, (even, odd)) in even.iter_mut().zip(odd).enumerate() {
            for c in 0..REGISTERS {
                if c * V::LANES < N {
                    even[c] = even[c].add(odd[c]);
                }
            }
            store::<T, V, N>(*even, here.z.as_mut_ptr().add((first_row + row) * N));
        }
        activate::<T, V, N, R>(function, &mut even);
        for (row, activations) in even.iter().enumerate() {
            store::<T, V, N>(
                *activations,
                here.activation.as_mut_ptr().add((first_row + row) * N),
            );
        }
        even
    }
}

/// a = f(z) of R rows of N, for an f that is [applied in registers](Activation::is_applied_in_registers).
#[inline(always)]
fn activate<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    function: Activation,
    rows: &mut [Row<V>; R],
) {
    if N <= V::LANES {
        // Which f it is, is asked once for all of them.
        let mut registers = rows.map(|row| row[0]);
        function.of_registers(&mut registers, R);
        for (row, register) in rows.iter_mut().zip(registers) {
            row[0] = register;
        }
    } else {
        for row in rows {
            function.of_registers(row, N.div_ceil(V::LANES));
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
        if is_half(N) {
            one::<I, T, HalfOf<I, T>, N>(layers, index);
        } else {
            one::<I, T, VectorOf<I, T>, N>(layers, index);
        }
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

/// The forward pass of R rows through a layer of one unit. Gives their activations, a lane each, which are also stored.
///
/// # Safety
/// There must be such a layer, of N inputs and one unit, and R rows, one or four.
#[inline(always)]
pub(super) unsafe fn rows_of_one<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    layers: &mut Layers<'_, T>,
    index: usize,
    x: &[Row<V>; R],
) -> HalfOf<I, T> {
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`), and any half register has
    // room for four numbers.
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let function = layer.activation;
        let weights = load::<T, V, N>(layers.parameters.add(layer.weights_at()));
        let bias = match layer.bias_at() {
            Some(at) => V::load_first(layers.parameters.add(at), 1),
            None => V::splat(T::ZERO),
        };
        let here = layers.arrays.get_unchecked_mut(index);
        let mut sums = [T::ZERO; R];
        for row in 0..R {
            sums[row] = dot::<T, V, N>(x[row], weights, bias);
        }
        let mut register = [if R == 1 {
            HalfOf::<I, T>::splat(sums[0])
        } else {
            HalfOf::<I, T>::load_first(sums.as_ptr(), R)
        }];
        register[0].store_first(here.z.as_mut_ptr(), R);
        function.of_registers(&mut register, 1);
        register[0].store_first(here.activation.as_mut_ptr(), R);
        register[0]
    }
}
