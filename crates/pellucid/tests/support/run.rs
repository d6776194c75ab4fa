//! Runs the training loop alone, so that a test may run it in parts: a trainer with its data.

#![allow(dead_code, reason = "each test program uses only some of the functions")]

use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::predict;
use pellucid::optimization::lbfgs::Minimum;
use pellucid::training::observe::Observer;
use pellucid::{Ending, Network, Recipe, Result, Scalar, Session, Trainer};
use std::num::NonZeroUsize;

pub(crate) struct Run<T> {
    data: Dataset<T>,
    session: Session<'static, T>,
    trainer: Trainer<T>,
}

impl<T: Scalar> Run<T> {
    pub(crate) fn new(recipe: Recipe, data: Dataset<T>, threads: NonZeroUsize) -> Result<Self> {
        Session::new(recipe, data, threads).map(Self::from_session)
    }

    fn from_session(session: Session<'static, T>) -> Self {
        Self {
            data: session.training().clone(),
            trainer: session.clone().into_trainer(),
            session,
        }
    }

    pub(crate) fn starting_from(self, network: &Network<T>) -> Result<Self> {
        self.session.starting_from(network).map(Self::from_session)
    }

    pub(crate) fn initial(&self) -> &Network<T> {
        self.session.initial()
    }

    pub(crate) fn network(&self) -> &Network<T> {
        self.trainer.network()
    }

    pub(crate) fn updates(&self) -> u64 {
        self.trainer.updates()
    }

    pub(crate) fn minimum(&self) -> Option<&Minimum> {
        self.trainer.minimum()
    }

    pub(crate) fn predict(&self) -> Vec<T> {
        let rows = self.data.rows();
        predict(self.network(), self.data.features(), rows, NonZeroUsize::MIN)
    }

    pub(crate) fn run<O: Observer<T> + ?Sized>(&mut self, observer: &mut O) -> Result<Ending> {
        self.trainer.run(&self.data, observer)
    }
}
