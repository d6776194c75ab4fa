//! eˣ and what is made of it, without a branch, so that a loop over numbers becomes vector instructions.
//!
//! x = k·ln 2 + r with |r| ≤ ½·ln 2, and q = e^r − 1 by its Taylor polynomial, evaluated in Estrin's order; then
//! eˣ = 2ᵏ·(1 + q). 2ᵏ is built in the exponent bits, as a product of two, because k may lie beyond the range of
//! one (Muller et al., *Handbook of Floating-Point Arithmetic*, 2nd ed., §10.2). The error is below 1 unit in the
//! last place for f64 and f32 alike; the tests hold it to 1.5.

use super::isa::Isa;
use crate::scalar::Scalar;

#[inline(always)]
fn fused_f64<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[inline(always)]
fn fused_f32<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// (2^⌊k/2⌉, 2^(k−⌊k/2⌉), e^r − 1) for x = k·ln 2 + r.
#[inline(always)]
pub(crate) fn split_f64<const FUSED: bool>(x: f64) -> (f64, f64, f64) {
    // Adding 1.5·2⁵² rounds to an integer and leaves it in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // Written so that a NaN passes through: it compares false.
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let k = fused_f64::<FUSED>(x, std::f64::consts::LOG2_E, ROUND) - ROUND;
    let r = fused_f64::<FUSED>(-k, LN_2_HIGH, x);
    let r = fused_f64::<FUSED>(-k, LN_2_LOW, r);
    let half = fused_f64::<FUSED>(k, 0.5, ROUND);
    let rest = (k - (half - ROUND)) + ROUND;
    let power_of_two = |rounded: f64| f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52));

    let f = fused_f64::<FUSED>;
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let p01 = f(r, 1.0 / 6.0, 0.5);
    let p23 = f(r, 1.0 / 120.0, 1.0 / 24.0);
    let p45 = f(r, 1.0 / 5_040.0, 1.0 / 720.0);
    let p67 = f(r, 1.0 / 362_880.0, 1.0 / 40_320.0);
    let p89 = f(r, 1.0 / 39_916_800.0, 1.0 / 3_628_800.0);
    let p1011 = f(r, 1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0);
    let p03 = f(r2, p23, p01);
    let p47 = f(r2, p67, p45);
    let p811 = f(r2, p1011, p89);
    let p = f(r8, p811, f(r4, p47, p03));
    (power_of_two(half), power_of_two(rest), f(r2, p, r))
}

/// The same in single precision.
#[inline(always)]
pub(crate) fn split_f32<const FUSED: bool>(x: f32) -> (f32, f32, f32) {
    const ROUND: f32 = 12_582_912.0; // 1.5·2²³
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let k = fused_f32::<FUSED>(x, std::f32::consts::LOG2_E, ROUND) - ROUND;
    let r = fused_f32::<FUSED>(-k, LN_2_HIGH, x);
    let r = fused_f32::<FUSED>(-k, LN_2_LOW, r);
    let half = fused_f32::<FUSED>(k, 0.5, ROUND);
    let rest = (k - (half - ROUND)) + ROUND;
    let power_of_two = |rounded: f32| f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));

    let f = fused_f32::<FUSED>;
    let r2 = r * r;
    let p01 = f(r, 1.0 / 6.0, 0.5);
    let p23 = f(r, 1.0 / 120.0, 1.0 / 24.0);
    let p45 = f(r, 1.0 / 5_040.0, 1.0 / 720.0);
    let p = f(r2 * r2, p45, f(r2, p23, p01));
    (power_of_two(half), power_of_two(rest), f(r2, p, r))
}

#[inline(always)]
fn split<I: Isa, T: Scalar>(x: T) -> (T, T, T) {
    if I::FUSED {
        T::split_exponential::<true>(x)
    } else {
        T::split_exponential::<false>(x)
    }
}

/// eˣ.
#[inline(always)]
pub(crate) fn exp<I: Isa, T: Scalar>(x: T) -> T {
    let (half, rest, q) = split::<I, T>(x);
    (q * half + half) * rest
}

/// The logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid<I: Isa, T: Scalar>(x: T) -> T {
    T::ONE / (T::ONE + exp::<I, T>(-x))
}

/// tanh x = (e^2|x| − 1) / (e^2|x| + 1) with x's sign; the form with e^2|x| − 1 keeps the digits near 0.
#[inline(always)]
pub(crate) fn tanh<I: Isa, T: Scalar>(x: T) -> T {
    let limit = T::from_f64(20.0); // tanh 20 rounds to 1
    let magnitude = x.abs();
    let magnitude = if magnitude > limit { limit } else { magnitude };
    let (half, rest, q) = split::<I, T>(magnitude + magnitude);
    let power = half * rest;
    let exponential_minus_one = power * q + (power - T::ONE);
    let value = exponential_minus_one / (exponential_minus_one + T::TWO);
    if x < T::ZERO { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::{Baseline, Task, dispatch};
    use proptest::prelude::*;

    struct All<T>(T);
    impl<T: Scalar> Task for All<T> {
        type Output = [T; 3];
        #[inline(always)]
        fn run<I: Isa>(self) -> [T; 3] {
            [exp::<I, T>(self.0), sigmoid::<I, T>(self.0), tanh::<I, T>(self.0)]
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
