//! Weights of samples and of classes, in recipes and in tables.

use pellucid::Recipe;
use pellucid::recipe::{ClassWeight, Task};
use pellucid_data::training::{Plan, TrainingRequest};
use pellucid_data::{Column, Table, Values, load, load_builtin};
use std::num::NonZeroUsize;

fn recipe(data: &str) -> Recipe {
    let text = format!(
        "[data]\nsource = \"inline\"\ninputs = [[0.0], [1.0], [2.0], [3.0]]\n{data}\n\
         [network]\nlayers = [1, 1]\nactivation = \"sigmoid\"\n\
         [train]\nloss = \"squared_error\"\nlearning_rate = 0.1\nepochs = 1\n"
    );
    Recipe::from_toml(&text, "the test").unwrap()
}

fn weights(data: &str) -> Result<Option<Vec<f64>>, String> {
    let samples = load::<f64>(&recipe(data), None, &mut |_| {}).map_err(|error| error.to_string())?;
    Ok(samples.training.weights().map(<[f64]>::to_vec))
}

#[test]
fn samples_count_for_their_weight_times_their_class_s() {
    const ONE: &str = "targets = [[0.0], [0.0], [0.0], [1.0]]";
    const EACH: &str = "targets = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]";
    assert_eq!(weights(ONE), Ok(None));
    let of = |settings: &str| weights(settings).unwrap().unwrap();
    assert_eq!(
        of(&format!("{ONE}\nweights = [1, 2, 0, 0.5]")),
        [1.0, 2.0, 0.0, 0.5]
    );
    // 4 / (2 · [3, 1])
    let third = 4.0 / 6.0;
    assert_eq!(
        of(&format!("{ONE}\nclass_weight = \"balanced\"")),
        [third, third, third, 2.0]
    );
    assert_eq!(
        of(&format!(
            "{ONE}\nweights = [1, 2, 0, 0.5]\nclass_weight = \"balanced\""
        )),
        [third, 2.0 * third, 0.0, 1.0]
    );
    assert_eq!(
        of(&format!("{EACH}\nclass_weight = [1, 2.5, 4]")),
        [1.0, 2.5, 1.0, 4.0]
    );
    assert_eq!(weights(&format!("{ONE}\nclass_weight = \"none\"")), Ok(None));
    for (settings, expected) in [
        (format!("{ONE}\nweights = [1, 2]"), "each of 4 samples"),
        (format!("{ONE}\nweights = [1, 2, 3, -1]"), "0 or more"),
        (format!("{ONE}\nclass_weight = [1, 2, 3]"), "each of 2 classes"),
        (format!("{ONE}\nclass_weight = [1, -2]"), "0 or more"),
        (
            "targets = [[0.5], [0.0], [0.0], [1.0]]\nclass_weight = \"balanced\"".into(),
            "every target must be a class",
        ),
        (
            "targets = [[1, 1], [0, 1], [1, 0], [1, 0]]\nclass_weight = \"balanced\"".into(),
            "every target must be a class",
        ),
    ] {
        let refusal = weights(&settings).unwrap_err();
        assert!(refusal.contains(expected), "{settings}: {refusal}");
    }
}

#[test]
fn a_source_that_has_no_use_for_weights_refuses_them() {
    let text = "data = { source = \"regression\", rows = 5, features = 2, noise = 0.1, class_weight = \"balanced\" }\n\
                network = { layers = [2, 1], activation = \"identity\" }\n\
                train = { loss = \"squared_error\", learning_rate = 0.1, epochs = 1 }";
    let recipe = Recipe::from_toml(text, "the test").unwrap();
    let refusal = load::<f64>(&recipe, None, &mut |_| {}).unwrap_err().to_string();
    assert!(
        refusal.contains("data.class_weight") && refusal.contains("does not use it"),
        "{refusal}"
    );
}

#[test]
fn a_recipe_s_class_weights_are_read_again() {
    for written in ["class_weight = \"balanced\"", "class_weight = [1.0, 2.5]"] {
        let recipe = recipe(&format!("targets = [[0.0], [0.0], [0.0], [1.0]]\n{written}"));
        let text = recipe.to_toml().unwrap();
        assert!(text.contains(written), "{text}");
        assert_eq!(Recipe::from_toml(&text, "again").unwrap(), recipe);
    }
}

fn with_weights(weights: impl Fn(usize) -> f64) -> Table {
    let mut table = load_builtin("moons", 0).unwrap();
    let weights = (0..table.rows()).map(weights).collect();
    table.columns.push(Column {
        name: "counts".into(),
        values: Values::Numbers(weights),
    });
    table
}

fn trained(
    table: &Table,
    class_weight: Option<ClassWeight>,
    weight: Option<&str>,
) -> Result<Vec<f64>, String> {
    let mut request = TrainingRequest {
        task: Some(Task::Classification),
        class_weight,
        epochs: Some(5),
        validation: Some(0.0),
        precision: Some(pellucid::Precision::F64),
        ..TrainingRequest::default()
    };
    request.columns.target = vec!["class".into()];
    request.columns.weight = weight.map(str::to_owned);
    let run = || -> pellucid_data::Result<Vec<f64>> {
        let trained = Plan::new(table, &request)?.train(None, NonZeroUsize::MIN, &mut ())?;
        match trained.network {
            pellucid_data::model_file::AnyNetwork::F64(network) => Ok(network.parameters().to_vec()),
            pellucid_data::model_file::AnyNetwork::F32(_) => panic!("f64 was asked for"),
        }
    };
    run().map_err(|error| error.to_string())
}

#[test]
fn a_column_of_weights_is_no_feature_and_says_what_rows_count_for() {
    let plain = load_builtin("moons", 0).unwrap();
    let of_plain = trained(&plain, None, None).unwrap();
    assert_eq!(
        trained(&with_weights(|_| 1.0), None, Some("counts")).unwrap(),
        of_plain
    );
    assert_ne!(
        trained(&with_weights(|row| (row % 3) as f64), None, Some("counts")).unwrap(),
        of_plain
    );
    // All of a weight is that of the class times that of the row.
    let halves = trained(
        &with_weights(|_| 0.5),
        Some(ClassWeight::Each(vec![4.0, 1.0])),
        Some("counts"),
    )
    .unwrap();
    assert_eq!(
        halves,
        trained(&plain, Some(ClassWeight::Each(vec![2.0, 0.5])), None).unwrap()
    );
    for (table, column, expected) in [
        (
            with_weights(|row| if row == 7 { -1.0 } else { 1.0 }),
            "counts",
            "the weight is -1",
        ),
        (
            with_weights(|row| if row == 7 { f64::NAN } else { 1.0 }),
            "counts",
            "the weight is missing",
        ),
        (with_weights(|_| 1.0), "count", "did you mean `counts`?"),
        (with_weights(|_| 1.0), "class", "as target and as weight"),
    ] {
        let refusal = trained(&table, None, Some(column)).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let refusal = trained(&plain, Some(ClassWeight::Each(vec![1.0])), None).unwrap_err();
    assert!(refusal.contains("data.table.class_weight"), "{refusal}");
}

#[test]
fn weights_beside_a_table_are_a_column_that_no_name_or_number_means() {
    let plain = load_builtin("moons", 0).unwrap();
    let features = plain.columns.len() - 1;
    let weights: Vec<f64> = (0..plain.rows()).map(|row| (row % 3) as f64).collect();
    let mut request = TrainingRequest::default();
    request.columns.target = vec!["last".into()];
    request.columns.only = vec!["1".into()];
    let weighed = request.weigh(plain.clone(), "counts", weights.clone()).unwrap();
    assert_eq!(request.columns.target, ["class"]);
    assert_eq!(request.columns.only, [plain.columns[0].name.clone()]);
    assert_eq!(request.columns.weight.as_deref(), Some("counts"));
    assert_eq!(weighed.columns.len(), features + 2);
    assert_eq!(
        weighed.column("counts").unwrap().values,
        Values::Numbers(weights.clone())
    );

    // A column of the name stays.
    let mut again = TrainingRequest::default();
    let twice = again
        .weigh(weighed.clone(), "counts", vec![1.0; plain.rows()])
        .unwrap();
    assert_eq!(again.columns.weight.as_deref(), Some("_counts"));
    assert_eq!(
        twice.column("counts").unwrap().values,
        Values::Numbers(weights.clone())
    );

    // Held-out rows have theirs under the name of the training, whatever else they have.
    let ones = vec![1.0; plain.rows()];
    let held_out = request.weigh_held_out(weighed, ones.clone()).unwrap();
    assert_eq!(held_out.column("counts").unwrap().values, Values::Numbers(ones));
    let refusal = request
        .weigh(plain.clone(), "counts", vec![1.0])
        .unwrap_err()
        .to_string();
    assert!(
        refusal.starts_with("counts: the number of weights is 1, and moons has "),
        "{refusal}"
    );
    let unweighted = TrainingRequest::default().weigh_held_out(plain, weights);
    let refusal = unweighted.unwrap_err().to_string();
    assert!(refusal.contains("those of the training have none"), "{refusal}");
}
