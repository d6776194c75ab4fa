//! `--memory` and `--temp-directory`: a table that does not fit into memory.

use crate::driver::{pellucid, refused, text};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// A table of 150,000 rows, of which each column of numbers takes 1.2 MB, and the prepared rows 3.6.
fn write_table(path: &Path) {
    let mut rows = String::from("a,b,c,word,answer\n");
    for row in 0..150_000_u64 {
        let number = |factor: u64| (row * factor + 7) % 1009;
        let word = ["red", "green", "blue"][(number(31) % 3) as usize];
        let answer = if number(17) > number(53) { "yes" } else { "no" };
        writeln!(
            rows,
            "{},{}.5,{},{word},{answer}",
            number(17),
            number(53),
            number(71)
        )
        .unwrap();
    }
    fs::write(path, rows).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_is_the_same_with_less_memory_than_its_table_takes() {
    let folder = tempfile::tempdir().unwrap();
    let [table, roomy, small, temporary] =
        ["table.csv", "roomy.safetensors", "small.safetensors", "temporary"]
            .map(|name| folder.path().join(name));
    write_table(&table);
    fs::create_dir(&temporary).unwrap();
    let train = |more: &[&str], model: &Path| {
        let common = [
            "train",
            text(&table),
            "--target",
            "answer",
            "--preset",
            "plain",
            "--epochs",
            "2",
        ];
        let ended = pellucid(&[&common, more, &["--out", text(model)][..]].concat());
        assert_eq!(ended.status, 0, "{ended:?}");
        ended.stderr
    };
    let of_roomy = train(&[], &roomy);
    assert!(!of_roomy.contains("temporary files"), "{of_roomy}");
    let limited = ["--memory", "1kB", "--temp-directory", text(&temporary)];
    let of_small = train(&limited, &small);
    let note = format!("lie in temporary files in {}", temporary.display());
    assert!(
        of_small.contains(&note) && of_small.contains("(--memory)"),
        "{of_small}"
    );
    assert!(fs::read(&roomy).unwrap() == fs::read(&small).unwrap());
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    // The other commands that read tables whole.
    for command in [
        &["evaluate", text(&roomy), text(&table)][..],
        &["importance", text(&roomy), text(&table)],
    ] {
        let [with, without] =
            [&limited[..], &[]].map(|more| pellucid(&[command, &["--quiet"], more].concat()));
        assert_eq!((with.status, without.status), (0, 0), "{with:?}");
        assert_eq!(with.stdout, without.stdout);
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let missing = [
        "recipes",
        "--memory",
        "1GB",
        "--temp-directory",
        "/nowhere/at/all",
    ];
    refused(
        &missing,
        1,
        &["the memory cannot be limited: /nowhere/at/all", "No such file"],
    );
    for (size, found) in [
        ("0", "0 bytes are too few"),
        ("much", "a size such as 512MB"),
        ("-3", "a size such as 512MB"),
    ] {
        refused(&["recipes", &format!("--memory={size}")], 2, &["--memory", found]);
    }
}
