//! The state of a training: everything that its next step depends on, as arrays of numbers under names.
//!
//! Each part of a training adds what it remembers and takes it back, so that a training continues from a state as if it had
//! never stopped, to the bit. [`Session::run`](crate::Session::run) collects and distributes states; a
//! [`Checkpoints`](crate::training::checkpoints::Checkpoints) keeps them.

use crate::error::{Error, Result};
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;
use std::collections::BTreeMap;

/// Numbers of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum StateArray {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Indices, and words of random numbers.
    U32(Vec<u32>),
    /// Counts.
    U64(Vec<u64>),
}

/// Arrays by name, such as `optimizer/slot 0`.
///
/// ```
/// use pellucid::state::State;
///
/// let mut state = State::default();
/// state.put_numbers("network", &[0.5_f32, -1.0]);
/// state.put_counts("position", &[3, 40]);
/// assert_eq!(state.numbers::<f32>("network")?, [0.5, -1.0]);
/// assert_eq!(state.counts("position")?, [3, 40]);
/// assert!(state.numbers::<f64>("network").is_err());
/// # Ok::<(), pellucid::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    arrays: BTreeMap<String, StateArray>,
}

impl State {
    /// All arrays, sorted by name.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &StateArray)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// Adds an array, in place of one of the same name.
    pub fn put(&mut self, name: impl Into<String>, array: StateArray) {
        self.arrays.insert(name.into(), array);
    }

    /// Whether there is an array of this name.
    pub fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// Adds numbers in their precision.
    pub fn put_numbers<T: Scalar>(&mut self, name: &str, numbers: &[T]) {
        let numbers = numbers.iter().map(|number| number.to_f64());
        self.put(
            name,
            match size_of::<T>() == size_of::<f32>() {
                true => StateArray::F32(numbers.map(|number| number as f32).collect()),
                false => StateArray::F64(numbers.collect()),
            },
        );
    }

    /// Adds counts.
    pub fn put_counts(&mut self, name: &str, counts: &[u64]) {
        self.put(name, StateArray::U64(counts.to_vec()));
    }

    /// Adds a stream of random numbers.
    pub fn put_generator(&mut self, name: &str, generator: &RandomState) {
        let (key, position, kept) = generator.numpy_state();
        self.put(format!("{name}/key"), StateArray::U32(key));
        self.put_counts(&format!("{name}/position"), &[position as u64]);
        self.put_numbers::<f64>(&format!("{name}/kept"), kept.as_slice());
    }

    /// Numbers of this precision.
    ///
    /// # Errors
    /// [`Error::State`] where there are none.
    pub fn numbers<T: Scalar>(&self, name: &str) -> Result<Vec<T>> {
        match self.arrays.get(name) {
            Some(StateArray::F32(numbers)) if size_of::<T>() == size_of::<f32>() => {
                Ok(numbers.iter().map(|&number| T::from_f64(number.into())).collect())
            }
            Some(StateArray::F64(numbers)) if size_of::<T>() == size_of::<f64>() => {
                Ok(numbers.iter().map(|&number| T::from_f64(number)).collect())
            }
            _ => Err(missing(name, "numbers of this precision")),
        }
    }

    /// As many numbers of this precision as there are in `to`, copied to it.
    ///
    /// # Errors
    /// [`Error::State`] where there are not so many.
    pub fn copy_numbers<T: Scalar>(&self, name: &str, to: &mut [T]) -> Result<()> {
        let numbers = self.numbers::<T>(name)?;
        if numbers.len() != to.len() {
            return Err(Error::State(format!(
                "its `{name}` has {} numbers, this training has {}",
                numbers.len(),
                to.len()
            )));
        }
        to.copy_from_slice(&numbers);
        Ok(())
    }

    /// Exactly N numbers in double precision.
    ///
    /// # Errors
    /// [`Error::State`] where there are not so many.
    pub fn exactly<const N: usize>(&self, name: &str) -> Result<[f64; N]> {
        let numbers = <[f64; N]>::try_from(self.numbers::<f64>(name)?);
        numbers.map_err(|_| missing(name, &format!("{N} numbers")))
    }

    /// Counts.
    ///
    /// # Errors
    /// [`Error::State`] where there are none.
    pub fn counts(&self, name: &str) -> Result<&[u64]> {
        match self.arrays.get(name) {
            Some(StateArray::U64(counts)) => Ok(counts),
            _ => Err(missing(name, "counts")),
        }
    }

    /// Exactly N counts.
    ///
    /// # Errors
    /// [`Error::State`] where there are not so many.
    pub fn count<const N: usize>(&self, name: &str) -> Result<[u64; N]> {
        <[u64; N]>::try_from(self.counts(name)?).map_err(|_| missing(name, &format!("{N} counts")))
    }

    /// Indices.
    ///
    /// # Errors
    /// [`Error::State`] where there are none.
    pub fn indices(&self, name: &str) -> Result<&[u32]> {
        match self.arrays.get(name) {
            Some(StateArray::U32(indices)) => Ok(indices),
            _ => Err(missing(name, "indices")),
        }
    }

    /// A stream of random numbers.
    ///
    /// # Errors
    /// [`Error::State`] where there is none.
    pub fn generator(&self, name: &str) -> Result<RandomState> {
        let key = self.indices(&format!("{name}/key"))?;
        let [position] = self.count(&format!("{name}/position"))?;
        let kept = self.numbers::<f64>(&format!("{name}/kept"))?.first().copied();
        RandomState::from_numpy_state(key, position as usize, kept)
            .ok_or_else(|| missing(name, "a stream of random numbers"))
    }
}

fn missing(name: &str, expected: &str) -> Error {
    Error::State(format!("{expected} are missing under `{name}`"))
}
