//! Vector registers, a type for each instruction set, with the few operations the kernels need.
//!
//! Loops over a run-time width are where a compiler's own vectorisation is least to be relied on: rows of 10 or 3
//! units became scalar code. So the kernels say what they mean, and the last, partly filled register of a row is a
//! masked load and store.

use super::isa::Isa;
use super::joined::Joined;
use super::scalar::Scalar;

/// A register of `LANES` numbers. Every method must be called where the instruction set is known to be there: within
/// a task that `dispatch` runs.
pub trait Vector<T>: Copy {
    /// How many numbers it holds.
    const LANES: usize;
    /// One of half the size; the same where there is none.
    type Half: Vector<T, Half = Self::Half, Single = Self::Half>;
    /// A register for one number in every lane, from which that can be had in every lane of this one.
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

    /// √self for lanes that are 0 or more, to within two units in the last place; a lane too small for a normal number
    /// counts as the smallest.
    #[inline(always)]
    fn root_closely(self) -> Self {
        self.sqrt()
    }

    /// self / other for normal numbers, to within two units in the last place.
    #[inline(always)]
    fn div_closely(self, other: Self) -> Self {
        self.div(other)
    }

    /// `low` where a lane is below it. A NaN stays.
    fn at_least(self, low: Self) -> Self;

    /// `high` where a lane is above it. A NaN stays.
    fn at_most(self, high: Self) -> Self;

    /// |self|, lane by lane.
    fn abs(self) -> Self;

    /// 0 where a lane's magnitude is below `least`. A NaN stays.
    fn flush_below(self, least: Self) -> Self;

    /// 0 where `of` is not above 0.
    fn where_positive(self, of: Self) -> Self;

    /// self where `magnitude` is not above `most`, and `other` elsewhere: a NaN is not above anything.
    fn or_where_above(self, magnitude: Self, most: Self, other: Self) -> Self;

    /// self with the signs of `sign`, for lanes of self that are not negative.
    fn with_sign(self, sign: Self) -> Self;

    /// 2ᵏ, lane by lane, where self is k + [`Scalar::ROUND`], k a whole number in the exponent's range.
    fn power_of_two(self) -> Self;

    /// Which lanes are not 0, a bit each from the first lane on; a NaN is not 0.
    fn non_zero_bits(self) -> u64;

    /// The lanes of self and of `other` by turns: those of their first halves, and those of their second halves.
    fn interleave(self, other: Self) -> (Self, Self);

    /// The sum of the lanes, in an order that depends on the type alone.
    fn sum(self) -> T;

    /// [`sum`](Self::sum) in every lane.
    #[inline(always)]
    fn sum_in_every_lane(self) -> Self::Single {
        Self::Single::splat(self.sum())
    }

    /// What `single` has in every lane.
    fn of_single(single: Self::Single) -> Self;

    /// The first lanes.
    fn low_half(self) -> Self::Half;

    /// The lanes from each [`Half`](Self::Half) on added to those of the first.
    fn sum_of_halves(self) -> Self::Half;

    /// [`sum`](Self::sum) of each of four registers, in the first four lanes. What is its own half says how.
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
    fn beginning_with(half: Self::Half) -> Self::Single;

    /// One of the first four lanes in every lane.
    #[inline(always)]
    fn lane_in_every_lane(self, lane: usize) -> Self
    where
        T: Scalar,
    {
        let mut lanes = [T::ZERO; 4];
        // SAFETY: there is room for four numbers.
        unsafe { self.store_first(lanes.as_mut_ptr(), 4) };
        Self::splat(lanes[lane])
    }

    /// f of each of some registers; of halves two at a time, where these make a whole register of the instruction set: it
    /// waits for one function instead of two.
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

/// The two side by side.
pub type WholeAndHalfOf<I, T> = Joined<VectorOf<I, T>, HalfOf<I, T>>;

/// A register where no instructions are known: four numbers, whatever the compiler makes of them.
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
        // SAFETY: the caller vouches for `LANES` readable numbers; an array of T is aligned as T is.
        Self(unsafe { from.cast::<[T; PORTABLE_LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller vouches for `LANES` writable numbers.
        unsafe { to.cast::<[T; PORTABLE_LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        let mut lanes = [T::ZERO; PORTABLE_LANES];
        for (j, lane) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: j < count, and the caller vouches for `count` readable numbers.
            *lane = unsafe { from.add(j).read() };
        }
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        for (j, lane) in self.0.into_iter().enumerate().take(count) {
            // SAFETY: j < count, and the caller vouches for `count` writable numbers.
            unsafe { to.add(j).write(lane) }
        }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        // One instruction on NEON; elsewhere two, because a call to a library's fused one costs far more.
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
    fn where_positive(self, of: Self) -> Self {
        let mut lanes = self.0;
        for (lane, of) in lanes.iter_mut().zip(of.0) {
            *lane = if of > T::ZERO { *lane } else { T::ZERO };
        }
        Self(lanes)
    }

    #[inline(always)]
    fn or_where_above(self, magnitude: Self, most: Self, other: Self) -> Self {
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
        let turns = |first: usize| {
            std::array::from_fn(|j| {
                let of = if j % 2 == 0 { &self.0 } else { &other.0 };
                of[first + j / 2]
            })
        };
        (Self(turns(0)), Self(turns(PORTABLE_LANES / 2)))
    }

    #[inline(always)]
    fn sum(self) -> T {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }

    #[inline(always)]
    fn of_single(single: Self) -> Self {
        single
    }

    #[inline(always)]
    fn sums_of_four([a, b, c, d]: [Self; 4]) -> Self {
        Self([a.sum(), b.sum(), c.sum(), d.sum()])
    }

    #[inline(always)]
    fn beginning_with(half: Self) -> Self {
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

/// A function of numbers, lane by lane. (A closure would not do: nothing makes sure that it is compiled with the
/// instructions of its caller.)
pub trait Map<T: Scalar>: Copy {
    /// f(x). Must be `#[inline(always)]`.
    fn apply<V: Vector<T>>(self, x: V) -> V;
}

/// A function of pairs of numbers, lane by lane.
pub trait MapPairs<T: Scalar>: Copy {
    /// f(a, b). Must be `#[inline(always)]`.
    fn apply<V: Vector<T>>(self, a: V, b: V) -> V;
}

/// A function of N numbers and another, lane by lane, that gives N.
pub trait MapSeveral<T: Scalar, const N: usize>: Copy {
    /// f(numbers, by). Must be `#[inline(always)]`.
    fn apply<V: Vector<T>>(self, numbers: [V; N], by: V) -> [V; N];
}

/// to ← f(from), a register at a time.
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

/// to ← f(a, b), a register at a time.
#[inline(always)]
pub fn map_pairs<I: Isa, T: Scalar, F: MapPairs<T>>(a: &[T], b: &[T], to: &mut [T], f: F) {
    let lanes = VectorOf::<I, T>::LANES;
    let length = a.len().min(b.len()).min(to.len());
    let (a, b, to) = (a.as_ptr(), b.as_ptr(), to.as_mut_ptr());
    // Known numbers of numbers are half of the work where there are no more: the outputs of a small network.
    match length {
        // SAFETY: so many numbers are in all three slices, and any register has room for four.
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
/// There must be N numbers at each place, and no more than a half register has room for.
#[inline(always)]
unsafe fn first_pairs<I: Isa, T: Scalar, F: MapPairs<T>, const N: usize>(
    a: *const T,
    b: *const T,
    to: *mut T,
    f: F,
) {
    // SAFETY: as the caller vouches.
    unsafe {
        let (a, b) = (HalfOf::<I, T>::load_first(a, N), HalfOf::<I, T>::load_first(b, N));
        f.apply(a, b).store_first(to, N);
    }
}

/// to ← f(to, by), a register at a time.
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

/// numbers ← f(numbers, by), a register of each at a time.
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
        // SAFETY: at + lanes is within all of the slices, which are borrowed apart from one another.
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
