//! The walkthrough as a document: headings, paragraphs, formulas, matrices and tables, which a format writes out.

use super::WorkedExample;
use super::formula::Formula;
use super::walkthrough::{Phase, Walkthrough};
use crate::page::PageTable;
use std::collections::HashSet;

/// One element of the document.
pub(super) enum Block<'a> {
    Title(String),
    /// What the step is of: a line each.
    Fact(String),
    Note(&'a str),
    /// The heading of a phase, or of a unit's arithmetic.
    Section(Option<Phase>, String),
    Heading(&'a str),
    Paragraph(&'a str),
    Formula(&'a Formula),
    /// An array, by index.
    Matrix(usize),
    /// The arithmetic of one number: its place, and the formula with numbers.
    Example(String, Formula),
    Table(PageTable),
    /// The heading of the symbols.
    Symbols,
    /// A symbol and its meaning.
    Symbol(Formula, &'static str),
    /// That large layers are shown in part.
    Hint,
}

/// Writes the document of an example with `write`, which gets one block after the other.
pub(super) fn write<'a>(
    example: &WorkedExample<'_>,
    all: &'a Walkthrough<'_>,
    mut write: impl FnMut(Block<'a>),
) {
    let (title, facts) = example.heading();
    write(Block::Title(title));
    facts.into_iter().for_each(|fact| write(Block::Fact(fact)));
    let notes = all.explanation.notes.iter();
    notes.for_each(|note| write(Block::Note(note)));
    let mut phase = None;
    let mut seen = HashSet::new();
    for part in &all.parts {
        if phase.replace(part.phase) != Some(part.phase) {
            write(Block::Section(phase, part.heading.into()));
        }
        write(Block::Heading(&part.title));
        write(Block::Paragraph(&part.words));
        part.formulas
            .iter()
            .for_each(|formula| write(Block::Formula(formula)));
        let arrays = part.operands.iter().map(|(_, array)| *array).chain([part.result]);
        for array in arrays {
            if seen.insert(array) {
                write(Block::Matrix(array));
            }
        }
        let (row, column) = all.example(part);
        if let Some(arithmetic) = all.arithmetic(part, row, column) {
            write(Block::Example(all.place(part.result, row, column), arithmetic));
        }
    }
    if let Some((heading, tables)) = example.unit_tables(all) {
        write(Block::Section(None, heading));
        tables.into_iter().for_each(|table| write(Block::Table(table)));
    }
    write(Block::Symbols);
    for (symbol, meaning) in super::SYMBOLS {
        write(Block::Symbol(symbol.into(), meaning));
    }
    if all.axes.hides_any() {
        write(Block::Hint);
    }
}
