//! Checks `update = "top-down"`: each layer's weights take their step before δ passes through them to the layer below.

use crate::fixture::{bits, gradient, network, objective, targets, uniform};
use pellucid::model::pass::{self, Target, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{Activation, Input, Loss, Network, Objective, Reduction, Update};

fn step(network: &mut Network<f64>, input: &[f64], targets: &[f64], update: Update, rate: f64) {
    let objective = Objective {
        update,
        ..objective(Loss::HalfSquaredError, Reduction::Sum)
    };
    let architecture = network.architecture().clone();
    let rows = input.len() / architecture.input_width();
    let mut workspace = Workspace::new(&architecture, rows);
    pass::forward(
        &architecture,
        network.parameters(),
        Input::Dense(input),
        &mut workspace,
    );
    let target = Target::Parameters {
        parameters: network.parameters_mut(),
        rate,
    };
    pass::backward(
        &architecture,
        target,
        Input::Dense(input),
        targets,
        objective,
        &mut workspace,
    );
}

/// A layer as a hand-written loop has it.
struct ByHand {
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

impl ByHand {
    fn from_layer(network: &Network<f64>, index: usize) -> Self {
        let width = network.architecture().layer(index).fan_out;
        let weights = network
            .weights(index)
            .chunks_exact(width)
            .map(<[f64]>::to_vec)
            .collect();
        Self {
            weights,
            bias: network.bias(index).unwrap().to_vec(),
        }
    }

    fn forward(&self, x: &[f64]) -> Vec<f64> {
        let z = |j: usize| {
            self.bias[j]
                + x.iter()
                    .zip(&self.weights)
                    .map(|(x, row)| x * row[j])
                    .sum::<f64>()
        };
        (0..self.bias.len()).map(|j| sigmoid(z(j))).collect()
    }

    fn step(&mut self, x: &[f64], delta: &[f64], rate: f64) {
        for (x, row) in x.iter().zip(&mut self.weights) {
            row.iter_mut().zip(delta).for_each(|(w, d)| *w -= rate * x * d);
        }
        self.bias.iter_mut().zip(delta).for_each(|(b, d)| *b -= rate * d);
    }

    fn delta_below(&self, delta: &[f64], a_below: &[f64]) -> Vec<f64> {
        let upstream = |row: &[f64]| row.iter().zip(delta).map(|(w, d)| w * d).sum::<f64>();
        self.weights
            .iter()
            .zip(a_below)
            .map(|(row, a)| upstream(row) * a * (1.0 - a))
            .collect()
    }
}

/// Three layers, one sample after the other, as a hand-written loop.
fn by_hand(network: &Network<f64>, samples: &[(&[f64], &[f64])], update: Update, rate: f64) -> Vec<f64> {
    let mut layers: Vec<ByHand> = (0..3).map(|index| ByHand::from_layer(network, index)).collect();
    for (x, y) in samples {
        let mut activations = vec![x.to_vec()];
        for layer in &layers {
            activations.push(layer.forward(&activations[activations.len() - 1]));
        }
        let output = &activations[3];
        let mut delta: Vec<f64> = output
            .iter()
            .zip(*y)
            .map(|(a, y)| (a - y) * a * (1.0 - a))
            .collect();
        for index in (0..3).rev() {
            let before = layers[index].delta_below(&delta, &activations[index]);
            layers[index].step(&activations[index], &delta, rate);
            let after = layers[index].delta_below(&delta, &activations[index]);
            delta = if update == Update::Textbook { before } else { after };
        }
    }
    let weights = layers.iter().flat_map(|layer| layer.weights.concat());
    weights
        .chain(layers.iter().flat_map(|layer| layer.bias.clone()))
        .collect()
}

#[test]
fn top_down_and_textbook_equal_hand_written_loops() {
    let generator = &mut RandomState::new(6);
    let start = network::<f64>(&[4, 5, 3, 2], &[Activation::Sigmoid; 3], true, generator);
    let (input, targets): (Vec<f64>, Vec<f64>) = (
        uniform(10 * 4, -1.0, 1.0, generator),
        uniform(10 * 2, 0.0, 1.0, generator),
    );
    let samples: Vec<(&[f64], &[f64])> = input.chunks_exact(4).zip(targets.chunks_exact(2)).collect();
    let mut ends = Vec::new();
    for update in [Update::Textbook, Update::TopDown] {
        let mut network = start.clone();
        for (x, y) in &samples {
            step(&mut network, x, y, update, 0.8);
        }
        let expected = by_hand(&start, &samples, update, 0.8);
        let off = crate::fixture::difference(network.parameters(), &expected);
        assert!(off < 1e-13, "{update:?} is off by {off:e}");
        ends.push(expected);
    }
    let apart = crate::fixture::difference(&ends[0], &ends[1]);
    assert!(
        apart > 1e-4,
        "the two rules give nearly the same result: {apart:e}"
    );
}

#[test]
fn top_down_differs_below_the_output_layer_only() {
    let generator = &mut RandomState::new(8);
    let start = network::<f64>(&[20, 30, 10], &[Activation::Tanh; 2], true, generator);
    let input: Vec<f64> = uniform(40 * 20, -1.0, 1.0, generator);
    let targets = targets::<f64>(Loss::HalfSquaredError, 40, 10, generator);
    let [textbook, top_down] = [Update::Textbook, Update::TopDown].map(|update| {
        let mut network = start.clone();
        step(&mut network, &input, &targets, update, 0.05);
        network
    });
    assert_eq!(bits(textbook.weights(1)), bits(top_down.weights(1)));
    assert_eq!(textbook.bias(1).map(bits), top_down.bias(1).map(bits));
    assert_ne!(bits(textbook.weights(0)), bits(top_down.weights(0)));
}

#[test]
fn with_one_layer_both_rules_are_equal_to_the_bit() {
    let generator = &mut RandomState::new(7);
    for function in Activation::ALL {
        let start = network::<f64>(&[6, 3], &[function], true, generator);
        let input: Vec<f64> = uniform(9 * 6, -1.0, 1.0, generator);
        let targets = targets::<f64>(Loss::HalfSquaredError, 9, 3, generator);
        let [textbook, top_down] = [Update::Textbook, Update::TopDown].map(|update| {
            let mut network = start.clone();
            step(&mut network, &input, &targets, update, 0.3);
            bits(network.parameters())
        });
        assert_eq!(textbook, top_down);
        assert_ne!(textbook, bits(start.parameters()));
    }
}

/// Where a gradient is stored, no parameter moves during the pass, so that the order does not matter.
#[test]
fn a_stored_gradient_does_not_depend_on_the_order_of_updates() {
    let generator = &mut RandomState::new(3);
    let network = network::<f64>(&[6, 8, 3], &[Activation::Tanh; 2], true, generator);
    let input: Vec<f64> = uniform(5 * 6, -1.0, 1.0, generator);
    let targets = targets::<f64>(Loss::SquaredError, 5, 3, generator);
    let mut workspace = Workspace::new(network.architecture(), 5);
    let [textbook, top_down] = [Update::Textbook, Update::TopDown].map(|update| {
        let objective = Objective {
            update,
            ..objective(Loss::SquaredError, Reduction::Mean)
        };
        bits(&gradient(
            &network,
            Input::Dense(&input),
            &targets,
            objective,
            &mut workspace,
        ))
    });
    assert_eq!(textbook, top_down);
}
