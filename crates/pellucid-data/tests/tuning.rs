//! Searches: the same on any number of threads and after any interruption, and what they refuse.

use pellucid::EndedBy;
use pellucid::evaluation::metrics::Metric;
use pellucid_data::training::{Scores, TrainingRequest};
use pellucid_data::tuning::{Method, Search, SearchRequest, SearchResult, Space, Trial, TrialOutcome};
use pellucid_data::{DataError, FileError, Table, load_builtin};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn training(target: &str, epochs: u64) -> TrainingRequest {
    let mut request = TrainingRequest {
        epochs: Some(epochs),
        ..TrainingRequest::default()
    };
    request.columns.target = vec![target.into()];
    request
}

fn iris() -> Table {
    load_builtin("iris", 0).unwrap()
}

const LINES: [&str; 3] = [
    "learning_rate=log:1e-4..1e-1",
    "hidden=4,8,\"8,4\"",
    "optimizer=adam,sgd",
];

fn search(method: Method, trials: usize) -> SearchRequest {
    SearchRequest {
        method,
        space: Space::from_lines(&LINES).unwrap(),
        trials,
        seed: 3,
        ..SearchRequest::default()
    }
}

fn found(table: &Table, request: &SearchRequest, count: usize, done: Vec<Trial>) -> SearchResult {
    let search = Search::new(table, &training("species", 9), request).unwrap();
    search
        .run(threads(count), done, &|| false, &mut |_| Ok(()))
        .unwrap()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let table = iris();
    for method in [Method::Random, Method::Halving] {
        for folds in [None, Some(3)] {
            let request = SearchRequest {
                folds,
                ..search(method, 9)
            };
            let one = found(&table, &request, 1, Vec::new());
            assert_eq!(
                one,
                found(&table, &request, 3, Vec::new()),
                "{method:?}, {folds:?}"
            );
            assert_eq!(one.trials.len(), 9);
            let numbers: Vec<usize> = one.trials.iter().map(|trial| trial.trial).collect();
            assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
            let deviations = one.trials.iter().filter(|trial| {
                matches!(
                    trial.outcome,
                    TrialOutcome::Trained {
                        deviation: Some(_),
                        ..
                    }
                )
            });
            assert_eq!(deviations.count(), if folds.is_some() { 9 } else { 0 });
        }
    }
}

#[test]
fn a_search_that_was_stopped_goes_on_and_ends_with_the_same_table() {
    let (table, folder) = (iris(), tempfile::tempdir().unwrap());
    for method in [Method::Random, Method::Halving] {
        let request = search(method, 9);
        let path = folder.path().join(format!("{method:?}"));
        let search = Search::new(&table, &training("species", 9), &request).unwrap();
        let expected = found(&table, &request, 1, Vec::new());
        let (mut rounds, mut known) = (0, 0);
        loop {
            let (state, done) = search.open_state(&path).unwrap();
            assert!(done.len() >= known, "a trial is lost");
            known = done.len();
            // A training asks more often: it goes on where it was.
            let asked = AtomicUsize::new(0);
            let stop = || asked.fetch_add(1, Ordering::SeqCst) >= 25;
            let write_state = &mut |report: pellucid_data::tuning::TrialReport<'_>| state.write(report.done);
            let part = search
                .run_keeping(threads(2), done, Some(&state), &stop, write_state)
                .unwrap();
            rounds += 1;
            if !part.stopped {
                assert_eq!(part, expected, "{method:?}");
                break;
            }
            assert!(rounds < 20, "it does not get on");
        }
        assert!(rounds > 2, "{rounds}");
    }
}

#[test]
fn halving_gives_the_best_of_a_rung_three_times_the_epochs() {
    let table = iris();
    let request = search(Method::Halving, 9);
    let search = Search::new(&table, &training("species", 9), &request).unwrap();
    let mut all: Vec<Trial> = Vec::new();
    let found = search
        .run(threads(1), Vec::new(), &|| false, &mut |report| {
            all.push(report.trial.clone());
            assert_eq!((report.done.len(), report.of), (all.len(), 13));
            Ok(())
        })
        .unwrap();
    for (rung, epochs, count) in [(0, 1, 9), (1, 3, 3), (2, 9, 1)] {
        let of_rung: Vec<&Trial> = all.iter().filter(|trial| trial.rung == rung).collect();
        assert_eq!(of_rung.len(), count);
        assert!(of_rung.iter().all(|trial| trial.epochs == epochs));
        if rung > 0 {
            // Those that went on are the best of the rung below.
            let below = all.iter().filter(|trial| trial.rung == rung - 1);
            let went_on = |trial: &&Trial| of_rung.iter().any(|above| above.trial == trial.trial);
            let (on, left): (Vec<&Trial>, Vec<&Trial>) = below.partition(went_on);
            let worst = on
                .iter()
                .filter_map(|trial| trial.score())
                .fold(f64::INFINITY, f64::min);
            assert!(
                left.iter()
                    .filter_map(|trial| trial.score())
                    .all(|score| score <= worst)
            );
        }
    }
    let best = found.best().unwrap();
    assert_eq!((best.rung, best.epochs), (2, 9));
    assert_eq!(found.ranking()[0].trial, best.trial);
}

#[test]
fn a_longer_random_search_begins_with_the_shorter() {
    let table = iris();
    let short = found(&table, &search(Method::Random, 4), 1, Vec::new());
    let reports = AtomicUsize::new(0);
    let request = search(Method::Random, 7);
    let search = Search::new(&table, &training("species", 9), &request).unwrap();
    let long = search
        .run(threads(1), short.trials.clone(), &|| false, &mut |_| {
            reports.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
        .unwrap();
    assert_eq!(long.trials[..4], short.trials);
    assert_eq!(reports.into_inner(), 3, "only those that were missing");
}

#[test]
fn the_ranking_has_the_better_score_first_and_what_failed_last() {
    let table = iris();
    // A rate at which the loss is soon not finite.
    let space = Space::from_lines(&["learning_rate=0.01,1e300", "hidden=8,16"]).unwrap();
    for metric in [Metric::Accuracy, Metric::LogLoss] {
        let request = SearchRequest {
            metric: Some(metric),
            trials: 10,
            space: space.clone(),
            ..SearchRequest::default()
        };
        let found = found(&table, &request, 2, Vec::new());
        let scores: Vec<Option<f64>> = found.ranking().iter().map(|trial| trial.score()).collect();
        let known: Vec<f64> = scores.iter().copied().flatten().collect();
        assert!(known.len() < 10 && !known.is_empty(), "{scores:?}");
        assert!(scores[known.len()..].iter().all(Option::is_none), "{scores:?}");
        assert!(known.windows(2).all(|pair| match metric {
            Metric::LogLoss => pair[0] <= pair[1],
            _ => pair[0] >= pair[1],
        }));
        let failed = found.trials.iter().find(|trial| trial.score().is_none()).unwrap();
        let TrialOutcome::Failed(message) = &failed.outcome else {
            panic!("it has no score")
        };
        assert!(message.contains("the loss became"), "{message}");
        assert!(failed.settings[0].value == "1e300");
    }
}

#[test]
fn the_winner_is_trained_on_all_rows_for_as_many_epochs_as_were_best() {
    let table = iris();
    let request = search(Method::Random, 5);
    let search = Search::new(&table, &training("species", 9), &request).unwrap();
    let found = search
        .run(threads(1), Vec::new(), &|| false, &mut |_| Ok(()))
        .unwrap();
    let best = found.best().unwrap();
    let TrialOutcome::Trained {
        best_epoch, score, ..
    } = best.outcome
    else {
        panic!("the best has a score")
    };
    assert!((0.0..=1.0).contains(&score));
    let plan = search.on_all_rows(best).unwrap();
    let trained = plan.train(None, threads(1), &mut ()).unwrap();
    assert_eq!((trained.rows.len(), trained.held_out_rows.len()), (150, 0));
    assert_eq!(trained.summary.history.len() as u64, best_epoch);
    assert_eq!(trained.summary.ended_by, EndedBy::Epochs);
    assert_eq!(trained.recipe, plan.recipe_for_all_rows().unwrap());
    let rate = best.settings[0].value.parse::<f64>().unwrap();
    assert_eq!(trained.recipe.train.learning_rate, rate);
    let hidden = match best.settings[1].value.as_str() {
        "8,4" => vec![4, 8, 4, 3],
        one => vec![4, one.parse().unwrap(), 3],
    };
    assert_eq!(trained.recipe.network.layers, hidden);
    assert_eq!(trained.recipe.train.optimizer.name(), best.settings[2].value);
}

#[test]
fn an_optimizer_that_varies_alone_has_its_usual_rate() {
    let table = iris();
    let request = SearchRequest {
        trials: 6,
        space: Space::from_lines(&["optimizer=adam,sgd"]).unwrap(),
        ..SearchRequest::default()
    };
    let search = Search::new(&table, &training("species", 2), &request).unwrap();
    let found = search
        .run(threads(1), Vec::new(), &|| false, &mut |_| Ok(()))
        .unwrap();
    for trial in &found.trials {
        let rate = search.on_all_rows(trial).unwrap().recipe().train.learning_rate;
        let usual = if trial.settings[0].value == "sgd" {
            0.01
        } else {
            0.001
        };
        assert_eq!(rate, usual, "{:?}", trial.settings);
    }
}

#[test]
fn numbers_are_searched_by_r2_and_every_metric_has_its_figure() {
    let table = load_builtin("diabetes", 0).unwrap();
    for metric in [None].into_iter().chain(
        Scores::metrics(pellucid::recipe::Task::Regression)
            .iter()
            .map(|m| Some(*m)),
    ) {
        let request = SearchRequest {
            trials: 2,
            metric,
            ..SearchRequest::default()
        };
        let search = Search::new(&table, &training("progression", 3), &request).unwrap();
        assert_eq!(search.metric(), metric.unwrap_or(Metric::R2));
        assert_eq!(search.space().parameters.len(), 7, "the usual settings vary");
        let found = search
            .run(threads(2), Vec::new(), &|| false, &mut |_| Ok(()))
            .unwrap();
        assert!(
            found
                .trials
                .iter()
                .all(|trial| trial.score().is_some_and(f64::is_finite))
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_key() {
    let table = iris();
    let refused = |change: &dyn Fn(&mut SearchRequest, &mut TrainingRequest)| -> String {
        let (mut request, mut training) = (search(Method::Random, 3), training("species", 9));
        change(&mut request, &mut training);
        Search::new(&table, &training, &request).unwrap_err().to_string()
    };
    let of_line =
        |line: &'static str| refused(&move |request, _| request.space = Space::from_lines(&[line]).unwrap());
    for (error, expected) in [
        (of_line("learning_rat=1,2"), "did you mean `learning_rate`"),
        (of_line("activation=relu,softmax"), "softmax"),
        (of_line("hidden=8,many"), "many"),
        (of_line("hidden=8,0"), "hidden"),
        (of_line("dropout=0..1"), "dropout"),
        (of_line("batch_size=int:0..3"), "batch_size"),
        (of_line("learning_rate=-1..1"), "learning_rate"),
        (of_line("network.layers=[1,2]"), "vary hidden"),
        (of_line("data.table.target=a,b"), "cannot vary"),
        (of_line("max_seconds=1,2"), "cannot vary"),
        (refused(&|request, _| request.trials = 0), "--trials"),
        (
            refused(&|_, training| training.validation = Some(0.0)),
            "held-out rows",
        ),
        (
            refused(&|_, training| training.max_seconds = Some(1.0)),
            "the speed of the machine",
        ),
        (
            refused(&|request, _| request.metric = Some(Metric::R2)),
            "accuracy, balanced_accuracy",
        ),
        (
            refused(&|request, _| {
                request.method = Method::Halving;
                request.space = Space::from_lines(&["epochs=int:1..9"]).unwrap();
            }),
            "halving chooses the epochs",
        ),
    ] {
        assert!(error.contains(expected), "{error} does not mention {expected}");
    }
}

#[test]
fn the_state_of_another_search_is_refused() {
    let (table, folder) = (iris(), tempfile::tempdir().unwrap());
    let path = folder.path().join("state.json");
    let request = search(Method::Random, 3);
    let first = Search::new(&table, &training("species", 9), &request).unwrap();
    let (state, done) = first.open_state(&path).unwrap();
    assert!(
        done.is_empty() && !path.exists(),
        "nothing is written before there is something"
    );
    let found = first
        .run(threads(1), Vec::new(), &|| false, &mut |report| {
            state.write(report.done)
        })
        .unwrap();
    let refused = first.open_state(&path).unwrap_err().to_string();
    assert!(
        refused.contains(&format!(
            "process {} is using this state of a search",
            std::process::id()
        )),
        "{refused}"
    );
    drop(state);
    let (_, again) = first.open_state(&path).unwrap();
    assert_eq!(again, found.trials, "to the last bit");

    let open = |table: &Table, request: &SearchRequest, epochs| -> Result<(), DataError> {
        let search = Search::new(table, &training("species", epochs), request)?;
        search.open_state(&path).map(|_| ())
    };
    let mut other_table = table.clone();
    if let pellucid_data::Values::Numbers(numbers) = &mut other_table.columns[0].values {
        numbers[7] += 0.1;
    }
    let with = |change: &dyn Fn(&mut SearchRequest)| {
        let mut changed = request.clone();
        change(&mut changed);
        changed
    };
    open(&table, &with(&|request| request.trials = 30), 9).unwrap();
    for (result, expected) in [
        (open(&other_table, &request, 9), "data"),
        (open(&table, &request, 8), "recipe"),
        (
            open(&table, &with(&|request| request.seed = 4), 9),
            "seed is 3, here it is 4",
        ),
        (
            open(&table, &with(&|request| request.method = Method::Halving), 9),
            "method",
        ),
        (
            open(&table, &with(&|request| request.folds = Some(3)), 9),
            "folds",
        ),
        (
            open(
                &table,
                &with(&|request| request.metric = Some(Metric::LogLoss)),
                9,
            ),
            "metric",
        ),
        (
            open(
                &table,
                &with(&|request| request.space = Space::from_lines(&LINES[..2]).unwrap()),
                9,
            ),
            "space",
        ),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("another search") && error.contains("state.json"),
            "{error}"
        );
    }
    for text in [
        "",
        "{}",
        "{\"format\":",
        &std::fs::read_to_string(&path)
            .unwrap()
            .replace("pellucid search", "else"),
    ] {
        let broken = folder.path().join("broken.json");
        std::fs::write(&broken, text).unwrap();
        let error = first.open_state(&broken).unwrap_err().to_string();
        assert!(
            error.contains("broken.json") && error.contains("another file"),
            "{error}"
        );
    }
}

#[test]
fn an_error_of_the_callback_ends_the_search() {
    let table = iris();
    let request = search(Method::Random, 6);
    let search = Search::new(&table, &training("species", 3), &request).unwrap();
    let reports = AtomicUsize::new(0);
    let error = search
        .run(threads(2), Vec::new(), &|| false, &mut |_| {
            reports.fetch_add(1, Ordering::SeqCst);
            Err(DataError::File(FileError::Write {
                path: "the test".into(),
                reason: "the disk is full".into(),
            }))
        })
        .unwrap_err();
    assert!(error.to_string().contains("the disk is full"));
    assert_eq!(reports.into_inner(), 1, "what comes after it is not reported");
}

#[test]
fn trainings_run_in_any_order_and_anywhere() {
    let table = iris();
    for method in [Method::Random, Method::Halving] {
        let request = search(method, 9);
        // As another process would plan it.
        let anew = || Search::new(&table, &training("species", 9), &request).unwrap();
        let mut done: Vec<Trial> = Vec::new();
        loop {
            let jobs = anew().next_jobs(&done);
            if jobs.is_empty() {
                break;
            }
            assert!(anew().result(&done).stopped);
            let run = |job| anew().run_job(job, &|| false).unwrap().unwrap();
            done.splice(0..0, jobs.into_iter().rev().map(run));
        }
        assert_eq!(anew().result(&done), found(&table, &request, 2, Vec::new()));
        let jobs = anew().next_jobs(&[]);
        assert_eq!(anew().run_job(jobs[0], &|| true).unwrap(), None);
    }
}
