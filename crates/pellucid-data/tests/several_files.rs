//! Folders and patterns of files that are one table: read whole, in chunks, and refused.

use pellucid_data::{
    ColumnKind, FileError, OutputFile, ReadOptions, Table, TableChunks, TableWriter, Values, read_table,
    table_files,
};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Writes files below a new folder.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    folder
}

fn read(path: &Path) -> Result<Table, FileError> {
    read_table(&path.into(), &ReadOptions::default())
}

fn refusal(path: &Path) -> String {
    read(path).unwrap_err().to_string()
}

/// All chunks of a table, of these columns.
fn in_chunks(path: &Path, expected: &[(String, ColumnKind)], rows: usize) -> Vec<Table> {
    let chunks = TableChunks::open(&path.into(), &ReadOptions::default(), expected, rows).unwrap();
    chunks.map(Result::unwrap).collect()
}

/// Numbers, codes, dates, booleans, words, and columns that are missing in whole files.
const ROWS: [&str; 9] = [
    "1;007;2024-01-31;yes;red;;",
    "2;008;2024-02-01;no;blue;;",
    "-3.25;12;2024-02-02;yes;\"a;b\";;",
    "4;13;;no;red;;7",
    "5e3;14;2024-03-01;no;blue;;8",
    ";15;2023-03-01;;;;9",
    "6;16;2023-03-02;yes;NA;word;",
    "7;17;2023-03-03;yes;x7;other;1.0",
    "8;18;2023-03-04;no;green;word;2.0",
];
const NAMES: &str = "number;code;date;flag;word;late;spelled";

#[test]
fn a_table_cut_into_files_anywhere_is_the_table() {
    let options = ReadOptions {
        delimiter: Some(";".parse().unwrap()),
        ..ReadOptions::default()
    };
    let text = |rows: &[&str]| format!("{NAMES}\n{}\n", rows.join("\n"));
    let whole = folder(&[("whole.csv", &text(&ROWS))]);
    let whole = read_table(&whole.path().join("whole.csv").into(), &options).unwrap();
    let kinds: Vec<ColumnKind> = whole.columns.iter().map(|column| column.values.kind()).collect();
    use ColumnKind::{Boolean, Category, Number};
    assert_eq!(
        kinds,
        [Number, Category, Category, Boolean, Category, Category, Number]
    );
    for first in 1..ROWS.len() {
        for second in first + 1..ROWS.len() {
            let parts = [&ROWS[..first], &ROWS[first..second], &ROWS[second..]].map(text);
            let names = ["a.csv", "b/a.csv", "b/b.csv"];
            let files: Vec<(&str, &str)> = names.into_iter().zip(parts.iter().map(String::as_str)).collect();
            let parts = folder(&files);
            let read = read_table(&parts.path().into(), &options);
            let table = read.unwrap_or_else(|error| panic!("cut at {first} and {second}: {error}"));
            for (found, expected) in table.columns.iter().zip(&whole.columns) {
                // NaN is not equal to itself, and its text is.
                assert_eq!(
                    format!("{found:?}"),
                    format!("{expected:?}"),
                    "cut at {first} and {second}"
                );
            }
        }
    }
}

#[test]
fn numbers_join_words_that_are_numbers_and_no_others() {
    let parts = folder(&[
        ("a.csv", "v;w\n1;x\n2;y\n"),
        ("b.csv", "v;w\n1,5;x\n"),
        ("c.csv", "v;w\n;z\n"),
    ]);
    let Values::Categories(words) = &read(parts.path()).unwrap().columns[0].values else {
        panic!("numbers with a decimal comma are kept as they are written until the pattern of all is known");
    };
    assert_eq!(
        (&words.names[..], &words.codes[..3]),
        (&["1", "1,5", "2"].map(String::from)[..], &[0, 2, 1][..])
    );
    fs::write(parts.path().join("c.csv"), "v;w\nmany;z\n").unwrap();
    let message = refusal(parts.path());
    assert!(
        message.contains("c.csv: column \"v\" is of kind category, expected number, as in"),
        "{message}"
    );
}

#[test]
fn columns_are_matched_by_name_and_folders_add_theirs() {
    let parts = folder(&[
        ("day=01/city=Z%C3%BCrich/b.csv", "x,y\n1,red\n2,blue\n"),
        ("day=01/city=__HIVE_DEFAULT_PARTITION__/a.csv", "y,x\ngreen,3\n"),
        ("day=12/city=Bern/a.csv", "x,y\n,red\n"),
        ("day=12/city=Bern/.hidden", "nonsense"),
        ("_SUCCESS", ""),
    ]);
    let table = read(parts.path()).unwrap();
    assert_eq!(table.names(), ["x", "y", "day", "city"]);
    let words = |name: &str| -> Vec<Option<String>> {
        match &table.column(name).unwrap().values {
            Values::Categories(words) => (0..4).map(|row| words.get(row).map(str::to_owned)).collect(),
            values => panic!("{values:?}"),
        }
    };
    let some = |words: [&str; 4]| {
        words
            .map(|word| (!word.is_empty()).then(|| word.to_owned()))
            .to_vec()
    };
    // Paths are compared byte by byte, and Z comes before _.
    assert_eq!(words("y"), some(["red", "blue", "green", "red"]));
    assert_eq!(words("day"), some(["01", "01", "01", "12"]));
    assert_eq!(words("city"), some(["Zürich", "Zürich", "", "Bern"]));
    assert!(
        table
            .notes
            .iter()
            .any(|note| note.contains("3 files are one table")),
        "{:?}",
        table.notes
    );

    let expected = [
        ("city", ColumnKind::Category),
        ("x", ColumnKind::Number),
        ("day", ColumnKind::Number),
    ];
    let expected = expected.map(|(name, kind)| (name.to_owned(), kind));
    for rows in 1..6 {
        let chunks = in_chunks(parts.path(), &expected, rows);
        let x: Vec<String> = chunks
            .iter()
            .flat_map(
                |chunk| match (&chunk.columns[1].values, &chunk.columns[2].values) {
                    (Values::Numbers(x), Values::Numbers(day)) => {
                        x.iter().zip(day).map(|pair| format!("{pair:?}"))
                    }
                    _ => panic!("{chunk:?}"),
                },
            )
            .collect();
        assert_eq!(x, ["(1.0, 1.0)", "(2.0, 1.0)", "(3.0, 1.0)", "(NaN, 12.0)"]);
        let rows: Vec<u64> = chunks.iter().map(|chunk| chunk.first_row).collect();
        assert_eq!(rows[0], 0);
        assert_eq!(chunks[0].names(), ["city", "x", "day"]);
    }
}

#[test]
fn kept_columns_end_chunks_with_files_and_keep_their_types() {
    let parts = folder(&[
        ("a.csv", "id,x\n007,1\n008,2\n009,3\n"),
        ("b.csv", "x,id\n4,010\n"),
    ]);
    let write = |name: &str, data: &Path| -> Result<PathBuf, FileError> {
        let out = parts.path().join(name);
        let expected = [("x".to_owned(), ColumnKind::Number)];
        let chunks = TableChunks::open(&data.into(), &ReadOptions::default(), &expected, 2)?;
        let mut chunks = chunks.keeping(&["id".to_owned()])?;
        let mut writer = TableWriter::new(OutputFile::prepare(&out)?);
        while let Some(chunk) = chunks.next() {
            let chunk = chunk?;
            writer.write_beside(&chunks.take_kept(), &chunk)?;
        }
        writer.finish()?;
        Ok(out)
    };
    let csv = write("_of_text", &parts.path().join("*.csv")).unwrap();
    assert_eq!(
        fs::read_to_string(csv).unwrap(),
        "id,x\n007,1\n008,2\n009,3\n010,4\n"
    );
    // Text is repeated as text, in Parquet too, where the files of two formats meet with other types.
    let typed = write("a.parquet", &parts.path().join("a.csv")).unwrap();
    let numbers = read(&parts.path().join("b.csv")).unwrap();
    let mut writer = TableWriter::new(OutputFile::prepare(parts.path().join("b.parquet")).unwrap());
    writer.write_beside(&[], &numbers).unwrap();
    writer.finish().unwrap();
    assert_eq!(read(&typed).unwrap().rows(), 3);
    let both = write("_both.csv", &parts.path().join("*.parquet"));
    assert_eq!(
        fs::read_to_string(both.unwrap()).unwrap(),
        "id,x\n007,1\n008,2\n009,3\n010,4\n"
    );
    let mixed = folder(&[
        ("a.jsonl", "{\"id\": \"7\", \"x\": 1}\n"),
        ("b.jsonl", "{\"id\": 8, \"x\": 1}\n"),
    ]);
    let refused = write("mixed.parquet", mixed.path()).unwrap_err().to_string();
    assert!(
        refused.contains("\"id\"") && refused.contains("one type"),
        "{refused}"
    );
    assert!(!parts.path().join("mixed.parquet").exists());
}

#[test]
fn a_pattern_finds_files_and_folders_once() {
    let parts = folder(&[
        ("a/1.csv", "x\n1\n"),
        ("a/b/2.csv", "x\n2\n"),
        ("c[1].csv", "x\n3\n"),
    ]);
    let files = |pattern: &str| {
        let found = table_files(&parts.path().join(pattern)).unwrap();
        found.map(|files| {
            let names = files.iter().map(|file| file.strip_prefix(parts.path()).unwrap());
            names
                .map(|name| name.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
    };
    let some = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    assert_eq!(files("a/*.csv"), some(&["a/1.csv"]));
    assert_eq!(files("a/*"), some(&["a/1.csv", "a/b/2.csv"]));
    assert_eq!(files("**/*.csv"), some(&["a/1.csv", "a/b/2.csv", "c[1].csv"]));
    assert_eq!(files("**"), some(&["a/1.csv", "a/b/2.csv"]));
    // A file of this very name.
    assert_eq!(files("c[1].csv"), None);
    assert_eq!(read(&parts.path().join("c[1].csv")).unwrap().rows(), 1);
    for (pattern, expected) in [
        ("*.parquet", "no file matches the pattern"),
        ("***", "it is no pattern"),
    ] {
        let message = refusal(&parts.path().join(pattern));
        assert!(message.contains(expected), "{message}");
    }
    assert!(refusal(&parts.path().join("nowhere")).contains("there is no such file"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let parts = folder(&[("data/a.csv", "x\n1\n"), ("elsewhere/b.csv", "x\n2\n")]);
    let link =
        |to: &str, name: &str| std::os::unix::fs::symlink(parts.path().join(to), parts.path().join(name));
    link("elsewhere", "data/more").unwrap();
    assert_eq!(read(&parts.path().join("data")).unwrap().rows(), 2);
    link("data", "data/again").unwrap();
    let message = refusal(&parts.path().join("data"));
    assert!(
        message.contains("again: it is a link to a folder that holds it"),
        "{message}"
    );
}

#[test]
fn a_file_that_changes_or_goes_is_named() {
    let parts = folder(&[("a.csv", "x\n1\n"), ("b.csv", "x\n2\n"), ("c.csv", "x\n3\n")]);
    let file = |name: &str| parts.path().join(name);
    let expected = [("x".to_owned(), ColumnKind::Number)];
    let open = || TableChunks::open(&parts.path().into(), &ReadOptions::default(), &expected, 1).unwrap();
    let mut chunks = open();
    assert_eq!(chunks.next().unwrap().unwrap().rows(), 1);
    fs::write(file("b.csv"), "x\n2\n4\n").unwrap();
    let error = chunks.find_map(Result::err).unwrap().to_string();
    assert!(
        error.contains("b.csv: the file changed") && error.contains("4 bytes, and now has 6"),
        "{error}"
    );
    let mut chunks = open();
    assert_eq!(chunks.next().unwrap().unwrap().rows(), 1);
    fs::remove_file(file("c.csv")).unwrap();
    let error = chunks.find_map(Result::err).unwrap().to_string();
    assert!(error.contains("c.csv: the file was there"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_do_not_fit_into_memory_are_refused_by_the_first() {
    let parts = folder(&[("a.csv", "x,y\n1,2\n3,4\n")]);
    // It has no contents, and is not read.
    fs::File::create(parts.path().join("b.csv"))
        .unwrap()
        .set_len(4 << 40)
        .unwrap();
    let message = refusal(parts.path());
    assert!(
        message.contains("its 2 files are about ") && message.contains("there is room for"),
        "{message}"
    );
}
