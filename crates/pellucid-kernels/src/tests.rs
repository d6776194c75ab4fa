//! Compares every kernel with its naive twin: the sum of its definition, term after term, in double precision.
//!
//! A twin returns with each number the sum of the magnitudes of its n terms, Σ|aᵢ·bᵢ|. However a kernel orders and
//! fuses its sum, in a precision with unit ε its error is at most about n·ε of that magnitude (Higham, *Accuracy and
//! Stability of Numerical Algorithms*, 2nd ed., §3.1); the same holds for the twin. In addition, each term below the
//! normal range is rounded to a multiple of the smallest number.
//!
//! A zero byte contributes nothing, whatever its weight: 0·∞ does not occur, so the twin of byte input omits its terms
//! as well. The same holds for numbers of which half are zeros, and for activations and δ of large layers of which
//! three eighths are zeros. Everywhere else NaN and infinities are as in the definition.

mod activations;
mod generator;
mod layer_kernels;
mod lists;
mod narrow_layers;
mod products;
mod registers;
mod sparse_rows;
mod zero_skipping;

use crate::activation::Activation;
use crate::aligned::Aligned;
use crate::layer::sparse::NonZeros;
use crate::layer::{
    Destination, Input, Origin, Scratch, Shape, affine, bias_gradient, input_delta, product, sparse,
    transpose, weight_gradient,
};
use crate::narrow;
use crate::simd::dispatch;
use crate::simd::isa::{self, Baseline, Isa, Task};
use crate::simd::scalar::Scalar;
use generator::RandomState;
use std::num::NonZeroUsize;

const ROWS: [usize; 8] = [1, 2, 3, 7, 8, 9, 31, 33];
const WIDTHS: [usize; 18] = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 129];
/// A shape with enough multiply-adds for several threads.
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

/// The operands of the kernels.
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
    /// The offset of every slice in its buffer: from 1 on, it is not aligned to a vector register.
    offset: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Ordinary,
    /// About one number in thirty is NaN, infinite, a negative zero or below the normal range.
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

    /// The content of the output before the kernel runs: parameters where it takes a step, NaN otherwise.
    fn before(&self, kernel: Kernel) -> Vec<T> {
        let undefined = || vec![T::from_f64(f64::NAN); kernel.output_len(self.shape)];
        match (kernel, self.rate) {
            (Kernel::WeightGradient | Kernel::InputWeightGradient | Kernel::ByteWeightGradient, Some(_)) => {
                self.weights.clone()
            }
            // The first row of deltas serves as the bias: the case has no other fan_out numbers.
            (Kernel::BiasGradient, Some(_)) => self.delta[..self.shape.fan_out].to_vec(),
            _ => undefined(),
        }
    }
}

/// A number as the sum of its definition.
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

/// The kernel, computed by its definition.
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

/// The parameters after one step along these gradients.
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

/// Numbers beyond the slice that a kernel may write to.
const GUARD: usize = 5;
const UNTOUCHED: f64 = 12345.0;

/// A slice surrounded by other numbers, which a kernel must neither write nor use.
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

    /// A slice for output.
    fn empty(length: usize, offset: usize) -> Self {
        Self::new(&vec![T::from_f64(f64::NAN); length], offset)
    }

    fn exactly(&mut self) -> &mut [T] {
        &mut self.buffer[self.offset..][..self.length]
    }

    /// The slice and all that follows, like the arrays of a workspace, which are made for larger batches.
    fn with_excess(&mut self) -> &mut [T] {
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

/// A call of a kernel on a case, with all its slices at the case's offset.
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
            // The forward pass finds the non-zero inputs; twice, because a workspace serves many batches.
            let mut z = vec![T::ZERO; shape.rows * shape.fan_out];
            for _ in 0..2 {
                affine::<I, T>(shape, input, weights, bias, &mut z, &mut scratch);
            }
            let step = case.rate.map(|rate| -rate);
            let to = Destination { numbers: to, step };
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

/// The tolerance between a sum of this precision and its twin; see the module's documentation.
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

/// A task as a separate function, compiled once for each instruction set however many tests call it.
#[derive(Clone, Copy)]
struct AsFunction<K>(K);

impl<K: Task> Task for AsFunction<K> {
    type Output = K::Output;
    #[inline(always)]
    fn run<I: Isa>(self) -> K::Output {
        I::call(self.0)
    }
}

/// The result of a task with the best instruction set.
fn best<K: Task>(task: K) -> K::Output {
    dispatch(AsFunction(task))
}

/// The results with the best instruction set, with the baseline, and with AVX2. Set `PELLUCID_ISA` to run the whole
/// suite with a smaller instruction set.
fn on_every_isa<K: Task + Copy>(task: K) -> Vec<(&'static str, K::Output)> {
    vec![
        ("the best instructions", best(task)),
        ("the baseline", Baseline::call(task)),
        #[cfg(target_arch = "x86_64")]
        ("AVX2 if available", on_avx2_if_available(task)),
    ]
}

#[cfg(target_arch = "x86_64")]
fn on_avx2_if_available<K: Task>(task: K) -> K::Output {
    let has_all = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    if has_all {
        // `Isa::call` enters a function compiled with these instructions, which the machine has.
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

/// The bits, so that NaN equals itself and 0 differs from −0.
fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}
