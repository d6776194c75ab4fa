//! Checks a hand-written rule for the gradient of a network against its loss, and names the known mistake that fits.
//!
//! Each known mistake in δ gives a gradient of its own. Where the given gradient is a multiple of it, to all digits and in
//! all entries of a layer, that is the mistake. The wrong gradients are computed by the engine's own pass, one layer at a
//! time, with a loss whose derivatives are given.

use super::parts::ParameterPart;
use super::patterns::{Pattern, fits, of_numbers, of_places};
use super::{GradientReport, OwnPass, check_gradient};
use crate::activation::Activation;
use crate::loss::{CustomLoss, Loss, Reduction};
use crate::model::network::{Architecture, Network};
use crate::model::pass::{self, Objective, Target, Update, Workspace};
use pellucid_kernels::layer::Input;
use std::fmt;
use std::sync::OnceLock;

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
            let (wrong, all) = (report.wrong().count(), report.entries.len());
            if wrong == 0 {
                write!(f, "{part}: right, all {all} entries to {:.1e}", report.worst())?;
                continue;
            }
            write!(f, "{part}: wrong in {wrong} of {all} entries")?;
            let worst = report
                .wrong()
                .max_by(|a, b| a.relative_error.total_cmp(&b.relative_error));
            if let Some(worst) = worst {
                let [row, column] = part.place(worst.index);
                write!(
                    f,
                    "; at worst, [{row}, {column}], {:e} for {:e}",
                    worst.given, worst.numeric
                )?;
            }
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
/// Mistakes in δ are known for networks without normalisation on dense inputs; elsewhere signs, factors and places are.
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
    let rows = own.workspace.rows();
    let mut candidates: Option<Vec<Candidate>> = None;
    let parts = ParameterPart::all(network.architecture())
        .into_iter()
        .map(|part| {
            let of_part = GradientReport {
                entries: report.entries[part.range.clone()].to_vec(),
                tolerance: report.tolerance,
            };
            if of_part.is_right() {
                return PartVerdict {
                    part,
                    report: of_part,
                    pattern: None,
                };
            }
            let (given, right) = (&given[part.range.clone()], &right[part.range.clone()]);
            let pattern = of_numbers(given, right, rows)
                .or_else(|| {
                    let candidates = candidates.get_or_insert_with(|| candidates_of(&own));
                    of_rules(&part, given, candidates)
                })
                .or_else(|| of_places(&part, given, right));
            PartVerdict {
                part,
                report: of_part,
                pattern,
            }
        });
    RuleReport {
        parts: parts.collect(),
    }
}

fn of_rules(part: &ParameterPart, given: &[f64], candidates: &[Candidate]) -> Option<Pattern> {
    if given.len() < 2 {
        return None;
    }
    candidates.iter().find_map(|candidate| {
        let (factor, residual) = fits(given, &candidate.gradient[part.range.clone()])?;
        let rule = candidate.rule_for(part.layer)?;
        Some(Pattern::Rule {
            rule,
            factor: (candidate.error == ErrorTerm::Own).then_some(factor),
            entries: given.len(),
            residual,
        })
    })
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

/// The gradient by a wrong rule.
struct Candidate {
    output: Derivative,
    hidden: Derivative,
    error: ErrorTerm,
    /// The activations of the output and, where they are all the same, of the hidden layers.
    functions: (Activation, Option<Activation>),
    layers: usize,
    gradient: Vec<f64>,
}

impl Candidate {
    /// The mistakes that affect a layer, counted from 1; none where it is right there.
    fn rule_for(&self, layer: usize) -> Option<String> {
        let mut mistakes = Vec::new();
        let of_hidden = layer < self.layers;
        if self.output != Derivative::Right {
            mistakes.push(words(self.output, "the output's", Some(self.functions.0)));
        }
        if of_hidden && self.hidden != Derivative::Right {
            mistakes.push(words(self.hidden, "the hidden units'", self.functions.1));
        }
        match self.error {
            ErrorTerm::Own => {}
            ErrorTerm::One => mistakes.push(
                "one error is used for all rows, where each row needs its own difference (an array was broadcast)".into(),
            ),
            ErrorTerm::Mean => mistakes.push(
                "the mean error over rows is used for each row, where each row needs its own difference".into(),
            ),
        }
        (!mistakes.is_empty()).then(|| mistakes.join("; and "))
    }
}

fn words(mistake: Derivative, whose: &str, function: Option<Activation>) -> String {
    let formulas = match function {
        Some(Activation::Sigmoid) => Some(("z(1 − z)", "a(1 − a)")),
        Some(Activation::Tanh) => Some(("1 − z²", "1 − a²")),
        _ => None,
    };
    match (mistake, formulas) {
        (Derivative::Right, _) => String::new(),
        (Derivative::AtZ, Some((at_z, at_a))) => {
            format!("{whose} derivative is taken at z, {at_z}, but its formula is in terms of a, {at_a}")
        }
        (Derivative::AtZ, None) => {
            format!("{whose} derivative is taken at z, but its formula is in terms of a")
        }
        (Derivative::AtA, _) => format!("{whose} derivative is taken at a, f′(a), instead of at z, f′(z)"),
        (Derivative::Missing, _) => format!("{whose} derivative f′(z) is missing"),
        (Derivative::Twice, _) => format!(
            "{whose} derivative f′(z) is one too many: for this loss and this activation it cancels in δ = a − y"
        ),
    }
}

/// f′ as a mistake computes it, (rows, units); none where the mistake is impossible for this function.
fn derivative_as(mistake: Derivative, function: Activation, z: &[f64], a: &[f64]) -> Option<Vec<f64>> {
    match mistake {
        Derivative::Right | Derivative::Twice => Some(function.derivative(z, a)),
        Derivative::Missing => Some(vec![1.0; z.len()]),
        Derivative::AtZ => match function {
            Activation::Sigmoid => Some(z.iter().map(|z| z * (1.0 - z)).collect()),
            Activation::Tanh => Some(z.iter().map(|z| 1.0 - z * z).collect()),
            _ => None,
        },
        Derivative::AtA => {
            let mut of_a = vec![0.0; a.len()];
            function.apply(a, &mut of_a, a.len());
            function.is_elementwise().then(|| function.derivative(a, &of_a))
        }
    }
}

/// All wrong rules that are possible for this network and this loss, those with fewer mistakes first.
fn candidates_of(own: &OwnPass<'_>) -> Vec<Candidate> {
    let architecture = own.network.architecture();
    // Normalised layers and byte inputs are not covered.
    let Input::Dense(input) = own.input else {
        return Vec::new();
    };
    if architecture.is_normalised() {
        return Vec::new();
    }
    let mistakes = [
        Derivative::Right,
        Derivative::AtZ,
        Derivative::AtA,
        Derivative::Missing,
        Derivative::Twice,
    ];
    let errors = [ErrorTerm::Own, ErrorTerm::One, ErrorTerm::Mean];
    let mut found = Vec::new();
    for output in mistakes {
        for hidden in &mistakes[..4] {
            for error in errors {
                found.extend(candidate(own, input, output, *hidden, error));
            }
        }
    }
    let count = |candidate: &Candidate| {
        usize::from(candidate.output != Derivative::Right)
            + usize::from(candidate.hidden != Derivative::Right)
            + usize::from(candidate.error != ErrorTerm::Own)
    };
    found.sort_by_key(count);
    found
}

fn candidate(
    own: &OwnPass<'_>,
    input: &[f64],
    output: Derivative,
    hidden: Derivative,
    error: ErrorTerm,
) -> Option<Candidate> {
    let architecture = own.network.architecture();
    let workspace = &own.workspace;
    let layers = architecture.layers();
    let last = layers.len() - 1;
    let function = layers[last].activation;
    let paired = own.objective.loss.is_paired_with(function);
    let (z, a) = (workspace.z(last), workspace.activation(last));
    let mut delta: Vec<f64> = match (error, output, paired) {
        (ErrorTerm::Own, Derivative::Right, _) => workspace.delta(last).to_vec(),
        (ErrorTerm::Own, Derivative::Twice, true) => workspace.delta(last).to_vec(),
        (_, Derivative::Twice, false) | (ErrorTerm::Own, _, true) => return None,
        (_, Derivative::AtZ | Derivative::AtA | Derivative::Missing, true) => return None,
        (ErrorTerm::Own, _, false) => workspace.upstream(last)?.to_vec(),
        (ErrorTerm::One, ..) => vec![1.0; z.len()],
        (ErrorTerm::Mean, ..) => {
            let width = layers[last].fan_out;
            let of = match paired {
                true => workspace.delta(last),
                false => workspace.upstream(last)?,
            };
            let rows = workspace.rows() as f64;
            let mean = |j: usize| of.iter().skip(j).step_by(width).sum::<f64>() / rows;
            let means: Vec<f64> = (0..width).map(mean).collect();
            means.iter().copied().cycle().take(z.len()).collect()
        }
    };
    let takes_derivative = match (error, output) {
        (ErrorTerm::Own, Derivative::Right) => false,
        (_, Derivative::Twice) => true,
        _ => !paired,
    };
    if takes_derivative {
        let derivatives = derivative_as(output, function, z, a)?;
        delta
            .iter_mut()
            .zip(derivatives)
            .for_each(|(delta, derivative)| *delta *= derivative);
    }
    let mut gradient = vec![0.0; own.network.parameters().len()];
    for index in (0..=last).rev() {
        let layer = layers[index];
        let below = match index {
            0 => input,
            _ => workspace.activation(index - 1),
        };
        let (of_weights, of_bias, upstream) = through(own.network, index, below, &delta, workspace.rows())?;
        gradient[layer.weights()].copy_from_slice(&of_weights);
        if let Some(range) = layer.bias() {
            gradient[range].copy_from_slice(&of_bias);
        }
        if index > 0 {
            let (z, a) = (workspace.z(index - 1), workspace.activation(index - 1));
            let function = layers[index - 1].activation;
            // Softmax has no derivative of one unit by itself.
            if !function.is_elementwise() {
                return None;
            }
            let derivatives = derivative_as(hidden, function, z, a)?;
            delta = upstream
                .iter()
                .zip(derivatives)
                .map(|(upstream, derivative)| upstream * derivative)
                .collect();
        }
    }
    let first = layers[0].activation;
    let is_one = layers[..last].iter().all(|layer| layer.activation == first);
    Some(Candidate {
        output,
        hidden,
        error,
        functions: (function, is_one.then_some(first)),
        layers: layers.len(),
        gradient,
    })
}

/// A loss whose derivatives are its targets.
fn given_derivatives() -> Loss {
    static LOSS: OnceLock<CustomLoss> = OnceLock::new();
    let loss = LOSS.get_or_init(|| {
        CustomLoss::new(
            "given derivatives",
            |row| row.outputs.iter().zip(row.targets).map(|(a, y)| a * y).sum(),
            |row, derivatives| derivatives.copy_from_slice(row.targets),
        )
    });
    (*loss).into()
}

/// xᵀδ, Σδ and δ·Wᵀ of one layer by the engine's pass through two layers: an identity, whose δ is δ·Wᵀ, and the layer.
fn through(
    network: &Network<f64>,
    index: usize,
    x: &[f64],
    delta: &[f64],
    rows: usize,
) -> Option<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    let layer = network.architecture().layer(index);
    let needs_upstream = index > 0;
    let mut sizes = vec![layer.fan_in, layer.fan_out];
    if needs_upstream {
        sizes.insert(0, layer.fan_in);
    }
    let linear = vec![Activation::Identity; sizes.len() - 1];
    let architecture = Architecture::new(&sizes, &linear, true).ok()?;
    let own = *architecture.layers().last()?;
    let mut parameters = vec![0.0; architecture.parameter_count()];
    parameters[own.weights()].copy_from_slice(network.weights(index));
    if needs_upstream {
        for unit in 0..layer.fan_in {
            parameters[unit * layer.fan_in + unit] = 1.0;
        }
    }
    let mut workspace = Workspace::new(&architecture, rows);
    let mut gradient = vec![0.0; parameters.len()];
    pass::forward(&architecture, &parameters, Input::Dense(x), &mut workspace);
    let target = Target::Gradient {
        parameters: &parameters,
        gradient: &mut gradient,
    };
    let objective = Objective {
        loss: given_derivatives(),
        reduction: Reduction::Sum,
        update: Update::Textbook,
    };
    pass::backward(
        &architecture,
        target,
        Input::Dense(x),
        delta,
        objective,
        &mut workspace,
    );
    let upstream = match needs_upstream {
        true => workspace.delta(0).to_vec(),
        false => Vec::new(),
    };
    Some((
        gradient[own.weights()].to_vec(),
        gradient[own.bias()?].to_vec(),
        upstream,
    ))
}
