//! Checks a hand-written rule for the gradient of a network against its loss, and names the known mistake that fits.
//!
//! Each known mistake in δ gives a gradient of its own. Where the given gradient is a multiple of it, to all digits and in
//! all entries of a layer, that is the mistake. The wrong gradients are computed by the engine's own pass, one layer at a
//! time, with a loss whose derivatives are given.

use super::parts::ParameterPart;
use super::patterns::{Pattern, fits, of_numbers, of_places};
use super::{GradientEntry, GradientReport, OwnPass, check_gradient};
use crate::activation::Activation;
use crate::loss::{CustomLoss, Reduction};
use crate::model::network::{Architecture, Network};
use crate::model::pass::{Objective, Update};
use pellucid_kernels::layer::Input;
use std::cell::LazyCell;
use std::fmt;
use std::sync::LazyLock;

/// One part of a gradient, and the verdict on it.
#[derive(Debug, Clone, PartialEq)]
pub struct PartVerdict {
    /// The part of the parameters.
    pub part: ParameterPart,
    /// Its entries, given and numeric.
    pub report: GradientReport,
    /// The mistake that fits, where it is wrong and one does.
    pub pattern: Option<Pattern>,
}

/// The result of checking a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleReport {
    /// The parts, layer after layer.
    pub parts: Vec<PartVerdict>,
}

impl RuleReport {
    /// Whether every entry is right.
    pub fn is_right(&self) -> bool {
        self.parts.iter().all(|part| part.report.is_right())
    }

    /// The parts that are wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &PartVerdict> {
        self.parts.iter().filter(|part| !part.report.is_right())
    }
}

impl fmt::Display for RuleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, verdict) in self.parts.iter().enumerate() {
            let PartVerdict {
                part,
                report,
                pattern,
            } = verdict;
            if index > 0 {
                writeln!(f)?;
            }
            let all = report.entries.len();
            let by_error =
                |a: &&GradientEntry, b: &&GradientEntry| a.relative_error.total_cmp(&b.relative_error);
            let Some(worst) = report.wrong().max_by(by_error) else {
                write!(f, "{part}: right, all {all} entries to {:.1e}", report.worst())?;
                continue;
            };
            let (wrong, [row, column]) = (report.wrong().count(), part.place(worst.index));
            write!(
                f,
                "{part}: wrong in {wrong} of {all} entries; at worst, [{row}, {column}], {:e} for {:e}",
                worst.given, worst.numeric
            )?;
            match pattern {
                Some(pattern) => write!(f, "\n  {pattern}")?,
                None => write!(f, "\n  no known mistake fits")?,
            }
        }
        Ok(())
    }
}

/// Checks a rule for ∂L/∂θ of a network's loss on a batch, and names for each part of the parameters the mistake that fits:
/// a wrong sign, a wrong factor, a derivative evaluated at z instead of a or at a instead of z, a derivative missing or one
/// too many, one error for all rows, exchanged rows and columns, a broadcast number, a forgotten part.
///
/// `rule` returns the gradient, laid out as the network's parameters. `targets` are (rows, outputs). The numeric gradient
/// costs at least four forward passes for each parameter, so this is for networks of some thousand parameters.
///
/// Mistakes in δ are known for networks without normalisation and input scales on dense inputs; elsewhere signs, factors and places are.
///
/// ```
/// use pellucid::inspection::gradient_check::{Pattern, check_rule};
/// use pellucid::{Activation, Architecture, Input, Loss, Network, Objective, Reduction, Update};
/// let architecture = Architecture::new(&[2, 1], &[Activation::Sigmoid], false)?;
/// let network = Network::new(architecture, vec![0.3, -0.2])?;
/// let (x, y) = ([1.0, 2.0, -1.0, 0.5], [1.0, 0.0]);
/// let objective = Objective { loss: Loss::HalfSquaredError, reduction: Reduction::Sum, update: Update::Textbook };
/// // ∂L/∂W of one sigmoid, its derivative taken at z.
/// let report = check_rule(&network, Input::Dense(&x), &y, objective, |network| {
///     let w = network.parameters();
///     let mut gradient = vec![0.0; 2];
///     for (x, y) in x.chunks(2).zip(y) {
///         let z = w[0] * x[0] + w[1] * x[1];
///         let a = 1.0 / (1.0 + (-z).exp());
///         let delta = (a - y) * z * (1.0 - z); // a * (1.0 - a) is right
///         gradient[0] += x[0] * delta;
///         gradient[1] += x[1] * delta;
///     }
///     gradient
/// });
/// assert!(!report.is_right());
/// assert!(report.to_string().contains("taken at z"), "{report}");
/// # Ok::<(), pellucid::Error>(())
/// ```
///
/// # Panics
/// When the batch does not have the network's shape, or the gradient does not have an entry for each parameter.
pub fn check_rule(
    network: &Network<f64>,
    input: Input<'_, f64>,
    targets: &[f64],
    objective: Objective,
    rule: impl FnOnce(&Network<f64>) -> Vec<f64>,
) -> RuleReport {
    let given = rule(network);
    let mut own = OwnPass::new(network, input, targets, objective);
    let report = check_gradient(
        network.parameters(),
        |parameters| own.loss(parameters),
        |_| given.clone(),
    );
    let right = own.gradient(network.parameters());
    let candidates = LazyCell::new(|| candidates(&own));
    let parts = ParameterPart::all(network.architecture())
        .into_iter()
        .map(|part| {
            let range = part.range.clone();
            let report = GradientReport {
                entries: report.entries[range.clone()].to_vec(),
                tolerance: report.tolerance,
            };
            let (given, right) = (&given[range.clone()], &right[range]);
            let of_rules = || candidates.iter().find_map(|rule| rule.explains(&part, given));
            let pattern = match () {
                () if report.is_right() => None,
                () if given.iter().all(|&derivative| derivative == 0.0) => Some(Pattern::Forgotten),
                // A single entry is a multiple of anything.
                () if given.len() < 2 => None,
                () => of_numbers(given, right, own.workspace.rows())
                    .or_else(of_rules)
                    .or_else(|| of_places(&part, given, right)),
            };
            PartVerdict {
                part,
                report,
                pattern,
            }
        });
    RuleReport {
        parts: parts.collect(),
    }
}

/// How a rule treats f′.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Derivative {
    Right,
    /// The formula in a, applied to z: z(1 − z).
    AtZ,
    /// f′(a) instead of f′(z).
    AtA,
    /// 1 instead.
    Missing,
    /// A factor too many: the loss has cancelled it.
    Twice,
}

impl Derivative {
    /// The mistake in words; none where it is right. Formulas are those of the function, where it is known.
    fn mistake(self, whose: &str, function: Option<Activation>) -> Option<String> {
        let (at_z, at_a) = match function {
            Some(Activation::Sigmoid) => (", z(1 − z),", ", a(1 − a)"),
            Some(Activation::Tanh) => (", 1 − z²,", ", 1 − a²"),
            _ => (",", ""),
        };
        let mistake = match self {
            Self::Right => return None,
            Self::AtZ => format!("is taken at z{at_z} but its formula is in terms of a{at_a}"),
            Self::AtA => "is taken at a, f′(a), instead of at z, f′(z)".into(),
            Self::Missing => "f′(z) is missing".into(),
            Self::Twice => {
                "f′(z) is one too many: for this loss and this activation it cancels in δ = a − y".into()
            }
        };
        Some(format!("{whose} derivative {mistake}"))
    }

    /// Numbers, (rows, units), times f′ as the rule computes it; none where the mistake is impossible for this function.
    fn times(self, numbers: &[f64], function: Activation, z: &[f64], a: &[f64]) -> Option<Vec<f64>> {
        let derivatives: Vec<f64> = match (self, function) {
            (Self::Right | Self::Twice, _) => function.derivative(z, a),
            (Self::Missing, _) => vec![1.0; z.len()],
            (Self::AtZ, Activation::Sigmoid) => z.iter().map(|z| z * (1.0 - z)).collect(),
            (Self::AtZ, Activation::Tanh) => z.iter().map(|z| 1.0 - z * z).collect(),
            (Self::AtA, _) if function.is_elementwise() => {
                let mut of_a = vec![0.0; a.len()];
                function.apply(a, &mut of_a, a.len());
                function.derivative(a, &of_a)
            }
            _ => return None,
        };
        let products = numbers.iter().zip(derivatives);
        Some(products.map(|(number, f)| number * f).collect())
    }
}

/// What a rule uses as ∂L/∂a.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorTerm {
    /// Each row's own.
    Own,
    /// One number for all rows and outputs.
    One,
    /// The mean over rows, for each output.
    Mean,
}

impl ErrorTerm {
    /// The mistake in words; none where it is right.
    fn mistake(self) -> Option<String> {
        let mistake = match self {
            Self::Own => return None,
            Self::One => {
                "one error is used for all rows, where each row needs its own difference (an array was broadcast)"
            }
            Self::Mean => {
                "the mean error over rows is used for each row, where each row needs its own difference"
            }
        };
        Some(mistake.into())
    }
}

/// A wrong rule.
struct Candidate {
    /// The mistakes in the output's derivative, in the hidden units', and in ∂L/∂a, in words.
    mistakes: [Option<String>; 3],
    gradient: Vec<f64>,
    layers: usize,
}

impl Candidate {
    /// The mistakes that affect a part, where its derivatives are a multiple of those by this rule.
    fn explains(&self, part: &ParameterPart, given: &[f64]) -> Option<Pattern> {
        let (factor, residual) = fits(given, &self.gradient[part.range.clone()])?;
        let [output, hidden, error] = &self.mistakes;
        let hidden = hidden.as_ref().filter(|_| part.layer < self.layers);
        let mistakes = [output.as_ref(), hidden, error.as_ref()].into_iter().flatten();
        let mistakes: Vec<&str> = mistakes.map(String::as_str).collect();
        (!mistakes.is_empty()).then(|| Pattern::Rule {
            rule: mistakes.join("; and "),
            factor: error.is_none().then_some(factor),
            entries: given.len(),
            residual,
        })
    }
}

/// All wrong rules that are possible for this network and this loss, those with fewer mistakes first.
fn candidates(own: &OwnPass<'_>) -> Vec<Candidate> {
    use Derivative::{AtA, AtZ, Missing, Right, Twice};
    // Networks with more than dense layers, and byte inputs, are not covered.
    let architecture = own.network.architecture();
    let input = match own.input {
        Input::Dense(input) if architecture.is_plain() => input,
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for output in [Right, AtZ, AtA, Missing, Twice] {
        for hidden in [Right, AtZ, AtA, Missing] {
            for error in [ErrorTerm::Own, ErrorTerm::One, ErrorTerm::Mean] {
                found.extend(candidate(own, input, output, hidden, error));
            }
        }
    }
    found.sort_by_key(|candidate| candidate.mistakes.iter().flatten().count());
    found
}

fn candidate(
    own: &OwnPass<'_>,
    input: &[f64],
    output: Derivative,
    hidden: Derivative,
    error: ErrorTerm,
) -> Option<Candidate> {
    let workspace = &own.workspace;
    let layers = own.network.architecture().layers();
    let last = layers.len() - 1;
    let function = layers[last].activation;
    // A loss that is paired with its activation has cancelled the derivative: it can only be one too many.
    let is_paired = own.objective.loss.is_paired_with(function);
    if output != Derivative::Right && (output == Derivative::Twice) != is_paired {
        return None;
    }
    let errors = match is_paired {
        true => workspace.delta(last),
        false => workspace.upstream(last)?,
    };
    let of_rule = match error {
        ErrorTerm::Own => errors.to_vec(),
        ErrorTerm::One => vec![1.0; errors.len()],
        ErrorTerm::Mean => {
            let (width, rows) = (layers[last].fan_out, workspace.rows());
            let mean = |j: usize| errors.iter().skip(j).step_by(width).sum::<f64>() / rows as f64;
            (0..width).map(mean).collect::<Vec<f64>>().repeat(rows)
        }
    };
    let (z, a) = (workspace.z(last), workspace.activation(last));
    let mut delta = match (error, output) {
        (ErrorTerm::Own, Derivative::Right) => workspace.delta(last).to_vec(),
        (_, Derivative::Right) if is_paired => of_rule,
        _ => output.times(&of_rule, function, z, a)?,
    };
    let mut gradient = vec![0.0; own.network.parameters().len()];
    for index in (0..=last).rev() {
        let below = index.checked_sub(1);
        let x = below.map_or(input, |below| workspace.activation(below));
        let (of_weights, of_bias, upstream) = through(own.network, index, x, &delta)?;
        gradient[layers[index].weights()].copy_from_slice(&of_weights);
        if let Some(range) = layers[index].bias() {
            gradient[range].copy_from_slice(&of_bias);
        }
        if let Some(below) = below {
            // Softmax has no derivative of one unit by itself.
            let function = layers[below].activation;
            if !function.is_elementwise() {
                return None;
            }
            delta = hidden.times(&upstream, function, workspace.z(below), x)?;
        }
    }
    let first = layers[0].activation;
    let is_one = layers[..last].iter().all(|layer| layer.activation == first);
    Some(Candidate {
        mistakes: [
            output.mistake("the output's", Some(function)),
            hidden.mistake("the hidden units'", is_one.then_some(first)),
            error.mistake(),
        ],
        gradient,
        layers: layers.len(),
    })
}

/// xᵀδ, Σδ and δ·Wᵀ of one layer by the engine's pass through two layers: an identity, whose δ is δ·Wᵀ, and the layer. The loss
/// has its targets, δ, as derivatives. The first layer needs no δ·Wᵀ, and goes alone.
fn through(
    network: &Network<f64>,
    index: usize,
    x: &[f64],
    delta: &[f64],
) -> Option<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    static GIVEN_DERIVATIVES: LazyLock<CustomLoss> = LazyLock::new(|| {
        CustomLoss::new(
            "given derivatives",
            |row| row.outputs.iter().zip(row.targets).map(|(a, y)| a * y).sum(),
            |row, derivatives| derivatives.copy_from_slice(row.targets),
        )
    });
    let layer = network.architecture().layer(index);
    let sizes = [layer.fan_in, layer.fan_in, layer.fan_out];
    let sizes = if index > 0 { &sizes[..] } else { &sizes[1..] };
    let linear = vec![Activation::Identity; sizes.len() - 1];
    let architecture = Architecture::new(sizes, &linear, true).ok()?;
    let own = architecture.output_layer();
    let mut parameters = vec![0.0; architecture.parameter_count()];
    let identity = parameters[..own.weights().start].iter_mut();
    identity.step_by(layer.fan_in + 1).for_each(|one| *one = 1.0);
    parameters[own.weights()].copy_from_slice(network.weights(index));
    let linear = Network::new(architecture, parameters).ok()?;
    let objective = Objective {
        loss: (*GIVEN_DERIVATIVES).into(),
        reduction: Reduction::Sum,
        update: Update::Textbook,
    };
    let mut pass = OwnPass::new(&linear, Input::Dense(x), delta, objective);
    let gradient = pass.gradient(linear.parameters());
    let [of_weights, of_bias] = [own.weights(), own.bias()?].map(|range| gradient[range].to_vec());
    Some((of_weights, of_bias, pass.workspace.delta(0).to_vec()))
}
