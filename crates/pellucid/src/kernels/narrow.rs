//! One sample, or four, through layers of a few units: the number of units is known to the compiler, so that each row
//! of W is a register or two without a mask, nothing is decided within a loop, and the activation is applied to the
//! sums while they are still in registers. A step of XOR is 2,000 instructions, most of them around the arithmetic.
//!
//! A layer of a single unit has its weights side by side: there the number that is known is that of its inputs.

use super::isa::{Isa, Task};
use super::vector::{HalfOf, Vector, VectorOf};
use super::{Destination, Shape};
use crate::activation::Activation;
use crate::scalar::Scalar;

/// The most units: two registers of f64 with AVX-512, four with AVX2.
const MOST: usize = 16;
/// Registers that many units take at most.
const REGISTERS: usize = 4;

/// Calls `$body` with `$N` the constant that `$width` is, one of [`is_known`].
macro_rules! with_known_width {
    ($width:expr, $N:ident => $body:expr) => {
        with_known_width!($width, $N => $body, 1 2 3 4 5 6 7 8 9 10 12 16)
    };
    ($width:expr, $N:ident => $body:expr, $($known:literal)*) => {
        match $width {
            $($known => { const $N: usize = $known; $body })*
            _ => {}
        }
    };
}

/// Whether kernels are compiled for rows of this width.
#[inline(always)]
fn is_known(width: usize) -> bool {
    matches!(width, 1..=10 | 12 | MOST)
}

/// Whether a layer of this shape is one of a few units, with one sample or four.
#[inline(always)]
pub(super) fn is_narrow(shape: Shape) -> bool {
    let width = if shape.fan_out == 1 {
        shape.fan_in
    } else {
        shape.fan_out
    };
    (shape.rows == 1 || shape.rows == 4) && is_known(width)
}

/// Whether a layer of this shape is worked on here.
#[inline(always)]
pub(crate) fn pays<I: Isa>(shape: Shape) -> bool {
    I::HAS_NARROW && is_narrow(shape)
}

/// Registers that hold N numbers, the last one partly filled.
type Row<V> = [V; REGISTERS];

/// # Safety
/// N numbers must be there.
#[inline(always)]
unsafe fn load<T: Scalar, V: Vector<T>, const N: usize>(from: *const T) -> Row<V> {
    let mut row = [V::splat(T::ZERO); REGISTERS];
    for (c, register) in row.iter_mut().enumerate() {
        let at = c * V::LANES;
        // SAFETY: as the caller vouches.
        unsafe {
            if at + V::LANES <= N {
                *register = V::load(from.add(at));
            } else if at < N {
                *register = V::load_first(from.add(at), N - at);
            }
        }
    }
    row
}

/// # Safety
/// There must be room for N numbers.
#[inline(always)]
unsafe fn store<T: Scalar, V: Vector<T>, const N: usize>(row: Row<V>, to: *mut T) {
    for (c, register) in row.into_iter().enumerate() {
        let at = c * V::LANES;
        // SAFETY: as the caller vouches.
        unsafe {
            if at + V::LANES <= N {
                register.store(to.add(at));
            } else if at < N {
                register.store_first(to.add(at), N - at);
            }
        }
    }
}

/// factor·row + sums.
#[inline(always)]
fn add_product<T: Scalar, V: Vector<T>, const N: usize>(factor: V, row: Row<V>, mut sums: Row<V>) -> Row<V> {
    for c in 0..REGISTERS {
        if c * V::LANES < N {
            sums[c] = factor.mul_add(row[c], sums[c]);
        }
    }
    sums
}

/// Σ aⱼ bⱼ.
#[inline(always)]
fn dot<T: Scalar, V: Vector<T>, const N: usize>(a: Row<V>, b: Row<V>) -> T {
    let mut sums = a[0].mul(b[0]);
    for c in 1..REGISTERS {
        if c * V::LANES < N {
            sums = a[c].mul_add(b[c], sums);
        }
    }
    sums.sum()
}

/// Whether rows of N numbers are better off in half registers: what goes through them is quicker.
#[inline(always)]
fn is_half<I: Isa, T: Scalar>(width: usize) -> bool {
    width <= 8 || (size_of::<T>() == 8 && width <= 12 && VectorOf::<I, T>::LANES == 8)
}

/// A layer's forward pass: z = x·W + b and a = f(z).
///
/// The kernels get it, and its like below, by reference: what is written a word at a time and then copied by registers
/// waits until it has reached the cache, which is a large part of a step of 100 ns.
pub(crate) struct Forward<'a, T> {
    pub(crate) shape: Shape,
    /// (rows, fan_in).
    pub(crate) x: &'a [T],
    pub(crate) weights: &'a [T],
    pub(crate) bias: Option<&'a [T]>,
    pub(crate) function: Activation,
    pub(crate) z: &'a mut [T],
    pub(crate) activation: &'a mut [T],
}

impl<T: Scalar> Forward<'_, T> {
    #[inline(always)]
    pub(crate) fn on<I: Isa>(&mut self) {
        let Shape {
            rows,
            fan_in,
            fan_out,
            ..
        } = self.shape;
        assert!(
            self.x.len() >= rows * fan_in
                && self.weights.len() >= fan_in * fan_out
                && self.bias.is_none_or(|bias| bias.len() >= fan_out)
                && self.z.len() >= rows * fan_out
                && self.activation.len() >= rows * fan_out,
            "a layer's operands are too short"
        );
        if fan_out == 1 {
            with_known_width!(fan_in, N => I::call(ForwardOfOne::<T, N>(self)));
        } else {
            with_known_width!(fan_out, N => I::call(ForwardOfSeveral::<T, N>(self)));
        }
    }
}

/// The forward pass of a layer of N units.
struct ForwardOfSeveral<'a, 'b, T, const N: usize>(&'b mut Forward<'a, T>);

impl<T: Scalar, const N: usize> Task for ForwardOfSeveral<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(mut self) {
        if is_half::<I, T>(N) {
            self.on::<HalfOf<I, T>>();
        } else {
            self.on::<VectorOf<I, T>>();
        }
        let Forward {
            shape,
            function,
            z,
            activation,
            ..
        } = self.0;
        if !function.is_applied_in_registers() {
            let used = shape.rows * N;
            function.apply_on::<I, T>(&z[..used], &mut activation[..used], N);
        }
    }
}

impl<T: Scalar, const N: usize> ForwardOfSeveral<'_, '_, T, N> {
    #[inline(always)]
    fn on<V: Vector<T>>(&mut self) {
        let &mut Forward {
            shape: Shape { rows, fan_in, .. },
            x,
            weights,
            bias,
            function,
            ..
        } = self.0;
        let weights = weights.as_ptr();
        let zero = [V::splat(T::ZERO); REGISTERS];
        // SAFETY: the operands are as long as the shape says, and it says N units (`Forward::on`).
        unsafe {
            let bias = match bias {
                Some(bias) => load::<T, V, N>(bias.as_ptr()),
                None => zero,
            };
            for row in 0..rows {
                let x = x.as_ptr().add(row * fan_in);
                // Two sums, so that one need not wait for the other.
                let (mut even, mut odd) = (bias, zero);
                let mut k = 0;
                while k + 2 <= fan_in {
                    let first = load::<T, V, N>(weights.add(k * N));
                    even = add_product::<T, V, N>(V::splat(*x.add(k)), first, even);
                    let second = load::<T, V, N>(weights.add((k + 1) * N));
                    odd = add_product::<T, V, N>(V::splat(*x.add(k + 1)), second, odd);
                    k += 2;
                }
                if k < fan_in {
                    let last = load::<T, V, N>(weights.add(k * N));
                    even = add_product::<T, V, N>(V::splat(*x.add(k)), last, even);
                }
                for c in 0..REGISTERS {
                    if c * V::LANES < N {
                        even[c] = even[c].add(odd[c]);
                    }
                }
                store::<T, V, N>(even, self.0.z.as_mut_ptr().add(row * N));
                if function.is_applied_in_registers() {
                    for (c, sum) in even.iter_mut().enumerate() {
                        if c * V::LANES < N {
                            *sum = function.of_register(*sum);
                        }
                    }
                    store::<T, V, N>(even, self.0.activation.as_mut_ptr().add(row * N));
                }
            }
        }
    }
}

/// The forward pass of a layer of one unit with N inputs.
struct ForwardOfOne<'a, 'b, T, const N: usize>(&'b mut Forward<'a, T>);

impl<T: Scalar, const N: usize> Task for ForwardOfOne<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(mut self) {
        if is_half::<I, T>(N) {
            self.on::<I, HalfOf<I, T>>();
        } else {
            self.on::<I, VectorOf<I, T>>();
        }
        let Forward {
            shape,
            function,
            z,
            activation,
            ..
        } = self.0;
        if !function.is_applied_in_registers() {
            function.apply_on::<I, T>(&z[..shape.rows], &mut activation[..shape.rows], 1);
        }
    }
}

impl<T: Scalar, const N: usize> ForwardOfOne<'_, '_, T, N> {
    #[inline(always)]
    fn on<I: Isa, V: Vector<T>>(&mut self) {
        let &mut Forward {
            shape,
            x,
            weights,
            bias,
            function,
            ..
        } = self.0;
        let bias = bias.and_then(|bias| bias.first()).copied().unwrap_or(T::ZERO);
        // SAFETY: the operands are as long as the shape says, and it says N inputs and one or four rows (`Forward::on`).
        unsafe {
            let weights = load::<T, V, N>(weights.as_ptr());
            let mut sums = [T::ZERO; 4];
            let (z, activation) = (self.0.z.as_mut_ptr(), self.0.activation.as_mut_ptr());
            if shape.rows == 1 {
                sums[0] = dot::<T, V, N>(load::<T, V, N>(x.as_ptr()), weights) + bias;
                let sum = HalfOf::<I, T>::splat(sums[0]);
                *z = sums[0];
                function.of_register(sum).store_first(activation, 1);
            } else {
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum = dot::<T, V, N>(load::<T, V, N>(x.as_ptr().add(row * N)), weights) + bias;
                }
                let sums = HalfOf::<I, T>::load_first(sums.as_ptr(), 4);
                sums.store_first(z, 4);
                function.of_register(sums).store_first(activation, 4);
            }
        }
    }
}

/// A layer's gradients: ∂L/∂W = xᵀδ and ∂L/∂b = Σ δ.
pub(crate) struct Gradient<'a, T> {
    shape: Shape,
    x: &'a [T],
    delta: &'a [T],
    /// What the sums are multiplied with.
    factor: T,
    /// Whether they are added to what is there.
    adds: bool,
    weights: &'a mut [T],
    bias: Option<&'a mut [T]>,
}

/// What is to be done with a gradient, (factor, whether it is added to what is there), and where.
#[inline(always)]
fn finish<T: Scalar>(to: Destination<'_, T>) -> (T, bool, &mut [T]) {
    match to {
        Destination::Gradient(gradient) => (T::ONE, false, gradient),
        Destination::Step { parameters, rate } => (-rate, true, parameters),
    }
}

impl<'a, T: Scalar> Gradient<'a, T> {
    #[inline(always)]
    pub(crate) fn new(
        shape: Shape,
        x: &'a [T],
        delta: &'a [T],
        weights: Destination<'a, T>,
        bias: Option<Destination<'a, T>>,
    ) -> Self {
        let Shape {
            rows,
            fan_in,
            fan_out,
            ..
        } = shape;
        let (factor, adds, weights) = finish(weights);
        #[expect(
            clippy::manual_map,
            reason = "a closure is not compiled with its caller's instructions"
        )]
        let bias = match bias {
            Some(bias) => Some(finish(bias).2),
            None => None,
        };
        assert!(
            x.len() >= rows * fan_in
                && delta.len() >= rows * fan_out
                && weights.len() >= fan_in * fan_out
                && bias.as_ref().is_none_or(|bias| bias.len() >= fan_out),
            "a layer's operands are too short"
        );
        Self {
            shape,
            x,
            delta,
            factor,
            adds,
            weights,
            bias,
        }
    }

    #[inline(always)]
    pub(crate) fn on<I: Isa>(&mut self) {
        if self.shape.fan_out == 1 {
            with_known_width!(self.shape.fan_in, N => I::call(GradientOfOne::<T, N>(self)));
        } else {
            with_known_width!(self.shape.fan_out, N => I::call(GradientOfSeveral::<T, N>(self)));
        }
    }
}

/// The gradients of a layer of N units.
struct GradientOfSeveral<'a, 'b, T, const N: usize>(&'b mut Gradient<'a, T>);

impl<T: Scalar, const N: usize> Task for GradientOfSeveral<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        match (is_half::<I, T>(N), self.0.shape.rows) {
            (true, 1) => self.on::<HalfOf<I, T>, 1>(),
            (true, _) => self.on::<HalfOf<I, T>, 4>(),
            (false, 1) => self.on::<VectorOf<I, T>, 1>(),
            (false, _) => self.on::<VectorOf<I, T>, 4>(),
        }
    }
}

impl<T: Scalar, const N: usize> GradientOfSeveral<'_, '_, T, N> {
    #[inline(always)]
    fn on<V: Vector<T>, const R: usize>(self) {
        let &mut Gradient {
            shape,
            x,
            delta,
            factor,
            adds,
            ref mut weights,
            ref mut bias,
        } = self.0;
        let fan_in = shape.fan_in;
        let (x, weights) = (x.as_ptr(), weights.as_mut_ptr());
        let zero = [V::splat(T::ZERO); REGISTERS];
        let factor = V::splat(factor);
        // SAFETY: the operands are as long as the shape says, and it says N units and R rows (`Gradient::new`).
        unsafe {
            let mut scaled = [zero; R];
            for (row, scaled) in scaled.iter_mut().enumerate() {
                *scaled = load::<T, V, N>(delta.as_ptr().add(row * N));
                for register in scaled.iter_mut() {
                    *register = register.mul(factor);
                }
            }
            for k in 0..fan_in {
                let to = weights.add(k * N);
                let mut sums = if adds { load::<T, V, N>(to) } else { zero };
                for (row, &scaled) in scaled.iter().enumerate() {
                    sums = add_product::<T, V, N>(V::splat(*x.add(row * fan_in + k)), scaled, sums);
                }
                store::<T, V, N>(sums, to);
            }
            if let Some(bias) = bias {
                let to = bias.as_mut_ptr();
                let mut sums = if adds { load::<T, V, N>(to) } else { zero };
                for scaled in scaled {
                    for c in 0..REGISTERS {
                        if c * V::LANES < N {
                            sums[c] = sums[c].add(scaled[c]);
                        }
                    }
                }
                store::<T, V, N>(sums, to);
            }
        }
    }
}

/// The gradients of a layer of one unit with N inputs.
struct GradientOfOne<'a, 'b, T, const N: usize>(&'b mut Gradient<'a, T>);

impl<T: Scalar, const N: usize> Task for GradientOfOne<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        if is_half::<I, T>(N) {
            self.on::<HalfOf<I, T>>();
        } else {
            self.on::<VectorOf<I, T>>();
        }
    }
}

impl<T: Scalar, const N: usize> GradientOfOne<'_, '_, T, N> {
    #[inline(always)]
    fn on<V: Vector<T>>(self) {
        let &mut Gradient {
            shape,
            x,
            delta,
            factor,
            adds,
            ref mut weights,
            ref mut bias,
        } = self.0;
        // SAFETY: the operands are as long as the shape says, and it says N inputs (`Gradient::new`).
        unsafe {
            let to = weights.as_mut_ptr();
            let mut sums = if adds {
                load::<T, V, N>(to)
            } else {
                [V::splat(T::ZERO); REGISTERS]
            };
            let mut of_bias = T::ZERO;
            for row in 0..shape.rows {
                let scaled = factor * *delta.as_ptr().add(row);
                sums =
                    add_product::<T, V, N>(V::splat(scaled), load::<T, V, N>(x.as_ptr().add(row * N)), sums);
                of_bias += scaled;
            }
            store::<T, V, N>(sums, to);
            if let Some([bias, ..]) = bias {
                *bias = if adds { *bias + of_bias } else { of_bias };
            }
        }
    }
}

/// δ of the layer below: δ·Wᵀ times its f′(z), for an f that is applied in registers, whose activations `below` are.
pub(crate) struct DeltaBelow<'a, T> {
    pub(crate) shape: Shape,
    pub(crate) delta: &'a [T],
    pub(crate) weights: &'a [T],
    pub(crate) function: Activation,
    /// (rows, fan_in), as is `to`.
    pub(crate) below: &'a [T],
    pub(crate) to: &'a mut [T],
}

impl<T: Scalar> DeltaBelow<'_, T> {
    #[inline(always)]
    pub(crate) fn on<I: Isa>(&mut self) {
        let Shape {
            rows,
            fan_in,
            fan_out,
            ..
        } = self.shape;
        let used = rows * fan_in;
        assert!(
            self.delta.len() >= rows * fan_out
                && self.weights.len() >= fan_in * fan_out
                && self.below.len() >= used
                && self.to.len() >= used,
            "a layer's operands are too short"
        );
        if fan_out == 1 {
            with_known_width!(fan_in, N => I::call(DeltaBelowOne::<T, N>(self)));
        } else {
            with_known_width!(fan_out, N => I::call(DeltaBelowSeveral::<T, N>(self)));
        }
    }
}

/// δ of what is below a layer of N units.
struct DeltaBelowSeveral<'a, 'b, T, const N: usize>(&'b mut DeltaBelow<'a, T>);

impl<T: Scalar, const N: usize> Task for DeltaBelowSeveral<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(mut self) {
        if is_half::<I, T>(N) {
            self.on::<HalfOf<I, T>>();
        } else {
            self.on::<VectorOf<I, T>>();
        }
        let DeltaBelow {
            shape,
            function,
            below,
            to,
            ..
        } = self.0;
        let used = shape.rows * shape.fan_in;
        function.backpropagate_on::<I, T>(&[], &below[..used], &mut to[..used], shape.fan_in);
    }
}

impl<T: Scalar, const N: usize> DeltaBelowSeveral<'_, '_, T, N> {
    #[inline(always)]
    fn on<V: Vector<T>>(&mut self) {
        let &mut DeltaBelow {
            shape: Shape { rows, fan_in, .. },
            delta,
            weights,
            ref mut to,
            ..
        } = self.0;
        // SAFETY: the operands are as long as the shape says, and it says N units (`DeltaBelow::on`).
        unsafe {
            for row in 0..rows {
                let delta = load::<T, V, N>(delta.as_ptr().add(row * N));
                let to = to.as_mut_ptr().add(row * fan_in);
                for k in 0..fan_in {
                    *to.add(k) = dot::<T, V, N>(delta, load::<T, V, N>(weights.as_ptr().add(k * N)));
                }
            }
        }
    }
}

/// δ of the N units below a layer of one.
struct DeltaBelowOne<'a, 'b, T, const N: usize>(&'b mut DeltaBelow<'a, T>);

impl<T: Scalar, const N: usize> Task for DeltaBelowOne<'_, '_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        if is_half::<I, T>(N) {
            self.on::<HalfOf<I, T>>();
        } else {
            self.on::<VectorOf<I, T>>();
        }
    }
}

impl<T: Scalar, const N: usize> DeltaBelowOne<'_, '_, T, N> {
    #[inline(always)]
    fn on<V: Vector<T>>(self) {
        let &mut DeltaBelow {
            shape,
            delta,
            weights,
            function,
            below,
            ref mut to,
        } = self.0;
        // SAFETY: the operands are as long as the shape says, and it says N inputs (`DeltaBelow::on`).
        unsafe {
            let weights = load::<T, V, N>(weights.as_ptr());
            for row in 0..shape.rows {
                let delta = V::splat(*delta.as_ptr().add(row));
                let below = load::<T, V, N>(below.as_ptr().add(row * N));
                let mut row_below = weights;
                for c in 0..REGISTERS {
                    if c * V::LANES < N {
                        row_below[c] = function.slope_times(delta.mul(weights[c]), below[c]);
                    }
                }
                store::<T, V, N>(row_below, to.as_mut_ptr().add(row * N));
            }
        }
    }
}
