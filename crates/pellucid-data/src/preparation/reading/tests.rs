use super::*;

fn words(name: &str, cells: &[&str]) -> Column {
    let mut words = crate::table::Words::default();
    for cell in cells {
        match *cell {
            "" => words.push_missing(),
            cell => _ = words.push(cell),
        }
    }
    Column {
        name: name.into(),
        values: Values::Categories(words.finish()),
    }
}

fn numbers(name: &str, values: &[f64]) -> Column {
    Column {
        name: name.into(),
        values: Values::Numbers(values.to_vec()),
    }
}

fn table(columns: Vec<Column>) -> Table {
    Table {
        source: "t.csv".into(),
        first_row: 0,
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
        columns,
    }
}

fn read(columns: Vec<Column>, request: &ReadingRequest) -> ReadTable {
    ReadTable::new(table(columns), request).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}

#[track_caller]
fn assert_numbers(column: &Column, expected: &[f64]) {
    let Values::Numbers(found) = &column.values else {
        panic!("{column:?}")
    };
    let bits = |numbers: &[f64]| {
        numbers
            .iter()
            .map(|x| if x.is_nan() { None } else { Some(x.to_bits()) })
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(found), bits(expected));
}

#[test]
fn markers_are_missing_among_numbers_and_words_among_words() {
    let columns = vec![
        words("x", &["1", "-", "2", "none", "-"]),
        words("colour", &["red", "none", "-", "missing", "red"]),
    ];
    let found = read(columns.clone(), &ReadingRequest::default());
    assert_numbers(&found.table.columns[0], &[1.0, f64::NAN, 2.0, f64::NAN, f64::NAN]);
    assert_eq!(found.table.columns[1], columns[1]);
    assert_eq!(found.notes, ["column `x`: `-`, `none` count as missing; rows: 3"]);
    assert!(found.reading.is_plain());
}

#[test]
fn requested_markers_count_everywhere() {
    let request = ReadingRequest {
        missing: names(&["unknown", "-999"]),
        ..ReadingRequest::default()
    };
    let columns = vec![
        words("colour", &["blue", "unknown", "red"]),
        words("x", &["1", "unknown", "3"]),
        numbers("y", &[1.0, -999.0, 2.0]),
    ];
    let found = read(columns.clone(), &request);
    assert_eq!(found.table.columns[0], words("colour", &["blue", "", "red"]));
    assert_numbers(&found.table.columns[1], &[1.0, f64::NAN, 3.0]);
    assert_numbers(&found.table.columns[2], &[1.0, f64::NAN, 2.0]);
    assert_eq!(found.notes.len(), 3);
    let again = found
        .reading
        .read(table(vec![
            words("colour", &["unknown", "red"]),
            numbers("y", &[-999.0, 1.0]),
        ]))
        .unwrap();
    assert_eq!(again.columns[0], words("colour", &["", "red"]));
    assert_numbers(&again.columns[1], &[f64::NAN, 1.0]);
}

#[test]
fn a_pattern_is_found_noted_kept_and_applied() {
    let found = read(
        vec![words("price", &["$1,234.50", "$0.50", "-", ""])],
        &ReadingRequest::default(),
    );
    assert_numbers(&found.table.columns[0], &[1234.5, 0.5, f64::NAN, f64::NAN]);
    assert_eq!(
        found.notes[0],
        "column `price` is read as numbers: `$1,234.50` is 1234.5"
    );
    let json = serde_json::to_string(&found.reading).unwrap();
    let reading: TableReading = serde_json::from_str(&json).unwrap();
    assert_eq!(reading, found.reading);
    let new = reading
        .read(table(vec![words("price", &["$2.00", "none"])]))
        .unwrap();
    assert_numbers(&new.columns[0], &[2.0, f64::NAN]);
    let message = reading
        .read(table(vec![words("price", &["$2.00", "2€"])]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "t.csv, column `price`, data row 2: found `2€`, but a number written like `$1,234.5`, as in training, is needed here"
    );
    assert_eq!(
        reading.expected(vec![("price".into(), ColumnKind::Number)]),
        [("price".into(), ColumnKind::Category)]
    );
}

#[test]
fn a_decimal_comma_decides_for_points_in_other_columns() {
    let found = read(
        vec![words("a", &["0,5", "1,25"]), words("b", &["1.234", "2.500"])],
        &ReadingRequest::default(),
    );
    assert_numbers(&found.table.columns[0], &[0.5, 1.25]);
    assert_numbers(&found.table.columns[1], &[1234.0, 2500.0]);
}

#[test]
fn parentheses_mean_negative_numbers_also_beside_plain_ones() {
    let found = read(
        vec![words("a", &["1.5", "(0.25)", "-3"])],
        &ReadingRequest::default(),
    );
    assert_numbers(&found.table.columns[0], &[1.5, -0.25, -3.0]);
    assert!(found.notes[0].contains("`(0.25)` is -0.25"), "{:?}", found.notes);
}

#[test]
fn a_decimal_point_beside_a_decimal_comma_stays_a_point() {
    let found = read(
        vec![words("a", &["0,5", "1,25"]), words("b", &["0.125", "2.500"])],
        &ReadingRequest::default(),
    );
    assert_numbers(&found.table.columns[1], &[0.125, 2.5]);
}

#[test]
fn codes_stay_words_and_classes_keep_their_names() {
    let columns = vec![
        words("zip", &["00501", "10001", "-"]),
        words("share", &["5%", "10%", "5%"]),
    ];
    let request = ReadingRequest {
        target: names(&["share"]),
        ..ReadingRequest::default()
    };
    let found = read(columns.clone(), &request);
    assert_eq!(found.table.columns, columns);
    let request = ReadingRequest {
        numeric: names(&["zip"]),
        task: Some(Task::Regression),
        ..request
    };
    let found = read(columns, &request);
    assert_numbers(&found.table.columns[0], &[501.0, 10001.0, f64::NAN]);
    assert_numbers(&found.table.columns[1], &[5.0, 10.0, 5.0]);
}

#[test]
fn integer_codes_may_be_categories() {
    let request = ReadingRequest {
        categorical: names(&["code"]),
        ..ReadingRequest::default()
    };
    let found = read(vec![numbers("code", &[3.0, 10.0, f64::NAN])], &request);
    assert_eq!(found.table.columns[0], words("code", &["3", "10", ""]));
    let new = found
        .reading
        .read(table(vec![words("code", &["3.0", "10", "x"])]))
        .unwrap();
    assert_eq!(new.columns[0], words("code", &["3", "10", "x"]));
}

#[test]
fn mixed_patterns_are_explained() {
    let found = read(vec![words("price", &["$5", "€6"])], &ReadingRequest::default());
    assert!(matches!(found.table.columns[0].values, Values::Categories(_)));
    assert!(
        found.notes[0].contains("`$5` and `€6` do not have the same currency or unit"),
        "{:?}",
        found.notes
    );
}

#[test]
fn wrong_requests() {
    let wrong = |request: &ReadingRequest| {
        let columns = vec![words("size", &["1", "big"]), numbers("x", &[1.0, 2.0])];
        ReadTable::new(table(columns), request).unwrap_err().to_string()
    };
    let request = ReadingRequest::default;
    let message = wrong(&ReadingRequest {
        categorical: names(&["sise"]),
        ..request()
    });
    assert_eq!(
        message,
        "t.csv: there is no column `sise`, which is requested as categorical; did you mean `size`?"
    );
    let message = wrong(&ReadingRequest {
        numeric: names(&["x"]),
        categorical: names(&["x"]),
        ..request()
    });
    assert!(
        message.contains("`x` is requested as categorical and as numeric"),
        "{message}"
    );
    let message = wrong(&ReadingRequest {
        numeric: names(&["size"]),
        ..request()
    });
    assert!(
        message.contains("column `size`: numbers are requested, but `big` is not a number"),
        "{message}"
    );
}
