//! The arithmetic behind one number: the numbers that made it, in the order of its formula.

use super::axes::Axis;
use super::formula::Formula;
use super::number::{factor_latex, short, short_latex};
use super::story::{Chapter, Rule, Story, Values};
use pellucid::Activation;
use pellucid::Loss;

/// Terms of a sum that are written out.
const TERMS: usize = 5;

impl Story<'_> {
    /// What made the number at a place of a chapter's result; nothing where it is given, or where the formula says all
    /// that can be said.
    pub(super) fn arithmetic(&self, chapter: &Chapter, row: usize, column: usize) -> Option<Formula> {
        let operand = |index: usize| chapter.operands.get(index).map(|(_, array)| &self.arrays[*array]);
        let at = |index: usize, row: usize, column: usize| {
            operand(index).map_or(f64::NAN, |array| match array.values {
                Values::Row(_) => array.values.at(0, column),
                _ => array.values.at(row, column),
            })
        };
        let length = |axis: Axis| self.axes.shown(axis).length;
        let result = &self.arrays[chapter.result];
        let value = result.values.at(row, column);
        let left = match chapter.rule {
            Rule::Given => return None,
            Rule::Affine => {
                let inner = length(operand(0)?.columns);
                let products = (0..inner).map(|i| (at(0, row, i), at(1, i, column)));
                sum_of_products(products) + &operand(2).map_or(String::new(), |_| plus(at(2, 0, column)))
            }
            Rule::Back => {
                let inner = length(operand(0)?.columns);
                let sum = sum_of_products((0..inner).map(|k| (at(0, row, k), at(1, column, k))));
                match operand(2) {
                    Some(_) => format!("({sum}) \\cdot {}", factor_latex(at(2, row, column))),
                    None => sum,
                }
            }
            Rule::Gradient => {
                let samples = length(Axis::Samples);
                sum_of_products((0..samples).map(|n| (at(0, n, row), at(1, n, column))))
            }
            Rule::Sum => {
                let samples = length(Axis::Samples);
                sum((0..samples).map(|n| at(0, n, column)))
            }
            Rule::Product => format!(
                "{} \\cdot {}",
                short_latex(at(0, row, column)),
                factor_latex(at(1, row, column))
            ),
            Rule::Descend => format!(
                "{} - {} \\cdot {}",
                short_latex(at(0, row, column)),
                short_latex(self.explanation.update.learning_rate.0),
                factor_latex(at(1, row, column))
            ),
            Rule::Normal => {
                let of = |index: usize| match operand(index).map(|array| array.columns) {
                    Some(Axis::Samples) => at(index, 0, row),
                    _ => at(index, 0, column),
                };
                format!(
                    "({} - {}) \\cdot {}",
                    short_latex(at(0, row, column)),
                    factor_latex(of(1)),
                    factor_latex(of(2))
                )
            }
            Rule::Function => {
                let layer = &self.explanation.layers[chapter.layer? - 1];
                let z = at(0, row, column);
                match layer.function {
                    Activation::Sigmoid => format!("\\frac{{1}}{{1 + e^{{{}}}}}", short_latex(-z)),
                    Activation::Tanh => format!("\\tanh({})", short_latex(z)),
                    Activation::Relu => format!("\\max(0, {})", short_latex(z)),
                    Activation::Identity => return None,
                    _ => format!("f({})", short_latex(z)),
                }
            }
            Rule::Softmax if result.symbol.latex().starts_with('a') => {
                let units = length(result.columns);
                let power = |z: f64| format!("e^{{{}}}", short_latex(z));
                let all: Vec<String> = (0..units.min(TERMS)).map(|k| power(at(0, row, k))).collect();
                let more = if units > TERMS { " + \\ldots" } else { "" };
                format!(
                    "\\frac{{{}}}{{{}{more}}}",
                    power(at(0, row, column)),
                    all.join(" + ")
                )
            }
            Rule::Softmax => return None,
            Rule::Loss => self.loss_terms()?,
            Rule::Pointwise => self.pointwise(chapter, row, column)?,
        };
        let is_exact = |value: f64| {
            let text: f64 = short(value).parse().unwrap_or(f64::NAN);
            (text - value).abs() <= 1e-12 * value.abs()
        };
        let sign = if is_exact(value) { "=" } else { "\\approx" };
        Some(Formula::from(format!("{left} {sign} {}", short_latex(value))))
    }

    /// The terms of the loss, where they are few and simple.
    fn loss_terms(&self) -> Option<String> {
        const MOST: usize = 6;
        let of = self.explanation;
        let output = of.layers.last()?;
        let pairs: Vec<(f64, f64)> = output
            .activation
            .iter()
            .zip(&of.target)
            .flat_map(|(a, y)| a.0.iter().copied().zip(y.0.iter().copied()))
            .collect();
        if of.row_weights.is_some() {
            return None;
        }
        let share = super::catalogue::share(of)
            .map_or(String::new(), |rows| format!("\\frac{{1}}{{{rows}}} \\cdot "));
        let joined = |terms: Vec<String>, half: &str| {
            if terms.len() > MOST {
                return None;
            }
            let sum = terms.join(" + ");
            Some(match share.is_empty() && half.is_empty() {
                true => sum,
                false if terms.len() == 1 => format!("{share}{half}{sum}"),
                false => format!("{share}{half}({sum})"),
            })
        };
        let square = |(a, y): &(f64, f64)| format!("({} - {})^2", short_latex(*a), factor_latex(*y));
        match of.recipe.train.loss {
            Loss::SquaredError => joined(pairs.iter().map(square).collect(), ""),
            Loss::HalfSquaredError => joined(pairs.iter().map(square).collect(), "\\frac{1}{2} \\cdot "),
            Loss::CategoricalCrossEntropy => {
                let terms = pairs.iter().filter(|(_, y)| *y != 0.0).map(|(a, y)| match *y {
                    1.0 => format!("(-\\ln {})", short_latex(*a)),
                    y => format!("(-{} \\cdot \\ln {})", short_latex(y), short_latex(*a)),
                });
                joined(terms.collect(), "")
            }
            Loss::BinaryCrossEntropy => {
                let terms = pairs.iter().map(|(a, y)| match *y {
                    1.0 => format!("(-\\ln {})", short_latex(*a)),
                    0.0 => format!("(-\\ln(1 - {}))", short_latex(*a)),
                    y => format!(
                        "(-{y} \\cdot \\ln {a} - {rest} \\cdot \\ln(1 - {a}))",
                        y = short_latex(y),
                        rest = short_latex(1.0 - y),
                        a = short_latex(*a)
                    ),
                });
                joined(terms.collect(), "")
            }
            _ => None,
        }
    }

    /// What is said of a number that others of its own place make.
    fn pointwise(&self, chapter: &Chapter, row: usize, column: usize) -> Option<String> {
        let operand = |index: usize| chapter.operands.get(index).map(|(_, array)| &self.arrays[*array]);
        let at = |index: usize| {
            operand(index).map_or(f64::NAN, |array| match array.values {
                Values::Row(_) => array.values.at(0, column),
                _ => array.values.at(row, column),
            })
        };
        let layer = &self.explanation.layers[chapter.layer? - 1];
        let symbol = self.arrays[chapter.result].symbol.latex();
        let is_output = chapter.layer == Some(self.explanation.layers.len());
        if symbol.starts_with("z^") && chapter.operands.len() == 3 {
            return Some(format!(
                "{} \\cdot {}{}",
                short_latex(at(0)),
                factor_latex(at(1)),
                plus(at(2))
            ));
        }
        if symbol.contains("partial a^") && symbol.contains("partial z^") {
            let known = short_latex(at(0));
            let factor = factor_latex(at(0));
            return match layer.function {
                Activation::Sigmoid | Activation::Softmax => Some(format!("{known} \\cdot (1 - {factor})")),
                Activation::Tanh => Some(format!("1 - {factor}^2")),
                _ => None,
            };
        }
        if is_output && chapter.operands.len() == 2 && self.explanation.row_weights.is_none() {
            let loss = self.explanation.recipe.train.loss;
            let joint = super::catalogue::joint_delta(loss, layer.function);
            let difference = format!("{} - {}", short_latex(at(0)), factor_latex(at(1)));
            let factor = super::catalogue::share(self.explanation)
                .map_or(String::new(), |rows| format!("\\frac{{1}}{{{rows}}} \\cdot "));
            let is_delta = symbol.starts_with("\\delta");
            let twice = match (loss, joint) {
                (Loss::SquaredError, _) if !is_delta => "2 \\cdot ",
                (Loss::HalfSquaredError, _) if !is_delta => "",
                (_, Some(joint)) if is_delta && joint.starts_with('2') => "2 \\cdot ",
                (_, Some(_)) if is_delta => "",
                _ => {
                    let (a, y) = (short_latex(at(0)), short_latex(at(1)));
                    return match loss {
                        Loss::CategoricalCrossEntropy | Loss::KullbackLeibler => {
                            Some(format!("-{factor}\\frac{{{y}}}{{{a}}}"))
                        }
                        Loss::BinaryCrossEntropy => Some(format!(
                            "{factor}(\\frac{{1 - {y}}}{{1 - {a}}} - \\frac{{{y}}}{{{a}}})"
                        )),
                        _ => None,
                    };
                }
            };
            return Some(if factor.is_empty() && twice.is_empty() {
                difference
            } else {
                format!("{factor}{twice}({difference})")
            });
        }
        None
    }
}

/// + 3 or − 3.
fn plus(value: f64) -> String {
    if value < 0.0 {
        format!(" - {}", short_latex(-value))
    } else {
        format!(" + {}", short_latex(value))
    }
}

fn sum_of_products(products: impl Iterator<Item = (f64, f64)>) -> String {
    let all: Vec<(f64, f64)> = products.collect();
    // Of many, the products with 0 are left out.
    let written: Vec<&(f64, f64)> = match all.len() > TERMS {
        true => all.iter().filter(|(a, b)| *a != 0.0 && *b != 0.0).collect(),
        false => all.iter().collect(),
    };
    let mut text: Vec<String> = written
        .iter()
        .take(TERMS)
        .enumerate()
        .map(|(index, (a, b))| {
            let first = if index == 0 {
                short_latex(*a)
            } else {
                factor_latex(*a)
            };
            format!("{first} \\cdot {}", factor_latex(*b))
        })
        .collect();
    if written.is_empty() {
        return "0".into();
    }
    if written.len() > TERMS {
        text.push(format!("\\ldots \\text{{ ({} more) }}", written.len() - TERMS));
    }
    text.join(" + ")
}

fn sum(terms: impl Iterator<Item = f64>) -> String {
    let all: Vec<f64> = terms.collect();
    let mut text = String::new();
    for (index, &term) in all.iter().take(TERMS).enumerate() {
        text.push_str(&if index == 0 { short_latex(term) } else { plus(term) });
    }
    if all.len() > TERMS {
        text.push_str(&format!(" + \\ldots \\text{{ ({} more) }}", all.len() - TERMS));
    }
    text
}
