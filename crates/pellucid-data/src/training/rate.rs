//! The learning-rate range test on a table.

use super::fit::Parts;
use super::plan::Plan;
use crate::error::Result;
use crate::preparation::Preparation;
use pellucid::model::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::Recipe;
use pellucid::training::observe::Observer;
use pellucid::training::rate_finder::{RateRange, RateTest, find_rate};
use pellucid::{Precision, Scalar};
use std::num::NonZeroUsize;

impl Plan<'_> {
    /// Tests a range of learning rates on all rows, none held out; see [`pellucid::training::rate_finder`].
    ///
    /// # Errors
    /// [`DataError`](crate::DataError): rows that cannot be prepared, a range or a setting that makes no sense.
    pub fn find_rate<O: Observer<f32> + Observer<f64>>(
        &self,
        range: RateRange,
        threads: NonZeroUsize,
        observer: &mut O,
    ) -> Result<RateTest> {
        let rows: Vec<u32> = (0..self.table.rows() as u32).collect();
        let (preparation, _) = Preparation::fit(self.table, &rows, &self.chosen, &self.settings)?;
        let mut recipe = self.recipe.clone();
        recipe.network.layers[0] = preparation.width();
        let parts = Parts {
            preparation: &preparation,
            training: (self.table, &rows),
            validation: (self.table, &[]),
        };
        match recipe.train.precision {
            Precision::F32 => self.find_rate_at::<f32, O>(&recipe, &parts, range, threads, observer),
            Precision::F64 => self.find_rate_at::<f64, O>(&recipe, &parts, range, threads, observer),
        }
    }

    fn find_rate_at<T: Scalar, O: Observer<T>>(
        &self,
        recipe: &Recipe,
        parts: &Parts<'_>,
        range: RateRange,
        threads: NonZeroUsize,
        observer: &mut O,
    ) -> Result<RateTest> {
        let (data, _) = parts.dataset::<T>(parts.training, &self.table_recipe())?;
        let mut generator = RandomState::new(recipe.train.seed);
        let network = initialise(recipe.architecture()?, &recipe.init, &mut generator)?;
        Ok(find_rate(
            recipe, network, &data, generator, range, threads, observer,
        )?)
    }
}
