//! What a checkpoint is of: the command's trainings, their recipe and their data.

use crate::error::{Result, problem};
use crate::table::Table;
use crate::training::Plan;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::{Recipe, Scalar, Split};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;
use twox_hash::XxHash64;

/// The number of epochs, which may differ: a training may go on for longer.
const EPOCHS: &str = "train.epochs";
/// So many differences are named.
const NAMED: usize = 3;

/// Everything that the trainings of a command depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What is trained, such as `a table, 5 folds`.
    trainings: String,
    /// The settings of the recipe by key.
    recipe: BTreeMap<String, String>,
    /// A digest of the data. It detects accidental changes, not deliberate ones.
    data: String,
}

impl Identity {
    /// The trainings of a table: cross-validation with so many folds, if any, and a model on all rows, if any.
    ///
    /// # Errors
    /// The recipe cannot be written as text.
    pub fn of_table(
        plan: &Plan<'_>,
        validation: Option<&Table>,
        folds: Option<usize>,
        trains: bool,
    ) -> Result<Self> {
        let tables = [Some(plan.table()), validation];
        let data: Vec<String> = tables.into_iter().flatten().map(Table::digest).collect();
        let folds = folds.map(|folds| format!(", {folds} folds"));
        let model = if trains { ", a model" } else { "" };
        let start = plan.start_digest();
        let start = start.map(|digest| format!(", beginning with the weights {digest:016x}"));
        Ok(Self {
            trainings: format!(
                "a table{}{model}{}",
                folds.unwrap_or_default(),
                start.unwrap_or_default()
            ),
            recipe: settings(plan.recipe())?,
            data: data.join(" "),
        })
    }

    /// The training of a recipe on its own samples.
    ///
    /// # Errors
    /// The recipe cannot be written as text.
    pub fn of_samples<T: Scalar>(recipe: &Recipe, split: &Split<T>) -> Result<Self> {
        Ok(Self {
            trainings: "a recipe's samples".into(),
            recipe: settings(recipe)?,
            data: samples_digest(split),
        })
    }

    /// The training of an estimator of Python on arrays: its parameters by name, its number of epochs, and a digest of the
    /// arrays and of the weights that it begins with.
    pub fn of_arrays(
        estimator: String,
        parameters: BTreeMap<String, String>,
        epochs: u64,
        data: String,
    ) -> Self {
        let mut recipe = parameters;
        recipe.insert(EPOCHS.into(), epochs.to_string());
        Self {
            trainings: estimator,
            recipe,
            data,
        }
    }

    /// In what a checkpoint of another training differs from this one, in words; `None` where this one may continue it.
    pub(super) fn difference(&self, there: &Self) -> Option<String> {
        if self.trainings != there.trainings {
            return Some(format!(
                "it is of {}, this is {}",
                there.trainings, self.trainings
            ));
        }
        let keys: BTreeSet<&String> = self.recipe.keys().chain(there.recipe.keys()).collect();
        let unset = "not set".to_owned();
        let value = |of: &Self, key: &String| of.recipe.get(key).unwrap_or(&unset).clone();
        let mut differ: Vec<String> = keys
            .into_iter()
            .filter(|key| *key != EPOCHS && self.recipe.get(*key) != there.recipe.get(*key))
            .map(|key| {
                format!(
                    "{key} is {} there and {} here",
                    value(there, key),
                    value(self, key)
                )
            })
            .collect();
        let epochs = |of: &Self| {
            of.recipe
                .get(EPOCHS)
                .and_then(|epochs| epochs.parse::<u64>().ok())
        };
        if epochs(self) < epochs(there) {
            let fewer = |of: &Self| value(of, &EPOCHS.to_owned());
            differ.push(format!(
                "{EPOCHS} is {} there and {} here; it may be raised, not lowered",
                fewer(there),
                fewer(self)
            ));
        }
        if self.data != there.data {
            differ.insert(0, "the data have changed".into());
        }
        let more = differ.len().saturating_sub(NAMED);
        differ.truncate(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more differ"),
        };
        (!differ.is_empty()).then(|| format!("{}{more}", differ.join("; ")))
    }
}

/// A digest of samples. It detects accidental changes, not deliberate ones.
pub fn samples_digest<T: Scalar>(split: &Split<T>) -> String {
    let mut hash = XxHash64::with_seed(0);
    add_samples(&mut hash, &split.training);
    for data in split.validation.iter().chain(&split.test) {
        add_samples(&mut hash, data);
    }
    format!("{:016x}", hash.finish())
}

/// All settings of a recipe by their keys, such as `train.l2`.
fn settings(recipe: &Recipe) -> Result<BTreeMap<String, String>> {
    let text = recipe.to_toml()?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|error| problem("the recipe", error.to_string()))?;
    let mut settings = BTreeMap::new();
    flatten("", &table, &mut settings);
    Ok(settings)
}

fn flatten(prefix: &str, table: &toml::Table, to: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            toml::Value::Table(table) => flatten(&format!("{key}."), table, to),
            other => {
                to.insert(key, other.to_string());
            }
        }
    }
}

fn add_samples<T: Scalar>(hash: &mut XxHash64, data: &Dataset<T>) {
    let counts = [data.rows(), data.features().columns(), data.targets().width()];
    add_all(hash, &counts, |count| (count as u64).to_le_bytes());
    match data.features() {
        Features::Dense(matrix) => add_numbers(hash, matrix.values()),
        Features::Bytes(matrix) => hash.write(matrix.bytes()),
    }
    match data.targets() {
        Targets::Dense(matrix) => add_numbers(hash, matrix.values()),
        Targets::Classes { labels, .. } => add_all(hash, labels, u32::to_le_bytes),
    }
    add_numbers(hash, data.weights().unwrap_or_default());
}

fn add_numbers<T: Scalar>(hash: &mut XxHash64, numbers: &[T]) {
    add_all(hash, numbers, |number| number.to_f64().to_le_bytes());
}

fn add_all<V: Copy, const N: usize>(hash: &mut XxHash64, values: &[V], bytes: impl Fn(V) -> [u8; N]) {
    // In pieces: a call for each number would take longer than its hash.
    let mut piece = Vec::with_capacity(N * PIECE);
    for values in values.chunks(PIECE) {
        piece.clear();
        values.iter().for_each(|&value| piece.extend(bytes(value)));
        hash.write(&piece);
    }
}

const PIECE: usize = 4096;
