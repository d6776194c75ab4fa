//! The network of a model file, as named tensors.

use super::format::{ModelBytes, Tensors};
use crate::files::FileError;
use pellucid::descriptor::OrNone;
use pellucid::model::embedding::Embedding;
use pellucid::model::network::Layer;
use pellucid::{Activation, Architecture, Network, Normalisation, Precision, Scalar};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

/// A network of either precision.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyNetwork {
    /// In single precision.
    F32(Network<f32>),
    /// In double precision.
    F64(Network<f64>),
}

impl From<Network<f32>> for AnyNetwork {
    fn from(network: Network<f32>) -> Self {
        Self::F32(network)
    }
}

impl From<Network<f64>> for AnyNetwork {
    fn from(network: Network<f64>) -> Self {
        Self::F64(network)
    }
}

/// The metadata `architecture`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    layers: Vec<usize>,
    activations: Vec<Activation>,
    bias: bool,
    /// One for each layer after the inputs; empty if none is normalised, as in files before format 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    normalisation: Vec<OrNone<Normalisation>>,
    /// Whether the first layer scales the features; absent in files before format 3.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    input_scales: bool,
    /// What stands in the place of features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    embeddings: Vec<Embedding>,
    /// Whether hidden layers have parametric activations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    parametric_activations: bool,
    /// The number of members that share the hidden layers; absent for a network that is not made of members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    /// The number of networks whose outputs are averaged; absent for one, as in files before format 3.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    networks: usize,
    precision: Precision,
}

impl Shape {
    /// Whether every size in it is one that a file of so many bytes can hold, so that no product of them is too large to be
    /// computed.
    fn fits(&self, bytes: usize) -> bool {
        let fits = |size: usize| size <= bytes;
        let both_fit = |a: usize, b: usize| a.checked_mul(b).is_some_and(fits);
        let embedding_fits = |embedding: &Embedding| {
            let (width, frequencies) = (embedding.width.unwrap_or(1), embedding.frequencies.unwrap_or(1));
            fits(embedding.first)
                && fits(embedding.last)
                && both_fit(embedding.columns(), width)
                && both_fit(embedding.columns(), frequencies)
        };
        // Sizes of layers alone are checked where the architecture is made of them.
        let is_plain = self.embeddings.is_empty() && self.members.is_none();
        (is_plain || self.layers.iter().copied().all(fits))
            && fits(self.networks)
            && self.members.is_none_or(fits)
            && self.embeddings.iter().all(embedding_fits)
    }
}

fn one() -> usize {
    1
}

fn is_one(networks: &usize) -> bool {
    *networks == 1
}

impl AnyNetwork {
    /// The shape.
    pub fn architecture(&self) -> &Architecture {
        match self {
            Self::F32(network) => network.architecture(),
            Self::F64(network) => network.architecture(),
        }
    }

    /// The precision of the parameters.
    pub fn precision(&self) -> Precision {
        match self {
            Self::F32(_) => Precision::F32,
            Self::F64(_) => Precision::F64,
        }
    }

    pub(super) fn shape(&self, networks: usize) -> Shape {
        let layers = self.architecture().layers();
        let sizes = layers.iter().map(|layer| layer.fan_out);
        Shape {
            layers: std::iter::once(self.architecture().input_width())
                .chain(sizes)
                .collect(),
            activations: layers.iter().map(|layer| layer.activation).collect(),
            bias: layers[0].bias().is_some(),
            normalisation: match self.architecture().is_normalised() {
                true => layers.iter().map(|layer| OrNone(layer.normalisation())).collect(),
                false => Vec::new(),
            },
            input_scales: self.architecture().input_scales().is_some(),
            embeddings: self.architecture().embeddings().copied().collect(),
            parametric_activations: self.architecture().has_parametric_activations(),
            members: Some(self.architecture().member_count()).filter(|&count| count > 1),
            networks,
            precision: self.precision(),
        }
    }

    fn tensors(&self, prefix: &str) -> Tensors {
        match self {
            Self::F32(network) => tensors(network, prefix, Dtype::F32, f32::to_le_bytes),
            Self::F64(network) => tensors(network, prefix, Dtype::F64, f64::to_le_bytes),
        }
    }

    /// Reads the tensors of a file: its first network, and the others.
    pub(super) fn from_file(file: &ModelBytes<'_>) -> Result<(Self, Vec<Self>), FileError> {
        let shape: Shape = file.parsed("architecture")?;
        if !shape.fits(file.data_length()) {
            return Err(file.wrong(contradiction(
                "the architecture has sizes that are larger than the file",
            )));
        }
        let of_layers: Vec<_> = shape.normalisation.iter().map(|one| one.0).collect();
        let architecture = Architecture::new(&shape.layers, &shape.activations, shape.bias);
        let architecture = architecture.and_then(|architecture| match of_layers.is_empty() {
            true => Ok(architecture),
            false => architecture.normalised(&of_layers),
        });
        let architecture = architecture.map(|architecture| match shape.input_scales {
            true => architecture.scaling_inputs(),
            false => architecture,
        });
        let architecture = architecture.and_then(|architecture| match shape.embeddings.is_empty() {
            true => Ok(architecture),
            false => architecture.embedding(&shape.embeddings),
        });
        let architecture = architecture.map(|architecture| match shape.parametric_activations {
            true => architecture.with_parametric_activations(),
            false => architecture,
        });
        let architecture = architecture.and_then(|architecture| match shape.members {
            Some(count) => architecture.with_members(count),
            None => Ok(architecture),
        });
        let architecture = architecture.map_err(|error| file.wrong(contradiction(&error)))?;
        let network = |number: usize| -> Result<Self, FileError> {
            let (architecture, prefix) = (architecture.clone(), prefix(number));
            Ok(match shape.precision {
                Precision::F32 => Self::F32(read_network(
                    architecture,
                    &prefix,
                    file,
                    Dtype::F32,
                    f32::from_le_bytes,
                )?),
                Precision::F64 => Self::F64(read_network(
                    architecture,
                    &prefix,
                    file,
                    Dtype::F64,
                    f64::from_le_bytes,
                )?),
            })
        };
        if shape.networks == 0 {
            return Err(file.wrong(contradiction("the architecture has 0 networks")));
        }
        let first = network(0)?;
        let others = (1..shape.networks).map(network).collect::<Result<_, _>>()?;
        let (found, expected) = (file.tensor_count(), shape.networks * layout(&architecture).len());
        if found != expected {
            return Err(file.wrong(format!(
                "the list of tensors: found {found} tensors, but the architecture has {expected}; train the model again"
            )));
        }
        Ok((first, others))
    }
}

/// What the names of the tensors of a network begin with: nothing for the first, `members.1.` for the second.
fn prefix(number: usize) -> String {
    match number {
        0 => String::new(),
        _ => format!("members.{number}."),
    }
}

/// The tensors of all networks of a model.
pub(super) fn tensors_of(networks: &[&AnyNetwork]) -> Tensors {
    let networks = networks.iter().enumerate();
    networks
        .flat_map(|(number, network)| network.tensors(&prefix(number)))
        .collect()
}

/// The problem of parts of a model that do not fit each other.
pub(super) fn contradiction(what: impl std::fmt::Display) -> String {
    format!("{what}; the parts of this model do not belong together: train it again")
}

/// Name and shape of every tensor, in the order of the flat parameters: all weights, then all biases, then gain and shift
/// of each normalised layer, then the scales of the features, then running statistics. The names of normalisations are
/// PyTorch's.
fn layout(architecture: &Architecture) -> Vec<(String, Vec<usize>)> {
    type Group = (&'static [&'static str], fn(&Layer) -> bool);
    const TRAINED: [Group; 4] = [
        (&["weight"], |_| true),
        (&["bias"], |layer| layer.bias().is_some()),
        (&["norm.weight", "norm.bias"], |layer| layer.gain().is_some()),
        (&["activation.weight"], |layer| {
            layer.activation_factors().is_some()
        }),
    ];
    const STATISTICS: Group = (&["norm.running_mean", "norm.running_var"], |layer| {
        layer.statistics().is_some()
    });
    let mut layout = Vec::new();
    let add = |layout: &mut Vec<_>, (parts, has): Group| {
        for (index, layer) in architecture.layers().iter().enumerate() {
            for part in parts.iter().filter(|_| has(layer)) {
                let shape = match *part {
                    "weight" => vec![layer.fan_in, layer.fan_out],
                    _ => vec![layer.fan_out],
                };
                // An output layer that each member has a copy of.
                let shape = match layer.copies() {
                    1 => shape,
                    copies => [vec![copies], shape].concat(),
                };
                layout.push((format!("layers.{index}.{part}"), shape));
            }
        }
    };
    for group in TRAINED {
        add(&mut layout, group);
    }
    if let Some(scales) = architecture.input_scales() {
        let shape = match architecture.member_count() {
            1 => vec![scales.len()],
            count => vec![count, architecture.layer(0).fan_in],
        };
        debug_assert_eq!(shape.iter().product::<usize>(), scales.len());
        layout.push(("input_scales".to_owned(), shape));
    }
    let embedded = architecture.embedded_parts().iter();
    let embedded = embedded.filter(|part| part.embedding.is_some());
    for (index, part) in embedded.enumerate() {
        for (name, shape, _) in part.arrays() {
            layout.push((format!("embeddings.{index}.{name}"), shape));
        }
    }
    add(&mut layout, STATISTICS);
    layout
}

fn tensors<T: Scalar, const N: usize>(
    network: &Network<T>,
    prefix: &str,
    dtype: Dtype,
    bytes: fn(T) -> [u8; N],
) -> Tensors {
    let mut rest = network.parameters();
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let (values, others) = rest.split_at(shape.iter().product());
        rest = others;
        let bytes = values.iter().flat_map(|&value| bytes(value)).collect();
        (format!("{prefix}{name}"), (dtype, shape, bytes))
    };
    layout(network.architecture()).into_iter().map(tensor).collect()
}

/// A network with the tensors of a file. Memory is reserved once every tensor is known to be complete.
fn read_network<T: Scalar, const N: usize>(
    architecture: Architecture,
    prefix: &str,
    file: &ModelBytes<'_>,
    dtype: Dtype,
    number: fn([u8; N]) -> T,
) -> Result<Network<T>, FileError> {
    let other = |tensor: &str, found: String, expected: String| {
        file.wrong(format!(
            "{tensor}: found {found}, but the architecture has {expected}; train the model again"
        ))
    };
    let mut parts = Vec::new();
    for (name, shape) in layout(&architecture) {
        let name = format!("{prefix}{name}");
        let found = file.tensor(&name);
        let part = found.filter(|(info, _)| info.dtype == dtype && info.shape == shape);
        let (_, bytes) = part.ok_or_else(|| {
            let found = found.map_or("none".into(), |(info, _)| {
                format!("{} {:?}", info.dtype, info.shape)
            });
            other(&format!("tensor `{name}`"), found, format!("{dtype} {shape:?}"))
        })?;
        parts.push(bytes);
    }
    let numbers = parts.into_iter().flat_map(|part| part.as_chunks::<N>().0);
    let numbers = numbers.map(|&bytes| number(bytes)).collect();
    let network = Network::new(architecture, numbers).map_err(|error| file.wrong(contradiction(&error)))?;
    match network.first_non_finite_layer() {
        None => Ok(network),
        Some((layer, value)) => Err(file.wrong(format!(
            "layer {layer} holds {value}; every weight and bias must be finite: train the model again"
        ))),
    }
}
