//! Reading, describing and writing tables: the tables beside the project, every format, every bad file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use pellucid_data::{
    BUILTINS, Categories, Column, ColumnKind, ColumnNote, Delimiter, OutputFile, ReadOptions, Separators,
    Table, TableChunks, TableSource, TableWriter, Values, describe, load_builtin, read_table,
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }
}

fn read(path: &Path) -> Table {
    read_table(&path.into(), &ReadOptions::default()).unwrap()
}

fn read_text(text: impl AsRef<[u8]>) -> Table {
    read(&Folder::new().file("table.csv", text))
}

/// The error of reading a file, which names the file and takes one line.
fn refusal_of(path: &Path) -> String {
    let message = read_table(&path.into(), &ReadOptions::default())
        .unwrap_err()
        .to_string();
    assert!(message.starts_with(&path.display().to_string()), "{message}");
    assert!(!message.contains('\n'), "{message}");
    message
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    refusal_of(&Folder::new().file("table.csv", text))
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

fn numbers(table: &Table, column: usize) -> &[f64] {
    match &table.columns[column].values {
        Values::Numbers(numbers) => numbers,
        other => panic!("{other:?}"),
    }
}

fn words(table: &Table, column: usize) -> Vec<&str> {
    match &table.columns[column].values {
        Values::Categories(words) | Values::Booleans(words) => (0..words.codes.len())
            .map(|row| words.get(row).unwrap_or("-"))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/tabular")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn the_tables_beside_the_project() {
    use ColumnKind::{Category, Number};
    for (name, rows, columns, last) in [
        ("abalone.csv", 4177, 9, Number),
        ("adult-train.csv", 32_561, 15, Category),
        ("adult-test.csv", 16_281, 15, Category),
        ("banknote_authentication.csv", 1372, 5, Number),
        ("housing.csv", 506, 14, Number),
        ("iris.csv", 150, 5, Category),
        ("pima-indians-diabetes.csv", 768, 9, Number),
        ("sonar.csv", 208, 61, Category),
        ("wine.csv", 178, 14, Number),
        ("winequality-white.csv", 4898, 12, Number),
    ] {
        let Some(path) = shared(name) else { return };
        let table = read(&path);
        assert_eq!((table.rows(), table.columns.len()), (rows, columns), "{name}");
        assert_eq!(table.columns[columns - 1].values.kind(), last, "{name}");
        assert_eq!(table.columns[0].name, "c1", "{name}");
    }
    let adult = read(&shared("adult-train.csv").unwrap());
    let summaries = describe(&adult);
    assert_eq!(summaries[1].missing, 1836);
    assert_eq!(summaries[13].missing, 583);
    assert_eq!(summaries[14].frequent[0].word, "<=50K");
    assert_eq!(summaries[14].frequent[0].count, 24_720);
    assert_eq!(summaries[0].numbers.unwrap().max, 90.0);
}

#[test]
fn delimiters_quotes_and_marks() {
    for text in [
        "a,b\n1,x\n2,\"y, z\"\n",
        "a;b\n1;x\n2;y, z\n",
        "a\tb\r\n1\tx\r\n2\ty, z\r\n",
        "a|b\n1|x\n2|y, z",
        "\u{feff}a,b\n\n1,x\n  \n2,\"y, z\"\n\n",
        "a, b\n1, x\n2,\"  y, z \"\n",
    ] {
        let table = read_text(text);
        assert_eq!(names(&table), ["a", "b"], "{text:?}");
        assert_eq!(numbers(&table, 0), [1.0, 2.0], "{text:?}");
        assert_eq!(words(&table, 1), ["x", "y, z"], "{text:?}");
    }
    let table = read_text("a,b\n\"two\nlines \"\"so\"\"\",1\n");
    assert_eq!(words(&table, 0), ["two\nlines \"so\""]);
}

#[test]
fn an_empty_cell_in_quotes_is_a_row_and_a_blank_line_is_none() {
    let table = read_text("x\n1\n\n  \n\"\"\n2\n");
    let x = numbers(&table, 0);
    assert_eq!(x.len(), 3);
    assert!(x[1].is_nan() && x[2] == 2.0);
}

#[test]
fn headers_are_found() {
    let header = |text: &str| names(&read_text(text))[0] != "c1";
    assert!(header("x,y\n1,2\n"));
    assert!(header("color,size\nred,big\nblue,big\nred,small\n"));
    assert!(!header("red,big\nblue,big\nred,small\n"));
    assert!(!header("1,2\n3,4\n"));
    assert!(!header("x,1\ny,2\n"));
    assert!(!header("a,a\nb,b\na,b\n"));
    assert!(!header("x,?\ny,2\n"));
    assert_eq!(names(&read_text(",x\n0,1.5\n1,2.5\n")), ["c1", "x"]);
    let path = Folder::new();
    let path = path.file("t.csv", "2019,2020\n1,b\n");
    let with = |header| ReadOptions {
        header: Some(header),
        ..Default::default()
    };
    assert_eq!(
        names(&read_table(&(&path).into(), &with(true)).unwrap()),
        ["2019", "2020"]
    );
    assert_eq!(read_table(&(&path).into(), &with(false)).unwrap().rows(), 2);
    let semicolons = ReadOptions {
        delimiter: Some(Delimiter::Byte(b';')),
        header: Some(false),
        ..ReadOptions::default()
    };
    assert_eq!(
        words(&read_table(&(&path).into(), &semicolons).unwrap(), 0),
        ["2019,2020", "1,b"]
    );
}

#[test]
fn numbers_that_turn_out_to_be_words_keep_their_texts() {
    let table = read_text("code,x\n01,1\n1.50,1\n.5,1\n?,1\n1,1\n12345678901234567890,1\nA7,1\n");
    assert_eq!(
        words(&table, 0),
        ["01", "1.50", ".5", "-", "1", "12345678901234567890", "A7"]
    );
}

#[test]
fn points_that_may_separate_thousands_keep_their_texts() {
    let table = read_text("a;b;c\n0,5;1.234;1.5\n2,25;2.500;2.5\n");
    assert_eq!(words(&table, 1), ["1.234", "2.500"]);
    assert_eq!(numbers(&table, 2), [1.5, 2.5]);
    assert_eq!(
        numbers(&read_text("a;b\n0.5;1.234\n2.25;2.500\n"), 1),
        [1.234, 2.5]
    );
    let folder = Folder::new();
    let path = folder.file("t.csv", "a;b\n1.5;1.234\n2.5;2\n");
    let options = ReadOptions {
        separators: Separators {
            decimal: Some(','),
            thousands: None,
        },
        ..ReadOptions::default()
    };
    assert_eq!(
        words(&read_table(&(&path).into(), &options).unwrap(), 0),
        ["1.5", "2.5"]
    );
}

#[test]
fn words_for_missing_values_may_be_kept() {
    let folder = Folder::new();
    let path = folder.file("t.csv", "code,x\nNA,1\nDE,NA\n,3\n");
    let options = ReadOptions {
        keep_na_words: true,
        ..ReadOptions::default()
    };
    let table = read_table(&(&path).into(), &options).unwrap();
    assert_eq!(words(&table, 0), ["NA", "DE", "-"]);
    assert_eq!(words(&table, 1), ["1", "NA", "3"]);
    assert_eq!(
        words(&read_table(&(&path).into(), &ReadOptions::default()).unwrap(), 0),
        ["-", "DE", "-"]
    );
}

#[test]
fn packed_files_are_unpacked() {
    let folder = Folder::new();
    let text: String = (0..50_000).map(|row| format!("{row},{}\n", row % 7)).collect();
    let packed = gzip(text.as_bytes());
    let table = read(&folder.file("t.csv.gz", &packed));
    assert_eq!(table.rows(), 50_000);
    assert_eq!(numbers(&table, 0)[49_999], 49_999.0);
    assert!(refusal_of(&folder.file("cut.gz", &packed[..packed.len() / 2])).contains("cut off"));
    let mut damaged = packed.clone();
    let middle = packed.len() - 6;
    damaged[middle] ^= 0xff;
    assert!(refusal_of(&folder.file("damaged.gz", &damaged)).contains("damaged"));
}

#[test]
fn bad_text() {
    let missing = Path::new("no-such-file.csv");
    assert!(refusal_of(missing).contains("no such file"));
    for (text, expected) in [
        ("", "the file is empty"),
        ("\n \n\n", "the file is empty"),
        ("a,b\n", "no rows"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3"),
        ("a,b\n1,2\n\n3\n", "line 4 has 1 cell, expected 2"),
        (
            "a,b\r\n\"1\r\n\",2\r\n3,4,5\r\n",
            "line 4 has 3 cells, expected 2",
        ),
        (
            "a,b\n1,2\n3,\"4\n5,6\n",
            "the quote that opens on line 3 is never closed",
        ),
        (
            "a,b\n1,2\n\"x\ny\",\"4\n5,6\n",
            "the quote that opens on line 4 is never closed",
        ),
        (
            "a,b\n1,inf\n3,4\n",
            "line 2, column \"b\": \"inf\" is not a number",
        ),
        ("a,b\n1,1e999\n3,4\n", "1.8e308"),
    ] {
        // Two equal names make no header that is found.
        if expected.starts_with("columns") {
            let path = Folder::new();
            let path = path.file("t.csv", text);
            let options = ReadOptions {
                header: Some(true),
                ..Default::default()
            };
            let message = read_table(&(&path).into(), &options).unwrap_err().to_string();
            assert!(
                message.contains(expected) && message.contains("\"a\""),
                "{message}"
            );
            continue;
        }
        let message = refusal(text);
        assert!(message.contains(expected), "{text:?}: {message}");
    }
    assert!(refusal(b"a,b\n1,\xc3\xa9\n3,\xff\n").contains("line 3, column 2: the text is not UTF-8"));
    assert!(refusal(b"\xff\xfe\0\0a\0\0\0").contains("UTF-32"));
    let folder = Folder::new();
    let message = refusal_of(folder.0.path());
    assert!(
        message.contains("it is a folder without a file of a table"),
        "{message}"
    );
}

fn matrix_npy(header: &str, body: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{header:<117}\n");
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(body);
    file
}

fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, contents) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn integers_that_doubles_do_not_hold_keep_their_digits() {
    let folder = Folder::new();
    let integers = [9_007_199_254_740_993_i64, 1, -9_007_199_254_740_993, 2];
    let bytes: Vec<u8> = integers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }";
    let table = read(&folder.file("keys.npy", matrix_npy(header, &bytes)));
    assert_eq!(words(&table, 0), ["9007199254740993", "-9007199254740993"]);
    assert_eq!(numbers(&table, 1), [1.0, 2.0]);
}

#[test]
fn numpy_arrays() {
    let folder = Folder::new();
    let doubles: Vec<u8> = [1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let of = |order: &str, shape: &str| {
        format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': {shape}, }}")
    };
    let rows = read(&folder.file("c.npy", matrix_npy(&of("False", "(2, 3)"), &doubles)));
    assert_eq!(names(&rows), ["c1", "c2", "c3"]);
    assert_eq!(numbers(&rows, 1), [2.0, 5.0]);
    let columns = read(&folder.file("f.npy", matrix_npy(&of("True", "(2, 3)"), &doubles)));
    assert_eq!(numbers(&columns, 1), [3.0, 4.0]);

    let x = matrix_npy(&of("False", "(2, 3)"), &doubles);
    let y = matrix_npy(
        "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }",
        &[1, 0],
    );
    let pair = read(&folder.file("xy.npz", zip(&[("X.npy", x.clone()), ("y.npy", y)])));
    assert_eq!(names(&pair), ["X_1", "X_2", "X_3", "y"]);
    assert_eq!(words(&pair, 3), ["true", "false"]);

    for (contents, expected) in [
        (matrix_npy(&of("False", "(2, 3)"), &doubles[..40]), "NumPy"),
        (
            matrix_npy(&of("False", "(20000000000, 30000000000000)"), &doubles),
            "promises",
        ),
        (matrix_npy(&of("False", "(0, 3)"), &[]), "no elements"),
        (matrix_npy(&of("False", "(1, 2, 3)"), &doubles), "3 dimensions"),
        (
            matrix_npy(
                "{'descr': '<c16', 'fortran_order': False, 'shape': (3,), }",
                &doubles,
            ),
            "c16",
        ),
        (matrix_npy("{'descr'", &doubles), "NumPy"),
        (
            matrix_npy(&of("False", "(2,)"), &f64::INFINITY.to_le_bytes().repeat(2)),
            "row 1, column \"c1\": \"inf\"",
        ),
        (b"\x93NUMPY".to_vec(), "NumPy"),
        (zip(&[("sheet.xml", Vec::new())]), "the file is empty"),
        (
            zip(&[
                ("a.npy", x.clone()),
                ("b.npy", matrix_npy(&of("False", "(6,)"), &doubles)),
            ]),
            "6 rows after one of 2",
        ),
        (zip(&[("a.npy", x.clone())])[..90].to_vec(), ".npz"),
    ] {
        let message = refusal_of(&folder.file("bad", contents));
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn idx_images_with_labels_beside_them() {
    let folder = Folder::new();
    let images = folder.file(
        "t-images-idx3-ubyte",
        [
            &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..],
            &[1, 2, 3, 4],
        ]
        .concat(),
    );
    let table = read(&images);
    assert_eq!(names(&table), ["c1", "c2"]);
    assert_eq!(numbers(&table, 1), [2.0, 4.0]);
    folder.file("t-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 7, 3]);
    let table = read(&images);
    assert_eq!(names(&table), ["c1", "c2", "label"]);
    assert_eq!(words(&table, 2), ["7", "3"]);
    assert!(refusal_of(&folder.file("cut", [0, 0, 8, 1, 0, 0, 0, 9, 1])).contains("cut off"));
}

fn sample(rows: std::ops::Range<usize>) -> Table {
    let codes = |modulus: usize| -> Vec<u32> {
        rows.clone()
            .map(|row| {
                if row % 5 == 4 {
                    Categories::MISSING
                } else {
                    (row % modulus) as u32
                }
            })
            .collect()
    };
    let column = |name: &str, values| Column {
        name: name.into(),
        values,
    };
    Table {
        first_row: 0,
        source: "sample".into(),
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
        columns: vec![
            column(
                "x",
                Values::Numbers(
                    rows.clone()
                        .map(|row| if row == 2 { f64::NAN } else { row as f64 / 3.0 })
                        .collect(),
                ),
            ),
            column(
                "word",
                Values::Categories(Categories {
                    names: vec!["a,b".into(), "c\"d".into(), "e".into()],
                    codes: codes(3),
                }),
            ),
            column(
                "flag",
                Values::Booleans(Categories {
                    names: vec!["false".into(), "true".into()],
                    codes: codes(2),
                }),
            ),
        ],
    }
}

fn written(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.0.path().join(name);
    let mut writer = TableWriter::new(OutputFile::prepare(&path).unwrap());
    writer.write(&sample(0..10)).unwrap();
    assert!(!path.exists());
    writer.write(&sample(10..20)).unwrap();
    writer.finish().unwrap();
    path
}

fn same(a: &Values, b: &Values) -> bool {
    match (a, b) {
        (Values::Numbers(a), Values::Numbers(b)) => {
            a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
        }
        _ => a == b,
    }
}

#[test]
fn what_is_written_is_read_again() {
    let folder = Folder::new();
    for name in ["t.csv", "t.tsv", "t.parquet"] {
        let path = written(&folder, name);
        let table = read(&path);
        for (column, expected) in table.columns.iter().zip(&sample(0..20).columns) {
            assert_eq!(column.name, expected.name);
            assert!(same(&column.values, &expected.values), "{name}: {column:?}");
        }
        let expected: Vec<(String, ColumnKind)> = [("flag", ColumnKind::Boolean), ("x", ColumnKind::Number)]
            .map(|(name, kind)| (name.into(), kind))
            .to_vec();
        let chunks: Vec<Table> = TableChunks::open(&path.into(), &ReadOptions::default(), &expected, 7)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            chunks.iter().map(Table::rows).collect::<Vec<_>>(),
            [7, 7, 6],
            "{name}"
        );
        assert_eq!(numbers(&chunks[2], 1)[5], 19.0 / 3.0);
        assert_eq!(words(&chunks[1], 0)[0], "true");
    }
}

#[test]
fn parquet_files_that_are_cut_off_or_damaged() {
    let folder = Folder::new();
    let bytes = fs::read(written(&folder, "t.parquet")).unwrap();
    for length in 1..bytes.len() {
        let path = folder.file("cut", &bytes[..length]);
        assert!(read_table(&path.into(), &ReadOptions::default()).is_err());
    }
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x55;
        // Not every byte is guarded by a checksum, but none makes reading panic.
        _ = read_table(&folder.file("damaged", &damaged).into(), &ReadOptions::default());
    }
    assert!(refusal_of(&folder.file("cut", &bytes[..bytes.len() - 9])).contains("Parquet"));
    let packed = folder.file("t.parquet.gz", gzip(&bytes));
    assert_eq!(read(&packed).rows(), 20);
}

#[test]
fn chunks_take_headers_by_the_expected_names() {
    let folder = Folder::new();
    let open = |text: &str, expected: &[(&str, ColumnKind)]| {
        let path = folder.file("t.csv", text);
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), *kind))
            .collect();
        let chunks = TableChunks::open(&path.into(), &ReadOptions::default(), &expected, 100)?;
        chunks.collect::<Result<Vec<Table>, _>>()
    };
    let number = ColumnKind::Number;
    assert_eq!(
        numbers(&open("1,2\n3,4\n", &[("c2", number)]).unwrap()[0], 0),
        [2.0, 4.0]
    );
    assert_eq!(
        numbers(&open("c1,c2\n3,4\n", &[("c2", number)]).unwrap()[0], 0),
        [4.0]
    );
    assert_eq!(
        words(
            &open("a,b\n01,4\n", &[("a", ColumnKind::Category)]).unwrap()[0],
            0
        ),
        ["01"]
    );
    for (text, expected, message) in [
        (
            "a,b\n1,2\n",
            ("z", number),
            "no column \"z\", which is needed; the table has a, b",
        ),
        (
            "a,b\n1,2\n\n3,x\n",
            ("b", number),
            "line 4, column \"b\": \"x\" is not a number",
        ),
        ("a,b\n1,\"2,000\"\n", ("b", number), "thousands separators"),
        (
            "a,b\n1,maybe\n",
            ("b", ColumnKind::Boolean),
            "\"maybe\" is not a boolean",
        ),
        ("a,b\n", ("b", number), "no rows"),
        ("", ("b", number), "empty"),
        ("a,b\n1\n", ("b", number), "line 2 has 1 cell"),
    ] {
        let error = open(text, &[expected]).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_writer_refuses_other_columns() {
    let folder = Folder::new();
    let path = folder.0.path().join("t.csv");
    let mut writer = TableWriter::new(OutputFile::prepare(&path).unwrap());
    writer.write(&sample(0..3)).unwrap();
    let mut other = sample(3..6);
    other.columns.pop();
    let message = writer.write(&other).unwrap_err().to_string();
    assert!(
        message.contains("x (number), word (category), flag (boolean)"),
        "{message}"
    );
    drop(writer);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 0);
}

#[test]
fn descriptions() {
    let mut text = String::from("id,name,x,same,gone,mixed,class,shuffled\n");
    for row in 0..40 {
        let (mixed, class) = (
            if row == 7 { "many" } else { "3" },
            if row % 4 == 0 { "yes" } else { "no" },
        );
        text += &format!(
            "{},n{row},{},5,NA,{mixed},{class},{}\n",
            row + 100,
            row % 2,
            row * 7 % 40
        );
    }
    let summaries = describe(&read_text(text));
    let notes: Vec<&[ColumnNote]> = summaries.iter().map(|summary| &summary.notes[..]).collect();
    assert_eq!(notes[0], [ColumnNote::IdentifierLike]);
    assert_eq!(notes[1], [ColumnNote::IdentifierLike]);
    assert!(notes[2].is_empty() && notes[6].is_empty() && notes[7].is_empty());
    assert_eq!(notes[3], [ColumnNote::Constant]);
    assert_eq!(notes[4], [ColumnNote::AllMissing]);
    assert_eq!(
        notes[5],
        [ColumnNote::WordsAmongNumbers {
            count: 1,
            example: "many".into()
        }]
    );
    assert_eq!((summaries[4].missing, summaries[4].distinct), (40, 0));
    let x = summaries[2].numbers.unwrap();
    assert_eq!((x.min, x.max), (0.0, 1.0));
    assert!((x.mean - 0.5).abs() < 1e-12 && (x.std - 0.5).abs() < 1e-12);
    assert_eq!(summaries[2].frequent.len(), 2);
    assert_eq!(
        (
            summaries[6].frequent[0].word.as_str(),
            summaries[6].frequent[0].count
        ),
        ("no", 30)
    );
    let json = serde_json::to_value(&summaries[0]).unwrap();
    assert_eq!(json["kind"], "number");
    assert_eq!(json["notes"][0], "identifier-like");
}

#[test]
fn built_in_sets() {
    for set in BUILTINS.iter().filter(|set| set.name != "mnist") {
        let table = load_builtin(set.name, 3).unwrap();
        assert_eq!(table, load_builtin(set.name, 3).unwrap(), "{}", set.name);
        assert_eq!(
            set.is_generated,
            table != load_builtin(set.name, 4).unwrap(),
            "{}",
            set.name
        );
        let rows = table.rows();
        assert!(table.columns.iter().all(|column| column.values.len() == rows));
        for summary in describe(&table) {
            assert_eq!(summary.missing, 0);
            // Pixels at the edge of an image are white in all of them.
            let may_be_constant = set.name == "digits";
            assert!(
                may_be_constant || summary.notes.is_empty(),
                "{} {summary:?}",
                set.name
            );
        }
    }
    let rows = |name| load_builtin(name, 0).unwrap().rows();
    assert_eq!(
        (rows("iris"), rows("wine"), rows("diabetes"), rows("spirals")),
        (150, 1599, 442, 400)
    );
    let digits = load_builtin("digits", 0).unwrap();
    assert_eq!((digits.rows(), digits.columns.len()), (1000, 65));
    let of_first = |range: std::ops::Range<usize>| -> Vec<f64> {
        range.map(|pixel| numbers(&digits, pixel)[0]).collect()
    };
    // Of scikit-learn's load_digits().data[0].
    assert_eq!(of_first(0..8), [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0]);
    assert_eq!(of_first(8..16), [0.0, 0.0, 13.0, 15.0, 10.0, 15.0, 5.0, 0.0]);
    let sum: f64 = (0..64)
        .map(|pixel| numbers(&digits, pixel).iter().sum::<f64>())
        .sum();
    assert_eq!(sum, 314_334.0);
    let wine = describe(&load_builtin("wine", 0).unwrap());
    assert_eq!(
        (wine[11].frequent[0].word.as_str(), wine[11].frequent[0].count),
        ("5", 681)
    );
    let message = load_builtin("mnist", 0).unwrap_err().to_string();
    assert!(message.contains("iris, wine, diabetes, xor"), "{message}");
    let Some(path) = shared("iris.csv") else { return };
    let file = read(&path);
    let iris = load_builtin("iris", 0).unwrap();
    let mut means = [0.0; 2];
    for (mean, table) in means.iter_mut().zip([&file, &iris]) {
        *mean = numbers(table, 2).iter().sum::<f64>() / 150.0;
    }
    assert!((means[0] - means[1]).abs() < 0.01, "{means:?}");
}

#[test]
fn a_dash_is_the_standard_input() {
    assert_eq!(TableSource::from("-"), TableSource::Stdin);
    assert_eq!(TableSource::from("./-").to_string(), "./-");
}

#[test]
fn a_file_in_memory_and_a_table_are_sources_of_chunks() {
    let text = "a,b\n1,x\n2,\n3,y\n";
    let folder = Folder::new();
    let path = folder.file("t.csv", text);
    let memory = TableSource::Memory {
        name: "the frame".into(),
        bytes: text.as_bytes().into(),
    };
    let options = ReadOptions::default();
    let (file, frame) = (read(&path), read_table(&memory, &options).unwrap());
    assert_eq!(frame.source, "the frame");
    assert_eq!(frame.columns, file.columns);
    let expected = [
        ("b".to_owned(), ColumnKind::Category),
        ("a".to_owned(), ColumnKind::Category),
    ];
    let of_source = |source: &TableSource| -> Vec<Vec<Column>> {
        let chunks = TableChunks::open(source, &options, &expected, 2).unwrap();
        chunks.map(|chunk| chunk.unwrap().columns).collect()
    };
    let of_table = TableChunks::of_table(frame.clone(), &expected, 2).unwrap();
    let of_table: Vec<Vec<Column>> = of_table.map(|chunk| chunk.unwrap().columns).collect();
    assert_eq!(of_table.len(), 2);
    assert_eq!(of_table, of_source(&memory));
    assert_eq!(of_table, of_source(&path.into()));
    let missing = [("c".to_owned(), ColumnKind::Number)];
    let refused = TableChunks::of_table(frame, &missing, 2)
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.starts_with("the frame: there is no column \"c\""),
        "{refused}"
    );
    let empty = TableSource::Memory {
        name: "the frame".into(),
        bytes: [].into(),
    };
    let refused = read_table(&empty, &options).unwrap_err().to_string();
    assert!(refused.contains("the frame"), "{refused}");
}
