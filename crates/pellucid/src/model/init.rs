//! Draws or sets the initial values of the parameters.

mod orthogonal;
mod settings;

use crate::activation::Activation;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::model::network::{Architecture, Layer, Network};
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;
pub use settings::{Draw, DrawFunction, DrawShape, GivenLayer, Init};

/// Creates a network with its initial values, drawn from `generator` layer after layer.
///
/// # Errors
/// [`Error::Setting`], [`Error::Shape`] or [`Error::NonFiniteInput`] when the settings do not fit the
/// architecture.
pub fn initialise<T: Scalar>(
    architecture: Architecture,
    init: &Init,
    generator: &mut RandomState,
) -> Result<Network<T>> {
    init.validate()
        .map_err(|error| setting(error.key, error.found, error.expected))?;
    let count = architecture.parameter_count();
    let mut parameters = Vec::new();
    parameters.try_reserve_exact(count).map_err(|_| {
        let gigabytes = count as f64 * size_of::<T>() as f64 / 1e9;
        Error::Architecture(format!(
            "{} has {count} parameters, {gigabytes:.0} GB, which is more than the available memory",
            architecture.describe()
        ))
    })?;
    parameters.resize(count, 0.0);
    match init {
        Init::Given { layers } => copy_given(&architecture, layers, &mut parameters)?,
        Init::Draws { draws } => draw(&architecture, draws, generator, &mut parameters)?,
        _ => {
            let layers = architecture.layers();
            for (index, layer) in layers.iter().enumerate() {
                let before = || index.checked_sub(1).map(|before| &layers[before]);
                let hidden = if index + 1 < layers.len() {
                    Some(layer)
                } else {
                    before()
                };
                let hidden = hidden.map(|layer| layer.activation);
                let (weights, bias) = initial_values(init, layer, hidden);
                fill(weights, layer.fan_in, &mut parameters[layer.weights()], generator);
                if let Some(range) = layer.bias() {
                    fill(bias, 1, &mut parameters[range], generator);
                }
            }
        }
    }
    architecture.initialise_normalisation(&mut parameters);
    Network::new(architecture, parameters.into_iter().map(T::from_f64).collect())
}

/// The distribution of the initial weights or biases of one layer.
#[derive(Debug, Clone, Copy)]
enum InitialValues {
    Constant(f64),
    Uniform(f64, f64),
    /// Mean 0 and this standard deviation.
    Normal(f64),
    /// The same; values further than two standard deviations from 0 are drawn again.
    TruncatedNormal(f64),
    /// Orthonormal columns or rows, times this gain.
    Orthogonal(f64),
}

/// The distributions of a layer's weights and biases. `hidden` is the activation of the layer itself, or for the output
/// layer that of the last hidden layer.
fn initial_values(init: &Init, layer: &Layer, hidden: Option<Activation>) -> (InitialValues, InitialValues) {
    let (fan_in, fan_out) = (layer.fan_in as f64, layer.fan_out as f64);
    let within = |limit: f64| InitialValues::Uniform(-limit, limit);
    let weights = match *init {
        Init::Zeros | Init::Given { .. } | Init::Draws { .. } => InitialValues::Constant(0.0),
        Init::Constant { value } => InitialValues::Constant(value),
        Init::Uniform { low, high } => InitialValues::Uniform(low, high),
        Init::Normal { std } => InitialValues::Normal(std),
        Init::TruncatedNormal { std } => InitialValues::TruncatedNormal(std),
        Init::XavierUniform => within((6.0 / (fan_in + fan_out)).sqrt()),
        Init::XavierNormal => InitialValues::Normal((2.0 / (fan_in + fan_out)).sqrt()),
        Init::HeUniform => within((6.0 / fan_in).sqrt()),
        Init::HeNormal => InitialValues::Normal((2.0 / fan_in).sqrt()),
        Init::LecunUniform => within((3.0 / fan_in).sqrt()),
        Init::LecunNormal => InitialValues::Normal((1.0 / fan_in).sqrt()),
        Init::Orthogonal { gain } => InitialValues::Orthogonal(gain),
        Init::Sklearn => {
            let factor = match hidden {
                Some(Activation::Sigmoid) => 2.0,
                _ => 6.0,
            };
            let both = within(f64::sqrt(factor / (fan_in + fan_out)));
            return (both, both);
        }
        Init::Pytorch => {
            let both = within(1.0 / fan_in.sqrt());
            return (both, both);
        }
    };
    (weights, InitialValues::Constant(0.0))
}

/// Fills `values`, (`fan_in`, fan_out), from a distribution.
fn fill(distribution: InitialValues, fan_in: usize, values: &mut [f64], generator: &mut RandomState) {
    match distribution {
        InitialValues::Constant(value) => values.fill(value),
        InitialValues::Uniform(low, high) => values.fill_with(|| generator.uniform(low, high)),
        InitialValues::Normal(deviation) => values.fill_with(|| generator.standard_normal() * deviation),
        InitialValues::TruncatedNormal(deviation) => values.fill_with(|| {
            loop {
                let drawn = generator.standard_normal();
                if drawn.abs() <= 2.0 {
                    break drawn * deviation;
                }
            }
        }),
        InitialValues::Orthogonal(gain) => orthogonal::fill(values, fan_in, gain, generator),
    }
}

fn setting(key: impl Into<String>, found: impl ToString, expected: impl Into<String>) -> Error {
    SettingError::new(key, found, expected).into()
}

fn finite(values: &[f64], place: impl Fn(usize) -> String) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::NonFiniteInput {
            place: place(at),
            value: values[at],
        }),
        None => Ok(()),
    }
}

fn copy_given(architecture: &Architecture, layers: &[GivenLayer], parameters: &mut [f64]) -> Result<()> {
    let shape = |what: String, found: String, expected: String| Error::Shape {
        what,
        found,
        expected,
        hint: String::new(),
    };
    if layers.len() != architecture.layers().len() {
        let expected = format!(
            "{}, one for each layer after the inputs,",
            architecture.layers().len()
        );
        return Err(shape(
            "init.layers".into(),
            format!("{} entries", layers.len()),
            expected,
        ));
    }
    for (index, (layer, given)) in architecture.layers().iter().zip(layers).enumerate() {
        let number = index + 1;
        if given.weights.len() != layer.fan_in || given.weights.iter().any(|row| row.len() != layer.fan_out) {
            let widths = given.weights.iter().map(Vec::len);
            let (least, most) = (widths.clone().min().unwrap_or(0), widths.max().unwrap_or(0));
            let width = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            let found = format!("{} rows of {width} numbers", given.weights.len());
            let expected = format!(
                "{} rows (fan_in) of {} numbers (fan_out)",
                layer.fan_in, layer.fan_out
            );
            return Err(shape(format!("layer {number}'s weights"), found, expected));
        }
        for (r, (row, to)) in given
            .weights
            .iter()
            .zip(parameters[layer.weights()].chunks_mut(layer.fan_out))
            .enumerate()
        {
            finite(row, |c| {
                format!("layer {number}'s weight in row {}, column {}", r + 1, c + 1)
            })?;
            to.copy_from_slice(row);
        }
        match (layer.bias(), &given.bias) {
            (None, None) => {}
            (Some(range), Some(bias)) if bias.len() == layer.fan_out => {
                finite(bias, |at| format!("layer {number}'s bias {}", at + 1))?;
                parameters[range].copy_from_slice(bias);
            }
            (range, bias) => {
                let count =
                    |there: Option<usize>| there.map_or("none".to_string(), |n| format!("{n} numbers"));
                let expected = count(range.map(|range| range.len()));
                return Err(shape(
                    format!("layer {number}'s bias"),
                    count(bias.as_ref().map(Vec::len)),
                    expected,
                ));
            }
        }
    }
    Ok(())
}

fn draw(
    architecture: &Architecture,
    draws: &[Draw],
    generator: &mut RandomState,
    parameters: &mut [f64],
) -> Result<()> {
    if draws.is_empty() {
        return Err(setting(
            "init.draws",
            "[]",
            "no weight is drawn; for weights of 0 set init.method = \"zeros\"",
        ));
    }
    for (index, draw) in draws.iter().enumerate() {
        let key = format!("init.draws[{index}]");
        if let Some(seed) = draw.seed {
            generator.seed(seed);
        }
        let scale = draw.scale.unwrap_or(1.0);
        let offset = draw.offset.unwrap_or(0.0);
        let function = draw.from.unwrap_or_default();
        let (low, high) = match (function, draw.low, draw.high) {
            (DrawFunction::Uniform, Some(low), Some(high)) => (low, high),
            (DrawFunction::Uniform, ..) => {
                return Err(setting(
                    &key,
                    "from = \"uniform\"",
                    "`low` and `high` are needed with it",
                ));
            }
            (_, None, None) => (0.0, 1.0),
            _ => {
                return Err(setting(
                    &key,
                    "`low` or `high`",
                    "only from = \"uniform\" takes them",
                ));
            }
        };
        finite(&[low, high, scale, offset], |_| format!("a number in {key}"))?;
        let mut next = || {
            let value = match function {
                DrawFunction::Rand => generator.random_sample(),
                DrawFunction::Uniform => generator.uniform(low, high),
                DrawFunction::Randn => generator.standard_normal(),
            };
            value * scale + offset
        };
        let layer_of = |number: usize| {
            let count = architecture.layers().len();
            match number
                .checked_sub(1)
                .and_then(|index| architecture.layers().get(index))
            {
                Some(layer) => Ok(*layer),
                None => Err(setting(
                    &key,
                    format!("layer {number}"),
                    format!("there are layers 1 to {count}"),
                )),
            }
        };
        match (draw.weights, draw.bias, draw.discard) {
            (Some(number), None, None) => {
                let layer = layer_of(number)?;
                let weights = &mut parameters[layer.weights()];
                match draw.shape.unwrap_or_default() {
                    DrawShape::InOut => weights.fill_with(next),
                    DrawShape::OutIn => {
                        for out in 0..layer.fan_out {
                            for row in weights.chunks_exact_mut(layer.fan_out) {
                                row[out] = next();
                            }
                        }
                    }
                }
            }
            (None, Some(number), None) => match layer_of(number)?.bias() {
                Some(range) => parameters[range].fill_with(next),
                None => return Err(setting(&key, format!("bias = {number}"), "network.bias is false")),
            },
            (None, None, Some(count)) => (0..count).for_each(|_| {
                next();
            }),
            (None, None, None) if draw.seed.is_some() => {}
            _ => {
                return Err(setting(
                    &key,
                    "(neither or several)",
                    "exactly one of `weights`, `bias` and `discard` is needed, or a `seed` alone",
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
