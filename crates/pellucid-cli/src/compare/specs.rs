//! Makes the recipes to compare: each recipe with each combination of the varied values.

use crate::arguments::{self, Compare, Hidden};
use crate::failure::Misuse;
use crate::{recipes, terminal};
use anyhow::{Context, Result};
use pellucid::descriptor::{Choice, SettingError};
use pellucid::recipe::Activations;
use pellucid::{Error, Recipe};
use pellucid_data::tuning::{SettingRange, Space};
use std::path::Path;

/// A recipe to compare.
#[derive(Debug, Clone)]
pub(super) struct VariantSpec {
    pub(super) name: String,
    pub(super) recipe: Recipe,
    /// The settings that replace those of the file.
    pub(super) settings: Vec<(String, String)>,
}

impl VariantSpec {
    /// Whether a varied setting determines how the initial weights are drawn.
    pub(super) fn varies_initial_weights(&self) -> bool {
        self.settings.iter().any(|(key, _)| key.starts_with("init."))
    }

    /// The recipe with another seed, which does not change its data.
    pub(super) fn with_seed(&self, seed: Option<u32>) -> Recipe {
        let mut recipe = self.recipe.clone();
        if let Some(seed) = seed {
            let data_seed = recipe.data.seed;
            recipe.set_seed(seed);
            recipe.data.seed = data_seed;
        }
        recipe
    }
}

/// Every recipe with every combination of the values, in the order of the arguments.
pub(super) fn specs(arguments: &Compare) -> Result<Vec<VariantSpec>> {
    let combinations = combinations(&arguments.vary)?;
    let names = short_names(&arguments.recipes);
    let mut specs = Vec::new();
    for (recipe_name, short_name) in arguments.recipes.iter().zip(&names) {
        let recipe = recipes::find(recipe_name, &arguments.settings)?;
        for settings in &combinations {
            let values = named(settings);
            let name = match (values.is_empty(), arguments.recipes.len()) {
                (true, _) => short_name.clone(),
                (false, 1) => values,
                (false, _) => format!("{short_name} {values}"),
            };
            let recipe = varied(&recipe, settings).with_context(|| name.clone())?;
            specs.push(VariantSpec {
                name,
                recipe,
                settings: settings.clone(),
            });
        }
    }
    if specs.len() == 1 && arguments.seeds.get() == 1 {
        return Err(Misuse(format!(
            "{} alone is nothing to compare; name another recipe, vary a setting (--vary learning_rate=0.1,0.3), or train it \
             with several seeds (--seeds 10)",
            specs[0].name
        ))
        .into());
    }
    let varies = |key: &str| {
        combinations
            .iter()
            .any(|settings| settings.iter().any(|(varied, _)| varied == key))
    };
    if varies("train.seed") && arguments.seeds.get() > 1 {
        return Err(Misuse(
            "--vary train.seed and --seeds both set the seed; --seeds alone trains with several".into(),
        )
        .into());
    }
    note_learning_rates(&specs, arguments);
    make_distinct(&mut specs);
    Ok(specs)
}

/// One list of settings for each combination; a single empty one where nothing varies.
fn combinations(lines: &[String]) -> Result<Vec<Vec<(String, String)>>> {
    let mut combinations = vec![Vec::new()];
    for parameter in Space::from_lines(lines)?.parameters {
        let SettingRange::Choice(values) = parameter.range else {
            return Err(Misuse(format!(
                "--vary {parameter}: values with commas between them are compared, such as 0.01,0.1; a range is what \
                 `pellucid tune` draws from"
            ))
            .into());
        };
        let longer = |settings: &Vec<(String, String)>| {
            let with = |value: &String| {
                let mut settings = settings.clone();
                settings.push((parameter.key.clone(), value.clone()));
                settings
            };
            values.iter().map(with).collect::<Vec<_>>()
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    Ok(combinations)
}

/// `batch_size=16 learning_rate=0.1`: keys without their table where they are unique without it.
fn named(settings: &[(String, String)]) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_string();
    let name = |(key, value): &(String, String)| {
        let alike = settings.iter().filter(|(other, _)| last(other) == last(key));
        let key = if alike.count() > 1 { key.clone() } else { last(key) };
        format!("{key}={value}")
    };
    settings.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// A recipe with other settings. An optimizer without a learning rate gets its usual one, as in `pellucid tune`.
fn varied(base: &Recipe, settings: &[(String, String)]) -> Result<Recipe> {
    let mut recipe = base.clone();
    let names_rate = settings.iter().any(|(key, _)| key == "train.learning_rate");
    let before = recipe.train.optimizer;
    let is_special = |key: &str| ["hidden", "activation"].contains(&key);
    let others = settings.iter().filter(|(key, _)| !is_special(key));
    let assignments: Vec<String> = others.map(|(key, value)| format!("{key}={value}")).collect();
    recipe.set_all(assignments.iter().map(String::as_str))?;
    let optimizer = recipe.train.optimizer;
    if !optimizer.is_like(&before) && !names_rate {
        recipe.train.learning_rate = optimizer.usual_learning_rate();
    }
    for (key, value) in settings {
        let refused = |expected: String| Error::from(SettingError::new(key, value, expected));
        match key.as_str() {
            "hidden" => {
                let Hidden(sizes) = arguments::hidden(value).map_err(refused)?;
                set_hidden(&mut recipe, sizes)?;
            }
            "activation" => {
                let activation = arguments::activation(value).map_err(refused)?;
                let output = recipe.architecture()?.output_layer().activation;
                let mut each = vec![activation; recipe.network.layers.len().saturating_sub(2)];
                each.push(output);
                recipe.network.activation = Activations::Each(each);
            }
            _ => {}
        }
    }
    recipe.validate()?;
    Ok(recipe)
}

fn set_hidden(recipe: &mut Recipe, sizes: Vec<usize>) -> Result<()> {
    let architecture = recipe.architecture()?;
    let (input, output) = (architecture.input_width(), architecture.output_width());
    if let Activations::Each(each) = &mut recipe.network.activation {
        let output_activation = architecture.output_layer().activation;
        let hidden_activation = each.first().copied().unwrap_or(output_activation);
        *each = vec![hidden_activation; sizes.len()];
        each.push(output_activation);
    }
    recipe.network.layers = [vec![input], sizes, vec![output]].concat();
    Ok(())
}

fn note_learning_rates(specs: &[VariantSpec], arguments: &Compare) {
    let varies = |key: &str| specs.iter().flat_map(|v| &v.settings).any(|(k, _)| k == key);
    if arguments.settings.quiet || !varies("train.optimizer") || varies("train.learning_rate") {
        return;
    }
    for spec in specs {
        terminal::note(&format!(
            "note: {} has the learning rate {}",
            spec.name, spec.recipe.train.learning_rate
        ));
    }
}

/// Files by their names alone, where these are unique.
fn short_names(recipes: &[String]) -> Vec<String> {
    let short = |name: &String| {
        let file = Path::new(name)
            .file_name()
            .filter(|_| recipes::file(name).is_some());
        file.map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned())
    };
    let names: Vec<String> = recipes.iter().map(short).collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let whole = recipes.iter().zip(&names);
    whole
        .map(|(whole, short)| {
            if is_unique(short) {
                short.clone()
            } else {
                whole.clone()
            }
        })
        .collect()
}

/// Appends a number to names that occur before.
fn make_distinct(specs: &mut [VariantSpec]) {
    for index in 0..specs.len() {
        let name = specs[index].name.clone();
        let before = specs[..index]
            .iter()
            .filter(|other| other.name == name || other.name.starts_with(&format!("{name} (")))
            .count();
        if before > 0 {
            specs[index].name = format!("{name} ({})", before + 1);
        }
    }
}
