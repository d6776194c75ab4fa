//! Checks that a training that continues from any of its states ends with the bits of one that never stopped: its network,
//! its history and its findings.

use crate::fixture::{classes, classifier, threads};
use pellucid::numpy_random::RandomState;
use pellucid::optimization::schedule::Schedule;
use pellucid::state::State;
use pellucid::training::checkpoints::Checkpoints;
use pellucid::training::continuing::ContinueFrom;
use pellucid::training::observe::{Event, Observer, Position, end_if};
use pellucid::{Finished, Optimizer, Recipe, Scalar, Session, Split};
use std::ops::ControlFlow;

/// Keeps the state after every step and every epoch, and the last one.
#[derive(Default)]
struct Keeper {
    resumes: Option<State>,
    states: Vec<State>,
    /// Ends the run after so many steps, as an interruption does.
    stops_after: Option<u64>,
}

impl Checkpoints for Keeper {
    fn begin(&mut self) -> Option<State> {
        self.resumes.take()
    }
    fn is_due(&mut self) -> bool {
        true
    }
    fn keep(&mut self, state: State) {
        self.states.push(state);
    }
    fn is_interrupted(&self) -> bool {
        self.stops_after.is_some()
    }
}

impl<T: Scalar> Observer<T> for Keeper {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => end_if(self.stops_after == Some(position.step + 1)),
            _ => ControlFlow::Continue(()),
        }
    }
    fn next_step(&mut self, next: Position) -> u64 {
        next.step
    }
    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        Some(self)
    }
}

fn session<T: Scalar>(recipe: &Recipe, split: &Split<T>) -> Session<'static, T> {
    let session = Session::new(recipe.clone(), split.clone(), threads(2)).unwrap();
    session.diagnosed(&[]).unwrap()
}

/// Whether two trainings ended alike; no time passes without a clock.
fn assert_equal<T: Scalar>(expected: &Finished<T>, found: &Finished<T>, what: &str) {
    let bits = |of: &Finished<T>| -> Vec<u64> {
        let numbers = of.network().parameters().iter();
        numbers.map(|number| number.to_f64().to_bits()).collect()
    };
    assert_eq!(bits(expected), bits(found), "{what}: the networks differ");
    assert_eq!(expected.summary, found.summary, "{what}: the summaries differ");
}

fn recipe(settings: &[String]) -> Recipe {
    let mut recipe = classifier();
    recipe.set("train.epochs=4").unwrap();
    recipe.set("train.batch_size=8").unwrap();
    recipe.set("train.learning_rate=0.05").unwrap();
    for setting in settings {
        recipe
            .set(setting)
            .unwrap_or_else(|error| panic!("{setting}: {error}"));
    }
    recipe
}

fn split<T: Scalar>(has_held_out: bool) -> Split<T> {
    let weights = (0..28).map(|row| T::from_f64(0.5 + f64::from(row % 3))).collect();
    Split {
        training: classes::<T>(28, 5, 3, 7).weighted(weights).unwrap(),
        validation: has_held_out.then(|| classes(12, 5, 3, 8)),
        test: None,
    }
}

/// Checks every state of a training.
fn assert_resumes<T: Scalar>(settings: &[String], has_held_out: bool) {
    assert_recipe_resumes::<T>(&recipe(settings), has_held_out, &format!("{settings:?}"));
}

fn assert_recipe_resumes<T: Scalar>(recipe: &Recipe, has_held_out: bool, settings: &str) {
    let split = split::<T>(has_held_out);
    let whole = session(recipe, &split).run(&mut ()).unwrap();
    let mut keeper = Keeper::default();
    let observed = session(recipe, &split).run(&mut keeper).unwrap();
    assert_equal(&whole, &observed, &format!("{settings}, observed"));
    assert!(keeper.states.len() > 4, "{settings}");
    for (index, state) in keeper.states.iter().enumerate() {
        let resumed = session(recipe, &split).run(&mut ContinueFrom::new(Some(state.clone())));
        let resumed = resumed.unwrap_or_else(|error| panic!("{settings}, state {index}: {error}"));
        assert_equal(&whole, &resumed, &format!("{settings}, from state {index}"));
    }
}

/// One of each kind of setting, by its number.
fn pick<'a>(of: &[&'a str], generator: &mut RandomState) -> Vec<&'a str> {
    let chosen = generator.randint(0, of.len() as i64).unwrap() as usize;
    of[chosen]
        .split(';')
        .filter(|setting| !setting.is_empty())
        .collect()
}

const SAMPLING: [&str; 3] = [
    "train.shuffle=false",
    "train.shuffle=true",
    "train.shuffle=true;train.reshuffle=true",
];
const AVERAGES: [&str; 3] = [
    "",
    "train.average=ema",
    "train.average={ name = \"swa\", from = 0.5 }",
];
const STOPS: [&str; 4] = [
    "",
    "train.patience=1",
    "train.patience=2;train.monitor=accuracy",
    "train.stop_at={ metric = \"accuracy\", value = 0.9 }",
];
const NOISE: [&str; 4] = [
    "",
    "train.dropout=0.3",
    "train.dropout=0.3;train.dropout_schedule=cosine",
    "train.input_noise=0.1;train.dropout=[0.2, 0.1]",
];
const OTHERS: [&str; 6] = [
    "",
    "train.accumulate=3",
    "train.clip_norm=0.5;train.l2=0.01",
    "network.normalisation=batch",
    "log.metrics=[\"accuracy\", \"roc_auc\"];log.every=3",
    "train.label_smoothing=0.1;train.max_norm=1.0",
];

#[test]
fn every_optimizer_resumes_from_every_state() {
    let mut generator = RandomState::new(3);
    for optimizer in Optimizer::ALL.into_iter().filter(Optimizer::takes_steps) {
        for _ in 0..2 {
            let mut settings = vec![format!("train.optimizer={}", optimizer.name())];
            let mut add = |of: &[&str]| {
                settings.extend(pick(of, &mut generator).into_iter().map(String::from));
            };
            add(&SAMPLING);
            add(&AVERAGES);
            add(&NOISE);
            add(&OTHERS);
            let has_held_out = generator.random_sample() < 0.6;
            if has_held_out {
                settings.extend(pick(&STOPS, &mut generator).into_iter().map(String::from));
            }
            assert_resumes::<f64>(&settings, has_held_out);
            assert_resumes::<f32>(&settings, has_held_out);
        }
    }
}

#[test]
fn every_schedule_resumes_from_every_state() {
    for schedule in Schedule::ALL {
        let settings = [
            format!("train.schedule={}", schedule.name()),
            "train.optimizer=adam".to_owned(),
            "train.shuffle=true".to_owned(),
        ];
        assert_resumes::<f64>(&settings, true);
    }
    for settings in [
        "train.schedule={ name = \"reduce_on_plateau\", patience = 0, loss = \"validation\" }",
        "train.schedule={ name = \"adaptive\", patience = 0, threshold = 0.1 }",
    ] {
        assert_resumes::<f32>(&[settings.to_owned()], true);
    }
}

fn by_lbfgs() -> Recipe {
    crate::fixture::recipe(
        r#"
        [data]
        source = "inline"
        [network]
        layers = [5, 4, 3]
        activation = ["tanh", "softmax"]
        [train]
        loss = "categorical_cross_entropy"
        optimizer = "lbfgs"
        epochs = 40
        l2 = 0.01
        seed = 2
        "#,
    )
}

#[test]
fn lbfgs_resumes_from_every_state() {
    let recipe = by_lbfgs();
    for has_held_out in [false, true] {
        assert_recipe_resumes::<f64>(&recipe, has_held_out, "lbfgs");
        assert_recipe_resumes::<f32>(&recipe, has_held_out, "lbfgs");
    }
}

#[test]
fn fused_runs_of_small_networks_resume() {
    let mut recipe = Recipe::built_in("xor-sgd").unwrap();
    recipe.train.epochs = 30;
    let rows = [[0., 0.], [0., 1.], [1., 0.], [1., 1.]].map(Vec::from);
    let inputs = pellucid::data::matrix::Matrix::from_rows("inputs", &rows).unwrap();
    let targets = [[0.], [1.], [1.], [0.]].map(Vec::from);
    let targets = pellucid::data::matrix::Matrix::from_rows("targets", &targets).unwrap();
    let data = pellucid::data::dataset::Dataset::<f64>::new(
        pellucid::data::dataset::Features::Dense(inputs),
        pellucid::data::dataset::Targets::Dense(targets),
    );
    let split = Split::from(data.unwrap());
    let whole = session(&recipe, &split).run(&mut ()).unwrap();
    let mut keeper = Keeper::default();
    session(&recipe, &split).run(&mut keeper).unwrap();
    for state in keeper.states {
        let resumed = session(&recipe, &split)
            .run(&mut ContinueFrom::new(Some(state)))
            .unwrap();
        assert_equal(&whole, &resumed, "xor");
    }
}

#[test]
fn a_run_that_ends_before_its_schedule_goes_on_to_the_same_end() {
    let of_steps = recipe(
        &[
            "train.optimizer=adam",
            "train.schedule=cosine",
            "train.shuffle=true",
        ]
        .map(String::from),
    );
    let of_iterations = by_lbfgs();
    let split = split::<f64>(false);
    for recipe in [of_steps, of_iterations] {
        let session = || session(&recipe, &split).ending_after(2);
        let whole = session().run(&mut ()).unwrap();
        assert_eq!(whole.summary.epochs, 2);
        let mut keeper = Keeper::default();
        session().run(&mut keeper).unwrap();
        // As an interruption in the last epoch leaves it: after its last step, or after its end.
        for state in &keeper.states[..keeper.states.len() - 1] {
            let resumed = session()
                .run(&mut ContinueFrom::new(Some(state.clone())))
                .unwrap();
            assert_eq!(resumed.summary.epochs, 2);
            assert_eq!(whole.network().parameters(), resumed.network().parameters());
        }
        let ended = keeper.states.last().cloned();
        let again = session().run(&mut ContinueFrom::new(ended)).unwrap();
        assert_equal(&whole, &again, "ended");
    }
}

#[test]
fn an_interrupted_training_continues_and_an_ended_one_is_not_trained_again() {
    let settings = ["train.optimizer=adam", "train.shuffle=true", "train.patience=3"].map(String::from);
    let (recipe, split) = (recipe(&settings), split::<f64>(true));
    let whole = session(&recipe, &split).run(&mut ()).unwrap();
    for steps in 1..=whole.summary.updates {
        let mut keeper = Keeper {
            stops_after: Some(steps),
            ..Keeper::default()
        };
        session(&recipe, &split).run(&mut keeper).unwrap();
        let last = keeper.states.pop().expect("a state of the interruption");
        let mut resumer = Keeper {
            resumes: Some(last),
            ..Keeper::default()
        };
        let resumed = session(&recipe, &split).run(&mut resumer).unwrap();
        assert_equal(&whole, &resumed, &format!("interrupted after {steps} steps"));
        let mut again = Keeper {
            resumes: resumer.states.pop(),
            ..Keeper::default()
        };
        let ended = session(&recipe, &split).run(&mut again).unwrap();
        assert_equal(&whole, &ended, "ended");
        assert!(again.states.is_empty(), "no step is taken");
    }
}

#[test]
fn more_epochs_continue_a_training_that_had_run_all_of_its_own() {
    let settings = ["train.optimizer=adam", "train.shuffle=true"].map(String::from);
    let (mut recipe, split) = (recipe(&settings), split::<f64>(true));
    let mut keeper = Keeper::default();
    session(&recipe, &split).run(&mut keeper).unwrap();
    recipe.train.epochs = 9;
    let whole = session(&recipe, &split).run(&mut ()).unwrap();
    let resumed = session(&recipe, &split)
        .run(&mut ContinueFrom::new(keeper.states.pop()))
        .unwrap();
    assert_equal(&whole, &resumed, "from 4 to 9 epochs");
}

#[test]
fn a_state_of_another_training_is_refused() {
    let split = split::<f64>(false);
    let mut keeper = Keeper::default();
    session(&recipe(&[]), &split).run(&mut keeper).unwrap();
    let state = keeper.states.pop().unwrap();
    let other = recipe(&["train.optimizer=adam".to_owned()]);
    let error = session(&other, &split)
        .run(&mut ContinueFrom::new(Some(state.clone())))
        .unwrap_err();
    assert!(error.to_string().contains("optimizer/slot 0"), "{error}");
    let single = self::split::<f32>(false);
    let error = session(&recipe(&[]), &single)
        .run(&mut ContinueFrom::new(Some(state)))
        .unwrap_err();
    assert!(error.to_string().contains("numbers of this precision"), "{error}");
    let error = session(&recipe(&[]), &split)
        .run(&mut ContinueFrom::new(Some(State::default())))
        .unwrap_err();
    assert!(error.to_string().contains("`position`"), "{error}");
}
