//! An ensemble: networks that are each trained on all folds of the rows but one, which they stop by, and whose outputs are
//! averaged. Every row is predicted by the one network that has not seen it, so that scores, intervals and thresholds cost no
//! held-out rows.
//!
//! B. Parmanto, P. W. Munro and H. R. Doyle, *Improving Committee Diagnosis with Resampling Techniques*, 1996; A. Krogh and
//! J. Vedelsby, *Neural Network Ensembles, Cross Validation, and Active Learning*, 1995.

use super::calibrate::{check_held_out, decide};
use super::ensemble_settings::KEY;
use super::plan::Plan;
use super::prediction::{predict, scores_of};
use super::scores::{Answers, Scores};
use super::session::Trained;
use crate::calibration::Calibrated;
use crate::error::{Result, setting};
use crate::model_file::AnyNetwork;
use crate::preparation::{Folds, Predictions, Preparation};
use pellucid::EndedBy;
use pellucid::data::matrix::Matrix;
use pellucid::recipe::{Calibration, Scale};
use pellucid::training::observe::AnyObserver;
use std::num::NonZeroUsize;

impl Plan<'_> {
    /// The number of networks of the model; 1 unless the recipe asks for an ensemble.
    pub fn members(&self) -> usize {
        self.table_recipe().ensemble.max(1)
    }

    /// Refuses an ensemble where one network is trained.
    pub(super) fn refuse_ensemble(&self) -> Result<()> {
        match self.table_recipe().ensemble {
            0 => Ok(()),
            members => Err(setting(
                KEY,
                members,
                "an ensemble is scored by the folds of its own training; leave it out here",
            )),
        }
    }

    /// Trains the networks of an ensemble, each from a seed of its own; the preparation is fitted to all rows. `report` gets
    /// each with its fold, `of_first` observes the first, whose history the model keeps. A training that is interrupted ends
    /// the ensemble, which has the networks so far.
    ///
    /// # Errors
    /// As [`session`](Self::session) and [`TableSession::run`](super::TableSession::run); rows that cannot be split into so
    /// many folds.
    pub fn train_ensemble(
        &self,
        threads: NonZeroUsize,
        clock: Option<&dyn Fn() -> f64>,
        (observer, of_first): (&mut impl AnyObserver, &mut impl AnyObserver),
        mut report: impl FnMut(usize, &Trained),
    ) -> Result<Trained> {
        check_held_out(&self.table_recipe(), true)?;
        let (labels, seed) = (self.labels.as_ref(), self.recipe.train.seed);
        let folds = self.split_by.folds(&self.rows, labels, self.members(), seed)?;
        let (preparation, fitting_notes) =
            Preparation::fit(self.table, &self.rows, &self.chosen, &self.settings)?;
        let mut members: Vec<Trained> = Vec::new();
        for (index, fold) in folds.splits.iter().enumerate() {
            let mut recipe = self.recipe.clone();
            recipe.set_seed(seed.wrapping_add(index as u32));
            let training = (self.table, fold.training.clone());
            let held_out = (self.table, fold.held_out.clone());
            let prepared = (preparation.clone(), Vec::new());
            let mut session = self.session_of(recipe, prepared, training, held_out, threads)?;
            if let Some(clock) = clock {
                session = session.with_clock(clock);
            }
            let trained = match index {
                0 => session.run(&mut (&mut *observer, &mut *of_first))?,
                _ => session.run(observer)?,
            };
            let is_interrupted = trained.summary.ended_by == EndedBy::Interrupt;
            if is_interrupted && let Some(first) = members.first_mut() {
                first.summary.ended_by = EndedBy::Interrupt;
                break;
            }
            report(index, &trained);
            members.push(trained);
            if is_interrupted {
                break;
            }
        }
        self.joined(members, preparation, fitting_notes, &folds, threads)
    }

    /// One model of all networks.
    fn joined(
        &self,
        mut members: Vec<Trained>,
        mut preparation: Preparation,
        fitting_notes: Vec<String>,
        folds: &Folds,
        threads: NonZeroUsize,
    ) -> Result<Trained> {
        let recipe = self.table_recipe();
        let (predictions, rows) = self.out_of_fold(&members, &preparation, threads)?;
        let mut answers = Answers::default();
        answers.append(preparation.target(), self.table, &rows)?;
        let mut calibrated = Calibrated::default();
        decide(
            &predictions,
            &mut preparation,
            &recipe,
            (self.table, &rows),
            &mut calibrated,
        )?;
        // The threshold, which is known only now, may change the classes.
        let predictions = preparation.target().predictions(numbers(predictions));
        let validation = Scores::from_predictions(&predictions, &answers)?;

        let mut notes = [
            self.table.notes.clone(),
            self.reading_notes.clone(),
            fitting_notes,
        ]
        .concat();
        notes.extend(self.note_of_dropped());
        notes.extend(folds.warning.clone());
        notes.extend(self.repeated_in(folds)?);
        notes.push(note(&members, recipe.calibrate));
        if recipe.scale == Scale::PiecewiseTree {
            notes.push(
                "the bins of numbers are chosen by the targets of all rows, so that the scores of held-out rows are somewhat too \
                 good; with the scale \"piecewise_quantile\" they are not"
                    .into(),
            );
        }
        let mut first = members.remove(0);
        let member_epochs =
            std::iter::once(first.best_epoch()).chain(members.iter().map(Trained::best_epoch));
        first.member_epochs = member_epochs.collect();
        first.members = members.into_iter().map(|member| member.network).collect();
        first.recipe.train.seed = self.recipe.train.seed;
        first.training = scores_of(&first.networks(), &preparation, self.table, &self.rows, threads)?;
        Ok(Trained {
            preparation,
            notes,
            rows: self.rows.clone(),
            held_out_rows: rows,
            validation: Some(validation),
            held_out_predictions: Some(predictions),
            calibrated,
            ..first
        })
    }

    /// The prediction of each row by the network that has not seen it, in the order of the folds, and the rows.
    fn out_of_fold(
        &self,
        members: &[Trained],
        preparation: &Preparation,
        threads: NonZeroUsize,
    ) -> Result<(Predictions, Vec<u32>)> {
        let (mut outputs, mut rows) = (Vec::new(), Vec::new());
        for member in members {
            let network: [&AnyNetwork; 1] = [&member.network];
            let held_out = &member.held_out_rows;
            let (predictions, _) = predict(&network, preparation, self.table, held_out, threads)?;
            outputs.extend_from_slice(numbers(predictions).values());
            rows.extend_from_slice(held_out);
        }
        let width = outputs.len() / rows.len().max(1);
        let outputs = Matrix::new(rows.len(), width, outputs)?;
        Ok((preparation.target().predictions(outputs), rows))
    }
}

/// The numbers of predictions: probabilities, or predicted numbers.
fn numbers(predictions: Predictions) -> Matrix<f64> {
    match predictions {
        Predictions::Classes { probabilities, .. } | Predictions::Labels { probabilities, .. } => {
            probabilities
        }
        Predictions::Numbers { values, .. } => values,
    }
}

/// What a user should know of an ensemble.
fn note(members: &[Trained], calibration: Calibration) -> String {
    let of_curves = format!(
        "the model is the mean of {} networks, each of which has not seen one fold; the scores of held-out rows are of the \
         network that has not seen them, those of training rows of the whole; curves and pictures of weights are of the first \
         network",
        members.len()
    );
    let temperatures = members
        .iter()
        .filter_map(|member| member.calibrated.temperature.as_ref());
    let temperatures: Vec<String> = temperatures.map(|found| format!("{:.3}", found.value)).collect();
    match calibration {
        Calibration::Temperature if !temperatures.is_empty() => {
            format!("{of_curves}; temperatures {}", temperatures.join(", "))
        }
        _ => of_curves,
    }
}
