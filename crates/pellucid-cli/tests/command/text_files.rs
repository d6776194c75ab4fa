//! Text files as other programs write them: encodings, delimiters, lines that are no rows.

use crate::driver::{done, text};
use std::fs;
use std::path::Path;

const GOOD: &str = "label,x,y\na,0,0\nb,1,2\na,2,4\nb,3,6\na,4,8\nb,5,10\na,6,12\nb,7,14\na,8,16\nb,9,18\n";

/// Trains on these bytes, predicts them, and returns what the two commands noted.
fn notes(bytes: &[u8], target: &str, options: &[&str]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (folder.path().join("table"), folder.path().join("m.safetensors"));
    fs::write(&table, bytes).unwrap();
    let train = [
        "train",
        text(&table),
        "--target",
        target,
        "--epochs",
        "2",
        "-q",
        "--out",
        text(&model),
    ];
    let trained = done(&[&train[..], options].concat());
    let predicted = done(&[&["predict", text(&model), text(&table), "-q"], options].concat());
    assert_eq!(predicted.stdout.lines().count(), 11);
    (trained.stderr, predicted.stderr)
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn texts_are_read_as_they_are_found_and_each_assumption_is_noted() {
    let latin = GOOD
        .replace("label", "la\u{e9}el")
        .chars()
        .map(|letter| letter as u8)
        .collect();
    let years = GOOD.replacen("label,x,y", "label,2022,2023", 1);
    for (bytes, target, note) in [
        (
            utf_16(&format!("\u{feff}{GOOD}")),
            "label",
            "note: the text is read as UTF-16LE",
        ),
        (latin, "la\u{e9}el", "note: the text is read as Windows-1252"),
        (
            GOOD.replace('\n', ",\n").into_bytes(),
            "label",
            "note: 11 rows end in a delimiter",
        ),
        (
            format!("# by: someone\n{GOOD}").into_bytes(),
            "label",
            "note: the first line, which begins with #",
        ),
        (years.into_bytes(), "last", ""),
    ] {
        let (trained, predicted) = notes(&bytes, target, &[]);
        assert!(
            trained.contains(note) && predicted.contains(note),
            "{trained}{predicted}"
        );
    }
}

#[test]
fn options_say_how_a_text_is_read() {
    let short = GOOD.replace("8,16\n", "8\n");
    for (contents, options, note) in [
        (format!("A report\n\n{GOOD}"), vec!["--skip-rows", "2"], ""),
        (
            GOOD.replace("a,2", "% see below\na,2"),
            vec!["--comment", "%"],
            "",
        ),
        (short, vec!["--ragged", "pad"], "1 row is shorter than the first"),
        (GOOD.replace(',', "   "), vec!["--delimiter", "blanks"], ""),
        (GOOD.to_owned(), vec!["--encoding", "latin-1"], ""),
    ] {
        let (trained, predicted) = notes(contents.as_bytes(), "label", &options);
        assert!(
            trained.contains(note) && predicted.contains(note),
            "{trained}{predicted}"
        );
        assert_eq!(trained.contains("note:"), !note.is_empty(), "{trained}");
    }
}

#[test]
fn a_first_row_that_may_be_names_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("years.csv");
    fs::write(&path, "id,2022,2023\nn1,2,3\nn2,4,6\nn3,6,9\n").unwrap();
    let show =
        |path: &Path, options: &[&str]| done(&[&["data", "show", text(path)], options].concat()).stderr;
    assert!(show(&path, &[]).contains("--header no reads it as data"));
    assert_eq!(show(&path, &["--header", "yes"]), "");
}
