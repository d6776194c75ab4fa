//! One training on a table: rows split, preparation fitted, the session run, the network scored.

use super::calibrate::{calibrate, check_held_out};
use super::findings;
use super::inputs::fit_inputs;
use super::plan::Plan;
use super::prediction::{predict, scores_of};
use super::scores::Scores;
use super::shuffle_window::{self, fit_shuffle_window};
use crate::calibration::Calibrated;
use crate::error::{Result, problem, setting};
use crate::memory::check_memory;
use crate::model_file::{AnyNetwork, Model};
use crate::preparation::{
    Counts, Predictions, Preparation, note_of_repeated, repeated_rows, row_weights, rows_with_target,
};
use crate::recipe_data::{class_weights, with_weights};
use crate::table::Table;
use pellucid::data::dataset::Dataset;
use pellucid::inspection::diagnosis::{Finding, FindingKind};
use pellucid::recipe::{Recipe, TableRecipe};
use pellucid::session::Summary;
use pellucid::session::rate_finder::{RateRange, RateTest, find_rate};
use pellucid::training::observe::AnyObserver;
use pellucid::{Scalar, Session, Split, Unfinished, with_precision};
use serde_json::json;
use std::collections::HashSet;
use std::num::NonZeroUsize;

/// A training on rows of a table that is ready to start.
#[derive(Debug)]
pub struct TableSession<'a> {
    session: AnySession<'a>,
    preparation: Preparation,
    notes: Vec<String>,
    training: (&'a Table, Vec<u32>),
    validation: (&'a Table, Vec<u32>),
    threads: NonZeroUsize,
    /// The chosen features that no input is made of.
    left_out: Vec<String>,
    /// Where it is diagnosed, the findings about the columns of the table.
    of_columns: Option<Vec<Finding>>,
}

#[derive(Debug)]
enum AnySession<'a> {
    F32(Session<'a, f32>),
    F64(Session<'a, f64>),
}

/// The same on a session of either precision.
macro_rules! with_session {
    ($session:expr, $found:ident => $do:expr) => {
        match $session {
            AnySession::F32($found) => $do,
            AnySession::F64($found) => $do,
        }
    };
}

impl<'a> From<Session<'a, f32>> for AnySession<'a> {
    fn from(session: Session<'a, f32>) -> Self {
        Self::F32(session)
    }
}

impl<'a> From<Session<'a, f64>> for AnySession<'a> {
    fn from(session: Session<'a, f64>) -> Self {
        Self::F64(session)
    }
}

/// A model that is trained, and how its training went.
#[derive(Debug)]
pub struct Trained {
    /// The network with the weights of the best epoch; of the last where no rows were held out.
    pub network: AnyNetwork,
    /// How rows become its input.
    pub preparation: Preparation,
    /// The recipe, every layer with its size.
    pub recipe: Recipe,
    /// How the training went.
    pub summary: Summary,
    /// What a user should know, a sentence each.
    pub notes: Vec<String>,
    /// The rows of the table it was trained on.
    pub rows: Vec<u32>,
    /// Those held out of it, or of the table they came from.
    pub held_out_rows: Vec<u32>,
    /// How good it is on the rows it was trained on.
    pub training: Scores,
    /// How good it is on held-out rows.
    pub validation: Option<Scores>,
    /// What the held-out rows decided.
    pub calibrated: Calibrated,
    /// The network and the preparation of a training on all rows that followed, which the model has in place of these.
    pub refit: Option<(AnyNetwork, Preparation)>,
    /// The further networks of an ensemble; empty for one network.
    pub members: Vec<AnyNetwork>,
    /// The best epoch of each network of an ensemble, counted from 1; empty for one network.
    pub member_epochs: Vec<u64>,
    /// The predictions of the held-out rows by the networks of an ensemble that have not seen them.
    pub held_out_predictions: Option<Predictions>,
}

impl<'a> Plan<'a> {
    /// Trains on all rows. Rows to stop by come from `validation`, or are held out as the recipe says. The training on all
    /// rows that the recipe may ask for follows.
    ///
    /// # Errors
    /// As [`session`](Self::session), [`TableSession::run`] and [`refit`](Self::refit).
    pub fn train(
        &self,
        validation: Option<&Table>,
        threads: NonZeroUsize,
        observer: &mut impl AnyObserver,
    ) -> Result<Trained> {
        if self.members() > 1 {
            return self.train_ensemble(threads, None, (observer, &mut ()), |_, _| ());
        }
        let mut trained = self.session(validation, threads)?.run(observer)?;
        self.refit(&mut trained, threads, observer)?;
        Ok(trained)
    }

    /// A session on all rows. Rows to stop by come from `validation`, or are held out as the recipe says.
    ///
    /// # Errors
    /// [`DataError`](crate::DataError): rows that cannot be prepared or split, a validation table without the columns, a setting that
    /// makes no sense.
    pub fn session<'s>(
        &'s self,
        validation: Option<&'s Table>,
        threads: NonZeroUsize,
    ) -> Result<TableSession<'s>> {
        let part = match validation {
            Some(_) => 0.0,
            None => self.table_recipe().validation,
        };
        let table_recipe = self.table_recipe();
        check_held_out(&table_recipe, validation.is_some() || part > 0.0)?;
        if validation.is_some() && table_recipe.refit {
            let expected =
                "it needs rows held out of the table, not a table of their own; set --validation 0.2 say";
            return Err(setting("data.table.refit", true, expected));
        }
        let mut session = self.session_on(&self.rows, part, validation, threads)?;
        session.notes.extend(self.notes_of_split(&session)?);
        Ok(session)
    }

    /// What a user should know of the rows that are left out or held out.
    fn notes_of_split(&self, session: &TableSession<'_>) -> Result<Vec<String>> {
        let held_out = &session.validation;
        let is_split = std::ptr::eq(held_out.0, self.table) && self.table_recipe().validation > 0.0;
        let labels = self.labels.as_ref().filter(|_| is_split);
        let alone = labels.and_then(|labels| self.split_by.note(labels));
        let notes = self.note_of_dropped().into_iter().chain(alone);
        if held_out.1.is_empty() {
            return Ok(notes.collect());
        }
        let training = (session.training.0, &session.training.1[..]);
        let repeated = repeated_rows(training, (held_out.0, &held_out.1), &self.compared_columns())?;
        let repeated = note_of_repeated(repeated, held_out.1.len());
        Ok(notes.chain(repeated).collect())
    }

    /// Tests a range of learning rates on all rows, none held out; see [`pellucid::session::rate_finder`].
    ///
    /// # Errors
    /// As [`session`](Self::session); a range that makes no sense.
    pub fn find_rate(
        &self,
        range: RateRange,
        threads: NonZeroUsize,
        observer: &mut impl AnyObserver,
    ) -> Result<RateTest> {
        let TableSession { session, .. } = self.session_on(&self.rows, 0.0, None, threads)?;
        Ok(with_session!(session, session => find_rate(&session, range, observer))?)
    }

    /// A session on `rows`, of which this part is held out.
    pub(super) fn session_on<'s>(
        &'s self,
        rows: &[u32],
        part: f64,
        validation: Option<&'s Table>,
        threads: NonZeroUsize,
    ) -> Result<TableSession<'s>> {
        self.session_by(self.recipe.clone(), rows, part, validation, threads)
    }

    /// The same by another recipe.
    pub(super) fn session_by<'s>(
        &'s self,
        recipe: Recipe,
        rows: &[u32],
        part: f64,
        validation: Option<&'s Table>,
        threads: NonZeroUsize,
    ) -> Result<TableSession<'s>> {
        let (training_rows, held_out) = match part > 0.0 {
            true => {
                let labels = self.labels_of(rows);
                let seed = self.recipe.train.seed;
                let split = self.split_by.hold_out(rows, labels.as_ref(), part, seed)?;
                (split.training, split.held_out)
            }
            false => (rows.to_vec(), Vec::new()),
        };
        let [training_rows, held_out] = [training_rows, held_out].map(in_order_of_table);
        if training_rows.is_empty() {
            return Err(problem(
                &self.table.source,
                "no row is left to train on; hold out fewer",
            ));
        }
        let (preparation, fitting_notes) = self.preparation(&training_rows)?;
        let notes = [
            self.table.notes.clone(),
            self.reading_notes.clone(),
            fitting_notes,
        ]
        .concat();
        let training = (self.table, training_rows);
        let validation = match validation {
            Some(table) if self.table_recipe().drop_missing_target => {
                (table, rows_with_target(table, &self.chosen.targets)?)
            }
            Some(table) => (table, (0..table.rows() as u32).collect()),
            None => (self.table, held_out),
        };
        self.session_of(recipe, (preparation, notes), training, validation, threads)
    }

    /// A session on prepared rows.
    pub(super) fn session_of<'s>(
        &'s self,
        mut recipe: Recipe,
        (preparation, mut notes): (Preparation, Vec<String>),
        training: (&'s Table, Vec<u32>),
        validation: (&'s Table, Vec<u32>),
        threads: NonZeroUsize,
    ) -> Result<TableSession<'s>> {
        fit_inputs(&mut recipe, &preparation);
        let has_window = recipe.train.shuffle_window.is_some();
        fit_shuffle_window(&mut recipe, &preparation, training.1.len());
        if !has_window {
            notes.extend(shuffle_window::note(&recipe, training.1.len()));
        }
        check_memory(&recipe, training.1.len(), !validation.1.is_empty())?;
        let session = with_precision!(recipe.train.precision, T => {
            let table_recipe = self.table_recipe();
            let samples = |(table, rows): &(&Table, Vec<u32>)| unweighted::<T>(&preparation, table, rows);
            let data = samples(&training)?.0;
            let of_classes = class_weights(&table_recipe.class_weight, CLASS_WEIGHT, &data)?;
            let weighted = |data, rows: &(&Table, Vec<u32>)| {
                let own = own_weights(&table_recipe, rows.0, &rows.1)?;
                with_weights(data, own, of_classes.as_deref())
            };
            let split = Split {
                training: weighted(data, &training)?,
                validation: match validation.1.is_empty() {
                    true => None,
                    false => Some(weighted(samples(&validation)?.0, &validation)?),
                },
                test: None,
            };
            let session = Session::new(recipe, split, threads)?;
            AnySession::from(match &self.start {
                Some(start) => session.starting_from(&start.network::<T>()?)?,
                None => session,
            })
        });
        let used: HashSet<&String> = preparation.columns().iter().map(|column| &column.name).collect();
        let left_out = self
            .chosen
            .features
            .iter()
            .filter(|name| !used.contains(name))
            .cloned()
            .collect();
        Ok(TableSession {
            session,
            notes,
            preparation,
            training,
            validation,
            threads,
            left_out,
            of_columns: None,
        })
    }
}

impl<'a> TableSession<'a> {
    /// The same, with a clock: seconds since any moment.
    #[must_use]
    pub fn with_clock(mut self, clock: &'a dyn Fn() -> f64) -> Self {
        self.session = with_session!(self.session, session => session.with_clock(clock).into());
        self
    }

    /// The same, ending after so many epochs, if the recipe has more.
    #[must_use]
    pub(super) fn ending_after(mut self, epochs: u64) -> Self {
        self.session = with_session!(self.session, session => session.ending_after(epochs).into());
        self
    }

    /// The same, diagnosed.
    ///
    /// # Errors
    /// As [`Session::diagnosed`].
    pub fn diagnosed(mut self) -> Result<Self> {
        let names = self.preparation.feature_names();
        let columns = self.preparation.columns().iter();
        let features: Vec<String> = columns.map(|column| column.name.clone()).collect();
        let targets: Vec<String> = self
            .preparation
            .target()
            .columns()
            .into_iter()
            .map(str::to_owned)
            .collect();
        self.of_columns = Some(findings::of_columns(
            self.training.0,
            &self.training.1,
            &features,
            &targets,
            &self.left_out,
        ));
        self.session = with_session!(self.session, session => session.diagnosed(&names)?.into());
        Ok(self)
    }

    /// What is wrong before the first step, where it is diagnosed.
    pub fn findings(&self) -> Vec<Finding> {
        let of_network = with_session!(&self.session, session => session.findings());
        let of_columns = self.of_columns.iter().flatten();
        by_severity(of_columns.chain(of_network).cloned().collect())
    }

    /// How rows become samples, fitted to the training rows.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// The rows of its table that it trains on.
    pub fn training_rows(&self) -> &[u32] {
        &self.training.1
    }

    /// The rows that are held out, of the table that they come from.
    pub fn held_out_rows(&self) -> &[u32] {
        &self.validation.1
    }

    /// What a user should know of reading, splitting and preparing, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The recipe, every layer with its size.
    pub fn recipe(&self) -> &Recipe {
        with_session!(&self.session, session => session.recipe())
    }

    /// Trains, and scores the network on training and held-out rows.
    ///
    /// # Errors
    /// [`DataError::Training`](crate::DataError::Training) for a training that diverges.
    pub fn run(self, observer: &mut impl AnyObserver) -> Result<Trained> {
        match self.run_to_divergence(observer)? {
            (trained, None) => Ok(trained),
            (_, Some(divergence)) => Err(divergence.into()),
        }
    }

    /// The same for a caller that wants the model of a training that diverges, too, as it was before; see
    /// [`Session::run_to_divergence`].
    ///
    /// # Errors
    /// As [`run`](Self::run), but for a training that diverges only where its network is of no use.
    pub fn run_to_divergence(
        self,
        observer: &mut impl AnyObserver,
    ) -> Result<(Trained, Option<Box<Unfinished>>)> {
        let ended = EndedSession {
            recipe: self.recipe().clone(),
            preparation: self.preparation,
            notes: self.notes,
            training: self.training,
            validation: self.validation,
            threads: self.threads,
            of_columns: self.of_columns,
        };
        let with_columns = |mut unfinished: Box<Unfinished>| {
            let of_network = std::mem::take(&mut unfinished.findings);
            let of_columns = ended.of_columns.iter().flatten().cloned();
            unfinished.findings = by_severity(of_columns.chain(of_network).collect());
            unfinished
        };
        let (network, summary, divergence): (AnyNetwork, _, _) = with_session!(self.session, session => {
            let (finished, divergence) = session.run_to_divergence(observer).map_err(with_columns)?;
            let (network, summary) = finished.into_parts();
            (network.into(), summary, divergence.map(with_columns))
        });
        match (ended.score(network, summary), divergence) {
            (Ok(trained), divergence) => Ok((trained, divergence)),
            // Numbers of a training that diverged may be too large to score.
            (Err(_), Some(divergence)) => Err(divergence.into()),
            (Err(error), None) => Err(error),
        }
    }
}

/// All of a session but its training, which has ended.
struct EndedSession<'a> {
    recipe: Recipe,
    preparation: Preparation,
    notes: Vec<String>,
    training: (&'a Table, Vec<u32>),
    validation: (&'a Table, Vec<u32>),
    threads: NonZeroUsize,
    of_columns: Option<Vec<Finding>>,
}

impl EndedSession<'_> {
    /// Calibrates the network, and scores it on training and held-out rows.
    fn score(self, mut network: AnyNetwork, mut summary: Summary) -> Result<Trained> {
        let mut preparation = self.preparation;
        let table_recipe = self.recipe.data.table.clone().unwrap_or_default();
        let held_out = (self.validation.0, &self.validation.1[..]);
        let (calibrated, notes) = calibrate(
            &mut network,
            &mut preparation,
            &table_recipe,
            held_out,
            self.threads,
        )?;
        let scores = |(table, rows): &(&Table, Vec<u32>)| {
            scores_of(&[&network], &preparation, table, rows, self.threads)
        };
        let training = scores(&self.training)?;
        let validation = match self.validation.1.is_empty() {
            true => None,
            false => Some(scores(&self.validation)?),
        };
        if let Some(of_columns) = self.of_columns {
            let of_network = std::mem::take(&mut summary.findings);
            let (scores, rows) = match &validation {
                Some(scores) => (scores, &self.validation),
                None => (&training, &self.training),
            };
            let labels = preparation.target().labels(rows.0, &rows.1)?;
            let rows = (rows.1.len(), validation.is_some());
            let is_known = of_network
                .iter()
                .any(|finding| finding.kind == FindingKind::ConstantPredictor);
            let constant = findings::no_better_than_constant(scores, labels.as_ref(), rows, summary.epochs);
            let constant = constant.filter(|_| !is_known);
            summary.findings =
                by_severity(of_columns.into_iter().chain(of_network).chain(constant).collect());
        }
        Ok(Trained {
            training,
            validation,
            held_out_rows: self.validation.1,
            rows: self.training.1,
            notes: [self.notes, notes].concat(),
            calibrated,
            refit: None,
            members: Vec::new(),
            member_epochs: Vec::new(),
            held_out_predictions: None,
            summary,
            network,
            recipe: self.recipe,
            preparation,
        })
    }
}

impl Trained {
    /// The epoch, counted from 1, whose weights these are: the best on held-out rows, or the last.
    pub fn best_epoch(&self) -> u64 {
        self.summary.best_epoch.unwrap_or(self.summary.epochs)
    }

    /// The predictions of the network for rows of a table.
    ///
    /// # Errors
    /// As [`Preparation::transform`].
    pub fn predict(
        &self,
        table: &Table,
        rows: &[u32],
        threads: NonZeroUsize,
    ) -> Result<(Predictions, Counts)> {
        predict(&self.networks(), &self.preparation, table, rows, threads)
    }

    /// The networks whose mean predicts: one, or those of an ensemble.
    pub fn networks(&self) -> Vec<&AnyNetwork> {
        std::iter::once(&self.network).chain(&self.members).collect()
    }

    /// The network of the model, and its preparation.
    pub fn of_model(&self) -> (&AnyNetwork, &Preparation) {
        match &self.refit {
            Some((network, preparation)) => (network, preparation),
            None => (&self.network, &self.preparation),
        }
    }

    /// The model to be saved.
    pub fn into_model(self) -> Model {
        let mut metrics = json!({
            "best_epoch": self.best_epoch(),
            "ended_by": self.summary.ended_by,
            "training_rows": self.rows.len(),
            "validation_rows": self.held_out_rows.len(),
            "training": self.training.to_json(),
            "validation": self.validation.as_ref().map(Scores::to_json),
        });
        if !self.members.is_empty() {
            metrics["member_epochs"] = json!(self.member_epochs);
        }
        let (network, preparation) = self.refit.unwrap_or((self.network, self.preparation));
        let mut recipe = self.recipe;
        fit_inputs(&mut recipe, &preparation);
        Model {
            history: self.summary.history,
            metrics,
            calibrated: self.calibrated,
            members: self.members,
            warnings: self.notes,
            ..Model::new(network, recipe, Some(preparation))
        }
    }
}

/// Many rows in the order of the table, few as they are: in any other order, each number of many is a place of memory, or of a disk,
/// of its own.
fn in_order_of_table(mut rows: Vec<u32>) -> Vec<u32> {
    const MANY: usize = 1 << 20;
    if rows.len() >= MANY {
        rows.sort_unstable();
    }
    rows
}

/// The most severe first.
fn by_severity(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Rows of a table as a training takes them: prepared, and weighted as the recipe says. Classes are weighed by how many of
/// these rows each has.
///
/// # Errors
/// As [`Preparation::dataset`] and [`row_weights`].
pub fn samples<T: Scalar>(
    preparation: &Preparation,
    recipe: &TableRecipe,
    table: &Table,
    rows: &[u32],
) -> Result<(Dataset<T>, Counts)> {
    let (data, counts) = unweighted(preparation, table, rows)?;
    let of_classes = class_weights(&recipe.class_weight, CLASS_WEIGHT, &data)?;
    let own = own_weights(recipe, table, rows)?;
    Ok((with_weights(data, own, of_classes.as_deref())?, counts))
}

fn unweighted<T: Scalar>(
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
) -> Result<(Dataset<T>, Counts)> {
    let (data, counts) = preparation.dataset(table, rows)?;
    Ok((data.in_units(preparation.target().units()), counts))
}

/// The key of the weights of classes.
const CLASS_WEIGHT: &str = "data.table.class_weight";

/// The weights that a column gives to rows of a table, where the recipe names one.
fn own_weights(recipe: &TableRecipe, table: &Table, rows: &[u32]) -> Result<Option<Vec<f64>>> {
    let column = recipe.weight.as_ref();
    column.map(|column| row_weights(table, column, rows)).transpose()
}
