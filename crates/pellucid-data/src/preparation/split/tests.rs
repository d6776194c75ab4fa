use super::{Labels, group_folds, hold_out, hold_out_groups, hold_out_latest, k_fold, time_folds};
use pellucid::recipe::ClassWeight;
use proptest::prelude::*;
use std::collections::HashSet;

fn labels_of(labels: &[u32], classes: usize) -> Labels {
    Labels {
        labels: labels.to_vec(),
        classes: (0..classes).map(|class| format!("class {class}")).collect(),
    }
}

/// compute_class_weight("balanced", y=[0, 0, 0, 1]): 4 / (2 · [3, 1]).
#[test]
fn balanced_weights_are_scikit_learns() {
    let labels = labels_of(&[0, 0, 0, 1], 2);
    let weights = ClassWeight::Balanced.of_classes("class_weight", &labels.counts());
    assert_eq!(weights.unwrap(), [4.0 / 6.0, 2.0]);
}

#[test]
fn the_held_out_fraction_is_rounded_up() {
    let rows: Vec<u32> = (0..11).collect();
    for (fraction, expected) in [(0.1, 2), (0.5, 6), (0.01, 1), (0.99, 10)] {
        let split = hold_out(&rows, None, fraction, 1).unwrap();
        assert_eq!(
            (split.held_out.len(), split.training.len()),
            (expected, 11 - expected)
        );
    }
}

/// The permutation is NumPy's: RandomState(42).permutation(5) is 1, 4, 2, 0, 3.
#[test]
fn the_draw_is_numpys_permutation() {
    let split = hold_out(&[10, 11, 12, 13, 14], None, 0.4, 42).unwrap();
    assert_eq!((split.held_out, split.training), (vec![11, 14], vec![12, 10, 13]));
}

#[test]
fn every_bad_split_is_an_error() {
    let says = |result: crate::Result<super::RowSplit>, message: &str| {
        assert_eq!(result.unwrap_err().to_string(), message);
    };
    let rows = [0, 1, 2];
    for fraction in [0.0, 1.0, -0.5, f64::NAN] {
        says(
            hold_out(&rows, None, fraction, 0),
            &format!("the hold-out: a fraction of {fraction} cannot be held out; choose one between 0 and 1"),
        );
    }
    says(
        hold_out(&[7], None, 0.5, 0),
        "the hold-out: 1 row cannot be split; at least 2 rows are needed",
    );
    for folds in [0, 1, 4] {
        assert_eq!(
            k_fold(&rows, None, folds, 0).unwrap_err().to_string(),
            format!(
                "cross-validation: 3 rows cannot be split into {folds} folds; choose at least 2 folds, and no more \
                 than there are rows"
            )
        );
    }
    let folds = k_fold(&[0, 1, 2, 3, 4], Some(&labels_of(&[0, 1, 0, 0, 1], 2)), 3, 0).unwrap();
    assert_eq!(
        folds.warning.as_deref(),
        Some("class `class 1` has 2 rows, fewer than the 3 folds: some folds have none of it")
    );
}

#[test]
fn the_single_row_of_a_class_is_trained_on_and_never_held_out() {
    let labels = labels_of(&[0, 1, 0, 0, 2, 0, 0, 1], 3);
    let rows: Vec<u32> = (10..18).collect();
    for seed in 0..20 {
        let split = hold_out(&rows, Some(&labels), 0.5, seed).unwrap();
        assert!(
            split.training.contains(&14) && split.held_out.len() == 4,
            "{split:?}"
        );
        let folds = k_fold(&rows, Some(&labels), 3, seed).unwrap();
        let sizes: Vec<usize> = folds.splits.iter().map(|split| split.held_out.len()).collect();
        assert_eq!(sizes, [3, 2, 2]);
        assert!(folds.splits.iter().all(|split| split.training.contains(&14)));
        let warning = folds.warning.unwrap();
        for part in [
            "class `class 2` has a single row",
            "class `class 1` has 2 rows, fewer than the 3",
        ] {
            assert!(warning.contains(part), "{warning}");
        }
    }
    let few = labels_of(&[0, 1, 2, 2], 3);
    assert_eq!(
        k_fold(&[0, 1, 2, 3], Some(&few), 3, 0).unwrap_err().to_string(),
        "cross-validation: 4 rows, of which 2 are the only rows of their classes and are never held out, cannot be split \
         into 3 folds; choose at least 2 folds, and no more than there are others"
    );
}

#[test]
fn no_group_is_on_both_sides() {
    let groups: Vec<u32> = (0..60).map(|row| row * row % 7).collect();
    let rows: Vec<u32> = (0..60).filter(|row| row % 5 > 0).collect();
    let labels = labels_of(&rows.iter().map(|row| row % 2).collect::<Vec<_>>(), 2);
    let of = |rows: &[u32]| {
        rows.iter()
            .map(|&row| groups[row as usize])
            .collect::<HashSet<u32>>()
    };
    for seed in 0..10 {
        let split = hold_out_groups(&rows, &groups, Some(&labels), 0.3, seed).unwrap();
        assert!(of(&split.training).is_disjoint(&of(&split.held_out)), "{split:?}");
        assert_eq!(split.training.len() + split.held_out.len(), rows.len());
        assert!(!split.held_out.is_empty());
        let folds = group_folds(&rows, &groups, Some(&labels), 3, seed).unwrap();
        let mut held_out: Vec<u32> = Vec::new();
        for split in &folds.splits {
            assert!(of(&split.training).is_disjoint(&of(&split.held_out)), "{split:?}");
            held_out.extend(&split.held_out);
        }
        held_out.sort_unstable();
        assert_eq!(held_out, rows);
    }
}

#[test]
fn a_group_with_every_row_of_a_class_is_trained_on() {
    let (rows, groups) = ([0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 2]);
    let labels = labels_of(&[0, 1, 0, 1, 2, 2], 3);
    for seed in 0..10 {
        let split = hold_out_groups(&rows, &groups, Some(&labels), 0.2, seed).unwrap();
        assert!(
            split.training.contains(&4) && split.held_out.len() == 2,
            "{split:?}"
        );
        let folds = group_folds(&rows, &groups, Some(&labels), 2, seed).unwrap();
        assert!(folds.splits.iter().all(|split| split.training.contains(&4)));
        assert!(folds.warning.unwrap().contains("class 2"));
    }
    let one = hold_out_groups(&rows, &[3; 6], None, 0.2, 0).unwrap_err();
    assert!(one.to_string().contains("all rows are of one group"), "{one}");
    let many = group_folds(&rows, &groups, None, 4, 0).unwrap_err().to_string();
    assert!(
        many.contains("6 rows in 3 groups cannot be split into 4 folds"),
        "{many}"
    );
}

#[test]
fn later_rows_are_held_out() {
    let times: Vec<u32> = (0..40u32).map(|row| (row * 17 % 40) / 2).collect();
    let rows: Vec<u32> = (0..40).collect();
    let range = |rows: &[u32]| {
        let of = rows.iter().map(|&row| times[row as usize]);
        (of.clone().min().unwrap(), of.max().unwrap())
    };
    let split = hold_out_latest(&rows, &times, 0.1).unwrap();
    assert_eq!(split.held_out.len(), 4);
    assert!(range(&split.training).1 < range(&split.held_out).0);
    let folds = time_folds(&rows, &times, 4).unwrap().splits;
    assert_eq!(folds.len(), 4);
    for (at, split) in folds.iter().enumerate() {
        assert_eq!((split.training.len(), split.held_out.len()), (8 * (at + 1), 8));
        assert!(range(&split.training).1 < range(&split.held_out).0);
    }
    // Few times: each fold has one of its own.
    let folds = time_folds(&[0, 1, 2, 3, 4, 5, 6], &[0, 1, 2, 3, 3, 3, 3], 3)
        .unwrap()
        .splits;
    assert_eq!(
        folds.iter().map(|split| split.training.len()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let error = time_folds(&[0, 1, 2], &[4, 4, 5], 2).unwrap_err().to_string();
    assert!(
        error.contains("3 rows of 2 times cannot be split into 2 folds"),
        "{error}"
    );
    assert!(hold_out_latest(&[0, 1], &[4, 4], 0.5).is_err());
}

fn any_labels() -> impl Strategy<Value = (Vec<u32>, Labels)> {
    (1usize..5, prop::collection::vec(0u32..5, 0..60)).prop_map(|(classes, mut labels)| {
        labels.iter_mut().for_each(|label| *label %= classes as u32);
        for class in 0..classes as u32 {
            labels.extend([class, class]); // at least two rows a class
        }
        let rows = (0..labels.len() as u32).map(|row| row * 3 + 1).collect();
        (rows, labels_of(&labels, classes))
    })
}

fn count(labels: &Labels, rows: &[u32], class: u32) -> usize {
    rows.iter()
        .filter(|&&row| labels.labels[(row as usize - 1) / 3] == class)
        .count()
}

proptest! {
    #[test]
    fn a_hold_out_gives_each_class_its_share(
        (rows, labels) in any_labels(), fraction in 0.01..0.99f64, seed: u32, stratified: bool,
    ) {
        let strata = stratified.then_some(&labels);
        let split = hold_out(&rows, strata, fraction, seed).unwrap();
        prop_assert_eq!(&split, &hold_out(&rows, strata, fraction, seed).unwrap());
        let mut all = [&split.training[..], &split.held_out].concat();
        all.sort_unstable();
        prop_assert_eq!(&all, &rows);
        prop_assert!(!split.held_out.is_empty() && !split.training.is_empty());
        let total = ((rows.len() as f64 * fraction).ceil()).min(rows.len() as f64 - 1.0);
        if !stratified {
            prop_assert_eq!(split.held_out.len() as f64, total);
            return Ok(());
        }
        for (class, of_class) in (0..).zip(labels.counts()) {
            let held_out = count(&labels, &split.held_out, class);
            let share = of_class as f64 * total / rows.len() as f64;
            let capped = share.min(of_class as f64 - 1.0);
            prop_assert!((held_out as f64 - share).abs() < 1.0 || (held_out as f64 - capped).abs() < 1e-9);
            prop_assert!(held_out < of_class);
        }
    }

    #[test]
    fn every_row_is_held_out_once_and_classes_are_spread_evenly(
        (rows, labels) in any_labels(), folds in 2usize..8, seed: u32, stratified: bool,
    ) {
        prop_assume!(folds <= rows.len());
        let strata = stratified.then_some(&labels);
        let splits = k_fold(&rows, strata, folds, seed).unwrap().splits;
        prop_assert_eq!(splits.len(), folds);
        let mut held_out: Vec<u32> = splits.iter().flat_map(|split| split.held_out.clone()).collect();
        held_out.sort_unstable();
        prop_assert_eq!(&held_out, &rows);
        let differ_by_1 = |counts: Vec<usize>| counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1;
        prop_assert!(differ_by_1(splits.iter().map(|split| split.held_out.len()).collect()));
        for split in &splits {
            let mut all = [&split.training[..], &split.held_out].concat();
            all.sort_unstable();
            prop_assert_eq!(&all, &rows);
        }
        for class in 0..labels.classes.len() as u32 {
            if stratified {
                prop_assert!(differ_by_1(splits.iter().map(|s| count(&labels, &s.held_out, class)).collect()));
                prop_assert!(splits.iter().all(|split| count(&labels, &split.training, class) > 0));
            }
        }
    }
}
