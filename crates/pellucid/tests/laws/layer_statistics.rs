//! Checks that layer statistics equal those of the passes and the steps, and that recording them changes nothing.

use crate::fixture::{classes, classifier, experiment, flat, trained};
use pellucid::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use pellucid::inspection::layer_statistics::{
    FLAT, LayerStatistics, LayerStatisticsRecorder, LayerSummary, PROBE_ROWS, Probe,
};
use pellucid::inspection::trace::{LayerTrace, Trace};
use pellucid::optimization::averaging::Average;
use pellucid::recipe::BatchSize;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Activation, Network, Objective, Optimizer, Recipe, Reduction, Update};
use std::ops::ControlFlow;

fn recorded(recipe: &Recipe, data: &Dataset<f64>) -> (Vec<LayerStatistics>, Vec<f64>) {
    let mut run = experiment(recipe, data);
    let mut layer_statistics = LayerStatisticsRecorder::new(recipe, run.initial(), data).unwrap();
    run.run(&mut layer_statistics).unwrap();
    (
        layer_statistics.into_entries(),
        run.network().parameters().to_vec(),
    )
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs(),
        "{found}, expected {expected}"
    );
}

/// Compares with the trace of the same rows, which shares only the pass.
fn by_trace(recipe: &Recipe, network: &Network<f64>, data: &Dataset<f64>) -> Vec<LayerSummary> {
    let rows = data.rows();
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Rows::Range(0, rows), &mut buffers);
    let objective = Objective {
        loss: recipe.train.loss,
        reduction: Reduction::Mean,
        update: Update::Textbook,
    };
    let trace = Trace::new(network, input, targets, objective);
    let layers = trace.layers.iter().enumerate();
    let of = |(index, layer): (usize, &LayerTrace)| {
        let largest = match layer.function {
            Activation::Sigmoid | Activation::Softmax => 0.25,
            _ => 1.0,
        };
        let derivatives = flat(&layer.d_activation_d_z);
        let is_flat = |at: usize| derivatives[at].abs() < FLAT * largest;
        let pairs = (0..rows * layer.fan_out).filter(|&at| is_flat(at)).count();
        let units =
            (0..layer.fan_out).filter(|unit| (0..rows).all(|row| is_flat(row * layer.fan_out + unit)));
        let units = units.count() as f64 / layer.fan_out as f64;
        let is_relu = layer.function == Activation::Relu;
        let a = flat(&layer.activation);
        let mean = a.iter().sum::<f64>() / a.len() as f64;
        LayerSummary {
            gradient_rms: rms(&flat(&layer.d_loss_d_weights)),
            bias_gradient_rms: layer.d_loss_d_bias.as_ref().map(|bias| rms(&bias.0)),
            delta_rms: rms(&flat(&layer.delta)) * rows as f64,
            weight_rms: rms(network.weights(index)),
            update_ratio: None,
            saturated_units: if is_relu { 0.0 } else { units },
            dead_units: if is_relu { units } else { 0.0 },
            flat: pairs as f64 / a.len() as f64,
            activation_mean: mean,
            activation_deviation: rms(&a.iter().map(|a| a - mean).collect::<Vec<_>>()),
        }
    };
    layers.map(of).collect()
}

#[test]
fn statistics_equal_those_of_the_pass() {
    for (rows, function) in [
        (50, Activation::Relu),
        (3, Activation::Sigmoid),
        (1, Activation::Tanh),
    ] {
        let mut recipe = classifier();
        recipe.network.activation = pellucid::recipe::Activations::Each(vec![function, Activation::Softmax]);
        let data = classes::<f64>(rows, 5, 3, 7);
        let mut network = experiment(&recipe, &data).initial().clone();
        // One unit that is saturated for every row.
        let bias = network.architecture().layer(0).bias().unwrap();
        network.parameters_mut()[bias.start] = -50.0;
        let found = Probe::new(&recipe, network.architecture(), &data)
            .unwrap()
            .measure(&network);
        let expected = by_trace(&recipe, &network, &data);
        assert!(found[0].saturated_units + found[0].dead_units >= 1.0 / 7.0);
        for (found, expected) in found.iter().zip(&expected) {
            assert_near(found.gradient_rms, expected.gradient_rms);
            assert_near(
                found.bias_gradient_rms.unwrap(),
                expected.bias_gradient_rms.unwrap(),
            );
            assert_near(found.delta_rms, expected.delta_rms);
            assert_near(found.weight_rms, expected.weight_rms);
            assert_near(found.activation_mean, expected.activation_mean);
            assert_near(found.activation_deviation, expected.activation_deviation);
            let shares = |of: &LayerSummary| [of.saturated_units, of.dead_units, of.flat];
            assert_eq!(shares(found), shares(expected));
        }
    }
}

#[test]
fn a_probe_samples_rows_of_all_data() {
    let data = classes::<f64>(1000, 5, 3, 7);
    let recipe = classifier();
    let probe = Probe::new(&recipe, &recipe.architecture().unwrap(), &data).unwrap();
    assert_eq!(probe.rows().rows(), PROBE_ROWS);
    let expected: Vec<u32> = (0..128).map(|index| index * 1000 / 128).collect();
    let expected = data.picked(&expected).unwrap();
    let values = |data: &Dataset<f64>| match data.features() {
        pellucid::data::dataset::Features::Dense(matrix) => matrix.values().to_vec(),
        pellucid::data::dataset::Features::Bytes(_) => unreachable!("the fixture has numbers"),
    };
    assert_eq!(values(probe.rows()), values(&expected));
}

/// The parameters after each step.
#[derive(Default)]
struct Path(Vec<Vec<f64>>);

impl Observer<f64> for Path {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        if let Event::Step { parameters, .. } = event {
            self.0.push(parameters.to_vec());
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }
}

#[test]
fn update_ratios_equal_those_of_the_last_steps() {
    let data = classes::<f64>(50, 5, 3, 7);
    let with = |change: fn(&mut Recipe)| {
        let mut recipe = classifier();
        change(&mut recipe);
        recipe
    };
    let recipes = [
        classifier(),
        with(|recipe| recipe.train.batch_size = BatchSize::Full),
        with(|recipe| recipe.train.accumulate = 3),
        with(|recipe| {
            recipe.train.average = Some(Average::Ema { decay: 0.999 });
        }),
        with(|recipe| {
            recipe.train.optimizer = Optimizer::LBFGS;
            recipe.train.batch_size = BatchSize::Full;
            recipe.train.shuffle = false;
            recipe.train.learning_rate = Optimizer::LBFGS.usual_learning_rate();
        }),
    ];
    for recipe in recipes {
        let (entries, _) = recorded(&recipe, &data);
        let mut run = experiment(&recipe, &data);
        let mut path = Path(vec![run.initial().parameters().to_vec()]);
        run.run(&mut path).unwrap();
        let steps_per_epoch = (path.0.len() - 1) / entries.last().unwrap().epoch as usize;
        let layer = run.initial().architecture().layer(1);
        for entry in &entries[1..] {
            let last = entry.epoch as usize * steps_per_epoch;
            let pairs = path.0[last.saturating_sub(8)..=last].windows(2);
            let moved = pairs.filter(|pair| pair[0] != pair[1]).map(|pair| {
                let (before, after) = (&pair[0][layer.weights()], &pair[1][layer.weights()]);
                let steps: Vec<f64> = before.iter().zip(after).map(|(a, b)| b - a).collect();
                rms(&steps) / rms(before)
            });
            let ratios: Vec<f64> = moved.collect();
            // Where epochs are consecutive, one more step may be recorded.
            let found = entry.layers[1].update_ratio.unwrap();
            let (low, high) = ratios.iter().fold((f64::INFINITY, 0.0f64), |(low, high), &r| {
                (low.min(r), high.max(r))
            });
            if steps_per_epoch == 13 {
                assert_near(found, rms(&ratios));
            }
            assert!(
                (low * 0.999..=high * 1.2).contains(&found),
                "{found} in {low} to {high}"
            );
        }
        assert_eq!(entries.last().unwrap().updates, run.updates());
    }
}

#[test]
fn recording_changes_nothing() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut recipe = classifier();
    recipe.train.dropout = pellucid::recipe::DropoutRates::One(0.3);
    let (entries, parameters) = recorded(&recipe, &data);
    assert_eq!(entries.len(), 11);
    assert_eq!(parameters, trained(&recipe, &data));
}

/// A long run keeps evenly spaced entries, with its first and its last epoch.
#[test]
fn a_long_run_keeps_about_a_hundred_entries() {
    let data = classes::<f64>(2, 5, 3, 7);
    let mut recipe = classifier();
    recipe.train.epochs = 30_011;
    let (entries, _) = recorded(&recipe, &data);
    assert!((150..300).contains(&entries.len()), "{}", entries.len());
    let epochs: Vec<u64> = entries.iter().map(|entry| entry.epoch).collect();
    assert_eq!(epochs[..=32], (0..=32).collect::<Vec<u64>>());
    assert_eq!(epochs.last(), Some(&30_011));
    let gaps: Vec<u64> = epochs[33..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (last, even) = gaps.split_last().unwrap();
    assert!(even.iter().all(|gap| gap == &even[0]), "{gaps:?}");
    assert!(last <= &even[0]);
}

#[test]
fn statistics_survive_serialisation() {
    let data = classes::<f64>(20, 5, 3, 7);
    let (mut entries, _) = recorded(&classifier(), &data);
    entries[0].layers[0].gradient_rms = f64::INFINITY;
    let text = serde_json::to_string(&entries).unwrap();
    assert!(text.contains("\"inf\""));
    let read: Vec<LayerStatistics> = serde_json::from_str(&text).unwrap();
    assert_eq!(read, entries);
}
