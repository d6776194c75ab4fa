//! Checks networks of members that share their hidden layers: what they compute is what the members compute one by one.

use crate::fixture::{
    assert_other_inputs_are_like_numbers, bits, difference, gradient, objective, targets, threads, uniform,
};
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::{evaluate, predict};
use pellucid::model::init::{Init, initialise};
use pellucid::model::pass::{self, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{
    Activation, Architecture, Dropout, Input, Loss, Network, Normalisation, Recipe, Reduction, Trainer,
    check_gradient, check_network, loss_sum,
};

const MEMBERS: usize = 3;

/// A random network of three members, whose scales are not signs.
fn network(
    sizes: &[usize],
    hidden: Activation,
    output: Activation,
    normalisation: Option<Normalisation>,
    generator: &mut RandomState,
) -> Network<f64> {
    let layers = sizes.len() - 1;
    let mut activations = vec![hidden; layers];
    activations[layers - 1] = output;
    let mut of_layers = vec![normalisation; layers];
    of_layers[layers - 1] = None;
    let architecture = Architecture::new(sizes, &activations, true).unwrap();
    let architecture = architecture.with_members(MEMBERS).unwrap();
    let architecture = architecture.normalised(&of_layers).unwrap();
    let mut parameters: Vec<f64> = uniform(architecture.affine_count(), -0.6, 0.6, generator);
    parameters.resize_with(architecture.parameter_count(), || generator.uniform(0.5, 1.5));
    Network::new(architecture, parameters).unwrap()
}

/// One member as a network of its own, with the same hidden layers.
fn member(of: &Network<f64>, member: usize) -> Network<f64> {
    let architecture = of.architecture();
    let sizes: Vec<usize> = std::iter::once(architecture.input_width())
        .chain(architecture.layers().iter().map(|layer| layer.fan_out))
        .collect();
    let activations: Vec<Activation> = architecture
        .layers()
        .iter()
        .map(|layer| layer.activation)
        .collect();
    let alone = Architecture::new(&sizes, &activations, true)
        .unwrap()
        .scaling_inputs();
    let width = architecture.input_width();
    let scales = architecture.input_scales().unwrap().start + member * width;
    let layers = architecture.layers();
    let copy = |layer: &pellucid::model::network::Layer| if layer.copies() > 1 { member } else { 0 };
    let weights = layers.iter().map(|layer| layer.weights_of(copy(layer)));
    let biases = layers.iter().map(|layer| layer.bias_of(copy(layer)).unwrap());
    let ranges = weights
        .chain(biases)
        .chain(std::iter::once(scales..scales + width));
    Network::new(
        alone,
        ranges.flat_map(|range| of.parameters()[range].to_vec()).collect(),
    )
    .unwrap()
}

fn outputs_of(network: &Network<f64>, x: &[f64]) -> Vec<f64> {
    let rows = x.len() / network.architecture().input_width();
    let mut workspace = Workspace::new(network.architecture(), rows);
    pass::forward(
        network.architecture(),
        network.parameters(),
        Input::Dense(x),
        &mut workspace,
    );
    workspace.outputs().to_vec()
}

const OUTPUTS: [(Activation, Loss); 3] = [
    (Activation::Softmax, Loss::CategoricalCrossEntropy),
    (Activation::Sigmoid, Loss::BinaryCrossEntropy),
    (Activation::Identity, Loss::SquaredError),
];

#[test]
fn analytic_equals_numeric_for_members() {
    let generator = &mut RandomState::new(23);
    for (output, loss) in OUTPUTS {
        for normalisation in [None, Some(Normalisation::BATCH), Some(Normalisation::LAYER)] {
            for depth in 2..4 {
                let mut width = || generator.randint(2, 7).unwrap() as usize;
                let rows = width();
                let sizes: Vec<usize> = (0..=depth).map(|_| width()).collect();
                let network = network(&sizes, Activation::Tanh, output, normalisation, generator);
                let x: Vec<f64> = uniform(rows * sizes[0], -1.5, 1.5, generator);
                let y = targets(loss, rows, sizes[depth], generator);
                let report = check_network(&network, Input::Dense(&x), &y, objective(loss, Reduction::Mean));
                assert!(
                    report.is_right() && report.worst() < 1e-6,
                    "{output:?}, {normalisation:?}, {rows} x {sizes:?}: {report}"
                );
            }
        }
    }
}

/// The loss is the mean of the members' losses, so the derivatives of what they share are means of theirs, and of what is their
/// own, a third of theirs.
#[test]
fn members_together_are_members_one_by_one() {
    let generator = &mut RandomState::new(29);
    for (sizes, rows) in [
        (vec![3, 4, 2], 5),
        (vec![40, 64, 48, 3], 70),
        (vec![20, 9, 5, 1], 1),
    ] {
        for (output, loss) in OUTPUTS {
            let output = if sizes.ends_with(&[1]) && output == Activation::Softmax {
                Activation::Identity
            } else {
                output
            };
            let loss = if output == Activation::Identity {
                Loss::SquaredError
            } else {
                loss
            };
            let network = network(&sizes, Activation::Relu, output, None, generator);
            let architecture = network.architecture();
            let outputs = *sizes.last().unwrap();
            let x: Vec<f64> = uniform(rows * sizes[0], -1.5, 1.5, generator);
            let y: Vec<f64> = targets(loss, rows, outputs, generator);
            let weights: Vec<f64> = uniform(rows, 0.5, 2.0, generator);
            let run = |network: &Network<f64>| {
                let mut workspace = Workspace::new(network.architecture(), rows);
                workspace.weigh_rows(weights.iter().copied());
                let objective = objective(loss, Reduction::Mean);
                let gradient = gradient(network, Input::Dense(&x), &y, objective, &mut workspace);
                (loss_sum(loss, network.architecture(), &y, &workspace), gradient)
            };
            let (loss_of_all, of_all) = run(&network);
            let alone: Vec<_> = (0..MEMBERS).map(|number| member(&network, number)).collect();
            let each: Vec<_> = alone.iter().map(run).collect();
            let mean = each.iter().map(|(loss, _)| loss).sum::<f64>() / MEMBERS as f64;
            assert!((loss_of_all - mean).abs() < 1e-12 * mean.abs());
            let mut expected = vec![0.0; of_all.len()];
            let mut add = |to: std::ops::Range<usize>, from: &[f64]| {
                for (to, from) in expected[to].iter_mut().zip(from) {
                    *to += from / MEMBERS as f64;
                }
            };
            for (number, (_, own)) in each.iter().enumerate() {
                let theirs = alone[number].architecture();
                for (layer, their) in architecture.layers().iter().zip(theirs.layers()) {
                    let copy = if layer.copies() > 1 { number } else { 0 };
                    add(layer.weights_of(copy), &own[their.weights()]);
                    add(layer.bias_of(copy).unwrap(), &own[their.bias().unwrap()]);
                }
                let at = architecture.input_scales().unwrap().start + number * sizes[0];
                add(at..at + sizes[0], &own[theirs.input_scales().unwrap()]);
            }
            let off = difference(&of_all, &expected);
            assert!(off < 1e-12, "{sizes:?}, {output:?}: {off}");
        }
    }
}

/// A prediction is the mean of the members' outputs; its loss is the loss of that mean, and its logits are those of that mean.
#[test]
fn predictions_are_the_mean_of_the_members() {
    let generator = &mut RandomState::new(31);
    for (output, loss) in OUTPUTS {
        let sizes = [6, 9, 3];
        let network = network(&sizes, Activation::Relu, output, None, generator);
        let rows = 300;
        let x: Vec<f64> = uniform(rows * 6, -1.5, 1.5, generator);
        let y: Vec<f64> = targets(loss, rows, 3, generator);
        let each: Vec<_> = (0..MEMBERS)
            .map(|number| outputs_of(&member(&network, number), &x))
            .collect();
        let mean: Vec<f64> = (0..rows * 3)
            .map(|at| each.iter().map(|outputs| outputs[at]).sum::<f64>() / MEMBERS as f64)
            .collect();
        let features = Features::Dense(Matrix::new(rows, 6, x).unwrap());
        for count in [1, 2] {
            assert!(difference(&predict(&network, &features, rows, threads(count)), &mean) < 1e-14);
        }
        let plain = network.architecture().clone().without_output_activation();
        let logits = Network::new(plain, network.parameters().to_vec()).unwrap();
        let logits = predict(&logits, &features, rows, threads(1));
        let mut again = vec![0.0; logits.len()];
        output.apply(&logits, &mut again, 3);
        assert!(difference(&again, &mean) < 1e-14, "{output:?}");
        let data = Dataset::new(features, Targets::Dense(Matrix::new(rows, 3, y.clone()).unwrap())).unwrap();
        let found = evaluate(&network, &data, loss, &[], threads(2)).loss;
        let expected: f64 = mean.iter().zip(&y).map(|(&a, &y)| own_loss(loss, a, y)).sum();
        assert!(
            (found * rows as f64 / expected - 1.0).abs() < 1e-9,
            "{loss:?}: {found}, {expected}"
        );
    }
}

/// The part of one output in the loss.
fn own_loss(loss: Loss, a: f64, y: f64) -> f64 {
    match loss {
        Loss::CategoricalCrossEntropy => -y * a.ln(),
        Loss::BinaryCrossEntropy => -y * a.ln() - (1.0 - y) * (1.0 - a).ln(),
        _ => (a - y) * (a - y),
    }
}

#[test]
fn bytes_and_sparse_rows_reach_members_like_numbers() {
    let generator = &mut RandomState::new(37);
    let network = network(
        &[30, 20, 3],
        Activation::Tanh,
        Activation::Softmax,
        None,
        generator,
    );
    assert_other_inputs_are_like_numbers(&network, generator);
}

#[test]
fn the_gradient_under_dropout_is_that_of_the_thinned_members() {
    let generator = &mut RandomState::new(41);
    let network = network(
        &[4, 8, 6, 2],
        Activation::Tanh,
        Activation::Identity,
        None,
        generator,
    );
    let architecture = network.architecture();
    let x: Vec<f64> = uniform(3 * 4, -1.0, 1.0, generator);
    let y: Vec<f64> = uniform(3 * 2, -1.0, 1.0, generator);
    let loss = Loss::SquaredError;
    let fresh = Workspace::new(architecture, 3).with_dropout(Dropout::new(&[0.4; 2], 7).unwrap());
    let report = check_gradient(
        network.parameters(),
        |parameters| {
            let mut workspace = fresh.clone();
            pass::forward(architecture, parameters, Input::Dense(&x), &mut workspace);
            loss_sum(loss, architecture, &y, &workspace)
        },
        |_| {
            gradient(
                &network,
                Input::Dense(&x),
                &y,
                objective(loss, Reduction::Sum),
                &mut fresh.clone(),
            )
        },
    );
    assert!(report.is_right(), "{}", report.worst());
}

#[test]
fn members_start_different_and_learn() {
    let text = "[data]\nsource = \"inline\"\n[network]\nlayers = [2, 16, 1]\nactivation = [\"tanh\", \"sigmoid\"]\nmembers = 4\n\
                [init]\nmethod = \"pytorch\"\n[train]\nloss = \"binary_cross_entropy\"\noptimizer = \"adam\"\n\
                learning_rate = 0.05\nepochs = 1\nprecision = \"f64\"\n";
    let recipe = Recipe::from_toml(text, "test").unwrap();
    let architecture = recipe.architecture().unwrap();
    let network = initialise::<f64>(architecture, &Init::Pytorch, &mut RandomState::new(3)).unwrap();
    let scales = network.input_scales().unwrap();
    assert_eq!(scales.len(), 8);
    assert!(scales.iter().all(|scale| scale.abs() == 1.0));
    assert!(scales.contains(&1.0) && scales.contains(&-1.0));
    let output = network.architecture().output_layer();
    let heads: Vec<_> = (0..4)
        .map(|copy| bits(&network.parameters()[output.weights_of(copy)]))
        .collect();
    assert!((1..4).all(|copy| heads[copy] != heads[0]));
    let (x, y) = ([0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0]);
    let mut trainer = Trainer::new(&recipe, network, RandomState::new(0), threads(1)).unwrap();
    for _ in 0..300 {
        trainer.step(Input::Dense(&x), &y).unwrap();
    }
    let outputs = outputs_of(trainer.network(), &x);
    assert!(
        outputs.iter().zip(y).all(|(a, y)| (a - y).abs() < 0.1),
        "{outputs:?}"
    );
}

#[test]
fn impossible_members_are_refused() {
    let plain =
        |sizes: &[usize]| Architecture::new(sizes, &vec![Activation::Relu; sizes.len() - 1], true).unwrap();
    for (architecture, count, says) in [
        (plain(&[3, 4, 2]), 0, "at least 2 members"),
        (plain(&[3, 4, 2]), 1, "at least 2 members"),
        (plain(&[3, 2]), 8, "no hidden layer"),
        (plain(&[3, 4, 2]), usize::MAX / 4, "than memory can address"),
    ] {
        let error = architecture.with_members(count).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
