//! One unit's arithmetic in full: every product of its sums, forwards and backwards.

use super::axes::Axes;
use pellucid::inspection::explanation::Explanation;
use serde::Serialize;

/// A unit of a layer, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitChoice {
    /// The layer, 1 for the first one after the inputs.
    pub layer: usize,
    /// The unit in it.
    pub unit: usize,
}

/// A unit's part of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitArithmetic {
    /// The layer, counted from 1.
    pub layer: usize,
    /// The unit in it, counted from 1.
    pub unit: usize,
    /// Of each sample, forwards and backwards.
    pub samples: Vec<UnitSample>,
    /// Of each number that comes in, the weight's slope and its step.
    pub weights: Vec<UnitWeight>,
}

/// A unit and one sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitSample {
    /// The sample's number, counted from 1.
    pub row: u64,
    /// Weight and product of each number that comes in.
    pub products: Vec<Product>,
    /// The bias.
    pub bias: Option<f64>,
    /// The sum of all of them.
    pub z: f64,
    /// f(z).
    pub activation: f64,
    /// What comes back from each unit above, δ times weight; none in the output layer.
    pub comes_back: Vec<Product>,
    /// ∂L/∂a.
    pub d_loss_d_activation: f64,
    /// ∂a/∂z.
    pub d_activation_d_z: f64,
    /// δ.
    pub delta: f64,
}

/// A number, a weight, and their product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Product {
    /// What comes in, or the δ that comes back.
    pub number: f64,
    /// The weight between the two units.
    pub weight: f64,
    /// Number times weight.
    pub product: f64,
}

/// A weight of the unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitWeight {
    /// Of each sample, what comes in times δ.
    pub products: Vec<f64>,
    /// Their sum, ∂L/∂w.
    pub d_loss_d_weight: f64,
    /// The weight before the step.
    pub weight: f64,
    /// The weight after it.
    pub weight_after: Option<f64>,
}

impl UnitArithmetic {
    /// A unit's arithmetic; nothing where there is no such unit.
    pub fn of(explanation: &Explanation, choice: UnitChoice) -> Option<Self> {
        let (index, unit) = (choice.layer.checked_sub(1)?, choice.unit.checked_sub(1)?);
        let layer = explanation.layers.get(index)?;
        if unit >= layer.fan_out {
            return None;
        }
        let input = explanation.input_of(index);
        let product = |number: f64, weight: f64| Product {
            number,
            weight,
            product: number * weight,
        };
        let above = explanation.layers.get(index + 1);
        let samples = explanation.rows.iter().enumerate().map(|(at, &row)| UnitSample {
            row,
            products: input[at]
                .0
                .iter()
                .zip(&layer.weights)
                .map(|(&x, weights)| product(x, weights.0[unit]))
                .collect(),
            bias: layer.bias.as_ref().map(|bias| bias.0[unit]),
            z: layer.z[at].0[unit],
            activation: layer.activation[at].0[unit],
            comes_back: above.map_or_else(Vec::new, |above| {
                let weights = &above.weights[unit].0;
                above.delta[at]
                    .0
                    .iter()
                    .zip(weights)
                    .map(|(&delta, &weight)| product(delta, weight))
                    .collect()
            }),
            d_loss_d_activation: layer.d_loss_d_activation[at].0[unit],
            d_activation_d_z: layer.d_activation_d_z[at].0[unit],
            delta: layer.delta[at].0[unit],
        });
        let weights = (0..layer.fan_in).map(|from| UnitWeight {
            products: (0..explanation.rows.len())
                .map(|at| input[at].0[from] * layer.delta[at].0[unit])
                .collect(),
            d_loss_d_weight: layer.d_loss_d_weights[from].0[unit],
            weight: layer.weights[from].0[unit],
            weight_after: layer.weights_after.as_ref().map(|after| after[from].0[unit]),
        });
        Some(Self {
            layer: choice.layer,
            unit: choice.unit,
            samples: samples.collect(),
            weights: weights.collect(),
        })
    }

    /// Tables of it, each with a heading.
    pub(super) fn tables(&self, explanation: &Explanation, axes: &Axes, full: bool) -> Vec<UnitTable> {
        use super::number::short;
        let layer = &explanation.layers[self.layer - 1];
        let number = |value: f64| short(value).replace('-', "−");
        let name = |from: usize| match (self.layer, explanation.input_names.get(from)) {
            (1, Some(name)) => format!("input {} ({name})", from + 1),
            (1, None) => format!("input {}", from + 1),
            _ => format!("unit {}", from + 1),
        };
        let mut tables = Vec::new();
        let mut order = axes.samples.indices.clone();
        // The one in which the unit does something first.
        order.sort_by_key(|&at| {
            self.samples[at]
                .products
                .iter()
                .all(|product| product.number == 0.0)
        });
        if !full {
            order.truncate(1);
        }
        let most_are_zero = |products: &[Product]| {
            let zero = products.iter().filter(|product| product.number == 0.0).count();
            (!full && zero > 20 && 2 * zero > products.len()).then_some(zero)
        };
        for at in order {
            let sample = &self.samples[at];
            let zero = most_are_zero(&sample.products);
            let shown = |product: &Product| zero.is_none() || product.number != 0.0;
            let mut rows: Vec<Vec<String>> = sample
                .products
                .iter()
                .enumerate()
                .filter(|(_, product)| shown(product))
                .map(|(from, product)| {
                    vec![
                        name(from),
                        number(product.number),
                        number(product.weight),
                        number(product.product),
                    ]
                })
                .collect();
            rows.extend(
                zero.map(|zero| vec![format!("{zero} others"), "0".into(), String::new(), "0".into()]),
            );
            rows.extend(
                sample
                    .bias
                    .map(|bias| vec!["bias".into(), String::new(), String::new(), number(bias)]),
            );
            let sum = if layer.normalisation.is_some() {
                "sum, normalised"
            } else {
                "sum z"
            };
            rows.push(vec![sum.into(), String::new(), String::new(), number(sample.z)]);
            rows.push(vec![
                format!("a = f(z), {}", layer.function.name().replace('_', " ")),
                String::new(),
                String::new(),
                number(sample.activation),
            ]);
            tables.push(UnitTable {
                heading: format!("Forward, sample {}: every product of its sum", sample.row),
                columns: ["comes in from", "number", "weight", "product"]
                    .map(String::from)
                    .to_vec(),
                rows,
            });
            let mut rows: Vec<Vec<String>> = sample
                .comes_back
                .iter()
                .enumerate()
                .map(|(to, product)| {
                    vec![
                        format!("unit {} of layer {}", to + 1, self.layer + 1),
                        number(product.number),
                        number(product.weight),
                        number(product.product),
                    ]
                })
                .collect();
            let blank = String::new;
            rows.push(vec![
                "∂L/∂a".into(),
                blank(),
                blank(),
                number(sample.d_loss_d_activation),
            ]);
            rows.push(vec![
                "∂a/∂z".into(),
                blank(),
                blank(),
                number(sample.d_activation_d_z),
            ]);
            rows.push(vec!["δ".into(), blank(), blank(), number(sample.delta)]);
            tables.push(UnitTable {
                heading: format!(
                    "Backward, sample {}: what comes back, and δ = ∂L/∂a · ∂a/∂z",
                    sample.row
                ),
                columns: ["comes back from", "δ there", "weight", "product"]
                    .map(String::from)
                    .to_vec(),
                rows,
            });
        }
        let shown = &axes.samples.indices;
        let zero = self
            .weights
            .iter()
            .filter(|weight| weight.products.iter().all(|product| *product == 0.0))
            .count();
        let leaves_out = !full && zero > 20 && 2 * zero > self.weights.len();
        let mut columns = vec!["weight from".to_string()];
        columns.extend(shown.iter().map(|&at| format!("sample {}", self.samples[at].row)));
        if axes.samples.hidden() > 0 {
            columns.push(format!("{} more", axes.samples.hidden()));
        }
        columns.extend(["∂L/∂w", "before", "after"].map(String::from));
        let width = columns.len();
        let mut rows: Vec<Vec<String>> = self
            .weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| !leaves_out || weight.products.iter().any(|product| *product != 0.0))
            .map(|(from, weight)| {
                let mut row = vec![name(from)];
                row.extend(shown.iter().map(|&at| number(weight.products[at])));
                if axes.samples.hidden() > 0 {
                    row.push("…".into());
                }
                row.extend([number(weight.d_loss_d_weight), number(weight.weight)]);
                row.push(weight.weight_after.map_or("–".into(), number));
                row
            })
            .collect();
        if leaves_out {
            let mut row = vec![String::new(); width];
            row[0] = format!("{zero} others");
            row[width - 3] = "0".into();
            rows.push(row);
        }
        tables.push(UnitTable {
            heading: "Update: what comes in times δ, added up over the samples".into(),
            columns,
            rows,
        });
        tables
    }
}

/// A table of words and numbers.
pub(super) struct UnitTable {
    pub(super) heading: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}
