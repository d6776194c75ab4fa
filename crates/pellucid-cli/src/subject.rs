//! The subject of a command that accepts a recipe or a table.

use crate::arguments::{Columns, Reading, Settings};
use crate::failure::{misuse, refuse_flags};
use crate::{recipes, source, terminal};
use anyhow::{Context, Result};
use pellucid::recipe::{BUILT_IN, Recipe};
use pellucid_data::training::TrainingRequest;
use pellucid_data::{ReadOptions, Table};
use std::path::Path;

/// A recipe, or a table and what is asked of a training on it.
pub(crate) enum Subject {
    Recipe(Box<Recipe>, Settings),
    Table(Box<Table>, Box<TrainingRequest>),
}

impl Subject {
    /// The settings are put over a recipe; columns and recipe are of a table.
    pub(crate) fn read(
        source: &str,
        settings: Settings,
        columns: &Columns,
        recipe: Option<&str>,
        reading: &Reading,
    ) -> Result<Self> {
        if is_recipe(source) {
            let mut of_table = columns.flags();
            of_table.push(("--recipe", recipe.is_some()));
            let of_reading = reading.flags().into_iter();
            of_table.extend(of_reading.map(|(flag, value)| (flag, value.is_some())));
            refuse_flags(&of_table, |flag| {
                format!("{flag} is for a table, and {source} is a recipe")
            })?;
            let recipe = recipes::find(source, &settings).with_context(|| format!("recipe {source}"))?;
            return Ok(Self::Recipe(Box::new(recipe), settings));
        }
        if settings.data.is_some() {
            return misuse("--data is for a recipe; a table is named by itself");
        }
        let recipe = recipe_of_table(recipe, &settings)?;
        let path = Path::new(source);
        let mut request = TrainingRequest {
            epochs: settings.epochs,
            precision: settings.precision,
            seed: settings.seed,
            ..columns.request(recipe)
        };
        let table = read_table(path, reading, &mut request)?;
        Ok(Self::Table(Box::new(table), Box::new(request)))
    }
}

/// The recipe that a training on a table follows, where one is named, with the user's settings put over it.
pub(crate) fn recipe_of_table(recipe: Option<&str>, settings: &Settings) -> Result<Option<Recipe>> {
    match recipe {
        Some(name) => {
            let mut recipe = recipes::load(name)?;
            recipes::change(&mut recipe, settings)?;
            Ok(Some(recipe))
        }
        None => {
            let of_recipe = [
                ("--set", !settings.set.is_empty()),
                ("--unset", !settings.unset.is_empty()),
            ];
            refuse_flags(&of_recipe, |flag| {
                format!("{flag} is for the settings of a recipe; name one with --recipe")
            })?;
            Ok(None)
        }
    }
}

/// The table of a training, its cells read as is requested. The target of a built-in set is its last column.
pub(crate) fn read_table(path: &Path, reading: &Reading, request: &mut TrainingRequest) -> Result<Table> {
    let recipe = request.recipe.as_ref();
    let of_recipe = recipe.is_some_and(|recipe| recipe.data.table.is_some());
    let options = ReadOptions {
        separators: request.separators(),
        keep_na_words: request.keeps_na_words(),
        ..reading.options()
    };
    let table = source::read(path, &options, seed(request))?;
    if request.columns.target.is_empty() && !of_recipe && source::built_in(path).is_some() {
        let last = table.columns.last().map(|column| column.name.clone());
        request.columns.target.extend(last);
    }
    let table = request.read(table)?;
    terminal::notes("note", &request.reading_notes);
    Ok(table)
}

/// A table of held-out rows, its cells read as those of the training's table.
pub(crate) fn read_like_training(path: &Path, reading: &Reading, request: &TrainingRequest) -> Result<Table> {
    let options = source::options_for(reading, &request.reading);
    let table = source::read(path, &options, seed(request))?;
    Ok(request.reading.read(table)?)
}

/// The seed of a training, and of a built-in set that is generated for it.
pub(crate) fn seed(request: &TrainingRequest) -> u32 {
    let of_recipe = request.recipe.as_ref().map(|recipe| recipe.train.seed);
    request.seed.or(of_recipe).unwrap_or(0)
}

/// Whether an argument means a model file.
pub(crate) fn is_model(source: &str) -> bool {
    ends_in(source, "safetensors")
}

fn ends_in(source: &str, extension: &str) -> bool {
    let found = Path::new(source).extension();
    found.is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// Whether an argument means a recipe: a built-in one's name, or a file that ends in .toml.
pub(crate) fn is_recipe(source: &str) -> bool {
    ends_in(source, "toml")
        || (BUILT_IN.iter().any(|recipe| recipe.name == source) && !Path::new(source).is_file())
}
