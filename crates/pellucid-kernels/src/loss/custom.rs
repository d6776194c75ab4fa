//! Losses that a program brings along: what they are of a sample, and how they slope.

use super::Loss;
use crate::simd::scalar::Scalar;
use std::cell::Cell;
use std::fmt;

/// The output layer for one sample, as a loss of one's own sees it; each array is as wide as the layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputRow<'a> {
    /// The weighted sums z.
    pub z: &'a [f64],
    /// The outputs a = f(z).
    pub outputs: &'a [f64],
    /// The targets y.
    pub targets: &'a [f64],
}

type Value = Box<dyn Fn(OutputRow<'_>) -> f64 + Send + Sync>;
type Slopes = Box<dyn Fn(OutputRow<'_>, &mut [f64]) + Send + Sync>;

struct Rules {
    name: String,
    value: Value,
    slopes: Slopes,
    delta: Option<Slopes>,
}

/// A loss of one's own: its value and its slopes as closures, in double precision whatever the network's.
///
/// It stands wherever a [`Loss`] does: in a recipe's `train.loss` or `log.loss`, in an [`Objective`](crate::Objective). A
/// recipe's text cannot name it; written out, a recipe shows the name, and reading it again is refused. It is a handle to
/// be copied: the closures live to the end of the program, as a function does, so make it once and not in a loop. Any
/// thread may call them, on any sample, and for the same sample they are to give the same numbers.
///
/// ```
/// use pellucid::loss::CustomLoss;
/// use pellucid::model::pass::{Objective, Update};
/// use pellucid::{Input, Loss, Reduction, check_network};
/// # use pellucid::{Experiment, Recipe, dataset::{Dataset, Features, Targets}, matrix::Matrix};
///
/// // (a − y)² that counts three times where the output is too low.
/// let weight = |d: f64| if d < 0.0 { 3.0 } else { 1.0 };
/// let asymmetric = CustomLoss::new(
///     "asymmetric",
///     move |row| row.outputs.iter().zip(row.targets).map(|(a, y)| weight(a - y) * (a - y).powi(2)).sum(),
///     move |row, slopes| {
///         for (slope, (a, y)) in slopes.iter_mut().zip(row.outputs.iter().zip(row.targets)) {
///             *slope = 2.0 * weight(a - y) * (a - y);
///         }
///     },
/// );
///
/// let mut recipe = Recipe::from_toml(r#"
///     data = { source = "inline" }
///     network = { layers = [1, 1], activation = "identity" }
///     train = { loss = "squared_error", learning_rate = 0.1, epochs = 500 }
/// "#, "example")?;
/// recipe.train.loss = asymmetric.into();
/// # let rows = |rows: [f64; 4]| Matrix::from_rows("rows", &rows.map(|x| vec![x]));
/// # let (x, y) = (rows([0., 0., 1., 1.])?, rows([0., 1., 0., 1.])?);
/// # let data = Dataset::<f64>::new(Features::Dense(x), Targets::Dense(y))?;
/// let mut run = Experiment::new(recipe, data, None, std::num::NonZeroUsize::MIN)?;
/// let objective = Objective { loss: asymmetric.into(), reduction: Reduction::Mean, update: Update::Textbook };
/// let report = check_network(run.initial(), Input::Dense(&[0.0, 1.0]), &[0.0, 0.4], objective);
/// assert!(report.is_right(), "{report}");
/// run.run(&mut ())?;
/// // Between targets of 0 and 1 the outputs come to lie at 3/4.
/// assert!((run.outputs()[0].0[0] - 0.75).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct CustomLoss(&'static Rules);

impl CustomLoss {
    /// A loss from its value for a sample, and from its slopes ∂L/∂a, which are written to an array as wide as the
    /// outputs. The chain rule through the output activation is the engine's. How well the two fit each other
    /// [`check_network`](crate::check_network) says.
    pub fn new(
        name: impl Into<String>,
        value: impl Fn(OutputRow<'_>) -> f64 + Send + Sync + 'static,
        slopes: impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::of(Rules {
            name: name.into(),
            value: Box::new(value),
            slopes: Box::new(slopes),
            delta: None,
        })
    }

    /// The same, with δ = ∂L/∂z besides, for the one output activation it is meant for: where loss and activation pair
    /// up, the chain rule through each alone loses digits.
    pub fn with_delta(
        name: impl Into<String>,
        value: impl Fn(OutputRow<'_>) -> f64 + Send + Sync + 'static,
        slopes: impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync + 'static,
        delta: impl Fn(OutputRow<'_>, &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::of(Rules {
            name: name.into(),
            value: Box::new(value),
            slopes: Box::new(slopes),
            delta: Some(Box::new(delta)),
        })
    }

    /// A loss is copied into every objective and observer, as the built-in ones are, and those must stay as small as a
    /// number: so the rules stay where they are.
    fn of(rules: Rules) -> Self {
        Self(Box::leak(Box::new(rules)))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Whether δ comes from a closure of its own.
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

    /// ∂L/∂a of every output, or δ where that is asked for and given, times `factor`.
    #[inline(never)]
    pub(super) fn slopes<T: Scalar>(
        self,
        is_delta: bool,
        arrays: [&[T]; 3],
        factor: T,
        to: &mut [T],
        width: usize,
    ) {
        let rule = match &self.0.delta {
            Some(delta) if is_delta => delta,
            _ => &self.0.slopes,
        };
        each_row(arrays, width, |at, row, slopes| {
            // What a closure leaves out is no slope: the number of another row would go unnoticed.
            slopes.fill(f64::NAN);
            rule(row, slopes);
            for (to, &slope) in to[at * width..].iter_mut().zip(&*slopes) {
                *to = T::from_f64(slope) * factor;
            }
        });
    }
}

thread_local! {
    /// Where rows become double precision; kept, so that a step allocates nothing.
    static ROOM: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

/// Hands over each row of z, outputs and targets, with room for as many slopes.
fn each_row<T: Scalar>(
    arrays: [&[T]; 3],
    width: usize,
    mut see: impl FnMut(usize, OutputRow<'_>, &mut [f64]),
) {
    let mut room = ROOM.take();
    room.resize(4 * width, 0.0);
    let (numbers, slopes) = room.split_at_mut(3 * width);
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
        see(at, row, slopes);
    }
    ROOM.set(room);
}

impl From<CustomLoss> for Loss {
    fn from(custom: CustomLoss) -> Self {
        Loss::Custom(custom)
    }
}

/// A loss is the same as its copies.
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
