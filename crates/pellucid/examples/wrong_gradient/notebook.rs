//! Contains the notebook's data and its rule, with the correct rule beside it. The library draws the weights and computes
//! the forward pass. The notebook's own rule is written out here, because the library has no such rule.

use pellucid::data::dataset::Features;
use pellucid::data::matrix::Matrix;
use pellucid::inspection::gradient_check::RuleReport;
use pellucid::model::pass::{self, Objective, Update, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{
    Activation, Architecture, GradientReport, Input, Loss, Network, Reduction, Result, check_gradient,
    check_rule,
};

/// Rows of the data.
pub(crate) const ROWS: usize = 4;
/// Features of a row.
pub(crate) const FEATURES: usize = 3;
/// Hidden units in the second part.
pub(crate) const HIDDEN: usize = 4;
/// The number of iterations of the notebook.
pub(crate) const ITERATIONS: usize = 10;
/// The notebook's learning rate.
pub(crate) const ETA: f64 = 0.5;

/// (ROWS, FEATURES), row after row.
pub(crate) const DATA: [f64; ROWS * FEATURES] =
    [4.0, 500.0, 6.0, 4.0, 550.0, 5.5, 2.0, 200.0, 3.5, 2.0, 250.0, 4.0];
/// One label per row.
pub(crate) const LABELS: [f64; ROWS] = [1.0, 1.0, 0.0, 0.0];

/// The two networks of the notebook, drawn one after the other from `np.random.seed(1)`. The notebook's output of
/// the second part began from other weights, because its cells were run out of order; run in order, in NumPy, its cells
/// begin from these.
pub(crate) struct Start {
    /// 3 inputs, 1 sigmoid.
    pub(crate) perceptron: Network<f64>,
    /// 3 inputs, 4 hidden sigmoids, 1 sigmoid.
    pub(crate) with_hidden_layer: Network<f64>,
}

impl Start {
    /// Draws the initial weights of both networks.
    pub(crate) fn new() -> Result<Self> {
        let mut random = RandomState::new(1);
        let mut draw = |sizes: &[usize]| {
            let architecture = Architecture::new(sizes, &vec![Activation::Sigmoid; sizes.len() - 1], false)?;
            let mut weights = vec![0.0; architecture.parameter_count()];
            weights.fill_with(|| random.random_sample());
            Network::new(architecture, weights)
        };
        Ok(Self {
            perceptron: draw(&[FEATURES, 1])?,
            with_hidden_layer: draw(&[FEATURES, HIDDEN, 1])?,
        })
    }
}

/// The library's forward pass over all rows of `data`.
pub(crate) fn forward(architecture: &Architecture, weights: &[f64], data: &[f64]) -> Workspace<f64> {
    let mut workspace = Workspace::new(architecture, ROWS);
    pass::forward(architecture, weights, Input::Dense(data), &mut workspace);
    workspace
}

/// The notebook's "mean squared error": it subtracts labels of shape (4,) from outputs of shape (4, 1), which compares
/// every output with every label, 16 differences in all.
pub(crate) fn broadcast_error(outputs: &[f64]) -> f64 {
    let differences = outputs
        .iter()
        .flat_map(|output| LABELS.map(|label| output - label));
    2.0 * differences.map(|difference| difference * difference).sum::<f64>() / (ROWS * ROWS) as f64
}

/// The intended error: E = Σ (ŷ − y)² / n.
pub(crate) fn mean_squared_error(architecture: &Architecture, weights: &[f64], data: &[f64]) -> f64 {
    let workspace = forward(architecture, weights, data);
    pass::loss_sum(Loss::SquaredError, architecture, &LABELS, &workspace) / ROWS as f64
}

/// The "derivative of the sigmoid" as the notebook has it: computed from the pre-activation z instead of the output.
fn derivative_at_z(z: f64) -> f64 {
    z * (1.0 - z)
}

/// dataᵀ·v for one number (or `width` numbers) per row: (FEATURES, width).
fn times_transposed_data(data: &[f64], v: &[f64], width: usize) -> Vec<f64> {
    let mut product = vec![0.0; FEATURES * width];
    for row in 0..ROWS {
        for feature in 0..FEATURES {
            for j in 0..width {
                product[feature * width + j] += data[row * FEATURES + feature] * v[row * width + j];
            }
        }
    }
    product
}

/// The notebook's gradient of the perceptron: Dᵀ·(z(1 − z) · error).
pub(crate) fn wrong_gradient(architecture: &Architecture, weights: &[f64], data: &[f64]) -> Vec<f64> {
    let workspace = forward(architecture, weights, data);
    let error = broadcast_error(workspace.outputs());
    let delta: Vec<f64> = workspace
        .z(0)
        .iter()
        .map(|&z| derivative_at_z(z) * error)
        .collect();
    times_transposed_data(data, &delta, 1)
}

/// The correct gradient, of E = Σ (a − y)² / n: Dᵀ·(2/n · (a − y) · a(1 − a)).
pub(crate) fn right_gradient(architecture: &Architecture, weights: &[f64], data: &[f64]) -> Vec<f64> {
    let workspace = forward(architecture, weights, data);
    let pairs = workspace.outputs().iter().zip(LABELS);
    let delta: Vec<f64> = pairs
        .map(|(&a, y)| 2.0 / ROWS as f64 * (a - y) * a * (1.0 - a))
        .collect();
    times_transposed_data(data, &delta, 1)
}

/// Both layers of the notebook's second part: W's gradient and V's, as it computes them. V takes its step in between,
/// and W's gradient multiplies the deltas of row r by V[r], a weight of unit r; the shapes fit only because there are as
/// many rows as hidden units.
pub(crate) fn wrong_hidden_gradients(architecture: &Architecture, weights: &[f64], data: &[f64]) -> Vec<f64> {
    let workspace = forward(architecture, weights, data);
    let outputs = workspace.outputs();
    let error = broadcast_error(outputs);
    let output_derivative: Vec<f64> = workspace.z(1).iter().map(|&z| derivative_at_z(z)).collect();
    // outputsᵀ·(…) instead of the activations of the hidden layer: one number for all of V.
    let v_gradient: f64 = outputs
        .iter()
        .zip(&output_derivative)
        .map(|(a, d)| a * (d * error))
        .sum();
    let v: Vec<f64> = weights[architecture.layer(1).weights()]
        .iter()
        .map(|v| v + ETA * v_gradient)
        .collect();
    let hidden = workspace.z(0).chunks_exact(HIDDEN).enumerate();
    let delta: Vec<f64> = hidden
        .flat_map(|(row, z)| {
            let of_row = v[row];
            let output = output_derivative[row];
            z.iter()
                .map(move |&z| derivative_at_z(z) * of_row * output * error)
        })
        .collect();
    let mut gradients = times_transposed_data(data, &delta, HIDDEN);
    gradients.extend([v_gradient; HIDDEN]);
    gradients
}

/// One iteration of a rule: the printed error, and the weights after the step.
pub(crate) struct Iteration {
    /// The error, before the step.
    pub(crate) error: f64,
    /// The weights, after it.
    pub(crate) weights: Vec<f64>,
}

/// The notebook's loop: it adds the gradient, where descent subtracts it.
pub(crate) fn climb(
    network: &Network<f64>,
    rule: impl Fn(&Architecture, &[f64], &[f64]) -> Vec<f64>,
) -> Vec<Iteration> {
    let architecture = network.architecture();
    let mut weights = network.parameters().to_vec();
    let mut iteration = || {
        let error = broadcast_error(forward(architecture, &weights, &DATA).outputs());
        let gradient = rule(architecture, &weights, &DATA);
        weights.iter_mut().zip(gradient).for_each(|(w, g)| *w += ETA * g);
        Iteration {
            error,
            weights: weights.clone(),
        }
    };
    (0..ITERATIONS).map(|_| iteration()).collect()
}

/// The correct rule: gradient descent on `data`, `iterations` times. The errors are mean squared errors.
pub(crate) fn descend(network: &Network<f64>, data: &[f64], iterations: usize) -> Vec<Iteration> {
    let architecture = network.architecture();
    let mut weights = network.parameters().to_vec();
    let mut iteration = || {
        let error = mean_squared_error(architecture, &weights, data);
        let gradient = right_gradient(architecture, &weights, data);
        weights.iter_mut().zip(gradient).for_each(|(w, g)| *w -= ETA * g);
        Iteration {
            error,
            weights: weights.clone(),
        }
    };
    (0..iterations).map(|_| iteration()).collect()
}

/// The report of the library's gradient check for a rule on `data`, at the weights of a network.
pub(crate) fn check(
    network: &Network<f64>,
    data: &[f64],
    rule: impl Fn(&Architecture, &[f64], &[f64]) -> Vec<f64>,
) -> GradientReport {
    let architecture = network.architecture();
    let loss = |weights: &[f64]| mean_squared_error(architecture, weights, data);
    check_gradient(network.parameters(), loss, |weights| {
        rule(architecture, weights, data)
    })
}

/// The report for each layer, with the name of the mistake where it is known.
pub(crate) fn named(
    network: &Network<f64>,
    data: &[f64],
    rule: impl Fn(&Architecture, &[f64], &[f64]) -> Vec<f64>,
) -> RuleReport {
    let objective = Objective {
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        update: Update::Textbook,
    };
    check_rule(network, Input::Dense(data), &LABELS, objective, |network| {
        rule(network.architecture(), network.parameters(), data)
    })
}

/// The data with every column scaled to mean 0 and standard deviation 1.
pub(crate) fn standardised_data() -> Result<Vec<f64>> {
    let data = Features::Dense(Matrix::new(ROWS, FEATURES, DATA.to_vec())?);
    let columns = data.standardisation();
    match data.standardised_by(&columns) {
        Features::Dense(matrix) => Ok(matrix.values().to_vec()),
        Features::Bytes(_) => unreachable!("numbers stay numbers"),
    }
}
