use super::*;

fn of(cells: &[&str]) -> Result<DateOrder, NoDateOrder> {
    DateOrder::of(cells.iter().copied())
}

#[test]
fn calendar() {
    for (days, text) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (11_016, "2000-02-29"),
        (19_358, "2023-01-01"),
        (-719_162, "0001-01-01"),
    ] {
        assert_eq!(CivilDate::from_days(days).to_string(), text);
        assert_eq!(CivilDate::from_days(days).days(), days, "{text}");
    }
    assert!((-800_000..800_000).all(|days| CivilDate::from_days(days).days() == days));
}

#[test]
fn orders() {
    assert_eq!(of(&["2023-01-31", "2023/2/1"]), Ok(DateOrder::YearMonthDay));
    assert_eq!(of(&["01/02/2023", "31/01/2023"]), Ok(DateOrder::DayMonthYear));
    assert_eq!(of(&["01/02/2023", "01/31/2023"]), Ok(DateOrder::MonthDayYear));
    assert_eq!(of(&["1.2.2023"]), Ok(DateOrder::DayMonthYear));
    assert_eq!(of(&["5 Jan 2023", "17-may-2023"]), Ok(DateOrder::DayMonthYear));
    assert_eq!(
        of(&["Jan 5, 2023", "September 12 2023"]),
        Ok(DateOrder::MonthDayYear)
    );
    assert_eq!(
        of(&["01/02/2023", "03-04-2023"]),
        Err(NoDateOrder::Unclear("03-04-2023".into()))
    );
    for wrong in [
        &["31/01/2023", "01/31/2023"][..],
        &["2023-02-30"],
        &["2023-13-01"],
        &["12/2023"],
        &["1.2.3"],
        &["192.168.1.1"],
        &["2023-01-01 25:00"],
        &["2023-01-01x"],
        &["31/31/2023"],
        &["word"],
        &[""],
        &[],
    ] {
        assert!(matches!(of(wrong), Err(NoDateOrder::Word(_))), "{wrong:?}");
    }
}

#[test]
fn times_of_the_day() {
    let midnight = DateOrder::YearMonthDay.seconds("2023-01-01").unwrap();
    assert_eq!(midnight, 19_358.0 * 86_400.0);
    for (text, seconds) in [
        ("2023-01-01 10:30", 37_800.0),
        ("2023-01-01T10:30:15.5", 37_815.5),
        ("2023-01-01T10:30:15Z", 37_815.0),
        ("2023-01-01T10:30:00+02:00", 30_600.0),
        ("2023-01-01 10:30:00-0100", 41_400.0),
        ("2023-01-01 12:05 AM", 300.0),
        ("2023-01-01 1:05 pm", 47_100.0),
        ("2023-01-01 10:30:00 UTC", 37_800.0),
    ] {
        assert_eq!(
            DateOrder::YearMonthDay.seconds(text),
            Some(midnight + seconds),
            "{text}"
        );
    }
}

#[test]
fn months_and_times_alone() {
    assert_eq!(of(&["2023-01", "2024-12"]), Ok(DateOrder::YearMonthDay));
    let seconds = |text| DateOrder::YearMonthDay.seconds(text).unwrap();
    assert_eq!(seconds("2023-02"), seconds("2023-02-01"));
    for codes in [&["4711-03"][..], &["2023-13"], &["2020-21"], &["2023.01"]] {
        assert!(matches!(of(codes), Err(NoDateOrder::Word(_))), "{codes:?}");
    }
    assert_eq!(of(&["10:30", "9:05:30.5"]), Ok(DateOrder::TimeOfDay));
    assert_eq!(DateOrder::TimeOfDay.seconds("9:05:30.5"), Some(32_730.5));
    for words in [&["16:9"][..], &["25:10"], &["10:30", "2023-01-01"], &["10:60"]] {
        assert!(matches!(of(words), Err(NoDateOrder::Word(_))), "{words:?}");
    }
}

#[test]
fn numbers_that_are_said_to_be_dates() {
    let order = |cells: &[&str]| DateOrder::of_numbers(cells.iter().copied());
    let day = DateOrder::YearMonthDay.seconds("2023-01-31").unwrap();
    for (cell, expected) in [
        ("20230131", DateOrder::Digits),
        ("1675123200", DateOrder::SinceEpoch(1)),
        ("1675123200000", DateOrder::SinceEpoch(1_000)),
        ("1675123200000000", DateOrder::SinceEpoch(1_000_000)),
        ("1675123200000000000", DateOrder::SinceEpoch(1_000_000_000)),
    ] {
        let found = order(&[cell]).unwrap();
        assert_eq!(found, expected, "{cell}");
        assert_eq!(found.seconds(cell), Some(day), "{cell}");
        assert!(found.example().starts_with(cell), "{cell}");
    }
    assert_eq!(order(&["20230131", "20231301"]), Some(DateOrder::SinceEpoch(1)));
    assert_eq!(order(&["1.5"]), None);
    assert_eq!(order(&[]), None);
    assert_eq!(DateOrder::SinceEpoch(1_000).seconds("1500"), Some(1.5));
    assert_eq!(DateOrder::SinceEpoch(1).seconds("999999999999999"), None);
}
