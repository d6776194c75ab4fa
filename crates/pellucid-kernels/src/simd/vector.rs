//! Vector registers: one type for each instruction set, with the few operations that the kernels need, and loops over
//! slices.
//!
//! Compilers vectorise loops over a run-time width unreliably: rows of 10 or 3 units became scalar code. So the kernels
//! use registers explicitly, and load and store the last, partly filled register of a row with a mask.

use super::isa::Isa;
use super::joined::Joined;
use super::scalar::Scalar;

/// A register of `LANES` numbers. Call its methods only where the instruction set is known to be available: within a
/// task that `dispatch` runs.
pub trait Vector<T>: Copy {
    /// The number of lanes.
    const LANES: usize;
    /// A register of half the size; the same type where there is none.
    type Half: Vector<T, Half = Self::Half, Single = Self::Half>;
    /// A register that holds one number in every lane, to be broadcast to every lane of this type.
    type Single: Vector<T, Single = Self::Single>;
    /// Whether [`mul_add`](Self::mul_add) rounds once.
    const FUSES: bool;

    /// The same number in every lane.
    fn splat(value: T) -> Self;

    /// `LANES` numbers from `from` on.
    ///
    /// # Safety
    /// `from` must be valid for reading `LANES` numbers.
    unsafe fn load(from: *const T) -> Self;

    /// Writes `LANES` numbers from `to` on.
    ///
    /// # Safety
    /// `to` must be valid for writing `LANES` numbers.
    unsafe fn store(self, to: *mut T);

    /// The first `count` numbers from `from` on, 0 in the other lanes.
    ///
    /// # Safety
    /// `from` must be valid for reading `count` numbers; `count` is at most `LANES`.
    unsafe fn load_first(from: *const T, count: usize) -> Self;

    /// Writes the first `count` lanes from `to` on.
    ///
    /// # Safety
    /// `to` must be valid for writing `count` numbers; `count` is at most `LANES`.
    unsafe fn store_first(self, to: *mut T, count: usize);

    /// self·factor + summand, lane by lane.
    fn mul_add(self, factor: Self, summand: Self) -> Self;

    /// self + other, lane by lane.
    fn add(self, other: Self) -> Self;

    /// self − other, lane by lane.
    fn sub(self, other: Self) -> Self;

    /// self·other, lane by lane.
    fn mul(self, other: Self) -> Self;

    /// self / other, lane by lane.
    fn div(self, other: Self) -> Self;

    /// √self, lane by lane.
    fn sqrt(self) -> Self;

    /// √self for lanes ≥ 0, within two units in the last place; a lane below the smallest normal number counts as that
    /// number.
    #[inline(always)]
    fn approximate_sqrt(self) -> Self {
        self.sqrt()
    }

    /// self / other for normal numbers, within two units in the last place.
    #[inline(always)]
    fn approximate_div(self, other: Self) -> Self {
        self.div(other)
    }

    /// max(self, low), lane by lane. A NaN stays.
    fn at_least(self, low: Self) -> Self;

    /// min(self, high), lane by lane. A NaN stays.
    fn at_most(self, high: Self) -> Self;

    /// |self|, lane by lane.
    fn abs(self) -> Self;

    /// self, with 0 where a lane's magnitude is below `least`. A NaN stays.
    fn flush_below(self, least: Self) -> Self;

    /// self where `of` is above 0, and 0 elsewhere.
    fn keep_where_positive(self, of: Self) -> Self;

    /// self where `magnitude` is not above `most`, and `other` elsewhere; a NaN is not above any number.
    fn replace_where_above(self, magnitude: Self, most: Self, other: Self) -> Self;

    /// self with the signs of `sign`, for lanes of self that are not negative.
    fn with_sign(self, sign: Self) -> Self;

    /// 2ᵏ, lane by lane, where self is k + [`Scalar::ROUND`] and k is an integer in the exponent's range.
    fn power_of_two(self) -> Self;

    /// One bit for each lane, the first lane lowest, set where the lane is not 0; a NaN is not 0.
    fn non_zero_bits(self) -> u64;

    /// The lanes of self and `other`, alternating: first those of their first halves, then those of their second
    /// halves.
    fn interleave(self, other: Self) -> (Self, Self);

    /// The sum of the lanes, in an order that depends only on the type.
    fn sum(self) -> T;

    /// [`sum`](Self::sum) in every lane.
    #[inline(always)]
    fn broadcast_sum(self) -> Self::Single {
        Self::Single::splat(self.sum())
    }

    /// The number that `single` holds in every lane, in every lane of this type.
    fn from_single(single: Self::Single) -> Self;

    /// The first half of the lanes.
    fn low_half(self) -> Self::Half;

    /// The sum of the halves: lane j of the result is the sum of the lanes j, j + [`Half::LANES`](Self::Half), and so
    /// on.
    fn sum_of_halves(self) -> Self::Half;

    /// [`sum`](Self::sum) of each of four registers, in the first four lanes. A type that is its own half must override
    /// this.
    #[inline(always)]
    fn sums_of_four([a, b, c, d]: [Self; 4]) -> Self::Half {
        let halves = [
            a.sum_of_halves(),
            b.sum_of_halves(),
            c.sum_of_halves(),
            d.sum_of_halves(),
        ];
        Self::Half::sums_of_four(halves)
    }

    /// A register that begins with the lanes of `half`.
    fn from_half(half: Self::Half) -> Self::Single;

    /// Lane `lane`, one of the first four, in every lane.
    #[inline(always)]
    fn broadcast_lane(self, lane: usize) -> Self
    where
        T: Scalar,
    {
        let mut lanes = [T::ZERO; 4];
        // SAFETY: the array holds four numbers.
        unsafe { self.store_first(lanes.as_mut_ptr(), 4) };
        Self::splat(lanes[lane])
    }

    /// Applies f to each register. Half registers are processed two at a time where two make a whole register of the
    /// instruction set, which costs the latency of one call instead of two.
    #[inline(always)]
    fn map_each<I: Isa, F: Map<T>>(registers: &mut [Self], f: F)
    where
        T: Scalar,
    {
        for register in registers {
            *register = f.apply(*register);
        }
    }
}

/// The register of `T` of an instruction set.
pub type VectorOf<I, T> = <T as Scalar>::Vector<I>;

/// The register of `T` of half the size of an instruction set.
pub type HalfOf<I, T> = <VectorOf<I, T> as Vector<T>>::Half;

/// A whole and a half register side by side.
pub type WholeAndHalfOf<I, T> = Joined<VectorOf<I, T>, HalfOf<I, T>>;

/// A register without known instructions: four numbers, which the compiler may vectorise. With `FUSES` it multiplies and adds
/// with one rounding, where that is one instruction; a call of the library's function would cost far more than two.
#[derive(Clone, Copy)]
pub struct Portable<T, const FUSES: bool>([T; PORTABLE_LANES]);

const PORTABLE_LANES: usize = 4;

/// Methods that compute lane by lane.
macro_rules! on_lanes {
    ($($method:ident($first:ident $(, $other:ident)*) => $value:expr;)*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $other: Self)*) -> Self {
                Self(std::array::from_fn(|j| {
                    let ($first, $($other),*) = (self.0[j], $($other.0[j]),*);
                    $value
                }))
            }
        )*
    };
}

impl<T: Scalar, const FUSES: bool> Vector<T> for Portable<T, FUSES> {
    const LANES: usize = PORTABLE_LANES;
    const FUSES: bool = FUSES;
    type Half = Self;
    type Single = Self;

    on_lanes! {
        mul_add(a, factor, summand) => if FUSES { a.mul_add(factor, summand) } else { a * factor + summand };
        add(a, b) => a + b;
        sub(a, b) => a - b;
        mul(a, b) => a * b;
        div(a, b) => a / b;
        sqrt(a) => a.sqrt();
        at_least(a, low) => if a < low { low } else { a };
        at_most(a, high) => if a > high { high } else { a };
        abs(a) => a.abs();
        flush_below(a, least) => if a.abs() < least { T::ZERO } else { a };
        keep_where_positive(a, of) => if of > T::ZERO { a } else { T::ZERO };
        replace_where_above(a, magnitude, most, other) => if magnitude > most { other } else { a };
        with_sign(a, sign) => if sign < T::ZERO { -a } else { a };
        power_of_two(a) => T::power_of_two(a);
    }

    #[inline(always)]
    fn splat(value: T) -> Self {
        Self([value; PORTABLE_LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller guarantees `LANES` readable numbers; an array of T is aligned as T is.
        Self(unsafe { from.cast::<[T; PORTABLE_LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller guarantees `LANES` writable numbers.
        unsafe { to.cast::<[T; PORTABLE_LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        let mut lanes = [T::ZERO; PORTABLE_LANES];
        for (j, lane) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: j < count, and the caller guarantees `count` readable numbers.
            *lane = unsafe { from.add(j).read() };
        }
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        for (j, lane) in self.0.into_iter().enumerate().take(count) {
            // SAFETY: j < count, and the caller guarantees `count` writable numbers.
            unsafe { to.add(j).write(lane) }
        }
    }

    #[inline(always)]
    fn non_zero_bits(self) -> u64 {
        let mut bits = 0;
        for (j, lane) in self.0.into_iter().enumerate() {
            bits |= u64::from(lane != T::ZERO) << j;
        }
        bits
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        let alternating = |first: usize| {
            std::array::from_fn(|j| {
                let of = if j % 2 == 0 { &self.0 } else { &other.0 };
                of[first + j / 2]
            })
        };
        (Self(alternating(0)), Self(alternating(PORTABLE_LANES / 2)))
    }

    #[inline(always)]
    fn sum(self) -> T {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }

    #[inline(always)]
    fn from_single(single: Self) -> Self {
        single
    }

    #[inline(always)]
    fn sums_of_four([a, b, c, d]: [Self; 4]) -> Self {
        Self([a.sum(), b.sum(), c.sum(), d.sum()])
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
}

/// A function of one number, lane by lane.
pub trait Map<T: Scalar>: Copy {
    /// f(x). Must be `#[inline(always)]`.
    fn apply<V: Vector<T>>(self, x: V) -> V;
}

/// A function of two numbers, lane by lane.
pub trait MapPairs<T: Scalar>: Copy {
    /// f(a, b). Must be `#[inline(always)]`.
    fn apply<V: Vector<T>>(self, a: V, b: V) -> V;
}

/// A function of N numbers and one more, lane by lane, that returns N numbers.
pub trait MapSeveral<T: Scalar, const N: usize>: Copy {
    /// f(numbers, by). Must be `#[inline(always)]`.
    fn apply<V: Vector<T>>(self, numbers: [V; N], by: V) -> [V; N];
}

/// Implements [`Map`], [`MapPairs`] or [`MapSeveral`] for a type, as the arguments say. They are registers of type `V`, of
/// numbers of type `T`. (A closure would not do: nothing ensures that it is compiled with the instructions of its caller.)
macro_rules! lane_by_lane {
    ($Type:ty: |$self:ident, $x:ident| $value:expr) => {
        impl<T: $crate::simd::scalar::Scalar> $crate::simd::vector::Map<T> for $Type {
            #[inline(always)]
            fn apply<V: $crate::simd::vector::Vector<T>>($self, $x: V) -> V {
                $value
            }
        }
    };
    ($Type:ty: |$self:ident, $a:ident, $b:ident| $value:expr) => {
        impl<T: $crate::simd::scalar::Scalar> $crate::simd::vector::MapPairs<T> for $Type {
            #[inline(always)]
            fn apply<V: $crate::simd::vector::Vector<T>>($self, $a: V, $b: V) -> V {
                $value
            }
        }
    };
    ($Type:ty: |$self:ident, [$($number:ident),+; $N:literal], $by:ident| $value:expr) => {
        impl<T: $crate::simd::scalar::Scalar> $crate::simd::vector::MapSeveral<T, $N> for $Type {
            #[inline(always)]
            fn apply<V: $crate::simd::vector::Vector<T>>($self, [$($number),+]: [V; $N], $by: V) -> [V; $N] {
                $value
            }
        }
    };
}
pub(crate) use lane_by_lane;

/// Loads C registers from `from` on, or the first `count` numbers of one.
///
/// # Safety
/// `from` must be valid for reading them.
#[inline(always)]
pub(crate) unsafe fn load<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    from: *const T,
    count: usize,
) -> [VectorOf<I, T>; C] {
    let mut registers = [VectorOf::<I, T>::splat(T::ZERO); C];
    for (c, register) in registers.iter_mut().enumerate() {
        // SAFETY: guaranteed by the caller.
        *register = unsafe {
            if MASKED {
                VectorOf::<I, T>::load_first(from, count)
            } else {
                VectorOf::<I, T>::load(from.add(c * VectorOf::<I, T>::LANES))
            }
        };
    }
    registers
}

/// accumulators ← accumulators + x·row, with the registers of a row that [`load`] loads.
///
/// # Safety
/// As there.
#[inline(always)]
pub(crate) unsafe fn add_row<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    row: *const T,
    x: T,
    accumulators: &mut [VectorOf<I, T>; C],
    count: usize,
) {
    // SAFETY: guaranteed by the caller.
    let row = unsafe { load::<I, T, C, MASKED>(row, count) };
    let x = VectorOf::<I, T>::splat(x);
    for c in 0..C {
        accumulators[c] = x.mul_add(row[c], accumulators[c]);
    }
}

/// Stores C registers from `to` on, or the first `count` numbers of one.
///
/// # Safety
/// `to` must be valid for writing them.
#[inline(always)]
pub(crate) unsafe fn store<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    registers: [VectorOf<I, T>; C],
    to: *mut T,
    count: usize,
) {
    for (c, register) in registers.into_iter().enumerate() {
        // SAFETY: guaranteed by the caller.
        unsafe {
            if MASKED {
                register.store_first(to, count);
            } else {
                register.store(to.add(c * VectorOf::<I, T>::LANES));
            }
        }
    }
}

/// to ← f(from), one register at a time.
#[inline(always)]
pub fn map<I: Isa, T: Scalar, F: Map<T>>(from: &[T], to: &mut [T], f: F) {
    let lanes = VectorOf::<I, T>::LANES;
    let length = from.len().min(to.len());
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut at = 0;
    while at + lanes <= length {
        // SAFETY: at + lanes is within both slices.
        unsafe { f.apply(VectorOf::<I, T>::load(from.add(at))).store(to.add(at)) };
        at += lanes;
    }
    if at < length {
        // SAFETY: length - at < lanes numbers are left in both slices.
        unsafe {
            f.apply(VectorOf::<I, T>::load_first(from.add(at), length - at))
                .store_first(to.add(at), length - at)
        };
    }
}

/// to ← f(a, b), one register at a time.
#[inline(always)]
pub fn map_pairs<I: Isa, T: Scalar, F: MapPairs<T>>(a: &[T], b: &[T], to: &mut [T], f: F) {
    let length = a.len().min(b.len()).min(to.len());
    let (a, b, to) = (a.as_ptr(), b.as_ptr(), to.as_mut_ptr());
    // Constant lengths halve the work for short slices: the outputs of a small network.
    // SAFETY: all three slices hold `length` numbers, and any register holds at least four.
    unsafe {
        match length {
            1 => short_pairs::<I, T, F>(a, b, to, 1, f),
            4 => short_pairs::<I, T, F>(a, b, to, 4, f),
            _ => pairs::<I, T, F>(a, b, to, length, f),
        }
    }
}

/// The first `count` numbers of [`map_pairs`].
///
/// # Safety
/// The pointers must be valid for so many numbers, at most as many as a half register has lanes.
#[inline(always)]
unsafe fn short_pairs<I: Isa, T: Scalar, F: MapPairs<T>>(
    a: *const T,
    b: *const T,
    to: *mut T,
    count: usize,
    f: F,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let (a, b) = (
            HalfOf::<I, T>::load_first(a, count),
            HalfOf::<I, T>::load_first(b, count),
        );
        f.apply(a, b).store_first(to, count);
    }
}

/// to ← f(to, by), one register at a time.
#[inline(always)]
pub fn update<I: Isa, T: Scalar, F: MapPairs<T>>(to: &mut [T], by: &[T], f: F) {
    let length = to.len().min(by.len());
    let to = to.as_mut_ptr();
    // SAFETY: both slices hold `length` numbers.
    unsafe { pairs::<I, T, F>(to, by.as_ptr(), to, length, f) }
}

/// The first `length` numbers of f(a, b), to `to`, which may be `a`.
///
/// # Safety
/// The pointers must be valid for so many numbers.
#[inline(always)]
unsafe fn pairs<I: Isa, T: Scalar, F: MapPairs<T>>(
    a: *const T,
    b: *const T,
    to: *mut T,
    length: usize,
    f: F,
) {
    let lanes = VectorOf::<I, T>::LANES;
    let mut at = 0;
    // SAFETY: each register lies within the numbers that the caller guarantees.
    unsafe {
        while at + lanes <= length {
            pair::<I, T, F, false>(a.add(at), b.add(at), to.add(at), lanes, f);
            at += lanes;
        }
        if at < length {
            pair::<I, T, F, true>(a.add(at), b.add(at), to.add(at), length - at, f);
        }
    }
}

/// One register of [`pairs`], or its first `count` numbers.
///
/// # Safety
/// The pointers must be valid for these numbers.
#[inline(always)]
unsafe fn pair<I: Isa, T: Scalar, F: MapPairs<T>, const MASKED: bool>(
    a: *const T,
    b: *const T,
    to: *mut T,
    count: usize,
    f: F,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let [a] = load::<I, T, 1, MASKED>(a, count);
        let [b] = load::<I, T, 1, MASKED>(b, count);
        store::<I, T, 1, MASKED>([f.apply(a, b)], to, count);
    }
}

/// numbers ← f(numbers, by), one register of each at a time.
#[inline(always)]
pub fn update_several<I: Isa, T: Scalar, F: MapSeveral<T, N>, const N: usize>(
    numbers: [&mut [T]; N],
    by: &[T],
    f: F,
) {
    let lanes = VectorOf::<I, T>::LANES;
    let mut length = by.len();
    for slice in &numbers {
        length = length.min(slice.len());
    }
    let numbers = numbers.map(|slice| slice.as_mut_ptr());
    let mut at = 0;
    // SAFETY: each register lies within all of the slices, which do not overlap.
    unsafe {
        while at + lanes <= length {
            several::<I, T, F, N, false>(numbers, by.as_ptr(), at, lanes, f);
            at += lanes;
        }
        if at < length {
            several::<I, T, F, N, true>(numbers, by.as_ptr(), at, length - at, f);
        }
    }
}

/// One register of [`update_several`], from number `at` on, or its first `count` numbers.
///
/// # Safety
/// The pointers must be valid for these numbers.
#[inline(always)]
unsafe fn several<I: Isa, T: Scalar, F: MapSeveral<T, N>, const N: usize, const MASKED: bool>(
    numbers: [*mut T; N],
    by: *const T,
    at: usize,
    count: usize,
    f: F,
) {
    let mut registers = [VectorOf::<I, T>::splat(T::ZERO); N];
    // SAFETY: guaranteed by the caller.
    unsafe {
        for (register, from) in registers.iter_mut().zip(numbers) {
            [*register] = load::<I, T, 1, MASKED>(from.add(at), count);
        }
        let [by] = load::<I, T, 1, MASKED>(by.add(at), count);
        for (register, to) in f.apply(registers, by).into_iter().zip(numbers) {
            store::<I, T, 1, MASKED>([register], to.add(at), count);
        }
    }
}
