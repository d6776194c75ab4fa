//! Records of epochs in the state of a training.

use crate::error::{Error, Result};
use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::Metric;
use crate::state::State;
use crate::training::observe::EpochRecord;

/// Adds records to a state. All have the same metrics, and all or none have held-out rows.
pub(crate) fn save_epochs(state: &mut State, name: &str, records: &[EpochRecord]) {
    let epochs: Vec<u64> = records.iter().map(|record| record.epoch).collect();
    let mut numbers = Vec::new();
    for record in records {
        numbers.push(record.loss);
        numbers.extend(record.metrics.iter().map(|(_, value)| value));
        if let Some(found) = &record.validation {
            numbers.push(found.loss);
            numbers.extend(found.metrics.iter().map(|(_, value)| value));
        }
    }
    state.put_counts(&format!("{name}/epochs"), &epochs);
    state.put_numbers(name, &numbers);
}

/// The records of a state, of a training with these metrics of training rows and, where rows are held out, of those.
pub(crate) fn load_epochs(
    state: &State,
    name: &str,
    metrics: &[Metric],
    held_out: Option<&[Metric]>,
) -> Result<Vec<EpochRecord>> {
    let epochs = state.counts(&format!("{name}/epochs"))?;
    let numbers = state.numbers::<f64>(name)?;
    let width = 1 + metrics.len() + held_out.map_or(0, |metrics| 1 + metrics.len());
    if numbers.len() != epochs.len() * width {
        return Err(Error::State(format!(
            "its `{name}` has other metrics than this training"
        )));
    }
    let named = |metrics: &[Metric], values: &[f64]| {
        let metrics = metrics.iter().copied();
        metrics.zip(values.iter().copied()).collect()
    };
    let records = epochs
        .iter()
        .zip(numbers.chunks_exact(width))
        .map(|(&epoch, numbers)| {
            let (of_training, of_held_out) = numbers.split_at(1 + metrics.len());
            EpochRecord {
                epoch,
                loss: of_training[0],
                metrics: named(metrics, &of_training[1..]),
                validation: held_out.map(|metrics| Evaluation {
                    loss: of_held_out[0],
                    metrics: named(metrics, &of_held_out[1..]),
                }),
            }
        });
    Ok(records.collect())
}
