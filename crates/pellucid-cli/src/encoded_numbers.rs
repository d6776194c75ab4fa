//! How the numbers of a row are encoded by bins, in words.

use crate::score_text::{number, one_line};
use anyhow::Result;
use pellucid_data::preparation::Preparation;
use pellucid_data::{Table, Values};

/// Columns in words, and edges and features of each.
const MOST_COLUMNS: usize = 8;
const MOST_NUMBERS: usize = 16;

/// A sentence for each column of numbers that has bins: the number of this row, the edges and its features. Without `full` of the
/// first columns, and the first edges and features.
pub(crate) fn encoded_numbers(
    preparation: &Preparation,
    table: &Table,
    row: u32,
    full: bool,
) -> Result<Vec<String>> {
    let (features, _) = preparation.transform::<f64>(table, &[row])?;
    let (mut sentences, mut start) = (Vec::new(), 0);
    for column in preparation.columns() {
        let features = &features.row(0)[start..start + column.transform.width()];
        start += features.len();
        let values = table.column(&column.name).map(|column| &column.values);
        let (Some(edges), Some(Values::Numbers(values))) = (column.transform.edges(), values) else {
            continue;
        };
        let value = match values[row as usize] {
            missing if missing.is_nan() => "missing".into(),
            value => number(value),
        };
        let bins = edges.len() - 1;
        sentences.push(format!(
            "Row {}: {} = {value} becomes {} by bins with the edges {}.",
            u64::from(row) + 1,
            one_line(&column.name),
            shown(&features[..bins], full),
            shown(edges, full),
        ));
    }
    if !full && sentences.len() > MOST_COLUMNS {
        let more = sentences.len() - MOST_COLUMNS;
        sentences.truncate(MOST_COLUMNS);
        sentences.push(format!("{more} more columns have bins; --full shows them."));
    }
    Ok(sentences)
}

fn shown(numbers: &[f64], full: bool) -> String {
    let most = if full { usize::MAX } else { MOST_NUMBERS };
    let shown: Vec<String> = numbers.iter().take(most).copied().map(number).collect();
    match numbers.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
