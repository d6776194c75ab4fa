//! Many steps, one after another, of layers of a few units.

use super::tail::{Data, Tail};
use super::walk::Walk;
use super::{Kernel, Layers, Steps};
use crate::kernels::isa::Isa;
use crate::loss::OutputLoss;
use crate::model::network::Layer;
use crate::scalar::Scalar;

/// [`Steps`] over and over: which kernel a layer has is asked once, not in every step.
pub(crate) struct Course<'a, T> {
    steps: Steps<'a, T>,
    /// Of the layers below the tail, where there is one, or else of all.
    kernels: Vec<Kernels<'a, T>>,
    tail: Option<Tail<'a, T>>,
    loss: OutputLoss<T>,
    output: &'a Layer,
    /// How many numbers the input of a step has.
    inputs: usize,
    /// What the network's first layer is multiplied with.
    input: &'a [T],
}

/// Those of a layer.
struct Kernels<'a, T> {
    forward: Kernel<Layers<'a, T>>,
    backward: Kernel<Steps<'a, T>>,
}

/// The layer below those of a few units, whose kernels are others; all it has is of one row.
pub(crate) struct Below<'a, T> {
    pub(crate) layer: &'a Layer,
    pub(crate) weights: &'a mut [T],
    pub(crate) bias: Option<&'a mut [T]>,
    pub(crate) z: &'a mut [T],
    pub(crate) activation: &'a mut [T],
    pub(crate) delta: &'a [T],
}

impl<'a, T: Scalar> Course<'a, T> {
    /// Steps of these layers down the loss of their outputs; nothing where there are no layers.
    pub(crate) fn new<I: Isa>(steps: Steps<'a, T>, loss: OutputLoss<T>) -> Option<Self> {
        let Layers {
            layers, first, rows, ..
        } = steps.layers;
        let of_few = &layers[first..];
        let output = of_few.last()?;
        let tail = steps.tail_of::<I>(&loss);
        let below = of_few.len() - tail.as_ref().map_or(0, |tail| tail.layers);
        let kernels = of_few[..below].iter().map(|layer| Kernels {
            forward: Layers::forward_of::<I>(layer),
            backward: Steps::backward_of::<I>(layer),
        });
        Some(Self {
            kernels: kernels.collect(),
            tail,
            loss,
            output,
            inputs: rows * layers.first()?.fan_in,
            input: &[],
            steps,
        })
    }

    /// Takes what the network's first layer is multiplied with. `x` is (rows, inputs).
    ///
    /// # Panics
    /// Where `x` is too short.
    #[inline(always)]
    pub(crate) fn set_input(&mut self, x: &'a [T]) {
        assert!(x.len() >= self.inputs, "a layer's operands are too short");
        self.steps.layers.input = x.as_ptr();
        self.input = x;
    }

    /// A step of these layers: forward, loss, backward and update, down to δ of what is below them. Gives the batch's loss
    /// before it, summed over its rows; as an error where it is not finite, and then the parameters are left alone.
    /// `targets` are (rows, outputs).
    ///
    /// # Panics
    /// Where there are fewer targets.
    #[inline(always)]
    pub(crate) fn step<I: Isa>(&mut self, targets: &[T]) -> Result<f64, f64> {
        let first = self.steps.layers.first;
        for (index, kernels) in self.kernels.iter().enumerate() {
            (kernels.forward)(&mut self.steps.layers, first + index);
        }
        let loss = match &self.tail {
            Some(tail) => {
                let mut walk = Walk::one_step(self.steps.layers.rows);
                let x = self.input;
                (tail.kernel)(&mut self.steps, &self.loss, Data { x, targets }, &mut walk)?
            }
            None => self.delta_of_output::<I>(targets)?,
        };
        for (index, kernels) in self.kernels.iter().enumerate().rev() {
            (kernels.backward)(&mut self.steps, first + index);
        }
        Ok(loss)
    }

    /// All steps of a walk over data, where a kernel can take them by itself because it is for all of the network's layers:
    /// says how that ended, and else gives nothing. `x` is (rows, inputs), `targets` (rows, outputs).
    ///
    /// # Panics
    /// When there are fewer data.
    #[inline(always)]
    pub(crate) fn take_all(
        &mut self,
        x: &'a [T],
        targets: &[T],
        walk: &mut Walk,
    ) -> Option<Result<f64, f64>> {
        let tail = self.tail.as_ref()?;
        let takes_all = tail.layers == self.steps.layers.layers.len();
        takes_all.then(|| (tail.kernel)(&mut self.steps, &self.loss, Data { x, targets }, walk))
    }

    /// δ of what the forward pass has put out, and its loss.
    #[inline(always)]
    fn delta_of_output<I: Isa>(&mut self, targets: &[T]) -> Result<f64, f64> {
        let Layers {
            layers, arrays, rows, ..
        } = &mut self.steps.layers;
        let used = *rows * self.output.fan_out;
        // SAFETY: there are as many arrays as layers, of which there is one (`new`), and each is as long as the layer's rows
        // are together (`Layers::at`). The three are buffers of their own.
        let (z, outputs, delta) = unsafe {
            let here = arrays.get_unchecked_mut(layers.len() - 1);
            (
                std::slice::from_raw_parts(here.z.as_ptr(), used),
                std::slice::from_raw_parts(here.activation.as_ptr(), used),
                std::slice::from_raw_parts_mut(here.delta.as_mut_ptr(), used),
            )
        };
        let value = self.loss.value(z, outputs, targets)?;
        self.loss.delta_on::<I>(z, outputs, targets, delta);
        Ok(value)
    }

    /// The layer below the first of these, where there is one row.
    #[inline(always)]
    pub(crate) fn below(&mut self) -> Option<Below<'_, T>> {
        let Layers {
            layers,
            arrays,
            first,
            rows,
            ..
        } = &mut self.steps.layers;
        let index = first.checked_sub(1).filter(|_| *rows == 1)?;
        let layer = &layers[index];
        let here = &mut arrays[index];
        // SAFETY: `to` is where all parameters of the network begin, for this to read and write (`Steps::moving`), and a
        // layer's weights and bias lie apart.
        let (weights, bias) = unsafe {
            let at = |at: usize, length: usize| std::slice::from_raw_parts_mut(self.steps.to.add(at), length);
            (
                at(layer.weights_at(), layer.fan_in * layer.fan_out),
                layer.bias_at().map(|bias_at| at(bias_at, layer.fan_out)),
            )
        };
        Some(Below {
            layer,
            weights,
            bias,
            z: &mut here.z[..layer.fan_out],
            activation: &mut here.activation[..layer.fan_out],
            delta: &here.delta[..layer.fan_out],
        })
    }
}
