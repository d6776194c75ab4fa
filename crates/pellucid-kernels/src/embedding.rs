//! Embeddings: each number, or each group of features that stand for a category, becomes several numbers.
//!
//! Gorishniy, Rubachev & Babenko, *On Embeddings for Numerical Features in Tabular Deep Learning*, 2022, section 3.3 (periodic
//! functions, a linear map, ReLU); Holzmüller, Grinsztajn & Steinwart, *Better by Default*, 2024, section 3 (PBLD: cosines with
//! phases, a linear map, beside the number).

use crate::simd::scalar::Scalar;

/// Periodic functions of each of some numbers, and a linear map of them. For the number x, the frequencies c and the phases b these
/// are cos(2πc·x + b), and where `sine` says so sin(2πc·x + b) after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periodic {
    /// The numbers of a row.
    pub columns: usize,
    /// The frequencies of a number.
    pub frequencies: usize,
    /// What a number becomes, the number itself included where it is kept.
    pub width: usize,
    /// Whether there are sines as well; then there are no phases.
    pub sine: bool,
    /// Whether the number itself comes first.
    pub keeps_number: bool,
    /// Whether the linear map is followed by ReLU.
    pub rectifies: bool,
}

/// The parameters of [`Periodic`], or the derivatives of the loss by them.
#[derive(Debug)]
pub struct PeriodicArrays<A> {
    /// c, (columns, frequencies).
    pub frequencies: A,
    /// b, (columns, frequencies); empty where there are sines.
    pub phases: A,
    /// The linear map, (columns, functions, outputs).
    pub weights: A,
    /// What it adds, (columns, outputs).
    pub biases: A,
}

impl Periodic {
    /// The periodic functions of a number.
    pub fn functions(&self) -> usize {
        self.frequencies * if self.sine { 2 } else { 1 }
    }

    /// The outputs of the linear map for a number.
    pub fn outputs(&self) -> usize {
        self.width - usize::from(self.keeps_number)
    }

    /// The lengths of frequencies, phases, weights and biases.
    pub fn lengths(&self) -> [usize; 4] {
        let of_frequencies = self.columns * self.frequencies;
        [
            of_frequencies,
            if self.sine { 0 } else { of_frequencies },
            self.columns * self.functions() * self.outputs(),
            self.columns * self.outputs(),
        ]
    }

    /// Parameters, one array after the other, as four.
    pub fn split<'a, T>(&self, all: &'a [T]) -> PeriodicArrays<&'a [T]> {
        let [of_frequencies, of_phases, of_weights, _] = self.lengths();
        let (frequencies, rest) = all.split_at(of_frequencies);
        let (phases, rest) = rest.split_at(of_phases);
        let (weights, biases) = rest.split_at(of_weights);
        PeriodicArrays {
            frequencies,
            phases,
            weights,
            biases,
        }
    }

    /// The same for numbers that change.
    pub fn split_mut<'a, T>(&self, all: &'a mut [T]) -> PeriodicArrays<&'a mut [T]> {
        let [of_frequencies, of_phases, of_weights, _] = self.lengths();
        let (frequencies, rest) = all.split_at_mut(of_frequencies);
        let (phases, rest) = rest.split_at_mut(of_phases);
        let (weights, biases) = rest.split_at_mut(of_weights);
        PeriodicArrays {
            frequencies,
            phases,
            weights,
            biases,
        }
    }

    /// Embeds the numbers `x` of one row, (columns), to `to`, (columns, width). `cosines` and `sines`, (columns, frequencies),
    /// receive the functions, for the backward pass.
    #[inline(always)]
    pub fn embed<T: Scalar>(
        &self,
        parameters: &PeriodicArrays<&[T]>,
        x: &[T],
        (cosines, sines): (&mut [T], &mut [T]),
        to: &mut [T],
    ) {
        let (count, outputs) = (self.frequencies, self.outputs());
        for (column, (&x, to)) in x.iter().zip(to.chunks_exact_mut(self.width)).enumerate() {
            let own = column * count..(column + 1) * count;
            let (cosines, sines) = (&mut cosines[own.clone()], &mut sines[own.clone()]);
            let phases = parameters.phases.get(own.clone()).unwrap_or_default();
            self.functions_of(x, &parameters.frequencies[own], phases, cosines, sines);
            let to = match self.keeps_number {
                true => {
                    to[0] = x;
                    &mut to[1..]
                }
                false => to,
            };
            to.copy_from_slice(&parameters.biases[column * outputs..(column + 1) * outputs]);
            let functions = self.functions();
            let weights =
                &parameters.weights[column * functions * outputs..(column + 1) * functions * outputs];
            let all = cosines.iter().chain(sines.iter().take(functions - count));
            for (&function, row) in all.zip(weights.chunks_exact(outputs)) {
                for (to, &weight) in to.iter_mut().zip(row) {
                    *to += function * weight;
                }
            }
            if self.rectifies {
                for to in to {
                    *to = if *to > T::ZERO { *to } else { T::ZERO };
                }
            }
        }
    }

    /// cos and sin of 2πc·x + b for each frequency c.
    #[inline(always)]
    fn functions_of<T: Scalar>(
        &self,
        x: T,
        frequencies: &[T],
        phases: &[T],
        cosines: &mut [T],
        sines: &mut [T],
    ) {
        let turn_of_radian = T::from_f64(std::f64::consts::TAU.recip());
        let quarter = T::from_f64(0.25);
        match phases.is_empty() {
            true => {
                for ((&c, cosine), sine) in frequencies.iter().zip(&mut *cosines).zip(&mut *sines) {
                    (*cosine, *sine) = (sine_of_turns(c * x + quarter), sine_of_turns(c * x));
                }
            }
            false => {
                let both = frequencies.iter().zip(phases);
                for (((&c, &b), cosine), sine) in both.zip(&mut *cosines).zip(&mut *sines) {
                    let turns = c * x + b * turn_of_radian;
                    (*cosine, *sine) = (sine_of_turns(turns + quarter), sine_of_turns(turns));
                }
            }
        }
    }

    /// Adds the derivatives of one row to `gradient`. `outer` are ∂L/∂a of its embedding `embedded`, both (columns, width).
    #[inline(always)]
    pub fn differentiate<T: Scalar>(
        &self,
        parameters: &PeriodicArrays<&[T]>,
        x: &[T],
        (cosines, sines): (&[T], &[T]),
        (embedded, outer): (&[T], &[T]),
        gradient: &mut PeriodicArrays<&mut [T]>,
    ) {
        let (count, outputs, functions) = (self.frequencies, self.outputs(), self.functions());
        let first = usize::from(self.keeps_number);
        let tau = T::from_f64(std::f64::consts::TAU);
        for (column, &x) in x.iter().enumerate() {
            let of_width = column * self.width + first..(column + 1) * self.width;
            let of_weights = column * functions * outputs;
            for (output, (&a, &outer)) in embedded[of_width.clone()]
                .iter()
                .zip(&outer[of_width])
                .enumerate()
            {
                if self.rectifies && a <= T::ZERO {
                    continue;
                }
                gradient.biases[column * outputs + output] += outer;
                for frequency in 0..count {
                    let at = column * count + frequency;
                    let (cosine, sine) = (cosines[at], sines[at]);
                    let weight_at = of_weights + frequency * outputs + output;
                    gradient.weights[weight_at] += cosine * outer;
                    let mut of_argument = -sine * parameters.weights[weight_at] * outer;
                    if self.sine {
                        let weight_at = weight_at + count * outputs;
                        gradient.weights[weight_at] += sine * outer;
                        of_argument += cosine * parameters.weights[weight_at] * outer;
                    } else {
                        gradient.phases[at] += of_argument;
                    }
                    gradient.frequencies[at] += tau * x * of_argument;
                }
            }
        }
    }
}

/// sin(2πt). The error is a few units in the last place of 1, for |t| of up to a few thousand.
#[inline(always)]
pub fn sine_of_turns<T: Scalar>(t: T) -> T {
    /// (−1)ⁱ(2π)^(2i+1)/(2i + 1)!, the Taylor series of sin(2πt), which suffices for |t| ≤ ¼.
    const SERIES: [f64; 11] = {
        let mut series = [0.0; 11];
        let (mut term, mut i) = (std::f64::consts::TAU, 0);
        while i < 11 {
            series[i] = term;
            let next = (2 * i + 2) as f64;
            term *= -std::f64::consts::TAU * std::f64::consts::TAU / (next * (next + 1.0));
            i += 1;
        }
        series
    };
    let rounded = (t + T::ROUND) - T::ROUND;
    let r = t - rounded;
    // sin(2πr) = sin(2π(½ − r)), which brings r to at most a quarter.
    let folded = if r > T::from_f64(0.25) {
        T::HALF - r
    } else if r < T::from_f64(-0.25) {
        -T::HALF - r
    } else {
        r
    };
    let square = folded * folded;
    let mut sum = T::from_f64(SERIES[10]);
    for coefficient in SERIES[..10].iter().rev() {
        sum = sum * square + T::from_f64(*coefficient);
    }
    sum * folded
}

/// Adds x·E of one row to `to`, (width): `table` E is (columns, width), and most of `x` are 0, as where one of them stands for a
/// category.
#[inline(always)]
pub fn embed_category<T: Scalar>(table: &[T], x: &[T], to: &mut [T]) {
    for (&x, row) in x.iter().zip(table.chunks_exact(to.len())) {
        if x != T::ZERO {
            for (to, &number) in to.iter_mut().zip(row) {
                *to += x * number;
            }
        }
    }
}

/// Adds the derivatives of one row to `gradient`, (columns, width). `outer` are ∂L/∂a of its embedding, (width).
#[inline(always)]
pub fn differentiate_category<T: Scalar>(x: &[T], outer: &[T], gradient: &mut [T]) {
    for (&x, row) in x.iter().zip(gradient.chunks_exact_mut(outer.len())) {
        if x != T::ZERO {
            for (to, &outer) in row.iter_mut().zip(outer) {
                *to += x * outer;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sine_of_turns;

    #[test]
    fn sines_are_those_of_the_standard_library() {
        for step in -4000..4000 {
            let t = f64::from(step) * 0.00337;
            let expected = (std::f64::consts::TAU * (t - t.round())).sin();
            assert!((sine_of_turns(t) - expected).abs() < 2e-15, "{t}");
            let single = t as f32;
            let expected = (std::f64::consts::TAU * (f64::from(single) - f64::from(single).round())).sin();
            assert!((f64::from(sine_of_turns(single)) - expected).abs() < 5e-7, "{t}");
        }
    }
}
