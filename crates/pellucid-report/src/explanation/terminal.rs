//! The document as text for a terminal: formulas in one line, matrices aligned, shapes in the margin.

use super::document::{self, Block};
use super::number;
use super::walkthrough::{Phase, Walkthrough};
use super::{SYMBOLS_HEADING, WorkedExample};
use crate::text_table::{self, fill};

/// SGR codes of the styles.
const STRONG: &str = "1";
const FAINT: &str = "2";
const FORMULA: &str = "36";

/// What the command can show besides.
const HINT: &str =
    "Large layers are shown in part: --full shows every number, --unit LAYER:UNIT one unit's arithmetic.";

impl WorkedExample<'_> {
    /// As text for a terminal of `width` columns, with colours or without.
    pub fn terminal(&self, width: usize, coloured: bool) -> String {
        let width = width.max(40);
        let all = self.walkthrough(((width.saturating_sub(14)) / 13).clamp(3, 14));
        let ink = |code: &str, text: &str| match coloured {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.into(),
        };
        let mut text = String::new();
        // Whether the last block was a formula: those of one part stand together.
        let mut is_formula = false;
        document::write(self, &all, |block| {
            let follows_formula = std::mem::replace(&mut is_formula, matches!(block, Block::Formula(_)));
            text.push_str(&match block {
                Block::Title(title) => ink(STRONG, &title) + "\n",
                Block::Fact(words) => fill(&words, width),
                Block::Note(words) => fill(&format!("note: {words}"), width),
                Block::Section(phase, heading) => {
                    let line = "─".repeat(width.saturating_sub(heading.chars().count() + 4));
                    format!("\n{}\n", ink(colour(phase), &format!("── {heading} {line}")))
                }
                Block::Heading(words) => format!("\n{}\n", ink(STRONG, words)),
                Block::Paragraph(words) => fill(words, width),
                Block::Formula(formula) => {
                    let gap = if follows_formula { "" } else { "\n" };
                    format!("{gap}  {}\n", ink(FORMULA, &formula.text()))
                }
                Block::Matrix(array) => {
                    let symbol = all.arrays[array].symbol.text();
                    let shape = all.shape(array);
                    let used = symbol.chars().count() + shape.chars().count() + 2;
                    let gap = " ".repeat(width.saturating_sub(used).max(2));
                    let heading = format!("\n  {}{gap}{}\n", ink(FORMULA, &symbol), ink(FAINT, &shape));
                    heading + &matrix(&all, array, width)
                }
                Block::Example(place, arithmetic) => {
                    let line = format!("{place}: {}", arithmetic.text());
                    let lines = fill(&line, width.saturating_sub(2));
                    let lines = lines.lines().map(|line| format!("  {}\n", ink(FAINT, line)));
                    lines.collect()
                }
                Block::Table(table) => {
                    let aligned = text_table::table(table.head, table.rows, 1, width);
                    format!("\n{}\n{aligned}", ink(STRONG, &table.caption))
                }
                Block::Symbols => format!("\n{}\n", ink(STRONG, SYMBOLS_HEADING)),
                Block::Symbol(symbol, meaning) => {
                    let symbol = symbol.text();
                    let lines = fill(meaning, width.saturating_sub(14).max(20));
                    let lines = lines.lines().enumerate().map(|(index, line)| {
                        let symbol = if index == 0 { symbol.as_str() } else { "" };
                        let gap = " ".repeat(8usize.saturating_sub(symbol.chars().count()));
                        format!("  {}{gap}  {line}\n", ink(FORMULA, symbol))
                    });
                    lines.collect::<String>()
                }
                Block::Hint => format!("\n{}", fill(HINT, width)),
            });
        });
        text
    }
}

fn colour(phase: Option<Phase>) -> &'static str {
    match phase {
        Some(Phase::Forward) => "1;34",
        Some(Phase::Loss) => "1;33",
        Some(Phase::Backward) => "1;35",
        Some(Phase::Update) => "1;32",
        None => STRONG,
    }
}

/// The numbers of an array, aligned; a row or a column of dots stands for those that are hidden.
fn matrix(all: &Walkthrough<'_>, index: usize, width: usize) -> String {
    let array = &all.arrays[index];
    let (rows, columns) = (all.axes.shown(array.rows), all.axes.shown(array.columns));
    let places = all.axes.places(array.rows, array.columns);
    let decimals = number::decimals(places.map(|(row, column)| array.at(row, column)));
    let label = |axis, index: Option<usize>| {
        index.map_or("…".into(), |index| all.label(axis, index).unwrap_or_default())
    };
    let columns = columns.with_gaps();
    let mut header = vec![String::new()];
    header.extend(columns.iter().map(|&column| label(array.columns, column)));
    let cells = |row: Option<usize>| {
        let mut cells = vec![label(array.rows, row)];
        cells.extend(columns.iter().map(|&column| match (row, column) {
            (Some(row), Some(column)) => number::cell(array.at(row, column), decimals),
            _ => "…".into(),
        }));
        cells
    };
    let table = text_table::table(header, rows.with_gaps().into_iter().map(cells), 1, width);
    match array.is_number() {
        true => format!("  {}\n", table.trim()),
        false => table,
    }
}
