//! Gradient flow: the size of each layer's gradient and of its steps, epoch by epoch.

use crate::error::ReportError;
use crate::line_chart::{Guide, LineChart, Scale, Series};
use crate::palette::Theme;
use crate::panel_grid::PanelGrid;
use crate::picture::Arrange;
use crate::scene::Scene;

/// A layer's figures over the epochs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerFlow {
    /// The name in the legend, such as "layer 1 (784 → 128, relu)".
    pub name: String,
    /// Epochs and root mean squares of the loss's derivatives with respect to the layer's weights.
    pub gradients: Vec<(f64, f64)>,
    /// Epochs and ratios of the size of a step to the size of the weights.
    pub updates: Vec<(f64, f64)>,
}

/// Gradient flow: the root mean square gradient of each layer, and how large its steps are beside its weights, on
/// logarithmic axes.
///
/// ```
/// use pellucid_report::{GradientFlow, LayerFlow, Picture};
///
/// let layer = |name: &str, size: f64| LayerFlow {
///     name: name.to_owned(),
///     gradients: (1..50).map(|epoch| (f64::from(epoch), size / f64::from(epoch))).collect(),
///     updates: (1..50).map(|epoch| (f64::from(epoch), 1e-3)).collect(),
/// };
/// let picture = GradientFlow {
///     layers: vec![layer("layer 1", 1e-4), layer("layer 2", 1e-2)],
///     ..GradientFlow::new("a run")
/// };
/// assert!(picture.svg()?.contains("RMS gradient"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GradientFlow {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading.
    pub subtitle: Option<String>,
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerFlow>,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 240 to 8000. The height follows.
    pub width: u32,
}

/// Steps of about a thousandth of the weights: a rule of thumb, A. Karpathy, "CS231n", 2015.
const USUAL_RATIO: f64 = 1e-3;

impl GradientFlow {
    /// A light picture without layers, 900 pixels wide.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            layers: Vec::new(),
            theme: Theme::default(),
            width: 900,
        }
    }

    fn grid(&self) -> PanelGrid {
        let chart = |y_label: &str, points: fn(&LayerFlow) -> &Vec<(f64, f64)>| {
            let series = |layer: &LayerFlow| Series {
                name: layer.name.clone(),
                points: points(layer).clone(),
            };
            LineChart {
                y_scale: Scale::Log,
                series: self.layers.iter().map(series).collect(),
                ..LineChart::new("", "epoch", y_label)
            }
        };
        let mut panels = vec![chart("RMS gradient", |layer| &layer.gradients)];
        if self.layers.iter().any(|layer| !layer.updates.is_empty()) {
            panels.push(LineChart {
                guides: vec![Guide::Level(USUAL_RATIO, "usual: about 10⁻³".to_owned())],
                ..chart("step / weights (RMS)", |layer| &layer.updates)
            });
        }
        PanelGrid {
            subtitle: self.subtitle.clone(),
            panels,
            theme: self.theme,
            width: self.width,
            ..PanelGrid::new(&self.title)
        }
    }
}

impl Arrange for GradientFlow {
    fn theme(&self) -> Theme {
        self.theme
    }

    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError> {
        self.grid().scene(theme, width)
    }
}
