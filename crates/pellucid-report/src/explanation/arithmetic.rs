//! The arithmetic behind one number of a result: the numbers that make it, in the order of its formula.

use super::axes::Axis;
use super::catalogue;
use super::formula::Formula;
use super::number::{factor_latex, short, short_latex};
use super::walkthrough::{Part, Rule, Walkthrough};
use pellucid::{Activation, Loss};

/// The most terms of a sum that are written out.
const TERMS: usize = 5;
/// The most terms of a loss that are written out.
const LOSS_TERMS: usize = 6;

impl Walkthrough<'_> {
    /// The arithmetic of the number at a place of a part's result; none where it is given, or where the formula already says
    /// everything.
    pub(super) fn arithmetic(&self, part: &Part, row: usize, column: usize) -> Option<Formula> {
        let value = self.arrays[part.result].at(row, column);
        let is_exact = short(value)
            .parse::<f64>()
            .is_ok_and(|text| (text - value).abs() <= 1e-12 * value.abs());
        let sign = if is_exact { "=" } else { r"\approx" };
        let left = self.left_side(part, row, column)?;
        Some(Formula::from(format!("{left} {sign} {}", short_latex(value))))
    }

    fn left_side(&self, part: &Part, row: usize, column: usize) -> Option<String> {
        let operand = |index: usize| part.operands.get(index).map(|(_, array)| &self.arrays[*array]);
        let at = |index: usize, row: usize, column: usize| {
            operand(index).map_or(f64::NAN, |array| array.at(row, column))
        };
        let here = |index: usize| at(index, row, column);
        let length = |axis: Axis| self.axes.shown(axis).length;
        let function = || Some(self.explanation.layers[part.layer? - 1].function);
        let substituted = |formula: &str| {
            let values = [('z', here(0)), ('a', here(0)), ('y', here(1))];
            Some(substitute(formula, &values))
        };
        Some(match part.rule {
            Rule::Given | Rule::Pointwise => return None,
            Rule::Affine => {
                let products = (0..length(operand(0)?.columns)).map(|i| (at(0, row, i), at(1, i, column)));
                sum_of_products(products) + &operand(2).map_or(String::new(), |_| plus(here(2)))
            }
            Rule::Back => {
                let products = (0..length(operand(0)?.columns)).map(|k| (at(0, row, k), at(1, column, k)));
                let sum = sum_of_products(products);
                match operand(2) {
                    Some(_) => format!(r"({sum}) \cdot {}", factor_latex(here(2))),
                    None => sum,
                }
            }
            Rule::Gradient => {
                sum_of_products((0..length(Axis::Samples)).map(|n| (at(0, n, row), at(1, n, column))))
            }
            Rule::Sum => sum((0..length(Axis::Samples)).map(|n| at(0, n, column))),
            Rule::Product => product(here(0), here(1)),
            Rule::ScaleShift => product(here(0), here(1)) + &plus(here(2)),
            Rule::Descend => {
                let eta = self.explanation.update.learning_rate.0;
                format!("{} - {}", short_latex(here(0)), product(eta, here(1)))
            }
            Rule::Normal => {
                let moment = |index: usize| match operand(index).map(|array| array.columns) {
                    Some(Axis::Samples) => at(index, 0, row),
                    _ => at(index, 0, column),
                };
                let [mean, inverse] = [1, 2].map(|index| factor_latex(moment(index)));
                format!(r"({} - {mean}) \cdot {inverse}", short_latex(here(0)))
            }
            Rule::Function => match function()? {
                Activation::Identity => return None,
                function @ (Activation::Sigmoid | Activation::Tanh | Activation::Relu) => {
                    substituted(catalogue::activation(function).0)?
                }
                _ => format!("f({})", short_latex(here(0))),
            },
            Rule::Derivative => match function()? {
                Activation::Softmax => substituted(r"a \cdot (1 - a)")?,
                function @ (Activation::Sigmoid | Activation::Tanh) => {
                    substituted(catalogue::activation(function).1)?
                }
                _ => return None,
            },
            Rule::Softmax => {
                let result = &self.arrays[part.result];
                if !result.symbol.latex().starts_with('a') {
                    return None;
                }
                let units = length(result.columns);
                let power = |column: usize| format!("e^{{{}}}", short_latex(at(0, row, column)));
                let all: Vec<String> = (0..units.min(TERMS)).map(power).collect();
                let more = if units > TERMS { r" + \ldots" } else { "" };
                format!(r"\frac{{{}}}{{{}{more}}}", power(column), all.join(" + "))
            }
            Rule::Loss => self.loss_terms()?,
            Rule::LossDerivative | Rule::PairedDelta => {
                let loss = self.explanation.recipe.train.loss;
                let is_simple = matches!(
                    loss,
                    Loss::SquaredError
                        | Loss::HalfSquaredError
                        | Loss::CategoricalCrossEntropy
                        | Loss::KullbackLeibler
                        | Loss::BinaryCrossEntropy
                );
                let formula = match part.rule {
                    Rule::PairedDelta => catalogue::paired_delta(loss, function()?)?.to_string(),
                    _ if is_simple => catalogue::loss(loss).1,
                    _ => return None,
                };
                if self.explanation.row_weights.is_some() {
                    return None;
                }
                let factor = catalogue::share_factor(self.explanation);
                let numbers = substituted(&formula)?;
                match (numbers.strip_prefix('-'), factor.is_empty()) {
                    (_, true) => numbers,
                    (Some(negated), _) if formula.starts_with('-') => format!("-{factor}{negated}"),
                    _ if formula.starts_with('2') => format!("{factor}{numbers}"),
                    _ => format!("{factor}({numbers})"),
                }
            }
        })
    }

    /// The terms of the loss, where they are few and simple.
    fn loss_terms(&self) -> Option<String> {
        let of = self.explanation;
        if of.row_weights.is_some() {
            return None;
        }
        let rows = of.layers.last()?.activation.iter().zip(&of.target);
        let pairs = rows.flat_map(|(a, y)| a.0.iter().copied().zip(y.0.iter().copied()));
        let loss = of.recipe.train.loss;
        let mut factor = catalogue::share_factor(of);
        if loss == Loss::HalfSquaredError {
            factor += r"\frac{1}{2} \cdot ";
        }
        let term = |(a, y): (f64, f64)| {
            let [known, target] = [a, y].map(short_latex);
            Some(match (loss, y) {
                (Loss::SquaredError | Loss::HalfSquaredError, _) => {
                    format!("({known} - {})^2", factor_latex(y))
                }
                (Loss::CategoricalCrossEntropy, 0.0) => String::new(),
                (Loss::CategoricalCrossEntropy | Loss::BinaryCrossEntropy, 1.0) => format!(r"(-\ln {known})"),
                (Loss::CategoricalCrossEntropy, _) => format!(r"(-{target} \cdot \ln {known})"),
                (Loss::BinaryCrossEntropy, 0.0) => format!(r"(-\ln(1 - {known}))"),
                (Loss::BinaryCrossEntropy, _) => {
                    let rest = short_latex(1.0 - y);
                    format!(r"(-{target} \cdot \ln {known} - {rest} \cdot \ln(1 - {known}))")
                }
                _ => return None,
            })
        };
        let mut terms: Vec<String> = pairs.map(term).collect::<Option<_>>()?;
        terms.retain(|term| !term.is_empty());
        let sum = terms.join(" + ");
        match terms.len() {
            count if count > LOSS_TERMS => None,
            _ if factor.is_empty() => Some(sum),
            1 => Some(format!("{factor}{sum}")),
            _ => Some(format!("{factor}({sum})")),
        }
    }
}

/// A formula with numbers in the place of its letters; a negative factor or subtrahend is in parentheses.
fn substitute(formula: &str, values: &[(char, f64)]) -> String {
    let mut text = String::new();
    let mut is_command = false;
    for letter in formula.chars() {
        is_command = letter == '\\' || (is_command && letter.is_ascii_alphabetic());
        let Some((_, value)) = values.iter().find(|(known, _)| *known == letter && !is_command) else {
            text.push(letter);
            continue;
        };
        if text.ends_with("{-") {
            text.pop();
            text.push_str(&short_latex(-value));
        } else if text.trim_end().ends_with('-') || text.trim_end().ends_with(r"\cdot") {
            text.push_str(&factor_latex(*value));
        } else {
            text.push_str(&short_latex(*value));
        }
    }
    text
}

fn product(a: f64, b: f64) -> String {
    format!(r"{} \cdot {}", short_latex(a), factor_latex(b))
}

/// ` + 3` or ` - 3`.
fn plus(value: f64) -> String {
    let sign = if value < 0.0 { '-' } else { '+' };
    format!(" {sign} {}", short_latex(value.abs()))
}

fn sum_of_products(products: impl Iterator<Item = (f64, f64)>) -> String {
    let mut all: Vec<(f64, f64)> = products.collect();
    // Of many, the products with 0 are left out.
    if all.len() > TERMS {
        all.retain(|(a, b)| *a != 0.0 && *b != 0.0);
    }
    let first = all.first().map_or("0".into(), |&(a, b)| product(a, b));
    let others = all.iter().take(TERMS).skip(1);
    let others = others.map(|&(a, b)| format!(r" + {} \cdot {}", factor_latex(a), factor_latex(b)));
    first + &others.collect::<String>() + &more(all.len())
}

fn sum(terms: impl Iterator<Item = f64>) -> String {
    let all: Vec<f64> = terms.collect();
    let first = all.first().copied().map(short_latex).unwrap_or_default();
    let others = all.iter().take(TERMS).skip(1).map(|&term| plus(term));
    first + &others.collect::<String>() + &more(all.len())
}

/// The note on the terms that are not written out.
fn more(terms: usize) -> String {
    match terms.checked_sub(TERMS) {
        None | Some(0) => String::new(),
        Some(more) => format!(r" + \ldots \text{{ ({more} more) }}"),
    }
}
