//! The built-in tables, measured and generated.

use super::columns::{Column, Table};
use super::made_columns::{categories, columns_of, numbers};
use crate::files::FileError;
use pellucid::elementary::{cos, sin, tanh};
use pellucid::numpy_random::RandomState;
use std::f64::consts::{PI, TAU};

/// A built-in set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its name for [`load_builtin`].
    pub name: &'static str,
    /// Its rows, columns, target and source in a line.
    pub about: &'static str,
    /// Whether it depends on a seed.
    pub is_generated: bool,
}

/// The built-in sets.
///
/// | name | rows | columns | source |
/// | --- | --- | --- | --- |
/// | `iris` | 150 | 4 measures in cm, `species` | R. A. Fisher, 1936 |
/// | `wine` | 1,599 | 11 measures of red wine, `quality` (a category, `3` to `8`) | P. Cortez et al., 2009 |
/// | `diabetes` | 442 | 10 measures (each with mean 0 and sum of squares 1), `progression` (a number) | B. Efron et al., 2004 |
/// | `xor` | 400 | `x1`, `x2` uniform in [-1, 1), `class` | `b` where the signs differ |
/// | `circles` | 400 | `x1`, `x2`, `class` | radius 1 (`outer`) and 0.5 (`inner`), plus 0.1 · randn |
/// | `moons` | 400 | `x1`, `x2`, `class` | two interleaved half circles of radius 1, plus 0.1 · randn |
/// | `spirals` | 400 | `x1`, `x2`, `class` | two arms of 1.5 turns, radius to 1, plus 0.02 · randn |
/// | `regression` | 400 | `x1` … `x5` randn, `y` | tanh(x·c / √5) + 0.1 · randn, c = randn(5) |
/// | `digits` | 1,000 | 64 pixels from 0 to 16, `digit` | E. Alpaydin and C. Kaynak, 1998 (CC BY 4.0) |
/// | `mnist` | 70,000 | images, no table | [`read_cached_mnist`](crate::read_cached_mnist) |
pub const BUILTINS: [Builtin; 10] = [
    measured("iris", "150 irises: 4 measures in cm; target species, 3 classes"),
    measured("wine", "1,599 red wines: 11 measures; target quality, 6 classes"),
    measured(
        "diabetes",
        "442 patients: 10 scaled measures; target progression, a number",
    ),
    generated("xor", "400 points in a square; target class: do the signs differ"),
    generated("circles", "400 points on two concentric circles; target class"),
    generated(
        "moons",
        "400 points on two interleaved half circles; target class",
    ),
    generated("spirals", "400 points on two arms of a spiral; target class"),
    generated(
        "regression",
        "400 rows of 5 normal features; target y, a tanh of their sum with noise",
    ),
    measured(
        "digits",
        "1,000 handwritten digits: images of 8 x 8 pixels; target digit, 10 classes",
    ),
    measured(
        "mnist",
        "70,000 handwritten digits: images, not a table; downloaded on first use",
    ),
];

const fn measured(name: &'static str, about: &'static str) -> Builtin {
    Builtin {
        name,
        about,
        is_generated: false,
    }
}

const fn generated(name: &'static str, about: &'static str) -> Builtin {
    Builtin {
        is_generated: true,
        ..measured(name, about)
    }
}

/// Rows of each generated table.
const ROWS: usize = 400;

/// A built-in table. The generated ones take `seed`: the same seed gives the same bits on the same machine
/// (sine, cosine, logarithm and tanh are the system's, except with the baseline instructions); the others ignore it.
///
/// ```
/// let iris = pellucid_data::load_builtin("iris", 0)?;
/// assert_eq!(iris.rows(), 150);
/// assert_eq!(iris.columns[4].name, "species");
/// assert_eq!(pellucid_data::load_builtin("moons", 7)?, pellucid_data::load_builtin("moons", 7)?);
/// # Ok::<(), pellucid_data::FileError>(())
/// ```
///
/// # Errors
///
/// There is no table of this name; `mnist` is not a table.
pub fn load_builtin(name: &str, seed: u32) -> Result<Table, FileError> {
    let columns = match name {
        #[cfg(not(target_family = "wasm"))]
        "iris" => super::measured::iris(),
        #[cfg(not(target_family = "wasm"))]
        "wine" => super::measured::wine(),
        #[cfg(not(target_family = "wasm"))]
        "diabetes" => super::measured::diabetes(),
        "xor" => xor(seed),
        "circles" => circles(seed),
        "moons" => moons(seed),
        "spirals" => spirals(seed),
        "regression" => regression(seed),
        "digits" => super::digits::digits(),
        _ => {
            let tables = BUILTINS.iter().map(|set| set.name);
            let known: Vec<&str> = tables.filter(|&name| name != "mnist").collect();
            return Err(FileError::Unavailable(format!(
                "there is no built-in set {name:?}; there are {}",
                known.join(", ")
            )));
        }
    };
    Ok(Table::new(name, columns))
}

/// Drawn points, each with a class, 0 or 1; `names` are those of the classes.
fn points(
    seed: u32,
    names: &[&str; 2],
    point: impl Fn(&mut RandomState, usize) -> ([f64; 2], usize),
) -> Vec<Column> {
    let mut random = RandomState::new(seed);
    let (points, classes): (Vec<_>, Vec<_>) = (0..ROWS).map(|row| point(&mut random, row)).unzip();
    let mut columns = columns_of(&["x1", "x2"], points.into_iter().flatten());
    let classes = classes.into_iter().map(|class| class as u32).collect();
    columns.push(categories("class", names, classes));
    columns
}

fn xor(seed: u32) -> Vec<Column> {
    points(seed, &["a", "b"], |random, _| {
        let point = [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)];
        (point, usize::from((point[0] < 0.0) != (point[1] < 0.0)))
    })
}

/// Noisy points of two classes that alternate. `point` takes the class and the position of a row among those of its class,
/// from 0 to almost 1.
fn noisy(seed: u32, names: &[&str; 2], noise: f64, point: impl Fn(usize, f64) -> [f64; 2]) -> Vec<Column> {
    points(seed, names, |random, row| {
        let place = (row / 2) as f64 / (ROWS / 2) as f64;
        let point = point(row % 2, place).map(|x| x + noise * random.standard_normal());
        (point, row % 2)
    })
}

fn circles(seed: u32) -> Vec<Column> {
    noisy(seed, &["inner", "outer"], 0.1, |class, place| {
        let (angle, radius) = (TAU * place, [0.5, 1.0][class]);
        [radius * cos(angle), radius * sin(angle)]
    })
}

fn moons(seed: u32) -> Vec<Column> {
    noisy(seed, &["lower", "upper"], 0.1, |class, place| {
        let angle = PI * place;
        match class {
            0 => [1.0 - cos(angle), 0.5 - sin(angle)],
            _ => [cos(angle), sin(angle)],
        }
    })
}

fn spirals(seed: u32) -> Vec<Column> {
    noisy(seed, &["a", "b"], 0.02, |class, place| {
        let radius = 0.05 + 0.95 * place;
        let angle = 1.5 * TAU * radius + PI * class as f64;
        [radius * cos(angle), radius * sin(angle)]
    })
}

fn regression(seed: u32) -> Vec<Column> {
    let names = ["x1", "x2", "x3", "x4", "x5"];
    let (x, y) = points_on_tanh(&mut RandomState::new(seed), ROWS, names.len(), 0.1);
    let mut columns = columns_of(&names, x.into_iter());
    columns.push(numbers("y", y));
    columns
}

/// Features x = `randn(rows, features)`, direction c = `randn(features)`, targets y = tanh(x·c / √features) +
/// noise·`randn(rows)`; drawn in this order.
pub(crate) fn points_on_tanh(
    random: &mut RandomState,
    rows: usize,
    features: usize,
    noise: f64,
) -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..rows * features).map(|_| random.standard_normal()).collect();
    let direction: Vec<f64> = (0..features).map(|_| random.standard_normal()).collect();
    let y = x.chunks(features).map(|row| {
        let along: f64 = row.iter().zip(&direction).map(|(x, c)| x * c).sum();
        tanh(along / (features as f64).sqrt()) + noise * random.standard_normal()
    });
    let y = y.collect();
    (x, y)
}
