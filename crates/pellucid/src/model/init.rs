//! Draws or sets the initial values of the parameters.

mod orthogonal;
mod settings;

use crate::activation::Activation;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::model::network::{Architecture, Layer, Network};
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;
use pellucid_kernels::allocation::tried;
pub use settings::{Draw, DrawFunction, DrawShape, GivenLayer, Init};

/// Creates a network with its initial values, drawn from `generator` layer after layer.
///
/// # Errors
/// [`Error::Setting`], [`Error::Shape`] or [`Error::NonFiniteInput`] when the settings do not fit the
/// architecture; [`Error::Memory`].
pub fn initialise<T: Scalar>(
    architecture: Architecture,
    init: &Init,
    generator: &mut RandomState,
) -> Result<Network<T>> {
    init.validate()?;
    let count = architecture.parameter_count();
    let mut parameters = Vec::new();
    tried(|| parameters.try_reserve_exact(count)).map_err(|_| Error::Memory {
        what: format!("{}, with {count} parameters,", architecture.describe()),
        gigabytes: count as f64 * size_of::<T>() as f64 / 1e9,
    })?;
    parameters.resize(count, 0.0);
    match init {
        Init::Given { layers } => copy_given(&architecture, layers, &mut parameters)?,
        Init::Draws { draws } => draw(&architecture, draws, generator, &mut parameters)?,
        _ => {
            let layers = architecture.layers();
            for (index, layer) in layers.iter().enumerate() {
                let is_hidden = index + 1 < layers.len();
                let hidden = if is_hidden {
                    Some(index)
                } else {
                    index.checked_sub(1)
                };
                let hidden = hidden.map(|index| layers[index].activation);
                let (weights, bias) = match init {
                    Init::Realmlp if !is_hidden => (Init::Zeros, Init::Zeros),
                    _ => distributions(init, layer, hidden),
                };
                for copy in 0..layer.copies() {
                    let range = layer.weights_of(copy);
                    fill(&weights, layer.fan_in, &mut parameters[range], generator);
                    if let Some(range) = layer.bias_of(copy) {
                        fill(&bias, 1, &mut parameters[range], generator);
                    }
                }
            }
        }
    }
    for layer in architecture.layers() {
        // Shifts and running means start at 0.
        let running = layer.statistics();
        let variances = running.map(|range| range.start + layer.fan_out..range.end);
        for range in layer.gain().into_iter().chain(variances) {
            parameters[range].fill(1.0);
        }
    }
    for factors in architecture.layers().iter().filter_map(Layer::activation_factors) {
        parameters[factors].fill(1.0);
    }
    for (embedding, range) in architecture
        .embedded_parts()
        .iter()
        .filter_map(|part| part.embedding.as_ref())
    {
        embedding.draw(&mut parameters[range.clone()], generator);
    }
    if let Some(scales) = architecture.input_scales() {
        // Members must start different, as the others of their parameters may be alike.
        parameters[scales].fill_with(|| match architecture.member_count() {
            1 => 1.0,
            _ => (generator.random_sample() - 0.5).signum(),
        });
    }
    Network::new(architecture, parameters.into_iter().map(T::from_f64).collect())
}

/// The distributions of a layer's weights and biases, each zeros, a constant, uniform, normal, truncated or orthogonal. `hidden`
/// is the activation of the layer itself, or for the output layer that of the last hidden layer.
fn distributions(init: &Init, layer: &Layer, hidden: Option<Activation>) -> (Init, Init) {
    let (fan_in, fan_out) = (layer.fan_in as f64, layer.fan_out as f64);
    let within = |limit: f64| Init::Uniform {
        low: -limit,
        high: limit,
    };
    let normal = |std: f64| Init::Normal { std };
    let weights = match *init {
        Init::XavierUniform => within((6.0 / (fan_in + fan_out)).sqrt()),
        Init::XavierNormal => normal((2.0 / (fan_in + fan_out)).sqrt()),
        Init::HeUniform => within((6.0 / fan_in).sqrt()),
        Init::HeNormal => normal((2.0 / fan_in).sqrt()),
        Init::LecunUniform => within((3.0 / fan_in).sqrt()),
        Init::LecunNormal => normal((1.0 / fan_in).sqrt()),
        Init::Sklearn => {
            let factor = match hidden {
                Some(Activation::Sigmoid) => 2.0,
                _ => 6.0,
            };
            let both = within(f64::sqrt(factor / (fan_in + fan_out)));
            return (both.clone(), both);
        }
        Init::Pytorch => {
            let both = within(1.0 / fan_in.sqrt());
            return (both.clone(), both);
        }
        Init::DataDriven => normal((1.0 / fan_in).sqrt()),
        Init::Realmlp => return (normal((1.0 / fan_in).sqrt()), normal(1.0)),
        _ => init.clone(),
    };
    (weights, Init::Zeros)
}

/// Fills `values`, (`fan_in`, fan_out), which are 0, from one of the [`distributions`].
fn fill(distribution: &Init, fan_in: usize, values: &mut [f64], generator: &mut RandomState) {
    match *distribution {
        Init::Constant { value } => values.fill(value),
        Init::Uniform { low, high } => values.fill_with(|| generator.uniform(low, high)),
        Init::Normal { std } => values.fill_with(|| generator.standard_normal() * std),
        Init::TruncatedNormal { std } => values.fill_with(|| {
            loop {
                let drawn = generator.standard_normal();
                if drawn.abs() <= 2.0 {
                    break drawn * std;
                }
            }
        }),
        Init::Orthogonal { gain } => orthogonal::fill(values, fan_in, gain, generator),
        _ => {}
    }
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

fn copy_given(architecture: &Architecture, given: &[GivenLayer], parameters: &mut [f64]) -> Result<()> {
    let layers = architecture.layers();
    if given.len() != layers.len() {
        let expected = format!("{}, one for each layer after the inputs,", layers.len());
        return Err(Error::shape(
            "init.layers",
            format!("{} entries", given.len()),
            expected,
        ));
    }
    for (number, (layer, GivenLayer { weights, bias })) in (1..).zip(layers.iter().zip(given)) {
        let (fan_in, fan_out) = (layer.copies() * layer.fan_in, layer.fan_out);
        if weights.len() != fan_in || weights.iter().any(|row| row.len() != fan_out) {
            let widths = weights.iter().map(Vec::len);
            let (least, most) = (widths.clone().min().unwrap_or(0), widths.max().unwrap_or(0));
            let width = match least == most {
                true => least.to_string(),
                false => format!("{least} to {most}"),
            };
            let found = format!("{} rows of {width} numbers", weights.len());
            let expected = format!("{fan_in} rows (fan_in) of {fan_out} numbers (fan_out)");
            return Err(Error::shape(format!("layer {number}'s weights"), found, expected));
        }
        let rows = parameters[layer.weights()].chunks_mut(fan_out);
        for (r, (row, to)) in weights.iter().zip(rows).enumerate() {
            finite(row, |c| {
                format!("layer {number}'s weight in row {}, column {}", r + 1, c + 1)
            })?;
            to.copy_from_slice(row);
        }
        match (layer.bias(), bias) {
            (None, None) => {}
            (Some(range), Some(bias)) if bias.len() == range.len() => {
                finite(bias, |at| format!("layer {number}'s bias {}", at + 1))?;
                parameters[range].copy_from_slice(bias);
            }
            (range, bias) => {
                let count =
                    |there: Option<usize>| there.map_or("none".to_string(), |n| format!("{n} numbers"));
                let (found, expected) = (bias.as_ref().map(Vec::len), range.map(|range| range.len()));
                let what = format!("layer {number}'s bias");
                return Err(Error::shape(what, count(found), count(expected)));
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
        let expected = "no weight is drawn; for weights of 0 set init.method = \"zeros\"";
        return Err(SettingError::new("init.draws", "[]", expected).into());
    }
    let layers = architecture.layers();
    for (index, draw) in draws.iter().enumerate() {
        let key = format!("init.draws[{index}]");
        let refused = |found: &str, expected: &str| Err(SettingError::new(&key, found, expected).into());
        if let Some(seed) = draw.seed {
            *generator = RandomState::new(seed);
        }
        let scale = draw.scale.unwrap_or(1.0);
        let offset = draw.offset.unwrap_or(0.0);
        let function = draw.from.unwrap_or_default();
        let (low, high) = match (function, draw.low, draw.high) {
            (DrawFunction::Uniform, Some(low), Some(high)) => (low, high),
            (DrawFunction::Uniform, ..) => {
                return refused("from = \"uniform\"", "`low` and `high` are needed with it");
            }
            (_, None, None) => (0.0, 1.0),
            _ => return refused("`low` or `high`", "only from = \"uniform\" takes them"),
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
            let layer = number.checked_sub(1).and_then(|index| layers.get(index));
            layer.ok_or_else(|| {
                let expected = format!("there are layers 1 to {}", layers.len());
                SettingError::new(&key, format!("layer {number}"), expected)
            })
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
                None => return refused(&format!("bias = {number}"), "network.bias is false"),
            },
            (None, None, Some(count)) => (0..count).for_each(|_| {
                next();
            }),
            (None, None, None) if draw.seed.is_some() => {}
            _ => {
                return refused(
                    "(neither or several)",
                    "exactly one of `weights`, `bias` and `discard` is needed, or a `seed` alone",
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
