//! What a page shows of a network: its parameters, outputs on a grid, predictions and scores.

use crate::stepper::Stepper;
use crate::thrown::Thrown;
use pellucid::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use pellucid::evaluation::evaluate::{Evaluation, evaluate, predict};
use pellucid::evaluation::metrics::suited_to;
use pellucid::inspection::diagnosis::{Finding, Severity};
use pellucid::inspection::gradient_check::{CheckSettings, TOLERANCE, check_layers};
use pellucid::inspection::layer_statistics::LayerStatisticsRecorder;
use pellucid::session::record::{Number, Numbers};
use pellucid::{Input, Network, Objective, Scalar, Update, Workspace, forward};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::num::NonZeroUsize;

/// The rows of one forward pass.
const BATCH: usize = 256;
/// The most points along each side of a grid.
const MOST_RESOLUTION: usize = 1024;
/// The rows on which gradients are checked.
const CHECKED_ROWS: usize = 16;
/// The entries of a layer's gradient that are checked.
const CHECKED_ENTRIES: usize = 200;

/// Points over two features, or along one.
#[derive(Debug, Deserialize)]
pub struct GridRequest {
    /// The layer whose units are asked for, counted from 1; −1 for the outputs.
    layer: i32,
    x: usize,
    /// −1 for points along `x` alone.
    y: i32,
    x_range: [f64; 2],
    y_range: [f64; 2],
    /// The points along each side.
    resolution: usize,
    /// The values of all features; those of `x` and `y` do not matter.
    fixed: Vec<f64>,
}

impl GridRequest {
    /// The index of the layer.
    fn layer_of(&self, layers: usize) -> Result<usize, Thrown> {
        match usize::try_from(self.layer) {
            Ok(layer) if (1..=layers).contains(&layer) => Ok(layer - 1),
            Ok(layer) => Err(format!("there is no layer {layer}: the layers are 1 to {layers}").into()),
            Err(_) => Ok(layers - 1),
        }
    }

    /// The number of points.
    fn points(&self) -> usize {
        match self.y < 0 {
            true => self.resolution,
            false => self.resolution * self.resolution,
        }
    }

    /// Adds the features of a point.
    fn add<T: Scalar>(&self, point: usize, inputs: &mut Vec<T>) {
        let along = |[low, high]: [f64; 2], at: usize| {
            let part = at as f64 / self.resolution.saturating_sub(1).max(1) as f64;
            T::from_f64(low + (high - low) * part)
        };
        let first = inputs.len();
        inputs.extend(self.fixed.iter().map(|&value| T::from_f64(value)));
        inputs[first + self.x] = along(self.x_range, point % self.resolution);
        if let Ok(y) = usize::try_from(self.y) {
            inputs[first + y] = along(self.y_range, point / self.resolution);
        }
    }
}

/// The activations of a layer's units on a grid: of each unit, row by row from the bottom left.
pub fn grid<T: Scalar>(network: &Network<T>, request: &GridRequest) -> Result<Vec<f32>, Thrown> {
    let architecture = network.architecture();
    let (width, layers) = (architecture.input_width(), architecture.layers().len());
    let layer = request.layer_of(layers)?;
    let y = usize::try_from(request.y).unwrap_or(request.x);
    if request.x >= width || y >= width || request.fixed.len() != width {
        let fixed = request.fixed.len();
        return Err(format!(
            "a grid over features {} and {y} with {fixed} values: the network has {width} features",
            request.x
        )
        .into());
    }
    if !(1..=MOST_RESOLUTION).contains(&request.resolution) {
        let resolution = request.resolution;
        return Err(format!(
            "a grid of {resolution} points along each side: 1 to {MOST_RESOLUTION} are computed"
        )
        .into());
    }
    let points = request.points();
    let units = match layer + 1 == layers {
        true => architecture.output_width(),
        false => architecture.layer(layer).fan_out,
    };
    let mut of_units = vec![0.0; units * points];
    let mut workspace = Workspace::new(architecture, BATCH).predicting();
    let mut inputs: Vec<T> = Vec::with_capacity(BATCH * width);
    for begin in (0..points).step_by(BATCH) {
        let end = (begin + BATCH).min(points);
        inputs.clear();
        (begin..end).for_each(|point| request.add(point, &mut inputs));
        let input = Input::Dense(&inputs);
        forward(architecture, network.parameters(), input, &mut workspace);
        let activation = match layer + 1 == layers {
            true => workspace.outputs(),
            false => workspace.activation(layer),
        };
        for (point, row) in (begin..end).zip(activation.chunks_exact(units)) {
            for (unit, value) in row.iter().enumerate() {
                of_units[unit * points + point] = value.to_f64() as f32;
            }
        }
    }
    Ok(of_units)
}

/// The outputs for all rows, (rows, outputs).
pub fn predictions<T: Scalar>(network: &Network<T>, data: Option<&Dataset<T>>) -> Vec<f32> {
    let Some(data) = data else {
        return Vec::new();
    };
    let outputs = predict(network, data.features(), data.rows(), NonZeroUsize::MIN);
    outputs.iter().map(|output| output.to_f64() as f32).collect()
}

/// The parameters, layer by layer.
pub fn parameters<T: Scalar>(network: &Network<T>) -> Value {
    let numbers = |values: &[T]| Numbers(values.iter().map(|value| value.to_f64()).collect());
    let layers = network.architecture().layers().iter().enumerate();
    let layer = |(index, layer): (usize, &pellucid::model::network::Layer)| {
        json!({
            "fan_in": layer.fan_in,
            "fan_out": layer.fan_out,
            "weights": numbers(network.weights(index)),
            "biases": numbers(network.bias(index).unwrap_or_default()),
        })
    };
    layers.map(layer).collect()
}

/// The place of a weight, or of a bias where it comes from −1, in the buffer of all parameters.
pub fn place_of<T: Scalar>(
    network: &Network<T>,
    layer: usize,
    from: i32,
    to: usize,
) -> Result<usize, Thrown> {
    let layers = network.architecture().layers();
    let of_layer = layers
        .get(layer)
        .ok_or_else(|| format!("there is no layer {layer}: the last is {}", layers.len() - 1))?;
    if to >= of_layer.fan_out {
        return Err(format!("layer {layer} has {} units, and no unit {to}", of_layer.fan_out).into());
    }
    match usize::try_from(from) {
        Ok(from) if from < of_layer.fan_in => Ok(of_layer.weights().start + from * of_layer.fan_out + to),
        Ok(from) => {
            let fan_in = of_layer.fan_in;
            Err(format!("layer {layer} has {fan_in} inputs, and no input {from}").into())
        }
        Err(_) => match of_layer.bias() {
            Some(biases) => Ok(biases.start + to),
            None => Err(format!("layer {layer} has no biases").into()),
        },
    }
}

/// Loss and metrics of the training rows and of the others.
pub fn scores<T: Scalar>(stepper: &Stepper<T>) -> Value {
    let split = stepper.session().split();
    let score = |data: &Dataset<T>| {
        let recipe = stepper.recipe();
        let metrics = suited_to(recipe.train.loss, data.targets().are_zero_or_one());
        let found = evaluate(
            &stepper.now().network,
            data,
            recipe.logged_loss(),
            &metrics,
            NonZeroUsize::MIN,
        );
        of_evaluation(&found)
    };
    let mut scores = json!({"training": score(&split.training)});
    if let Some(test) = split.test.as_ref().or(split.validation.as_ref()) {
        scores["test"] = score(test);
    }
    scores
}

fn of_evaluation(found: &Evaluation) -> Value {
    let metrics = found.metrics.iter();
    let metrics: Map<String, Value> = metrics
        .map(|(metric, value)| (metric.name().into_owned(), json!(Number(*value))))
        .collect();
    json!({"loss": Number(found.loss), "metrics": metrics})
}

/// Gradient flow of each layer at the present parameters, and the sizes of the last steps that were measured.
pub fn layer_statistics<T: Scalar>(stepper: &Stepper<T>) -> Result<Value, Thrown> {
    let (session, now) = (stepper.session(), stepper.now());
    let recorder = LayerStatisticsRecorder::new(session.recipe(), &now.network, session.training())?;
    let present = recorder.entries().first().map_or(&[][..], |entry| &entry.layers);
    let measured = now.statistics.as_ref().map_or(&[][..], |entry| &entry.layers);
    let layers = present.iter().enumerate().map(|(layer, of_layer)| {
        let ratio = measured.get(layer).and_then(|of_layer| of_layer.update_ratio);
        json!({
            "layer": layer + 1,
            "gradient_norm": Number(of_layer.gradient_rms),
            "update_ratio": Number(ratio.unwrap_or(0.0)),
            "saturated": of_layer.saturated_units,
            "dead": of_layer.dead_units,
        })
    });
    Ok(layers.collect())
}

/// Findings in words.
pub fn findings(findings: &[Finding]) -> Value {
    let found = findings.iter().map(|finding| {
        json!({
            "severity": match finding.severity {
                Severity::Warning => "warning",
                Severity::Fault => "error",
            },
            "title": finding.kind.title(),
            "text": format!("{}; {}", finding.seen, finding.why),
            "advice": finding.try_this,
            "layer": finding.layer,
        })
    });
    found.collect()
}

/// The gradient check at the present parameters, in double precision.
pub fn check_gradients<T: Scalar>(stepper: &Stepper<T>) -> Result<Value, Thrown> {
    let network = &stepper.now().network;
    let architecture = network.architecture();
    let parameters = network.parameters().iter().map(|value| value.to_f64());
    let network = Network::<f64>::new(architecture.clone(), parameters.collect())?;
    let data = stepper.session().training().sampled(CHECKED_ROWS)?;
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Rows::Range(0, data.rows()), &mut buffers);
    let wide = |numbers: &[T]| -> Vec<f64> { numbers.iter().map(|number| number.to_f64()).collect() };
    let (input, targets) = (wide(&input.to_vec()), wide(targets));
    let train = &stepper.recipe().train;
    let objective = Objective {
        loss: train.loss,
        reduction: train.reduction,
        update: Update::Textbook,
    };
    let settings = CheckSettings {
        samples: CHECKED_ENTRIES,
        tolerance: TOLERANCE,
        seed: train.seed,
    };
    let parts = check_layers(&network, Input::Dense(&input), &targets, objective, settings);
    let checked: usize = parts.iter().map(|part| part.report.entries.len()).sum();
    let wrong: usize = parts.iter().map(|part| part.report.wrong().count()).sum();
    let worst = parts.iter().map(|part| part.report.worst()).fold(0.0, f64::max);
    let of = format!(
        "{checked} of {} parameters, on {} rows",
        architecture.trained_count(),
        data.rows()
    );
    let text = match wrong {
        0 => format!("the gradient is right: {of}"),
        wrong => format!("the gradient is WRONG in {wrong} entries: {of}"),
    };
    Ok(json!({"right": wrong == 0, "text": text, "largest_relative_error": Number(worst)}))
}
