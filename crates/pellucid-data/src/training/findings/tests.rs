use super::*;
use crate::preparation::Labels;
use crate::table::{Categories, Column};
use crate::training::Scores;
use pellucid::ClassificationScores;

const ROWS: usize = 200;

/// Numbers that look random, from 0 to 1.
fn noise(row: usize) -> f64 {
    (row as f64 * 12.9898).sin().abs() * 43758.5453 % 1.0
}

fn numbers(of: impl Fn(usize) -> f64) -> Values {
    Values::Numbers((0..ROWS).map(of).collect())
}

fn words(of: impl Fn(usize) -> u32) -> Values {
    Values::Categories(Categories {
        names: ["a", "b", "c"].map(String::from).to_vec(),
        codes: (0..ROWS).map(of).collect(),
    })
}

/// The findings of a table of noise, this column, and this target.
fn found(column: Values, target: Values) -> Vec<Finding> {
    let of = |(name, values): (&str, Values)| Column {
        name: name.into(),
        values,
    };
    let table = Table {
        source: "t".into(),
        first_row: 0,
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
        columns: [("noise", numbers(noise)), ("c", column), ("y", target)]
            .map(of)
            .to_vec(),
    };
    let rows: Vec<u32> = (0..ROWS as u32).collect();
    of_columns(&table, &rows, &["noise".into(), "c".into()], &["y".into()], &[])
}

fn kinds(findings: &[Finding]) -> Vec<FindingKind> {
    findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn a_column_that_decides_the_target_is_a_leak() {
    let class = |row: usize| (row * 7 % 3) as u32;
    for column in [
        words(|row| 2 - class(row)),
        numbers(|row| f64::from(class(row)) * 10.0),
        numbers(|row| f64::from(class(row)) + noise(row) / 2.0),
        numbers(|row| {
            if class(row) == 1 {
                f64::NAN
            } else {
                f64::from(class(row))
            }
        }),
    ] {
        let found = found(column.clone(), words(class));
        assert_eq!(kinds(&found), [FindingKind::LeakingColumn], "{column:?}");
        assert!(
            found[0].seen.starts_with("column c alone decides y in all 200"),
            "{}",
            found[0].seen
        );
    }
    let y = |row: usize| noise(row * 3) * 50.0;
    for column in [
        numbers(|row| 3.0 - 2.0 * y(row)),
        numbers(|row| y(row) + noise(row) * 1e-3),
        numbers(|row| y(row).exp()),
    ] {
        assert_eq!(kinds(&found(column, numbers(y))), [FindingKind::LeakingColumn]);
    }
}

#[test]
fn a_good_feature_is_no_leak() {
    let class = |row: usize| (row * 7 % 3) as u32;
    let one_wrong = |row: usize| if row == 17 { 0 } else { class(row) };
    for column in [
        words(one_wrong),
        numbers(|row| f64::from(one_wrong(row)) + noise(row) / 2.0),
        numbers(|row| row as f64),
    ] {
        assert_eq!(found(column, words(class)), []);
    }
    let y = |row: usize| noise(row * 3) * 50.0;
    assert_eq!(found(numbers(|row| y(row) + noise(row) * 5.0), numbers(y)), []);
}

#[test]
fn a_mark_among_small_numbers_is_named() {
    for mark in [-9999.0, 999.0, -99.0, 9999.99, f64::from(i32::MIN)] {
        for every in [10, ROWS] {
            let column = numbers(|row| if row % every == 3 { mark } else { noise(row) * 20.0 });
            let found = found(column, numbers(|row| noise(row * 3)));
            assert_eq!(kinds(&found), [FindingKind::SentinelValues], "{mark}");
            assert!(
                found[0].try_this.contains(&format!("--na={mark}")),
                "{}",
                found[0].try_this
            );
        }
    }
    // Among numbers of its size it is one of them.
    let column = numbers(|row| if row % 10 == 3 { 999.0 } else { noise(row) * 2000.0 });
    assert_eq!(found(column, numbers(|row| noise(row * 3))), []);
}

#[test]
fn one_extreme_value_is_named() {
    let column = numbers(|row| if row == 50 { 1.234e8 } else { noise(row) });
    let found_one = found(column, numbers(|row| noise(row * 3)));
    assert_eq!(kinds(&found_one), [FindingKind::ExtremeValues]);
    assert!(
        found_one[0].seen.contains("123400000 in 1 row"),
        "{}",
        found_one[0].seen
    );
    // Long tails, and columns that are mostly one value.
    for column in [
        numbers(|row| (noise(row) * 12.0).exp()),
        numbers(|row| if row == 50 { 1e8 } else { 0.0 }),
        numbers(|row| if row == 50 { 20.0 } else { noise(row) }),
    ] {
        assert_eq!(found(column, numbers(|row| noise(row * 3))), []);
    }
}

#[test]
fn a_model_like_the_best_constant_has_learnt_nothing() {
    let labels = Labels {
        labels: (0..100).map(|row| u32::from(row % 4 == 0)).collect(),
        classes: vec!["no".into(), "yes".into()],
    };
    let scores = |of_yes: &dyn Fn(usize) -> f64| {
        let probabilities: Vec<f64> = (0..100)
            .flat_map(|row| [1.0 - of_yes(row), of_yes(row)])
            .collect();
        let answers: Vec<usize> = labels.labels.iter().map(|&label| label as usize).collect();
        Scores::Classification {
            classes: labels.classes.clone(),
            scores: ClassificationScores::from_probabilities(&probabilities, &answers, 2).unwrap(),
        }
    };
    let found =
        |scores: &Scores, rows, epochs| no_better_than_constant(scores, Some(&labels), (rows, true), epochs);
    let constant = scores(&|_| 0.26);
    assert_eq!(
        found(&constant, 100, 20).unwrap().kind,
        FindingKind::NoBetterThanConstant
    );
    assert_eq!((found(&constant, 100, 1), found(&constant, 10, 20)), (None, None));
    let ranks = scores(&|row| if row % 4 == 0 { 0.4 } else { 0.2 });
    assert_eq!(found(&ranks, 100, 20), None);
}

#[test]
fn numbers_and_dates_that_are_left_out_as_words() {
    let found = |words: &[&str]| {
        let mut rows = crate::table::Words::default();
        words.iter().for_each(|word| _ = rows.push(word));
        let column = Column {
            name: "c".into(),
            values: Values::Categories(rows.finish()),
        };
        let rows: Vec<u32> = (0..words.len() as u32).collect();
        left_out::find(&column, &rows).map(|finding| (finding.kind, finding.seen))
    };
    let (kind, seen) = found(&["$1", "$2", "€3", "n5x"]).unwrap();
    assert_eq!(kind, FindingKind::LeftOutColumn);
    assert!(
        seen.contains("3 of its 4 words are numbers, such as `$1`; `n5x` is none"),
        "{seen}"
    );
    let (_, seen) = found(&["01/02/2023", "03/04/2023", "later"]).unwrap();
    assert!(seen.contains("2 of its 3 words are dates"), "{seen}");
    for words in [&["a1", "b2", "c3"][..], &["5", "5"], &["x", "y", "7"]] {
        assert!(found(words).is_none(), "{words:?}");
    }
}
