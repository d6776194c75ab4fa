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

/// A register without known instructions: four numbers, which the compiler may vectorise.
#[derive(Clone, Copy)]
pub struct Portable<T>([T; PORTABLE_LANES]);

const PORTABLE_LANES: usize = 4;

impl<T: Scalar> Vector<T> for Portable<T> {
    const LANES: usize = PORTABLE_LANES;
    const FUSES: bool = cfg!(target_arch = "aarch64");
    type Half = Self;
    type Single = Self;

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
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        // One instruction on NEON; elsewhere two, because a call of the library's fused multiply-add costs far more.
        let mut lanes = summand.0;
        for (j, lane) in lanes.iter_mut().enumerate() {
            *lane = if Self::FUSES {
                self.0[j].mul_add(factor.0[j], *lane)
            } else {
                self.0[j] * factor.0[j] + *lane
            };
        }
        Self(lanes)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|j| self.0[j] + other.0[j]))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|j| self.0[j] - other.0[j]))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|j| self.0[j] * other.0[j]))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(std::array::from_fn(|j| self.0[j] / other.0[j]))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(T::sqrt))
    }

    #[inline(always)]
    fn at_least(self, low: Self) -> Self {
        Self(std::array::from_fn(|j| {
            if self.0[j] < low.0[j] { low.0[j] } else { self.0[j] }
        }))
    }

    #[inline(always)]
    fn at_most(self, high: Self) -> Self {
        Self(std::array::from_fn(|j| {
            if self.0[j] > high.0[j] {
                high.0[j]
            } else {
                self.0[j]
            }
        }))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(T::abs))
    }

    #[inline(always)]
    fn flush_below(self, least: Self) -> Self {
        let mut lanes = self.0;
        for (lane, least) in lanes.iter_mut().zip(least.0) {
            *lane = if lane.abs() < least { T::ZERO } else { *lane };
        }
        Self(lanes)
    }

    #[inline(always)]
    fn keep_where_positive(self, of: Self) -> Self {
        let mut lanes = self.0;
        for (lane, of) in lanes.iter_mut().zip(of.0) {
            *lane = if of > T::ZERO { *lane } else { T::ZERO };
        }
        Self(lanes)
    }

    #[inline(always)]
    fn replace_where_above(self, magnitude: Self, most: Self, other: Self) -> Self {
        let mut lanes = self.0;
        for (j, lane) in lanes.iter_mut().enumerate() {
            *lane = if magnitude.0[j] > most.0[j] {
                other.0[j]
            } else {
                *lane
            };
        }
        Self(lanes)
    }

    #[inline(always)]
    fn with_sign(self, sign: Self) -> Self {
        Self(std::array::from_fn(|j| {
            if sign.0[j] < T::ZERO {
                -self.0[j]
            } else {
                self.0[j]
            }
        }))
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self(self.0.map(T::power_of_two))
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

/// A function of one number, lane by lane. (A closure would not do: nothing ensures that it is compiled with the
/// instructions of its caller.)
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
    let lanes = VectorOf::<I, T>::LANES;
    let length = a.len().min(b.len()).min(to.len());
    let (a, b, to) = (a.as_ptr(), b.as_ptr(), to.as_mut_ptr());
    // Constant lengths halve the work for short slices: the outputs of a small network.
    match length {
        // SAFETY: all three slices hold this many numbers, and any register holds at least four.
        1 => return unsafe { first_pairs::<I, T, F, 1>(a, b, to, f) },
        // SAFETY: as above.
        4 => return unsafe { first_pairs::<I, T, F, 4>(a, b, to, f) },
        _ => {}
    }
    let mut at = 0;
    while at + lanes <= length {
        // SAFETY: at + lanes is within all three slices.
        unsafe {
            f.apply(
                VectorOf::<I, T>::load(a.add(at)),
                VectorOf::<I, T>::load(b.add(at)),
            )
            .store(to.add(at))
        };
        at += lanes;
    }
    if at < length {
        let left = length - at;
        // SAFETY: `left` < lanes numbers are left in all three slices.
        unsafe {
            let (a, b) = (
                VectorOf::<I, T>::load_first(a.add(at), left),
                VectorOf::<I, T>::load_first(b.add(at), left),
            );
            f.apply(a, b).store_first(to.add(at), left);
        }
    }
}

/// The first N of [`map_pairs`].
///
/// # Safety
/// All three pointers must be valid for N numbers, and N must not exceed the lanes of a half register.
#[inline(always)]
unsafe fn first_pairs<I: Isa, T: Scalar, F: MapPairs<T>, const N: usize>(
    a: *const T,
    b: *const T,
    to: *mut T,
    f: F,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let (a, b) = (HalfOf::<I, T>::load_first(a, N), HalfOf::<I, T>::load_first(b, N));
        f.apply(a, b).store_first(to, N);
    }
}

/// to ← f(to, by), one register at a time.
#[inline(always)]
pub fn update<I: Isa, T: Scalar, F: MapPairs<T>>(to: &mut [T], by: &[T], f: F) {
    let lanes = VectorOf::<I, T>::LANES;
    let length = to.len().min(by.len());
    let (to, by) = (to.as_mut_ptr(), by.as_ptr());
    let mut at = 0;
    while at + lanes <= length {
        // SAFETY: at + lanes is within both slices.
        unsafe {
            f.apply(
                VectorOf::<I, T>::load(to.add(at)),
                VectorOf::<I, T>::load(by.add(at)),
            )
            .store(to.add(at))
        };
        at += lanes;
    }
    if at < length {
        let left = length - at;
        // SAFETY: `left` < lanes numbers are left in both slices.
        unsafe {
            let (old, by) = (
                VectorOf::<I, T>::load_first(to.add(at), left),
                VectorOf::<I, T>::load_first(by.add(at), left),
            );
            f.apply(old, by).store_first(to.add(at), left);
        }
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
    let zero = VectorOf::<I, T>::splat(T::ZERO);
    let mut length = by.len();
    for slice in &numbers {
        length = length.min(slice.len());
    }
    let numbers = numbers.map(|slice| slice.as_mut_ptr());
    let by = by.as_ptr();
    let mut at = 0;
    while at + lanes <= length {
        // SAFETY: at + lanes is within all of the slices, which do not overlap.
        unsafe {
            let mut registers = [zero; N];
            for (register, from) in registers.iter_mut().zip(numbers) {
                *register = VectorOf::<I, T>::load(from.add(at));
            }
            let registers = f.apply(registers, VectorOf::<I, T>::load(by.add(at)));
            for (register, to) in registers.into_iter().zip(numbers) {
                register.store(to.add(at));
            }
        }
        at += lanes;
    }
    if at < length {
        let left = length - at;
        // SAFETY: `left` < lanes numbers are left in all of the slices.
        unsafe {
            let mut registers = [zero; N];
            for (register, from) in registers.iter_mut().zip(numbers) {
                *register = VectorOf::<I, T>::load_first(from.add(at), left);
            }
            let registers = f.apply(registers, VectorOf::<I, T>::load_first(by.add(at), left));
            for (register, to) in registers.into_iter().zip(numbers) {
                register.store_first(to.add(at), left);
            }
        }
    }
}
