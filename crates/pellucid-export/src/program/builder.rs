//! Adds steps to a program, with the widths and the precision of their results.

use super::{Activated, Array, Computed, Function, Operator, Precision, Step, Test, Value};

/// A program without inputs and answers yet.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) steps: Vec<Computed>,
    pub(super) arrays: Vec<Array>,
    pub(super) activations: Vec<Activated>,
    has_erf: fn(Precision) -> bool,
    /// The error function in other steps.
    erf: fn(&mut Builder, Value) -> Value,
}

impl Builder {
    /// A program without steps. `has_erf` says in which precision the form has the error function, and `erf` makes it of other
    /// steps.
    pub(super) fn new(has_erf: fn(Precision) -> bool, erf: fn(&mut Builder, Value) -> Value) -> Self {
        Self {
            steps: Vec::new(),
            arrays: Vec::new(),
            activations: Vec::new(),
            has_erf,
            erf,
        }
    }

    pub(super) fn width(&self, value: Value) -> usize {
        self.steps[value].width
    }

    fn precision(&self, value: Value) -> Precision {
        self.steps[value].precision
    }

    pub(super) fn add(&mut self, step: Step, width: usize, precision: Precision) -> Value {
        self.steps.push(Computed {
            step,
            width,
            precision,
        });
        self.steps.len() - 1
    }

    /// Numbers for steps to refer to, (shape).
    pub(super) fn array(
        &mut self,
        name: impl Into<String>,
        numbers: Vec<f64>,
        shape: &[usize],
        precision: Precision,
    ) -> usize {
        debug_assert_eq!(numbers.len(), shape.iter().product::<usize>());
        self.arrays.push(Array {
            name: name.into(),
            numbers,
            shape: shape.to_vec(),
            precision,
        });
        self.arrays.len() - 1
    }

    /// Constant numbers in the precision of another value; one number, if all are equal.
    pub(super) fn like(&mut self, value: Value, mut numbers: Vec<f64>) -> Value {
        if numbers.windows(2).all(|two| two[0].to_bits() == two[1].to_bits()) {
            numbers.truncate(1);
        }
        let (width, precision) = (numbers.len(), self.precision(value));
        self.add(Step::Constant(numbers), width, precision)
    }

    pub(super) fn apply(&mut self, function: Function, value: Value) -> Value {
        if function == Function::Erf && !(self.has_erf)(self.precision(value)) {
            return (self.erf)(self, value);
        }
        self.add(
            Step::Apply(function, value),
            self.width(value),
            self.precision(value),
        )
    }

    pub(super) fn combine(&mut self, operator: Operator, a: Value, b: Value) -> Value {
        debug_assert_eq!(self.precision(a), self.precision(b));
        let width = self.width(a).max(self.width(b));
        self.add(Step::Combine(operator, a, b), width, self.precision(a))
    }

    /// A value and constant numbers.
    pub(super) fn with(&mut self, operator: Operator, a: Value, numbers: Vec<f64>) -> Value {
        let b = self.like(a, numbers);
        self.combine(operator, a, b)
    }

    /// A value and one constant number.
    pub(super) fn with_number(&mut self, operator: Operator, a: Value, number: f64) -> Value {
        self.with(operator, a, vec![number])
    }

    pub(super) fn select(&mut self, test: Test, then: Value, otherwise: Value) -> Value {
        let mut all = test.uses();
        all.extend([then, otherwise]);
        let width = all.into_iter().map(|value| self.width(value)).max().unwrap_or(1);
        self.add(Step::Select(test, then, otherwise), width, self.precision(then))
    }

    /// Of two numbers, the first where the test holds.
    pub(super) fn select_numbers(&mut self, test: Test, then: f64, otherwise: f64) -> Value {
        let of = test.uses()[0];
        let (then, otherwise) = (self.like(of, vec![then]), self.like(of, vec![otherwise]));
        self.select(test, then, otherwise)
    }

    /// The number of the value at each place; the value itself where these are its places in order.
    pub(super) fn take(&mut self, value: Value, places: Vec<usize>) -> Value {
        if places.iter().copied().eq(0..self.width(value)) {
            return value;
        }
        let (width, precision) = (places.len(), self.precision(value));
        self.add(Step::Take(value, places), width, precision)
    }

    /// One after the other.
    pub(super) fn join(&mut self, mut values: Vec<Value>) -> Value {
        // A column whose training rows are all equal may have no feature.
        if values.iter().any(|&value| self.width(value) > 0) {
            values.retain(|&value| self.width(value) > 0);
        }
        if let [only] = values[..] {
            return only;
        }
        let width = values.iter().map(|&value| self.width(value)).sum();
        let precision = values
            .first()
            .map_or(Precision::Double, |&first| self.precision(first));
        self.add(Step::Join(values), width, precision)
    }

    pub(super) fn dense(&mut self, input: Value, weights: usize, bias: Option<usize>) -> Value {
        let width = self.arrays[weights].shape[1];
        debug_assert_eq!(self.width(input), self.arrays[weights].shape[0]);
        let step = Step::Dense { input, weights, bias };
        self.add(step, width, self.precision(input))
    }

    /// The number of a table at the place that each number of a value says.
    pub(super) fn look(&mut self, table: usize, places: Value) -> Value {
        let precision = self.arrays[table].precision;
        self.add(Step::Look(table, places), self.width(places), precision)
    }

    pub(super) fn sum(&mut self, value: Value) -> Value {
        self.add(Step::Sum(value), 1, self.precision(value))
    }

    pub(super) fn largest(&mut self, value: Value) -> Value {
        match self.width(value) {
            1 => value,
            _ => self.add(Step::Largest(value), 1, self.precision(value)),
        }
    }

    /// The same numbers in a precision.
    pub(super) fn convert(&mut self, value: Value, precision: Precision) -> Value {
        match self.precision(value) == precision {
            true => value,
            false => self.add(Step::Convert(value), self.width(value), precision),
        }
    }

    /// A value within constant numbers.
    pub(super) fn within(&mut self, value: Value, smallest: f64, largest: f64) -> Value {
        let value = self.with_number(Operator::Larger, value, smallest);
        self.with_number(Operator::Smaller, value, largest)
    }

    /// The mean of values of one width.
    pub(super) fn mean(&mut self, values: Vec<Value>) -> Value {
        let count = values.len();
        let mut values = values.into_iter();
        let Some(first) = values.next() else {
            return self.like(0, vec![f64::NAN]);
        };
        if count == 1 {
            return first;
        }
        let sum = values.fold(first, |sum, value| self.combine(Operator::Add, sum, value));
        self.with_number(Operator::Multiply, sum, 1.0 / count as f64)
    }
}
