//! Builds the random networks, batches and runs of these tests.

use crate::run::Run;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::model::pass::{self, Objective, Target, Update, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::session::record::Numbers;
use pellucid::{
    Activation, Architecture, Input, Loss, Network, Recipe, Reduction, Scalar, Session, SparseRows,
};
use std::num::NonZeroUsize;

pub(crate) fn objective(loss: Loss, reduction: Reduction) -> Objective {
    Objective {
        loss,
        reduction,
        update: Update::Textbook,
    }
}

pub(crate) fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

pub(crate) fn uniform<T: Scalar>(count: usize, low: f64, high: f64, generator: &mut RandomState) -> Vec<T> {
    (0..count)
        .map(|_| T::from_f64(generator.uniform(low, high)))
        .collect()
}

/// A network whose weights are small enough to keep activations away from saturation.
pub(crate) fn network<T: Scalar>(
    sizes: &[usize],
    activations: &[Activation],
    bias: bool,
    generator: &mut RandomState,
) -> Network<T> {
    let architecture = Architecture::new(sizes, activations, bias).unwrap();
    let mut parameters = uniform(architecture.parameter_count(), -0.5, 0.5, generator);
    for layer in architecture.layers() {
        let limit = (3.0 / layer.fan_in as f64).sqrt();
        parameters[layer.weights()].copy_from_slice(&uniform(
            layer.fan_in * layer.fan_out,
            -limit,
            limit,
            generator,
        ));
    }
    Network::new(architecture, parameters).unwrap()
}

/// Targets that suit a loss: any numbers, independent probabilities, or distributions.
pub(crate) fn targets<T: Scalar>(
    loss: Loss,
    rows: usize,
    width: usize,
    generator: &mut RandomState,
) -> Vec<T> {
    match loss {
        Loss::PoissonDeviance | Loss::HalfPoissonDeviance => uniform(rows * width, 0.0, 3.0, generator),
        Loss::Hinge => (0..rows * width)
            .map(|_| T::from_f64(f64::from(u8::from(generator.random_sample() < 0.5))))
            .collect(),
        Loss::BinaryCrossEntropy => uniform(rows * width, 0.0, 1.0, generator),
        Loss::CategoricalCrossEntropy | Loss::KullbackLeibler => {
            let mut all = Vec::new();
            for _ in 0..rows {
                let row: Vec<f64> = uniform(width, 0.1, 1.0, generator);
                let sum: f64 = row.iter().sum();
                all.extend(row.iter().map(|p| T::from_f64(p / sum)));
            }
            all
        }
        _ => uniform(rows * width, -1.0, 1.0, generator),
    }
}

/// The gradient of a batch, after a forward and a backward pass that leave their arrays in the workspace.
pub(crate) fn gradient<T: Scalar>(
    network: &Network<T>,
    input: Input<'_, T>,
    targets: &[T],
    objective: Objective,
    workspace: &mut Workspace<T>,
) -> Vec<T> {
    let mut gradient = vec![T::from_f64(f64::NAN); network.parameters().len()];
    pass::forward(network.architecture(), network.parameters(), input, workspace);
    let target = Target::Gradient {
        parameters: network.parameters(),
        gradient: &mut gradient,
    };
    pass::backward(
        network.architecture(),
        target,
        input,
        targets,
        objective,
        workspace,
    );
    gradient
}

/// Checks that bytes and sparse rows give the gradient and the outputs that the same numbers give. The outputs are a softmax.
pub(crate) fn assert_other_inputs_are_like_numbers(network: &Network<f64>, generator: &mut RandomState) {
    const ROWS: usize = 4;
    let architecture = network.architecture();
    let width = architecture.input_width();
    let bytes: Vec<u8> = (0..ROWS * width)
        .map(|_| generator.randint(0, 3).unwrap() as u8)
        .collect();
    let mut values = [0.0; 256];
    for (byte, value) in values.iter_mut().enumerate() {
        *value = byte as f64 / 7.0;
    }
    let x: Vec<f64> = bytes.iter().map(|&byte| values[usize::from(byte)]).collect();
    // Half of the zeros are stored.
    let stored: Vec<usize> = (0..x.len()).filter(|&at| x[at] != 0.0 || at % 2 == 0).collect();
    let numbers: Vec<f64> = stored.iter().map(|&at| x[at]).collect();
    let columns: Vec<u32> = stored.iter().map(|&at| (at % width) as u32).collect();
    let starts: Vec<usize> = (0..=ROWS)
        .map(|row| stored.partition_point(|&at| at < row * width))
        .collect();
    let sparse = SparseRows::new(&numbers, &columns, &starts, width).unwrap();
    let loss = Loss::CategoricalCrossEntropy;
    let y: Vec<f64> = targets(loss, ROWS, architecture.output_width(), generator);
    let all = |input| {
        let mut workspace = Workspace::new(architecture, ROWS);
        let gradient = gradient(
            network,
            input,
            &y,
            objective(loss, Reduction::Sum),
            &mut workspace,
        );
        [gradient, workspace.outputs().to_vec()].concat()
    };
    let expected = all(Input::Dense(&x));
    let bytes = Input::Bytes {
        bytes: &bytes,
        values: &values,
    };
    for input in [bytes, Input::Sparse(sparse)] {
        assert!(difference(&expected, &all(input)) < 1e-12);
    }
}

/// Checks that a step of plain descent by the pass itself is a step along the gradient, to the bit.
pub(crate) fn assert_a_step_follows_the_gradient(network: &Network<f64>, generator: &mut RandomState) {
    const ROWS: usize = 3;
    let architecture = network.architecture();
    let x: Vec<f64> = uniform(ROWS * architecture.input_width(), -1.0, 1.0, generator);
    let y: Vec<f64> = uniform(ROWS * architecture.output_width(), -1.0, 1.0, generator);
    let objective = objective(Loss::SquaredError, Reduction::Mean);
    let mut workspace = Workspace::new(architecture, ROWS);
    let gradient = gradient(network, Input::Dense(&x), &y, objective, &mut workspace);
    let mut parameters = network.parameters().to_vec();
    pass::forward(architecture, &parameters, Input::Dense(&x), &mut workspace);
    let target = Target::Parameters {
        parameters: &mut parameters,
        rate: 0.1,
    };
    pass::backward(
        architecture,
        target,
        Input::Dense(&x),
        &y,
        objective,
        &mut workspace,
    );
    let expected: Vec<f64> = network
        .parameters()
        .iter()
        .zip(gradient)
        .map(|(p, g)| p - 0.1 * g)
        .collect();
    assert_eq!(bits(&parameters), bits(&expected));
}

/// The bits of numbers, for a comparison that is exact and treats NaN as equal to itself.
pub(crate) fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

/// All numbers of a recorded matrix, row after row.
pub(crate) fn flat(rows: &[Numbers]) -> Vec<f64> {
    rows.iter().flat_map(|row| row.0.clone()).collect()
}

/// The largest difference, relative to the largest magnitude.
pub(crate) fn difference<T: Scalar, U: Scalar>(a: &[T], b: &[U]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = b
        .iter()
        .fold(f64::MIN_POSITIVE, |most, v| most.max(v.to_f64().abs()));
    let differences = a.iter().zip(b).map(|(a, b)| (a.to_f64() - b.to_f64()).abs());
    // `max` would lose a NaN.
    differences.fold(0.0, |most: f64, d| if d > most || d.is_nan() { d } else { most }) / largest
}

pub(crate) fn dense<T: Scalar>(rows: usize, columns: usize, values: Vec<T>) -> Matrix<T> {
    Matrix::new(rows, columns, values).unwrap()
}

/// Rows whose class follows from their features.
pub(crate) fn classes<T: Scalar>(rows: usize, columns: usize, classes: usize, seed: u32) -> Dataset<T> {
    let mut generator = RandomState::new(seed);
    let values: Vec<f64> = uniform(rows * columns, -1.0, 1.0, &mut generator);
    let label = |row: &[f64]| (((row[0] + 1.0) * 0.5 * classes as f64) as u32).min(classes as u32 - 1);
    let labels = values.chunks_exact(columns).map(label).collect();
    let values = values.into_iter().map(T::from_f64).collect();
    Dataset::new(
        Features::Dense(dense(rows, columns, values)),
        Targets::Classes { labels, classes },
    )
    .unwrap()
}

pub(crate) fn recipe(text: &str) -> Recipe {
    Recipe::from_toml(text, "the test").unwrap()
}

/// The recipe of a small classifier; each test changes the settings that it tests.
pub(crate) fn classifier() -> Recipe {
    recipe(
        r#"
        [data]
        source = "inline"
        [network]
        layers = [5, 7, 3]
        activation = ["tanh", "softmax"]
        [train]
        loss = "categorical_cross_entropy"
        learning_rate = 0.1
        batch_size = 4
        shuffle = true
        epochs = 10
        seed = 11
        "#,
    )
}

pub(crate) fn session<T: Scalar>(recipe: &Recipe, data: &Dataset<T>) -> Session<'static, T> {
    Session::new(recipe.clone(), data.clone(), NonZeroUsize::MIN).unwrap()
}

/// The training loop alone.
pub(crate) fn experiment<T: Scalar>(recipe: &Recipe, data: &Dataset<T>) -> Run<T> {
    Run::new(recipe.clone(), data.clone(), NonZeroUsize::MIN).unwrap()
}

/// The parameters after the whole run.
pub(crate) fn trained<T: Scalar>(recipe: &Recipe, data: &Dataset<T>) -> Vec<T> {
    let mut run = experiment(recipe, data);
    run.run(&mut ()).unwrap();
    run.network().parameters().to_vec()
}
