//! The two precisions of a run, f32 and f64, behind one trait.

use super::elementary;
use serde::{Deserialize, Serialize};
use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// The precision of a run's arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// IEEE 754 binary32: twice as many numbers in a vector register, half the memory.
    F32,
    /// IEEE 754 binary64: the default of NumPy.
    #[default]
    F64,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// The type of a network's numbers: `f32` or `f64`.
pub trait Scalar:
    sealed::Sealed
    + Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Send
    + Sync
    + Sum
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + 'static
{
    /// Which precision this is.
    const PRECISION: Precision;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// ½.
    const HALF: Self;
    /// The smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// A gradient too small to matter, whose square is still a normal number.
    #[doc(hidden)]
    const NEGLIGIBLE: Self;
    /// Minus infinity.
    const NEG_INFINITY: Self;

    /// The nearest number of this precision.
    fn from_f64(value: f64) -> Self;
    /// The same number in double precision, exactly.
    fn to_f64(self) -> f64;
    /// |x|.
    fn abs(self) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// ln x.
    fn ln(self) -> Self;
    /// ln(1 + x), accurate near 0.
    fn ln_1p(self) -> Self;
    /// x·a + b, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// Whether the number is neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// Runs work that is compiled once for each precision.
    #[doc(hidden)]
    fn run<'a, P: super::PerPrecision>(task: P::Task<'a, Self>) -> P::Output;
    /// The vector register of this precision in an instruction set.
    #[doc(hidden)]
    type Vector<I: super::isa::Isa>: super::vector::Vector<Self, Single = Self::Vector<I>>;
    /// 1.5·2^(digits of the mantissa): adding it rounds to an integer and leaves that integer in the low bits.
    #[doc(hidden)]
    const ROUND: Self;
    /// 2ᵏ, where `rounded` is k + `ROUND`.
    #[doc(hidden)]
    fn power_of_two(rounded: Self) -> Self;
}

/// Methods that are the type's own of the same name.
macro_rules! same_method {
    ($float:ident: $($method:ident($($argument:ident),*) -> $Output:ty;)*) => {
        $(
            #[inline(always)]
            fn $method(self, $($argument: Self),*) -> $Output {
                $float::$method(self, $($argument),*)
            }
        )*
    };
}

macro_rules! scalar {
    ($float:ident, $precision:ident, $run:ident, $ln:ident, $ln_1p:ident, $negligible:literal, $round:literal, $mantissa:literal, $bias:literal) => {
        impl Scalar for $float {
            type Vector<I: super::isa::Isa> = I::$precision;
            const PRECISION: Precision = Precision::$precision;
            #[inline(always)]
            fn run<'a, P: super::PerPrecision>(task: P::Task<'a, Self>) -> P::Output {
                P::$run(task)
            }
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
            const MIN_POSITIVE: Self = $float::MIN_POSITIVE;
            const NEG_INFINITY: Self = $float::NEG_INFINITY;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            same_method! {
                $float:
                abs() -> Self;
                sqrt() -> Self;
                mul_add(a, b) -> Self;
                is_finite() -> bool;
            }
            #[inline(always)]
            fn ln(self) -> Self {
                elementary::$ln(self)
            }
            #[inline(always)]
            fn ln_1p(self) -> Self {
                elementary::$ln_1p(self)
            }
            const NEGLIGIBLE: Self = $negligible;
            const ROUND: Self = $round;
            #[inline(always)]
            fn power_of_two(rounded: Self) -> Self {
                $float::from_bits((rounded.to_bits() << $mantissa).wrapping_add($bias << $mantissa))
            }
        }
    };
}

scalar!(f32, F32, run_f32, ln_f32, ln_1p_f32, 1e-17, 12_582_912.0, 23, 127);
scalar!(
    f64,
    F64,
    run_f64,
    ln,
    ln_1p,
    1e-150,
    6_755_399_441_055_744.0,
    52,
    1023
);
