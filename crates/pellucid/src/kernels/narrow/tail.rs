//! The last two layers of a network with one output, forward and backward in one go: what one kernel hands to the next
//! stays in registers. In memory each of these would be a wait of some ten cycles for the store before the load, and a small
//! network's step is nothing but what waits for one another.

use super::backward::{self, delta_below_one, gradient_of_one};
use super::forward::{self, rows_of_one};
use super::{Steps, is_half, is_known_width};
use crate::kernels::isa::{Isa, Task};
use crate::kernels::vector::{HalfOf, Vector, VectorOf};
use crate::loss::OutputLoss;
use crate::network::Layer;
use crate::scalar::Scalar;

/// A kernel for them: what it works on, the loss, and the targets of the batch. Gives the loss before the step; as an error
/// where it is not finite, and then no step is taken.
pub(super) type Tail<'a, T> = fn(&mut Steps<'a, T>, &OutputLoss<T>, &[T]) -> Result<f64, f64>;

impl<'a, T: Scalar> Steps<'a, T> {
    /// The kernel for the last two of these layers, where there is one.
    pub(super) fn tail_of<I: Isa>(&self, loss: &OutputLoss<T>) -> Option<Tail<'a, T>> {
        let layers = &self.layers;
        let [.., hidden, output] = &layers.layers[layers.first..] else {
            return None;
        };
        let in_registers = |layer: &Layer| layer.activation.is_applied_in_registers();
        let width = hidden.fan_out;
        let fits = width > 1 && is_known_width(width) && output.fan_out == 1;
        if !(fits && in_registers(hidden) && loss.is_worked_on_in_registers() && self.adds && !self.records) {
            return None;
        }
        match layers.rows {
            1 => Some(
                with_known_width!(width, N => |steps, loss, targets| I::call(TailOf::<T, N, 1>(steps, loss, targets))),
            ),
            // A register for each row, or they would not be where they are wanted.
            4 if width <= HalfOf::<I, T>::LANES.min(8) => Some(
                with_known_width!(width, N => |steps, loss, targets| I::call(TailOf::<T, N, 4>(steps, loss, targets)), 2 3 4 5 6 7 8),
            ),
            _ => None,
        }
    }
}

/// A step of a layer of N units and one of a single unit above it, on R rows.
struct TailOf<'a, 'b, T, const N: usize, const R: usize>(&'b mut Steps<'a, T>, &'b OutputLoss<T>, &'b [T]);

impl<T: Scalar, const N: usize, const R: usize> Task for TailOf<'_, '_, T, N, R> {
    type Output = Result<f64, f64>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Result<f64, f64> {
        let Self(steps, loss, targets) = self;
        if is_half(N) {
            tail::<I, T, HalfOf<I, T>, N, R>(steps, loss, targets)
        } else {
            tail::<I, T, VectorOf<I, T>, N, R>(steps, loss, targets)
        }
    }
}

#[inline(always)]
fn tail<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'_, T>,
    loss: &OutputLoss<T>,
    targets: &[T],
) -> Result<f64, f64> {
    assert!(targets.len() >= R, "there are fewer targets than rows");
    let targets = &targets[..R];
    // SAFETY: `tail_of` gives this for R rows, and where the last of two layers or more has one unit and that below it N;
    // the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let output = steps.layers.layers.len() - 1;
        let hidden = output - 1;
        let activations = forward::rows_of_several::<T, V, N, R>(&mut steps.layers, hidden, 0);
        let outputs = rows_of_one::<I, T, V, N, R>(&mut steps.layers, output, &activations);
        let here = steps.layers.arrays.get_unchecked_mut(output);
        let value = loss.value_of_one_unit(
            here.z.get_unchecked(..R),
            here.activation.get_unchecked(..R),
            targets,
        );
        if !value.is_finite() {
            return Err(value);
        }
        let of_outputs = loss.delta_of_register(outputs, HalfOf::<I, T>::load_first(targets.as_ptr(), R));
        of_outputs.store_first(here.delta.as_mut_ptr(), R);
        let mut delta = [T::ZERO; R];
        of_outputs.store_first(delta.as_mut_ptr(), R);
        let weights = gradient_of_one::<T, V, N, R>(steps, output, &activations, delta);
        let below = delta_below_one::<T, V, N, R>(steps, output, weights, &activations, delta);
        backward::rows_of_several::<I, T, V, N, R, true>(steps, hidden, below);
        Ok(value)
    }
}
