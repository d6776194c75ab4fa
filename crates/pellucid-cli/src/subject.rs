//! The subject of a command that accepts a recipe or a table.

use crate::arguments::{Reading, Settings};
use crate::failure::Misuse;
use crate::{recipes, source};
use anyhow::{Context, Result};
use pellucid::Precision;
use pellucid::recipe::{BUILT_IN, Recipe};
use pellucid_data::Table;
use pellucid_data::preparation::ColumnChoice;
use pellucid_data::training::TrainingRequest;
use std::path::Path;

/// A recipe, or a table and what is asked of a training on it.
pub(crate) enum Subject {
    Recipe(Box<Recipe>, Settings),
    Table(Box<Table>, Box<TrainingRequest>),
}

/// The arguments that say which.
pub(crate) struct Asked<'a> {
    pub(crate) source: &'a str,
    pub(crate) settings: Settings,
    pub(crate) target: &'a [String],
    pub(crate) recipe: Option<&'a str>,
    pub(crate) reading: &'a Reading,
}

impl Subject {
    pub(crate) fn read(asked: Asked<'_>) -> Result<Self> {
        let Asked {
            source,
            settings,
            target,
            recipe,
            reading,
        } = asked;
        if is_recipe(source) {
            let of_table = [
                ("--target", !target.is_empty()),
                ("--recipe", recipe.is_some()),
                ("--delimiter", reading.delimiter.is_some()),
                ("--header", reading.header.is_some()),
            ];
            if let Some((flag, _)) = of_table.iter().find(|(_, is_given)| *is_given) {
                return Err(Misuse(format!("{flag} is for a table, and {source} is a recipe")).into());
            }
            let recipe = recipes::find(source, &settings).with_context(|| format!("recipe {source}"))?;
            return Ok(Self::Recipe(Box::new(recipe), settings));
        }
        if settings.data.is_some() {
            return Err(Misuse("--data is for a recipe; a table is named by itself".into()).into());
        }
        let recipe = match recipe {
            Some(name) => {
                let mut recipe = recipes::load(name)?;
                recipe.set_all(settings.set.iter().map(String::as_str))?;
                Some(recipe)
            }
            None if !settings.set.is_empty() => {
                let message = "--set is for the settings of a recipe; name one with --recipe";
                return Err(Misuse(message.into()).into());
            }
            None => None,
        };
        let path = Path::new(source);
        let seed = settings
            .seed
            .or(recipe.as_ref().map(|recipe| recipe.train.seed))
            .unwrap_or(0);
        let table = source::read(path, &reading.options(), seed)?;
        let of_recipe = recipe.as_ref().is_some_and(|recipe| recipe.data.table.is_some());
        let mut target = target.to_vec();
        if target.is_empty() && !of_recipe && source::built_in(path).is_some() {
            target.extend(table.columns.last().map(|column| column.name.clone()));
        }
        let request = TrainingRequest {
            recipe,
            columns: ColumnChoice {
                target,
                ..ColumnChoice::default()
            },
            epochs: settings.epochs,
            precision: settings.precision.map(Precision::from),
            seed: settings.seed,
            ..TrainingRequest::default()
        };
        Ok(Self::Table(Box::new(table), Box::new(request)))
    }
}

/// Whether an argument means a recipe: a built-in one's name, or a file that ends in .toml.
pub(crate) fn is_recipe(source: &str) -> bool {
    let is_toml = Path::new(source)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    is_toml || (BUILT_IN.iter().any(|recipe| recipe.name == source) && !Path::new(source).is_file())
}
