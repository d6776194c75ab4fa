//! Prepares variants: loads their samples, shared where they are the same, and finds the variant whose initial weights
//! each starts from.

use super::specs::VariantSpec;
use crate::arguments::Settings;
use crate::terminal;
use anyhow::{Context, Result};
use pellucid::inspection::diagnosis::Finding;
use pellucid::model::init::{Init, initialise};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::Source;
use pellucid::training::early_stopping::StopRules;
use pellucid::{Network, Precision, Recipe, Scalar, Session, Split};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A variant that is ready to run.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) spec: VariantSpec,
    pub(super) samples: AnySamples,
    /// Training rows: samples of an epoch.
    pub(super) rows: usize,
    pub(super) updates_per_epoch: u64,
    /// The variant whose initial weights it starts from, if not its own.
    pub(super) starts_as: Option<usize>,
    /// The name of that variant.
    pub(super) leader: Option<String>,
}

/// Samples in the precision of the recipe.
#[derive(Debug, Clone)]
pub(super) enum AnySamples {
    F32(Arc<Split<f32>>),
    F64(Arc<Split<f64>>),
}

impl Variant {
    pub(super) fn holds_rows_out(&self) -> bool {
        match &self.samples {
            AnySamples::F32(samples) => samples.validation.is_some(),
            AnySamples::F64(samples) => samples.validation.is_some(),
        }
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
        note_weights(&variants, own_weights);
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
    let same_data = before
        .iter()
        .find(|other| are_of_one_data(&other.spec.recipe, &spec.recipe))
        .map(|other| other.samples.clone());
    let samples = match (same_data, spec.recipe.train.precision) {
        (Some(samples), _) => samples,
        (None, Precision::F32) => AnySamples::F32(load(&spec.recipe, settings)?),
        (None, Precision::F64) => AnySamples::F64(load(&spec.recipe, settings)?),
    };
    let starts_as = match own_weights || spec.varies_initial_weights() {
        true => None,
        false => leader(&spec, before)?,
    };
    let leader = starts_as.map(|index| &before[index].spec);
    let (rows, findings) = match &samples {
        AnySamples::F32(samples) => check(&spec, leader, samples, seed)?,
        AnySamples::F64(samples) => check(&spec, leader, samples, seed)?,
    };
    for finding in findings.iter().filter(|_| !settings.quiet) {
        terminal::note(&format!("warning: {}: {finding}", spec.name));
    }
    let leader = leader.map(|leader| leader.name.clone());
    let train = &spec.recipe.train;
    let batches = rows.div_ceil(train.batch_size.rows_per_batch(rows).max(1)) as u64;
    Ok(Variant {
        updates_per_epoch: batches.div_ceil(train.accumulate.max(1)),
        spec,
        samples,
        rows,
        starts_as,
        leader,
    })
}

fn load<T: Scalar>(recipe: &Recipe, settings: &Settings) -> Result<Arc<Split<T>>> {
    crate::run::load(recipe, settings.data.as_deref(), settings.quiet).map(Arc::new)
}

/// The training rows, and the findings about the network before its first step.
fn check<T: Scalar>(
    spec: &VariantSpec,
    leader: Option<&VariantSpec>,
    split: &Arc<Split<T>>,
    seed: Option<u32>,
) -> Result<(usize, Vec<Finding>)> {
    let session = session(spec, leader, split, seed, NonZeroUsize::MIN)?.diagnosed(&[])?;
    Ok((session.training().rows(), session.findings().to_vec()))
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
    Ok(match leader {
        Some(leader) => session.starting_from(&initial_network(&leader.with_seed(seed))?)?,
        None => session,
    })
}

/// The network that a recipe draws.
fn initial_network<T: Scalar>(recipe: &Recipe) -> Result<Network<T>> {
    let mut generator = RandomState::new(recipe.train.seed);
    Ok(initialise(recipe.architecture()?, &recipe.init, &mut generator)?)
}

/// The first variant before with weights of the same shape; `None` where `spec` is the first of its kind.
fn leader(spec: &VariantSpec, before: &[Variant]) -> Result<Option<usize>> {
    let architecture = spec.recipe.architecture()?;
    let shape =
        |architecture: &pellucid::Architecture| (architecture.describe(), architecture.parameter_count());
    for (index, other) in before.iter().enumerate() {
        let fits = shape(&other.spec.recipe.architecture()?) == shape(&architecture)
            && other.spec.recipe.train.precision == spec.recipe.train.precision
            && !other.spec.varies_initial_weights();
        if fits {
            return Ok(Some(other.starts_as.unwrap_or(index)));
        }
    }
    Ok(None)
}

/// The seed that selects the samples, where one does.
fn seed_of_data(recipe: &Recipe) -> Option<u32> {
    let is_drawn = matches!(recipe.data.source, Source::NoisyLine | Source::Regression);
    let seed = recipe.data.seed.unwrap_or(recipe.train.seed);
    (is_drawn || recipe.data.validation != 0.0).then_some(seed)
}

fn are_of_one_data(one: &Recipe, other: &Recipe) -> bool {
    has_data_of(one, other) && one.train.precision == other.train.precision
}

fn has_data_of(one: &Recipe, other: &Recipe) -> bool {
    let without_seed = |recipe: &Recipe| pellucid::recipe::DataRecipe {
        seed: None,
        ..recipe.data.clone()
    };
    without_seed(one) == without_seed(other) && seed_of_data(one) == seed_of_data(other)
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
    let stops =
        |recipe: &Recipe| !StopRules::from_recipe(recipe).are_none() || recipe.train.max_seconds.is_some();
    if let Some(first) = variants.iter().find(|variant| stops(&variant.spec.recipe)) {
        terminal::note(&format!(
            "note: {}: all epochs are run, so that the curves can be compared, whatever train.patience, train.stop_at and \
             train.max_seconds say",
            first.spec.name
        ));
    }
    let lbfgs = |variant: &&Variant| !variant.spec.recipe.train.optimizer.takes_steps();
    if let Some(first) = variants.iter().find(lbfgs).filter(|_| variants.len() > 1) {
        terminal::note(&format!(
            "note: {}: an epoch of lbfgs is an iteration, which may go through the samples several times; compare it by \
             seconds",
            first.spec.name
        ));
    }
}

fn note_weights(variants: &[Variant], own_weights: bool) {
    if own_weights {
        return;
    }
    let first = &variants[0].spec;
    for variant in variants[1..].iter().filter(|variant| variant.starts_as.is_none()) {
        let spec = &variant.spec;
        let (recipe, of_first) = (&spec.recipe, &first.recipe);
        let network = |recipe: &Recipe| {
            recipe
                .architecture()
                .map_or(String::new(), |found| found.describe())
        };
        let why = if spec.varies_initial_weights() {
            "it has an initialiser of its own".to_owned()
        } else if recipe.train.precision != of_first.train.precision {
            "its precision differs".to_owned()
        } else if network(recipe) == network(of_first) {
            "its network has other parameters".to_owned()
        } else {
            format!("its network is {}, not {}", network(recipe), network(of_first))
        };
        terminal::note(&format!(
            "note: {} starts from initial weights of its own, not from those of {}: {why}",
            spec.name, first.name
        ));
    }
}
