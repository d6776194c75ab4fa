//! Provides the built-in recipes: the files in `recipes/`, compiled in.

use super::Recipe;
use super::RecipeError;
use crate::descriptor::{is_same_name, nearest};

/// A built-in recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name that runs it.
    pub name: &'static str,
    /// The file, comments included.
    pub toml: &'static str,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(BuiltIn { name: $name, toml: include_str!(concat!("../../recipes/", $name, ".toml")) }),*]
    };
}

/// Every built-in recipe, in the order in which to read them.
pub const BUILT_IN: &[BuiltIn] = built_in![
    "xor-by-hand",
    "xor-sgd",
    "xor-batch-mean",
    "xor-batch-sum",
    "single-sample",
    "perceptron",
    "perceptron-hidden",
    "mnist-online",
    "mnist-98",
];

impl Recipe {
    /// The built-in recipe of this name.
    ///
    /// ```
    /// let recipe = pellucid::Recipe::built_in("xor-by-hand")?;
    /// assert_eq!(recipe.network.layers, [2, 3, 1]);
    /// let error = pellucid::Recipe::built_in("xor-by-hnad").unwrap_err().to_string();
    /// assert!(error.contains("did you mean `xor-by-hand`?"));
    /// # Ok::<(), pellucid::recipe::RecipeError>(())
    /// ```
    ///
    /// # Errors
    /// [`RecipeError`] when there is none, with the nearest name.
    pub fn built_in(name: &str) -> Result<Self, RecipeError> {
        if let Some(found) = BUILT_IN.iter().find(|recipe| is_same_name(recipe.name, name)) {
            return Self::from_toml(found.toml, name);
        }
        let names: Vec<_> = BUILT_IN.iter().map(|recipe| recipe.name).collect();
        let nearest = nearest(name, names.iter().copied());
        let hint = nearest.map_or_else(String::new, |known| format!(" (did you mean `{known}`?)"));
        Err(RecipeError {
            origin: name.into(),
            position: None,
            message: format!(
                "no such built-in recipe{hint}. There are {}. A file's name ends in .toml",
                names.join(", ")
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_in_the_folder_is_built_in_and_valid() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/recipes");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut names: Vec<String> = BUILT_IN
            .iter()
            .map(|recipe| format!("{}.toml", recipe.name))
            .collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
        for recipe in BUILT_IN {
            let read = Recipe::built_in(recipe.name).unwrap();
            read.validate().unwrap();
            assert!(!read.title.is_empty(), "{} has no title", recipe.name);
        }
    }

    #[test]
    fn a_new_seed_replaces_every_seed() {
        for recipe in BUILT_IN {
            let mut read = Recipe::built_in(recipe.name).unwrap();
            read.set_seed(977);
            let text = read.to_toml().unwrap();
            let seeds: Vec<&str> = text
                .lines()
                .flat_map(|line| line.split("seed = ").skip(1))
                .map(|rest| rest.trim())
                .collect();
            assert!(
                seeds.iter().all(|seed| seed.starts_with("977")),
                "{}: {seeds:?}",
                recipe.name
            );
            assert!(!seeds.is_empty());
        }
    }
}
