//! The worked explanation of a training step: for a terminal, as Markdown with LaTeX, and as a page that is walked through.

mod arithmetic;
mod axes;
mod catalogue;
mod formula;
mod html;
mod markdown;
mod number;
mod story;
mod terminal;
mod unit;

pub use unit::{Product, UnitArithmetic, UnitChoice, UnitSample, UnitWeight};

use pellucid::inspection::explanation::Explanation;

/// The signs in formulas, and what they mean.
const SIGNS: [(&str, &str); 9] = [
    ("x", "the numbers that go in; rows are samples"),
    (
        r"W, \quad b",
        "weights and biases: what is learnt; the number in parentheses is the layer",
    ),
    (
        r"z, \quad a",
        "the sum that a unit makes, and its activation: what it puts out",
    ),
    (
        r"y, \quad L",
        "the targets, and the loss: how far the outputs are from them",
    ),
    (
        r"\frac{\partial L}{\partial a}",
        "the slope of L by a: by how many times as much L grows where a grows by a tiny bit and all else stays",
    ),
    (r"\delta", "the slope of the loss by a unit's sum z"),
    (r"\eta", "the learning rate: how far a step goes"),
    (
        r"\cdot, \quad \odot",
        "row times column, added up; and number times number at the same place",
    ),
    (r"W^{\top}", "W turned over: its rows become columns"),
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
/// let text = WorkedExample::of(&explanation).terminal(80, false);
/// assert!(text.contains("z⁽¹⁾ = x·W⁽¹⁾"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct WorkedExample<'a> {
    explanation: &'a Explanation,
    full: bool,
    unit: Option<UnitChoice>,
}

impl<'a> WorkedExample<'a> {
    /// Of a step. Large layers are shown in part.
    pub fn of(explanation: &'a Explanation) -> Self {
        Self {
            explanation,
            full: false,
            unit: None,
        }
    }

    /// The same with every number of large layers.
    #[must_use]
    pub fn in_full(mut self) -> Self {
        self.full = true;
        self
    }

    /// The same with one unit's arithmetic, every product of its sums. A unit that is not there is left out.
    #[must_use]
    pub fn with_unit(mut self, unit: UnitChoice) -> Self {
        self.unit = Some(unit);
        self
    }

    /// As text for a terminal of so many columns, with colours or without.
    pub fn terminal(&self, width: usize, coloured: bool) -> String {
        terminal::text(self, width, coloured)
    }

    /// As Markdown with LaTeX, as Jupyter and code hosts show it.
    pub fn markdown(&self) -> String {
        markdown::text(self)
    }

    /// As a page of HTML that needs nothing else.
    pub fn html(&self) -> String {
        html::page(self)
    }

    fn story(&self, most: usize) -> story::Story<'a> {
        let also = self
            .unit
            .map(|choice| (choice.layer, choice.unit.saturating_sub(1)));
        story::Story::of(
            self.explanation,
            axes::Axes::of(self.explanation, most, self.full, also),
        )
    }

    fn unit_tables(&self, story: &story::Story<'_>) -> Option<(String, Vec<unit::UnitTable>)> {
        let choice = self.unit?;
        let unit = UnitArithmetic::of(self.explanation, choice)?;
        let heading = format!("Unit {} of {}, in full", choice.unit, story.name(choice.layer));
        Some((heading, unit.tables(self.explanation, &story.axes, self.full)))
    }

    /// A title, and what the step is of.
    fn heading(&self) -> (String, Vec<String>) {
        let of = self.explanation;
        let functions: Vec<&str> = of.layers.iter().map(|layer| layer.function.name()).collect();
        let samples = match (of.rows.as_slice(), of.rows.len()) {
            ([row], _) => format!("sample {row}"),
            (rows, count) => {
                let follow = rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
                match (rows.first(), rows.last()) {
                    (Some(first), Some(last)) if follow => format!("samples {first} to {last}"),
                    _ => format!("{count} samples"),
                }
            }
        };
        let when = match of.position {
            Some(position) if position.steps_per_epoch > 1 => format!(
                "epoch {}, step {} of {}",
                position.epoch, position.step, position.steps_per_epoch
            ),
            Some(position) => format!("epoch {}", position.epoch),
            None => "at the parameters as they stand".into(),
        };
        let optimizer = match of.update.learning_rate.0 {
            0.0 => of.update.optimizer.title().to_string(),
            rate => format!("{}, η = {}", of.update.optimizer.title(), number::short(rate)),
        };
        let facts = vec![
            match functions.split_first() {
                Some((first, rest)) if rest.iter().all(|function| function == first) => {
                    format!("network {}, {first} in every layer", of.network).replace('_', " ")
                }
                _ => format!(
                    "network {}: {}",
                    of.network,
                    functions.join(", ").replace('_', " ")
                ),
            },
            format!(
                "{when}, {samples}; {optimizer}; in {}",
                match of.precision {
                    pellucid::Precision::F32 => "single precision",
                    pellucid::Precision::F64 => "double precision",
                }
            ),
        ];
        (format!("One training step of {}", of.name), facts)
    }
}
