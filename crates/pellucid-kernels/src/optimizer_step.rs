//! The update loops of the optimizers: each maps a register of parameters, with the optimizer's state for them, to
//! their values after the step.

use crate::per_precision;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{self, MapSeveral, Vector, lane_by_lane};
use crate::simd::{Isa, Task};
use crate::thread_pool;
use std::num::NonZeroUsize;

/// The update rule of one step, with the names of [`Coefficients`]; g is the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepRule {
    /// θ ← θ − η·g.
    Descent,
    /// b ← μb + rest·g, θ ← θ − η·b, or with Nesterov momentum θ ← θ − η(ahead·g + μb).
    Momentum,
    /// s ← s + g², θ ← θ − η·g / (√s + ε).
    Adagrad,
    /// v ← ρv + (1−ρ)g², b ← μb + g / (√v + ε), θ ← θ − η·b.
    RmsProp,
    /// v ← ρv + (1−ρ)g², Δ = √(u + ε) / √(v + ε)·g, u ← ρu + (1−ρ)Δ², θ ← θ − η·Δ.
    Adadelta,
    /// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η·m / (root·√v + ε): Adam, AdamW and RAdam.
    Adam,
    /// Adam with the largest v so far.
    Amsgrad,
    /// Adam with η_g·g + η·m in place of η·m.
    Nadam,
    /// m ← β₁m + (1−β₁)g, u ← max(β₂u, |g| + ε), θ ← θ − η·m / u.
    Adamax,
    /// θ ← θ − η·sign(β₁m + (1−β₁)g), m ← β₂m + (1−β₂)g.
    Lion,
    /// The iRprop⁻ of Igel & Hüsken, as PyTorch's Rprop: where the sign of g has changed, the parameter does not move.
    Rprop,
    /// The iRprop⁺ of Igel & Hüsken: where the sign of g has changed, the previous step is taken back if the loss has
    /// risen.
    RpropPlus,
}

/// The coefficients of a step. A rule reads those of its formula.
#[derive(Debug, Clone, Copy)]
pub struct Coefficients<T> {
    /// The learning rate η; for Adam and related rules with the bias correction of the first moment.
    pub rate: T,
    /// η_g.
    pub rate_of_gradient: T,
    /// The momentum μ.
    pub momentum: T,
    /// 1 − dampening; 1 in the first step.
    pub rest: T,
    /// The factor of g in Nesterov momentum: 1, or the learning rate where b already includes it and η is 1.
    pub ahead: T,
    /// Whether the momentum is Nesterov's.
    pub nesterov: bool,
    /// ρ.
    pub rho: T,
    /// β₁.
    pub beta_1: T,
    /// 1 − β₁.
    pub rest_1: T,
    /// β₂.
    pub beta_2: T,
    /// 1 − β₂.
    pub rest_2: T,
    /// The square root of the bias correction of the second moment.
    pub root: T,
    /// ε.
    pub epsilon: T,
    /// The factor of a step of resilient propagation whose derivative keeps its sign.
    pub increase: T,
    /// The factor of one whose derivative changes its sign.
    pub decrease: T,
    /// The smallest step.
    pub least: T,
    /// The largest step.
    pub largest: T,
    /// The factor, 1 or 0, of the previous step that is taken back where the sign of the derivative has changed.
    pub taken_back: T,
}

/// One step of an optimizer on flat slices. `parameters`, `gradient` and the `slots` that the rule uses have the same
/// length.
pub struct OptimizerStep<'a, T> {
    /// The update rule.
    pub rule: StepRule,
    /// Its coefficients.
    pub coefficients: Coefficients<T>,
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
            coefficients,
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
            ($Rule:ident, $($slot:ident),*) => {
                Part { step: $Rule(coefficients), numbers: [parameters, $($slot),*], gradient }.split::<I>(threads)
            };
        }
        match rule {
            StepRule::Descent => {
                for (parameter, &gradient) in parameters.iter_mut().zip(gradient) {
                    *parameter -= coefficients.rate * gradient;
                }
            }
            StepRule::Momentum => step!(Momentum, first),
            StepRule::Adagrad => step!(Adagrad, first),
            StepRule::RmsProp => step!(RmsProp, first, second),
            StepRule::Adadelta => step!(Adadelta, first, second),
            StepRule::Adam => step!(Adam, first, second),
            StepRule::Amsgrad => step!(Amsgrad, first, second, third),
            StepRule::Nadam => step!(Nadam, first, second),
            StepRule::Adamax => step!(Adamax, first, second),
            StepRule::Lion => step!(Lion, first),
            StepRule::Rprop => step!(Rprop, first, second),
            StepRule::RpropPlus => step!(RpropPlus, first, second, third),
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

impl<T: Scalar> Coefficients<T> {
    /// ρ·mean + (1 − ρ)·g².
    #[inline(always)]
    fn mean_square<V: Vector<T>>(self, mean: V, g: V) -> V {
        V::splat(self.rho)
            .mul_add(mean, V::splat(T::ONE - self.rho).mul(g.mul(g)))
            .flush_below(V::splat(T::NEGLIGIBLE * T::NEGLIGIBLE))
    }

    /// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g². Also returns the gradient, with 0 where it is negligible.
    ///
    /// The moments of an input that is almost always 0 decay until they are denormal, and stay so, and every operation
    /// on denormal numbers is a hundred times slower. They are negligible against ε long before that.
    #[inline(always)]
    fn moments<V: Vector<T>>(self, m: V, v: V, g: V) -> (V, V, V) {
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

    /// along / (root·√v + ε).
    #[inline(always)]
    fn over_root<V: Vector<T>>(self, along: V, v: V) -> V {
        let root = v
            .approximate_sqrt()
            .mul_add(V::splat(self.root), V::splat(self.epsilon));
        along.approximate_div(root)
    }

    /// For resilient propagation: (positive where the sign has changed, the new step, the derivative to store for the
    /// next step).
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

/// −1, 0 or 1; 0 for NaN.
#[inline(always)]
fn sign<T: Scalar, V: Vector<T>>(of: V) -> V {
    let one = V::splat(T::ONE);
    one.keep_where_positive(of)
        .sub(one.keep_where_positive(V::splat(T::ZERO).sub(of)))
}

/// Defines the step of a rule from its coefficients, a register of each of the parameters and slots, and the gradient.
macro_rules! rule {
    ($Rule:ident: |$of:ident, $numbers:tt, $g:ident| $step:expr) => {
        #[derive(Clone, Copy)]
        struct $Rule<T>(Coefficients<T>);
        lane_by_lane!($Rule<T>: |self, $numbers, $g| {
            let $of = self.0;
            $step
        });
    };
}

rule!(Momentum: |of, [parameter, b; 2], g| {
    let momentum = V::splat(of.momentum);
    let b = momentum.mul_add(b, V::splat(of.rest).mul(g));
    let along = if of.nesterov {
        momentum.mul_add(b, V::splat(of.ahead).mul(g))
    } else {
        b
    };
    [parameter.sub(V::splat(of.rate).mul(along)), b]
});

rule!(Adagrad: |of, [parameter, sum; 2], g| {
    let sum = g.mul_add(g, sum);
    let root = sum.approximate_sqrt().add(V::splat(of.epsilon));
    [parameter.sub(V::splat(of.rate).mul(g).approximate_div(root)), sum]
});

rule!(RmsProp: |of, [parameter, v, b; 3], g| {
    let g = g.flush_below(V::splat(T::NEGLIGIBLE));
    let v = of.mean_square(v, g);
    let root = v.approximate_sqrt().add(V::splat(of.epsilon));
    let b = V::splat(of.momentum)
        .mul_add(b, g.approximate_div(root))
        .flush_below(V::splat(T::NEGLIGIBLE));
    [parameter.sub(V::splat(of.rate).mul(b)), v, b]
});

rule!(Adadelta: |of, [parameter, v, u; 3], g| {
    let g = g.flush_below(V::splat(T::NEGLIGIBLE));
    let epsilon = V::splat(of.epsilon);
    let v = of.mean_square(v, g);
    let change = u
        .add(epsilon)
        .approximate_sqrt()
        .mul(g)
        .approximate_div(v.add(epsilon).approximate_sqrt());
    let u = of.mean_square(u, change);
    [parameter.sub(V::splat(of.rate).mul(change)), v, u]
});

rule!(Adam: |of, [parameter, m, v; 3], g| {
    let (m, v, _) = of.moments(m, v, g);
    [parameter.sub(of.over_root(V::splat(of.rate).mul(m), v)), m, v]
});

rule!(Amsgrad: |of, [parameter, m, v, largest; 4], g| {
    let (m, v, _) = of.moments(m, v, g);
    let largest = largest.at_least(v);
    [parameter.sub(of.over_root(V::splat(of.rate).mul(m), largest)), m, v, largest]
});

rule!(Nadam: |of, [parameter, m, v; 3], g| {
    let (m, v, g) = of.moments(m, v, g);
    let along = V::splat(of.rate_of_gradient).mul_add(g, V::splat(of.rate).mul(m));
    [parameter.sub(of.over_root(along, v)), m, v]
});

rule!(Adamax: |of, [parameter, m, u; 3], g| {
    let (m, _, g) = of.moments(m, u, g);
    let u = V::splat(of.beta_2).mul(u).at_least(g.abs().add(V::splat(of.epsilon)));
    [parameter.sub(V::splat(of.rate).mul(m).approximate_div(u)), m, u]
});

rule!(Lion: |of, [parameter, m; 2], g| {
    let along = V::splat(of.beta_1).mul_add(m, V::splat(of.rest_1).mul(g));
    let m = V::splat(of.beta_2)
        .mul_add(m, V::splat(of.rest_2).mul(g))
        .flush_below(V::splat(T::NEGLIGIBLE));
    [parameter.sub(V::splat(of.rate).mul(sign(along))), m]
});

rule!(Rprop: |of, [parameter, before, step; 3], g| {
    let (_, step, g) = of.adapt(before, step, g);
    [parameter.sub(sign(g).mul(step)), g, step]
});

rule!(RpropPlus: |of, [parameter, before, step, moved; 4], g| {
    let (changed, step, g) = of.adapt(before, step, g);
    let back = moved.mul(V::splat(of.taken_back)).keep_where_positive(changed);
    // Where the sign has changed, g is already 0.
    let moved = V::splat(T::ZERO).sub(sign(g).mul(step)).sub(back);
    [parameter.add(moved), g, step, moved]
});
