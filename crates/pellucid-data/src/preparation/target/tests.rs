use super::super::tests::{all_rows, boolean, category, number, table};
use super::*;
use crate::table::Column;
use pellucid::data::dataset::Targets;
use proptest::prelude::*;

fn settings(task: Option<Task>) -> PreparationSettings {
    PreparationSettings {
        task,
        ..PreparationSettings::default()
    }
}

fn fit(column: Column, task: Option<Task>) -> Result<TargetPreparation> {
    let (name, table) = (column.name.clone(), table(vec![column]));
    TargetPreparation::fit(&table, &all_rows(&table), &[name], &settings(task))
}

fn task_of(values: &[f64]) -> Task {
    let table = table(vec![number("y", values)]);
    choose_task(&table, &all_rows(&table), &["y".into()], None).unwrap()
}

#[test]
fn few_integers_are_classes_and_other_numbers_are_regression() {
    let cycle = |rows: i32, values: i32| (0..rows).map(|r| f64::from(r % values)).collect::<Vec<_>>();
    assert_eq!(task_of(&cycle(4, 2)), Task::Classification, "two values of four");
    assert_eq!(task_of(&cycle(29, 3)), Task::Regression, "three values of 29");
    assert_eq!(
        task_of(&cycle(30, 3)),
        Task::Classification,
        "one value in ten rows"
    );
    assert_eq!(task_of(&cycle(200, 20)), Task::Classification, "twenty values");
    assert_eq!(task_of(&cycle(4000, 21)), Task::Regression, "too many values");
    assert_eq!(task_of(&[0.5, 1.5, 0.5, 1.5]), Task::Regression, "no integers");
    assert_eq!(task_of(&[-0.0, 0.0, 1.0, 1.0]), Task::Classification, "-0 is 0");
}

#[test]
fn the_caller_may_overrule_the_choice() {
    let values = [1.0, 2.0, 3.0, 10.0, 10.0];
    let classes = fit(number("y", &values), Some(Task::Classification)).unwrap();
    assert_eq!(classes.classes(), ["1", "2", "3", "10"], "sorted as numbers");
    assert_eq!(classes.outputs(), 4);
    let regression = fit(number("y", &[0.0, 1.0, 1.0, 0.0]), Some(Task::Regression)).unwrap();
    let TargetPreparation::Regression { columns } = regression else {
        panic!("regression was asked for")
    };
    assert_eq!((columns[0].mean, columns[0].std), (0.5, 0.5));
}

#[test]
fn two_classes_are_one_output() {
    let t = table(vec![boolean("y", &["no", "yes", "yes"])]);
    let binary = TargetPreparation::fit(&t, &[0, 1, 2], &["y".into()], &settings(None)).unwrap();
    assert_eq!(binary.outputs(), 1);
    let Targets::Dense(encoded) = binary.encode::<f32>(&t, &[0, 1, 2]).unwrap() else {
        panic!("two classes are 0 and 1")
    };
    assert_eq!(encoded.values(), [0.0, 1.0, 1.0]);
    let outputs = Matrix::new(3, 1, vec![0.25, 0.5, 0.75]).unwrap();
    let Predictions::Classes {
        classes,
        labels,
        probabilities,
    } = binary.decode::<f64>(&outputs).unwrap()
    else {
        panic!("classes")
    };
    assert_eq!(
        (classes, labels),
        (vec!["no".into(), "yes".into()], vec![0, 0, 1])
    );
    assert_eq!(probabilities.values(), [0.75, 0.25, 0.5, 0.5, 0.25, 0.75]);
}

#[test]
fn false_comes_before_true_whatever_the_words() {
    let words = Categories {
        names: vec!["wrong".into(), "right".into()],
        codes: vec![1, 0],
    };
    let column = Column {
        name: "y".into(),
        values: Values::Booleans(words),
    };
    assert_eq!(fit(column, None).unwrap().classes(), ["wrong", "right"]);
}

/// The vowels of a public table are words such as `had` and `hAd`, whose capitals tell them apart.
#[test]
fn capitals_within_a_word_are_no_other_spelling() {
    let classes = |words: &[&str]| {
        let t = table(vec![category("y", words)]);
        let fitted = TargetPreparation::fit(&t, &all_rows(&t), &["y".into()], &settings(None)).unwrap();
        fitted.classes().to_vec()
    };
    assert_eq!(
        classes(&["hAd", "had", "hEd", "hed"]),
        ["hAd", "hEd", "had", "hed"]
    );
    assert_eq!(
        classes(&["NEW YORK", "New York", "New York", "Rome"]),
        ["New York", "Rome"]
    );
    assert_eq!(classes(&["Rome", "rome", "rome", "ROME", "x"]), ["rome", "x"]);
}

#[test]
fn classes_of_numbers_are_found_in_any_spelling() {
    let t = table(vec![number("y", &[1.0, 2.0, 3.0])]);
    let fitted = TargetPreparation::fit(
        &t,
        &[0, 1, 2],
        &["y".into()],
        &settings(Some(Task::Classification)),
    )
    .unwrap();
    let other = table(vec![category("y", &["3.0", "1", "2.00"])]);
    let labels = fitted.labels(&other, &[0, 1, 2]).unwrap().unwrap();
    assert_eq!(labels.labels, [2, 0, 1]);
    let Predictions::Classes { labels, .. } = fitted
        .decode(&Matrix::new(2, 3, vec![0.2f32, 0.5, 0.3, 0.4, 0.2, 0.4]).unwrap())
        .unwrap()
    else {
        panic!("classes")
    };
    assert_eq!(labels, [1, 0], "of two equals the first");
}

#[test]
fn several_numbers_are_several_outputs() {
    let t = table(vec![number("a", &[1.0, 3.0]), number("b", &[10.0, 30.0])]);
    let fitted = TargetPreparation::fit(&t, &[0, 1], &["b".into(), "a".into()], &settings(None)).unwrap();
    let Targets::Dense(encoded) = fitted.encode::<f64>(&t, &[0, 1]).unwrap() else {
        panic!("numbers")
    };
    assert_eq!(encoded.values(), [-1.0, -1.0, 1.0, 1.0]);
    let Predictions::Numbers { columns, values } = fitted.decode(&encoded).unwrap() else {
        panic!("numbers")
    };
    assert_eq!(
        (columns.join(" "), values.values()),
        ("b a".into(), &[10.0, 1.0, 30.0, 3.0][..])
    );
}

#[test]
fn every_bad_target_is_an_error_with_its_place() {
    let says = |result: Result<TargetPreparation>, message: &str| {
        assert_eq!(result.unwrap_err().to_string(), format!("test.csv{message}"));
    };
    says(
        fit(category("y", &["a", "", "b", ""]), None),
        ", column `y`, data row 2: the target is missing, first here, in 2 rows; remove those rows, or leave them out with \
         --drop-missing-target (`train`, `tune`, `diagnose`, `evaluate`, `importance`)",
    );
    says(
        fit(number("y", &[1.5, 2.5, f64::NAN]), None),
        ", column `y`, data row 3: the target is missing; remove this row, or leave it out with --drop-missing-target \
         (`train`, `tune`, `diagnose`, `evaluate`, `importance`)",
    );
    let nothing_to_learn = "so there is nothing to learn; choose another target, or other rows";
    says(
        fit(category("y", &["a", "a"]), None),
        &format!(", column `y`: the target is `a` in every training row, {nothing_to_learn}"),
    );
    says(
        fit(number("y", &[1.5, 1.5]), None),
        &format!(", column `y`: the target is 1.5 in every training row, {nothing_to_learn}"),
    );
    says(
        fit(category("y", &["1", "b"]), Some(Task::Regression)),
        ", column `y`, data row 2: found the word `b`, but a number is needed here; write a number",
    );
    says(
        fit(number("y", &[1.5, f64::INFINITY]), None),
        ", column `y`, data row 2: inf cannot be used; every number must be finite",
    );
    says(
        fit(number("y", &[1e308, -1e308]), Some(Task::Regression)),
        ", column `y`: the numbers are too large to compute with; divide them by a power of ten",
    );
    let t = table(vec![number("a", &[1.0, 2.0]), category("b", &["x", "y"])]);
    let fit_all = |targets: &[&str], task| {
        let targets: Vec<String> = targets.iter().map(|&name| name.into()).collect();
        TargetPreparation::fit(&t, &[0, 1], &targets, &settings(task))
    };
    says(fit_all(&[], None), ": no target is named; at least one is needed");
    says(
        fit_all(&["c"], None),
        ": there is no column `c`, a target of the training data; there are `a`, `b`",
    );
    says(
        TargetPreparation::fit(
            &table(vec![
                number("a", &[1.0, 2.0, 1.0]),
                category("b", &["x", "y", "z"]),
            ]),
            &[0, 1, 2],
            &["a".into(), "b".into()],
            &PreparationSettings {
                task: Some(Task::Classification),
                ..PreparationSettings::default()
            },
        ),
        ", column `b`: it has 3 classes: `x`, `y`, `z`; several targets can be learned as classes only if each has two; \
         choose one target",
    );
    says(
        fit_all(&["a", "b"], None),
        ", column `b`, data row 1: found the word `x`, but a number is needed here; write a number",
    );

    let fitted = fit_all(&["b"], None).unwrap();
    let other = table(vec![category("b", &["x", "z"])]);
    assert_eq!(
        fitted.encode::<f32>(&other, &[0, 1]).unwrap_err().to_string(),
        "test.csv, column `b`, data row 2: `z` is not a class of the training rows, which are `x`, `y`"
    );
    let outputs = Matrix::<f32>::new(1, 2, vec![0.5; 2]).unwrap();
    assert_eq!(
        fitted.decode(&outputs).unwrap_err().to_string(),
        "the network has 2 outputs, but 1 as the targets have was expected"
    );
}

proptest! {
    #[test]
    fn numbers_come_back_from_their_encoding(values in prop::collection::vec(-1e9..1e9f64, 2..40)) {
        let t = table(vec![number("y", &values)]);
        let rows = all_rows(&t);
        let Ok(fitted) = TargetPreparation::fit(&t, &rows, &["y".into()], &settings(Some(Task::Regression))) else {
            prop_assert!(values.iter().all(|value| *value == values[0]));
            return Ok(());
        };
        let Targets::Dense(encoded) = fitted.encode::<f64>(&t, &rows).unwrap() else {
            panic!("numbers")
        };
        let Predictions::Numbers { values: decoded, .. } = fitted.decode(&encoded).unwrap() else {
            panic!("numbers")
        };
        for (decoded, value) in decoded.values().iter().zip(&values) {
            prop_assert!((decoded - value).abs() < 1e-5, "{} from {}", decoded, value);
        }
    }

    #[test]
    fn classes_come_back_from_their_labels(words in prop::collection::vec("[a-d]", 2..40)) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let t = table(vec![category("y", &words)]);
        let rows = all_rows(&t);
        if let Ok(fitted) = TargetPreparation::fit(&t, &rows, &["y".into()], &settings(None)) {
            let labels = fitted.labels(&t, &rows).unwrap().unwrap();
            let back: Vec<&str> = labels.labels.iter().map(|&l| labels.classes[l as usize].as_str()).collect();
            prop_assert_eq!(back, words);
            prop_assert!(labels.counts().iter().all(|&count| count > 0));
        }
    }
}
