//! Many steps, one after another, of layers of a few units.

use super::batch_cursor::BatchCursor;
use super::output_kernel::{Data, OutputKernel};
use super::{Kernel, Layers, Steps};
use crate::layer::layout::LayerLayout;
use crate::loss::OutputLoss;
use crate::simd::Isa;
use crate::simd::scalar::Scalar;

/// [`Steps`] over and over: which kernel a layer has is asked once, not in every step.
pub struct FusedSteps<'a, T> {
    steps: Steps<'a, T>,
    /// Of the layers below the output_kernel, where there is one, or else of all.
    kernels: Vec<Kernels<'a, T>>,
    output_kernel: Option<OutputKernel<'a, T>>,
    loss: OutputLoss<T>,
    output: &'a LayerLayout,
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
pub struct Below<'a, T> {
    /// Its layout.
    pub layer: &'a LayerLayout,
    /// Its weights, (fan_in, fan_out).
    pub weights: &'a mut [T],
    /// Its bias, (fan_out), if it has one.
    pub bias: Option<&'a mut [T]>,
    /// The pre-activations z, (rows, fan_out).
    pub z: &'a mut [T],
    /// The activations a = f(z), (rows, fan_out).
    pub activation: &'a mut [T],
    /// δ = ∂L/∂z, (rows, fan_out).
    pub delta: &'a [T],
}

impl<'a, T: Scalar> FusedSteps<'a, T> {
    /// Steps of these layers down the loss of their outputs; nothing where there are no layers.
    pub fn new<I: Isa>(steps: Steps<'a, T>, loss: OutputLoss<T>) -> Option<Self> {
        let Layers {
            layers, first, rows, ..
        } = steps.layers;
        let of_few = &layers[first..];
        let output = of_few.last()?;
        let output_kernel = steps.output_kernel::<I>(&loss);
        let below = of_few.len()
            - output_kernel
                .as_ref()
                .map_or(0, |output_kernel| output_kernel.layers);
        let kernels = of_few[..below].iter().map(|layer| Kernels {
            forward: Layers::forward_of::<I>(layer),
            backward: Steps::backward_of::<I>(layer),
        });
        Some(Self {
            kernels: kernels.collect(),
            output_kernel,
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
    pub fn set_input(&mut self, x: &'a [T]) {
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
    pub fn step<I: Isa>(&mut self, targets: &[T]) -> Result<f64, f64> {
        let first = self.steps.layers.first;
        for (index, kernels) in self.kernels.iter().enumerate() {
            (kernels.forward)(&mut self.steps.layers, first + index);
        }
        let loss = match &self.output_kernel {
            Some(output_kernel) => {
                let mut cursor = BatchCursor::one_step(self.steps.layers.rows);
                let x = self.input;
                (output_kernel.kernel)(&mut self.steps, &self.loss, Data { x, targets }, &mut cursor)?
            }
            None => self.delta_of_output::<I>(targets)?,
        };
        for (index, kernels) in self.kernels.iter().enumerate().rev() {
            (kernels.backward)(&mut self.steps, first + index);
        }
        Ok(loss)
    }

    /// All steps of a cursor over data, where a kernel can take them by itself because it is for all of the network's layers:
    /// says how that ended, and else gives nothing. `x` is (rows, inputs), `targets` (rows, outputs).
    ///
    /// # Panics
    /// When there are fewer data.
    #[inline(always)]
    pub fn take_all(
        &mut self,
        x: &'a [T],
        targets: &[T],
        cursor: &mut BatchCursor,
    ) -> Option<Result<f64, f64>> {
        let output_kernel = self.output_kernel.as_ref()?;
        let takes_all = output_kernel.layers == self.steps.layers.layers.len();
        takes_all.then(|| (output_kernel.kernel)(&mut self.steps, &self.loss, Data { x, targets }, cursor))
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
    pub fn below(&mut self) -> Option<Below<'_, T>> {
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
                at(layer.weights_at, layer.fan_in * layer.fan_out),
                layer.bias_at.map(|bias_at| at(bias_at, layer.fan_out)),
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
