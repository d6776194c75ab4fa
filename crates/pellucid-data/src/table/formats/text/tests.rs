use super::super::super::{ReadOptions, Table, TableChunks, TableSource, read_table};
use super::*;
use crate::table::{ColumnKind, Delimiter};

fn read_with(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    read_table(&TableSource::from(path), options).map_err(|error| error.to_string())
}

fn read(text: impl AsRef<[u8]>) -> Table {
    read_with(text, &ReadOptions::default()).unwrap()
}

/// The names, and all cells as text, a row after the other.
fn cells(table: &Table) -> (Vec<String>, Vec<String>) {
    let cell = |column: &Column, row: usize| match &column.values {
        Values::Numbers(numbers) if numbers[row].is_nan() => String::new(),
        Values::Numbers(numbers) => numbers[row].to_string(),
        Values::Categories(words) | Values::Booleans(words) => words.get(row).unwrap_or_default().to_owned(),
    };
    let rows = 0..table.rows();
    let rows = rows.flat_map(|row| table.columns.iter().map(move |column| cell(column, row)));
    (table.names(), rows.collect())
}

#[test]
fn texts_that_are_the_same_table() {
    let expected = cells(&read("label,x,y\na,0,1\nb,2,3\na,4,5\n"));
    assert_eq!(expected.0, ["label", "x", "y"]);
    for (text, note) in [
        ("label,x,y\ra,0,1\rb,2,3\ra,4,5\r", ""),
        (
            "label,x,y,\na,0,1,\nb,2,3,\na,4,5,\n",
            "4 rows end in a delimiter",
        ),
        ("label,x,y\na,0,1,\nb,2,3,\na,4,5,\n", "3 rows end in a delimiter"),
        ("label,x,y,\na,0,1\nb,2,3\na,4,5\n", "1 row ends in a delimiter"),
        ("label;x;y;\na;0;1;\nb;2;3;\na;4;5;\n", "4 rows"),
        ("sep=;\nlabel;x;y\na;0;1\nb;2;3\na;4;5\n", ""),
        (
            "\u{feff}\"sep=|\"\r\nlabel|x|y\r\na|0|1\r\nb|2|3\r\na|4|5\r\n",
            "",
        ),
        (
            "# by: someone, somewhere\n# 2024\nlabel,x,y\na,0,1\nb,2,3\na,4,5\n",
            "first 2 lines, which begin with #",
        ),
        ("\u{feff}label,x,y\n\u{feff}a,0,1\nb,2,3\n\u{feff}\"a\",4,5\n", ""),
        (
            "label,x,y\na,0,1\n\u{feff}label,x,y\nb,2,3\na,4,5\n",
            "1 row repeats the names",
        ),
        (
            "label  x   y\n a  0   1\n b  2   3\n a  4   5\n",
            "runs of blanks",
        ),
    ] {
        let table = read(text);
        assert_eq!(cells(&table), expected, "{text:?}");
        let notes = table.notes.join("; ");
        assert!(
            notes.contains(note) && notes.is_empty() == note.is_empty(),
            "{text:?}: {notes}"
        );
    }
}

#[test]
fn options_say_what_is_left_out_and_filled() {
    let expected = cells(&read("label,x\na,0\nb,2\n"));
    let commented = "%made by hand\nlabel,x\n%first\na,0\nb,2\n%last\n";
    let comment = ReadOptions {
        comment: Some(b'%'),
        ..Default::default()
    };
    assert_eq!(cells(&read_with(commented, &comment).unwrap()), expected);
    let skip = ReadOptions {
        skip_rows: Some(3),
        ..Default::default()
    };
    let titled = "Report, of, May\n\n\"sold\nlabel,x\na,0\nb,2\n";
    assert_eq!(cells(&read_with(titled, &skip).unwrap()), expected);
    let refused = read_with("t,u\nlabel,x\n1,2,3\n", &skip).unwrap_err();
    assert!(refused.contains("empty"), "{refused}");
    // Lines are those of the file.
    let refused = read_with("title\n\n\nlabel,x\na,0\nb\n", &skip).unwrap_err();
    assert!(refused.contains("line 6 has 1 cell, expected 2"), "{refused}");

    let pad = ReadOptions {
        ragged: Ragged::Pad,
        ..Default::default()
    };
    let padded = read_with("label,x,y\na,0,1\nb,2\nc\n", &pad).unwrap();
    assert_eq!(cells(&padded).1, ["a", "0", "1", "b", "2", "", "c", "", ""]);
    assert!(
        padded.notes[0].starts_with("2 rows are shorter than the first"),
        "{:?}",
        padded.notes
    );
    assert!(
        read_with("label,x\na,0,1\nb,2\n", &pad)
            .unwrap_err()
            .contains("3 cells, expected 2")
    );
    let blanks = ReadOptions {
        delimiter: Some(Delimiter::Blanks),
        ..Default::default()
    };
    assert_eq!(
        cells(&read_with("label  x\na 0\n  b  2", &blanks).unwrap()),
        expected
    );
}

#[test]
fn refusals_name_the_option_that_reads_the_file() {
    for (text, expected) in [
        (
            "label,x\na,0\nb\n",
            "line 3 has 1 cell, expected 2 as in the first row",
        ),
        ("label,x\na,0\nb\n", "--ragged pad"),
        ("The report\nof May\nlabel,x\na,0\nb,2\n", "--skip-rows 2"),
    ] {
        let refused = read_with(text, &ReadOptions::default()).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
    // A last line that is cut off is no reason to leave out those before.
    let refused = read_with("a,b\n1,2\n3,4\n5,6,7\n", &ReadOptions::default()).unwrap_err();
    assert!(!refused.contains("--skip-rows"), "{refused}");
}

#[test]
fn an_unclear_first_row_is_noted_with_the_other_reading() {
    for (text, names, note) in [
        (
            "id,2022,2023\nn1,2,3\nn2,4,6\n",
            ["id", "2022", "2023"],
            "--header no",
        ),
        ("n7,10,20\nn1,2,3\nn2,4,6\n", ["c1", "c2", "c3"], "--header yes"),
        ("a,b,c\nd,e,f\ng,h,i\n", ["c1", "c2", "c3"], "--header yes"),
        ("5.1,3,setosa\n4.9,3,setosa\n", ["c1", "c2", "c3"], ""),
        ("a,b,c\n1,2,3\n", ["a", "b", "c"], ""),
    ] {
        let table = read(text);
        assert_eq!(table.names(), names, "{text:?}");
        let notes = table.notes.join("; ");
        assert!(
            notes.contains(note) && notes.is_empty() == note.is_empty(),
            "{text:?}: {notes}"
        );
    }
}

#[test]
fn chunks_are_read_as_the_whole_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "sep=;\nx;2023;\n\u{e9};1;\ny;2;\nz;;\n").unwrap();
    let expected = [
        ("x".to_owned(), ColumnKind::Category),
        ("2023".to_owned(), ColumnKind::Number),
    ];
    let mut chunks = TableChunks::open(&path.into(), &ReadOptions::default(), &expected, 2).unwrap();
    let read: Vec<String> = chunks
        .by_ref()
        .flat_map(|chunk| cells(&chunk.unwrap()).1)
        .collect();
    assert_eq!(read, ["\u{e9}", "1", "y", "2", "z", ""]);
    assert_eq!(
        chunks.notes(),
        ["4 rows end in a delimiter; the empty cells after them are left out"]
    );
}

#[test]
fn a_header_without_a_name_for_row_names_is_the_one_of_r() {
    let expected = ["c1", "x", "label"];
    for text in [
        "\"x\" \"label\"\n\"1\" 0.5 \"a\"\n\"2\" 1.5 \"b\"\n\"3\" 2.5 \"a\"\n",
        "x,label\n1,0.5,a\n2,1.5,b\n3,2.5,a\n",
    ] {
        let table = read(text);
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, expected, "{text}");
        assert_eq!(table.rows(), 3);
        assert!(
            table
                .notes
                .iter()
                .any(|note| note.contains("2 names for 3 columns")),
            "{:?}",
            table.notes
        );
    }
}
