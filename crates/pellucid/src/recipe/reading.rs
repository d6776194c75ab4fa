//! Recipes from TOML, and the settings that a user puts over them.

use super::Recipe;
use crate::error::Result;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A recipe that cannot be read: where, what was found, what may stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeError {
    /// The file, or the built-in recipe's name, or the `--set` argument.
    pub origin: String,
    /// Line and column, counted from 1, where a file is at fault.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(
                f,
                "{}, line {line}, column {column}: {}",
                self.origin, self.message
            ),
            None => write!(f, "{}: {}", self.origin, self.message),
        }
    }
}

impl std::error::Error for RecipeError {}

impl Recipe {
    /// Reads a recipe from TOML. `origin` names the text in errors.
    ///
    /// # Errors
    /// [`RecipeError`], with the line, and for a misspelt key or name the nearest that is known.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        let recipe = toml::from_str(text).map_err(|error| RecipeError {
            origin: origin.into(),
            position: error.span().map(|span| position(text, span.start)),
            message: with_suggestion(error.message()),
        })?;
        Ok(recipe)
    }

    /// The recipe as TOML.
    ///
    /// # Errors
    /// [`RecipeError`] when a number is out of TOML's range.
    pub fn to_toml(&self) -> Result<String> {
        let text = toml::to_string(self).map_err(|error| RecipeError {
            origin: "the recipe".into(),
            position: None,
            message: error.to_string(),
        })?;
        Ok(text)
    }

    /// Puts one setting over the recipe: `assignment` is `table.key=value`, the value as in TOML, with the quotes
    /// of a text left out if one likes.
    ///
    /// ```
    /// # use pellucid::Recipe;
    /// # let mut recipe = Recipe::from_toml("data={source=\"mnist\"}\nnetwork={layers=[784,10],activation=\"softmax\"}\n\
    /// # train={loss=\"categorical_cross_entropy\",learning_rate=0.1,epochs=1}", "example")?;
    /// recipe.set("train.learning_rate=0.3")?;
    /// assert_eq!(recipe.train.learning_rate, 0.3);
    /// assert!(recipe.set("train.learning_rat=0.3").unwrap_err().to_string().contains("`learning_rate`"));
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`RecipeError`] for a key that is none, or a value that the key cannot hold.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let fail = |message: String| RecipeError {
            origin: format!("--set {assignment}"),
            position: None,
            message,
        };
        let Some((key, value)) = assignment.split_once('=') else {
            let message = "expected key=value, such as train.learning_rate=0.3".to_string();
            return Err(fail(message).into());
        };
        let text = self.to_toml().map_err(|error| fail(error.to_string()))?;
        let line = format!("value = {}", value.trim());
        // Through the deserializer that reads files: code for another would be a good part of the program.
        let mut document = DeTable::parse(&text).map_err(|error| fail(error.message().into()))?;
        let path: Vec<&str> = key.trim().split('.').map(str::trim).collect();
        if path.iter().any(|part| part.is_empty()) {
            return Err(fail("the key has an empty part".into()).into());
        }
        let (last, tables) = match path.split_last() {
            Some(split) => split,
            None => return Err(fail("there is no key".into()).into()),
        };
        let mut at = document.get_mut();
        for part in tables {
            let entry = at
                .entry(nowhere(Cow::from(*part)))
                .or_insert_with(|| nowhere(DeValue::Table(DeTable::new())))
                .get_mut();
            // What is named alone has room for its settings once it is a table.
            if matches!(entry, DeValue::String(_))
                && ["loss", "normalisation", "optimizer", "schedule", "average"].contains(part)
            {
                let name = std::mem::replace(entry, DeValue::Boolean(false));
                let name = (nowhere(Cow::from("name")), nowhere(name));
                *entry = DeValue::Table([name].into_iter().collect());
            }
            at = match entry {
                DeValue::Table(inner) => inner,
                _ => return Err(fail(format!("`{part}` is not a table")).into()),
            };
        }
        at.insert(nowhere(Cow::from(*last)), parse_value(&line, value.trim()));
        *self = Recipe::deserialize(toml::Deserializer::from(document))
            .map_err(|error| fail(with_suggestion(error.message())))?;
        Ok(())
    }
}

/// A key or a value that no file has.
fn nowhere<V>(value: V) -> Spanned<V> {
    Spanned::new(0..0, value)
}

/// The value in `line`, which is `value = ` and then `text`, as TOML reads it, and as plain text where TOML cannot.
fn parse_value<'a>(line: &'a str, text: &'a str) -> Spanned<DeValue<'a>> {
    let parsed = DeTable::parse(line).ok();
    parsed
        .and_then(|document| document.into_inner().remove("value"))
        .unwrap_or_else(|| nowhere(DeValue::String(Cow::from(text))))
}

/// Line and column of a byte, counted from 1.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// Adds the nearest known name to serde's "unknown field `x`, expected one of `a`, `b`".
fn with_suggestion(message: &str) -> String {
    let message = message
        .trim_end()
        .replace("unknown field", "unknown key")
        .replace("unknown variant", "unknown name");
    if !message.starts_with("unknown") {
        return message;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(found) = quoted.next() else {
        return message;
    };
    let nearest = quoted
        .map(|known| (strsim::damerau_levenshtein(found, known), known))
        .filter(|(distance, known)| *distance <= found.len().max(known.len()) / 2)
        .min();
    match nearest {
        Some((_, known)) => format!("{message}; did you mean `{known}`?"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    const GOOD: &str = r#"title = "a test"
[data]
source = "inline"
inputs = [[0.0, 1.0]]
targets = [[1.0]]
[network]
layers = [2, 1]
activation = "sigmoid"
[train]
loss = "squared_error"
learning_rate = 0.1
epochs = 3
batch_size = "full"
"#;

    fn fault(text: &str) -> RecipeError {
        match Recipe::from_toml(text, "test.toml") {
            Err(Error::Recipe(error)) => error,
            other => panic!("expected a recipe error, got {other:?}"),
        }
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line_and_the_nearest_known_key() {
        let error = fault(&GOOD.replace("learning_rate", "learning_rat"));
        assert_eq!(error.position.map(|(line, _)| line), Some(11), "{error}");
        assert!(
            error.to_string().contains("did you mean `learning_rate`?"),
            "{error}"
        );
        assert!(error.to_string().starts_with("test.toml, line 11"), "{error}");
    }

    #[test]
    fn a_misspelt_table_or_name_is_too() {
        assert!(
            fault(&GOOD.replace("[train]", "[trian]"))
                .to_string()
                .contains("did you mean `train`?")
        );
        let error = fault(&GOOD.replace("\"sigmoid\"", "\"sigmod\""));
        assert!(error.to_string().contains("did you mean `sigmoid`?"), "{error}");
        assert_eq!(error.position.map(|(line, _)| line), Some(8), "{error}");
        let error = fault(&GOOD.replace("\"full\"", "\"ful\""));
        assert!(error.to_string().contains("did you mean `full`?"), "{error}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let recipe = Recipe::from_toml(GOOD, "test.toml").unwrap();
        let again = Recipe::from_toml(&recipe.to_toml().unwrap(), "again").unwrap();
        assert_eq!(recipe, again);
    }

    #[test]
    fn set_takes_numbers_texts_lists_and_truths() {
        let mut recipe = Recipe::from_toml(GOOD, "test.toml").unwrap();
        for assignment in [
            "network.activation=[\"tanh\"]",
            "train.batch_size=1",
            "train.reduction=sum",
            "data.standardise=true",
        ] {
            recipe
                .set(assignment)
                .unwrap_or_else(|error| panic!("{assignment}: {error}"));
        }
        assert_eq!(recipe.train.reduction, crate::Reduction::Sum);
        assert!(recipe.data.standardise);
        for assignment in [
            "nonsense",
            "train.epochs=many",
            "trains.epochs=1",
            "=1",
            "train..epochs=1",
            "title.x=1",
        ] {
            let error = recipe.set(assignment).unwrap_err().to_string();
            assert!(error.contains(assignment), "{error}");
        }
    }
}
