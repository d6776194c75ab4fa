//! The page of a training: what was trained, the results, and how to repeat it.

mod facts;
mod importance;
pub(crate) mod samples;
pub(crate) mod table;

use crate::pictures::Training;
use crate::score_text::{self, Figures, count};
use anyhow::Result;
use facts::{facts, seconds};
use pellucid_report::{PageTable, Report, Section};
use std::num::NonZeroUsize;

/// What a page says of a training, whatever it was on.
struct Page<'a> {
    title: &'a str,
    lead: String,
    /// What the network is judged by: names and numbers.
    headline: Vec<(String, String)>,
    /// Parts of the data: name, number of rows, and figures.
    columns: Vec<(&'static str, usize, Figures)>,
    of_data: Vec<(&'static str, String)>,
    /// What was chosen where the user said nothing.
    choices: &'a [String],
    training: Training<'a>,
    seconds: f64,
    threads: NonZeroUsize,
    /// The command that repeats it.
    command: Vec<String>,
    notes: Vec<String>,
    sections: Vec<Section>,
}

impl Page<'_> {
    fn report(mut self) -> Result<Report> {
        let mut scores = score_text::side_by_side(&self.columns, "–");
        let head = scores.remove(0);
        self.headline.extend([
            (
                "parameters".into(),
                count(self.training.architecture.trained_count()),
            ),
            ("epochs".into(), count(self.training.summary.epochs as usize)),
            ("training time".into(), seconds(self.seconds)),
        ]);
        let of_data = std::mem::take(&mut self.of_data);
        let chosen = (!self.choices.is_empty()).then(|| ("Chosen", self.choices.join("; ")));
        let facts = of_data.into_iter().chain(facts(&self)).chain(chosen);
        let given = format!(
            "It was made by: pellucid {}",
            in_a_shell(std::env::args().skip(1))
        );
        self.notes.push(given);
        Ok(Report {
            title: self.title.to_owned(),
            lead: self.lead,
            figures: self.headline,
            tables: vec![table("", head, scores)],
            facts: facts.map(|(name, value)| (name.to_owned(), value)).collect(),
            sections: self.sections,
            recipe: self.training.recipe.to_toml()?,
            command: in_a_shell(self.command.into_iter()),
            notes: self.notes,
            findings: Some(self.training.summary.findings.clone()),
            footer: format!(
                "pellucid {} on {}, {}",
                env!("CARGO_PKG_VERSION"),
                std::env::consts::OS,
                std::env::consts::ARCH
            ),
        })
    }
}

fn table(caption: &str, head: Vec<String>, rows: Vec<Vec<String>>) -> PageTable {
    PageTable {
        caption: caption.to_owned(),
        head,
        rows,
    }
}

fn in_a_shell(words: impl Iterator<Item = String>) -> String {
    words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./-+,:=@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
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
