//! Activation functions: a = f(z), and the backward pass from ∂L/∂a to ∂L/∂z.
//!
//! To add one: a variant with its descriptor in `descriptors.rs`, and its f and f′ in `functions.rs`.

mod descriptors;
mod functions;

pub use descriptors::{Activation, ActivationDescriptor};

use functions::Separate;

use crate::exponential::{ExpOfDifference, Sigmoid, Tanh};
use crate::per_precision;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{self, MapPairs, Vector, lane_by_lane};
use crate::simd::{Isa, Task};
use crate::thread_pool;
use std::num::NonZeroUsize;

impl Activation {
    /// Whether each unit's activation depends on its own z alone (all but softmax).
    pub fn is_elementwise(self) -> bool {
        self != Activation::Softmax
    }

    /// Whether the kernels of narrow layers apply it, and its derivative, which follows from a alone, while the
    /// pre-activations are in registers. They are compiled for every width, so only the most common activations justify
    /// the size of the program.
    #[inline(always)]
    pub fn is_applied_in_registers(self) -> bool {
        matches!(
            self,
            Activation::Identity | Activation::Sigmoid | Activation::Tanh | Activation::Relu
        )
    }

    /// Whether it suits the initial weights of He et al.: it maps about half of its inputs to 0 or nearly 0.
    pub fn is_rectifier(self) -> bool {
        self.descriptor().is_rectifier
    }

    /// The lowest and the highest value of the function, or its limits.
    pub fn range(self) -> (f64, f64) {
        self.descriptor().range
    }

    /// Whether the function has a lower and an upper bound.
    pub fn is_bounded(self) -> bool {
        let (low, high) = self.range();
        low.is_finite() && high.is_finite()
    }

    /// a = f(z) for rows of `width` units; `z` and `activation` are (rows, width).
    ///
    /// ```
    /// use pellucid_kernels::activation::Activation;
    /// let mut a = [0.0; 3];
    /// Activation::Softmax.apply(&[1.0, 1.0, 1.0], &mut a, 3);
    /// assert!(a.iter().all(|p: &f64| (p - 1.0 / 3.0).abs() < 1e-15));
    /// ```
    pub fn apply<T: Scalar>(self, z: &[T], activation: &mut [T], width: usize) {
        T::run::<ApplyPerPrecision>(Apply {
            function: self,
            z,
            activation,
            width,
        });
    }

    /// Turns ∂L/∂a into ∂L/∂z in place, for rows of `width` units: `delta` is ∂L/∂a before and δ after the call.
    pub fn backpropagate<T: Scalar>(self, z: &[T], activation: &[T], delta: &mut [T], width: usize) {
        T::run::<BackpropagatePerPrecision>(Backpropagate {
            function: self,
            z,
            activation,
            delta,
            width,
        });
    }

    /// ∂a/∂z of each unit by its own z. For softmax it is the diagonal aⱼ(1 − aⱼ) of its Jacobian.
    pub fn derivative<T: Scalar>(self, z: &[T], activation: &[T]) -> Vec<T> {
        if self == Activation::Softmax {
            return activation.iter().map(|&a| a * (T::ONE - a)).collect();
        }
        let mut derivative = vec![T::ONE; z.len()];
        self.backpropagate(z, activation, &mut derivative, 1);
        derivative
    }

    /// [`apply`](Self::apply), with instruction set `I`.
    #[inline(always)]
    pub fn apply_on<I: Isa, T: Scalar>(self, z: &[T], activation: &mut [T], width: usize) {
        match self {
            Activation::Identity => activation.copy_from_slice(z),
            Activation::Sigmoid => vector::map::<I, T, _>(z, activation, Sigmoid),
            Activation::Tanh => vector::map::<I, T, _>(z, activation, Tanh),
            Activation::Relu => vector::map::<I, T, _>(z, activation, Relu),
            Activation::Softmax => {
                for (z, a) in z.chunks_exact(width).zip(activation.chunks_exact_mut(width)) {
                    softmax::<I, T>(z, a);
                }
            }
            function => I::call(Separate(Apply {
                function,
                z,
                activation,
                width,
            })),
        }
    }

    /// [`apply`](Self::apply), on several threads where there is work for them.
    #[inline(always)]
    pub fn apply_in_parts<I: Isa, T: Scalar>(
        self,
        threads: NonZeroUsize,
        z: &[T],
        activation: &mut [T],
        width: usize,
    ) {
        if threads.get() == 1 || z.len() < MIN_NUMBERS {
            return self.apply_on::<I, T>(z, activation, width);
        }
        let length = part_length(threads, z.len(), width);
        let pairs = z.chunks(length).zip(activation.chunks_mut(length));
        let parts = pairs.map(|(z, activation)| Apply {
            function: self,
            z,
            activation,
            width,
        });
        thread_pool::for_each_of::<MAX_PARTS, _>(threads, parts, |part| I::call(part));
    }

    /// [`backpropagate`](Self::backpropagate), on several threads where there is work for them.
    #[inline(always)]
    pub fn backpropagate_in_parts<I: Isa, T: Scalar>(
        self,
        threads: NonZeroUsize,
        z: &[T],
        activation: &[T],
        delta: &mut [T],
        width: usize,
    ) {
        if threads.get() == 1 || delta.len() < MIN_NUMBERS {
            return self.backpropagate_on::<I, T>(z, activation, delta, width);
        }
        let length = part_length(threads, delta.len(), width);
        let forward = z.chunks(length).zip(activation.chunks(length));
        let parts = forward.zip(delta.chunks_mut(length));
        let parts = parts.map(|((z, activation), delta)| Backpropagate {
            function: self,
            z,
            activation,
            delta,
            width,
        });
        thread_pool::for_each_of::<MAX_PARTS, _>(threads, parts, |part| I::call(part));
    }

    /// [`backpropagate`](Self::backpropagate), with instruction set `I`.
    #[inline(always)]
    pub fn backpropagate_on<I: Isa, T: Scalar>(
        self,
        z: &[T],
        activation: &[T],
        delta: &mut [T],
        width: usize,
    ) {
        match self {
            Activation::Identity => {}
            Activation::Sigmoid => vector::update::<I, T, _>(delta, activation, Sigmoid),
            Activation::Tanh => vector::update::<I, T, _>(delta, activation, Tanh),
            Activation::Relu => vector::update::<I, T, _>(delta, activation, Relu),
            // δⱼ = aⱼ (gⱼ − Σₖ gₖ aₖ): the Jacobian diag(a) − a·aᵀ times g = ∂L/∂a.
            Activation::Softmax => {
                for (a, d) in activation.chunks_exact(width).zip(delta.chunks_exact_mut(width)) {
                    let weighted: T = a.iter().zip(&*d).map(|(&a, &g)| a * g).sum();
                    for (d, &a) in d.iter_mut().zip(a) {
                        *d = a * (*d - weighted);
                    }
                }
            }
            function => I::call(Separate(Backpropagate {
                function,
                z,
                activation,
                delta,
                width,
            })),
        }
    }
}

/// Minimum number of numbers for a second thread.
const MIN_NUMBERS: usize = 64 * 1024;
/// Maximum number of parts that activations are computed in.
const MAX_PARTS: usize = 8;

/// Numbers of a part: whole rows, equally many for each thread. Rows are independent, so the bits do not depend on it.
fn part_length(threads: NonZeroUsize, numbers: usize, width: usize) -> usize {
    (numbers / width).div_ceil(threads.get().min(MAX_PARTS)) * width
}

impl Activation {
    /// Applies f to the first `used` registers; leaves them unchanged where f is not [applied in
    /// registers](Self::is_applied_in_registers).
    #[inline(always)]
    pub fn apply_to_registers<I: Isa, T: Scalar, V: Vector<T>>(self, registers: &mut [V], used: usize) {
        let registers = &mut registers[..used];
        match self {
            Activation::Sigmoid => V::map_each::<I, _>(registers, Sigmoid),
            Activation::Tanh => V::map_each::<I, _>(registers, Tanh),
            Activation::Relu => V::map_each::<I, _>(registers, Relu),
            _ => {}
        }
    }

    /// δ = g·f′(z) with a = f(z), of the first `used` registers; leaves g unchanged where f is not [applied in
    /// registers](Self::is_applied_in_registers).
    #[inline(always)]
    pub fn times_derivatives<T: Scalar, V: Vector<T>>(self, gradients: &mut [V], a: &[V], used: usize) {
        match self {
            Activation::Sigmoid => map_register_pairs(gradients, a, used, Sigmoid),
            Activation::Tanh => map_register_pairs(gradients, a, used, Tanh),
            Activation::Relu => map_register_pairs(gradients, a, used, Relu),
            _ => {}
        }
    }
}

#[inline(always)]
fn map_register_pairs<T: Scalar, V: Vector<T>, F: MapPairs<T>>(to: &mut [V], by: &[V], used: usize, f: F) {
    for (register, &by) in to[..used].iter_mut().zip(&by[..used]) {
        *register = f.apply(*register, by);
    }
}

/// max(0, z); f′ is 1 where a > 0, and 0 elsewhere.
#[derive(Clone, Copy)]
struct Relu;
// `at_least` lets a NaN through, where a maximum would turn it into 0 and hide it.
lane_by_lane!(Relu: |self, z| z.at_least(V::splat(T::ZERO)));
lane_by_lane!(Relu: |self, g, a| g.keep_where_positive(a));

// δ = g·a(1 − a).
lane_by_lane!(Sigmoid: |self, g, a| g.mul(a.mul(V::splat(T::ONE).sub(a))));
// δ = g·(1 − a²).
lane_by_lane!(Tanh: |self, g, a| g.mul(V::splat(T::ONE).sub(a.mul(a))));

/// Softmax of one row; the largest z is subtracted first, so that no exponential overflows.
#[inline(always)]
fn softmax<I: Isa, T: Scalar>(z: &[T], a: &mut [T]) {
    let mut largest = T::NEG_INFINITY;
    for &z in z {
        largest = if z > largest { z } else { largest };
    }
    vector::map::<I, T, _>(z, a, ExpOfDifference { shift: largest });
    let mut sum = T::ZERO;
    for &a in &*a {
        sum += a;
    }
    let inverse = T::ONE / sum;
    for a in a.iter_mut() {
        *a *= inverse;
    }
}

per_precision!(ApplyPerPrecision: |'a, T| Apply<'a, T> => ());

/// a = f(z).
struct Apply<'a, T> {
    function: Activation,
    z: &'a [T],
    activation: &'a mut [T],
    width: usize,
}

impl<T: Scalar> Task for Apply<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.function
            .apply_on::<I, T>(self.z, self.activation, self.width);
    }
}

per_precision!(BackpropagatePerPrecision: |'a, T| Backpropagate<'a, T> => ());

/// ∂L/∂z from ∂L/∂a.
struct Backpropagate<'a, T> {
    function: Activation,
    z: &'a [T],
    activation: &'a [T],
    delta: &'a mut [T],
    width: usize,
}

impl<T: Scalar> Task for Backpropagate<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.function
            .backpropagate_on::<I, T>(self.z, self.activation, self.delta, self.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_is_never_hidden() {
        for function in Activation::ALL {
            let mut a = [0.0f64; 3];
            function.apply(&[f64::NAN, 1.0, -1.0], &mut a, 3);
            assert!(a[0].is_nan(), "{} hides a NaN", function.name());
        }
    }

    #[test]
    fn values_stay_within_the_range() {
        for function in Activation::ALL {
            let (low, high) = function.range();
            let z = [-1e3, -3.0, -0.1, 0.0, 0.1, 3.0, 700.0];
            let mut a = [0.0f64; 7];
            function.apply(&z, &mut a, 7);
            assert!(
                a.iter().all(|&a| (low..=high).contains(&a)),
                "{}: {a:?}",
                function.name()
            );
        }
    }

    #[test]
    fn derivatives_stay_within_their_bound() {
        let z: Vec<f64> = (-3_000..3_000).map(|step| f64::from(step) / 500.0).collect();
        for function in Activation::ALL.into_iter().filter(|f| f.is_elementwise()) {
            let mut a = vec![0.0; z.len()];
            function.apply(&z, &mut a, 1);
            let largest = function
                .derivative(&z, &a)
                .iter()
                .fold(0.0, |most: f64, d| most.max(d.abs()));
            let bound = function.descriptor().derivative_bound;
            assert!(
                largest <= bound * (1.0 + 1e-12) && (largest > 0.99 * bound || bound == f64::INFINITY),
                "{}: {largest}, not {bound}",
                function.name()
            );
        }
    }

    #[test]
    fn names_are_those_of_recipes() {
        for function in Activation::ALL {
            let written = serde_json::to_string(&function).unwrap();
            assert_eq!(written, format!("\"{}\"", function.name()));
        }
    }

    #[test]
    fn softmax_of_huge_logits_is_finite() {
        let mut a = [0.0f32; 3];
        Activation::Softmax.apply(&[1e38, -1e38, 1e38], &mut a, 3);
        assert_eq!(a, [0.5, 0.0, 0.5]);
    }
}
