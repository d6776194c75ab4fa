//! A network's end in one kernel, forward, loss and backward in one go: its last layer, or the last two where it has one
//! output. What one kernel hands to the next stays in registers. In memory each of these would be a wait of some ten cycles
//! for the store before the load, and a small network's step is nothing but what waits for one another.

use super::backward::{self, delta_below_one, gradient_of_one, gradient_of_several};
use super::batch_cursor::BatchCursor;
use super::forward::{self, rows_of_one};
use super::{REGISTERS, Row, Steps, is_known_width, load_rows, store};
use crate::loss::OutputLoss;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{HalfOf, Vector};
use crate::simd::{Isa, Task};

/// A kernel for it: what it works on, the loss, the data and where it is in them. It takes one step, and where there are no
/// layers below all that are left. Gives the loss before the last step; as an error where it is not finite, and then that
/// step is not taken.
pub(crate) type Kernel<'a, T> =
    fn(&mut Steps<'a, T>, &OutputLoss<T>, Data<'a, '_, T>, &mut BatchCursor) -> Result<f64, f64>;

/// A network's end that there is a kernel for.
pub(crate) struct OutputKernel<'a, T> {
    pub(crate) kernel: Kernel<'a, T>,
    /// How many layers it has.
    pub(crate) layers: usize,
}

/// What steps are taken on.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a, 'b, T> {
    /// (rows, inputs); empty where the first layer is none of these.
    pub(crate) x: &'a [T],
    /// (rows, outputs)
    pub(crate) targets: &'b [T],
}

impl<'a, T: Scalar> Steps<'a, T> {
    /// The longest end of these layers that there is a kernel for.
    pub(crate) fn output_kernel<I: Isa>(&self, loss: &OutputLoss<T>) -> Option<OutputKernel<'a, T>> {
        let layers = &self.layers;
        if !(loss.is_worked_on_in_registers() && self.adds && !self.records) {
            return None;
        }
        let (kernel, layers): (Kernel<'a, T>, _) = match (layers.rows, &layers.layers[layers.first..]) {
            (1, [.., output]) if output.fan_out > 1 => (
                with_known_width!(output.fan_out, N => |steps, loss, data, cursor| I::call(OutputKernelTask::<T, N, 1, 1>(steps, loss, data, cursor))),
                1,
            ),
            (rows, [.., hidden, output]) if output.fan_out == 1 && hidden.fan_out > 1 => {
                let width = hidden.fan_out;
                if !(is_known_width(width) && hidden.activation.is_applied_in_registers()) {
                    return None;
                }
                let kernel: Kernel<'a, T> = match rows {
                    1 => {
                        with_known_width!(width, N => |steps, loss, data, cursor| I::call(OutputKernelTask::<T, N, 1, 2>(steps, loss, data, cursor)))
                    }
                    // A register for each row, or they would not be where they are wanted.
                    4 if width <= HalfOf::<I, T>::LANES.min(8) => {
                        with_known_width!(width, N => |steps, loss, data, cursor| I::call(OutputKernelTask::<T, N, 4, 2>(steps, loss, data, cursor)), 2 3 4 5 6 7 8)
                    }
                    _ => return None,
                };
                (kernel, 2)
            }
            _ => return None,
        };
        Some(OutputKernel { kernel, layers })
    }
}

/// Steps of the last L layers on R rows: the output layer of N units, or a layer of N units and one of a single unit above it.
struct OutputKernelTask<'a, 'b, T, const N: usize, const R: usize, const L: usize>(
    &'b mut Steps<'a, T>,
    &'b OutputLoss<T>,
    Data<'a, 'b, T>,
    &'b mut BatchCursor,
);

impl<T: Scalar, const N: usize, const R: usize, const L: usize> Task
    for OutputKernelTask<'_, '_, T, N, R, L>
{
    type Output = Result<f64, f64>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Result<f64, f64> {
        let Self(steps, loss, data, cursor) = self;
        // Said here too, or kernels would be compiled that `output_kernel` gives to nobody.
        if R > 1 && N > HalfOf::<I, T>::LANES {
            unreachable!("four rows of {N} units are not worked on together");
        }
        with_best_register!(I, T, N, V => output_kernel::<I, T, V<I, T>, N, R, L>(steps, loss, data, cursor))
    }
}

#[inline(always)]
fn output_kernel<'a, I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize, const L: usize>(
    steps: &mut Steps<'a, T>,
    loss: &OutputLoss<T>,
    data: Data<'a, '_, T>,
    cursor: &mut BatchCursor,
) -> Result<f64, f64> {
    let lowest = steps.layers.layers.len() - L;
    let inputs = if lowest == 0 {
        steps.layers.layers[0].fan_in
    } else {
        0
    };
    let outputs = if L == 1 { N } else { 1 };
    let rows = cursor.rows();
    assert!(
        cursor.batch_rows() == R && data.targets.len() >= rows * outputs && data.x.len() >= rows * inputs,
        "there are fewer data than rows"
    );
    // SAFETY: `output_kernel` gives this for R rows, and where the last L layers have these units; the operands are as long as the
    // layers say (`Layers::at`), and the data have the rows of the cursor, whose batches of R lie within them.
    unsafe {
        if lowest == 0 {
            steps.layers.input = data.x.as_ptr().add(cursor.start() * inputs);
        }
        let mut sums = forward::sums_of_several::<T, V, N, R>(&steps.layers, lowest, 0);
        loop {
            let targets = data
                .targets
                .get_unchecked(cursor.start() * outputs..(cursor.start() + R) * outputs);
            let activations = forward::rows_of_several::<I, T, V, N, R>(&mut steps.layers, lowest, 0, sums);
            let (value, delta) = if L == 1 {
                delta_of_several::<I, T, V, N, R>(steps, loss, &activations, targets)?
            } else {
                delta_below_output::<I, T, V, N, R>(steps, loss, &activations, targets)?
            };
            if lowest > 0 {
                backward::rows_of_several::<I, T, V, N, R, true>(steps, lowest, delta);
                cursor.advance(value);
                return Ok(value);
            }
            let next = data.x.as_ptr().add(cursor.start_after() * inputs);
            sums = gradient_of_several::<T, V, N, R, true>(steps, lowest, delta, Some(next));
            steps.layers.input = next;
            cursor.advance(value);
            if cursor.is_done() {
                return Ok(value);
            }
        }
    }
}

/// The loss and the δ of R rows of N outputs; the loss as an error where it is not finite.
///
/// # Safety
/// The last layer must be of N units, and there must be R rows.
#[inline(always)]
unsafe fn delta_of_several<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'_, T>,
    loss: &OutputLoss<T>,
    outputs: &[Row<V>; R],
    targets: &[T],
) -> Result<(f64, [Row<V>; R]), f64> {
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let here = steps.layers.arrays.last_mut().unwrap_unchecked();
        let (z, a) = (
            here.z.get_unchecked(..R * N),
            here.activation.get_unchecked(..R * N),
        );
        let value = loss.value(z, a, targets)?;
        let mut delta = load_rows::<T, V, N, R>(targets.as_ptr());
        for (row, (delta, outputs)) in delta.iter_mut().zip(outputs).enumerate() {
            for c in 0..REGISTERS {
                if c * V::LANES < N {
                    delta[c] = loss.delta_of_register(outputs[c], delta[c]);
                }
            }
            store::<T, V, N>(*delta, here.delta.as_mut_ptr().add(row * N));
        }
        Ok((value, delta))
    }
}

/// The loss of one output and a step of its layer, and the δ of R rows of the N units below; the loss as an error where it is
/// not finite, and then no step is taken.
///
/// # Safety
/// The last layer must be of one unit, that below it of N, and there must be R rows.
#[inline(always)]
unsafe fn delta_below_output<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'_, T>,
    loss: &OutputLoss<T>,
    activations: &[Row<V>; R],
    targets: &[T],
) -> Result<(f64, [Row<V>; R]), f64> {
    let output = steps.layers.layers.len() - 1;
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let outputs = rows_of_one::<I, T, V, N, R>(&mut steps.layers, output, activations);
        let here = steps.layers.arrays.get_unchecked_mut(output);
        let (z, a) = (here.z.get_unchecked(..R), here.activation.get_unchecked(..R));
        let value = loss.value_of_one_unit(z, a, targets)?;
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
        let weights = gradient_of_one::<T, V, N, R>(steps, output, activations, delta);
        let below = delta_below_one::<T, V, N, R>(steps, output, weights, activations, delta);
        Ok((value, below))
    }
}
