//! Checks embeddings of features and parametric activations: gradients, other kinds of input, and networks that are equal.

use crate::fixture::{
    assert_a_step_follows_the_gradient, assert_other_inputs_are_like_numbers, difference, objective, targets,
    threads, uniform,
};
use pellucid::model::embedding::{Embedding, EmbeddingMethod};
use pellucid::model::pass::{self, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{
    Activation, Architecture, Input, Loss, Network, Normalisation, Recipe, Reduction, Trainer, check_network,
};

/// A random network with embeddings of some of its features.
fn network(
    architecture: Architecture,
    embeddings: &[Embedding],
    generator: &mut RandomState,
) -> Network<f64> {
    let architecture = architecture.embedding(embeddings).unwrap();
    with_parameters(architecture, generator)
}

fn with_parameters(architecture: Architecture, generator: &mut RandomState) -> Network<f64> {
    let mut parameters: Vec<f64> = uniform(architecture.affine_count(), -0.6, 0.6, generator);
    parameters.resize_with(architecture.trained_count(), || generator.uniform(-0.9, 0.9));
    parameters.resize_with(architecture.parameter_count(), || generator.uniform(0.5, 1.5));
    Network::new(architecture, parameters).unwrap()
}

fn dense(sizes: &[usize], hidden: Activation, output: Activation) -> Architecture {
    let mut activations = vec![hidden; sizes.len() - 1];
    activations[sizes.len() - 2] = output;
    Architecture::new(sizes, &activations, true).unwrap()
}

/// Embeddings of each method, with few frequencies, and a feature that stays as it is between them.
fn embeddings() -> Vec<Embedding> {
    vec![
        Embedding {
            frequencies: Some(3),
            ..Embedding::new(EmbeddingMethod::Pbld, 1, 2)
        },
        Embedding {
            width: Some(3),
            ..Embedding::new(EmbeddingMethod::Linear, 4, 7)
        },
        Embedding {
            frequencies: Some(2),
            width: Some(5),
            ..Embedding::new(EmbeddingMethod::Plr, 8, 9)
        },
    ]
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

#[test]
fn analytic_equals_numeric_for_embeddings() {
    let generator = &mut RandomState::new(43);
    let plain = || dense(&[10, 6, 5, 2], Activation::Tanh, Activation::Softmax);
    for (what, architecture) in [
        ("alone", plain()),
        ("scaled", plain().scaling_inputs()),
        ("of members", plain().with_members(3).unwrap()),
        ("parametric", plain().with_parametric_activations()),
        (
            "linear model",
            dense(&[10, 2], Activation::Tanh, Activation::Softmax),
        ),
    ] {
        let network = network(architecture, &embeddings(), generator);
        let x: Vec<f64> = uniform(5 * 10, -1.5, 1.5, generator);
        let loss = Loss::CategoricalCrossEntropy;
        let y = targets(loss, 5, 2, generator);
        let report = check_network(&network, Input::Dense(&x), &y, objective(loss, Reduction::Mean));
        assert!(report.is_right() && report.worst() < 1e-5, "{what}: {report}");
    }
}

#[test]
fn analytic_equals_numeric_for_parametric_activations() {
    let generator = &mut RandomState::new(47);
    for hidden in [
        Activation::Tanh,
        Activation::Selu,
        Activation::Mish,
        Activation::Sigmoid,
    ] {
        for normalisation in [None, Some(Normalisation::BATCH), Some(Normalisation::LAYER)] {
            let architecture = dense(&[4, 6, 5, 3], hidden, Activation::Identity);
            let architecture = architecture
                .normalised(&[normalisation, normalisation, None])
                .unwrap();
            let network = with_parameters(architecture.with_parametric_activations(), generator);
            let x: Vec<f64> = uniform(7 * 4, -1.5, 1.5, generator);
            let y = targets(Loss::SquaredError, 7, 3, generator);
            let objective = objective(Loss::SquaredError, Reduction::Mean);
            let report = check_network(&network, Input::Dense(&x), &y, objective);
            assert!(
                report.is_right() && report.worst() < 1e-5,
                "{hidden:?}, {normalisation:?}: {report}"
            );
        }
    }
}

/// α of 1 is the activation, α of 0 none.
#[test]
fn factors_mix_the_activation_and_the_pre_activation() {
    let generator = &mut RandomState::new(53);
    let plain = dense(&[4, 20, 9, 3], Activation::Mish, Activation::Softmax);
    let network = with_parameters(plain.clone(), generator);
    let x: Vec<f64> = uniform(6 * 4, -1.5, 1.5, generator);
    for (factor, hidden) in [(1.0, Activation::Mish), (0.0, Activation::Identity)] {
        let parametric = plain.clone().with_parametric_activations();
        let parameters = [network.parameters(), &[factor; 29]].concat();
        let parametric = Network::new(parametric, parameters).unwrap();
        let same = dense(&[4, 20, 9, 3], hidden, Activation::Softmax);
        let same = Network::new(same, network.parameters().to_vec()).unwrap();
        assert!(difference(&outputs_of(&parametric, &x), &outputs_of(&same, &x)) < 1e-14);
    }
}

/// x·E is a linear layer in front, and cosines are those of the standard library.
#[test]
fn embeddings_are_what_their_formulas_say() {
    let generator = &mut RandomState::new(59);
    let network = network(
        dense(&[10, 1], Activation::Tanh, Activation::Identity),
        &embeddings(),
        generator,
    );
    let architecture = network.architecture();
    let width = architecture.layer(0).fan_in;
    assert_eq!(width, 2 * 4 + 1 + 3 + 2 * 5 + 1);
    let x: Vec<f64> = uniform(10, -2.0, 2.0, generator);
    let arrays: Vec<_> = architecture
        .embedded_parts()
        .iter()
        .map(|part| {
            let arrays = part.arrays().into_iter();
            arrays
                .map(|(name, _, range)| (name, network.parameters()[range].to_vec()))
                .collect::<std::collections::HashMap<_, _>>()
        })
        .collect();
    let tau = std::f64::consts::TAU;
    let mut embedded = Vec::new();
    let (pbld, linear, plr) = (&arrays[0], &arrays[2], &arrays[3]);
    for (column, &x) in x[..2].iter().enumerate() {
        embedded.push(x);
        for output in 0..3 {
            let of_frequency = |f: usize| {
                let at = column * 3 + f;
                pbld["weight"][at * 3 + output] * (tau * pbld["frequency"][at] * x + pbld["phase"][at]).cos()
            };
            embedded.push(pbld["bias"][column * 3 + output] + (0..3).map(of_frequency).sum::<f64>());
        }
    }
    embedded.push(x[2]);
    for output in 0..3 {
        let of_column = |column: usize| x[3 + column] * linear["weight"][column * 3 + output];
        embedded.push((0..4).map(of_column).sum());
    }
    for (column, &x) in x[7..9].iter().enumerate() {
        for output in 0..5 {
            let of_frequency = |f: usize| {
                let turns = tau * plr["frequency"][column * 2 + f] * x;
                let weight = |function: usize| plr["weight"][(column * 4 + function) * 5 + output];
                weight(f) * turns.cos() + weight(2 + f) * turns.sin()
            };
            let sum = plr["bias"][column * 5 + output] + (0..2).map(of_frequency).sum::<f64>();
            embedded.push(sum.max(0.0));
        }
    }
    embedded.push(x[9]);
    let expected: f64 = embedded.iter().zip(network.weights(0)).map(|(x, w)| x * w).sum();
    let expected = expected + network.bias(0).unwrap()[0];
    assert!((outputs_of(&network, &x)[0] - expected).abs() < 1e-13);
}

#[test]
fn bytes_and_sparse_rows_are_embedded_like_numbers() {
    let generator = &mut RandomState::new(61);
    let network = network(
        dense(&[10, 6, 3], Activation::Tanh, Activation::Softmax),
        &embeddings(),
        generator,
    );
    assert_other_inputs_are_like_numbers(&network, generator);
}

/// A step of plain descent by the pass itself is a step along the gradient.
#[test]
fn a_step_of_the_pass_moves_embeddings_and_factors_along_the_gradient() {
    let generator = &mut RandomState::new(67);
    let architecture = dense(&[10, 6, 2], Activation::Tanh, Activation::Identity);
    let network = network(
        architecture.with_parametric_activations(),
        &embeddings(),
        generator,
    );
    assert_a_step_follows_the_gradient(&network, generator);
}

#[test]
fn rate_factors_reach_embeddings_and_activations() {
    let steps = |factors: &str| {
        let text = format!(
            "[data]\nsource = \"inline\"\n[network]\nlayers = [3, 5, 2]\nactivation = \"tanh\"\nparametric_activations = true\n\
             embeddings = [{{ method = \"pbld\", first = 1, last = 2 }}]\n\
             [train]\nloss = \"squared_error\"\nepochs = 1\nprecision = \"f64\"\noptimizer = \"adam\"\nlearning_rate = 0.01\n\
             rate_factors = {{ {factors} }}"
        );
        let recipe = Recipe::from_toml(&text, "test").unwrap();
        let generator = &mut RandomState::new(3);
        let network = with_parameters(recipe.architecture().unwrap(), generator);
        let (x, y): (Vec<f64>, Vec<f64>) = (
            uniform(12, -1.0, 1.0, generator),
            uniform(8, -1.0, 1.0, generator),
        );
        let mut trainer = Trainer::new(&recipe, network.clone(), RandomState::new(0), threads(1)).unwrap();
        trainer.step(Input::Dense(&x), &y).unwrap();
        let pairs = trainer.network().parameters().iter().zip(network.parameters());
        let steps: Vec<f64> = pairs.map(|(after, before)| after - before).collect();
        (network.architecture().clone(), steps)
    };
    let (architecture, usual) = steps("weights = 1.0");
    let (_, paced) = steps("embeddings = 0.1, activations = 3.0");
    let factors = architecture.layer(0).activation_factors().unwrap();
    let embedding = architecture.embedded_parts()[0].embedding.clone().unwrap().1;
    for (at, (usual, paced)) in usual.iter().zip(paced).enumerate() {
        let factor = match at {
            _ if factors.contains(&at) => 3.0,
            _ if embedding.contains(&at) => 0.1,
            _ => 1.0,
        };
        assert!((paced - factor * usual).abs() < 1e-14, "{at}");
    }
}

#[test]
fn impossible_embeddings_are_refused() {
    let of = |method, first, last| Embedding::new(method, first, last);
    let pbld = EmbeddingMethod::Pbld;
    for (embeddings, says) in [
        (vec![of(pbld, 0, 2)], "counted from 1 to 4"),
        (vec![of(pbld, 3, 2)], "counted from 1 to 4"),
        (vec![of(pbld, 1, 5)], "counted from 1 to 4"),
        (
            vec![of(pbld, 1, 2), of(pbld, 2, 3)],
            "which another entry embeds too",
        ),
        (
            vec![Embedding {
                width: Some(1),
                ..of(pbld, 1, 2)
            }],
            "has width = 1",
        ),
        (
            vec![Embedding {
                frequencies: Some(0),
                ..of(pbld, 1, 2)
            }],
            "has frequencies = 0",
        ),
        (
            vec![Embedding {
                sigma: Some(f64::NAN),
                ..of(pbld, 1, 2)
            }],
            "has sigma = NaN",
        ),
        (
            vec![Embedding {
                sigma: Some(1.0),
                ..of(EmbeddingMethod::Linear, 1, 2)
            }],
            "which method = \"linear\" does not have",
        ),
    ] {
        let plain = dense(&[4, 3, 2], Activation::Tanh, Activation::Identity);
        let error = plain.embedding(&embeddings).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
