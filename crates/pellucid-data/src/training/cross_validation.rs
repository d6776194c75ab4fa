//! Cross-validation: every row predicted once by a model that has not seen it.

use super::calibrate::check_held_out;
use super::plan::Plan;
use super::prediction::scores_of;
use super::scores::Scores;
use crate::error::Result;
use crate::preparation::{Folds, note_of_repeated, repeated_rows};
use pellucid::EndedBy;
use pellucid::training::observe::AnyObserver;
use serde_json::{Value, json};
use std::num::NonZeroUsize;

/// The scores of each fold.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// A fold each.
    pub folds: Vec<Scores>,
    /// Of each fold's training: the epoch of the best weights, and its validation loss where rows were held out.
    pub best_epochs: Vec<(u64, Option<f64>)>,
    /// What was not as it should be.
    pub warning: Option<String>,
    /// Whether the user ended it before its last fold; the fold under way is left out.
    pub stopped: bool,
}

/// A figure over the folds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Its name.
    pub name: &'static str,
    /// The mean.
    pub mean: f64,
    /// The standard deviation over all folds (dividing by their number, as NumPy's `std`).
    pub std: f64,
}

impl Plan<'_> {
    /// Trains once a fold, on all other rows, of which it holds out some to stop by as any training does, and scores
    /// the fold. Folds have equal shares of every class, unless groups or times decide. Each fold is reported as soon as it is known. `clock` gives the
    /// seconds since any moment; `train.max_seconds`, for each fold, needs it.
    ///
    /// # Errors
    /// As [`Plan::train`]; rows that cannot be split into so many folds.
    pub fn cross_validate(
        &self,
        folds: usize,
        threads: NonZeroUsize,
        clock: Option<&dyn Fn() -> f64>,
        observer: &mut impl AnyObserver,
        mut report: impl FnMut(usize, &Scores),
    ) -> Result<CrossValidation> {
        self.refuse_ensemble()?;
        let seed = self.recipe.train.seed;
        let split = self
            .split_by
            .folds(&self.rows, self.labels.as_ref(), folds, seed)?;
        let repeated = self.repeated_in(&split)?;
        check_held_out(&self.table_recipe(), self.table_recipe().validation > 0.0)?;
        let (mut scores, mut best_epochs) = (Vec::new(), Vec::new());
        for (fold, split) in split.splits.iter().enumerate() {
            let part = self.table_recipe().validation;
            let mut session = self.session_on(&split.training, part, None, threads)?;
            if let Some(clock) = clock {
                session = session.with_clock(clock);
            }
            let mut trained = session.run(observer)?;
            self.refit(&mut trained, threads, observer)?;
            if trained.summary.ended_by == EndedBy::Interrupt {
                break;
            }
            let (network, preparation) = trained.of_model();
            let of_fold = scores_of(&[network], preparation, self.table, &split.held_out, threads)?;
            report(fold, &of_fold);
            scores.push(of_fold);
            best_epochs.push((trained.best_epoch(), trained.summary.best_validation_loss));
        }
        Ok(CrossValidation {
            stopped: scores.len() < split.splits.len(),
            folds: scores,
            best_epochs,
            warning: joined([self.note_of_dropped(), split.warning, repeated]),
        })
    }
}

impl Plan<'_> {
    /// A note of rows that some fold holds out and has a copy of among those it trains on.
    pub(super) fn repeated_in(&self, folds: &Folds) -> Result<Option<String>> {
        let columns = self.compared_columns();
        let (mut repeated, mut held_out) = (0, 0);
        for split in &folds.splits {
            let (training, of_fold) = (
                (self.table, &split.training[..]),
                (self.table, &split.held_out[..]),
            );
            repeated += repeated_rows(training, of_fold, &columns)?;
            held_out += split.held_out.len();
        }
        Ok(note_of_repeated(repeated, held_out))
    }

    /// What a user should know of how rows are held out: by `folds`, or the part that the recipe says.
    ///
    /// # Errors
    /// Rows that cannot be split so.
    pub(crate) fn notes_of_splits(&self, folds: Option<usize>) -> Result<Option<String>> {
        let (labels, seed) = (self.labels.as_ref(), self.recipe.train.seed);
        if let Some(folds) = folds {
            let split = self.split_by.folds(&self.rows, labels, folds, seed)?;
            let repeated = self.repeated_in(&split)?;
            return Ok(joined([self.note_of_dropped(), split.warning, repeated]));
        }
        let part = self.table_recipe().validation;
        if part == 0.0 {
            return Ok(self.note_of_dropped());
        }
        let split = self.split_by.hold_out(&self.rows, labels, part, seed)?;
        let (training, held_out) = (
            (self.table, &split.training[..]),
            (self.table, &split.held_out[..]),
        );
        let repeated = repeated_rows(training, held_out, &self.compared_columns())?;
        let alone = labels.and_then(|labels| self.split_by.note(labels));
        let repeated = note_of_repeated(repeated, split.held_out.len());
        Ok(joined([self.note_of_dropped(), alone, repeated]))
    }
}

/// The notes in one.
fn joined(notes: [Option<String>; 3]) -> Option<String> {
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

impl CrossValidation {
    /// Mean and deviation of each figure that every fold has.
    pub fn spreads(&self) -> Vec<Spread> {
        let figures: Vec<_> = self.folds.iter().map(Scores::figures).collect();
        let of_all = |&(name, _): &(&'static str, f64)| -> Option<Spread> {
            let of_fold = |figures: &Vec<(&str, f64)>| {
                let found = figures.iter().find(|(found, _)| *found == name);
                found.map(|(_, value)| *value)
            };
            let values: Vec<f64> = figures.iter().map(of_fold).collect::<Option<_>>()?;
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            let std = variance.sqrt();
            Some(Spread { name, mean, std })
        };
        figures.first().into_iter().flatten().filter_map(of_all).collect()
    }

    /// For machines: each figure's mean and deviation by name, and the folds.
    pub fn to_json(&self) -> Value {
        let of_spread = |Spread { name, mean, std }| (name.to_owned(), json!({"mean": mean, "std": std}));
        let mut all: serde_json::Map<String, Value> = self.spreads().into_iter().map(of_spread).collect();
        all.insert("folds".into(), self.folds.iter().map(Scores::to_json).collect());
        if let Some(warning) = &self.warning {
            all.insert("warning".into(), json!(warning));
        }
        Value::Object(all)
    }
}
