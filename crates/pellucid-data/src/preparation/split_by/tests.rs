use super::*;
use crate::preparation::{note_of_repeated, repeated_rows};
use crate::table::Column;

fn table(columns: Vec<(&str, Values)>) -> Table {
    let column = |(name, values): (&str, Values)| Column {
        name: name.into(),
        values,
    };
    Table {
        source: "t.csv".into(),
        first_row: 0,
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
        columns: columns.into_iter().map(column).collect(),
    }
}

fn words(names: &[&str], codes: &[u32]) -> Values {
    Values::Categories(Categories {
        names: names.iter().map(|&name| name.into()).collect(),
        codes: codes.to_vec(),
    })
}

#[test]
fn groups_are_words_or_numbers() {
    let table = table(vec![
        ("site", words(&["a", "b"], &[1, 0, 1])),
        ("patient", Values::Numbers(vec![7.0, -0.0, 0.0])),
    ]);
    let of = |column| SplitBy::from_columns(&table, &[0, 1, 2], Some(column), None).unwrap();
    assert_eq!(of("site"), SplitBy::Group(vec![1, 0, 1]));
    assert_eq!(of("patient"), SplitBy::Group(vec![0, 1, 1]));
}

#[test]
fn times_are_numbers_or_dates() {
    let table = table(vec![
        ("year", Values::Numbers(vec![2001.0, -5.0, 2001.0])),
        (
            "day",
            words(
                &["2024-01-02", "2024-01-02 10:00", "2023-12-31T23:59:59.5Z"],
                &[0, 1, 2],
            ),
        ),
        ("season", words(&["autumn", "spring"], &[0, 1, 0])),
        ("us", words(&["01/02/2024", "12/31/2023"], &[0, 1, 0])),
    ]);
    let of = |column| SplitBy::from_columns(&table, &[0, 1, 2], None, Some(column));
    assert_eq!(of("year").unwrap(), SplitBy::Time(vec![1, 0, 1]));
    assert_eq!(of("day").unwrap(), SplitBy::Time(vec![1, 2, 0]));
    assert_eq!(of("us").unwrap(), SplitBy::Time(vec![1, 0, 1]));
    let error = of("season").unwrap_err().to_string();
    assert!(
        error.contains("`autumn` is no time that can be ordered"),
        "{error}"
    );
}

#[test]
fn a_missing_group_or_time_is_named() {
    let table = table(vec![("g", Values::Numbers(vec![1.0, f64::NAN, 2.0]))]);
    let error = SplitBy::from_columns(&table, &[0, 1, 2], Some("g"), None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("t.csv, column `g`, data row 2: the group is missing"),
        "{error}"
    );
    assert!(SplitBy::from_columns(&table, &[0, 2], None, Some("g")).is_ok());
    assert!(SplitBy::from_columns(&table, &[0, 2], Some("g"), Some("g")).is_err());
}

#[test]
fn a_class_that_begins_later_is_named() {
    let labels = Labels {
        labels: vec![0, 0, 0, 1],
        classes: vec!["old".into(), "new".into()],
    };
    let split = SplitBy::Time(vec![0, 1, 2, 3]);
    let error = split
        .hold_out(&[0, 1, 2, 3], Some(&labels), 0.25, 0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("every row of class `new` is held out"), "{error}");
}

#[test]
fn repeated_rows_are_counted_across_tables() {
    let one = table(vec![
        ("x", Values::Numbers(vec![1.0, f64::NAN, 0.0])),
        ("y", words(&["a", "b"], &[0, 1, 0])),
    ]);
    let other = table(vec![
        ("y", words(&["0", "a", "b"], &[1, 2, 2, 1])),
        ("x", Values::Numbers(vec![1.0, f64::NAN, 1.0, -0.0])),
    ]);
    let columns = ["x".to_string(), "y".to_string()];
    let count = |rows: &[u32]| repeated_rows((&one, rows), (&other, &[0, 1, 2, 3]), &columns).unwrap();
    assert_eq!((count(&[0, 1, 2]), count(&[0, 2]), count(&[])), (3, 2, 0));
    assert_eq!(note_of_repeated(0, 4), None);
    assert!(
        note_of_repeated(1, 4)
            .unwrap()
            .starts_with("1 of 4 held-out rows has a copy")
    );
}
