//! The parameters of a network by name, in the safetensors format.

use crate::error::{ExportError, Result};
use crate::import::state_dict::NETWORK_PROPERTY;
use crate::program::Precision;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A tensor of a network.
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Vec<f64>,
}

/// The bytes of a file of tensors in a precision, with what the file keeps of the exported network.
pub(super) fn write(
    tensors: &[Tensor],
    exported: Option<String>,
    precision: Precision,
    form: &'static str,
) -> Result<Vec<u8>> {
    let dtype = match precision {
        Precision::Single => Dtype::F32,
        Precision::Double => Dtype::F64,
    };
    let bytes_of = |number: &f64| match precision {
        Precision::Single => (*number as f32).to_le_bytes().to_vec(),
        Precision::Double => number.to_le_bytes().to_vec(),
    };
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| tensor.numbers.iter().flat_map(bytes_of).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        let view = TensorView::new(dtype, tensor.shape.clone(), bytes)?;
        Ok((tensor.name.clone(), view))
    });
    let metadata = exported.map(|text| [(NETWORK_PROPERTY.to_owned(), text)].into());
    views
        .collect::<Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, metadata))
        .map_err(|error| ExportError::Inexpressible {
            form,
            part: format!("the parameters ({error})"),
            advice: "export to onnx instead".into(),
        })
}
