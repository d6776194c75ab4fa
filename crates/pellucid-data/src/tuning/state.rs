//! The state of a search in a file, from which it continues after an interruption.

use super::search::{Method, Search};
use super::trial::Trial;
use crate::error::{Result, problem};
use crate::files::{FileError, OutputFile, read_small_text};
use pellucid::recipe::shortened;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// A file that identifies a search and holds its trials so far. It is written whole or not at all.
#[derive(Debug)]
pub struct SearchState {
    path: PathBuf,
    search: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    format_version: u32,
    search: Map<String, Value>,
    trials: Vec<Trial>,
}

const FORMAT: &str = "pellucid search";
const VERSION: u32 = 1;
/// The most bytes of the file in a message.
const MOST_SHOWN_BYTES: usize = 300;

impl SearchState {
    /// The state of a search under `path`, and the trials that are in it.
    ///
    /// # Errors
    /// The file is not the state of a search, of another version or of another search; it cannot be read or written.
    pub fn open(path: &Path, search: &Search<'_>) -> Result<(Self, Vec<Trial>)> {
        let state = Self {
            path: path.to_path_buf(),
            search: identity(search)?,
        };
        let wrong = |message: String| problem(path.display().to_string(), message);
        let text = match read_small_text(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Checked before the work whose result goes there.
                drop(OutputFile::prepare(path)?);
                return Ok((state, Vec::new()));
            }
            Err(error) => return Err(wrong(format!("the state of a search cannot be read: {error}"))),
        };
        let again = "give --state another file, or remove this one";
        let written: Written = serde_json::from_str(&text).map_err(|error| {
            let reason = error.to_string();
            let reason = shortened(&reason, MOST_SHOWN_BYTES);
            wrong(format!("it is not the state of a search ({reason}); {again}"))
        })?;
        if written.format != FORMAT || written.format_version != VERSION {
            return Err(wrong(format!(
                "it is {:?}, version {}, not \"{FORMAT}\", version {VERSION}; {again}",
                shortened(&written.format, MOST_SHOWN_BYTES),
                written.format_version
            )));
        }
        // The recipe last: it contains some of the others, whose names say more.
        // Another version goes on where this one was: the file says what wrote it.
        let compared = state.search.iter().filter(|(key, _)| *key != "pellucid_version");
        let (recipe, others): (Vec<_>, Vec<_>) = compared.partition(|(key, _)| *key == "recipe");
        for (key, value) in others.into_iter().chain(recipe) {
            let found = written.search.get(key).unwrap_or(&Value::Null);
            if found != value {
                let (found, value) = match key.as_str() {
                    "data" | "recipe" => ("another".to_string(), "changed".to_string()),
                    _ => (found.to_string(), value.to_string()),
                };
                let [found, value] = [&found, &value].map(|text| shortened(text, MOST_SHOWN_BYTES));
                return Err(wrong(format!(
                    "it is the state of another search: its {key} is {found}, here it is {value}; {again}"
                )));
            }
        }
        drop(OutputFile::prepare(path)?);
        Ok((state, written.trials))
    }

    /// Writes the trials so far.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, trials: &[Trial]) -> Result<()> {
        let written = Written {
            format: FORMAT.into(),
            format_version: VERSION,
            search: self.search.clone(),
            trials: trials.to_vec(),
        };
        let text =
            serde_json::to_string(&written).map_err(|error| FileError::from_write(&self.path, error))?;
        Ok(OutputFile::prepare(&self.path)?.write(format!("{text}\n").as_bytes())?)
    }
}

/// Everything that a trial depends on. The number of trials is a part of it only with halving: a random search may
/// continue with more trials.
fn identity(search: &Search<'_>) -> Result<Map<String, Value>> {
    let request = &search.request;
    let trials = (request.method == Method::Halving).then_some(("trials", json!(request.trials)));
    let identity = [
        ("pellucid_version", json!(env!("CARGO_PKG_VERSION"))),
        ("data", json!(search.table.digest())),
        ("recipe", json!(search.base.to_toml()?)),
        ("space", json!(request.space.lines())),
        ("method", json!(request.method)),
        ("seed", json!(request.seed)),
        ("folds", json!(request.folds)),
        ("metric", json!(search.metric)),
    ];
    let identity = identity.into_iter().chain(trials);
    Ok(identity.map(|(key, value)| (key.to_owned(), value)).collect())
}
