//! The last two layers of a network with one output, forward and backward in one go: what one kernel hands to the next
//! stays in registers. In memory each of these would be a wait of some ten cycles for the store before the load, and a small
//! network's step is nothing but what waits for one another.

use super::backward::{self, delta_below_one, gradient_of_one, gradient_of_several};
use super::forward::{self, rows_of_one};
use super::walk::Walk;
use super::{Steps, is_known_width};
use crate::kernels::isa::{Isa, Task};
use crate::kernels::vector::{HalfOf, Vector};
use crate::loss::OutputLoss;
use crate::network::Layer;
use crate::scalar::Scalar;

/// A kernel for them: what it works on, the loss, the data and where it is in them. It takes one step, and where there are no
/// layers below all that are left. Gives the loss before the last step; as an error where it is not finite, and then that
/// step is not taken.
pub(super) type Tail<'a, T> = fn(&mut Steps<'a, T>, &OutputLoss<T>, Data<'a, '_, T>, &mut Walk) -> Result<f64, f64>;

/// What steps are taken on.
#[derive(Clone, Copy)]
pub(super) struct Data<'a, 'b, T> {
    /// (rows, inputs); empty where the first layer is none of these.
    pub(super) x: &'a [T],
    /// (rows, outputs)
    pub(super) targets: &'b [T],
}

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
                with_known_width!(width, N => |steps, loss, data, walk| I::call(TailOf::<T, N, 1>(steps, loss, data, walk))),
            ),
            // A register for each row, or they would not be where they are wanted.
            4 if width <= HalfOf::<I, T>::LANES.min(8) => Some(
                with_known_width!(width, N => |steps, loss, data, walk| I::call(TailOf::<T, N, 4>(steps, loss, data, walk)), 2 3 4 5 6 7 8),
            ),
            _ => None,
        }
    }
}

/// Steps of a layer of N units and one of a single unit above it, on R rows.
struct TailOf<'a, 'b, T, const N: usize, const R: usize>(
    &'b mut Steps<'a, T>,
    &'b OutputLoss<T>,
    Data<'a, 'b, T>,
    &'b mut Walk,
);

impl<T: Scalar, const N: usize, const R: usize> Task for TailOf<'_, '_, T, N, R> {
    type Output = Result<f64, f64>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Result<f64, f64> {
        let Self(steps, loss, data, walk) = self;
        with_best_register!(I, T, N, V => tail::<I, T, V<I, T>, N, R>(steps, loss, data, walk))
    }
}

#[inline(always)]
fn tail<'a, I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'a, T>,
    loss: &OutputLoss<T>,
    data: Data<'a, '_, T>,
    walk: &mut Walk,
) -> Result<f64, f64> {
    let output = steps.layers.layers.len() - 1;
    let hidden = output - 1;
    let inputs = if hidden == 0 { steps.layers.layers[0].fan_in } else { 0 };
    let rows = walk.rows();
    assert!(
        data.targets.len() >= rows && data.x.len() >= rows * inputs,
        "there are fewer data than rows"
    );
    // SAFETY: `tail_of` gives this for R rows, and where the last of two layers or more has one unit and that below it N;
    // the operands are as long as the layers say (`Layers::at`), and the data as the walk says.
    unsafe {
        let x_at = |start: usize| data.x.as_ptr().add(start * inputs);
        if hidden == 0 {
            steps.layers.input = x_at(walk.start());
        }
        let mut sums = forward::sums_of_several::<T, V, N, R>(&steps.layers, hidden, 0);
        loop {
            let activations = forward::rows_of_several::<I, T, V, N, R>(&mut steps.layers, hidden, 0, sums);
            let outputs = rows_of_one::<I, T, V, N, R>(&mut steps.layers, output, &activations);
            let here = steps.layers.arrays.get_unchecked_mut(output);
            let targets = data.targets.get_unchecked(walk.start()..walk.start() + R);
            let value = loss.value_of_one_unit(
                here.z.get_unchecked(..R),
                here.activation.get_unchecked(..R),
                targets,
            );
            if !value.is_finite() {
                return Err(value);
            }
            let targets = match targets {
                [target] => V::Single::splat(*target),
                several => V::Single::load_first(several.as_ptr(), R),
            };
            let of_outputs = loss.delta_of_register(outputs, targets);
            of_outputs.store_first(here.delta.as_mut_ptr(), R);
            let mut delta = [V::of_single(of_outputs); R];
            if R > 1 {
                for (row, delta) in delta.iter_mut().enumerate() {
                    *delta = V::of_single(of_outputs.lane_in_every_lane(row));
                }
            }
            let weights = gradient_of_one::<T, V, N, R>(steps, output, &activations, delta);
            let below = delta_below_one::<T, V, N, R>(steps, output, weights, &activations, delta);
            if hidden > 0 {
                backward::rows_of_several::<I, T, V, N, R, true>(steps, hidden, below);
                walk.advance(value);
                return Ok(value);
            }
            let next = x_at(walk.start_after());
            sums = gradient_of_several::<T, V, N, R, true>(steps, hidden, below, Some(next));
            steps.layers.input = next;
            walk.advance(value);
            if walk.is_done() {
                return Ok(value);
            }
        }
    }
}
