//! Checks that the files of a table have the same columns.

use super::super::error::{did_you_mean, listed};
use super::super::limits::MOST_SHOWN_BYTES;
use super::find::Part;
use crate::files::FileError;
use pellucid::descriptor::nearest;
use pellucid::recipe::shortened;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Refuses files whose folders have other keys than those of the first, or one key twice.
pub(super) fn check_keys(list: &[Part]) -> Result<(), FileError> {
    let Some(first) = list.first() else {
        return Ok(());
    };
    let keys = |part: &Part| -> Vec<String> { part.of_folders.iter().map(|(key, _)| key.clone()).collect() };
    let in_words = |keys: &[String]| match keys {
        [] => "no column (key=value)".to_owned(),
        keys => format!("the columns {}", listed(keys.iter().map(String::as_str))),
    };
    let expected = keys(first);
    for part in list {
        let found = keys(part);
        if let Some(twice) = (1..found.len()).find(|&at| found[..at].contains(&found[at])) {
            let problem = format!(
                "two of its folders are called {0}=…; rename one of them",
                found[twice]
            );
            return Err(FileError::contents(&part.path, problem));
        }
        if found != expected {
            let (found, expected) = (in_words(&found), in_words(&expected));
            let problem = format!(
                "the names of its folders have {found}, and those of {} have {expected}; the files of one table lie equally deep",
                first.path.display()
            );
            return Err(FileError::contents(&part.path, problem));
        }
    }
    Ok(())
}

/// Refuses a file with a column that the names of its folders have too.
pub(super) fn check_apart(path: &Path, names: &[String], keys: &[String]) -> Result<(), FileError> {
    match keys.iter().find(|key| names.contains(key)) {
        Some(key) => {
            let key = shortened(key, MOST_SHOWN_BYTES);
            let problem = format!(
                "it has a column {key:?}, and a folder on its way is called {key}=…; rename one of them, so that it is clear \
                 which is meant"
            );
            Err(FileError::contents(path, problem))
        }
        None => Ok(()),
    }
}

/// For each column of the first file, its position in another, which has the same columns in any order.
pub(super) fn positions_of(
    (first, expected): (&Path, &[String]),
    (path, names): (&Path, &[String]),
) -> Result<Vec<usize>, FileError> {
    let numbered = names.iter().zip(0..);
    let positions: HashMap<&str, usize> = numbered.map(|(name, at)| (name.as_str(), at)).collect();
    let known: HashSet<&str> = expected.iter().map(String::as_str).collect();
    let refused = |problem: String| {
        let problem = format!("{problem}; the files of one table have the same columns");
        Err(FileError::contents(path, problem))
    };
    let first = first.display();
    let mut found = Vec::with_capacity(expected.len());
    for name in expected {
        match positions.get(name.as_str()) {
            Some(&position) => found.push(position),
            None => {
                let near = nearest(name, names.iter().map(String::as_str));
                let near = near.filter(|near| !known.contains(near)).map(did_you_mean);
                let name = shortened(name, MOST_SHOWN_BYTES);
                let has = listed(names.iter().map(String::as_str));
                let near = near.unwrap_or_default();
                return refused(format!(
                    "there is no column {name:?}, which {first} has{near}; this file has {has}"
                ));
            }
        }
    }
    match names.iter().find(|name| !known.contains(name.as_str())) {
        Some(name) => {
            let name = shortened(name, MOST_SHOWN_BYTES);
            refused(format!("there is a column {name:?}, which {first} does not have"))
        }
        None => Ok(found),
    }
}
