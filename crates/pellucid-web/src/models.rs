//! Model files, which the command and Python read and write too.

use crate::data_set::DataSet;
use crate::stepper::Stepper;
use crate::tables;
use crate::thrown::Thrown;
use pellucid::{Network, Recipe, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};
use serde_json::{Value, json};
use std::path::Path;

/// What a model file holds, without its network.
pub fn read(bytes: &[u8], name: &str) -> Result<Value, Thrown> {
    let model = Model::from_bytes(bytes, Path::new(name))?;
    let mut notes = model.warnings.clone();
    notes.extend(model.note_of_first_network());
    let target = model.preparation.as_ref().map(|preparation| preparation.target());
    Ok(json!({
        "recipe": model.recipe,
        "notes": notes,
        "target": target.map(|target| target.columns().iter().map(ToString::to_string).collect::<Vec<_>>()),
        "summary": {
            "network": model.network.architecture().describe(),
            "classes": model.classes,
            "feature_names": model.feature_names,
            "metrics": model.metrics,
            "version": model.version,
        },
    }))
}

/// The network of a model file, in the precision of a training.
pub fn network<T: Scalar>(bytes: &[u8], name: &str) -> Result<Network<T>, Thrown> {
    fn converted<F: Scalar, T: Scalar>(network: &Network<F>) -> Result<Network<T>, Thrown> {
        let parameters = network
            .parameters()
            .iter()
            .map(|value| T::from_f64(value.to_f64()));
        Ok(Network::new(
            network.architecture().clone(),
            parameters.collect(),
        )?)
    }
    match &Model::from_bytes(bytes, Path::new(name))?.network {
        AnyNetwork::F32(network) => converted(network),
        AnyNetwork::F64(network) => converted(network),
    }
}

/// The file of the present network, with the preparation of its data set where that is a table.
pub fn write<T: Scalar>(stepper: &Stepper<T>, data: Option<&DataSet>) -> Result<Vec<u8>, Thrown>
where
    AnyNetwork: From<Network<T>>,
{
    let network = stepper.now().network.clone();
    let outputs = network.architecture().output_width();
    let recipe: Recipe = stepper.recipe().clone();
    let preparation = data
        .and_then(|data| data.preparation)
        .and_then(tables::preparation);
    let mut model = Model::new(network, recipe, preparation);
    if let Some(data) = data
        && model.preparation.is_none()
    {
        model.feature_names.clone_from(&data.feature_names);
        let names = &data.target_names;
        if data.has_classes() && names.len() == outputs.max(2) {
            model.classes.clone_from(names);
        }
    }
    Ok(model.to_bytes(Path::new("model.safetensors"))?)
}
