//! Prepares variants: loads their samples, shared where they are the same, and finds the variant whose initial weights
//! each starts from.

use super::specs::VariantSpec;
use crate::arguments::Settings;
use crate::terminal;
use anyhow::{Context, Result};
use pellucid::model::init::{Init, initialise};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{DataRecipe, Source};
use pellucid::training::early_stopping::StopRules;
use pellucid::{Precision, Recipe, Scalar, Session, Split};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A variant that is ready to run.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) spec: VariantSpec,
    pub(super) samples: AnySamples,
    /// Training rows: samples of an epoch.
    pub(super) rows: usize,
    /// Batches of a whole run.
    pub(super) steps: u64,
    pub(super) updates_per_epoch: u64,
    /// The variant whose initial weights it starts from, if not its own.
    pub(super) leader: Option<VariantSpec>,
}

/// Samples in the precision of the recipe.
#[derive(Debug, Clone)]
pub(super) enum AnySamples {
    F32(Arc<Split<f32>>),
    F64(Arc<Split<f64>>),
}

/// The same on samples of either precision.
macro_rules! with_samples {
    ($samples:expr, $split:ident => $do:expr) => {
        match $samples {
            $crate::compare::variants::AnySamples::F32($split) => $do,
            $crate::compare::variants::AnySamples::F64($split) => $do,
        }
    };
}
pub(super) use with_samples;

impl Variant {
    pub(super) fn holds_rows_out(&self) -> bool {
        with_samples!(&self.samples, split => split.validation.is_some())
    }
}

/// Loads and checks all variants before the first is trained, so that an error in one does not cost the training of
/// others.
pub(super) fn variants(
    specs: Vec<VariantSpec>,
    settings: &Settings,
    own_weights: bool,
    seed: Option<u32>,
) -> Result<Vec<Variant>> {
    let mut variants: Vec<Variant> = Vec::new();
    for spec in specs {
        let name = spec.name.clone();
        let variant = variant(spec, &variants, settings, own_weights, seed);
        variants.push(variant.with_context(|| format!("recipe {name}"))?);
    }
    if !settings.quiet {
        note_stopping(&variants);
        if !own_weights {
            note_weights(&variants);
        }
    }
    warn_of_other_data(&variants);
    Ok(variants)
}

fn variant(
    spec: VariantSpec,
    before: &[Variant],
    settings: &Settings,
    own_weights: bool,
    seed: Option<u32>,
) -> Result<Variant> {
    let (recipe, precision) = (&spec.recipe, spec.recipe.train.precision);
    let has_its_data = |Variant { spec: other, .. }: &&Variant| {
        has_data_of(&other.recipe, recipe) && other.recipe.train.precision == precision
    };
    let samples = match (before.iter().find(has_its_data), precision) {
        (Some(other), _) => other.samples.clone(),
        (None, Precision::F32) => AnySamples::F32(load(recipe, settings)?),
        (None, Precision::F64) => AnySamples::F64(load(recipe, settings)?),
    };
    let leader = match own_weights || spec.varies_initial_weights() {
        true => None,
        false => leader(&spec, before)?,
    };
    let (rows, findings) = with_samples!(&samples, split => {
        let session = session(&spec, leader.as_ref(), split, seed, NonZeroUsize::MIN)?.diagnosed(&[])?;
        (session.training().rows(), session.findings().to_vec())
    });
    for finding in findings.iter().filter(|_| !settings.quiet) {
        terminal::note(&format!("warning: {}: {finding}", spec.name));
    }
    let train = &recipe.train;
    let batches = rows.div_ceil(train.batch_size.rows_per_batch(rows).max(1)) as u64;
    Ok(Variant {
        steps: train.epochs.saturating_mul(batches),
        updates_per_epoch: batches.div_ceil(train.accumulate.max(1)),
        spec,
        samples,
        rows,
        leader,
    })
}

fn load<T: Scalar>(recipe: &Recipe, settings: &Settings) -> Result<Arc<Split<T>>> {
    crate::run::load(recipe, settings.data.as_deref(), settings.quiet).map(Arc::new)
}

/// The training of a variant with a seed, for all epochs whatever would end it before, from the initial weights of
/// `leader` if there is one.
pub(super) fn session<T: Scalar>(
    spec: &VariantSpec,
    leader: Option<&VariantSpec>,
    split: &Arc<Split<T>>,
    seed: Option<u32>,
    threads: NonZeroUsize,
) -> Result<Session<'static, T>> {
    let mut recipe = spec.with_seed(seed);
    recipe.train.patience = None;
    recipe.train.stop_at = None;
    recipe.train.max_seconds = None;
    // The curves come from the losses of all epochs; other figures of a log would only take time.
    recipe.log.metrics.clear();
    recipe.log.every = Some(u64::MAX);
    let session = Session::new(recipe, Arc::clone(split), threads)?;
    let Some(leader) = leader.map(|leader| leader.with_seed(seed)) else {
        return Ok(session);
    };
    let mut generator = RandomState::new(leader.train.seed);
    let network = initialise(leader.architecture()?, &leader.init, &mut generator)?;
    Ok(session.starting_from(&network)?)
}

/// The first variant before with weights of the same shape; `None` where `spec` is the first of its kind.
fn leader(spec: &VariantSpec, before: &[Variant]) -> Result<Option<VariantSpec>> {
    let weights = |recipe: &Recipe| -> Result<_> {
        let architecture = recipe.architecture()?;
        let (shape, parameters) = (architecture.describe(), architecture.parameter_count());
        Ok((shape, parameters, recipe.train.precision))
    };
    let wanted = weights(&spec.recipe)?;
    for other in before.iter().filter(|other| !other.spec.varies_initial_weights()) {
        if weights(&other.spec.recipe)? == wanted {
            return Ok(Some(other.leader.as_ref().unwrap_or(&other.spec).clone()));
        }
    }
    Ok(None)
}

fn has_data_of(one: &Recipe, other: &Recipe) -> bool {
    // The data, and the seed that selects the samples, where one does.
    let data = |recipe: &Recipe| {
        let is_drawn = matches!(recipe.data.source, Source::NoisyLine | Source::Regression);
        let seed = recipe.data.seed.unwrap_or(recipe.train.seed);
        DataRecipe {
            seed: (is_drawn || recipe.data.validation != 0.0).then_some(seed),
            ..recipe.data.clone()
        }
    };
    data(one) == data(other)
}

/// Whether a seed makes any difference to a run.
pub(super) fn draws(recipe: &Recipe) -> bool {
    let train = &recipe.train;
    !matches!(
        recipe.init,
        Init::Given { .. } | Init::Zeros | Init::Constant { .. }
    ) || train.shuffle
        || !train.dropout.is_none()
        || train.input_noise != 0.0
}

fn warn_of_other_data(variants: &[Variant]) {
    let first = &variants[0].spec;
    for Variant { spec, .. } in &variants[1..] {
        if !has_data_of(&first.recipe, &spec.recipe) {
            terminal::note(&format!(
                "warning: {} is trained on other data than {}: their losses are not comparable",
                spec.name, first.name
            ));
        }
    }
}

fn note_stopping(variants: &[Variant]) {
    let note = |applies: &dyn Fn(&Recipe) -> bool, text: &str| {
        if let Some(first) = variants.iter().find(|variant| applies(&variant.spec.recipe)) {
            terminal::note(&format!("note: {}: {text}", first.spec.name));
        }
    };
    note(
        &|recipe| !StopRules::from_recipe(recipe).are_none() || recipe.train.max_seconds.is_some(),
        "all epochs are run, so that the curves can be compared, whatever train.patience, train.stop_at and \
         train.max_seconds say",
    );
    note(
        &|recipe| variants.len() > 1 && !recipe.train.optimizer.takes_steps(),
        "an epoch of lbfgs is an iteration, which may go through the samples several times; compare it by seconds",
    );
}

fn note_weights(variants: &[Variant]) {
    let first = &variants[0].spec;
    for Variant { spec, .. } in variants[1..].iter().filter(|variant| variant.leader.is_none()) {
        let network = |spec: &VariantSpec| {
            let architecture = spec.recipe.architecture();
            architecture.map_or(String::new(), |found| found.describe())
        };
        let why = if spec.varies_initial_weights() {
            "it has an initialiser of its own".to_owned()
        } else if spec.recipe.train.precision != first.recipe.train.precision {
            "its precision differs".to_owned()
        } else if network(spec) == network(first) {
            "its network has other parameters".to_owned()
        } else {
            format!("its network is {}, not {}", network(spec), network(first))
        };
        terminal::note(&format!(
            "note: {} starts from initial weights of its own, not from those of {}: {why}",
            spec.name, first.name
        ));
    }
}
