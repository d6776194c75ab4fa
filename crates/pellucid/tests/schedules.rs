//! Compares learning-rate schedules with PyTorch's and scikit-learn's. `golden/make_schedules.py` made the expected values.

use pellucid::Schedule;
use pellucid::optimization::schedule::{LearningRate, RunLength};
use serde_json::Value;

#[test]
fn rates_equal_pytorch_and_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("golden/schedules.json")).unwrap();
    let highest = golden["highest"].as_f64().unwrap();
    let cases = golden["cases"].as_array().unwrap();
    for name in Schedule::ALL.map(|schedule| schedule.name()) {
        // These two depend on losses; the next test covers them.
        let reacts = name == "reduce_on_plateau" || name == "adaptive";
        assert!(
            reacts || cases.iter().any(|case| case["schedule"]["name"] == name),
            "{name}"
        );
    }
    for case in cases {
        let schedule: Schedule = serde_json::from_value(case["schedule"].clone()).unwrap();
        let expected = case["rates"].as_array().unwrap();
        let number = |key: &str| case[key].as_u64();
        let steps = number("steps").unwrap();
        assert_eq!(expected.len() as u64, steps);
        let steps_per_epoch = number("steps_per_epoch").unwrap_or(1);
        let run = RunLength {
            epochs: steps / steps_per_epoch,
            steps_per_epoch,
            samples: number("samples").unwrap_or(1),
        };
        for (step, expected) in (0..).zip(expected) {
            let rate = schedule.rate(highest, step, run);
            // PyTorch computes some of its rates by multiplying the previous one.
            let off = (rate - expected.as_f64().unwrap()).abs();
            assert!(
                off < 1e-13,
                "{schedule:?}, step {step} of {steps}: {rate}, not {expected}"
            );
        }
    }
}

#[test]
fn schedules_that_follow_losses_equal_pytorch_and_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("golden/schedules.json")).unwrap();
    let highest = golden["highest"].as_f64().unwrap();
    let cases = golden["reacting"].as_array().unwrap();
    for name in ["reduce_on_plateau", "adaptive"] {
        assert!(cases.iter().any(|case| case["schedule"]["name"] == name));
    }
    let mut ended = 0;
    for case in cases {
        let numbers = |key: &str| -> Vec<f64> {
            let list = case[key].as_array().unwrap().iter();
            list.map(|number| number.as_f64().unwrap()).collect()
        };
        let schedule: Schedule = serde_json::from_value(case["schedule"].clone()).unwrap();
        let mut rate = LearningRate::new(schedule, highest);
        let (losses, rates) = (numbers("losses"), numbers("rates"));
        let run = RunLength {
            epochs: losses.len() as u64,
            steps_per_epoch: 1,
            samples: 1,
        };
        let mut found = Vec::new();
        for (step, &loss) in (1..).zip(&losses) {
            if rate.observe_loss(loss, step, run).is_break() {
                ended += 1;
                break;
            }
            found.push(rate.at(step, run));
        }
        assert_eq!(found.len(), rates.len(), "{schedule:?} ends at the right epoch");
        for (epoch, (found, expected)) in (1..).zip(found.iter().zip(&rates)) {
            let off = (found / expected - 1.0).abs();
            assert!(
                off < 1e-13,
                "{schedule:?}, epoch {epoch}: {found}, not {expected}"
            );
        }
        assert!(
            rates.iter().any(|&rate| rate < highest),
            "{schedule:?} says nothing"
        );
    }
    assert!(ended > 0, "no schedule ended its run");
}
