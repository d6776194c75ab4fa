//! Models that others trained: an ONNX graph or a state dict that is a multilayer perceptron becomes a model.

mod modules;
pub(crate) mod state_dict;

use crate::error::{ExportError, Result};
use crate::layers::{self, DenseLayer, Perceptron};
use crate::onnx;
use pellucid::{Activation, Architecture, Network, Normalisation, Recipe, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::Preparation;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

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
    /// Of a state dict, the activation of all hidden layers, or of each.
    pub activations: &'a [Activation],
    /// Of a state dict, the activation of the output layer.
    pub output_activation: Option<Activation>,
    /// Of a state dict, the names of modules and of activations in order.
    pub layers: &'a [String],
    /// The dropout rates of further training: of the features, and of each hidden layer; none if empty.
    pub dropout: &'a [f64],
}

/// Reads an ONNX file or a state dict in the safetensors format that is a multilayer perceptron. Scales, biases and batch
/// normalisations become part of the weights. Of a file that this crate exported, the preparation of the table comes back too.
///
/// # Errors
/// The file cannot be read, or is none of these; an operator or a tensor in it is none of a multilayer perceptron, which the message
/// names; a tensor lies in another file; a state dict leaves the order of its layers or their activations open; the columns or
/// classes are not as many as the features or outputs.
pub fn import(path: &Path, request: &ImportRequest<'_>) -> Result<Model> {
    let place = path.display().to_string();
    let wrong = |problem: String| ExportError::NotImported {
        place: place.clone(),
        problem,
    };
    let metadata = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !metadata.is_file() {
        return Err(wrong(
            "it is no file; give the name of an ONNX or safetensors file".into(),
        ));
    }
    if metadata.len() > LARGEST_FILE {
        return Err(wrong(
            "it is larger than 2 GiB, more than any ONNX file is, or a network of layers that was trained"
                .into(),
        ));
    }
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    import_bytes(&bytes, path, request)
}

/// As [`import`], of the bytes of a file. `path` is what messages call it.
///
/// # Errors
/// Those of [`import`].
pub fn import_bytes(bytes: &[u8], path: &Path, request: &ImportRequest<'_>) -> Result<Model> {
    let place = path.display().to_string();
    let wrong = |problem: String| ExportError::NotImported {
        place: place.clone(),
        problem,
    };
    let mut found = perceptron(bytes, request).map_err(wrong)?;
    with_probabilities(&mut found, request.classes.len());
    let preparation: Preparation = match found.preparation.take() {
        Some(preparation) => preparation,
        None => serde_json::from_value(preparation(&found, request).map_err(wrong)?)
            .map_err(|error| wrong(format!("its preparation cannot be made ({error})")))?,
    };
    let recipe = recipe(&found, &preparation, request.dropout).map_err(wrong)?;
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

/// The network of the bytes of a file.
fn perceptron(bytes: &[u8], request: &ImportRequest<'_>) -> Result<Perceptron, String> {
    let is_described = !request.activations.is_empty() || request.output_activation.is_some();
    match bytes {
        // The length of a header, below 2^40, and its first letter.
        [_, _, _, _, _, 0, 0, 0, b'{', ..] => {
            if request.output.is_some() {
                return Err("a state dict has no outputs by name; leave --output out".into());
            }
            let state = state_dict::read(bytes)?;
            if is_described && !request.layers.is_empty() {
                return Err(
                    "--layers names the activations too; leave --activation and --output-activation out".into(),
                );
            }
            let is_own = !is_described && request.layers.is_empty();
            let named = if is_own { &state.exported.layers } else { request.layers };
            Ok(Perceptron {
                layers: layers::joined(modules::ordered(&state, named, request)?)?,
                is_double: state.is_double,
                preparation: state.exported.preparation,
            })
        }
        [b'P', b'K', 3, 4, ..] | [0x80, ..] => Err(
            "it is an archive of PyTorch or Keras, in which code may lie; save the state dict with \
             safetensors.torch.save_model(module, \"network.safetensors\"), or give the module or model to from_pytorch or from_keras in \
             Python"
                .into(),
        ),
        [0x89, b'H', b'D', b'F', ..] => Err(
            "it is an HDF5 file, as Keras writes; load it there, and give the model to from_keras in Python".into(),
        ),
        _ if is_described || !request.layers.is_empty() => Err(
            "--activation, --output-activation and --layers are for state dicts; an ONNX graph has its activations".into(),
        ),
        _ => onnx::read(bytes, request.output),
    }
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
    let mut architecture = Architecture::new(&sizes, &activations, true)?;
    let normalisations: Vec<Option<Normalisation>> = layers
        .iter()
        .map(|layer| {
            let epsilon = layer.normalisation.as_ref()?.epsilon;
            Some(Normalisation::Layer { epsilon })
        })
        .collect();
    if normalisations.iter().any(Option::is_some) {
        architecture = architecture.normalised(&normalisations)?;
    }
    if layers.iter().any(|layer| layer.factors.is_some()) {
        architecture = architecture.with_parametric_activations();
    }
    let mut parameters = vec![T::from_f64(0.0); architecture.parameter_count()];
    for (place, layer) in architecture.layers().iter().zip(layers) {
        let (gain, shift) = match &layer.normalisation {
            Some(one) => (one.gain.as_slice(), one.shift.as_slice()),
            None => (&[][..], &[][..]),
        };
        let ones = vec![1.0; layer.outputs];
        let parts = [
            (Some(place.weights()), layer.weights.as_slice()),
            (place.bias(), &layer.bias),
            (place.gain(), gain),
            (place.shift(), shift),
            (
                place.activation_factors(),
                layer.factors.as_ref().unwrap_or(&ones),
            ),
        ];
        for (range, numbers) in parts {
            let to = &mut parameters[range.unwrap_or_default()];
            to.iter_mut()
                .zip(numbers)
                .for_each(|(to, &number)| *to = T::from_f64(number));
        }
    }
    Ok(Network::new(architecture, parameters)?)
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
        return Err("it has no layer".into());
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
fn recipe(found: &Perceptron, preparation: &Preparation, dropout: &[f64]) -> Result<Recipe, String> {
    let Some(last) = found.layers.last() else {
        return Err("it has no layer".into());
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
    let mut network = String::new();
    if found.layers.iter().any(|layer| layer.normalisation.is_some()) {
        let of_layer = |layer: &DenseLayer| match &layer.normalisation {
            Some(one) => format!("{{ name = \"layer\", epsilon = {:?} }}", one.epsilon),
            None => "\"none\"".into(),
        };
        let of_layers: Vec<String> = found.layers.iter().map(of_layer).collect();
        network += &format!(", normalisation = [{}]", of_layers.join(", "));
    }
    if found.layers.iter().any(|layer| layer.factors.is_some()) {
        network += ", parametric_activations = true";
    }
    let train = match dropout.iter().any(|rate| *rate > 0.0) {
        true => format!(", dropout = {}", json!(dropout)),
        false => String::new(),
    };
    let text = format!(
        "data = {{ source = \"table\", table = {{ target = {target} }} }}\n\
         network = {{ layers = {sizes}, activation = {activations}{network} }}\n\
         train = {{ loss = \"{loss}\", optimizer = \"adam\", learning_rate = 0.001, batch_size = 32, epochs = 100, precision = \"{precision}\"{train} }}\n"
    );
    Recipe::from_toml(&text, "the recipe of an import").map_err(|error| error.to_string())
}
