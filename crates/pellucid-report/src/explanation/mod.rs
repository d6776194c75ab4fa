//! The worked explanation of a training step, from its record: as text for a terminal, as Markdown with LaTeX, and as a page.
//!
//! [`walkthrough`] lists the computations of the step; [`document`] puts them in order for [`terminal`] and [`markdown`],
//! [`page`] embeds them as JSON.

mod arithmetic;
mod axes;
mod catalogue;
mod document;
mod formula;
mod markdown;
mod number;
mod page;
mod terminal;
mod unit;
mod walkthrough;

pub use unit::UnitChoice;

use crate::page::PageTable;
use pellucid::Precision;
use pellucid::inspection::explanation::Explanation;
use serde::Serialize;
use unit::UnitArithmetic;

const SYMBOLS_HEADING: &str = "The symbols";

/// The symbols in formulas, and their meaning.
const SYMBOLS: [(&str, &str); 9] = [
    ("x", "the inputs; rows are samples"),
    (
        r"W, \quad b",
        "weights and biases: what is learnt; the number in parentheses is the layer",
    ),
    (
        r"z, \quad a",
        "the pre-activation of a unit, and its activation: what it puts out",
    ),
    (
        r"y, \quad L",
        "the targets, and the loss: how far the outputs are from them",
    ),
    (
        r"\frac{\partial L}{\partial a}",
        "the derivative of L with respect to a: by how many times as much L grows where a grows by a tiny amount and all else \
         stays",
    ),
    (
        r"\delta",
        "the derivative of the loss with respect to the pre-activation of a unit",
    ),
    (r"\eta", "the learning rate: how far a step goes"),
    (
        r"\cdot, \quad \odot",
        "row times column, added up; and number times number at the same place",
    ),
    (r"W^{\top}", "W transposed: its rows become columns"),
];

/// A training step as a worked example.
///
/// ```
/// use pellucid::inspection::explanation::{Explanation, Labels};
/// use pellucid::{Recipe, Session};
/// use pellucid_report::WorkedExample;
/// use std::num::NonZeroUsize;
///
/// let recipe = Recipe::built_in("xor-by-hand")?;
/// let inputs = pellucid::data::matrix::Matrix::from_rows("inputs", recipe.data.inputs.as_deref().unwrap())?;
/// let targets = pellucid::data::matrix::Matrix::from_rows("targets", recipe.data.targets.as_deref().unwrap())?;
/// let xor = pellucid::data::dataset::Dataset::<f64>::new(
///     pellucid::data::dataset::Features::Dense(inputs),
///     pellucid::data::dataset::Targets::Dense(targets),
/// )?;
/// let session = Session::new(recipe.clone(), xor, NonZeroUsize::MIN)?;
/// let (position, trace) = session.trace(0, None, &mut ())?.expect("a first step");
/// let labels = Labels { name: "xor-by-hand".into(), ..Labels::default() };
/// let explanation = Explanation::from_trace(&recipe, &trace, position, labels);
/// let text = WorkedExample::new(&explanation).terminal(80, false);
/// assert!(text.contains("z⁽¹⁾ = x·W⁽¹⁾"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct WorkedExample<'a> {
    /// The record of the step.
    pub explanation: &'a Explanation,
    /// Whether every number of large layers is shown.
    pub full: bool,
    /// The unit whose arithmetic is shown besides, every product of its sums; one that does not exist is left out.
    pub unit: Option<UnitChoice>,
}

impl<'a> WorkedExample<'a> {
    /// A worked example of a step. Large layers are shown in part.
    pub fn new(explanation: &'a Explanation) -> Self {
        Self {
            explanation,
            full: false,
            unit: None,
        }
    }

    /// As JSON: the record, and the arithmetic of the unit.
    ///
    /// # Errors
    /// Those of writing JSON.
    pub fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Record<'a> {
            #[serde(flatten)]
            explanation: &'a Explanation,
            #[serde(skip_serializing_if = "Option::is_none")]
            unit: Option<UnitArithmetic>,
        }
        serde_json::to_string(&Record {
            explanation: self.explanation,
            unit: self.unit_arithmetic(),
        })
    }

    fn unit_arithmetic(&self) -> Option<UnitArithmetic> {
        UnitArithmetic::new(self.explanation, self.unit?)
    }

    /// The parts of the step, with up to `most` rows and columns of a matrix shown.
    fn walkthrough(&self, most: usize) -> walkthrough::Walkthrough<'a> {
        let also = self.unit.map(|unit| (unit.layer, unit.unit.saturating_sub(1)));
        let axes = axes::Axes::new(self.explanation, most, self.full, also);
        walkthrough::Walkthrough::new(self.explanation, axes)
    }

    fn unit_tables(&self, all: &walkthrough::Walkthrough<'_>) -> Option<(String, Vec<PageTable>)> {
        let unit = self.unit_arithmetic()?;
        let heading = format!("Unit {} of {}, in full", unit.unit, all.name(unit.layer));
        Some((heading, unit.tables(self.explanation, &all.axes, self.full)))
    }

    /// A title, and two lines on network and step.
    fn heading(&self) -> (String, Vec<String>) {
        let of = self.explanation;
        let follow = of.rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let samples = match of.rows.as_slice() {
            [row] => format!("sample {row}"),
            [first, .., last] if follow => format!("samples {first} to {last}"),
            rows => format!("{} samples", rows.len()),
        };
        let when = match of.position {
            Some(at) if at.steps_per_epoch > 1 => {
                format!("epoch {}, step {} of {}", at.epoch, at.step, at.steps_per_epoch)
            }
            Some(at) => format!("epoch {}", at.epoch),
            None => "at the parameters as they stand".into(),
        };
        let optimizer = match of.update.learning_rate.0 {
            0.0 => of.update.optimizer.title().to_string(),
            rate => format!("{}, η = {}", of.update.optimizer.title(), number::short(rate)),
        };
        let precision = match of.precision {
            Precision::F32 => "single precision",
            Precision::F64 => "double precision",
        };
        let functions: Vec<&str> = of.layers.iter().map(|layer| layer.function.name()).collect();
        let functions = match functions.as_slice() {
            [first, rest @ ..] if rest.iter().all(|function| function == first) => {
                format!(", {first} in every layer")
            }
            all => format!(": {}", all.join(", ")),
        };
        let facts = vec![
            format!("network {}{}", of.network, functions.replace('_', " ")),
            format!("{when}, {samples}; {optimizer}; in {precision}"),
        ];
        (format!("One training step of {}", of.name), facts)
    }
}
