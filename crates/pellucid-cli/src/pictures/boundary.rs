//! The decision boundary over two inputs: the predictions of a network on a grid.

use pellucid_data::preparation::Predictions;
use pellucid_report::{Boundary, BoundaryPoint, Field, Grid};

pub(super) fn boundary(
    of: &str,
    [x_label, y_label]: [&String; 2],
    grid: Grid,
    points: Vec<BoundaryPoint>,
    field: Field,
) -> Boundary {
    let title = match field {
        Field::Numbers { .. } => "What is predicted",
        _ => "Decision boundary",
    };
    Boundary {
        title: title.to_owned(),
        subtitle: format!("{of}: the network's answers on a grid, and the training rows"),
        x_label: x_label.clone(),
        y_label: y_label.clone(),
        grid,
        field,
        points,
    }
}

/// Rows of the data, as far as they have targets.
pub(super) fn points(
    inputs: impl Iterator<Item = (f64, f64)>,
    targets: impl IntoIterator<Item = f64>,
) -> Vec<BoundaryPoint> {
    let point = |((x, y), target)| BoundaryPoint { x, y, target };
    inputs.zip(targets).map(point).collect()
}

/// Predictions of the points of a grid; of several targets those of the first.
pub(super) fn field(predictions: Predictions) -> Field {
    match predictions {
        Predictions::Classes {
            classes,
            probabilities,
            ..
        } => of_classes(classes, probabilities.values().to_vec()),
        Predictions::Labels {
            mut classes,
            probabilities,
            ..
        } => Field::TwoClasses {
            names: classes.swap_remove(0),
            probabilities: first(probabilities.values(), probabilities.columns()),
        },
        Predictions::Numbers { columns, values } => Field::Numbers {
            values: first(values.values(), values.columns()),
            name: columns.into_iter().next().unwrap_or_default(),
        },
    }
}

/// Probabilities, (points, classes).
pub(super) fn of_classes(classes: Vec<String>, probabilities: Vec<f64>) -> Field {
    match <[String; 2]>::try_from(classes) {
        Ok(names) => Field::TwoClasses {
            names,
            probabilities: probabilities.into_iter().skip(1).step_by(2).collect(),
        },
        Err(names) => Field::Classes { names, probabilities },
    }
}

/// The first column of (rows, columns).
pub(super) fn first(values: &[f64], columns: usize) -> Vec<f64> {
    values.iter().step_by(columns.max(1)).copied().collect()
}
