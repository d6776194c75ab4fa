//! The plan of a training: columns, task, recipe.

use super::calibrate::check_settings;
use super::defaults;
use super::ensemble_settings::check_ensemble;
use super::inputs::{check_numbers, fit_inputs};
use super::request::TrainingRequest;
use super::start::Start;
use crate::error::{Result, problem, setting};
use crate::preparation::{
    ChosenColumns, Labels, PreparationSettings, SplitBy, TargetPreparation, choose_columns, choose_task,
    rows_with_target,
};
use crate::recipe_changes::change_recipe;
use crate::table::Table;
use pellucid::Activation;
use pellucid::descriptor::Choice;
use pellucid::evaluation::metrics::Figure;
use pellucid::model::init::Init;
use pellucid::recipe::{
    Activations, BatchSize, Calibration, ClassWeight, DataRecipe, Normalisations, Recipe, Scale, Source,
    TableRecipe, TargetTransform, Task, Unseen,
};

/// The plan of a training on all rows of a table or on some.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(super) table: &'a Table,
    /// The rows to train on and to hold out, in the order of the table: those with a target.
    pub(super) rows: Vec<u32>,
    pub(super) split_by: SplitBy,
    pub(super) chosen: ChosenColumns,
    pub(super) settings: PreparationSettings,
    /// The class of each of `rows`; `None` for regression.
    pub(super) labels: Option<Labels>,
    /// The first of its layers is 1 until the training rows decide the number of features.
    pub(super) recipe: Recipe,
    task: Task,
    choices: Vec<String>,
    /// What was assumed of the columns of the table when it was read.
    pub(super) reading_notes: Vec<String>,
    /// The model with which the training begins, if any.
    pub(super) start: Option<Start>,
}

impl<'a> Plan<'a> {
    /// Plans a training of `table`.
    ///
    /// # Errors
    /// A column is not there, the target cannot be learned, or a setting makes no sense.
    pub fn new(table: &'a Table, request: &TrainingRequest) -> Result<Self> {
        let choice = request.columns_of(table)?;
        let mut chosen = choose_columns(table, &choice)?;
        chosen.reading.clone_from(&request.reading);
        chosen.date_features = request.date_features_of();
        let of_recipe = request
            .recipe
            .as_ref()
            .and_then(|recipe| recipe.data.table.clone());
        let asked_task = request.task.or(of_recipe.as_ref().and_then(|table| table.task));
        let drops =
            request.drop_missing_target || of_recipe.as_ref().is_some_and(|table| table.drop_missing_target);
        let rows = match drops {
            true => rows_with_target(table, &chosen.targets)?,
            false => (0..table.rows() as u32).collect(),
        };
        if rows.is_empty() && table.rows() > 0 {
            return Err(problem(
                &table.source,
                "no row has a target; nothing can be learnt",
            ));
        }
        let task = choose_task(table, &rows, &chosen.targets, asked_task)?;
        let as_it_is = PreparationSettings {
            task: Some(task),
            ..PreparationSettings::default()
        };
        let target = TargetPreparation::fit(table, &rows, &chosen.targets, &as_it_is)?;
        let labels = target.labels(table, &rows)?;
        if request.effort.is_some() && (request.preset.is_some() || request.recipe.is_some()) {
            let expected = "it chooses a preset, and a preset or a recipe is given; leave one of them out";
            return Err(setting("effort", "(set)", expected));
        }
        let usual = request.preset_or_default().recipe(&target, rows.len())?;
        let mut recipe = request.recipe.clone().unwrap_or_else(|| usual.clone());
        override_by(&mut recipe, request, &target);
        let mut table_recipe = of_recipe.or(usual.data.table).unwrap_or_default();
        let holds_out = request.validation != Some(0.0) || request.has_validation_table;
        if request.recipe.is_none() && !holds_out {
            // A preset calibrates where it can.
            table_recipe.calibrate = Calibration::None;
        }
        let table_recipe = TableRecipe {
            target: choice.target,
            only: choice.only,
            drop: choice.drop,
            categorical: choice.categorical,
            numeric: choice.numeric,
            text: choice.text,
            date: choice.date,
            date_features: request.date_features_of(),
            na: request.missing_of(),
            keep_na_words: request.keeps_na_words(),
            decimal: request.separators().decimal,
            thousands: request.separators().thousands,
            id: choice.id,
            weight: choice.weight,
            group: choice.group,
            time: choice.time,
            drop_missing_target: drops,
            task: Some(task),
            scale: request.scale.unwrap_or(table_recipe.scale),
            bins: request.bins.or(table_recipe.bins),
            embed_numbers: table_recipe.embed_numbers,
            embed_categories_above: table_recipe.embed_categories_above,
            unseen: request.unseen.unwrap_or(table_recipe.unseen),
            validation: request.validation.unwrap_or(table_recipe.validation),
            class_weight: request.class_weight.clone().unwrap_or(table_recipe.class_weight),
            target_transform: request.target_transform.unwrap_or(table_recipe.target_transform),
            calibrate: request.calibrate.unwrap_or(table_recipe.calibrate),
            tune_threshold: request.tune_threshold.or(table_recipe.tune_threshold),
            clamp_predictions: request.clamp_predictions || table_recipe.clamp_predictions,
            refit: request.refit || table_recipe.refit,
            ensemble: request.ensemble.unwrap_or(match request.effort {
                Some(effort) => effort.networks(rows.len()),
                None => table_recipe.ensemble,
            }),
        };
        recipe.data = DataRecipe {
            source: Source::Table,
            table: Some(table_recipe),
            ..usual.data
        };
        let notes_of_changes = change_settings(&mut recipe, request)?;
        let table_recipe = recipe.data.table.clone().unwrap_or_default();
        if !(0.0..1.0).contains(&table_recipe.validation) {
            let expected = "a part of the rows, from 0 (none) to less than 1, is held out";
            let found = table_recipe.validation.to_string();
            return Err(setting("data.table.validation", found, expected));
        }
        if !table_recipe.class_weight.is_none() && labels.is_none() {
            let expected = "it is for a single target of classes; numbers and several targets have none";
            return Err(setting("data.table.class_weight", "(set)", expected));
        }
        let (group, time) = (table_recipe.group.as_deref(), table_recipe.time.as_deref());
        let split_by = SplitBy::from_columns(table, &rows, group, time)?;
        let settings = PreparationSettings {
            scale: table_recipe.scale,
            bins: table_recipe.bins,
            unseen: table_recipe.unseen,
            target_transform: table_recipe.target_transform,
            clamp_predictions: table_recipe.clamp_predictions,
            task: Some(task),
        };
        recipe.choose_instruction_set()?;
        recipe.validate()?;
        let target = TargetPreparation::fit(table, &rows, &chosen.targets, &settings)?;
        check_settings(&recipe, &target)?;
        check_ensemble(&recipe)?;
        check_numbers(&table_recipe)?;
        let mut plan = Self {
            table,
            rows,
            split_by,
            chosen,
            settings,
            labels,
            recipe,
            task,
            choices: Vec::new(),
            reading_notes: [&request.reading_notes[..], &notes_of_changes].concat(),
            start: None,
        };
        plan.choices = plan.sentences(request, asked_task);
        Ok(plan)
    }

    /// A sentence for each choice that the user did not make, with its reason.
    pub fn choices(&self) -> &[String] {
        &self.choices
    }

    /// Classes or numbers.
    pub fn task(&self) -> Task {
        self.task
    }

    /// The table.
    pub fn table(&self) -> &'a Table {
        self.table
    }

    /// The recipe. The first of its layers is 1 until training rows decide how many features there are.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The recipe of a training on all rows, with their number of features.
    ///
    /// # Errors
    /// As [`Preparation::fit`](crate::preparation::Preparation::fit).
    pub fn recipe_for_all_rows(&self) -> Result<Recipe> {
        let (preparation, _) = self.preparation(&self.rows)?;
        let mut recipe = self.recipe.clone();
        fit_inputs(&mut recipe, &preparation);
        Ok(recipe)
    }

    /// What a user should know of a training on all rows, a sentence each.
    ///
    /// # Errors
    /// As [`Preparation::fit`](crate::preparation::Preparation::fit).
    pub fn notes(&self) -> Result<Vec<String>> {
        let (_, notes) = self.preparation(&self.rows)?;
        Ok(notes)
    }

    /// The chosen columns.
    pub fn columns(&self) -> &ChosenColumns {
        &self.chosen
    }

    /// The rows that are trained on or held out: those with a target.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The class of each of [`rows`](Self::rows); `None` for regression.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The classes of some of its rows.
    pub(super) fn labels_of(&self, rows: &[u32]) -> Option<Labels> {
        self.labels.as_ref().map(|labels| {
            let label = |row: &u32| self.rows.binary_search(row).map_or(0, |at| labels.labels[at]);
            Labels {
                labels: rows.iter().map(label).collect(),
                classes: labels.classes.clone(),
            }
        })
    }

    /// A note of the rows that are left out because they have no target.
    pub(super) fn note_of_dropped(&self) -> Option<String> {
        let (rows, targets) = (self.table.rows(), self.chosen.targets.join(", "));
        let left_out = match rows - self.rows.len() {
            0 => return None,
            1 => format!("1 of {rows} rows is left out: it has no {targets}"),
            dropped => format!("{dropped} of {rows} rows are left out: they have no {targets}"),
        };
        Some(left_out)
    }

    /// The columns that make a row what it is: features and targets.
    pub(super) fn compared_columns(&self) -> Vec<String> {
        [&self.chosen.features[..], &self.chosen.targets].concat()
    }

    pub(super) fn table_recipe(&self) -> TableRecipe {
        self.recipe.data.table.clone().unwrap_or_default()
    }

    fn sentences(&self, request: &TrainingRequest, asked_task: Option<Task>) -> Vec<String> {
        let mut choices = Vec::new();
        let targets = self.chosen.targets.join(", ");
        let task_of_labels = self.task == Task::Classification && self.labels.is_none();
        let why = match (asked_task, &self.labels) {
            (Some(_), _) => "as requested",
            (None, Some(labels)) if self.target_is_numbers() && labels.classes.len() > 2 => {
                "its numbers are few integers; for a count or a grade, --task regression learns the number"
            }
            (None, Some(_)) if self.target_is_numbers() => "its numbers are few integers",
            (None, Some(_)) => "its values are words",
            (None, None) if task_of_labels => "each has two values",
            (None, None) if self.chosen.targets.len() > 1 => "there are several targets",
            (None, None) => "its values are many numbers",
        };
        choices.push(match &self.labels {
            Some(labels) => format!(
                "task: classification of {targets} into {} classes ({why})",
                labels.classes.len()
            ),
            None if task_of_labels => format!("task: classification of {targets}, each separately ({why})"),
            None => format!("task: regression of {targets} ({why})"),
        });
        let train = &self.recipe.train;
        if request.recipe.is_none() {
            let layers = &self.recipe.network.layers;
            let hidden: Vec<String> = layers[1..layers.len() - 1]
                .iter()
                .map(ToString::to_string)
                .collect();
            let hidden = match hidden.is_empty() {
                true => "none".into(),
                false => hidden.join(", "),
            };
            let title = train.optimizer.title();
            let how = if train.optimizer.takes_steps() {
                let rate = train.learning_rate;
                let batch = train.batch_size.rows_per_batch(self.rows.len());
                format!("with learning rate {rate}, batches of {batch}")
            } else {
                "on all rows at once".into()
            };
            let waits = train.patience.filter(|_| self.table_recipe().validation > 0.0);
            let patience = waits.map_or_else(String::new, |patience| match train.monitor {
                Figure::Loss => format!(", fewer after {patience} in a row without improvement"),
                figure => {
                    let name = figure.name().replace('_', " ");
                    format!(", fewer after {patience} in a row without a better {name}")
                }
            });
            choices.push(format!(
                "network: hidden layers {hidden}; {title} {how}, up to {} epochs{patience}",
                train.epochs
            ));
        }
        choices
    }

    fn target_is_numbers(&self) -> bool {
        self.chosen.targets.iter().all(|target| {
            let column = self.table.column(target);
            column.is_some_and(|column| column.values.kind() == crate::table::ColumnKind::Number)
        })
    }
}

/// Replaces the settings that the request names by their keys. Returns a note for each that a new method drops.
///
/// # Errors
/// An unknown key, a wrong value, or a column's role, which decides how the table is read.
fn change_settings(recipe: &mut Recipe, request: &TrainingRequest) -> Result<Vec<String>> {
    let roles = |recipe: &Recipe| TableRecipe {
        scale: Scale::default(),
        unseen: Unseen::default(),
        bins: None,
        embed_numbers: None,
        embed_categories_above: None,
        validation: 0.0,
        class_weight: ClassWeight::default(),
        target_transform: TargetTransform::default(),
        calibrate: Calibration::default(),
        tune_threshold: None,
        clamp_predictions: false,
        refit: false,
        ensemble: 0,
        ..recipe.data.table.clone().unwrap_or_default()
    };
    let (before, layers) = (roles(recipe), recipe.network.layers.clone());
    let notes = change_recipe(recipe, &request.set, &request.unset)?;
    if roles(recipe) != before || recipe.data.source != Source::Table {
        let expected = "the table and the roles of its columns are not settings; use the flags, such as --target and --drop";
        return Err(setting("data", "(changed)", expected));
    }
    let changed = &recipe.network.layers;
    if changed.last() != layers.last() || changed.first() != layers.first() {
        let expected = "the table decides the numbers of inputs and outputs; keep the first and the last";
        return Err(setting("network.layers", format!("{changed:?}"), expected));
    }
    Ok(notes)
}

/// Overrides the recipe by the request. Output layer and loss fit the task unless the recipe is for a table.
fn override_by(recipe: &mut Recipe, request: &TrainingRequest, target: &TargetPreparation) {
    let (loss, mut output_activation) = defaults::output_of(target);
    let layers = &recipe.network.layers;
    let mut hidden: Vec<usize> = layers.get(1..layers.len() - 1).unwrap_or_default().to_vec();
    let mut activations: Vec<Activation> = match &recipe.network.activation {
        Activations::One(one) => vec![*one; layers.len().saturating_sub(1)],
        Activations::Each(each) => each.clone(),
    };
    let recipe_output = activations.pop();
    if recipe.data.source == Source::Table {
        output_activation = recipe_output.unwrap_or(output_activation);
    } else {
        recipe.train.loss = loss;
    }
    let hidden_activation = request
        .activation
        .or(activations.first().copied())
        .unwrap_or(Activation::Relu);
    if let Some(asked) = &request.hidden {
        hidden.clone_from(asked);
        activations = vec![hidden_activation; hidden.len()];
    }
    if request.activation.is_some() {
        activations.fill(hidden_activation);
        if matches!(recipe.init, Init::HeUniform | Init::XavierUniform) {
            recipe.init = if hidden_activation.is_rectifier() {
                Init::HeUniform
            } else {
                Init::XavierUniform
            };
        }
    }
    activations.push(output_activation);
    recipe.network.layers = [&[1], hidden.as_slice(), &[target.outputs()]].concat();
    recipe.network.activation = Activations::Each(activations);

    if let Some(normalisation) = request.normalisation {
        recipe.network.normalisation = Normalisations::One(normalisation);
    }
    let train = &mut recipe.train;
    if let Some(optimizer) = request.optimizer
        && !optimizer.is_like(&train.optimizer)
    {
        train.optimizer = optimizer;
        train.learning_rate = optimizer.usual_learning_rate();
        if !optimizer.takes_steps() {
            (train.batch_size, train.shuffle) = (BatchSize::Full, false);
        }
    }
    train.learning_rate = request.learning_rate.unwrap_or(train.learning_rate);
    train.batch_size = request.batch_size.unwrap_or(train.batch_size);
    train.epochs = request.epochs.unwrap_or(train.epochs);
    train.l2 = request.l2.unwrap_or(train.l2);
    train.precision = request.precision.unwrap_or(train.precision);
    train.monitor = request.monitor.unwrap_or(train.monitor);
    train.min_delta = request.min_delta.unwrap_or(train.min_delta);
    train.patience = request.patience.or(train.patience);
    train.stop_at = request.stop_at.or(train.stop_at);
    train.max_seconds = request.max_seconds.or(train.max_seconds);
    if let Some(dropout) = &request.dropout {
        train.dropout.clone_from(dropout);
    }
    if let Some(metrics) = &request.metrics {
        recipe.log.metrics.clone_from(metrics);
    }
    if let Some(seed) = request.seed {
        recipe.set_seed(seed);
    }
}
