//! Tests of the kernels of a dense layer: shapes, instruction sets, threads and special values.

use super::*;
use proptest::prelude::*;

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
fn nan_infinities_and_denormals_agree_with_the_definition() {
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
            assert_eq!(stepped, case.weights, "weights of zero bytes do not change");
        }
    }
}

fn check_bits_on_threads_and_offsets<T: Scalar>() {
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
fn bits_do_not_depend_on_threads_or_offsets_in_double_precision() {
    check_bits_on_threads_and_offsets::<f64>();
}

#[test]
fn bits_do_not_depend_on_threads_or_offsets_in_single_precision() {
    check_bits_on_threads_and_offsets::<f32>();
}

#[test]
fn a_smaller_batch_does_not_use_state_of_a_larger_one() {
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
        let to = Destination {
            numbers: &mut gradient,
            step: None,
        };
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
    fn kernels_agree_with_their_twins_for_any_shape(
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
