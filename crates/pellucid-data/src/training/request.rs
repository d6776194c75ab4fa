//! The settings of a training that a user requests. The table decides the others.

use super::effort::Effort;
use super::presets::Preset;
use crate::error::{Result, problem};
use crate::preparation::{ColumnChoice, ReadTable, ReadingRequest, TableReading};
use crate::table::{Column, Separators, Table, Values};
use pellucid::Normalisation;
use pellucid::descriptor::{Choice, OrNone};
use pellucid::evaluation::metrics::{Figure, Metric};
use pellucid::optimization::optimizer::Optimizer;
use pellucid::recipe::{
    BatchSize, Calibration, ClassWeight, DateFeature, DropoutRates, Recipe, Scale, StopAt, TableRecipe,
    TargetTransform, Task, ThresholdMetric, Unseen,
};
use pellucid::{Activation, Precision};
use std::collections::{HashMap, HashSet};

/// The requested settings; every `None` is chosen by the table.
#[derive(Debug, Clone, Default)]
pub struct TrainingRequest {
    /// The recipe of all settings that are not requested below: hidden layers, training, and, if its data is a table, the
    /// roles of the columns.
    pub recipe: Option<Recipe>,
    /// The recipe of all settings that are not requested below, by name, where there is no recipe.
    pub preset: Option<Preset>,
    /// The preset and the number of networks by their cost, where there is neither recipe nor preset.
    pub effort: Option<Effort>,
    /// Settings of the recipe to replace, each `table.key=value`.
    pub set: Vec<String>,
    /// Keys of the recipe to leave out.
    pub unset: Vec<String>,
    /// The columns by name, by number counted from 1, or `last`.
    pub columns: ColumnChoice,
    /// Further texts that stand for a missing value; those of the recipe if empty.
    pub missing: Vec<String>,
    /// Whether `NA`, `null` and the like are words in columns of words.
    pub keep_na_words: bool,
    /// The separators of numbers; those of the recipe where they are absent.
    pub separators: Separators,
    /// What dates become; as the recipe says if empty.
    pub date_features: Vec<DateFeature>,
    /// How the columns of the table are read; [`read`](Self::read) decides it.
    pub reading: TableReading,
    /// A sentence for each assumption that [`read`](Self::read) made.
    pub reading_notes: Vec<String>,
    /// Classification or regression.
    pub task: Option<Task>,
    /// Whether rows without a target are left out; otherwise they are an error.
    pub drop_missing_target: bool,
    /// How numbers are scaled.
    pub scale: Option<Scale>,
    /// The most bins of a number, where it is scaled piecewise.
    pub bins: Option<usize>,
    /// The treatment of words that no training row has.
    pub unseen: Option<Unseen>,
    /// The weights of the classes.
    pub class_weight: Option<ClassWeight>,
    /// The part of the rows that is held out, 0 for none.
    pub validation: Option<f64>,
    /// Whether the rows to stop by are a table of their own, and none of this one are held out.
    pub has_validation_table: bool,
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
    /// How targets of numbers are transformed.
    pub target_transform: Option<TargetTransform>,
    /// How probabilities are calibrated on held-out rows.
    pub calibrate: Option<Calibration>,
    /// The score on held-out rows that chooses the threshold between two classes.
    pub tune_threshold: Option<ThresholdMetric>,
    /// Whether predicted numbers are limited to the range of the training rows; otherwise as the recipe says.
    pub clamp_predictions: bool,
    /// Whether the network is trained again on all rows; otherwise as the recipe says.
    pub refit: bool,
    /// The number of networks whose outputs are averaged, 0 for one.
    pub ensemble: Option<usize>,
}

impl TrainingRequest {
    /// Reads the cells of a table's columns as is requested, or as they show themselves.
    ///
    /// # Errors
    /// As [`ReadTable::new`].
    pub fn read(&mut self, table: Table) -> Result<Table> {
        let columns = self.columns_of(&table)?;
        let of_recipe = self.table_recipe();
        let [only, target, drop] = [&columns.only, &columns.target, &columns.drop]
            .map(|names| names.iter().map(String::as_str).collect::<HashSet<&str>>());
        let is_unused = |name: &String| {
            let is_other = !only.is_empty()
                && !only.contains(name.as_str())
                && !target.contains(name.as_str())
                && columns.weight.as_ref() != Some(name)
                && columns.time.as_ref() != Some(name);
            let names_rows = [&columns.id, &columns.group]
                .map(Option::as_ref)
                .contains(&Some(name));
            is_other || names_rows || drop.contains(name.as_str())
        };
        let unused = table.names().into_iter().filter(is_unused).collect();
        let request = ReadingRequest {
            unused,
            categorical: columns.categorical,
            numeric: columns.numeric,
            date: columns.date,
            text: columns.text,
            missing: self.missing_of(),
            keep_na_words: self.keeps_na_words(),
            separators: self.separators(),
            target: columns.target,
            task: self.task.or(of_recipe.and_then(|table| table.task)),
        };
        let read = ReadTable::new(table, &request)?;
        self.reading = read.reading;
        self.reading_notes = read.notes;
        Ok(read.table)
    }

    /// Appends the weights of the rows in training to a table that is not read yet, as a column of this name, with `_` before
    /// it where a column has that name. It takes the place of any other column of weights.
    ///
    /// # Errors
    /// The number of weights is not that of the rows; a requested column is not there.
    pub fn weigh(&mut self, mut table: Table, name: &str, weights: Vec<f64>) -> Result<Table> {
        check_weights(&table, name, weights.len())?;
        // Numbers and `last` mean the columns without that of the weights.
        self.columns = self.columns_of(&table)?;
        let mut name = name.to_owned();
        while table.column(&name).is_some() {
            name.insert(0, '_');
        }
        self.columns.weight = Some(name.clone());
        push_weights(&mut table, name, weights);
        Ok(table)
    }

    /// The same for the held-out rows, which are a table of their own.
    ///
    /// # Errors
    /// The number of weights is not that of the rows; [`weigh`](Self::weigh) was not called before.
    pub fn weigh_held_out(&self, mut table: Table, weights: Vec<f64>) -> Result<Table> {
        let Some(name) = &self.columns.weight else {
            return Err(problem(
                &table.source,
                "its rows have weights, and those of the training have none",
            ));
        };
        check_weights(&table, name, weights.len())?;
        table.columns.retain(|column| column.name != *name);
        push_weights(&mut table, name.clone(), weights);
        Ok(table)
    }

    /// The preset that the settings are taken from where there is no recipe. The default is made for Adam; another optimizer
    /// starts from plain settings.
    pub(super) fn preset_or_default(&self) -> Preset {
        let is_adam = |optimizer: Optimizer| optimizer.is_like(&Optimizer::ADAM);
        let of_effort = self.effort.map(Effort::preset);
        match self.preset.or(of_effort).unwrap_or(Preset::Default) {
            Preset::Default if self.preset.is_none() && !self.optimizer.is_none_or(is_adam) => Preset::Plain,
            preset => preset,
        }
    }

    /// What the recipe says of the table.
    fn table_recipe(&self) -> Option<&TableRecipe> {
        self.recipe.as_ref()?.data.table.as_ref()
    }

    /// The further texts that stand for a missing value.
    pub(super) fn missing_of(&self) -> Vec<String> {
        let of_recipe = self.table_recipe();
        match of_recipe {
            Some(table) if self.missing.is_empty() => table.na.clone(),
            _ => self.missing.clone(),
        }
    }

    /// What dates become.
    pub(super) fn date_features_of(&self) -> Vec<DateFeature> {
        let of_recipe = self.table_recipe();
        match of_recipe {
            Some(table) if self.date_features.is_empty() => table.date_features.clone(),
            _ => self.date_features.clone(),
        }
    }

    /// Whether `NA`, `null` and the like are words in columns of words, by the request or the recipe.
    pub fn keeps_na_words(&self) -> bool {
        let of_recipe = self.table_recipe();
        self.keep_na_words || of_recipe.is_some_and(|table| table.keep_na_words)
    }

    /// The separators of numbers, by the request or the recipe.
    pub fn separators(&self) -> Separators {
        let of_recipe = self.table_recipe();
        Separators {
            decimal: self
                .separators
                .decimal
                .or(of_recipe.and_then(|table| table.decimal)),
            thousands: self
                .separators
                .thousands
                .or(of_recipe.and_then(|table| table.thousands)),
        }
    }

    /// The columns by the table's names: those requested, otherwise those of the recipe. A list may be one text with
    /// commas.
    pub(super) fn columns_of(&self, table: &Table) -> Result<ColumnChoice> {
        let from_recipe = self.table_recipe().cloned().unwrap_or_default();
        let positions = table.positions();
        let longest = positions.keys().map(|name| name.len()).max().unwrap_or(0);
        let or = |asked: &Vec<String>, from_recipe: Vec<String>| -> Result<Vec<String>> {
            let chosen = if asked.is_empty() { &from_recipe } else { asked };
            let names = chosen
                .iter()
                .flat_map(|list| names_in(list, longest, |name| positions.contains_key(name)));
            names.map(|name| named(table, &positions, &name)).collect()
        };
        let one_or = |asked: &Option<String>, from_recipe: Option<String>| {
            let chosen = asked.clone().or(from_recipe);
            chosen.map(|name| named(table, &positions, &name)).transpose()
        };
        // What cannot be read is left out whether or not it is dropped.
        let left_out: HashSet<&String> = table.left_out.iter().collect();
        let is_there = |name: &&String| !left_out.contains(name);
        let dropped = self.columns.drop.iter().filter(is_there).cloned().collect();
        let dropped_by_recipe = from_recipe.drop.iter().filter(is_there).cloned().collect();
        Ok(ColumnChoice {
            target: or(&self.columns.target, from_recipe.target)?,
            only: or(&self.columns.only, from_recipe.only)?,
            drop: or(&dropped, dropped_by_recipe)?,
            categorical: or(&self.columns.categorical, from_recipe.categorical)?,
            numeric: or(&self.columns.numeric, from_recipe.numeric)?,
            text: or(&self.columns.text, from_recipe.text)?,
            date: or(&self.columns.date, from_recipe.date)?,
            id: one_or(&self.columns.id, from_recipe.id)?,
            weight: one_or(&self.columns.weight, from_recipe.weight)?,
            group: one_or(&self.columns.group, from_recipe.group)?,
            time: one_or(&self.columns.time, from_recipe.time)?,
        })
    }
}

fn check_weights(table: &Table, name: &str, weights: usize) -> Result<()> {
    let rows = table.rows();
    if weights == rows {
        return Ok(());
    }
    let source = &table.source;
    let message =
        format!("the number of weights is {weights}, and {source} has {rows} rows; give one for each row");
    Err(problem(name, message))
}

fn push_weights(table: &mut Table, name: String, weights: Vec<f64>) {
    let values = Values::Numbers(weights);
    table.columns.push(Column { name, values });
}

/// The names in a list with commas, as in a row of CSV: quotes hold a name together. A text with commas that is a column's
/// name is that name, the longest first; none is longer than `longest` bytes.
pub fn names_in(list: &str, longest: usize, is_column: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = list;
    loop {
        let ends = rest.match_indices(',').map(|(end, _)| end).chain([rest.len()]);
        let blanks = rest.len() - rest.trim_start().len();
        let ends = ends.take_while(|end| rest[..*end].trim_end().len() <= blanks + longest);
        let whole = ends.collect::<Vec<_>>().into_iter().rev();
        let whole = whole
            .map(|end| (rest[..end].trim(), end))
            .find(|(name, _)| is_column(name));
        let quoted = || {
            let inside = rest.trim_start().strip_prefix('"')?;
            let mut end = 0;
            loop {
                end += inside[end..].find('"')?;
                match inside[end + 1..].starts_with('"') {
                    true => end += 2,
                    false => break,
                }
            }
            let after = rest.len() - inside.len() + end + 1;
            let after = after + rest[after..].find(',').unwrap_or(rest.len() - after);
            Some((inside[..end].replace("\"\"", "\""), after))
        };
        let plain = || {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].trim().to_owned(), end)
        };
        let whole = whole.map(|(name, end)| (name.to_owned(), end));
        let (name, end) = whole.or_else(quoted).unwrap_or_else(plain);
        names.push(name);
        match rest.get(end + 1..) {
            Some(more) => rest = more,
            None => return names,
        }
    }
}

/// The name of the column that a name, a number counted from 1, or `last` means.
fn named(table: &Table, positions: &HashMap<&str, usize>, asked: &str) -> Result<String> {
    if positions.contains_key(asked) {
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
