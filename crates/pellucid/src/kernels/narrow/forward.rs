//! z = x·W + b and a = f(z) of layers of a few units.

use super::{Kernel, Layers, REGISTERS, add_product, dot, is_half, load, store};
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
    let zero = [V::splat(T::ZERO); REGISTERS];
    // SAFETY: only `Layers::forward` comes here, with the index of a layer of N units; the operands are as long as the
    // layers say (`Layers::new`).
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let (fan_in, function) = (layer.fan_in, layer.activation);
        let weights = layers.parameters.add(layer.weights_at());
        let bias = match layer.bias_at() {
            Some(at) => load::<T, V, N>(layers.parameters.add(at)),
            None => zero,
        };
        let x = layers.x(index);
        let here = layers.arrays.get_unchecked_mut(index);
        let (z, activation) = (here.z.as_mut_ptr(), here.activation.as_mut_ptr());
        for row in 0..layers.rows {
            let x = x.add(row * fan_in);
            // Two sums, so that one need not wait for the other.
            let (mut even, mut odd) = (bias, zero);
            let mut k = 0;
            while k + 2 <= fan_in {
                let first = load::<T, V, N>(weights.add(k * N));
                even = add_product::<T, V, N>(V::splat(*x.add(k)), first, even);
                let second = load::<T, V, N>(weights.add((k + 1) * N));
                odd = add_product::<T, V, N>(V::splat(*x.add(k + 1)), second, odd);
                k += 2;
            }
            if k < fan_in {
                let last = load::<T, V, N>(weights.add(k * N));
                even = add_product::<T, V, N>(V::splat(*x.add(k)), last, even);
            }
            for c in 0..REGISTERS {
                if c * V::LANES < N {
                    even[c] = even[c].add(odd[c]);
                }
            }
            store::<T, V, N>(even, z.add(row * N));
            function.of_registers(&mut even, N.div_ceil(V::LANES));
            store::<T, V, N>(even, activation.add(row * N));
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
    // long as the layers say, and there are one or four rows (`Layers::new`).
    unsafe {
        let layer = layers.layers.get_unchecked(index);
        let function = layer.activation;
        let weights = load::<T, V, N>(layers.parameters.add(layer.weights_at()));
        let bias = match layer.bias_at() {
            Some(at) => V::load_first(layers.parameters.add(at), 1),
            None => V::splat(T::ZERO),
        };
        let x = layers.x(index);
        let here = layers.arrays.get_unchecked_mut(index);
        let (z, activation) = (here.z.as_mut_ptr(), here.activation.as_mut_ptr());
        if layers.rows == 1 {
            let sum = dot::<T, V, N>(load::<T, V, N>(x), weights, bias);
            *z = sum;
            let mut register = [HalfOf::<I, T>::splat(sum)];
            function.of_registers(&mut register, 1);
            register[0].store_first(activation, 1);
        } else {
            let mut sums = [T::ZERO; 4];
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = dot::<T, V, N>(load::<T, V, N>(x.add(row * N)), weights, bias);
            }
            let mut register = [HalfOf::<I, T>::load_first(sums.as_ptr(), 4)];
            register[0].store_first(z, 4);
            function.of_registers(&mut register, 1);
            register[0].store_first(activation, 4);
        }
    }
}
