//! The memory that a training takes, before it is spent.

use crate::error::{Error, Result};
use crate::model::network::Architecture;
use crate::recipe::Recipe;
use crate::scalar::Precision;

/// What a training takes, in bytes, beside its data.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryNeeds {
    /// Its parts: what each is for, and its bytes.
    pub parts: Vec<(&'static str, u64)>,
}

const PARAMETERS: &str = "parameters";
const GRADIENT: &str = "the gradient";
const OPTIMIZER: &str = "what the optimizer remembers";
const KEPT: &str = "averages and best weights";
const BATCH: &str = "the numbers of a batch";

impl MemoryNeeds {
    /// Those of a training by `recipe` of this network on so many rows, some of them held out or none. Sizes that no machine has
    /// are the largest number.
    ///
    /// ```
    /// use pellucid::session::MemoryNeeds;
    /// use pellucid::Recipe;
    ///
    /// let recipe = Recipe::built_in("mnist-98")?;
    /// let needs = MemoryNeeds::new(&recipe, &recipe.architecture()?, 60_000, false);
    /// assert!((1_000_000..10_000_000).contains(&needs.total()));
    /// assert!(needs.check(1 << 30).is_ok());
    /// assert!(needs.check(1 << 19).unwrap_err().to_string().contains("parameters"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(recipe: &Recipe, architecture: &Architecture, rows: usize, has_held_out: bool) -> Self {
        let train = &recipe.train;
        let number = match train.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        };
        let of = |count: u64, arrays: u64| count.saturating_mul(arrays).saturating_mul(number);
        let count = architecture.parameter_count() as u64;
        let optimizer = train.optimizer;
        // L-BFGS: pairs of vectors, and the point, the gradient and the direction of the search.
        let remembered = match optimizer.lbfgs(0) {
            Some(lbfgs) => 2 * lbfgs.history as u64 + 6,
            None => optimizer.memory().len() as u64,
        };
        let average = u64::from(train.average.is_some());
        let best = u64::from(has_held_out);
        let accumulated = u64::from(train.accumulate > 1);
        let units: u64 = architecture
            .layers()
            .iter()
            .map(|layer| layer.fan_out as u64)
            .sum();
        let units = units.saturating_mul(architecture.member_count() as u64);
        let batch_rows = match optimizer.takes_steps() {
            true => train.batch_size.rows_per_batch(rows.max(1)),
            false => rows,
        };
        // Pre-activation, activation and δ of each unit; a factor and a product besides where units are dropped.
        let arrays = if train.dropout.is_none() { 3 } else { 5 };
        Self {
            parts: vec![
                // Those of the start are kept beside those in training.
                (PARAMETERS, of(count, 2)),
                (GRADIENT, of(count, 1 + accumulated)),
                (OPTIMIZER, of(count, remembered)),
                (KEPT, of(count, average + best)),
                (BATCH, of(units.saturating_mul(batch_rows as u64), arrays)),
            ],
        }
    }

    /// The sum of its parts.
    pub fn total(&self) -> u64 {
        self.parts
            .iter()
            .fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// Compares it with the memory that there is.
    ///
    /// # Errors
    /// [`Error::TooMuchMemory`] where there is less.
    pub fn check(&self, available: u64) -> Result<()> {
        let total = self.total();
        if total <= available {
            return Ok(());
        }
        let largest = self.parts.iter().max_by_key(|(_, bytes)| bytes);
        let &(largest, bytes) = largest.unwrap_or(&(PARAMETERS, 0));
        let advice = match largest {
            BATCH => "a smaller batch_size, or fewer units",
            OPTIMIZER => "fewer units, or an optimizer that remembers less, such as sgd",
            _ => "fewer units",
        };
        Err(Error::TooMuchMemory {
            needed: gigabytes(total),
            largest,
            of_largest: gigabytes(bytes),
            available: gigabytes(available),
            advice,
        })
    }
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}
