//! Compares one computation done in two ways: in two precisions, traced and trained, from bytes and from numbers.

use crate::fixture::{
    bits, classifier, dense, difference, flat, gradient, network, objective, targets, trained, uniform,
};
use pellucid::data::dataset::{BatchBuffers, ByteMatrix, Dataset, Features, Rows, Samples, Targets};
use pellucid::inspection::trace::Trace;
use pellucid::model::pass::{Objective, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{Activation, Input, Loss, Network, Recipe, Reduction, Scalar, Trainer};
use proptest::prelude::*;
use std::num::NonZeroUsize;

const SQUARED_ERROR: Objective = Objective {
    loss: Loss::SquaredError,
    reduction: Reduction::Mean,
    update: pellucid::Update::Textbook,
};

/// The same network and batch in both precisions; the numbers are exact in single precision.
fn single_and_double(sizes: &[usize], activations: &[Activation], rows: usize, seed: u32) -> [Vec<f64>; 3] {
    let generator = &mut RandomState::new(seed);
    let exact = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
    let network = network::<f32>(sizes, activations, true, generator);
    let input = uniform::<f32>(rows * sizes[0], -1.0, 1.0, generator);
    let targets = targets::<f32>(Loss::SquaredError, rows, sizes[sizes.len() - 1], generator);
    [exact(network.parameters().to_vec()), exact(input), exact(targets)]
}

fn pass_in<T: Scalar>(
    sizes: &[usize],
    activations: &[Activation],
    [parameters, input, targets]: &[Vec<f64>; 3],
) -> (Vec<T>, Vec<T>) {
    let of = |values: &[f64]| values.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
    let architecture = pellucid::Architecture::new(sizes, activations, true).unwrap();
    let network = Network::new(architecture, of(parameters)).unwrap();
    let (input, targets) = (of(input), of(targets));
    let mut workspace = Workspace::new(network.architecture(), input.len() / sizes[0]);
    let gradient = gradient(
        &network,
        Input::Dense(&input),
        &targets,
        SQUARED_ERROR,
        &mut workspace,
    );
    (workspace.outputs().to_vec(), gradient)
}

#[test]
fn single_precision_is_close_to_double() {
    for (seed, &hidden) in Activation::ALL.iter().enumerate() {
        for (rows, sizes) in [(1, [3, 4, 2]), (7, [30, 17, 5]), (40, [70, 60, 10])] {
            let activations = [hidden, Activation::Sigmoid];
            let numbers = single_and_double(&sizes, &activations, rows, seed as u32);
            let single = pass_in::<f32>(&sizes, &activations, &numbers);
            let double = pass_in::<f64>(&sizes, &activations, &numbers);
            // About fan_in roundings of single precision per layer, half of which cancel.
            let (outputs, gradients) = (difference(&single.0, &double.0), difference(&single.1, &double.1));
            assert!(
                outputs < 1e-5 && gradients < 1e-4,
                "{hidden:?} {sizes:?}: {outputs:e}, {gradients:e}"
            );
            assert!(
                outputs > 0.0,
                "double precision is not computed in double precision"
            );
        }
    }
}

fn trace_is_training<T: Scalar>(
    hidden: Activation,
    output: Activation,
    loss: Loss,
    bias: bool,
    rows: usize,
    seed: u32,
) {
    let generator = &mut RandomState::new(seed);
    let network = network::<T>(&[6, 17, 4, 3], &[hidden, hidden, output], bias, generator);
    let input = uniform::<T>(rows * 6, -1.0, 1.0, generator);
    let targets = targets::<T>(loss, rows, 3, generator);
    let objective = objective(loss, Reduction::Mean);
    let trace = Trace::new(&network, Input::Dense(&input), &targets, objective);

    let mut workspace = Workspace::new(network.architecture(), rows);
    let gradient = gradient(
        &network,
        Input::Dense(&input),
        &targets,
        objective,
        &mut workspace,
    );
    let rate = 0.03;
    let recipe = Recipe::from_toml(
        &format!(
            "data = {{ source = \"inline\" }}\nnetwork = {{ layers = [6, 17, 4, 3], bias = {bias}, activation = [\"{}\", \"{}\", \"{}\"] }}\n\
             train = {{ loss = \"{}\", learning_rate = {rate}, epochs = 1 }}",
            hidden.name(),
            hidden.name(),
            output.name(),
            loss.name()
        ),
        "the test",
    )
    .unwrap();
    let mut trainer = Trainer::new(&recipe, network.clone(), RandomState::new(0), NonZeroUsize::MIN).unwrap();
    let sum = trainer.step(Input::Dense(&input), &targets).unwrap();
    assert_eq!(trace.loss, sum * (1.0 / rows as f64), "the loss before the step");

    for (index, (traced, layer)) in trace
        .layers
        .iter()
        .zip(network.architecture().layers())
        .enumerate()
    {
        for of in [&workspace, trainer.workspace()] {
            assert_eq!(bits(&flat(&traced.z)), bits(of.z(index)), "z of layer {index}");
            assert_eq!(
                bits(&flat(&traced.activation)),
                bits(of.activation(index)),
                "a of layer {index}"
            );
            assert_eq!(
                bits(&flat(&traced.delta)),
                bits(of.delta(index)),
                "δ of layer {index}"
            );
        }
        assert_eq!(
            bits(&flat(&traced.d_loss_d_weights)),
            bits(&gradient[layer.weights()]),
            "∂L/∂W of layer {index}"
        );
        assert_eq!(
            traced.d_loss_d_bias.as_ref().map(|bias| bits(&bias.0)),
            layer.bias().map(|b| bits(&gradient[b]))
        );
        // Up to rounding, because the step stores no gradient: see `a_step_without_a_gradient_equals_one_with_it`.
        let stepped = |range: std::ops::Range<usize>, gradient: &[f64]| {
            let before = &network.parameters()[range.clone()];
            let expected: Vec<T> = before
                .iter()
                .zip(gradient)
                .map(|(&w, &g)| w - T::from_f64(rate) * T::from_f64(g))
                .collect();
            let off = difference(&trainer.network().parameters()[range], &expected);
            let units = if size_of::<T>() == 4 {
                f64::from(f32::EPSILON)
            } else {
                f64::EPSILON
            };
            assert!(
                off <= (rows + 4) as f64 * units,
                "the step of layer {index} is off by {off:e}"
            );
        };
        stepped(layer.weights(), &flat(&traced.d_loss_d_weights));
        if let (Some(range), Some(gradient)) = (layer.bias(), &traced.d_loss_d_bias) {
            stepped(range, &gradient.0);
        }
        // The chain rule: for a unit whose activation depends on its own z alone, δ = ∂L/∂a · ∂a/∂z.
        let is_joint_form = index == 2
            && matches!(
                (loss, output),
                (Loss::BinaryCrossEntropy, Activation::Sigmoid)
                    | (Loss::CategoricalCrossEntropy, Activation::Softmax)
            );
        if layer.activation.is_elementwise() && !is_joint_form {
            let derivatives = flat(&traced.d_activation_d_z);
            let pairs = flat(&traced.d_loss_d_activation).into_iter().zip(derivatives);
            let product: Vec<f64> = pairs.map(|(g, d)| g * d).collect();
            assert!(
                difference(&product, &flat(&traced.delta)) < 1e-6,
                "δ = ∂L/∂a · ∂a/∂z in layer {index}"
            );
        }
    }
}

#[test]
fn a_trace_equals_the_training_step() {
    let mut seed = 0;
    for hidden in Activation::ALL {
        for (output, loss) in [
            (Activation::Identity, Loss::HalfSquaredError),
            (Activation::Sigmoid, Loss::BinaryCrossEntropy),
            (Activation::Softmax, Loss::CategoricalCrossEntropy),
            (Activation::Tanh, Loss::SquaredError),
        ] {
            for rows in [1, 5, 64] {
                seed += 1;
                trace_is_training::<f64>(hidden, output, loss, seed % 2 == 0, rows, seed);
                trace_is_training::<f32>(hidden, output, loss, seed % 2 == 1, rows, seed);
            }
        }
    }
}

fn digits(rows: usize, columns: usize, seed: u32) -> (Vec<u8>, Vec<u32>) {
    let generator = &mut RandomState::new(seed);
    let mut bytes = Vec::new();
    for row in 0..rows {
        bytes.extend(
            (0..columns).map(|_| match (row % 5, generator.randint(0, 1000).unwrap()) {
                (3, _) => 0,
                (4, _) => 255,
                (_, n) if n < 700 => 0,
                (_, n) => (n % 256) as u8,
            }),
        );
    }
    let labels = (0..rows).map(|row| u32::from(bytes[row * columns] > 0)).collect();
    (bytes, labels)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn bytes_are_the_numbers_they_stand_for(rows in 1usize..40, columns in 1usize..70, width in 1usize..70, seed in any::<u32>()) {
        let (bytes, _) = digits(rows, columns, seed);
        let generator = &mut RandomState::new(seed);
        let network = network::<f64>(&[columns, width, 3], &[Activation::Tanh; 2], true, generator);
        let targets = targets::<f64>(Loss::SquaredError, rows, 3, generator);
        let values: Vec<f64> = bytes.iter().map(|&byte| f64::from(byte) / 255.0).collect();
        let features = Features::Bytes(ByteMatrix::new(rows, columns, bytes, 255.0).unwrap());
        let of = |input| {
            let mut workspace = Workspace::new(network.architecture(), rows);
            let gradient = gradient(&network, input, &targets, SQUARED_ERROR, &mut workspace);
            (workspace.outputs().to_vec(), gradient)
        };
        let mut buffers = BatchBuffers::default();
        let from_bytes = of(features.gather(Rows::Range(0, rows), &mut buffers).0);
        let from_numbers = of(Input::Dense(&values));
        prop_assert!(difference(&from_bytes.0, &from_numbers.0) < 1e-12);
        prop_assert!(difference(&from_bytes.1, &from_numbers.1) < 1e-12);
    }
}

#[test]
fn a_run_on_bytes_equals_the_run_on_numbers() {
    let (rows, columns) = (50, 19);
    let (bytes, labels) = digits(rows, columns, 8);
    let values: Vec<f64> = bytes.iter().map(|&byte| f64::from(byte) / 255.0).collect();
    let mut recipe = classifier();
    recipe.network.layers = vec![columns, 6, 2];
    let data = |features| {
        Dataset::new(
            features,
            Targets::Classes {
                labels: labels.clone(),
                classes: 2,
            },
        )
        .unwrap()
    };
    let numbers = trained::<f64>(&recipe, &data(Features::Dense(dense(rows, columns, values))));
    let bytes = ByteMatrix::new(rows, columns, bytes, 255.0).unwrap();
    let off = difference(&trained::<f64>(&recipe, &data(Features::Bytes(bytes))), &numbers);
    assert!(off < 1e-11, "130 steps drift apart by {off:e}");
}

#[test]
fn classes_equal_one_hot_numbers_to_the_bit() {
    let data = crate::fixture::classes::<f64>(30, 5, 3, 1);
    let Targets::Classes { labels, classes } = data.targets() else {
        panic!("classes")
    };
    let mut numbers = vec![0.0; 30 * classes];
    labels
        .iter()
        .enumerate()
        .for_each(|(row, &label)| numbers[row * classes + label as usize] = 1.0);
    let targets = Targets::Dense(dense(30, *classes, numbers));
    let as_numbers = Dataset::new(data.features().clone(), targets).unwrap();
    let recipe = classifier();
    assert_eq!(
        bits(&trained(&recipe, &data)),
        bits(&trained(&recipe, &as_numbers))
    );
}
