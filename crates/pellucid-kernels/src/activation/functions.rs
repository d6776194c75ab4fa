//! The less common activations, compiled once for each instruction set instead of within every kernel.
//!
//! Each derivative is a function of z alone, or of a alone where that saves an exponential.

use super::{Activation, Apply, Backpropagate};
use crate::exponential::{constant, exp, exp_minus_one, sigmoid_by_exp};
use crate::simd::scalar::Scalar;
use crate::simd::vector::{self, Vector, lane_by_lane};
use crate::simd::{Isa, Task};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// Klambauer et al., 2017, equation 14.
pub(super) const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// λ of the same equation.
pub(super) const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const LEAK: f64 = 0.01;
/// √(2/π).
const GELU_SCALE: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const GELU_CUBIC: f64 = 0.044_715;

/// A pass through one of these functions, as a function of its own.
pub(super) struct Separate<P>(pub(super) P);

impl<T: Scalar> Task for Separate<Apply<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let (z, a) = (self.0.z, self.0.activation);
        match self.0.function {
            Activation::LeakyRelu => vector::map::<I, T, _>(z, a, LeakyRelu),
            Activation::Elu => vector::map::<I, T, _>(z, a, ScaledElu::ELU),
            Activation::Selu => vector::map::<I, T, _>(z, a, ScaledElu::SELU),
            Activation::Gelu => map_each(z, a, |z| z * normal_distribution(z)),
            Activation::GeluTanh => vector::map::<I, T, _>(z, a, GeluTanh),
            Activation::Silu => vector::map::<I, T, _>(z, a, Silu),
            Activation::Mish => vector::map::<I, T, _>(z, a, Mish),
            Activation::Softplus => map_each(z, a, |z| z.max(0.0) + libm::log1p(libm::exp(-z.abs()))),
            Activation::Softsign => vector::map::<I, T, _>(z, a, Softsign),
            Activation::HardSigmoid => vector::map::<I, T, _>(z, a, HardSigmoid),
            Activation::HardTanh => vector::map::<I, T, _>(z, a, HardTanh),
            Activation::Exponential => vector::map::<I, T, _>(z, a, Exponential),
            Activation::Identity
            | Activation::Sigmoid
            | Activation::Tanh
            | Activation::Relu
            | Activation::Softmax => {}
        }
    }
}

impl<T: Scalar> Task for Separate<Backpropagate<'_, T>> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let (z, a, delta) = (self.0.z, self.0.activation, self.0.delta);
        match self.0.function {
            Activation::LeakyRelu => vector::update::<I, T, _>(delta, z, LeakyRelu),
            Activation::Elu => vector::update::<I, T, _>(delta, a, ScaledElu::ELU),
            Activation::Selu => vector::update::<I, T, _>(delta, a, ScaledElu::SELU),
            Activation::Gelu => update_each(delta, z, |z| {
                let density = libm::exp(-0.5 * z * z) * (0.5 * GELU_SCALE);
                normal_distribution(z) + z * density
            }),
            Activation::GeluTanh => vector::update::<I, T, _>(delta, z, GeluTanh),
            Activation::Silu => vector::update::<I, T, _>(delta, z, Silu),
            Activation::Mish => vector::update::<I, T, _>(delta, z, Mish),
            Activation::Softplus => vector::update::<I, T, _>(delta, z, Softplus),
            Activation::Softsign => vector::update::<I, T, _>(delta, z, Softsign),
            Activation::HardSigmoid => vector::update::<I, T, _>(delta, z, HardSigmoid),
            Activation::HardTanh => vector::update::<I, T, _>(delta, z, HardTanh),
            Activation::Exponential => vector::update::<I, T, _>(delta, a, Exponential),
            Activation::Identity
            | Activation::Sigmoid
            | Activation::Tanh
            | Activation::Relu
            | Activation::Softmax => {}
        }
    }
}

/// Number by number, in double precision, for functions without a vector form here.
fn map_each<T: Scalar>(z: &[T], a: &mut [T], f: impl Fn(f64) -> f64) {
    for (a, z) in a.iter_mut().zip(z) {
        *a = T::from_f64(f(z.to_f64()));
    }
}

fn update_each<T: Scalar>(delta: &mut [T], z: &[T], derivative: impl Fn(f64) -> f64) {
    for (delta, z) in delta.iter_mut().zip(z) {
        *delta *= T::from_f64(derivative(z.to_f64()));
    }
}

/// Φ(z) = ½ erfc(−z/√2), accurate where it is near 0.
fn normal_distribution(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// `above` where `of` is above 0, `elsewhere` where it is not.
#[inline(always)]
fn choose<T: Scalar, V: Vector<T>>(of: V, above: V, elsewhere: V) -> V {
    elsewhere
        .sub(elsewhere.keep_where_positive(of))
        .add(above.keep_where_positive(of))
}

#[derive(Clone, Copy)]
struct LeakyRelu;
lane_by_lane!(LeakyRelu: |self, z| {
    let zero = V::splat(T::ZERO);
    z.at_most(zero).mul_add(constant(LEAK), z.at_least(zero))
});
lane_by_lane!(LeakyRelu: |self, g, z| choose(z, g, g.mul(constant(LEAK))));

/// scale·z for z > 0, scale·alpha·(eᶻ − 1) below.
#[derive(Clone, Copy)]
struct ScaledElu {
    scale: f64,
    alpha: f64,
}

impl ScaledElu {
    const ELU: Self = Self {
        scale: 1.0,
        alpha: 1.0,
    };
    const SELU: Self = Self {
        scale: SELU_SCALE,
        alpha: SELU_ALPHA,
    };
}

lane_by_lane!(ScaledElu: |self, z| {
    let zero = V::splat(T::ZERO);
    let below = exp_minus_one(z.at_most(zero)).mul(constant(self.scale * self.alpha));
    z.at_least(zero).mul_add(constant(self.scale), below)
});
// From a: the derivative below 0, scale·alpha·eᶻ, is a + scale·alpha.
lane_by_lane!(ScaledElu: |self, g, a| {
    let below = a.add(constant(self.scale * self.alpha));
    g.mul(choose(a, constant(self.scale), below))
});

/// (½(1 + tanh u), u′) for u = √(2/π)(z + 0.044715·z³). The first is computed as 1 / (1 + e⁻²ᵘ), which is accurate
/// where it is near 0.
#[inline(always)]
fn gelu_tanh<T: Scalar, V: Vector<T>>(z: V) -> (V, V) {
    let square = z.mul(z);
    let one = V::splat(T::ONE);
    let factor = square.mul_add(constant(GELU_CUBIC), one);
    let twice_u = z.mul(factor).mul(constant(2.0 * GELU_SCALE));
    let derivative = square
        .mul_add(constant(3.0 * GELU_CUBIC), one)
        .mul(constant(GELU_SCALE));
    (sigmoid_by_exp(twice_u), derivative)
}

#[derive(Clone, Copy)]
struct GeluTanh;
lane_by_lane!(GeluTanh: |self, z| z.mul(gelu_tanh(z).0));
lane_by_lane!(GeluTanh: |self, g, z| {
    let (s, u_derivative) = gelu_tanh(z);
    let rest = V::splat(T::ONE).sub(s).mul(constant(2.0));
    g.mul(s.mul(z.mul(rest).mul_add(u_derivative, V::splat(T::ONE))))
});

#[derive(Clone, Copy)]
struct Silu;
lane_by_lane!(Silu: |self, z| z.mul(sigmoid_by_exp(z)));
lane_by_lane!(Silu: |self, g, z| {
    let s = sigmoid_by_exp::<T, V>(z);
    let one = V::splat(T::ONE);
    g.mul(s.mul(z.mul_add(one.sub(s), one)))
});

/// The z from which on tanh(ln(1 + eᶻ)) rounds to 1; beyond it the square of eᶻ would overflow.
const MISH_IS_ONE: f64 = 20.0;

/// tanh(ln(1 + eᶻ)) = n / (n + 2) with n = e²ᶻ + 2eᶻ: (n, n + 2).
#[inline(always)]
fn tanh_of_softplus<T: Scalar, V: Vector<T>>(z: V) -> (V, V) {
    let power = exp(z.at_most(constant(MISH_IS_ONE)));
    let two = constant::<T, V>(2.0);
    let n = power.mul(power.add(two));
    (n, n.add(two))
}

#[derive(Clone, Copy)]
struct Mish;
lane_by_lane!(Mish: |self, z| {
    let (n, n_plus_two) = tanh_of_softplus(z);
    z.mul(n.div(n_plus_two))
});
// f′ = t + z·(1 − t²)·σ(z), and 1 − t² = 4(n + 1)/(n + 2)².
lane_by_lane!(Mish: |self, g, z| {
    let (n, n_plus_two) = tanh_of_softplus(z);
    let t = n.div(n_plus_two);
    let rest = n
        .add(V::splat(T::ONE))
        .mul(constant(4.0))
        .div(n_plus_two.mul(n_plus_two));
    g.mul(z.mul(rest).mul_add(sigmoid_by_exp(z), t))
});

/// ln(1 + eᶻ)′ = 1 / (1 + e⁻ᶻ).
#[derive(Clone, Copy)]
struct Softplus;
lane_by_lane!(Softplus: |self, g, z| g.mul(sigmoid_by_exp(z)));

#[derive(Clone, Copy)]
struct Softsign;
lane_by_lane!(Softsign: |self, z| z.div(z.abs().add(V::splat(T::ONE))));
lane_by_lane!(Softsign: |self, g, z| {
    let below = z.abs().add(V::splat(T::ONE));
    g.div(below.mul(below))
});

#[derive(Clone, Copy)]
struct HardSigmoid;
lane_by_lane!(HardSigmoid: |self, z| {
    z.mul_add(constant(1.0 / 6.0), V::splat(T::HALF))
        .at_least(V::splat(T::ZERO))
        .at_most(V::splat(T::ONE))
});
lane_by_lane!(HardSigmoid: |self, g, z| {
    g.mul(constant(1.0 / 6.0))
        .keep_where_positive(constant::<T, V>(3.0).sub(z.abs()))
});

#[derive(Clone, Copy)]
struct HardTanh;
lane_by_lane!(HardTanh: |self, z| z.at_least(constant(-1.0)).at_most(V::splat(T::ONE)));
lane_by_lane!(HardTanh: |self, g, z| g.keep_where_positive(V::splat(T::ONE).sub(z.abs())));

/// eᶻ, which is its own derivative.
#[derive(Clone, Copy)]
struct Exponential;
lane_by_lane!(Exponential: |self, z| exp(z));
lane_by_lane!(Exponential: |self, g, a| g.mul(a));
