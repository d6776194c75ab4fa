//! What a user asks of a training. What is left open is chosen by looking at the table.

use crate::error::Result;
use crate::preparation::{ColumnChoice, problem};
use crate::table::Table;
use pellucid::Normalisation;
use pellucid::descriptor::OrNone;
use pellucid::evaluation::metrics::{Figure, Metric};
use pellucid::optimization::optimizer::Optimizer;
use pellucid::recipe::{BatchSize, ClassWeight, DropoutRates, Recipe, Scale, StopAt, Task, Unseen};
use pellucid::{Activation, Precision};

/// What a user asks for; every `None` is chosen.
#[derive(Debug, Clone, Default)]
pub struct TrainingRequest {
    /// Where everything comes from that is not asked for below: the network's hidden layers, how it is trained, and,
    /// where its data is a table, which columns are what.
    pub recipe: Option<Recipe>,
    /// The columns by name, by number counted from 1, or `last`.
    pub columns: ColumnChoice,
    /// Classes or numbers.
    pub task: Option<Task>,
    /// How numbers are scaled.
    pub scale: Option<Scale>,
    /// What becomes of unknown words.
    pub unseen: Option<Unseen>,
    /// What the rows of a class count for.
    pub class_weight: Option<ClassWeight>,
    /// The part of the rows that is held out, 0 for none.
    pub validation: Option<f64>,
    /// The sizes of the hidden layers, none for a linear model.
    pub hidden: Option<Vec<usize>>,
    /// The activation of the hidden layers.
    pub activation: Option<Activation>,
    /// How the sums of the hidden layers are normalised.
    pub normalisation: Option<OrNone<Normalisation>>,
    /// The rule of the step.
    pub optimizer: Option<Optimizer>,
    /// The size of the step.
    pub learning_rate: Option<f64>,
    /// The rows of a step.
    pub batch_size: Option<BatchSize>,
    /// At most so many epochs.
    pub epochs: Option<u64>,
    /// How many epochs without a better validation loss end the training.
    pub patience: Option<u64>,
    /// What makes an epoch better than another.
    pub monitor: Option<Figure>,
    /// By how much it must be better.
    pub min_delta: Option<f64>,
    /// A figure, and the value at which it ends the training.
    pub stop_at: Option<StopAt>,
    /// How many seconds the training may take.
    pub max_seconds: Option<f64>,
    /// What is told of each epoch besides the loss.
    pub metrics: Option<Vec<Metric>>,
    /// λ of the penalty ½λ‖W‖².
    pub l2: Option<f64>,
    /// The probability with which a hidden unit is left out of a step, or one for each layer but the last.
    pub dropout: Option<DropoutRates>,
    /// The arithmetic.
    pub precision: Option<Precision>,
    /// Seed of everything that is drawn.
    pub seed: Option<u32>,
}

impl TrainingRequest {
    /// The columns by the table's names: those asked for, and else those of the recipe.
    pub(super) fn columns_of(&self, table: &Table) -> Result<ColumnChoice> {
        let of_recipe = self
            .recipe
            .as_ref()
            .and_then(|recipe| recipe.data.table.clone())
            .unwrap_or_default();
        let or = |asked: &Vec<String>, of_recipe: Vec<String>| -> Result<Vec<String>> {
            let chosen = if asked.is_empty() {
                of_recipe
            } else {
                asked.clone()
            };
            chosen.iter().map(|name| named(table, name)).collect()
        };
        Ok(ColumnChoice {
            target: or(&self.columns.target, of_recipe.target)?,
            only: or(&self.columns.only, of_recipe.only)?,
            drop: or(&self.columns.drop, of_recipe.drop)?,
            id: match self.columns.id.clone().or(of_recipe.id) {
                Some(id) => Some(named(table, &id)?),
                None => None,
            },
            weight: match self.columns.weight.clone().or(of_recipe.weight) {
                Some(weight) => Some(named(table, &weight)?),
                None => None,
            },
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
        Err(_) => return Ok(asked.to_owned()), // whoever looks for it names the nearest
    };
    let found = at.and_then(|at| table.columns.get(at));
    found.map(|column| column.name.clone()).ok_or_else(|| {
        let columns = table.columns.len();
        let message = format!("there is no column {asked}; the columns are numbered 1 to {columns}");
        problem(&table.source, message).into()
    })
}
