//! Checks that fused runs of unobserved steps equal observed single steps, to the bit.

use crate::fixture::{bits, dense, experiment, recipe, uniform};
use pellucid::data::dataset::{ByteMatrix, Dataset, Features, Targets};
use pellucid::numpy_random::RandomState;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Ending, Error, Recipe};
use std::ops::ControlFlow;

/// Observes every n-th step and epoch, and records them.
struct Every {
    steps: u64,
    epochs: u64,
    stops_at_step: u64,
    observed_steps: Vec<(u64, u64, u64)>,
    observed_epochs: Vec<(u64, u64)>,
}

impl Every {
    fn new(steps: u64, epochs: u64) -> Self {
        Self {
            steps,
            epochs,
            stops_at_step: u64::MAX,
            observed_steps: Vec::new(),
            observed_epochs: Vec::new(),
        }
    }
}

impl Observer<f64> for Every {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => {
                self.observed_steps
                    .push((position.epoch, position.batch, position.step));
                if position.step >= self.stops_at_step {
                    return ControlFlow::Break(());
                }
            }
            Event::Epoch { position, loss, .. } => {
                self.observed_epochs.push((position.epoch, loss.to_bits()))
            }
            Event::Recorded { .. } => {}
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
            .next_multiple_of(self.steps)
            .min(self.stops_at_step.max(next.step))
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        next.epoch.next_multiple_of(self.epochs)
    }
}

const ROWS: usize = 12;

fn data(inputs: usize, outputs: usize, seed: u32) -> Dataset<f64> {
    let generator = &mut RandomState::new(seed);
    let x = uniform(ROWS * inputs, -1.0, 1.0, generator);
    let y = uniform(ROWS * outputs, 0.0, 1.0, generator);
    Dataset::new(
        Features::Dense(dense(ROWS, inputs, x)),
        Targets::Dense(dense(ROWS, outputs, y)),
    )
    .unwrap()
}

fn descent(layers: &str, activation: &str, batch_size: usize, more: &str) -> Recipe {
    recipe(&format!(
        "data = {{ source = \"inline\" }}\n\
         network = {{ layers = {layers}, activation = \"{activation}\" }}\n\
         train = {{ loss = \"half_squared_error\", learning_rate = 0.3, epochs = 20, batch_size = {batch_size}, \
         shuffle = false, seed = 3, {more} }}"
    ))
}

/// Compares a run with a few observed steps with one whose every step is observed.
fn assert_the_same(recipe: &Recipe, data: &Dataset<f64>, about: &str) {
    let mut step_by_step = Every::new(1, 1);
    let mut expected = experiment(recipe, data);
    expected.run(&mut step_by_step).unwrap();
    let never = u64::MAX / 2;
    for (steps, epochs) in [(never, never), (7, 5), (never, 3), (11, never)] {
        let about = format!("{about}, observed every {steps}, {epochs}");
        let mut every = Every::new(steps, epochs);
        let mut run = experiment(recipe, data);
        assert_eq!(run.run(&mut every).unwrap(), Ending::Completed, "{about}");
        assert_eq!(
            bits(run.network().parameters()),
            bits(expected.network().parameters()),
            "{about}"
        );
        assert_eq!(run.updates(), expected.updates(), "{about}");
        let is_observed = |epoch: &(u64, u64)| epoch.0.is_multiple_of(epochs);
        let of_these: Vec<_> = step_by_step
            .observed_epochs
            .iter()
            .copied()
            .filter(is_observed)
            .collect();
        assert_eq!(every.observed_epochs, of_these, "{about}");
        let is_observed = |step: &(u64, u64, u64)| step.2.is_multiple_of(steps);
        let of_these: Vec<_> = step_by_step
            .observed_steps
            .iter()
            .copied()
            .filter(is_observed)
            .collect();
        assert_eq!(every.observed_steps, of_these, "{about}");
    }
}

#[test]
fn a_fused_run_equals_single_steps() {
    let networks = [
        ("[3, 4, 1]", "sigmoid", 3, 1),
        ("[2, 10, 5, 2]", "tanh", 2, 2),
        ("[5, 1]", "identity", 5, 1),
        ("[4, 7, 3]", "softplus", 4, 3),
    ];
    for (layers, activation, inputs, outputs) in networks {
        let data = data(inputs, outputs, 5);
        // Batches of 1 and 4 rows use fused runs, those of 3 do not, and those of 5 leave a smaller batch at the end.
        for batch_size in [1, 4, 3, 5] {
            for more in [
                "reduction = \"mean\"",
                "update = \"top-down\"",
                "reduction = \"sum\"",
            ] {
                let recipe = descent(layers, activation, batch_size, more);
                assert_the_same(
                    &recipe,
                    &data,
                    &format!("{layers}, batches of {batch_size}, {more}"),
                );
            }
        }
    }
}

#[test]
fn the_kernel_of_the_last_two_layers_equals_single_steps() {
    let data = data(3, 1, 7);
    for hidden in [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16] {
        for (activation, loss) in [
            ("\"sigmoid\", \"sigmoid\"", "half_squared_error"),
            ("\"tanh\", \"sigmoid\"", "binary_cross_entropy"),
            ("\"relu\", \"identity\"", "squared_error"),
            ("\"identity\", \"tanh\"", "huber"),
        ] {
            for (below, of_below) in [("", ""), ("5, ", "\"tanh\", ")] {
                let layers = format!("[3, {below}{hidden}, 1]");
                let activation = format!("[{of_below}{activation}]");
                for (batch_size, update) in
                    [(1, "textbook"), (1, "top-down"), (4, "textbook"), (4, "top-down")]
                {
                    let recipe = recipe(&format!(
                        "data = {{ source = \"inline\" }}\n\
                         network = {{ layers = {layers}, activation = {activation} }}\n\
                         train = {{ loss = \"{loss}\", learning_rate = 0.05, epochs = 5, batch_size = {batch_size}, \
                         shuffle = false, seed = 3, update = \"{update}\" }}"
                    ));
                    let about = format!("{layers}, {activation}, {loss}, batches of {batch_size}, {update}");
                    assert_the_same(&recipe, &data, &about);
                }
            }
        }
    }
}

#[test]
fn the_kernel_of_several_output_units_equals_single_steps() {
    for outputs in [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16] {
        let numbers = data(3, outputs, 9);
        let labels = (0..ROWS as u32).map(|row| row * 7 % outputs as u32).collect();
        let classes = Targets::Classes {
            labels,
            classes: outputs,
        };
        let classes = Dataset::new(numbers.features().clone(), classes).unwrap();
        for (activation, loss) in [
            ("\"sigmoid\"", "squared_error"),
            ("\"tanh\"", "half_squared_error"),
            ("\"sigmoid\"", "binary_cross_entropy"),
            ("\"relu\"", "half_mean_squared_error"),
            ("\"softmax\"", "categorical_cross_entropy"),
        ] {
            for (below, of_below) in [("", ""), ("5, ", "\"tanh\", ")] {
                let layers = format!("[3, {below}{outputs}]");
                let activation = format!("[{of_below}{activation}]");
                for update in ["textbook", "top-down"] {
                    let recipe = recipe(&format!(
                        "data = {{ source = \"inline\" }}\n\
                         network = {{ layers = {layers}, activation = {activation} }}\n\
                         train = {{ loss = \"{loss}\", learning_rate = 0.05, epochs = 5, batch_size = 1, \
                         shuffle = false, seed = 3, update = \"{update}\" }}"
                    ));
                    let about = format!("{layers}, {activation}, {loss}, {update}");
                    assert_the_same(&recipe, &numbers, &about);
                    assert_the_same(&recipe, &classes, &format!("{about}, classes"));
                }
            }
        }
    }
}

#[test]
fn a_fused_run_on_bytes_equals_single_steps() {
    // The number of columns is not a multiple of the chunks of 64, that of rows not one of the blocks of 16.
    let (rows, columns, classes) = (41, 150, 3);
    let generator = &mut RandomState::new(8);
    let byte = |_| match generator.random_sample() {
        blank if blank < 0.7 => 0,
        other => (other * 255.0) as u8,
    };
    let bytes = ByteMatrix::new(rows, columns, (0..rows * columns).map(byte).collect(), 255.0).unwrap();
    let labels = (0..rows as u32).map(|row| row * 7 % 3).collect();
    let data = Dataset::new(Features::Bytes(bytes), Targets::Classes { labels, classes }).unwrap();
    for layers in ["[150, 9, 3]", "[150, 16, 5, 3]", "[150, 3]", "[150, 40, 3]"] {
        for batch_size in [1, 4] {
            for more in ["reduction = \"mean\"", "update = \"top-down\""] {
                let recipe = descent(layers, "sigmoid", batch_size, more);
                assert_the_same(
                    &recipe,
                    &data,
                    &format!("{layers}, batches of {batch_size}, {more}"),
                );
            }
        }
    }
}

#[test]
fn a_run_stopped_within_a_fused_run_continues_unchanged() {
    let recipe = descent("[3, 4, 1]", "sigmoid", 4, "reduction = \"mean\"");
    let data = data(3, 1, 6);
    let mut whole = experiment(&recipe, &data);
    whole.run(&mut ()).unwrap();
    let mut run = experiment(&recipe, &data);
    let mut stopping = Every::new(u64::MAX / 2, u64::MAX / 2);
    // The last step of an epoch, because a run continues with the next epoch.
    stopping.stops_at_step = 7 * 3 - 1;
    assert_eq!(run.run(&mut stopping).unwrap(), Ending::Stopped);
    assert_eq!(run.updates(), 21);
    assert_eq!(run.run(&mut ()).unwrap(), Ending::Completed);
    assert_eq!(
        bits(run.network().parameters()),
        bits(whole.network().parameters())
    );
}

#[test]
fn a_non_finite_loss_within_a_fused_run_reports_epoch_and_batch() {
    let mut recipe = descent("[3, 2, 1]", "identity", 4, "reduction = \"sum\"");
    recipe.train.learning_rate = 30.0;
    recipe.train.epochs = 1000;
    let data = data(3, 1, 7);
    let failure = |observer: &mut dyn Observer<f64>| {
        let mut run = experiment(&recipe, &data);
        match run.run(observer).expect_err("the run should diverge") {
            Error::NonFiniteLoss {
                epoch, batch, origin, ..
            } => (epoch, batch, origin, bits(run.network().parameters())),
            other => panic!("{other}"),
        }
    };
    let one_by_one = failure(&mut Every::new(1, 1));
    assert!(one_by_one.0 > 1, "the run should take some epochs to diverge");
    assert_eq!(failure(&mut ()), one_by_one);
    assert_eq!(failure(&mut Every::new(5, 2)), one_by_one);
}
