//! The document as Markdown with LaTeX, as Jupyter and code hosts show it.

use super::axes::{Axis, Shown};
use super::document::{self, Block};
use super::number::short_latex;
use super::walkthrough::Walkthrough;
use super::{SYMBOLS_HEADING, WorkedExample};

/// The most rows and columns of a matrix that are written out.
const MOST: usize = 8;

impl WorkedExample<'_> {
    /// As Markdown with LaTeX, as Jupyter and code hosts show it.
    pub fn markdown(&self) -> String {
        let all = self.walkthrough(MOST);
        let mut text = String::new();
        document::write(self, &all, |block| {
            text.push_str(&match block {
                Block::Title(title) => format!("# {}\n\n", plain(&title)),
                Block::Fact(words) => format!("{}.  \n", plain(&words)),
                Block::Note(words) => format!("\n> {}\n", plain(words)),
                Block::Section(_, heading) => format!("\n## {heading}\n"),
                Block::Heading(words) => format!("\n### {}\n", plain(words)),
                Block::Paragraph(words) => format!("\n{}\n", plain(words)),
                Block::Formula(formula) => display(formula.latex()),
                Block::Matrix(array) => display(&matrix(&all, array)),
                Block::Example(place, arithmetic) => {
                    let arithmetic = display(arithmetic.latex());
                    format!("\nFor example {}:\n{arithmetic}", plain(&place))
                }
                Block::Table(table) => {
                    let line = |cells: &Vec<String>| {
                        let cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
                        format!("| {} |\n", cells.join(" | "))
                    };
                    let rule = " --: |".repeat(table.head.len() - 1);
                    let rows: String = table.rows.iter().map(line).collect();
                    let head = line(&table.head);
                    format!("\n### {}\n\n{head}| :-- |{rule}\n{rows}", table.caption)
                }
                Block::Symbols => format!("\n## {SYMBOLS_HEADING}\n\n"),
                Block::Symbol(symbol, meaning) => format!("- ${}$: {meaning}\n", symbol.latex()),
                // The page of Markdown has no options.
                Block::Hint => String::new(),
            });
        });
        text
    }
}

/// A formula on lines of its own.
fn display(latex: &str) -> String {
    format!("\n$$\n{latex}\n$$\n")
}

/// Words with Markdown's special characters escaped.
fn plain(words: &str) -> String {
    let mut text = String::new();
    for character in words.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '\\' | '|' | '_' | '*' | '$' => text.extend(['\\', character]),
            _ => text.push(character),
        }
    }
    text
}

fn matrix(all: &Walkthrough<'_>, index: usize) -> String {
    let array = &all.arrays[index];
    let symbol = array.symbol.latex();
    if array.is_number() {
        return format!("{symbol} = {}", short_latex(array.at(0, 0)));
    }
    let (rows, columns) = (all.axes.shown(array.rows), all.axes.shown(array.columns));
    let line = |&row: &usize| {
        let cells = columns.indices.iter();
        let cells = cells.map(|&column| short_latex(array.at(row, column)));
        with_gap(cells.collect(), columns, r"\cdots").join(" & ")
    };
    let width = columns.indices.len() + usize::from(columns.hidden() > 0);
    let dots = vec![r"\vdots"; width].join(" & ");
    let lines = with_gap(rows.indices.iter().map(line).collect(), rows, &dots).join(" \\\\\n");
    let height = match array.rows {
        Axis::One => 1,
        _ => rows.length,
    };
    let shape = format!(r"{height} \times {}", columns.length);
    format!("{symbol} = \\begin{{pmatrix}}\n{lines}\n\\end{{pmatrix}}_{{{shape}}}")
}

/// Dots before the last cell where some are hidden.
fn with_gap(mut cells: Vec<String>, shown: &Shown, dots: &str) -> Vec<String> {
    if shown.hidden() > 0 {
        cells.insert(cells.len() - 1, dots.into());
    }
    cells
}
