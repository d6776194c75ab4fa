//! The tensors of a state dict in the safetensors format, as the modules of a network.

use crate::layers::{DenseLayer, LayerNormalisation, Stage};
use pellucid_data::preparation::Preparation;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What PyTorch adds to variances, where the file does not say.
const EPSILON: f64 = 1e-5;
/// How many tensors a message names.
const MOST_SHOWN: usize = 12;
/// The metadata of an exported network: JSON of [`Exported`]. It is one, because the library writes several in any order.
pub(crate) const NETWORK_PROPERTY: &str = "pellucid_network";

/// What an exported state dict keeps beside its tensors.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Exported {
    /// The names of modules and of activations in order.
    pub(crate) layers: Vec<String>,
    /// The preparation of the table.
    pub(crate) preparation: Option<Preparation>,
}

/// A tensor of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers {
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Vec<f64>,
}

/// The modules of a file.
#[derive(Debug)]
pub(super) struct StateDict {
    /// By name, what each is.
    pub(super) modules: BTreeMap<String, Stage>,
    /// The tensors with their shapes, for messages.
    pub(super) shown: String,
    pub(super) is_double: bool,
    pub(super) exported: Exported,
}

/// The modules of the bytes of a file.
///
/// # Errors
/// It is damaged, or has a tensor that no module of a multilayer perceptron has.
pub(super) fn read(bytes: &[u8]) -> Result<StateDict, String> {
    let damaged = |error| format!("it is no safetensors file, or a damaged one ({error})");
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let properties = metadata.metadata().clone().unwrap_or_default();
    if properties.contains_key("pellucid_version") {
        return Err("it is a model of pellucid already, which needs no import".into());
    }
    let exported = match properties.get(NETWORK_PROPERTY) {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| format!("what it keeps of the exported network cannot be read ({error})"))?,
        None => Exported::default(),
    };
    let mut tensors: Vec<(&str, TensorView<'_>)> = file.iter().collect();
    tensors.sort_by_key(|(name, _)| *name);
    let shown = shown(&tensors);
    let mut is_double = false;
    let mut parts: BTreeMap<String, BTreeMap<&str, Numbers>> = BTreeMap::new();
    for (name, tensor) in &tensors {
        let (module, part) = name.rsplit_once('.').unwrap_or(("", name));
        if part == "num_batches_tracked" {
            continue;
        }
        // Of the weights of a linear layer; numbers beside them may be more precise.
        is_double |= tensor.dtype() == Dtype::F64 && tensor.shape().len() == 2;
        let numbers = numbers(name, tensor)?;
        parts.entry(module.to_owned()).or_default().insert(part, numbers);
    }
    let modules = parts
        .into_iter()
        .map(|(name, parts)| {
            let stage =
                stage(&name, parts).map_err(|problem| format!("{problem}. The tensors are {shown}"))?;
            Ok((name, stage))
        })
        .collect::<Result<_, String>>()?;
    Ok(StateDict {
        modules,
        shown,
        is_double,
        exported,
    })
}

/// The tensors with their shapes, for a message.
fn shown(tensors: &[(&str, TensorView<'_>)]) -> String {
    let one = |(name, tensor): &(&str, TensorView<'_>)| format!("{name} {:?}", tensor.shape());
    let mut texts: Vec<String> = tensors.iter().take(MOST_SHOWN).map(one).collect();
    texts.extend((tensors.len() > MOST_SHOWN).then(|| format!("and {} more", tensors.len() - MOST_SHOWN)));
    texts.join(", ")
}

fn numbers(name: &str, tensor: &TensorView<'_>) -> Result<Numbers, String> {
    let data = tensor.data();
    let numbers = match tensor.dtype() {
        Dtype::F32 => data
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f64::from(f32::from_le_bytes(bytes)))
            .collect(),
        Dtype::F64 => data
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f64::from_le_bytes(bytes))
            .collect(),
        other => {
            return Err(format!(
                "tensor {name:?} has elements of type {other:?}; F32 and F64 are known: call .float() on the module before it is saved"
            ));
        }
    };
    Ok(Numbers {
        shape: tensor.shape().to_vec(),
        numbers,
    })
}

/// What the tensors of a module make it.
fn stage(name: &str, mut parts: BTreeMap<&str, Numbers>) -> Result<Stage, String> {
    let mut take = |part: &str| parts.remove(part);
    let epsilon = take("eps")
        .and_then(|found| found.numbers.first().copied())
        .unwrap_or(EPSILON);
    let (mean, variance) = (take("running_mean"), take("running_var"));
    let (weight, kernel, bias) = (take("weight"), take("kernel"), take("bias"));
    if let Some(other) = parts.keys().next() {
        return Err(format!(
            "tensor {other:?} of the module {name:?} is none of a linear layer, batch or layer normalisation or PReLU"
        ));
    }
    let vector = |part: &str, found: Option<Numbers>, length: usize, usual: f64| match found {
        None => Ok(vec![usual; length]),
        Some(found) if found.shape == [length] => Ok(found.numbers),
        Some(found) => Err(format!(
            "{part} of the module {name:?} has the shape {:?}; {length} numbers are expected",
            found.shape
        )),
    };
    if let (Some(mean), Some(variance)) = (&mean, variance) {
        let width = mean.numbers.len();
        let mean = vector("running_mean", Some(mean.clone()), width, 0.0)?;
        let variance = vector("running_var", Some(variance), width, 1.0)?;
        let (gain, bias) = (
            vector("weight", weight, width, 1.0)?,
            vector("bias", bias, width, 0.0)?,
        );
        let scale: Vec<f64> = gain
            .iter()
            .zip(&variance)
            .map(|(gain, variance)| gain / (variance + epsilon).sqrt())
            .collect();
        let shift = bias
            .iter()
            .zip(mean.iter().zip(&scale))
            .map(|(bias, (mean, scale))| bias - mean * scale)
            .collect();
        return Ok(Stage::Affine { scale, shift });
    }
    // PyTorch's (outputs, inputs), or Keras' (inputs, outputs).
    let is_transposed = weight.is_some();
    let weight = weight.or(kernel).filter(|_| mean.is_none());
    let weight = weight.ok_or_else(|| {
        format!("the module {name:?} has no weight, of a linear layer, a normalisation or PReLU")
    })?;
    match (weight.shape.as_slice(), bias) {
        (&[first, second], bias) if first > 0 && second > 0 => {
            let (inputs, outputs) = if is_transposed {
                (second, first)
            } else {
                (first, second)
            };
            let weights = match is_transposed {
                false => weight.numbers,
                true => (0..inputs)
                    .flat_map(|input| weight.numbers[input..].iter().step_by(inputs))
                    .copied()
                    .collect(),
            };
            let bias = vector("bias", bias, outputs, 0.0)?;
            Ok(Stage::Dense(DenseLayer::new(inputs, outputs, weights, bias)))
        }
        (&[width], Some(bias)) => Ok(Stage::Normalisation(LayerNormalisation {
            epsilon,
            gain: weight.numbers,
            shift: vector("bias", Some(bias), width, 0.0)?,
        })),
        (&[width], None) if width > 0 => Ok(Stage::Leaky(weight.numbers)),
        (shape, _) => Err(format!(
            "weight of the module {name:?} has the shape {shape:?}; (outputs, inputs) of a linear layer or one number for each unit is \
             expected"
        )),
    }
}
