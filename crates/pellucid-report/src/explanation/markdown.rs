//! The story as Markdown with LaTeX, as Jupyter and code hosts show it.

use super::WorkedExample;
use super::axes::Shown;
use super::number::short_latex;
use super::story::{Rule, Story};
use std::collections::HashSet;

/// Rows and columns of a matrix that are written out.
const MOST: usize = 8;

pub(super) fn text(of: &WorkedExample<'_>) -> String {
    let story = of.story(MOST);
    let (title, facts) = of.heading();
    let mut text = format!("# {}\n\n", plain(&title));
    for fact in facts {
        text.push_str(&format!("{}.  \n", plain(&fact)));
    }
    for note in &story.explanation.notes {
        text.push_str(&format!("\n> {}\n", plain(note)));
    }
    let mut phase = None;
    let mut seen = HashSet::new();
    for chapter in &story.chapters {
        if phase != Some(chapter.phase) {
            phase = Some(chapter.phase);
            text.push_str(&format!("\n## {}\n", chapter.phase.title()));
        }
        text.push_str(&format!(
            "\n### {}\n\n{}\n",
            plain(&chapter.title),
            plain(&chapter.words)
        ));
        if chapter.rule != Rule::Given {
            text.push_str(&block(chapter.formula.latex()));
        }
        for line in &chapter.more {
            text.push_str(&block(line.latex()));
        }
        let operands = chapter.operands.iter().map(|(_, array)| *array);
        for array in operands.chain([chapter.result]) {
            if seen.insert(array) {
                text.push_str(&block(&matrix(&story, array)));
            }
        }
        let (row, column) = story.example(chapter);
        if let Some(arithmetic) = story.arithmetic(chapter, row, column) {
            let array = &story.arrays[chapter.result];
            let place: Vec<String> = [story.label(array.rows, row), story.label(array.columns, column)]
                .into_iter()
                .flatten()
                .collect();
            text.push_str(&format!("\nFor example {}:\n", plain(&place.join(", "))));
            text.push_str(&block(arithmetic.latex()));
        }
    }
    if let Some((heading, tables)) = of.unit_tables(&story) {
        text.push_str(&format!("\n## {heading}\n"));
        for table in tables {
            let line = |cells: &[String]| {
                let cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
                format!("| {} |\n", cells.join(" | "))
            };
            text.push_str(&format!("\n### {}\n\n{}", table.heading, line(&table.columns)));
            text.push_str(&format!("| :-- |{}\n", " --: |".repeat(table.columns.len() - 1)));
            table.rows.iter().for_each(|row| text.push_str(&line(row)));
        }
    }
    text.push_str("\n## The signs\n\n");
    for (sign, words) in super::SIGNS {
        text.push_str(&format!("- ${sign}$: {words}\n"));
    }
    text
}

/// A formula on lines of its own.
fn block(latex: &str) -> String {
    format!("\n$$\n{latex}\n$$\n")
}

/// Words that Markdown takes for what they are.
fn plain(words: &str) -> String {
    words
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('_', "\\_")
        .replace('*', "\\*")
        .replace('<', "&lt;")
        .replace('$', "\\$")
}

fn matrix(story: &Story<'_>, index: usize) -> String {
    let array = &story.arrays[index];
    if let super::story::Values::Number(number) = array.values {
        return format!("{} = {}", array.symbol.latex(), short_latex(number));
    }
    let (rows, columns) = (story.axes.shown(array.rows), story.axes.shown(array.columns));
    let cells = |row: usize| -> Vec<String> {
        let cells = columns
            .indices
            .iter()
            .map(|&column| short_latex(array.values.at(row, column)));
        with_gap(cells.collect(), columns, r"\cdots")
    };
    let lines: Vec<String> = rows.indices.iter().map(|&row| cells(row).join(" & ")).collect();
    let width = columns.indices.len() + usize::from(columns.hidden() > 0);
    let dots = vec![r"\vdots"; width].join(" & ");
    let lines = with_gap(lines, rows, &dots);
    let shape = match array.rows {
        super::axes::Axis::One => format!(r"1 \times {}", columns.length),
        _ => format!(r"{} \times {}", rows.length, columns.length),
    };
    format!(
        "{} = \\begin{{pmatrix}}\n{}\n\\end{{pmatrix}}_{{{shape}}}",
        array.symbol.latex(),
        lines.join(" \\\\\n")
    )
}

/// Dots before the last where some are left out.
fn with_gap(mut cells: Vec<String>, shown: &Shown, dots: &str) -> Vec<String> {
    if shown.hidden() > 0 {
        cells.insert(cells.len() - 1, dots.into());
    }
    cells
}
