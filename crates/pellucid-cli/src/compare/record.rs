//! Writes the record of a comparison, for machines.

use super::side_by_side::{Cores, FinishedRun};
use super::{Runs, Variant};
use crate::arguments::Compare;
use pellucid::session::record::Numbers;
use pellucid_report::Comparison;
use serde_json::{Value, json};

/// For each variant its recipe and, for each seed, its curve; and the comparison.
pub(super) fn record(
    runs: &Runs,
    found: &Comparison,
    notes: &[String],
    arguments: &Compare,
    cores: Cores,
    stopped: bool,
) -> Value {
    let variant = |(index, variant): (usize, &Variant)| {
        let curves = runs.runs_of(index).enumerate();
        let spec = &variant.spec;
        json!({
            "name": spec.name,
            "settings": spec.settings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "recipe": spec.recipe,
            "initial_weights_of": variant.leader.as_ref().map(|leader| &leader.name),
            "updates_per_epoch": variant.updates_per_epoch,
            "samples_per_epoch": variant.rows,
            "runs": curves.map(|(seed, done)| curve(runs.seed_of(index, seed), done)).collect::<Vec<_>>(),
        })
    };
    let recipes: Vec<_> = runs.variants.iter().map(|variant| &variant.spec.recipe).collect();
    let (comparison, over_seeds) = match runs.seeds.len() {
        1 => (Some(found), None),
        _ => (None, Some(found)),
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "recipes": recipes,
        "variants": runs.variants.iter().enumerate().map(variant).collect::<Vec<_>>(),
        "comparison": comparison,
        "over_seeds": over_seeds,
        "notes": notes,
        "one_by_one": arguments.one_by_one,
        "runs_side_by_side": cores.lanes,
        "threads": cores.lanes.get() * cores.threads.get(),
        "stopped": stopped,
    })
}

/// The most points of a curve in the record: a run of a million epochs would make it unreadable.
const MOST_POINTS: usize = 10_000;

fn curve(seed: u32, done: &FinishedRun) -> Value {
    let epochs = done.losses.len();
    let stride = epochs.div_ceil(MOST_POINTS).max(1);
    // The last is always there, and the first.
    let kept: Vec<usize> = (0..epochs)
        .filter(|&index| index % stride == 0 || index + 1 == epochs)
        .collect();
    let thinned = |values: &Vec<f64>| {
        let kept = kept.iter().filter_map(|&index| values.get(index));
        Numbers(kept.copied().collect())
    };
    json!({
        "seed": seed,
        "epochs": kept.iter().map(|index| index + 1).collect::<Vec<_>>(),
        "losses": thinned(&done.losses),
        "validation_losses": Some(&done.validation).filter(|losses| !losses.is_empty()).map(thinned),
        "seconds": thinned(&done.seconds),
        "diverged": done.trouble,
    })
}
