//! What was assumed in reading the files of a table.

use super::Parts;
use std::path::{Path, PathBuf};

/// Notes of several files. One that all have is said once.
#[derive(Default)]
pub(super) struct Notes {
    files: usize,
    /// Each note, the first file that it is about, and the number of files.
    notes: Vec<(String, PathBuf, usize)>,
}

impl Notes {
    pub(super) fn add(&mut self, path: &Path, notes: Vec<String>) {
        self.files += 1;
        for note in notes {
            match self.notes.iter_mut().find(|(known, ..)| *known == note) {
                Some((_, _, count)) => *count += 1,
                None => self.notes.push((note, path.to_path_buf(), 1)),
            }
        }
    }

    /// The notes, a sentence each.
    pub(super) fn sentences(&self) -> Vec<String> {
        let sentence = |(note, path, count): &(String, PathBuf, usize)| match *count {
            count if count == self.files => note.clone(),
            1 => format!("{}: {note}", path.display()),
            count => format!("{} and {} more files: {note}", path.display(), count - 1),
        };
        self.notes.iter().map(sentence).collect()
    }
}

impl Parts {
    /// Which files are read, and which columns the names of folders add.
    pub(super) fn note(&self) -> Option<String> {
        let [first, .., last] = &self.list[..] else {
            return None;
        };
        let keys = match &self.keys()[..] {
            [] => String::new(),
            [key] => format!("; column {key:?} is that of the names of folders"),
            keys => format!(
                "; the columns {} are those of the names of folders",
                keys.join(", ")
            ),
        };
        Some(format!(
            "{} files are one table, in the order of their paths, from {} to {}{keys}",
            self.list.len(),
            first.path.display(),
            last.path.display()
        ))
    }
}
