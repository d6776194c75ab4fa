//! Registers, lane by lane.

use super::vector::{HalfOf, Vector, VectorOf};
use super::*;

/// What a lane may hold that is worth a test.
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

/// Makes sure of a register, and of one of half the size.
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
}

impl<T: Scalar> Task for Registers<T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        match self.check {
            Check::Lanes => {
                lanes::<T, VectorOf<I, T>>(self.seed);
                lanes::<T, HalfOf<I, T>>(self.seed);
            }
            Check::Parts => {
                parts::<T, VectorOf<I, T>>();
                parts::<T, HalfOf<I, T>>();
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
                .where_positive(register)
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
                let (mut whole, mut part) = (Placed::room(V::LANES, offset), Placed::room(count, offset));
                // SAFETY: `from` and `part` hold `count` numbers, `whole` as many as the register.
                unsafe {
                    let register = V::load_first(from.exactly().as_ptr(), count);
                    register.store(whole.exactly().as_mut_ptr());
                    // Lanes that are not written hold something, too.
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
fn lanes_are_kept_where_others_are_positive_and_found_where_they_are_not_zero() {
    check_registers(3, Check::Lanes);
}

#[test]
fn the_first_numbers_of_a_register_are_read_and_written_and_no_others() {
    check_registers(0, Check::Parts);
}
