//! What the page is to open.

use crate::failure::{misuse, refuse_flags};
use crate::{recipes, source, subject};
use anyhow::{Context, Result, bail};
use pellucid::recipe::BUILT_IN;
use pellucid_data::model_file::Model;
use pellucid_data::{OutputFile, ReadOptions, TableWriter};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The largest file that the page reads (`web/src/data/files.ts`).
const LARGEST: u64 = 200_000_000;

/// A file, with the name that the page's messages give it.
#[derive(Debug)]
pub(super) struct NamedFile {
    /// Its extension says what it is.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The built-in sets that the page has itself, and shows as more than rows: one draws on the digits.
const SETS_OF_THE_PAGE: [&str; 1] = ["digits"];

/// What the page is to open.
#[derive(Debug)]
pub(super) enum Opened {
    /// A set of the page by its name.
    Set(&'static str),
    Recipe(NamedFile),
    /// The column to be predicted is the last one where none is named.
    Table(NamedFile, Option<String>),
    /// With the table to show it on.
    Model(NamedFile, Option<NamedFile>),
}

impl Opened {
    /// Its name in messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Set(name) => name,
            Self::Recipe(file) | Self::Table(file, _) | Self::Model(file, _) => &file.name,
        }
    }

    /// The recipe, the table or the model itself, and the table of a model; none of a set of the page.
    pub(super) fn into_files(self) -> [Option<NamedFile>; 2] {
        match self {
            Self::Set(_) => [None, None],
            Self::Recipe(file) | Self::Table(file, _) => [Some(file), None],
            Self::Model(file, table) => [Some(file), table],
        }
    }

    /// What the page has to know before it opens the file.
    pub(super) fn about(&self) -> Value {
        let (target, table) = match self {
            Self::Set(_) | Self::Recipe(_) => (None, None),
            Self::Table(_, target) => (target.as_deref(), None),
            Self::Model(_, table) => (None, table.as_ref().map(|table| table.name.as_str())),
        };
        json!({"name": self.name(), "target": target, "table": table})
    }
}

/// The recipe, the table or the model that an argument names, checked as far as the page's own messages would come late.
pub(super) fn find(argument: &str, target: Option<&str>, data: Option<&Path>) -> Result<Opened> {
    let flags = [("--target", target.is_some()), ("--data", data.is_some())];
    if subject::is_recipe(argument) {
        refuse_flags(&flags, |flag| {
            let kind = if flag == "--target" { "table" } else { "model" };
            format!("{flag} is for a {kind}, and {argument} is a recipe")
        })?;
        return Ok(Opened::Recipe(recipe(argument)?));
    }
    let path = Path::new(argument);
    if subject::is_model(argument) {
        refuse_flags(&flags[..1], |flag| {
            format!("{flag} is for a table; the model {argument} knows what it predicts")
        })?;
        let model = Model::load(path)?;
        let table = data.map(table).transpose()?;
        if let (None, Some(preparation)) = (&table, &model.preparation) {
            let target = preparation.target();
            let columns: Vec<String> = target.columns().iter().map(ToString::to_string).collect();
            return misuse(format!(
                "{argument} predicts {} from the columns of a table, and the page shows a model on rows: name a table of these columns \
                 with --data",
                columns.join(", ")
            ));
        }
        let file = NamedFile {
            name: source::file_name(argument),
            bytes: contents(path)?,
        };
        return Ok(Opened::Model(file, table));
    }
    refuse_flags(&flags[1..], |flag| {
        format!("{flag} is for a model, and {argument} is none")
    })?;
    let of_page = source::built_in(path).filter(|name| SETS_OF_THE_PAGE.contains(name));
    if let (Some(name), None) = (of_page, target) {
        return Ok(Opened::Set(name));
    }
    Ok(Opened::Table(table(path)?, target.map(str::to_owned)))
}

/// A recipe as it was written.
fn recipe(argument: &str) -> Result<NamedFile> {
    recipes::load(argument)?.validate()?;
    let built_in = BUILT_IN.iter().find(|recipe| recipe.name == argument);
    match (recipes::file(argument), built_in) {
        (None, Some(recipe)) => Ok(NamedFile {
            name: format!("{argument}.toml"),
            bytes: recipe.toml.into(),
        }),
        _ => {
            let text = pellucid_data::read_small_text(Path::new(argument))
                .with_context(|| format!("cannot read the recipe {argument}"))?;
            Ok(NamedFile {
                name: source::file_name(argument),
                bytes: text.into_bytes(),
            })
        }
    }
}

/// A table of text as it is; any other as the command reads it, since the page does not read every format.
fn table(path: &Path) -> Result<NamedFile> {
    if path.as_os_str() == "-" {
        return misuse("the page needs the name of a table, and - is standard input");
    }
    let name = source::file_name(&path.display().to_string());
    if source::built_in(path).is_none() {
        let bytes = contents(path)?;
        if std::str::from_utf8(&bytes).is_ok() {
            return Ok(NamedFile { name, bytes });
        }
    }
    let table = source::read(path, &ReadOptions::default(), 0)?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let copy = folder.path().join("table.csv");
    let mut writer = TableWriter::new(OutputFile::prepare(&copy)?);
    writer.write(&table)?;
    writer.finish()?;
    Ok(NamedFile {
        name: format!("{name}.csv"),
        bytes: contents(&copy)?,
    })
}

fn contents(path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let size = fs::metadata(path).with_context(cannot)?.len();
    if size > LARGEST {
        bail!(
            "{} has {} MB, and the page reads up to {}: train on it with `pellucid train`",
            path.display(),
            size / 1_000_000,
            LARGEST / 1_000_000
        );
    }
    fs::read(path).with_context(cannot)
}
