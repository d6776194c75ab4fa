//! Connects the observers of a session: the recorder of epochs, time limit, diagnosis, and those of the caller.

use crate::error::Result;
use crate::inspection::diagnosis::TrainingDiagnosis;
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::checkpoints::Checkpoints;
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
    /// The clock; always 0 where there is none.
    pub(super) now: &'a dyn Fn() -> f64,
    /// When the training began, or continued.
    pub(super) began: f64,
    /// The seconds of the training before it was interrupted.
    pub(super) seconds_before: f64,
}

const SECONDS: &str = "seconds";
const TIME_IS_OVER: &str = "seconds/limit is reached";

impl<T: Scalar, O: ?Sized> Observers<'_, T, O> {
    /// Whether a rule or the time limit has ended the training.
    pub(super) fn is_over(&self) -> bool {
        self.recorder.ended_by().is_some() || self.time.as_ref().is_some_and(TimeLimit::is_over)
    }

    /// The seconds of the training so far.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds_before + (self.now)() - self.began
    }
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

    /// None where a rule has ended the training: its last state is yet to come.
    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        match self.is_over() {
            true => None,
            false => self.caller.checkpoints(),
        }
    }

    fn save(&self, state: &mut State) {
        self.recorder.save(state);
        if let Some(diagnosis) = &self.diagnosis {
            diagnosis.save(state);
        }
        state.put_numbers(SECONDS, &[self.seconds()]);
        let is_over = self.time.as_ref().is_some_and(TimeLimit::is_over);
        state.put_counts(TIME_IS_OVER, &[u64::from(is_over)]);
        self.caller.save(state);
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.recorder.load(state)?;
        if let Some(diagnosis) = &mut self.diagnosis {
            diagnosis.load(state)?;
        }
        [self.seconds_before] = state.exactly(SECONDS)?;
        if let Some(time) = &mut self.time {
            let [is_over] = state.count(TIME_IS_OVER)?;
            time.begin_earlier(self.seconds_before, is_over > 0);
        }
        self.caller.load(state)
    }
}
