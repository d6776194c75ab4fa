use super::*;
use crate::table::{Categories, Column, Table, Values};
use proptest::prelude::*;

pub(super) fn words(names: &[&str]) -> Categories {
    let mut sorted: Vec<String> = names
        .iter()
        .filter(|n| !n.is_empty())
        .map(|&n| n.into())
        .collect();
    sorted.sort();
    sorted.dedup();
    let code = |name: &&str| match sorted.iter().position(|known| known == name) {
        Some(code) => code as u32,
        None => Categories::MISSING,
    };
    let codes = names.iter().map(code).collect();
    Categories { names: sorted, codes }
}

pub(super) fn number(name: &str, values: &[f64]) -> Column {
    Column {
        name: name.into(),
        values: Values::Numbers(values.to_vec()),
    }
}

/// An empty word is a missing one.
pub(super) fn category(name: &str, values: &[&str]) -> Column {
    Column {
        name: name.into(),
        values: Values::Categories(words(values)),
    }
}

pub(super) fn boolean(name: &str, values: &[&str]) -> Column {
    Column {
        name: name.into(),
        values: Values::Booleans(words(values)),
    }
}

pub(super) fn table(columns: Vec<Column>) -> Table {
    Table {
        first_row: 0,
        source: "test.csv".into(),
        columns,
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

pub(super) fn all_rows(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}

fn target_y() -> ColumnChoice {
    ColumnChoice {
        target: vec!["y".into()],
        ..ColumnChoice::default()
    }
}

fn fitted_with(table: &Table, settings: PreparationSettings) -> (Preparation, Vec<String>) {
    let chosen = choose_columns(table, &target_y()).unwrap();
    Preparation::fit(table, &all_rows(table), &chosen, &settings).unwrap()
}

fn fitted(table: &Table) -> Preparation {
    fitted_with(table, PreparationSettings::default()).0
}

fn scaled(scale: Scale) -> PreparationSettings {
    PreparationSettings {
        scale,
        ..PreparationSettings::default()
    }
}

fn unseen(unseen: Unseen) -> PreparationSettings {
    PreparationSettings {
        unseen,
        ..PreparationSettings::default()
    }
}

fn features(preparation: &Preparation, table: &Table) -> Vec<Vec<f64>> {
    let (matrix, _) = preparation.transform::<f64>(table, &all_rows(table)).unwrap();
    matrix.to_rows()
}

fn assert_close(found: &[Vec<f64>], expected: &[&[f64]]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (f, e) in found.iter().zip(*expected) {
            assert!((f - e).abs() < 1e-15, "{found:?} is not {expected:?}");
        }
    }
}

/// StandardScaler().fit_transform([[1], [2], [3], [4]]): mean 2.5, variance (2·1.5² + 2·0.5²) / 4 = 1.25,
/// 1.5 / √1.25 = 3 / √5 and 0.5 / √1.25 = 1 / √5.
#[test]
fn numbers_are_standardised_as_scikit_learn_does() {
    let t = table(vec![
        number("x", &[1.0, 2.0, 3.0, 4.0]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    let outer = 1.3416407864998738;
    let inner = 0.4472135954999579;
    assert_close(
        &features(&fitted(&t), &t),
        &[&[-outer], &[-inner], &[inner], &[outer]],
    );
}

/// MinMaxScaler: (x − 1) / 3. Without a scale numbers stay as they are.
#[test]
fn numbers_are_scaled_to_the_range_or_not_at_all() {
    let t = table(vec![
        number("x", &[1.0, 2.0, 3.0, 4.0]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    let (min_max, _) = fitted_with(&t, scaled(Scale::MinMax));
    assert_close(
        &features(&min_max, &t),
        &[&[0.0], &[1.0 / 3.0], &[2.0 / 3.0], &[1.0]],
    );
    let (none, _) = fitted_with(&t, scaled(Scale::None));
    assert_close(&features(&none, &t), &[&[1.0], &[2.0], &[3.0], &[4.0]]);
}

/// RealMLP's preparation: of 0, 1, 2, 3, 10 the median is 2 and the quartiles are 1 and 3; (10 − 2)/2 = 4 becomes 4/(5/3) = 2.4.
/// Of 0, 0, 0, 4 the quartiles are 0 and 1; of 0, 0, 0, 0, 4 both are 0, and half of the range is 2. Two words are −1 and 1.
#[test]
fn robust_scaling_is_clipped_smoothly() {
    let t = table(vec![
        number("x", &[0.0, 1.0, 2.0, 3.0, 10.0]),
        number("rare", &[0.0, 0.0, 0.0, 0.0, 4.0]),
        boolean("b", &["no", "yes", "", "no", "yes"]),
        boolean("y", &["n", "y", "n", "y", "n"]),
    ]);
    let (preparation, _) = fitted_with(&t, scaled(Scale::Robust));
    let clipped = |x: f64| x / (1.0 + x * x / 9.0).sqrt();
    assert_close(
        &features(&preparation, &t),
        &[
            &[clipped(-1.0), 0.0, -1.0, 0.0],
            &[clipped(-0.5), 0.0, 1.0, 0.0],
            &[0.0, 0.0, 0.0, 1.0],
            &[clipped(0.5), 0.0, -1.0, 0.0],
            &[2.4, clipped(2.0), 1.0, 0.0],
        ],
    );
    let huge = table(vec![
        number("x", &[f64::MAX]),
        number("rare", &[f64::MIN]),
        boolean("b", &["no"]),
    ]);
    let found = preparation.transform::<f64>(&huge, &[0]).unwrap().0;
    assert!((found.values()[0] - 3.0).abs() < 1e-12 && (found.values()[1] + 3.0).abs() < 1e-12);
}

/// scikit-learn's QuantileTransformer(n_quantiles=10, output_distribution="normal") on 0 to 18: 4.5 is a quarter of the way.
#[test]
fn numbers_become_normal_quantiles() {
    let numbers: Vec<f64> = (0..19).map(f64::from).collect();
    let y: Vec<&str> = (0..19).map(|row| ["n", "y"][row % 2]).collect();
    let t = table(vec![number("x", &numbers), boolean("y", &y)]);
    let (preparation, _) = fitted_with(&t, scaled(Scale::Normal));
    let new = table(vec![number("x", &[4.5, 9.0, 0.3, -7.0, 99.0])]);
    let found = preparation.transform::<f64>(&new, &[0, 1, 2, 3, 4]).unwrap().0;
    let expected = [
        -0.674_489_750_196_081_7,
        0.0,
        -2.128_045_234_184_985,
        -5.199_337_582_192_817,
        5.199_337_582_290_661,
    ];
    for (found, expected) in found.values().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}

/// SimpleImputer(strategy="median", add_indicator=True), then MinMaxScaler: the median of 1, 2, 9 is 2, which
/// lies at (2 − 1) / 8.
#[test]
fn a_missing_number_is_the_median_and_marked() {
    let t = table(vec![
        number("x", &[9.0, f64::NAN, 1.0, 2.0]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    let (preparation, _) = fitted_with(&t, scaled(Scale::MinMax));
    assert_eq!(preparation.feature_names(), ["x", "x is missing"]);
    assert_close(
        &features(&preparation, &t),
        &[&[1.0, 0.0], &[0.125, 1.0], &[0.0, 0.0], &[0.125, 0.0]],
    );
    let (_, counts) = preparation.transform::<f64>(&t, &[1, 2]).unwrap();
    assert_eq!(counts.columns[0].missing, 1);
}

/// Mean and deviation are of the filled column, as in a pipeline of SimpleImputer and StandardScaler: 0, 2, 1 have
/// the mean 1 and the variance 2/3; a deviation of present values alone would be 1.
#[test]
fn the_scale_is_that_of_the_filled_column() {
    let t = table(vec![
        number("x", &[0.0, 2.0, f64::NAN]),
        boolean("y", &["n", "y", "n"]),
    ]);
    let preparation = fitted(&t);
    let Transform::Number(number) = &preparation.columns()[0].transform else {
        panic!("numbers are numbers")
    };
    assert_eq!(
        (number.median, number.shift, number.divisor),
        (1.0, 1.0, (2.0f64 / 3.0).sqrt())
    );
}

#[test]
fn a_number_that_changes_only_by_missing_is_divided_by_1() {
    let t = table(vec![
        number("x", &[0.1, 0.1, 0.1, f64::NAN]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    for scale in [Scale::Standardize, Scale::MinMax] {
        let (preparation, _) = fitted_with(&t, scaled(scale));
        assert_close(
            &features(&preparation, &t),
            &[&[0.0, 0.0], &[0.0, 0.0], &[0.0, 0.0], &[0.0, 1.0]],
        );
    }
}

/// OneHotEncoder(): a column a category, sorted.
#[test]
fn words_are_one_hot_in_sorted_order() {
    let t = table(vec![
        category("c", &["red", "", "blue", "red"]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    let preparation = fitted(&t);
    assert_eq!(preparation.feature_names(), ["c=blue", "c=red", "c is missing"]);
    let expected: [&[f64]; 4] = [
        &[0.0, 1.0, 0.0],
        &[0.0, 0.0, 1.0],
        &[1.0, 0.0, 0.0],
        &[0.0, 1.0, 0.0],
    ];
    assert_close(&features(&preparation, &t), &expected);
}

/// no, no, no, yes: mean 1/4, deviation √3/4, so −1/√3 and √3.
#[test]
fn booleans_are_a_standardised_0_or_1() {
    let t = table(vec![
        boolean("b", &["no", "yes", "no", "no"]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    let preparation = fitted(&t);
    assert_eq!(preparation.feature_names(), ["b"]);
    let (no, yes) = (-1.0 / 3f64.sqrt(), 3f64.sqrt());
    assert_close(&features(&preparation, &t), &[&[no], &[yes], &[no], &[no]]);
}

/// As RealMLP has them; the mark of a missing word is ours.
#[test]
fn two_words_are_one_sign_where_scaling_is_robust() {
    let training = table(vec![
        category("c", &["b", "a", "b", "a"]),
        category("d", &["b", "a", "", "a"]),
        boolean("y", &["n", "y", "n", "y"]),
    ]);
    let (preparation, _) = fitted_with(&training, scaled(Scale::Robust));
    assert_eq!(preparation.feature_names(), ["c=b", "d=b", "d is missing"]);
    let expected: [&[f64]; 4] = [
        &[1.0, 1.0, 0.0],
        &[-1.0, -1.0, 0.0],
        &[1.0, 0.0, 1.0],
        &[-1.0, -1.0, 0.0],
    ];
    assert_close(&features(&preparation, &training), &expected);
    // These words mean true and false, but not b and a.
    let other = table(vec![category("c", &["yes", "0"]), category("d", &["a", "b"])]);
    let expected: [&[f64]; 2] = [&[0.0, -1.0, 0.0], &[0.0, 1.0, 0.0]];
    assert_close(&features(&preparation, &other), &expected);
}

#[test]
fn unseen_words_are_treated_as_the_settings_say() {
    let y = || boolean("y", &["n", "y", "n", "y"]);
    let training = table(vec![
        category("c", &["a", "b", "", "b"]),
        category("d", &["a", "b", "a", "b"]),
        boolean("e", &["no", "yes", "", "no"]),
        y(),
    ]);
    let other = table(vec![
        category("c", &["z"]),
        category("d", &[""]),
        category("e", &["perhaps"]),
    ]);
    // The boolean's present values 0, 1, 0 have the median 0; filled, 0, 1, 0, 0, they have the mean 1/4.
    let no = -1.0 / 3f64.sqrt();
    let (zeros, _) = fitted_with(&training, unseen(Unseen::Zeros));
    assert_close(&features(&zeros, &other), &[&[0.0, 0.0, 0.0, 0.0, 0.0, no, 1.0]]);
    let (missing, _) = fitted_with(&training, unseen(Unseen::Missing));
    assert_close(
        &features(&missing, &other),
        &[&[0.0, 0.0, 1.0, 0.0, 0.0, no, 1.0]],
    );
    let (_, counts) = missing.transform::<f32>(&other, &[0]).unwrap();
    let met = |at: usize| {
        let column = &counts.columns[at];
        (column.unseen, column.missing, column.first_unseen.as_deref())
    };
    assert_eq!(
        (met(0), met(1), met(2)),
        ((1, 0, Some("z")), (0, 1, None), (1, 0, Some("perhaps")))
    );
    assert_eq!(
        counts.warnings()[0],
        "column `c`: words that are not in the training rows, first `z`; rows: 1"
    );

    let (error, _) = fitted_with(&training, unseen(Unseen::Error));
    let says = |table: &Table, message: &str| {
        let found = error.transform::<f64>(table, &[0]).unwrap_err().to_string();
        assert_eq!(found, message);
    };
    says(
        &other,
        "test.csv, column `c`, data row 1: `z` is not in any training row; correct it, or let unseen words count as \
         zeros",
    );
    let second = table(vec![
        category("c", &[""]),
        category("d", &[""]),
        category("e", &["no"]),
    ]);
    says(
        &second,
        "test.csv, column `d`, data row 1: the value is missing, and no training row lacks it; correct it, or let unseen \
         words count as zeros",
    );
    let third = table(vec![
        category("c", &["a"]),
        category("d", &["a"]),
        category("e", &["perhaps"]),
    ]);
    says(
        &third,
        "test.csv, column `e`, data row 1: `perhaps` is not in any training row; correct it, or let unseen words count \
         as zeros",
    );
}

#[test]
fn a_column_is_read_as_the_kind_it_had_in_training() {
    let training = table(vec![
        number("n", &[1.0, 2.0, 3.0]),
        category("c", &["1", "2", "x"]),
        boolean("b", &["0", "1", "1"]),
        boolean("y", &["n", "y", "n"]),
    ]);
    let (preparation, _) = fitted_with(&training, scaled(Scale::None));
    // Booleans as words: the preparation reports a third word.
    let kinds = [ColumnKind::Number, ColumnKind::Category, ColumnKind::Category];
    let expected: Vec<_> = ["n", "c", "b"].map(String::from).into_iter().zip(kinds).collect();
    assert_eq!(preparation.expected_columns(), expected);
    let other = table(vec![
        category("n", &["2", " 3.5", ""]),
        number("c", &[2.0, f64::NAN, 1.0]),
        number("b", &[0.0, 1.0, 1.0]),
    ]);
    let expected: [&[f64]; 3] = [
        &[2.0, 0.0, 1.0, 0.0, 0.0],
        &[3.5, 0.0, 0.0, 0.0, 1.0],
        &[2.0, 1.0, 0.0, 0.0, 1.0],
    ];
    assert_close(&features(&preparation, &other), &expected);
    let wordy = table(vec![
        category("n", &["2", "many"]),
        number("c", &[2.0, 1.0]),
        number("b", &[0.0, 1.0]),
    ]);
    assert_eq!(
        preparation
            .transform::<f64>(&wordy, &[0, 1])
            .unwrap_err()
            .to_string(),
        "test.csv, column `n`, data row 2: found the word `many`, but a number is needed here; write a number"
    );
}

#[test]
fn columns_are_left_out_with_a_note() {
    let ids: Vec<String> = (0..30).map(|row| format!("id{row}")).collect();
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids[29] = "";
    let counting: Vec<f64> = (0..30).map(|row| f64::from(row) + 100.0).collect();
    let y: Vec<&str> = (0..30).map(|row| if row % 3 == 0 { "a" } else { "b" }).collect();
    let t = table(vec![
        category("id", &ids),
        number("seven", &[7.0; 30]),
        category("same", &["s"; 30]),
        boolean("yes", &["yes"; 30]),
        number("nothing", &[f64::NAN; 30]),
        category("blank", &[""; 30]),
        number("counter", &counting),
        number("index", &counting),
        category("y", &y),
    ]);
    let (preparation, notes) = fitted_with(&t, PreparationSettings::default());
    assert_eq!(preparation.feature_names(), ["counter"]);
    assert_eq!(
        notes,
        [
            "column `id` is left out: each row has a different word, as identifiers do; name it with --categorical \
             or --only to keep it",
            "column `seven` is left out: it never changes",
            "column `same` is left out: it never changes",
            "column `yes` is left out: it never changes",
            "column `nothing` is left out: it holds no values",
            "column `blank` is left out: it holds no values",
            "column `counter` counts the rows; it is used as a feature: drop it if it should not be",
            "column `index` is left out: it is a row index; name it with --numeric or --only to keep it",
        ]
    );

    let only = |name: &str| ColumnChoice {
        only: vec![name.into()],
        ..target_y()
    };
    let fit = |choice: &ColumnChoice| {
        let chosen = choose_columns(&t, choice).unwrap();
        Preparation::fit(&t, &all_rows(&t), &chosen, &PreparationSettings::default())
    };
    assert_eq!(fit(&only("id")).unwrap().0.width(), 30, "asked for, so kept");
    assert_eq!(
        fit(&only("seven")).unwrap_err().to_string(),
        "test.csv: no feature is left: column `seven` is left out: it never changes"
    );
}

#[test]
fn of_many_names_the_most_frequent_have_a_feature() {
    let mut names: Vec<String> = (0..103).map(|n| format!("n{n:03}")).collect();
    names.extend((3..103).map(|n| format!("n{n:03}"))); // the last 100 twice, the first three once
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let y: Vec<&str> = (0..names.len())
        .map(|r| if r % 2 == 0 { "a" } else { "b" })
        .collect();
    let t = table(vec![category("c", &names), category("y", &y)]);
    let (preparation, notes) = fitted_with(&t, unseen(Unseen::Error));
    assert_eq!(preparation.width(), MOST_NAMES + 1);
    let feature_names = preparation.feature_names();
    assert_eq!(
        (feature_names[0].as_str(), feature_names[100].as_str()),
        ("c=n003", "c is other")
    );
    assert_eq!(
        notes[0],
        "column `c` has 103 different words; the 100 most frequent have a feature each, the others share one; their \
         rows: 3"
    );
    let other = table(vec![category("c", &["n001", "new"])]);
    for row in features(&preparation, &other) {
        assert_eq!(row.iter().sum::<f64>(), 1.0);
        assert_eq!(row[100], 1.0);
    }
}

#[test]
fn far_outside_is_more_than_a_range_away() {
    let t = table(vec![number("x", &[10.0, 20.0]), boolean("y", &["n", "y"])]);
    let other = table(vec![
        number("x", &[0.0, 30.0, -0.1, 30.1, f64::NAN]),
        number("new", &[0.0; 5]),
    ]);
    let (_, mut counts) = fitted(&t).transform::<f64>(&other, &[0, 1, 2, 3, 4]).unwrap();
    assert_eq!(counts.columns[0].outside, 2);
    assert_eq!(counts.extra_columns, ["new"]);
    assert_eq!(
        counts.warnings(),
        [
            "column `x`: numbers far outside the training rows' range; rows: 2",
            "columns unknown in training are ignored: `new`",
        ]
    );
    let mut sum = Counts::default();
    sum.merge(counts.clone());
    sum.merge(counts.clone());
    counts.columns[0].outside = 4;
    counts.columns[0].missing = 2;
    assert_eq!(sum, counts);
}

#[test]
fn every_bad_table_is_an_error_with_its_place() {
    let training = table(vec![
        number("age", &[1.0, 2.0, 3.0]),
        number("weight", &[1.0, 2.0, 4.0]),
        boolean("y", &["n", "y", "n"]),
    ]);
    let preparation = fitted(&training);
    let says = |columns: Vec<Column>, message: &str| {
        let table = table(columns);
        let found = preparation
            .transform::<f32>(&table, &all_rows(&table))
            .unwrap_err();
        assert_eq!(found.to_string(), message);
    };
    says(
        vec![number("Age", &[1.0]), number("weight", &[1.0])],
        "test.csv: there is no column `age`, a feature of the training data; did you mean `Age`?",
    );
    says(
        vec![number("c1", &[1.0]), number("c2", &[1.0])],
        "test.csv: there is no column `age`, a feature of the training data; there are `c1`, `c2`",
    );
    says(
        vec![number("weight", &[1.0]), number("age", &[f64::INFINITY])],
        "test.csv, column `age`, data row 1: inf cannot be used; every number must be finite",
    );
    let found = preparation
        .transform::<f32>(
            &table(vec![number("weight", &[1.0]), number("age", &[1e300])]),
            &[0],
        )
        .unwrap_err()
        .to_string();
    assert!(
        found.ends_with("is too large to compute with, once scaled"),
        "{found}"
    );

    let chosen = choose_columns(&training, &target_y()).unwrap();
    let fit = |table: &Table, rows: &[u32]| {
        Preparation::fit(table, rows, &chosen, &PreparationSettings::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        fit(&training, &[]),
        "test.csv: there are no training rows; at least one is needed"
    );
    let mut huge = training.clone();
    huge.columns[0] = number("age", &[1e308, 1.5e308, -1e308]);
    assert_eq!(
        fit(&huge, &[0, 1, 2]),
        "test.csv, column `age`: the numbers are too large to compute with; divide them by a power of ten, or read a number \
         that stands for a missing value as one, with --na"
    );
}

#[test]
fn columns_are_chosen_by_name() {
    let t = table(
        ["a", "b", "key", "y", "z"]
            .map(|name| number(name, &[1.0]))
            .to_vec(),
    );
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let choice = ColumnChoice {
        target: names(&["y"]),
        drop: names(&["b"]),
        id: Some("key".into()),
        ..ColumnChoice::default()
    };
    let chosen = choose_columns(&t, &choice).unwrap();
    assert_eq!((chosen.features, chosen.named), (names(&["a", "z"]), names(&[])));
    assert_eq!(chosen.targets, names(&["y"]));
    let only = ColumnChoice {
        target: names(&["y"]),
        only: names(&["z", "y", "a"]),
        ..ColumnChoice::default()
    };
    let chosen = choose_columns(&t, &only).unwrap();
    assert_eq!(
        (chosen.features, chosen.named),
        (names(&["a", "z"]), names(&["z", "y", "a"]))
    );

    let choice = |target: &[&str], only: &[&str], drop: &[&str], id: Option<&str>| ColumnChoice {
        group: None,
        time: None,
        target: names(target),
        only: names(only),
        drop: names(drop),
        id: id.map(str::to_owned),
        ..ColumnChoice::default()
    };
    let bad = [
        (
            choice(&[], &[], &[], None),
            "no target is named; choose the column to predict: `a`, `b`, `key`, `y`, `z`",
        ),
        (
            choice(&["kye"], &[], &[], None),
            "there is no column `kye`, which is requested as target; did you mean `key`?",
        ),
        (
            choice(&["y"], &["Key"], &[], None),
            "there is no column `Key`, which is requested as only; did you mean `key`?",
        ),
        (
            choice(&["y"], &[], &["quite_else"], None),
            "there is no column `quite_else`, which is requested as drop; there are `a`, `b`, `key`, `y`, `z`",
        ),
        (
            choice(&["y"], &[], &[], Some("keys")),
            "there is no column `keys`, which is requested as id; did you mean `key`?",
        ),
        (
            choice(&["y"], &[], &["y"], None),
            "column `y` is requested as target and as drop; choose one",
        ),
        (
            choice(&["y"], &[], &[], Some("y")),
            "column `y` is requested as target and as id; choose one",
        ),
        (
            choice(&["y", "y"], &[], &[], None),
            "column `y` is requested as target and as target again; choose one",
        ),
        (
            choice(&["y"], &["a"], &["a"], None),
            "column `a` is requested as only and as drop; choose one",
        ),
        (
            choice(&["y"], &["a"], &[], Some("a")),
            "column `a` is requested as only and as id; choose one",
        ),
        (
            choice(&["y"], &["y"], &[], None),
            "no column is left as a feature; at least one besides the target is needed",
        ),
    ];
    for (choice, message) in bad {
        let found = choose_columns(&t, &choice).unwrap_err().to_string();
        assert_eq!(found, format!("test.csv: {message}"));
    }
    let twins = table(vec![number("a", &[1.0]), number("a", &[1.0])]);
    assert_eq!(
        choose_columns(&twins, &target_y()).unwrap_err().to_string(),
        "test.csv: two columns are called `a`; give each column a different name"
    );
}

#[test]
fn a_saved_preparation_with_an_unknown_key_is_refused() {
    let t = table(vec![number("x", &[1.0, 2.0]), boolean("y", &["n", "y"])]);
    let saved = serde_json::to_string(&fitted(&t)).unwrap();
    assert!(serde_json::from_str::<Preparation>(&saved).is_ok());
    for key in [
        "\"settings\"",
        "\"scale\"",
        "\"transform\"",
        "\"median\"",
        "\"classes\"",
    ] {
        assert_eq!(saved.matches(key).count(), 1, "{key} in {saved}");
        let spoilt = saved.replacen(key, &format!("\"unknown\": 1, {key}"), 1);
        let error = serde_json::from_str::<Preparation>(&spoilt)
            .unwrap_err()
            .to_string();
        assert!(error.contains("unknown field"), "{error}");
    }
}

/// Columns x, w (numbers), c (words), b (booleans) and y (two classes), some values missing.
fn any_table() -> impl Strategy<Value = Table> {
    let number = || prop_oneof![4 => -1e6..1e6f64, 1 => Just(f64::NAN), 1 => Just(-0.0), 1 => Just(2.0)];
    let word = prop::sample::select(vec!["", "a", "b", "c", "other", "is missing"]);
    let flag = prop::sample::select(vec!["", "no", "yes"]);
    let row = (number(), number(), word, flag, any::<bool>());
    prop::collection::vec(row, 4..40).prop_map(|mut rows| {
        // Both classes, and a number that changes, are in the first two rows.
        (rows[0].0, rows[0].4, rows[1].0, rows[1].4) = (0.5, false, 1.5, true);
        let y: Vec<&str> = rows
            .iter()
            .map(|row| if row.4 { "good" } else { "bad" })
            .collect();
        table(vec![
            self::number("x", &rows.iter().map(|row| row.0).collect::<Vec<_>>()),
            self::number("w", &rows.iter().map(|row| row.1).collect::<Vec<_>>()),
            category("c", &rows.iter().map(|row| row.2).collect::<Vec<_>>()),
            boolean("b", &rows.iter().map(|row| row.3).collect::<Vec<_>>()),
            category("y", &y),
        ])
    })
}

fn bits(preparation: &Preparation, table: &Table) -> Vec<u64> {
    let (matrix, _) = preparation.transform::<f64>(table, &all_rows(table)).unwrap();
    matrix.values().iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #[test]
    fn the_order_of_columns_does_not_matter(t in any_table(), turn in 0usize..5) {
        let preparation = fitted(&t);
        let mut turned = t.clone();
        turned.columns.rotate_left(turn);
        prop_assert_eq!(bits(&preparation, &t), bits(&preparation, &turned));
    }

    #[test]
    fn saved_and_read_it_gives_the_same_bits(t in any_table()) {
        let preparation = fitted(&t);
        let read: Preparation = serde_json::from_str(&serde_json::to_string(&preparation).unwrap()).unwrap();
        prop_assert_eq!(bits(&preparation, &t), bits(&read, &t));
        prop_assert_eq!(preparation, read);
    }

    #[test]
    fn only_training_rows_are_used(t in any_table()) {
        let rows = all_rows(&t);
        let mut further = t.clone();
        for column in &mut further.columns {
            match &mut column.values {
                Values::Numbers(numbers) => numbers.extend([f64::INFINITY, f64::NAN, 1e300]),
                Values::Categories(words) | Values::Booleans(words) => {
                    let new = words.names.len() as u32;
                    words.names.push("zzz".into());
                    words.codes.extend([new, Categories::MISSING, 0]);
                }
            }
        }
        // Booleans have two names at most.
        further.columns.retain(|column| column.name != "b");
        let mut plain = t.clone();
        plain.columns.retain(|column| column.name != "b");
        let chosen = choose_columns(&plain, &target_y()).unwrap();
        let settings = PreparationSettings::default();
        let of_further = Preparation::fit(&further, &rows, &chosen, &settings).unwrap();
        prop_assert_eq!(of_further, Preparation::fit(&plain, &rows, &chosen, &settings).unwrap());
    }

    #[test]
    fn training_features_are_standardised_or_one_hot(t in any_table()) {
        let preparation = fitted(&t);
        let rows = features(&preparation, &t);
        let column = |at: usize| rows.iter().map(move |row| row[at]).collect::<Vec<_>>();
        let count = rows.len() as f64;
        let mut at = 0;
        for FeatureColumn { transform, .. } in preparation.columns() {
            match transform {
                Transform::Category(_) => for row in &rows {
                    prop_assert_eq!(row[at..at + transform.width()].iter().sum::<f64>(), 1.0);
                }
                Transform::Number(number)
                | Transform::LargeInteger { number, .. }
                | Transform::Boolean { number, .. } => {
                    let values = column(at);
                    let mean = values.iter().sum::<f64>() / count;
                    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
                    prop_assert!(mean.abs() < 1e-9);
                    let changes = number.minimum < number.maximum;
                    prop_assert!((variance - f64::from(u8::from(changes))).abs() < 1e-9);
                }
                Transform::Date(_) => prop_assert!(false, "numbers are read as dates"),
            }
            at += transform.width();
        }
        prop_assert_eq!(at, preparation.feature_names().len());
    }

    #[test]
    fn any_table_of_these_names_is_transformed_or_refused(
        t in any_table(), other in any_table(), swap in any::<[bool; 4]>(),
        unseen in prop::sample::select(vec![Unseen::Zeros, Unseen::Error, Unseen::Missing]),
    ) {
        let (preparation, _) = fitted_with(&t, super::tests::unseen(unseen));
        let mut other = other;
        for (at, swap) in swap.into_iter().enumerate() {
            if swap {
                other.columns[at].values = other.columns[(at + 2) % 4].values.clone();
            }
        }
        if let Ok((matrix, counts)) = preparation.transform::<f32>(&other, &all_rows(&other)) {
            prop_assert!(matrix.values().iter().all(|value| value.is_finite()));
            prop_assert!(counts.columns.iter().all(|c| c.missing + c.unseen <= other.rows()));
        }
    }
}
