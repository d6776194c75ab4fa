//! Registers of WebAssembly's `simd128`: four f32 in one, four f64 in two.
//!
//! Each operation gives the bits of [`Portable`](super::vector::Portable) without fused multiply-add, so that a training in
//! WebAssembly has the bits of one with the baseline instructions of x86-64. `web/tests/engine-bits.mjs` compares them.

use super::vector::Vector;
use std::arch::wasm32::*;

/// Four f32.
#[derive(Clone, Copy)]
pub struct F32x4(v128);

/// Four f64: the first two lanes, and the last two.
#[derive(Clone, Copy)]
pub struct F64x4(v128, v128);

const LANES: usize = 4;

/// The methods that work lane by lane, with the intrinsics in module `$registers`; `$of_all` writes them for the registers that
/// hold the lanes.
macro_rules! lane_by_lane_of {
    ($registers:ident, $of_all:ident) => {
        $of_all! {
            mul_add(a, factor, summand) => $registers::add($registers::mul(a, factor), summand);
            add(a, b) => $registers::add(a, b);
            sub(a, b) => $registers::sub(a, b);
            mul(a, b) => $registers::mul(a, b);
            div(a, b) => $registers::div(a, b);
            sqrt(a) => $registers::sqrt(a);
            // Both return their first operand where the comparison fails, as it does with NaN.
            at_least(a, low) => $registers::pmax(a, low);
            at_most(a, high) => $registers::pmin(a, high);
            abs(a) => $registers::abs(a);
            flush_below(a, least) => v128_andnot(a, $registers::lt($registers::abs(a), least));
            keep_where_positive(a, of) => v128_and(a, $registers::gt(of, $registers::splat(0.0)));
            replace_where_above(a, magnitude, most, other) => v128_bitselect(other, a, $registers::gt(magnitude, most));
            with_sign(a, sign) => {
                let is_negative = $registers::lt(sign, $registers::splat(0.0));
                v128_xor(a, v128_and(is_negative, $registers::splat(-0.0)))
            };
            power_of_two(a) => $registers::power_of_two(a);
        }
    };
}

/// The intrinsics of f32, under names that f64 has too.
mod single {
    pub(super) use std::arch::wasm32::{
        f32x4_abs as abs, f32x4_add as add, f32x4_div as div, f32x4_gt as gt, f32x4_lt as lt,
        f32x4_mul as mul, f32x4_pmax as pmax, f32x4_pmin as pmin, f32x4_splat as splat, f32x4_sqrt as sqrt,
        f32x4_sub as sub,
    };
    use std::arch::wasm32::{i32x4_add, i32x4_shl, i32x4_splat, v128};

    #[inline(always)]
    pub(super) fn power_of_two(rounded: v128) -> v128 {
        i32x4_add(i32x4_shl(rounded, 23), i32x4_splat(127 << 23))
    }
}

/// The intrinsics of f64, under names that f32 has too.
mod double {
    pub(super) use std::arch::wasm32::{
        f64x2_abs as abs, f64x2_add as add, f64x2_div as div, f64x2_gt as gt, f64x2_lt as lt,
        f64x2_mul as mul, f64x2_pmax as pmax, f64x2_pmin as pmin, f64x2_splat as splat, f64x2_sqrt as sqrt,
        f64x2_sub as sub,
    };
    use std::arch::wasm32::{i64x2_add, i64x2_shl, i64x2_splat, v128};

    #[inline(always)]
    pub(super) fn power_of_two(rounded: v128) -> v128 {
        i64x2_add(i64x2_shl(rounded, 52), i64x2_splat(1023 << 52))
    }
}

macro_rules! on_one_register {
    ($($method:ident($first:ident $(, $other:ident)*) => $value:expr;)*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $other: Self)*) -> Self {
                let ($first, $($other),*) = (self.0, $($other.0),*);
                Self($value)
            }
        )*
    };
}

macro_rules! on_two_registers {
    ($($method:ident($first:ident $(, $other:ident)*) => $value:expr;)*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $other: Self)*) -> Self {
                let low = {
                    let ($first, $($other),*) = (self.0, $($other.0),*);
                    $value
                };
                let high = {
                    let ($first, $($other),*) = (self.1, $($other.1),*);
                    $value
                };
                Self(low, high)
            }
        )*
    };
}

/// Methods that are the same for both: a register is its own half.
macro_rules! own_half {
    () => {
        const LANES: usize = LANES;
        const FUSES: bool = false;
        type Half = Self;
        type Single = Self;
        #[inline(always)]
        fn sums_of_four([a, b, c, d]: [Self; 4]) -> Self {
            Self::of([a.sum(), b.sum(), c.sum(), d.sum()])
        }
        #[inline(always)]
        fn from_single(single: Self) -> Self {
            single
        }
        #[inline(always)]
        fn from_half(half: Self) -> Self {
            half
        }
        #[inline(always)]
        fn low_half(self) -> Self {
            self
        }
        #[inline(always)]
        fn sum_of_halves(self) -> Self {
            self
        }
    };
}

impl F32x4 {
    #[inline(always)]
    fn of([a, b, c, d]: [f32; LANES]) -> Self {
        Self(f32x4(a, b, c, d))
    }
}

impl Vector<f32> for F32x4 {
    own_half!();
    lane_by_lane_of!(single, on_one_register);

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller guarantees four readable numbers; the instruction needs no alignment.
        Self(unsafe { v128_load(from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller guarantees four writable numbers; the instruction needs no alignment.
        unsafe { v128_store(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: each part lies within the first `count` numbers, which the caller guarantees to be readable.
        unsafe {
            Self(match count {
                0 => f32x4_splat(0.0),
                1 => v128_load32_zero(from.cast()),
                2 => v128_load64_zero(from.cast()),
                3 => v128_load32_lane::<2>(v128_load64_zero(from.cast()), from.add(2).cast()),
                _ => v128_load(from.cast()),
            })
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: each part lies within the first `count` numbers, which the caller guarantees to be writable.
        unsafe {
            match count {
                0 => {}
                1 => v128_store32_lane::<0>(self.0, to.cast()),
                2 => v128_store64_lane::<0>(self.0, to.cast()),
                3 => {
                    v128_store64_lane::<0>(self.0, to.cast());
                    v128_store32_lane::<2>(self.0, to.add(2).cast());
                }
                _ => v128_store(to.cast(), self.0),
            }
        }
    }

    #[inline(always)]
    fn non_zero_bits(self) -> u64 {
        u64::from(i32x4_bitmask(f32x4_ne(self.0, f32x4_splat(0.0))))
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        (
            Self(i32x4_shuffle::<0, 4, 1, 5>(self.0, other.0)),
            Self(i32x4_shuffle::<2, 6, 3, 7>(self.0, other.0)),
        )
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let pairs = f32x4_add(self.0, i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0));
        f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
    }
}

impl F64x4 {
    #[inline(always)]
    fn of([a, b, c, d]: [f64; LANES]) -> Self {
        Self(f64x2(a, b), f64x2(c, d))
    }
}

impl Vector<f64> for F64x4 {
    own_half!();
    lane_by_lane_of!(double, on_two_registers);

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(f64x2_splat(value), f64x2_splat(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller guarantees four readable numbers; the instruction needs no alignment.
        unsafe { Self(v128_load(from.cast()), v128_load(from.add(2).cast())) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller guarantees four writable numbers; the instruction needs no alignment.
        unsafe {
            v128_store(to.cast(), self.0);
            v128_store(to.add(2).cast(), self.1);
        }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f64, count: usize) -> Self {
        // SAFETY: each part lies within the first `count` numbers, which the caller guarantees to be readable.
        unsafe {
            match count {
                0 => Self::splat(0.0),
                1 => Self(v128_load64_zero(from.cast()), f64x2_splat(0.0)),
                2 => Self(v128_load(from.cast()), f64x2_splat(0.0)),
                3 => Self(v128_load(from.cast()), v128_load64_zero(from.add(2).cast())),
                _ => Self::load(from),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f64, count: usize) {
        // SAFETY: each part lies within the first `count` numbers, which the caller guarantees to be writable.
        unsafe {
            match count {
                0 => {}
                1 => v128_store64_lane::<0>(self.0, to.cast()),
                2 => v128_store(to.cast(), self.0),
                3 => {
                    v128_store(to.cast(), self.0);
                    v128_store64_lane::<0>(self.1, to.add(2).cast());
                }
                _ => self.store(to),
            }
        }
    }

    #[inline(always)]
    fn non_zero_bits(self) -> u64 {
        let bits = |register| u64::from(i64x2_bitmask(f64x2_ne(register, f64x2_splat(0.0))));
        bits(self.0) | bits(self.1) << 2
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        let alternating = |a, b| Self(i64x2_shuffle::<0, 2>(a, b), i64x2_shuffle::<1, 3>(a, b));
        (alternating(self.0, other.0), alternating(self.1, other.1))
    }

    #[inline(always)]
    fn sum(self) -> f64 {
        let pairs = f64x2_add(self.0, self.1);
        f64x2_extract_lane::<0>(pairs) + f64x2_extract_lane::<1>(pairs)
    }
}
