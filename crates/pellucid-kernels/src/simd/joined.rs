//! A register and one of half its size, used as one: ten f64 fill a whole register and a half. Two whole registers
//! would compute six unused numbers, and three halves need one more register.

use super::scalar::Scalar;
use super::vector::Vector;

/// The lanes of a register, followed by those of one of half its size.
#[derive(Clone, Copy)]
pub struct Joined<W, H>(W, H);

macro_rules! per_register {
    ($(fn $name:ident(self$(, $argument:ident)*);)*) => {
        $(
            #[inline(always)]
            fn $name(self$(, $argument: Self)*) -> Self {
                Self(self.0.$name($($argument.0),*), self.1.$name($($argument.1),*))
            }
        )*
    };
}

impl<T: Scalar, W: Vector<T, Half = H, Single = W>, H: Vector<T, Half = H, Single = H>> Vector<T>
    for Joined<W, H>
{
    const LANES: usize = W::LANES + H::LANES;
    const FUSES: bool = W::FUSES;
    type Half = H;
    type Single = W;

    per_register! {
        fn mul_add(self, factor, summand);
        fn add(self, other);
        fn sub(self, other);
        fn mul(self, other);
        fn div(self, other);
        fn sqrt(self);
        fn approximate_sqrt(self);
        fn approximate_div(self, other);
        fn at_least(self, low);
        fn at_most(self, high);
        fn abs(self);
        fn flush_below(self, least);
        fn keep_where_positive(self, of);
        fn replace_where_above(self, magnitude, most, other);
        fn with_sign(self, sign);
        fn power_of_two(self);
    }

    #[inline(always)]
    fn splat(value: T) -> Self {
        Self::from_single(W::splat(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller guarantees as many numbers as both have lanes together.
        unsafe { Self(W::load(from), H::load(from.add(W::LANES))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller guarantees as many numbers as both have lanes together.
        unsafe {
            self.0.store(to);
            self.1.store(to.add(W::LANES));
        }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        let of_first = count.min(W::LANES);
        // SAFETY: the caller guarantees `count` numbers: the first register takes up to its number of lanes, the second
        // the rest.
        unsafe {
            Self(
                W::load_first(from, of_first),
                H::load_first(from.add(of_first), count - of_first),
            )
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        let of_first = count.min(W::LANES);
        // SAFETY: as for `load_first`.
        unsafe {
            self.0.store_first(to, of_first);
            self.1.store_first(to.add(of_first), count - of_first);
        }
    }

    #[inline(always)]
    fn non_zero_bits(self) -> u64 {
        self.0.non_zero_bits() | self.1.non_zero_bits() << W::LANES
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        const MOST: usize = 64;
        let (mut these, mut others) = ([T::ZERO; MOST], [T::ZERO; MOST]);
        let mut alternating = [T::ZERO; 2 * MOST];
        // SAFETY: the arrays hold the lanes of any register.
        unsafe {
            self.store(these.as_mut_ptr());
            other.store(others.as_mut_ptr());
            for j in 0..Self::LANES {
                alternating[2 * j] = these[j];
                alternating[2 * j + 1] = others[j];
            }
            (
                Self::load(alternating.as_ptr()),
                Self::load(alternating[Self::LANES..].as_ptr()),
            )
        }
    }

    #[inline(always)]
    fn sum(self) -> T {
        self.sum_of_halves().sum()
    }

    #[inline(always)]
    fn low_half(self) -> H {
        self.0.low_half()
    }

    #[inline(always)]
    fn sum_of_halves(self) -> H {
        self.0.sum_of_halves().add(self.1)
    }

    #[inline(always)]
    fn from_half(half: H) -> W {
        W::from_half(half)
    }

    #[inline(always)]
    fn from_single(single: W) -> Self {
        Self(single, single.low_half())
    }
}
