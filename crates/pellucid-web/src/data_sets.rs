//! The data sets of the page: points in a plane, iris, handwritten digits, and the samples of the built-in recipes.

mod digits;

use crate::data_set::{DataSet, RowTargets, Rows, Task};
use crate::tables::{self, TableSettings, rows_of, task_of};
use crate::thrown::Thrown;
use pellucid::Recipe;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{BUILT_IN, Source};
use serde::Deserialize;
use serde_json::{Value, json};
use std::f64::consts::{PI, TAU};

/// A set of points in a plane.
struct Points {
    name: &'static str,
    title: &'static str,
    task: Task,
    /// The noise where none is asked for.
    noise: f64,
    /// The point and the target of a row; the second argument is its place among all, from 0 to almost 1.
    point: fn(&mut RandomState, usize, f64, f64) -> ([f64; 2], f64),
}

/// Those of TensorFlow Playground (Smilkov & Carter, 2016), and others.
static POINTS: [Points; 7] = [
    Points {
        name: "circle",
        title: "a disc within a ring",
        task: Task::Classes,
        noise: 0.05,
        point: |random, row, _, noise| {
            let radius = match row % 2 {
                0 => random.uniform(0.0, 0.5),
                _ => random.uniform(0.7, 1.0),
            };
            let angle = random.uniform(0.0, TAU);
            let point = [radius * cos(angle), radius * sin(angle)];
            (moved(random, point, noise), (row % 2) as f64)
        },
    },
    Points {
        name: "xor",
        title: "do the signs differ?",
        task: Task::Classes,
        noise: 0.05,
        point: |random, _, _, noise| {
            let point = [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)];
            let differ = (point[0] < 0.0) != (point[1] < 0.0);
            (moved(random, point, noise), f64::from(u8::from(differ)))
        },
    },
    Points {
        name: "gauss",
        title: "two clouds",
        task: Task::Classes,
        noise: 0.2,
        point: |random, row, _, noise| {
            let center = [-0.4, 0.4][row % 2];
            (moved(random, [center, center], noise), (row % 2) as f64)
        },
    },
    Points {
        name: "spiral",
        title: "two arms of a spiral",
        task: Task::Classes,
        noise: 0.02,
        point: |random, row, place, noise| {
            let radius = 0.05 + 0.95 * place;
            let angle = 1.5 * TAU * radius + PI * (row % 2) as f64;
            let point = [radius * cos(angle), radius * sin(angle)];
            (moved(random, point, noise), (row % 2) as f64)
        },
    },
    Points {
        name: "moons",
        title: "two interleaved half circles",
        task: Task::Classes,
        noise: 0.1,
        point: |random, row, place, noise| {
            let angle = PI * place;
            let point = match row % 2 {
                0 => [1.0 - cos(angle), 0.5 - sin(angle)],
                _ => [cos(angle), sin(angle)],
            };
            (moved(random, point, noise), (row % 2) as f64)
        },
    },
    Points {
        name: "plane",
        title: "a plane: the mean of both features",
        task: Task::Numbers,
        noise: 0.05,
        point: |random, _, _, noise| {
            let point = [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)];
            let target = 0.5 * (point[0] + point[1]) + noise * random.standard_normal();
            (point, target)
        },
    },
    Points {
        name: "hills",
        title: "hills and valleys",
        task: Task::Numbers,
        noise: 0.05,
        point: |random, _, _, noise| {
            let point = [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)];
            let target = sin(2.0 * point[0]) * cos(3.0 * point[1]) + noise * random.standard_normal();
            (point, target)
        },
    },
];

fn cos(angle: f64) -> f64 {
    pellucid::elementary::cos(angle)
}

fn sin(angle: f64) -> f64 {
    pellucid::elementary::sin(angle)
}

fn moved(random: &mut RandomState, point: [f64; 2], noise: f64) -> [f64; 2] {
    point.map(|x| x + noise * random.standard_normal())
}

/// A set that the page asks for.
#[derive(Debug, Deserialize)]
pub struct DataRequest {
    name: String,
    samples: Option<usize>,
    noise: Option<f64>,
    seed: Option<u32>,
    test_fraction: Option<f64>,
}

/// R. A. Fisher's irises, 1936.
const IRIS: &[u8] = include_bytes!("../data/iris.csv");
/// The most points of a set.
const MOST_POINTS: usize = 100_000;

/// The sets.
pub fn all() -> Value {
    let number = |name: &str, summary: &str, default: f64, [minimum, maximum]: [f64; 2]| {
        json!({
            "name": name,
            "summary": summary,
            "kind": if name == "noise" || name == "test_fraction" { "number" } else { "integer" },
            "default": default,
            "minimum": minimum,
            "maximum": maximum,
        })
    };
    let seed = || number("seed", "the seed of every draw", 0.0, [0.0, f64::from(u32::MAX)]);
    let test = || {
        number(
            "test_fraction",
            "the part of the rows that is not trained on",
            0.5,
            [0.0, 0.9],
        )
    };
    let points = POINTS.iter().map(|set| {
        json!({
            "name": set.name,
            "title": set.title,
            "task": set.task,
            "features": 2,
            "settings": [
                number("samples", "the number of points", 400.0, [2.0, MOST_POINTS as f64]),
                number("noise", "the standard deviation of the noise", set.noise, [0.0, 1.0]),
                seed(),
                test(),
            ],
        })
    });
    let iris = json!({
        "name": "iris",
        "title": "150 irises of three species",
        "task": Task::Classes,
        "features": 4,
        "settings": [seed(), test()],
    });
    let digits = json!({
        "name": digits::NAME,
        "title": "1,000 handwritten digits, to draw on",
        "task": Task::Classes,
        "features": digits::PIXELS,
        "settings": [seed(), test()],
    });
    let of_recipes = recipes().map(|(name, recipe)| {
        json!({
            "name": name,
            "title": recipe.title,
            "task": Task::Numbers,
            "features": recipe.network.layers.first(),
            "settings": [],
        })
    });
    points.chain([iris, digits]).chain(of_recipes).collect()
}

/// The built-in recipes that hold their samples.
fn recipes() -> impl Iterator<Item = (&'static str, Recipe)> {
    let read = BUILT_IN.iter().filter_map(|recipe| {
        let read = Recipe::built_in(recipe.name).ok()?;
        Some((recipe.name, read))
    });
    read.filter(|(_, recipe)| recipe.data.source != Source::Mnist)
}

/// A set.
pub fn make(request: &DataRequest) -> Result<DataSet, Thrown> {
    if request.name == "iris" {
        let settings = TableSettings {
            target: Some("species".into()),
            test_fraction: request.test_fraction,
            seed: request.seed,
        };
        return tables::read(IRIS.to_vec(), "iris", &settings, None);
    }
    if request.name == digits::NAME {
        return digits::make(request);
    }
    if let Some((name, recipe)) = recipes().find(|(name, _)| *name == request.name) {
        return of_recipe(name, &recipe);
    }
    let Some(set) = POINTS.iter().find(|set| set.name == request.name) else {
        return Err(format!("there is no data set `{}`", request.name).into());
    };
    drawn(set, request)
}

/// The samples that a recipe holds.
pub fn of_recipe(name: &str, recipe: &Recipe) -> Result<DataSet, Thrown> {
    let split = pellucid_data::load::<f64>(recipe, None, &mut |_| {})?;
    let training = rows_of(&split.training);
    let test = split.test.or(split.validation);
    let task = task_of(&training);
    Ok(DataSet {
        name: name.into(),
        task,
        feature_names: (1..=split.training.features().columns())
            .map(|at| format!("x{at}"))
            .collect(),
        target_names: match task {
            Task::Classes => (0..split.training.targets().width().max(2))
                .map(|at| at.to_string())
                .collect(),
            Task::Numbers => (1..=split.training.targets().width())
                .map(|at| format!("y{at}"))
                .collect(),
        },
        training,
        test: test.as_ref().map(rows_of).unwrap_or_default(),
        notes: Vec::new(),
        image: None,
        suggested_recipe: Some(recipe.to_toml()?),
        preparation: None,
    })
}

/// The part of the rows that is held out.
fn test_fraction(request: &DataRequest) -> Result<f64, Thrown> {
    let part = request.test_fraction.unwrap_or(0.5);
    match (0.0..1.0).contains(&part) {
        true => Ok(part),
        false => Err(format!("test_fraction = {part} cannot be used: it is 0 or more, below 1").into()),
    }
}

/// The rows 0 to `samples` in an order at random: those held out, then those to train on.
fn shuffled(random: &mut RandomState, samples: usize, held_out: f64) -> (Vec<u32>, Vec<u32>) {
    let mut order: Vec<u32> = (0..samples as u32).collect();
    random.shuffle(&mut order);
    let test = ((samples as f64 * held_out) as usize).min(samples - 1);
    let training = order.split_off(test);
    (order, training)
}

fn drawn(set: &Points, request: &DataRequest) -> Result<DataSet, Thrown> {
    let samples = request.samples.unwrap_or(400);
    if !(2..=MOST_POINTS).contains(&samples) {
        return Err(
            format!("samples = {samples} cannot be used: 2 to {MOST_POINTS} points are drawn").into(),
        );
    }
    let part = test_fraction(request)?;
    let noise = request.noise.unwrap_or(set.noise);
    if !(noise.is_finite() && noise >= 0.0) {
        return Err(format!("noise = {noise} cannot be used: it is a finite number, 0 or more").into());
    }
    let mut random = RandomState::new(request.seed.unwrap_or(0));
    let point = |row: usize| {
        let place = (row / 2) as f64 / (samples / 2) as f64;
        (set.point)(&mut random, row, place, noise)
    };
    let (points, targets): (Vec<[f64; 2]>, Vec<f64>) = (0..samples).map(point).unzip();
    let (test, training) = shuffled(&mut random, samples, part);
    let rows = |order: &[u32]| Rows {
        inputs: order.iter().map(|&row| points[row as usize].to_vec()).collect(),
        targets: match set.task {
            Task::Classes => {
                RowTargets::Classes(order.iter().map(|&row| targets[row as usize] as u32).collect())
            }
            Task::Numbers => {
                RowTargets::Numbers(order.iter().map(|&row| vec![targets[row as usize]]).collect())
            }
        },
    };
    Ok(DataSet {
        name: set.name.into(),
        task: set.task,
        feature_names: vec!["x1".into(), "x2".into()],
        target_names: match set.task {
            Task::Classes => vec!["0".into(), "1".into()],
            Task::Numbers => vec!["y".into()],
        },
        training: rows(&training),
        test: rows(&test),
        notes: Vec::new(),
        image: None,
        suggested_recipe: Some(suggested(set.task)),
        preparation: None,
    })
}

fn suggested(task: Task) -> String {
    let (output, loss) = match task {
        Task::Classes => ("sigmoid", "binary_cross_entropy"),
        Task::Numbers => ("identity", "squared_error"),
    };
    format!(
        "data = {{ source = \"inline\" }}\n\n[network]\nlayers = [2, 8, 8, 1]\nactivation = [\"tanh\", \"tanh\", \"{output}\"]\n\n\
         [init]\nmethod = \"xavier_uniform\"\n\n[train]\nloss = \"{loss}\"\noptimizer = \"adam\"\nlearning_rate = 0.01\nbatch_size = 10\n\
         shuffle = true\nepochs = 500\nseed = 0\n"
    )
}
