//! Which columns matter: laws, and figures of scikit-learn and NumPy (`golden/make_importance.py`).

mod partial_dependence;
mod permutation;
mod shapley;

use pellucid::numpy_random::RandomState;
use pellucid::recipe::{Scale, Task};
use pellucid::{Activation, Architecture, Network};
use pellucid_data::importance::PreparedRows;
use pellucid_data::model_file::AnyNetwork;
use pellucid_data::preparation::{
    ColumnChoice, Preparation, PreparationSettings, TargetPreparation, choose_columns,
};
use pellucid_data::training::Answers;
use pellucid_data::{Categories, Column, Table, Values};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/importance.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Columns `x1`, `x2`, … of numbers, and the target `y`.
fn table(columns: &[Vec<f64>], target: Values) -> Table {
    let column = |(at, values): (usize, &Vec<f64>)| Column {
        name: format!("x{}", at + 1),
        values: Values::Numbers(values.clone()),
    };
    let mut columns: Vec<Column> = columns.iter().enumerate().map(column).collect();
    columns.push(Column {
        name: "y".into(),
        values: target,
    });
    Table {
        first_row: 0,
        source: "the table".into(),
        columns,
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

fn all(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}

/// Numbers as they are.
fn preparation(table: &Table, task: Task) -> Preparation {
    let choice = ColumnChoice {
        target: vec!["y".into()],
        ..ColumnChoice::default()
    };
    let settings = PreparationSettings {
        scale: Scale::None,
        task: Some(task),
        ..PreparationSettings::default()
    };
    let chosen = choose_columns(table, &choice).unwrap();
    Preparation::fit(table, &all(table), &chosen, &settings)
        .unwrap()
        .0
}

/// A model of numbers, whose predictions are those of a network in the units of the table.
struct Model {
    table: Table,
    preparation: Preparation,
    network: AnyNetwork,
}

impl Model {
    /// Layers of weights, (fan_in, fan_out), and biases; the last is not activated.
    fn of_numbers(
        table: Table,
        weights: &[Vec<Vec<f64>>],
        biases: &[Vec<f64>],
        activation: Activation,
    ) -> Self {
        let preparation = preparation(&table, Task::Regression);
        let TargetPreparation::Regression { columns } = preparation.target() else {
            panic!("the target is numbers")
        };
        let (mean, std) = (columns[0].mean, columns[0].std);
        let mut sizes = vec![preparation.width()];
        sizes.extend(biases.iter().map(Vec::len));
        let mut activations = vec![activation; biases.len() - 1];
        activations.push(Activation::Identity);
        let architecture = Architecture::new(&sizes, &activations, true).unwrap();
        let last = weights.len() - 1;
        let weights = weights.iter().enumerate().flat_map(|(at, layer)| {
            let scaled = move |weight: &f64| if at == last { weight / std } else { *weight };
            layer.iter().flatten().map(scaled)
        });
        let biases = biases.iter().enumerate().flat_map(|(at, layer)| {
            let scaled = move |bias: &f64| if at == last { (bias - mean) / std } else { *bias };
            layer.iter().map(scaled)
        });
        let parameters: Vec<f64> = weights.chain(biases).collect();
        let network = Network::new(architecture, parameters).unwrap();
        Self {
            table,
            network: network.into(),
            preparation,
        }
    }

    /// A random network on random rows; its target is no use.
    fn random(columns: usize, rows: usize, seed: u32) -> Self {
        let mut random = RandomState::new(seed);
        let mut normal = |count: usize| (0..count).map(|_| random.standard_normal()).collect::<Vec<f64>>();
        let x: Vec<Vec<f64>> = (0..columns).map(|_| normal(rows)).collect();
        let y = normal(rows);
        let hidden: Vec<Vec<f64>> = (0..columns).map(|_| normal(5)).collect();
        let output: Vec<Vec<f64>> = (0..5).map(|_| normal(1)).collect();
        let biases = [normal(5), normal(1)];
        Self::of_numbers(
            table(&x, Values::Numbers(y)),
            &[hidden, output],
            &biases,
            Activation::Tanh,
        )
    }

    fn rows(&self) -> PreparedRows<'_> {
        let mut rows = PreparedRows::new(&[&self.network], &self.preparation, ONE);
        rows.append(&self.table, &all(&self.table)).unwrap();
        rows
    }

    fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        answers
            .append(self.preparation.target(), &self.table, &all(&self.table))
            .unwrap();
        answers
    }

    /// The network and the rows of `golden/importance.json`.
    fn golden() -> Self {
        let golden = golden();
        let rows: Vec<Vec<f64>> = golden["x"].as_array().unwrap().iter().map(numbers).collect();
        let columns: Vec<Vec<f64>> = (0..rows[0].len())
            .map(|at| rows.iter().map(|row| row[at]).collect())
            .collect();
        let layers = |key: &str| golden[key].as_array().unwrap().clone();
        let weights: Vec<Vec<Vec<f64>>> = layers("weights")
            .iter()
            .map(|layer| layer.as_array().unwrap().iter().map(numbers).collect())
            .collect();
        let biases: Vec<Vec<f64>> = layers("biases").iter().map(numbers).collect();
        let table = table(&columns, Values::Numbers(numbers(&golden["y"])));
        Self::of_numbers(table, &weights, &biases, Activation::Tanh)
    }
}

/// Words in the rows of a column.
fn words(names: &[&str], codes: Vec<u32>) -> Values {
    Values::Categories(Categories {
        names: names.iter().map(|&name| name.into()).collect(),
        codes,
    })
}
