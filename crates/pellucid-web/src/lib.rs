//! The engine for the browser: what a page needs of Pellucid, as functions of WebAssembly.
//!
//! Arguments and results are JSON, with the keys of the command's JSON. Every error is thrown with the engine's own message.
//! [`run::Run`] is one training, which the page advances step by step; nothing here computes what the engine computes.

#![forbid(unsafe_code)]

mod clock;
mod comparison;
mod data_set;
mod data_sets;
mod descriptors;
mod explaining;
mod history;
mod models;
mod pictures;
mod run;
mod stepper;
mod tables;
mod thrown;
mod views;

use pellucid::Recipe;
use pellucid::recipe::BUILT_IN;
use pellucid_data::model_file::Model;
use serde_json::{Value, json};
use std::path::Path;
use thrown::Thrown;
use wasm_bindgen::prelude::wasm_bindgen;

/// The version and the instruction set, as JSON.
#[wasm_bindgen]
pub fn about() -> String {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "instruction_set": pellucid::instruction_set(),
    })
    .to_string()
}

/// A training by a recipe in TOML on a data set in JSON; without one, on the data that the recipe itself holds.
#[wasm_bindgen]
pub fn new_run(recipe: &str, data: Option<String>, seed: Option<u32>) -> Result<run::Run, Thrown> {
    run::Run::new(recipe, data.as_deref(), seed)
}

/// Recipes compared over several seeds on a data set, in JSON.
#[wasm_bindgen]
pub fn new_comparison(request: &str, data: &str) -> Result<comparison::Comparison, Thrown> {
    comparison::Comparison::new(request, data)
}

/// All descriptors of what a recipe can choose, by kind.
#[wasm_bindgen]
pub fn descriptors() -> String {
    descriptors::all().to_string()
}

/// The data sets of the page.
#[wasm_bindgen]
pub fn data_sets() -> String {
    data_sets::all().to_string()
}

/// One of them.
#[wasm_bindgen]
pub fn make_data(request: &str) -> Result<String, Thrown> {
    let set = data_sets::make(&serde_json::from_str(request)?)?;
    Ok(serde_json::to_string(&set)?)
}

/// The samples of a table, read and prepared as the command does it, or as a model does from which the training begins.
/// Messages call them by their names.
#[wasm_bindgen]
pub fn read_table(
    bytes: Vec<u8>,
    name: &str,
    settings: &str,
    model: Option<Vec<u8>>,
    model_name: Option<String>,
) -> Result<String, Thrown> {
    let model_name = model_name.unwrap_or_else(|| "the model".into());
    let model = model.map(|bytes| Model::from_bytes(&bytes, Path::new(&model_name)));
    let model = model.transpose()?;
    let start = model.as_ref().map(|model| tables::Start {
        model,
        name: &model_name,
    });
    let set = tables::read(bytes, name, &serde_json::from_str(settings)?, start)?;
    Ok(serde_json::to_string(&set)?)
}

/// The samples that a recipe in TOML holds or draws, standardised where it says so.
#[wasm_bindgen]
pub fn recipe_data(toml: &str) -> Result<String, Thrown> {
    let recipe = Recipe::from_toml(toml, "the recipe")?;
    let set = data_sets::of_recipe("the recipe's own data", &recipe)?;
    Ok(serde_json::to_string(&set)?)
}

/// A recipe in TOML as JSON, with all defaults.
#[wasm_bindgen]
pub fn parse_recipe(toml: &str) -> Result<String, Thrown> {
    let recipe = Recipe::from_toml(toml, "the recipe")?;
    Ok(serde_json::to_string(&recipe)?)
}

/// A recipe in JSON as TOML.
#[wasm_bindgen]
pub fn print_recipe(recipe: &str) -> Result<String, Thrown> {
    let recipe: Recipe = serde_json::from_str(recipe)?;
    recipe.validate()?;
    Ok(recipe.to_toml()?)
}

/// The built-in recipes.
#[wasm_bindgen]
pub fn built_in_recipes() -> String {
    let recipes = BUILT_IN.iter().map(|recipe| {
        let title = Recipe::built_in(recipe.name).map_or_else(|_| String::new(), |read| read.title);
        json!({"name": recipe.name, "title": title, "toml": recipe.toml})
    });
    recipes.collect::<Value>().to_string()
}

/// What a model file holds, without its network.
#[wasm_bindgen]
pub fn read_model(bytes: &[u8], name: &str) -> Result<String, Thrown> {
    Ok(models::read(bytes, name)?.to_string())
}
