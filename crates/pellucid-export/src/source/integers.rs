//! The layers of a network in integers, for devices without floating-point arithmetic.
//!
//! A number x of a layer is an integer q: x ≈ step·(q − zero), with one step and one zero for each feature and for the activations
//! of each layer, so that the numbers of usual rows fill the range of q. A weight is step·q with a step of its own for each unit. So
//! a pre-activation is an integer sum times the product of two steps, and the next layer's integer is that sum times a
//! ratio, a 31-bit multiplier and a shift. Jacob et al., *Quantization and Training of Neural Networks for Efficient
//! Integer-Arithmetic-Only Inference*, 2018.

use super::lines::wrapped;
use crate::calibration::{Span, Spans};
use crate::error::{ExportError, Result};
use crate::program::{PlainLayer, Precision, Program};
use crate::quantization::Quantization;
use pellucid::Activation;
use std::fmt::Write;

/// What all products of a sum, and its bias, add up to at most: half of what 32 bits hold, for rounding takes a part.
const LARGEST_SUM: f64 = (1_u32 << 30) as f64;
/// A layer of more inputs might add up to more by rounding alone.
const MOST_INPUTS: usize = 16_000;
/// The places of a table between which 16-bit integers are interpolated are so many bits apart.
const INTERPOLATED_BITS: u32 = 6;

/// Integers for numbers of a span.
#[derive(Debug, Clone, Copy)]
struct Scale {
    step: f64,
    zero: f64,
}

impl Scale {
    fn of(span: Span, quantization: Quantization) -> Self {
        let [low, high] = quantization.range();
        let step = ((span.high - span.low) / (high - low)).max(1e-30);
        let zero = (low - span.low / step).round().clamp(low, high);
        Self { step, zero }
    }

    fn integer(self, number: f64, quantization: Quantization) -> f64 {
        let [low, high] = quantization.range();
        (number / self.step + self.zero).round().clamp(low, high)
    }
}

/// How the sums of a layer become its integers.
enum Next {
    /// By their ratio alone, within these limits.
    Within { low: f64, high: f64 },
    /// By a table of the activation at each integer, or at evenly spaced ones.
    Table(Vec<f64>),
}

/// A layer but the last.
struct Hidden {
    sums: Sums,
    /// The multiplier and the shift of each unit.
    ratios: Vec<(f64, u32)>,
    zero: f64,
    next: Next,
}

/// The sums of a layer.
struct Sums {
    /// (units, inputs), row-major.
    weights: Vec<f64>,
    biases: Vec<f64>,
    /// What 1 stands for in the sum of each unit.
    units: Vec<f64>,
    inputs: usize,
}

/// A network in integers.
pub(crate) struct IntegerNetwork {
    quantization: Quantization,
    features: Vec<Scale>,
    hidden: Vec<Hidden>,
    last: Sums,
}

impl IntegerNetwork {
    /// The layers of a program, with steps that follow from the spans of usual rows.
    ///
    /// # Errors
    /// The network is not layers and activations of single units alone, or a layer is too wide.
    pub(crate) fn new(
        program: &Program,
        spans: &Spans,
        quantization: Quantization,
        form: &'static str,
    ) -> Result<Self> {
        let refused = |part: &str| ExportError::Inexpressible {
            form,
            part: format!("{part} in integers"),
            advice: "leave --quantize out".into(),
        };
        let layers = program.plain_layers().ok_or_else(|| {
            refused("layer normalisation, embeddings, members, parametric activations or an ensemble")
        })?;
        let (Some((last, hidden)), true) = (layers.split_last(), layers.len() == spans.layers.len()) else {
            return Err(refused("a network without layers"));
        };
        let features: Vec<Scale> = spans
            .features
            .iter()
            .map(|&span| Scale::of(span, quantization))
            .collect();
        let mut inputs = features.clone();
        let mut found = Vec::new();
        for (layer, spans) in hidden.iter().zip(&spans.layers) {
            let activation = layer.activation;
            if !activation.is_elementwise() {
                return Err(refused(&format!(
                    "the activation `{}` of a hidden layer",
                    activation.name()
                )));
            }
            let sums = Sums::new(program, layer, &inputs, quantization)
                .ok_or_else(|| refused("a layer of so many inputs"))?;
            let of_z = Scale::of(spans.z, quantization);
            let of_activation = Scale::of(spans.activation, quantization);
            let [low, high] = quantization.range();
            let limit = |number: f64| of_activation.integer(number, quantization);
            let (next, scale) = match activation {
                Activation::Identity => (Next::Within { low, high }, of_activation),
                Activation::Relu => (
                    Next::Within {
                        low: limit(0.0),
                        high,
                    },
                    of_activation,
                ),
                Activation::HardTanh => {
                    let (low, high) = (limit(-1.0), limit(1.0));
                    (Next::Within { low, high }, of_activation)
                }
                _ => (
                    Next::Table(table(activation, of_z, of_activation, quantization)),
                    of_z,
                ),
            };
            let ratios = sums.units.iter().map(|unit| ratio(unit / scale.step)).collect();
            let units = sums.units.len();
            found.push(Hidden {
                sums,
                ratios,
                zero: scale.zero,
                next,
            });
            inputs = vec![of_activation; units];
        }
        let last = Sums::new(program, last, &inputs, quantization)
            .ok_or_else(|| refused("a layer of so many inputs"))?;
        Ok(Self {
            quantization,
            features,
            hidden: found,
            last,
        })
    }
}

impl Sums {
    fn new(
        program: &Program,
        layer: &PlainLayer,
        inputs: &[Scale],
        quantization: Quantization,
    ) -> Option<Self> {
        let weights = &program.arrays[layer.weights];
        let (fan_in, fan_out) = (weights.shape[0], weights.shape[1]);
        if fan_in > MOST_INPUTS {
            return None;
        }
        let [low, high] = quantization.range();
        let mut sums = Self {
            weights: Vec::new(),
            biases: Vec::new(),
            units: Vec::new(),
            inputs: fan_in,
        };
        for unit in 0..fan_out {
            let bias = layer.bias.map_or(0.0, |bias| program.arrays[bias].numbers[unit]);
            // In units of the inputs' steps.
            let of_inputs = inputs.iter().enumerate();
            let own: Vec<f64> = of_inputs
                .map(|(input, scale)| weights.numbers[input * fan_out + unit] * scale.step)
                .collect();
            let largest = own
                .iter()
                .fold(0.0_f64, |largest, weight| largest.max(weight.abs()));
            let sum: f64 = own.iter().map(|weight| weight.abs()).sum();
            let step = (largest / high)
                .max((sum * (high - low) + bias.abs()) / LARGEST_SUM)
                .max(f64::MIN_POSITIVE / f64::EPSILON);
            let integers: Vec<f64> = own.iter().map(|weight| (weight / step).round()).collect();
            let zeros: f64 = integers
                .iter()
                .zip(inputs)
                .map(|(weight, scale)| weight * scale.zero)
                .sum();
            sums.biases.push((bias / step).round() - zeros);
            sums.weights.extend(integers);
            sums.units.push(step);
        }
        Some(sums)
    }
}

/// A ratio as multiplier·2^−shift, the multiplier below 2³¹.
fn ratio(of: f64) -> (f64, u32) {
    let exponent = of.log2().floor().clamp(-32.0, 29.0);
    let shift = 30.0 - exponent;
    let multiplier = (of * shift.exp2()).round().min(f64::from(i32::MAX));
    (multiplier, shift as u32)
}

/// The activations at the integers of z, by the engine.
fn table(activation: Activation, of_z: Scale, of_activation: Scale, quantization: Quantization) -> Vec<f64> {
    let [low, high] = quantization.range();
    let apart = match quantization {
        Quantization::Int8 => 1.0,
        Quantization::Int16 => f64::from(1_u32 << INTERPOLATED_BITS),
    };
    let mut z: Vec<f64> = Vec::new();
    while low + apart * z.len() as f64 <= high + (apart - 1.0) {
        z.push(of_z.step * (low + apart * z.len() as f64 - of_z.zero));
    }
    let mut activations = vec![0.0; z.len()];
    activation.apply(&z, &mut activations, 1);
    let integer = |number: &f64| of_activation.integer(*number, quantization);
    activations.iter().map(integer).collect()
}

impl IntegerNetwork {
    pub(super) fn quantization(&self) -> Quantization {
        self.quantization
    }

    /// The C source: tables, and the function `integer_layers` from features to the pre-activations of the last layer.
    pub(super) fn c_source(&self, precision: Precision) -> String {
        let kind = match self.quantization {
            Quantization::Int8 => "int8_t",
            Quantization::Int16 => "int16_t",
        };
        let number = match precision {
            Precision::Single => "float",
            Precision::Double => "double",
        };
        let [low, high] = self.quantization.range();
        let (low, high) = (low as i64, high as i64);
        let mut text = format!(
            "/* x / step + zero, rounded, within the range of the integers. */
static {kind} integer_of(double x, double step, int zero) {{
    const double q = x / step + (double)zero;
    if (!(q > {low}.0)) {{
        return {low};
    }}
    return ({kind})(q >= {high}.0 ? {high} : (int)(q + (q < 0.0 ? -0.5 : 0.5)));
}}

static int32_t sum_of(const {kind} *x, const {kind} *w, int32_t bias, int inputs) {{
    int32_t sum = bias;
    for (int i = 0; i < inputs; i++) {{
        sum += (int32_t)x[i] * w[i];
    }}
    return sum;
}}

"
        );
        if !self.hidden.is_empty() {
            text += RESCALED;
        }
        if self
            .hidden
            .iter()
            .any(|layer| matches!(layer.next, Next::Table(_)))
            && self.quantization == Quantization::Int16
        {
            let _ = write!(
                text,
                "/* Between the numbers of a table, which are {} apart. */
static int32_t interpolated(const int16_t *table, int32_t q) {{
    const int32_t at = (q + 32768) / {}, rest = (q + 32768) % {};
    return table[at] + (table[at + 1] - table[at]) * rest / {};
}}

",
                1 << INTERPOLATED_BITS,
                1 << INTERPOLATED_BITS,
                1 << INTERPOLATED_BITS,
                1 << INTERPOLATED_BITS
            );
        }
        let steps: Vec<f64> = self.features.iter().map(|scale| scale.step).collect();
        let zeros: Vec<f64> = self.features.iter().map(|scale| scale.zero).collect();
        text += &numbers_of("double", "feature_steps", &steps);
        text += &integers_of("int16_t", "feature_zeros", &zeros);
        for (index, layer) in (1..).zip(&self.hidden) {
            text += &layer.sums.c_tables(kind, index);
            let multipliers: Vec<f64> = layer.ratios.iter().map(|(multiplier, _)| *multiplier).collect();
            let shifts: Vec<f64> = layer.ratios.iter().map(|(_, shift)| f64::from(*shift)).collect();
            text += &integers_of("int32_t", &format!("multipliers_{index}"), &multipliers);
            text += &integers_of("uint8_t", &format!("shifts_{index}"), &shifts);
            if let Next::Table(table) = &layer.next {
                text += &integers_of(kind, &format!("activations_{index}"), table);
            }
        }
        let last = self.hidden.len() + 1;
        text += &self.last.c_tables(kind, last);
        text += &numbers_of("double", &format!("units_{last}"), &self.last.units);
        let width = self.features.len();
        let _ = write!(
            text,
            "
/* The layers in integers, up to the pre-activations of the last one. */
static void integer_layers(const {number} *features, {number} *z) {{
    {kind} x0[{width}];
    for (int i = 0; i < {width}; i++) {{
        x0[i] = integer_of((double)features[i], feature_steps[i], feature_zeros[i]);
    }}
"
        );
        for (index, layer) in (1..).zip(&self.hidden) {
            let (units, inputs, from) = (layer.ratios.len(), layer.sums.inputs, index - 1);
            let _ = write!(
                text,
                "    {kind} x{index}[{units}];
    for (int j = 0; j < {units}; j++) {{
        const int32_t sum = sum_of(x{from}, weights_{index} + j * {inputs}, biases_{index}[j], {inputs});
"
            );
            let (least, most) = match &layer.next {
                Next::Within { low, high } => (*low as i64, *high as i64),
                Next::Table(_) => (low, high),
            };
            let rescaled = format!(
                "rescaled(sum, multipliers_{index}[j], shifts_{index}[j], {}, {least}, {most})",
                layer.zero
            );
            let next = match (&layer.next, self.quantization) {
                (Next::Within { .. }, _) => rescaled,
                (Next::Table(_), Quantization::Int8) => format!("activations_{index}[{rescaled} + 128]"),
                (Next::Table(_), Quantization::Int16) => {
                    format!("interpolated(activations_{index}, {rescaled})")
                }
            };
            let _ = write!(text, "        x{index}[j] = ({kind}){next};\n    }}\n");
        }
        let (units, inputs, from) = (self.last.units.len(), self.last.inputs, last - 1);
        let _ = write!(
            text,
            "    for (int j = 0; j < {units}; j++) {{
        const int32_t sum = sum_of(x{from}, weights_{last} + j * {inputs}, biases_{last}[j], {inputs});
        z[j] = ({number})((double)sum * units_{last}[j]);
    }}
}}
"
        );
        text
    }
}

impl Sums {
    fn c_tables(&self, kind: &str, index: usize) -> String {
        integers_of(kind, &format!("weights_{index}"), &self.weights)
            + &integers_of("int32_t", &format!("biases_{index}"), &self.biases)
    }
}

const RESCALED: &str = "/* sum * multiplier / 2^shift + zero, rounded, from low to high. */
static int32_t rescaled(int32_t sum, int32_t multiplier, int shift, int32_t zero, int32_t low, int32_t high) {
    const int64_t product = (int64_t)sum * multiplier + ((int64_t)1 << (shift - 1));
    const int64_t q = (product >> shift) + zero;
    return (int32_t)(q < low ? low : q > high ? high : q);
}

";

fn integers_of(kind: &str, name: &str, numbers: &[f64]) -> String {
    let values: Vec<String> = numbers
        .iter()
        .map(|&number| (number as i64).to_string())
        .collect();
    format!("static const {kind} {name}[] = {{{}}};\n", wrapped(&values))
}

fn numbers_of(kind: &str, name: &str, numbers: &[f64]) -> String {
    let values: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
    format!("static const {kind} {name}[] = {{{}}};\n", wrapped(&values))
}
