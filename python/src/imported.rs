//! Networks of other programs as models of tables.

use crate::arrays::Refused;
use crate::table_model::TableModel;
use pellucid_export::{ImportRequest, import_bytes};
use pyo3::prelude::*;
use std::path::Path;

/// The model of a state dict in the safetensors format, whose layers are named in order. `place` is what messages call it.
#[pyfunction]
pub(crate) fn import_network(
    state: &[u8],
    place: &str,
    layers: Vec<String>,
    dropout: Vec<f64>,
    columns: Vec<String>,
    classes: Vec<String>,
    target: Option<&str>,
) -> PyResult<TableModel> {
    let request = ImportRequest {
        layers: &layers,
        dropout: &dropout,
        columns: &columns,
        classes: &classes,
        target,
        ..ImportRequest::default()
    };
    TableModel::of_table(
        import_bytes(state, Path::new(place), &request).refused()?,
        Path::new(place),
    )
}
