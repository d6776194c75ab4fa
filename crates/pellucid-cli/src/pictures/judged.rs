//! Pictures of prediction errors: confusion matrix and residuals.

use crate::score_text::{count, number};
use pellucid_report::{ConfusionMatrix, Residuals, TargetResiduals, Theme};

/// The rows that a network is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    Test,
    HeldOut,
    Training,
    /// A table that is not the one it was trained on.
    Given,
}

impl Rows {
    fn text(self, rows: usize) -> String {
        let unit = if rows == 1 { "row" } else { "rows" };
        let rows = count(rows);
        match self {
            Self::Test => format!("{rows} test {unit}"),
            Self::HeldOut => format!("{rows} held-out {unit}"),
            Self::Training => format!("{rows} training {unit}"),
            Self::Given => format!("{rows} {unit}"),
        }
    }
}

pub(crate) fn confusion(
    of: &str,
    rows: Rows,
    classes: &[String],
    counts: Vec<Vec<usize>>,
    theme: Theme,
) -> ConfusionMatrix {
    let all: usize = counts.iter().flatten().sum();
    let right: usize = counts.iter().enumerate().map(|(at, row)| row[at]).sum();
    let share = 100.0 * right as f64 / all.max(1) as f64;
    ConfusionMatrix {
        subtitle: Some(format!("{of}: {}, {share:.2}% of them right", rows.text(all))),
        classes: classes.to_vec(),
        counts,
        theme,
        ..ConfusionMatrix::new("Confusion matrix")
    }
}

pub(crate) fn residuals(of: &str, rows: Rows, targets: Vec<TargetResiduals>, theme: Theme) -> Residuals {
    let count = targets.first().map_or(0, |target| target.actual.len());
    let mut subtitle = format!("{of}: {}", rows.text(count));
    if let [target] = &targets[..] {
        let residuals = || target.actual.iter().zip(&target.predicted).map(|(y, a)| y - a);
        let mean = residuals().sum::<f64>() / count.max(1) as f64;
        let squares = residuals().map(|residual| residual * residual).sum::<f64>();
        let rmse = (squares / count.max(1) as f64).sqrt();
        subtitle += &format!("; mean residual {}, RMSE {}", number(mean), number(rmse)).replace('-', "−");
    }
    Residuals {
        subtitle: Some(subtitle),
        targets,
        theme,
        ..Residuals::new("Residuals")
    }
}

/// `values`, (rows, columns), one column at a time beside its truth.
pub(crate) fn by_column(names: &[String], actual: &[f64], predicted: &[f64]) -> Vec<TargetResiduals> {
    let column = |values: &[f64], at: usize| values.iter().skip(at).step_by(names.len()).copied().collect();
    let of = |(at, name): (usize, &String)| TargetResiduals {
        name: name.clone(),
        actual: column(actual, at),
        predicted: column(predicted, at),
    };
    names.iter().enumerate().map(of).collect()
}
