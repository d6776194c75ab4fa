//! A session that is advanced by a number of steps, and goes back.
//!
//! The session runs from the state after the steps so far, and an observer interrupts it after those asked for: so a run in
//! parts has the bits of one in one piece. Going back loads the nearest state that was kept before, and runs from there.

mod watch;

use crate::clock;
use crate::history::{HistoryPoint, MOST_EPOCHS};
use crate::thrown::Thrown;
use pellucid::evaluation::metrics::{Metric, suited_to};
use pellucid::inspection::diagnosis::Finding;
use pellucid::inspection::layer_statistics::LayerStatistics;
use pellucid::state::{State, StateArray};
use pellucid::{EndedBy, Error, Network, Recipe, Scalar, Session, Split};
use serde::Serialize;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use watch::{KeptState, Watch};

/// The most states that are kept.
const MOST_STATES: usize = 64;
/// The most bytes of the states that are kept.
const MOST_STATE_BYTES: usize = 256 << 20;

/// Why a training ended.
#[derive(Debug, Clone, Serialize)]
pub struct End {
    /// The name of the reason.
    pub by: &'static str,
    /// A sentence.
    pub text: String,
}

/// A moment of a training.
#[derive(Clone)]
pub struct Moment<T> {
    /// What the training continues from; none before the first step.
    state: Option<State>,
    /// The network: the averaged one, where the recipe asks for an average.
    pub network: Network<T>,
    /// All findings so far.
    pub findings: Vec<Finding>,
    /// The last layer statistics.
    pub statistics: Option<LayerStatistics>,
    /// Why the training ended, where it has.
    pub end: Option<End>,
    /// Whether a weight was changed by hand at this moment.
    is_edited: bool,
}

/// A training in steps.
pub struct Stepper<T: Scalar> {
    session: Session<'static, T>,
    /// The names of the features.
    names: Vec<String>,
    /// The recipe as it was given: the session reports more of the course of the training.
    recipe: Recipe,
    /// The metric of the curves.
    pub metric: Option<Metric>,
    now: Moment<T>,
    step: u64,
    furthest: u64,
    kept: BTreeMap<u64, Moment<T>>,
    /// The number of steps from one kept state to the next.
    spacing: u64,
    history: Vec<HistoryPoint>,
}

impl<T: Scalar> Stepper<T> {
    /// A training by `recipe` before its first step.
    pub fn new(recipe: Recipe, split: Split<T>, names: &[String]) -> Result<Self, Thrown> {
        let metrics = suited_to(recipe.train.loss, split.training.targets().are_zero_or_one());
        let metric = metrics.first().copied();
        let mut reporting = recipe.clone();
        reporting.log.every = Some(recipe.train.epochs.div_ceil(MOST_EPOCHS).max(1));
        reporting.log.count_from = 1;
        if let Some(metric) = metric
            && !reporting.log.metrics.contains(&metric)
        {
            reporting.log.metrics.push(metric);
        }
        let session = Session::new(reporting, split, NonZeroUsize::MIN)?
            .with_clock(&clock::seconds)
            .diagnosed(names)?;
        let now = Moment {
            state: None,
            network: session.initial().clone(),
            findings: session.findings().to_vec(),
            statistics: None,
            end: None,
            is_edited: false,
        };
        Ok(Self {
            session,
            names: names.to_vec(),
            recipe,
            metric,
            now: now.clone(),
            step: 0,
            furthest: 0,
            kept: BTreeMap::from([(0, now)]),
            spacing: 1,
            history: Vec::new(),
        })
    }

    /// The recipe as it was given.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The session.
    pub fn session(&self) -> &Session<'static, T> {
        &self.session
    }

    /// The present moment.
    pub fn now(&self) -> &Moment<T> {
        &self.now
    }

    /// The steps so far.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The most steps that were taken.
    pub fn furthest(&self) -> u64 {
        self.furthest
    }

    /// The steps of an epoch.
    pub fn steps_an_epoch(&self) -> u64 {
        match self.recipe.train.optimizer.takes_steps() {
            true => self.session.steps_per_epoch(),
            false => 1,
        }
    }

    /// The steps of all epochs.
    pub fn steps_total(&self) -> u64 {
        self.recipe.train.epochs.saturating_mul(self.steps_an_epoch())
    }

    /// The recorded epochs up to the furthest step.
    pub fn history(&self) -> &[HistoryPoint] {
        &self.history
    }

    /// Takes up to `count` steps within about `seconds`, and returns how many it took.
    pub fn advance(&mut self, count: u64, seconds: f64) -> Result<u64, Thrown> {
        let begin = self.step;
        let target = begin.saturating_add(count).min(self.steps_total());
        self.run_to(target, Some(clock::seconds() + seconds))?;
        Ok(self.step - begin)
    }

    /// Goes to a step that was taken before.
    pub fn seek(&mut self, step: u64) -> Result<(), Thrown> {
        if step > self.furthest {
            return Err(format!(
                "step {step} was not taken yet: {} steps were; advance the training instead",
                self.furthest
            )
            .into());
        }
        let Some((&nearest, _)) = self.kept.range(..=step).next_back() else {
            return Ok(());
        };
        if !(nearest..=step).contains(&self.step) {
            self.load(nearest);
        }
        self.run_to(step, None)
    }

    fn load(&mut self, step: u64) {
        if let Some(moment) = self.kept.get(&step) {
            self.now = moment.clone();
            self.step = step;
        }
    }

    /// Runs to a step, or until the time is over or the training ends. Where a weight was changed on the way, the training
    /// continues from there with the changed weight.
    fn run_to(&mut self, target: u64, deadline: Option<f64>) -> Result<(), Thrown> {
        while self.step < target && self.now.end.is_none() {
            let next_edit = self
                .kept
                .range(self.step + 1..=target)
                .find(|(_, kept)| kept.is_edited);
            let next_edit = next_edit.map(|(&step, _)| step);
            let before = self.step;
            self.run_part(next_edit.unwrap_or(target), deadline)?;
            if next_edit == Some(self.step) {
                self.load(self.step);
            }
            let is_over = deadline.is_some_and(|deadline| clock::seconds() >= deadline);
            if is_over || self.step == before {
                break;
            }
        }
        Ok(())
    }

    fn run_part(&mut self, target: u64, deadline: Option<f64>) -> Result<(), Thrown> {
        let last = self.kept.range(..=self.step).next_back();
        let last = last.map_or(0, |(&step, _)| step);
        let mut watch = Watch::new(
            self.now.state.clone(),
            self.now.network.clone(),
            (self.step, target, self.steps_an_epoch()),
            deadline,
            (last, self.spacing),
            self.metric,
        );
        if let Some(test) = &self.session.split().test {
            watch.test_on(test, self.recipe.logged_loss());
        }
        let result = self.session.clone().run(&mut watch);
        let (states, points, spacing) = watch.into_parts();
        self.spacing = self.spacing.max(spacing);
        let unfinished = match result {
            Ok(finished) => {
                let ended_by = finished.summary.ended_by;
                let end = (ended_by != EndedBy::Interrupt).then(|| End {
                    by: name_of(ended_by),
                    text: ended_by.sentence(&self.recipe),
                });
                let is_over = end.is_some();
                let last = states.last().cloned();
                self.keep(states);
                if let Some((step, state, network)) = last {
                    self.step = step;
                    self.now.state = Some(state);
                    self.now.network = match is_over {
                        true => finished.network().clone(),
                        false => network,
                    };
                }
                self.now.end = end;
                self.now.is_edited = false;
                let summary = finished.summary;
                self.now.findings = summary.findings;
                self.now.statistics = summary.layer_statistics.into_iter().last();
                if is_over {
                    self.kept.insert(self.step, self.now.clone());
                }
                None
            }
            Err(unfinished) => Some(unfinished),
        };
        self.add_history(points);
        self.furthest = self.furthest.max(self.step);
        match unfinished {
            Some(unfinished) => self.diverge(*unfinished),
            None => Ok(()),
        }
    }

    /// Goes to the last step before the one at which the training diverged.
    fn diverge(&mut self, unfinished: pellucid::Unfinished) -> Result<(), Thrown> {
        let last = match &unfinished.error {
            Error::NonFiniteLoss { epoch, batch, .. } => {
                (epoch.saturating_sub(1) * self.steps_an_epoch()).saturating_add(batch - 1)
            }
            Error::NonFiniteParameters { .. } => self.step,
            error => return Err(error.into()),
        };
        if last > self.step {
            self.run_part(last, None)?;
        }
        self.now.end = Some(End {
            by: "divergence",
            text: unfinished.error.to_string(),
        });
        self.now.findings = unfinished.findings;
        self.now.statistics = unfinished.layer_statistics.into_iter().last();
        Ok(())
    }

    fn add_history(&mut self, points: Vec<HistoryPoint>) {
        let last = self.history.last().map_or(0, |point| point.step);
        self.history
            .extend(points.into_iter().filter(|point| point.step > last));
    }

    /// Keeps the moments between which the training has run far enough.
    fn keep(&mut self, states: Vec<KeptState<T>>) {
        for (step, state, network) in states {
            let last = self.kept.range(..=step).next_back().map_or(0, |(&step, _)| step);
            if step >= last + self.spacing {
                let moment = Moment {
                    state: Some(state),
                    network,
                    findings: self.now.findings.clone(),
                    statistics: self.now.statistics.clone(),
                    end: None,
                    is_edited: false,
                };
                self.kept.insert(step, moment);
            }
        }
        let bytes: usize = self.kept.values().map(Moment::bytes).sum();
        if self.kept.len() > MOST_STATES || (bytes > MOST_STATE_BYTES && self.kept.len() > 2) {
            self.spacing = self.spacing.saturating_mul(2);
            let mut last = None;
            let spacing = self.spacing;
            self.kept.retain(|&step, moment| {
                let is_far = last.is_none_or(|last| step >= last + spacing);
                if is_far {
                    last = Some(step);
                }
                is_far || moment.is_edited
            });
        }
    }

    /// Begins again, from the parameters of `network`.
    pub fn start_from(&mut self, network: &Network<T>) -> Result<(), Thrown> {
        self.session = self
            .session
            .clone()
            .starting_from(network)?
            .diagnosed(&self.names)?;
        self.now = Moment {
            state: None,
            network: network.clone(),
            findings: self.session.findings().to_vec(),
            statistics: None,
            end: None,
            is_edited: false,
        };
        (self.step, self.furthest) = (0, 0);
        self.kept = BTreeMap::from([(0, self.now.clone())]);
        self.history.clear();
        Ok(())
    }

    /// Changes a parameter, counted from 0 in the buffer of all, by hand. What the training did after the present step is
    /// forgotten.
    pub fn edit(&mut self, parameter: usize, value: T) -> Result<(), Thrown> {
        let mut network = self.now.network.clone();
        network.parameters_mut()[parameter] = value;
        match &mut self.now.state {
            None => {
                self.session = self
                    .session
                    .clone()
                    .starting_from(&network)?
                    .diagnosed(&self.names)?;
            }
            Some(state) => {
                let mut numbers: Vec<T> = state.numbers("network")?;
                numbers[parameter] = value;
                state.put_numbers("network", &numbers);
            }
        }
        self.now.network = network;
        self.now.is_edited = self.now.state.is_some();
        let step = self.step;
        self.kept.retain(|&kept, _| kept < step);
        self.kept.insert(step, self.now.clone());
        self.history.retain(|point| point.step <= step);
        self.furthest = step;
        Ok(())
    }

    /// The state from which the training continues; none before its first step.
    pub fn state(&self) -> Option<State> {
        self.now.state.clone()
    }
}

impl<T: Scalar> Moment<T> {
    /// The bytes of its arrays.
    fn bytes(&self) -> usize {
        let parameters = size_of_val(self.network.parameters());
        let of_array = |(_, array): (&str, &StateArray)| match array {
            StateArray::F32(numbers) => size_of_val(&numbers[..]),
            StateArray::F64(numbers) => size_of_val(&numbers[..]),
            StateArray::U32(numbers) => size_of_val(&numbers[..]),
            StateArray::U64(numbers) => size_of_val(&numbers[..]),
        };
        let state: usize = self.state.iter().flat_map(State::arrays).map(of_array).sum();
        parameters + state
    }
}

/// The name of a reason, as in the command's JSON.
fn name_of(ended_by: EndedBy) -> &'static str {
    match ended_by {
        EndedBy::Epochs => "epochs",
        EndedBy::Patience => "patience",
        EndedBy::Target => "target",
        EndedBy::Time => "time",
        EndedBy::Convergence => "convergence",
        EndedBy::Interrupt => "interrupt",
        EndedBy::Divergence => "divergence",
    }
}
