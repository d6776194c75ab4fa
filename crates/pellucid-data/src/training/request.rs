//! The settings of a training that a user requests. The table decides the others.

use crate::error::{Result, problem};
use crate::preparation::ColumnChoice;
use crate::table::Table;
use pellucid::Normalisation;
use pellucid::descriptor::OrNone;
use pellucid::evaluation::metrics::{Figure, Metric};
use pellucid::optimization::optimizer::Optimizer;
use pellucid::recipe::{BatchSize, ClassWeight, DropoutRates, Recipe, Scale, StopAt, Task, Unseen};
use pellucid::{Activation, Precision};

/// The requested settings; every `None` is chosen by the table.
#[derive(Debug, Clone, Default)]
pub struct TrainingRequest {
    /// The recipe of all settings that are not requested below: hidden layers, training, and, if its data is a table, the
    /// roles of the columns.
    pub recipe: Option<Recipe>,
    /// The columns by name, by number counted from 1, or `last`.
    pub columns: ColumnChoice,
    /// Classification or regression.
    pub task: Option<Task>,
    /// Whether rows without a target are left out; otherwise they are an error.
    pub drop_missing_target: bool,
    /// How numbers are scaled.
    pub scale: Option<Scale>,
    /// The treatment of words that no training row has.
    pub unseen: Option<Unseen>,
    /// The weights of the classes.
    pub class_weight: Option<ClassWeight>,
    /// The part of the rows that is held out, 0 for none.
    pub validation: Option<f64>,
    /// The sizes of the hidden layers, none for a linear model.
    pub hidden: Option<Vec<usize>>,
    /// The activation of the hidden layers.
    pub activation: Option<Activation>,
    /// How the pre-activations of the hidden layers are normalised.
    pub normalisation: Option<OrNone<Normalisation>>,
    /// The optimizer.
    pub optimizer: Option<Optimizer>,
    /// The learning rate.
    pub learning_rate: Option<f64>,
    /// The rows of a step.
    pub batch_size: Option<BatchSize>,
    /// The largest number of epochs.
    pub epochs: Option<u64>,
    /// The number of epochs without improvement that ends the training.
    pub patience: Option<u64>,
    /// The figure that compares epochs.
    pub monitor: Option<Figure>,
    /// The smallest improvement that counts.
    pub min_delta: Option<f64>,
    /// A figure, and the value at which it ends the training.
    pub stop_at: Option<StopAt>,
    /// The largest duration in seconds.
    pub max_seconds: Option<f64>,
    /// The metrics of each epoch.
    pub metrics: Option<Vec<Metric>>,
    /// λ of the penalty ½λ‖W‖².
    pub l2: Option<f64>,
    /// The dropout probability of hidden units, or one for each layer but the last.
    pub dropout: Option<DropoutRates>,
    /// The precision of the arithmetic.
    pub precision: Option<Precision>,
    /// The seed of all random numbers.
    pub seed: Option<u32>,
}

impl TrainingRequest {
    /// The columns by the table's names: those requested, otherwise those of the recipe.
    pub(super) fn columns_of(&self, table: &Table) -> Result<ColumnChoice> {
        let from_recipe = self
            .recipe
            .as_ref()
            .and_then(|recipe| recipe.data.table.clone())
            .unwrap_or_default();
        let or = |asked: &Vec<String>, from_recipe: Vec<String>| -> Result<Vec<String>> {
            let chosen = if asked.is_empty() { &from_recipe } else { asked };
            chosen.iter().map(|name| named(table, name)).collect()
        };
        let one_or = |asked: &Option<String>, from_recipe: Option<String>| {
            let chosen = asked.clone().or(from_recipe);
            chosen.map(|name| named(table, &name)).transpose()
        };
        Ok(ColumnChoice {
            target: or(&self.columns.target, from_recipe.target)?,
            only: or(&self.columns.only, from_recipe.only)?,
            drop: or(&self.columns.drop, from_recipe.drop)?,
            id: one_or(&self.columns.id, from_recipe.id)?,
            weight: one_or(&self.columns.weight, from_recipe.weight)?,
            group: one_or(&self.columns.group, from_recipe.group)?,
            time: one_or(&self.columns.time, from_recipe.time)?,
        })
    }
}

/// The name of the column that a name, a number counted from 1, or `last` means.
fn named(table: &Table, asked: &str) -> Result<String> {
    let names = || table.columns.iter().map(|column| column.name.as_str());
    if names().any(|name| name == asked) {
        return Ok(asked.to_owned());
    }
    let at = match asked.parse::<usize>() {
        Ok(number) => number.checked_sub(1),
        Err(_) if asked == "last" => table.columns.len().checked_sub(1),
        Err(_) => return Ok(asked.to_owned()), // the search for it suggests the nearest name
    };
    let found = at.and_then(|at| table.columns.get(at));
    found.map(|column| column.name.clone()).ok_or_else(|| {
        let columns = table.columns.len();
        let message = format!("there is no column {asked}; the columns are numbered 1 to {columns}");
        problem(&table.source, message)
    })
}
