//! Learning-rate schedules against PyTorch's; `golden/make_schedules.py` made the figures.

use pellucid::Schedule;
use pellucid::recipe::ScheduleRecipe;
use serde_json::Value;

#[test]
fn every_rate_is_that_of_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/schedules.json")).unwrap();
    let highest = golden["highest"].as_f64().unwrap();
    let cases = golden["cases"].as_array().unwrap();
    for name in ["constant", "linear", "cosine", "one_cycle"] {
        assert!(
            cases.iter().any(|case| case["schedule"]["name"] == name),
            "{name}"
        );
    }
    for case in cases {
        let settings: ScheduleRecipe = serde_json::from_value(case["schedule"].clone()).unwrap();
        let schedule = Schedule::of(&settings).unwrap();
        let expected = case["rates"].as_array().unwrap();
        let steps = case["steps"].as_u64().unwrap();
        assert_eq!(expected.len() as u64, steps);
        for (step, expected) in (0..).zip(expected) {
            let rate = schedule.rate(highest, step, steps);
            // PyTorch gets some of its rates by multiplying the one before.
            let off = (rate - expected.as_f64().unwrap()).abs();
            assert!(
                off < 1e-14,
                "{settings:?}, step {step} of {steps}: {rate}, not {expected}"
            );
        }
    }
}
