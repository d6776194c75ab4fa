//! Compares activation functions and their backward pass, on registers, with the standard library's functions.

use super::*;

/// Activations of whole rows: takes z and ∂L/∂a, returns the activations and δ.
#[derive(Clone, Copy)]
struct Activate<'a, T> {
    function: Activation,
    z: &'a [T],
    upstream: &'a [T],
    width: usize,
}

impl<T: Scalar> Task for Activate<'_, T> {
    type Output = (Vec<T>, Vec<T>);
    #[inline(always)]
    fn run<I: Isa>(self) -> (Vec<T>, Vec<T>) {
        let mut activation = vec![T::ZERO; self.z.len()];
        self.function
            .apply_on::<I, T>(self.z, &mut activation, self.width);
        let mut delta = self.upstream.to_vec();
        self.function
            .backpropagate_on::<I, T>(self.z, &activation, &mut delta, self.width);
        (activation, delta)
    }
}

/// f(z) of one row, by its definition with the standard library's functions.
pub(super) fn activation_twin(function: Activation, z: &[f64]) -> Vec<f64> {
    let each = |f: fn(f64) -> f64| z.iter().map(|&z| f(z)).collect();
    match function {
        Activation::Identity => z.to_vec(),
        Activation::Sigmoid => z.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
        Activation::Tanh => z.iter().map(|z| z.tanh()).collect(),
        Activation::Relu => z
            .iter()
            .map(|&z| if z.is_nan() { z } else { z.max(0.0) })
            .collect(),
        Activation::LeakyRelu => each(|z| if z > 0.0 { z } else { 0.01 * z }),
        Activation::Elu => each(|z| if z > 0.0 { z } else { z.exp_m1() }),
        Activation::Selu => each(|z| {
            1.0507009873554805
                * if z > 0.0 {
                    z
                } else {
                    1.6732632423543772 * z.exp_m1()
                }
        }),
        Activation::Gelu => each(|z| z * 0.5 * libm::erfc(-z / 2f64.sqrt())),
        Activation::GeluTanh => each(|z| z / (1.0 + (-2.0 * gelu_u(z)).exp())),
        Activation::Silu => each(|z| z / (1.0 + (-z).exp())),
        Activation::Mish => each(|z| z * z.exp().ln_1p().tanh()),
        Activation::Softplus => each(|z| if z > 40.0 { z } else { z.exp().ln_1p() }),
        Activation::Softsign => each(|z| z / (1.0 + z.abs())),
        Activation::HardSigmoid => each(|z| (z / 6.0 + 0.5).clamp(0.0, 1.0)),
        Activation::HardTanh => each(|z| z.clamp(-1.0, 1.0)),
        Activation::Exponential => each(f64::exp),
        Activation::Softmax => {
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = z.iter().map(|z| (z - largest).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.iter().map(|power| power / sum).collect()
        }
    }
}

fn gelu_u(z: f64) -> f64 {
    (2.0 / std::f64::consts::PI).sqrt() * (z + 0.044715 * z.powi(3))
}

/// f′(z) of the activations that are not computed in registers, by its analytic formula.
fn derivative_twin(function: Activation, z: f64) -> f64 {
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let within = |bound: f64, derivative: f64| if z.abs() < bound { derivative } else { 0.0 };
    match function {
        Activation::LeakyRelu => [0.01, 1.0][usize::from(z > 0.0)],
        Activation::Elu => z.min(0.0).exp(),
        Activation::Selu if z > 0.0 => 1.0507009873554805,
        Activation::Selu => 1.0507009873554805 * 1.6732632423543772 * z.exp(),
        Activation::Gelu => {
            0.5 * libm::erfc(-z / 2f64.sqrt()) + z * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
        }
        Activation::GeluTanh => {
            let (tanh, c) = (gelu_u(z).tanh(), (2.0 / std::f64::consts::PI).sqrt());
            0.5 * (1.0 + tanh) + 0.5 * z * (1.0 - tanh * tanh) * c * (1.0 + 3.0 * 0.044715 * z * z)
        }
        Activation::Silu => sigmoid(z) + z * sigmoid(z) * sigmoid(-z),
        Activation::Mish => {
            let tanh = z.exp().ln_1p().tanh();
            tanh + z * sigmoid(z) * (1.0 - tanh * tanh)
        }
        Activation::Softplus => sigmoid(z),
        Activation::Softsign => (1.0 + z.abs()).powi(-2),
        Activation::HardSigmoid => within(3.0, 1.0 / 6.0),
        Activation::HardTanh => within(1.0, 1.0),
        _ => unreachable!("{} has its derivative from a", function.name()),
    }
}

/// Σₖ ∂L/∂aₖ · ∂aₖ/∂zⱼ of one row, with the magnitudes of its terms.
fn delta_twin(function: Activation, z: &[f64], a: &[f64], upstream: &[f64]) -> Vec<Sum> {
    let jacobian = |k: usize, j: usize| match function {
        Activation::Softmax => a[k] * (f64::from(u8::from(k == j)) - a[j]),
        _ if k != j => 0.0,
        Activation::Identity => 1.0,
        Activation::Sigmoid => a[j] * (1.0 - a[j]),
        Activation::Tanh => 1.0 - a[j] * a[j],
        Activation::Relu => f64::from(u8::from(a[j] > 0.0)),
        Activation::Exponential => a[j],
        _ => derivative_twin(function, z[j]),
    };
    let delta = |j: usize| {
        let mut sum = Sum::default();
        (0..a.len()).for_each(|k| sum.add(upstream[k] * jacobian(k, j)));
        sum
    };
    (0..a.len()).map(delta).collect()
}

fn check_activations<T: Scalar>(scale: f64, seed: u32) {
    let generator = &mut RandomState::new(seed);
    for function in Activation::ALL {
        for width in WIDTHS {
            let rows = 3;
            let draw = |scale: f64, generator: &mut RandomState| -> Vec<T> {
                (0..rows * width)
                    .map(|_| T::from_f64(generator.uniform(-scale, scale)))
                    .collect()
            };
            let (z, upstream) = (draw(scale, generator), draw(1.0, generator));
            let task = Activate {
                function,
                z: &z,
                upstream: &upstream,
                width,
            };
            for (activation, delta) in [best(task), Baseline::call(task)] {
                let wide = |values: &[T]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
                let (z, upstream, activation, delta) =
                    (wide(&z), wide(&upstream), wide(&activation), wide(&delta));
                for row in 0..rows {
                    let row = row * width..(row + 1) * width;
                    let expected = activation_twin(function, &z[row.clone()]);
                    for (found, expected) in activation[row.clone()].iter().zip(&expected) {
                        // The exponential, the sum and the division cost a few units each, the sum one for each term;
                        // softmax first rounds z − max, which the exponential turns into |z − max| units.
                        let units = 8.0
                            + match function {
                                Activation::Softmax => width as f64 + 2.0 * scale,
                                // Φ and the exponential turn a rounded argument of up to 745 into as many units.
                                Activation::Gelu | Activation::GeluTanh => 2000.0,
                                _ => 0.0,
                            };
                        // z/6 + ½ cancels.
                        let least = f64::from(u8::from(function == Activation::HardSigmoid));
                        let bound = units * epsilon::<T>() * expected.abs().max(least)
                            + (1.0 + scale) * T::MIN_POSITIVE.to_f64();
                        // A number beyond the range of the precision is infinite in it.
                        assert!(
                            agree(*found, T::from_f64(*expected).to_f64(), bound),
                            "{}: {found:e}, twin {expected:e}",
                            function.name()
                        );
                    }
                    let sums = delta_twin(
                        function,
                        &z[row.clone()],
                        &activation[row.clone()],
                        &upstream[row.clone()],
                    );
                    // Where a and Σ g·a nearly cancel, the difference carries their rounding: at most |g| ≤ 1 each.
                    for (found, sum) in delta[row.clone()].iter().zip(&sums) {
                        let bound = (width as f64 + 8.0) * epsilon::<T>() * (sum.magnitude + 1.0);
                        assert!(
                            agree(*found, T::from_f64(sum.value).to_f64(), bound),
                            "δ of {}: {found:e}, {sum:?}",
                            function.name()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn activations_of_rows_agree_with_their_definitions() {
    for (seed, scale) in [0.1, 3.0, 30.0, 200.0].into_iter().enumerate() {
        check_activations::<f64>(scale, seed as u32);
        check_activations::<f32>(scale, seed as u32);
    }
}

#[test]
fn activations_of_nan_and_infinities_agree_with_their_definitions() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for z in [
        [nan, 1.0, -2.0],
        [inf, 1.0, 0.0],
        [-inf, 1.0, 0.5],
        [-inf, -inf, -inf],
        [inf, -inf, nan],
        [1e308, -1e308, 0.0],
    ] {
        for function in Activation::ALL {
            let expected = activation_twin(function, &z);
            let task = Activate {
                function,
                z: &z,
                upstream: &[1.0; 3],
                width: 3,
            };
            for (found, _) in [best(task), Baseline::call(task)] {
                let same = found.iter().zip(&expected).all(|(&f, &e)| agree(f, e, 1e-15));
                assert!(
                    same,
                    "{} of {z:?} is {found:?}, defined {expected:?}",
                    function.name()
                );
            }
        }
    }
}
