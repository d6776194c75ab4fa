//! State dicts in the safetensors format are imported: those that `--to pytorch` and `--to keras` write, and plain ones.

use crate::models::{Parts, classes, numbers, of_arrays};
use crate::round_trip::{answers_near, imported_from};
use pellucid::{Activation, Normalisation};
use pellucid_export::{ExportRequest, Form, ImportRequest, export, import_bytes};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::path::Path;

#[test]
fn exports_to_pytorch_and_keras_come_back_with_their_preparation() {
    let models = [
        classes(),
        numbers(),
        Parts {
            hidden: vec![
                (4, Activation::Silu, Some(Normalisation::BATCH)),
                (3, Activation::Gelu, None),
            ],
            scales_inputs: true,
            ..numbers()
        },
        Parts {
            targets: &["buys"],
            output: Activation::Sigmoid,
            precision: pellucid::Precision::F64,
            ..classes()
        },
    ];
    for form in [Form::PyTorch, Form::Keras] {
        for parts in &models {
            let (model, table) = parts.build();
            let exported = export(&model, &ExportRequest::new(form, "round")).unwrap();
            // The library writes files of several texts in any order.
            assert_eq!(
                exported,
                export(&model, &ExportRequest::new(form, "round")).unwrap()
            );
            let again = imported_from(&exported.files[1].bytes, &ImportRequest::default());
            assert_eq!(again.preparation, model.preparation);
            answers_near(&again, &model, &table, parts.precision);
        }
    }
}

#[test]
fn an_exported_network_that_is_more_than_layers_is_refused() {
    let parts = Parts {
        hidden: vec![(4, Activation::Tanh, Some(Normalisation::LAYER))],
        ..classes()
    };
    let exported = export(&parts.build().0, &ExportRequest::new(Form::PyTorch, "round")).unwrap();
    refused(&exported.files[1].bytes, &ImportRequest::default(), "constants_");
    let arrays = export(&of_arrays(), &ExportRequest::new(Form::PyTorch, "round")).unwrap();
    imported_from(&arrays.files[1].bytes, &ImportRequest::default());
}

/// A file of tensors by name and shape, whose numbers are drawn.
fn file(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .enumerate()
        .map(|(at, (_, shape))| {
            let count = shape.iter().product::<usize>();
            let number = |index: usize| 0.1 + ((index * 7 + at * 3) % 11) as f32 / 10.0;
            (0..count).flat_map(|index| number(index).to_le_bytes()).collect()
        })
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
        (*name, view)
    });
    safetensors::serialize(views, None).unwrap()
}

fn refused(bytes: &[u8], request: &ImportRequest<'_>, expected: &str) {
    let error = import_bytes(bytes, Path::new("state.safetensors"), request)
        .unwrap_err()
        .to_string();
    assert!(error.contains(expected), "{error}");
}

const RELU: ImportRequest<'_> = ImportRequest {
    output: None,
    columns: &[],
    classes: &[],
    target: None,
    activations: &[Activation::Relu],
    output_activation: Some(Activation::Identity),
    layers: &[],
    dropout: &[],
};

fn shape(bytes: &[u8], request: &ImportRequest<'_>) -> String {
    let model = imported_from(bytes, request);
    let architecture = model.network.architecture();
    let layers = architecture.layers().iter().map(|layer| {
        let normalised = if layer.normalisation().is_some() {
            " normalised"
        } else {
            ""
        };
        format!("{}{normalised} {}", layer.fan_out, layer.activation.name())
    });
    layers.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_order_of_layers_is_that_of_their_numbers_or_of_their_sizes() {
    let by_number = file(&[
        ("net.10.weight", &[1, 8]),
        ("net.10.bias", &[1]),
        ("net.2.weight", &[8, 8]),
        ("net.2.bias", &[8]),
        ("net.0.weight", &[8, 4]),
        ("net.0.bias", &[8]),
    ]);
    assert_eq!(shape(&by_number, &RELU), "8 relu, 8 relu, 1 identity");
    let both = [Activation::Tanh, Activation::Gelu];
    let request = ImportRequest {
        activations: &both,
        ..RELU
    };
    assert_eq!(shape(&by_number, &request), "8 tanh, 8 gelu, 1 identity");
    let by_size = file(&[
        ("out.weight", &[3, 6]),
        ("enter.weight", &[5, 4]),
        ("middle.weight", &[6, 5]),
    ]);
    assert_eq!(shape(&by_size, &RELU), "5 relu, 6 relu, 3 identity");
    let names = ["setosa", "versicolor", "virginica"].map(str::to_owned);
    let request = ImportRequest {
        classes: &names,
        output_activation: None,
        ..RELU
    };
    assert_eq!(shape(&by_size, &request), "5 relu, 6 relu, 3 softmax");
    let alone = file(&[("weight", &[2, 4]), ("bias", &[2])]);
    assert_eq!(
        shape(
            &alone,
            &ImportRequest {
                activations: &[],
                ..RELU
            }
        ),
        "2 identity"
    );
}

#[test]
fn normalisations_and_slopes_stand_where_their_numbers_say() {
    let layer = file(&[
        ("0.weight", &[8, 4]),
        ("0.bias", &[8]),
        ("1.weight", &[8]),
        ("1.bias", &[8]),
        ("3.weight", &[2, 8]),
    ]);
    assert_eq!(shape(&layer, &RELU), "8 normalised relu, 2 identity");
    let batch = |at: usize| {
        let name = |part: &str| format!("{at}.{part}");
        let names = ["weight", "bias", "running_mean", "running_var"].map(name);
        let mut tensors: Vec<(&str, &[usize])> = names.iter().map(|name| (name.as_str(), &[8][..])).collect();
        tensors.extend([("0.weight", &[8, 4][..]), ("0.bias", &[8]), ("3.weight", &[2, 8])]);
        file(&tensors)
    };
    let [before, after] = [1, 2].map(|at| imported_from(&batch(at), &RELU));
    let weights = |model: &pellucid_data::model_file::Model, layer: usize| {
        let architecture = model.network.architecture().clone();
        let pellucid_data::model_file::AnyNetwork::F32(network) = &model.network else {
            panic!()
        };
        network.parameters()[architecture.layer(layer).weights()].to_vec()
    };
    // It became part of the layer before, or of the layer after.
    let plain = imported_from(
        &file(&[("0.weight", &[8, 4]), ("0.bias", &[8]), ("3.weight", &[2, 8])]),
        &RELU,
    );
    assert_ne!(weights(&before, 0), weights(&after, 0));
    assert_eq!(weights(&before, 1).len(), weights(&plain, 1).len());
    let slopes = file(&[("0.weight", &[8, 4]), ("1.weight", &[1]), ("2.weight", &[2, 8])]);
    assert_eq!(
        shape(
            &slopes,
            &ImportRequest {
                activations: &[],
                ..RELU
            }
        ),
        "8 relu, 2 identity"
    );
}

#[test]
fn what_a_file_leaves_open_is_asked_for() {
    let plain = file(&[("0.weight", &[8, 4]), ("2.weight", &[2, 8])]);
    let without = ImportRequest {
        activations: &[],
        ..RELU
    };
    refused(&plain, &without, "--activation relu");
    refused(&plain, &without, "0.weight [8, 4], 2.weight [2, 8]");
    refused(
        &plain,
        &ImportRequest {
            output_activation: None,
            ..RELU
        },
        "--output-activation identity",
    );
    let three = [Activation::Relu; 3];
    refused(
        &plain,
        &ImportRequest {
            activations: &three,
            ..RELU
        },
        "3 activations are named, and 1 hidden",
    );
    let alike = file(&[("a.weight", &[4, 4]), ("b.weight", &[4, 4])]);
    refused(&alike, &RELU, "--layers fc1,norm1,relu");
    let named = ["b", "tanh", "a", "identity"].map(str::to_owned);
    let of_layers = ImportRequest {
        layers: &named,
        ..ImportRequest::default()
    };
    assert_eq!(shape(&alike, &of_layers), "4 tanh, 4 identity");
    let few = named[..2].to_vec();
    refused(
        &alike,
        &ImportRequest {
            layers: &few,
            ..of_layers
        },
        "\"a\" is not among the layers",
    );
    let unknown = ["b", "tan", "a"].map(str::to_owned);
    refused(
        &alike,
        &ImportRequest {
            layers: &unknown,
            ..of_layers
        },
        "\"tan\" is neither a module",
    );
    // Dropout may stand on either side of the normalisation.
    let unclear = file(&[
        ("0.weight", &[8, 4]),
        ("2.running_mean", &[8]),
        ("2.running_var", &[8]),
        ("4.weight", &[2, 8]),
    ]);
    refused(&unclear, &RELU, "before or after the activation");
}

#[test]
fn other_files_are_refused_by_what_they_are() {
    refused(b"PK\x03\x04archive", &RELU, "safetensors.torch.save_model");
    refused(b"\x89HDF\r\n\x1a\n", &RELU, "from_keras");
    refused(&file(&[("conv.weight", &[8, 4, 3])]), &RELU, "[8, 4, 3]");
    refused(&file(&[("lstm.weight_hh_l0", &[8, 4])]), &RELU, "weight_hh_l0");
    let misfits = file(&[("0.weight", &[8, 4]), ("2.weight", &[2, 7])]);
    refused(&misfits, &RELU, "takes 7 numbers, and the layer before gives 8");
    let model = classes().build().0;
    refused(
        &model.to_bytes(Path::new("m")).unwrap(),
        &RELU,
        "a model of pellucid already",
    );
    let mut damaged = file(&[("0.weight", &[8, 4])]);
    damaged.truncate(60);
    refused(&damaged, &RELU, "damaged");
    let graph = export(&model, &ExportRequest::new(Form::Onnx, "graph")).unwrap();
    refused(&graph.files[0].bytes, &RELU, "are for state dicts");
}
