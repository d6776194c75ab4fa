//! Checks the scales of the features: gradients, other kinds of input, and what the optimizer's parameters leave alone.

use crate::fixture::{
    assert_a_step_follows_the_gradient, assert_other_inputs_are_like_numbers, difference, objective, targets,
    threads, uniform,
};
use pellucid::model::pass::{self, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{
    Activation, Input, Loss, Network, Normalisation, Recipe, Reduction, Scalar, Trainer, check_network,
};

/// A random network with scales other than 1.
fn network<T: Scalar>(
    sizes: &[usize],
    activations: &[Activation],
    generator: &mut RandomState,
) -> Network<T> {
    let plain = crate::fixture::network::<T>(sizes, activations, true, generator);
    scaled(&plain, &uniform(sizes[0], -1.5, 1.5, generator))
}

fn scaled<T: Scalar>(plain: &Network<T>, scales: &[T]) -> Network<T> {
    let architecture = plain.architecture().clone().scaling_inputs();
    Network::new(architecture, [plain.parameters(), scales].concat()).unwrap()
}

#[test]
fn analytic_equals_numeric_for_scaled_inputs() {
    let generator = &mut RandomState::new(20);
    for activation in [Activation::Tanh, Activation::Selu, Activation::Mish] {
        for normalisation in [None, Some(Normalisation::BATCH), Some(Normalisation::LAYER)] {
            for depth in 1..4 {
                let mut width = || generator.randint(2, 7).unwrap() as usize;
                let rows = width();
                let sizes: Vec<usize> = (0..=depth).map(|_| width()).collect();
                let mut activations = vec![activation; depth];
                activations[depth - 1] = Activation::Softmax;
                let plain = network::<f64>(&sizes, &activations, generator);
                let mut of_layers = vec![normalisation; depth];
                of_layers[depth - 1] = None;
                let architecture = plain.architecture().clone().normalised(&of_layers).unwrap();
                let mut parameters = plain.parameters()[..architecture.affine_count()].to_vec();
                parameters.resize_with(architecture.parameter_count(), || generator.uniform(0.5, 1.5));
                let network = Network::new(architecture, parameters).unwrap();
                let input: Vec<f64> = uniform(rows * sizes[0], -1.5, 1.5, generator);
                let loss = Loss::CategoricalCrossEntropy;
                let targets = targets(loss, rows, sizes[depth], generator);
                let report = check_network(
                    &network,
                    Input::Dense(&input),
                    &targets,
                    objective(loss, Reduction::Mean),
                );
                assert!(
                    report.is_right() && report.worst() < 1e-6,
                    "{activations:?}, {normalisation:?}, {rows} x {sizes:?}: {report}"
                );
            }
        }
    }
}

/// (x∘s)·W by the scales is (x∘s)·W by scaled features.
#[test]
fn scaling_inputs_is_scaling_features() {
    let generator = &mut RandomState::new(3);
    for sizes in [[3, 2, 1], [40, 30, 4], [70, 9, 2]] {
        let plain =
            crate::fixture::network::<f64>(&sizes, &[Activation::Tanh, Activation::Sigmoid], true, generator);
        let scales: Vec<f64> = uniform(sizes[0], -2.0, 2.0, generator);
        let x: Vec<f64> = uniform(5 * sizes[0], -1.0, 1.0, generator);
        let multiplied: Vec<f64> = x
            .chunks(sizes[0])
            .flat_map(|row| row.iter().zip(&scales).map(|(x, s)| x * s))
            .collect();
        let outputs = |network: &Network<f64>, x: &[f64]| {
            let mut workspace = Workspace::new(network.architecture(), 5);
            pass::forward(
                network.architecture(),
                network.parameters(),
                Input::Dense(x),
                &mut workspace,
            );
            workspace.outputs().to_vec()
        };
        let (expected, found) = (
            outputs(&plain, &multiplied),
            outputs(&scaled(&plain, &scales), &x),
        );
        assert!(difference(&expected, &found) < 1e-13, "{sizes:?}");
    }
}

#[test]
fn bytes_and_sparse_rows_are_scaled_like_numbers() {
    let generator = &mut RandomState::new(5);
    let sizes = [30, 20, 3];
    let network = network::<f64>(&sizes, &[Activation::Tanh, Activation::Softmax], generator);
    assert_other_inputs_are_like_numbers(&network, generator);
}

/// A step of plain descent by the pass itself is a step along the gradient.
#[test]
fn a_step_of_the_pass_is_a_step_along_the_gradient() {
    let generator = &mut RandomState::new(8);
    let network = network::<f64>(&[4, 5, 2], &[Activation::Tanh, Activation::Identity], generator);
    assert_a_step_follows_the_gradient(&network, generator);
}

/// A recipe whose optimizer moves its parameters as these settings say.
fn recipe(settings: &str) -> Recipe {
    let text = format!(
        "[data]\nsource = \"inline\"\n[network]\nlayers = [4, 9, 2]\nactivation = \"tanh\"\ninput_scales = true\n\
         [train]\nloss = \"squared_error\"\nepochs = 1\nprecision = \"f64\"\n{settings}"
    );
    Recipe::from_toml(&text, "test").unwrap()
}

/// The steps of two recipes from one network on one batch.
fn steps(settings: [&str; 2], generator: &mut RandomState) -> (Network<f64>, [Vec<f64>; 2]) {
    let network = network::<f64>(&[4, 9, 2], &[Activation::Tanh; 2], generator);
    let (x, y): (Vec<f64>, Vec<f64>) = (
        uniform(20, -1.0, 1.0, generator),
        uniform(10, -1.0, 1.0, generator),
    );
    let after = settings.map(|settings| {
        let mut trainer = Trainer::new(
            &recipe(settings),
            network.clone(),
            RandomState::new(0),
            threads(1),
        )
        .unwrap();
        trainer.step(Input::Dense(&x), &y).unwrap();
        let pairs = trainer.network().parameters().iter().zip(network.parameters());
        pairs.map(|(after, before)| after - before).collect()
    });
    (network, after)
}

#[test]
fn a_factor_of_the_rate_multiplies_the_steps_of_its_group() {
    let generator = &mut RandomState::new(13);
    for optimizer in ["sgd", "adam", "rmsprop", "lion", "nadam", "rprop"] {
        let usual = format!("optimizer = \"{optimizer}\"\nlearning_rate = 0.01");
        let paced = format!("{usual}\nrate_factors = {{ weights = 0.5, biases = 3.0, input_scales = 6.0 }}");
        let (network, [usual, paced]) = steps([&usual, &paced], generator);
        let architecture = network.architecture();
        let (weights, biases) = (architecture.weight_count(), architecture.affine_count());
        for (at, (usual, paced)) in usual.iter().zip(&paced).enumerate() {
            let factor = match at {
                _ if at < weights => 0.5,
                _ if at < biases => 3.0,
                _ => 6.0,
            };
            assert!(
                (paced - factor * usual).abs() < 1e-14,
                "{optimizer}, {at}: {paced}, {usual}"
            );
        }
    }
}

/// With V = √fan_in·W, plain descent on V moves W by 1/fan_in of its usual step, and Adam's first step, whose size does not
/// depend on the gradient's, by 1/√fan_in of it.
#[test]
fn ntk_weights_take_steps_by_their_fan_in() {
    let generator = &mut RandomState::new(17);
    for (optimizer, power) in [("sgd", 1.0), ("adam", 0.5)] {
        let usual = format!("optimizer = \"{optimizer}\"\nlearning_rate = 0.01");
        let ntk = format!("{usual}\nparametrisation = \"ntk\"");
        let (network, [usual, ntk]) = steps([&usual, &ntk], generator);
        let architecture = network.architecture();
        for (at, (usual, ntk)) in usual.iter().zip(&ntk).enumerate() {
            let layer = architecture
                .layers()
                .iter()
                .find(|layer| layer.weights().contains(&at));
            let factor = layer.map_or(1.0, |layer| (layer.fan_in as f64).powf(-power));
            assert!(
                (ntk - factor * usual).abs() < 1e-6,
                "{optimizer}, {at}: {ntk}, {usual}"
            );
        }
    }
}

#[test]
fn lbfgs_refuses_groups() {
    for (settings, key) in [
        ("rate_factors = { biases = 0.1 }", "train.rate_factors"),
        ("parametrisation = \"ntk\"", "train.parametrisation"),
    ] {
        let text = format!("optimizer = \"lbfgs\"\n{settings}");
        let network = network::<f64>(&[4, 9, 2], &[Activation::Tanh; 2], &mut RandomState::new(1));
        let error = Trainer::new(&recipe(&text), network, RandomState::new(0), threads(1)).unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
}
