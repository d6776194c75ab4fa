//! The numbers of the tensors of an ONNX file, checked against the bytes that are there.

use super::proto::{Tensor, tensor_type};
use std::rc::Rc;

/// Constant numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Rc<Vec<f64>>,
    /// Whether they are in double precision.
    pub(super) is_double: bool,
}

impl Constant {
    /// Numbers for each unit of a layer, or one for all: those of (units), (1, units) or a single number.
    pub(super) fn for_units(&self) -> Option<Rc<Vec<f64>>> {
        let (_, before) = self.shape.split_last().unwrap_or((&1, &[]));
        before.iter().all(|&size| size == 1).then(|| self.numbers.clone())
    }
}

/// The numbers of a tensor.
///
/// # Errors
/// What is wrong with it.
pub(super) fn constant(tensor: &Tensor) -> Result<Constant, String> {
    let name = &tensor.name;
    if tensor.data_location != 0 || !tensor.external_data.is_empty() {
        return Err(format!(
            "tensor {name:?} lies in another file, and only this one is read; save the model with its tensors inside, as \
             `onnx.save(model, path, save_as_external_data=False)` does"
        ));
    }
    let shape: Option<Vec<usize>> = tensor
        .dims
        .iter()
        .map(|&size| usize::try_from(size).ok())
        .collect();
    let shape = shape.ok_or_else(|| format!("tensor {name:?} has a negative size, {:?}", tensor.dims))?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size));
    let count =
        count.ok_or_else(|| format!("tensor {name:?} promises more numbers than memory holds, {shape:?}"))?;
    let raw = &tensor.raw_data;
    let (numbers, is_double): (Vec<f64>, bool) = match tensor.data_type {
        tensor_type::FLOAT => (
            numbers(
                raw,
                &tensor.float_data,
                |bytes| f64::from(f32::from_le_bytes(bytes)),
                |&x| f64::from(x),
            ),
            false,
        ),
        tensor_type::DOUBLE => (
            numbers(raw, &tensor.double_data, f64::from_le_bytes, |&x| x),
            true,
        ),
        tensor_type::INT64 => (
            numbers(
                raw,
                &tensor.int64_data,
                |bytes| i64::from_le_bytes(bytes) as f64,
                |&x| x as f64,
            ),
            false,
        ),
        other => {
            return Err(format!(
                "tensor {name:?} has elements of type {other}; 1 (float), 11 (double) and 7 (int64) are known"
            ));
        }
    };
    if numbers.len() != count {
        return Err(format!(
            "tensor {name:?} has {} numbers, but its shape {shape:?} has {count}; the file is damaged",
            numbers.len()
        ));
    }
    Ok(Constant {
        shape,
        numbers: Rc::new(numbers),
        is_double,
    })
}

/// Numbers of raw bytes, or else of a list.
fn numbers<const N: usize, T>(
    raw: &[u8],
    list: &[T],
    of_bytes: fn([u8; N]) -> f64,
    of_one: fn(&T) -> f64,
) -> Vec<f64> {
    match raw.is_empty() {
        true => list.iter().map(of_one).collect(),
        false => raw
            .as_chunks::<N>()
            .0
            .iter()
            .map(|&bytes| of_bytes(bytes))
            .collect(),
    }
}
