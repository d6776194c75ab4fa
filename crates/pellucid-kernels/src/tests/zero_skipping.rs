//! Compares the kernels that skip zeros, for bytes and for numbers, with a twin that skips them too.

use super::*;

const RATE: f64 = 0.3;

/// Bytes that stand for special numbers.
const SPECIAL_BYTES: std::ops::Range<u8> = 1..7;

/// An input of bytes, and the same input of numbers. One row in four is all zeros and one has none; one column in seven
/// is all zeros, and one in eleven is all zeros up to row 64.
fn with_zeros<T: Scalar>(shape: (usize, usize, usize), kind: Numbers, seed: u32) -> Case<T> {
    let (rows, fan_in, _) = shape;
    let mut case = Case::<T>::new(shape, Numbers::Ordinary, seed);
    for (at, byte) in case.bytes.iter_mut().enumerate() {
        let (row, column) = (at / fan_in, at % fan_in);
        if column % 7 == 3 || (column % 11 == 5 && row < 64 && rows > 64) {
            *byte = 0;
        }
    }
    if kind == Numbers::Special {
        let smallest = T::MIN_POSITIVE.to_f64();
        let special = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            smallest * 0.37,
            -smallest * 0.01,
            smallest * epsilon::<T>(),
        ];
        for (byte, value) in SPECIAL_BYTES.zip(special) {
            case.byte_values[usize::from(byte)] = T::from_f64(value);
        }
        // Few of each, so that most results are ordinary.
        let generator = &mut RandomState::new(seed + 1_000_000);
        let mut any = |count: usize| (generator.random_sample() * count as f64) as usize;
        for byte in SPECIAL_BYTES {
            let at = any(case.bytes.len());
            case.bytes[at] = byte;
        }
        // Without the smallest number: times the rate it would be 0, and 0·∞ is NaN.
        for &value in &special[..5] {
            let (weight, delta) = (any(2 * case.weights.len()), any(2 * case.delta.len()));
            if let Some(weight) = case.weights.get_mut(weight) {
                *weight = T::from_f64(value);
            }
            if let Some(delta) = case.delta.get_mut(delta) {
                *delta = T::from_f64(value);
            }
        }
    }
    case.x = case
        .bytes
        .iter()
        .map(|&byte| case.byte_values[usize::from(byte)])
        .collect();
    case
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Bytes,
    Numbers,
}

impl From {
    const ALL: [From; 2] = [From::Bytes, From::Numbers];
}

/// The forward pass and the gradients, by the kernels that skip zeros.
#[derive(Clone, Copy)]
struct Skipping<'a, T> {
    case: &'a Case<T>,
    from: From,
}

struct Found<T> {
    z: Vec<T>,
    gradient: Vec<T>,
    /// The weights after a step.
    weights: Vec<T>,
}

impl<T: Scalar> Task for Skipping<'_, T> {
    type Output = Found<T>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Found<T> {
        let Self { case, from } = self;
        let (shape, offset) = (case.shape, case.offset);
        let placed = |values: &[T]| Placed::new(values, offset);
        let (mut x, mut weights, mut delta) = (placed(&case.x), placed(&case.weights), placed(&case.delta));
        let (x, weights, delta) = (&*x.exactly(), &*weights.exactly(), &*delta.exactly());
        let bytes = [&vec![9u8; offset], &case.bytes[..], &[9; GUARD]].concat();
        let mut bias = case.bias.as_ref().map(|bias| placed(bias));
        let bias = bias.as_mut().map(|bias| &*bias.exactly());
        let input = match from {
            From::Numbers => Input::Dense(x),
            From::Bytes => Input::Bytes {
                bytes: &bytes[offset..][..case.bytes.len()],
                values: &case.byte_values,
            },
        };
        let mut z = Placed::empty(shape.rows * shape.fan_out, offset);
        let mut gradient = Placed::empty(weights.len(), offset);
        let mut stepping = placed(weights);
        let mut found = NonZeros::default();
        sparse::affine::<I, T>(shape, input, &mut found, weights, bias, z.exactly());
        let step = T::from_f64(-RATE);
        for (numbers, step) in [(gradient.exactly(), None), (stepping.exactly(), Some(step))] {
            let to = Destination { numbers, step };
            sparse::weight_gradient::<I, T>(shape, input, &mut found, delta, to);
        }
        Found {
            z: z.into_result(),
            gradient: gradient.into_result(),
            weights: stepping.into_result(),
        }
    }
}

fn twins<T: Scalar>(case: &Case<T>) -> [Vec<Sum>; 3] {
    let gradient = twin(Kernel::ByteWeightGradient, case);
    let weights = stepped(&gradient, &case.weights, T::from_f64(RATE));
    [twin(Kernel::ByteAffine, case), gradient, weights]
}

fn assert_are_twins<T: Scalar>(
    found: &Found<T>,
    [z, gradient, weights]: &[Vec<Sum>; 3],
    case: &Case<T>,
    on: &str,
) {
    assert_is_twin(&found.z, z, Kernel::ByteAffine, case, on);
    assert_is_twin(&found.gradient, gradient, Kernel::ByteWeightGradient, case, on);
    let stepped = case.clone().stepping(RATE);
    assert_is_twin(&found.weights, weights, Kernel::ByteWeightGradient, &stepped, on);
}

fn check_every_source<T: Scalar>(case: &Case<T>, kind: Numbers) {
    let twins = twins(case);
    let [bytes, numbers] = From::ALL.map(|from| on_every_isa(Skipping { case, from }));
    for ((on, bytes), (_, numbers)) in bytes.iter().zip(&numbers) {
        assert_are_twins(bytes, &twins, case, &format!("{on}, bytes"));
        if kind == Numbers::Ordinary {
            assert!(
                all_bits(bytes) == all_bits(numbers),
                "bytes and their numbers differ, {:?} on {on}",
                case.shape
            );
        } else {
            assert_are_twins(numbers, &twins, case, &format!("{on}, numbers"));
        }
    }
}

fn all_bits<T: Scalar>(found: &Found<T>) -> [Vec<u64>; 3] {
    [bits(&found.z), bits(&found.gradient), bits(&found.weights)]
}

const ROWS: [usize; 6] = [1, 2, 63, 64, 65, 130];
const FAN_IN: [usize; 7] = [1, 63, 64, 65, 128, 200, 784];
/// Sizes around one register, around a wide panel, and beyond.
const FAN_OUT: [usize; 13] = [1, 7, 8, 9, 16, 17, 64, 127, 128, 129, 200, 256, 300];

fn every_panel<T: Scalar>(kind: Numbers) {
    let mut seed = 0u32;
    for rows in ROWS {
        for fan_in in FAN_IN {
            for fan_out in FAN_OUT {
                seed += 1;
                // Large shapes run in only some of the turns; the hash correlates with no loop.
                let turn = seed.wrapping_mul(0x9e37_79b9) >> 30;
                let turns = match rows * fan_in * fan_out {
                    0..200_000 => 4,
                    200_000..1_000_000 => 2,
                    _ => 1,
                };
                if turn >= turns {
                    continue;
                }
                let offset = seed.count_ones() as usize / 2 % 2;
                let case = with_zeros::<T>((rows, fan_in, fan_out), kind, seed).at_offset(offset);
                let case = if seed.is_multiple_of(3) {
                    case.without_bias()
                } else {
                    case
                };
                check_every_source(&case, kind);
            }
        }
    }
}

#[test]
fn every_panel_with_many_zeros_in_double_precision() {
    every_panel::<f64>(Numbers::Ordinary);
}

#[test]
fn every_panel_with_many_zeros_in_single_precision() {
    every_panel::<f32>(Numbers::Ordinary);
}

#[test]
fn nan_infinities_and_denormals_among_many_zeros_agree_with_the_definition() {
    every_panel::<f64>(Numbers::Special);
    every_panel::<f32>(Numbers::Special);
}

fn check_bits_of_shards<T: Scalar>() {
    for (seed, shape) in [
        (64, 125, 125),  // 10⁶ multiply-adds: two shards
        (64, 125, 124),  // one
        (65, 784, 200),  // two, of six and of seven chunks
        (130, 784, 628), // 64 million: four
        (130, 784, 627), // two
        (500, 130, 985), // four are wanted, but there are three chunks
        (300, 64, 300),  // one chunk
        (257, 300, 831), // four, of one chunk, the last of them of 44 columns, and in five groups
    ]
    .into_iter()
    .enumerate()
    {
        let case = with_zeros::<T>(shape, Numbers::Ordinary, seed as u32);
        let twins = twins(&case);
        for from in From::ALL {
            let one = best(Skipping { case: &case, from });
            assert_are_twins(&one, &twins, &case, "one thread");
            for threads in [2, 3, 8] {
                let case = case.clone().on_threads(threads).at_offset(threads % 2);
                let found = best(Skipping { case: &case, from });
                assert!(
                    all_bits(&found) == all_bits(&one),
                    "{from:?}, {shape:?} on {threads} threads"
                );
            }
        }
    }
}

#[test]
fn bits_of_shards_do_not_depend_on_threads_in_double_precision() {
    check_bits_of_shards::<f64>();
}

#[test]
fn bits_of_shards_do_not_depend_on_threads_in_single_precision() {
    check_bits_of_shards::<f32>();
}

/// A batch that is zero except for one number, at various positions of a mask, a group and a chunk.
fn one_number_alone<T: Scalar>(number: T) {
    for (rows, fan_in, fan_out) in [
        (1, 70, 17),
        (2, 70, 9),
        (66, 70, 17),
        (129, 65, 3),
        (65, 130, 150),
    ] {
        let mut case = Case::<T>::new((rows, fan_in, fan_out), Numbers::Ordinary, 1).without_bias();
        let powers = |j: usize| T::from_f64(2f64.powi((j % 5) as i32));
        case.weights = (0..fan_in * fan_out).map(powers).collect();
        case.delta = (0..rows * fan_out).map(|j| -powers(j)).collect();
        case.byte_values[1] = number;
        for place in 0..40 {
            // Multiples of a prime spread over rows and columns.
            let at = (place * 7919 + 64 * fan_in * usize::from(rows > 64)) % (rows * fan_in);
            let (row, column) = (at / fan_in, at % fan_in);
            case.bytes.fill(0);
            case.bytes[at] = 1;
            case.x.fill(T::ZERO);
            case.x[at] = number;
            for from in From::ALL {
                for (on, found) in on_every_isa(Skipping { case: &case, from }) {
                    // Powers of two: exact, unless a number is flushed to 0.
                    let mut z = vec![T::ZERO; rows * fan_out];
                    let mut gradient = vec![T::ZERO; fan_in * fan_out];
                    for j in 0..fan_out {
                        z[row * fan_out + j] = number * case.weights[column * fan_out + j];
                        gradient[column * fan_out + j] = number * case.delta[row * fan_out + j];
                    }
                    let about = format!("{from:?}, {:?}, place {at}, on {on}", case.shape);
                    assert!(found.z == z, "z, {about}");
                    assert!(found.gradient == gradient, "the gradient, {about}");
                    assert_ne!(z[row * fan_out], T::ZERO, "a denormal is not 0");
                }
            }
        }
    }
}

#[test]
fn a_single_non_zero_number_is_found_at_any_position_and_magnitude() {
    one_number_alone(0.75f64);
    one_number_alone(f64::MIN_POSITIVE * f64::EPSILON);
    one_number_alone(0.75f32);
    one_number_alone(f32::MIN_POSITIVE * f32::EPSILON);
}

#[test]
fn zeros_of_either_sign_contribute_nothing_whatever_their_weights() {
    for rows in [1, 2, 65] {
        for fan_out in [8, 17, 130] {
            let mut case = Case::<f32>::new((rows, 70, fan_out), Numbers::Ordinary, 3);
            case.bytes.fill(0);
            case.x = [0.0, -0.0].repeat(rows * 35);
            case.weights.fill(f32::INFINITY);
            case.delta.fill(f32::NAN);
            for from in From::ALL {
                for (_, found) in on_every_isa(Skipping { case: &case, from }) {
                    assert_eq!(found.z, case.bias.clone().unwrap().repeat(rows), "the bias alone");
                    assert!(found.gradient.iter().all(|g| g.to_bits() == 0));
                    assert_eq!(found.weights, case.weights, "the weights do not change");
                }
            }
        }
    }
}

/// Whether the kernels that skip zeros are selected for an input.
#[derive(Clone, Copy)]
struct Pays<'a>(Shape, &'a [f64]);
impl Task for Pays<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<I: Isa>(self) -> bool {
        sparse::is_profitable::<I, f64>(self.0, Input::Dense(self.1))
    }
}

#[test]
fn inputs_of_which_half_are_zeros_select_the_kernels_that_skip_them() {
    let is_profitable = |rows, fan_in, fan_out, x: &[f64]| {
        let found = on_every_isa(Pays(
            Case::<f64>::new((rows, fan_in, fan_out), Numbers::Ordinary, 0).shape,
            x,
        ));
        assert!(
            found
                .iter()
                .all(|(_, is_profitable)| *is_profitable == found[0].1),
            "every instruction set decides alike"
        );
        found[0].1
    };
    let half = |rows: usize, fan_in: usize| [0.0, 1.0].repeat(rows * fan_in / 2);
    assert!(
        is_profitable(1, 64, 8, &half(1, 64))
            && is_profitable(3, 70, 8, &half(3, 70))
            && is_profitable(100, 130, 8, &half(100, 130))
    );
    assert!(!is_profitable(1, 62, 8, &half(1, 62)), "too few features");
    assert!(!is_profitable(1, 64, 7, &half(1, 64)), "too few units");
    let mut more = half(3, 70);
    more[0] = f64::NAN;
    assert!(!is_profitable(3, 70, 8, &more), "a NaN is not a zero");
    more[0] = f64::MIN_POSITIVE * f64::EPSILON;
    assert!(!is_profitable(3, 70, 8, &more), "nor is a denormal");
    more[0] = -0.0;
    assert!(is_profitable(3, 70, 8, &more));
}

/// Whether these kernels are selected for numbers between two layers: the layer's shape, the numbers, and the width of
/// a row.
#[derive(Clone, Copy)]
struct PaysBetween<'a>(Shape, &'a [f32], usize);
impl Task for PaysBetween<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<I: Isa>(self) -> bool {
        sparse::is_profitable_between::<I, f32>(self.0, self.1, self.2)
    }
}

#[test]
fn zeros_between_large_layers_select_the_kernels_that_skip_them() {
    let is_profitable = |(rows, fan_in, fan_out): (usize, usize, usize), numbers: &[f32], width: usize| {
        let shape = Case::<f32>::new((rows, fan_in, fan_out), Numbers::Ordinary, 0).shape;
        let found = on_every_isa(PaysBetween(shape, numbers, width));
        assert!(
            found
                .iter()
                .all(|(_, is_profitable)| *is_profitable == found[0].1)
        );
        found[0].1
    };
    let of_eight = |some: usize, count: usize| -> Vec<f32> {
        (0..count).map(|at| f32::from(u8::from(at % 8 < some))).collect()
    };
    let five = of_eight(5, 64 * 512);
    assert!(is_profitable((64, 256, 256), &five, 256) && is_profitable((64, 512, 256), &five, 512));
    assert!(!is_profitable((63, 256, 256), &five, 256), "too few rows");
    assert!(!is_profitable((64, 256, 255), &five, 256) && !is_profitable((64, 255, 256), &five, 256));
    assert!(!is_profitable((64, 256, 256), &of_eight(6, 64 * 256), 256));
}

/// δ of the layer below, by the kernels that skip zeros.
#[derive(Clone, Copy)]
struct DeltaBelow<'a, T>(&'a Case<T>);

impl<T: Scalar> Task for DeltaBelow<'_, T> {
    type Output = Vec<T>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<T> {
        let case = self.0;
        let (mut delta, mut weights) = (
            Placed::new(&case.delta, case.offset),
            Placed::new(&case.weights, case.offset),
        );
        let mut to = Placed::empty(case.shape.rows * case.shape.fan_in, case.offset);
        let mut non_zeros = NonZeros::default();
        // Twice, because a workspace serves many batches.
        for _ in 0..2 {
            let (delta, weights) = (&*delta.exactly(), &*weights.exactly());
            sparse::input_delta::<I, T>(case.shape, delta, &mut non_zeros, weights, to.exactly());
        }
        to.into_result()
    }
}

/// Ordinary numbers; half of δ is 0, and so are every fifth row and some columns.
fn with_zeros_in_delta<T: Scalar>(shape: (usize, usize, usize), seed: u32) -> Case<T> {
    let mut case = Case::<T>::new(shape, Numbers::Ordinary, seed).at_offset(seed as usize % 2);
    for (at, delta) in case.delta.iter_mut().enumerate() {
        let (row, column) = (at / shape.2, at % shape.2);
        if *delta < T::ZERO || row % 5 == 3 || column / 64 == 1 {
            *delta = T::ZERO;
        }
    }
    case
}

fn deltas_below<T: Scalar>() {
    let mut seed = 0;
    for rows in [1, 2, 65] {
        for fan_in in [1, 7, 16, 17, 64, 129, 200, 300] {
            for fan_out in [1, 9, 63, 64, 65, 130, 200] {
                seed += 1;
                let case = with_zeros_in_delta::<T>((rows, fan_in, fan_out), seed);
                let sums = twin(Kernel::InputDelta, &case);
                for (on, found) in on_every_isa(DeltaBelow(&case)) {
                    assert_is_twin(&found, &sums, Kernel::InputDelta, &case, on);
                }
            }
        }
    }
    for (seed, shape) in [(130, 784, 628), (65, 200, 784), (257, 831, 300)]
        .into_iter()
        .enumerate()
    {
        let case = with_zeros_in_delta::<T>(shape, seed as u32);
        let one = best(DeltaBelow(&case));
        assert_is_twin(
            &one,
            &twin(Kernel::InputDelta, &case),
            Kernel::InputDelta,
            &case,
            "one thread",
        );
        for threads in [2, 3, 8] {
            let case = case.clone().on_threads(threads).at_offset(threads % 2);
            assert!(
                bits(&best(DeltaBelow(&case))) == bits(&one),
                "{shape:?} on {threads} threads"
            );
        }
    }
}

#[test]
fn delta_below_with_many_zeros_in_double_precision() {
    deltas_below::<f64>();
}

#[test]
fn delta_below_with_many_zeros_in_single_precision() {
    deltas_below::<f32>();
}

/// Batches one after the other through one workspace, as in an epoch and its evaluation.
fn pass_through<T: Scalar>(batches: &[(Case<T>, From)]) -> Vec<(Vec<T>, Vec<T>)> {
    let mut scratch = Scratch::default();
    let mut pass = |(case, from): &(Case<T>, From)| {
        let input = match from {
            From::Numbers => Input::Dense(&case.x[..]),
            From::Bytes => Input::Bytes {
                bytes: &case.bytes,
                values: &case.byte_values,
            },
        };
        let shape = case.shape;
        let mut z = vec![T::ZERO; shape.rows * shape.fan_out];
        let bias = case.bias.as_deref();
        let from = (input, Origin::Data);
        affine::<Baseline, T>(shape, from, &case.weights, bias, &mut z, &mut scratch);
        let mut gradient = vec![T::ZERO; case.weights.len()];
        let to = Destination {
            numbers: &mut gradient,
            step: None,
        };
        weight_gradient::<Baseline, T>(shape, input, &mut scratch, &case.delta, to);
        (z, gradient)
    };
    batches.iter().map(&mut pass).collect()
}

fn one_workspace<T: Scalar>() {
    let mut batches = Vec::new();
    for (seed, shape) in [
        (65, 784, 200),
        (1, 784, 200),
        (3, 70, 9),
        (130, 784, 628),
        (64, 100, 150),
        (1, 64, 8),
        (300, 150, 170),
    ]
    .into_iter()
    .enumerate()
    {
        let zeros = with_zeros::<T>(shape, Numbers::Ordinary, seed as u32);
        let mut dense = zeros.clone();
        dense.x = Case::<T>::new(shape, Numbers::Ordinary, seed as u32).x;
        batches.push((zeros.clone(), From::Bytes));
        batches.push((dense, From::Numbers));
        batches.push((zeros, From::Numbers));
    }
    for (found, (case, from)) in pass_through(&batches).iter().zip(&batches) {
        let kernels = match from {
            From::Bytes => [Kernel::ByteAffine, Kernel::ByteWeightGradient],
            From::Numbers => [Kernel::InputAffine, Kernel::InputWeightGradient],
        };
        assert_is_twin(
            &found.0,
            &twin(kernels[0], case),
            kernels[0],
            case,
            "one workspace",
        );
        assert_is_twin(
            &found.1,
            &twin(kernels[1], case),
            kernels[1],
            case,
            "one workspace",
        );
    }
}

#[test]
fn batches_of_any_kind_share_a_workspace() {
    one_workspace::<f32>();
}
