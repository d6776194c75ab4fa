//! The story as a page that is walked through: one file, no network. Formulas are MathML; the page's script draws what
//! stands in the record that is embedded.

use super::WorkedExample;
use super::axes::Axis;
use super::formula::escaped;
use super::story::{Chapter, Phase, Rule, Story};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows and columns of a matrix that are shown.
const MOST: usize = 8;
/// Numbers of a matrix up to which each has its arithmetic written out.
const MOST_WRITTEN: usize = 1024;

/// What the script draws.
#[derive(Serialize)]
struct Record {
    /// By name: `one`, `samples`, and for inputs and layers their number.
    axes: BTreeMap<String, AxisRecord>,
    arrays: Vec<ArrayRecord>,
    chapters: Vec<ChapterRecord>,
    /// Of each layer, where its weights are among the arrays.
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
    /// Of the shown rows and columns.
    values: Vec<Vec<f64>>,
}

#[derive(Serialize)]
struct ChapterRecord {
    phase: Phase,
    layer: Option<usize>,
    title: String,
    words: String,
    formulas: Vec<String>,
    rule: Rule,
    result: usize,
    operands: Vec<(&'static str, usize)>,
    /// The place, among those shown, whose arithmetic is shown first.
    example: (usize, usize),
    /// The arithmetic of each shown number.
    made: Vec<Vec<Option<String>>>,
}

pub(super) fn page(of: &WorkedExample<'_>) -> String {
    let story = of.story(MOST);
    let (title, facts) = of.heading();
    let facts: String = facts
        .iter()
        .map(|fact| format!("<p>{}</p>\n", escaped(fact)))
        .collect();
    let notes = story.explanation.notes.iter();
    let notes: String = notes
        .map(|note| format!("<p class=\"note\">{}</p>\n", escaped(note)))
        .collect();
    // A script element ends at the first `</`, whatever stands around it.
    let record = serde_json::to_string(&record(&story))
        .unwrap_or_default()
        .replace("</", "<\\/");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n{facts}{notes}</header>\n{BODY}{unit}{signs}\
         <script type=\"application/json\" id=\"record\">{record}</script>\n<script>\n{script}</script>\n</body>\n</html>\n",
        title = escaped(&title),
        style = include_str!("page.css"),
        unit = unit(of, &story),
        signs = signs(),
        script = include_str!("page.js"),
    )
}

const BODY: &str = r#"<noscript><p class="note">This page is drawn by its script, which is switched off.</p></noscript>
<nav aria-label="The step, part by part">
<button type="button" id="back" aria-label="Back one part">←</button>
<span id="position" role="status">1</span>
<button type="button" id="next" aria-label="On to the next part">→</button>
<div id="track" role="group" aria-label="Parts"></div>
</nav>
<main>
<section id="chapter" tabindex="-1" aria-live="polite">
<p id="phase"></p>
<h2 id="title"></h2>
<p id="words"></p>
<div id="formula"></div>
<div id="equation"></div>
<div id="made" role="status"></div>
</section>
<aside aria-label="The network">
<div id="network"></div>
<p class="legend"><span class="plus">blue</span> links have weights above 0, <span class="minus">orange</span> ones below; the thicker, the larger. <span id="shows"></span></p>
</aside>
</main>
<footer><p>Keys <kbd>→</kbd> and <kbd>←</kbd> step through, <kbd>Home</kbd> and <kbd>End</kbd> go to the ends. Point at a number, or reach it with <kbd>Tab</kbd>, to see which numbers made it.</p></footer>
"#;

fn record(story: &Story<'_>) -> Record {
    let layers = story.explanation.layers.len();
    let all = [Axis::One, Axis::Samples]
        .into_iter()
        .chain((0..=layers).map(Axis::Units));
    let axes = all.map(|axis| {
        let shown = story.axes.shown(axis);
        let labels = shown
            .indices
            .iter()
            .map(|&index| story.label(axis, index).unwrap_or_default());
        let record = AxisRecord {
            length: shown.length,
            shown: shown.indices.clone(),
            labels: labels.collect(),
        };
        (name(axis), record)
    });
    let arrays = story.arrays.iter().enumerate().map(|(index, array)| {
        let (rows, columns) = (story.axes.shown(array.rows), story.axes.shown(array.columns));
        let row = |&row: &usize| {
            columns
                .indices
                .iter()
                .map(|&column| array.values.at(row, column))
                .collect()
        };
        ArrayRecord {
            symbol: array.symbol.mathml(false),
            text: array.symbol.text(),
            shape: story.shape(index),
            rows: name(array.rows),
            columns: name(array.columns),
            values: rows.indices.iter().map(row).collect(),
        }
    });
    let weights = (1..=layers).filter_map(|layer| {
        let of = |chapter: &&Chapter| chapter.rule == Rule::Affine && chapter.layer == Some(layer);
        story
            .chapters
            .iter()
            .find(of)
            .map(|chapter| chapter.operands[1].1)
    });
    Record {
        axes: axes.collect(),
        arrays: arrays.collect(),
        chapters: story
            .chapters
            .iter()
            .map(|chapter| of_chapter(story, chapter))
            .collect(),
        weights: weights.collect(),
    }
}

fn of_chapter(story: &Story<'_>, chapter: &Chapter) -> ChapterRecord {
    let array = &story.arrays[chapter.result];
    let (rows, columns) = (story.axes.shown(array.rows), story.axes.shown(array.columns));
    let is_written = rows.indices.len() * columns.indices.len() <= MOST_WRITTEN;
    let made = |row: usize| {
        let of = |&column: &usize| {
            story
                .arithmetic(chapter, row, column)
                .map(|made| made.mathml(false))
        };
        columns.indices.iter().map(of).collect()
    };
    let (row, column) = story.example(chapter);
    let place = |shown: &[usize], index: usize| shown.iter().position(|&at| at == index).unwrap_or(0);
    let is_given = chapter.rule == Rule::Given;
    let formulas = std::iter::once(&chapter.formula)
        .filter(|_| !is_given)
        .chain(&chapter.more);
    ChapterRecord {
        phase: chapter.phase,
        layer: chapter.layer,
        title: chapter.title.clone(),
        words: chapter.words.clone(),
        formulas: formulas.map(|formula| formula.mathml(true)).collect(),
        rule: chapter.rule,
        result: chapter.result,
        operands: chapter.operands.clone(),
        example: (place(&rows.indices, row), place(&columns.indices, column)),
        made: match is_written {
            true => rows.indices.iter().map(|&row| made(row)).collect(),
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

/// What the signs mean.
fn signs() -> String {
    let sign = |(sign, words): &(&str, &str)| {
        let sign = super::formula::Formula::from(*sign).mathml(false);
        format!("<dt>{sign}</dt><dd>{}</dd>\n", escaped(words))
    };
    let all: String = super::SIGNS.iter().map(sign).collect();
    format!("<details>\n<summary>What the signs mean</summary>\n<dl>\n{all}</dl>\n</details>\n")
}

/// One unit's tables, where they were asked for.
fn unit(of: &WorkedExample<'_>, story: &Story<'_>) -> String {
    let Some((heading, tables)) = of.unit_tables(story) else {
        return String::new();
    };
    let mut text = format!("<section class=\"unit\">\n<h2>{}</h2>\n", escaped(&heading));
    for table in tables {
        let cells = |cells: &[String], name: &str| -> String {
            cells
                .iter()
                .map(|cell| format!("<{name}>{}</{name}>", escaped(cell)))
                .collect()
        };
        let rows: String = table
            .rows
            .iter()
            .map(|row| format!("<tr>{}</tr>\n", cells(row, "td")))
            .collect();
        text.push_str(&format!(
            "<h3>{}</h3>\n<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
            escaped(&table.heading),
            cells(&table.columns, "th"),
        ));
    }
    text + "</section>\n"
}
