//! The arithmetic of one unit in full: every product of its pre-activation, forwards and backwards.

use super::axes::Axes;
use super::number::short;
use crate::page::PageTable;
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

/// The arithmetic of one unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct UnitArithmetic {
    /// The layer, counted from 1.
    pub(super) layer: usize,
    /// The unit in it, counted from 1.
    pub(super) unit: usize,
    /// Forwards and backwards, one entry per sample.
    samples: Vec<UnitSample>,
    /// One entry per input: the weight, its derivative and its step.
    weights: Vec<UnitWeight>,
}

/// A unit and one sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct UnitSample {
    /// The number of the sample, counted from 1.
    row: u64,
    products: Vec<Product>,
    bias: Option<f64>,
    z: f64,
    activation: f64,
    /// δ times weight of each unit above; none in the output layer.
    comes_back: Vec<Product>,
    d_loss_d_activation: f64,
    d_activation_d_z: f64,
    delta: f64,
}

/// A number, a weight, and their product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Product {
    /// An input, or the δ of a unit above.
    number: f64,
    /// The weight between the two units.
    weight: f64,
    product: f64,
}

/// A weight of the unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct UnitWeight {
    /// Input times δ of each sample.
    products: Vec<f64>,
    /// Their sum, ∂L/∂w.
    d_loss_d_weight: f64,
    weight: f64,
    weight_after: Option<f64>,
}

impl UnitArithmetic {
    /// The arithmetic of a unit; none where there is no such unit.
    pub(super) fn new(explanation: &Explanation, choice: UnitChoice) -> Option<Self> {
        let (index, unit) = (choice.layer.checked_sub(1)?, choice.unit.checked_sub(1)?);
        let layer = explanation
            .layers
            .get(index)
            .filter(|layer| unit < layer.fan_out)?;
        let input = explanation.input_of(index);
        let product = |(&number, weight): (&f64, f64)| Product {
            number,
            weight,
            product: number * weight,
        };
        let weights = || layer.weights.iter().map(|weights| weights.0[unit]);
        let samples = explanation.rows.iter().enumerate().map(|(at, &row)| UnitSample {
            row,
            products: input[at].0.iter().zip(weights()).map(product).collect(),
            bias: layer.bias.as_ref().map(|bias| bias.0[unit]),
            z: layer.z[at].0[unit],
            activation: layer.activation[at].0[unit],
            comes_back: explanation.layers.get(index + 1).map_or_else(Vec::new, |above| {
                let weights = above.weights[unit].0.iter().copied();
                above.delta[at].0.iter().zip(weights).map(product).collect()
            }),
            d_loss_d_activation: layer.d_loss_d_activation[at].0[unit],
            d_activation_d_z: layer.d_activation_d_z[at].0[unit],
            delta: layer.delta[at].0[unit],
        });
        let weights = weights().enumerate().map(|(from, weight)| UnitWeight {
            products: (input.iter().zip(&layer.delta))
                .map(|(input, delta)| input.0[from] * delta.0[unit])
                .collect(),
            d_loss_d_weight: layer.d_loss_d_weights[from].0[unit],
            weight,
            weight_after: layer.weights_after.as_ref().map(|after| after[from].0[unit]),
        });
        Some(Self {
            layer: choice.layer,
            unit: choice.unit,
            samples: samples.collect(),
            weights: weights.collect(),
        })
    }

    /// Its tables: of each shown sample forwards and backwards, and of its weights.
    pub(super) fn tables(&self, explanation: &Explanation, axes: &Axes, full: bool) -> Vec<PageTable> {
        let layer = &explanation.layers[self.layer - 1];
        let z = match layer.normalisation {
            Some(_) => "z, normalised",
            None => "sum z",
        };
        let activation = format!("a = f(z), {}", layer.function.name().replace('_', " "));
        let mut order = axes.samples.indices.clone();
        // A sample with an input other than 0 comes first.
        order.sort_by_key(|&at| self.samples[at].products.iter().all(Product::is_zero));
        if !full {
            order.truncate(1);
        }
        let mut tables = Vec::new();
        for sample in order.into_iter().map(|at| &self.samples[at]) {
            let inputs = sample.products.iter().enumerate();
            let inputs = inputs
                .map(|(from, product)| (product.is_zero(), product.row(self.input_name(explanation, from))));
            let mut rows = without_zeros(inputs.collect(), full, |zero| cells([&zero, "0", "", "0"]));
            rows.extend(sample.bias.map(|bias| labelled("bias", bias)));
            rows.extend([labelled(z, sample.z), labelled(&activation, sample.activation)]);
            tables.push(PageTable {
                caption: format!(
                    "Forward, sample {}: every product of its pre-activation",
                    sample.row
                ),
                head: cells(["input", "number", "weight", "product"]),
                rows,
            });
            let above = (1..).zip(&sample.comes_back);
            let above =
                above.map(|(to, product)| product.row(format!("unit {to} of layer {}", self.layer + 1)));
            let own = [
                labelled("∂L/∂a", sample.d_loss_d_activation),
                labelled("∂a/∂z", sample.d_activation_d_z),
                labelled("δ", sample.delta),
            ];
            tables.push(PageTable {
                caption: format!("Backward, sample {}: ∂L/∂a, and δ = ∂L/∂a · ∂a/∂z", sample.row),
                head: cells(["from", "δ there", "weight", "product"]),
                rows: above.chain(own).collect(),
            });
        }
        tables.push(self.weight_table(explanation, axes, full));
        tables
    }

    fn weight_table(&self, explanation: &Explanation, axes: &Axes, full: bool) -> PageTable {
        let shown = &axes.samples.indices;
        let hidden = axes.samples.hidden();
        let mut head = vec!["weight from".to_string()];
        head.extend(shown.iter().map(|&at| format!("sample {}", self.samples[at].row)));
        head.extend((hidden > 0).then(|| format!("{hidden} more")));
        head.extend(["∂L/∂w", "before", "after"].map(String::from));
        let rows = self.weights.iter().enumerate().map(|(from, weight)| {
            let mut row = vec![self.input_name(explanation, from)];
            row.extend(shown.iter().map(|&at| cell(weight.products[at])));
            row.extend((hidden > 0).then(|| "…".into()));
            row.extend([cell(weight.d_loss_d_weight), cell(weight.weight)]);
            row.push(weight.weight_after.map_or("–".into(), cell));
            (weight.products.iter().all(|product| *product == 0.0), row)
        });
        let rows = without_zeros(rows.collect(), full, |zero| {
            let mut row = vec![String::new(); head.len()];
            row[0] = zero;
            row[head.len() - 3] = "0".into();
            row
        });
        PageTable {
            caption: "Update: input times δ, added up over the samples".into(),
            head,
            rows,
        }
    }

    fn input_name(&self, explanation: &Explanation, from: usize) -> String {
        match (self.layer, explanation.input_names.get(from)) {
            (1, Some(name)) => format!("input {} ({name})", from + 1),
            (1, None) => format!("input {}", from + 1),
            _ => format!("unit {}", from + 1),
        }
    }
}

impl Product {
    fn row(&self, name: String) -> Vec<String> {
        vec![name, cell(self.number), cell(self.weight), cell(self.product)]
    }

    fn is_zero(&self) -> bool {
        self.number == 0.0
    }
}

/// The rows, of which it is known whether their number is 0. Where most are 0 and not all are to be shown, one for all of
/// those, `others` of how many.
fn without_zeros(
    mut rows: Vec<(bool, Vec<String>)>,
    full: bool,
    others: impl FnOnce(String) -> Vec<String>,
) -> Vec<Vec<String>> {
    let zero = rows.iter().filter(|(is_zero, _)| *is_zero).count();
    if !full && zero > 20 && 2 * zero > rows.len() {
        rows.retain(|(is_zero, _)| !is_zero);
        rows.push((true, others(format!("{zero} others"))));
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

fn cell(value: f64) -> String {
    short(value).replace('-', "−")
}

fn cells<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(String::from).to_vec()
}

/// A row of one number.
fn labelled(name: &str, value: f64) -> Vec<String> {
    cells([name, "", "", &cell(value)])
}
