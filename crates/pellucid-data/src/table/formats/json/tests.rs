use super::super::super::columns::{ColumnKind, Table, Values};
use super::super::super::format::ReadOptions;
use super::super::super::read::read_table;

fn read(text: &str) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.json");
    std::fs::write(&path, text).unwrap();
    let table = read_table(&(&path).into(), &ReadOptions::default());
    table.map_err(|error| error.to_string().replace(&path.display().to_string(), "t.json"))
}

fn words(table: &Table, name: &str) -> Vec<String> {
    match &table.column(name).unwrap().values {
        Values::Numbers(_) => panic!("{name} is numbers"),
        Values::Categories(words) | Values::Booleans(words) => (0..words.codes.len())
            .map(|row| words.get(row).unwrap_or("").to_owned())
            .collect(),
    }
}

#[test]
fn objects_are_rows_in_lines_and_in_arrays() {
    let lines =
        "\u{feff}{\"x\": 1, \"n\": \"a\\u00e9\", \"t\": true}\n\n{\"n\": null, \"x\": 2.5, \"new\": \"b\"}\n";
    let array =
        "[ {\"x\": 1, \"n\": \"a\\u00e9\", \"t\": true},\n {\"n\": null, \"x\": 2.5, \"new\": \"b\"} ]";
    for text in [lines, array] {
        let table = read(text).unwrap();
        let names: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["x", "n", "t", "new"]);
        assert_eq!(table.column("x").unwrap().values, Values::Numbers(vec![1.0, 2.5]));
        assert_eq!(words(&table, "n"), ["aé", ""]);
        assert_eq!(words(&table, "t"), ["true", ""]);
        assert_eq!(table.column("t").unwrap().values.kind(), ColumnKind::Boolean);
        assert_eq!(words(&table, "new"), ["", "b"]);
    }
}

#[test]
fn values_of_several_kinds_are_words_and_integers_keep_their_digits() {
    let text = "{\"a\": 9007199254740993, \"b\": true, \"c\": 1, \"d\": \"01\"}\n\
                {\"a\": 3, \"b\": \"x\", \"c\": true, \"d\": \"2\"}";
    let table = read(text).unwrap();
    for (name, expected) in [
        ("a", ["9007199254740993", "3"]),
        ("b", ["true", "x"]),
        ("c", ["1", "true"]),
        ("d", ["01", "2"]),
    ] {
        assert_eq!(words(&table, name), expected);
    }
}

#[test]
fn nested_values_are_left_out_with_a_note() {
    let table = read("{\"a\": 1, \"b\": [1, 2], \"c\": {\"d\": 1}}\n{\"a\": 2, \"b\": null}").unwrap();
    assert_eq!(table.columns.len(), 1);
    assert_eq!(table.left_out, ["b", "c"]);
    assert!(
        table.notes[0].contains("\"b\" is left out: a list"),
        "{:?}",
        table.notes
    );
    assert!(
        table.notes[1].contains("\"c\" is left out: an object"),
        "{:?}",
        table.notes
    );
}

#[test]
fn what_is_no_table_is_refused_with_its_place() {
    for (text, expected) in [
        (
            "{\"a\": 1}\n{\"a\": 2,}\n",
            "line 2, column 9, row 2: trailing comma",
        ),
        (
            "{\"a\": 1}\n{\"a\": 1, \"a\": 2}",
            "line 2, column 16, row 2: the key \"a\" is in one object twice",
        ),
        (
            "{\"a\": 1}\n[1, 2]",
            "line 2, column 0, row 2: invalid type: sequence",
        ),
        ("[[1, 2], [3, 4]]", "expected an object, which is a row"),
        ("[]", "no rows"),
        ("{\"a\": NaN}", "expected value"),
        ("{\"a\": 1e999}", "too large for double precision"),
        ("[{\"a\": 1}] x", "trailing characters"),
        ("{\"a\": {\"0\": 1, \"1\": 2}}", "orient=\"records\""),
        ("{\"a\": [1]}\n{\"a\": [2]}", "all hold lists or objects"),
        ("{\"a\": 1", "EOF"),
        ("{}", "no column"),
    ] {
        let refused = read(text).unwrap_err();
        assert!(
            refused.starts_with("t.json: ") && refused.contains(expected),
            "{text}: {refused}"
        );
    }
}

#[test]
fn deeply_nested_values_are_no_danger() {
    let depth = 100_000;
    let text = format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&text).is_err());
}
