//! The page of a run: what it was, what came of it, and how to do it again.

mod facts;
pub(crate) mod of_run;
pub(crate) mod of_table;

use pellucid::inspection::diagnosis;
use pellucid_report::{PageFinding, PageTable, Repeat};
use std::path::Path;

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
fn repeat(recipe: String, command: &[&str], mut notes: Vec<String>) -> Repeat {
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
