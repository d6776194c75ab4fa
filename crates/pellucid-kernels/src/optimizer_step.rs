//! The update loops of the optimizers: each maps a register of parameters, with the optimizer's state for them, to
//! their values after the step.

use crate::per_precision;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{self, MapSeveral, Vector, lane_by_lane};
use crate::simd::{Isa, Task};
use crate::thread_pool;
use std::num::NonZeroUsize;

/// The update rule of one step, with its coefficients.
pub enum StepRule<T> {
    /// θ ← θ − η·g.
    Descent {
        /// η.
        rate: T,
    },
    /// Gradient descent with momentum.
    Momentum(Momentum<T>),
    /// AdaGrad.
    Adagrad(Adagrad<T>),
    /// RMSProp.
    RmsProp(RmsProp<T>),
    /// AdaDelta.
    Adadelta(Adadelta<T>),
    /// Adam, AdamW and RAdam.
    Adam(Adam<T>),
    /// AMSGrad.
    Amsgrad(Amsgrad<T>),
    /// NAdam.
    Nadam(Nadam<T>),
    /// Adamax.
    Adamax(Adamax<T>),
    /// Lion.
    Lion(Lion<T>),
    /// iRprop⁻.
    Rprop(Rprop<T>),
    /// iRprop⁺.
    RpropPlus(Rprop<T>),
}

/// One step of an optimizer on flat slices. `parameters`, `gradient` and the `slots` that the rule uses have the same
/// length.
pub struct OptimizerStep<'a, T> {
    /// The update rule.
    pub rule: StepRule<T>,
    /// The factor of decoupled weight decay, 1 − ηλ; the step first multiplies the first `decayed` parameters by it.
    pub decay: Option<T>,
    /// The number of parameters, from the first on, that decay.
    pub decayed: usize,
    /// The parameters θ.
    pub parameters: &'a mut [T],
    /// The optimizer's state for each parameter.
    pub slots: [&'a mut [T]; 3],
    /// The gradient g.
    pub gradient: &'a [T],
    /// Maximum number of threads. The result does not depend on it, to the bit.
    pub threads: NonZeroUsize,
}

per_precision!(OptimizerStepPerPrecision: |'a, T| OptimizerStep<'a, T> => ());

impl<T: Scalar> OptimizerStep<'_, T> {
    /// Takes the step with the best instruction set of this machine.
    pub fn take(self) {
        T::run::<OptimizerStepPerPrecision>(self);
    }
}

impl<T: Scalar> Task for OptimizerStep<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            rule,
            decay,
            decayed,
            parameters,
            slots: [first, second, third],
            gradient,
            threads,
        } = self;
        if let Some(factor) = decay {
            for parameter in &mut parameters[..decayed] {
                *parameter *= factor;
            }
        }
        macro_rules! step {
            ($step:expr, $($slot:ident),*) => {
                Part { step: $step, numbers: [parameters, $($slot),*], gradient }.split::<I>(threads)
            };
        }
        match rule {
            StepRule::Descent { rate } => {
                for (parameter, &gradient) in parameters.iter_mut().zip(gradient) {
                    *parameter -= rate * gradient;
                }
            }
            StepRule::Momentum(momentum) => step!(momentum, first),
            StepRule::Adagrad(adagrad) => step!(adagrad, first),
            StepRule::RmsProp(rms_prop) => step!(rms_prop, first, second),
            StepRule::Adadelta(adadelta) => step!(adadelta, first, second),
            StepRule::Adam(adam) => step!(adam, first, second),
            StepRule::Amsgrad(amsgrad) => step!(amsgrad, first, second, third),
            StepRule::Nadam(nadam) => step!(nadam, first, second),
            StepRule::Adamax(adamax) => step!(adamax, first, second),
            StepRule::Lion(lion) => step!(lion, first),
            StepRule::Rprop(rprop) => step!(rprop, first, second),
            StepRule::RpropPlus(rprop) => step!(rprop, first, second, third),
        }
    }
}

/// One step of a rule on a range of the parameters.
struct Part<'a, T, F, const N: usize> {
    step: F,
    /// The parameters, then the optimizer's state for each.
    numbers: [&'a mut [T]; N],
    gradient: &'a [T],
}

/// Number of parameters below which a second thread costs more than it saves.
const MIN_PARAMETERS: usize = 32 * 1024;

impl<'a, T: Scalar, F: MapSeveral<T, N> + Send, const N: usize> Part<'a, T, F, N> {
    /// Takes the step on up to `threads` threads. No parameter depends on another, so the bits do not depend on the
    /// threads.
    #[inline(always)]
    fn split<I: Isa>(mut self, threads: NonZeroUsize) {
        let length = self.gradient.len();
        if threads.get() < 2 || length < MIN_PARAMETERS {
            return I::call(self);
        }
        let count = threads.get().min(thread_pool::MAX_PARTS);
        let part_length = length.div_ceil(count).next_multiple_of(64);
        let parts = self.gradient.chunks(part_length).map(|gradient| Part {
            step: self.step,
            numbers: self.numbers.each_mut().map(|rest| {
                let (first, others) = std::mem::take(rest).split_at_mut(gradient.len());
                *rest = others;
                first
            }),
            gradient,
        });
        thread_pool::for_each_of::<{ thread_pool::MAX_PARTS }, _>(threads, parts, |part| I::call(part));
    }
}

impl<T: Scalar, F: MapSeveral<T, N>, const N: usize> Task for Part<'_, T, F, N> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        vector::update_several::<I, T, F, N>(self.numbers, self.gradient, self.step);
    }
}

/// b ← μb + rest·g, θ ← θ − η·b, or with Nesterov momentum θ ← θ − η(ahead·g + μb).
#[derive(Clone, Copy)]
pub struct Momentum<T> {
    /// The learning rate η.
    pub rate: T,
    /// The momentum μ.
    pub momentum: T,
    /// 1 − dampening; 1 in the first step.
    pub rest: T,
    /// The factor of g in Nesterov momentum: 1, or the learning rate where b already includes it and η is 1.
    pub ahead: T,
    /// Whether the momentum is Nesterov's.
    pub nesterov: bool,
}

lane_by_lane!(Momentum<T>: |self, [parameter, b; 2], g| {
    let momentum = V::splat(self.momentum);
    let b = momentum.mul_add(b, V::splat(self.rest).mul(g));
    let along = if self.nesterov {
        momentum.mul_add(b, V::splat(self.ahead).mul(g))
    } else {
        b
    };
    [parameter.sub(V::splat(self.rate).mul(along)), b]
});

/// s ← s + g², θ ← θ − η·g / (√s + ε).
#[derive(Clone, Copy)]
pub struct Adagrad<T> {
    /// The learning rate η.
    pub rate: T,
    /// ε.
    pub epsilon: T,
}

lane_by_lane!(Adagrad<T>: |self, [parameter, sum; 2], g| {
    let sum = g.mul_add(g, sum);
    let root = sum.approximate_sqrt().add(V::splat(self.epsilon));
    [
        parameter.sub(V::splat(self.rate).mul(g).approximate_div(root)),
        sum,
    ]
});

/// ρ·mean + (1 − ρ)·g².
#[inline(always)]
fn mean_square<T: Scalar, V: Vector<T>>(mean: V, g: V, rho: T) -> V {
    V::splat(rho)
        .mul_add(mean, V::splat(T::ONE - rho).mul(g.mul(g)))
        .flush_below(V::splat(T::NEGLIGIBLE * T::NEGLIGIBLE))
}

/// v ← ρv + (1−ρ)g², b ← μb + g / (√v + ε), θ ← θ − η·b.
#[derive(Clone, Copy)]
pub struct RmsProp<T> {
    /// The learning rate η.
    pub rate: T,
    /// ρ.
    pub rho: T,
    /// ε.
    pub epsilon: T,
    /// The momentum μ.
    pub momentum: T,
}

lane_by_lane!(RmsProp<T>: |self, [parameter, v, b; 3], g| {
    let g = g.flush_below(V::splat(T::NEGLIGIBLE));
    let v = mean_square(v, g, self.rho);
    let root = v.approximate_sqrt().add(V::splat(self.epsilon));
    let b = V::splat(self.momentum)
        .mul_add(b, g.approximate_div(root))
        .flush_below(V::splat(T::NEGLIGIBLE));
    [parameter.sub(V::splat(self.rate).mul(b)), v, b]
});

/// v ← ρv + (1−ρ)g², Δ = √(u + ε) / √(v + ε)·g, u ← ρu + (1−ρ)Δ², θ ← θ − η·Δ.
#[derive(Clone, Copy)]
pub struct Adadelta<T> {
    /// The learning rate η.
    pub rate: T,
    /// ρ.
    pub rho: T,
    /// ε.
    pub epsilon: T,
}

lane_by_lane!(Adadelta<T>: |self, [parameter, v, u; 3], g| {
    let g = g.flush_below(V::splat(T::NEGLIGIBLE));
    let epsilon = V::splat(self.epsilon);
    let v = mean_square(v, g, self.rho);
    let change = u
        .add(epsilon)
        .approximate_sqrt()
        .mul(g)
        .approximate_div(v.add(epsilon).approximate_sqrt());
    let u = mean_square(u, change, self.rho);
    [parameter.sub(V::splat(self.rate).mul(change)), v, u]
});

/// How the two moments of Adam and related optimizers follow the gradient.
#[derive(Clone, Copy)]
pub struct Moments<T> {
    /// β₁.
    pub beta_1: T,
    /// 1 − β₁.
    pub rest_1: T,
    /// β₂.
    pub beta_2: T,
    /// 1 − β₂.
    pub rest_2: T,
}

impl<T: Scalar> Moments<T> {
    /// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g². Also returns the gradient, with 0 where it is negligible.
    ///
    /// The moments of an input that is almost always 0 decay until they are denormal, and stay so, and every operation
    /// on denormal numbers is a hundred times slower. They are negligible against ε long before that.
    #[inline(always)]
    fn update<V: Vector<T>>(self, m: V, v: V, g: V) -> (V, V, V) {
        let (least, least_square) = (V::splat(T::NEGLIGIBLE), V::splat(T::NEGLIGIBLE * T::NEGLIGIBLE));
        let g = g.flush_below(least);
        let m = V::splat(self.beta_1)
            .mul_add(m, V::splat(self.rest_1).mul(g))
            .flush_below(least_square);
        let v = V::splat(self.beta_2)
            .mul_add(v, V::splat(self.rest_2).mul(g.mul(g)))
            .flush_below(least_square);
        (m, v, g)
    }
}

/// θ ← θ − rate·m / (root·√v + ε), with the updated moments.
#[derive(Clone, Copy)]
pub struct Adam<T> {
    /// How the moments follow the gradient.
    pub moments: Moments<T>,
    /// η with the bias correction of the first moment.
    pub rate: T,
    /// The square root of the bias correction of the second moment.
    pub root: T,
    /// ε.
    pub epsilon: T,
}

impl<T: Scalar> Adam<T> {
    #[inline(always)]
    fn step<V: Vector<T>>(self, m: V, v: V) -> V {
        let root = v
            .approximate_sqrt()
            .mul_add(V::splat(self.root), V::splat(self.epsilon));
        V::splat(self.rate).mul(m).approximate_div(root)
    }
}

lane_by_lane!(Adam<T>: |self, [parameter, m, v; 3], g| {
    let (m, v, _) = self.moments.update(m, v, g);
    [parameter.sub(self.step(m, v)), m, v]
});

/// Adam with the largest second moment so far.
#[derive(Clone, Copy)]
pub struct Amsgrad<T>(pub Adam<T>);

lane_by_lane!(Amsgrad<T>: |self, [parameter, m, v, largest; 4], g| {
    let (m, v, _) = self.0.moments.update(m, v, g);
    let largest = largest.at_least(v);
    [parameter.sub(self.0.step(m, largest)), m, v, largest]
});

/// θ ← θ − (η_g·g + η_m·m) / (root·√v + ε).
#[derive(Clone, Copy)]
pub struct Nadam<T> {
    /// How the moments follow the gradient.
    pub moments: Moments<T>,
    /// η_g.
    pub rate_of_gradient: T,
    /// η_m.
    pub rate_of_moment: T,
    /// The square root of the bias correction of the second moment.
    pub root: T,
    /// ε.
    pub epsilon: T,
}

lane_by_lane!(Nadam<T>: |self, [parameter, m, v; 3], g| {
    let (m, v, g) = self.moments.update(m, v, g);
    let root = v
        .approximate_sqrt()
        .mul_add(V::splat(self.root), V::splat(self.epsilon));
    let along = V::splat(self.rate_of_gradient).mul_add(g, V::splat(self.rate_of_moment).mul(m));
    [parameter.sub(along.approximate_div(root)), m, v]
});

/// u ← max(β₂u, |g| + ε), θ ← θ − rate·m / u; the root is of no use.
#[derive(Clone, Copy)]
pub struct Adamax<T>(pub Adam<T>);

lane_by_lane!(Adamax<T>: |self, [parameter, m, u; 3], g| {
    let Adam { moments, rate, epsilon, .. } = self.0;
    let (m, _, g) = moments.update(m, u, g);
    let u = V::splat(moments.beta_2).mul(u).at_least(g.abs().add(V::splat(epsilon)));
    [parameter.sub(V::splat(rate).mul(m).approximate_div(u)), m, u]
});

/// −1, 0 or 1; 0 for NaN.
#[inline(always)]
fn sign<T: Scalar, V: Vector<T>>(of: V) -> V {
    let one = V::splat(T::ONE);
    one.keep_where_positive(of)
        .sub(one.keep_where_positive(V::splat(T::ZERO).sub(of)))
}

/// θ ← θ − η·sign(β₁m + (1−β₁)g), m ← β₂m + (1−β₂)g.
#[derive(Clone, Copy)]
pub struct Lion<T> {
    /// How the moments follow the gradient.
    pub moments: Moments<T>,
    /// The learning rate η.
    pub rate: T,
}

lane_by_lane!(Lion<T>: |self, [parameter, m; 2], g| {
    let Moments {
        beta_1,
        rest_1,
        beta_2,
        rest_2,
    } = self.moments;
    let along = V::splat(beta_1).mul_add(m, V::splat(rest_1).mul(g));
    let m = V::splat(beta_2)
        .mul_add(m, V::splat(rest_2).mul(g))
        .flush_below(V::splat(T::NEGLIGIBLE));
    [parameter.sub(V::splat(self.rate).mul(sign(along))), m]
});

/// Resilient propagation: the step of a parameter grows while its derivative keeps its sign, and shrinks when the sign
/// changes.
#[derive(Clone, Copy)]
pub struct Rprop<T> {
    /// The factor of a step whose derivative keeps its sign.
    pub increase: T,
    /// The factor of a step whose derivative changes its sign.
    pub decrease: T,
    /// The smallest step.
    pub least: T,
    /// The largest step.
    pub largest: T,
    /// The factor, 1 or 0, of the previous step that is taken back where the sign of the derivative has changed.
    pub taken_back: T,
}

impl<T: Scalar> Rprop<T> {
    /// (positive where the sign has changed, the new step, the derivative to store for the next step).
    #[inline(always)]
    fn adapt<V: Vector<T>>(self, before: V, step: V, g: V) -> (V, V, V) {
        let product = g.mul(before);
        let changed = V::splat(T::ZERO).sub(product);
        let one = V::splat(T::ONE);
        let factor = one
            .add(V::splat(self.increase - T::ONE).keep_where_positive(product))
            .sub(V::splat(T::ONE - self.decrease).keep_where_positive(changed));
        let step = step
            .mul(factor)
            .at_least(V::splat(self.least))
            .at_most(V::splat(self.largest));
        (changed, step, g.sub(g.keep_where_positive(changed)))
    }
}

// The iRprop⁻ of Igel & Hüsken, as PyTorch's Rprop: where the sign has changed, the parameter does not move.
lane_by_lane!(Rprop<T>: |self, [parameter, before, step; 3], g| {
    let (_, step, g) = self.adapt(before, step, g);
    [parameter.sub(sign(g).mul(step)), g, step]
});

// The iRprop⁺ of Igel & Hüsken: where the sign has changed, the previous step is taken back if the loss has risen.
lane_by_lane!(Rprop<T>: |self, [parameter, before, step, moved; 4], g| {
    let (changed, step, g) = self.adapt(before, step, g);
    let back = moved.mul(V::splat(self.taken_back)).keep_where_positive(changed);
    // Where the sign has changed, g is already 0.
    let moved = V::splat(T::ZERO).sub(sign(g).mul(step)).sub(back);
    [parameter.add(moved), g, step, moved]
});
