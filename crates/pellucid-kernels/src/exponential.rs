//! The exponential and the functions built on it (eˣ − 1, sigmoid, tanh), one register at a time and without branches.
//!
//! x = k·ln 2 + r with |r| ≤ ½·ln 2, and q = e^r − 1 by its minimax polynomial on that interval (Remez; the error is
//! 8e-18 of e^r), evaluated in Estrin's order, with the powers of r computed alongside; then eˣ = 2ᵏ·(1 + q). 2ᵏ is
//! built in the exponent bits (Muller et al., *Handbook of Floating-Point Arithmetic*, 2nd ed., §10.2), as a product of
//! two powers, because k may lie beyond the range of one. The error of eˣ is below 1 unit in the last place for f64 and
//! f32 alike; the tests bound exp, sigmoid and tanh by 2.5 units.

use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, lane_by_lane};

/// A number in every lane.
#[inline(always)]
pub(crate) fn constant<T: Scalar, V: Vector<T>>(value: f64) -> V {
    V::splat(T::from_f64(value))
}

/// ln 2 in two parts, the first with so few digits that k times it is exact.
#[inline(always)]
fn ln_2_parts<T>() -> (f64, f64) {
    if size_of::<T>() == 4 {
        (0.693_359_375, -2.121_944_400_546_905_8e-4)
    } else {
        (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10)
    }
}

/// (k + [`Scalar::ROUND`], k, r) for x = k·ln 2 + r.
#[inline(always)]
fn reduce<T: Scalar, V: Vector<T>>(x: V) -> (V, V, V) {
    let round = V::splat(T::ROUND);
    let (ln_2_high, ln_2_low) = ln_2_parts::<T>();
    let rounded = x.mul_add(constant::<T, V>(std::f64::consts::LOG2_E), round);
    let k = rounded.sub(round);
    let r = k.mul_add(constant::<T, V>(-ln_2_high), x);
    (rounded, k, k.mul_add(constant::<T, V>(-ln_2_low), r))
}

/// Coefficients of the polynomial for (e^r − 1 − r) / r² in double precision, in pairs: those of r⁰ and r¹, of r² and
/// r³, and so on.
const COEFFICIENTS: [(f64, f64); 5] = [
    (0.500_000_000_000_001, 0.166_666_666_666_666_74),
    (0.041_666_666_666_523_064, 0.008_333_333_333_323_265),
    (0.001_388_888_894_755_141, 0.000_198_412_698_839_443_18),
    (2.480_148_759_275_497e-5, 2.755_724_495_066_124_2e-6),
    (2.763_256_469_185_498_7e-7, 2.510_915_899_965_010_4e-8),
];

/// The same in single precision.
const SINGLE_COEFFICIENTS: [(f64, f64); 3] = [
    (0.5, 1.0 / 6.0),
    (1.0 / 24.0, 1.0 / 120.0),
    (1.0 / 720.0, 1.0 / 5_040.0),
];

/// The pair `index` of the coefficients, evaluated at r times `sign`.
#[inline(always)]
fn terms<T: Scalar, V: Vector<T>>(r: V, sign: f64, index: usize) -> V {
    let (even, odd) = if size_of::<T>() == 4 {
        SINGLE_COEFFICIENTS[index]
    } else {
        COEFFICIENTS[index]
    };
    r.mul_add(constant(sign * odd), constant(even))
}

/// e^r − 1 for |r| ≤ ½·ln 2.
#[inline(always)]
fn small_exp_minus_one<T: Scalar, V: Vector<T>>(r: V) -> V {
    let r2 = r.mul(r);
    let (p01, p23, p45) = (terms(r, 1.0, 0), terms(r, 1.0, 1), terms(r, 1.0, 2));
    if size_of::<T>() == 4 {
        let first = r2.mul_add(r2.mul_add(p23, p01), r);
        return r2.mul(r2).mul(r2).mul_add(p45, first);
    }
    let (p67, p89) = (terms(r, 1.0, 3), terms(r, 1.0, 4));
    let r4 = r2.mul(r2);
    let first = r2.mul_add(r2.mul_add(p23, p01), r);
    let last = r4.mul_add(p89, r2.mul_add(p67, p45));
    r4.mul(r2).mul_add(last, first)
}

/// eˣ.
#[inline(always)]
pub fn exp<T: Scalar, V: Vector<T>>(x: V) -> V {
    let (highest, lowest) = if size_of::<T>() == 4 {
        (89.0, -104.0)
    } else {
        (710.0, -746.0)
    };
    let x = x
        .at_most(constant::<T, V>(highest))
        .at_least(constant::<T, V>(lowest));
    let (_, k, r) = reduce::<T, V>(x);
    let round = V::splat(T::ROUND);
    let half = k.mul_add(V::splat(T::HALF), round).sub(round);
    let rest = k.sub(half);
    let (half, rest) = (half.add(round).power_of_two(), rest.add(round).power_of_two());
    let q = small_exp_minus_one::<T, V>(r);
    q.mul_add(half, half).mul(rest)
}

/// eˣ − 1, accurate near 0, for x at which eˣ does not overflow.
#[inline(always)]
pub fn exp_minus_one<T: Scalar, V: Vector<T>>(x: V) -> V {
    exp_minus_one_within_range(x.at_least(constant::<T, V>(-single_power_limit::<T>())))
}

/// eˣ − 1 for x of magnitude up to [`single_power_limit`].
#[inline(always)]
fn exp_minus_one_within_range<T: Scalar, V: Vector<T>>(x: V) -> V {
    let (rounded, _, r) = reduce::<T, V>(x);
    let power = rounded.power_of_two();
    let q = small_exp_minus_one::<T, V>(r);
    power.mul_add(q, power.sub(constant::<T, V>(1.0)))
}

/// The largest magnitude of x for which eˣ and e⁻ˣ are a normal number times a normal power of two.
#[inline(always)]
fn single_power_limit<T>() -> f64 {
    if size_of::<T>() == 4 { 87.34 } else { 708.4 }
}

/// The logistic function 1 / (1 + e⁻ˣ); 0 below the range of `single_power_limit`, where it is less than the smallest
/// normal number.
///
/// The latency of this function dominates the step of a small network, so the dependency chain after r is as short as
/// possible. With −x = k·l + r, where l is ln 2 rounded to the precision, and p = 2ᵏ(1 − k(ln 2 − l)), the denominator
/// is (1 + p) + p·(e^r − 1). The first terms of the polynomial are added to 1 + p while the other terms are still being
/// computed.
#[inline(always)]
pub fn sigmoid<T: Scalar, V: Vector<T>>(x: V) -> V {
    let (one, round) = (V::splat(T::ONE), V::splat(T::ROUND));
    // The result for an x beyond these limits is arbitrary; the comparison, made early, replaces it at the end.
    let most = constant::<T, V>(single_power_limit::<T>());
    let beyond = one.keep_where_positive(x);
    let rounded = x.mul_add(constant::<T, V>(-std::f64::consts::LOG2_E), round);
    let k = rounded.sub(round);
    let power = rounded.power_of_two();
    // −r, which avoids a negation on the critical path; the odd terms have opposite signs.
    let (p, r) = if V::FUSES {
        let (ln_2, left_of_ln_2) = if size_of::<T>() == 4 {
            (f64::from(std::f32::consts::LN_2), -1.904_654_299_957_767_8e-9)
        } else {
            (std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17)
        };
        let c = k.mul(constant::<T, V>(-left_of_ln_2));
        (power.mul_add(c, power), k.mul_add(constant::<T, V>(ln_2), x))
    } else {
        let (ln_2_high, ln_2_low) = ln_2_parts::<T>();
        let r = k.mul_add(constant::<T, V>(ln_2_high), x);
        (power, k.mul_add(constant::<T, V>(ln_2_low), r))
    };
    let r2 = r.mul(r);
    let r4 = r2.mul(r2);
    let p_r4 = p.mul(r4);
    let (p01, p23, p45) = (terms(r, -1.0, 0), terms(r, -1.0, 1), terms(r, -1.0, 2));
    let first = p.mul_add(r2.mul_add(p01, V::splat(T::ZERO).sub(r)), one.add(p));
    if size_of::<T>() == 4 {
        return one
            .div(p_r4.mul_add(r2.mul_add(p45, p23), first))
            .replace_where_above(x.abs(), most, beyond);
    }
    let (p67, p89) = (terms(r, -1.0, 3), terms(r, -1.0, 4));
    let others = r4.mul_add(r2.mul_add(p89, p67), r2.mul_add(p45, p23));
    one.div(p_r4.mul_add(others, first))
        .replace_where_above(x.abs(), most, beyond)
}

/// The logistic function by way of eˣ: higher latency, but more accurate by one rounding, for functions whose
/// derivatives multiply 1 − σ by large factors.
#[inline(always)]
pub fn sigmoid_by_exp<T: Scalar, V: Vector<T>>(x: V) -> V {
    let one = V::splat(T::ONE);
    one.div(one.add(exp(V::splat(T::ZERO).sub(x))))
}

/// tanh x = (e^2|x| − 1) / (e^2|x| + 1) with x's sign; the form with e^2|x| − 1 keeps the digits near 0.
#[inline(always)]
fn tanh<T: Scalar, V: Vector<T>>(x: V) -> V {
    let magnitude = x.abs().at_most(constant::<T, V>(20.0)); // tanh 20 rounds to 1
    let grown = exp_minus_one_within_range(magnitude.add(magnitude));
    grown.div(grown.add(constant::<T, V>(2.0))).with_sign(x)
}

/// 1 / (1 + e⁻ᶻ).
#[derive(Clone, Copy)]
pub struct Sigmoid;
lane_by_lane!(Sigmoid: |self, z| sigmoid(z));

/// tanh z.
#[derive(Clone, Copy)]
pub struct Tanh;
lane_by_lane!(Tanh: |self, z| tanh(z));

/// e^(z − shift).
#[derive(Clone, Copy)]
pub struct ExpOfDifference<T> {
    /// The shift to subtract first.
    pub shift: T,
}
lane_by_lane!(ExpOfDifference<T>: |self, z| exp(z.sub(V::splat(self.shift))));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::dispatch;
    use crate::simd::isa::{Baseline, Isa, Task};
    use crate::simd::vector;
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

    fn units_f64(name: &str, found: f64, expected: f64) -> f64 {
        if found == expected || (found.is_nan() && expected.is_nan()) {
            return 0.0;
        }
        // Where e⁻ˣ is out of range, 1 / (1 + e⁻ˣ) is 0 instead of a subnormal number.
        let least = if name == "sigmoid" {
            f64::MIN_POSITIVE
        } else {
            f64::from_bits(1)
        };
        (found - expected).abs() / (expected.abs() * f64::EPSILON).max(least)
    }

    fn check_f64(x: f64) {
        let expected = [x.exp(), 1.0 / (1.0 + (-x).exp()), x.tanh()];
        for found in [dispatch(All(x)), All(x).run::<Baseline>()] {
            for (name, (found, expected)) in ["exp", "sigmoid", "tanh"]
                .iter()
                .zip(found.into_iter().zip(expected))
            {
                assert!(
                    units_f64(name, found, expected) <= 2.5,
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
                // As in `units_f64`.
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
    fn special_values_agree_with_the_standard_library() {
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
        fn double_precision_is_accurate_to_units_in_the_last_place(x in -745.0..710.0f64, small in -2.0..2.0f64) {
            check_f64(x);
            check_f64(small);
            check_f64(small * 1e-8);
        }

        #[test]
        fn single_precision_is_accurate_to_units_in_the_last_place(x in -103.0..89.0f32, small in -2.0..2.0f32) {
            check_f32(x);
            check_f32(small);
            check_f32(small * 1e-4);
        }
    }
}
