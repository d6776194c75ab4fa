//! Many steps, one after another, of layers of a few units.

use super::{Kernel, Layers, Steps};
use crate::kernels::isa::Isa;
use crate::network::Layer;
use crate::scalar::Scalar;

/// [`Steps`] over and over: which kernel a layer has is asked once, not in every step.
pub(crate) struct Course<'a, T> {
    steps: Steps<'a, T>,
    kernels: Vec<Kernels<'a, T>>,
    output: &'a Layer,
    /// How many numbers the input of a step has.
    inputs: usize,
}

/// Those of a layer.
struct Kernels<'a, T> {
    forward: Kernel<Layers<'a, T>>,
    backward: Kernel<Steps<'a, T>>,
}

/// What the last forward pass has put out, and where its δ goes; each (rows, outputs).
pub(crate) struct Output<'a, T> {
    pub(crate) z: &'a [T],
    pub(crate) activation: &'a [T],
    pub(crate) delta: &'a mut [T],
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
    /// Steps of these layers; nothing where there are none.
    pub(crate) fn new<I: Isa>(steps: Steps<'a, T>) -> Option<Self> {
        let Layers {
            layers, first, rows, ..
        } = steps.layers;
        let kernels = layers[first..].iter().map(|layer| Kernels {
            forward: Layers::forward_of::<I>(layer),
            backward: Steps::backward_of::<I>(layer),
        });
        let kernels: Vec<_> = kernels.collect();
        (!kernels.is_empty()).then_some(Self {
            kernels,
            output: layers.last()?,
            inputs: rows * layers.first()?.fan_in,
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
    }

    /// The forward pass of a batch through these layers, at the parameters as they are now.
    #[inline(always)]
    pub(crate) fn forward(&mut self) {
        let layers = &mut self.steps.layers;
        let first = layers.first;
        for (index, kernels) in self.kernels.iter().enumerate() {
            (kernels.forward)(layers, first + index);
        }
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

    /// What came out of it.
    #[inline(always)]
    pub(crate) fn output(&mut self) -> Output<'_, T> {
        let Layers {
            layers, arrays, rows, ..
        } = &mut self.steps.layers;
        let used = *rows * self.output.fan_out;
        // SAFETY: there are as many arrays as layers, of which there is one (`new`), and each is as long as the layer's rows
        // are together (`Layers::at`). The three are buffers of their own.
        unsafe {
            let here = arrays.get_unchecked_mut(layers.len() - 1);
            Output {
                z: std::slice::from_raw_parts(here.z.as_ptr(), used),
                activation: std::slice::from_raw_parts(here.activation.as_ptr(), used),
                delta: std::slice::from_raw_parts_mut(here.delta.as_mut_ptr(), used),
            }
        }
    }

    /// The backward pass of that batch, from δ of the output down to δ of what is below these layers.
    #[inline(always)]
    pub(crate) fn backward(&mut self) {
        let first = self.steps.layers.first;
        for (index, kernels) in self.kernels.iter().enumerate().rev() {
            (kernels.backward)(&mut self.steps, first + index);
        }
    }
}
