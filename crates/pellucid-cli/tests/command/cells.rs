//! How the cells of columns are read: missing markers, roles of columns, separators, currency and units.

use crate::driver::{Ended, done, refused, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Case {
    folder: TempDir,
    table: PathBuf,
}

impl Case {
    fn new(table: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        fs::write(&path, table).unwrap();
        Self { folder, table: path }
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("model.safetensors")
    }

    /// Trains; the record and standard error.
    fn train(&self, arguments: &[&str]) -> (Value, String) {
        let model = self.model();
        let common = [
            "train",
            text(&self.table),
            "--out",
            text(&model),
            "--quiet",
            "--json",
        ];
        let Ended { stdout, stderr, .. } = done(&[&common, arguments].concat());
        (serde_json::from_str(&stdout).unwrap(), stderr)
    }

    /// The predictions for another table.
    fn predict(&self, table: &str, arguments: &[&str]) -> String {
        let path = self.new_table(table);
        done(&[&["predict", text(&self.model()), text(&path)], arguments].concat()).stdout
    }

    fn new_table(&self, table: &str) -> PathBuf {
        let path = self.folder.path().join("new.csv");
        fs::write(&path, table).unwrap();
        path
    }
}

fn features(record: &Value) -> Vec<&str> {
    let names = record["feature_names"].as_array().unwrap();
    names.iter().map(|name| name.as_str().unwrap()).collect()
}

fn rows(header: &str, row: impl Fn(usize) -> String) -> String {
    (0..60).fold(format!("{header}\n"), |table, index| table + &row(index) + "\n")
}

fn r2(record: &Value) -> f64 {
    record["metrics"]["training"]["r2"].as_f64().unwrap()
}

#[test]
fn markers_are_missing_in_numbers() {
    let case = Case::new(&rows("x,y", |row| match row % 6 {
        0 => format!("-,{row}"),
        1 => format!("#N/A,{row}"),
        _ => format!("{row},{row}"),
    }));
    let (record, stderr) = case.train(&["--target", "y", "--epochs", "60"]);
    assert_eq!(features(&record), ["x", "x is missing"]);
    let note = "column `x`: `#N/A`, `-` count as missing; rows: 20";
    assert!(stderr.contains(note), "{stderr}");
    assert!(
        record["notes"].as_array().unwrap().contains(&note.into()),
        "{record}"
    );
    let model = done(&["inspect", text(&case.model()), "--json"]).stdout;
    assert!(model.contains("count as missing"), "{model}");
    let missing = case.predict("x\n-\n\nnone\n\"\"\n", &[]);
    let predictions: Vec<&str> = missing.lines().skip(1).collect();
    assert!(
        predictions.len() == 3 && predictions.iter().all(|p| *p == predictions[0]),
        "{missing}"
    );
}

#[test]
fn words_for_missing_values_stay_words_in_a_category() {
    let table = rows("code,y", |row| {
        format!("{},{row}", ["NA", "none", "missing", "-", "DE"][row % 5])
    });
    let case = Case::new(&table);
    let (record, _) = case.train(&["--target", "y", "--epochs", "2"]);
    let by_default = [
        "code=-",
        "code=DE",
        "code=missing",
        "code=none",
        "code is missing",
    ];
    assert_eq!(features(&record), by_default);
    let (record, _) = case.train(&["--target", "y", "--epochs", "2", "--keep-na-words"]);
    let kept = ["code=-", "code=DE", "code=NA", "code=missing", "code=none"];
    assert_eq!(features(&record), kept);
    let path = case.new_table("code\nNA\n");
    let ended = done(&["predict", text(&case.model()), text(&path)]);
    assert!(
        !ended.stderr.contains("not in the training rows"),
        "{}",
        ended.stderr
    );
    let (record, stderr) = case.train(&["--target", "y", "--epochs", "2", "--na", "none,missing", "--na=-"]);
    assert_eq!(features(&record), ["code=DE", "code is missing"]);
    assert!(
        stderr.contains("`-`, `missing`, `none` count as missing; rows: 36"),
        "{stderr}"
    );
    let marked = case.predict("code\nnone\n-\nNA\n", &[]);
    let predictions: Vec<&str> = marked.lines().skip(1).collect();
    assert!(
        predictions.len() == 3 && predictions.iter().all(|p| *p == predictions[0]),
        "{marked}"
    );
}

#[test]
fn a_sentinel_may_be_missing() {
    let case = Case::new(&rows("x,y", |row| {
        let x = if row % 4 == 0 { -999 } else { row as i32 };
        format!("{x},{row}")
    }));
    let (record, stderr) = case.train(&["--target", "y", "--epochs", "2", "--na", "-999"]);
    assert_eq!(features(&record), ["x", "x is missing"]);
    assert!(
        stderr.contains("column `x`: `-999` counts as missing; rows: 15"),
        "{stderr}"
    );
    let predicted = case.predict("x\n-999\n\"\"\n", &[]);
    let predictions: Vec<&str> = predicted.lines().skip(1).collect();
    assert_eq!(predictions[0], predictions[1]);
}

#[test]
fn integer_codes_may_be_categories() {
    let effects = [5, -3, 8, 0, 2];
    let table = rows("code,y", |row| {
        format!("{},{}", row % 5, effects[row % 5] as f64 + 0.01 * row as f64)
    });
    let case = Case::new(&table);
    let recipe = case.folder.path().join("recipe.toml");
    let arguments = [
        "--target",
        "y",
        "--categorical",
        "code",
        "--save-recipe",
        text(&recipe),
    ];
    let (record, _) = case.train(&arguments);
    assert_eq!(
        features(&record),
        ["code=0", "code=1", "code=2", "code=3", "code=4"]
    );
    assert!(r2(&record) > 0.9, "{}", r2(&record));
    assert!(
        fs::read_to_string(&recipe)
            .unwrap()
            .contains("categorical = [\"code\"]")
    );
    let (again, _) = case.train(&["--recipe", text(&recipe)]);
    assert_eq!(again["metrics"], record["metrics"]);
    let predicted = case.predict("code\n2\n2.0\n1\n", &[]);
    let predictions: Vec<f64> = predicted
        .lines()
        .skip(1)
        .map(|line| line.parse().unwrap())
        .collect();
    assert!(
        predictions[0] == predictions[1] && predictions[0] > predictions[2] + 5.0,
        "{predicted}"
    );
    let shown = done(&["data", "show", text(&case.table), "--categorical", "code"]).stdout;
    assert!(has_row(&shown, "code", "words"), "{shown}");
}

#[test]
fn roles_that_are_wrong() {
    let case = Case::new(&rows("size,comment,y", |row| format!("{row},word{row},{row}")));
    let table = text(&case.table);
    let train = |arguments: &[&str], status, expected: &[&str]| {
        refused(
            &[&["train", table, "--target", "y", "--quiet"], arguments].concat(),
            status,
            expected,
        )
    };
    train(
        &["--categorical", "sise"],
        1,
        &["no column `sise`", "did you mean `size`"],
    );
    train(
        &["--numeric", "comment"],
        1,
        &["column `comment`", "`word0` is not a number", "--na", "--drop"],
    );
    train(
        &["--numeric", "size", "--categorical", "size"],
        1,
        &["`size`", "categorical", "numeric"],
    );
    train(&["--decimal", "x"], 2, &["expected . or ,"]);
    refused(
        &["diagnose", "xor-sgd", "--numeric", "x"],
        2,
        &["--numeric is for a table"],
    );
    let (record, stderr) = case.train(&["--target", "y", "--text", "comment", "--epochs", "2"]);
    assert_eq!(features(&record), ["size"]);
    assert!(
        stderr.contains("column `comment` is left out: it is requested as text"),
        "{stderr}"
    );
}

#[test]
fn a_decimal_comma_is_found_and_kept() {
    let table = rows("preis;menge;art", |row| {
        format!(
            "{},{:02};1.{:03};{}",
            row,
            row % 100,
            row,
            ["haus", "wohnung"][row % 2]
        )
    });
    let case = Case::new(&table);
    let (record, stderr) = case.train(&["--target", "preis", "--epochs", "2"]);
    assert_eq!(record["task"], "regression");
    assert!(
        stderr.contains("column `preis` is read as numbers: `59,59` is 59.59"),
        "{stderr}"
    );
    assert!(
        stderr.contains("column `menge` is read as numbers: `1.059` is 1059"),
        "{stderr}"
    );
    let path = case.new_table("preis;menge;art\n1,50;1.000;haus\n2,5;1.001,5;haus\n");
    let ended = done(&["predict", text(&case.model()), text(&path), "--keep-columns"]);
    assert!(ended.stdout.contains("\"1,50\",1.000,haus,"), "{}", ended.stdout);
    assert!(!ended.stderr.contains("far outside"), "{}", ended.stderr);
    done(&["evaluate", text(&case.model()), text(&path)]);
    let unclear = Case::new(&rows("x;y", |row| format!("1,{:03};{row}", 100 + row)));
    let (_, stderr) = unclear.train(&["--target", "y", "--epochs", "2"]);
    assert!(
        stderr.contains("`1,159` is 1159; --decimal , if the comma is a decimal comma"),
        "{stderr}"
    );
    let (_, stderr) = unclear.train(&["--target", "y", "--epochs", "2", "--decimal", ","]);
    assert!(stderr.contains("`1,159` is 1.159\n"), "{stderr}");
    let points = Case::new(&rows("x;y", |row| format!("1.{:03};{row}", 100 + row)));
    let (_, stderr) = points.train(&["--target", "y", "--epochs", "2", "--thousands", "."]);
    assert!(stderr.contains("`1.159` is 1159\n"), "{stderr}");
}

#[test]
fn currency_percent_and_parentheses() {
    let case = Case::new(&rows("price,rate,label", |row| {
        let price = if row % 7 == 0 {
            format!("\"($1,0{row:02}.50)\"")
        } else {
            format!("${row}.50")
        };
        format!("{price},{row}%,{}", ["a", "b"][row % 2])
    }));
    let (record, stderr) = case.train(&["--target", "label", "--epochs", "2"]);
    assert_eq!(features(&record), ["price", "rate"]);
    assert!(
        stderr.contains("column `price` is read as numbers: `($1,056.50)` is -1056.5"),
        "{stderr}"
    );
    assert!(
        stderr.contains("column `rate` is read as numbers: `59%` is 59"),
        "{stderr}"
    );
    case.predict("rate,price\n5%,$5.00\n6%,-\n", &[]);
    let wrong = case.new_table("rate,price\n5%,$5.00\n6%,€7\n");
    let expected = ["column `price`, data row 2", "`€7`", "written like `$1,234.5`"];
    refused(&["predict", text(&case.model()), text(&wrong)], 1, &expected);
    let mixed = Case::new(&rows("price,y", |row| {
        format!("{}{row},{row}", ["$", "€"][row % 2])
    }));
    let path: &Path = &mixed.table;
    let shown = done(&["data", "show", text(path)]).stdout;
    assert!(
        shown.contains("`$0` and `€1` do not have the same currency or unit"),
        "{shown}"
    );
}

#[test]
fn names_with_commas() {
    let case = Case::new(&rows("\"weight, kg\",size,\"my target\"", |row| {
        format!("{row},{},{}", row % 7, ["a", "b"][row % 2])
    }));
    for drop in [["--drop", "weight, kg"], ["--drop", "\"weight, kg\""]] {
        let (record, _) = case.train(&[&["--target", "my target", "--epochs", "2"][..], &drop].concat());
        assert_eq!(features(&record), ["size"], "{drop:?}");
    }
    let (record, _) = case.train(&[
        "--target",
        "my target",
        "--epochs",
        "2",
        "--only",
        "size,weight, kg",
    ]);
    assert_eq!(features(&record), ["weight, kg", "size"]);
    let (record, _) = case.train(&[
        "--target",
        "my target",
        "--epochs",
        "2",
        "--only",
        "size",
        "--only",
        "weight, kg",
    ]);
    assert_eq!(features(&record), ["weight, kg", "size"]);
    let arguments = [
        "train",
        text(&case.table),
        "--target",
        "my target",
        "--drop",
        "weight",
    ];
    refused(&arguments, 1, &["there is no column `weight`"]);
}

/// Whether a table of columns has one of this name and type.
fn has_row(shown: &str, name: &str, kind: &str) -> bool {
    let begins = |line: &str| line.split_whitespace().take(2).eq([name, kind]);
    shown.lines().any(begins)
}

#[test]
fn dates_become_features() {
    let day = |row: usize| format!("2023-{:02}-{:02}", 1 + row / 28, 1 + row % 28);
    let table = rows("when,y", |row| format!("{},{row}", day(row)));
    let case = Case::new(&table);
    let (record, stderr) = case.train(&["--target", "y"]);
    let month = ["when month sine", "when month cosine"];
    let weekday = ["when weekday sine", "when weekday cosine"];
    let of_year = ["when day of year sine", "when day of year cosine"];
    let expected = [&month[..], &weekday, &of_year, &["when elapsed days"]].concat();
    assert_eq!(features(&record), expected);
    assert!(r2(&record) > 0.9, "{}", r2(&record));
    let note = "column `when` is read as dates: the last, `2023-03-04`, is 2023-03-04";
    assert!(stderr.contains(note), "{stderr}");
    let predicted = case.predict("when\n2023-01-15\n2023-02-20\n-\n", &[]);
    let predictions: Vec<f64> = predicted
        .lines()
        .skip(1)
        .map(|line| line.parse().unwrap())
        .collect();
    assert!(predictions[0] < predictions[1], "{predicted}");
    let wrong = case.new_table("when\n31.01.2023\n");
    let expected = ["column `when`, data row 1", "`31.01.2023`", "such as 2023-01-31"];
    refused(&["predict", text(&case.model()), text(&wrong)], 1, &expected);
    let arguments = [
        "--target",
        "y",
        "--date",
        "when",
        "--date-features",
        "weekday,elapsed",
        "--epochs",
        "2",
    ];
    let (record, _) = case.train(&arguments);
    assert_eq!(features(&record), [&weekday[..], &["when elapsed days"]].concat());
    let shown = done(&["data", "show", text(&case.table)]).stdout;
    assert!(
        has_row(&shown, "when", "date") && !shown.contains("`when`: every row"),
        "{shown}"
    );
    let inspected = done(&["inspect", text(&case.model())]).stdout;
    assert!(inspected.contains("date"), "{inspected}");
}

#[test]
fn the_order_of_day_and_month_needs_evidence() {
    let european = Case::new(&rows("when,x,y", |row| {
        format!("{:02}/02/2023 {:02}:30,{row},{row}", 1 + row % 28, row % 24)
    }));
    let (record, stderr) = european.train(&["--target", "y", "--epochs", "2"]);
    assert!(features(&record).contains(&"when hour sine"), "{record}");
    assert!(stderr.contains("is 2023-02-28"), "{stderr}");
    let unclear = Case::new(&rows("when,x,y", |row| {
        format!("{:02}/02/2023,{row},{row}", 1 + row % 12)
    }));
    let (record, stderr) = unclear.train(&["--target", "y", "--epochs", "2"]);
    assert_eq!(features(&record), ["x"]);
    assert!(
        stderr.contains("column `when` is left out: it holds dates"),
        "{stderr}"
    );
    unclear.predict("when,x\n01/02/2023,1\n", &[]);
    let wrong = Case::new(&rows("when,y", |row| format!("day {row},{row}")));
    let arguments = ["train", text(&wrong.table), "--target", "y", "--date", "when"];
    refused(
        &arguments,
        1,
        &["column `when`: dates are requested, but `day 0` is not a date"],
    );
}

#[test]
fn a_validation_file_is_read_as_the_training_file() {
    let case = Case::new(&rows("x;y", |row| format!("{row},5;1.{row:03}")));
    let validation = case.new_table("x;y\n1,5;1.001\n2,5;1.002\n3,5;1.003\n");
    let arguments = ["--target", "y", "--validation", text(&validation)];
    let (record, _) = case.train(&arguments);
    let score = record["metrics"]["validation"]["rmse"].as_f64().unwrap();
    assert!(score < 100.0, "{record}");
}
