//! The network of a model file, as named tensors.

use super::problem::ModelProblem;
use pellucid::descriptor::OrNone;
use pellucid::model::network::Layer;
use pellucid::{Activation, Architecture, Network, Normalisation, Precision, Scalar};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorView};
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
    precision: Precision,
}

/// A tensor with its bytes.
pub(super) struct Tensor {
    pub(super) name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

impl Tensor {
    pub(super) fn view(&self) -> Result<TensorView<'_>, safetensors::SafeTensorError> {
        TensorView::new(self.dtype, self.shape.clone(), &self.bytes)
    }
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

    pub(super) fn shape(&self) -> Shape {
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
            precision: self.precision(),
        }
    }

    pub(super) fn tensors(&self) -> Vec<Tensor> {
        match self {
            Self::F32(network) => tensors(network, |value| value.to_le_bytes()),
            Self::F64(network) => tensors(network, |value| value.to_le_bytes()),
        }
    }

    /// Reads the tensors of a file; `data` is as long as their offsets say.
    pub(super) fn from_tensors(shape: Shape, header: &Metadata, data: &[u8]) -> Result<Self, ModelProblem> {
        let unusable = |error: pellucid::Error| ModelProblem::Contradiction(error.to_string());
        let mut architecture =
            Architecture::new(&shape.layers, &shape.activations, shape.bias).map_err(unusable)?;
        if !shape.normalisation.is_empty() {
            let of_layers: Vec<_> = shape.normalisation.iter().map(|one| one.0).collect();
            architecture = architecture.normalised(&of_layers).map_err(unusable)?;
        }
        match shape.precision {
            Precision::F32 => {
                let parameters = parameters(&architecture, header, data, Dtype::F32, f32::from_le_bytes)?;
                finite(Network::new(architecture, parameters).map_err(unusable)?).map(Self::F32)
            }
            Precision::F64 => {
                let parameters = parameters(&architecture, header, data, Dtype::F64, f64::from_le_bytes)?;
                finite(Network::new(architecture, parameters).map_err(unusable)?).map(Self::F64)
            }
        }
    }
}

/// Name and shape of every tensor, in the order of the flat parameters: all weights, then all biases, then gain and shift
/// of each normalised layer, then its running statistics. The names of the latter are PyTorch's.
fn layout(architecture: &Architecture) -> Vec<(String, Vec<usize>)> {
    let each = |parts: &[&str], has: fn(&Layer) -> bool| -> Vec<(String, Vec<usize>)> {
        let layers = architecture
            .layers()
            .iter()
            .enumerate()
            .filter(|(_, layer)| has(layer));
        let named = layers.flat_map(|(index, layer)| {
            let shape = |part: &str| match part {
                "weight" => vec![layer.fan_in, layer.fan_out],
                _ => vec![layer.fan_out],
            };
            parts
                .iter()
                .map(move |part| (format!("layers.{index}.{part}"), shape(part)))
        });
        named.collect()
    };
    [
        each(&["weight"], |_| true),
        each(&["bias"], |layer| layer.bias().is_some()),
        each(&["norm.weight", "norm.bias"], |layer| layer.gain().is_some()),
        each(&["norm.running_mean", "norm.running_var"], |layer| {
            layer.statistics().is_some()
        }),
    ]
    .concat()
}

fn tensors<T: Scalar, const N: usize>(network: &Network<T>, bytes: fn(T) -> [u8; N]) -> Vec<Tensor> {
    let mut rest = network.parameters();
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let (values, others) = rest.split_at(shape.iter().product());
        rest = others;
        Tensor {
            name,
            dtype: if N == 4 { Dtype::F32 } else { Dtype::F64 },
            shape,
            bytes: values.iter().flat_map(|&value| bytes(value)).collect(),
        }
    };
    layout(network.architecture()).into_iter().map(tensor).collect()
}

/// The flat parameters in the tensors of a file. Memory is reserved once every tensor is known to be complete.
fn parameters<T: Scalar, const N: usize>(
    architecture: &Architecture,
    header: &Metadata,
    data: &[u8],
    dtype: Dtype,
    number: fn([u8; N]) -> T,
) -> Result<Vec<T>, ModelProblem> {
    let mut parts = Vec::new();
    for (name, shape) in layout(architecture) {
        let info = header.info(&name);
        let found = info.filter(|info| info.dtype == dtype && info.shape == shape);
        let part = found.and_then(|info| data.get(info.data_offsets.0..info.data_offsets.1));
        parts.push(part.ok_or_else(|| ModelProblem::WrongTensor {
            tensor: format!("tensor `{name}`"),
            found: info.map_or("none".into(), |info| format!("{} {:?}", info.dtype, info.shape)),
            expected: format!("{dtype} {shape:?}"),
        })?);
    }
    let found = header.offset_keys().len();
    if found != parts.len() {
        return Err(ModelProblem::WrongTensor {
            tensor: "the list of tensors".into(),
            found: format!("{found} tensors"),
            expected: parts.len().to_string(),
        });
    }
    let numbers = parts.into_iter().flat_map(|part| part.as_chunks::<N>().0);
    Ok(numbers.map(|&bytes| number(bytes)).collect())
}

fn finite<T: Scalar>(network: Network<T>) -> Result<Network<T>, ModelProblem> {
    match network.first_non_finite_layer() {
        None => Ok(network),
        Some((layer, value)) => Err(ModelProblem::NotFinite {
            layer,
            value: value.to_string(),
        }),
    }
}
