//! Diagnoses a training: findings, each with what was seen, why it matters and what to try.
//!
//! Detectors, one file each, read [`Facts`]: plain numbers about recipe, data, network, layer statistics and losses. Each
//! threshold is documented there with its reason. A training that goes well has no finding.
//!
//! ```
//! use pellucid::{Recipe, Session};
//! use pellucid::data::dataset::{Dataset, Features, Targets};
//! use pellucid::inspection::diagnosis::FindingKind;
//! use pellucid::data::matrix::Matrix;
//!
//! let recipe = Recipe::from_toml(r#"
//!     [data]
//!     source = "inline"
//!     [network]
//!     layers = [1, 4, 1]
//!     activation = ["tanh", "sigmoid"]
//!     [train]
//!     loss = "squared_error"
//!     learning_rate = 0.1
//!     epochs = 50
//!     seed = 1
//! "#, "example")?;
//! let inputs = Matrix::from_rows("inputs", &[vec![-1.], vec![0.], vec![1.]])?;
//! let targets = Matrix::from_rows("targets", &[vec![10.], vec![20.], vec![30.]])?;
//! let data = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets))?;
//! let session = Session::new(recipe, data, std::num::NonZeroUsize::MIN)?.diagnosed(&[])?;
//! assert_eq!(session.findings()[0].kind, FindingKind::TargetsOutOfRange);
//! let summary = session.run(&mut ())?.summary;
//! assert_eq!(summary.findings[0], summary.warnings[0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod classes;
mod facts;
mod finding;
mod flat_units;
mod gradient_flow;
mod learning_rate;
mod loss_course;
mod overfitting;
mod scales;
mod symmetry;
mod targets;
mod training;

pub use facts::{DataFacts, Facts, FeatureFacts, LayerFacts, NetworkFacts};
pub use finding::{Finding, FindingKind, Severity};
pub use training::TrainingDiagnosis;

/// The findings before the first step.
pub fn before_training(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = flat_units::saturated_before(facts);
    let in_first_layer = findings.iter().any(|finding| finding.layer == Some(1));
    let inputs_are_reported = in_first_layer && facts.unscaled().is_some();
    findings.extend(flat_units::dead_before(facts));
    findings.extend(symmetry::find(facts));
    if findings.is_empty() {
        findings.extend(gradient_flow::exploding(facts));
    }
    if !inputs_are_reported {
        findings.extend(scales::find(facts));
    }
    findings.extend(targets::find(facts));
    findings
}

/// All findings of a training that has ended, the most severe first. Each cause is reported once.
pub fn after_training(facts: &Facts<'_>) -> Vec<Finding> {
    use FindingKind::{
        DeadUnits, Diverged, ExplodingGradients, Oscillation, SaturatedUnits, SymmetricUnits,
        TargetsOutOfRange, VanishingGradients,
    };
    let mut findings = before_training(facts);
    let has = |findings: &[Finding], kinds: &[FindingKind]| {
        findings.iter().any(|finding| kinds.contains(&finding.kind))
    };
    add(&mut findings, loss_course::not_finite(facts));
    let out_of_reach = has(&findings, &[TargetsOutOfRange]);
    let output = facts.trained.map(|network| network.layers.len());
    // An output with unreachable targets ends at the end of its range: that is reported already.
    let mut flat = flat_units::saturated_after(facts);
    flat.extend(flat_units::dead_after(facts));
    flat.retain(|finding| !(out_of_reach && finding.layer == output));
    let stopped = flat.iter().filter_map(|finding| finding.layer);
    let stopped: Vec<usize> = stopped
        .filter(|layer| !findings.iter().any(|known| known.layer == Some(*layer)))
        .collect();
    add(&mut findings, learning_rate::too_high(facts, &stopped));
    add(&mut findings, flat);
    if !has(&findings, &[Diverged]) {
        let blocked = [SaturatedUnits, DeadUnits, SymmetricUnits];
        if !has(&findings, &blocked) && !out_of_reach {
            add(&mut findings, gradient_flow::vanishing(facts));
        }
        add(&mut findings, learning_rate::oscillation(facts));
        if !has(&findings, &[Oscillation]) {
            add(&mut findings, loss_course::rising(facts));
        }
        if !has(&findings, &blocked) && !has(&findings, &[VanishingGradients, ExplodingGradients]) {
            add(&mut findings, learning_rate::too_low(facts));
        }
        add(&mut findings, classes::constant_predictor(facts));
        add(&mut findings, overfitting::find(facts));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Adds those that are not known of the same layer.
fn add(findings: &mut Vec<Finding>, new: impl IntoIterator<Item = Finding>) {
    for finding in new {
        let is_known = |known: &Finding| (known.kind, known.layer) == (finding.kind, finding.layer);
        if !findings.iter().any(is_known) {
            findings.push(finding);
        }
    }
}
