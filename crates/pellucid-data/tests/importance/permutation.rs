//! Permutation importance.

use crate::{Model, ONE, all, go_on, golden, numbers, preparation, table, words};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::Task;
use pellucid::{Activation, Architecture, Network};
use pellucid_data::Values;
use pellucid_data::importance::{
    PermutationImportance, PermutationSettings, PreparedRows, permutation_importance,
};
use pellucid_data::model_file::AnyNetwork;
use pellucid_data::training::{Answers, ScoreFigure};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

fn measure(model: &Model, figure: &str, repeats: usize, seed: u32) -> PermutationImportance {
    let figure = ScoreFigure::named(model.preparation.target(), figure).unwrap();
    let settings = PermutationSettings {
        repeats,
        seed,
        figure,
    };
    permutation_importance(&model.rows(), &model.answers(), &settings, &mut go_on).unwrap()
}

/// The importance of column `x1`, `x2`, … in this order.
fn in_order(found: &PermutationImportance, of: fn(&PermutationImportance, usize) -> f64) -> Vec<f64> {
    let place = |column: usize| {
        let name = format!("x{column}");
        found
            .columns
            .iter()
            .position(|other| other.column == name)
            .unwrap()
    };
    (1..=found.columns.len())
        .map(|column| of(found, place(column)))
        .collect()
}

#[test]
fn the_mean_over_many_repeats_is_that_of_scikit_learn() {
    const REPEATS: usize = 2000;
    let (golden, model) = (golden(), Model::golden());
    for figure in ["mean_squared_error", "r2", "mae"] {
        let found = measure(&model, figure, REPEATS, 3);
        let of_theirs = &golden["permutation"][figure];
        let (theirs, std) = (numbers(&of_theirs["mean"]), numbers(&of_theirs["std"]));
        let ours = in_order(&found, |found, at| found.columns[at].mean);
        let our_std = in_order(&found, |found, at| found.columns[at].std);
        for (column, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            let error = std[column] * (2.0 / REPEATS as f64).sqrt();
            let difference = (ours - theirs).abs();
            assert!(
                difference < 5.0 * error,
                "{figure} of x{}: {difference}",
                column + 1
            );
        }
        for (ours, theirs) in our_std.iter().zip(&std) {
            assert!((ours / theirs - 1.0).abs() < 0.1, "{figure}: {ours}, {theirs}");
        }
    }
    let found = measure(&model, "mean_squared_error", 1, 0);
    let score = golden["mean_squared_error"].as_f64().unwrap();
    assert!((found.score - score).abs() < 1e-12 * score.abs().max(1.0));
}

/// For y = Σ w·x the mean squared error rises by 2·w²·var(x) in the mean over all permutations, whatever the other columns.
#[test]
fn a_linear_model_s_error_rises_by_twice_the_squared_weight_times_the_variance() {
    const REPEATS: usize = 400;
    let weights = [1.5, -0.5, 0.0];
    for seed in 0..3 {
        let mut random = RandomState::new(seed);
        let rows = 50;
        let x: Vec<Vec<f64>> = (1..=3)
            .map(|scale| {
                (0..rows)
                    .map(|_| f64::from(scale) * random.standard_normal())
                    .collect()
            })
            .collect();
        let y: Vec<f64> = (0..rows)
            .map(|row| (0..3).map(|at| weights[at] * x[at][row]).sum::<f64>() + 2.0)
            .collect();
        let of_layer = weights.iter().map(|weight| vec![*weight]).collect();
        let table = table(&x, Values::Numbers(y));
        let model = Model::of_numbers(table, &[of_layer], &[vec![2.0]], Activation::Tanh);
        let found = measure(&model, "mean_squared_error", REPEATS, seed);
        assert!(found.score < 1e-20, "the model is exact: {}", found.score);
        let means = in_order(&found, |found, at| found.columns[at].mean);
        let deviations = in_order(&found, |found, at| found.columns[at].std);
        for (at, (x, weight)) in x.iter().zip(weights).enumerate() {
            let mean = x.iter().sum::<f64>() / rows as f64;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / rows as f64;
            let expected = 2.0 * weight * weight * variance;
            let error = deviations[at] / (REPEATS as f64).sqrt();
            assert!(
                (means[at] - expected).abs() <= 5.0 * error + 1e-15,
                "seed {seed}, x{}: {} instead of {expected}",
                at + 1,
                means[at]
            );
        }
    }
}

#[test]
fn the_most_important_column_comes_first_and_its_summary_is_that_of_its_repeats() {
    let found = measure(&Model::golden(), "r2", 7, 0);
    assert_eq!((found.repeats, found.columns[0].column.as_str()), (7, "x2"));
    assert!(found.columns.windows(2).all(|pair| pair[0].mean >= pair[1].mean));
    for column in &found.columns {
        assert_eq!(column.values.len(), 7);
        let mean = column.values.iter().sum::<f64>() / 7.0;
        assert!((column.mean - mean).abs() < 1e-14);
        assert!(column.band.0 <= column.mean && column.mean <= column.band.1);
    }
}

#[test]
fn the_seed_alone_decides_and_threads_do_not() {
    let model = Model::random(4, 700, 1);
    let first = measure(&model, "rmse", 3, 9);
    assert_eq!(first, measure(&model, "rmse", 3, 9));
    assert_ne!(first, measure(&model, "rmse", 3, 10));
    let mut rows = PreparedRows::new(
        &[&model.network],
        &model.preparation,
        NonZeroUsize::new(4).unwrap(),
    );
    // Some rows at a time, too.
    let all = all(&model.table);
    rows.append(&model.table, &all[..300]).unwrap();
    rows.append(&model.table, &all[300..]).unwrap();
    let figure = ScoreFigure::named(model.preparation.target(), "rmse").unwrap();
    let settings = PermutationSettings {
        repeats: 3,
        seed: 9,
        figure,
    };
    let found = permutation_importance(&rows, &model.answers(), &settings, &mut go_on).unwrap();
    assert_eq!(first, found);
}

/// The features of a word are shuffled together: with those of one word alone, rows would hold two words or none, for which
/// this network's probability is neither that of `a` nor that of `b`.
#[test]
fn all_features_of_a_category_move_together_and_a_constant_column_does_not_matter() {
    let rows = 40;
    let codes: Vec<u32> = (0..rows).map(|row| row % 2).collect();
    let mut table = table(
        &[(0..rows).map(f64::from).collect()],
        words(&["no", "yes"], codes.clone()),
    );
    table.columns.insert(
        0,
        pellucid_data::Column {
            name: "word".into(),
            values: words(&["a", "b"], codes),
        },
    );
    let preparation = preparation(&table, Task::Classification);
    assert_eq!(preparation.width(), 3);
    let architecture = Architecture::new(&[3, 1], &[Activation::Sigmoid], true).unwrap();
    let network = Network::new(architecture, vec![-4.0_f64, 4.0, 0.0, 0.0]).unwrap();
    let network = AnyNetwork::from(network);
    let figure = ScoreFigure::named(preparation.target(), "log_loss").unwrap();
    let settings = PermutationSettings {
        repeats: 5,
        seed: 0,
        figure,
    };
    let measure = |rows: &[u32]| {
        let mut prepared = PreparedRows::new(&[&network], &preparation, ONE);
        let mut answers = Answers::default();
        prepared.append(&table, rows).unwrap();
        answers.append(preparation.target(), &table, rows).unwrap();
        permutation_importance(&prepared, &answers, &settings, &mut go_on)
    };
    let found = measure(&all(&table)).unwrap();
    assert_eq!(found.columns[0].column, "word");
    assert!(found.columns[0].band.0 > 0.0);
    assert_eq!((found.columns[1].mean, found.columns[1].std), (0.0, 0.0));
    // −ln p of a wrong row is exactly 4 more than that of a right one, so every value is 4 times a part of the rows.
    for value in &found.columns[0].values {
        let rows_moved = value * f64::from(rows) / 4.0;
        assert!((rows_moved - rows_moved.round()).abs() < 1e-9, "{rows_moved}");
    }

    let of_one_word: Vec<u32> = (0..rows).step_by(2).collect();
    let found = measure(&of_one_word).unwrap();
    let word = found
        .columns
        .iter()
        .find(|column| column.column == "word")
        .unwrap();
    assert!(word.is_constant && word.mean == 0.0 && word.values.len() == 5);
    let auc = ScoreFigure::named(preparation.target(), "roc_auc").unwrap();
    let mut prepared = PreparedRows::new(&[&network], &preparation, ONE);
    let mut answers = Answers::default();
    prepared.append(&table, &of_one_word).unwrap();
    answers
        .append(preparation.target(), &table, &of_one_word)
        .unwrap();
    let settings = PermutationSettings {
        figure: auc,
        ..settings
    };
    let error = permutation_importance(&prepared, &answers, &settings, &mut go_on).unwrap_err();
    assert!(error.to_string().contains("roc_auc is not defined"), "{error}");
}

#[test]
fn one_row_is_refused_and_what_is_stopped_has_whole_repeats() {
    let model = Model::random(3, 20, 0);
    let mut one = PreparedRows::new(&[&model.network], &model.preparation, ONE);
    one.append(&model.table, &[4]).unwrap();
    let mut answers = Answers::default();
    answers
        .append(model.preparation.target(), &model.table, &[4])
        .unwrap();
    let figure = ScoreFigure::named(model.preparation.target(), "rmse").unwrap();
    let settings = PermutationSettings {
        repeats: 4,
        seed: 0,
        figure,
    };
    let error = permutation_importance(&one, &answers, &settings, &mut go_on).unwrap_err();
    assert!(error.to_string().contains("the table: there is 1 row"), "{error}");

    let mut until_the_eighth = |done: usize, of: usize| {
        assert_eq!(of, 12);
        if done < 8 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let found =
        permutation_importance(&model.rows(), &model.answers(), &settings, &mut until_the_eighth).unwrap();
    assert_eq!(found.repeats, 2);
    assert!(found.columns.iter().all(|column| column.values.len() == 2));
}
