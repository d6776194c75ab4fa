//! Draws orthogonal initial weights: Saxe, McClelland & Ganguli, *Exact Solutions to the Nonlinear Dynamics of Learning in
//! Deep Linear Neural Networks*, 2014.

use crate::numpy_random::RandomState;

/// Fills weights, (`fan_in`, fan_out), with orthonormal columns, or with orthonormal rows where there are fewer of them,
/// times `gain`.
///
/// The weights are the Q of a QR decomposition of normal numbers whose R has a positive diagonal, so that all orthogonal
/// matrices are equally likely (Mezzadri, *How to Generate Random Matrices from the Classical Compact Groups*, 2007). The
/// Gram-Schmidt process gives this Q directly; applied twice, it is orthogonal up to rounding (Giraud et al., *The Loss of
/// Orthogonality in the Gram-Schmidt Orthogonalization Process*, 2005). The vectors are drawn one after the other.
pub(super) fn fill(weights: &mut [f64], fan_in: usize, gain: f64, generator: &mut RandomState) {
    let fan_out = weights.len() / fan_in;
    let (count, length) = (fan_in.min(fan_out), fan_in.max(fan_out));
    let mut vectors: Vec<f64> = (0..count * length).map(|_| generator.standard_normal()).collect();
    for index in 0..count {
        let (before, rest) = vectors.split_at_mut(index * length);
        let vector = &mut rest[..length];
        for _ in 0..2 {
            for other in before.chunks_exact(length) {
                let along = dot(other, vector);
                vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
            }
        }
        let norm = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|v| *v /= norm);
    }
    for (at, weight) in weights.iter_mut().enumerate() {
        let (row, column) = (at / fan_out, at % fan_out);
        let (vector, place) = if fan_in < fan_out {
            (row, column)
        } else {
            (column, row)
        };
        *weight = gain * vectors[vector * length + place];
    }
}

/// The dot product in several partial sums, which is faster and rounds less than one sum.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
