//! Compares batch and layer normalisation with PyTorch's. `golden/make_normalisation.py` made the expected values.

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::model::pass::{self, Objective, Target, Update, Workspace};
use pellucid::{Activation, Architecture, Input, Loss, Network, Normalisation, Recipe, Reduction, Session};
use serde_json::Value;
use std::num::NonZeroUsize;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/normalisation.json")).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_near(found: &[f64], expected: &Value, tolerance: f64, what: &str) {
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1.0f64, |most, v| most.max(v.abs()));
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let off = (found - expected).abs() / largest;
        assert!(off < tolerance, "{what}, {at}: {found}, not {expected}");
    }
}

fn normalisation(case: &Value) -> Normalisation {
    let setting = |key: &str, otherwise: f64| case["settings"][key].as_f64().unwrap_or(otherwise);
    match case["kind"].as_str().unwrap() {
        "batch" => Normalisation::Batch {
            momentum: setting("momentum", 0.1),
            epsilon: setting("eps", 1e-5),
        },
        _ => Normalisation::Layer {
            epsilon: setting("eps", 1e-5),
        },
    }
}

/// A layer whose weights are the identity: its pre-activations are its inputs, its δ the derivatives of its inputs.
#[test]
fn a_layer_equals_pytorchs_module() {
    const TOLERANCE: f64 = 1e-12;
    for case in golden()["cases"].as_array().unwrap() {
        let width = case["width"].as_u64().unwrap() as usize;
        let rows = case["rows"].as_u64().unwrap() as usize;
        let kind = normalisation(case);
        let architecture = Architecture::new(&[width, width], &[Activation::Identity], false)
            .and_then(|plain| plain.normalised(&[Some(kind)]))
            .unwrap();
        let layer = architecture.layer(0);
        let mut parameters = vec![0.0; architecture.parameter_count()];
        (0..width).for_each(|unit| parameters[unit * width + unit] = 1.0);
        parameters[layer.gain().unwrap()].copy_from_slice(&numbers(&case["gain"]));
        parameters[layer.shift().unwrap()].copy_from_slice(&numbers(&case["shift"]));
        if let Some(range) = layer.statistics() {
            let statistics = [numbers(&case["mean"]), numbers(&case["variance"])].concat();
            parameters[range].copy_from_slice(&statistics);
        }
        let (x, y) = (numbers(&case["x"]), numbers(&case["target"]));
        let objective = Objective {
            loss: Loss::HalfSquaredError,
            reduction: Reduction::Sum,
            update: Update::Textbook,
        };
        for (mode, mut workspace) in [
            ("training", Workspace::new(&architecture, rows)),
            ("predicting", Workspace::new(&architecture, rows + 3).predicting()),
        ] {
            let expected = &case[mode];
            let mut gradient = vec![f64::NAN; parameters.len()];
            pass::forward(&architecture, &parameters, Input::Dense(&x), &mut workspace);
            let target = Target::Gradient {
                parameters: &parameters,
                gradient: &mut gradient,
            };
            pass::backward(
                &architecture,
                target,
                Input::Dense(&x),
                &y,
                objective,
                &mut workspace,
            );
            let what = |of: &str| format!("{} {rows} x {width}, {mode}: {of}", case["kind"]);
            assert_near(
                workspace.outputs(),
                &expected["outputs"],
                TOLERANCE,
                &what("outputs"),
            );
            assert_near(workspace.delta(0), &expected["d_x"], TOLERANCE, &what("d_x"));
            assert_near(
                &gradient[layer.gain().unwrap()],
                &expected["d_gain"],
                TOLERANCE,
                &what("d_gain"),
            );
            assert_near(
                &gradient[layer.shift().unwrap()],
                &expected["d_shift"],
                TOLERANCE,
                &what("d_shift"),
            );
            assert!(
                gradient[architecture.trained_count()..]
                    .iter()
                    .all(|&derivative| derivative == 0.0)
            );
        }
    }
}

fn dataset(x: &[f64], labels: &Value) -> Dataset<f64> {
    let rows = x.len() / 4;
    let labels = numbers(labels).into_iter().map(|label| label as u32).collect();
    let features = Features::Dense(Matrix::new(rows, 4, x.to_vec()).unwrap());
    Dataset::new(features, Targets::Classes { labels, classes: 3 }).unwrap()
}

/// Sixty steps on mini-batches and on full batches: parameters, running statistics, and the outputs of predictions.
#[test]
fn training_equals_pytorch() {
    for run in golden()["runs"].as_array().unwrap() {
        let [kind, optimizer] = ["kind", "optimizer"].map(|key| run[key].as_str().unwrap());
        let batch = run["batch"].as_u64().unwrap();
        let rate = if optimizer == "sgd" { 0.1 } else { 0.01 };
        let recipe = Recipe::from_toml(
            &format!(
                "data = {{ source = \"inline\" }}\n\
                 [network]\nlayers = [4, 6, 5, 3]\nactivation = [\"tanh\", \"relu\", \"softmax\"]\n\
                 normalisation = \"{kind}\"\nbias = {}\n\
                 [train]\nloss = \"categorical_cross_entropy\"\noptimizer = \"{optimizer}\"\n\
                 learning_rate = {rate}\nbatch_size = {batch}\nepochs = {}\n",
                kind == "layer",
                60 * batch / 24
            ),
            "the test",
        )
        .unwrap();
        let start = Network::new(recipe.architecture().unwrap(), numbers(&run["start"])).unwrap();
        let data = dataset(&numbers(&run["x"]), &run["labels"]);
        let session = Session::new(recipe, data, NonZeroUsize::MIN)
            .and_then(|session| session.starting_from(&start))
            .unwrap();
        let finished = session.run(&mut ()).unwrap();
        let what = format!("{kind}, {optimizer}");
        assert_near(finished.network().parameters(), &run["end"], 1e-10, &what);
        let outputs: Vec<f64> = finished.outputs().into_iter().flat_map(|row| row.0).collect();
        assert_near(&outputs, &run["outputs"], 1e-10, &format!("{what}, outputs"));
    }
}
