//! The answers in a network's outputs: classes with their probabilities, or numbers in the units of the table.

use super::builder::Builder;
use super::quantiles::quantile_at;
use super::{Answers, Function, NO_CLASS, Operator, Precision, Step, Test, Value};
use pellucid::recipe::TargetTransform;
use pellucid_data::preparation::{RegressionTarget, TargetPreparation};
use std::f64::consts::FRAC_1_SQRT_2;

/// A prediction beyond 10^304 of any unit is cut off there.
const LARGEST_LOGARITHM: f64 = 700.0;
/// The largest finite number.
const LARGEST: f64 = f64::MAX;

/// What rows must have for an answer.
pub(super) struct Conditions {
    /// The features in the precision of the network.
    pub(super) features: Value,
    /// The smallest code of a word, where words may be refused.
    pub(super) smallest_code: Option<Value>,
}

impl Conditions {
    /// 0 for a row that has an answer, else NaN. `numbers` are the answers.
    fn verdict(&self, builder: &mut Builder, numbers: Value) -> Value {
        let limit = match builder.steps[self.features].precision {
            Precision::Single => 1e18,
            Precision::Double => 1e150,
        };
        let features = builder.convert(self.features, Precision::Double);
        let features = failures(builder, features, limit);
        let answers = failures(builder, numbers, LARGEST);
        let mut all = vec![features, answers];
        if let Some(code) = self.smallest_code {
            let least = builder.like(code, vec![NO_CLASS as f64]);
            all.push(builder.select_numbers(Test::AtMost(least, code), 0.0, 1.0));
        }
        let all = builder.join(all);
        let worst = builder.largest(all);
        let zero = builder.like(worst, vec![0.0]);
        builder.select_numbers(Test::Equal(worst, zero), 0.0, f64::NAN)
    }
}

/// 0 if every number lies within ±limit, else 1.
fn failures(builder: &mut Builder, numbers: Value, limit: f64) -> Value {
    let size = builder.apply(Function::Absolute, numbers);
    let limit = builder.like(size, vec![limit]);
    // In this order a NaN fails as well.
    let failed = builder.select_numbers(Test::AtMost(size, limit), 0.0, 1.0);
    builder.largest(failed)
}

/// The answers of a model of a table.
pub(super) fn of_table(
    builder: &mut Builder,
    target: &TargetPreparation,
    outputs: Value,
    conditions: &Conditions,
) -> Answers {
    let outputs = builder.convert(outputs, Precision::Double);
    let with_verdict = |builder: &mut Builder, numbers: Value| {
        let verdict = conditions.verdict(builder, numbers);
        (builder.combine(Operator::Add, numbers, verdict), verdict)
    };
    match target {
        TargetPreparation::Binary(label) => {
            let (class, probabilities) = binary(builder, outputs, label.threshold);
            let (probabilities, verdict) = with_verdict(builder, probabilities);
            Answers::Classes {
                classes: label.classes.to_vec(),
                probabilities,
                class: where_answered(builder, class, verdict),
            }
        }
        TargetPreparation::Classes(classes) => {
            let class = builder.add(Step::PlaceOfLargest(outputs), 1, Precision::Double);
            let (probabilities, verdict) = with_verdict(builder, outputs);
            Answers::Classes {
                classes: classes.classes.clone(),
                probabilities,
                class: where_answered(builder, class, verdict),
            }
        }
        TargetPreparation::Labels { labels } => {
            let half = builder.like(outputs, vec![0.5]);
            let classes = builder.select_numbers(Test::Less(half, outputs), 1.0, 0.0);
            let (probabilities, verdict) = with_verdict(builder, outputs);
            Answers::Labels {
                columns: labels.iter().map(|label| label.column.clone()).collect(),
                classes: labels.iter().map(|label| label.classes.clone()).collect(),
                probabilities,
                labels: where_answered(builder, classes, verdict),
            }
        }
        TargetPreparation::Regression { columns } => {
            let numbers = decoded(builder, columns, outputs);
            let (numbers, _) = with_verdict(builder, numbers);
            Answers::Numbers {
                columns: columns.iter().map(|column| column.column.clone()).collect(),
                numbers,
            }
        }
    }
}

/// The answers of a model that was trained on arrays.
pub(super) fn of_arrays(builder: &mut Builder, classes: &[String], outputs: Value) -> Answers {
    let outputs = builder.convert(outputs, Precision::Double);
    let width = builder.width(outputs);
    match classes.len() {
        0 => Answers::Numbers {
            columns: (1..=width).map(|number| format!("output {number}")).collect(),
            numbers: outputs,
        },
        2 if width == 1 => {
            let (class, probabilities) = binary(builder, outputs, None);
            Answers::Classes {
                classes: classes.to_vec(),
                probabilities,
                class,
            }
        }
        _ => Answers::Classes {
            classes: classes.to_vec(),
            probabilities: outputs,
            class: builder.add(Step::PlaceOfLargest(outputs), 1, Precision::Double),
        },
    }
}

/// The class, and the probabilities of the first and the second, of the probability of the second.
fn binary(builder: &mut Builder, second: Value, threshold: Option<f64>) -> (Value, Value) {
    let one = builder.like(second, vec![1.0]);
    let first = builder.combine(Operator::Subtract, one, second);
    let limit = match threshold {
        Some(threshold) => builder.like(second, vec![threshold]),
        None => first,
    };
    let class = builder.select_numbers(Test::Less(limit, second), 1.0, 0.0);
    (class, builder.join(vec![first, second]))
}

fn where_answered(builder: &mut Builder, class: Value, verdict: Value) -> Value {
    let none = builder.like(class, vec![NO_CLASS as f64]);
    builder.select(Test::Missing(verdict), none, class)
}

/// The numbers in the units of the table.
fn decoded(builder: &mut Builder, targets: &[RegressionTarget], outputs: Value) -> Value {
    let per = |number: fn(&RegressionTarget) -> f64| targets.iter().map(number).collect::<Vec<_>>();
    let scaled = builder.with(Operator::Multiply, outputs, per(|target| target.std));
    let learnt = builder.with(Operator::Add, scaled, per(|target| target.mean));
    let is_plain = |target: &RegressionTarget| {
        matches!(
            target.transform,
            TargetTransform::Standard | TargetTransform::None
        )
    };
    let numbers = match targets.iter().all(is_plain) {
        true => learnt,
        false => {
            let each = (0..targets.len()).map(|at| {
                let own = builder.take(learnt, vec![at]);
                match targets[at].transform {
                    TargetTransform::Standard | TargetTransform::None => own,
                    TargetTransform::Log => {
                        let limited = builder.with_number(Operator::Smaller, own, LARGEST_LOGARITHM);
                        builder.apply(Function::Exponential, limited)
                    }
                    TargetTransform::QuantileNormal => {
                        let part = normal_probability(builder, own);
                        quantile_at(builder, part, &targets[at].quantiles)
                    }
                }
            });
            let each = each.collect();
            builder.join(each)
        }
    };
    if targets.iter().all(|target| target.range.is_none()) {
        return numbers;
    }
    let smallest = per(|target| target.range.map_or(f64::NEG_INFINITY, |range| range[0]));
    let largest = per(|target| target.range.map_or(f64::INFINITY, |range| range[1]));
    let numbers = builder.with(Operator::Larger, numbers, smallest);
    builder.with(Operator::Smaller, numbers, largest)
}

/// Φ(z) = ½(1 + erf(z/√2)).
fn normal_probability(builder: &mut Builder, z: Value) -> Value {
    let scaled = builder.with_number(Operator::Multiply, z, FRAC_1_SQRT_2);
    let erf = builder.apply(Function::Erf, scaled);
    let sum = builder.with_number(Operator::Add, erf, 1.0);
    builder.with_number(Operator::Multiply, sum, 0.5)
}
