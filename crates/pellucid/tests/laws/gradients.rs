//! Compares the gradient of the backward pass with numeric derivatives of the loss.

use crate::fixture::{bits, difference, gradient, network, objective, targets, uniform};
use pellucid::model::pass::{self, Target, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::{Activation, Input, Loss, Network, Reduction, Scalar, check_network};
use proptest::prelude::*;

#[test]
fn analytic_equals_numeric_for_all_activations_losses_and_reductions() {
    let generator = &mut RandomState::new(20);
    let defined = Activation::ALL
        .iter()
        .flat_map(|&output| Loss::ALL.map(|loss| (output, loss)))
        .filter(|&(output, loss)| loss.objection_to(output).is_none());
    // Two hidden layers with rotating activations, so that each loss is tested with every activation.
    let mut hidden = Activation::ALL.iter().cycle();
    for (output, loss) in defined {
        for reduction in [Reduction::Sum, Reduction::Mean] {
            for bias in [false, true] {
                let mut width = || generator.randint(1, 7).unwrap() as usize;
                // The softmax of a single unit is 1, and ln(1 − 1) is not finite: it gets a second unit.
                let outputs = width() + usize::from(!output.is_elementwise());
                let (rows, sizes) = (width(), [width(), width(), width(), outputs]);
                let activations = [*hidden.next().unwrap(), *hidden.next().unwrap(), output];
                let network = network(&sizes, &activations, bias, generator);
                let input: Vec<f64> = uniform(rows * sizes[0], -1.5, 1.5, generator);
                let targets = targets(loss, rows, sizes[3], generator);
                let objective = objective(loss, reduction);
                let report = check_network(&network, Input::Dense(&input), &targets, objective);
                assert!(
                    report.is_right() && report.worst() < 1e-6,
                    "{activations:?}, {loss:?}, {reduction:?}, bias {bias}, {rows} x {sizes:?}: {report}"
                );
            }
        }
    }
}

#[test]
fn analytic_equals_numeric_for_large_products() {
    let generator = &mut RandomState::new(4);
    let network = network(
        &[40, 50, 10],
        &[Activation::Tanh, Activation::Softmax],
        true,
        generator,
    );
    let input: Vec<f64> = uniform(60 * 40, -1.0, 1.0, generator);
    let targets = targets(Loss::CategoricalCrossEntropy, 60, 10, generator);
    let objective = objective(Loss::CategoricalCrossEntropy, Reduction::Mean);
    let report = check_network(&network, Input::Dense(&input), &targets, objective);
    assert!(report.is_right(), "{report}");
}

/// Each target is a probability, but the sum is not 1: no class, or several classes.
#[test]
fn analytic_equals_numeric_for_targets_that_are_not_distributions() {
    let generator = &mut RandomState::new(9);
    let input: Vec<f64> = uniform(3 * 4, -1.0, 1.0, generator);
    let targets = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.2, 0.1, 0.3];
    for output in [Activation::Softmax, Activation::Sigmoid] {
        let network = network(&[4, 5, 3], &[Activation::Tanh, output], true, generator);
        for loss in Loss::ALL {
            let report = check_network(
                &network,
                Input::Dense(&input),
                &targets,
                objective(loss, Reduction::Sum),
            );
            assert!(report.is_right(), "{output:?}, {loss:?}: {report}");
        }
    }
}

#[derive(Debug, Clone)]
struct Shape {
    sizes: Vec<usize>,
    rows: usize,
    hidden: Activation,
    output: (Activation, Loss),
    bias: bool,
    seed: u32,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let pairs: Vec<(Activation, Loss)> = Activation::ALL
        .iter()
        .flat_map(|&activation| Loss::ALL.map(|loss| (activation, loss)))
        .filter(|&(activation, loss)| loss.objection_to(activation).is_none())
        .collect();
    let sizes = proptest::collection::vec(1usize..70, 2..5);
    let of = proptest::sample::select(Activation::ALL.to_vec());
    (
        sizes,
        1usize..40,
        of,
        proptest::sample::select(pairs),
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(|(mut sizes, rows, hidden, output, bias, seed)| {
            // As above, the softmax of a single unit gets a second unit.
            *sizes.last_mut().unwrap() += usize::from(!output.0.is_elementwise());
            // The exponential of an exponential soon overflows.
            if hidden == Activation::Exponential {
                sizes.drain(1..sizes.len().saturating_sub(2).max(1));
            }
            Shape {
                sizes,
                rows,
                hidden,
                output,
                bias,
                seed,
            }
        })
        .prop_filter(
            "inputs as large as an exponential give probabilities of 0 or 1, whose losses are infinite",
            |shape| {
                let wants_probabilities = shape.output.1.wants_probabilities();
                let grows = shape.output.0 == Activation::Exponential;
                shape.hidden != Activation::Exponential || !(wants_probabilities || grows)
            },
        )
}

impl Shape {
    fn make<T: Scalar>(&self) -> (Network<T>, Vec<T>, Vec<T>) {
        let generator = &mut RandomState::new(self.seed);
        let mut activations = vec![self.hidden; self.sizes.len() - 1];
        *activations.last_mut().unwrap() = self.output.0;
        let network = network(&self.sizes, &activations, self.bias, generator);
        let input = uniform(self.rows * self.sizes[0], -1.0, 1.0, generator);
        let width = *self.sizes.last().unwrap();
        (
            network,
            input,
            targets(self.output.1, self.rows, width, generator),
        )
    }
}

/// A step that stores no gradient equals one that stores it, up to rounding: the first may round θ − η·g once where the
/// second rounds η·g first, and adds the rows to θ instead of to 0. A weight may differ by (rows + 4) roundings of its own
/// magnitude and of η·Σ|x·δ|, which follows from the workspace. The deltas are equal to the bit.
fn fused_is_unfused<T: Scalar>(shape: &Shape, rate: f64) {
    let (network, input, targets) = shape.make::<T>();
    let architecture = network.architecture();
    let objective = objective(shape.output.1, Reduction::Mean);
    let rate_t = T::from_f64(rate);
    let mut apart = Workspace::new(architecture, shape.rows);
    let step = gradient(&network, Input::Dense(&input), &targets, objective, &mut apart);
    let mut expected = network.parameters().to_vec();
    expected
        .iter_mut()
        .zip(&step)
        .for_each(|(w, &g)| *w -= rate_t * g);

    let mut fused = network.parameters().to_vec();
    let mut workspace = Workspace::new(architecture, shape.rows);
    pass::forward(architecture, &fused, Input::Dense(&input), &mut workspace);
    let target = Target::Parameters {
        parameters: &mut fused,
        rate: rate_t,
    };
    pass::backward(
        architecture,
        target,
        Input::Dense(&input),
        &targets,
        objective,
        &mut workspace,
    );

    let epsilon = if T::ONE + T::from_f64(1e-10) == T::ONE {
        f64::from(f32::EPSILON)
    } else {
        f64::EPSILON
    };
    for (index, layer) in architecture.layers().iter().enumerate() {
        assert_eq!(
            bits(workspace.delta(index)),
            bits(apart.delta(index)),
            "δ of layer {index}"
        );
        let x = if index == 0 {
            &input[..]
        } else {
            apart.activation(index - 1)
        };
        let delta = apart.delta(index);
        let check = |at: usize, sum: f64| {
            let units = (shape.rows + 4) as f64 * epsilon;
            let bound =
                units * (network.parameters()[at].to_f64().abs() + rate * sum) + T::MIN_POSITIVE.to_f64();
            let off = (fused[at].to_f64() - expected[at].to_f64()).abs();
            assert!(
                off <= bound,
                "parameter {at} of layer {index} is off by {off:e}, allowed {bound:e}"
            );
        };
        let magnitude = |x: T, d: T| (x.to_f64() * d.to_f64()).abs();
        for i in 0..layer.fan_in {
            for j in 0..layer.fan_out {
                let terms =
                    (0..shape.rows).map(|r| magnitude(x[r * layer.fan_in + i], delta[r * layer.fan_out + j]));
                check(layer.weights().start + i * layer.fan_out + j, terms.sum());
            }
        }
        for (j, at) in layer.bias().into_iter().flatten().enumerate() {
            check(
                at,
                (0..shape.rows)
                    .map(|r| magnitude(T::ONE, delta[r * layer.fan_out + j]))
                    .sum(),
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_step_without_a_gradient_equals_one_with_it(shape in shapes(), rate in 1e-3..1.0f64) {
        fused_is_unfused::<f64>(&shape, rate);
        fused_is_unfused::<f32>(&shape, rate);
    }

    #[test]
    fn gradients_of_singles_add_up_to_the_batch_s(shape in shapes()) {
        let (network, input, targets) = shape.make::<f64>();
        let width = network.architecture().output_width();
        let summed = objective(shape.output.1, Reduction::Sum);
        let mut workspace = Workspace::new(network.architecture(), shape.rows);
        let of_batch = gradient(&network, Input::Dense(&input), &targets, summed, &mut workspace);
        let mut sum = vec![0.0; of_batch.len()];
        for (x, y) in input.chunks_exact(shape.sizes[0]).zip(targets.chunks_exact(width)) {
            let single = gradient(&network, Input::Dense(x), y, summed, &mut workspace);
            sum.iter_mut().zip(&single).for_each(|(sum, g)| *sum += g);
        }
        // A few hundred roundings, far below the effect of a lost or doubled row.
        prop_assert!(difference(&sum, &of_batch) < 1e-11, "{}", difference(&sum, &of_batch));
    }

    #[test]
    fn the_mean_s_gradient_is_the_sum_s_over_the_rows(shape in shapes()) {
        let (network, input, targets) = shape.make::<f64>();
        let mut workspace = Workspace::new(network.architecture(), shape.rows);
        let mut of = |reduction| {
            gradient(&network, Input::Dense(&input), &targets, objective(shape.output.1, reduction), &mut workspace)
        };
        let sum: Vec<f64> = of(Reduction::Sum).iter().map(|g| g / shape.rows as f64).collect();
        prop_assert!(difference(&sum, &of(Reduction::Mean)) < 1e-11);
    }

    #[test]
    fn a_workspace_larger_than_the_batch_changes_no_bit(shape in shapes(), more in 1usize..50) {
        let (network, input, targets) = shape.make::<f64>();
        let objective = objective(shape.output.1, Reduction::Mean);
        let of = |capacity| {
            let mut workspace = Workspace::new(network.architecture(), capacity);
            let larger = vec![f64::NAN; capacity * shape.sizes[0]];
            pass::forward(network.architecture(), network.parameters(), Input::Dense(&larger), &mut workspace);
            bits(&gradient(&network, Input::Dense(&input), &targets, objective, &mut workspace))
        };
        prop_assert_eq!(of(shape.rows), of(shape.rows + more));
    }
}
