//! Compares initial values with scikit-learn's, to the bit, and orthogonal ones with NumPy's QR decomposition
//! (`golden/make_initialisers.py` made the expected values), and checks each method's distribution over random shapes.

use pellucid::model::init::{Init, initialise};
use pellucid::numpy_random::RandomState;
use pellucid::{Activation, Architecture, Network};
use proptest::prelude::*;
use serde_json::Value;

fn golden(kind: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/initialisers.json")).unwrap();
    golden[kind].as_array().unwrap().clone()
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn network(layers: &[usize], hidden: Activation, init: &Init, seed: u32) -> Network<f64> {
    let mut activations = vec![hidden; layers.len() - 1];
    *activations.last_mut().unwrap() = Activation::Identity;
    let architecture = Architecture::new(layers, &activations, true).unwrap();
    initialise(architecture, init, &mut RandomState::new(seed)).unwrap()
}

#[test]
fn initial_values_equal_scikit_learn_to_the_bit() {
    for case in golden("perceptrons") {
        let hidden = match case["activation"].as_str().unwrap() {
            "logistic" => Activation::Sigmoid,
            "tanh" => Activation::Tanh,
            _ => Activation::Relu,
        };
        let (layers, seed): (Vec<usize>, u32) = (list(&case["layers"]), list(&case["seed"]));
        let found = network(&layers, hidden, &Init::Sklearn, seed);
        let (weights, biases): (Vec<Vec<f64>>, Vec<Vec<f64>>) =
            (list(&case["weights"]), list(&case["biases"]));
        assert_eq!(weights.len(), layers.len() - 1);
        for layer in 0..weights.len() {
            assert_eq!(found.weights(layer), weights[layer], "{layers:?}, layer {layer}");
            assert_eq!(
                found.bias(layer).unwrap(),
                biases[layer],
                "{layers:?}, layer {layer}"
            );
        }
    }
}

#[test]
fn orthogonal_values_equal_numpys_q() {
    for case in golden("orthogonal") {
        let (layers, seed): (Vec<usize>, u32) = (list(&case["layers"]), list(&case["seed"]));
        let expected: Vec<f64> = list(&case["weights"]);
        let found = network(&layers, Activation::Relu, &Init::Orthogonal { gain: 1.0 }, seed);
        for (found, expected) in found.weights(0).iter().zip(&expected) {
            assert!(
                (found - expected).abs() < 1e-13,
                "{layers:?}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn reads_all_aliases() {
    for (name, expected) in [
        ("glorot_uniform", Init::XavierUniform),
        ("glorot_normal", Init::XavierNormal),
        ("kaiming_uniform", Init::HeUniform),
        ("kaiming_normal", Init::HeNormal),
    ] {
        let read: Init = serde_json::from_value(serde_json::json!({"method": name})).unwrap();
        assert_eq!(read, expected);
    }
}

/// Mean, mean square and largest magnitude.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    let count = values.len() as f64;
    (
        values.iter().sum::<f64>() / count,
        values.iter().map(|v| v * v).sum::<f64>() / count,
        values.iter().fold(0.0, |most: f64, v| most.max(v.abs())),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn uniform_ones_stay_within_their_bound_and_fill_it(
        (fan_in, fan_out, seed) in (40usize..120, 40usize..120, any::<u32>())
    ) {
        let (i, o) = (fan_in as f64, fan_out as f64);
        for (way, limit, has_biases) in [
            (Init::XavierUniform, (6.0 / (i + o)).sqrt(), false),
            (Init::HeUniform, (6.0 / i).sqrt(), false),
            (Init::LecunUniform, (3.0 / i).sqrt(), false),
            (Init::Sklearn, (6.0 / (i + o)).sqrt(), true),
            (Init::Pytorch, 1.0 / i.sqrt(), true),
        ] {
            let found = network(&[fan_in, fan_out], Activation::Relu, &way, seed);
            let (mean, square, most) = moments(found.weights(0));
            let count = i * o;
            prop_assert!(most <= limit && most > 0.99 * limit, "{way:?}: {most} of {limit}");
            // Six standard deviations of the sampling error.
            prop_assert!(mean.abs() < 6.0 * limit / (3.0 * count).sqrt(), "{way:?}: mean {mean}");
            let off = square / (limit * limit / 3.0) - 1.0;
            prop_assert!(off.abs() < 6.0 * (0.8 / count).sqrt(), "{way:?}: variance off by {off}");
            let bias = found.bias(0).unwrap();
            let (_, _, most) = moments(bias);
            prop_assert!(if has_biases { most > 0.5 * limit && most <= limit } else { most == 0.0 }, "{way:?}");
        }
    }

    #[test]
    fn normal_ones_have_their_deviation(
        (fan_in, fan_out, seed) in (40usize..120, 40usize..120, any::<u32>())
    ) {
        let (i, o) = (fan_in as f64, fan_out as f64);
        // The variance of a normal distribution truncated at two standard deviations: 1 − 4φ(2) / (2Φ(2) − 1).
        let truncated = 0.3f64.powi(2) * 0.773_741_303_549_923_2;
        for (init, variance) in [
            (Init::XavierNormal, 2.0 / (i + o)),
            (Init::HeNormal, 2.0 / i),
            (Init::LecunNormal, 1.0 / i),
            (Init::Normal { std: 0.3 }, 0.09),
            (Init::TruncatedNormal { std: 0.3 }, truncated),
        ] {
            let found = network(&[fan_in, fan_out], Activation::Relu, &init, seed);
            let (mean, square, most) = moments(found.weights(0));
            let count = i * o;
            prop_assert!(mean.abs() < 6.0 * (variance / count).sqrt(), "{:?}: mean {mean}", init.name());
            let off = square / variance - 1.0;
            prop_assert!(off.abs() < 6.0 * (2.0 / count).sqrt(), "{:?}: variance off by {off}", init.name());
            if matches!(init, Init::TruncatedNormal { .. }) {
                prop_assert!(most <= 0.6 && most > 0.57, "{most}");
            } else {
                prop_assert!(most > 2.5 * variance.sqrt(), "{:?}: {most}", init.name());
            }
            prop_assert!(found.bias(0).unwrap().iter().all(|b| *b == 0.0));
        }
    }

    #[test]
    fn orthogonal_ones_are_orthogonal(
        (fan_in, fan_out, seed, gain) in (1usize..70, 1usize..70, any::<u32>(), 0.1f64..3.0)
    ) {
        let init = Init::Orthogonal { gain };
        let found = network(&[fan_in, fan_out], Activation::Relu, &init, seed);
        let weights = found.weights(0);
        let columns = fan_in >= fan_out;
        let count = fan_in.min(fan_out);
        let at = |vector: usize, place: usize| match columns {
            true => weights[place * fan_out + vector],
            false => weights[vector * fan_out + place],
        };
        for a in 0..count {
            for b in 0..=a {
                let product: f64 = (0..fan_in.max(fan_out)).map(|place| at(a, place) * at(b, place)).sum();
                let expected = if a == b { gain * gain } else { 0.0 };
                prop_assert!((product - expected).abs() < 1e-12, "{a}, {b}: {product}");
            }
        }
    }

    #[test]
    fn a_constant_is_everywhere(value in -2.0f64..2.0, fan_in in 1usize..9, fan_out in 1usize..9) {
        let init = Init::Constant { value };
        let found = network(&[fan_in, fan_out], Activation::Relu, &init, 0);
        prop_assert!(found.weights(0).iter().all(|w| *w == value));
        prop_assert!(found.bias(0).unwrap().iter().all(|b| *b == 0.0));
    }
}

/// In a deep network the bound of each hidden layer depends on its own activation, that of the outputs on the last hidden
/// one.
#[test]
fn scikit_learns_bound_depends_on_the_hidden_activation() {
    let build = |activations: &[Activation]| {
        let architecture = Architecture::new(&[40, 40, 40, 40], activations, true).unwrap();
        let network: Network<f64> =
            initialise(architecture, &Init::Sklearn, &mut RandomState::new(1)).unwrap();
        [0, 1, 2].map(|layer| moments(network.weights(layer)).2)
    };
    use Activation::{Relu, Sigmoid, Softmax};
    let (wide, narrow) = ((6.0f64 / 80.0).sqrt(), (2.0f64 / 80.0).sqrt());
    for (activations, limits) in [
        ([Relu, Sigmoid, Softmax], [wide, narrow, narrow]),
        ([Sigmoid, Relu, Sigmoid], [narrow, wide, wide]),
    ] {
        for (found, limit) in build(&activations).iter().zip(limits) {
            assert!(
                *found <= limit && *found > 0.98 * limit,
                "{activations:?}: {found}"
            );
        }
    }
}
