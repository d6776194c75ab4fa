use super::*;
use proptest::prelude::*;

fn column(cells: &[&str]) -> Result<Values, FileError> {
    let mut column = InferredColumn::default();
    for (row, cell) in cells.iter().enumerate() {
        column.push(cell, || row as u64 + 1);
    }
    column.finish(Path::new("t.csv"), "x")
}

fn words_of(values: Values) -> Vec<String> {
    let (Values::Categories(words) | Values::Booleans(words)) = values else {
        panic!("numbers")
    };
    (0..words.codes.len())
        .map(|row| words.get(row).unwrap_or("").to_owned())
        .collect()
}

#[test]
fn kinds() {
    assert_eq!(
        column(&["1", "2.5", "-3e2"]).unwrap(),
        Values::Numbers(vec![1.0, 2.5, -300.0])
    );
    assert_eq!(column(&["0", "1"]).unwrap(), Values::Numbers(vec![0.0, 1.0]));
    let Values::Booleans(answers) = column(&["Yes", "NO", "?", "Yes"]).unwrap() else {
        panic!()
    };
    assert_eq!(answers.names, ["NO", "Yes"]);
    assert_eq!(answers.codes, [1, 0, Categories::MISSING, 1]);
    // Spellings stay apart until they are counted.
    assert_eq!(
        words_of(column(&["yes", "NO", "Yes"]).unwrap()),
        ["yes", "NO", "Yes"]
    );
    assert!(matches!(column(&["yes", "true"]).unwrap(), Values::Categories(_)));
    assert!(matches!(column(&["f", "m"]).unwrap(), Values::Categories(_)));
    assert!(matches!(column(&["", "NA"]).unwrap(), Values::Numbers(all) if all.iter().all(|x| x.is_nan())));
}

#[test]
fn codes_and_numbers_that_doubles_do_not_hold_keep_their_texts() {
    for texts in [
        ["00501", "2134", "10001"],
        ["9007199254740993", "9007199254740992", "-9007199254740993"],
    ] {
        assert_eq!(words_of(column(&texts).unwrap()), texts);
    }
    // A column with fractions is no column of codes.
    for texts in [
        ["00501", "1.5", "2"],
        ["9007199254740993", "0.5", "1e3"],
        ["0", "10", "20"],
    ] {
        assert!(matches!(column(&texts).unwrap(), Values::Numbers(_)), "{texts:?}");
    }
}

#[test]
fn odd_numbers_are_errors_and_words_make_categories() {
    for (odd, advice) in [("inf", "finite"), ("1e999", "too large")] {
        let message = column(&["1", "2", odd]).unwrap_err().to_string();
        assert!(message.contains("t.csv: line 3, column \"x\""), "{message}");
        assert!(message.contains(odd) && message.contains(advice), "{message}");
    }
    assert_eq!(words_of(column(&["1", "1,234"]).unwrap()), ["1", "1,234"]);
    assert_eq!(
        words_of(column(&["1", "1,234", "many"]).unwrap()),
        ["1", "1,234", "many"]
    );
}

proptest! {
    #[test]
    fn a_word_at_the_end_leaves_the_texts_of_numbers_as_they_were(
        cells in proptest::collection::vec("-?[0-9]{1,9}(\\.[0-9]{0,12})?(e-?[0-9])?|[+]?\\.[0-9]{1,3}", 1..20),
    ) {
        let mut texts: Vec<&str> = cells.iter().map(String::as_str).collect();
        texts.push("word");
        prop_assert_eq!(words_of(column(&texts).unwrap()), texts);
    }

    #[test]
    fn so_do_the_texts_of_any_doubles(values in proptest::collection::vec(any::<f64>(), 1..20)) {
        let mut texts: Vec<String> = values.iter().filter(|x| x.is_finite()).map(|x| format!("{x:?}")).collect();
        texts.push("word".into());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(words_of(column(&texts).unwrap()), texts);
    }
}
