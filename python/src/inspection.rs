//! Inspection of a fitted network by the engine, as JSON: one step in numbers, a gradient check, and a diagnosis.

use crate::arrays::{Number, Refused};
use crate::model_file::epochs_of;
use crate::run::{Parameters, network, read, threads_of};
use crate::samples::copied;
use pellucid::data::dataset::{BatchBuffers, Rows, Samples};
use pellucid::inspection::diagnosis::{DataFacts, Facts, NetworkFacts, after_training};
use pellucid::inspection::explanation::{Explanation, Labels};
use pellucid::inspection::gradient_check::{CheckSettings, check_layers};
use pellucid::training::trainer::check_fit;
use pellucid::{Objective, Recipe, Update, with_precision};
use pellucid_report::WorkedExample;
use pyo3::prelude::*;
use serde_json::{Value, json};

/// The next training step on these rows: its record as JSON, as Markdown, as a page, and as text.
#[pyfunction]
pub(crate) fn explain(
    recipe: &str,
    parameters: Parameters<'_>,
    samples: &Bound<'_, PyAny>,
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
        let (data, network) = (copied::<T>(samples)?, network(&recipe, &parameters)?);
        Explanation::of_next_step(&recipe, network, &data, labels, threads_of(1)).refused()?
    });
    let record = serde_json::to_string(&explanation).refused()?;
    let example = WorkedExample::new(&explanation);
    Ok((
        record,
        example.markdown(),
        example.html(),
        example.terminal(100, false),
    ))
}

/// The gradient of backpropagation compared with a numerical one, part by part, in double precision: JSON.
#[pyfunction]
pub(crate) fn check_gradient(
    recipe: &str,
    parameters: Parameters<'_>,
    samples: &Bound<'_, PyAny>,
    entries: usize,
    tolerance: f64,
) -> PyResult<String> {
    let recipe = read(recipe)?;
    let network = network::<f64>(&recipe, &parameters)?;
    let data = copied::<f64>(samples)?;
    let objective = Objective {
        loss: recipe.train.loss,
        reduction: recipe.train.reduction,
        update: Update::Textbook,
    };
    let settings = CheckSettings {
        samples: entries,
        tolerance,
        seed: recipe.train.seed,
    };
    check_fit(network.architecture(), recipe.train.loss, &data).refused()?;
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Rows::Range(0, data.rows()), &mut buffers);
    let parts = check_layers(&network, input, targets, objective, settings);
    let records: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "layer": part.part.layer,
                "part": part.part.kind,
                "member": part.part.member,
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

/// The findings about a fitted network, from the losses of its training and, if samples are given, from its layers on them: JSON.
#[pyfunction]
#[pyo3(signature = (recipe, parameters, samples, names, losses, threads))]
pub(crate) fn diagnose(
    recipe: &str,
    parameters: Parameters<'_>,
    samples: Option<&Bound<'_, PyAny>>,
    names: Vec<String>,
    losses: Vec<f64>,
    threads: usize,
) -> PyResult<String> {
    let recipe = read(recipe)?;
    let epochs = epochs_of(losses);
    let inspected = match samples {
        None => None,
        Some(samples) => Some(with_precision!(recipe.train.precision, T => {
            facts::<T>(&recipe, &parameters, samples, &names, threads)?
        })),
    };
    let found = after_training(&Facts {
        recipe: &recipe,
        data: inspected.as_ref().map(|(data, _)| data),
        initial: None,
        trained: inspected.as_ref().map(|(_, network)| network),
        layer_statistics: &[],
        epochs: &epochs,
        best_epoch: None,
        failure: None,
    });
    serde_json::to_string(&found).refused()
}

fn facts<T: Number>(
    recipe: &Recipe,
    parameters: &[Bound<'_, PyAny>],
    samples: &Bound<'_, PyAny>,
    names: &[String],
    threads: usize,
) -> PyResult<(DataFacts, NetworkFacts)> {
    let data = copied::<T>(samples)?;
    let network = network::<T>(recipe, parameters)?;
    check_fit(network.architecture(), recipe.train.loss, &data).refused()?;
    let facts = DataFacts::from_data(&data, names);
    let of_network = NetworkFacts::from_network(recipe, &network, &data, &facts, threads_of(threads));
    Ok((facts, of_network.refused()?))
}
