//! Layer statistics in the state of a training.

use super::{LayerStatistics, LayerStatisticsRecorder, LayerSummary};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::state::State;

/// Numbers of a layer: those of its summary, and for each that may be missing whether it is there.
const NUMBERS: usize = 12;
const NAME: &str = "statistics";

impl<T: Scalar> LayerStatisticsRecorder<T> {
    /// Adds the entries so far, and the measurement under way, to a state.
    pub(crate) fn save_entries(&self, state: &mut State) {
        let counts: Vec<u64> = self
            .entries
            .iter()
            .flat_map(|entry| [entry.epoch, entry.updates])
            .collect();
        let losses: Vec<f64> = self
            .entries
            .iter()
            .flat_map(|entry| flagged(entry.loss))
            .collect();
        let layers = self.entries.iter().flat_map(|entry| &entry.layers);
        let layers: Vec<f64> = layers.flat_map(numbers_of).collect();
        state.put_counts(&format!("{NAME}/counts"), &counts);
        state.put_numbers(&format!("{NAME}/losses"), &losses);
        state.put_numbers(NAME, &layers);
        let (first, last) = self.window;
        let next_step = self.next_step.unwrap_or(0);
        let is_begun = u64::from(self.next_step.is_some());
        let position = [self.every, is_begun, next_step, first, last, self.sizes.steps];
        state.put_counts(&format!("{NAME}/position"), &position);
        state.put_numbers(&format!("{NAME}/sizes"), &self.sizes.sums);
        state.put_numbers(&format!("{NAME}/before"), self.before.parameters());
    }

    /// Continues from a state.
    pub(crate) fn load_entries(&mut self, state: &State) -> Result<()> {
        let counts = state.counts(&format!("{NAME}/counts"))?;
        let losses = state.numbers::<f64>(&format!("{NAME}/losses"))?;
        let layers = state.numbers::<f64>(NAME)?;
        let entries = counts.len() / 2;
        let width = NUMBERS * self.before.architecture().layers().len();
        if losses.len() != 2 * entries || layers.len() != entries * width {
            return Err(Error::State(format!("its `{NAME}` is of another network")));
        }
        let entry = |at: usize| LayerStatistics {
            epoch: counts[2 * at],
            updates: counts[2 * at + 1],
            loss: unflagged(&losses[2 * at..]),
            layers: layers[at * width..][..width]
                .chunks_exact(NUMBERS)
                .map(summary_of)
                .collect(),
        };
        self.entries = (0..entries).map(entry).collect();
        let [every, is_begun, next_step, first, last, steps] = state.count(&format!("{NAME}/position"))?;
        (self.every, self.window, self.sizes.steps) = (every.max(1), (first, last), steps);
        self.next_step = (is_begun > 0).then_some(next_step);
        state.copy_numbers(&format!("{NAME}/sizes"), &mut self.sizes.sums)?;
        state.copy_numbers(&format!("{NAME}/before"), self.before.parameters_mut())
    }
}

/// Whether there is a number, and the number.
fn flagged(number: Option<f64>) -> [f64; 2] {
    [f64::from(u8::from(number.is_some())), number.unwrap_or(0.0)]
}

fn unflagged(numbers: &[f64]) -> Option<f64> {
    (numbers[0] != 0.0).then_some(numbers[1])
}

fn numbers_of(layer: &LayerSummary) -> [f64; NUMBERS] {
    let [has_bias, bias] = flagged(layer.bias_gradient_rms);
    let [has_ratio, ratio] = flagged(layer.update_ratio);
    [
        has_bias,
        bias,
        has_ratio,
        ratio,
        layer.gradient_rms,
        layer.delta_rms,
        layer.weight_rms,
        layer.saturated_units,
        layer.dead_units,
        layer.flat,
        layer.activation_mean,
        layer.activation_deviation,
    ]
}

fn summary_of(numbers: &[f64]) -> LayerSummary {
    LayerSummary {
        bias_gradient_rms: unflagged(&numbers[0..2]),
        update_ratio: unflagged(&numbers[2..4]),
        gradient_rms: numbers[4],
        delta_rms: numbers[5],
        weight_rms: numbers[6],
        saturated_units: numbers[7],
        dead_units: numbers[8],
        flat: numbers[9],
        activation_mean: numbers[10],
        activation_deviation: numbers[11],
    }
}
