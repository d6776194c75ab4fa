//! The decision boundary over two inputs: the predictions of a network on a grid.

use pellucid_data::preparation::Predictions;
use pellucid_report::{Boundary, BoundaryPoint, Field, Grid, Theme};

/// What is drawn, whatever the network was trained on.
pub(crate) struct Drawn {
    pub(crate) labels: (String, String),
    pub(crate) grid: Grid,
    pub(crate) points: Vec<BoundaryPoint>,
}

pub(super) fn boundary(of: &str, drawn: Drawn, field: Field, theme: Theme) -> Boundary {
    let Drawn { labels, grid, points } = drawn;
    let title = match field {
        Field::Numbers { .. } => "What is predicted",
        _ => "Decision boundary",
    };
    Boundary {
        subtitle: Some(format!(
            "{of}: the network's answers on a grid, and the training rows"
        )),
        points,
        theme,
        ..Boundary::new(title, (&labels.0, &labels.1), grid, field)
    }
}

/// Predictions of the points of a grid; of several targets those of the first.
pub(super) fn field(predictions: Predictions) -> Field {
    match predictions {
        Predictions::Classes {
            classes,
            probabilities,
            ..
        } => match <[String; 2]>::try_from(classes) {
            Ok(names) => Field::TwoClasses {
                names,
                probabilities: probabilities
                    .values()
                    .iter()
                    .skip(1)
                    .step_by(2)
                    .copied()
                    .collect(),
            },
            Err(names) => Field::Classes {
                names,
                probabilities: probabilities.values().to_vec(),
            },
        },
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

/// The first column of (rows, columns).
pub(super) fn first(values: &[f64], columns: usize) -> Vec<f64> {
    values.iter().step_by(columns.max(1)).copied().collect()
}
