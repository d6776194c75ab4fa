//! Checks that observers receive the events of a run, and change nothing but its end.

use crate::fixture::{bits, classes, classifier, difference, experiment, trained};
use pellucid::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use pellucid::evaluation::evaluate::evaluate;
use pellucid::evaluation::metrics::{Meters, Metric};
use pellucid::model::pass::{Workspace, forward, loss_sum};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::BatchSize;
use pellucid::session::record::Numbers;
use pellucid::training::epochs::EpochRecorder;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Ending, Loss, Network, Optimizer, Recipe, Trainer};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

const ROWS: usize = 50;
const STEPS_PER_EPOCH: usize = 13; // of 4 rows, the last of 2

fn data() -> Dataset<f64> {
    classes(ROWS, 5, 3, 7)
}

/// Records all events; ends the run after a given step or epoch.
#[derive(Default)]
struct Recorder {
    stop_after_step: Option<u64>,
    stop_after_epoch: Option<u64>,
    steps: Vec<Position>,
    losses: Vec<f64>,
    epochs: Vec<(Position, f64)>,
    networks: Vec<Vec<u64>>,
}

impl Observer<f64> for Recorder {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        let (number, stop_after) = match event {
            Event::Step { position, loss, .. } => {
                self.steps.push(*position);
                self.losses.push(*loss);
                (position.step, self.stop_after_step)
            }
            Event::Epoch {
                position,
                loss,
                network,
            } => {
                self.epochs.push((*position, *loss));
                self.networks.push(bits(network.parameters()));
                (position.epoch, self.stop_after_epoch)
            }
            Event::Recorded { .. } => return ControlFlow::Continue(()),
        };
        if stop_after == Some(number) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }
}

/// The training loop, written out: the network after each step, and the mean loss of its batch before the step.
fn steps_by_hand(recipe: &Recipe, data: &Dataset<f64>) -> Vec<(Network<f64>, f64)> {
    let run = experiment(recipe, data);
    let mut generator = RandomState::new(recipe.train.seed);
    pellucid::model::init::initialise::<f64>(recipe.architecture().unwrap(), &recipe.init, &mut generator)
        .unwrap();
    let mut trainer = Trainer::new(
        recipe,
        run.initial().clone(),
        RandomState::new(0),
        NonZeroUsize::MIN,
    )
    .unwrap();
    let mut buffers = BatchBuffers::default();
    let mut steps = Vec::new();
    for _ in 0..recipe.train.epochs {
        let order: Vec<u32> = match recipe.train.shuffle {
            true => generator
                .permutation(data.rows())
                .into_iter()
                .map(|row| row as u32)
                .collect(),
            false => (0..data.rows() as u32).collect(),
        };
        for rows in order.chunks(recipe.train.batch_size.rows_per_batch(data.rows())) {
            let (input, targets) = data.gather(Rows::Picked(rows), &mut buffers);
            let loss = trainer.step(input, targets).unwrap();
            steps.push((trainer.network().clone(), loss / rows.len() as f64));
        }
    }
    steps
}

#[test]
fn a_run_equals_manual_steps_to_the_bit() {
    for optimizer in [Optimizer::SGD, Optimizer::ADAM] {
        for shuffle in [false, true] {
            let mut recipe = classifier();
            (recipe.train.optimizer, recipe.train.shuffle) = (optimizer, shuffle);
            let steps = steps_by_hand(&recipe, &data());
            let mut recorder = Recorder::default();
            let mut run = experiment(&recipe, &data());
            assert_eq!(run.run(&mut recorder).unwrap(), Ending::Completed);
            assert_eq!(run.updates() as usize, 10 * STEPS_PER_EPOCH);
            assert_eq!(
                bits(run.network().parameters()),
                bits(steps[steps.len() - 1].0.parameters())
            );
            let losses: Vec<f64> = steps.iter().map(|(_, loss)| *loss).collect();
            assert_eq!(recorder.losses, losses);
            for (epoch, network) in recorder.networks.iter().enumerate() {
                assert_eq!(
                    *network,
                    bits(steps[(epoch + 1) * STEPS_PER_EPOCH - 1].0.parameters())
                );
            }
        }
    }
}

#[test]
fn events_come_in_order_with_their_position() {
    let mut recorder = Recorder::default();
    experiment(&classifier(), &data()).run(&mut recorder).unwrap();
    let expected = (0..130u64).map(|step| Position {
        epoch: step / 13,
        batch: step % 13,
        step,
        steps_per_epoch: STEPS_PER_EPOCH as u64,
        epochs: 10,
    });
    assert_eq!(recorder.steps, expected.collect::<Vec<_>>());
    let last_steps: Vec<Position> = recorder.steps.iter().copied().filter(|p| p.batch == 12).collect();
    assert_eq!(
        recorder
            .epochs
            .iter()
            .map(|(position, _)| *position)
            .collect::<Vec<_>>(),
        last_steps
    );
    for (epoch, (_, loss)) in recorder.epochs.iter().enumerate() {
        let of_rows = |batch: usize| if batch == 12 { 2.0 } else { 4.0 };
        let losses = &recorder.losses[epoch * STEPS_PER_EPOCH..][..STEPS_PER_EPOCH];
        let mean = losses
            .iter()
            .enumerate()
            .map(|(b, loss)| loss * of_rows(b))
            .sum::<f64>()
            / ROWS as f64;
        assert!(
            (mean / loss - 1.0).abs() < 1e-14,
            "all samples have the same weight, also in the last, smaller batch"
        );
    }
}

#[test]
fn observers_change_no_bit() {
    for batch_size in [BatchSize::Rows(4), BatchSize::Rows(1), BatchSize::Full] {
        let mut recipe = classifier();
        recipe.train.batch_size = batch_size;
        let unobserved = bits(&trained(&recipe, &data()));
        let mut history = EpochRecorder::new(3, 1, Meters::new(&Metric::ALL, &data()));
        let (mut curve, mut recorder) = (Curve::new(2), Recorder::default());
        let mut run = experiment(&recipe, &data());
        run.run(&mut (&mut history, (&mut curve, &mut recorder))).unwrap();
        assert_eq!(bits(run.network().parameters()), unobserved);
        assert_eq!(history.entries().len(), 4);
    }
}

#[test]
fn stopping_leaves_the_network_of_that_step() {
    let recipe = classifier();
    let steps = steps_by_hand(&recipe, &data());
    for stop in [0, 5, 12, 13, 77, 129] {
        let mut recorder = Recorder {
            stop_after_step: Some(stop),
            ..Recorder::default()
        };
        let mut run = experiment(&recipe, &data());
        assert_eq!(run.run(&mut recorder).unwrap(), Ending::Stopped);
        assert_eq!(run.updates(), stop + 1);
        assert_eq!(
            bits(run.network().parameters()),
            bits(steps[stop as usize].0.parameters()),
            "step {stop}"
        );
    }
    for stop in [0, 4] {
        let mut recorder = Recorder {
            stop_after_epoch: Some(stop),
            ..Recorder::default()
        };
        let mut run = experiment(&recipe, &data());
        assert_eq!(run.run(&mut recorder).unwrap(), Ending::Stopped);
        let last = (stop as usize + 1) * STEPS_PER_EPOCH - 1;
        assert_eq!(
            bits(run.network().parameters()),
            bits(steps[last].0.parameters()),
            "epoch {stop}"
        );
    }
}

#[test]
fn any_of_several_observers_ends_the_run_and_all_receive_the_event() {
    let (mut first, mut second) = (
        Recorder::default(),
        Recorder {
            stop_after_step: Some(3),
            ..Recorder::default()
        },
    );
    let mut third = Recorder::default();
    let mut run = experiment(&classifier(), &data());
    let mut observers = (&mut first, (&mut second, &mut third));
    assert_eq!(run.run(&mut observers).unwrap(), Ending::Stopped);
    assert_eq!(
        (first.steps.len(), second.steps.len(), third.steps.len()),
        (4, 4, 4)
    );
}

/// Loss and metrics of an epoch recomputed from the networks before each of its steps.
fn epoch_by_hand(recipe: &Recipe, epoch: usize) -> (f64, Vec<(Metric, f64)>, Vec<Vec<f64>>) {
    let (data, steps) = (data(), steps_by_hand(recipe, &data()));
    let run = experiment(recipe, &data);
    let mut generator = RandomState::new(recipe.train.seed);
    pellucid::model::init::initialise::<f64>(recipe.architecture().unwrap(), &recipe.init, &mut generator)
        .unwrap();
    let orders: Vec<Vec<usize>> = (0..=epoch).map(|_| generator.permutation(ROWS)).collect();
    let mut meters = Meters::new(&Metric::ALL, &data);
    let (mut loss, mut outputs, mut buffers) = (0.0, Vec::new(), BatchBuffers::default());
    let batch = recipe.train.batch_size.rows_per_batch(ROWS);
    let first = epoch * ROWS.div_ceil(batch);
    for (b, rows) in orders[epoch].chunks(batch).enumerate() {
        let network = if first + b == 0 {
            run.initial()
        } else {
            &steps[first + b - 1].0
        };
        let mut workspace = Workspace::new(network.architecture(), rows.len());
        let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
        let (input, targets) = data.gather(Rows::Picked(&rows), &mut buffers);
        forward(
            network.architecture(),
            network.parameters(),
            input,
            &mut workspace,
        );
        loss += loss_sum(
            Loss::CategoricalCrossEntropy,
            network.architecture(),
            targets,
            &workspace,
        );
        meters.add(workspace.outputs(), targets);
        outputs.extend(workspace.outputs().chunks_exact(3).map(<[f64]>::to_vec));
    }
    (loss / ROWS as f64, meters.take(), outputs)
}

#[test]
fn a_history_has_the_requested_epochs_and_their_means() {
    for (every, count_from, expected) in [
        (1, 0, (0..10).collect::<Vec<u64>>()),
        (1, 1, (1..=10).collect()),
        (3, 0, vec![0, 3, 6, 9]),
        (4, 1, vec![1, 5, 9]),
        (100, 0, vec![0]),
    ] {
        for metrics in [&Metric::ALL[..], &[]] {
            let recipe = classifier();
            let mut history = EpochRecorder::new(every, count_from, Meters::new(metrics, &data()));
            experiment(&recipe, &data()).run(&mut history).unwrap();
            let epochs: Vec<u64> = history.entries().iter().map(|entry| entry.epoch).collect();
            assert_eq!(epochs, expected, "every {every} from {count_from}");
            let last = history.last_epoch().expect("the run was not stopped");
            assert_eq!(last.epoch.epoch, 9 + count_from);
            for entry in history.entries().iter().chain([&last.epoch]) {
                let (loss, by_hand, outputs) = epoch_by_hand(&recipe, (entry.epoch - count_from) as usize);
                assert!(
                    (entry.loss / loss - 1.0).abs() < 1e-14,
                    "loss of epoch {}",
                    entry.epoch
                );
                let by_hand = if metrics.is_empty() { Vec::new() } else { by_hand };
                assert_eq!(entry.metrics, by_hand, "metrics of epoch {}", entry.epoch);
                if entry.epoch == last.epoch.epoch {
                    assert_eq!(last.outputs, outputs.into_iter().map(Numbers).collect::<Vec<_>>());
                }
            }
        }
    }
}

/// The loss of every n-th epoch, counted from 1, and of the last one.
struct Curve {
    every: u64,
    points: Vec<(u64, f64)>,
}

impl Curve {
    fn new(every: u64) -> Self {
        let points = Vec::new();
        Self { every, points }
    }
}

impl Observer<f64> for Curve {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        if let Event::Epoch { position, loss, .. } = event
            && position.next_of_every(self.every) == position.epoch
        {
            self.points.push((position.epoch + 1, *loss));
        }
        ControlFlow::Continue(())
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        next.next_of_every(self.every)
    }
}

#[test]
fn a_loss_curve_has_its_points_and_the_last_epoch() {
    for (every, expected) in [
        (1, (1..=10).collect::<Vec<u64>>()),
        (4, vec![1, 5, 9, 10]),
        (50, vec![1, 10]),
    ] {
        let mut curve = Curve::new(every);
        experiment(&classifier(), &data()).run(&mut curve).unwrap();
        assert_eq!(
            curve.points.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(),
            expected
        );
        for (epoch, loss) in curve.points {
            let expected = epoch_by_hand(&classifier(), epoch as usize - 1).0;
            assert!((loss / expected - 1.0).abs() < 1e-14, "epoch {epoch}");
        }
    }
}

#[test]
fn a_history_of_a_stopped_run_has_no_last_epoch() {
    let mut history = EpochRecorder::new(1, 0, Meters::new(&[Metric::Accuracy], &data()));
    let mut recorder = Recorder {
        stop_after_step: Some(30),
        ..Recorder::default()
    };
    experiment(&classifier(), &data())
        .run(&mut (&mut history, &mut recorder))
        .unwrap();
    assert_eq!(history.entries().len(), 2);
    assert!(history.last_epoch().is_none());
}

#[test]
fn an_evaluation_in_batches_equals_one_pass() {
    let data = classes::<f64>(700, 5, 3, 3);
    let run = experiment(&classifier(), &data);
    let network = run.initial();
    let metrics = [Metric::Accuracy, Metric::MeanSquaredError];
    let found = evaluate(
        network,
        &data,
        Loss::CategoricalCrossEntropy,
        &metrics,
        NonZeroUsize::MIN,
    );
    let mut workspace = Workspace::new(network.architecture(), 700);
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Rows::Range(0, 700), &mut buffers);
    forward(
        network.architecture(),
        network.parameters(),
        input,
        &mut workspace,
    );
    let loss = loss_sum(
        Loss::CategoricalCrossEntropy,
        network.architecture(),
        targets,
        &workspace,
    ) / 700.0;
    assert!((found.loss / loss - 1.0).abs() < 1e-13);
    let mut meters = Meters::new(&metrics, &data);
    meters.add(workspace.outputs(), targets);
    let by_hand: Vec<f64> = meters.take().iter().map(|(_, value)| *value).collect();
    let found: Vec<f64> = found.metrics.iter().map(|(_, value)| *value).collect();
    assert!(difference(&found, &by_hand) < 1e-13);
}
