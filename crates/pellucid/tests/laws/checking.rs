//! Checks that the gradient check of layers finds no error in random networks.

use crate::fixture::{network, objective, targets, uniform};
use pellucid::inspection::gradient_check::{CheckSettings, PartKind, check_layers};
use pellucid::numpy_random::RandomState;
use pellucid::{Activation, Input, Loss, Network, Normalisation, Reduction};

#[test]
fn accepts_all_parts_of_all_activations() {
    let mut generator = RandomState::new(12);
    for function in Activation::ALL {
        let network: Network<f64> = network(
            &[4, 6, 5, 3],
            &[function, function, Activation::Identity],
            true,
            &mut generator,
        );
        let x: Vec<f64> = uniform(7 * 4, -1.0, 1.0, &mut generator);
        let y: Vec<f64> = targets(Loss::SquaredError, 7, 3, &mut generator);
        let objective = objective(Loss::SquaredError, Reduction::Mean);
        let settings = CheckSettings::default();
        let parts = check_layers(&network, Input::Dense(&x), &y, objective, settings);
        assert_eq!(parts.len(), 6);
        for part in parts {
            assert!(
                part.report.is_right(),
                "{}: {}: {}",
                function.name(),
                part.part,
                part.report
            );
            assert_eq!(part.report.entries.len(), part.part.range.len());
        }
    }
}

#[test]
fn checks_gain_and_shift_of_normalised_layers() {
    let mut generator = RandomState::new(13);
    let plain: Network<f64> = network(
        &[4, 6, 2],
        &[Activation::Tanh, Activation::Identity],
        true,
        &mut generator,
    );
    let architecture = plain
        .architecture()
        .clone()
        .normalised(&[Some(Normalisation::BATCH), None])
        .unwrap();
    let mut parameters = uniform::<f64>(architecture.parameter_count(), 0.2, 1.0, &mut generator);
    parameters[..plain.parameters().len()].copy_from_slice(plain.parameters());
    let network = Network::new(architecture, parameters).unwrap();
    let x: Vec<f64> = uniform(9 * 4, -1.0, 1.0, &mut generator);
    let y: Vec<f64> = targets(Loss::SquaredError, 9, 2, &mut generator);
    let objective = objective(Loss::SquaredError, Reduction::Mean);
    let parts = check_layers(
        &network,
        Input::Dense(&x),
        &y,
        objective,
        CheckSettings::default(),
    );
    let kinds: Vec<PartKind> = parts.iter().map(|part| part.part.kind).collect();
    use PartKind::{Biases, Gain, Shift, Weights};
    assert_eq!(kinds, [Weights, Biases, Gain, Shift, Weights, Biases]);
    assert!(parts.iter().all(|part| part.report.is_right()), "{parts:?}");
}

#[test]
fn samples_entries_of_large_layers_without_repetition() {
    let mut generator = RandomState::new(14);
    let network: Network<f64> = network(&[30, 20, 1], &[Activation::Tanh; 2], true, &mut generator);
    let x: Vec<f64> = uniform(3 * 30, -1.0, 1.0, &mut generator);
    let objective = objective(Loss::SquaredError, Reduction::Sum);
    let settings = CheckSettings {
        samples: 25,
        ..CheckSettings::default()
    };
    let of = |seed| {
        let settings = CheckSettings { seed, ..settings };
        let parts = check_layers(&network, Input::Dense(&x), &[0.1, -0.5, 0.3], objective, settings);
        let indices =
            |at: usize| -> Vec<usize> { parts[at].report.entries.iter().map(|entry| entry.index).collect() };
        assert!(parts.iter().all(|part| part.report.is_right()));
        assert_eq!([1, 2, 3].map(|at| indices(at).len()), [20, 20, 1]);
        indices(0)
    };
    let drawn = of(1);
    assert_eq!(drawn.len(), 25);
    assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]) && drawn[24] < 600);
    assert_eq!(drawn, of(1));
    assert_ne!(drawn, of(2));
}

/// The check distinguishes units exactly on the kink of relu, such as those with zero inputs, from errors.
#[test]
fn units_on_a_kink_are_not_errors() {
    let mut generator = RandomState::new(15);
    let mut network: Network<f64> = network(
        &[2, 3, 1],
        &[Activation::Relu, Activation::Identity],
        true,
        &mut generator,
    );
    let (weights, bias) = {
        let layer = network.architecture().layer(0);
        (layer.weights(), layer.bias().unwrap())
    };
    network.parameters_mut()[weights].fill(0.0);
    network.parameters_mut()[bias].fill(0.0);
    let objective = objective(Loss::SquaredError, Reduction::Mean);
    let parts = check_layers(
        &network,
        Input::Dense(&[1.0, 2.0, -0.5, 1.0]),
        &[1.0, -1.0],
        objective,
        CheckSettings::default(),
    );
    assert!(parts.iter().all(|part| part.report.is_right()), "{parts:?}");
    assert!(parts[0].report.entries.iter().any(|entry| entry.at_kink));
}
