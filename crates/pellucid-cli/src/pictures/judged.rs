//! Pictures of prediction errors: confusion matrix, reliability and residuals.

use crate::score_text::{count, number};
use pellucid::ClassificationScores;
use pellucid_report::{ConfusionMatrix, Reliability, ReliabilityBar, Residuals, TargetResiduals};

/// The number of rows that a network is judged by; `kind` says which they are, such as "test ".
fn text(rows: usize, kind: &str) -> String {
    let unit = if rows == 1 { "row" } else { "rows" };
    format!("{} {kind}{unit}", count(rows))
}

/// How often each class (row) is predicted as which (column).
pub(super) fn confusion(
    of: &str,
    kind: &str,
    classes: Vec<String>,
    counts: Vec<Vec<usize>>,
) -> ConfusionMatrix {
    let all: usize = counts.iter().flatten().sum();
    let right: usize = counts.iter().enumerate().map(|(at, row)| row[at]).sum();
    let share = 100.0 * right as f64 / all.max(1) as f64;
    ConfusionMatrix {
        title: "Confusion matrix".to_owned(),
        subtitle: format!("{of}: {}, {share:.2}% of them right", text(all, kind)),
        classes,
        counts,
    }
}

/// How often predictions are right against how sure they are.
pub(super) fn reliability(of: &str, kind: &str, scores: &ClassificationScores) -> Reliability {
    let bars = scores.reliability.iter().map(|bin| ReliabilityBar {
        from: bin.from,
        to: bin.to,
        rows: bin.rows,
        confidence: bin.confidence,
        accuracy: bin.accuracy,
    });
    let rows = scores.reliability.iter().map(|bin| bin.rows).sum();
    let error = 100.0 * scores.expected_calibration_error;
    Reliability {
        title: "Reliability".to_owned(),
        subtitle: format!(
            "{of}: {}; expected calibration error {error:.2}%, the mean gap between both",
            text(rows, kind)
        ),
        bars: bars.collect(),
    }
}

/// Predicted beside true numbers, both (rows, targets).
pub(super) fn residuals(
    of: &str,
    kind: &str,
    names: &[String],
    actual: &[f64],
    predicted: &[f64],
) -> Residuals {
    let column = |values: &[f64], at: usize| values.iter().skip(at).step_by(names.len()).copied().collect();
    let target = |(at, name): (usize, &String)| TargetResiduals {
        name: name.clone(),
        actual: column(actual, at),
        predicted: column(predicted, at),
    };
    let targets: Vec<TargetResiduals> = names.iter().enumerate().map(target).collect();
    let count = targets.first().map_or(0, |target| target.actual.len());
    let mut subtitle = format!("{of}: {}", text(count, kind));
    if let [target] = &targets[..] {
        let residuals = || target.actual.iter().zip(&target.predicted).map(|(y, a)| y - a);
        let mean = residuals().sum::<f64>() / count.max(1) as f64;
        let squares = residuals().map(|residual| residual * residual).sum::<f64>();
        let rmse = (squares / count.max(1) as f64).sqrt();
        subtitle += &format!("; mean residual {}, RMSE {}", number(mean), number(rmse)).replace('-', "−");
    }
    Residuals {
        title: "Residuals".to_owned(),
        subtitle,
        targets,
    }
}
