//! Where a model comes from, and what it is called.

use crate::error::ServeError;
use std::path::{Path, PathBuf};

/// A model's file, what it is called, and where its background rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSource {
    /// The name in addresses.
    pub name: String,
    /// The version in addresses.
    pub version: String,
    /// The file.
    pub file: PathBuf,
    /// A table with rows like those of the training, or the name of a built-in set: contributions compare a prediction with
    /// theirs.
    pub background: Option<PathBuf>,
}

/// The version of a model that has no other.
const USUAL_VERSION: &str = "1";

impl ModelSource {
    /// Reads `FILE`, `NAME=FILE` or `NAME@VERSION=FILE`. The name of a model is that of its file unless another is given, its
    /// version 1. A text that is the path of a file is that file.
    ///
    /// ```
    /// use pellucid_serve::ModelSource;
    /// let source = ModelSource::parse("iris@2=models/latest.safetensors")?;
    /// assert_eq!((&*source.name, &*source.version), ("iris", "2"));
    /// assert_eq!(ModelSource::parse("models/iris.safetensors")?.name, "iris");
    /// assert!(ModelSource::parse("a/b=model.safetensors").is_err());
    /// # Ok::<(), pellucid_serve::ServeError>(())
    /// ```
    ///
    /// # Errors
    /// A name or a version is empty or has characters that addresses cannot have.
    pub fn parse(text: &str) -> Result<Self, ServeError> {
        let named = match Path::new(text).exists() {
            true => None,
            false => text.split_once('='),
        };
        let file = PathBuf::from(named.map_or(text, |(_, file)| file));
        let of_file = || {
            let stem = file.file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        };
        let called = named.map_or_else(of_file, |(name, _)| name.to_owned());
        let (name, version) = called.split_once('@').unwrap_or((&called, USUAL_VERSION));
        for (what, word) in [("name", name), ("version", version)] {
            let is_usable = |c: char| !(c.is_control() || c.is_whitespace() || "/?#%@\\".contains(c));
            if word.is_empty() || !word.chars().all(is_usable) || [".", ".."].contains(&word) {
                return Err(ServeError::Source(format!(
                    "{text}: the {what} of the model is {word:?}; it must have characters, and neither white space nor \
                     any of / ? # % @ \\; call it otherwise, as in NAME={}",
                    file.display()
                )));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            file,
            background: None,
        })
    }

    /// The versions of a model in order: numbers by size, before words.
    pub(crate) fn order(version: &str) -> (u64, &str) {
        match version.parse() {
            Ok(number) => (number, version),
            Err(_) => (u64::MAX, version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ModelSource;

    #[test]
    fn versions_are_ordered_as_numbers() {
        let mut versions = ["10", "beta", "9", "1"];
        versions.sort_by_key(|version| ModelSource::order(version));
        assert_eq!(versions, ["1", "9", "10", "beta"]);
    }

    #[test]
    fn names_that_addresses_cannot_have_are_refused() {
        for text in [
            "=a.safetensors",
            "a b=f",
            "a/b=f",
            "a@=f",
            "@1=f",
            "..=f",
            "a%20=f",
        ] {
            assert!(ModelSource::parse(text).is_err(), "{text}");
        }
        assert_eq!(ModelSource::parse("größe@v1.2=f").unwrap().version, "v1.2");
    }
}
