//! Tests that names and words of users' data do no harm where they are shown: in a terminal, in pages, pictures and tables.

use crate::driver::{done, pellucid, text};
use std::fs;
use std::path::Path;

/// Names and words that a terminal, a page, a formula or a reader of text would obey.
const NAMES: [&str; 7] = [
    "a\u{1b}[31mred",
    "<!--<script>alert(1)</script>",
    "q\"uo'te&amp;",
    "=1+1",
    "right\u{202e}tfel",
    "tab\there",
    "bell\u{7}|pipe",
];
const WORDS: [&str; 3] = [
    "\u{1b}]0;title\u{7}y",
    "</script><img src=x onerror=alert(1)>",
    "=cmd()",
];

fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}')
}

fn assert_harmless(what: &str, shown: &str) {
    let found = shown.chars().find(|&c| is_obeyed(c));
    assert!(
        found.is_none(),
        "{what} shows {found:?}:\n{}",
        shown.escape_debug()
    );
}

fn table(folder: &Path) -> std::path::PathBuf {
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let mut rows = vec![
        NAMES
            .iter()
            .chain(&["target<i>"])
            .map(|name| quoted(name))
            .collect::<Vec<_>>()
            .join(","),
    ];
    for row in 0..90_u32 {
        let numbers = (0..NAMES.len() as u32 - 1).map(|column| ((row * 37 + column * 11) % 97).to_string());
        let words = [
            WORDS[row as usize % 3],
            WORDS[(row as usize + row as usize / 7) % 3],
        ]
        .map(quoted);
        rows.push(numbers.chain(words).collect::<Vec<_>>().join(","));
    }
    let path = folder.join("hostile.csv");
    fs::write(&path, rows.join("\n") + "\n").unwrap();
    path
}

#[test]
fn they_do_no_harm_in_terminals_pages_pictures_and_tables() {
    let folder = tempfile::tempdir().unwrap();
    let data = table(folder.path());
    let at = |name: &str| folder.path().join(name);
    let (model, report, picture) = (at("m.safetensors"), at("report.html"), at("confusion.svg"));
    let (page, markdown) = (at("explain.html"), at("explain.md"));
    let trained = done(&[
        "train",
        text(&data),
        "--target",
        "target<i>",
        "--epochs",
        "4",
        "--chart",
        "--out",
        text(&model),
        "--report",
        text(&report),
        "--plot",
        &format!("confusion={}", text(&picture)),
    ]);
    assert_harmless("train", &(trained.stdout + &trained.stderr));
    for arguments in [
        &["inspect", text(&model), "--all"][..],
        &["data", "show", text(&data)],
        &["explain", text(&model), "--data", text(&data)],
        &[
            "explain",
            text(&model),
            "--data",
            text(&data),
            "--row",
            "1",
            "--contributions",
        ],
        &["importance", text(&model), text(&data), "--repeats", "2"],
        &["evaluate", text(&model), text(&data), "--chart"],
        &["diagnose", text(&data), "--target", "target<i>"],
        &["check", text(&model), "--data", text(&data)],
        // Messages that name columns, files and settings.
        &["train", text(&data), "--target", "no\u{1b}[2Jne"],
        &["train", "no\u{1b}[2Jne.csv"],
        &["run", "no\u{1b}[2Jne"],
        &[
            "train",
            text(&data),
            "--target",
            "target<i>",
            "--set",
            "tr\u{1b}[2Jain=1",
        ],
    ] {
        let ended = pellucid(arguments);
        assert_harmless(&format!("{arguments:?}"), &(ended.stdout + &ended.stderr));
    }
    for (format, path) in [("html", &page), ("markdown", &markdown)] {
        done(&[
            "explain",
            text(&model),
            "--data",
            text(&data),
            "--row",
            "1",
            "--format",
            format,
            "-o",
            text(path),
        ]);
    }
    for path in [&report, &page] {
        let html = fs::read_to_string(path).unwrap();
        for harmful in ["<!--<script>", "<script>alert", "<img src=x", "</script><img"] {
            assert!(!html.contains(harmful), "{}: {harmful}", path.display());
        }
        assert!(
            !html.contains(|c: char| c.is_control() && !"\n\t".contains(c)),
            "{}",
            path.display()
        );
    }
    let svg = fs::read_to_string(&picture).unwrap();
    roxmltree::Document::parse(&svg).unwrap();
    assert!(!svg.contains("<img") && !svg.contains("<!--<script"));
    let predicted = done(&[
        "predict",
        text(&model),
        text(&data),
        "--keep-columns",
        "--csv-safe",
    ])
    .stdout;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(predicted.as_bytes());
    let mut quoted = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            let is_formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
            assert!(!is_formula, "{cell:?}");
            quoted += usize::from(cell.starts_with("'="));
        }
    }
    assert!(quoted > 30, "{quoted}");
    // Without the flag, cells come out as they were read.
    let plain = done(&["predict", text(&model), text(&data), "--keep-columns"]).stdout;
    assert!(plain.contains("=1+1") && !plain.contains("'="));
}
