//! Trains again on all rows, for as many epochs as were best on held-out ones.

use super::calibrate::scale;
use super::plan::Plan;
use super::session::Trained;
use crate::calibration::Refit;
use crate::error::Result;
use pellucid::EndedBy;
use pellucid::training::observe::AnyObserver;
use std::num::NonZeroUsize;

impl Plan<'_> {
    /// Trains again on the rows that `trained` was trained on and those it held out, for its best number of epochs, from the
    /// same seed; the preparation is fitted to all of these rows. The steps of an epoch are as long as before, whatever the
    /// number of rows, and a schedule goes as far as it went. Temperature, threshold and residuals stay those of the first
    /// training, as do its scores. Nothing happens unless the recipe asks for it, nor after a training that was interrupted
    /// or diverged; if this one is interrupted, it leaves no trace.
    ///
    /// # Errors
    /// As [`session`](Self::session) and [`TableSession::run`](super::TableSession::run).
    pub fn refit(
        &self,
        trained: &mut Trained,
        threads: NonZeroUsize,
        observer: &mut impl AnyObserver,
    ) -> Result<()> {
        let has_failed = matches!(trained.summary.ended_by, EndedBy::Interrupt | EndedBy::Divergence);
        let epochs = trained.best_epoch();
        if !self.table_recipe().refit || has_failed || epochs == 0 {
            return Ok(());
        }
        let mut rows = [&trained.rows[..], &trained.held_out_rows].concat();
        rows.sort_unstable();
        let mut recipe = self.recipe.clone();
        (
            recipe.train.patience,
            recipe.train.stop_at,
            recipe.train.max_seconds,
        ) = (None, None, None);
        let session = self.session_by(recipe, &rows, 0.0, None, threads)?;
        let again = session.ending_after(epochs).run(observer)?;
        if again.summary.epochs < epochs {
            trained.summary.ended_by = EndedBy::Interrupt;
            return Ok(());
        }
        let (mut network, mut preparation) = (again.network, again.preparation);
        if let Some(temperature) = &trained.calibrated.temperature {
            scale(&mut network, temperature.value);
        }
        if let Some(threshold) = &trained.calibrated.threshold {
            preparation.set_threshold(threshold.value);
        }
        let refit = Refit {
            rows: rows.len(),
            epochs,
        };
        trained.notes.push(format!(
            "the model is trained again on all {} rows for {epochs} epochs; scores and pictures are of the training before",
            refit.rows
        ));
        trained.calibrated.refit = Some(refit);
        trained.refit = Some((network, preparation));
        Ok(())
    }
}
