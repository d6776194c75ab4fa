//! The predictions of rows as the columns of a table.

use crate::calibration::interval_around;
use crate::preparation::{LabelTarget, Predictions, TargetPreparation};
use crate::table::{Categories, Column, ColumnKind, Table, Values};
use pellucid::data::matrix::Matrix;

/// The columns of a table of predictions: `prediction`, or `prediction_TARGET` for each of several targets; after each the
/// ends of its interval, `…_lower` and `…_upper`; then the probabilities, `probability_CLASS`.
///
/// ```
/// use pellucid_data::load_builtin;
/// use pellucid_data::training::{self, Plan, PredictionColumns, TrainingRequest};
/// use std::num::NonZeroUsize;
///
/// let iris = load_builtin("iris", 0)?;
/// let mut request = TrainingRequest { epochs: Some(3), ..TrainingRequest::default() };
/// request.columns.target = vec!["species".into()];
/// let trained = Plan::new(&iris, &request)?.train(None, NonZeroUsize::MIN, &mut ())?;
/// let (networks, preparation) = (trained.networks(), &trained.preparation);
/// let (predictions, _) = training::predict(&networks, preparation, &iris, &[0, 1], NonZeroUsize::MIN)?;
/// let columns = PredictionColumns::new(preparation.target(), true, None, &[]);
/// let table = columns.table(&iris, predictions);
/// assert_eq!(table.names()[..2], ["prediction", "probability_setosa"]);
/// assert_eq!(table.rows(), 2);
/// # Ok::<(), pellucid_data::DataError>(())
/// ```
#[derive(Debug)]
pub struct PredictionColumns {
    /// Their names.
    names: Vec<String>,
    has_probabilities: bool,
    /// Half the width of the interval around the prediction of each target, if it is asked for.
    half_widths: Option<Vec<f64>>,
    /// What each target is.
    kinds: Vec<ColumnKind>,
}

impl PredictionColumns {
    /// Of a target, with probabilities where they are asked for and there are any, and with intervals of these half widths.
    /// No column has one of the names `taken`: such a name begins with `_`.
    pub fn new(
        target: &TargetPreparation,
        probabilities: bool,
        half_widths: Option<Vec<f64>>,
        taken: &[String],
    ) -> Self {
        let mut names: Vec<String> = match target.columns().as_slice() {
            [_] => vec!["prediction".into()],
            many => many.iter().map(|column| format!("prediction_{column}")).collect(),
        };
        if half_widths.is_some() {
            let with_ends = |name: String| [name.clone(), format!("{name}_lower"), format!("{name}_upper")];
            names = names.into_iter().flat_map(with_ends).collect();
        }
        let labels: &[LabelTarget] = match target {
            TargetPreparation::Labels { labels } => labels,
            _ => &[],
        };
        let has_probabilities = probabilities && !(target.classes().is_empty() && labels.is_empty());
        if has_probabilities {
            let classes = target.classes().iter();
            names.extend(classes.map(|class| format!("probability_{class}")));
            let second = labels.iter().map(|label| (&label.column, &label.classes[1]));
            names.extend(second.map(|(column, class)| format!("probability_{column}_{class}")));
        }
        for name in &mut names {
            while taken.contains(name) {
                name.insert(0, '_');
            }
        }
        Self {
            names,
            has_probabilities,
            half_widths,
            kinds: target.kinds(),
        }
    }

    /// Whether probabilities are among the columns.
    pub fn has_probabilities(&self) -> bool {
        self.has_probabilities
    }

    /// The predictions of the rows of a table.
    pub fn table(&self, rows: &Table, predictions: Predictions) -> Table {
        // Labels, and numbers beside them: probabilities, or predicted numbers alone.
        let (mut values, numbers, shows_numbers) = match predictions {
            Predictions::Classes {
                classes,
                labels,
                probabilities,
            } => {
                let labels = as_kind(self.kinds[0], classes, labels);
                (vec![labels], probabilities, self.has_probabilities)
            }
            Predictions::Labels {
                classes,
                probabilities,
                ..
            } => {
                let labels = classes.iter().zip(&self.kinds).enumerate();
                let labels = labels.map(|(column, (classes, &kind))| {
                    let labels = column_of(&probabilities, column).map(|p| match p.is_nan() {
                        true => Categories::MISSING,
                        false => u32::from(p > 0.5),
                    });
                    as_kind(kind, classes.to_vec(), labels.collect())
                });
                (labels.collect(), probabilities, self.has_probabilities)
            }
            Predictions::Numbers { values, .. } => (Vec::new(), values, true),
        };
        let shown = if shows_numbers { numbers.columns() } else { 0 };
        for column in 0..shown {
            let numbers = || column_of(&numbers, column);
            values.push(Values::Numbers(numbers().collect()));
            if let Some(half_widths) = &self.half_widths {
                let around = |end: usize| {
                    numbers().map(move |number| interval_around(number, half_widths[column])[end])
                };
                values.extend([0, 1].map(|end| Values::Numbers(around(end).collect())));
            }
        }
        let answers = self.names.iter().cloned().zip(values);
        Table {
            source: rows.source.clone(),
            first_row: rows.first_row,
            columns: answers.map(|(name, values)| Column { name, values }).collect(),
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
        }
    }
}

fn column_of(matrix: &Matrix<f64>, column: usize) -> impl Iterator<Item = f64> {
    let values = matrix.values().iter().skip(column);
    values.step_by(matrix.columns()).copied()
}

fn is_shortest(number: &str) -> bool {
    number.parse().is_ok_and(|value: f64| value.to_string() == number)
}

/// As the target was: numbers, booleans or words.
fn as_kind(kind: ColumnKind, classes: Vec<String>, labels: Vec<u32>) -> Values {
    let words = Categories {
        names: classes,
        codes: labels,
    };
    match kind {
        ColumnKind::Boolean => Values::Booleans(words),
        ColumnKind::Category => Values::Categories(words),
        // Spelled as `1.0` or `+1`, which numbers would not keep.
        ColumnKind::Number if !words.names.iter().all(|name| is_shortest(name)) => Values::Categories(words),
        ColumnKind::Number => {
            let number = |row| words.get(row).and_then(|class| class.parse().ok());
            let numbers = (0..words.codes.len()).map(|row| number(row).unwrap_or(f64::NAN));
            Values::Numbers(numbers.collect())
        }
    }
}
