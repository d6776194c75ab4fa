//! Checks that the gradient check names the known mistakes in hand-written gradients.

use pellucid::inspection::gradient_check::{PartKind, Pattern, RuleReport, check_rule};
use pellucid::numpy_random::RandomState;
use pellucid::{Activation, Architecture, Input, Loss, Network, Objective, Reduction, Update};

const ROWS: usize = 7;
const INPUTS: usize = 3;
const HIDDEN: usize = 4;
const OUTPUTS: usize = 2;

/// A network of one hidden layer, its batch, and the parts of backpropagation that a mistake may replace.
struct Case {
    network: Network<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    objective: Objective,
}

/// Backpropagation by hand, with one replaceable part for each mistake. f is the function of both layers.
#[derive(Clone, Copy)]
struct Hand {
    /// f′ from z and a, in the output layer.
    output_derivative: fn(f64, f64) -> f64,
    /// f′ from z and a, in the hidden layer.
    hidden_derivative: fn(f64, f64) -> f64,
    /// ∂L/∂a from a and y.
    error: fn(f64, f64) -> f64,
    /// One error for all rows: the sum of the errors.
    one_error: bool,
    /// A factor of the whole gradient.
    factor: f64,
}

impl Case {
    fn new(function: Activation, loss: Loss, reduction: Reduction) -> Self {
        let mut random = RandomState::new(3);
        let architecture = Architecture::new(&[INPUTS, HIDDEN, OUTPUTS], &[function; 2], true).unwrap();
        let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| random.uniform(-1.5, 1.5)).collect() };
        let parameters = draw(architecture.parameter_count());
        let x = draw(ROWS * INPUTS);
        let y = draw(ROWS * OUTPUTS)
            .iter()
            .map(|&v| f64::from(u8::from(v > 0.0)))
            .collect();
        Self {
            network: Network::new(architecture, parameters).unwrap(),
            x,
            y,
            objective: Objective {
                loss,
                reduction,
                update: Update::Textbook,
            },
        }
    }

    fn check(&self, rule: impl FnOnce(&Network<f64>) -> Vec<f64>) -> RuleReport {
        check_rule(
            &self.network,
            Input::Dense(&self.x),
            &self.y,
            self.objective,
            rule,
        )
    }

    /// The gradient of a hand-written rule, with loops.
    fn by_hand(&self, hand: Hand) -> Vec<f64> {
        let network = &self.network;
        let function = network.architecture().layer(0).activation;
        let f = |z: f64| {
            let mut a = [0.0];
            function.apply(&[z], &mut a, 1);
            a[0]
        };
        let pre_activations = |x: &[f64], layer: usize, width: usize| -> Vec<f64> {
            let (w, b) = (network.weights(layer), network.bias(layer).unwrap());
            (0..width)
                .map(|j| b[j] + (0..x.len()).map(|i| x[i] * w[i * width + j]).sum::<f64>())
                .collect()
        };
        let passes: Vec<[Vec<f64>; 4]> = self
            .x
            .chunks(INPUTS)
            .map(|x| {
                let z1 = pre_activations(x, 0, HIDDEN);
                let a1: Vec<f64> = z1.iter().map(|&z| f(z)).collect();
                let z2 = pre_activations(&a1, 1, OUTPUTS);
                let a2 = z2.iter().map(|&z| f(z)).collect();
                [z1, a1, z2, a2]
            })
            .collect();
        let errors: Vec<Vec<f64>> = passes
            .iter()
            .zip(self.y.chunks(OUTPUTS))
            .map(|(pass, y)| pass[3].iter().zip(y).map(|(&a, &y)| (hand.error)(a, y)).collect())
            .collect();
        let one: f64 = errors.iter().flatten().sum();
        let (mut w1, mut b1) = (vec![0.0; INPUTS * HIDDEN], vec![0.0; HIDDEN]);
        let (mut w2, mut b2) = (vec![0.0; HIDDEN * OUTPUTS], vec![0.0; OUTPUTS]);
        for ((x, [z1, a1, z2, a2]), error) in self.x.chunks(INPUTS).zip(&passes).zip(&errors) {
            let delta2: Vec<f64> = (0..OUTPUTS)
                .map(|j| {
                    let error = if hand.one_error { one } else { error[j] };
                    error * (hand.output_derivative)(z2[j], a2[j]) * hand.factor
                })
                .collect();
            for j in 0..OUTPUTS {
                b2[j] += delta2[j];
                for i in 0..HIDDEN {
                    w2[i * OUTPUTS + j] += a1[i] * delta2[j];
                }
            }
            for i in 0..HIDDEN {
                let through: f64 = (0..OUTPUTS)
                    .map(|j| delta2[j] * network.weights(1)[i * OUTPUTS + j])
                    .sum();
                let delta1 = through * (hand.hidden_derivative)(z1[i], a1[i]);
                b1[i] += delta1;
                for (k, &x) in x.iter().enumerate() {
                    w1[k * HIDDEN + i] += x * delta1;
                }
            }
        }
        [w1, w2, b1, b2].concat()
    }
}

const SIGMOID: fn(f64, f64) -> f64 = |_, a| a * (1.0 - a);
const TANH: fn(f64, f64) -> f64 = |_, a| 1.0 - a * a;
const EXPONENTIAL: fn(f64, f64) -> f64 = |_, a| a;
const ONE: fn(f64, f64) -> f64 = |_, _| 1.0;

fn sigmoids() -> Case {
    Case::new(Activation::Sigmoid, Loss::HalfSquaredError, Reduction::Mean)
}

/// The correct rule for [`sigmoids`].
fn right() -> Hand {
    Hand {
        output_derivative: SIGMOID,
        hidden_derivative: SIGMOID,
        error: |a, y| a - y,
        one_error: false,
        factor: 1.0 / ROWS as f64,
    }
}

fn pattern(report: &RuleReport, layer: usize, kind: PartKind) -> Option<&Pattern> {
    let found = report
        .parts
        .iter()
        .find(|verdict| (verdict.part.layer, verdict.part.kind) == (layer, kind));
    found.unwrap().pattern.as_ref()
}

/// The report of the check for the weights of a layer.
fn words(report: &RuleReport, layer: usize) -> String {
    pattern(report, layer, PartKind::Weights).map_or_else(String::new, ToString::to_string)
}

#[track_caller]
fn assert_says(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "{words:?} does not contain {part:?}");
    }
}

#[test]
fn accepts_the_correct_rule() {
    let case = sigmoids();
    let report = case.check(|_| case.by_hand(right()));
    assert!(report.is_right(), "{report}");
    assert!(report.parts.iter().all(|part| part.pattern.is_none()));
    assert_says(&report.to_string(), &["layer 1's weights: right, all 12 entries"]);
}

#[test]
fn names_wrong_signs_and_factors() {
    let case = sigmoids();
    for (factor, said) in [
        (-1.0, "the sign is wrong"),
        (ROWS as f64, "division by the 7 rows is missing"),
        (1.0 / ROWS as f64, "divided by the 7 rows once too often"),
        (2.0, "there is a factor of 2 too many"),
        (0.5, "the 2 of the square is missing"),
        (0.3, "0.300000 times what it should be: a factor is wrong"),
    ] {
        let report = case.check(|_| {
            case.by_hand(right())
                .iter()
                .map(|derivative| derivative * factor)
                .collect()
        });
        for layer in [1, 2] {
            assert_says(&words(&report, layer), &[said]);
        }
        assert_eq!(report.wrong().count(), 4);
    }
}

#[test]
fn names_a_derivative_evaluated_at_z() {
    let case = sigmoids();
    let at_z = |z: f64, _: f64| z * (1.0 - z);
    let report = case.check(|_| {
        case.by_hand(Hand {
            output_derivative: at_z,
            ..right()
        })
    });
    for layer in [1, 2] {
        assert_says(
            &words(&report, layer),
            &["the output's derivative is taken at z", "z(1 − z)"],
        );
    }
    let report = case.check(|_| {
        case.by_hand(Hand {
            hidden_derivative: at_z,
            ..right()
        })
    });
    assert_says(
        &words(&report, 1),
        &["the hidden units' derivative is taken at z"],
    );
    assert_eq!(
        pattern(&report, 2, PartKind::Weights),
        None,
        "the output layer is right"
    );
    let tanh = Case::new(Activation::Tanh, Loss::HalfSquaredError, Reduction::Mean);
    let report = tanh.check(|_| {
        tanh.by_hand(Hand {
            output_derivative: |z, _| 1.0 - z * z,
            hidden_derivative: |z, _| 1.0 - z * z,
            ..right()
        })
    });
    let said = words(&report, 1);
    assert_says(
        &said,
        &[
            "1 − z²",
            "the output's derivative",
            "the hidden units' derivative",
        ],
    );
}

#[test]
fn names_a_derivative_evaluated_at_a() {
    let case = sigmoids();
    let of_a = |_: f64, a: f64| {
        let s = 1.0 / (1.0 + (-a).exp());
        s * (1.0 - s)
    };
    let report = case.check(|_| {
        case.by_hand(Hand {
            hidden_derivative: of_a,
            ..right()
        })
    });
    assert_says(
        &words(&report, 1),
        &["the hidden units' derivative is taken at a, f′(a)"],
    );
}

#[test]
fn names_a_missing_derivative() {
    let case = sigmoids();
    for (output_derivative, hidden_derivative, said) in [
        (ONE, SIGMOID, "the output's derivative f′(z) is missing"),
        (SIGMOID, ONE, "the hidden units' derivative f′(z) is missing"),
    ] {
        let report = case.check(|_| {
            case.by_hand(Hand {
                output_derivative,
                hidden_derivative,
                ..right()
            })
        });
        assert_says(&words(&report, 1), &[said]);
    }
}

/// δ = a − y, where the loss cancels the derivative of the output, multiplied by that derivative once too often.
#[test]
fn names_an_extra_derivative() {
    for (function, loss, derivative) in [
        (Activation::Sigmoid, Loss::BinaryCrossEntropy, SIGMOID),
        (Activation::Exponential, Loss::HalfPoissonDeviance, EXPONENTIAL),
    ] {
        let case = Case::new(function, loss, Reduction::Mean);
        let of = |output_derivative| Hand {
            output_derivative,
            hidden_derivative: derivative,
            ..right()
        };
        assert!(case.check(|_| case.by_hand(of(ONE))).is_right());
        let report = case.check(|_| case.by_hand(of(derivative)));
        assert_says(
            &words(&report, 2),
            &["the output's derivative f′(z) is one too many"],
        );
    }
}

#[test]
fn names_one_error_for_all_rows() {
    for (function, derivative) in [(Activation::Sigmoid, SIGMOID), (Activation::Tanh, TANH)] {
        let case = Case::new(function, Loss::HalfSquaredError, Reduction::Mean);
        let report = case.check(|_| {
            case.by_hand(Hand {
                one_error: true,
                output_derivative: derivative,
                hidden_derivative: derivative,
                ..right()
            })
        });
        for layer in [1, 2] {
            assert_says(&words(&report, layer), &["one error is used for all rows"]);
        }
    }
}

#[test]
fn names_a_transposed_gradient() {
    let case = sigmoids();
    let report = case.check(|network| {
        let mut gradient = case.by_hand(right());
        let layer = network.architecture().layer(0).weights();
        let right = gradient[layer.clone()].to_vec();
        for (at, derivative) in gradient[layer].iter_mut().enumerate() {
            *derivative = right[at % INPUTS * HIDDEN + at / INPUTS];
        }
        gradient
    });
    assert_eq!(pattern(&report, 1, PartKind::Weights), Some(&Pattern::Transposed));
    assert_eq!(report.wrong().count(), 1);
}

#[test]
fn names_a_broadcast_gradient() {
    let case = sigmoids();
    let with = |change: fn(&mut [f64])| {
        case.check(|network| {
            let mut gradient = case.by_hand(right());
            change(&mut gradient[network.architecture().layer(0).weights()]);
            gradient
        })
    };
    let rows = with(|weights| {
        let first = weights[..HIDDEN].to_vec();
        weights
            .chunks_mut(HIDDEN)
            .for_each(|row| row.copy_from_slice(&first));
    });
    assert_eq!(pattern(&rows, 1, PartKind::Weights), Some(&Pattern::SameRows));
    let columns = with(|weights| weights.chunks_mut(HIDDEN).for_each(|row| row.fill(row[1])));
    assert_eq!(
        pattern(&columns, 1, PartKind::Weights),
        Some(&Pattern::SameColumns)
    );
    let all = with(|weights| weights.fill(0.25));
    assert_eq!(pattern(&all, 1, PartKind::Weights), Some(&Pattern::OneNumber));
}

#[test]
fn names_a_missing_bias_gradient() {
    let case = sigmoids();
    let report = case.check(|network| {
        let mut gradient = case.by_hand(right());
        gradient[network.architecture().layer(1).bias().unwrap()].fill(0.0);
        gradient
    });
    assert_eq!(pattern(&report, 2, PartKind::Biases), Some(&Pattern::Forgotten));
    assert_eq!(report.wrong().count(), 1);
    assert_says(
        &report.to_string(),
        &["layer 2's biases: wrong in 2 of 2 entries", "forgotten"],
    );
}

/// An unknown mistake is reported as wrong, without a name.
#[test]
fn names_no_pattern_where_none_fits() {
    let case = sigmoids();
    let mut random = RandomState::new(8);
    let report = case.check(|network| {
        let gradient = case.by_hand(right());
        let count = network.parameters().len();
        (0..count)
            .map(|at| gradient[at] + random.uniform(-0.1, 0.1))
            .collect()
    });
    assert_eq!(report.wrong().count(), 4);
    assert!(
        report.parts.iter().all(|verdict| verdict.pattern.is_none()),
        "{report}"
    );
    assert_says(&report.to_string(), &["no known mistake fits"]);
    // A mistake in a single entry is not a mistake of the rule.
    let report = case.check(|_| {
        let mut gradient = case.by_hand(right());
        gradient[5] *= 1.5;
        gradient
    });
    assert_eq!(report.wrong().count(), 1);
    assert_eq!(pattern(&report, 1, PartKind::Weights), None);
    assert_says(
        &report.to_string(),
        &["wrong in 1 of 12 entries; at worst, [1, 1]"],
    );
}
