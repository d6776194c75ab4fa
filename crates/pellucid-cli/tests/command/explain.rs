//! `pellucid explain`: its formats, its widths, and what it refuses.

use crate::driver::{command, done, refused, text};
use serde_json::Value;

fn json(arguments: &[&str]) -> Value {
    let ended = done(&[&["explain"], arguments, &["--quiet", "--format", "json"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

fn at_width(columns: &str, arguments: &[&str]) -> String {
    let mut command = command();
    command
        .args([&["explain"], arguments].concat())
        .env("COLUMNS", columns);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

const WIDE: &str = r#"
[data]
source = "regression"
rows = 40
features = 60
noise = 0.1
[network]
layers = [60, 50, 1]
activation = ["relu", "identity"]
[train]
loss = "squared_error"
learning_rate = 0.01
batch_size = 16
epochs = 2
"#;

fn wide(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("wide.toml");
    std::fs::write(&path, WIDE).unwrap();
    text(&path).to_string()
}

#[test]
fn text_fits_the_terminal_and_says_what_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = wide(&folder);
    let mut lengths = Vec::new();
    for columns in ["80", "200"] {
        for arguments in [&["xor-by-hand"][..], &[&recipe], &[&recipe, "--unit", "1:30"]] {
            let said = at_width(columns, arguments);
            let longest = said.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(
                longest <= columns.parse().unwrap(),
                "{longest} of {columns}: {said}"
            );
            assert_eq!(said.contains("--full shows every number"), arguments[0] == recipe);
            assert!(!said.contains('\u{1b}'), "coloured: {said}");
        }
        lengths.push(at_width(columns, &[&recipe]).matches("unit 1").count());
    }
    let full = at_width("80", &[&recipe, "--full"]);
    assert!(
        full.contains("unit 37") && full.contains("input 41") && !full.contains("--full"),
        "{full}"
    );
    assert!(!at_width("80", &[&recipe]).contains("unit 37"));
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let coloured = done(&["explain", "xor-by-hand", "--color", "always"]).stdout;
    assert!(coloured.contains("\u{1b}[36m"));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
    }
    plain.push_str(rest);
    assert_eq!(plain, done(&["explain", "xor-by-hand"]).stdout);
    assert_eq!(
        plain,
        done(&["explain", "xor-by-hand", "--color", "never"]).stdout
    );
}

#[test]
fn a_unit_is_shown_with_every_product_of_its_sum() {
    let said = done(&["explain", "xor-by-hand", "--unit", "2:1", "--row", "2"]).stdout;
    for expected in [
        "Unit 1 of the output layer, in full",
        "unit 1             0.58856  −0.017  −0.010005",
        "−0.32114",
        "sum z",
        "−0.27419",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let unit = &json(&["xor-by-hand", "--unit", "1:2"])["unit"];
    let sample = &unit["samples"][1];
    let products = sample["products"].as_array().unwrap();
    let sum: f64 = products
        .iter()
        .map(|product| product["product"].as_f64().unwrap())
        .sum();
    assert!((sum - sample["z"].as_f64().unwrap()).abs() < 1e-15);
    let back = sample["comes_back"].as_array().unwrap();
    let back: f64 = back
        .iter()
        .map(|product| product["product"].as_f64().unwrap())
        .sum();
    assert!((back - sample["d_loss_d_activation"].as_f64().unwrap()).abs() < 1e-15);
    for weight in unit["weights"].as_array().unwrap() {
        let products = weight["products"].as_array().unwrap();
        let sum: f64 = products.iter().map(|product| product.as_f64().unwrap()).sum();
        assert!((sum - weight["d_loss_d_weight"].as_f64().unwrap()).abs() < 1e-15);
    }
}

#[test]
fn files_are_written_as_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [
        ("xor.md", "\\begin{pmatrix}"),
        ("xor.html", "<math"),
        ("xor.json", "\"d_loss_d_weights\""),
        ("xor.txt", "z⁽¹⁾ = x·W⁽¹⁾"),
    ] {
        let path = folder.path().join(name);
        let ended = done(&["explain", "xor-by-hand", "-o", text(&path)]);
        assert_eq!(ended.stdout, "");
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written.contains(expected), "{name}");
    }
    let markdown = std::fs::read_to_string(folder.path().join("xor.md")).unwrap();
    assert_eq!(markdown.matches("$$\n").count() % 2, 0);
    let formulas: Vec<&str> = markdown.split("$$\n").skip(1).step_by(2).collect();
    for formula in formulas {
        let braces = |brace| formula.matches(brace).count();
        assert_eq!(braces('{'), braces('}'), "{formula}");
        assert!(!formula.contains("\n\n"), "{formula}");
    }
    let page = std::fs::read_to_string(folder.path().join("xor.html")).unwrap();
    let page = page.replace("\"http://www.w3.org/2000/svg\"", "the name of SVG");
    for outside in ["http:", "https:", "//cdn", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn epochs_and_steps_are_counted_as_the_recipe_counts() {
    let first = json(&["xor-sgd"]);
    assert_eq!(
        (&first["position"]["step"], &first["position"]["steps_per_epoch"]),
        (&1.into(), &4.into())
    );
    let step = json(&["xor-sgd", "--step", "7"]);
    let within = &step["position"];
    let epoch = first["position"]["epoch"].as_u64().unwrap() + 1;
    assert_eq!((&within["epoch"], &within["step"]), (&epoch.into(), &3.into()));
    let same = json(&["xor-sgd", "--epoch", &epoch.to_string(), "--step", "3"]);
    assert_eq!(step["layers"], same["layers"]);
    // The step before leaves what this one starts from.
    let before = json(&["xor-sgd", "--step", "6"]);
    for layer in 0..2 {
        assert_eq!(
            before["layers"][layer]["weights_after"],
            step["layers"][layer]["weights"]
        );
        assert_eq!(
            before["layers"][layer]["bias_after"],
            step["layers"][layer]["bias"]
        );
    }
    let rows = json(&["xor-sgd", "--step", "7", "--rows", "2..3"]);
    assert_eq!(rows["rows"], serde_json::json!([2, 3]));
    assert_eq!(rows["layers"][0]["weights"], step["layers"][0]["weights"]);
}

#[test]
fn a_model_takes_its_next_step_on_the_rows_of_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("iris.safetensors");
    done(&[
        "train",
        "iris",
        "--preset",
        "plain",
        "--epochs",
        "3",
        "--hidden",
        "6",
        "--quiet",
        "--out",
        text(&model),
    ]);
    let record = json(&[text(&model), "--data", "iris", "--rows", "1..2"]);
    assert_eq!(record["rows"], serde_json::json!([1, 2]));
    assert_eq!(record["output_names"].as_array().unwrap().len(), 3);
    assert_eq!(record["input_names"].as_array().unwrap().len(), 4);
    assert_eq!(record["update"]["is_plain"], false);
    let memory = &record["layers"][0]["update"]["memory"];
    assert_eq!(
        (&memory[0]["name"], &memory[1]["name"]),
        (&"m".into(), &"v".into())
    );
    // Adam's first step is by the learning rate, whichever way.
    let numbers = |value: &Value| -> Vec<f64> {
        let rows = value.as_array().unwrap().iter();
        rows.flat_map(|row| row.as_array().unwrap())
            .map(|x| x.as_f64().unwrap())
            .collect()
    };
    let layer = &record["layers"][1];
    let moved = numbers(&layer["weights"])
        .into_iter()
        .zip(numbers(&layer["weights_after"]));
    let largest = moved
        .map(|(before, after)| (before - after).abs())
        .fold(0.0, f64::max);
    assert!((largest - 1e-3).abs() < 1e-5, "{largest}");
    let said = done(&["explain", text(&model), "--data", "iris", "--row", "1"]).stdout;
    for expected in [
        "note: The step that training would take next",
        "Adam",
        "setosa",
        "m ← 0.9·m + 0.1·g",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("iris.safetensors");
    done(&["train", "iris", "--epochs", "1", "--quiet", "--out", text(&model)]);
    let model = text(&model);
    for (arguments, expected) in [
        (&["xor-by-hand", "--row", "5"][..], &["--row 5", "4 rows"][..]),
        (&["xor-by-hand", "--rows", "3..9"], &["--rows 3..9", "4 rows"]),
        (&["xor-by-hand", "--row", "0"], &["counted from 1"]),
        (&["xor-by-hand", "--rows", "3..1"], &["such as 2..4"]),
        (
            &["xor-by-hand", "--row", "1", "--rows", "1..2"],
            &["cannot be used with"],
        ),
        (
            &["xor-by-hand", "--epoch", "400001"],
            &["--epoch 400001", "1 to 400000", "train.epochs"],
        ),
        (
            &["xor-by-hand", "--epoch", "1", "--step", "2"],
            &["--step 2", "1 step"],
        ),
        (&["xor-sgd", "--step", "40001"], &["--step 40001", "40000 steps"]),
        (
            &["xor-by-hand", "--unit", "3:1"],
            &["--unit 3:1", "layers are 1 to 2"],
        ),
        (&["xor-by-hand", "--unit", "1:4"], &["--unit 1:4", "units 1 to 3"]),
        (&["xor-by-hand", "--unit", "x"], &["such as 2:1"]),
        (
            &["xor-by-hand", "-o", "xor.pdf"],
            &["xor.pdf", ".md, .html, .json or .txt"],
        ),
        (&["xor-by-hnad"], &["did you mean `xor-by-hand`?"]),
        (
            &["xor-by-hand", "--delimiter", ";"],
            &["--delimiter", "this is a recipe"],
        ),
        (&[model], &["--data", "holds no samples"]),
        (
            &[model, "--data", "iris", "--epoch", "1"],
            &["--epoch is for a recipe", "trained already"],
        ),
        (
            &[model, "--data", "iris", "--row", "151"],
            &["--row 151", "150 rows"],
        ),
    ] {
        refused(&[&["explain"], arguments].concat(), 2, expected);
    }
    refused(
        &["explain", "not-there.safetensors", "--data", "iris"],
        1,
        &["not-there.safetensors"],
    );
}

/// XOR by L-BFGS, which has no learning rate.
fn by_lbfgs(folder: &tempfile::TempDir) -> String {
    let recipe = done(&["recipes", "xor-by-hand"]).stdout;
    let recipe = recipe
        .replace("learning_rate = 0.6\n", "")
        .replace("\"sgd\"", "\"lbfgs\"");
    let path = folder.path().join("lbfgs.toml");
    std::fs::write(&path, recipe).unwrap();
    text(&path).to_string()
}

#[test]
fn l_bfgs_has_its_gradient_explained() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = by_lbfgs(&folder);
    let said = done(&["explain", &recipe]).stdout;
    assert!(
        said.contains("note: L-BFGS works on all samples at once"),
        "{said}"
    );
    assert!(said.contains("∂L/∂W⁽¹⁾") && !said.contains("new W"), "{said}");
    assert!(json(&[&recipe])["layers"][0]["weights_after"].is_null());
    refused(
        &["explain", &recipe, "--epoch", "2"],
        2,
        &["L-BFGS", "all samples at once"],
    );
}

#[test]
fn every_part_of_a_run_has_its_words() {
    for (settings, expected) in [
        (
            &["train.optimizer={name=\"sgd\",momentum=0.9}"][..],
            &["velocity ← 0.9·velocity + g"][..],
        ),
        (
            &["train.l2=0.1"],
            &[
                "what the penalties add",
                "the gradient that the optimizer receives",
            ],
        ),
        (
            &["train.update=\"top-down\""],
            &["note: The layers are updated from the output down", "(new W⁽²⁾)ᵀ"],
        ),
        (
            &["train.dropout=0.5"],
            &["dropout", "h⁽¹⁾ = a⁽¹⁾ ⊙ m⁽¹⁾", "note: Dropout left units out"],
        ),
        (
            &["network.normalisation=\"batch\""],
            &["normalised pre-activations", "scaled and shifted", "gain γ"],
        ),
        (
            &["network.activation=[\"softmax\",\"sigmoid\"]"],
            &["all are above 0, and together they are 1"],
        ),
        (
            &["train.loss=\"binary_cross_entropy\""],
            &["and that is what is computed", "δ⁽²⁾ = a − y"],
        ),
        (
            &["train.clip_norm=1e-3"],
            &["note: The gradient that the optimizer received is clipped"],
        ),
        (&["train.optimizer=\"rprop\""], &["the optimizer's memory Δ"]),
    ] {
        let set: Vec<&str> = settings.iter().flat_map(|setting| ["--set", *setting]).collect();
        let said = done(&[&["explain", "xor-by-hand"], &set[..]].concat()).stdout;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in expected {
            assert!(said.contains(part), "{settings:?} {part}: {said}");
        }
    }
}
