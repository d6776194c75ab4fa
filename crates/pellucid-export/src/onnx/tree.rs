//! Formulas of the pre-activations of a layer, and the activation that one of them is.

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
    pub(super) post: Affine,
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
            Self::Apply(_, a) | Self::Softmax(a) => vec![a],
            Self::Combine(_, a, b) => vec![a, b],
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
            Self::Softmax(_) => None,
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

    /// The formula as an activation between two affine functions.
    pub(super) fn activated(&self) -> Option<Activated> {
        let mut post = Affine::identity();
        let mut tree = self;
        loop {
            if let Some(pre) = tree.affine() {
                return Some(Activated {
                    pre,
                    activation: Activation::Identity,
                    post,
                });
            }
            for part in tree.affine_parts() {
                if let Some(activation) = tree.activation_of(part) {
                    return Some(Activated {
                        pre: part.affine()?,
                        activation,
                        post,
                    });
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

    /// The activation that this is of a formula within it.
    fn activation_of(&self, z: &Tree) -> Option<Activation> {
        Activation::ALL.into_iter().find(|activation| {
            let formulas = Expression::of(*activation)
                .into_iter()
                .chain(other_formulas(*activation));
            formulas.into_iter().any(|formula| self.is(&formula, z))
        })
    }

    /// Whether this is a formula of z.
    fn is(&self, formula: &Expression, z: &Tree) -> bool {
        match (formula, self) {
            (Expression::Z, tree) => tree == z,
            (Expression::Number(expected), Self::Numbers(found)) => found
                .iter()
                .all(|found| (found - expected).abs() <= ROUNDING * expected.abs().max(1.0)),
            (Expression::Apply(one, a), Self::Apply(other, b)) => one == other && b.is(a, z),
            (Expression::Softmax(a), Self::Softmax(b)) => b.is(a, z),
            (Expression::Combine(one, a, b), Self::Combine(other, c, d)) => {
                let is_symmetric = !matches!(one, Operator::Subtract | Operator::Divide);
                one == other && ((c.is(a, z) && d.is(b, z)) || (is_symmetric && c.is(b, z) && d.is(a, z)))
            }
            _ => false,
        }
    }
}

/// How other programs write an activation.
fn other_formulas(activation: Activation) -> Vec<Expression> {
    let texts: &[&str] = match activation {
        Activation::Gelu => &[
            "z * (erf(z / 1.4142135623730951) + 1) * 0.5",
            "z * 0.5 * (erf(z / 1.4142135623730951) + 1)",
            "z * (0.5 * (erf(z / 1.4142135623730951) + 1))",
            "z * 0.5 * (erf(z * 0.7071067811865476) + 1)",
        ],
        Activation::GeluTanh => &["0.5 * z * (tanh(0.7978845608028654 * (z + 0.044715 * (z * z * z))) + 1)"],
        _ => &[],
    };
    texts.iter().filter_map(|text| Expression::read(text)).collect()
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
                .activated()
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
        assert_eq!(sine.activated(), None);
        let square = Tree::combine(Operator::Multiply, Tree::Base, Tree::Base);
        assert_eq!(square.activated(), None);
    }
}
