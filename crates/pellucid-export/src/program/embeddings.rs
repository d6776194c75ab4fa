//! Embedded features: what the first layer gets in the place of features.

use super::builder::Builder;
use super::{Function, Operator, Precision, Value};
use pellucid::model::embedding::{EmbeddedPart, Embedding, EmbeddingMethod};
use pellucid::{Architecture, Scalar};
use std::f64::consts::TAU;

/// The features, embedded where the architecture says so.
pub(super) fn embed<T: Scalar>(
    builder: &mut Builder,
    architecture: &Architecture,
    parameters: &[T],
    features: Value,
    prefix: &str,
    precision: Precision,
) -> Value {
    if architecture.embedded_parts().is_empty() {
        return features;
    }
    let parts = architecture
        .embedded_parts()
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let numbers = |name: &str| -> Vec<f64> {
                let found = part.arrays().into_iter().find(|(of, ..)| *of == name);
                let range = found.map(|(_, _, range)| range).unwrap_or_default();
                parameters[range].iter().map(|number| number.to_f64()).collect()
            };
            let own = builder.take(features, part.features.clone().collect());
            let name = format!("{prefix}embedding_{}", index + 1);
            match &part.embedding {
                None => own,
                Some((embedding, _)) if embedding.method == EmbeddingMethod::Linear => {
                    let shape = [embedding.columns(), embedding.width()];
                    let weights =
                        builder.array(format!("{name}_weights"), numbers("weight"), &shape, precision);
                    builder.dense(own, weights, None)
                }
                Some((embedding, _)) => periodic(builder, embedding, part, numbers, own, &name, precision),
            }
        });
    let parts = parts.collect();
    builder.join(parts)
}

/// Of each number x, a linear map of cos(2πc·x + b), beside x itself; or ReLU of a linear map of cos(2πc·x) and sin(2πc·x).
fn periodic(
    builder: &mut Builder,
    embedding: &Embedding,
    part: &EmbeddedPart,
    numbers: impl Fn(&str) -> Vec<f64>,
    own: Value,
    name: &str,
    precision: Precision,
) -> Value {
    let columns = part.features.len();
    let has_phases = embedding.method == EmbeddingMethod::Pbld;
    let (frequencies, phases) = (numbers("frequency"), numbers("phase"));
    let (weights, biases) = (numbers("weight"), numbers("bias"));
    let count = frequencies.len() / columns;
    let functions = if has_phases { count } else { 2 * count };
    let outputs = biases.len() / columns;
    let repeated = builder.take(own, (0..columns * count).map(|at| at / count).collect());
    let turns = frequencies.iter().map(|frequency| TAU * frequency).collect();
    let mut angles = builder.with(Operator::Multiply, repeated, turns);
    if has_phases {
        angles = builder.with(Operator::Add, angles, phases);
    }
    let cosines = builder.apply(Function::Cosine, angles);
    let sines = (!has_phases).then(|| builder.apply(Function::Sine, angles));
    let mut embedded = Vec::new();
    for column in 0..columns {
        let places: Vec<usize> = (column * count..(column + 1) * count).collect();
        let mut of_column = vec![builder.take(cosines, places.clone())];
        of_column.extend(sines.map(|sines| builder.take(sines, places)));
        let of_column = builder.join(of_column);
        let size = functions * outputs;
        let own_weights = weights[column * size..(column + 1) * size].to_vec();
        let own_bias = biases[column * outputs..(column + 1) * outputs].to_vec();
        let name = format!("{name}_number_{}", column + 1);
        let shape = [functions, outputs];
        let own_weights = builder.array(format!("{name}_weights"), own_weights, &shape, precision);
        let own_bias = builder.array(format!("{name}_bias"), own_bias, &[outputs], precision);
        let mapped = builder.dense(of_column, own_weights, Some(own_bias));
        if has_phases {
            embedded.push(builder.take(own, vec![column]));
            embedded.push(mapped);
        } else {
            embedded.push(builder.with_number(Operator::Larger, mapped, 0.0));
        }
    }
    builder.join(embedded)
}
