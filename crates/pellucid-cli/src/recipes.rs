//! `pellucid recipes`, and the search for the recipe that an argument names.

use crate::arguments::{Recipes, Settings};
use crate::failure::misuse;
use crate::terminal::{self, print};
use anyhow::{Context, Result};
use pellucid::Recipe;
use pellucid::descriptor::is_same_name;
use pellucid::recipe::BUILT_IN;
use pellucid_data::training::Preset;
use std::path::Path;
use std::process::ExitCode;

/// Lists the built-in recipes with a line each, or prints one.
pub(crate) fn recipes(arguments: &Recipes) -> Result<ExitCode> {
    match &arguments.name {
        Some(name) if preset(name).is_some() => {
            return misuse(format!(
                "{name} is a preset, a recipe for tables that depends on the table: `pellucid train DATA --preset {name} \
                 --save-recipe FILE` writes it out"
            ));
        }
        Some(name) => {
            Recipe::built_in(name)?; // for the error that names the nearest
            for recipe in BUILT_IN.iter().filter(|recipe| recipe.name == name) {
                terminal::print_as_it_is(recipe.toml.trim_end())?;
            }
        }
        None => {
            let width = BUILT_IN.iter().map(|recipe| recipe.name.len()).max().unwrap_or(0);
            for recipe in BUILT_IN {
                let title = Recipe::built_in(recipe.name)?.title;
                print(&format!("{:width$}  {title}", recipe.name))?;
            }
            print("\nPresets for tables, by `pellucid train DATA --preset NAME`:")?;
            for preset in Preset::ALL {
                print(&format!("{:width$}  {}", preset.name(), preset.summary()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The preset of this name.
fn preset(name: &str) -> Option<Preset> {
    Preset::ALL
        .into_iter()
        .find(|preset| is_same_name(preset.name(), name))
}

/// The file that `name` means, if it is not the name of a built-in recipe.
pub(crate) fn file(name: &str) -> Option<&Path> {
    let path = Path::new(name);
    let ends_in_toml = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    (ends_in_toml || path.components().count() > 1 || path.is_dir()).then_some(path)
}

/// The recipe that `name` means.
pub(crate) fn load(name: &str) -> Result<Recipe> {
    match file(name) {
        Some(file) => {
            let text = pellucid_data::read_small_text(file)
                .with_context(|| format!("cannot read the recipe {name}"))?;
            Ok(Recipe::from_toml(&text, name)?)
        }
        None => Ok(Recipe::built_in(name)?),
    }
}

/// Changes the settings of a recipe by `--set` and `--unset`, with a note of what that drops.
pub(crate) fn change(recipe: &mut Recipe, settings: &Settings) -> Result<()> {
    let notes = pellucid_data::change_recipe(recipe, &settings.set, &settings.unset)?;
    terminal::notes("note", &notes);
    Ok(())
}

/// The recipe that `name` means, with the user's settings put over it.
pub(crate) fn find(name: &str, settings: &Settings) -> Result<Recipe> {
    let mut recipe = load(name)?;
    change(&mut recipe, settings)?;
    if let Some(epochs) = settings.epochs {
        recipe.train.epochs = epochs;
    }
    if let Some(precision) = settings.precision {
        recipe.train.precision = precision;
    }
    if let Some(seed) = settings.seed {
        recipe.set_seed(seed);
    }
    recipe.validate()?;
    Ok(recipe)
}
