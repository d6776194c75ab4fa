//! Models that others trained: an ONNX graph that is a multilayer perceptron becomes a model.

use crate::error::{ExportError, Result};
use crate::onnx::{Perceptron, read};
use pellucid::{Activation, Architecture, Network, Recipe, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::Preparation;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The preparation of a table that an exported graph keeps.
pub(crate) const PREPARATION_PROPERTY: &str = "pellucid_preparation";
/// The largest file that a protobuf may be.
const LARGEST_FILE: u64 = 1 << 31;
/// Features of a graph are taken as they are, whatever their size.
const LARGEST_FEATURE: f64 = 1e150;

/// What is requested of an import.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportRequest<'a> {
    /// The output of the graph, if it has several.
    pub output: Option<&'a str>,
    /// The columns that are the features, in order; x1, x2 and so on if empty.
    pub columns: &'a [String],
    /// The classes by name, in the order of the outputs; class 0, class 1 and so on if empty.
    pub classes: &'a [String],
    /// The column to predict; `target` if absent.
    pub target: Option<&'a str>,
}

/// Reads an ONNX file that is a multilayer perceptron. Scales, biases and batch normalisations become part of the weights. Of a
/// graph that this crate exported, the preparation of the table comes back too.
///
/// # Errors
/// The file cannot be read, or is no ONNX file; an operator in it is none of a multilayer perceptron, which the message names; a
/// tensor lies in another file; the columns or classes are not as many as the features or outputs.
pub fn import(path: &Path, request: &ImportRequest<'_>) -> Result<Model> {
    let place = path.display().to_string();
    let wrong = |problem: String| ExportError::NotImported {
        place: place.clone(),
        problem,
    };
    let metadata = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !metadata.is_file() {
        return Err(wrong("it is no file; give the name of an ONNX file".into()));
    }
    if metadata.len() > LARGEST_FILE {
        return Err(wrong(
            "it is larger than 2 GiB, more than any ONNX file is".into(),
        ));
    }
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut found = read(&bytes, request.output).map_err(wrong)?;
    with_probabilities(&mut found, request.classes.len());
    let preparation = match found
        .properties
        .get(PREPARATION_PROPERTY)
        .filter(|_| request.output.is_none())
    {
        Some(text) => serde_json::from_str(text),
        None => serde_json::from_value(preparation(&found, request).map_err(wrong)?),
    };
    let preparation: Preparation =
        preparation.map_err(|error| wrong(format!("its preparation cannot be read ({error})")))?;
    let recipe = recipe(&found, &preparation).map_err(wrong)?;
    let network = match found.is_double {
        true => AnyNetwork::from(network::<f64>(&found)?),
        false => AnyNetwork::from(network::<f32>(&found)?),
    };
    let mut model = Model::new(network, recipe, Some(preparation));
    model.warnings.push(format!(
        "the model was imported from {place}; its training is not known"
    ));
    // What its file would not hold is found before it is used.
    model.to_bytes(path)?;
    Ok(model)
}

fn network<T: Scalar>(found: &Perceptron) -> Result<Network<T>> {
    let layers = &found.layers;
    let sizes: Vec<usize> = layers
        .iter()
        .take(1)
        .map(|layer| layer.inputs)
        .chain(layers.iter().map(|layer| layer.outputs))
        .collect();
    let activations: Vec<Activation> = layers.iter().map(|layer| layer.activation).collect();
    let architecture = Architecture::new(&sizes, &activations, true)?;
    let weights = layers.iter().flat_map(|layer| &layer.weights);
    let biases = layers.iter().flat_map(|layer| &layer.bias);
    Ok(Network::new(
        architecture,
        weights.chain(biases).map(|&number| T::from_f64(number)).collect(),
    )?)
}

/// Where classes are named and the output layer gives logits, it gives their probabilities.
fn with_probabilities(found: &mut Perceptron, classes: usize) {
    let Some(last) = found
        .layers
        .last_mut()
        .filter(|last| last.activation == Activation::Identity)
    else {
        return;
    };
    match (last.outputs, classes) {
        (1, 2) => last.activation = Activation::Sigmoid,
        (outputs, classes) if outputs == classes && classes > 1 => last.activation = Activation::Softmax,
        _ => {}
    }
}

/// Features as they are, and the target that the output layer's activation shows.
fn preparation(found: &Perceptron, request: &ImportRequest<'_>) -> Result<Value, String> {
    let ImportRequest {
        columns,
        classes,
        target,
        ..
    } = *request;
    let (Some(first), Some(last)) = (found.layers.first(), found.layers.last()) else {
        return Err("the graph has no layer".into());
    };
    let names: Vec<String> = match columns {
        [] => (1..=first.inputs).map(|number| format!("x{number}")).collect(),
        named if named.len() == first.inputs => named.to_vec(),
        named => {
            return Err(format!(
                "{} columns are named, and the network has {} features",
                named.len(),
                first.inputs
            ));
        }
    };
    let target = target.unwrap_or("target");
    if names.iter().any(|name| name == target) {
        return Err(format!(
            "the target {target:?} is one of the columns; name another with --target"
        ));
    }
    let named_classes = |count: usize| -> Result<Vec<String>, String> {
        match classes {
            [] => Ok((0..count).map(|class| format!("class {class}")).collect()),
            named if named.len() == count => Ok(named.to_vec()),
            named => Err(format!(
                "{} classes are named, and the network has {count}",
                named.len()
            )),
        }
    };
    let numbered = |what: &str| -> Vec<String> {
        match last.outputs {
            1 => vec![what.to_owned()],
            several => (1..=several).map(|number| format!("{what} {number}")).collect(),
        }
    };
    let target = match last.activation {
        Activation::Softmax => {
            json!({ "classes": { "column": target, "kind": "category", "classes": named_classes(last.outputs)? } })
        }
        Activation::Sigmoid if last.outputs == 1 => {
            json!({ "binary": { "column": target, "kind": "category", "classes": named_classes(2)? } })
        }
        Activation::Sigmoid => {
            let label =
                |column: String| json!({ "column": column, "kind": "category", "classes": ["0", "1"] });
            json!({ "labels": { "labels": numbered(target).into_iter().map(label).collect::<Vec<_>>() } })
        }
        _ if !classes.is_empty() => {
            return Err("classes are named, but the output layer gives numbers, not probabilities".into());
        }
        _ => {
            let column = |column: String| json!({ "column": column, "mean": 0.0, "std": 1.0 });
            json!({ "regression": { "columns": numbered(target).into_iter().map(column).collect::<Vec<_>>() } })
        }
    };
    let number = json!({
        "median": 0.0, "minimum": -LARGEST_FEATURE, "maximum": LARGEST_FEATURE, "shift": 0.0, "divisor": 1.0,
        "marks_missing": false,
    });
    let column = |name: String| json!({ "name": name, "transform": { "number": number } });
    Ok(json!({
        "settings": { "scale": "none" },
        "columns": names.into_iter().map(column).collect::<Vec<_>>(),
        "unused": [],
        "target": target,
    }))
}

/// A recipe by which the network can be trained further.
fn recipe(found: &Perceptron, preparation: &Preparation) -> Result<Recipe, String> {
    let Some(last) = found.layers.last() else {
        return Err("the graph has no layer".into());
    };
    let sizes: Vec<usize> = [preparation.width()]
        .into_iter()
        .chain(found.layers.iter().map(|layer| layer.outputs))
        .collect();
    let activations: Vec<&str> = found.layers.iter().map(|layer| layer.activation.name()).collect();
    let loss = match last.activation {
        Activation::Softmax => "categorical_cross_entropy",
        Activation::Sigmoid => "binary_cross_entropy",
        _ => "squared_error",
    };
    let target = json!(preparation.target().columns());
    let (sizes, activations) = (json!(sizes), json!(activations));
    let precision = if found.is_double { "f64" } else { "f32" };
    let text = format!(
        "data = {{ source = \"table\", table = {{ target = {target} }} }}\n\
         network = {{ layers = {sizes}, activation = {activations} }}\n\
         train = {{ loss = \"{loss}\", optimizer = \"adam\", learning_rate = 0.001, batch_size = 32, epochs = 100, precision = \"{precision}\" }}\n"
    );
    Recipe::from_toml(&text, "the recipe of an import").map_err(|error| error.to_string())
}
