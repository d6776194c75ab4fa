//! The files that a run writes: its record and its picture.

use crate::failure::misuse;
use crate::terminal;
use anyhow::{Context, Result};
use pellucid_data::{OutputFile, table_files, write_together};
use pellucid_report::{Picture, PictureFormat, PictureStyle, Theme};
use std::fs;
use std::path::{Path, PathBuf};

/// The destination of the record.
pub(crate) enum JsonOutput {
    None,
    Stdout,
    File(OutputFile),
}

impl JsonOutput {
    pub(crate) fn prepare(path: Option<&Path>) -> Result<Self> {
        Ok(match path {
            None => Self::None,
            Some(path) if path.as_os_str() == "-" => Self::Stdout,
            Some(path) => Self::File(OutputFile::prepare(path)?),
        })
    }

    /// Whether standard output is for the record, and nothing else.
    pub(crate) fn takes_standard_output(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Prints lines of results, unless standard output is for the record.
    pub(crate) fn print<L: AsRef<str>>(&self, lines: impl IntoIterator<Item = L>) -> Result<()> {
        match self.takes_standard_output() {
            true => Ok(()),
            false => terminal::print_lines(lines),
        }
    }

    /// Writes the record, which is made only where it has a destination.
    pub(crate) fn write<R: serde::Serialize>(self, record: impl FnOnce() -> R) -> Result<()> {
        self.write_with(Vec::new(), record)
    }

    /// The same with the other files of the command, each with its contents: all of them, or none.
    pub(crate) fn write_with<R: serde::Serialize>(
        self,
        mut files: Vec<(OutputFile, Vec<u8>)>,
        record: impl FnOnce() -> R,
    ) -> Result<()> {
        let text = || serde_json::to_string(&record()).context("the record cannot be written as JSON");
        let printed = match self {
            Self::None => None,
            Self::Stdout => Some(text()?),
            Self::File(file) => {
                files.push((file, (text()? + "\n").into_bytes()));
                None
            }
        };
        write_together(files)?;
        printed.map_or(Ok(()), |text| terminal::print_as_it_is(&text))
    }
}

/// The destination of the picture.
pub(crate) struct PlotOutput {
    file: OutputFile,
    format: PictureFormat,
    theme: Theme,
}

impl PlotOutput {
    pub(crate) fn prepare(path: &Path, theme: Theme) -> Result<Self> {
        Ok(Self {
            format: PictureFormat::from_path(path)?,
            file: OutputFile::prepare(path)?,
            theme,
        })
    }

    /// The file and its contents.
    pub(crate) fn paint(self, picture: &dyn Picture) -> Result<(OutputFile, Vec<u8>)> {
        let (theme, width) = (self.theme, None);
        let bytes = picture.render(self.format, PictureStyle { theme, width })?;
        Ok((self.file, bytes))
    }
}

/// What messages call the tables that are read: they alone may be folders and patterns.
const OF_TABLES: [&str; 3] = ["the data", "the data or recipe", "the subject"];

/// Refuses output files of which one would replace another, or one that is read, or would lie in a folder that is read. Each
/// has its name in messages.
pub(crate) fn check_distinct(
    read: &[(&str, Option<&Path>)],
    written: &[(&str, Option<&Path>)],
) -> Result<()> {
    let named = read.iter().filter_map(|(name, path)| Some((*name, (*path)?)));
    let tables = named.filter(|(name, _)| OF_TABLES.contains(name));
    let folders: Vec<(&str, PathBuf)> = tables
        .clone()
        .filter(|(_, path)| path.is_dir())
        .map(|(name, path)| (name, place(path)))
        .collect();
    for (name, path) in written {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            continue;
        };
        let place = place(path);
        if let Some((data, folder)) = folders.iter().find(|(_, folder)| place.starts_with(folder)) {
            let (path, folder) = (path.display(), folder.display());
            return misuse(format!(
                "{name} {path} would lie in {folder}, which is {data}, and be read as a part of it the next time; give {name} \
                 another folder"
            ));
        }
    }
    let mut taken: Vec<(&str, PathBuf)> = Vec::new();
    for (name, pattern) in tables {
        // Where the files cannot be listed, reading them says so.
        let files = table_files(pattern).ok().flatten();
        taken.extend(files.into_iter().flatten().map(|file| (name, place(&file))));
    }
    for (index, (name, path)) in read.iter().chain(written).enumerate() {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            continue;
        };
        let place = place(path);
        let other = taken.iter().find(|(_, other)| *other == place);
        if let Some((other, _)) = other.filter(|_| index >= read.len()) {
            let path = path.display();
            return misuse(format!(
                "{name} {path} would overwrite {other}: they are one file; give {name} another"
            ));
        }
        taken.push((name, place));
    }
    Ok(())
}

/// The file that a path leads to, whether or not it exists yet.
fn place(path: &Path) -> PathBuf {
    let of_new_file = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        Some(folder.join(path.file_name()?))
    };
    fs::canonicalize(path)
        .ok()
        .or_else(of_new_file)
        .unwrap_or_else(|| path.to_path_buf())
}
