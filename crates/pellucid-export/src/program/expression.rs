//! The formula of an activation, as its descriptor has it, as a tree.

use super::builder::Builder;
use super::{Function, Operator, Step, Value};
use pellucid::Activation;
use std::iter::Peekable;
use std::str::Chars;

/// A formula of z.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// The pre-activation.
    Z,
    Number(f64),
    Apply(Function, Box<Expression>),
    Combine(Operator, Box<Expression>, Box<Expression>),
    /// Of all units of the layer.
    Softmax(Box<Expression>),
}

impl Expression {
    /// That of an activation; `None` for a formula that this module does not know how to read.
    pub(crate) fn of(activation: Activation) -> Option<Self> {
        Self::read(activation.descriptor().expression)
    }

    /// The formula of a text; `None` for one that this module does not know how to read.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut rest = Reader(text.chars().peekable());
        let expression = rest.sum()?;
        rest.blanks();
        rest.0.next().is_none().then_some(expression)
    }

    /// The value of the formula for a value in the place of z.
    pub(super) fn build(&self, builder: &mut Builder, z: Value) -> Value {
        match self {
            Self::Z => z,
            Self::Number(number) => builder.like(z, vec![*number]),
            Self::Apply(function, inner) => {
                let inner = inner.build(builder, z);
                builder.apply(*function, inner)
            }
            Self::Combine(operator, a, b) => {
                let (a, b) = (a.build(builder, z), b.build(builder, z));
                builder.combine(*operator, a, b)
            }
            Self::Softmax(inner) => {
                let inner = inner.build(builder, z);
                let computed = &builder.steps[inner];
                let (width, precision) = (computed.width, computed.precision);
                builder.add(Step::Softmax(inner), width, precision)
            }
        }
    }
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.0.next_if(|letter| *letter == ' ').is_some() {}
    }

    fn next_if(&mut self, expected: char) -> bool {
        self.blanks();
        self.0.next_if_eq(&expected).is_some()
    }

    fn sum(&mut self) -> Option<Expression> {
        let mut left = self.product()?;
        loop {
            let operator = if self.next_if('+') {
                Operator::Add
            } else if self.next_if('-') {
                Operator::Subtract
            } else {
                return Some(left);
            };
            left = Expression::Combine(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Option<Expression> {
        let mut left = self.factor()?;
        loop {
            let operator = if self.next_if('*') {
                Operator::Multiply
            } else if self.next_if('/') {
                Operator::Divide
            } else {
                return Some(left);
            };
            left = Expression::Combine(operator, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Option<Expression> {
        if self.next_if('-') {
            return Some(match self.factor()? {
                Expression::Number(number) => Expression::Number(-number),
                other => Expression::Apply(Function::Negative, Box::new(other)),
            });
        }
        if self.next_if('(') {
            let inner = self.sum()?;
            return self.next_if(')').then_some(inner);
        }
        self.blanks();
        let mut word = String::new();
        while let Some(letter) = self
            .0
            .next_if(|letter| letter.is_ascii_alphanumeric() || *letter == '.')
        {
            word.push(letter);
        }
        if let Ok(number) = word.parse() {
            return Some(Expression::Number(number));
        }
        if word == "z" {
            return Some(Expression::Z);
        }
        if !self.next_if('(') {
            return None;
        }
        let first = Box::new(self.sum()?);
        let function = match word.as_str() {
            "exp" => Function::Exponential,
            "log" => Function::Logarithm,
            "tanh" => Function::Tanh,
            "sigmoid" => Function::Sigmoid,
            "erf" => Function::Erf,
            "abs" => Function::Absolute,
            "softmax" => return self.next_if(')').then_some(Expression::Softmax(first)),
            "min" | "max" => {
                let operator = if word == "min" {
                    Operator::Smaller
                } else {
                    Operator::Larger
                };
                let second = self.next_if(',').then(|| self.sum())??;
                let both = Expression::Combine(operator, first, Box::new(second));
                return self.next_if(')').then_some(both);
            }
            _ => return None,
        };
        self.next_if(')').then_some(Expression::Apply(function, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_formula_is_read() {
        for activation in Activation::ALL {
            assert!(Expression::of(activation).is_some(), "{}", activation.name());
        }
    }

    #[test]
    fn products_bind_more_tightly_than_sums() {
        let silu = Expression::of(Activation::Silu);
        let sigmoid = Expression::Apply(Function::Sigmoid, Box::new(Expression::Z));
        let expected = Expression::Combine(Operator::Multiply, Box::new(Expression::Z), Box::new(sigmoid));
        assert_eq!(silu, Some(expected));
    }
}
