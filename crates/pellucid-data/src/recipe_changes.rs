//! Changes of a recipe by `--set` and `--unset`: a new method drops the settings of the old one.

use pellucid::descriptor::{Choice, is_same_name, nearest};
use pellucid::loss::Loss;
use pellucid::model::init::Init;
use pellucid::optimization::averaging::Average;
use pellucid::recipe::{Recipe, RecipeError, check_depth};
use pellucid::{Normalisation, Optimizer, Schedule};
use toml::{Table, Value};

/// Changes settings: each of `set` is `table.key=value`, as for [`Recipe::set_all`], each of `unset` is a key to leave out.
/// Returns a note for each setting that a new method drops.
///
/// Words need no quotes, in lists neither. A setting that the new method needs too is kept.
///
/// ```
/// # use pellucid::Recipe;
/// let mut recipe = Recipe::built_in("xor-sgd")?;
/// let notes = pellucid_data::change_recipe(&mut recipe, &["init.method=zeros".into()], &[])?;
/// assert!(notes[0].contains("drops init.draws"));
/// # Ok::<(), pellucid::recipe::RecipeError>(())
/// ```
///
/// # Errors
/// [`RecipeError`] for an unknown key, a value that the key cannot hold, or a key to leave out that is needed or not set.
pub fn change_recipe(
    recipe: &mut Recipe,
    set: &[String],
    unset: &[String],
) -> Result<Vec<String>, RecipeError> {
    let assignments: Vec<String> = set.iter().map(|text| with_quoted_words(text)).collect();
    let mut changed = recipe.clone();
    let mut notes = Vec::new();
    let mut document = table_of(recipe)?;
    let mut others = Vec::new();
    let mut last_method = None;
    for assignment in &assignments {
        match replace_method(&mut document, assignment, &assignments) {
            Some(note) => {
                notes.extend(note);
                last_method = Some(assignment);
            }
            None => others.push(assignment.as_str()),
        }
    }
    if let Some(assignment) = last_method {
        changed = read(&document, &format!("--set {assignment}"))?;
    }
    changed.set_all(others).map_err(|error| {
        // As the user wrote it, before words got quotes.
        let mut written = set.iter().zip(&assignments);
        let written = written.find(|(_, assignment)| error.origin == format!("--set {assignment}"));
        match written {
            Some((text, _)) => RecipeError {
                origin: format!("--set {text}"),
                ..error
            },
            None => error,
        }
    })?;
    if !unset.is_empty() {
        leave_out(&mut changed, recipe, &assignments, unset)?;
    }
    *recipe = changed;
    Ok(notes)
}

/// A part of a recipe that one of several methods does, each with settings of its own.
struct Part {
    path: &'static str,
    /// The key of the method's name.
    tag: &'static str,
    settings: fn(&str) -> Option<Vec<MethodSetting>>,
}

struct MethodSetting {
    key: &'static str,
    is_required: bool,
    default: String,
}

const PARTS: [Part; 7] = [
    part::<Init>("init"),
    part::<Optimizer>("train.optimizer"),
    part::<Schedule>("train.schedule"),
    part::<Average>("train.average"),
    part::<Loss>("train.loss"),
    part::<Loss>("log.loss"),
    part::<Normalisation>("network.normalisation"),
];

const fn part<C: Choice>(path: &'static str) -> Part {
    Part {
        path,
        tag: C::TAG,
        settings: settings_of::<C>,
    }
}

/// The settings of a method; nothing for an unknown name.
fn settings_of<C: Choice>(name: &str) -> Option<Vec<MethodSetting>> {
    let method = C::named(name)?;
    let values = method.values();
    let settings = method.settings().iter().zip(values);
    let of = settings.map(|(setting, value)| MethodSetting {
        key: setting.key,
        is_required: setting.is_required,
        default: value.text(),
    });
    Some(of.collect())
}

/// Replaces the method that an assignment names, and returns a note if that drops settings; `None` where it names none.
fn replace_method(document: &mut Table, assignment: &str, all: &[String]) -> Option<Option<String>> {
    let (key, value) = assignment.split_once('=')?;
    let Value::String(new) = value_of(value) else {
        return None;
    };
    let matches = |part: &&Part| is_path(key, &[part.path]) || is_path(key, &[part.path, part.tag]);
    let part = PARTS.iter().find(matches)?;
    let settings = (part.settings)(&new)?;
    let current = at(document, part.path)?;
    let (old_name, old) = match &*current {
        Value::String(name) => (name.clone(), Table::new()),
        Value::Table(table) => (table.get(part.tag)?.as_str()?.to_owned(), table.clone()),
        _ => return None,
    };
    let names_method = is_path(key, &[part.path, part.tag]);
    if names_method && is_same_name(&old_name, &new) {
        return None;
    }
    let own = |table: &Table, key: &str| table.keys().find(|found| is_same_name(found, key)).cloned();
    let mut table = Table::new();
    table.insert(part.tag.into(), Value::String(new.clone()));
    for other in all {
        let Some((key, value)) = other.split_once('=') else {
            continue;
        };
        let known = settings
            .iter()
            .find(|setting| is_path(key, &[part.path, setting.key]));
        if let Some(setting) = known {
            table.insert(setting.key.into(), value_of(value));
        }
    }
    for setting in settings.iter().filter(|setting| setting.is_required) {
        if let (None, Some(found)) = (table.get(setting.key), own(&old, setting.key)) {
            table.insert(setting.key.into(), old[&found].clone());
        }
    }
    let defaults = (part.settings)(&old_name).unwrap_or_default();
    let is_default = |key: &str, value: &Value| {
        let of_method = defaults.iter().find(|setting| is_same_name(setting.key, key));
        of_method.is_some_and(|setting| !setting.is_required && is_text(value, &setting.default))
    };
    let dropped: Vec<String> = old
        .iter()
        .filter(|(key, value)| *key != part.tag && own(&table, key).is_none() && !is_default(key, value))
        .map(|(key, _)| format!("{}.{key}", part.path))
        .collect();
    *current = Value::Table(table);
    let belong = if dropped.len() == 1 { "belongs" } else { "belong" };
    Some((!dropped.is_empty()).then(|| {
        let dropped = dropped.join(" and ");
        format!(
            "{key} = \"{new}\" drops {dropped}, which {belong} to \"{old_name}\"",
            key = key.trim()
        )
    }))
}

/// Leaves keys out. That of a method's name stands for the method with its settings.
fn leave_out(
    changed: &mut Recipe,
    before: &Recipe,
    assignments: &[String],
    unset: &[String],
) -> Result<(), RecipeError> {
    let mut original = table_of(before)?;
    let mut document = table_of(changed)?;
    for key in unset {
        let origin = format!("--unset {key}");
        let wrong = |message: String| RecipeError {
            origin: origin.clone(),
            position: None,
            message,
        };
        let key = key.trim();
        let key = PARTS
            .iter()
            .find(|part| is_path(key, &[part.path, part.tag]))
            .map_or(key, |part| part.path);
        let is_set = |assignment: &String| {
            let assigned = assignment.split_once('=');
            assigned.is_some_and(|(assigned, _)| is_path(assigned, &[key]))
        };
        if assignments.iter().any(is_set) {
            return Err(wrong("--set gives it a value; choose one of the two".into()));
        }
        if at(&mut original, key).is_none() {
            return Err(wrong(format!(
                "the recipe does not set it{}",
                hint(&mut original, key)
            )));
        }
        let (table, last) = match key.rsplit_once('.') {
            Some((table, last)) => (at(&mut document, table).and_then(Value::as_table_mut), last),
            None => (Some(&mut document), key),
        };
        if let Some(table) = table
            && let Some(found) = table.keys().find(|found| is_same_name(found, last)).cloned()
        {
            table.remove(&found);
        }
        *changed = read(&document, &origin)?;
    }
    Ok(())
}

/// The nearest key beside one that is not there, or all of them.
fn hint(document: &mut Table, key: &str) -> String {
    let (table, last) = match key.rsplit_once('.') {
        Some((table, last)) => (at(document, table).and_then(|found| found.as_table()), last),
        None => (Some(&*document), key),
    };
    let keys: Vec<&str> = table.map_or_else(Vec::new, |table| table.keys().map(String::as_str).collect());
    match nearest(last, keys.iter().copied()) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None if keys.is_empty() => String::new(),
        None => format!("; beside it are {}", keys.join(", ")),
    }
}

fn table_of(recipe: &Recipe) -> Result<Table, RecipeError> {
    recipe
        .to_toml()?
        .parse()
        .map_err(|error: toml::de::Error| RecipeError {
            origin: "the recipe".into(),
            position: None,
            message: error.message().into(),
        })
}

fn read(document: &Table, origin: &str) -> Result<Recipe, RecipeError> {
    Recipe::from_toml(&document.to_string(), origin).map_err(|error| RecipeError {
        position: None,
        ..error
    })
}

/// Whether a key is this path, its parts in either spelling.
fn is_path(key: &str, path: &[&str]) -> bool {
    let found = key.split('.').map(str::trim);
    let mut expected = path.iter().flat_map(|part| part.split('.'));
    let alike = found
        .into_iter()
        .all(|found| expected.next().is_some_and(|part| is_same_name(part, found)));
    alike && expected.next().is_none()
}

/// The value of a path.
fn at<'a>(document: &'a mut Table, path: &str) -> Option<&'a mut Value> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let first = document
        .keys()
        .find(|key| is_same_name(key, first.trim()))
        .cloned()?;
    let value = document.get_mut(&first)?;
    match rest {
        Some(rest) => at(value.as_table_mut()?, rest),
        None => Some(value),
    }
}

/// A value as TOML reads it, and as plain text where TOML cannot.
fn value_of(text: &str) -> Value {
    let text = text.trim();
    let value = parsed(text).and_then(|mut document| document.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The document `value = text`, if that is TOML.
fn parsed(text: &str) -> Option<Table> {
    let document = format!("value = {text}");
    check_depth(&document).ok()?;
    document.parse().ok()
}

/// Whether a value is what a setting's text says.
fn is_text(value: &Value, text: &str) -> bool {
    match (value, text.parse::<f64>()) {
        (Value::Float(number), Ok(expected)) => *number == expected,
        (Value::Integer(number), Ok(expected)) => *number as f64 == expected,
        (Value::String(found), _) => found == text,
        (value, _) => value.to_string() == text,
    }
}

/// An assignment whose list or table is TOML: words in it get quotes where they have none.
fn with_quoted_words(assignment: &str) -> String {
    let Some((key, value)) = assignment.split_once('=') else {
        return assignment.to_owned();
    };
    let value = value.trim();
    let is_nested = value.starts_with(['[', '{']);
    if !is_nested || parsed(value).is_some() {
        return assignment.to_owned();
    }
    let mut quoted = String::new();
    let mut rest = value;
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            c if is_of_word(c) => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let is_key = after.trim_start().starts_with('=');
        let is_word = first.is_ascii_alphabetic() && !["true", "false", "inf", "nan"].contains(&token);
        match is_word && !is_key {
            true => quoted.extend(["\"", token, "\""]),
            false => quoted.push_str(token),
        }
        rest = after;
    }
    match parsed(&quoted) {
        Some(_) => format!("{key}={quoted}"),
        None => assignment.to_owned(),
    }
}

#[cfg(test)]
mod tests;
