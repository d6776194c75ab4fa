use super::*;

fn of(cells: &[&str]) -> Result<NumberFormat, NoFormat> {
    NumberFormat::of(cells.iter().copied(), Separators::default(), None)
}

#[track_caller]
fn read(cells: &[&str], expected: &[f64]) {
    let format = of(cells).unwrap();
    let found: Vec<f64> = cells.iter().filter_map(|cell| format.parse(cell)).collect();
    assert_eq!(found, expected, "{format:?}");
}

#[test]
fn separators_follow_from_the_cells() {
    read(&["0,5", "12,75", "3"], &[0.5, 12.75, 3.0]);
    read(&["1.234,5", "1.234", "7"], &[1234.5, 1234.0, 7.0]);
    read(&["1,234.5", "1,234", "-7"], &[1234.5, 1234.0, -7.0]);
    read(&["1.234", "1.5"], &[1.234, 1.5]);
    read(&["1,234", "12"], &[1234.0, 12.0]);
    read(&["1.234.567", "12"], &[1_234_567.0, 12.0]);
    read(&["1 234,5", "12"], &[1234.5, 12.0]);
    read(&["1'234.50", "12"], &[1234.5, 12.0]);
    read(&["12,34,567", "1"], &[1_234_567.0, 1.0]);
    read(&["1,5e3", "2"], &[1500.0, 2.0]);
    read(&["5.", ".5", "6"], &[5.0, 0.5, 6.0]);
}

#[test]
fn currency_unit_percent_and_parentheses() {
    read(
        &["$1,234.50", "$0.50", "-$3", "($2.00)", "$-4"],
        &[1234.5, 0.5, -3.0, -2.0, -4.0],
    );
    read(&["5%", "12.5%", "-1 %"], &[5.0, 12.5, -1.0]);
    read(&["1.234,50 €", "2,00 €"], &[1234.5, 2.0]);
    read(&["70 kg", "81.5 kg"], &[70.0, 81.5]);
    read(&["EUR 5", "EUR 7"], &[5.0, 7.0]);
}

#[test]
fn other_columns_decide_what_cells_leave_open() {
    let cells = ["1,234", "2,500"];
    let format = NumberFormat::of(cells.into_iter(), Separators::default(), Some(',')).unwrap();
    assert_eq!(format.parse("1,234"), Some(1.234));
    let points = ["1.234", "2.500"];
    let format = NumberFormat::of(points.into_iter(), Separators::default(), Some(',')).unwrap();
    assert_eq!(format.parse("1.234"), Some(1234.0));
    let requested = Separators {
        decimal: Some(','),
        thousands: None,
    };
    assert_eq!(
        NumberFormat::of(cells.into_iter(), requested, None)
            .unwrap()
            .parse("2,500"),
        Some(2.5)
    );
    let requested = Separators {
        decimal: None,
        thousands: Some('.'),
    };
    assert_eq!(
        NumberFormat::of(points.into_iter(), requested, None)
            .unwrap()
            .parse("2.500"),
        Some(2500.0)
    );
}

#[test]
fn no_pattern_and_why() {
    let why = |cells: &[&str]| of(cells).unwrap_err().to_string();
    assert_eq!(
        why(&["$5", "€6"]),
        "`$5` and `€6` do not have the same currency or unit"
    );
    assert_eq!(
        why(&["5", "6%"]),
        "`5` and `6%` do not have the same currency or unit"
    );
    assert_eq!(
        why(&["0,5", "0.5"]),
        "`0,5` and `0.5` have different decimal separators"
    );
    assert_eq!(
        why(&["1,234", "1500"]),
        "`1,234` and `1500` do not separate thousands in the same way"
    );
    let requested = Separators {
        decimal: Some(','),
        thousands: None,
    };
    let wrong = NumberFormat::of(["1,5", "1.5"].into_iter(), requested, None).unwrap_err();
    assert_eq!(wrong.to_string(), "`1.5` does not have the decimal separator `,`");
    assert_eq!(why(&["1", "red"]), "`red` is not a number");
    assert_eq!(why(&["1Fam", "2fmCon", "Duplex"]), "`2fmCon` is not a number");
    assert_eq!(why(&["$1", "5%", "red"]), "`red` is not a number");
    for text in [
        "2023-01-01",
        "12:30",
        "192.168.1.1",
        "1.2.3",
        "A12",
        "5-7",
        "1,23,4",
        "m2",
        "12,3456,789",
        "$",
        "-",
        "1..5",
    ] {
        assert!(of(&[text]).is_err(), "{text}");
    }
}

#[test]
fn names_are_not_written_numbers() {
    for text in ["1", "$5", "5%", "1,5", "(3.50)", "5 €"] {
        assert!(is_written_number(text), "{text}");
    }
    for text in ["1stFloor", "price", "5 km", "Q1", "2023-01-01"] {
        assert!(!is_written_number(text), "{text}");
    }
}

#[test]
fn a_pattern_is_strict() {
    let format = of(&["$1,234.50"]).unwrap();
    for text in ["5", "€5", "$1,23.5", "$5 kg", "$1.2.3", "", "$"] {
        assert_eq!(format.parse(text), None, "{text}");
    }
}

#[test]
fn what_proves_a_decimal_separator() {
    let proven = |cells: &[&'static str]| proven_decimal(cells.iter().copied());
    assert_eq!(proven(&["1,5", "2", "-"]), Some(','));
    assert_eq!(proven(&["1,500", "2"]), None);
    assert_eq!(proven(&["1,5", "1.5"]), None);
    assert_eq!(proven(&["1,5", "word"]), None);
}
