//! Every kernel against its naive twin: the sum of its definition, term after term, in double precision.
//!
//! A twin gives with each number the magnitudes that went into it, Σ|aᵢ·bᵢ| over n terms. However a kernel orders
//! and fuses its sum, in a precision with unit ε it is off by at most about n·ε of that magnitude (Higham,
//! *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1); the same holds for the twin. Numbers below the
//! normal range are in addition rounded to a multiple of the smallest one, a term at a time.
//!
//! A zero byte contributes nothing, whatever its weight: 0·∞ does not occur, so the twin of byte input leaves its
//! terms out as well, and so does that of numbers of which half are zeros, and of activations and δ of large layers of
//! which three eighths are. Everywhere else NaN and infinities come out as the definition has them.

mod activations;
mod few_units;
mod generator;
mod products;
mod registers;
mod zeros;

use crate::activation::Activation;
use crate::aligned::Aligned;
use crate::layer::sparse::NonZeros;
use crate::layer::{
    Destination, Input, Origin, Scratch, Shape, affine, bias_gradient, input_delta, product, sparse,
    transpose, weight_gradient,
};
use crate::narrow;
use crate::simd::isa::{self, Baseline, Isa, Task, dispatch};
use crate::simd::scalar::Scalar;
use generator::RandomState;
use proptest::prelude::*;
use std::num::NonZeroUsize;

const ROWS: [usize; 8] = [1, 2, 3, 7, 8, 9, 31, 33];
const WIDTHS: [usize; 18] = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 129];
/// Enough multiply-adds that a product is given to several threads.
const LARGE: (usize, usize, usize) = (129, 301, 115);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Affine,
    InputAffine,
    ByteAffine,
    WeightGradient,
    InputWeightGradient,
    ByteWeightGradient,
    BiasGradient,
    InputDelta,
}

impl Kernel {
    const ALL: [Kernel; 8] = [
        Kernel::Affine,
        Kernel::InputAffine,
        Kernel::ByteAffine,
        Kernel::WeightGradient,
        Kernel::InputWeightGradient,
        Kernel::ByteWeightGradient,
        Kernel::BiasGradient,
        Kernel::InputDelta,
    ];

    fn output_len(self, shape: Shape) -> usize {
        match self {
            Kernel::Affine | Kernel::InputAffine | Kernel::ByteAffine => shape.rows * shape.fan_out,
            Kernel::WeightGradient | Kernel::InputWeightGradient | Kernel::ByteWeightGradient => {
                shape.fan_in * shape.fan_out
            }
            Kernel::BiasGradient => shape.fan_out,
            Kernel::InputDelta => shape.rows * shape.fan_in,
        }
    }

    fn is_gradient(self) -> bool {
        matches!(
            self,
            Kernel::WeightGradient
                | Kernel::InputWeightGradient
                | Kernel::ByteWeightGradient
                | Kernel::BiasGradient
        )
    }

    fn is_forward(self) -> bool {
        matches!(self, Kernel::Affine | Kernel::InputAffine | Kernel::ByteAffine)
    }
}

/// What the kernels are given.
#[derive(Debug, Clone)]
struct Case<T> {
    shape: Shape,
    x: Vec<T>,
    bytes: Vec<u8>,
    byte_values: Box<[T; 256]>,
    weights: Vec<T>,
    bias: Option<Vec<T>>,
    delta: Vec<T>,
    rate: Option<T>,
    /// Where every slice begins in its buffer: 1 and more is off the alignment of a vector register.
    offset: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Ordinary,
    /// One in about thirty is NaN, infinite, a negative zero or below the normal range.
    Special,
}

fn numbers<T: Scalar>(count: usize, kind: Numbers, generator: &mut RandomState) -> Vec<T> {
    let smallest = T::MIN_POSITIVE.to_f64();
    let special = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        smallest * 0.37,
        -smallest * 0.01,
    ];
    let draw = || {
        let value = generator.uniform(-2.0, 2.0);
        match (kind, generator.random_sample()) {
            (Numbers::Special, chance) if chance < 0.03 => special[(chance * 200.0) as usize],
            (_, chance) if chance > 0.95 => 0.0,
            _ => value,
        }
    };
    std::iter::repeat_with(draw)
        .take(count)
        .map(T::from_f64)
        .collect()
}

fn bytes_of(shape: Shape, generator: &mut RandomState) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(shape.rows * shape.fan_in);
    for row in 0..shape.rows {
        bytes.extend(
            (0..shape.fan_in).map(|_| match (row % 4, generator.random_sample()) {
                (1, _) => 0,
                (2, _) => 255,
                (_, chance) if chance < 0.8 => 0,
                (_, chance) => (chance * 256.0) as u8,
            }),
        );
    }
    bytes
}

impl<T: Scalar> Case<T> {
    fn new((rows, fan_in, fan_out): (usize, usize, usize), kind: Numbers, seed: u32) -> Self {
        let shape = Shape {
            rows,
            fan_in,
            fan_out,
            threads: NonZeroUsize::MIN,
        };
        let generator = &mut RandomState::new(seed);
        Self {
            shape,
            x: numbers(rows * fan_in, kind, generator),
            bytes: bytes_of(shape, generator),
            byte_values: Box::new(std::array::from_fn(|byte| T::from_f64(byte as f64 / 255.0))),
            weights: numbers(fan_in * fan_out, kind, generator),
            bias: Some(numbers(fan_out, kind, generator)),
            delta: numbers(rows * fan_out, kind, generator),
            rate: None,
            offset: seed as usize % 2,
        }
    }

    fn without_bias(mut self) -> Self {
        self.bias = None;
        self
    }

    fn stepping(mut self, rate: f64) -> Self {
        self.rate = Some(T::from_f64(rate));
        self
    }

    fn on_threads(mut self, threads: usize) -> Self {
        self.shape.threads = NonZeroUsize::new(threads).unwrap();
        self
    }

    fn at_offset(mut self, offset: usize) -> Self {
        self.offset = offset;
        self
    }

    /// What the output holds before the kernel: parameters where they are to step, rubbish where they are not.
    fn before(&self, kernel: Kernel) -> Vec<T> {
        let rubbish = || vec![T::from_f64(f64::NAN); kernel.output_len(self.shape)];
        match (kernel, self.rate) {
            (Kernel::WeightGradient | Kernel::InputWeightGradient | Kernel::ByteWeightGradient, Some(_)) => {
                self.weights.clone()
            }
            // The bias steps from the first row of deltas, for want of another fan_out numbers.
            (Kernel::BiasGradient, Some(_)) => self.delta[..self.shape.fan_out].to_vec(),
            _ => rubbish(),
        }
    }
}

/// The sum that a number is, as its definition has it.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    magnitude: f64,
    terms: usize,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.magnitude += term.abs();
        self.terms += 1;
    }
}

/// The kernel by its definition.
fn twin<T: Scalar>(kernel: Kernel, case: &Case<T>) -> Vec<Sum> {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = case.shape;
    let skips_zeros = matches!(kernel, Kernel::ByteAffine | Kernel::ByteWeightGradient);
    let x = |row: usize, i: usize| match (skips_zeros, row * fan_in + i) {
        (true, at) => (case.bytes[at] != 0).then(|| case.byte_values[usize::from(case.bytes[at])].to_f64()),
        (false, at) => Some(case.x[at].to_f64()),
    };
    let weight = |i: usize, j: usize| case.weights[i * fan_out + j].to_f64();
    let delta = |row: usize, j: usize| case.delta[row * fan_out + j].to_f64();
    let mut sums = vec![Sum::default(); kernel.output_len(case.shape)];
    match kernel {
        Kernel::Affine | Kernel::InputAffine | Kernel::ByteAffine => {
            for (row, sums) in sums.chunks_exact_mut(fan_out).enumerate() {
                for (bias, sum) in case.bias.iter().flatten().zip(&mut *sums) {
                    sum.add(bias.to_f64());
                }
                for i in 0..fan_in {
                    if let Some(x) = x(row, i) {
                        (0..fan_out).for_each(|j| sums[j].add(x * weight(i, j)));
                    }
                }
            }
        }
        Kernel::WeightGradient | Kernel::InputWeightGradient | Kernel::ByteWeightGradient => {
            for row in 0..rows {
                for (i, sums) in sums.chunks_exact_mut(fan_out).enumerate() {
                    if let Some(x) = x(row, i) {
                        (0..fan_out).for_each(|j| sums[j].add(x * delta(row, j)));
                    }
                }
            }
        }
        Kernel::BiasGradient => {
            for row in 0..rows {
                (0..fan_out).for_each(|j| sums[j].add(delta(row, j)));
            }
        }
        Kernel::InputDelta => {
            for row in 0..rows {
                for i in 0..fan_in {
                    (0..fan_out).for_each(|j| sums[row * fan_in + i].add(delta(row, j) * weight(i, j)));
                }
            }
        }
    }
    match (kernel.is_gradient(), case.rate) {
        (true, Some(rate)) => stepped(&sums, &case.before(kernel), rate),
        _ => sums,
    }
}

/// Parameters, one step along these gradients further.
fn stepped<T: Scalar>(gradients: &[Sum], before: &[T], rate: T) -> Vec<Sum> {
    let rate = rate.to_f64();
    let step = |(gradient, &before): (&Sum, &T)| {
        let mut sum = Sum {
            terms: gradient.terms,
            ..Sum::default()
        };
        sum.add(before.to_f64());
        if gradient.terms > 0 {
            sum.add(-rate * gradient.value);
            sum.magnitude += rate.abs() * gradient.magnitude;
        }
        sum
    };
    gradients.iter().zip(before).map(step).collect()
}

/// Beyond the slice that a kernel may write to.
const GUARD: usize = 5;
const UNTOUCHED: f64 = 12345.0;

/// Numbers in the middle of others, which a kernel must neither write nor let into its results.
struct Placed<T> {
    buffer: Vec<T>,
    offset: usize,
    length: usize,
}

impl<T: Scalar> Placed<T> {
    fn new(values: &[T], offset: usize) -> Self {
        let untouched = T::from_f64(UNTOUCHED);
        Self {
            buffer: [&vec![untouched; offset], values, &[untouched; GUARD]].concat(),
            offset,
            length: values.len(),
        }
    }

    /// Room for numbers that are not there yet.
    fn room(length: usize, offset: usize) -> Self {
        Self::new(&vec![T::from_f64(f64::NAN); length], offset)
    }

    fn exactly(&mut self) -> &mut [T] {
        &mut self.buffer[self.offset..][..self.length]
    }

    /// As the arrays of a workspace are: made for larger batches.
    fn and_more(&mut self) -> &mut [T] {
        &mut self.buffer[self.offset..]
    }

    #[track_caller]
    fn into_result(mut self) -> Vec<T> {
        let mut around = self.buffer.split_off(self.offset + self.length);
        let result = self.buffer.split_off(self.offset);
        around.append(&mut self.buffer);
        assert!(
            around.iter().all(|&v| v == T::from_f64(UNTOUCHED)),
            "written beyond a slice of {} numbers at offset {}",
            self.length,
            self.offset
        );
        result
    }
}

/// A kernel's call on a case, with all its slices at the case's offset.
#[derive(Clone, Copy)]
struct Call<'a, T> {
    kernel: Kernel,
    case: &'a Case<T>,
}

impl<T: Scalar> Task for Call<'_, T> {
    type Output = Vec<T>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<T> {
        let Self { kernel, case } = self;
        let (shape, offset) = (case.shape, case.offset);
        let placed = |values: &[T]| Placed::new(values, offset);
        let (mut x, mut weights, mut delta) = (placed(&case.x), placed(&case.weights), placed(&case.delta));
        let bytes = [&vec![9u8; offset], &case.bytes[..], &[9; GUARD]].concat();
        let (x, weights, delta) = (&*x.exactly(), &*weights.exactly(), &*delta.exactly());
        let mut bias = case.bias.as_ref().map(|bias| placed(bias));
        let bias = bias.as_mut().map(|bias| &*bias.exactly());
        let dense = Input::Dense(x);
        let bytes = Input::Bytes {
            bytes: &bytes[offset..][..case.bytes.len()],
            values: &case.byte_values,
        };

        let mut output = placed(&case.before(kernel));
        let to = output.exactly();
        let mut scratch = Scratch::default();
        if kernel.is_forward() {
            match kernel {
                Kernel::Affine => {
                    let input = (dense, Origin::LayerBelow);
                    affine::<I, T>(shape, input, weights, bias, to, &mut scratch);
                }
                Kernel::InputAffine => {
                    affine::<I, T>(shape, (dense, Origin::Data), weights, bias, to, &mut scratch);
                }
                _ => affine::<I, T>(shape, (bytes, Origin::Data), weights, bias, to, &mut scratch),
            }
        } else if kernel == Kernel::InputDelta {
            input_delta::<I, T>(shape, delta, weights, to, &mut scratch);
        } else {
            let input = match kernel {
                Kernel::WeightGradient => (dense, Origin::LayerBelow),
                Kernel::InputWeightGradient => (dense, Origin::Data),
                _ => (bytes, Origin::Data),
            };
            // What the forward pass finds in the input; twice, because a workspace is used for many batches.
            let mut z = vec![T::ZERO; shape.rows * shape.fan_out];
            for _ in 0..2 {
                affine::<I, T>(shape, input, weights, bias, &mut z, &mut scratch);
            }
            let to = match case.rate {
                None => Destination::Gradient(to),
                Some(rate) => Destination::Step { parameters: to, rate },
            };
            match kernel {
                Kernel::BiasGradient => bias_gradient::<I, T>(shape, delta, to),
                _ => weight_gradient::<I, T>(shape, input.0, &mut scratch, delta, to),
            }
        }
        output.into_result()
    }
}

fn epsilon<T: Scalar>() -> f64 {
    match T::PRECISION {
        crate::simd::scalar::Precision::F32 => f64::from(f32::EPSILON),
        crate::simd::scalar::Precision::F64 => f64::EPSILON,
    }
}

/// How far a sum of this precision may be from its twin; see the module's head.
fn tolerance<T: Scalar>(sum: &Sum) -> f64 {
    let smallest = T::MIN_POSITIVE.to_f64() * epsilon::<T>();
    let n = (sum.terms + 4) as f64;
    n * (epsilon::<T>() + f64::EPSILON) * sum.magnitude + 4.0 * n * smallest
}

fn agree(found: f64, expected: f64, tolerance: f64) -> bool {
    if expected.is_finite() {
        (found - expected).abs() <= tolerance
    } else {
        found == expected || (found.is_nan() && expected.is_nan())
    }
}

#[track_caller]
fn assert_is_twin<T: Scalar>(found: &[T], sums: &[Sum], kernel: Kernel, case: &Case<T>, on: &str) {
    assert_eq!(found.len(), sums.len());
    for (at, (found, sum)) in found.iter().zip(sums).enumerate() {
        let tolerance = tolerance::<T>(sum);
        assert!(
            agree(found.to_f64(), sum.value, tolerance),
            "{kernel:?} in {:?} on {on}, {:?}, rate {:?}, offset {}: number {at} is {found:e}, its twin {:e} ± {tolerance:e}",
            T::PRECISION,
            case.shape,
            case.rate,
            case.offset,
            sum.value,
            found = found.to_f64(),
        );
    }
}

fn check_best<T: Scalar>(case: &Case<T>) {
    for kernel in Kernel::ALL {
        let sums = twin(kernel, case);
        assert_is_twin(
            &best(Call { kernel, case }),
            &sums,
            kernel,
            case,
            "the best instructions",
        );
    }
}

/// A task as a function of its own, which is compiled once for each instruction set however many tests call it.
#[derive(Clone, Copy)]
struct Whole<K>(K);

impl<K: Task> Task for Whole<K> {
    type Output = K::Output;
    #[inline(always)]
    fn run<I: Isa>(self) -> K::Output {
        I::call(self.0)
    }
}

/// What a task gives with the best instructions there are.
fn best<K: Task>(task: K) -> K::Output {
    dispatch(Whole(task))
}

/// And with those that every machine has, and with the rounding of the ones in between. The suite as a whole can be
/// run with lesser instructions by setting `PELLUCID_ISA`.
fn on_every_isa<K: Task + Copy>(task: K) -> Vec<(&'static str, K::Output)> {
    vec![
        ("the best instructions", best(task)),
        ("the baseline", Baseline::call(task)),
        #[cfg(target_arch = "x86_64")]
        ("AVX2 where it is", on_avx2_where_it_is(task)),
    ]
}

#[cfg(target_arch = "x86_64")]
fn on_avx2_where_it_is<K: Task>(task: K) -> K::Output {
    let has_all = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    if has_all {
        // `Isa::call` enters a function that is compiled with these instructions, which the machine has.
        isa::Avx2::call(task)
    } else {
        Baseline::call(task)
    }
}

fn check_every_isa<T: Scalar>(case: &Case<T>) {
    for kernel in Kernel::ALL {
        let sums = twin(kernel, case);
        for (on, found) in on_every_isa(Call { kernel, case }) {
            assert_is_twin(&found, &sums, kernel, case, on);
        }
    }
}

fn every_shape<T: Scalar>() {
    let mut seed = 0;
    for rows in ROWS {
        for fan_in in WIDTHS {
            for fan_out in WIDTHS {
                seed += 1;
                let case = Case::<T>::new((rows, fan_in, fan_out), Numbers::Ordinary, seed);
                check_best(&if seed % 3 == 0 {
                    case.without_bias().stepping(0.3)
                } else {
                    case
                });
            }
        }
    }
}

#[test]
fn every_shape_in_double_precision() {
    every_shape::<f64>();
}

#[test]
fn every_shape_in_single_precision() {
    every_shape::<f32>();
}

fn every_isa<T: Scalar>() {
    let mut seed = 7000;
    for rows in [1, 2, 3, 8, 33] {
        for fan_in in [1, 3, 8, 17, 65, 129] {
            for fan_out in [1, 2, 5, 16, 17, 64, 100, 129] {
                seed += 1;
                let case = Case::<T>::new((rows, fan_in, fan_out), Numbers::Ordinary, seed);
                check_every_isa(&if seed % 2 == 0 { case } else { case.without_bias() });
                check_every_isa(
                    &Case::<T>::new((rows, fan_in, fan_out), Numbers::Ordinary, seed).stepping(0.07),
                );
            }
        }
    }
}

#[test]
fn every_instruction_set_in_double_precision() {
    every_isa::<f64>();
}

#[test]
fn every_instruction_set_in_single_precision() {
    every_isa::<f32>();
}

fn large<T: Scalar>() {
    for offset in [0, 1] {
        let case = Case::<T>::new(LARGE, Numbers::Ordinary, 1).at_offset(offset);
        check_best(&case);
        check_best(&case.clone().without_bias());
        check_best(&case.stepping(0.1).on_threads(3));
    }
}

#[test]
fn a_large_product_in_both_precisions() {
    large::<f64>();
    large::<f32>();
}

fn special<T: Scalar>() {
    let mut seed = 0;
    for rows in [1, 2, 3, 8, 9] {
        for fan_in in [1, 3, 9, 33, 100] {
            for fan_out in [1, 2, 7, 16, 17, 65, 129] {
                seed += 1;
                let case = Case::<T>::new((rows, fan_in, fan_out), Numbers::Special, seed);
                check_every_isa(&case);
                check_every_isa(&case.stepping(0.3));
            }
        }
    }
}

#[test]
fn nan_infinities_and_denormals_come_out_as_defined() {
    special::<f64>();
    special::<f32>();
}

#[test]
fn a_zero_byte_contributes_nothing_whatever_its_weight() {
    for fan_out in [1, 3, 16, 17, 64, 70] {
        for width in [5, 8, 13] {
            let mut case = Case::<f64>::new((2, width, fan_out), Numbers::Ordinary, 3);
            case.bytes.fill(0);
            case.weights.fill(f64::INFINITY);
            case.delta.fill(f64::NAN);
            let z = best(Call {
                kernel: Kernel::ByteAffine,
                case: &case,
            });
            let bias = case.bias.clone().unwrap();
            assert_eq!(z, [&bias[..], &bias].concat(), "the bias alone");
            let gradient = best(Call {
                kernel: Kernel::ByteWeightGradient,
                case: &case,
            });
            assert!(gradient.iter().all(|&g| g == 0.0));
            let case = case.stepping(0.5);
            let stepped = best(Call {
                kernel: Kernel::ByteWeightGradient,
                case: &case,
            });
            assert_eq!(stepped, case.weights, "weights of zero bytes stay where they are");
        }
    }
}

/// Bits, so that NaN equals itself and 0 differs from −0.
fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

fn threads_and_places_leave_the_bits<T: Scalar>() {
    for shape in [LARGE, (8, 1024, 600), (513, 90, 97), (64, 33, 65), (9, 7, 3)] {
        let case = Case::<T>::new(shape, Numbers::Ordinary, 5);
        for case in [case.clone(), case.without_bias().stepping(0.01)] {
            for kernel in Kernel::ALL {
                let one = bits(&best(Call {
                    kernel,
                    case: &case.clone().at_offset(0),
                }));
                for threads in [1, 2, 3, 8] {
                    for offset in [0, 1, 3] {
                        let case = case.clone().on_threads(threads).at_offset(offset);
                        let found = bits(&best(Call { kernel, case: &case }));
                        assert!(
                            found == one,
                            "{kernel:?} {shape:?} on {threads} threads, offset {offset}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn threads_and_places_in_memory_leave_the_bits_in_double_precision() {
    threads_and_places_leave_the_bits::<f64>();
}

#[test]
fn threads_and_places_in_memory_leave_the_bits_in_single_precision() {
    threads_and_places_leave_the_bits::<f32>();
}

#[test]
fn what_was_found_in_a_larger_batch_is_forgotten() {
    let (large, small) = (
        Case::<f64>::new((9, 20, 4), Numbers::Ordinary, 1),
        Case::new((3, 11, 4), Numbers::Ordinary, 2),
    );
    let mut scratch = Scratch::default();
    for case in [&large, &small, &large, &small] {
        let input = Input::Bytes {
            bytes: &case.bytes,
            values: &case.byte_values,
        };
        let mut z = vec![0.0; case.shape.rows * case.shape.fan_out];
        let from = (input, Origin::Data);
        affine::<Baseline, f64>(case.shape, from, &case.weights, None, &mut z, &mut scratch);
        let mut gradient = vec![0.0; case.weights.len()];
        let to = Destination::Gradient(&mut gradient);
        weight_gradient::<Baseline, f64>(case.shape, input, &mut scratch, &case.delta, to);
        let case = case.clone().without_bias();
        assert_is_twin(
            &z,
            &twin(Kernel::ByteAffine, &case),
            Kernel::ByteAffine,
            &case,
            "a used buffer",
        );
        let sums = twin(Kernel::ByteWeightGradient, &case);
        assert_is_twin(
            &gradient,
            &sums,
            Kernel::ByteWeightGradient,
            &case,
            "a used buffer",
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_shape(
        shape in (1usize..40, 1usize..160, 1usize..160),
        seed in any::<u32>(),
        special in any::<bool>(),
        rate in proptest::option::of(1e-3..2.0f64),
        bias in any::<bool>(),
        threads in 1usize..5,
    ) {
        fn check<T: Scalar>(shape: (usize, usize, usize), kind: Numbers, seed: u32, rate: Option<f64>, bias: bool, threads: usize) {
            let case = Case::<T>::new(shape, kind, seed).on_threads(threads);
            let case = if bias { case } else { case.without_bias() };
            check_every_isa(&match rate { Some(rate) => case.stepping(rate), None => case });
        }
        let kind = if special { Numbers::Special } else { Numbers::Ordinary };
        check::<f64>(shape, kind, seed, rate, bias, threads);
        check::<f32>(shape, kind, seed, rate, bias, threads);
    }
}
