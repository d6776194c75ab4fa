//! Checks that results do not depend on the number of threads, to the bit: training, evaluation and predictions of every
//! workload of `bench/recipes`.
//!
//! The tests use the layers and batches of the workloads, on generated data, so that the work is large enough for several
//! threads; the last test checks that several threads do work.

use pellucid::data::dataset::{ByteMatrix, Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::{evaluate, predict};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{BatchSize, Source};
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Loss, Precision, Recipe, Scalar, Session};
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

const PIXELS: usize = 28 * 28;
const THREADS: [usize; 4] = [1, 2, 3, 8];
/// The number of steps of a workload: enough for several batches, the last of which is smaller.
const STEPS: u64 = 4;
/// The number of steps of workloads whose step takes a microsecond.
const TINY_STEPS: u64 = 2_000;

/// Runs `work` while no other test works: one test counts processor time, and there is one thread pool.
fn run_exclusively<R>(work: impl FnOnce() -> R) -> R {
    static ALONE: Mutex<()> = Mutex::new(());
    let _guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

fn recipe(name: &str) -> Recipe {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../bench/recipes/{name}.toml"));
    Recipe::from_toml(&std::fs::read_to_string(path).unwrap(), name).unwrap()
}

fn workload_names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/recipes");
    let names = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let is_recipe = path.extension().is_some_and(|extension| extension == "toml");
        is_recipe.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Noise in the shape of MNIST: 19.1% of the bytes are not zero, all of them in the inner 20 by 20.
fn digits(rows: usize) -> Vec<u8> {
    let mut generator = RandomState::new(7);
    let inner = 4..24;
    let mut byte = |at: usize| {
        let is_inner = inner.contains(&(at % PIXELS / 28)) && inner.contains(&(at % 28));
        let is_set = is_inner && generator.uniform(0.0, 1.0) < 0.191 * PIXELS as f64 / 400.0;
        if is_set {
            generator.uniform(1.0, 256.0) as u8
        } else {
            0
        }
    };
    (0..rows * PIXELS).map(&mut byte).collect()
}

fn labels(rows: usize) -> Vec<u32> {
    (0..rows as u32).map(|row| row % 10).collect()
}

fn dense<T: Scalar>(rows: usize, columns: usize, values: impl IntoIterator<Item = f64>) -> Matrix<T> {
    Matrix::new(rows, columns, values.into_iter().map(T::from_f64).collect()).unwrap()
}

/// Data of the kind that the recipe needs, for at least `STEPS` batches.
fn data<T: Scalar>(recipe: &Recipe) -> Dataset<T> {
    let batch = match recipe.train.batch_size {
        BatchSize::Full => 1,
        BatchSize::Rows(rows) => rows,
    };
    let rows = batch * STEPS as usize - batch / 3;
    let mut generator = RandomState::new(3);
    let (features, targets) = match recipe.data.source {
        Source::Mnist => {
            let bytes = ByteMatrix::new(rows, PIXELS, digits(rows), 255.0).unwrap();
            let classes = Targets::Classes {
                labels: labels(rows),
                classes: 10,
            };
            (Features::Bytes(bytes), classes)
        }
        Source::Inline => {
            let given = |values: &Option<Vec<Vec<f64>>>| {
                Matrix::from_rows("the recipe", values.as_ref().unwrap()).unwrap()
            };
            (
                Features::Dense(given(&recipe.data.inputs)),
                Targets::Dense(given(&recipe.data.targets)),
            )
        }
        Source::NoisyLine => {
            let columns = recipe.network.layers[0];
            let line = (0..columns).map(|i| i as f64 / columns as f64);
            let target = recipe.data.targets.clone().unwrap().concat();
            (
                Features::Dense(dense(1, columns, line)),
                Targets::Dense(dense(1, target.len(), target)),
            )
        }
        Source::Table => panic!("no benchmark reads a table"),
        Source::Regression => {
            let columns = recipe.network.layers[0];
            let mut normal =
                |count: usize| -> Vec<f64> { (0..count).map(|_| generator.standard_normal()).collect() };
            (
                Features::Dense(dense(rows, columns, normal(rows * columns))),
                Targets::Dense(dense(rows, 1, normal(rows))),
            )
        }
    };
    Dataset::new(features, targets).unwrap()
}

/// The bits of every step's loss.
#[derive(Default)]
struct Losses(Vec<u64>);

impl<T: Scalar> Observer<T> for Losses {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Step { loss, .. } = event {
            self.0.push(loss.to_bits());
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }
}

fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

/// The results of a run: the loss of each step, the parameters, and the loss and metrics of an evaluation.
#[derive(PartialEq)]
struct Left {
    losses: Vec<u64>,
    parameters: Vec<u64>,
    evaluation: Vec<u64>,
}

fn train<T: Scalar>(mut recipe: Recipe, data: &Dataset<T>, threads: usize) -> Left {
    let steps_an_epoch = data
        .rows()
        .div_ceil(recipe.train.batch_size.rows_per_batch(data.rows())) as u64;
    let steps = if steps_an_epoch > 1 { STEPS } else { TINY_STEPS };
    recipe.train.epochs = steps / steps_an_epoch;
    let threads = NonZeroUsize::new(threads).unwrap();
    let mut losses = Losses::default();
    let session = Session::new(recipe, data.clone(), threads).unwrap();
    let finished = session.run(&mut losses).unwrap();
    assert_eq!(finished.summary.updates, steps);
    let evaluation = finished.evaluate().training;
    let metrics = evaluation.metrics.iter().map(|(_, value)| value.to_bits());
    Left {
        losses: losses.0,
        parameters: bits(finished.network().parameters()),
        evaluation: std::iter::once(evaluation.loss.to_bits())
            .chain(metrics)
            .collect(),
    }
}

fn training_leaves_every_bit<T: Scalar>(name: &str, recipe: &Recipe) {
    let data = data::<T>(recipe);
    let one = train(recipe.clone(), &data, 1);
    assert!(
        one.losses.len() as u64 >= STEPS,
        "{name}: the loss of each step is observed"
    );
    assert_ne!(
        one.losses.first(),
        one.losses.last(),
        "{name}: nothing was learned"
    );
    for threads in THREADS {
        let many = train(recipe.clone(), &data, threads);
        assert!(
            many.losses == one.losses,
            "{name}: the losses on {threads} threads"
        );
        assert!(
            many.parameters == one.parameters,
            "{name}: the parameters on {threads} threads"
        );
        assert!(
            many.evaluation == one.evaluation,
            "{name}: the evaluation on {threads} threads"
        );
    }
}

#[test]
fn training_does_not_depend_on_threads() {
    let names = workload_names();
    for known in [
        "mnist-1024",
        "mnist-128",
        "mnist-online",
        "single-sample",
        "table-64-32",
        "xor-by-hand",
    ] {
        assert!(
            names.iter().any(|name| name == known),
            "{known} is not in bench/recipes"
        );
    }
    run_exclusively(|| {
        for name in names {
            let recipe = recipe(&name);
            match recipe.train.precision {
                Precision::F32 => training_leaves_every_bit::<f32>(&name, &recipe),
                Precision::F64 => training_leaves_every_bit::<f64>(&name, &recipe),
            }
        }
    });
}

/// The untrained network of a recipe, and its data.
fn untrained<T: Scalar>(recipe: Recipe) -> (pellucid::Network<T>, Dataset<T>) {
    let data = data::<T>(&recipe);
    let session = Session::new(recipe, data.clone(), NonZeroUsize::MIN).unwrap();
    (session.initial().clone(), data)
}

/// 10,000 rows, as bytes and as numbers.
fn ten_thousand_rows<T: Scalar>() -> [Features<T>; 2] {
    const ROWS: usize = 10_000;
    let bytes = digits(ROWS);
    let numbers = dense(ROWS, PIXELS, bytes.iter().map(|&byte| f64::from(byte) / 255.0));
    let bytes = ByteMatrix::new(ROWS, PIXELS, bytes, 255.0).unwrap();
    [Features::Bytes(bytes), Features::Dense(numbers)]
}

fn answers_leave_every_bit<T: Scalar>() {
    let (network, _) = untrained::<T>(recipe("mnist-128"));
    for features in ten_thousand_rows::<T>() {
        let kind = if matches!(features, Features::Bytes(_)) {
            "bytes"
        } else {
            "numbers"
        };
        let rows = features.rows();
        let classes = Targets::Classes {
            labels: labels(rows),
            classes: 10,
        };
        let data = Dataset::new(features, classes).unwrap();
        let all = |threads: usize| {
            let threads = NonZeroUsize::new(threads).unwrap();
            let outputs = predict(&network, data.features(), rows, threads);
            let loss = evaluate(&network, &data, Loss::CategoricalCrossEntropy, &[], threads).loss;
            (bits(&outputs), loss.to_bits())
        };
        let one = all(1);
        for threads in THREADS {
            assert!(
                all(threads) == one,
                "10,000 rows of {kind} in {:?} on {threads} threads",
                T::PRECISION
            );
        }
    }
}

#[test]
fn predictions_do_not_depend_on_threads() {
    run_exclusively(|| {
        answers_leave_every_bit::<f32>();
        answers_leave_every_bit::<f64>();
    });
}

/// The processor time, in hundredths of a second, of this process with all its threads, and of this thread alone.
/// `None` where the system does not report it.
fn processor_time() -> Option<(u64, u64)> {
    let of = |path: &str| {
        let stat = std::fs::read_to_string(path).ok()?;
        // The name of the program, in parentheses, may contain any characters; user and system time are 12th and 13th after
        // it.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        Some(user + system)
    };
    Some((of("/proc/self/stat")?, of("/proc/thread-self/stat")?))
}

/// The share of the processor time of `work` that threads other than this one use; `work` repeats for a second.
fn share_of_others(mut work: impl FnMut()) -> f64 {
    let (all_before, own_before) = processor_time().unwrap();
    loop {
        work();
        let (all, own) = processor_time().unwrap();
        let (all, own) = (all - all_before, own - own_before);
        if all >= 100 {
            return 1.0 - own as f64 / all as f64;
        }
    }
}

/// Without this test, the other tests could compare one thread with one thread.
#[test]
fn a_second_thread_works() {
    if processor_time().is_none() {
        return skip("this system does not report the processor time of a thread");
    }
    if std::thread::available_parallelism().is_ok_and(|processors| processors.get() < 2) {
        return skip(
            "there is one processor, on which one thread finishes the work before another one starts",
        );
    }
    run_exclusively(|| {
        let recipe = recipe("mnist-1024");
        let data = data::<f32>(&recipe);
        others_share("mnist-1024", |threads| {
            drop(train(recipe.clone(), &data, threads))
        });

        let (network, _) = untrained::<f32>(self::recipe("mnist-128"));
        let [_, numbers] = ten_thousand_rows::<f32>();
        others_share("10,000 rows of numbers", |threads| {
            predict(
                &network,
                &numbers,
                numbers.rows(),
                NonZeroUsize::new(threads).unwrap(),
            );
        });
    });
}

/// Not with `eprintln`, whose output the test harness hides when a test passes.
fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED, whether a second thread works: {why}");
}

/// Asserts that `work` on one thread stays on this thread, and on more threads does not: on an idle machine other threads do
/// a quarter to a half of it, on a loaded one far less, but on one thread nothing.
fn others_share(what: &str, mut work: impl FnMut(usize)) {
    // The resolution of the times is a hundredth of the measured duration.
    const MOST_ON_ONE_THREAD: f64 = 0.021;
    const LEAST_SHARED: f64 = 0.04;
    let single = share_of_others(|| work(1));
    assert!(
        single < MOST_ON_ONE_THREAD,
        "{what} on 1 thread: other threads did {single:.2} of the work"
    );
    for threads in [2, 8] {
        // Whether another thread starts in time depends on the load of the machine, so that several attempts are allowed.
        let mut most: f64 = 0.0;
        for _ in 0..10 {
            most = most.max(share_of_others(|| work(threads)));
            if most >= LEAST_SHARED {
                break;
            }
        }
        assert!(
            most >= LEAST_SHARED,
            "{what} on {threads} threads: other threads did only {most:.2} of the work"
        );
    }
}
