//! Inspection of a fitted network by the engine, as JSON: one step in numbers, a gradient check, and a diagnosis.

use crate::arrays::extract;
use crate::numbers::Number;
use crate::run::{network, read, refusal, threads_of};
use numpy::PyReadonlyArray2;
use pellucid::data::dataset::{BatchBuffers, Dataset, Features, Rows, Samples, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::inspection::diagnosis::{DataFacts, EpochLosses, Facts, NetworkFacts, after_training};
use pellucid::inspection::explanation::{Explanation, Labels};
use pellucid::inspection::gradient_check::{CheckSettings, check_layers};
use pellucid::training::trainer::check_fit;
use pellucid::{Objective, Recipe, Update, with_precision};
use pellucid_report::WorkedExample;
use pyo3::prelude::*;
use serde_json::{Value, json};

fn data<T: Number>(features: &Bound<'_, PyAny>, targets: &Bound<'_, PyAny>) -> PyResult<Dataset<T>> {
    let matrix = |array: &Bound<'_, PyAny>, what: &str| {
        let array: PyReadonlyArray2<'_, T> = extract(array, what)?;
        let array = array.as_array();
        let (rows, columns) = array.dim();
        Matrix::new(rows, columns, array.iter().copied().collect()).map_err(|error| refusal(&error))
    };
    let features = Features::Dense(matrix(features, "the features")?);
    let targets = Targets::Dense(matrix(targets, "the targets")?);
    Dataset::new(features, targets).map_err(|error| refusal(&error))
}

/// The next training step on these rows: its record as JSON, as Markdown, as a page, and as text.
#[pyfunction]
pub(crate) fn explain(
    recipe: &str,
    parameters: Vec<Bound<'_, PyAny>>,
    features: &Bound<'_, PyAny>,
    targets: &Bound<'_, PyAny>,
    input_names: Vec<String>,
    output_names: Vec<String>,
) -> PyResult<(String, String, String, String)> {
    let recipe = read(recipe)?;
    let labels = Labels {
        name: "the model".into(),
        input_names,
        output_names,
        ..Labels::default()
    };
    let explanation = with_precision!(recipe.train.precision, T => {
        step::<T>(&recipe, &parameters, features, targets, labels)?
    });
    let record = serde_json::to_string(&explanation).map_err(|error| refusal(&error))?;
    let example = WorkedExample::new(&explanation);
    Ok((
        record,
        example.markdown(),
        example.html(),
        example.terminal(100, false),
    ))
}

fn step<T: Number>(
    recipe: &Recipe,
    parameters: &[Bound<'_, PyAny>],
    features: &Bound<'_, PyAny>,
    targets: &Bound<'_, PyAny>,
    labels: Labels,
) -> PyResult<Explanation> {
    let data = data::<T>(features, targets)?;
    let network = network(recipe, parameters)?;
    Explanation::of_next_step(recipe, network, &data, labels, threads_of(1)).map_err(|error| refusal(&error))
}

/// The gradient of backpropagation compared with a numerical one, part by part, in double precision: JSON.
#[pyfunction]
pub(crate) fn check_gradient(
    recipe: &str,
    parameters: Vec<Bound<'_, PyAny>>,
    features: &Bound<'_, PyAny>,
    targets: &Bound<'_, PyAny>,
    samples: usize,
    tolerance: f64,
) -> PyResult<String> {
    let recipe = read(recipe)?;
    let network = network::<f64>(&recipe, &parameters)?;
    let data = data::<f64>(features, targets)?;
    let objective = Objective {
        loss: recipe.train.loss,
        reduction: recipe.train.reduction,
        update: Update::Textbook,
    };
    let settings = CheckSettings {
        samples,
        tolerance,
        seed: recipe.train.seed,
    };
    check_fit(network.architecture(), recipe.train.loss, &data).map_err(|error| refusal(&error))?;
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Rows::Range(0, data.rows()), &mut buffers);
    let parts = check_layers(&network, input, targets, objective, settings);
    let records: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "layer": part.part.layer,
                "part": part.part.kind,
                "shape": [part.part.rows, part.part.columns],
                "checked": part.report.entries.len(),
                "wrong": part.report.wrong().count(),
                "worst_relative_error": part.report.worst(),
                "right": part.report.is_right(),
            })
        })
        .collect();
    Ok(Value::from(records).to_string())
}

/// The findings about a fitted network, from the losses of its training and, if rows are given, from its layers on them: JSON.
#[pyfunction]
#[pyo3(signature = (recipe, parameters, rows, names, losses, threads))]
pub(crate) fn diagnose(
    recipe: &str,
    parameters: Vec<Bound<'_, PyAny>>,
    rows: Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
    names: Vec<String>,
    losses: Vec<f64>,
    threads: usize,
) -> PyResult<String> {
    let recipe = read(recipe)?;
    let epochs: Vec<EpochLosses> = losses
        .into_iter()
        .zip(1..)
        .map(|(training, epoch)| EpochLosses {
            epoch,
            training,
            validation: None,
        })
        .collect();
    let losses_only = Facts {
        recipe: &recipe,
        data: None,
        initial: None,
        trained: None,
        layer_statistics: &[],
        epochs: &epochs,
        best_epoch: None,
        failure: None,
    };
    let inspected = match &rows {
        None => None,
        Some(rows) => Some(with_precision!(recipe.train.precision, T => {
            facts::<T>(&recipe, &parameters, rows, &names, threads)?
        })),
    };
    let found = after_training(&Facts {
        data: inspected.as_ref().map(|(data, _)| data),
        trained: inspected.as_ref().map(|(_, network)| network),
        ..losses_only
    });
    serde_json::to_string(&found).map_err(|error| refusal(&error))
}

fn facts<T: Number>(
    recipe: &Recipe,
    parameters: &[Bound<'_, PyAny>],
    (features, targets): &(Bound<'_, PyAny>, Bound<'_, PyAny>),
    names: &[String],
    threads: usize,
) -> PyResult<(DataFacts, NetworkFacts)> {
    let data = data::<T>(features, targets)?;
    let network = network::<T>(recipe, parameters)?;
    check_fit(network.architecture(), recipe.train.loss, &data).map_err(|error| refusal(&error))?;
    let facts = DataFacts::from_data(&data, names);
    let of_network = NetworkFacts::from_network(recipe, &network, &data, &facts, threads_of(threads));
    Ok((facts, of_network.map_err(|error| refusal(&error))?))
}
