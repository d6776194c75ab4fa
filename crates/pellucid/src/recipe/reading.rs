//! Reads recipes from TOML and changes their settings.

use super::Recipe;
use super::depth::{DEEPEST, check_depth};
use super::spelling::AnySpelling;
use crate::descriptor::{is_same_name, nearest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A recipe that cannot be read: the place, what was found, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", shortened(origin, LONGEST_SHOWN), .position.map(in_words).unwrap_or_default())]
pub struct RecipeError {
    /// The file, or the built-in recipe's name, or the `--set` argument.
    pub origin: String,
    /// Line and column, counted from 1, where the error is in a file.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

fn in_words((line, column): (usize, usize)) -> String {
    format!(", line {line}, column {column}")
}

/// The most bytes of an origin or a key in a message.
const LONGEST_SHOWN: usize = 300;

/// A text of a user as a message shows it: its beginning and its length, if it is long.
///
/// ```
/// use pellucid::recipe::shortened;
/// assert_eq!(shortened("relu", 300), "relu");
/// assert_eq!(shortened(&"a".repeat(70_000), 3), "aaa… (70000 characters)");
/// ```
pub fn shortened(text: &str, most_bytes: usize) -> Cow<'_, str> {
    if text.len() <= most_bytes {
        return Cow::from(text);
    }
    let beginning = &text[..text.floor_char_boundary(most_bytes)];
    Cow::from(format!("{beginning}… ({} characters)", text.chars().count()))
}

/// As its derived form, with `-` and `_` alike in keys and names.
impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Recipe::deserialize(AnySpelling::new(deserializer))
    }
}

impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Recipe::serialize(self, serializer)
    }
}

type Result<T> = std::result::Result<T, RecipeError>;

impl Recipe {
    /// Reads a recipe from TOML. `origin` names the text in errors.
    ///
    /// # Errors
    /// [`RecipeError`], with the line, and for a misspelt key or name the nearest that is known.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        check_depth(text).map_err(|(byte, message)| RecipeError {
            origin: origin.into(),
            position: Some(position(text, byte)),
            message,
        })?;
        toml::from_str(text).map_err(|error| RecipeError {
            origin: origin.into(),
            position: error.span().map(|span| position(text, span.start)),
            message: with_suggestion(error.message()),
        })
    }

    /// The recipe as TOML.
    ///
    /// # Errors
    /// [`RecipeError`] when a number is out of TOML's range.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|error| RecipeError {
            origin: "the recipe".into(),
            position: None,
            message: error.to_string(),
        })
    }

    /// Changes one setting: `assignment` is `table.key=value`, the value as in TOML, where the quotes of a text may be
    /// missing.
    ///
    /// ```
    /// # use pellucid::Recipe;
    /// # let mut recipe = Recipe::from_toml("data={source=\"mnist\"}\nnetwork={layers=[784,10],activation=\"softmax\"}\n\
    /// # train={loss=\"categorical_cross_entropy\",learning_rate=0.1,epochs=1}", "example")?;
    /// recipe.set("train.learning_rate=0.3")?;
    /// assert_eq!(recipe.train.learning_rate, 0.3);
    /// assert!(recipe.set("train.learning_rat=0.3").unwrap_err().to_string().contains("`learning_rate`"));
    /// # Ok::<(), pellucid::recipe::RecipeError>(())
    /// ```
    ///
    /// # Errors
    /// [`RecipeError`] for an unknown key, or a value that the key cannot hold.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        self.set_all([assignment])
    }

    /// Changes several settings at once, so that those which go together need no order.
    ///
    /// # Errors
    /// As [`set`](Self::set), with the invalid assignment.
    pub fn set_all<'a>(&mut self, assignments: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let assignments: Vec<&str> = assignments.into_iter().collect();
        let Some((last, others)) = assignments.split_last() else {
            return Ok(());
        };
        match self.with(&assignments) {
            Ok(changed) => *self = changed,
            Err(error) => {
                // The first assignment that fails after those before it is the invalid one.
                for count in 1..=others.len() {
                    self.with(&assignments[..count])?;
                }
                return Err(RecipeError {
                    origin: format!("--set {last}"),
                    ..error
                });
            }
        }
        Ok(())
    }

    fn with(&self, assignments: &[&str]) -> Result<Self> {
        let fail = |message: String| RecipeError {
            origin: format!("--set {}", assignments.last().unwrap_or(&"")),
            position: None,
            message,
        };
        let text = self.to_toml().map_err(|error| fail(error.to_string()))?;
        let changes: Vec<(&str, String)> = assignments
            .iter()
            .map(|assignment| match assignment.split_once('=') {
                Some((key, value)) => Ok((key, format!("{VALUE}{}", value.trim()))),
                None => Err(fail("expected key=value, such as train.learning_rate=0.3".into())),
            })
            .collect::<Result<_>>()?;
        // Through the deserializer that reads files: another would double the code.
        let mut document = DeTable::parse(&text).map_err(|error| fail(error.message().into()))?;
        for (key, line) in &changes {
            check_depth(line).map_err(|(_, message)| fail(message))?;
            insert(document.get_mut(), key, parse_value(line)).map_err(fail)?;
        }
        <Self as Deserialize>::deserialize(toml::Deserializer::from(document))
            .map_err(|error| fail(with_suggestion(error.message())))
    }
}

/// Puts a value into the table that its key names.
fn insert<'a>(
    document: &mut DeTable<'a>,
    key: &'a str,
    value: Spanned<DeValue<'a>>,
) -> std::result::Result<(), String> {
    let path: Vec<&str> = key.trim().split('.').map(str::trim).collect();
    if path.iter().any(|part| part.is_empty()) {
        return Err("the key has an empty part".into());
    }
    if path.len() > DEEPEST {
        let parts = path.len();
        return Err(format!(
            "the key has {parts} parts; no setting lies deeper than five"
        ));
    }
    let Some((last, tables)) = path.split_last() else {
        return Err("there is no key".into());
    };
    let mut at = document;
    for part in tables {
        let part = spelt(at, part);
        let is_choice = ["loss", "normalisation", "optimizer", "schedule", "average"]
            .iter()
            .any(|choice| is_same_name(choice, &part));
        let entry = at
            .entry(without_place(Cow::from(part.clone())))
            .or_insert_with(|| without_place(DeValue::Table(DeTable::new())))
            .get_mut();
        // A choice given by name alone becomes a table, which can hold its settings.
        if is_choice && matches!(entry, DeValue::String(_)) {
            let name = std::mem::replace(entry, DeValue::Boolean(false));
            let name = (without_place(Cow::from("name")), without_place(name));
            *entry = DeValue::Table([name].into_iter().collect());
        }
        at = match entry {
            DeValue::Table(inner) => inner,
            _ => return Err(format!("`{part}` is not a table")),
        };
    }
    let last = spelt(at, last);
    at.insert(without_place(Cow::from(last)), value);
    Ok(())
}

/// A key as the table spells it, where it has it.
fn spelt(table: &DeTable<'_>, key: &str) -> String {
    let known = table.keys().map(|known| known.get_ref());
    let known = known
        .map(AsRef::as_ref)
        .find(|known: &&str| is_same_name(known, key));
    known.unwrap_or(key).to_owned()
}

/// A key or a value without a place in a file.
fn without_place<V>(value: V) -> Spanned<V> {
    Spanned::new(0..0, value)
}

/// The key of a value that stands alone.
const VALUE: &str = "value = ";

/// The value in a line that begins with [`VALUE`], as TOML reads it, and as plain text where TOML cannot.
fn parse_value(line: &str) -> Spanned<DeValue<'_>> {
    let parsed = DeTable::parse(line).ok();
    parsed
        .and_then(|document| document.into_inner().remove("value"))
        .unwrap_or_else(|| without_place(DeValue::String(Cow::from(&line[VALUE.len()..]))))
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
    let message = without_types(message);
    if !message.starts_with("unknown") {
        return message;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(found) = quoted.next() else {
        return message;
    };
    let known = nearest(found, quoted);
    let message = message.replacen(found, &shortened(found, LONGEST_SHOWN), 1);
    match known {
        Some(known) => format!("{message}; did you mean `{known}`?"),
        None => message,
    }
}

/// Types of numbers in words.
fn without_types(message: String) -> String {
    let types = ["f32", "f64", "i64", "u32", "u64", "usize"];
    let Some((found, name)) = message.rsplit_once("expected ") else {
        return message;
    };
    match types.iter().position(|of_rust| *of_rust == name) {
        Some(..2) => format!("{found}expected a number"),
        Some(2) => format!("{found}expected a whole number"),
        Some(_) => format!("{found}expected a whole number, 0 or more"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Recipe::from_toml(text, "test.toml").unwrap_err()
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
    fn keys_of_many_parts_are_refused_and_not_repeated_whole() {
        let dots = ["train", &vec!["a"; 60_000].join(".")].join(".");
        let mut recipe = Recipe::from_toml(GOOD, "test.toml").unwrap();
        for assignment in [
            format!("{dots}=1"),
            format!("train.loss={{{dots}=1}}"),
            format!("{}=1", "a".repeat(60_000)),
        ] {
            let error = recipe.set(&assignment).unwrap_err().to_string();
            assert!(error.len() < 2000, "{error}");
        }
        let error = fault(&format!("{GOOD}\n{dots} = 1"));
        assert_eq!(error.position.map(|(line, _)| line), Some(15), "{error}");
        assert!(error.message.contains("deep"), "{error}");
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
