//! What held-out rows decided after a training, in words.

use crate::score_text::{count, figure_name, number, plural};
use pellucid_data::calibration::{Calibrated, Refit, Temperature, Threshold};

/// A line for each decision.
pub(crate) fn lines(calibrated: &Calibrated) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(calibrated.temperature.as_ref().map(temperature));
    lines.extend(calibrated.threshold.as_ref().map(threshold));
    if let Some(residuals) = calibrated.residuals.first() {
        let rows = plural(residuals.len(), "held-out row");
        lines.push(format!("residuals of {rows} are kept for intervals"));
    }
    lines.extend(calibrated.refit.as_ref().map(refit));
    lines
}

fn threshold(of: &Threshold) -> String {
    let [value, before, after] = [of.value, of.score_before, of.score].map(number);
    let (metric, rows) = (figure_name(of.metric.name()), plural(of.rows, "held-out row"));
    format!("threshold {value}: {metric} of {rows} was {before} at 0.5 and is {after}")
}

fn refit(of: &Refit) -> String {
    let (rows, epochs) = (count(of.rows), plural(of.epochs as usize, "epoch"));
    format!("trained again on all {rows} rows for {epochs}; scores are of the training before")
}

fn temperature(of: &Temperature) -> String {
    let [value, before, after] = [of.value, of.log_loss_before, of.log_loss].map(number);
    let rows = plural(of.rows, "held-out row");
    format!("temperature {value}: the log loss of {rows} was {before} and is {after}")
}
