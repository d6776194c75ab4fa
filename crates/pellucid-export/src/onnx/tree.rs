//! Formulas of the pre-activations of a layer, and the activation that one of them is.
//!
//! Programs write the same function in many ways: GELU by erf or by erfc, a rectifier's slope by two rectifiers. So a formula is
//! recognised by its values, at numbers of all sizes, and not by its operators.

use crate::layers::LayerNormalisation;
use crate::program::{Expression, Function, Operator};
use pellucid::Activation;
use std::rc::Rc;

/// The largest formula that is compared.
const MOST_PARTS: usize = 100;
/// Constants of a formula may be rounded to single precision.
const ROUNDING: f64 = 1e-6;

/// A formula of the numbers that one dense layer gives, or of the features.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// These numbers.
    Base,
    /// Constants, one or one for each unit.
    Numbers(Rc<Vec<f64>>),
    Apply(Function, Box<Tree>),
    Combine(Operator, Box<Tree>, Box<Tree>),
    /// 1 where the first is greater than the second, else 0.
    Greater(Box<Tree>, Box<Tree>),
    /// The second where the first is not 0, else the third.
    Select(Box<Tree>, Box<Tree>, Box<Tree>),
    /// The mean of all units.
    Mean(Box<Tree>),
    Softmax(Box<Tree>),
}

/// scale·x + shift of each unit, or of all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affine {
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
}

impl Affine {
    fn identity() -> Self {
        Self {
            scale: vec![1.0],
            shift: vec![0.0],
        }
    }

    /// The same for each of so many units.
    pub(super) fn of_width(&self, width: usize) -> Option<Self> {
        let widened = |numbers: &[f64]| match numbers.len() {
            1 => Some(vec![numbers[0]; width]),
            found => (found == width).then(|| numbers.to_vec()),
        };
        Some(Self {
            scale: widened(&self.scale)?,
            shift: widened(&self.shift)?,
        })
    }
}

/// An activation between two affine functions: post(f(pre(x))).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Activated {
    pub(super) pre: Affine,
    pub(super) activation: Activation,
    /// α in z + α·(f(z) − z) of an activation with slopes of its own, one or one for each unit.
    pub(super) factors: Option<Vec<f64>>,
    pub(super) post: Affine,
}

/// Layer normalisation of a formula.
pub(super) struct Normalised {
    pub(super) of: Tree,
    pub(super) normalisation: LayerNormalisation,
}

/// Numbers at which activations are compared: nowhere on a fixed step, and some of a size at which errors of another formula show.
fn samples() -> Vec<f64> {
    let near = (0..66).map(|at| -12.1 + 0.37 * f64::from(at));
    let far = [20.5, 33.0, 52.0, 101.0, 1003.0, 1e6];
    near.chain(far).chain(far.map(|number| -number)).collect()
}

fn is_near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= ROUNDING * expected.abs().max(1.0)
}

fn values_of(activation: Activation, z: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; z.len()];
    activation.apply(z, &mut values, 1);
    values
}

/// Numbers of one width or 1, each with the other's.
fn pairwise(a: &[f64], b: &[f64], of: impl Fn(f64, f64) -> f64) -> Option<Vec<f64>> {
    let width = a.len().max(b.len());
    let at = |numbers: &[f64], place: usize| numbers[if numbers.len() == 1 { 0 } else { place }];
    let fits = |numbers: &[f64]| numbers.len() == 1 || numbers.len() == width;
    (fits(a) && fits(b)).then(|| (0..width).map(|place| of(at(a, place), at(b, place))).collect())
}

impl Tree {
    /// Constants.
    pub(super) fn numbers(numbers: Vec<f64>) -> Self {
        Self::Numbers(Rc::new(numbers))
    }

    pub(super) fn apply(function: Function, a: Tree) -> Self {
        Self::Apply(function, Box::new(a))
    }

    pub(super) fn combine(operator: Operator, a: Tree, b: Tree) -> Self {
        Self::Combine(operator, Box::new(a), Box::new(b))
    }

    /// The formula of an activation with another in the place of z.
    pub(super) fn of(expression: &Expression, z: &Tree) -> Self {
        match expression {
            Expression::Z => z.clone(),
            Expression::Number(number) => Self::numbers(vec![*number]),
            Expression::Apply(function, a) => Self::apply(*function, Self::of(a, z)),
            Expression::Combine(operator, a, b) => Self::combine(*operator, Self::of(a, z), Self::of(b, z)),
            Expression::Softmax(a) => Self::Softmax(Box::new(Self::of(a, z))),
        }
    }

    fn inner(&self) -> Vec<&Tree> {
        match self {
            Self::Base | Self::Numbers(_) => Vec::new(),
            Self::Apply(_, a) | Self::Softmax(a) | Self::Mean(a) => vec![a],
            Self::Combine(_, a, b) | Self::Greater(a, b) => vec![a, b],
            Self::Select(a, b, c) => vec![a, b, c],
        }
    }

    /// How many numbers, functions and operators it is made of.
    pub(super) fn parts(&self) -> usize {
        1 + self.inner().into_iter().map(Tree::parts).sum::<usize>()
    }

    /// Whether it is small enough to be compared.
    pub(super) fn is_small(&self) -> bool {
        self.parts() <= MOST_PARTS
    }

    fn has_base(&self) -> bool {
        *self == Self::Base || self.inner().into_iter().any(Tree::has_base)
    }

    /// The formula as an affine function, if it is one.
    fn affine(&self) -> Option<Affine> {
        match self {
            Self::Base => Some(Affine::identity()),
            Self::Numbers(numbers) => Some(Affine {
                scale: vec![0.0],
                shift: numbers.to_vec(),
            }),
            Self::Softmax(_) | Self::Mean(_) | Self::Greater(..) | Self::Select(..) => None,
            Self::Apply(Function::Negative, a) => {
                let a = a.affine()?;
                let negative = |numbers: Vec<f64>| numbers.into_iter().map(|number| -number).collect();
                Some(Affine {
                    scale: negative(a.scale),
                    shift: negative(a.shift),
                })
            }
            Self::Apply(..) => None,
            Self::Combine(operator, a, b) => {
                let (a, b) = (a.affine()?, b.affine()?);
                let is_constant = |of: &Affine| of.scale.iter().all(|scale| *scale == 0.0);
                let both = |of: fn(f64, f64) -> f64| {
                    Some(Affine {
                        scale: pairwise(&a.scale, &b.scale, of)?,
                        shift: pairwise(&a.shift, &b.shift, of)?,
                    })
                };
                let by = |one: &Affine, numbers: &[f64], of: fn(f64, f64) -> f64| {
                    Some(Affine {
                        scale: pairwise(&one.scale, numbers, of)?,
                        shift: pairwise(&one.shift, numbers, of)?,
                    })
                };
                match operator {
                    Operator::Add => both(|a, b| a + b),
                    Operator::Subtract => both(|a, b| a - b),
                    Operator::Multiply if is_constant(&b) => by(&a, &b.shift, |a, b| a * b),
                    Operator::Multiply if is_constant(&a) => by(&b, &a.shift, |a, b| a * b),
                    Operator::Divide if is_constant(&b) => by(&a, &b.shift, |a, b| a / b),
                    _ => None,
                }
            }
        }
    }

    /// The affine formulas within it that hold the numbers of the layer, the largest first.
    fn affine_parts(&self) -> Vec<&Tree> {
        let mut found: Vec<&Tree> = Vec::new();
        let mut rest = vec![self];
        while let Some(tree) = rest.pop() {
            if tree.has_base() && tree.affine().is_some() && !found.contains(&tree) {
                found.push(tree);
            }
            rest.extend(tree.inner());
        }
        found.sort_by_key(|tree| std::cmp::Reverse(tree.parts()));
        found
    }

    /// The formula with the numbers of the layer in the place of a part; `None` if it has them elsewhere too.
    fn of_part(&self, part: &Tree) -> Option<Self> {
        if self == part {
            return Some(Self::Base);
        }
        let of = |inner: &Tree| inner.of_part(part).map(Box::new);
        Some(match self {
            Self::Base => return None,
            Self::Numbers(_) => self.clone(),
            Self::Apply(function, a) => Self::Apply(*function, of(a)?),
            Self::Combine(operator, a, b) => Self::Combine(*operator, of(a)?, of(b)?),
            Self::Greater(a, b) => Self::Greater(of(a)?, of(b)?),
            Self::Select(a, b, c) => Self::Select(of(a)?, of(b)?, of(c)?),
            Self::Mean(a) => Self::Mean(of(a)?),
            Self::Softmax(a) => Self::Softmax(of(a)?),
        })
    }

    /// Whether it computes each number from that of the same unit alone.
    fn is_elementwise(&self) -> bool {
        !matches!(self, Self::Mean(_) | Self::Softmax(_))
            && self.inner().into_iter().all(Tree::is_elementwise)
    }

    /// The most constants that it has in one place.
    fn most_constants(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            _ => self
                .inner()
                .into_iter()
                .map(Tree::most_constants)
                .max()
                .unwrap_or(1),
        }
    }

    /// The formula of one unit: its constants are those of the unit.
    fn of_unit(&self, unit: usize) -> Option<Self> {
        let of = |inner: &Tree| inner.of_unit(unit).map(Box::new);
        Some(match self {
            Self::Numbers(numbers) if numbers.len() > 1 => Self::numbers(vec![*numbers.get(unit)?]),
            Self::Base | Self::Numbers(_) => self.clone(),
            Self::Apply(function, a) => Self::Apply(*function, of(a)?),
            Self::Combine(operator, a, b) => Self::Combine(*operator, of(a)?, of(b)?),
            Self::Greater(a, b) => Self::Greater(of(a)?, of(b)?),
            Self::Select(a, b, c) => Self::Select(of(a)?, of(b)?, of(c)?),
            Self::Mean(a) => Self::Mean(of(a)?),
            Self::Softmax(a) => Self::Softmax(of(a)?),
        })
    }

    /// Its values for numbers, one if all are the same. Constants of several units belong to as many numbers.
    fn values(&self, z: &[f64]) -> Option<Vec<f64>> {
        match self {
            Self::Base => Some(z.to_vec()),
            Self::Numbers(numbers) => Some(numbers.to_vec()),
            Self::Apply(function, a) => Some(
                a.values(z)?
                    .into_iter()
                    .map(|number| applied(*function, number))
                    .collect(),
            ),
            Self::Combine(operator, a, b) => pairwise(&a.values(z)?, &b.values(z)?, |a, b| match operator {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                Operator::Divide => a / b,
                Operator::Smaller => a.min(b),
                Operator::Larger => a.max(b),
            }),
            Self::Greater(a, b) => pairwise(&a.values(z)?, &b.values(z)?, |a, b| f64::from(u8::from(a > b))),
            Self::Select(test, then, otherwise) => {
                let test = test.values(z)?;
                let kept = pairwise(
                    &test,
                    &then.values(z)?,
                    |test, x| if test == 0.0 { f64::NAN } else { x },
                )?;
                let other = pairwise(&test, &otherwise.values(z)?, |test, x| {
                    if test == 0.0 { x } else { f64::NAN }
                })?;
                pairwise(
                    &kept,
                    &other,
                    |kept, other| if kept.is_nan() { other } else { kept },
                )
            }
            Self::Mean(a) => {
                let numbers = pairwise(&a.values(z)?, &vec![0.0; z.len()], |a, _| a)?;
                Some(vec![numbers.iter().sum::<f64>() / numbers.len() as f64])
            }
            Self::Softmax(_) => None,
        }
    }

    /// The formula as an activation between two affine functions, of a layer of so many units.
    pub(super) fn activated(&self, width: usize) -> Option<Activated> {
        let mut post = Affine::identity();
        let mut tree = self;
        loop {
            let of = |pre: Affine, activation: Activation, factors: Option<Vec<f64>>, post: &Affine| {
                let post = post.clone();
                Some(Activated {
                    pre,
                    activation,
                    factors,
                    post,
                })
            };
            if let Some(pre) = tree.affine() {
                return of(pre, Activation::Identity, None, &post);
            }
            if let Self::Softmax(logits) = tree {
                return of(logits.affine()?, Activation::Softmax, None, &post);
            }
            for part in tree.affine_parts() {
                if let Some((activation, factors)) = tree.activation_of(part, width) {
                    return of(part.affine()?, activation, factors, &post);
                }
            }
            // The outermost operator may follow the activation.
            let (operator, inner, numbers) = match tree {
                Self::Combine(operator, inner, other) => match (&**inner, &**other) {
                    (inner, Self::Numbers(numbers)) => (*operator, inner, numbers),
                    (Self::Numbers(numbers), inner)
                        if matches!(operator, Operator::Add | Operator::Multiply) =>
                    {
                        (*operator, inner, numbers)
                    }
                    _ => return None,
                },
                _ => return None,
            };
            // post(y op n) with post(y) = s·y + t.
            let Affine { scale, shift } = post;
            let moved = pairwise(&scale, numbers, |scale, number| scale * number)?;
            post = match operator {
                Operator::Add => Affine {
                    shift: pairwise(&shift, &moved, |shift, by| shift + by)?,
                    scale,
                },
                Operator::Subtract => Affine {
                    shift: pairwise(&shift, &moved, |shift, by| shift - by)?,
                    scale,
                },
                Operator::Multiply => Affine { scale: moved, shift },
                Operator::Divide => Affine {
                    scale: pairwise(&scale, numbers, |scale, number| scale / number)?,
                    shift,
                },
                Operator::Smaller | Operator::Larger => return None,
            };
            tree = inner;
        }
    }

    /// The activation that this is of a formula within it, and its factors if it has some.
    fn activation_of(&self, z: &Tree, width: usize) -> Option<(Activation, Option<Vec<f64>>)> {
        let tree = self.of_part(z).filter(Tree::is_elementwise)?;
        let units = if tree.most_constants() > 1 { width } else { 1 };
        let samples = samples();
        let values_of_unit = |unit: usize| {
            let values = tree.of_unit(unit)?.values(&samples)?;
            (values.len() == samples.len()).then_some(values)
        };
        let is = |found: &[f64], expected: &[f64], factor: f64| {
            let all = samples.iter().zip(found.iter().zip(expected));
            // A formula that overflows where its function does not is still that function.
            all.filter(|(z, (found, _))| found.is_finite() || z.abs() < 13.0)
                .all(|(z, (found, expected))| is_near(*found, z + factor * (expected - z)))
        };
        let first = values_of_unit(0)?;
        let is_candidate = |one: &Activation| one.is_elementwise() && *one != Activation::Identity;
        let candidates: Vec<(Activation, Vec<f64>)> = Activation::ALL
            .into_iter()
            .filter(is_candidate)
            .map(|activation| (activation, values_of(activation, &samples)))
            .collect();
        if let Some((activation, values)) = candidates.iter().find(|(_, values)| is(&first, values, 1.0))
            && (1..units).all(|unit| values_of_unit(unit).is_some_and(|found| is(&found, values, 1.0)))
        {
            return Some((*activation, None));
        }
        let at = samples.iter().position(|number| (-1.5..-1.1).contains(number))?;
        candidates.iter().find_map(|(activation, values)| {
            let factor = |unit: usize| {
                let found = values_of_unit(unit)?;
                let factor = (found[at] - samples[at]) / (values[at] - samples[at]);
                (factor.is_finite() && is(&found, values, factor)).then_some(factor)
            };
            let factors: Option<Vec<f64>> = (0..units).map(factor).collect();
            Some((*activation, Some(factors?)))
        })
    }

    /// The formula as layer normalisation of an affine one, of a layer of so many units.
    pub(super) fn normalised(&self, width: usize) -> Option<Normalised> {
        let epsilon = self.epsilon()?;
        self.affine_parts().into_iter().find_map(|part| {
            let tree = self.of_part(part)?;
            let z = |seed: usize, scale: f64| -> Vec<f64> {
                (0..width)
                    .map(|unit| scale * (((unit + 1) * (seed + 3)) as f64 * 1.618).sin())
                    .collect()
            };
            let normal = |z: &[f64]| -> Vec<f64> {
                let mean = z.iter().sum::<f64>() / width as f64;
                let variance = z.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / width as f64;
                z.iter()
                    .map(|z| (z - mean) / (variance + epsilon).sqrt())
                    .collect()
            };
            let shift = tree.values(&vec![0.0; width])?;
            let first = z(1, 1.0);
            let gain = pairwise(&tree.values(&first)?, &shift, |found, shift| found - shift)?;
            let gain = pairwise(&gain, &normal(&first), |found, normal| found / normal)?;
            let shift = pairwise(&shift, &gain, |shift, _| shift)?;
            let agrees = |z: &[f64]| -> Option<bool> {
                let scaled = pairwise(&normal(z), &gain, |normal, gain| normal * gain)?;
                let expected = pairwise(&scaled, &shift, |scaled, shift| scaled + shift)?;
                let found = tree.values(z)?;
                Some(
                    found.len() == width
                        && found
                            .iter()
                            .zip(&expected)
                            .all(|(found, expected)| is_near(*found, *expected)),
                )
            };
            let all = [(2, 1.0), (3, 40.0), (4, 1e-3), (5, 0.1)];
            let is_it = width > 1
                && all
                    .iter()
                    .all(|&(seed, scale)| agrees(&z(seed, scale)) == Some(true));
            is_it.then(|| Normalised {
                of: part.clone(),
                normalisation: LayerNormalisation { epsilon, gain, shift },
            })
        })
    }

    /// Whether it has a mean of the units.
    pub(super) fn has_mean(&self) -> bool {
        matches!(self, Self::Mean(_)) || self.inner().into_iter().any(Tree::has_mean)
    }

    /// What is added to a mean under a root.
    fn epsilon(&self) -> Option<f64> {
        if let Self::Apply(Function::SquareRoot, sum) = self
            && let Self::Combine(Operator::Add, a, b) = &**sum
        {
            return match (&**a, &**b) {
                (_, Self::Numbers(numbers)) | (Self::Numbers(numbers), _) if numbers.len() == 1 => {
                    Some(numbers[0]).filter(|epsilon| *epsilon > 0.0)
                }
                _ => None,
            };
        }
        self.inner().into_iter().find_map(Tree::epsilon)
    }
}

fn applied(function: Function, x: f64) -> f64 {
    match function {
        Function::Negative => -x,
        Function::Absolute => x.abs(),
        Function::Exponential => x.exp(),
        Function::Logarithm => x.ln(),
        Function::Tanh => x.tanh(),
        Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Function::Erf => libm::erf(x),
        Function::SquareRoot => x.sqrt(),
        Function::Floor => x.floor(),
        Function::Sine => x.sin(),
        Function::Cosine => x.cos(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(number: f64) -> Tree {
        Tree::numbers(vec![number])
    }

    #[test]
    fn every_activation_is_found_between_affine_functions() {
        let pre = Tree::combine(
            Operator::Add,
            Tree::combine(Operator::Multiply, numbers(3.0), Tree::Base),
            numbers(0.5),
        );
        for activation in Activation::ALL {
            let formula = Expression::of(activation).unwrap();
            let inner = Tree::of(&formula, &pre);
            let tree = Tree::combine(
                Operator::Subtract,
                Tree::combine(Operator::Divide, inner, numbers(4.0)),
                numbers(7.0),
            );
            let found = tree
                .activated(1)
                .unwrap_or_else(|| panic!("{}", activation.name()));
            assert_eq!(found.activation, activation);
            if activation != Activation::Identity {
                assert_eq!(
                    (found.pre.scale[0], found.pre.shift[0]),
                    (3.0, 0.5),
                    "{}",
                    activation.name()
                );
                assert_eq!(
                    (found.post.scale[0], found.post.shift[0]),
                    (0.25, -7.0),
                    "{}",
                    activation.name()
                );
            }
        }
    }

    #[test]
    fn other_formulas_are_none() {
        let sine = Tree::apply(Function::Sine, Tree::Base);
        assert_eq!(sine.activated(1), None);
        let square = Tree::combine(Operator::Multiply, Tree::Base, Tree::Base);
        assert_eq!(square.activated(1), None);
    }
}
