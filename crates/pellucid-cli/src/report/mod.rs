//! The page of a training: what was trained, the results, and how to repeat it.

mod facts;
pub(crate) mod samples;
pub(crate) mod table;

use crate::score_text::{count, number};
use anyhow::Result;
use facts::{facts, seconds};
use pellucid::Recipe;
use pellucid::inspection::diagnosis;
use pellucid::model::network::Architecture;
use pellucid::session::Summary;
use pellucid_report::{PageFinding, PageTable, Repeat, Report, Section};
use std::num::NonZeroUsize;
use std::path::Path;

/// Figures by name.
type Figures = Vec<(String, f64)>;

/// What a page says of a training, whatever it was on.
struct Page<'a> {
    title: &'a str,
    lead: String,
    /// What the network is judged by: names and numbers.
    headline: Vec<(String, String)>,
    /// Parts of the data: name, number of rows, and figures.
    columns: Vec<(&'static str, usize, Figures)>,
    of_data: Vec<(String, String)>,
    /// What was chosen where the user said nothing.
    choices: &'a [String],
    recipe: &'a Recipe,
    architecture: &'a Architecture,
    summary: &'a Summary,
    seconds: f64,
    threads: NonZeroUsize,
    /// The command that repeats it.
    command: Vec<String>,
    notes: Vec<String>,
    sections: Vec<Section>,
}

impl Page<'_> {
    fn report(self) -> Result<Report> {
        let scores = self.scores();
        let mut figures = self.headline;
        figures.extend([
            ("parameters".into(), count(self.architecture.trained_count())),
            ("epochs".into(), count(self.summary.epochs as usize)),
            ("training time".into(), seconds(self.seconds)),
        ]);
        let mut all = self.of_data;
        all.extend(facts(
            self.recipe,
            self.architecture,
            self.summary,
            self.seconds,
            self.threads,
        ));
        if !self.choices.is_empty() {
            all.push(("Chosen".into(), self.choices.join("; ")));
        }
        Ok(Report {
            title: self.title.to_owned(),
            lead: self.lead,
            figures,
            tables: vec![scores],
            facts: all,
            sections: self.sections,
            repeat: repeat(self.recipe.to_toml()?, &self.command, self.notes),
            findings: Some(findings(&self.summary.findings)),
            footer: footer(),
        })
    }

    /// The figures of each part of the data, those that the first has.
    fn scores(&self) -> PageTable {
        let line = |name: &str, cells: Vec<String>| std::iter::once(name.to_owned()).chain(cells).collect();
        let columns = || self.columns.iter();
        let mut rows = vec![line("rows", columns().map(|(_, rows, _)| count(*rows)).collect())];
        for (name, _) in columns().next().into_iter().flat_map(|(.., figures)| figures) {
            let of = |figures: &[(String, f64)]| {
                let found = figures.iter().find(|(other, _)| other == name);
                found.map_or("–".into(), |(_, value)| number(*value))
            };
            rows.push(line(name, columns().map(|(.., figures)| of(figures)).collect()));
        }
        table(
            "",
            line("", columns().map(|column| column.0.to_owned()).collect()),
            rows,
        )
    }
}

/// `1 sample`, `2 samples`.
fn plural(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", count(number)),
    }
}

/// A row of a table, out of words.
fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(String::from).into()
}

fn table(caption: &str, head: Vec<String>, rows: Vec<Vec<String>>) -> PageTable {
    PageTable {
        caption: caption.to_owned(),
        head,
        rows,
    }
}

/// Findings as a page has them.
fn findings(found: &[diagnosis::Finding]) -> Vec<PageFinding> {
    let finding = |finding: &diagnosis::Finding| PageFinding {
        title: match finding.layer {
            Some(layer) => format!("{}, layer {layer}", finding.kind.title()),
            None => finding.kind.title().to_string(),
        },
        seen: finding.seen.clone(),
        why: finding.why.clone(),
        try_this: finding.try_this.clone(),
    };
    found.iter().map(finding).collect()
}

/// The recipe, the command that follows it, and the one that was given.
fn repeat(recipe: String, command: &[String], mut notes: Vec<String>) -> Repeat {
    let given: Vec<String> = std::env::args().skip(1).map(|word| quoted(&word)).collect();
    notes.push(format!("It was made by: pellucid {}", given.join(" ")));
    let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    Repeat {
        recipe,
        command: words.join(" "),
        notes,
    }
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./-+,:=@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn footer() -> String {
    let (version, os, arch) = (
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    format!("pellucid {version} on {os}, {arch}")
}

/// A name without its folder.
fn file_name(source: &str) -> String {
    let name = Path::new(source).file_name();
    name.map_or(source.into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_or_read_them() {
        assert_eq!(
            quoted("--set=train.learning_rate=0.3"),
            "--set=train.learning_rate=0.3"
        );
        assert_eq!(quoted("my data.csv"), "'my data.csv'");
        assert_eq!(quoted("a'b"), "'a'\\''b'");
        assert_eq!(quoted("$HOME;"), "'$HOME;'");
        assert_eq!(quoted(""), "''");
    }
}
