//! The record of a comparison, for machines.

use super::Runs;
use super::side_by_side::{Cores, Done};
use crate::arguments::Compare;
use pellucid::session::record::Numbers;
use pellucid_report::Comparison;
use serde_json::{Value, json};

/// All of it: for each variant its recipe and, for each seed, its curve; and what they say about each other.
pub(super) fn record(
    runs: &Runs,
    found: &Comparison,
    notes: &[String],
    arguments: &Compare,
    cores: Cores,
    stopped: bool,
) -> Value {
    let variants: Vec<Value> = runs
        .entrants
        .iter()
        .enumerate()
        .map(|(index, entrant)| {
            let of_seeds: Vec<Value> = runs
                .of(index)
                .enumerate()
                .map(|(seed, done)| curve(runs.seed_of(index, seed), done))
                .collect();
            let variant = &entrant.variant;
            json!({
                "name": variant.name,
                "settings": variant.settings.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
                "recipe": variant.recipe,
                "initial_weights_of": entrant.leader,
                "updates_per_epoch": entrant.updates_per_epoch,
                "samples_per_epoch": entrant.rows,
                "runs": of_seeds,
            })
        })
        .collect();
    let recipes: Vec<_> = runs
        .entrants
        .iter()
        .map(|entrant| &entrant.variant.recipe)
        .collect();
    let (comparison, over_seeds) = match runs.seeds.len() {
        1 => (Some(found), None),
        _ => (None, Some(found)),
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "recipes": recipes,
        "variants": variants,
        "comparison": comparison,
        "over_seeds": over_seeds,
        "notes": notes,
        "one_by_one": arguments.one_by_one,
        "runs_side_by_side": cores.lanes,
        "threads": cores.lanes.get() * cores.threads.get(),
        "stopped": stopped,
    })
}

/// Points of a curve that are kept: a run of a million epochs would make a record that nobody reads.
const MOST_POINTS: usize = 10_000;

fn curve(seed: u32, done: &Done) -> Value {
    let epochs = done.losses.len();
    let stride = epochs.div_ceil(MOST_POINTS).max(1);
    // The last is always there, and the first.
    let kept: Vec<usize> = (0..epochs)
        .filter(|&index| index % stride == 0 || index + 1 == epochs)
        .collect();
    let of = |values: &[f64]| {
        Numbers(
            kept.iter()
                .filter_map(|&index| values.get(index).copied())
                .collect(),
        )
    };
    json!({
        "seed": seed,
        "epochs": kept.iter().map(|index| index + 1).collect::<Vec<_>>(),
        "losses": of(&done.losses),
        "validation_losses": Some(&done.validation).filter(|losses| !losses.is_empty()).map(|losses| of(losses)),
        "seconds": of(&done.seconds),
        "diverged": done.trouble,
    })
}
