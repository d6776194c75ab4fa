//! The samples of a recipe: its `[data]`, read or generated.

use crate::error::{Result, setting};
use crate::files::{self, DownloadProgress, IdxArray};
use crate::preparation::{Labels, hold_out};
use crate::table::points_on_tanh;
use pellucid::data::dataset::{ByteMatrix, Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::metrics::class_of;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{ClassWeight, DataRecipe, Recipe, Source};
use pellucid::{Scalar, Split};
use serde_json::json;
use std::path::Path;

/// Loads the samples that a recipe names. `location` is the user's `--data`, `progress` receives the progress of a
/// download.
///
/// # Errors
/// A file is missing or broken; a key of `[data]` is missing, not used by the source, or has a value that makes no sense.
pub fn load<T: Scalar>(
    recipe: &Recipe,
    location: Option<&Path>,
    progress: &mut dyn FnMut(DownloadProgress<'_>),
) -> Result<Split<T>> {
    recipe.choose_instruction_set()?;
    let data = &recipe.data;
    check_keys(data)?;
    if let Some(location) = location
        && data.source != Source::Mnist
    {
        let expected = "this recipe's data is in the recipe itself; only data.source = \"mnist\" reads files";
        return Err(setting("--data", location.display().to_string(), expected));
    }
    let seed = data.seed.unwrap_or(recipe.train.seed);
    let samples = match data.source {
        Source::Inline => inline(data)?.into(),
        Source::NoisyLine => noisy_line(data, seed)?.into(),
        Source::Regression => regression(data, seed)?.into(),
        Source::Mnist => mnist_samples(location, progress)?,
        Source::Table => {
            let expected = "a table is trained on by `pellucid train TABLE --recipe FILE`";
            return Err(setting("data.source", "\"table\"", expected));
        }
    };
    let training = weighted(samples.training, data)?;
    let samples = Split { training, ..samples };
    let samples = match data.validation {
        0.0 => samples,
        part => held_out(samples, part, seed)?,
    };
    Ok(match data.standardise {
        true => standardise(samples),
        false => samples,
    })
}

/// The training samples with the weights that the recipe gives them and their classes.
fn weighted<T: Scalar>(training: Dataset<T>, data: &DataRecipe) -> Result<Dataset<T>> {
    let is_weight = |weight: &f64| weight.is_finite() && *weight >= 0.0;
    if let Some(weights) = &data.weights
        && (weights.len() != training.rows() || !weights.iter().all(is_weight))
    {
        let samples = training.rows();
        let expected = format!("a finite number, 0 or more, is needed for each of {samples} samples");
        return Err(setting("data.weights", format!("{weights:?}"), expected));
    }
    let of_classes = class_weights(&data.class_weight, "data.class_weight", &training)?;
    with_weights(training, data.weights.clone(), of_classes.as_deref())
}

/// The weight of each class, by how many of these samples each has; none where each weighs 1. `key` names the setting in
/// errors.
pub(crate) fn class_weights<T: Scalar>(
    weight: &ClassWeight,
    key: &str,
    data: &Dataset<T>,
) -> Result<Option<Vec<f64>>> {
    if weight.is_none() {
        return Ok(None);
    }
    let (classes, count) = classes_of(data.targets()).ok_or_else(|| {
        let expected = "every target must be a class: 0 or 1, or a 1 in one column and 0 in the others";
        setting(key, "(set)", expected)
    })?;
    let mut counts = vec![0; count];
    classes.iter().for_each(|&class| counts[class] += 1);
    Ok(Some(weight.of_classes(key, &counts)?))
}

/// Samples that count for their own weights, 1 unless given, times that of the class of each.
pub(crate) fn with_weights<T: Scalar>(
    data: Dataset<T>,
    own: Option<Vec<f64>>,
    of_classes: Option<&[f64]>,
) -> Result<Dataset<T>> {
    if own.is_none() && of_classes.is_none() {
        return Ok(data);
    }
    let mut weights = own.unwrap_or_else(|| vec![1.0; data.rows()]);
    if let (Some(of_classes), Some((classes, _))) = (of_classes, classes_of(data.targets())) {
        for (weight, class) in weights.iter_mut().zip(classes) {
            *weight *= of_classes[class];
        }
    }
    Ok(data.weighted(weights.into_iter().map(T::from_f64).collect())?)
}

/// The class of each sample, and the number of classes; `None` if the targets are not classes.
fn classes_of<T: Scalar>(targets: &Targets<T>) -> Option<(Vec<usize>, usize)> {
    match targets {
        Targets::Classes { labels, classes } => {
            Some((labels.iter().map(|&label| label as usize).collect(), *classes))
        }
        Targets::Dense(matrix) => {
            let width = matrix.columns();
            let is_class = |row: &[T]| width == 1 || row.iter().filter(|&&y| y == T::ONE).count() == 1;
            let mut rows = matrix.values().chunks_exact(width);
            if !targets.are_zero_or_one() || !rows.all(is_class) {
                return None;
            }
            let classes = matrix.values().chunks_exact(width).map(class_of).collect();
            Some((classes, width.max(2)))
        }
    }
}

/// Holds out a part of the training rows, of each class its share if the targets are classes.
fn held_out<T: Scalar>(samples: Split<T>, part: f64, seed: u32) -> Result<Split<T>> {
    let data = &samples.training;
    let labels = match data.targets() {
        Targets::Classes { labels, classes } => Some(Labels {
            labels: labels.clone(),
            classes: (0..*classes).map(|class| class.to_string()).collect(),
        }),
        Targets::Dense(_) => None,
    };
    let rows: Vec<u32> = (0..data.rows() as u32).collect();
    let split = hold_out(&rows, labels.as_ref(), part, seed)?;
    Ok(Split {
        training: data.picked(&split.training)?,
        validation: Some(data.picked(&split.held_out)?),
        test: samples.test,
    })
}

/// Standardises all rows by the means and standard deviations of the training rows.
fn standardise<T: Scalar>(samples: Split<T>) -> Split<T> {
    let columns = samples.training.features().standardisation();
    Split {
        training: samples.training.standardised_by(&columns),
        validation: samples.validation.map(|rows| rows.standardised_by(&columns)),
        test: samples.test.map(|test| test.standardised_by(&columns)),
    }
}

/// Refuses keys that the source does not read, and misses those that it needs.
fn check_keys(data: &DataRecipe) -> Result<()> {
    use Source::{Inline, Mnist, NoisyLine, Regression, Table};
    let readers: [(&str, bool, &[Source]); 9] = [
        ("inputs", data.inputs.is_some(), &[Inline]),
        ("targets", data.targets.is_some(), &[Inline, NoisyLine]),
        ("features", data.features.is_some(), &[NoisyLine, Regression]),
        ("rows", data.rows.is_some(), &[Regression]),
        ("noise", data.noise.is_some(), &[NoisyLine, Regression]),
        ("seed", data.seed.is_some(), &[NoisyLine, Regression]),
        ("weights", data.weights.is_some(), &[Inline]),
        ("class_weight", !data.class_weight.is_none(), &[Inline, Mnist]),
        ("table", data.table.is_some(), &[Table]),
    ];
    let source = json!(data.source);
    for (key, there, sources) in readers {
        let is_optional = ["seed", "weights", "class_weight"].contains(&key);
        let (found, what) = match (there, sources.contains(&data.source)) {
            (true, false) => ("(set)", "does not use it"),
            (false, true) if !is_optional => ("(missing)", "needs it"),
            _ => continue,
        };
        let expected = format!("data.source = {source} {what}");
        return Err(setting(&format!("data.{key}"), found, expected));
    }
    Ok(())
}

/// Samples of numbers.
fn dense<T: Scalar>(features: Matrix<T>, targets: Matrix<T>) -> Result<Dataset<T>> {
    Ok(Dataset::new(Features::Dense(features), Targets::Dense(targets))?)
}

fn inline<T: Scalar>(data: &DataRecipe) -> Result<Dataset<T>> {
    let matrix =
        |key: &str, rows: &Option<Vec<Vec<f64>>>| Matrix::from_rows(key, rows.as_deref().unwrap_or(&[]));
    let features = matrix("data.inputs", &data.inputs)?;
    dense(features, matrix("data.targets", &data.targets)?)
}

/// Checks the number of drawn values: at least one, and few enough to leave memory for the training.
fn check_count(rows: usize, features: usize) -> Result<()> {
    const MOST: usize = 1 << 28;
    for (key, size) in [("rows", rows), ("features", features)] {
        if size == 0 {
            return Err(setting(&format!("data.{key}"), "0", "at least 1 is needed"));
        }
    }
    if rows.checked_mul(features).is_some_and(|count| count <= MOST) {
        return Ok(());
    }
    let key = if rows > features {
        "data.rows"
    } else {
        "data.features"
    };
    let expected = format!("{rows} x {features} numbers would be drawn, and at most {MOST} can be");
    Err(setting(key, rows.max(features).to_string(), expected))
}

/// `numpy.linspace(0, 1, features) + numpy.random.uniform(-noise, noise, features)`.
fn noisy_line<T: Scalar>(data: &DataRecipe, seed: u32) -> Result<Dataset<T>> {
    let features = data.features.unwrap_or_default();
    check_count(1, features)?;
    let noise = data.noise.unwrap_or_default();
    let mut generator = RandomState::new(seed);
    // numpy.linspace multiplies the index with the step, and sets the last point itself.
    let step = 1.0 / features.saturating_sub(1).max(1) as f64;
    let point = |i: usize| match i > 0 && i + 1 == features {
        true => 1.0,
        false => i as f64 * step,
    };
    let row = (0..features).map(|i| T::from_f64(point(i) + generator.uniform(-noise, noise)));
    let targets = data.targets.as_deref().unwrap_or(&[]);
    dense(
        Matrix::new(1, features, row.collect())?,
        Matrix::from_rows("data.targets", targets)?,
    )
}

/// The numbers of [`points_on_tanh`].
fn regression<T: Scalar>(data: &DataRecipe, seed: u32) -> Result<Dataset<T>> {
    let (rows, features) = (data.rows.unwrap_or_default(), data.features.unwrap_or_default());
    check_count(rows, features)?;
    let noise = data.noise.unwrap_or_default();
    let (x, y) = points_on_tanh(&mut RandomState::new(seed), rows, features, noise);
    let matrix =
        |columns, values: Vec<f64>| Matrix::new(rows, columns, values.into_iter().map(T::from_f64).collect());
    dense(matrix(features, x)?, matrix(1, y)?)
}

fn mnist_samples<T: Scalar>(
    location: Option<&Path>,
    progress: &mut dyn FnMut(DownloadProgress<'_>),
) -> Result<Split<T>> {
    let images = |images: IdxArray, labels: Vec<u8>| -> Result<Dataset<T>> {
        let rows = labels.len();
        let columns = images.values.len().checked_div(rows).unwrap_or(0);
        let features = Features::Bytes(ByteMatrix::new(rows, columns, images.values, 255.0)?);
        let labels = labels.into_iter().map(u32::from).collect();
        let classes = usize::from(files::CLASSES);
        Ok(Dataset::new(features, Targets::Classes { labels, classes })?)
    };
    if let Some(file) = location.filter(|path| path.is_file()) {
        let (of_file, labels) = files::read_idx_pair(file)?;
        return Ok(images(of_file, labels)?.into());
    }
    let mnist = match location {
        Some(folder) => files::read_mnist(folder)?,
        None => files::read_cached_mnist(progress)?,
    };
    Ok(Split {
        training: images(mnist.training_images, mnist.training_labels)?,
        validation: None,
        test: Some(images(mnist.test_images, mnist.test_labels)?),
    })
}
