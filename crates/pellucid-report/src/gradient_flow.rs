//! Gradient flow: the size of each layer's gradient and of its steps, epoch by epoch.

use crate::line_chart::{Guide, LineChart, Scale, Series};
use crate::panel_grid::PanelGrid;
use pellucid::inspection::layer_statistics::{LayerStatistics, LayerSummary};
use pellucid::model::network::Architecture;

/// Steps of about a thousandth of the weights: a rule of thumb, A. Karpathy, "CS231n", 2015.
const USUAL_RATIO: f64 = 1e-3;

/// Gradient flow: the root mean square gradient of each layer, and how large its steps are beside its weights, on
/// logarithmic axes over the epochs.
pub fn gradient_flow(
    subtitle: String,
    architecture: &Architecture,
    statistics: &[LayerStatistics],
) -> PanelGrid {
    let chart = |y_label: &str, figure: fn(&LayerSummary) -> Option<f64>| {
        let series = architecture.layers().iter().enumerate().map(|(at, layer)| {
            let (number, inputs, units) = (at + 1, layer.fan_in, layer.fan_out);
            let point = |entry: &LayerStatistics| Some((entry.epoch as f64, figure(entry.layers.get(at)?)?));
            Series {
                name: format!("layer {number} ({inputs} → {units}, {})", layer.activation.name()),
                points: statistics.iter().filter_map(point).collect(),
            }
        });
        LineChart {
            y_scale: Scale::Log,
            series: series.collect(),
            ..LineChart::new("", "epoch", y_label)
        }
    };
    let mut panels = vec![chart("RMS gradient", |layer| Some(layer.gradient_rms))];
    let updates = LineChart {
        guides: vec![Guide::Level(USUAL_RATIO, "usual: about 10⁻³".to_owned())],
        ..chart("step / weights (RMS)", |layer| layer.update_ratio)
    };
    if updates.series.iter().any(|series| !series.points.is_empty()) {
        panels.push(updates);
    }
    PanelGrid {
        subtitle,
        panels,
        ..PanelGrid::new("Gradient flow")
    }
}
