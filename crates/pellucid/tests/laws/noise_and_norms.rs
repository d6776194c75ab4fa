//! Checks noise and dropout of the inputs, per-layer dropout, and the maximum norm of weights.

use crate::fixture::{bits, classes, classifier, difference, network, recipe, threads, trained, uniform};
use crate::run::Run;
use pellucid::model::pass::{self, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::training::observe::{Event, Observer};
use pellucid::{
    Activation, Dropout, Input, Loss, Network, Recipe, Reduction, Scalar, Session, Trainer, check_gradient,
    loss_sum,
};
use std::ops::ControlFlow;

#[test]
fn each_hidden_layer_has_its_own_rate() {
    let generator = &mut RandomState::new(2);
    let layers = [Activation::Tanh, Activation::Sigmoid, Activation::Softmax];
    let network = network::<f64>(&[5, 40, 30, 3], &layers, true, generator);
    let architecture = network.architecture();
    for rates in [[0.0, 0.6], [0.6, 0.0], [0.2, 0.5]] {
        for rows in [1, 6] {
            let x: Vec<f64> = uniform(rows * 5, -1.0, 1.0, generator);
            let y = crate::fixture::targets::<f64>(Loss::CategoricalCrossEntropy, rows, 3, generator);
            let fresh = Workspace::new(architecture, rows).with_dropout(Dropout::new(&rates, 7).unwrap());
            let loss = |parameters: &[f64]| {
                let mut workspace = fresh.clone();
                pass::forward(architecture, parameters, Input::Dense(&x), &mut workspace);
                loss_sum(Loss::CategoricalCrossEntropy, architecture, &y, &workspace)
            };
            let objective = crate::fixture::objective(Loss::CategoricalCrossEntropy, Reduction::Sum);
            let report = check_gradient(network.parameters(), loss, |_| {
                crate::fixture::gradient(&network, Input::Dense(&x), &y, objective, &mut fresh.clone())
            });
            assert!(report.is_right(), "{rates:?}, {rows} rows: {report}");
            // A dropped unit does not contribute to its outgoing weights.
            for (layer, rate) in rates.iter().enumerate() {
                let leaving = architecture.layer(layer + 1).weights();
                let units = report.entries[leaving].chunks_exact(architecture.layer(layer + 1).fan_out);
                let left_out = units
                    .filter(|unit| unit.iter().all(|entry| entry.given == 0.0))
                    .count();
                assert!(
                    rows > 1 || (left_out > 0) == (*rate > 0.0),
                    "{rates:?}: {left_out}"
                );
            }
        }
    }
}

#[test]
fn a_list_of_equal_rates_equals_one_rate() {
    let data = classes::<f64>(30, 5, 3, 3);
    let of = |dropout: &str| {
        let mut recipe = classifier();
        recipe.set(&format!("train.dropout={dropout}")).unwrap();
        bits(&trained(&recipe, &data))
    };
    assert_eq!(of("0.3"), of("[0, 0.3]"));
    assert_eq!(of("0"), of("[0.0, 0.0]"));
    // So small a rate drops nothing: neither the copy of the inputs nor a separate random stream changes a bit.
    assert_eq!(of("0.3"), of("[1e-18, 0.3]"));
    assert_ne!(of("0.3"), of("[0.2, 0.3]"));
}

#[test]
fn rejects_invalid_settings() {
    for (setting, expected) in [
        ("train.dropout=[0.1]", "2 for layers = [5, 7, 3]"),
        ("train.dropout=[0.1, 0.2, 0.3]", "2 for layers = [5, 7, 3]"),
        ("train.dropout=[0.1, 1.0]", "0 or more, and below 1"),
        ("train.dropout=[-0.1, 0.5]", "0 or more, and below 1"),
        ("train.input_noise=-1", "0 or more"),
        ("train.max_norm=0", "above 0"),
    ] {
        let mut recipe = classifier();
        recipe.set(setting).unwrap();
        let refusal = recipe.validate().unwrap_err().to_string();
        assert!(refusal.contains(expected), "{setting}: {refusal}");
    }
    let mut recipe = classifier();
    recipe.set("train.update=top-down").unwrap();
    recipe.validate().unwrap();
    recipe.set("train.max_norm=1").unwrap();
    assert!(recipe.validate().unwrap_err().to_string().contains("max_norm"));
    assert!(classifier().set("train.dropout=half").is_err());
}

/// One output of a linear network, ½(a − y)², with corrupted inputs and steps so short that the weights hardly change:
/// their total change over steps and rate is the mean gradient. Also returns the tolerance for chance.
fn mean_gradient(setting: &str) -> (Vec<f64>, Network<f64>) {
    const STEPS: u64 = 40_000;
    const RATE: f64 = 1e-9;
    let mut recipe = recipe(
        "data = { source = \"inline\" }\nnetwork = { layers = [3, 1], activation = \"identity\" }\n\
         train = { loss = \"half_squared_error\", learning_rate = 1e-9, epochs = 1 }",
    );
    recipe.set(setting).unwrap();
    let network = network::<f64>(&[3, 1], &[Activation::Identity], true, &mut RandomState::new(6));
    let mut trainer = Trainer::new(&recipe, network.clone(), RandomState::new(0), threads(1)).unwrap();
    for _ in 0..STEPS {
        trainer.step(Input::Dense(&X), &Y).unwrap();
    }
    let moved = trainer.network().parameters().iter().zip(network.parameters());
    (
        moved
            .map(|(after, before)| (before - after) / (RATE * STEPS as f64))
            .collect(),
        network,
    )
}

const X: [f64; 6] = [0.5, -1.0, 2.0, 1.5, 0.3, -0.7];
const Y: [f64; 2] = [0.4, -0.2];

fn clean_gradient(network: &Network<f64>) -> Vec<f64> {
    let objective = crate::fixture::objective(Loss::HalfSquaredError, Reduction::Mean);
    let mut workspace = Workspace::new(network.architecture(), 2);
    crate::fixture::gradient(network, Input::Dense(&X), &Y, objective, &mut workspace)
}

/// E ½(w·(x + σε) + b − y)² = ½(w·x + b − y)² + ½σ²‖w‖²: Bishop 1995.
#[test]
fn input_noise_of_a_linear_network_is_a_penalty() {
    let (found, network) = mean_gradient("train.input_noise=0.4");
    let clean = clean_gradient(&network);
    for (index, (found, clean)) in found.iter().zip(&clean).enumerate() {
        let penalty = if index < 3 {
            0.4 * 0.4 * network.parameters()[index]
        } else {
            0.0
        };
        // Five standard deviations of a mean over 40,000 steps, each of which has a standard deviation of about 1.
        assert!(
            (found - clean - penalty).abs() < 0.025,
            "{index}: {found}, not {clean} + {penalty}"
        );
    }
    let drawn = found
        .iter()
        .zip(&clean)
        .any(|(found, clean)| (found - clean).abs() > 0.03);
    assert!(drawn, "there is no noise: {found:?} {clean:?}");
}

/// E ½(w·(m∘x) + b − y)² = ½(w·x + b − y)² + ½ p/(1 − p) Σ w²x²: Srivastava et al. 2014, section 9.1.
#[test]
fn input_dropout_of_a_linear_network_is_a_penalty() {
    let (found, network) = mean_gradient("train.dropout=[0.3]");
    let clean = clean_gradient(&network);
    let mut largest = 0.0f64;
    for (index, (found, clean)) in found.iter().zip(&clean).enumerate() {
        let penalty = if index < 3 {
            let mean_square = (X[index].powi(2) + X[index + 3].powi(2)) / 2.0;
            0.3 / 0.7 * mean_square * network.parameters()[index]
        } else {
            0.0
        };
        largest = largest.max(penalty.abs());
        assert!(
            (found - clean - penalty).abs() < 0.05,
            "{index}: {found}, not {clean} + {penalty}"
        );
    }
    assert!(
        largest > 0.2,
        "the penalty is too small to distinguish it from chance"
    );
}

/// Initial values, orders and masks equal those of a run without noise; predictions have no noise.
#[test]
fn noise_has_its_own_random_stream() {
    let data = classes::<f64>(30, 5, 3, 3);
    let of = |settings: &[&str]| {
        let mut recipe = classifier();
        settings.iter().for_each(|setting| recipe.set(setting).unwrap());
        let run = Session::new(recipe, data.clone(), threads(1)).unwrap();
        let run = run.run(&mut ()).unwrap();
        assert_eq!(run.evaluate(), run.evaluate());
        run.network().parameters().to_vec()
    };
    let plain = of(&["train.dropout=0.2"]);
    let a_little = of(&["train.dropout=0.2", "train.input_noise=1e-12"]);
    assert!(
        difference(&a_little, &plain) < 1e-9,
        "{}",
        difference(&a_little, &plain)
    );
    let noisy = of(&["train.dropout=0.2", "train.input_noise=0.5"]);
    assert!(difference(&noisy, &plain) > 1e-3);
}

/// The norms of the incoming weights of each unit of each layer.
fn norms<T: Scalar>(network: &Network<T>) -> Vec<f64> {
    let layers = network.architecture().layers().iter().enumerate();
    layers
        .flat_map(|(index, layer)| {
            let weights = network.weights(index);
            let square = |unit: usize| {
                weights
                    .iter()
                    .skip(unit)
                    .step_by(layer.fan_out)
                    .map(|w| w.to_f64().powi(2))
            };
            (0..layer.fan_out)
                .map(move |unit| square(unit).sum::<f64>().sqrt())
                .collect::<Vec<_>>()
        })
        .collect()
}

struct Norms(Vec<Vec<f64>>);

impl<T: Scalar> Observer<T> for Norms {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Epoch { network, .. } = event {
            self.0.push(norms(network));
        }
        ControlFlow::Continue(())
    }
}

fn stays_within<T: Scalar>(optimizer: &str, most: f64, tolerance: f64) {
    // One batch per epoch, so that each step is observed.
    let mut recipe = classifier();
    for setting in [
        "train.batch_size=full",
        "train.epochs=40",
        "train.learning_rate=0.3",
        &format!("train.optimizer={optimizer}"),
        &format!("train.max_norm={most}"),
    ] {
        recipe.set(setting).unwrap();
    }
    let mut run = Run::new(recipe, classes::<T>(30, 5, 3, 3), threads(1)).unwrap();
    let mut seen = Norms(Vec::new());
    run.run(&mut seen).unwrap();
    assert_eq!(seen.0.len(), 40);
    for (step, norms) in seen.0.iter().enumerate() {
        for (unit, norm) in norms.iter().enumerate() {
            assert!(
                *norm <= most * (1.0 + tolerance),
                "{optimizer}, step {step}, unit {unit}: {norm}"
            );
        }
    }
    let at_the_bound = seen
        .0
        .iter()
        .flatten()
        .filter(|norm| (**norm - most).abs() < most * tolerance);
    assert!(
        at_the_bound.count() > 40,
        "{optimizer}: nothing was ever scaled down"
    );
}

#[test]
fn no_weight_norm_exceeds_max_norm_after_a_step() {
    for optimizer in ["sgd", "adam", "rprop"] {
        stays_within::<f64>(optimizer, 0.8, 1e-13);
        stays_within::<f32>(optimizer, 0.8, 1e-6);
    }
}

/// First the step, then the scaling: it keeps directions and biases, and does not change units below the norm.
#[test]
fn max_norm_scales_after_the_step() {
    let data = classes::<f64>(30, 5, 3, 3);
    let step = |max_norm: Option<f64>| {
        let mut recipe = classifier();
        recipe.set("train.batch_size=full").unwrap();
        recipe.set("train.epochs=1").unwrap();
        recipe.train.max_norm = max_norm;
        let run = Session::new(recipe, data.clone(), threads(1)).unwrap();
        let run = run.run(&mut ()).unwrap();
        run.network().clone()
    };
    let (plain, scaled) = (step(None), step(Some(0.9)));
    let of = norms(&plain);
    assert!(
        of.iter().any(|&norm| norm > 0.9) && of.iter().any(|&norm| norm < 0.9),
        "{of:?}"
    );
    let mut first = 0;
    for (index, layer) in plain.architecture().layers().iter().enumerate() {
        for (at, (before, after)) in plain.weights(index).iter().zip(scaled.weights(index)).enumerate() {
            let norm = of[first + at % layer.fan_out];
            let expected = before * (0.9 / norm).min(1.0);
            assert!((after - expected).abs() < 1e-14, "layer {index}, {at}");
        }
        assert!(difference(plain.bias(index).unwrap(), scaled.bias(index).unwrap()) < 1e-14);
        first += layer.fan_out;
    }
}

#[test]
fn all_settings_together_do_not_depend_on_threads() {
    let mut recipe = classifier();
    for setting in [
        "network.layers=[5, 60, 40, 3]",
        "network.activation=[\"tanh\", \"relu\", \"softmax\"]",
        "train.dropout=[0.1, 0.3, 0.2]",
        "train.input_noise=0.1",
        "train.max_norm=1.2",
        "train.l1=1e-4",
        "train.optimizer=adam",
        "train.batch_size=64",
        "train.learning_rate=0.01",
    ] {
        recipe.set(setting).unwrap();
    }
    let data = classes::<f32>(200, 5, 3, 3);
    let run = |count: usize| {
        let run = Session::new(recipe.clone(), data.clone(), threads(count)).unwrap();
        let run = run.run(&mut ()).unwrap();
        bits(run.network().parameters())
    };
    let once = run(1);
    for count in [1, 2, 3, 8] {
        assert_eq!(run(count), once, "{count} threads");
    }
}

/// |w| has no derivative at 0; with a derivative of 0 there, a weight that becomes 0 can leave 0 again.
#[test]
fn the_l1_penalty_does_not_hold_weights_at_zero() {
    let recipe = |l1: f64| -> Recipe {
        recipe(&format!(
            "data = {{ source = \"inline\" }}\nnetwork = {{ layers = [3, 1], activation = \"identity\" }}\n\
             init = {{ method = \"zeros\" }}\n\
             train = {{ loss = \"half_squared_error\", learning_rate = 0.01, epochs = 1, l1 = {l1} }}"
        ))
    };
    let after = |l1: f64, steps: usize| {
        let recipe = recipe(l1);
        let zeros = Network::new(recipe.architecture().unwrap(), vec![0.0; 4]).unwrap();
        let mut trainer = Trainer::<f64>::new(&recipe, zeros, RandomState::new(0), threads(1)).unwrap();
        for _ in 0..steps {
            trainer.step(Input::Dense(&X), &[1.0, -1.0]).unwrap();
        }
        trainer.network().parameters().to_vec()
    };
    // At 0 the derivatives are 0.5, 0.65 and −1.35: all three weights leave 0, for every penalty.
    for l1 in [0.0, 0.1, 0.6] {
        assert!(after(l1, 1)[..3].iter().all(|&w| w != 0.0), "λ = {l1}");
    }
    // Where the penalty has the larger derivative, the weight stays within a step of 0.
    let pulled = after(5.0, 1000);
    assert!(
        pulled[..3].iter().all(|w| w.abs() <= 0.01 * (5.0 + 2.0)),
        "{pulled:?}"
    );
    assert!(after(0.1, 3000)[2] > 0.2, "{:?}", after(0.1, 3000));
}
