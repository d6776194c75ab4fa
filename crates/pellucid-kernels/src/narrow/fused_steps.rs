//! Fused steps: many training steps of narrow layers, one after another, with the kernels chosen once.

use super::batch_cursor::BatchCursor;
use super::output_kernel::{Data, OutputKernel};
use super::{BackwardPass, Kernel, Layers};
use crate::layer::layout::LayerLayout;
use crate::loss::OutputLoss;
use crate::simd::Isa;
use crate::simd::scalar::Scalar;

/// Repeated training steps: the kernel of each layer is chosen once, not in every step.
pub struct FusedSteps<'a, T> {
    pass: BackwardPass<'a, T>,
    /// The kernels of the layers below the output kernel, or of all layers where there is none.
    kernels: Vec<Kernels<'a, T>>,
    output_kernel: Option<OutputKernel<'a, T>>,
    loss: OutputLoss<T>,
    output: &'a LayerLayout,
    /// The length of the input of a step.
    inputs: usize,
    /// The input of the network's first layer.
    input: &'a [T],
}

/// The kernels of a layer.
struct Kernels<'a, T> {
    forward: Kernel<Layers<'a, T>>,
    backward: Kernel<BackwardPass<'a, T>>,
}

/// The layer below the narrow ones, which has other kernels. All its arrays are of one row.
pub struct LayerBelow<'a, T> {
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
    /// Steps that reduce the loss of the outputs of these layers; `None` where there are no layers.
    pub fn new<I: Isa>(pass: BackwardPass<'a, T>, loss: OutputLoss<T>) -> Option<Self> {
        let Layers {
            layers, first, rows, ..
        } = pass.layers;
        let narrow_layers = &layers[first..];
        let output = narrow_layers.last()?;
        let output_kernel = pass.output_kernel::<I>(&loss);
        let below = narrow_layers.len()
            - output_kernel
                .as_ref()
                .map_or(0, |output_kernel| output_kernel.layers);
        let kernels = narrow_layers[..below].iter().map(|layer| Kernels {
            forward: Layers::forward_kernel::<I>(layer),
            backward: BackwardPass::backward_kernel::<I>(layer),
        });
        Some(Self {
            kernels: kernels.collect(),
            output_kernel,
            loss,
            output,
            inputs: rows * layers.first()?.fan_in,
            input: &[],
            pass,
        })
    }

    /// Sets the input of the network's first layer. `x` is (rows, inputs).
    ///
    /// # Panics
    /// If `x` is too short.
    #[inline(always)]
    pub fn set_input(&mut self, x: &'a [T]) {
        assert!(x.len() >= self.inputs, "a layer's operands are too short");
        self.pass.layers.input = x.as_ptr();
        self.input = x;
    }

    /// One step of these layers: forward pass, loss, backward pass and update, down to δ of the layer below them.
    /// Returns the loss of the batch before the step, summed over its rows; as an error where it is not finite, and
    /// then the parameters do not change. `targets` are (rows, outputs).
    ///
    /// # Panics
    /// If there are fewer targets.
    #[inline(always)]
    pub fn step<I: Isa>(&mut self, targets: &[T]) -> Result<f64, f64> {
        let first = self.pass.layers.first;
        for (index, kernels) in self.kernels.iter().enumerate() {
            (kernels.forward)(&mut self.pass.layers, first + index);
        }
        let loss = match &self.output_kernel {
            Some(output_kernel) => {
                let mut cursor = BatchCursor::one_step(self.pass.layers.rows);
                let x = self.input;
                (output_kernel.kernel)(&mut self.pass, &self.loss, Data { x, targets }, &mut cursor)?
            }
            None => self.delta_of_output::<I>(targets)?,
        };
        for (index, kernels) in self.kernels.iter().enumerate().rev() {
            (kernels.backward)(&mut self.pass, first + index);
        }
        Ok(loss)
    }

    /// Takes all steps of a cursor over the data, where one kernel covers all of the network's layers, and returns the
    /// result; `None` otherwise. `x` is (rows, inputs), `targets` (rows, outputs).
    ///
    /// # Panics
    /// If there are fewer data.
    #[inline(always)]
    pub fn take_all(
        &mut self,
        x: &'a [T],
        targets: &[T],
        cursor: &mut BatchCursor,
    ) -> Option<Result<f64, f64>> {
        let output_kernel = self.output_kernel.as_ref()?;
        let takes_all = output_kernel.layers == self.pass.layers.layers.len();
        takes_all.then(|| (output_kernel.kernel)(&mut self.pass, &self.loss, Data { x, targets }, cursor))
    }

    /// δ of the outputs of the forward pass; returns their loss.
    #[inline(always)]
    fn delta_of_output<I: Isa>(&mut self, targets: &[T]) -> Result<f64, f64> {
        let narrow = &mut self.pass.layers;
        let used = narrow.rows * self.output.fan_out;
        // SAFETY: there are as many arrays as layers, of which there is at least one (`new`), and each array is as long
        // as the rows of its layer together (checked in `Layers::new`). The three are separate buffers.
        let (z, outputs, delta) = unsafe {
            let here = narrow.arrays.get_unchecked_mut(narrow.layers.len() - 1);
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

    /// The layer below the first narrow one, where there is one row.
    #[inline(always)]
    pub fn below(&mut self) -> Option<LayerBelow<'_, T>> {
        let narrow = &mut self.pass.layers;
        let index = narrow.first.checked_sub(1).filter(|_| narrow.rows == 1)?;
        let (layer, here) = (&narrow.layers[index], &mut narrow.arrays[index]);
        // SAFETY: `to` points to the first parameter of the network, and this value may read and write all of them
        // (`Layers::updating`); the weights and the bias of a layer do not overlap.
        let (weights, bias) = unsafe {
            let at = |at: usize, length: usize| std::slice::from_raw_parts_mut(self.pass.to.add(at), length);
            (
                at(layer.weights_at, layer.fan_in * layer.fan_out),
                layer.bias_at.map(|bias_at| at(bias_at, layer.fan_out)),
            )
        };
        Some(LayerBelow {
            layer,
            weights,
            bias,
            z: &mut here.z[..layer.fan_out],
            activation: &mut here.activation[..layer.fan_out],
            delta: &here.delta[..layer.fan_out],
        })
    }
}
