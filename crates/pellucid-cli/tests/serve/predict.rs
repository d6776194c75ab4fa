//! `POST /predict`: JSON, JSON lines and CSV in, the same out, with the digits of `pellucid predict`.

use crate::server::{Server, done, iris_model, people, people_model, plain_model, scratch};
use serde_json::{Value, json};

#[test]
fn csv_is_answered_as_predict_writes_it() {
    let model = people_model();
    let server = Server::start(&[&model]);
    let answer = server.posted("/predict", people());
    let expected = done(&["predict", &model, &scratch("people.csv"), "--proba", "--quiet"]);
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let answer = server.posted("/predict?outputs=prediction", people());
    assert_eq!(
        answer.text(),
        done(&["predict", &model, &scratch("people.csv"), "--quiet"])
    );
}

/// The rows of people as JSON objects.
fn objects() -> Vec<Value> {
    let table = people();
    let mut lines = table.lines().map(|line| line.split(','));
    let names: Vec<&str> = lines.next().unwrap().collect();
    let value = |cell: &str| match cell.parse::<f64>() {
        _ if cell.is_empty() => Value::Null,
        Ok(number) => json!(number),
        Err(_) => json!(cell),
    };
    let object = |cells: std::str::Split<'_, char>| {
        let entries = names
            .iter()
            .zip(cells)
            .map(|(name, cell)| ((*name).to_owned(), value(cell)));
        entries.collect::<serde_json::Map<_, _>>().into()
    };
    lines.map(object).collect()
}

#[test]
fn every_layout_has_the_same_numbers() {
    let server = Server::start(&[&people_model()]);
    let array = server.posted("/predict", json!(objects()).to_string()).json();
    assert_eq!(array.as_array().unwrap().len(), 240);
    let lines: String = objects().iter().map(|row| format!("{row}\n")).collect();
    let answer = server.posted("/predict", &lines);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let of_lines: Vec<Value> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(json!(of_lines), array);
    let csv = server.ask("POST", "/predict", "accept: text/csv\r\n", lines.as_bytes());
    assert_eq!(csv.text(), server.posted("/predict", people()).text());
    let one = server.posted("/predict", objects()[0].to_string());
    let keys: Vec<String> = one.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["prediction", "probability_often", "probability_rarely"]);
    assert_eq!(one.json()["prediction"], array[0]["prediction"]);
}

#[test]
fn contributions_are_of_the_predicted_class_and_add_up() {
    let server = Server::start(&[&iris_model(), "--background", "iris"]);
    let row = json!({ "sepal_length": 6.1, "sepal_width": 2.8, "petal_length": 5.2, "petal_width": 1.9 });
    let path = "/predict?outputs=prediction,probabilities,contributions&model=iris";
    let answer = server.posted(path, row.to_string()).json();
    let number = |key: &str| answer[key].as_f64().unwrap_or_else(|| panic!("{key}: {answer}"));
    let class = answer["prediction"].as_str().unwrap();
    let columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    let sum: f64 = columns
        .iter()
        .map(|column| number(&format!("contribution_{column}")))
        .sum();
    assert!((number("contribution_base") + sum - number(&format!("probability_{class}"))).abs() < 1e-6);
    let expected = server.get("/v2/models/iris").json()["parameters"]["background"].clone();
    assert_eq!(expected, "32 rows of the background table");
}

#[test]
fn what_is_unusual_is_said_beside_the_answer() {
    let server = Server::start(&[&plain_model()]);
    let row = json!({ "age": 5000, "city": "Zürich", "member": null, "income": 1e300 });
    let answer = server.posted("/predict", row.to_string());
    let warnings: Vec<String> = serde_json::from_str(answer.header("pellucid-warnings").unwrap()).unwrap();
    let all = warnings.join("\n");
    for part in [
        "column `age`: numbers far outside",
        "`Zürich`",
        "1 row has no prediction",
        "data row 1",
        "income",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let expected = json!({ "prediction": null, "probability_often": null, "probability_rarely": null });
    assert_eq!(answer.json(), expected);
    let metrics = server.get("/metrics");
    for line in [
        "pellucid_rows_total{model=\"plain\",version=\"1\"} 1",
        "pellucid_unanswered_rows_total{model=\"plain\",version=\"1\"} 1",
        "pellucid_unseen_words_total{model=\"plain\",version=\"1\",column=\"city\"} 1",
        "pellucid_far_numbers_total{model=\"plain\",version=\"1\",column=\"age\"} 1",
        "pellucid_missing_values_total{model=\"plain\",version=\"1\",column=\"member\"} 1",
        "pellucid_requests_total{route=\"predict\",status=\"200\"} 1",
    ] {
        assert!(
            metrics.text().lines().any(|found| found == line),
            "{line}: {}",
            metrics.text()
        );
    }
}
