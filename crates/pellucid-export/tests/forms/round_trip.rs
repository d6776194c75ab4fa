//! An exported ONNX graph is imported with the same answers.

use crate::models::{Parts, classes, numbers};
use pellucid::recipe::Scale;
use pellucid::{Activation, Normalisation, Precision};
use pellucid_data::Table;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::PreparationSettings;
use pellucid_data::training::predict_where_possible;
use pellucid_export::{ExportRequest, Form, ImportRequest, export, import, import_bytes};
use std::num::NonZeroUsize;
use std::path::Path;

pub(crate) fn imported_from(bytes: &[u8], request: &ImportRequest<'_>) -> Model {
    import_bytes(bytes, Path::new("file"), request).unwrap_or_else(|error| panic!("{error}"))
}

fn imported(model: &Model) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let exported = export(model, &ExportRequest::new(Form::Onnx, "round")).unwrap();
    let path = folder.path().join("round.onnx");
    std::fs::write(&path, &exported.files[0].bytes).unwrap();
    import(&path, &ImportRequest::default()).unwrap()
}

fn same_answers(parts: &Parts) {
    let (model, table) = parts.build();
    let again = imported(&model);
    assert_eq!(again.preparation, model.preparation);
    assert_eq!(again.network.precision(), model.network.precision());
    answers_near(&again, &model, &table, parts.precision);
}

/// Both models have the same answers to rounding.
pub(crate) fn answers_near(again: &Model, model: &Model, table: &Table, precision: Precision) {
    let rows: Vec<u32> = (0..table.rows() as u32).collect();
    let answers = |model: &Model| {
        let preparation = model.preparation.as_ref().unwrap();
        let found = predict_where_possible(&model.networks(), preparation, table, &rows, NonZeroUsize::MIN);
        found.unwrap().0.values().values().to_vec()
    };
    let tolerance = if precision == Precision::F32 { 1e-5 } else { 1e-12 };
    for (found, expected) in answers(again).iter().zip(answers(model)) {
        assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(1.0),
            "{found}, not {expected}"
        );
    }
}

#[test]
fn every_activation_comes_back() {
    for activation in Activation::ALL.into_iter().filter(|one| one.is_elementwise()) {
        for precision in [Precision::F32, Precision::F64] {
            // In double precision GELU is written by a series, which is too long to be recognised.
            if activation == Activation::Gelu && precision == Precision::F64 {
                continue;
            }
            same_answers(&Parts {
                hidden: vec![(4, activation, None)],
                precision,
                ..numbers()
            });
        }
    }
}

#[test]
fn classes_and_batch_normalisation_come_back() {
    same_answers(&classes());
    same_answers(&Parts {
        targets: &["buys"],
        output: Activation::Sigmoid,
        ..classes()
    });
    same_answers(&Parts {
        hidden: vec![(4, Activation::Silu, Some(Normalisation::BATCH))],
        settings: PreparationSettings {
            scale: Scale::Robust,
            ..numbers().settings
        },
        scales_inputs: true,
        ..numbers()
    });
}

#[test]
fn layer_normalisation_and_parametric_activations_come_back() {
    for precision in [Precision::F32, Precision::F64] {
        same_answers(&Parts {
            hidden: vec![
                (5, Activation::Tanh, Some(Normalisation::LAYER)),
                (4, Activation::Mish, None),
                (
                    3,
                    Activation::Softplus,
                    Some(Normalisation::Layer { epsilon: 0.01 }),
                ),
            ],
            is_parametric: true,
            precision,
            ..numbers()
        });
    }
}

#[test]
fn ensembles_are_refused() {
    let (model, _) = Parts {
        networks: 2,
        ..classes()
    }
    .build();
    let folder = tempfile::tempdir().unwrap();
    let exported = export(&model, &ExportRequest::new(Form::Onnx, "round")).unwrap();
    let path = folder.path().join("round.onnx");
    std::fs::write(&path, &exported.files[0].bytes).unwrap();
    let error = import(&path, &ImportRequest::default()).unwrap_err().to_string();
    assert!(error.contains("ensembles"), "{error}");
}
