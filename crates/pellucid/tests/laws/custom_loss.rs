//! Checks custom losses: they equal the built-in ones, and the gradient check tests them.

use crate::fixture::{bits, classifier, difference, gradient, network, objective, targets, threads, uniform};
use crate::run::Run;
use pellucid::loss::{CustomLoss, OutputRow};
use pellucid::model::pass::Workspace;
use pellucid::numpy_random::RandomState;
use pellucid::{
    Activation, Error, GradientReport, Input, Loss, Recipe, Reduction, Scalar, Session, Trainer,
    check_network,
};

fn half_squared_error(row: OutputRow<'_>) -> f64 {
    let pairs = row.outputs.iter().zip(row.targets);
    pairs.map(|(a, y)| 0.5 * (a - y).powi(2)).sum()
}

fn difference_times(factor: f64) -> impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync {
    move |row, derivatives| {
        for (derivative, (a, y)) in derivatives.iter_mut().zip(row.outputs.iter().zip(row.targets)) {
            *derivative = factor * (a - y);
        }
    }
}

/// ln(1 + e^z) − y·z, and δ = a − y.
fn cross_entropy_of_sigmoid() -> Loss {
    CustomLoss::with_delta(
        "by its logits",
        |row| {
            let pairs = row.z.iter().zip(row.targets);
            pairs
                .map(|(z, y)| z.max(0.0) - z * y + (-z.abs()).exp().ln_1p())
                .sum()
        },
        |row, derivatives| {
            for (derivative, (a, y)) in derivatives.iter_mut().zip(row.outputs.iter().zip(row.targets)) {
                *derivative = (a - y) / (a * (1.0 - a));
            }
        },
        difference_times(1.0),
    )
    .into()
}

fn is_the_built_in_one<T: Scalar>(own: Loss, built_in: Loss, output: Activation, tolerance: f64) {
    let generator = &mut RandomState::new(31);
    for rows in [1, 4, 9, 40] {
        let network = network::<T>(&[5, 7, 3], &[Activation::Tanh, output], true, generator);
        let x: Vec<T> = uniform(rows * 5, -1.0, 1.0, generator);
        let y = targets::<T>(built_in, rows, 3, generator);
        let of = |loss: Loss| {
            let mut workspace = Workspace::new(network.architecture(), rows).recording();
            let objective = objective(loss, Reduction::Mean);
            let gradient = gradient(&network, Input::Dense(&x), &y, objective, &mut workspace);
            let value = pellucid::loss_sum(loss, network.architecture(), &y, &workspace);
            (gradient, value, workspace.upstream(1).unwrap().to_vec())
        };
        let ((own, own_value, own_upstream), (expected, value, upstream)) = (of(own), of(built_in));
        assert!(difference(&own, &expected) < tolerance, "{rows} rows");
        assert!((own_value - value).abs() < tolerance * value, "{rows} rows");
        assert!(difference(&own_upstream, &upstream) < tolerance, "{rows} rows");
    }
}

#[test]
fn a_custom_loss_equals_the_built_in_loss_of_the_same_formula() {
    let squares: Loss = CustomLoss::new("squares", half_squared_error, difference_times(1.0)).into();
    let entropy = cross_entropy_of_sigmoid();
    is_the_built_in_one::<f64>(squares, Loss::HalfSquaredError, Activation::Sigmoid, 1e-13);
    is_the_built_in_one::<f32>(squares, Loss::HalfSquaredError, Activation::Identity, 1e-5);
    is_the_built_in_one::<f64>(entropy, Loss::BinaryCrossEntropy, Activation::Sigmoid, 1e-12);
    is_the_built_in_one::<f32>(entropy, Loss::BinaryCrossEntropy, Activation::Sigmoid, 1e-4);
}

fn report(loss: impl Into<Loss>, output: Activation) -> GradientReport {
    let generator = &mut RandomState::new(8);
    let network = network::<f64>(&[4, 6, 3], &[Activation::Tanh, output], true, generator);
    let x: Vec<f64> = uniform(5 * 4, -1.0, 1.0, generator);
    let y: Vec<f64> = uniform(5 * 3, 0.1, 0.9, generator);
    check_network(
        &network,
        Input::Dense(&x),
        &y,
        objective(loss.into(), Reduction::Mean),
    )
}

#[test]
fn the_gradient_check_names_the_mistake_of_a_loss() {
    let of = |factor: f64| {
        report(
            CustomLoss::new("mine", half_squared_error, difference_times(factor)),
            Activation::Softmax,
        )
    };
    let right = of(1.0);
    assert!(right.is_right() && right.common_factor().is_none(), "{right}");

    let wrong_sign = of(-1.0);
    assert!((wrong_sign.common_factor().unwrap() + 1.0).abs() < 1e-6);
    assert!(
        wrong_sign.to_string().contains("the sign of each is wrong"),
        "{wrong_sign}"
    );

    let missing_factor = of(2.0);
    assert!((missing_factor.common_factor().unwrap() - 2.0).abs() < 1e-6);
    assert!(
        missing_factor
            .to_string()
            .contains("each is 2.0000 times what it should be"),
        "{missing_factor}"
    );

    // The derivatives omit that an output that is too low counts three times: no factor corrects that.
    let weighted = |row: OutputRow<'_>| {
        let pairs = row.outputs.iter().zip(row.targets);
        pairs
            .map(|(a, y)| if a < y { 1.5 } else { 0.5 } * (a - y).powi(2))
            .sum()
    };
    let missing_term = report(
        CustomLoss::new("mine", weighted, difference_times(1.0)),
        Activation::Identity,
    );
    assert!(
        !missing_term.is_right() && missing_term.common_factor().is_none(),
        "{missing_term}"
    );

    let left_out = report(
        CustomLoss::new("mine", half_squared_error, |_, _| {}),
        Activation::Identity,
    );
    assert!(
        left_out.worst().is_nan(),
        "unwritten derivatives are an error: {left_out}"
    );
    let entropy = report(cross_entropy_of_sigmoid(), Activation::Sigmoid);
    assert!(entropy.is_right(), "{entropy}");
    // δ = a − y holds for the sigmoid; for another output activation it is wrong.
    assert!(!report(cross_entropy_of_sigmoid(), Activation::HardSigmoid).is_right());
}

/// Covers fused steps, stored gradients, mini-batches, and several numbers of threads.
#[test]
fn training_equals_that_of_the_built_in_loss() {
    let data = crate::fixture::classes::<f64>(40, 5, 3, 3);
    let squares: Loss = CustomLoss::new("squares", half_squared_error, difference_times(1.0)).into();
    for optimizer in ["sgd", "adam"] {
        let run = |loss: Loss, count: usize| {
            let mut recipe = classifier();
            recipe.set(&format!("train.optimizer={optimizer}")).unwrap();
            recipe.train.loss = loss;
            let run = Session::new(recipe, data.clone(), threads(count)).unwrap();
            let run = run.run(&mut ()).unwrap();
            (run.network().parameters().to_vec(), run.evaluate().training.loss)
        };
        let ((own, own_loss), (expected, loss)) = (run(squares, 1), run(Loss::HalfSquaredError, 1));
        assert!(
            difference(&own, &expected) < 1e-10,
            "{optimizer}: {}",
            difference(&own, &expected)
        );
        assert!((own_loss - loss).abs() < 1e-10);
        for count in [2, 3, 8] {
            assert_eq!(
                bits(&own),
                bits(&run(squares, count).0),
                "{optimizer}, {count} threads"
            );
        }
    }
}

#[test]
fn a_recipe_writes_its_name_but_cannot_read_it() {
    let mut recipe = classifier();
    recipe.train.loss = CustomLoss::new("my own", half_squared_error, difference_times(1.0)).into();
    let text = recipe.to_toml().unwrap();
    assert!(text.contains("loss = \"my own\""), "{text}");
    let refusal = Recipe::from_toml(&text, "the test").unwrap_err().to_string();
    assert!(refusal.contains("my own"), "{refusal}");
}

#[test]
fn a_non_finite_loss_stops_the_run() {
    let mut recipe = classifier();
    recipe.train.loss = CustomLoss::new("none", |_| f64::NAN, difference_times(1.0)).into();
    let data = crate::fixture::classes::<f64>(8, 5, 3, 3);
    let mut run = Run::new(recipe, data, threads(1)).unwrap();
    let before = run.network().parameters().to_vec();
    assert!(matches!(run.run(&mut ()), Err(Error::NonFiniteLoss { .. })));
    assert_eq!(run.network().parameters(), before);
}

/// A closure may have state that changes during training, and is called for each sample.
#[test]
fn a_closure_may_have_state() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let loss = CustomLoss::new(
        "counted",
        move |row| {
            counted.fetch_add(1, Ordering::Relaxed);
            half_squared_error(row)
        },
        difference_times(1.0),
    );
    let mut recipe = classifier();
    recipe.train.loss = loss.into();
    let generator = RandomState::new(1);
    let network = network::<f64>(
        &[5, 7, 3],
        &[Activation::Tanh, Activation::Softmax],
        true,
        &mut RandomState::new(2),
    );
    let mut trainer = Trainer::new(&recipe, network, generator, threads(1)).unwrap();
    trainer.step(Input::Dense(&[0.1; 10]), &[0.2; 6]).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}
