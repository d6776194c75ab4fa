//! A comparison as JSON, which has no words for numbers that are not finite.

use super::{Comparison, Reach, TargetReach, VariantSummary};
use pellucid::session::record::{Number, Numbers};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

pub(super) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Number(*value).serialize(serializer)
}

pub(super) fn numbers<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    Numbers(values.to_vec()).serialize(serializer)
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.has_one_seed() {
            true => of_one_seed(self).serialize(serializer),
            false => Comparison::serialize(self, serializer),
        }
    }
}

/// Plain numbers in place of spreads, and no tests over seeds.
fn of_one_seed(found: &Comparison) -> Value {
    let run = |run: &VariantSummary| {
        let lowest = run.lowest_loss.median;
        json!({
            "name": run.name,
            "epochs": run.epochs,
            "updates": run.updates,
            "seconds": Number(run.seconds.median),
            "final_loss": (run.epochs > 0).then_some(Number(run.final_loss.median)),
            "lowest_loss": lowest.is_finite().then_some(lowest),
            "diverged_at": run.diverged_at,
        })
    };
    let reach = |reach: &Reach| {
        let value = json!({
            "epoch": reach.epoch.median as u64,
            "updates": reach.updates.median as u64,
            "seconds": Number(reach.seconds.median),
        });
        (reach.seeds > 0).then_some(value)
    };
    let target = |target: &TargetReach| {
        let reached: Vec<_> = target.reached.iter().map(reach).collect();
        json!({ "loss": target.loss, "reached": reached })
    };
    let equal_epochs = found.equal_epochs.iter().map(|row| {
        let losses = row.losses.iter().map(|loss| loss.median);
        json!({ "epoch": row.epoch, "losses": Numbers(losses.collect()) })
    });
    json!({
        "runs": found.variants.iter().map(run).collect::<Vec<_>>(),
        "equal_epochs": equal_epochs.collect::<Vec<_>>(),
        "targets": found.targets.iter().map(target).collect::<Vec<_>>(),
        "answer": found.answer,
    })
}
