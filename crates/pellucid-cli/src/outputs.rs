//! The files that a run writes: its record and its picture.

use crate::failure::Misuse;
use crate::terminal;
use anyhow::{Context, Result};
use pellucid_data::OutputFile;
use pellucid_report::{Picture, PictureFormat};
use std::fs;
use std::path::{Path, PathBuf};

/// The destination of the record.
pub(crate) enum JsonOutput {
    Stdout,
    File(OutputFile),
}

impl JsonOutput {
    pub(crate) fn prepare(path: &Path) -> Result<Self> {
        Ok(if path.as_os_str() == "-" {
            Self::Stdout
        } else {
            Self::File(OutputFile::prepare(path)?)
        })
    }

    pub(crate) fn write<R: serde::Serialize>(self, record: &R) -> Result<()> {
        let mut text = serde_json::to_string(record).context("the record cannot be written as JSON")?;
        match self {
            Self::Stdout => terminal::print(&text)?,
            Self::File(file) => {
                text.push('\n');
                file.write(text.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// The destination of the picture.
pub(crate) struct PlotOutput {
    file: OutputFile,
    format: PictureFormat,
}

impl PlotOutput {
    pub(crate) fn prepare(path: &Path) -> Result<Self> {
        Ok(Self {
            format: PictureFormat::from_path(path)?,
            file: OutputFile::prepare(path)?,
        })
    }

    pub(crate) fn paint(&self, picture: &dyn Picture) -> Result<Vec<u8>> {
        Ok(picture.render(self.format)?)
    }

    pub(crate) fn write_painted(self, bytes: &[u8]) -> Result<()> {
        Ok(self.file.write(bytes)?)
    }

    pub(crate) fn write(self, picture: &dyn Picture) -> Result<()> {
        let bytes = self.paint(picture)?;
        self.write_painted(&bytes)
    }
}

/// Refuses output files of which one would replace another, or one that is read. Each has its name in messages.
pub(crate) fn check_distinct(read: &[(&str, &Path)], written: &[(&str, Option<&Path>)]) -> Result<()> {
    let standard = Path::new("-");
    let read = read.iter().filter(|(_, path)| *path != standard);
    let mut taken: Vec<(&str, PathBuf)> = read.map(|(name, path)| (*name, place(path))).collect();
    for (name, path) in written {
        let Some(path) = path.filter(|path| *path != standard) else {
            continue;
        };
        let place = place(path);
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == place) {
            let path = path.display();
            return Err(Misuse(format!(
                "{name} {path} would overwrite {other}: they are one file; give {name} another"
            ))
            .into());
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
