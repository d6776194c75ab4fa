//! Connects the observers of a session: judge, time limit, history, layer statistics, and those of the caller.

use crate::inspection::diagnosis::TrainingDiagnosis;
use crate::scalar::Scalar;
use crate::training::early_stopping::{EarlyStopping, TimeLimit};
use crate::training::observe::{Event, History, Observer, Position};
use std::ops::ControlFlow;

/// All observers of a session, as one.
pub(super) struct Observers<'a, T, O: ?Sized> {
    pub(super) judge: Option<EarlyStopping<'a, T>>,
    pub(super) time: Option<TimeLimit<'a>>,
    pub(super) history: History,
    pub(super) diagnosis: Option<TrainingDiagnosis<T>>,
    pub(super) caller: &'a mut O,
}

impl<T: Scalar, O: Observer<T> + ?Sized> Observers<'_, T, O> {
    /// The session's own observers, in the order of notification.
    fn own(&mut self) -> impl Iterator<Item = &mut dyn Observer<T>> {
        fn observer<T: Scalar, A: Observer<T>>(found: Option<&mut A>) -> Option<&mut dyn Observer<T>> {
            found.map(|observer| observer as &mut dyn Observer<T>)
        }
        let history: &mut dyn Observer<T> = &mut self.history;
        [
            observer(self.judge.as_mut()),
            observer(self.time.as_mut()),
            Some(history),
            observer(self.diagnosis.as_mut().map(|diagnosis| &mut diagnosis.statistics)),
        ]
        .into_iter()
        .flatten()
    }
}

impl<T: Scalar, O: Observer<T> + ?Sized> Observer<T> for Observers<'_, T, O> {
    /// Notifies the caller's observer first, so that its clock can exclude the time of measurements; the measurements of an
    /// epoch are reported to it afterwards.
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let mut flow = self.caller.on(event);
        for observer in self.own() {
            if observer.on(event).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        if let Event::Epoch { position, .. } = event {
            let judged = self.judge.as_ref().and_then(|judge| judge.epochs().last());
            let logged = self.history.complete(position.epoch, judged);
            if let Some(record) = logged.or(judged) {
                let recorded = Event::Recorded {
                    position: *position,
                    record,
                    is_logged: logged.is_some(),
                    is_best: self.judge.as_ref().and_then(EarlyStopping::best_epoch)
                        == Some(position.epoch + 1),
                };
                if self.caller.on(&recorded).is_break() {
                    flow = ControlFlow::Break(());
                }
            }
        }
        flow
    }

    fn next_step(&mut self, next: Position) -> u64 {
        let of_caller = self.caller.next_step(next);
        let own = self.own().map(|observer| observer.next_step(next));
        own.min().unwrap_or(u64::MAX).min(of_caller)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        let of_caller = self.caller.next_epoch(next);
        let own = self.own().map(|observer| observer.next_epoch(next));
        own.min().unwrap_or(u64::MAX).min(of_caller)
    }

    fn validation_loss(&self) -> Option<f64> {
        let judged = self.judge.as_ref().and_then(Observer::<T>::validation_loss);
        judged.or_else(|| self.caller.validation_loss())
    }
}
