//! Output kernels: forward pass, loss and backward pass of the last layer in one kernel, or of the last two layers
//! where the network has one output. What one part hands to the next stays in registers: this avoids ~10-cycle
//! store-to-load forwarding stalls, and latency is nearly all of the time of a small network's step.

use super::backward::{self, delta_below_single_unit, gradient_of_single_unit, gradient_of_units};
use super::batch_cursor::BatchCursor;
use super::forward::{self, rows_of_single_unit};
use super::{BackwardPass, ROW_REGISTERS, Row, is_supported_width, load_rows, store};
use crate::loss::OutputLoss;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{HalfOf, Vector};
use crate::simd::{Isa, Task};

/// An output kernel: its arguments are the operands, the loss, the data and the cursor. It takes one step, or, where
/// there are no layers below, all remaining steps. Returns the loss before the last step; as an error where it is not
/// finite, and then that step is not taken.
pub(crate) type Kernel<'a, T> =
    fn(&mut BackwardPass<'a, T>, &OutputLoss<T>, Data<'a, '_, T>, &mut BatchCursor) -> Result<f64, f64>;

/// The output kernel of a network.
pub(crate) struct OutputKernel<'a, T> {
    pub(crate) kernel: Kernel<'a, T>,
    /// The number of layers it covers.
    pub(crate) layers: usize,
}

/// The data of the steps.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a, 'b, T> {
    /// (rows, inputs); empty where the network's first layer is not narrow.
    pub(crate) x: &'a [T],
    /// (rows, outputs)
    pub(crate) targets: &'b [T],
}

impl<'a, T: Scalar> BackwardPass<'a, T> {
    /// The output kernel that covers the most of these layers, if there is one.
    pub(crate) fn output_kernel<I: Isa>(&self, loss: &OutputLoss<T>) -> Option<OutputKernel<'a, T>> {
        let layers = &self.layers;
        if !(loss.is_computed_in_registers() && self.adds && !self.records) {
            return None;
        }
        let (kernel, layers): (Kernel<'a, T>, _) = match (layers.rows, &layers.layers[layers.first..]) {
            (1, [.., output]) if output.fan_out > 1 => (
                with_supported_width!(output.fan_out, N => |pass, loss, data, cursor| I::call(OutputKernelTask::<T, N, 1, 1>(pass, loss, data, cursor))),
                1,
            ),
            (rows, [.., hidden, output]) if output.fan_out == 1 && hidden.fan_out > 1 => {
                let width = hidden.fan_out;
                if !(is_supported_width(width) && hidden.activation.is_applied_in_registers()) {
                    return None;
                }
                let kernel: Kernel<'a, T> = match rows {
                    1 => {
                        with_supported_width!(width, N => |pass, loss, data, cursor| I::call(OutputKernelTask::<T, N, 1, 2>(pass, loss, data, cursor)))
                    }
                    // Each row needs one register: otherwise the values would not be in the lanes where the next part
                    // needs them.
                    4 if width <= HalfOf::<I, T>::LANES.min(8) => {
                        with_supported_width!(width, N => |pass, loss, data, cursor| I::call(OutputKernelTask::<T, N, 4, 2>(pass, loss, data, cursor)), 2 3 4 5 6 7 8)
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

/// Steps of the last L layers on R rows: an output layer of N units, or a layer of N units and a single-unit layer
/// above it.
struct OutputKernelTask<'a, 'b, T, const N: usize, const R: usize, const L: usize>(
    &'b mut BackwardPass<'a, T>,
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
        let Self(pass, loss, data, cursor) = self;
        // Repeated here, or kernels would be compiled that `output_kernel` never returns.
        if R > 1 && N > HalfOf::<I, T>::LANES {
            unreachable!("there is no kernel for four rows of {N} units");
        }
        with_best_register!(I, T, N, V => output_kernel::<I, T, V<I, T>, N, R, L>(pass, loss, data, cursor))
    }
}

#[inline(always)]
fn output_kernel<'a, I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize, const L: usize>(
    pass: &mut BackwardPass<'a, T>,
    loss: &OutputLoss<T>,
    data: Data<'a, '_, T>,
    cursor: &mut BatchCursor,
) -> Result<f64, f64> {
    let lowest = pass.layers.layers.len() - L;
    let inputs = if lowest == 0 {
        pass.layers.layers[0].fan_in
    } else {
        0
    };
    let outputs = if L == 1 { N } else { 1 };
    let rows = cursor.rows;
    assert!(
        cursor.batch_rows() == R && data.targets.len() >= rows * outputs && data.x.len() >= rows * inputs,
        "there are fewer data than rows"
    );
    // SAFETY: `output_kernel` returns this kernel for R rows, and where the last L layers have these units; the
    // operands have the lengths that the layers require (checked in `Layers::new`), and the data have the rows of the
    // cursor, whose batches of R rows lie within them.
    unsafe {
        if lowest == 0 {
            pass.layers.input = data.x.as_ptr().add(cursor.start() * inputs);
        }
        let mut accumulators = forward::accumulators_of_units::<T, V, N, R>(&pass.layers, lowest, 0);
        loop {
            let targets = data
                .targets
                .get_unchecked(cursor.start() * outputs..(cursor.start() + R) * outputs);
            let activations =
                forward::rows_of_units::<I, T, V, N, R>(&mut pass.layers, lowest, 0, accumulators);
            let (value, delta) = if L == 1 {
                delta_of_units::<T, V, N, R>(pass, loss, &activations, targets)?
            } else {
                delta_below_output::<I, T, V, N, R>(pass, loss, &activations, targets)?
            };
            if lowest > 0 {
                backward::rows_of_units::<I, T, V, N, R, true>(pass, lowest, delta);
                cursor.advance(value);
                return Ok(value);
            }
            let next = data.x.as_ptr().add(cursor.start_after() * inputs);
            accumulators = gradient_of_units::<T, V, N, R, true>(pass, lowest, delta, Some(next));
            pass.layers.input = next;
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
/// The last layer must have N units, and there must be R rows.
#[inline(always)]
unsafe fn delta_of_units<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    pass: &mut BackwardPass<'_, T>,
    loss: &OutputLoss<T>,
    outputs: &[Row<V>; R],
    targets: &[T],
) -> Result<(f64, [Row<V>; R]), f64> {
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let here = pass.layers.arrays.last_mut().unwrap_unchecked();
        let (z, a) = (
            here.z.get_unchecked(..R * N),
            here.activation.get_unchecked(..R * N),
        );
        let value = loss.value(z, a, targets)?;
        let mut delta = load_rows::<T, V, N, R>(targets.as_ptr());
        for (row, (delta, outputs)) in delta.iter_mut().zip(outputs).enumerate() {
            for c in 0..ROW_REGISTERS {
                if c * V::LANES < N {
                    delta[c] = loss.delta_of_register(outputs[c], delta[c]);
                }
            }
            store::<T, V, N>(*delta, here.delta.as_mut_ptr().add(row * N));
        }
        Ok((value, delta))
    }
}

/// The loss of a single output, a step of its layer, and the δ of R rows of the N units below. Returns the loss as an
/// error where it is not finite, and then takes no step.
///
/// # Safety
/// The last layer must have one unit, the layer below it N, and there must be R rows.
#[inline(always)]
unsafe fn delta_below_output<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    pass: &mut BackwardPass<'_, T>,
    loss: &OutputLoss<T>,
    activations: &[Row<V>; R],
    targets: &[T],
) -> Result<(f64, [Row<V>; R]), f64> {
    let output = pass.layers.layers.len() - 1;
    // SAFETY: guaranteed by the caller; the operands have the lengths that the layers require (checked in `Layers::new`).
    unsafe {
        let outputs = rows_of_single_unit::<I, T, V, N, R>(&mut pass.layers, output, activations);
        let here = pass.layers.arrays.get_unchecked_mut(output);
        let (z, a) = (here.z.get_unchecked(..R), here.activation.get_unchecked(..R));
        let value = loss.value_of_one_unit(z, a, targets)?;
        let targets = match targets {
            [target] => V::Single::splat(*target),
            several => V::Single::load_first(several.as_ptr(), R),
        };
        let output_delta = loss.delta_of_register(outputs, targets);
        output_delta.store_first(here.delta.as_mut_ptr(), R);
        let mut delta = [V::from_single(output_delta); R];
        if R > 1 {
            for (row, delta) in delta.iter_mut().enumerate() {
                *delta = V::from_single(output_delta.broadcast_lane(row));
            }
        }
        let weights = gradient_of_single_unit::<T, V, N, R>(pass, output, activations, delta);
        let below = delta_below_single_unit::<T, V, N, R>(pass, output, weights, activations, delta);
        Ok((value, below))
    }
}
