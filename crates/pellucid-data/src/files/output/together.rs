//! Replaces several files in one step: all of them, or none.

use super::{OutputFile, Route, folder_of, replace_after_sync, unchanged};
use crate::files::error::FileError;
use crate::files::unfinished::{Listed, PREFIX, SUFFIX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Writes the outputs of one command: each its bytes. All are complete and on disk before the first takes its place, and if
/// one cannot take its place, those before it give theirs back.
///
/// What is written directly, such as a pipe, comes first, since it cannot be taken back. A process that is killed between two
/// files leaves each of them whole, old or new.
///
/// ```
/// use pellucid_data::{OutputFile, write_together};
/// let folder = tempfile::tempdir()?;
/// let [model, record] = ["model", "record"].map(|name| folder.path().join(name));
/// let outputs = vec![
///     (OutputFile::prepare(&model)?, b"the model".to_vec()),
///     (OutputFile::prepare(&record)?, b"the record".to_vec()),
/// ];
/// write_together(outputs)?;
/// assert_eq!(std::fs::read(&record)?, b"the record");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The disk is full or fails; all destinations are then as they were before.
pub fn write_together(outputs: Vec<(OutputFile, Vec<u8>)>) -> Result<(), FileError> {
    let (mut replacing, mut direct) = (Vec::new(), Vec::new());
    for (mut output, bytes) in outputs {
        if !matches!(output.route, Route::Replace { .. }) {
            direct.push((output, bytes));
            continue;
        }
        let written = io::Write::write_all(&mut output, &bytes).and_then(|()| output.sync());
        written.map_err(|error| unchanged(&output.path, &error))?;
        replacing.push(output);
    }
    for (output, bytes) in direct {
        output.write(&bytes)?;
    }
    let mut replaced: Vec<Replaced> = Vec::new();
    let is_one = replacing.len() == 1;
    for OutputFile { path, route } in replacing {
        let Route::Replace {
            temporary,
            destination,
        } = route
        else {
            continue;
        };
        let before = if is_one {
            Before::Unknown
        } else {
            Before::of(&destination)
        };
        if let Err(error) = replace_after_sync(temporary, &destination) {
            replaced.into_iter().rev().for_each(Replaced::give_back);
            return Err(unchanged(&path, &error));
        }
        replaced.push(Replaced { destination, before });
    }
    Ok(())
}

/// A file that has its new contents, and what was there before.
struct Replaced {
    destination: PathBuf,
    before: Before,
}

impl Replaced {
    /// Puts what was there before in its place again.
    fn give_back(self) {
        // The command fails anyway, with the reason why a later file could not be replaced.
        let _ = match self.before {
            Before::Nothing => fs::remove_file(&self.destination),
            Before::File { kept, .. } => kept.persist(&self.destination).map_err(|failure| failure.error),
            Before::Unknown => Ok(()),
        };
    }
}

/// What a destination was before it was replaced.
enum Before {
    Nothing,
    /// A second name of the file, which is removed in the end.
    File {
        kept: TempPath,
        _listed: Listed,
    },
    /// The file system has no second names.
    Unknown,
}

impl Before {
    fn of(destination: &Path) -> Self {
        if fs::symlink_metadata(destination).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Self::Nothing;
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        let linked = builder.make_in(folder_of(destination), |path| fs::hard_link(destination, path));
        match linked.map(tempfile::NamedTempFile::into_temp_path) {
            Ok(kept) => Self::File {
                _listed: Listed::new(&kept),
                kept,
            },
            Err(_) => Self::Unknown,
        }
    }
}
