//! Makes the program of a model.

use super::answers::{Conditions, of_arrays, of_table};
use super::builder::Builder;
use super::erf::erf;
use super::features::prepare;
use super::network::Layers;
use super::{Inputs, Precision, Program, Step, Value};
use crate::error::Result;
use pellucid::{Network, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};

/// The prediction of a model. Messages name the form; `has_erf` says in which precision it has the error function.
pub(crate) fn build(model: &Model, form: &'static str, has_erf: fn(Precision) -> bool) -> Result<Program> {
    let mut builder = Builder::new(has_erf, erf);
    let precision = match model.network.precision() {
        pellucid::Precision::F32 => Precision::Single,
        pellucid::Precision::F64 => Precision::Double,
    };
    let (inputs, prepared) = match &model.preparation {
        Some(preparation) => {
            let prepared = prepare(&mut builder, form, preparation)?;
            (prepared.inputs, Some((prepared.features, prepared.smallest_code)))
        }
        None => (Inputs::Features(model.network.architecture().input_width()), None),
    };
    let features = match prepared {
        Some((features, _)) => builder.convert(features, precision),
        None => {
            let width = model.network.architecture().input_width();
            builder.add(Step::Features, width, precision)
        }
    };
    let networks = model.networks();
    let several = networks.len() > 1;
    let mut of_networks = Vec::new();
    for (number, network) in (1..).zip(networks) {
        let prefix = if several {
            format!("network_{number}_")
        } else {
            String::new()
        };
        let outputs = match network {
            AnyNetwork::F32(network) => layers(&mut builder, form, network, prefix, precision, features)?,
            AnyNetwork::F64(network) => layers(&mut builder, form, network, prefix, precision, features)?,
        };
        of_networks.push(outputs);
    }
    let outputs = builder.mean(of_networks);
    let answers = match (&model.preparation, prepared) {
        (Some(preparation), Some((_, smallest_code))) => {
            let conditions = Conditions {
                features,
                smallest_code,
            };
            of_table(&mut builder, preparation.target(), outputs, &conditions)
        }
        _ => of_arrays(&mut builder, &model.classes, outputs),
    };
    Ok(Program {
        inputs,
        steps: builder.steps,
        arrays: builder.arrays,
        activations: builder.activations,
        answers,
        features,
        outputs,
        network: precision,
    })
}

fn layers<T: Scalar>(
    builder: &mut Builder,
    form: &'static str,
    network: &Network<T>,
    prefix: String,
    precision: Precision,
    features: Value,
) -> Result<Value> {
    let layers = Layers {
        form,
        network,
        prefix,
        precision,
    };
    layers.build(builder, features)
}
