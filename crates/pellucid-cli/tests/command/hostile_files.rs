//! Files that were made to harm, and numbers that are too large: refused or named, never answered in silence.

use crate::driver::{done, refused, text};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

fn write(folder: &Path, name: &str, contents: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, contents).unwrap();
    path
}

#[test]
fn a_header_that_promises_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let header = "{'descr': '<f8', 'fortran_order': False, 'sh\\x61pe': (12884901888,)}";
    let length = (header.len() as u16).to_le_bytes();
    let array = [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), &[0; 8]].concat();
    let path = write(folder.path(), "array.npy", &array);
    for command in [&["data", "show"][..], &["train", "--target", "c1"]] {
        refused(
            &[command, &[text(&path)]].concat(),
            1,
            &["array.npy", "not as NumPy writes it"],
        );
    }
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused_unless_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let row = format!("{},2\n", "word".repeat(250));
    let rows = ["x,y\n", &row.repeat(70_000)].concat();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(rows.as_bytes()).unwrap();
    let path = write(folder.path(), "rows.csv.gz", &packed.finish().unwrap());
    let stderr = refused(
        &["data", "show", text(&path)],
        1,
        &["rows.csv.gz", "unpack to more than", "--max-expansion above 100"],
    );
    assert!(stderr.len() < 400, "{stderr}");
    let shown = done(&["data", "show", text(&path), "--max-expansion", "2000"]);
    assert!(shown.stdout.contains("70,000 rows"), "{}", shown.stdout);
    refused(
        &["data", "show", text(&path), "--max-expansion", "0"],
        2,
        &["--max-expansion", "1 or more"],
    );
}

#[test]
fn long_cells_and_names_are_not_repeated_whole() {
    let folder = tempfile::tempdir().unwrap();
    let cell = "1".repeat(2 << 20);
    let path = write(folder.path(), "cell.csv", format!("a,b\n1,{cell}\n").as_bytes());
    let stderr = refused(
        &["data", "show", text(&path)],
        1,
        &["line 2, column 2", "2097152 bytes"],
    );
    assert!(stderr.len() < 500, "{}", stderr.len());
    let name = "n".repeat(20_000);
    let path = write(
        folder.path(),
        "name.csv",
        format!("{name},b\n1,2\n3,4\n").as_bytes(),
    );
    let stderr = refused(&["data", "show", text(&path)], 1, &["column 1", "20000 bytes"]);
    assert!(stderr.len() < 500, "{}", stderr.len());
}

#[test]
fn a_key_of_many_parts_is_refused_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let dots = vec!["a"; 30_000].join(".");
    let set = format!("train.{dots}=1");
    for stderr in [
        refused(&["run", "xor-sgd", "--set", &set], 2, &["30001 parts"]),
        refused(
            &[
                "run",
                text(&write(folder.path(), "r.toml", format!("{dots} = 1").as_bytes())),
            ],
            2,
            &["r.toml", "64 deep"],
        ),
    ] {
        assert!(stderr.len() < 1500, "{}", stderr.len());
    }
    let space = format!("\"train.{dots}\" = [\"1\", \"2\"]");
    let space = write(folder.path(), "space.toml", space.as_bytes());
    let tune = [
        "tune",
        "iris",
        "--trials",
        "1",
        "--epochs",
        "1",
        "-q",
        "--space",
        text(&space),
    ];
    let ended = crate::driver::pellucid(&tune);
    assert!(ended.status == 1 || ended.status == 2, "{}", ended.status);
    assert!(ended.stderr.len() < 2000, "{}", ended.stderr.len());
}

/// Rows whose numbers a network of single precision cannot compute with.
#[test]
fn rows_without_a_finite_prediction_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60)
        .map(|row| {
            let (a, b) = (f64::from(row % 7) / 3.0, f64::from(row % 5) / 2.0);
            format!("{a},{b},{}\n", ["u", "v", "w"][row as usize % 3])
        })
        .collect();
    let table = write(folder.path(), "train.csv", format!("a,b,y\n{rows}").as_bytes());
    let model = folder.path().join("m.safetensors");
    let train = [
        "train",
        text(&table),
        "--target",
        "y",
        "--epochs",
        "2",
        "--preset",
        "plain",
        "-q",
    ];
    done(&[&train[..], &["--out", text(&model)]].concat());
    let new = write(
        folder.path(),
        "new.csv",
        b"a,b,y\n1,1,u\n3e38,3e38,v\n1,2,w\n-3e38,3e38,u\n",
    );
    let ended = done(&["predict", text(&model), text(&new), "--proba"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 5);
    for (line, is_answered) in [(1, true), (2, false), (3, true), (4, false)] {
        let cells: Vec<&str> = lines[line].split(',').collect();
        assert_eq!(
            cells.iter().all(|cell| !cell.is_empty()),
            is_answered,
            "{}",
            lines[line]
        );
        assert_eq!(
            cells.iter().all(|cell| cell.is_empty()),
            !is_answered,
            "{}",
            lines[line]
        );
    }
    for part in [
        "2 rows have no prediction",
        "data row 2 (column `",
        "3000000000",
        "data row 4",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    refused(
        &["evaluate", text(&model), text(&new)],
        1,
        &[
            "new.csv",
            "data row 2 (column `",
            "no finite prediction",
            "1 other row",
        ],
    );
}

#[test]
fn numbers_at_the_end_of_a_type_are_noted_in_training() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40)
        .map(|row| {
            let b = if row % 9 == 4 {
                "2147483647".to_owned()
            } else {
                (row % 5).to_string()
            };
            format!("{},{b},{}\n", row % 7, ["u", "v"][row % 2])
        })
        .collect();
    let table = write(folder.path(), "train.csv", format!("a,b,y\n{rows}").as_bytes());
    let out = folder.path().join("m.safetensors");
    let ended = done(&[
        "train",
        text(&table),
        "--target",
        "y",
        "--epochs",
        "2",
        "--out",
        text(&out),
    ]);
    assert!(
        ended.stderr.contains("column `b` holds 2147483647"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_text_that_ends_within_a_line_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let cut = write(folder.path(), "cut.csv", b"a,b\n1,2\n3,4");
    let ended = done(&["data", "show", text(&cut)]);
    assert!(
        ended.stderr.contains("ends without a newline"),
        "{}",
        ended.stderr
    );
    let whole = write(folder.path(), "whole.csv", b"a,b\n1,2\n3,4\n");
    assert_eq!(done(&["data", "show", text(&whole)]).stderr, "");
}

#[test]
fn a_first_line_of_more_than_64_kib_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..12_000).map(|column| format!("column{column}")).collect();
    let row = |value: &str| vec![value; 12_000].join(";");
    let text_of_table = format!("{}\n{}\n{}\n", names.join(";"), row("1"), row("2,5"));
    let path = write(folder.path(), "wide.csv", text_of_table.as_bytes());
    let shown = done(&["data", "show", text(&path)]);
    assert!(
        shown.stdout.contains("2 rows, 12000 columns"),
        "{}",
        &shown.stdout[..200]
    );
}
