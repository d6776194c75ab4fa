//! Variants made ready to run: their samples, shared where they are the same, and whose weights each begins from.

use super::variants::Variant;
use crate::arguments::Settings;
use crate::terminal;
use anyhow::{Context, Result};
use pellucid::inspection::diagnosis::Finding;
use pellucid::model::init::Init;
use pellucid::model::init::initialise;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::Source;
use pellucid::training::early_stopping::StopRules;
use pellucid::{Experiment, Network, Precision, Recipe, Scalar};
use pellucid_data::Samples;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A variant that is ready to run.
#[derive(Debug)]
pub(super) struct Entrant {
    pub(super) variant: Variant,
    pub(super) samples: AnySamples,
    /// Training rows: samples an epoch.
    pub(super) rows: usize,
    pub(super) updates_per_epoch: u64,
    /// Whose initial weights it begins from, where not from its own.
    pub(super) starts_as: Option<usize>,
    /// What that one is called.
    pub(super) leader: Option<String>,
}

/// Samples in the arithmetic of the recipe.
#[derive(Debug, Clone)]
pub(super) enum AnySamples {
    F32(Arc<Samples<f32>>),
    F64(Arc<Samples<f64>>),
}

impl Entrant {
    pub(super) fn holds_rows_out(&self) -> bool {
        match &self.samples {
            AnySamples::F32(samples) => samples.validation.is_some(),
            AnySamples::F64(samples) => samples.validation.is_some(),
        }
    }
}

/// Loads and checks all before the first is trained, so that what is wrong with one does not cost the others' training.
pub(super) fn entrants(
    variants: Vec<Variant>,
    settings: &Settings,
    own_weights: bool,
    seed: Option<u32>,
) -> Result<Vec<Entrant>> {
    let mut entrants: Vec<Entrant> = Vec::new();
    for variant in variants {
        let name = variant.name.clone();
        let entrant = entrant(variant, &entrants, settings, own_weights, seed);
        entrants.push(entrant.with_context(|| format!("recipe {name}"))?);
    }
    if !settings.quiet {
        tell_of_stopping(&entrants);
        tell_of_weights(&entrants, own_weights);
    }
    warn_of_other_data(&entrants);
    Ok(entrants)
}

fn entrant(
    variant: Variant,
    before: &[Entrant],
    settings: &Settings,
    own_weights: bool,
    seed: Option<u32>,
) -> Result<Entrant> {
    let same_data = before
        .iter()
        .find(|other| are_of_one_data(&other.variant.recipe, &variant.recipe))
        .map(|other| other.samples.clone());
    let samples = match (same_data, variant.recipe.train.precision) {
        (Some(samples), _) => samples,
        (None, Precision::F32) => AnySamples::F32(Arc::new(load(&variant.recipe, settings)?)),
        (None, Precision::F64) => AnySamples::F64(Arc::new(load(&variant.recipe, settings)?)),
    };
    let starts_as = match own_weights || variant.varies_initial_weights() {
        true => None,
        false => leader(&variant, before)?,
    };
    let leader = starts_as.map(|index| &before[index].variant);
    let (rows, findings) = match &samples {
        AnySamples::F32(samples) => check(&variant, leader, samples, seed)?,
        AnySamples::F64(samples) => check(&variant, leader, samples, seed)?,
    };
    for finding in findings.iter().filter(|_| !settings.quiet) {
        terminal::tell(&format!("warning: {}: {finding}", variant.name));
    }
    let leader = leader.map(|leader| leader.name.clone());
    let train = &variant.recipe.train;
    let batches = rows.div_ceil(train.batch_size.of(rows).max(1)) as u64;
    Ok(Entrant {
        updates_per_epoch: batches.div_ceil(train.accumulate.max(1)),
        variant,
        samples,
        rows,
        starts_as,
        leader,
    })
}

fn load<T: Scalar>(recipe: &Recipe, settings: &Settings) -> Result<Samples<T>> {
    let mut told = String::new();
    let samples = pellucid_data::load::<T>(recipe, settings.data.as_deref(), &mut |download| {
        if !settings.quiet && told != download.file {
            told = download.file.to_string();
            terminal::tell(&format!("downloading {told}"));
        }
    })?;
    Ok(samples)
}

/// The training rows, and what was noticed of the network before its first step.
fn check<T: Scalar>(
    variant: &Variant,
    leader: Option<&Variant>,
    samples: &Samples<T>,
    seed: Option<u32>,
) -> Result<(usize, Vec<Finding>)> {
    let recipe = variant.with_seed(seed);
    let training = samples.training.clone();
    let mut experiment = Experiment::<T>::new(recipe, training, samples.test.clone(), NonZeroUsize::MIN)?;
    if let Some(leader) = leader {
        let (network, _) = first_weights::<T>(&leader.with_seed(seed))?;
        experiment = experiment.starting_from(&network)?;
    }
    Ok((experiment.training().rows(), experiment.findings().to_vec()))
}

/// The network that a recipe draws, and the generator as it stands after that.
pub(super) fn first_weights<T: Scalar>(recipe: &Recipe) -> Result<(Network<T>, RandomState)> {
    let mut generator = RandomState::new(recipe.train.seed);
    let network = initialise(recipe.architecture()?, &recipe.init, &mut generator)?;
    Ok((network, generator))
}

/// The first of those before whose weights fit; nothing where `variant` is the first of its kind.
fn leader(variant: &Variant, before: &[Entrant]) -> Result<Option<usize>> {
    let architecture = variant.recipe.architecture()?;
    let shape =
        |architecture: &pellucid::Architecture| (architecture.describe(), architecture.parameter_count());
    for (index, other) in before.iter().enumerate() {
        let fits = shape(&other.variant.recipe.architecture()?) == shape(&architecture)
            && other.variant.recipe.train.precision == variant.recipe.train.precision
            && !other.variant.varies_initial_weights();
        if fits {
            return Ok(Some(other.starts_as.unwrap_or(index)));
        }
    }
    Ok(None)
}

/// Whether a seed says which samples these are.
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

fn warn_of_other_data(entrants: &[Entrant]) {
    let first = &entrants[0].variant;
    for Entrant { variant, .. } in &entrants[1..] {
        if !has_data_of(&first.recipe, &variant.recipe) {
            terminal::tell(&format!(
                "warning: {} is trained on other data than {}: their losses are not one",
                variant.name, first.name
            ));
        }
    }
}

fn tell_of_stopping(entrants: &[Entrant]) {
    let stops = |recipe: &Recipe| !StopRules::of(recipe).are_none() || recipe.train.max_seconds.is_some();
    if let Some(first) = entrants.iter().find(|entrant| stops(&entrant.variant.recipe)) {
        terminal::tell(&format!(
            "note: {}: all epochs are run, so that the curves can be compared, whatever train.patience, train.stop_at and \
             train.max_seconds say",
            first.variant.name
        ));
    }
    let lbfgs = |entrant: &&Entrant| !entrant.variant.recipe.train.optimizer.takes_steps();
    if let Some(first) = entrants.iter().find(lbfgs).filter(|_| entrants.len() > 1) {
        terminal::tell(&format!(
            "note: {}: an epoch of lbfgs is an iteration, which may go through the samples several times; compare it by \
             seconds",
            first.variant.name
        ));
    }
}

fn tell_of_weights(entrants: &[Entrant], own_weights: bool) {
    if own_weights {
        return;
    }
    let first = &entrants[0].variant;
    for entrant in entrants[1..].iter().filter(|entrant| entrant.starts_as.is_none()) {
        let variant = &entrant.variant;
        let (recipe, of_first) = (&variant.recipe, &first.recipe);
        let network = |recipe: &Recipe| {
            recipe
                .architecture()
                .map_or(String::new(), |found| found.describe())
        };
        let why = if variant.varies_initial_weights() {
            "it has an initialiser of its own".to_owned()
        } else if recipe.train.precision != of_first.train.precision {
            "its arithmetic is another".to_owned()
        } else if network(recipe) == network(of_first) {
            "its network has other parameters".to_owned()
        } else {
            format!("its network is {}, not {}", network(recipe), network(of_first))
        };
        terminal::tell(&format!(
            "note: {} begins from initial weights of its own, not from those of {}: {why}",
            variant.name, first.name
        ));
    }
}
