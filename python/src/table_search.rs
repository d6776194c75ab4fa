//! A search for the settings that train best on a table, by the code of `pellucid tune`. Any process may run any of its trainings.

use crate::arrays::Refused;
use crate::table_data::{TableData, refused};
use crate::table_request::request_of;
use crate::table_training::{seed_of, training_table};
use pellucid::evaluation::metrics::Metric;
use pellucid_data::Table;
use pellucid_data::training::TrainingRequest;
use pellucid_data::tuning::{Method, Search, SearchRequest, Space, Trial, TrialJob};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a training asks Python for signals, which takes its lock.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    halving: bool,
    /// Lines as `--vary` takes them.
    space: Vec<String>,
    trials: usize,
    folds: Option<usize>,
    metric: Option<Metric>,
}

/// A search whose table is read.
#[pyclass(frozen, module = "pellucid._engine")]
pub(crate) struct TableSearch {
    table: Table,
    training: TrainingRequest,
    request: SearchRequest,
    is_stopped: AtomicBool,
}

#[pymethods]
impl TableSearch {
    /// `parameters` are those of the request for a training, which all trials have in common, `asked` those of the search: JSON.
    #[new]
    fn new(py: Python<'_>, data: &TableData, parameters: &str, asked: &str) -> PyResult<Self> {
        let mut training = request_of(parameters)?;
        let asked: Asked = serde_json::from_str(asked).refused()?;
        let request = SearchRequest {
            method: match asked.halving {
                true => Method::Halving,
                false => Method::Random,
            },
            space: refused(Space::from_lines(&asked.space))?,
            trials: asked.trials,
            seed: seed_of(&training),
            folds: asked.folds,
            metric: asked.metric,
        };
        let (table, _) = refused(py.detach(|| training_table(data, None, &mut training)))?;
        Ok(Self {
            table,
            training,
            request,
            is_stopped: AtomicBool::new(false),
        })
    }

    /// What the search decides, and what was assumed of the table, a sentence each.
    fn choices_and_notes(&self) -> PyResult<(Vec<String>, Vec<String>)> {
        let search = self.search()?;
        Ok((search.choices().to_vec(), search.notes()))
    }

    /// The trainings that may run now, where these trials are done: a list, JSON.
    fn next_jobs(&self, done: &str) -> PyResult<Vec<String>> {
        let jobs = self.search()?.next_jobs(&trials(done)?);
        Ok(jobs.iter().map(|job| json!(job).to_string()).collect())
    }

    /// Runs a training on one thread, without Python's lock. Returns the trial, JSON, or nothing where the search was stopped.
    fn run_job(&self, py: Python<'_>, job: &str) -> PyResult<Option<String>> {
        let job: TrialJob = serde_json::from_str(job).refused()?;
        let asked = Mutex::new((Instant::now(), None));
        let stop = || {
            let Ok(mut asked) = asked.lock() else { return true };
            if asked.1.is_none() && asked.0.elapsed() >= BETWEEN_SIGNALS {
                *asked = (Instant::now(), Python::attach(|py| py.check_signals()).err());
            }
            asked.1.is_some() || self.is_stopped.load(Ordering::Relaxed)
        };
        let trial = py.detach(|| Ok::<_, PyErr>(refused(self.search()?.run_job(job, &stop))))??;
        match asked.into_inner() {
            Ok((_, Some(raised))) => Err(raised),
            _ => Ok(trial.map(|trial| json!(trial).to_string())),
        }
    }

    /// Ends the trainings that are under way in other threads.
    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// The result of the trials that are done: JSON. `recipe` is that of a training with the best settings on all rows.
    fn result(&self, done: &str) -> PyResult<String> {
        let search = self.search()?;
        let found = search.result(&trials(done)?);
        let best = found.best();
        let recipe = best.map(|best| {
            refused(
                search
                    .on_all_rows(best)
                    .and_then(|plan| plan.recipe_for_all_rows()),
            )
        });
        let record = json!({
            "trials": found.to_json(),
            "best": best.map(|best| best.trial),
            "metric": found.metric,
            "space": found.space.lines(),
            "stopped": found.stopped,
            "recipe": recipe.transpose()?,
        });
        Ok(record.to_string())
    }
}

impl TableSearch {
    fn search(&self) -> PyResult<Search<'_>> {
        refused(Search::new(&self.table, &self.training, &self.request))
    }
}

/// Trials that are done: a list of them, JSON.
fn trials(done: &str) -> PyResult<Vec<Trial>> {
    serde_json::from_str(done).refused()
}
