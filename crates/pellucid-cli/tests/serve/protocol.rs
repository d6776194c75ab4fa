//! The Open Inference Protocol: its paths, its tensors, and that the numbers are those of `pellucid predict`.

use crate::server::{Server, done, income_model, iris_model, people, people_model, scratch};
use serde_json::{Value, json};

/// The columns of a text of CSV, by name.
fn columns(csv: &str) -> Vec<(String, Vec<String>)> {
    let mut lines = csv
        .lines()
        .map(|line| line.split(',').map(|cell| cell.trim_matches('"').to_owned()));
    let names: Vec<String> = lines.next().unwrap().collect();
    let rows: Vec<Vec<String>> = lines.map(Iterator::collect).collect();
    let column = |place: usize| rows.iter().map(|row: &Vec<String>| row[place].clone()).collect();
    names
        .into_iter()
        .enumerate()
        .map(|(place, name)| (name, column(place)))
        .collect()
}

fn column<'a>(columns: &'a [(String, Vec<String>)], name: &str) -> &'a [String] {
    &columns
        .iter()
        .find(|(other, _)| other == name)
        .unwrap_or_else(|| panic!("no {name}"))
        .1
}

fn tensor(name: &str, datatype: &str, data: Vec<Value>) -> Value {
    json!({ "name": name, "shape": [data.len()], "datatype": datatype, "data": data })
}

/// The rows of people as tensors.
fn people_tensors() -> Vec<Value> {
    let table = columns(&people());
    let numbers = |name: &str| {
        let number = |cell: &String| cell.parse::<f64>().map_or(Value::Null, Value::from);
        column(&table, name).iter().map(number).collect()
    };
    let words = |name: &str| column(&table, name).iter().map(|word| json!(word)).collect();
    vec![
        tensor("city", "BYTES", words("city")),
        tensor(
            "age",
            "INT64",
            column(&table, "age")
                .iter()
                .map(|age| json!(age.parse::<i64>().unwrap()))
                .collect(),
        ),
        tensor("income", "FP64", numbers("income")),
        tensor("member", "BYTES", words("member")),
    ]
}

fn output<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let outputs = answer["outputs"].as_array().unwrap();
    outputs
        .iter()
        .find(|output| output["name"] == name)
        .unwrap_or_else(|| panic!("no {name}: {answer}"))
}

#[test]
fn tensors_have_the_answers_of_predict_to_the_bit() {
    let model = people_model();
    let server = Server::start(&[&model]);
    let body = json!({ "id": "7", "inputs": people_tensors() });
    let answer = server.posted("/v2/models/people/infer", body.to_string()).json();
    assert_eq!(
        (&answer["model_name"], &answer["model_version"], &answer["id"]),
        (&json!("people"), &json!("1"), &json!("7"))
    );
    let predicted = columns(&done(&[
        "predict",
        &model,
        &scratch("people.csv"),
        "--proba",
        "--quiet",
    ]));
    let labels: Vec<Value> = column(&predicted, "prediction")
        .iter()
        .map(|label| json!(label))
        .collect();
    let of_classes = output(&answer, "prediction");
    assert_eq!(
        (&of_classes["datatype"], &of_classes["shape"]),
        (&json!("BYTES"), &json!([240]))
    );
    assert_eq!(of_classes["data"], json!(labels));
    let probabilities = output(&answer, "probabilities");
    assert_eq!(probabilities["shape"], json!([240, 2]));
    for (place, class) in ["often", "rarely"].iter().enumerate() {
        let expected = column(&predicted, &format!("probability_{class}"));
        let found = probabilities["data"]
            .as_array()
            .unwrap()
            .iter()
            .skip(place)
            .step_by(2);
        for (found, expected) in found.zip(expected) {
            assert_eq!(
                found.as_f64().unwrap().to_bits(),
                expected.parse::<f64>().unwrap().to_bits()
            );
        }
    }
}

#[test]
fn one_tensor_of_all_columns_is_the_same_as_one_for_each() {
    let model = iris_model();
    let server = Server::start(&[&model]);
    let rows = [[5.1, 3.5, 1.4, 0.2], [6.0, 2.9, 4.5, 1.5], [6.3, 3.3, 6.0, 2.5]];
    let names = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    let of_each = |at: usize| tensor(names[at], "FP32", rows.iter().map(|row| json!(row[at])).collect());
    let each = json!({ "inputs": (0..4).map(of_each).collect::<Vec<_>>() });
    let nested =
        json!({ "inputs": [{ "name": "input-0", "shape": [3, 4], "datatype": "FP64", "data": rows }] });
    let flat: Vec<f64> = rows.concat();
    let flat = json!({ "inputs": [{ "name": "x", "shape": [3, 4], "datatype": "FP64", "data": flat }] });
    let path = "/v2/models/iris/versions/1/infer";
    let expected = server.posted(path, each.to_string()).json();
    assert_eq!(server.posted(path, nested.to_string()).json(), expected);
    assert_eq!(server.posted(path, flat.to_string()).json(), expected);
    // One row alone, as one row of a file: the shape picks the kernel.
    let csv = scratch("one-iris.csv");
    std::fs::write(&csv, format!("{}\n6.3,3.3,6,2.5\n", names.join(","))).unwrap();
    let predicted = columns(&done(&["predict", &model, &csv, "--proba", "--quiet"]));
    let one = json!({ "inputs": [{ "name": "x", "shape": [1, 4], "datatype": "FP32", "data": [6.3, 3.3, 6, 2.5] }] });
    let answer = server.posted(path, one.to_string()).json();
    let expected = ["setosa", "versicolor", "virginica"].map(|class| {
        column(&predicted, &format!("probability_{class}"))[0]
            .parse::<f64>()
            .unwrap()
    });
    assert_eq!(output(&answer, "probabilities")["data"], json!(expected));
}

#[test]
fn outputs_are_those_that_are_asked_for() {
    let server = Server::start(&[
        &income_model(),
        &people_model(),
        "--background",
        &format!("people={}", scratch("people.csv")),
    ]);
    let inputs: Vec<Value> = people_tensors()
        .into_iter()
        .map(|mut tensor| {
            let first: Vec<Value> = tensor["data"].as_array().unwrap()[..2].to_vec();
            tensor["shape"] = json!([2]);
            tensor["data"] = json!(first);
            tensor
        })
        .collect();
    let without_income: Vec<Value> = inputs
        .iter()
        .filter(|tensor| tensor["name"] != "income")
        .cloned()
        .collect();
    let with_target = [
        without_income,
        vec![tensor("buys", "BYTES", vec![json!("often"); 2])],
    ]
    .concat();
    let body = json!({
        "inputs": with_target,
        "outputs": [{ "name": "prediction" }, { "name": "interval", "parameters": { "level": 0.8 } }],
    });
    let answer = server.posted("/v2/models/income/infer", body.to_string()).json();
    assert_eq!(answer["outputs"].as_array().unwrap().len(), 2);
    let (numbers, ends) = (output(&answer, "prediction"), output(&answer, "interval"));
    assert_eq!(ends["shape"], json!([2, 1, 2]));
    let number = |value: &Value, at: usize| value["data"][at].as_f64().unwrap();
    let csv = scratch("two-people.csv");
    std::fs::write(
        &csv,
        people()
            .lines()
            .take(3)
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
    .unwrap();
    let predicted = columns(&done(&[
        "predict",
        &income_model(),
        &csv,
        "--interval",
        "0.8",
        "--quiet",
    ]));
    for row in 0..2 {
        let expected = |name: &str| column(&predicted, name)[row].parse::<f64>().unwrap();
        assert_eq!(number(numbers, row), expected("prediction"));
        assert_eq!(number(ends, 2 * row), expected("prediction_lower"));
        assert_eq!(number(ends, 2 * row + 1), expected("prediction_upper"));
    }

    let body =
        json!({ "inputs": inputs, "outputs": [{ "name": "contributions" }, { "name": "probabilities" }] });
    let answer = server.posted("/v2/models/people/infer", body.to_string()).json();
    let (parts, probabilities) = (output(&answer, "contributions"), output(&answer, "probabilities"));
    assert_eq!(parts["shape"], json!([2, 2, 4]));
    for row in 0..2 {
        for class in 0..2 {
            let sum: f64 = (0..4)
                .map(|column| number(parts, (row * 2 + class) * 4 + column))
                .sum();
            let base = parts["parameters"]["base"][class].as_f64().unwrap();
            assert!((base + sum - number(probabilities, row * 2 + class)).abs() < 1e-6);
        }
    }
}

#[test]
fn a_model_describes_itself() {
    let server = Server::start(&[&people_model()]);
    assert_eq!(server.get("/v2").json()["name"], "pellucid");
    assert_eq!(server.get("/v2/health/live").json(), json!({ "live": true }));
    assert_eq!(server.get("/v2/models/people/ready").json()["ready"], true);
    let model = server.get("/v2/models/people").json();
    assert_eq!(model["versions"], json!(["1"]));
    let input = |name: &str| {
        let inputs = model["inputs"].as_array().unwrap();
        inputs.iter().find(|input| input["name"] == name).unwrap().clone()
    };
    assert_eq!(input("age")["datatype"], "FP64");
    assert_eq!(input("age")["parameters"]["minimum"], 20.0);
    assert_eq!(
        input("city")["parameters"]["words"],
        json!(["Lima", "Oslo", "Rome"])
    );
    assert_eq!(input("member")["parameters"]["kind"], "boolean");
    let outputs: Vec<&Value> = model["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|output| &output["name"])
        .collect();
    assert_eq!(outputs, ["prediction", "probabilities", "contributions"]);
    let index = server.post("/v2/repository/index", "").json();
    assert_eq!(
        index,
        json!([{ "name": "people", "version": "1", "state": "READY", "reason": "" }])
    );
    let api = server.get("/openapi.json").json();
    assert_eq!(api["openapi"], "3.1.0");
    assert!(api["components"]["schemas"]["Row-people-1"]["properties"]["age"].is_object());
}
