//! Tests the operations of registers, lane by lane.

use super::*;
use crate::simd::vector::{HalfOf, Map, Vector, VectorOf, WholeAndHalfOf};

/// Values of a lane that are worth a test.
fn lane_values<T: Scalar>() -> Vec<T> {
    let smallest = T::MIN_POSITIVE.to_f64();
    let positive = [
        0.0,
        smallest * epsilon::<T>(),
        smallest * 0.37,
        smallest,
        0.75,
        3e5,
        f64::INFINITY,
        f64::NAN,
    ];
    let both = positive.iter().flat_map(|&value| [value, -value]);
    both.map(T::from_f64).collect()
}

/// Checks a register, one of half its size, and the two joined.
#[derive(Clone, Copy)]
struct Registers<T> {
    seed: u32,
    check: Check,
    precision: std::marker::PhantomData<T>,
}

#[derive(Clone, Copy)]
enum Check {
    Lanes,
    Parts,
    Sums,
    Each,
}

impl<T: Scalar> Task for Registers<T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        match self.check {
            Check::Lanes => {
                lanes::<T, VectorOf<I, T>>(self.seed);
                lanes::<T, HalfOf<I, T>>(self.seed);
                lanes::<T, WholeAndHalfOf<I, T>>(self.seed);
            }
            Check::Parts => {
                parts::<T, VectorOf<I, T>>();
                parts::<T, HalfOf<I, T>>();
                parts::<T, WholeAndHalfOf<I, T>>();
            }
            Check::Sums => {
                sums::<T, VectorOf<I, T>>(self.seed);
                sums::<T, HalfOf<I, T>>(self.seed);
                sums::<T, WholeAndHalfOf<I, T>>(self.seed);
            }
            Check::Each => {
                each::<I, T, VectorOf<I, T>>(self.seed);
                each::<I, T, HalfOf<I, T>>(self.seed);
                each::<I, T, WholeAndHalfOf<I, T>>(self.seed);
            }
        }
    }
}

fn check_registers(seed: u32, check: Check) {
    let precision = std::marker::PhantomData::<f64>;
    on_every_isa(Registers {
        seed,
        check,
        precision,
    });
    let precision = std::marker::PhantomData::<f32>;
    on_every_isa(Registers {
        seed,
        check,
        precision,
    });
}

#[inline(always)]
fn lanes<T: Scalar, V: Vector<T>>(seed: u32) {
    let (values, generator) = (lane_values::<T>(), &mut RandomState::new(seed));
    let mut draw = || -> Vec<T> {
        let any = |_| values[(generator.random_sample() * values.len() as f64) as usize];
        (0..V::LANES).map(any).collect()
    };
    for _ in 0..2000 {
        let (there, of) = (draw(), draw());
        let mut kept = vec![T::ONE; V::LANES];
        // SAFETY: each holds as many numbers as the register.
        let found = unsafe {
            let register = V::load(of.as_ptr());
            V::load(there.as_ptr())
                .keep_where_positive(register)
                .store(kept.as_mut_ptr());
            register.non_zero_bits()
        };
        let not_zero = |bits, (j, of): (usize, &T)| bits | u64::from(*of != T::ZERO) << j;
        assert_eq!(found, of.iter().enumerate().fold(0, not_zero), "of {of:?}");
        let expected = there.iter().zip(&of);
        let expected: Vec<T> = expected
            .map(|(&there, &of)| if of > T::ZERO { there } else { T::ZERO })
            .collect();
        assert_eq!(
            bits(&kept),
            bits(&expected),
            "{there:?} where {of:?} are positive"
        );
        let (most, other) = (draw(), draw());
        // SAFETY: each holds as many numbers as the register.
        let kept = unsafe {
            let (most, other) = (V::load(most.as_ptr()), V::load(other.as_ptr()));
            numbers_of(V::load(there.as_ptr()).replace_where_above(V::load(of.as_ptr()), most, other))
        };
        let lane = |j: usize| if of[j] > most[j] { other[j] } else { there[j] };
        let expected: Vec<T> = (0..V::LANES).map(lane).collect();
        assert_eq!(
            bits(&kept),
            bits(&expected),
            "{there:?} or {other:?} where {of:?} are above {most:?}"
        );
        // SAFETY: as above.
        let (first, second) = unsafe { V::load(there.as_ptr()).interleave(V::load(of.as_ptr())) };
        let alternating: Vec<T> = there.iter().zip(&of).flat_map(|(&a, &b)| [a, b]).collect();
        assert_eq!(
            bits(&[numbers_of(first), numbers_of(second)].concat()),
            bits(&alternating),
            "{there:?} and {of:?} alternating"
        );
    }
}

#[inline(always)]
fn numbers_of<T: Scalar, V: Vector<T>>(register: V) -> Vec<T> {
    let mut numbers = vec![T::ZERO; V::LANES];
    // SAFETY: the vector holds as many numbers as the register has lanes.
    unsafe { register.store(numbers.as_mut_ptr()) };
    numbers
}

#[inline(always)]
fn sums<T: Scalar, V: Vector<T>>(seed: u32) {
    let generator = &mut RandomState::new(seed);
    let mut draw = |_| -> V {
        let number = |_| T::from_f64(generator.random_sample() - 0.5);
        let numbers: Vec<T> = (0..V::LANES).map(number).collect();
        // SAFETY: these are as many numbers as the register has.
        unsafe { V::load(numbers.as_ptr()) }
    };
    for _ in 0..500 {
        let registers: [V; 4] = [0, 1, 2, 3].map(&mut draw);
        let expected = registers.map(|register| register.sum());
        let naive: f64 = numbers_of(registers[0]).into_iter().map(T::to_f64).sum();
        assert!(
            (expected[0].to_f64() - naive).abs() <= 8.0 * epsilon::<T>(),
            "{naive}"
        );
        let found = numbers_of(V::sums_of_four(registers));
        assert_eq!(bits(&found[..4]), bits(&expected), "four sums");
        let begun = numbers_of(V::from_half(V::sums_of_four(registers)));
        assert_eq!(
            bits(&begun[..4]),
            bits(&expected),
            "a register that begins with four sums"
        );
        let [first, ..] = registers;
        let everywhere = V::from_single(first.broadcast_sum());
        assert_eq!(
            bits(&numbers_of(everywhere)),
            bits(&vec![expected[0]; V::LANES]),
            "a sum everywhere"
        );
        let numbers = numbers_of(first);
        let half = V::Half::LANES;
        assert_eq!(
            bits(&numbers_of(first.low_half())),
            bits(&numbers[..half]),
            "the first lanes"
        );
        assert_eq!(
            first.sum_of_halves().sum().to_f64().to_bits(),
            expected[0].to_f64().to_bits(),
            "the sum of the halves' sums"
        );
        for (lane, &number) in numbers.iter().enumerate().take(4) {
            let found = numbers_of(first.broadcast_lane(lane));
            assert_eq!(
                bits(&found),
                bits(&vec![number; V::LANES]),
                "lane {lane} everywhere"
            );
        }
    }
}

/// 3x − 1.
#[derive(Clone, Copy)]
struct ThreeTimesLessOne;
impl<T: Scalar> Map<T> for ThreeTimesLessOne {
    #[inline(always)]
    fn apply<V: Vector<T>>(self, x: V) -> V {
        V::splat(T::from_f64(3.0)).mul(x).sub(V::splat(T::ONE))
    }
}

#[inline(always)]
fn each<I: Isa, T: Scalar, V: Vector<T>>(seed: u32) {
    let generator = &mut RandomState::new(seed);
    for count in 0..=7 {
        let number = |_| T::from_f64(generator.random_sample());
        let numbers: Vec<T> = (0..count * V::LANES).map(number).collect();
        // SAFETY: each chunk is as many numbers as the register has.
        let register = |chunk: &[T]| unsafe { V::load(chunk.as_ptr()) };
        let mut registers: Vec<V> = numbers.chunks_exact(V::LANES).map(register).collect();
        V::map_each::<I, _>(&mut registers, ThreeTimesLessOne);
        let found: Vec<T> = registers.into_iter().flat_map(numbers_of).collect();
        let expected: Vec<T> = numbers.iter().map(|&x| T::from_f64(3.0) * x - T::ONE).collect();
        assert_eq!(bits(&found), bits(&expected), "{count} registers");
    }
}

#[inline(always)]
fn parts<T: Scalar, V: Vector<T>>() {
    let values = lane_values::<T>();
    for count in 0..=V::LANES {
        for first in 0..values.len() {
            let number = |j: usize| values[(first + j) % values.len()];
            let numbers: Vec<T> = (0..count).map(number).collect();
            for offset in 0..3 {
                let mut from = Placed::new(&numbers, offset);
                let (mut whole, mut part) = (Placed::empty(V::LANES, offset), Placed::empty(count, offset));
                // SAFETY: `from` and `part` hold `count` numbers, `whole` as many as the register.
                unsafe {
                    let register = V::load_first(from.exactly().as_ptr(), count);
                    register.store(whole.exactly().as_mut_ptr());
                    // The lanes that are not written are not 0 either.
                    let full: Vec<T> = (0..V::LANES).map(number).collect();
                    V::load(full.as_ptr()).store_first(part.exactly().as_mut_ptr(), count);
                }
                let mut expected = numbers.clone();
                assert_eq!(
                    bits(&part.into_result()),
                    bits(&expected),
                    "the first {count} are written"
                );
                expected.resize(V::LANES, T::ZERO);
                assert_eq!(
                    bits(&whole.into_result()),
                    bits(&expected),
                    "the first {count} are read"
                );
            }
        }
    }
}

#[test]
fn masked_selection_non_zero_bits_and_interleaving_agree_with_scalar_code() {
    check_registers(3, Check::Lanes);
}

#[test]
fn partial_loads_and_stores_touch_only_the_first_numbers() {
    check_registers(0, Check::Parts);
}

#[test]
fn sums_and_broadcasts_have_the_same_bits_in_every_form() {
    check_registers(4, Check::Sums);
}

#[test]
fn map_each_equals_the_function_of_each_register() {
    check_registers(5, Check::Each);
}
