//! Schedules alone: their ends, their extremes, and what recipes may say of them.

use super::*;
use crate::Recipe;

/// One of each, with a warm-up of a fifth.
const ALL: [Schedule; 11] = [
    Schedule::Constant { warmup: 0.2 },
    Schedule::Linear {
        warmup: 0.2,
        end: 0.1,
    },
    Schedule::Cosine {
        warmup: 0.2,
        end: 0.1,
    },
    Schedule::OneCycle {
        warmup: 0.2,
        start: 0.05,
        end: 0.1,
    },
    Schedule::Polynomial {
        warmup: 0.2,
        power: 2.0,
        end: 0.1,
    },
    Schedule::Step {
        warmup: 0.2,
        every: 3,
        factor: 0.5,
    },
    Schedule::Exponential {
        warmup: 0.2,
        factor: 0.9,
    },
    Schedule::InverseScaling {
        warmup: 0.2,
        power: 0.5,
    },
    Schedule::CosineRestarts {
        warmup: 0.2,
        period: 16,
        multiplier: 2,
        end: 0.1,
    },
    Schedule::ReduceOnPlateau {
        warmup: 0.2,
        factor: 0.1,
        patience: 1,
        threshold: 0.0,
        threshold_mode: ThresholdMode::Relative,
        cooldown: 0,
        least_rate: 0.0,
        loss: WatchedLoss::Training,
    },
    Schedule::Adaptive {
        warmup: 0.2,
        patience: 1,
        threshold: 0.0,
        loss: WatchedLoss::Training,
    },
];

/// A run of so many steps, five per epoch.
fn run_of(steps: u64) -> RunLength {
    RunLength {
        epochs: steps.div_ceil(5),
        steps_per_epoch: 5,
        samples: 40,
    }
}

/// A run of so many epochs of one step each.
fn epochs(epochs: u64) -> RunLength {
    RunLength {
        epochs,
        steps_per_epoch: 1,
        samples: 3,
    }
}

fn with(schedule: &str) -> String {
    format!(
        "data = {{ source = \"mnist\" }}\nnetwork = {{ layers = [784, 10], activation = \"softmax\" }}\n\
         [train]\nloss = \"categorical_cross_entropy\"\nlearning_rate = 0.1\nepochs = 1\n{schedule}\n"
    )
}

fn refusal(schedule: &str) -> String {
    match Recipe::from_toml(&with(schedule), "test.toml") {
        Ok(recipe) => recipe.validate().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

fn read(schedule: &str) -> Schedule {
    let recipe = Recipe::from_toml(&with(schedule), "test.toml").unwrap();
    recipe.train.schedule
}

#[test]
fn rates_rise_to_the_highest_and_then_fall_but_for_the_constant() {
    for schedule in ALL {
        let rates: Vec<f64> = (0..100)
            .map(|step| schedule.rate(0.4, step, run_of(100)))
            .collect();
        assert!(rates[..20].is_sorted(), "{schedule:?}: {rates:?}");
        assert!(rates[20..].is_sorted_by(|a, b| a >= b), "{schedule:?}: {rates:?}");
        let highest = rates.iter().copied().fold(0.0, f64::max);
        assert!((highest - 0.4).abs() < 1e-15, "{schedule:?}: {highest}");
    }
}

#[test]
fn the_ends_are_where_they_are_said_to_be() {
    let [_, linear, cosine, one_cycle, ..] = ALL;
    // One step after the last one.
    assert!((linear.rate(1.0, 100, run_of(100)) - 0.1).abs() < 1e-15);
    assert!((cosine.rate(1.0, 100, run_of(100)) - 0.1).abs() < 1e-15);
    assert!((one_cycle.rate(1.0, 0, run_of(100)) - 0.05).abs() < 1e-15);
    assert!((one_cycle.rate(1.0, 19, run_of(100)) - 1.0).abs() < 1e-15);
    assert!((one_cycle.rate(1.0, 99, run_of(100)) - 0.1).abs() < 1e-15);
}

#[test]
fn the_shortest_runs_and_the_longest_warm_ups_have_finite_rates() {
    for name in Schedule::ALL.map(|schedule| schedule.name()) {
        for warmup in [0.0, 0.3, 1.0 / 3.0, 0.5, 1.0] {
            let settings = serde_json::json!({ "name": name, "warmup": warmup });
            let schedule: Schedule = serde_json::from_value(settings).unwrap();
            for run in [0, 1, 2, 3].map(epochs).into_iter().chain([0, 5, 10].map(run_of)) {
                for step in 0..=run.steps() + 1 {
                    let rate = schedule.rate(2.0, step, run);
                    assert!(
                        (0.0..=2.0).contains(&rate),
                        "{schedule:?}, {step} of {run:?}: {rate}"
                    );
                }
            }
        }
    }
}

#[test]
fn epochs_are_counted_from_the_first_that_begins_after_the_warm_up() {
    let step = Schedule::Step {
        warmup: 0.3,
        every: 1,
        factor: 0.5,
    };
    // Six of twenty steps: the warm-up ends within the second of four epochs.
    let rates: Vec<f64> = (0..20).map(|at| step.rate(1.0, at, run_of(20))).collect();
    assert!((rates[5] - 6.0 / 7.0).abs() < 1e-15);
    assert_eq!(rates[6..15], [1.0; 9]);
    assert_eq!(rates[15..], [0.5; 5]);
}

#[test]
fn restarts_come_after_each_fall() {
    let restarts = Schedule::CosineRestarts {
        warmup: 0.0,
        period: 2,
        multiplier: 3,
        end: 0.0,
    };
    // Falls of 10 and of 30 steps.
    for (step, rate) in [(0, 1.0), (5, 0.5), (10, 1.0), (25, 0.5), (40, 1.0)] {
        let found = restarts.rate(1.0, step, run_of(200));
        assert!((found - rate).abs() < 1e-15, "step {step}: {found}");
    }
}

#[test]
fn a_range_test_rises_by_the_same_factor_each_step() {
    let test = Schedule::RangeTest {
        start: 1e-6,
        steps: 7,
    };
    for step in 0..9 {
        let rate = test.rate(10.0, step, run_of(100));
        let expected = 1e-5 * 10f64.powi(step.min(6) as i32);
        assert!((rate / expected - 1.0).abs() < 1e-12, "step {step}: {rate}");
    }
    let of_one = Schedule::RangeTest { start: 0.1, steps: 1 };
    assert!(of_one.rate(1.0, 0, run_of(5)).is_finite());
}

/// The rates of the epochs after each of these losses.
fn rates_after(schedule: Schedule, highest: f64, losses: &[f64]) -> (Vec<f64>, bool) {
    let run = epochs(100);
    let mut rate = LearningRate::new(schedule, highest);
    let mut rates = Vec::new();
    for (epoch, &loss) in (1..).zip(losses) {
        if rate.observe_loss(loss, epoch, run).is_break() {
            return (rates, true);
        }
        rates.push(rate.at(epoch, run));
    }
    (rates, false)
}

#[test]
fn losses_of_the_warm_up_do_not_count() {
    let Schedule::ReduceOnPlateau { .. } = ALL[9] else {
        unreachable!("the tenth reacts")
    };
    let run = epochs(100);
    let mut rate = LearningRate::new(ALL[9], 1.0);
    for epoch in 1..=20 {
        assert!(rate.observe_loss(epoch as f64, epoch, run).is_continue());
        assert!(rate.at(epoch, run) > epoch as f64 / 21.0 - 1e-15);
    }
    assert_eq!(rate.at(20, run), 1.0);
    for (epoch, loss, expected) in [(21, 5.0, 1.0), (22, 5.0, 1.0), (23, 5.0, 0.1)] {
        assert!(rate.observe_loss(loss, epoch, run).is_continue());
        assert_eq!(rate.at(epoch, run), expected, "epoch {epoch}");
    }
}

#[test]
fn a_loss_that_is_no_number_is_no_better() {
    let adaptive = Schedule::Adaptive {
        warmup: 0.0,
        patience: 1,
        threshold: 0.1,
        loss: WatchedLoss::Training,
    };
    let (rates, _) = rates_after(adaptive, 1.0, &[1.0, f64::NAN, f64::NAN, 0.5]);
    assert_eq!(rates, [1.0, 1.0, 0.2, 0.2]);
    let (_, converged) = rates_after(adaptive, 1e-6, &[1.0, 1.0, 1.0]);
    assert!(converged);
}

#[test]
fn recipes_name_a_schedule_or_set_it_out() {
    assert_eq!(read(""), Schedule::default());
    assert!(read("").is_constant());
    assert!(!read("schedule = { warmup = 0.1 }").is_constant());
    assert_eq!(
        read("schedule = \"cosine\""),
        read("[train.schedule]\nname = \"cosine\"")
    );
    assert_eq!(
        read("schedule = { name = \"linear\", warmup = 0.2, end = 0.1 }"),
        ALL[1]
    );
    let mut recipe = Recipe::from_toml(&with("schedule = \"one_cycle\""), "test.toml").unwrap();
    recipe.set("train.schedule.start=0.5").unwrap();
    assert!(matches!(
        recipe.train.schedule,
        Schedule::OneCycle { start: 0.5, .. }
    ));
    let again = Recipe::from_toml(&recipe.to_toml().unwrap(), "again").unwrap();
    assert_eq!(again, recipe);
}

#[test]
fn mistakes_are_reported_with_place_and_remedy() {
    for (schedule, line, expected) in [
        ("schedule = \"cosin\"", Some(7), "did you mean `cosine`?"),
        (
            "schedule = { name = \"cosine\", warmpu = 0.1 }",
            Some(7),
            "did you mean `warmup`?",
        ),
        (
            "[train.schedule]\nname = \"cosine\"\nwarmpu = 0.1",
            Some(9),
            "did you mean `warmup`?",
        ),
        (
            "[train.schedule]\nname = \"cosin\"",
            Some(8),
            "did you mean `cosine`?",
        ),
        ("schedule = 3", Some(7), "the name of a schedule, or a table"),
        (
            "schedule = { name = \"cosine\", start = 0.1 }",
            None,
            "train.schedule.start = 0.1 cannot be used: train.schedule.name = \"cosine\" does not use it",
        ),
        (
            "schedule = { end = 0.1 }",
            None,
            "train.schedule.name = \"constant\" does not use it",
        ),
        (
            "schedule = { warmup = 1.5 }",
            None,
            "train.schedule.warmup = 1.5 cannot be used: a fraction of the steps",
        ),
        (
            "schedule = { name = \"linear\", end = nan }",
            None,
            "train.schedule.end = NaN cannot be used: a fraction of the learning rate",
        ),
        (
            "schedule = { name = \"step\", every = 0 }",
            None,
            "train.schedule.every = 0 cannot be used: at least 1 epoch",
        ),
        (
            "schedule = { name = \"exponential\", factor = 1.5 }",
            None,
            "train.schedule.factor = 1.5 cannot be used: a factor above 0 and below 1",
        ),
        (
            "schedule = { name = \"cosine_restarts\", multiplier = 0 }",
            None,
            "1 or more",
        ),
        (
            "schedule = { name = \"adaptive\", cooldown = 3 }",
            None,
            "train.schedule.name = \"adaptive\" does not use it",
        ),
        (
            "schedule = { name = \"cosine\", loss = \"validation\" }",
            None,
            "train.schedule.loss = \"validation\" cannot be used: train.schedule.name = \"cosine\" does not",
        ),
        (
            "schedule = { name = \"reduce_on_plateau\", threshold_mode = \"relativ\" }",
            Some(7),
            "did you mean `relative`?",
        ),
        ("schedule = { name = \"step\", every = -1 }", Some(7), "-1"),
    ] {
        let refusal = refusal(schedule);
        assert!(refusal.contains(expected), "{schedule}: {refusal}");
        if let Some(line) = line {
            assert!(
                refusal.contains(&format!("test.toml, line {line},")),
                "{schedule}: {refusal}"
            );
        }
    }
}

#[test]
fn waves_and_flat_parts() {
    let waves = Schedule::CosineLog {
        warmup: 0.0,
        cycles: 4,
    };
    let run = epochs(1500);
    let rate = |step| waves.rate(1.0, step, run);
    // At (2^k − 1)/15 of the run a wave ends, and the next begins.
    for end in [0, 100, 300, 700, 1500] {
        assert!(rate(end).abs() < 1e-12, "{end}: {}", rate(end));
    }
    let tops: Vec<u64> = (1..1499)
        .filter(|&step| rate(step) > rate(step - 1) && rate(step) > rate(step + 1))
        .collect();
    assert_eq!(tops.len(), 4, "{tops:?}");
    let flat = Schedule::FlatCosine {
        warmup: 0.2,
        flat: 0.5,
        end: 0.1,
    };
    let rates: Vec<f64> = (0..=100).map(|step| flat.rate(1.0, step, run_of(100))).collect();
    assert!(rates[20..=60].iter().all(|&rate| rate == 1.0), "{rates:?}");
    assert!(rates[60..].is_sorted_by(|a, b| a >= b), "{rates:?}");
    assert!((rates[100] - 0.1).abs() < 1e-15);
    assert!(refusal("schedule = { name = \"cosine_log\", cycles = 0 }").contains("1 to 30 waves"));
    assert_eq!(
        read("schedule = \"coslog\""),
        Schedule::named("cosine_log").unwrap()
    );
}
