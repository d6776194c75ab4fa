//! The story as text for a terminal: formulas in one line, matrices aligned, shapes in the margin.

use super::WorkedExample;
use super::number;
use super::story::{Phase, Rule, Story};
use crate::text_table::{TextTable, fill};
use std::collections::HashSet;

/// What text may be shown as.
#[derive(Debug, Clone, Copy)]
struct Ink(bool);

impl Ink {
    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.into(),
        }
    }

    fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn formula(self, text: &str) -> String {
        self.with("36", text)
    }

    fn phase(self, phase: Phase, text: &str) -> String {
        self.with(
            match phase {
                Phase::Forward => "1;34",
                Phase::Loss => "1;33",
                Phase::Backward => "1;35",
                Phase::Update => "1;32",
            },
            text,
        )
    }
}

pub(super) fn text(of: &WorkedExample<'_>, width: usize, coloured: bool) -> String {
    let width = width.max(40);
    let ink = Ink(coloured);
    let story = of.story(((width.saturating_sub(14)) / 13).clamp(3, 14));
    let (title, facts) = of.heading();
    let mut text = format!("{}\n", ink.strong(&title));
    for fact in facts {
        text.push_str(&fill(&fact, width));
    }
    for note in &story.explanation.notes {
        text.push_str(&fill(&format!("note: {note}"), width));
    }
    let mut phase = None;
    let mut seen = HashSet::new();
    for chapter in &story.chapters {
        if phase != Some(chapter.phase) {
            phase = Some(chapter.phase);
            let heading = chapter.phase.title();
            let line = "─".repeat(width.saturating_sub(heading.chars().count() + 4));
            text.push_str(&format!(
                "\n{}\n",
                ink.phase(chapter.phase, &format!("── {heading} {line}"))
            ));
        }
        text.push_str(&format!("\n{}\n", ink.strong(&chapter.title)));
        text.push_str(&fill(&chapter.words, width));
        if chapter.rule != Rule::Given {
            text.push_str(&format!("\n  {}\n", ink.formula(&chapter.formula.text())));
        }
        for line in &chapter.more {
            text.push_str(&format!("  {}\n", ink.formula(&line.text())));
        }
        let operands = chapter.operands.iter().map(|(_, array)| *array);
        for array in operands.chain([chapter.result]) {
            if seen.insert(array) {
                text.push_str(&matrix(&story, array, width, ink));
            }
        }
        let (row, column) = story.example(chapter);
        if let Some(arithmetic) = story.arithmetic(chapter, row, column) {
            let place = place(&story, chapter.result, row, column);
            let line = format!("{place}: {}", arithmetic.text());
            for line in fill(&line, width.saturating_sub(2)).lines() {
                text.push_str(&format!("  {}\n", ink.faint(line)));
            }
        }
    }
    if let Some((heading, tables)) = of.unit_tables(&story) {
        let line = "─".repeat(width.saturating_sub(heading.chars().count() + 4));
        text.push_str(&format!("\n{}\n", ink.strong(&format!("── {heading} {line}"))));
        for table in tables {
            text.push_str(&format!("\n{}\n", ink.strong(&table.heading)));
            let mut aligned = TextTable::new(table.columns, 1);
            table.rows.into_iter().for_each(|row| aligned.push(row));
            text.push_str(&aligned.render(width));
        }
    }
    text.push_str(&format!("\n{}\n", ink.strong("The signs")));
    for (sign, words) in super::SIGNS {
        let sign = super::formula::Formula::from(sign).text();
        let room = width.saturating_sub(14).max(20);
        for (index, line) in fill(words, room).lines().enumerate() {
            let sign = if index == 0 { sign.as_str() } else { "" };
            let gap = " ".repeat(8usize.saturating_sub(sign.chars().count()));
            text.push_str(&format!("  {}{gap}  {line}\n", ink.formula(sign)));
        }
    }
    if story.axes.hides_any() {
        text.push('\n');
        text.push_str(&fill(
            "Large layers are shown in part: --full shows every number, --unit LAYER:UNIT one unit's arithmetic.",
            width,
        ));
    }
    text
}

/// Of which number the arithmetic is.
fn place(story: &Story<'_>, array: usize, row: usize, column: usize) -> String {
    let array = &story.arrays[array];
    [story.label(array.rows, row), story.label(array.columns, column)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

fn matrix(story: &Story<'_>, index: usize, width: usize, ink: Ink) -> String {
    let array = &story.arrays[index];
    let symbol = array.symbol.text();
    let shape = story.shape(index);
    let gap = width
        .saturating_sub(symbol.chars().count() + shape.chars().count() + 2)
        .max(2);
    let mut text = format!(
        "\n  {}{}{}\n",
        ink.formula(&symbol),
        " ".repeat(gap),
        ink.faint(&shape)
    );
    let (rows, columns) = (story.axes.shown(array.rows), story.axes.shown(array.columns));
    let places = rows
        .indices
        .iter()
        .flat_map(|&row| columns.indices.iter().map(move |&column| (row, column)));
    let decimals = number::decimals(places.map(|(row, column)| array.values.at(row, column)));
    // A gap is a column, or a row, of dots.
    let with_gaps = |indices: &[usize], length: usize| {
        let mut all: Vec<Option<usize>> = Vec::new();
        let mut next = 0;
        for &index in indices {
            if index > next {
                all.push(None);
            }
            all.push(Some(index));
            next = index + 1;
        }
        if next < length {
            all.push(None);
        }
        all
    };
    let columns = with_gaps(&columns.indices, columns.length);
    let rows = with_gaps(&rows.indices, rows.length);
    let label = |axis, index: Option<usize>| {
        index.map_or("…".into(), |index| story.label(axis, index).unwrap_or_default())
    };
    let mut header = vec![String::new()];
    header.extend(columns.iter().map(|&column| label(array.columns, column)));
    let is_number = header.len() == 2 && header[1].is_empty();
    let mut table = TextTable::new(header, 1);
    for &row in &rows {
        let mut cells = vec![label(array.rows, row)];
        cells.extend(columns.iter().map(|&column| match (row, column) {
            (Some(row), Some(column)) => number::cell(array.values.at(row, column), decimals),
            _ => "…".into(),
        }));
        table.push(cells);
    }
    let rendered = table.render(width);
    if is_number {
        text.push_str(rendered.trim_start_matches([' ', '\n']).trim_start());
        return text.replacen(
            &format!("\n{}", rendered.trim()),
            &format!("\n  {}", rendered.trim()),
            1,
        );
    }
    text.push_str(&rendered);
    text
}
