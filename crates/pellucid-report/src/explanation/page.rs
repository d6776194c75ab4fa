//! The walkthrough as a page: one file, no network. Formulas are MathML; the page's script draws the embedded JSON.

use super::WorkedExample;
use super::axes::Axis;
use super::formula::Formula;
use super::walkthrough::{Part, Rule, Walkthrough};
use crate::page::PageTable;
use crate::svg::escape;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most rows and columns of a matrix that are shown.
const MOST: usize = 8;
/// The most numbers of a matrix of which each has its arithmetic written out.
const MOST_WRITTEN: usize = 1024;

/// The embedded JSON.
#[derive(Serialize)]
struct PageRecord<'a> {
    /// By name: `one`, `samples`, and the number of a layer, 0 for the inputs.
    axes: BTreeMap<String, AxisRecord>,
    arrays: Vec<ArrayRecord>,
    parts: Vec<PartRecord<'a>>,
    /// The index of the weights of each layer among the arrays.
    weights: Vec<usize>,
}

#[derive(Serialize)]
struct AxisRecord {
    length: usize,
    shown: Vec<usize>,
    labels: Vec<String>,
}

#[derive(Serialize)]
struct ArrayRecord {
    symbol: String,
    text: String,
    shape: String,
    rows: String,
    columns: String,
    /// The numbers of the shown rows and columns.
    values: Vec<Vec<f64>>,
}

#[derive(Serialize)]
struct PartRecord<'a> {
    #[serde(flatten)]
    part: &'a Part,
    /// The place, among those shown, whose arithmetic is shown first.
    example: (usize, usize),
    /// The arithmetic of each shown number.
    made: Vec<Vec<Option<String>>>,
}

impl WorkedExample<'_> {
    /// As a page of HTML that needs nothing else.
    pub fn html(&self) -> String {
        let all = self.walkthrough(MOST);
        let (title, facts) = self.heading();
        let facts = facts.iter().map(|fact| format!("<p>{}</p>\n", escape(fact)));
        let notes = all.explanation.notes.iter();
        let notes = notes.map(|note| format!("<p class=\"note\">{}</p>\n", escape(note)));
        let symbols = super::SYMBOLS.iter().map(|(symbol, meaning)| {
            let symbol = Formula::from(*symbol).mathml(false);
            format!("<dt>{symbol}</dt><dd>{}</dd>\n", escape(meaning))
        });
        // A script element ends at the first `</`, also within a string.
        let record = serde_json::to_string(&record(&all)).unwrap_or_default();
        // `<` begins an end tag, or a comment, which a script element obeys.
        let record = record.replace('<', "\\u003c");
        let parts = [
            ("title", escape(&title)),
            ("style", include_str!("page.css").into()),
            ("facts", facts.collect()),
            ("notes", notes.collect()),
            ("unit", unit(self, &all)),
            ("symbols", symbols.collect()),
            ("record", record),
            ("script", include_str!("page.js").into()),
        ];
        let mut page = String::new();
        for piece in include_str!("page.html").split("{{") {
            let (key, rest) = piece.split_once("}}").unwrap_or(("", piece));
            let part = parts.iter().find(|(name, _)| *name == key);
            page.extend(part.map(|(_, text)| text.as_str()));
            page.push_str(rest);
        }
        page
    }
}

fn record<'a>(all: &'a Walkthrough<'_>) -> PageRecord<'a> {
    let layers = all.explanation.layers.len();
    let axes = (0..=layers).map(Axis::Units).chain([Axis::One, Axis::Samples]);
    let axes = axes.map(|axis| {
        let shown = all.axes.shown(axis);
        let label = |&index: &usize| all.label(axis, index).unwrap_or_default();
        let record = AxisRecord {
            length: shown.length,
            labels: shown.indices.iter().map(label).collect(),
            shown: shown.indices.clone(),
        };
        (name(axis), record)
    });
    let arrays = all.arrays.iter().enumerate().map(|(index, array)| ArrayRecord {
        symbol: array.symbol.mathml(false),
        text: array.symbol.text(),
        shape: all.shape(index),
        rows: name(array.rows),
        columns: name(array.columns),
        values: of_shown(all, index, |row, column| array.at(row, column)),
    });
    let of_weights = all.parts.iter().filter(|part| part.rule == Rule::Affine);
    PageRecord {
        axes: axes.collect(),
        arrays: arrays.collect(),
        weights: of_weights.map(|part| part.operands[1].1).collect(),
        parts: all.parts.iter().map(|part| part_record(all, part)).collect(),
    }
}

/// Something of each shown number of an array.
fn of_shown<T>(all: &Walkthrough<'_>, array: usize, of: impl Fn(usize, usize) -> T) -> Vec<Vec<T>> {
    let array = &all.arrays[array];
    let columns = &all.axes.shown(array.columns).indices;
    let row = |&row: &usize| columns.iter().map(|&column| of(row, column)).collect();
    all.axes.shown(array.rows).indices.iter().map(row).collect()
}

fn part_record<'a>(all: &'a Walkthrough<'_>, part: &'a Part) -> PartRecord<'a> {
    let array = &all.arrays[part.result];
    let rows = &all.axes.shown(array.rows).indices;
    let columns = &all.axes.shown(array.columns).indices;
    let place = |shown: &[usize], index: usize| shown.iter().position(|&at| at == index).unwrap_or(0);
    let (row, column) = all.example(part);
    let arithmetic = |row, column| Some(all.arithmetic(part, row, column)?.mathml(false));
    PartRecord {
        part,
        example: (place(rows, row), place(columns, column)),
        made: match rows.len() * columns.len() <= MOST_WRITTEN {
            true => of_shown(all, part.result, arithmetic),
            false => Vec::new(),
        },
    }
}

fn name(axis: Axis) -> String {
    match axis {
        Axis::One => "one".into(),
        Axis::Samples => "samples".into(),
        Axis::Units(layer) => layer.to_string(),
    }
}

/// The tables of one unit, where they were asked for.
fn unit(example: &WorkedExample<'_>, all: &Walkthrough<'_>) -> String {
    let Some((heading, tables)) = example.unit_tables(all) else {
        return String::new();
    };
    let line = |cells: &[String], name: &str| -> String {
        let cell = |cell: &String| format!("<{name}>{}</{name}>", escape(cell));
        format!("<tr>{}</tr>", cells.iter().map(cell).collect::<String>())
    };
    let table = |table: &PageTable| {
        let rows = table.rows.iter().map(|row| line(row, "td") + "\n");
        format!(
            "<h3>{}</h3>\n<div class=\"wide\"><table>\n<thead>{}</thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
            escape(&table.caption),
            line(&table.head, "th"),
            rows.collect::<String>(),
        )
    };
    let tables: String = tables.iter().map(table).collect();
    format!(
        "<section class=\"unit\">\n<h2>{}</h2>\n{tables}</section>\n",
        escape(&heading)
    )
}
