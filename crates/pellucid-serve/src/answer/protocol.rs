//! The body of an answer of the Open Inference Protocol.

use super::answered::Answer;
use crate::json::{push_display, push_list, push_number, push_text};
use crate::model::{ServedModel, datatype_of};
use crate::request::Asked;
use pellucid_data::{Column, Values};

/// The body of an answer.
pub(crate) fn infer_response(
    model: &ServedModel,
    id: Option<&str>,
    asked: &Asked,
    answer: &Answer,
) -> Vec<u8> {
    let mut json = Vec::with_capacity(256 + 24 * answer.table.rows() * answer.table.columns.len());
    json.extend_from_slice(b"{\"model_name\":");
    push_text(&mut json, &model.name);
    json.extend_from_slice(b",\"model_version\":");
    push_text(&mut json, &model.version);
    if let Some(id) = id {
        json.extend_from_slice(b",\"id\":");
        push_text(&mut json, id);
    }
    if !answer.warnings.is_empty() {
        json.extend_from_slice(b",\"parameters\":{\"warnings\":");
        push_list(&mut json, &answer.warnings, |json, warning| {
            push_text(json, warning)
        });
        json.push(b'}');
    }
    json.extend_from_slice(b",\"outputs\":");
    let columns = &answer.table.columns;
    let rows = answer.table.rows();
    let mut outputs: Vec<Output<'_>> = Vec::new();
    for ((name, kind), place) in model.predicted.iter().zip(&answer.predictions) {
        if asked.predictions.contains(name) {
            outputs.push(Output {
                name,
                datatype: datatype_of(*kind),
                shape: vec![rows],
                data: Data::Column(&columns[*place]),
            });
        }
    }
    if asked.probabilities {
        let of_classes = &columns[answer.probabilities..];
        outputs.push(Output {
            name: "probabilities",
            datatype: "FP64",
            shape: vec![rows, of_classes.len()],
            data: Data::Columns(of_classes.iter().collect()),
        });
    }
    if answer.has_intervals {
        let ends = answer.predictions.iter().flat_map(|place| [place + 1, place + 2]);
        outputs.push(Output {
            name: "interval",
            datatype: "FP64",
            shape: vec![rows, answer.predictions.len(), 2],
            data: Data::Columns(ends.map(|place| &columns[place]).collect()),
        });
    }
    if let Some(explained) = &answer.explained {
        let (outputs_, columns) = (explained.outputs.len(), explained.columns.len());
        let numbers = explained.rows.iter().flat_map(|row| {
            (0..outputs_).flat_map(move |output| (0..columns).map(move |column| row.row(column)[output]))
        });
        outputs.push(Output {
            name: "contributions",
            datatype: "FP64",
            shape: vec![rows, outputs_, columns],
            data: Data::Contributions(numbers.collect(), explained),
        });
    }
    push_list(&mut json, &outputs, |json, output| output.push(json));
    json.push(b'}');
    json
}

struct Output<'a> {
    name: &'a str,
    datatype: &'static str,
    shape: Vec<usize>,
    data: Data<'a>,
}

enum Data<'a> {
    Column(&'a Column),
    /// Row after row.
    Columns(Vec<&'a Column>),
    Contributions(Vec<f64>, &'a super::contributions::Explained),
}

impl Output<'_> {
    fn push(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(b"{\"name\":");
        push_text(json, self.name);
        json.extend_from_slice(b",\"datatype\":\"");
        json.extend_from_slice(self.datatype.as_bytes());
        json.extend_from_slice(b"\",\"shape\":");
        push_list(json, &self.shape, push_display);
        if let Data::Contributions(_, explained) = &self.data {
            json.extend_from_slice(b",\"parameters\":{\"base\":");
            push_list(json, &explained.base, |json, base| push_number(json, *base));
            json.extend_from_slice(b",\"compared_with\":");
            push_text(json, &explained.compared_with);
            json.push(b'}');
        }
        json.extend_from_slice(b",\"data\":");
        match &self.data {
            Data::Column(column) => push_list(json, 0..column.values.len(), |json, row| {
                push_value(json, &column.values, row);
            }),
            Data::Columns(columns) => {
                let rows = self.shape[0];
                let cells = (0..rows).flat_map(|row| columns.iter().map(move |column| (column, row)));
                push_list(json, cells, |json, (column, row)| {
                    push_value(json, &column.values, row)
                });
            }
            Data::Contributions(numbers, _) => {
                push_list(json, numbers, |json, number| push_number(json, *number));
            }
        }
        json.push(b'}');
    }
}

/// Appends the value of a row.
pub(super) fn push_value(json: &mut Vec<u8>, values: &Values, row: usize) {
    match values {
        Values::Numbers(numbers) => push_number(json, numbers[row]),
        Values::Categories(words) | Values::Booleans(words) => match words.get(row) {
            Some(word) => push_text(json, word),
            None => json.extend_from_slice(b"null"),
        },
    }
}
