//! A run whose numbers leave the range of numbers ends there, and says where that was.

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

/// The epoch, the batch (from 1), and where it began, of a run's error.
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
        assert!(text.contains(&part), "`{text}` does not say `{part}`");
    }
    (epoch, batch, origin, run.network().parameters().to_vec())
}

#[test]
fn a_loss_beyond_the_range_names_epoch_and_batch() {
    // The first step throws the weight to about 1e200; the second batch's error, squared, is past 1e308.
    let (epoch, batch, origin, parameters) = failure(&regression("[1, 1]", 1e200, 5, 2), &data(6));
    assert_eq!((epoch, batch), (1, 2));
    assert!(origin.contains("are finite, their loss is not"), "{origin}");
    assert!(
        parameters[0].is_finite() && parameters[0].abs() > 1e199,
        "{parameters:?}"
    );

    let (epoch, batch, ..) = failure(&regression("[1, 1]", 1e200, 5, 6), &data(6));
    assert_eq!((epoch, batch), (2, 1));
}

#[test]
fn a_layer_beyond_the_range_is_named() {
    // After one step both layers' weights are about 1e200: the first layer's z is, too, the second's is their product.
    let (epoch, batch, origin, _) = failure(&regression("[1, 1, 1]", 1e200, 5, 2), &data(6));
    assert_eq!((epoch, batch), (1, 2));
    assert!(origin.contains("layer 2 are the first"), "{origin}");
}

#[test]
fn a_parameter_that_is_not_finite_is_named_with_its_layer() {
    // The step itself overflows: 1e308 times a gradient of 10 and more.
    let (epoch, batch, origin, _) = failure(&regression("[1, 1]", 1e308, 5, 2), &data(6));
    assert_eq!((epoch, batch), (1, 2));
    assert!(origin.contains("layer 1") && origin.contains("inf"), "{origin}");
}

#[test]
fn a_run_that_overflows_in_its_last_step_does_not_end_well() {
    let mut run = experiment(&regression("[1, 1]", 1e308, 1, 2), &data(2));
    let error = run.run(&mut ()).expect_err("its parameters are not finite");
    assert!(
        matches!(error, Error::NonFiniteParameters { epoch: 1, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("layer 1"), "{error}");
}

#[test]
fn a_nan_is_found_in_the_layer_where_it_began_and_nothing_moves() {
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
        assert!(error.to_string().contains("layer 1 are the first"), "{error}");
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
