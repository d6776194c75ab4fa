//! Checks that a run ends where its numbers are no longer finite, and reports the position.

use crate::fixture::{bits, dense, experiment, recipe};
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::model::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::{Error, Input, Network, Recipe, Trainer};
use std::num::NonZeroUsize;

fn regression(layers: &str, learning_rate: f64, epochs: u64, batch_size: usize) -> Recipe {
    recipe(&format!(
        "data = {{ source = \"inline\" }}\n\
         network = {{ layers = {layers}, activation = \"identity\", bias = false }}\n\
         train = {{ loss = \"squared_error\", learning_rate = {learning_rate:e}, epochs = {epochs}, batch_size = {batch_size}, seed = 1 }}"
    ))
}

fn data(rows: usize) -> Dataset<f64> {
    let x = (0..rows).map(|row| 1.0 + row as f64 * 0.1).collect();
    let y = (0..rows).map(|row| 3.0 - row as f64).collect();
    Dataset::new(
        Features::Dense(dense(rows, 1, x)),
        Targets::Dense(dense(rows, 1, y)),
    )
    .unwrap()
}

/// The epoch and the batch (counted from 1) and the origin in the error of a run.
fn failure(recipe: &Recipe, data: &Dataset<f64>) -> (u64, u64, String, Vec<f64>) {
    let mut run = experiment(recipe, data);
    let error = run.run(&mut ()).expect_err("the run should diverge");
    let text = error.to_string();
    let Error::NonFiniteLoss {
        loss,
        epoch,
        batch,
        layer,
        origin,
    } = error
    else {
        panic!("{text}")
    };
    assert!(!loss.is_finite());
    let layer = layer.expect("the layer is known");
    assert!(
        origin.contains(&format!("layer {layer}")),
        "{origin} is not of layer {layer}"
    );
    for part in [
        format!("epoch {epoch}"),
        format!("batch {batch}"),
        origin.clone(),
        "learning rate".to_string(),
    ] {
        assert!(text.contains(&part), "`{text}` does not contain `{part}`");
    }
    (epoch, batch, origin, run.network().parameters().to_vec())
}

#[test]
fn an_infinite_loss_reports_epoch_and_batch() {
    // The first step makes the weight about 1e200; the squared error of the second batch exceeds 1e308.
    let (epoch, batch, origin, parameters) = failure(&regression("[1, 1]", 1e200, 5, 2), &data(6));
    assert_eq!((epoch, batch), (1, 2));
    assert!(origin.contains("are finite, but their loss is not"), "{origin}");
    assert!(
        parameters[0].is_finite() && parameters[0].abs() > 1e199,
        "{parameters:?}"
    );

    let (epoch, batch, ..) = failure(&regression("[1, 1]", 1e200, 5, 6), &data(6));
    assert_eq!((epoch, batch), (2, 1));
}

#[test]
fn reports_the_first_layer_that_overflows() {
    // After one step the weights of both layers are about 1e200: so is the first layer's z, and the second's z is their
    // product.
    let (epoch, batch, origin, _) = failure(&regression("[1, 1, 1]", 1e200, 5, 2), &data(6));
    assert_eq!((epoch, batch), (1, 2));
    assert!(origin.contains("layer 2 is the first"), "{origin}");
}

#[test]
fn reports_the_layer_of_a_non_finite_parameter() {
    // The step itself overflows: 1e308 times a gradient of 10 or more.
    let (epoch, batch, origin, _) = failure(&regression("[1, 1]", 1e308, 5, 2), &data(6));
    assert_eq!((epoch, batch), (1, 2));
    assert!(origin.contains("layer 1") && origin.contains("inf"), "{origin}");
}

#[test]
fn an_overflow_in_the_last_step_is_an_error() {
    let mut run = experiment(&regression("[1, 1]", 1e308, 1, 2), &data(2));
    let error = run.run(&mut ()).expect_err("its parameters are not finite");
    assert!(
        matches!(error, Error::NonFiniteParameters { epoch: 1, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("layer 1"), "{error}");
}

#[test]
fn reports_the_layer_where_a_nan_begins_and_changes_nothing() {
    for optimizer in ["sgd", "adam"] {
        let mut recipe = regression("[1, 3, 3, 1]", 0.1, 5, 2);
        recipe.set(&format!("train.optimizer={optimizer}")).unwrap();
        let architecture = recipe.architecture().unwrap();
        let network: Network<f64> = initialise(architecture, &recipe.init, &mut RandomState::new(1)).unwrap();
        let mut trainer =
            Trainer::new(&recipe, network.clone(), RandomState::new(1), NonZeroUsize::MIN).unwrap();
        let error = trainer
            .step(Input::Dense(&[1.0, f64::NAN]), &[0.0, 0.0])
            .unwrap_err();
        assert!(error.to_string().contains("layer 1 is the first"), "{error}");
        assert_eq!(
            bits(trainer.network().parameters()),
            bits(network.parameters()),
            "{optimizer}"
        );

        let mut broken = network.clone();
        let range = broken.architecture().layer(1).weights();
        broken.parameters_mut()[range][4] = f64::NAN;
        let mut trainer = Trainer::new(&recipe, broken, RandomState::new(1), NonZeroUsize::MIN).unwrap();
        let error = trainer.step(Input::Dense(&[1.0]), &[0.0]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("layer 2 holds a parameter that is NaN"),
            "{error}"
        );
    }
}
