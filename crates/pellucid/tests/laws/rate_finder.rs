//! Checks that a learning-rate range test is a training at rising rates.

use crate::fixture::{classes, classifier, session};
use pellucid::data::dataset::{BatchBuffers, Rows, Samples};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{BatchSize, Recipe};
use pellucid::session::rate_finder::{EXPLOSION, RateRange, SMOOTHING, find_rate};
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Optimizer, Trainer};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

const RANGE: RateRange = RateRange {
    from: 1e-4,
    to: 1e4,
    steps: 161,
};

fn plain() -> Recipe {
    let mut recipe = classifier();
    recipe.train.shuffle = false;
    recipe.train.batch_size = BatchSize::Full;
    recipe
}

#[test]
fn losses_equal_those_of_manual_steps_at_the_same_rates() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut recipe = plain();
    let session = session(&recipe, &data);
    let start = session.initial().clone();
    let test = find_rate(&session, RANGE, &mut ()).unwrap();
    assert!(test.exploded && !test.stopped && test.points.len() < 161);
    let mut buffers = BatchBuffers::default();
    let (mut network, mut smoothed, mut lowest) = (start, 0.0, f64::INFINITY);
    for (step, point) in (0..).zip(&test.points) {
        let rate = 1e-4 * 10f64.powf(f64::from(step) / 20.0);
        assert!((point.rate / rate - 1.0).abs() < 1e-12);
        recipe.train.learning_rate = point.rate;
        let mut trainer = Trainer::new(&recipe, network, RandomState::new(0), NonZeroUsize::MIN).unwrap();
        let (input, targets) = data.gather(Rows::Range(0, 50), &mut buffers);
        let loss = trainer.step(input, targets).unwrap() / 50.0;
        network = trainer.into_network();
        assert!((point.loss / loss - 1.0).abs() < 1e-12, "step {step}");
        smoothed = SMOOTHING * smoothed + (1.0 - SMOOTHING) * loss;
        let corrected = smoothed / (1.0 - SMOOTHING.powi(step + 1));
        assert!((point.smoothed / corrected - 1.0).abs() < 1e-12);
        lowest = f64::min(lowest, corrected);
        let is_last = step as usize + 1 == test.points.len();
        assert_eq!(corrected > EXPLOSION * lowest, is_last, "step {step}");
    }
    let (steepest, lowest) = (test.steepest().unwrap(), test.lowest().unwrap());
    assert!(steepest.rate < lowest.rate && steepest.smoothed > lowest.smoothed);
}

struct StopsAfter(u64);

impl Observer<f64> for StopsAfter {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } if position.step >= self.0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }
}

#[test]
fn ends_after_its_steps_or_when_an_observer_ends_it() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut recipe = plain();
    recipe.train.batch_size = BatchSize::Rows(8);
    recipe.train.shuffle = true;
    recipe.train.dropout = pellucid::recipe::DropoutRates::One(0.1);
    recipe.set("train.schedule=cosine").unwrap();
    recipe.set("train.average={ name = \"swa\", from = 9 }").unwrap();
    let find = |recipe: &Recipe, range: RateRange, observer: &mut StopsAfter| {
        find_rate(&session(recipe, &data), range, observer)
    };
    let gentle = RateRange { to: 1e-2, ..RANGE };
    let whole = find(&recipe, gentle, &mut StopsAfter(u64::MAX)).unwrap();
    assert_eq!(
        (whole.points.len(), whole.exploded, whole.stopped),
        (161, false, false)
    );
    assert!((whole.points[160].rate / 1e-2 - 1.0).abs() < 1e-12);
    let stopped = find(&recipe, gentle, &mut StopsAfter(40)).unwrap();
    assert_eq!((stopped.points.len(), stopped.stopped), (41, true));
    assert_eq!(stopped.points, whole.points[..41]);
    // Batches that share a step become one batch.
    recipe.train.batch_size = BatchSize::Rows(2);
    recipe.train.accumulate = 4;
    let together = find(&recipe, gentle, &mut StopsAfter(u64::MAX)).unwrap();
    assert_eq!(together, whole);
}

#[test]
fn rejects_an_optimizer_without_a_learning_rate() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut recipe = plain();
    recipe.train.optimizer = Optimizer::LBFGS;
    recipe.train.learning_rate = 0.0;
    let refusal = find_rate(&session(&recipe, &data), RANGE, &mut ()).unwrap_err();
    assert!(
        refusal.to_string().contains("it has no learning rate"),
        "{refusal}"
    );
}
