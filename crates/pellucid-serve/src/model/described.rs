//! The inputs and outputs of a model, as the Open Inference Protocol describes tensors.

use pellucid_data::ColumnKind;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{ColumnReading, Preparation, TargetPreparation, Transform};
use serde_json::{Value, json};

/// The probability of an interval where a request names none.
pub(crate) const USUAL_LEVEL: f64 = 0.9;

/// A tensor for each column: its name, its usual datatype, and as parameters what is known of its values.
pub(super) fn described_columns(preparation: &Preparation) -> Value {
    let reading = preparation.reading();
    let described = |column: &pellucid_data::preparation::FeatureColumn| {
        let own = reading.columns.get(&column.name);
        let (datatype, mut parameters) = match (&column.transform, own) {
            (_, Some(ColumnReading::Date(_))) => ("BYTES", json!({ "kind": "date" })),
            (Transform::Date(_), _) => ("FP64", json!({ "kind": "date" })),
            (Transform::Number(number), _) => (
                "FP64",
                json!({
                    "kind": "number",
                    "minimum": number.minimum,
                    "maximum": number.maximum,
                    "median": number.median,
                    "optional": true,
                }),
            ),
            (Transform::LargeInteger { .. }, _) => {
                ("INT64", json!({ "kind": "large_integer", "optional": true }))
            }
            (Transform::Boolean { names, .. }, _) => (
                "BYTES",
                json!({ "kind": "boolean", "words": names, "optional": true }),
            ),
            (Transform::Category(category), _) => (
                "BYTES",
                json!({ "kind": "category", "words": category.names, "other_words": category.other }),
            ),
        };
        if let (Some(ColumnReading::Number(_)), Value::Object(parameters)) = (own, &mut parameters) {
            parameters.insert(
                "written".into(),
                json!("as in the training table, or as a plain number"),
            );
        }
        json!({ "name": column.name, "datatype": datatype, "shape": [-1], "parameters": parameters })
    };
    preparation.columns().iter().map(described).collect()
}

/// A tensor for each output that can be requested.
pub(super) fn described_outputs(
    model: &Model,
    preparation: &Preparation,
    predicted: &[(String, ColumnKind)],
) -> Value {
    let target = preparation.target();
    let columns = target.columns();
    let mut outputs: Vec<Value> = predicted
        .iter()
        .zip(&columns)
        .map(|((name, kind), target)| {
            json!({
                "name": name,
                "datatype": datatype_of(*kind),
                "shape": [-1],
                "parameters": { "target": target },
            })
        })
        .collect();
    let names: Vec<&str> = match target {
        TargetPreparation::Binary(_) | TargetPreparation::Classes(_) => {
            target.classes().iter().map(String::as_str).collect()
        }
        TargetPreparation::Labels { .. } | TargetPreparation::Regression { .. } => columns,
    };
    if let TargetPreparation::Regression { .. } = target {
        if !model.calibrated.residuals.is_empty() {
            outputs.push(json!({
                "name": "interval",
                "datatype": "FP64",
                "shape": [-1, names.len(), 2],
                "parameters": { "targets": names, "level": USUAL_LEVEL },
            }));
        }
    } else {
        let labels: Vec<&String> = match target {
            TargetPreparation::Labels { labels } => labels.iter().map(|label| &label.classes[1]).collect(),
            _ => target.classes().iter().collect(),
        };
        outputs.push(json!({
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [-1, labels.len()],
            "parameters": { "classes": labels, "threshold": target.threshold() },
        }));
    }
    let of_columns: Vec<&str> = preparation
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    outputs.push(json!({
        "name": "contributions",
        "datatype": "FP64",
        "shape": [-1, names.len(), of_columns.len()],
        "parameters": { "outputs": names, "columns": of_columns },
    }));
    Value::Array(outputs)
}

/// The datatype of predictions of a kind.
pub(crate) fn datatype_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number => "FP64",
        ColumnKind::Category | ColumnKind::Boolean => "BYTES",
    }
}
