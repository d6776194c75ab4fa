//! Gradient flow, drawn from the layer statistics of a run.

use pellucid::inspection::layer_statistics::{LayerStatistics, LayerSummary};
use pellucid::model::network::Architecture;
use pellucid_report::{GradientFlow, LayerFlow, Theme};

pub(super) fn gradient_flow(
    of: &str,
    architecture: &Architecture,
    layer_statistics: &[LayerStatistics],
    theme: Theme,
) -> Option<GradientFlow> {
    let points = |layer: usize, figure: fn(&LayerSummary) -> Option<f64>| -> Vec<(f64, f64)> {
        let of_entry =
            |entry: &LayerStatistics| Some((entry.epoch as f64, figure(entry.layers.get(layer)?)?));
        layer_statistics.iter().filter_map(of_entry).collect()
    };
    let layers = architecture.layers().iter().enumerate().map(|(at, layer)| {
        let (inputs, units) = (layer.fan_in, layer.fan_out);
        LayerFlow {
            name: format!(
                "layer {} ({inputs} → {units}, {})",
                at + 1,
                layer.activation.name()
            ),
            gradients: points(at, |layer| Some(layer.gradient_rms)),
            updates: points(at, |layer| layer.update_ratio),
        }
    });
    (!layer_statistics.is_empty()).then(|| GradientFlow {
        subtitle: Some(format!(
            "{of}: derivatives of the loss on some training rows; steps at the ends of epochs"
        )),
        layers: layers.collect(),
        theme,
        ..GradientFlow::new("Gradient flow")
    })
}
