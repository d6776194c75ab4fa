//! Checks ensembles: folds, means, files, and what they refuse.

use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::Predictions;
use pellucid_data::training::{Plan, Preset, Trained, TrainingRequest, predict};
use pellucid_data::{Table, load_builtin};
use std::num::NonZeroUsize;

fn request(target: &str, ensemble: usize) -> TrainingRequest {
    let mut request = TrainingRequest {
        ensemble: Some(ensemble),
        epochs: Some(6),
        hidden: Some(vec![8]),
        // Predictions that are limited to a range are no means.
        preset: Some(Preset::Plain),
        ..TrainingRequest::default()
    };
    request.columns.target = vec![target.into()];
    request
}

fn trained(table: &Table, request: &TrainingRequest, threads: usize) -> Trained {
    let plan = Plan::new(table, request).unwrap();
    plan.train(None, NonZeroUsize::new(threads).unwrap(), &mut ())
        .unwrap()
}

fn all_rows(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}

fn numbers(predictions: &Predictions) -> Vec<f64> {
    match predictions {
        Predictions::Classes { probabilities, .. } | Predictions::Labels { probabilities, .. } => {
            probabilities.values().to_vec()
        }
        Predictions::Numbers { values, .. } => values.values().to_vec(),
    }
}

#[test]
fn every_row_is_held_out_once_and_the_networks_differ() {
    for (name, target) in [("iris", "species"), ("diabetes", "progression")] {
        let table = load_builtin(name, 0).unwrap();
        let trained = trained(&table, &request(target, 4), 1);
        let mut held_out = trained.held_out_rows.clone();
        held_out.sort_unstable();
        assert_eq!(held_out, all_rows(&table));
        assert_eq!(trained.rows, all_rows(&table));
        assert_eq!((trained.networks().len(), trained.member_epochs.len()), (4, 4));
        assert_ne!(trained.networks()[0], trained.networks()[1]);
        let is_regression = trained.preparation.target().classes().is_empty();
        let residuals = trained.calibrated.residuals.iter().map(|of| of.len());
        assert_eq!(
            residuals.sum::<usize>(),
            if is_regression { table.rows() } else { 0 }
        );
    }
}

#[test]
fn a_prediction_is_the_mean_of_the_networks_and_comes_back_from_the_file() {
    let one = NonZeroUsize::MIN;
    for (name, target) in [("iris", "species"), ("diabetes", "progression")] {
        let table = load_builtin(name, 0).unwrap();
        let trained = trained(&table, &request(target, 3), 1);
        let rows = all_rows(&table);
        let of = |networks: &[&AnyNetwork]| {
            numbers(
                &predict(networks, &trained.preparation, &table, &rows, one)
                    .unwrap()
                    .0,
            )
        };
        let each: Vec<Vec<f64>> = trained
            .networks()
            .into_iter()
            .map(|network| of(&[network]))
            .collect();
        let whole = of(&trained.networks());
        for (at, &mean) in whole.iter().enumerate() {
            let expected = each.iter().map(|of| of[at]).sum::<f64>() / 3.0;
            assert!(
                (mean - expected).abs() <= 1e-4 * expected.abs().max(1.0),
                "{name}, {at}: {mean}, {expected}"
            );
        }
        let model = trained.into_model();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        model.save(&path).unwrap();
        let read = Model::load(&path).unwrap();
        assert_eq!(read, model);
        let preparation = read.preparation.as_ref().unwrap();
        let again = predict(&read.networks(), preparation, &table, &rows, one)
            .unwrap()
            .0;
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&numbers(&again)), bits(&whole));
        assert_eq!(read.metrics["member_epochs"].as_array().unwrap().len(), 3);
    }
}

/// The model does not depend on the number of threads, and its first network is that of the first fold.
#[test]
fn threads_do_not_change_an_ensemble() {
    let table = load_builtin("iris", 0).unwrap();
    let [a, b] = [1, 3].map(|threads| trained(&table, &request("species", 3), threads).into_model());
    assert_eq!(a, b);
}

#[test]
fn a_threshold_is_chosen_by_rows_that_no_network_of_theirs_has_seen() {
    let table = load_builtin("iris", 0).unwrap();
    let mut request = request("species", 3);
    request.set.push("data.table.calibrate=temperature".into());
    let trained = trained(&table, &request, 1);
    assert!(
        trained.notes.iter().any(|note| note.contains("temperatures ")),
        "{:?}",
        trained.notes
    );
    assert!(trained.calibrated.temperature.is_none());
}

#[test]
fn what_an_ensemble_cannot_be_is_refused() {
    let table = load_builtin("iris", 0).unwrap();
    for (ensemble, refit, expected) in [
        (1, false, "from 2 to 100"),
        (101, false, "from 2 to 100"),
        (3, true, "refit"),
    ] {
        let mut request = request("species", ensemble);
        request.refit = refit;
        let error = Plan::new(&table, &request).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let wanted = request("species", 3);
    let plan = Plan::new(&table, &wanted).unwrap();
    let error = plan
        .cross_validate(3, NonZeroUsize::MIN, None, &mut (), |_, _| ())
        .unwrap_err();
    assert!(error.to_string().contains("data.table.ensemble"), "{error}");
}
