//! eˣ and what is made of it, a register at a time and without a branch.
//!
//! x = k·ln 2 + r with |r| ≤ ½·ln 2, and q = e^r − 1 by its Taylor polynomial, evaluated in Estrin's order; then
//! eˣ = 2ᵏ·(1 + q). 2ᵏ is built in the exponent bits, as a product of two, because k may lie beyond the range of
//! one (Muller et al., *Handbook of Floating-Point Arithmetic*, 2nd ed., §10.2). The error is below 1 unit in the
//! last place for f64 and f32 alike; the tests hold exp, sigmoid and tanh to 2.5.

use super::vector::{Map, Vector};
use crate::scalar::Scalar;

#[inline(always)]
fn constant<T: Scalar, V: Vector<T>>(value: f64) -> V {
    V::splat(T::from_f64(value))
}

/// A polynomial's pair of terms: odd·r + even.
#[inline(always)]
fn pair<T: Scalar, V: Vector<T>>(r: V, odd: f64, even: f64) -> V {
    r.mul_add(V::splat(T::from_f64(odd)), V::splat(T::from_f64(even)))
}

/// (2^⌊k/2⌉, 2^(k−⌊k/2⌉), e^r − 1) for x = k·ln 2 + r; where `NEGATED`, for −x, whose r is found with its sign turned,
/// which the polynomial's odd terms make up for: so no operation waits for a negation.
#[inline(always)]
fn split<T: Scalar, V: Vector<T>, const NEGATED: bool>(x: V) -> (V, V, V) {
    let round = V::splat(T::ROUND);
    let single = size_of::<T>() == 4;
    // ln 2 in two parts, the first of so few digits that k times it is exact.
    let (highest, lowest, ln_2_high, ln_2_low) = if single {
        (89.0, -104.0, 0.693_359_375, -2.121_944_400_546_905_8e-4)
    } else {
        (
            710.0,
            -746.0,
            6.931_471_803_691_238e-1,
            1.908_214_929_270_587_7e-10,
        )
    };
    let sign = if NEGATED { -1.0 } else { 1.0 };
    let x = if NEGATED {
        x.at_least(constant::<T, V>(-highest))
            .at_most(constant::<T, V>(-lowest))
    } else {
        x.at_most(constant::<T, V>(highest))
            .at_least(constant::<T, V>(lowest))
    };
    let k = x
        .mul_add(constant::<T, V>(sign * std::f64::consts::LOG2_E), round)
        .sub(round);
    // r, or −r.
    let r = k.mul_add(constant::<T, V>(-sign * ln_2_high), x);
    let r = k.mul_add(constant::<T, V>(-sign * ln_2_low), r);
    let half = k.mul_add(V::splat(T::HALF), round);
    let rest = k.sub(half.sub(round)).add(round);

    let r2 = r.mul(r);
    let p01 = pair(r, sign * (1.0 / 6.0), 0.5);
    let p23 = pair(r, sign * (1.0 / 120.0), 1.0 / 24.0);
    let p45 = pair(r, sign * (1.0 / 5_040.0), 1.0 / 720.0);
    let r4 = r2.mul(r2);
    let p03 = r2.mul_add(p23, p01);
    let p = if single {
        r4.mul_add(p45, p03)
    } else {
        let p67 = pair(r, sign * (1.0 / 362_880.0), 1.0 / 40_320.0);
        let p89 = pair(r, sign * (1.0 / 39_916_800.0), 1.0 / 3_628_800.0);
        let p1011 = pair(r, sign * (1.0 / 6_227_020_800.0), 1.0 / 479_001_600.0);
        let p47 = r2.mul_add(p67, p45);
        let p811 = r2.mul_add(p1011, p89);
        r4.mul(r4).mul_add(p811, r4.mul_add(p47, p03))
    };
    let r = if NEGATED { V::splat(T::ZERO).sub(r) } else { r };
    (half.power_of_two(), rest.power_of_two(), r2.mul_add(p, r))
}

/// eˣ.
#[inline(always)]
pub(crate) fn exp<T: Scalar, V: Vector<T>>(x: V) -> V {
    let (half, rest, q) = split::<T, V, false>(x);
    q.mul_add(half, half).mul(rest)
}

/// e⁻ˣ.
#[inline(always)]
fn exp_of_negative<T: Scalar, V: Vector<T>>(x: V) -> V {
    let (half, rest, q) = split::<T, V, true>(x);
    q.mul_add(half, half).mul(rest)
}

/// eˣ − 1, which keeps its digits near 0, for x that eˣ does not overflow at.
#[inline(always)]
pub(crate) fn exp_minus_one<T: Scalar, V: Vector<T>>(x: V) -> V {
    let (half, rest, q) = split::<T, V, false>(x);
    let power = half.mul(rest);
    power.mul_add(q, power.sub(constant::<T, V>(1.0)))
}

/// The logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid<T: Scalar, V: Vector<T>>(x: V) -> V {
    let one = V::splat(T::ONE);
    one.div(one.add(exp_of_negative(x)))
}

/// tanh x = (e^2|x| − 1) / (e^2|x| + 1) with x's sign; the form with e^2|x| − 1 keeps the digits near 0.
#[inline(always)]
fn tanh<T: Scalar, V: Vector<T>>(x: V) -> V {
    let magnitude = x.abs().at_most(constant::<T, V>(20.0)); // tanh 20 rounds to 1
    let grown = exp_minus_one(magnitude.add(magnitude));
    grown.div(grown.add(constant::<T, V>(2.0))).with_sign(x)
}

/// 1 / (1 + e⁻ᶻ).
#[derive(Clone, Copy)]
pub(crate) struct Sigmoid;
impl<T: Scalar> Map<T> for Sigmoid {
    #[inline(always)]
    fn apply<V: Vector<T>>(self, z: V) -> V {
        sigmoid(z)
    }
}

/// tanh z.
#[derive(Clone, Copy)]
pub(crate) struct Tanh;
impl<T: Scalar> Map<T> for Tanh {
    #[inline(always)]
    fn apply<V: Vector<T>>(self, z: V) -> V {
        tanh(z)
    }
}

/// e^(z − shift).
#[derive(Clone, Copy)]
pub(crate) struct ExpOfDifference<T> {
    /// What is subtracted first.
    pub(crate) shift: T,
}
impl<T: Scalar> Map<T> for ExpOfDifference<T> {
    #[inline(always)]
    fn apply<V: Vector<T>>(self, z: V) -> V {
        exp(z.sub(V::splat(self.shift)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::Isa;
    use crate::kernels::isa::{Baseline, Task, dispatch};
    use crate::kernels::vector;
    use proptest::prelude::*;

    struct All<T>(T);
    impl<T: Scalar> Task for All<T> {
        type Output = [T; 3];
        #[inline(always)]
        fn run<I: Isa>(self) -> [T; 3] {
            let mut values = [T::ZERO; 3];
            let [exp, sigmoid, tanh] = &mut values;
            let one = std::slice::from_mut::<T>;
            vector::map::<I, T, _>(&[self.0], one(exp), ExpOfDifference { shift: T::ZERO });
            vector::map::<I, T, _>(&[self.0], one(sigmoid), Sigmoid);
            vector::map::<I, T, _>(&[self.0], one(tanh), Tanh);
            values
        }
    }

    fn units_f64(found: f64, expected: f64) -> f64 {
        if found == expected || (found.is_nan() && expected.is_nan()) {
            return 0.0;
        }
        (found - expected).abs() / (expected.abs() * f64::EPSILON).max(f64::from_bits(1))
    }

    fn check_f64(x: f64) {
        let expected = [x.exp(), 1.0 / (1.0 + (-x).exp()), x.tanh()];
        for found in [dispatch(All(x)), All(x).run::<Baseline>()] {
            for (name, (found, expected)) in ["exp", "sigmoid", "tanh"]
                .iter()
                .zip(found.into_iter().zip(expected))
            {
                assert!(
                    units_f64(found, expected) <= 2.5,
                    "{name}({x}) = {found:e}, expected {expected:e}"
                );
            }
        }
    }

    fn check_f32(x: f32) {
        let wide = f64::from(x);
        let expected = [wide.exp(), 1.0 / (1.0 + (-wide).exp()), wide.tanh()];
        for found in [dispatch(All(x)), All(x).run::<Baseline>()] {
            for (name, (found, expected)) in ["exp", "sigmoid", "tanh"]
                .iter()
                .zip(found.into_iter().zip(expected))
            {
                let rounded = expected as f32;
                // Where e⁻ˣ overflows, 1 / (1 + e⁻ˣ) is 0 instead of a number below the normal range.
                let least = if *name == "sigmoid" {
                    f32::MIN_POSITIVE
                } else {
                    f32::from_bits(1)
                };
                let unit = (rounded.abs() * f32::EPSILON).max(least);
                let off = if found == rounded {
                    0.0
                } else {
                    (f64::from(found) - expected).abs() / f64::from(unit)
                };
                assert!(
                    off <= 2.5,
                    "{name}({x}) = {found:e}, expected {expected:e}: {off} units"
                );
            }
        }
    }

    #[test]
    fn special_values() {
        for x in [
            0.0, -0.0, 1e-320, -1e-320, 1e-9, 709.7, 710.0, 1e300, -708.0, -745.0, -746.0, -1e300,
        ] {
            check_f64(x);
        }
        for x in [f64::INFINITY, f64::NEG_INFINITY] {
            check_f64(x);
        }
        assert!(dispatch(All(f64::NAN)).iter().all(|v| v.is_nan()));
        assert!(dispatch(All(f32::NAN)).iter().all(|v| v.is_nan()));
        for x in [
            0.0,
            1e-40,
            88.7,
            89.0,
            1e30,
            -87.0,
            -103.0,
            -104.5,
            -1e30,
            f32::INFINITY,
            f32::NEG_INFINITY,
        ] {
            check_f32(x);
        }
    }

    proptest! {
        #[test]
        fn double_precision_is_full(x in -745.0..710.0f64, small in -2.0..2.0f64) {
            check_f64(x);
            check_f64(small);
            check_f64(small * 1e-8);
        }

        #[test]
        fn single_precision_is_full(x in -103.0..89.0f32, small in -2.0..2.0f32) {
            check_f32(x);
            check_f32(small);
            check_f32(small * 1e-4);
        }
    }
}
