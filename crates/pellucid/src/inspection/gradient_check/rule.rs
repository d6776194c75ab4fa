//! A rule of one's own for the gradient of a network, against what the loss does; and where it is wrong, in what.
//!
//! Each known mistake in δ gives a gradient of its own. Where the one that was handed in is a multiple of it, to all digits
//! and in all entries of a layer, that is what was done. The wrong gradients are computed by the engine's own pass, a layer
//! at a time: a loss whose slopes are given is all it takes.

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

/// One part of a gradient, and what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PartVerdict {
    /// Which.
    pub part: ParameterPart,
    /// Its entries.
    pub report: GradientReport,
    /// The mistake that fits, where it is wrong and one does.
    pub pattern: Option<Pattern>,
}

/// What came of checking a rule.
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

/// Checks a rule for ∂L/∂θ of a network's loss on a batch, laid out as the network's parameters are, and says of each layer
/// what is wrong with it: a sign, a factor, a derivative taken at z in place of a or at a in place of z, a derivative left
/// out or one too many, one error for all rows, exchanged rows and columns, a number broadcast, an entry forgotten.
/// `targets` are (rows, outputs).
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

/// What is done with f′.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slope {
    Right,
    /// The formula for a, of z: z(1 − z).
    AtZ,
    /// f′ of a in place of z.
    AtA,
    /// 1 in its place.
    Missing,
    /// Once more, where the loss has taken it out.
    Twice,
}

/// What ∂L/∂a is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorTerm {
    /// Each row's own.
    Own,
    /// One number for all rows and outputs.
    One,
    /// The mean over rows, for each output.
    Mean,
}

/// A gradient by a rule that is wrong.
struct Candidate {
    output: Slope,
    hidden: Slope,
    error: ErrorTerm,
    /// The functions of the output and, where they are all one, of the hidden layers.
    functions: (Activation, Option<Activation>),
    layers: usize,
    gradient: Vec<f64>,
}

impl Candidate {
    /// What it does otherwise, as far as it matters to a layer, counted from 1; nothing where it is right there.
    fn rule_for(&self, layer: usize) -> Option<String> {
        let mut said = Vec::new();
        let of_hidden = layer < self.layers;
        if self.output != Slope::Right {
            said.push(words(self.output, "the output's", Some(self.functions.0)));
        }
        if of_hidden && self.hidden != Slope::Right {
            said.push(words(self.hidden, "the hidden units'", self.functions.1));
        }
        match self.error {
            ErrorTerm::Own => {}
            ErrorTerm::One => said.push(
                "one error stands for all rows, where each row's own difference belongs (an array was broadcast)".into(),
            ),
            ErrorTerm::Mean => said.push(
                "the mean error over rows stands for each row, where each row's own difference belongs".into(),
            ),
        }
        (!said.is_empty()).then(|| said.join("; and "))
    }
}

fn words(slope: Slope, whose: &str, function: Option<Activation>) -> String {
    let formulas = match function {
        Some(Activation::Sigmoid) => Some(("z(1 − z)", "a(1 − a)")),
        Some(Activation::Tanh) => Some(("1 − z²", "1 − a²")),
        _ => None,
    };
    match (slope, formulas) {
        (Slope::Right, _) => String::new(),
        (Slope::AtZ, Some((at_z, at_a))) => {
            format!("{whose} derivative is taken at z, {at_z}, where its formula is one of a, {at_a}")
        }
        (Slope::AtZ, None) => format!("{whose} derivative is taken at z, where its formula is one of a"),
        (Slope::AtA, _) => format!("{whose} derivative is taken at a, f′(a), where it belongs to z, f′(z)"),
        (Slope::Missing, _) => format!("{whose} derivative f′(z) is missing"),
        (Slope::Twice, _) => format!(
            "{whose} derivative f′(z) is too much: in δ = a − y of this loss and this activation it has fallen away"
        ),
    }
}

/// The slope as a mistake has it, (rows, units); nothing where it is none of this function.
fn slope_of(slope: Slope, function: Activation, z: &[f64], a: &[f64]) -> Option<Vec<f64>> {
    match slope {
        Slope::Right | Slope::Twice => Some(function.derivative(z, a)),
        Slope::Missing => Some(vec![1.0; z.len()]),
        Slope::AtZ => match function {
            Activation::Sigmoid => Some(z.iter().map(|z| z * (1.0 - z)).collect()),
            Activation::Tanh => Some(z.iter().map(|z| 1.0 - z * z).collect()),
            _ => None,
        },
        Slope::AtA => {
            let mut of_a = vec![0.0; a.len()];
            function.apply(a, &mut of_a, a.len());
            function.is_elementwise().then(|| function.derivative(a, &of_a))
        }
    }
}

/// All wrong rules that make sense of this network and this loss, those with fewer mistakes first.
fn candidates_of(own: &OwnPass<'_>) -> Vec<Candidate> {
    let architecture = own.network.architecture();
    // Normalised layers, and inputs other than numbers, are beyond it.
    let Input::Dense(input) = own.input else {
        return Vec::new();
    };
    if architecture.is_normalised() {
        return Vec::new();
    }
    let slopes = [Slope::Right, Slope::AtZ, Slope::AtA, Slope::Missing, Slope::Twice];
    let errors = [ErrorTerm::Own, ErrorTerm::One, ErrorTerm::Mean];
    let mut found = Vec::new();
    for output in slopes {
        for hidden in &slopes[..4] {
            for error in errors {
                found.extend(candidate(own, input, output, *hidden, error));
            }
        }
    }
    let mistakes = |candidate: &Candidate| {
        usize::from(candidate.output != Slope::Right)
            + usize::from(candidate.hidden != Slope::Right)
            + usize::from(candidate.error != ErrorTerm::Own)
    };
    found.sort_by_key(mistakes);
    found
}

fn candidate(
    own: &OwnPass<'_>,
    input: &[f64],
    output: Slope,
    hidden: Slope,
    error: ErrorTerm,
) -> Option<Candidate> {
    let architecture = own.network.architecture();
    let workspace = &own.workspace;
    let layers = architecture.layers();
    let last = layers.len() - 1;
    let function = layers[last].activation;
    let paired = own.objective.loss.pairs_with(function);
    let (z, a) = (workspace.z(last), workspace.activation(last));
    let mut delta: Vec<f64> = match (error, output, paired) {
        // With all of it in one, δ is the only difference there is.
        (ErrorTerm::Own, Slope::Right, _) => workspace.delta(last).to_vec(),
        (ErrorTerm::Own, Slope::Twice, true) => workspace.delta(last).to_vec(),
        (_, Slope::Twice, false) | (ErrorTerm::Own, _, true) => return None,
        (_, Slope::AtZ | Slope::AtA | Slope::Missing, true) => return None,
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
    let takes_slope = match (error, output) {
        (ErrorTerm::Own, Slope::Right) => false,
        (_, Slope::Twice) => true,
        _ => !paired,
    };
    if takes_slope {
        let slopes = slope_of(output, function, z, a)?;
        delta
            .iter_mut()
            .zip(slopes)
            .for_each(|(delta, slope)| *delta *= slope);
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
            // One that has a derivative only by all its units is left as it is.
            if !function.is_elementwise() {
                return None;
            }
            let slopes = slope_of(hidden, function, z, a)?;
            delta = upstream
                .iter()
                .zip(slopes)
                .map(|(upstream, slope)| upstream * slope)
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

/// A loss whose slopes are its targets.
fn given_slopes() -> Loss {
    static LOSS: OnceLock<CustomLoss> = OnceLock::new();
    let loss = LOSS.get_or_init(|| {
        CustomLoss::new(
            "given slopes",
            |row| row.outputs.iter().zip(row.targets).map(|(a, y)| a * y).sum(),
            |row, slopes| slopes.copy_from_slice(row.targets),
        )
    });
    (*loss).into()
}

/// xᵀδ, Σδ and δ·Wᵀ of one layer by the engine's pass: the layer on its own, above one that hands its input on and whose δ
/// is what comes through.
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
        loss: given_slopes(),
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
