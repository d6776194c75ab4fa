//! Custom losses: their value and derivatives for a sample, given by the program as closures.

use super::Loss;
use crate::simd::scalar::Scalar;
use std::cell::Cell;
use std::fmt;

/// The output layer for one sample, as a custom loss receives it; each array is as wide as the layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputRow<'a> {
    /// The pre-activations z.
    pub z: &'a [f64],
    /// The outputs a = f(z).
    pub outputs: &'a [f64],
    /// The targets y.
    pub targets: &'a [f64],
}

type Value = Box<dyn Fn(OutputRow<'_>) -> f64 + Send + Sync>;
type RowFunction = Box<dyn Fn(OutputRow<'_>, &mut [f64]) + Send + Sync>;

struct Closures {
    name: String,
    value: Value,
    derivatives: RowFunction,
    delta: Option<RowFunction>,
}

/// A custom loss: its value and its derivatives as closures, in double precision for networks of either precision.
///
/// It can be used wherever a [`Loss`] can: in a recipe's `train.loss` or `log.loss`, in an
/// objective of the pass. The text of a recipe cannot name it: a written recipe shows the name, and reading
/// that recipe is refused. The value is a handle and can be copied. The closures live to the end of the program, as a
/// function does, so create it once and not in a loop. Any thread may call the closures, on any sample, and they must
/// return the same numbers for the same sample.
///
/// ```
/// use pellucid_kernels::activation::Activation;
/// use pellucid_kernels::loss::{CustomLoss, Loss};
///
/// let cubic = CustomLoss::new(
///     "cubic",
///     |row| row.outputs.iter().zip(row.targets).map(|(a, y)| (a - y).abs().powi(3)).sum(),
///     |row, derivatives| {
///         for (derivative, (a, y)) in derivatives.iter_mut().zip(row.outputs.iter().zip(row.targets)) {
///             *derivative = 3.0 * (a - y) * (a - y).abs();
///         }
///     },
/// );
/// // Two rows of one output.
/// let value = Loss::from(cubic).value(Activation::Identity, &[1.0, 2.0], &[1.0, 2.0], &[0.0, 0.0], 1);
/// assert_eq!(value, 9.0);
/// ```
#[derive(Clone, Copy)]
pub struct CustomLoss(&'static Closures);

impl CustomLoss {
    /// A loss from its value for a sample, and from its derivatives ∂L/∂a, which the closure writes to an array as wide
    /// as the outputs. The engine applies the chain rule through the output activation.
    /// The engine's `check_network` checks that the two agree.
    pub fn new(
        name: impl Into<String>,
        value: impl Fn(OutputRow<'_>) -> f64 + Send + Sync + 'static,
        derivatives: impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::leak(name.into(), Box::new(value), Box::new(derivatives), None)
    }

    /// The same, with δ = ∂L/∂z in addition, for the one output activation that the loss is meant for: where loss and
    /// activation pair up, the chain rule through each alone loses digits.
    pub fn with_delta(
        name: impl Into<String>,
        value: impl Fn(OutputRow<'_>) -> f64 + Send + Sync + 'static,
        derivatives: impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync + 'static,
        delta: impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        let delta: RowFunction = Box::new(delta);
        Self::leak(name.into(), Box::new(value), Box::new(derivatives), Some(delta))
    }

    /// Leaks the closures: a loss is copied into every objective and observer, as the built-in ones are, and must stay
    /// as small as a number.
    fn leak(name: String, value: Value, derivatives: RowFunction, delta: Option<RowFunction>) -> Self {
        Self(Box::leak(Box::new(Closures {
            name,
            value,
            derivatives,
            delta,
        })))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Whether the loss has a closure for δ.
    pub(super) fn has_delta(self) -> bool {
        self.0.delta.is_some()
    }

    /// The value for one sample.
    #[inline(never)]
    pub(super) fn value<T: Scalar>(self, z: &[T], outputs: &[T], targets: &[T]) -> T {
        let mut value = 0.0;
        each_row([z, outputs, targets], z.len(), |_, row, _| {
            value = (self.0.value)(row);
        });
        T::from_f64(value)
    }

    /// ∂L/∂a of every output, or δ where `is_delta` asks for it and the loss has it, times `factor`.
    #[inline(never)]
    pub(super) fn derivatives<T: Scalar>(
        self,
        is_delta: bool,
        arrays: [&[T]; 3],
        factor: T,
        to: &mut [T],
        width: usize,
    ) {
        let rule = match &self.0.delta {
            Some(delta) if is_delta => delta,
            _ => &self.0.derivatives,
        };
        each_row(arrays, width, |at, row, derivatives| {
            // A number that the closure does not write becomes NaN: the number of another row would go unnoticed.
            derivatives.fill(f64::NAN);
            rule(row, derivatives);
            for (to, &derivative) in to[at * width..].iter_mut().zip(&*derivatives) {
                *to = T::from_f64(derivative) * factor;
            }
        });
    }
}

thread_local! {
    /// The buffer for rows in double precision; kept between calls, so that a step allocates nothing.
    static BUFFER: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

/// Calls `visit` with each row of z, outputs and targets, and with a buffer for as many derivatives.
fn each_row<T: Scalar>(
    arrays: [&[T]; 3],
    width: usize,
    mut visit: impl FnMut(usize, OutputRow<'_>, &mut [f64]),
) {
    let mut buffer = BUFFER.take();
    buffer.resize(4 * width, 0.0);
    let (numbers, derivatives) = buffer.split_at_mut(3 * width);
    for at in 0..arrays[0].len() / width {
        for (copies, array) in numbers.chunks_exact_mut(width).zip(arrays) {
            for (copy, number) in copies.iter_mut().zip(&array[at * width..]) {
                *copy = number.to_f64();
            }
        }
        let row = OutputRow {
            z: &numbers[..width],
            outputs: &numbers[width..2 * width],
            targets: &numbers[2 * width..],
        };
        visit(at, row, derivatives);
    }
    BUFFER.set(buffer);
}

impl From<CustomLoss> for Loss {
    fn from(custom: CustomLoss) -> Self {
        Loss::Custom(custom)
    }
}

/// A loss equals its copies.
impl PartialEq for CustomLoss {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl fmt::Debug for CustomLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CustomLoss").field(&self.name()).finish()
    }
}
