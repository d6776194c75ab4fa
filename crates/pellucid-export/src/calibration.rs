//! The spans of a network's numbers on usual rows, from which the scales of integers follow.

use crate::error::Result;
use pellucid::{Input, Network, Scalar, Workspace, forward};
use pellucid_data::Table;
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::Preparation;

/// From the smallest to the largest number, 0 included.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Span {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Span {
    fn include(&mut self, number: f64) {
        self.low = self.low.min(number);
        self.high = self.high.max(number);
    }
}

/// The spans of the numbers of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct LayerSpans {
    /// Of the pre-activations.
    pub(crate) z: Span,
    /// Of the activations.
    pub(crate) activation: Span,
}

/// The spans of all numbers in a prediction.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Spans {
    /// Of each feature.
    pub(crate) features: Vec<Span>,
    pub(crate) layers: Vec<LayerSpans>,
}

/// The spans on rows of tables.
pub(crate) fn spans(
    model: &Model,
    preparation: &Preparation,
    tables: &[(&Table, Vec<u32>)],
) -> Result<Spans> {
    match &model.network {
        AnyNetwork::F32(network) => of_network(network, preparation, tables),
        AnyNetwork::F64(network) => of_network(network, preparation, tables),
    }
}

fn of_network<T: Scalar>(
    network: &Network<T>,
    preparation: &Preparation,
    tables: &[(&Table, Vec<u32>)],
) -> Result<Spans> {
    let architecture = network.architecture();
    let mut spans = Spans {
        features: vec![Span::default(); preparation.width()],
        layers: vec![LayerSpans::default(); architecture.layers().len()],
    };
    for (table, rows) in tables.iter().filter(|(_, rows)| !rows.is_empty()) {
        let (features, _) = preparation.transform::<T>(table, rows)?;
        for row in 0..features.rows() {
            for (span, number) in spans.features.iter_mut().zip(features.row(row)) {
                span.include(number.to_f64());
            }
        }
        let mut workspace = Workspace::new(architecture, rows.len()).predicting();
        let input = Input::Dense(features.values());
        forward(architecture, network.parameters(), input, &mut workspace);
        for (index, layer) in spans.layers.iter_mut().enumerate() {
            workspace
                .z(index)
                .iter()
                .for_each(|z| layer.z.include(z.to_f64()));
            let activations = workspace.activation(index).iter();
            activations.for_each(|a| layer.activation.include(a.to_f64()));
        }
    }
    Ok(spans)
}
