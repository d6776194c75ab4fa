//! How much of the gradient reaches each layer, epoch by epoch.

use crate::picture::Arrange;
use crate::scene::Scene;
use crate::{ChartGrid, Guide, LineChart, ReportError, Scale, Series, Theme};

/// A layer's figures over the epochs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerFlow {
    /// As the legend shall call it, such as "layer 1 (784 → 128, relu)".
    pub name: String,
    /// Epochs and root mean squares of the loss's slopes by the layer's weights.
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

/// The rule of thumb of A. Karpathy, "CS231n", 2015: steps of about a thousandth of the weights.
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

    fn grid(&self) -> ChartGrid {
        let chart = |y_label: &str, of: fn(&LayerFlow) -> &Vec<(f64, f64)>| LineChart {
            y_scale: Scale::Log,
            series: self
                .layers
                .iter()
                .map(|layer| Series {
                    name: layer.name.clone(),
                    points: of(layer).clone(),
                })
                .collect(),
            ..LineChart::new("", "epoch", y_label)
        };
        let gradients = chart("RMS gradient", |layer| &layer.gradients);
        let mut updates = chart("step / weights (RMS)", |layer| &layer.updates);
        updates.guides = vec![Guide::Level(USUAL_RATIO, "usual: about 10⁻³".to_owned())];
        let has_updates = self.layers.iter().any(|layer| !layer.updates.is_empty());
        ChartGrid {
            subtitle: self.subtitle.clone(),
            charts: std::iter::once(gradients)
                .chain(has_updates.then_some(updates))
                .collect(),
            theme: self.theme,
            width: self.width,
            ..ChartGrid::new(&self.title)
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
