//! Makes the recipes to compare: each recipe with each combination of the varied values.

use crate::arguments::{self, Compare, Hidden};
use crate::failure::misuse;
use crate::{recipes, terminal};
use anyhow::{Context, Result};
use pellucid::descriptor::SettingError;
use pellucid::recipe::Activations;
use pellucid::{Error, Recipe};
use pellucid_data::tuning::{Setting, SettingRange, Space, with_settings};
use std::path::Path;

/// A recipe to compare.
#[derive(Debug, Clone)]
pub(super) struct VariantSpec {
    pub(super) name: String,
    pub(super) recipe: Recipe,
    /// The settings that replace those of the file.
    pub(super) settings: Vec<Setting>,
}

impl VariantSpec {
    /// Whether a varied setting determines how the initial weights are drawn.
    pub(super) fn varies_initial_weights(&self) -> bool {
        let mut keys = self.settings.iter().map(|setting| &setting.key);
        keys.any(|key| key.starts_with("init."))
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
        return misuse(format!(
            "{} alone is nothing to compare; name another recipe, vary a setting (--vary learning_rate=0.1,0.3), or train it \
             with several seeds (--seeds 10)",
            specs[0].name
        ));
    }
    if varies(&specs, "train.seed") && arguments.seeds.get() > 1 {
        return misuse("--vary train.seed and --seeds both set the seed; --seeds alone trains with several");
    }
    if !arguments.settings.quiet
        && varies(&specs, "train.optimizer")
        && !varies(&specs, "train.learning_rate")
    {
        for VariantSpec { name, recipe, .. } in &specs {
            let rate = recipe.train.learning_rate;
            terminal::note(&format!("note: {name} has the learning rate {rate}"));
        }
    }
    make_distinct(&mut specs);
    Ok(specs)
}

fn varies(specs: &[VariantSpec], key: &str) -> bool {
    specs
        .iter()
        .flat_map(|spec| &spec.settings)
        .any(|setting| setting.key == key)
}

/// One list of settings for each combination; a single empty one where nothing varies.
fn combinations(lines: &[String]) -> Result<Vec<Vec<Setting>>> {
    let mut combinations = vec![Vec::new()];
    for parameter in Space::from_lines(lines)?.parameters {
        let SettingRange::Choice(values) = &parameter.range else {
            return misuse(format!(
                "--vary {parameter}: values with commas between them are compared, such as 0.01,0.1; a range is what \
                 `pellucid tune` draws from"
            ));
        };
        let settings = values.iter().map(|value| Setting {
            key: parameter.key.clone(),
            value: value.clone(),
        });
        let longer = |before: &Vec<Setting>| {
            let before = before.clone();
            settings
                .clone()
                .map(move |setting| [&before[..], &[setting]].concat())
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    Ok(combinations)
}

/// `batch_size=16 learning_rate=0.1`: keys without their table where they are unique without it.
fn named(settings: &[Setting]) -> String {
    fn last(setting: &Setting) -> &str {
        setting.key.rsplit('.').next().unwrap_or(&setting.key)
    }
    let name = |setting: &Setting| {
        let alike = settings.iter().filter(|other| last(other) == last(setting));
        match alike.count() {
            1 => format!("{}={}", last(setting), setting.value),
            _ => setting.to_string(),
        }
    };
    settings.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// A recipe with other settings. An optimizer without a learning rate gets its usual one, as in `pellucid tune`.
fn varied(base: &Recipe, settings: &[Setting]) -> Result<Recipe> {
    let mut recipe = with_settings(base, settings)?;
    for Setting { key, value } in settings {
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

/// Files by their names alone, where these are unique.
fn short_names(recipes: &[String]) -> Vec<String> {
    let short = |name: &String| {
        let file = recipes::file(name).and_then(Path::file_name);
        file.map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned())
    };
    let names: Vec<String> = recipes.iter().map(short).collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let unique = |(whole, short)| if is_unique(short) { short } else { whole };
    recipes.iter().zip(&names).map(unique).cloned().collect()
}

/// Appends a number to names that occur before.
fn make_distinct(specs: &mut [VariantSpec]) {
    for index in 0..specs.len() {
        let name = specs[index].name.clone();
        let numbered = format!("{name} (");
        let before = specs[..index].iter().map(|other| &other.name);
        let before = before
            .filter(|other| **other == name || other.starts_with(&numbered))
            .count();
        if before > 0 {
            specs[index].name = format!("{name} ({})", before + 1);
        }
    }
}
