use super::*;

fn range(text: &str) -> SettingRange {
    SettingRange::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

fn numbers(low: f64, high: f64, is_whole: bool, is_logarithmic: bool) -> SettingRange {
    SettingRange::Numbers(NumberRange {
        low,
        high,
        is_whole,
        is_logarithmic,
    })
}

#[test]
fn ranges_are_read_as_they_are_written() {
    for (text, expected) in [
        ("log:1e-4..1e-1", numbers(1e-4, 1e-1, false, true)),
        ("0..0.5", numbers(0.0, 0.5, false, false)),
        ("int:10..100", numbers(10.0, 100.0, true, false)),
        ("int-log:8..512", numbers(8.0, 512.0, true, true)),
        (
            "64,128,\"128,64\"",
            SettingRange::Choice(vec!["64".into(), "128".into(), "128,64".into()]),
        ),
        ("relu", SettingRange::Choice(vec!["relu".into()])),
        (
            "[2, 8, 1],[\"tanh\",\"sigmoid\"]",
            SettingRange::Choice(vec!["[2, 8, 1]".into(), "[\"tanh\",\"sigmoid\"]".into()]),
        ),
        (
            "sgd,{ name = \"sgd\", momentum = 0.9 }",
            SettingRange::Choice(vec!["sgd".into(), "{ name = \"sgd\", momentum = 0.9 }".into()]),
        ),
    ] {
        assert_eq!(range(text), expected);
        assert_eq!(range(&expected.to_string()), expected);
    }
}

#[test]
fn what_is_no_range_is_refused_with_the_reason() {
    for (line, expected) in [
        ("hidden", "expected KEY=VALUES"),
        ("hidden=", "nothing to choose from"),
        ("hidden=64,,32", "a value is empty"),
        ("hidden=\"64", "a quote has no end"),
        ("network.layers=[2,1", "a bracket has no end"),
        ("network.layers=2],1", "did not begin"),
        ("hidden=64,64", "64 is there twice"),
        ("learning_rate=log:0..1", "above 0"),
        ("learning_rate=log:1..1", "must be less"),
        ("learning_rate=log:1e-3", "two ends"),
        ("learning_rate=2..1", "must be less"),
        ("learning_rate=a..1", "`a` is no number"),
        ("batch_size=int:1.5..3", "`1.5` is no whole number"),
        ("batch_size=int-log:0..3", "above 0"),
        ("=1,2", "before the ="),
    ] {
        let error = Space::from_lines(&[line]).unwrap_err().to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
    let error = Space::from_lines(&["l2=0..1", "train.l2=1,2"])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("varies already") && error.contains("train.l2"),
        "{error}"
    );
}

#[test]
fn what_is_drawn_lies_in_its_range_and_fills_it() {
    let mut generator = RandomState::new(5);
    let mut drawn = |text: &str| -> Vec<f64> {
        let range = range(text);
        (0..4000)
            .map(|_| range.draw(&mut generator).parse().unwrap())
            .collect()
    };
    let part = |values: &[f64], below: f64| {
        values.iter().filter(|value| **value < below).count() as f64 / values.len() as f64
    };
    let log = drawn("log:1e-4..1e-1");
    assert!(log.iter().all(|value| (1e-4..=1e-1).contains(value)));
    assert!((part(&log, 1e-3) - 1.0 / 3.0).abs() < 0.05 && (part(&log, 1e-2) - 2.0 / 3.0).abs() < 0.05);
    let uniform = drawn("0..0.5");
    assert!(uniform.iter().all(|value| (0.0..=0.5).contains(value)));
    assert!((part(&uniform, 0.1) - 0.2).abs() < 0.05);
    let whole = drawn("int:3..6");
    for value in 3..=6 {
        let share = whole.iter().filter(|drawn| **drawn == f64::from(value)).count() as f64 / 4000.0;
        assert!((share - 0.25).abs() < 0.05, "{value}: {share}");
    }
    let log_whole = drawn("int-log:1..1000");
    assert!(
        log_whole
            .iter()
            .all(|value| (1.0..=1000.0).contains(value) && value.fract() == 0.0)
    );
    assert!(
        (part(&log_whole, 31.5) - 0.55).abs() < 0.06,
        "{}",
        part(&log_whole, 31.5)
    );
    let choice = drawn("1,2,4");
    assert!([1.0, 2.0, 4.0].iter().all(|value| choice.contains(value)));
}

#[test]
fn numbers_are_spelled_as_toml_reads_them() {
    for (value, expected) in [
        (0.0, "0.0"),
        (1.0, "1.0"),
        (0.25, "0.25"),
        (1e-5, "1e-5"),
        (2e9, "2e9"),
    ] {
        assert_eq!(spelled(value), expected);
        assert_eq!(spelled(value).parse::<f64>().unwrap(), value);
    }
}
