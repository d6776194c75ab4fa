//! `pellucid import`: makes a model of an ONNX graph or a state dict that is a multilayer perceptron.

use crate::arguments::import::Import;
use crate::inspect::shape;
use crate::{interrupt, outputs, terminal};
use anyhow::Result;
use pellucid_data::OutputFile;
use pellucid_export::{ImportRequest, import};
use std::process::ExitCode;

pub(crate) fn command(arguments: &Import) -> Result<ExitCode> {
    let read = [("the network", Some(arguments.file.as_path()))];
    outputs::check_distinct(&read, &[("--out", Some(arguments.out.as_path()))])?;
    interrupt::listen_to_end_at_once();
    let request = ImportRequest {
        output: arguments.output.as_deref(),
        columns: &arguments.columns,
        classes: &arguments.classes,
        target: arguments.target.as_deref(),
        activations: &arguments.activation,
        output_activation: arguments.output_activation,
        layers: &arguments.layers,
        ..ImportRequest::default()
    };
    let model = import(&arguments.file, &request)?;
    model.save_to(OutputFile::prepare(&arguments.out)?)?;
    terminal::print(&format!(
        "{}: {}",
        arguments.out.display(),
        shape(model.network.architecture())
    ))?;
    Ok(ExitCode::SUCCESS)
}
