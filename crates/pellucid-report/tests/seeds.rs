//! Comparisons over several seeds, against SciPy and NumPy and against numbers worked by hand; `golden/make_seeds.py` made
//! the figures.

use pellucid_report::{Band, Comparison, ReportError, SignTest, Spread, VariantRuns, spread_of_runs};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/seeds.json")).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn runs(name: &str, updates_per_epoch: u64, losses: Vec<Vec<f64>>) -> VariantRuns {
    VariantRuns {
        name: name.to_owned(),
        updates_per_epoch,
        seconds: vec![2.0; losses.len()],
        losses,
    }
}

fn seeds(count: usize) -> Vec<u64> {
    (0..count as u64).collect()
}

#[test]
fn the_sign_test_is_that_of_scipy() {
    for case in golden()["tests"].as_array().unwrap() {
        let count = |key: &str| case[key].as_u64().unwrap();
        let (ahead, behind) = (count("ahead"), count("behind"));
        let pairs = (0..ahead)
            .map(|_| (0.0, 1.0))
            .chain((0..behind).map(|_| (1.0, 0.0)))
            .chain([(3.0, 3.0)]);
        let test = SignTest::from_pairs(pairs);
        assert_eq!((test.ahead, test.behind, test.ties), (ahead, behind, 1));
        let expected = case["p"].as_f64().unwrap();
        assert!(
            (test.p / expected - 1.0).abs() < 1e-10,
            "{ahead} to {behind}: {}, not {expected}",
            test.p
        );
    }
}

#[test]
fn median_and_band_are_those_of_numpy() {
    for case in golden()["spreads"].as_array().unwrap() {
        let numbers = numbers(&case["numbers"]);
        let spread = Spread::from_numbers(numbers.iter().copied(), Band::for_seeds(numbers.len()));
        for (key, found) in [
            ("low", spread.low),
            ("median", spread.median),
            ("high", spread.high),
        ] {
            let expected = case[key].as_f64().unwrap();
            assert!(
                (found / expected - 1.0).abs() < 1e-14,
                "{key} of {numbers:?}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn pairs_are_adjusted_by_holms_method() {
    let golden = golden();
    let variants: Vec<VariantRuns> = golden["losses"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["a", "b", "c"])
        .map(|(losses, name)| {
            runs(
                name,
                1,
                numbers(losses).into_iter().map(|loss| vec![loss]).collect(),
            )
        })
        .collect();
    let found = Comparison::new(&seeds(12), &variants, None).unwrap();
    for (pair, expected) in found.by_last_loss.iter().zip(golden["pairs"].as_array().unwrap()) {
        assert_eq!(Some(pair.test.ahead), expected["ahead"].as_u64());
        for (found, key) in [(pair.test.p, "p"), (pair.test.p_adjusted, "p_adjusted")] {
            let expected = expected[key].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-12,
                "{}: {found}, not {expected}",
                pair.one
            );
        }
    }
}

#[test]
fn a_band_by_hand() {
    // Three seeds: lowest to highest. The second ends early and keeps its loss, the third diverges.
    let losses: [&[f64]; 3] = [&[4.0, 2.0, 1.0], &[3.0, 2.5], &[5.0, f64::NAN]];
    let spread = spread_of_runs(losses.into_iter(), Band::for_seeds(3));
    let expected = [
        (3.0, 4.0, 5.0),
        (2.0, 2.5, f64::INFINITY),
        (1.0, 2.5, f64::INFINITY),
    ];
    let found: Vec<_> = spread.iter().map(|at| (at.low, at.median, at.high)).collect();
    assert_eq!(found, expected);
    // 1 to 10: NumPy's 10th percentile lies 0.9 of the way from the first to the second.
    let ten = Spread::from_numbers((1..=10).map(f64::from), Band::for_seeds(10));
    assert!((ten.low - 1.9).abs() < 1e-12 && ten.median == 5.5 && (ten.high - 9.1).abs() < 1e-12);
    assert_eq!(Band::for_seeds(9).name(), "lowest to highest");
    assert_eq!(Band::for_seeds(10).name(), "10th to 90th percentile");
}

/// Losses 1, 1/2, 1/4, … that are `late` epochs late.
fn halving(late: usize) -> Vec<f64> {
    (0..30)
        .map(|epoch: usize| 0.5_f64.powi(epoch.saturating_sub(late) as i32))
        .collect()
}

#[test]
fn who_is_ahead_in_every_seed_is_said_to_be_so() {
    let variants = [
        runs("quick", 4, (0..8).map(halving).collect()),
        runs("slow", 1, (0..8).map(|seed| halving(seed + 2)).collect()),
    ];
    let found = Comparison::new(&seeds(8), &variants, Some(&[0.1])).unwrap();
    // 1/16 is the first below 0.1, after 5 epochs; in the median of 0 to 7 it is 3.5 later.
    let reached = &found.targets[0].reached;
    assert_eq!((reached[0].epoch.median, reached[1].epoch.median), (8.5, 10.5));
    assert_eq!((reached[0].epoch.low, reached[0].epoch.high), (5.0, 12.0));
    assert_eq!(reached[0].updates.median, 34.0);
    assert_eq!(
        (found.by_epochs[0].test.ahead, found.by_epochs[0].test.p),
        (8, 0.0078125)
    );
    for sentence in [
        "By epochs to a loss of 0.1, the medians of 8 seeds: quick at epoch 9 and slow at epoch 11.",
        "Seed by seed, quick was ahead of slow in 8 of 8 (p = 0.0078): more than chance.",
        "By updates to a loss of 0.1, the medians of 8 seeds: slow at 11 and quick at 34.",
        "Seed by seed, slow was ahead of quick in 8 of 8",
    ] {
        assert!(
            found.answer.contains(sentence),
            "{sentence} is not in {}",
            found.answer
        );
    }
    assert!(
        !found.answer.contains("Holm"),
        "one pair is not adjusted: {}",
        found.answer
    );
}

#[test]
fn what_chance_could_have_made_is_not_claimed() {
    // Ahead in 6 of 10: p = 0.75.
    let one = (0..10).map(|seed| halving(if seed < 6 { 1 } else { 4 }));
    let other = (0..10).map(|seed| halving(if seed < 6 { 3 } else { 2 }));
    let variants = [runs("a", 1, one.collect()), runs("b", 1, other.collect())];
    let found = Comparison::new(&seeds(10), &variants, Some(&[0.1])).unwrap();
    assert!(
        found
            .answer
            .contains("a and b cannot be told apart: a was ahead of b in 6 of 10 (p = 0.75)."),
        "{}",
        found.answer
    );
    assert!(!found.answer.contains("): more than chance"), "{}", found.answer);
    assert!(found.by_updates.is_empty(), "updates are epochs here");
}

#[test]
fn too_few_seeds_are_said_to_be_too_few() {
    let variants = [
        runs("a", 1, (0..5).map(halving).collect()),
        runs("b", 1, (0..5).map(|seed| halving(seed + 1)).collect()),
    ];
    let found = Comparison::new(&seeds(5), &variants, None).unwrap();
    assert!(
        found
            .answer
            .contains("5 seeds are too few for any difference to be: 6 are the least for 1 pair."),
        "{}",
        found.answer
    );
    assert!(!found.answer.contains("): more than chance"), "{}", found.answer);
}

#[test]
fn a_target_that_some_seeds_miss_and_runs_that_diverge_are_counted() {
    let stuck = |seed: usize| if seed < 2 { vec![1.0; 30] } else { halving(seed) };
    let wild = |seed: usize| {
        if seed == 0 {
            vec![1.0, f64::INFINITY]
        } else {
            halving(3)
        }
    };
    let variants = [
        runs("stuck", 1, (0..6).map(stuck).collect()),
        runs("wild", 1, (0..6).map(wild).collect()),
    ];
    let found = Comparison::new(&seeds(6), &variants, Some(&[0.1])).unwrap();
    let reached = &found.targets[0].reached;
    assert_eq!((reached[0].seeds, reached[1].seeds), (4, 5));
    assert_eq!(reached[0].epoch.high, f64::INFINITY);
    assert_eq!(found.variants[1].diverged, 1);
    // Neither came there with the first seed.
    assert_eq!(found.by_epochs[0].test.ties, 2);
    assert!(found.answer.contains("stuck at epoch"), "{}", found.answer);
    assert!(found.answer.contains("(4 of 6 seeds)"), "{}", found.answer);
    assert!(
        found.answer.contains("Diverged: wild in 1 of 6;"),
        "{}",
        found.answer
    );
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["targets"][0]["reached"][0]["epoch"]["high"], "inf");
    assert_eq!(
        (&json["band"], &json["by_epochs"][0]["one"]),
        (&"lowest to highest".into(), &"stuck".into())
    );
}

#[test]
fn seeds_that_all_came_to_the_same_are_one_run() {
    let variants = [
        runs("a", 1, vec![halving(0); 9]),
        runs("b", 1, vec![halving(1); 9]),
    ];
    let found = Comparison::new(&seeds(9), &variants, None).unwrap();
    assert!(found.all_alike);
    assert!(
        found.answer.contains("All 9 seeds came to the same losses"),
        "{}",
        found.answer
    );
    assert!(!found.answer.contains("(p "), "{}", found.answer);
}

#[test]
fn text_keeps_to_the_width_and_missing_seeds_are_refused() {
    let many: Vec<VariantRuns> = (0..12)
        .map(|variant| {
            let name = format!("variant with a name that is long {variant}");
            runs(
                &name,
                1 + variant as u64 % 3,
                (0..10).map(|seed| halving(seed + variant)).collect(),
            )
        })
        .collect();
    let found = Comparison::new(&seeds(10), &many, None).unwrap();
    for width in [80, 100, 140] {
        let text = found.to_text(width);
        assert!(
            text.lines().all(|line| line.chars().count() <= width),
            "{width}:\n{text}"
        );
    }
    let short = [runs("a", 1, vec![halving(0); 3])];
    assert!(matches!(
        Comparison::new(&seeds(4), &short, None),
        Err(ReportError::SeedsMissing {
            found: 3,
            expected: 4,
            ..
        })
    ));
    assert!(matches!(
        Comparison::new(&[], &[], None),
        Err(ReportError::NothingToCompare)
    ));
}
