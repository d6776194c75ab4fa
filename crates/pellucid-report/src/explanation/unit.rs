//! The arithmetic of one unit in full: every product of its pre-activation, forwards and backwards.

use super::axes::Axes;
use super::number::short;
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
pub struct UnitArithmetic {
    /// The layer, counted from 1.
    pub layer: usize,
    /// The unit in it, counted from 1.
    pub unit: usize,
    /// Forwards and backwards, one entry per sample.
    pub samples: Vec<UnitSample>,
    /// One entry per input: the weight, its derivative and its step.
    pub weights: Vec<UnitWeight>,
}

/// A unit and one sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitSample {
    /// The number of the sample, counted from 1.
    pub row: u64,
    /// Every input times its weight.
    pub products: Vec<Product>,
    /// The bias.
    pub bias: Option<f64>,
    /// The pre-activation.
    pub z: f64,
    /// f(z).
    pub activation: f64,
    /// δ times weight of each unit above; none in the output layer.
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
    /// An input, or the δ of a unit above.
    pub number: f64,
    /// The weight between the two units.
    pub weight: f64,
    /// Number times weight.
    pub product: f64,
}

/// A weight of the unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitWeight {
    /// Input times δ of each sample.
    pub products: Vec<f64>,
    /// Their sum, ∂L/∂w.
    pub d_loss_d_weight: f64,
    /// The weight before the step.
    pub weight: f64,
    /// The weight after it.
    pub weight_after: Option<f64>,
}

impl UnitArithmetic {
    /// The arithmetic of a unit; none where there is no such unit.
    pub fn new(explanation: &Explanation, choice: UnitChoice) -> Option<Self> {
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
    pub(super) fn tables(&self, explanation: &Explanation, axes: &Axes, full: bool) -> Vec<WordTable> {
        let layer = &explanation.layers[self.layer - 1];
        let mut order = axes.samples.indices.clone();
        // A sample with an input other than 0 comes first.
        order.sort_by_key(|&at| {
            self.samples[at]
                .products
                .iter()
                .all(|product| product.number == 0.0)
        });
        if !full {
            order.truncate(1);
        }
        let mut tables = Vec::new();
        for at in order {
            let sample = &self.samples[at];
            let inputs = sample.products.iter().enumerate();
            let inputs = inputs.map(|(from, product)| product.row(self.input_name(explanation, from)));
            let is_zero = |from: usize| sample.products[from].number == 0.0;
            let (mut rows, zero) = without_zeros(inputs.collect(), is_zero, full);
            rows.extend(zero.map(|zero| cells([&zero, "0", "", "0"])));
            rows.extend(sample.bias.map(|bias| labelled("bias", bias)));
            let z = match layer.normalisation {
                Some(_) => "z, normalised",
                None => "sum z",
            };
            let activation = format!("a = f(z), {}", layer.function.name().replace('_', " "));
            rows.extend([labelled(z, sample.z), labelled(&activation, sample.activation)]);
            tables.push(WordTable {
                heading: format!(
                    "Forward, sample {}: every product of its pre-activation",
                    sample.row
                ),
                columns: cells(["input", "number", "weight", "product"]),
                rows,
            });
            let above = sample.comes_back.iter().enumerate();
            let above = above
                .map(|(to, product)| product.row(format!("unit {} of layer {}", to + 1, self.layer + 1)));
            let own = [
                labelled("∂L/∂a", sample.d_loss_d_activation),
                labelled("∂a/∂z", sample.d_activation_d_z),
                labelled("δ", sample.delta),
            ];
            tables.push(WordTable {
                heading: format!("Backward, sample {}: ∂L/∂a, and δ = ∂L/∂a · ∂a/∂z", sample.row),
                columns: cells(["from", "δ there", "weight", "product"]),
                rows: above.chain(own).collect(),
            });
        }
        tables.push(self.weight_table(explanation, axes, full));
        tables
    }

    fn weight_table(&self, explanation: &Explanation, axes: &Axes, full: bool) -> WordTable {
        let shown = &axes.samples.indices;
        let hidden = axes.samples.hidden();
        let mut columns = vec!["weight from".to_string()];
        columns.extend(shown.iter().map(|&at| format!("sample {}", self.samples[at].row)));
        columns.extend((hidden > 0).then(|| format!("{hidden} more")));
        columns.extend(["∂L/∂w", "before", "after"].map(String::from));
        let row = |(from, weight): (usize, &UnitWeight)| {
            let mut row = vec![self.input_name(explanation, from)];
            row.extend(shown.iter().map(|&at| cell(weight.products[at])));
            row.extend((hidden > 0).then(|| "…".into()));
            row.extend([cell(weight.d_loss_d_weight), cell(weight.weight)]);
            row.push(weight.weight_after.map_or("–".into(), cell));
            row
        };
        let is_zero = |from: usize| self.weights[from].products.iter().all(|product| *product == 0.0);
        let (mut rows, zero) =
            without_zeros(self.weights.iter().enumerate().map(row).collect(), is_zero, full);
        rows.extend(zero.map(|zero| {
            let mut row = vec![String::new(); columns.len()];
            row[0] = zero;
            row[columns.len() - 3] = "0".into();
            row
        }));
        WordTable {
            heading: "Update: input times δ, added up over the samples".into(),
            columns,
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
}

/// The rows whose number is not 0, and a name for the others, where most are 0 and not all are to be shown.
fn without_zeros(
    rows: Vec<Vec<String>>,
    is_zero: impl Fn(usize) -> bool,
    full: bool,
) -> (Vec<Vec<String>>, Option<String>) {
    let zero = (0..rows.len()).filter(|&row| is_zero(row)).count();
    if full || zero <= 20 || 2 * zero <= rows.len() {
        return (rows, None);
    }
    let rows = rows.into_iter().enumerate().filter(|(row, _)| !is_zero(*row));
    (rows.map(|(_, row)| row).collect(), Some(format!("{zero} others")))
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

/// A table of words and numbers.
pub(super) struct WordTable {
    pub(super) heading: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}
