//! Answers as people read them: a row of the answer for each row of the request.

use super::answered::Answer;
use super::protocol::push_value;
use crate::json::{push_list, push_text};
use crate::model::ServedModel;
use crate::request::{Asked, Layout};
use pellucid_data::{Column, Table, Values, csv_bytes};

/// The rows of an answer, written in a layout. Their columns are those of `pellucid predict`; of contributions, those to the
/// predicted class or the first target, each called `contribution_COLUMN`, after `contribution_base`.
pub(crate) fn written(model: &ServedModel, asked: &Asked, answer: Answer, layout: Layout) -> Vec<u8> {
    let contributions = contribution_columns(model, &answer);
    let mut table = answer.table;
    let targets = answer.predictions.len();
    let each = if answer.has_intervals { 3 } else { 1 };
    let mut place = 0;
    table.columns.retain(|_| {
        let (target, part) = (place / each, place % each);
        place += 1;
        target >= targets || part > 0 || asked.predictions.contains(&model.predicted[target].0)
    });
    table.columns.extend(contributions);
    match layout {
        Layout::Csv => csv_bytes(&table),
        Layout::Object if table.rows() == 1 => {
            let mut json = Vec::new();
            push_row(&mut json, &table, &keys(&table), 0);
            json.push(b'\n');
            json
        }
        Layout::Array => {
            let (mut json, keys) = (Vec::new(), keys(&table));
            push_list(&mut json, 0..table.rows(), |json, row| {
                push_row(json, &table, &keys, row)
            });
            json.push(b'\n');
            json
        }
        Layout::Object | Layout::Lines => {
            let (mut json, keys) = (Vec::new(), keys(&table));
            for row in 0..table.rows() {
                push_row(&mut json, &table, &keys, row);
                json.push(b'\n');
            }
            json
        }
    }
}

/// Warnings as the value of a header: a JSON array in ASCII. Nothing where there are none; of many the first.
pub(crate) fn written_warnings(warnings: &[String]) -> Option<String> {
    const MOST_BYTES: usize = 4096;
    if warnings.is_empty() {
        return None;
    }
    let mut kept = warnings.to_vec();
    loop {
        let json = serde_json::to_string(&kept).ok()?;
        let mut ascii = String::with_capacity(json.len());
        for c in json.chars() {
            match c {
                ' '..='~' => ascii.push(c),
                _ => c
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
            }
        }
        if ascii.len() <= MOST_BYTES || kept.is_empty() {
            return Some(ascii);
        }
        kept.pop();
    }
}

/// The keys of a row's object, quoted, each with its colon.
fn keys(table: &Table) -> Vec<Vec<u8>> {
    let key = |column: &Column| {
        let mut key = Vec::new();
        push_text(&mut key, &column.name);
        key.push(b':');
        key
    };
    table.columns.iter().map(key).collect()
}

fn push_row(json: &mut Vec<u8>, table: &Table, keys: &[Vec<u8>], row: usize) {
    json.push(b'{');
    for (place, (column, key)) in table.columns.iter().zip(keys).enumerate() {
        if place > 0 {
            json.push(b',');
        }
        json.extend_from_slice(key);
        push_value(json, &column.values, row);
    }
    json.push(b'}');
}

/// The contributions to what is predicted, a column each.
fn contribution_columns(model: &ServedModel, answer: &Answer) -> Vec<Column> {
    let Some(explained) = &answer.explained else {
        return Vec::new();
    };
    let label = |row: usize| match &answer.table.columns[0].values {
        _ if model.preparation.target().classes().is_empty() => 0,
        Values::Categories(words) | Values::Booleans(words) => {
            let word = words.get(row).unwrap_or_default();
            explained
                .outputs
                .iter()
                .position(|class| class == word)
                .unwrap_or(0)
        }
        Values::Numbers(numbers) => {
            let is_class = |class: &String| class.parse() == Ok(numbers[row]);
            explained.outputs.iter().position(is_class).unwrap_or(0)
        }
    };
    let labels: Vec<usize> = (0..explained.rows.len()).map(label).collect();
    let numbers = |of: &dyn Fn(usize, usize) -> f64| {
        Values::Numbers(
            labels
                .iter()
                .enumerate()
                .map(|(row, &label)| of(row, label))
                .collect(),
        )
    };
    let base = Column {
        name: "contribution_base".into(),
        values: numbers(&|_, label| explained.base[label]),
    };
    let columns = explained.columns.iter().enumerate().map(|(column, name)| Column {
        name: format!("contribution_{name}"),
        values: numbers(&|row, label| explained.rows[row].row(column)[label]),
    });
    std::iter::once(base).chain(columns).collect()
}
