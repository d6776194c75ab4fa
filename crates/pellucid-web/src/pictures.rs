//! Pictures of a training: those of the reports, as SVG.

use crate::data_set::DataSet;
use crate::history::HistoryPoint;
use crate::stepper::Stepper;
use crate::thrown::Thrown;
use pellucid::Scalar;
use pellucid::data::dataset::{BatchBuffers, Dataset, Features, Rows, Samples};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::evaluation::metrics::class_of;
use pellucid_report::{
    Boundary, BoundaryPoint, Field, Grid, ImageShape, LineChart, Picture, PictureStyle, Scale, Series,
    WeightPicture,
};
use std::num::NonZeroUsize;

/// The picture of a kind: `boundary`, `curves` or `weights`.
pub fn draw<T: Scalar>(stepper: &Stepper<T>, data: Option<&DataSet>, kind: &str) -> Result<String, Thrown> {
    let style = PictureStyle::default();
    Ok(match kind {
        "boundary" => boundary(stepper, data)?.svg(style)?,
        "curves" => curves(stepper).svg(style)?,
        "weights" => weights(stepper, data).svg(style)?,
        _ => {
            return Err(
                format!("there is no picture `{kind}`: there are boundary, curves and weights").into(),
            );
        }
    })
}

fn subtitle<T: Scalar>(stepper: &Stepper<T>, data: Option<&DataSet>) -> String {
    let name = data.map_or("the recipe", |data| &data.name);
    format!("{name}, after {} steps", stepper.step())
}

fn curves<T: Scalar>(stepper: &Stepper<T>) -> LineChart {
    let series = |name: &str, loss: fn(&HistoryPoint) -> Option<f64>| Series {
        name: name.into(),
        points: stepper
            .history()
            .iter()
            .filter_map(|point| Some((point.epoch as f64, loss(point)?)))
            .collect(),
    };
    let training = series("training", |point| Some(point.loss.0));
    let test = series("test", |point| point.test_loss.map(|loss| loss.0));
    let losses = || {
        let both = training.points.iter().chain(&test.points);
        both.map(|point| point.1).filter(|loss| loss.is_finite())
    };
    let (low, high) = losses().fold((f64::INFINITY, 0.0_f64), |(low, high), loss| {
        (low.min(loss), high.max(loss))
    });
    let loss = stepper.recipe().logged_loss().name().replace('_', " ");
    LineChart {
        y_scale: match low > 0.0 && high > 30.0 * low {
            true => Scale::Log,
            false => Scale::Linear,
        },
        series: [training, test]
            .into_iter()
            .filter(|series| !series.points.is_empty())
            .collect(),
        ..LineChart::new("Loss by epoch", "epoch", loss)
    }
}

fn weights<T: Scalar>(stepper: &Stepper<T>, data: Option<&DataSet>) -> WeightPicture {
    let network = &stepper.now().network;
    let names = data.map_or_else(Vec::new, |data| data.feature_names.clone());
    let image = data.and_then(|data| data.image).map(|image| ImageShape {
        rows: image.height,
        columns: image.width,
        pixels: (0..image.width * image.height).collect(),
    });
    WeightPicture {
        title: "Weights of layer 1".into(),
        subtitle: subtitle(stepper, data),
        weights: network.weights(0).iter().map(|weight| weight.to_f64()).collect(),
        units: network.architecture().layer(0).fan_out,
        input_names: network.architecture().embedded_names(names),
        image,
    }
}

fn boundary<T: Scalar>(stepper: &Stepper<T>, data: Option<&DataSet>) -> Result<Boundary, Thrown> {
    let network = &stepper.now().network;
    let training = stepper.session().training();
    if training.features().columns() != 2 {
        let features = training.features().columns();
        return Err(format!("a boundary is drawn over two features, and these data have {features}").into());
    }
    let points = points(training);
    let grid = Grid::around(&points);
    let inputs: Vec<T> = grid
        .points()
        .flat_map(|(x, y)| [T::from_f64(x), T::from_f64(y)])
        .collect();
    let rows = inputs.len() / 2;
    let features = Features::Dense(Matrix::new(rows, 2, inputs)?);
    let outputs = predict(network, &features, rows, NonZeroUsize::MIN);
    let outputs: Vec<f64> = outputs.iter().map(|output| output.to_f64()).collect();
    let names = data.map_or_else(Vec::new, |data| data.target_names.clone());
    let width = network.architecture().output_width();
    let first = || outputs.iter().step_by(width).copied().collect();
    let has_classes = training.targets().are_zero_or_one();
    let field = match <[String; 2]>::try_from(names.clone()) {
        Ok(names) if has_classes && width == 1 => Field::TwoClasses {
            names,
            probabilities: first(),
        },
        Ok(names) if has_classes && width == 2 => Field::TwoClasses {
            names,
            probabilities: outputs.iter().skip(1).step_by(2).copied().collect(),
        },
        _ if has_classes && width > 1 => Field::Classes {
            names: match names.len() == width {
                true => names,
                false => (0..width).map(|class| class.to_string()).collect(),
            },
            probabilities: outputs,
        },
        _ => Field::Numbers {
            name: names.first().cloned().unwrap_or_default(),
            values: first(),
        },
    };
    let label = |at: usize| {
        let name = data.and_then(|data| data.feature_names.get(at)).cloned();
        name.unwrap_or_else(|| format!("x{}", at + 1))
    };
    Ok(Boundary {
        title: match field {
            Field::Numbers { .. } => "What is predicted".into(),
            _ => "Decision boundary".into(),
        },
        subtitle: subtitle(stepper, data),
        x_label: label(0),
        y_label: label(1),
        grid,
        field,
        points,
    })
}

fn points<T: Scalar>(training: &Dataset<T>) -> Vec<BoundaryPoint> {
    let mut buffers = BatchBuffers::default();
    let (input, targets) = training.gather(Rows::Range(0, training.rows()), &mut buffers);
    let width = training.targets().width();
    let target = |of_row: &[T]| match width {
        1 => of_row[0].to_f64(),
        _ => class_of(of_row) as f64,
    };
    let inputs = input.to_vec();
    let rows = inputs.chunks_exact(2).zip(targets.chunks_exact(width));
    rows.map(|(input, of_row)| BoundaryPoint {
        x: input[0].to_f64(),
        y: input[1].to_f64(),
        target: target(of_row),
    })
    .collect()
}
