//! The optimizers: what each is called, computes and can be set to.

use crate::descriptor::{Choice, Descriptor, Range, Setting, SettingError, SettingValue};
use crate::optimization::lbfgs::Lbfgs;
use pellucid_kernels::choice;

/// What an optimizer is called, computes and needs.
#[derive(Debug, Clone, Copy)]
pub struct OptimizerDescriptor {
    /// Names, formula and paper. In the formula g is the gradient, η the learning rate, θ a parameter.
    pub common: Descriptor,
    /// A learning rate to begin with, where nothing is known: that of PyTorch or of the paper, and for gradient descent
    /// one that suits standardised inputs. 0 where it has none.
    pub usual_learning_rate: f64,
    /// The names of the numbers that it remembers of each parameter, as in the formula.
    pub memory: &'static [&'static str],
}

const fn optimizer(
    name: &'static str,
    title: &'static str,
    usual_learning_rate: f64,
    memory: &'static [&'static str],
) -> OptimizerDescriptor {
    OptimizerDescriptor {
        common: Descriptor::new(name, title),
        usual_learning_rate,
        memory,
    }
}

impl OptimizerDescriptor {
    const fn formula(mut self, plain: &'static str, latex: &'static str) -> Self {
        self.common = self.common.formula(plain, latex);
        self
    }

    const fn paper(mut self, paper: &'static str) -> Self {
        self.common = self.common.paper(paper);
        self
    }
}

impl AsRef<Descriptor> for OptimizerDescriptor {
    fn as_ref(&self) -> &Descriptor {
        &self.common
    }
}

choice! {
    /// The rule by which parameters take their step, with its settings. They are by default those of the papers and of
    /// PyTorch.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Optimizer: OptimizerDescriptor, key "train.optimizer", tag "name", unnamed Some("sgd"), alone true {
        /// Gradient descent, θ ← θ − η·g. Without momentum the backward pass takes this step itself.
        Sgd { momentum, dampening, nesterov, velocity, weight_decay } => optimizer("sgd", "gradient descent", 0.01, &["b"])
            .formula(
                "b ← μb + g, θ ← θ − η·b",
                r"b \leftarrow \mu \cdot b + g, \quad \theta \leftarrow \theta - \eta \cdot b",
            )
            .paper("Momentum: Polyak, Some Methods of Speeding Up the Convergence of Iteration Methods, 1964. Looking \
                    ahead: Nesterov, A Method for Solving the Convex Programming Problem with Convergence Rate \
                    O(1/k²), 1983, in the form of Sutskever et al., On the Importance of Initialization and Momentum \
                    in Deep Learning, 2013"),
        /// AdaGrad.
        Adagrad { epsilon = 1e-10, weight_decay } => optimizer("adagrad", "AdaGrad", 0.01, &["s"])
            .formula(
                "s ← s + g², θ ← θ − η·g/(√s + ε)",
                r"s \leftarrow s + g^2, \quad \theta \leftarrow \theta - \eta \cdot \frac{g}{\sqrt{s} + \varepsilon}",
            )
            .paper("Duchi, Hazan & Singer, Adaptive Subgradient Methods for Online Learning and Stochastic \
                    Optimization, 2011"),
        /// RMSProp.
        Rmsprop { momentum, rho = 0.99, epsilon, weight_decay } => optimizer("rmsprop", "RMSProp", 0.01, &["v", "b"])
            .formula(
                "v ← ρv + (1−ρ)g², b ← μb + g/(√v + ε), θ ← θ − η·b",
                r"v \leftarrow \rho \cdot v + (1 - \rho) \cdot g^2, \quad b \leftarrow \mu \cdot b + \frac{g}{\sqrt{v} + \varepsilon}, \quad \theta \leftarrow \theta - \eta \cdot b",
            )
            .paper("Tieleman & Hinton, Neural Networks for Machine Learning, lecture 6.5, 2012"),
        /// AdaDelta.
        Adadelta { rho, epsilon = 1e-6, weight_decay } => optimizer("adadelta", "AdaDelta", 1.0, &["v", "u"])
            .formula(
                "v ← ρv + (1−ρ)g², d = √(u + ε)/√(v + ε)·g, u ← ρu + (1−ρ)d², θ ← θ − η·d",
                r"v \leftarrow \rho \cdot v + (1 - \rho) \cdot g^2, \quad d = \frac{\sqrt{u + \varepsilon}}{\sqrt{v + \varepsilon}} \cdot g, \quad u \leftarrow \rho \cdot u + (1 - \rho) \cdot d^2, \quad \theta \leftarrow \theta - \eta \cdot d",
            )
            .paper("Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012"),
        /// Adam.
        Adam { beta_1, beta_2, epsilon, epsilon_hat, weight_decay } => optimizer("adam", "Adam", 1e-3, &["m", "v"])
            .formula(ADAM, ADAM_LATEX)
            .paper("Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1"),
        /// Adam with decoupled weight decay.
        Adamw { beta_1, beta_2, epsilon, epsilon_hat, weight_decay = 0.01 } => optimizer("adamw", "AdamW", 1e-3, &["m", "v"])
            .formula(
                "θ ← (1 − ηλ)·θ, then Adam's step",
                r"\theta \leftarrow (1 - \eta \cdot \lambda) \cdot \theta \text{, then Adam's step}",
            )
            .paper("Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019"),
        /// Adam whose second moment never falls.
        Amsgrad { beta_1, beta_2, epsilon, weight_decay } => optimizer("amsgrad", "AMSGrad", 1e-3, &["m", "v", "v̂"])
            .formula(
                "Adam with v̂ ← max(v̂, v) in place of v",
                r"\hat{v} \leftarrow \max(\hat{v}, v) \text{, then Adam's step with it in place of } v",
            )
            .paper("Reddi, Kale & Kumar, On the Convergence of Adam and Beyond, 2018"),
        /// Adam that looks ahead.
        Nadam { beta_1, beta_2, epsilon, weight_decay } => optimizer("nadam", "NAdam", 2e-3, &["m", "v"])
            .formula(
                "Adam with (1−μₜ)g/(1 − Πμ) + μₜ₊₁m/(1 − Πμ·μₜ₊₁) in place of m, where μₜ rises to β₁",
                r"\text{Adam with } \frac{(1 - \mu_t) g}{1 - p} + \frac{\mu_{t+1} m}{1 - p \mu_{t+1}} \text{ in place of m, p being the product of all } \mu",
            )
            .paper("Dozat, Incorporating Nesterov Momentum into Adam, 2016"),
        /// Adam without its second moment until that has a finite variance.
        Radam { beta_1, beta_2, epsilon, weight_decay } => optimizer("radam", "RAdam", 1e-3, &["m", "v"])
            .formula(
                "Adam times r, the rectification of the variance of 1/√v; without v while the variance is infinite",
                r"\text{Adam times r, the rectification of the variance of } \frac{1}{\sqrt{v}} \text{; without v while the variance is infinite}",
            )
            .paper("Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020, algorithm 2"),
        /// Adam by the largest derivative in place of the second moment.
        Adamax { beta_1, beta_2, epsilon, weight_decay } => optimizer("adamax", "Adamax", 2e-3, &["m", "u"])
            .formula(
                "u ← max(β₂u, |g| + ε), θ ← θ − η·m/((1 − β₁ᵗ)·u)",
                r"u \leftarrow \max(\beta_2 \cdot u, |g| + \varepsilon), \quad \theta \leftarrow \theta - \eta \cdot \frac{m}{(1 - \beta_1^t) \cdot u}",
            )
            .paper("Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 2"),
        /// Steps of the same length for every parameter.
        Lion { beta_1, beta_2 = 0.99, weight_decay } => optimizer("lion", "Lion", 1e-4, &["m"])
            .formula(
                "θ ← θ − η·sign(β₁m + (1−β₁)g), m ← β₂m + (1−β₂)g",
                r"\theta \leftarrow \theta - \eta \cdot \mathrm{sign}(\beta_1 \cdot m + (1 - \beta_1) \cdot g), \quad m \leftarrow \beta_2 \cdot m + (1 - \beta_2) \cdot g",
            )
            .paper("Chen et al., Symbolic Discovery of Optimization Algorithms, 2023"),
        /// iRprop⁻: steps that grow while a derivative keeps its sign, for full batches. The learning rate is the length of
        /// the first step.
        Rprop { weight_decay, increase, decrease, least_step, largest_step } => optimizer("rprop", "Rprop", 0.01, &["g", "Δ"])
            .formula(
                "Δ grows while g keeps its sign and shrinks when it changes, θ ← θ − sign(g)·Δ where it keeps it",
                r"\theta \leftarrow \theta - \mathrm{sign}(g) \cdot \Delta \text{, where } \Delta \text{ grows while g keeps its sign and shrinks when it changes}",
            )
            .paper("Riedmiller & Braun, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP \
                    Algorithm, 1993, in the form iRprop⁻ of Igel & Hüsken, Improving the Rprop Learning Algorithm, 2000"),
        /// iRprop⁺: Rprop that takes back a step across a minimum where the loss has risen.
        IrpropPlus { weight_decay, increase, decrease, least_step, largest_step } => optimizer("irprop_plus", "iRprop+", 0.01, &["g", "Δ", "Δθ"])
            .formula(
                "Rprop, and where g changes its sign and the loss has risen, the last step is taken back",
                r"\text{Rprop, and where g changes its sign and the loss has risen, the last step is taken back}",
            )
            .paper("Igel & Hüsken, Improving the Rprop Learning Algorithm, 2000"),
        /// L-BFGS with a line search, on all samples at once. It takes no steps of its own:
        /// [`minimize`](crate::optimization::lbfgs::minimize) is the method, and its iterations are the epochs of the run.
        Lbfgs { history, gradient_tolerance, loss_tolerance, max_evaluations } => optimizer("lbfgs", "L-BFGS", 0.0, &[])
            .formula(
                "θ ← θ − α·Hg, H from the last steps, α by a line search",
                r"\theta \leftarrow \theta - \alpha \cdot H g \text{, H from the last steps, } \alpha \text{ by a line search}",
            )
            .paper("Liu & Nocedal, On the Limited Memory BFGS Method for Large Scale Optimization, 1989; line search: \
                    Moré & Thuente, Line Search Algorithms with Guaranteed Sufficient Decrease, 1994"),
    }
    settings OptimizerSettings {
        momentum: f64 = 0.0, Setting::number(Range::FRACTION, "μ: how much of the step before is in this one");
        dampening: f64 = 0.0, Setting::number(
            Range::BELOW_ONE,
            "the part of the gradient that does not enter the momentum",
        );
        nesterov: bool = false, Setting::other("whether the momentum looks ahead");
        velocity: bool = false, Setting::other(
            "whether each gradient stays in the momentum with the learning rate it came with, v ← μv − ηg, θ ← θ + v, which \
             makes a difference where the rate changes (Sutskever et al. 2013); scikit-learn's way",
        );
        beta_1: f64 = 0.9, Setting::number(Range::BELOW_ONE, "β₁: how slowly the first moment follows the gradient");
        beta_2: f64 = 0.999, Setting::number(
            Range::BELOW_ONE,
            "β₂: how slowly the second moment follows the squared gradient; of Lion, how slowly its memory follows the gradient",
        );
        rho: f64 = 0.9, Setting::number(
            Range::BELOW_ONE,
            "ρ: how slowly the mean square follows the squared gradient",
        );
        epsilon: f64 = 1e-8, Setting::number(Range::POSITIVE, "ε: keeps a quotient finite");
        epsilon_hat: bool = false, Setting::other(
            "whether ε is added to √v before v is corrected (Kingma & Ba, section 2); scikit-learn's way",
        );
        weight_decay: f64 = 0.0, Setting::number(
            Range::NOT_NEGATIVE,
            "λ of the decoupled weight decay θ ← (1 − ηλ)·θ before the step, of weights alone",
        );
        increase: f64 = 1.2, Setting::number(
            Range::between(1.0, f64::INFINITY, "a number is needed, above 1"),
            "the factor of a step whose derivative keeps its sign",
        );
        decrease: f64 = 0.5, Setting::number(
            Range::between(0.0, 1.0, "a number is needed, above 0, below 1"),
            "the factor of a step whose derivative changes its sign",
        );
        least_step: f64 = 1e-6, Setting::number(Range::POSITIVE, "the smallest step");
        largest_step: f64 = 50.0, Setting::number(Range::POSITIVE, "the largest step");
        history: usize = 10, Setting::number(Range::COUNT, "how many of the last steps it remembers");
        // scikit-learn's `tol`; the two after it are SciPy's.
        gradient_tolerance: f64 = 1e-4, Setting::number(
            Range::NOT_NEGATIVE,
            "training ends when no derivative is larger than this",
        );
        loss_tolerance: f64 = 1e7 * f64::EPSILON, Setting::number(
            Range::NOT_NEGATIVE,
            "training ends when an iteration lowers the loss by no more than this, times the loss where that is above 1",
        );
        max_evaluations: u64 = 15_000, Setting::number(
            Range::COUNT,
            "no iteration begins after so many evaluations of the loss",
        );
    }
}

const ADAM: &str =
    "m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η·m̂/(√v̂ + ε), m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)";
const ADAM_LATEX: &str = r"m \leftarrow \beta_1 \cdot m + (1 - \beta_1) \cdot g, \quad v \leftarrow \beta_2 \cdot v + (1 - \beta_2) \cdot g^2, \quad \theta \leftarrow \theta - \eta \cdot \frac{m}{1 - \beta_1^t} / (\sqrt{\frac{v}{1 - \beta_2^t}} + \varepsilon)";

impl Default for Optimizer {
    fn default() -> Self {
        Self::SGD
    }
}

impl Optimizer {
    /// Plain gradient descent.
    pub const SGD: Self = Self::ALL[0];
    /// Adam with its default settings.
    pub const ADAM: Self = Self::ALL[4];
    /// L-BFGS with its default settings.
    pub const LBFGS: Self = Self::ALL[13];

    /// The name in texts.
    pub fn title(&self) -> &'static str {
        self.descriptor().common.title
    }

    /// A learning rate to begin with; 0 where it has none.
    pub fn usual_learning_rate(&self) -> f64 {
        self.descriptor().usual_learning_rate
    }

    /// Whether it takes steps, each with a learning rate: all but L-BFGS, which minimises the loss of all samples.
    pub fn takes_steps(&self) -> bool {
        !matches!(self, Self::Lbfgs { .. })
    }

    /// Whether it is θ ← θ − η·g and nothing else.
    pub fn is_plain_descent(&self) -> bool {
        matches!(*self, Self::Sgd { momentum, weight_decay, .. } if momentum == 0.0 && weight_decay == 0.0)
    }

    /// λ of the decoupled weight decay.
    pub fn weight_decay(&self) -> f64 {
        self.all_settings().weight_decay
    }

    /// The names of the numbers that it remembers of each parameter.
    pub(crate) fn memory(&self) -> &'static [&'static str] {
        match self {
            Self::Sgd { momentum: 0.0, .. } => &[],
            _ => self.descriptor().memory,
        }
    }

    /// The settings of L-BFGS, where it is that.
    pub(crate) fn lbfgs(&self, max_iterations: u64) -> Option<Lbfgs> {
        let of = self.all_settings();
        (!self.takes_steps()).then_some(Lbfgs {
            history: of.history,
            gradient_tolerance: of.gradient_tolerance,
            loss_tolerance: of.loss_tolerance,
            max_iterations,
            max_evaluations: of.max_evaluations,
        })
    }

    /// Checks every setting, and that they go together.
    ///
    /// # Errors
    /// [`SettingError`] for the first that cannot be used.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.check()?;
        let OptimizerSettings {
            momentum,
            dampening,
            nesterov,
            velocity,
            least_step,
            largest_step,
            ..
        } = self.all_settings();
        let refuse = |key: &str, found: &dyn SettingValue, expected: &str| {
            let key = format!("{}.{key}", Self::KEY);
            Err(SettingError::new(key, found.text(), expected))
        };
        let needs_momentum = "it is a kind of momentum; set train.optimizer.momentum, to 0.9 say";
        // Only gradient descent can have these three.
        if velocity && dampening > 0.0 {
            let expected = "a velocity takes all of the gradient; 0 is needed";
            return refuse("dampening", &dampening, expected);
        }
        if nesterov && momentum == 0.0 {
            return refuse("nesterov", &nesterov, needs_momentum);
        }
        if dampening > 0.0 && momentum == 0.0 {
            return refuse("dampening", &dampening, needs_momentum);
        }
        if dampening > 0.0 && nesterov {
            let expected = "momentum that looks ahead takes all of the gradient; 0 is needed";
            return refuse("dampening", &dampening, expected);
        }
        if least_step > largest_step {
            let expected = format!("no more than largest_step, {largest_step}, is needed");
            return refuse("least_step", &least_step, &expected);
        }
        Ok(())
    }
}
