//! A figure by which a model is judged, chosen among its scores.

use super::scores::{OF_CLASSES, OF_LABELS, OF_NUMBERS, Scores};
use crate::preparation::TargetPreparation;
use pellucid::descriptor::is_same_name;
use pellucid::evaluation::metrics::{Better, Metric};

/// One of the figures that [`Scores`] have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreFigure {
    metric: Option<Metric>,
    name: &'static str,
}

impl ScoreFigure {
    /// The figures that there are for such targets, in the order in which scores have them. At least one.
    pub fn all(target: &TargetPreparation) -> Vec<Self> {
        let of_metric = |metric: Metric, name| Self::new(Some(metric), name);
        match target {
            TargetPreparation::Regression { .. } => {
                OF_NUMBERS.map(|(metric, name, _)| of_metric(metric, name)).into()
            }
            TargetPreparation::Labels { .. } => {
                OF_LABELS.map(|(metric, name, _)| Self::new(metric, name)).into()
            }
            TargetPreparation::Binary(_) | TargetPreparation::Classes(_) => {
                OF_CLASSES.map(|(metric, name, _)| of_metric(metric, name)).into()
            }
        }
    }

    /// The first of them: accuracy of classes, R² of numbers.
    pub fn first(target: &TargetPreparation) -> Self {
        Self::all(target)[0]
    }

    /// The figure of a name, or of the name of its metric: `rmse` is `root_mean_squared_error` too.
    pub fn named(target: &TargetPreparation, name: &str) -> Option<Self> {
        let all = Self::all(target);
        let of_metric = |figure: &&Self| figure.metric.is_some() && figure.metric == Metric::named(name);
        let by_name = all.iter().find(|figure| is_same_name(figure.name, name));
        by_name.or_else(|| all.iter().find(of_metric)).copied()
    }

    /// The figure of a name, or the first without a name.
    ///
    /// # Errors
    /// There is no such figure: what the model predicts, and the figures that there are.
    pub fn requested(target: &TargetPreparation, name: Option<&str>) -> Result<Self, String> {
        let Some(name) = name else {
            return Ok(Self::first(target));
        };
        Self::named(target, name).ok_or_else(|| {
            let predicts = match target {
                TargetPreparation::Regression { .. } => "numbers",
                TargetPreparation::Labels { .. } => "several targets of two classes",
                TargetPreparation::Binary(_) | TargetPreparation::Classes(_) => "classes",
            };
            let all: Vec<&str> = Self::all(target).into_iter().map(Self::name).collect();
            format!(
                "the model predicts {predicts}, whose scores are {}",
                all.join(", ")
            )
        })
    }

    fn new(metric: Option<Metric>, name: &'static str) -> Self {
        let name = match metric {
            Some(metric) if name.is_empty() => metric.descriptor().common.name,
            _ => name,
        };
        Self { metric, name }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Whether a higher or a lower value is better.
    pub fn better(self) -> Better {
        let metric = self.metric.or_else(|| Metric::named(self.name));
        metric.and_then(Metric::better).unwrap_or(Better::Higher)
    }

    /// How much worse `value` is than `reference`: above 0 where it is worse.
    pub fn loss_of(self, value: f64, reference: f64) -> f64 {
        match self.better() {
            Better::Higher => reference - value,
            Better::Lower => value - reference,
        }
    }

    /// Its value among scores of such targets; `None` if it is not defined.
    pub fn value_in(self, scores: &Scores) -> Option<f64> {
        let mut values = scores.values().into_iter();
        let found = values.find(|(metric, name, _)| Self::new(*metric, name) == self);
        found.and_then(|(_, _, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preparation::{ClassTarget, ColumnKind, RegressionTarget, TargetTransform};

    fn binary() -> TargetPreparation {
        TargetPreparation::Binary(ClassTarget {
            column: "buys".into(),
            kind: ColumnKind::Category,
            classes: ["no".into(), "yes".into()],
            threshold: None,
        })
    }

    fn regression() -> TargetPreparation {
        TargetPreparation::Regression {
            columns: vec![RegressionTarget {
                column: "y".into(),
                mean: 0.0,
                std: 1.0,
                transform: TargetTransform::Standard,
                quantiles: Vec::new(),
                range: None,
            }],
        }
    }

    #[test]
    fn figures_have_their_names_and_those_of_their_metrics() {
        assert_eq!(ScoreFigure::first(&binary()).name(), "accuracy");
        assert_eq!(ScoreFigure::first(&regression()).name(), "r2");
        let rmse = ScoreFigure::named(&regression(), "rmse").unwrap();
        assert_eq!(
            ScoreFigure::named(&regression(), "root-mean-squared-error"),
            Some(rmse)
        );
        assert_eq!(rmse.better(), Better::Lower);
        assert_eq!(ScoreFigure::named(&regression(), "accuracy"), None);
        let mse = ScoreFigure::named(&regression(), "mean_squared_error").unwrap();
        assert_eq!((mse.name(), mse.loss_of(3.0, 1.0)), ("mean_squared_error", 2.0));
        let auc = ScoreFigure::named(&binary(), "roc_auc").unwrap();
        assert_eq!(auc.loss_of(0.5, 0.75), 0.25);
        assert_eq!(
            ScoreFigure::requested(&regression(), None),
            Ok(ScoreFigure::first(&regression()))
        );
        let refusal = ScoreFigure::requested(&regression(), Some("accuracy")).unwrap_err();
        assert!(
            refusal.starts_with("the model predicts numbers, whose scores are r2, "),
            "{refusal}"
        );
    }

    #[test]
    fn labels_have_a_mean_beside_the_part_of_rows_with_every_one_right() {
        let label = |name: &str| ClassTarget {
            column: name.into(),
            kind: ColumnKind::Category,
            classes: ["no".into(), "yes".into()],
            threshold: None,
        };
        let labels = TargetPreparation::Labels {
            labels: vec![label("a"), label("b")],
        };
        assert_eq!(ScoreFigure::first(&labels).name(), "subset_accuracy");
        assert_eq!(
            ScoreFigure::named(&labels, "accuracy").map(ScoreFigure::name),
            Some("accuracy")
        );
        assert_eq!(
            ScoreFigure::named(&labels, "log_loss").map(ScoreFigure::better),
            Some(Better::Lower)
        );
    }
}
