use super::*;

#[test]
fn numbers_are_finite_decimals() {
    for (text, value) in [
        ("1", 1.0),
        ("-.5", -0.5),
        ("+2e3", 2000.0),
        ("01", 1.0),
        ("5.", 5.0),
    ] {
        assert_eq!(number(text), Some(value), "{text}");
    }
    for text in [
        "", "inf", "-inf", "nan", "1e999", "0x10", "1,5", "1 2", "1_000", "e5", "-", ".",
    ] {
        assert_eq!(number(text), None, "{text}");
    }
}

#[test]
fn texts_meant_as_numbers() {
    for text in [
        "1,234",
        "-1,234.5",
        "0,5",
        "inf",
        "-Infinity",
        "1e999",
        "12,345,678",
    ] {
        assert!(meant_as_number(text).is_some(), "{text}");
    }
    for text in ["1", "a,b", ",", "1,", "word", "12-3", "infinite", "$5", "e999"] {
        assert!(meant_as_number(text).is_none(), "{text}");
    }
}

#[test]
fn whole_numbers_have_all_their_digits() {
    for (number, expected) in [
        (9_223_372_036_854_775_808.0, "9223372036854775808"),
        (-9_007_199_254_740_994.0, "-9007199254740994"),
        (1e22, "10000000000000000000000"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        (f64::NAN, "NaN"),
        (1e300, &1e300_f64.to_string()),
    ] {
        assert_eq!(number_text(number), expected);
    }
}
