//! Many steps, one after another, of a network whose layers are all of a few units.

use super::{Kernel, Layers, Steps};
use crate::kernels::isa::Isa;
use crate::network::Layer;
use crate::scalar::Scalar;

/// [`Steps`] over and over: which kernel a layer has is asked once, not in every step.
pub(crate) struct Course<'a, T> {
    steps: Steps<'a, T>,
    kernels: Vec<(Kernel<Layers<'a, T>>, Kernel<Steps<'a, T>>)>,
    output: &'a Layer,
    /// How many numbers the input of a step has.
    inputs: usize,
}

/// What the last forward pass has put out, and where its δ goes; each (rows, outputs).
pub(crate) struct Output<'a, T> {
    pub(crate) z: &'a [T],
    pub(crate) activation: &'a [T],
    pub(crate) delta: &'a mut [T],
}

impl<'a, T: Scalar> Course<'a, T> {
    /// Steps from the network's first layer on; nothing where that is not one of theirs.
    pub(crate) fn new<I: Isa>(steps: Steps<'a, T>) -> Option<Self> {
        let Layers {
            layers, first, rows, ..
        } = steps.layers;
        if first > 0 {
            return None;
        }
        let kernels = layers
            .iter()
            .map(|layer| (Layers::forward_of::<I>(layer), Steps::backward_of::<I>(layer)));
        Some(Self {
            kernels: kernels.collect(),
            output: layers.last()?,
            inputs: rows * layers.first()?.fan_in,
            steps,
        })
    }

    /// The forward pass of a batch, at the parameters as they are now. `x` is (rows, inputs).
    ///
    /// # Panics
    /// Where `x` is too short.
    #[inline(always)]
    pub(crate) fn forward(&mut self, x: &'a [T]) {
        assert!(x.len() >= self.inputs, "a layer's operands are too short");
        let layers = &mut self.steps.layers;
        layers.input = x.as_ptr();
        for (index, (forward, _)) in self.kernels.iter().enumerate() {
            forward(layers, index);
        }
    }

    /// What came out of it.
    #[inline(always)]
    pub(crate) fn output(&mut self) -> Output<'_, T> {
        let Layers { arrays, rows, .. } = &mut self.steps.layers;
        let used = *rows * self.output.fan_out;
        // SAFETY: there are as many arrays as layers, of which there is one (`new`), and each is as long as the layer's rows
        // are together (`Layers::at`). The three are buffers of their own.
        unsafe {
            let here = arrays.get_unchecked_mut(self.kernels.len() - 1);
            Output {
                z: std::slice::from_raw_parts(here.z.as_ptr(), used),
                activation: std::slice::from_raw_parts(here.activation.as_ptr(), used),
                delta: std::slice::from_raw_parts_mut(here.delta.as_mut_ptr(), used),
            }
        }
    }

    /// The backward pass of that batch, from δ of the output on.
    #[inline(always)]
    pub(crate) fn backward(&mut self) {
        for (index, (_, backward)) in self.kernels.iter().enumerate().rev() {
            backward(&mut self.steps, index);
        }
    }
}
