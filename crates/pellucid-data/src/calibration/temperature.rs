//! Temperature scaling: divides the inputs of the softmax, or of the sigmoids, by one number.
//!
//! C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, *On Calibration of Modern Neural Networks*, 2017, section 4.2. The number
//! divides the parameters of the output layer, so that every reader of the network computes calibrated probabilities.

use crate::error::Result;
use pellucid::{Network, Scalar, elementary};
use serde::{Deserialize, Serialize};

/// A temperature and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temperature {
    /// T: above 1 where the probabilities were too sure, below 1 where they were not sure enough.
    pub value: f64,
    /// The number of held-out rows that chose it.
    pub rows: usize,
    /// Their mean log loss at T = 1.
    pub log_loss_before: f64,
    /// Their mean log loss at T.
    pub log_loss: f64,
}

/// Logits of some decisions between classes, and the true class of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Decisions {
    /// zⱼ − z of the true class, (decisions, classes).
    distances: Vec<f64>,
    classes: usize,
}

impl Decisions {
    /// Of a softmax: `logits` are (rows, classes).
    pub fn of_softmax(logits: &[f64], labels: &[usize], classes: usize) -> Self {
        let rows = logits.chunks_exact(classes).zip(labels);
        let distances = rows.flat_map(|(row, &label)| row.iter().map(move |z| z - row[label]));
        Self {
            distances: distances.collect(),
            classes,
        }
    }

    /// Of sigmoids, each a decision between two classes: a logit each, and whether the second class is true.
    pub fn of_sigmoids(logits: &[f64], is_second: impl Iterator<Item = bool>) -> Self {
        let distances = logits.iter().zip(is_second).flat_map(|(&z, is_second)| {
            let of_other = if is_second { -z } else { z };
            [0.0, of_other]
        });
        Self {
            distances: distances.collect(),
            classes: 2,
        }
    }

    /// The number of decisions.
    pub fn len(&self) -> usize {
        self.distances.len() / self.classes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.distances.is_empty()
    }

    /// Whether no other class has a larger logit than the true one, in any of them.
    pub fn are_right(&self) -> bool {
        self.distances.iter().all(|distance| *distance <= 0.0)
    }

    /// The mean log loss of softmax(β·z).
    pub fn log_loss(&self, inverse_temperature: f64) -> f64 {
        let loss = |row: &[f64]| {
            let (largest, sum, _) = exponentials(row, inverse_temperature);
            largest + elementary::ln(sum)
        };
        self.mean(loss)
    }

    /// The derivative of the mean log loss by β: the mean of Σⱼ pⱼ·(zⱼ − z of the true class). It rises with β.
    fn slope(&self, inverse_temperature: f64) -> f64 {
        self.mean(|row| {
            let (_, sum, weighted) = exponentials(row, inverse_temperature);
            weighted / sum
        })
    }

    fn mean(&self, of_decision: impl Fn(&[f64]) -> f64) -> f64 {
        let sum: f64 = self.distances.chunks_exact(self.classes).map(of_decision).sum();
        sum / self.len() as f64
    }

    /// The temperature to divide logits by: the [best](Self::best_temperature), but none at which they are surer than so few
    /// decisions can show. The mean probability of the likelier classes is at most (n + 1)/(n + 2) for n decisions: what Laplace's
    /// rule of succession says of the next one, where all were right. `None` where there is no such T, because logits are no
    /// better than chance or not finite.
    pub fn temperature(&self) -> Option<f64> {
        match (self.best_temperature(), self.surest_temperature()) {
            (Some(best), Some(surest)) => Some(best.max(surest)),
            (None, surest) if self.are_right() => surest.filter(|_| self.slope(0.0) < 0.0),
            (best, _) => best,
        }
    }

    /// The temperature at which the mean probability of the likelier classes is (n + 1)/(n + 2) for n decisions; `None` where it
    /// never is, because some logits are equal or not finite.
    fn surest_temperature(&self) -> Option<f64> {
        let count = self.len() as f64;
        let bound = (count + 1.0) / (count + 2.0);
        let mean = |beta: f64| self.mean(|row| 1.0 / exponentials(row, beta).1);
        let mut high = 1.0;
        while mean(high) < bound {
            high *= 2.0;
            if high > 1e30 {
                return None;
            }
        }
        if !mean(high).is_finite() {
            return None;
        }
        let mut low = 0.0;
        while high - low > 1e-13 * high {
            let middle = f64::midpoint(low, high);
            match mean(middle) < bound {
                true => low = middle,
                false => high = middle,
            }
        }
        Some(1.0 / f64::midpoint(low, high))
    }

    /// The temperature T above 0 with the least mean log loss, to 1e-13 of it. The loss is convex in β = 1/T, so that the
    /// zero of its derivative is bisected. `None` where no T has the least: the loss falls for ever with T where every true
    /// class has the largest logit, and with 1/T where logits are no better than chance.
    pub fn best_temperature(&self) -> Option<f64> {
        let falls_at_first = self.slope(0.0) < 0.0;
        let some_are_wrong = self.distances.iter().any(|distance| *distance > 0.0);
        let is_finite = self.distances.iter().all(|distance| distance.is_finite());
        if !(falls_at_first && some_are_wrong && is_finite) {
            return None;
        }
        let (mut low, mut high) = (1.0, 1.0);
        while self.slope(low) > 0.0 {
            low /= 2.0;
        }
        while self.slope(high) < 0.0 {
            high *= 2.0;
            if high > 1e30 {
                return None;
            }
        }
        while high - low > 1e-13 * high {
            let middle = f64::midpoint(low, high);
            match self.slope(middle) < 0.0 {
                true => low = middle,
                false => high = middle,
            }
        }
        Some(1.0 / f64::midpoint(low, high))
    }
}

/// Of a row of distances d: the largest β·d, Σ e^(β·d − largest), and Σ d·e^(β·d − largest).
fn exponentials(row: &[f64], inverse_temperature: f64) -> (f64, f64, f64) {
    let scaled = |distance: &f64| inverse_temperature * distance;
    let largest = row.iter().map(scaled).fold(f64::NEG_INFINITY, f64::max);
    let add = |(sum, weighted): (f64, f64), distance: &f64| {
        let power = elementary::exp(scaled(distance) - largest);
        (sum + power, weighted + distance * power)
    };
    let (sum, weighted) = row.iter().fold((0.0, 0.0), add);
    (largest, sum, weighted)
}

/// The same network without the activation of its output layer: its outputs are logits.
///
/// # Errors
/// None: the architecture is that of a network.
pub fn without_output_activation<T: Scalar>(network: &Network<T>) -> Result<Network<T>> {
    let architecture = network.architecture().clone().without_output_activation();
    Ok(Network::new(architecture, network.parameters().to_vec())?)
}

/// Divides the output layer's logits by a temperature: weights and bias, or, where the layer is normalised, gain and shift.
pub fn scale_output_layer<T: Scalar>(network: &mut Network<T>, temperature: f64) {
    let layer = network.architecture().output_layer();
    let ranges = match (layer.gain(), layer.shift()) {
        (Some(gain), Some(shift)) => [Some(gain), Some(shift)],
        _ => [Some(layer.weights()), layer.bias()],
    };
    for range in ranges.into_iter().flatten() {
        for parameter in &mut network.parameters_mut()[range] {
            *parameter = T::from_f64(parameter.to_f64() / temperature);
        }
    }
}

#[cfg(test)]
mod tests;
