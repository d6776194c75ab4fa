//! ∂L/∂W, ∂L/∂b and the δ below of layers of a few units.

use super::forward::Sums;
use super::{Kernel, Layers, REGISTERS, Row, add_product, load, load_rows, products, store};
use crate::activation::Activation;
use crate::layer::arrays::LayerArrays;
use crate::layer::layout::{LayerLayout, StackLayout};
use crate::simd::scalar::Scalar;
use crate::simd::vector::Vector;
use crate::simd::{Isa, Task};
use std::marker::PhantomData;

/// The backward pass of layers of a few units, from δ of the output down to the parameters of the first of them, and to δ
/// of the layer below that.
pub struct Steps<'a, T> {
    pub(crate) layers: Layers<'a, T>,
    /// As many numbers as there are parameters; the parameters themselves, where these take their step at once.
    pub(crate) to: *mut T,
    /// What the gradient is multiplied with.
    factor: T,
    /// Whether it is added to what is there.
    pub(crate) adds: bool,
    /// Whether the δ below is taken through weights that have moved.
    top_down: bool,
    /// Whether ∂L/∂a is kept.
    pub(crate) records: bool,
}

impl<'a, T: Scalar> Steps<'a, T> {
    /// A pass that stores the gradient.
    ///
    /// # Panics
    /// Where operands are too short.
    #[inline(always)]
    pub fn storing(
        layout: &'a StackLayout,
        first: usize,
        input: &'a [T],
        arrays: &'a mut [LayerArrays<T>],
        rows: usize,
        parameters: &'a [T],
        gradient: &'a mut [T],
    ) -> Self {
        assert!(
            gradient.len() == layout.parameter_count(),
            "the gradient is not laid out as the parameters are"
        );
        Self {
            layers: Layers::new(layout, first, rows, input, parameters, arrays),
            to: gradient.as_mut_ptr(),
            factor: T::ONE,
            adds: false,
            top_down: false,
            records: false,
        }
    }

    /// A pass that moves the parameters: θ ← θ − rate·∂L/∂θ.
    ///
    /// # Panics
    /// Where operands are too short.
    #[inline(always)]
    pub fn moving(
        layout: &'a StackLayout,
        first: usize,
        input: &'a [T],
        arrays: &'a mut [LayerArrays<T>],
        rows: usize,
        parameters: &'a mut [T],
        rate: T,
    ) -> Self {
        assert!(
            parameters.len() == layout.parameter_count(),
            "{} parameters are given, the layers have {}",
            parameters.len(),
            layout.parameter_count()
        );
        let to = parameters.as_mut_ptr();
        Self {
            layers: Layers::at(layout, first, rows, input, to, arrays),
            to,
            factor: -rate,
            adds: true,
            top_down: false,
            records: false,
        }
    }

    /// With the δ below taken through weights that have moved, where `top_down`.
    #[inline(always)]
    pub fn top_down(mut self, top_down: bool) -> Self {
        self.top_down = top_down;
        self
    }

    /// Keeping ∂L/∂a of every layer below.
    ///
    /// # Panics
    /// Where there is no room for it.
    #[inline(always)]
    pub fn recording(mut self) -> Self {
        let Layers {
            layers,
            arrays,
            first,
            rows,
            ..
        } = &self.layers;
        for index in first.saturating_sub(1)..layers.len() {
            assert!(
                arrays[index].upstream.len() >= rows * layers[index].fan_out,
                "a layer's operands are too short"
            );
        }
        self.records = true;
        self
    }

    /// The backward pass of all of these layers.
    #[inline(always)]
    pub fn backward<I: Isa>(&mut self) {
        for index in (self.layers.first..self.layers.layers.len()).rev() {
            let layer = &self.layers.layers[index];
            let (fan_in, fan_out) = (layer.fan_in, layer.fan_out);
            if fan_out == 1 {
                with_known_width!(fan_in, N => I::call(BackwardOfOne::<T, N>(self, index)));
            } else {
                with_known_width!(fan_out, N => I::call(BackwardOfSeveral::<T, N>(self, index)));
            }
        }
    }

    /// What does the same for a layer alone, to be asked for once and called in every step.
    pub(crate) fn backward_of<I: Isa>(layer: &LayerLayout) -> Kernel<Self> {
        if layer.fan_out == 1 {
            with_known_width!(layer.fan_in, N => |steps, index| I::call(BackwardOfOne::<T, N>(steps, index)))
        } else {
            with_known_width!(layer.fan_out, N => |steps, index| I::call(BackwardOfSeveral::<T, N>(steps, index)))
        }
    }

    /// δ below, ∂L/∂a being there in its place: times f′ for an f whose slope is not taken in registers.
    #[inline(always)]
    fn slopes_below<I: Isa>(&mut self, index: usize) {
        I::call(SlopesBelow(self, index));
    }
}

/// [`Steps::slopes_below`], which is the same for every number of units.
struct SlopesBelow<'a, 'b, T>(&'b mut Steps<'a, T>, usize);

impl<T: Scalar> Task for SlopesBelow<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(Steps { layers, records, .. }, index) = self;
        let (fan_in, function) = (layers.layers[index].fan_in, layers.layers[index - 1].activation);
        let used = layers.rows * fan_in;
        let below = &mut layers.arrays[index - 1];
        if *records {
            below.upstream[..used].copy_from_slice(&below.delta[..used]);
        }
        let (z, a) = (&below.z[..used], &below.activation[..used]);
        function.backpropagate_on::<I, T>(z, a, &mut below.delta[..used], fan_in);
    }
}

/// The backward pass of a layer of N units.
struct BackwardOfSeveral<'a, 'b, T, const N: usize>(&'b mut Steps<'a, T>, usize);

impl<T: Scalar, const N: usize> Task for BackwardOfSeveral<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(steps, index) = self;
        with_best_register!(I, T, N, V => several::<I, T, V<I, T>, N>(steps, index));
    }
}

#[inline(always)]
fn several<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(steps: &mut Steps<'_, T>, index: usize) {
    // SAFETY: only `Steps::backward` comes here, with the index of a layer of N units; the operands are as long as the
    // layers say, and there are one or four rows (`Layers::at`).
    unsafe {
        let delta = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
        match (steps.layers.rows, steps.adds) {
            (1, true) => {
                let delta = load_rows::<T, V, N, 1>(delta);
                rows_of_several::<I, T, V, N, 1, true>(steps, index, delta);
            }
            (1, false) => {
                let delta = load_rows::<T, V, N, 1>(delta);
                rows_of_several::<I, T, V, N, 1, false>(steps, index, delta);
            }
            (_, true) => {
                let delta = load_rows::<T, V, N, 4>(delta);
                rows_of_several::<I, T, V, N, 4, true>(steps, index, delta);
            }
            (_, false) => {
                let delta = load_rows::<T, V, N, 4>(delta);
                rows_of_several::<I, T, V, N, 4, false>(steps, index, delta);
            }
        }
    }
}

/// The backward pass of a layer of N units from the δ of R rows, which are in memory too.
///
/// # Safety
/// There must be such a layer, of N units, and R rows; `ADDS` must be what the steps say.
#[inline(always)]
pub(crate) unsafe fn rows_of_several<
    I: Isa,
    T: Scalar,
    V: Vector<T>,
    const N: usize,
    const R: usize,
    const ADDS: bool,
>(
    steps: &mut Steps<'_, T>,
    index: usize,
    delta: [Row<V>; R],
) {
    if !steps.top_down && index > 0 {
        I::call(DeltaBelowSeveral::<T, V, N>(steps, index, PhantomData));
    }
    // SAFETY: as the caller vouches.
    unsafe { gradient_of_several::<T, V, N, R, ADDS>(steps, index, delta, None) };
    if steps.top_down && index > 0 {
        I::call(DeltaBelowSeveral::<T, V, N>(steps, index, PhantomData));
    }
}

/// ∂L/∂W and ∂L/∂b of a layer of N units, from the δ of R rows. Where the parameters move, and `next` is what the next R rows
/// have there, gives these rows' sums as well: each row of W goes on into the next forward pass while it is in registers.
///
/// # Safety
/// There must be such a layer, of N units, and R rows; `ADDS` must be what the steps say; `next` must be (R, fan_in).
#[inline(always)]
pub(crate) unsafe fn gradient_of_several<
    T: Scalar,
    V: Vector<T>,
    const N: usize,
    const R: usize,
    const ADDS: bool,
>(
    steps: &mut Steps<'_, T>,
    index: usize,
    delta: [Row<V>; R],
    next: Option<*const T>,
) -> Sums<V, R, N> {
    let zero = [V::splat(T::ZERO); REGISTERS];
    let factor = V::splat(steps.factor);
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let layer = steps.layers.layers.get_unchecked(index);
        let fan_in = layer.fan_in;
        let x = steps.layers.x(index);
        let mut scaled = delta;
        for registers in &mut scaled {
            for register in registers.iter_mut() {
                *register = register.mul(factor);
            }
        }
        // First, as the next forward pass begins with it.
        let mut bias = zero;
        if let Some(at) = layer.bias_at {
            let to = steps.to.add(at);
            if ADDS {
                bias = load::<T, V, N>(to);
            }
            for scaled in &scaled {
                for c in 0..REGISTERS {
                    if c * V::LANES < N {
                        bias[c] = bias[c].add(scaled[c]);
                    }
                }
            }
            store::<T, V, N>(bias, to);
        }
        let mut sums = Sums::<V, R, N>::new(bias);
        let weights = steps.to.add(layer.weights_at);
        let mut k = 0;
        while k + 2 <= fan_in {
            let even = gradient_of_input::<T, V, N, R, ADDS>(weights.add(k * N), x.add(k), fan_in, &scaled);
            let odd = gradient_of_input::<T, V, N, R, ADDS>(
                weights.add((k + 1) * N),
                x.add(k + 1),
                fan_in,
                &scaled,
            );
            if let Some(next) = next {
                sums.add::<T, false>(next.add(k), fan_in, even);
                sums.add::<T, true>(next.add(k + 1), fan_in, odd);
            }
            k += 2;
        }
        if k < fan_in {
            let last = gradient_of_input::<T, V, N, R, ADDS>(weights.add(k * N), x.add(k), fan_in, &scaled);
            if let Some(next) = next {
                sums.add::<T, false>(next.add(k), fan_in, last);
            }
        }
        sums
    }
}

/// A row of ∂L/∂W, from an input of R rows of `fan_in` and what it is multiplied with. Gives what is then at `to`.
///
/// # Safety
/// There must be N numbers at `to`, and such an input.
#[inline(always)]
unsafe fn gradient_of_input<T: Scalar, V: Vector<T>, const N: usize, const R: usize, const ADDS: bool>(
    to: *mut T,
    x: *const T,
    fan_in: usize,
    scaled: &[Row<V>; R],
) -> Row<V> {
    // SAFETY: as the caller vouches.
    unsafe {
        let mut sums = if ADDS {
            load::<T, V, N>(to)
        } else {
            [V::splat(T::ZERO); REGISTERS]
        };
        for (row, &scaled) in scaled.iter().enumerate() {
            sums = add_product::<T, V, N>(V::splat(*x.add(row * fan_in)), scaled, sums);
        }
        store::<T, V, N>(sums, to);
        sums
    }
}

/// δ·Wᵀ of what is below a layer of N units, times its f′(z).
struct DeltaBelowSeveral<'a, 'b, T, V, const N: usize>(&'b mut Steps<'a, T>, usize, PhantomData<V>);

impl<T: Scalar, V: Vector<T>, const N: usize> Task for DeltaBelowSeveral<'_, '_, T, V, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(steps, index, _) = self;
        // SAFETY: only `Steps::backward` leads here, with the index of a layer of N units, and not with 0; the operands are
        // as long as the layers say (`Layers::at`), and any register has room for four numbers.
        unsafe {
            let layer = steps.layers.layers.get_unchecked(index);
            let function = steps.layers.layers.get_unchecked(index - 1).activation;
            let weights = steps.layers.parameters.add(layer.weights_at);
            let delta = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
            let below = steps.layers.arrays.get_unchecked_mut(index - 1);
            let (a, below) = (below.activation.as_ptr(), below.delta.as_mut_ptr());
            let zero = V::splat(T::ZERO);
            for row in 0..steps.layers.rows {
                let delta = load::<T, V, N>(delta.add(row * N));
                let first = row * layer.fan_in;
                for k in (0..layer.fan_in).step_by(4) {
                    let count = (layer.fan_in - k).min(4);
                    let mut sums = [zero; 4];
                    for (j, sums) in sums.iter_mut().enumerate() {
                        if j < count {
                            let weights = load::<T, V, N>(weights.add((k + j) * N));
                            *sums = products::<T, V, N>(delta, weights, zero);
                        }
                    }
                    let mut gradient = [V::sums_of_four(sums)];
                    if !steps.records {
                        let a = V::Half::load_first(a.add(first + k), count);
                        function.slopes_times(&mut gradient, &[a], 1);
                    }
                    gradient[0].store_first(below.add(first + k), count);
                }
            }
            if steps.records || !function.is_applied_in_registers() {
                steps.slopes_below::<I>(index);
            }
        }
    }
}

/// The backward pass of a layer of one unit with N inputs.
struct BackwardOfOne<'a, 'b, T, const N: usize>(&'b mut Steps<'a, T>, usize);

impl<T: Scalar, const N: usize> Task for BackwardOfOne<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self(steps, index) = self;
        with_best_register!(I, T, N, V => one::<I, T, V<I, T>, N>(steps, index));
    }
}

#[inline(always)]
fn one<I: Isa, T: Scalar, V: Vector<T>, const N: usize>(steps: &mut Steps<'_, T>, index: usize) {
    if steps.layers.rows == 1 {
        all_of_one::<I, T, V, N, 1>(steps, index);
    } else {
        all_of_one::<I, T, V, N, 4>(steps, index);
    }
}

#[inline(always)]
fn all_of_one<I: Isa, T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'_, T>,
    index: usize,
) {
    // SAFETY: only `Steps::backward` comes here, with the index of a layer of N inputs and one unit; the operands are as
    // long as the layers say, and there are R rows.
    unsafe {
        let x = load_rows::<T, V, N, R>(steps.layers.x(index));
        let mut delta = [V::splat(T::ZERO); R];
        let from = steps.layers.arrays.get_unchecked(index).delta.as_ptr();
        for (row, delta) in delta.iter_mut().enumerate() {
            *delta = V::splat(*from.add(row));
        }
        let weights = gradient_of_one::<T, V, N, R>(steps, index, &x, delta);
        if index > 0 {
            let function = steps.layers.layers.get_unchecked(index - 1).activation;
            // What is multiplied with the layer below is x.
            delta_below_one::<T, V, N, R>(steps, index, weights, &x, delta);
            if !function.is_applied_in_registers() || steps.records {
                steps.slopes_below::<I>(index);
            }
        }
    }
}

/// ∂L/∂W and ∂L/∂b of a layer of one unit, from x and δ of R rows, each in every lane. Gives the weights that δ below is taken through.
///
/// # Safety
/// There must be such a layer, of N inputs and one unit.
#[inline(always)]
pub(crate) unsafe fn gradient_of_one<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'_, T>,
    index: usize,
    x: &[Row<V>; R],
    delta: [V; R],
) -> Row<V> {
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let layer = steps.layers.layers.get_unchecked(index);
        let (weights_at, bias_at) = (layer.weights_at, layer.bias_at);
        let before = load::<T, V, N>(steps.layers.parameters.add(weights_at));
        let mut sums = if steps.adds {
            before
        } else {
            [V::splat(T::ZERO); REGISTERS]
        };
        let (factor, mut of_bias) = (V::splat(steps.factor), V::splat(T::ZERO));
        for row in 0..R {
            let scaled = factor.mul(delta[row]);
            sums = add_product::<T, V, N>(scaled, x[row], sums);
            of_bias = of_bias.add(scaled);
        }
        store::<T, V, N>(sums, steps.to.add(weights_at));
        if let Some(at) = bias_at {
            let bias = steps.to.add(at);
            if steps.adds {
                of_bias = V::load_first(bias, 1).add(of_bias);
            }
            of_bias.store_first(bias, 1);
        }
        if steps.top_down && steps.adds {
            sums
        } else {
            before
        }
    }
}

/// δ of the N units below a layer of one, from `a` and δ of R rows, each in every lane: δ times the weights, times f′(z) where that is
/// [taken in registers](Activation::is_applied_in_registers) and ∂L/∂a need not be kept. It is stored
/// too.
///
/// # Safety
/// There must be such a layer, of N inputs and one unit, and not the first.
#[inline(always)]
pub(crate) unsafe fn delta_below_one<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    steps: &mut Steps<'_, T>,
    index: usize,
    weights: Row<V>,
    a: &[Row<V>; R],
    delta: [V; R],
) -> [Row<V>; R] {
    let mut rows = [weights; R];
    // SAFETY: as the caller vouches; the operands are as long as the layers say (`Layers::at`).
    unsafe {
        let function = steps.layers.layers.get_unchecked(index - 1).activation;
        let to = steps
            .layers
            .arrays
            .get_unchecked_mut(index - 1)
            .delta
            .as_mut_ptr();
        for (registers, delta) in rows.iter_mut().zip(delta) {
            for c in 0..REGISTERS {
                if c * V::LANES < N {
                    registers[c] = delta.mul(weights[c]);
                }
            }
        }
        if !steps.records {
            times_slopes::<T, V, N, R>(function, &mut rows, a);
        }
        for (row, registers) in rows.iter().enumerate() {
            store::<T, V, N>(*registers, to.add(row * N));
        }
    }
    rows
}

/// δ = ∂L/∂a · f′(z) of R rows of N, for an f that is [applied in registers](Activation::is_applied_in_registers).
#[inline(always)]
fn times_slopes<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(
    function: Activation,
    gradients: &mut [Row<V>; R],
    a: &[Row<V>; R],
) {
    if N <= V::LANES {
        // Which f it is, is asked once for all of them.
        let mut registers = gradients.map(|row| row[0]);
        function.slopes_times(&mut registers, &a.map(|row| row[0]), R);
        for (row, register) in gradients.iter_mut().zip(registers) {
            row[0] = register;
        }
    } else {
        for (row, a) in gradients.iter_mut().zip(a) {
            function.slopes_times(row, a, N.div_ceil(V::LANES));
        }
    }
}
