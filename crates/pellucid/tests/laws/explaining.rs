//! Checks that a traced step equals the training step: the same parameters before and after, to the bit, for many recipes.

use crate::fixture::{bits, classes, classifier, dense, difference, experiment, flat, recipe, session};
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::inspection::explanation::{Explanation, Labels};
use pellucid::numpy_random::RandomState;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::training::trainer::StepTrace;
use pellucid::{Error, Optimizer, Recipe, Scalar};
use std::ops::ControlFlow;

/// Ends a run after a number of steps.
struct After(u64);

impl<T: Scalar> Observer<T> for After {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } if position.step + 1 >= self.0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step.max(self.0.saturating_sub(1))
    }
}

/// ∂L/∂W of the first layer.
fn gradient_of_first_layer(trace: &StepTrace<f64>) -> Vec<f64> {
    trace.gradient[trace.before.architecture().layer(0).weights()].to_vec()
}

/// The parameters after `steps` steps of an untraced run.
fn untraced<T: Scalar>(recipe: &Recipe, data: &Dataset<T>, steps: u64) -> Vec<T> {
    let mut run = experiment(recipe, data);
    if steps > 0 {
        run.run(&mut After(steps)).unwrap();
    }
    run.network().parameters().to_vec()
}

fn assert_traced_is_untraced<T: Scalar>(recipe: &Recipe, data: &Dataset<T>, step: u64, what: &str) {
    let session = session(recipe, data);
    let (position, trace) = session.trace(step, None, &mut ()).unwrap().unwrap();
    let position = position.unwrap();
    assert_eq!(position.step, step, "{what}");
    assert_eq!(
        bits(trace.before.parameters()),
        bits(&untraced(recipe, data, step)),
        "{what}: before step {step}"
    );
    let after = trace.after.as_ref().unwrap();
    assert_eq!(
        bits(after.parameters()),
        bits(&untraced(recipe, data, step + 1)),
        "{what}: after step {step}"
    );
    // The record has the same numbers.
    let record = Explanation::from_trace(recipe, &trace, Some(position), Labels::default());
    assert_eq!(record.rows.len(), trace.input.len() / data.features().columns());
    for (index, layer) in record.layers.iter().enumerate() {
        let weights: Vec<f64> = after.weights(index).iter().map(|w| w.to_f64()).collect();
        let recorded = flat(layer.weights_after.as_ref().unwrap());
        assert_eq!(bits(&recorded), bits(&weights), "{what}");
    }
    if record.update.is_plain {
        // Where the backward pass moves the parameters, another pass stores the gradient.
        let rate = trace.learning_rate;
        for (index, layer) in record.layers.iter().enumerate() {
            let moved: Vec<f64> = trace
                .before
                .weights(index)
                .iter()
                .zip(after.weights(index))
                .map(|(before, after)| before.to_f64() - after.to_f64())
                .collect();
            let step: Vec<f64> = flat(&layer.d_loss_d_weights)
                .iter()
                .map(|derivative| rate * derivative)
                .collect();
            let largest = trace
                .before
                .weights(index)
                .iter()
                .fold(0.0f64, |most, w| most.max(w.to_f64().abs()));
            let epsilon = if std::mem::size_of::<T>() == 4 {
                1e-6
            } else {
                1e-14
            };
            for (moved, step) in moved.iter().zip(&step) {
                assert!(
                    (moved - step).abs() <= epsilon * largest.max(step.abs()),
                    "{what}: {moved} {step}"
                );
            }
        }
    }
}

#[test]
fn with_all_settings() {
    let data = classes::<f64>(19, 5, 3, 4);
    let single = classes::<f32>(19, 5, 3, 4);
    for settings in [
        &[][..],
        &["train.batch_size=1"],
        &["train.batch_size=1", "train.update=\"top-down\""],
        &["train.batch_size=\"full\"", "train.shuffle=false"],
        &[
            "network.layers=[5,40,33,3]",
            "network.activation=[\"relu\",\"sigmoid\",\"softmax\"]",
        ],
        &["train.l2=0.01", "train.l1=0.001", "train.penalize_biases=true"],
        &["train.clip_norm=0.1", "train.clip_value=0.05"],
        &["train.dropout=0.4"],
        &["train.dropout=[0.2,0.4]", "train.input_noise=0.1"],
        &["train.label_smoothing=0.1", "train.max_norm=0.5"],
        &["train.accumulate=3"],
        &["train.accumulate=2", "train.optimizer=\"adam\"", "train.l2=0.1"],
        &["network.normalisation=\"batch\""],
        &["network.normalisation=\"layer\"", "train.optimizer=\"adam\""],
        &["train.optimizer={name=\"sgd\",momentum=0.9,nesterov=true}"],
        &["train.schedule=\"cosine\""],
        &["train.schedule={name=\"reduce_on_plateau\",patience=0,threshold=0.9}"],
        &["network.bias=false"],
    ] {
        let mut recipe = classifier();
        settings.iter().for_each(|setting| recipe.set(setting).unwrap());
        for step in [0, 1, 7, 9] {
            assert_traced_is_untraced(&recipe, &data, step, &format!("{settings:?}"));
        }
        recipe.set("train.precision=\"f32\"").unwrap();
        assert_traced_is_untraced(&recipe, &single, 6, &format!("{settings:?} in f32"));
    }
}

#[test]
fn with_every_optimizer_that_takes_steps() {
    let data = classes::<f64>(16, 5, 3, 4);
    for optimizer in Optimizer::ALL
        .into_iter()
        .filter(|optimizer| optimizer.takes_steps())
    {
        let mut recipe = classifier();
        recipe.train.optimizer = optimizer;
        recipe.train.learning_rate = 0.01;
        for step in [0, 9] {
            assert_traced_is_untraced(&recipe, &data, step, optimizer.name());
        }
    }
}

#[test]
fn with_weighted_rows_and_sparse_bytes() {
    let weights = (0..19).map(|row| 0.5 + f64::from(row % 3)).collect();
    let data = classes::<f64>(19, 5, 3, 4).weighted(weights).unwrap();
    assert_traced_is_untraced(&classifier(), &data, 3, "weights");

    let mut generator = RandomState::new(3);
    let bytes: Vec<u8> = (0..12 * 300)
        .map(|_| {
            if generator.random_sample() < 0.8 {
                0
            } else {
                (generator.random_sample() * 256.0) as u8
            }
        })
        .collect();
    let bytes = pellucid::data::dataset::ByteMatrix::new(12, 300, bytes, 255.0).unwrap();
    let labels = (0..12).map(|row| row % 3).collect();
    let data = Dataset::<f64>::new(Features::Bytes(bytes), Targets::Classes { labels, classes: 3 }).unwrap();
    let mut recipe = classifier();
    recipe.network.layers = vec![300, 16, 3];
    for batch_size in ["1", "4", "\"full\""] {
        recipe.set(&format!("train.batch_size={batch_size}")).unwrap();
        assert_traced_is_untraced(&recipe, &data, 0, batch_size);
    }
}

#[test]
fn other_rows_use_the_current_network() {
    let data = classes::<f64>(19, 5, 3, 4);
    let recipe = classifier();
    let (_, trace) = session(&recipe, &data)
        .trace(7, Some(&[18, 2]), &mut ())
        .unwrap()
        .unwrap();
    assert_eq!(
        bits(trace.before.parameters()),
        bits(&untraced(&recipe, &data, 7))
    );
    assert_eq!(trace.rows, [18, 2]);
    let Features::Dense(features) = data.features() else {
        unreachable!()
    };
    assert_eq!(trace.input, [features.row(18), features.row(2)].concat());
    // The gradient of two rows is the mean of the gradients of each.
    let of = |row: u32| {
        let (_, trace) = session(&recipe, &data)
            .trace(7, Some(&[row]), &mut ())
            .unwrap()
            .unwrap();
        gradient_of_first_layer(&trace)
    };
    let mean: Vec<f64> = of(18).iter().zip(of(2)).map(|(a, b)| (a + b) / 2.0).collect();
    assert!(difference(&gradient_of_first_layer(&trace), &mean) < 1e-13);
}

#[test]
fn does_not_find_a_step_beyond_the_run() {
    let data = classes::<f64>(19, 5, 3, 4);
    assert!(
        session(&classifier(), &data)
            .trace(50, None, &mut ())
            .unwrap()
            .is_none()
    );
    assert!(
        session(&classifier(), &data)
            .trace(49, None, &mut ())
            .unwrap()
            .is_some()
    );
    let mut recipe = classifier();
    recipe.set("network.activation=[\"relu\",\"softmax\"]").unwrap();
    recipe.train.learning_rate = 1e300;
    let diverged = session(&recipe, &data).trace(20, None, &mut ());
    assert!(
        matches!(diverged, Err(Error::NonFiniteLoss { .. })),
        "{diverged:?}"
    );
}

#[test]
fn lbfgs_has_a_gradient_but_no_step() {
    let recipe = recipe(
        r#"
        [data]
        source = "inline"
        [network]
        layers = [2, 3, 1]
        activation = ["tanh", "identity"]
        [train]
        loss = "half_squared_error"
        optimizer = "lbfgs"
        epochs = 10
        "#,
    );
    let inputs = dense(3, 2, vec![0.0, 1.0, 2.0, -1.0, 0.5, 0.25]);
    let targets = dense(3, 1, vec![1.0, -1.0, 0.5]);
    let data = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets)).unwrap();
    let session = session(&recipe, &data);
    let (position, trace) = session.trace(0, None, &mut ()).unwrap().unwrap();
    assert!(position.is_none() && trace.after.is_none());
    let record = Explanation::from_trace(&recipe, &trace, None, Labels::default());
    assert!(record.layers[0].weights_after.is_none());
    assert!(record.notes[0].contains("L-BFGS"), "{:?}", record.notes);
    assert!(
        record.layers[0]
            .d_loss_d_weights
            .iter()
            .any(|row| row.0.iter().any(|derivative| *derivative != 0.0))
    );
    assert_eq!(record.rows, [1, 2, 3]);
}
