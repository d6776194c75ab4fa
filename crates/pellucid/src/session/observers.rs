//! Connects the observers of a session: the recorder of epochs, time limit, diagnosis, and those of the caller.

use crate::inspection::diagnosis::TrainingDiagnosis;
use crate::scalar::Scalar;
use crate::training::early_stopping::TimeLimit;
use crate::training::epochs::EpochRecorder;
use crate::training::observe::{EpochRecord, Event, Observer, Position, end_if};
use std::ops::ControlFlow;

/// All observers of a session, as one.
pub(super) struct Observers<'a, T, O: ?Sized> {
    pub(super) recorder: EpochRecorder<'a, T>,
    pub(super) time: Option<TimeLimit<'a>>,
    pub(super) diagnosis: Option<TrainingDiagnosis<T>>,
    pub(super) caller: &'a mut O,
}

impl<T: Scalar, O: Observer<T> + ?Sized> Observers<'_, T, O> {
    /// The observers, in the order of notification.
    fn all(&mut self) -> impl Iterator<Item = &mut dyn Observer<T>> {
        let statistics = self.diagnosis.as_mut().map(|diagnosis| &mut diagnosis.statistics);
        let all: [&mut dyn Observer<T>; 3] = [&mut self.caller, &mut self.recorder, &mut self.time];
        let statistics = statistics.map(|statistics| statistics as &mut dyn Observer<T>);
        all.into_iter().chain(statistics)
    }
}

impl<T: Scalar, O: Observer<T> + ?Sized> Observer<T> for Observers<'_, T, O> {
    /// Notifies the caller's observer first, so that its clock can exclude the time of measurements; the measurements of an
    /// epoch are reported to it afterwards.
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let mut is_over = false;
        for observer in self.all() {
            is_over |= observer.on(event).is_break();
        }
        if let Event::Epoch { position, .. } = event
            && let Some((record, is_logged)) = self.recorder.recorded(*position)
        {
            let recorded = Event::Recorded {
                position: *position,
                record,
                is_logged,
                is_best: self.recorder.best_epoch() == Some(position.epoch + 1),
            };
            is_over |= self.caller.on(&recorded).is_break();
            if let Some(diagnosis) = &mut self.diagnosis {
                diagnosis.epochs.push(EpochRecord {
                    epoch: position.epoch + 1,
                    ..record.clone()
                });
            }
        }
        end_if(is_over)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        let steps = self.all().map(|observer| observer.next_step(next));
        steps.min().unwrap_or(u64::MAX)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        let epochs = self.all().map(|observer| observer.next_epoch(next));
        epochs.min().unwrap_or(u64::MAX)
    }

    fn validation_loss(&self) -> Option<f64> {
        self.recorder
            .validation_loss()
            .or_else(|| self.caller.validation_loss())
    }
}
