//! Model files: a round trip keeps everything, and other files are refused.

use pellucid::data::dataset::Features;
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::{Evaluation, predict};
use pellucid::evaluation::metrics::Metric;
use pellucid::recipe::{BUILT_IN, Scale, Task, ThresholdMetric};
use pellucid::training::observe::EpochRecord;
use pellucid::{Activation, Architecture, Network, Recipe, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{ColumnChoice, Preparation, PreparationSettings, choose_columns};
use pellucid_data::training::{Plan, Preset, TrainingRequest};
use pellucid_data::{Categories, Column, FileError, Table, Values, load_builtin};
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

fn plain(layers: &[usize], values: impl Fn(usize) -> f32) -> Model {
    let activations: Vec<Activation> = vec![Activation::Tanh; layers.len() - 1];
    let architecture = Architecture::new(layers, &activations, true).unwrap();
    let parameters = (0..architecture.parameter_count()).map(values).collect();
    let network = Network::new(architecture, parameters).unwrap();
    Model::new(network, Recipe::built_in("xor-sgd").unwrap(), None)
}

/// A model of a table, with everything that a model can hold.
fn of_table() -> Model {
    let iris = load_builtin("iris", 0).unwrap();
    let mut request = TrainingRequest {
        epochs: Some(2),
        hidden: Some(vec![3]),
        preset: Some(Preset::Plain),
        ..TrainingRequest::default()
    };
    request.columns.target = vec!["species".into()];
    let plan = Plan::new(&iris, &request).unwrap();
    let mut model = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap().into_model();
    model.warnings.push("a \"warning\", with é".into());
    model
}

/// What follows a training adds nothing to a file that does not use it, and files of earlier versions have none of it.
#[test]
fn files_of_earlier_versions_are_read() {
    let diabetes = load_builtin("diabetes", 0).unwrap();
    let mut request = TrainingRequest {
        epochs: Some(2),
        preset: Some(Preset::Plain),
        ..TrainingRequest::default()
    };
    request.columns.target = vec!["progression".into()];
    let plan = Plan::new(&diabetes, &request).unwrap();
    let model = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap().into_model();
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&model, folder.path());
    let mut parts = Parts::from_bytes(&fs::read(&path).unwrap());
    assert_eq!(parts.texts["format_version"], "1");
    assert!(parts.texts.remove("calibration").unwrap().contains("residuals"));
    let of_target = parts.texts["preparation"].split("\"target\":").nth(1).unwrap();
    for key in ["transform", "quantiles", "range"] {
        assert!(!of_target.contains(key), "{of_target}");
    }
    fs::write(&path, parts.bytes()).unwrap();
    let old = Model::load(&path).unwrap();
    assert!(old.calibrated.is_empty());
    assert_eq!(
        Model {
            calibrated: model.calibrated.clone(),
            ..old
        },
        model
    );
}

/// Numbers with bins have a format that earlier versions refuse by its number, and edges that a prediction can rely on.
#[test]
fn models_of_numbers_with_bins_have_a_format_of_their_own() {
    let moons = load_builtin("moons", 0).unwrap();
    let mut request = TrainingRequest {
        epochs: Some(2),
        preset: Some(Preset::Plain),
        scale: Some(Scale::PiecewiseTree),
        bins: Some(4),
        ..TrainingRequest::default()
    };
    request.columns.target = vec!["class".into()];
    let plan = Plan::new(&moons, &request).unwrap();
    let model = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap().into_model();
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&model, folder.path());
    let read = Model::load(&path).unwrap();
    assert_eq!(read, model);
    let bits = |model: &Model| output_bits(&model.network, model.preparation.as_ref().unwrap(), &moons);
    assert_eq!(bits(&read), bits(&model));
    let bytes = fs::read(path).unwrap();
    assert_eq!(Parts::from_bytes(&bytes).texts["format_version"], "4");

    let edges = model.preparation.as_ref().unwrap().columns()[0]
        .transform
        .edges()
        .unwrap();
    let (first, second) = (edges[0], edges[1]);
    let mut parts = Parts::from_bytes(&bytes);
    let preparation = parts.texts.get_mut("preparation").unwrap();
    let swapped = preparation.replacen(
        &format!("\"edges\":[{first},{second}"),
        &format!("\"edges\":[{second},{first}"),
        1,
    );
    assert_ne!(*preparation, swapped);
    *preparation = swapped;
    let problem = refusal_of(&parts.bytes());
    assert!(problem.contains("edges of the bins of column `x1`"), "{problem}");
}

/// A file that an earlier version would use wrongly, or not read, says that it is of a later one.
#[test]
fn adjusted_models_have_a_format_of_their_own() {
    let moons = load_builtin("moons", 0).unwrap();
    let mut request = TrainingRequest {
        epochs: Some(2),
        tune_threshold: Some(ThresholdMetric::F1),
        ..TrainingRequest::default()
    };
    request.columns.target = vec!["class".into()];
    let plan = Plan::new(&moons, &request).unwrap();
    let model = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap().into_model();
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(saved(&model, folder.path())).unwrap();
    assert_eq!(Parts::from_bytes(&bytes).texts["format_version"], "3");

    let mut parts = Parts::from_bytes(&bytes);
    let preparation = parts.texts.get_mut("preparation").unwrap();
    *preparation = preparation.replace("\"threshold\":", "\"threshold\":7");
    let problem = refusal_of(&parts.bytes());
    assert!(problem.contains("target's preparation"), "{problem}");
}

/// A normalised network, trained on a table, gives the same predictions once it is read again.
#[test]
fn gain_shift_and_running_statistics_come_back() {
    let iris = load_builtin("iris", 0).unwrap();
    for (normalisation, names) in [
        (
            "batch",
            &[
                "bias",
                "norm.bias",
                "norm.running_mean",
                "norm.running_var",
                "norm.weight",
                "weight",
            ][..],
        ),
        ("layer", &["bias", "norm.bias", "norm.weight", "weight"]),
        ("none", &["bias", "weight"]),
    ] {
        let mut request = TrainingRequest {
            epochs: Some(3),
            hidden: Some(vec![7]),
            preset: Some(Preset::Plain),
            ..TrainingRequest::default()
        };
        request.columns.target = vec!["species".into()];
        let mut recipe = Plan::new(&iris, &request).unwrap().recipe().clone();
        recipe
            .set(&format!("network.normalisation={normalisation}"))
            .unwrap();
        request.recipe = Some(recipe);
        let plan = Plan::new(&iris, &request).unwrap();
        let model = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap().into_model();
        let folder = tempfile::tempdir().unwrap();
        let path = saved(&model, folder.path());
        let read = Model::load(&path).unwrap();
        assert_eq!(read, model);
        let bits = |model: &Model| output_bits(&model.network, model.preparation.as_ref().unwrap(), &iris);
        assert_eq!(bits(&read), bits(&model));

        let bytes = fs::read(&path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut found: Vec<&str> = tensors
            .names()
            .into_iter()
            .filter_map(|name| name.strip_prefix("layers.0."))
            .collect();
        found.sort_unstable();
        assert_eq!(found, names);
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().as_ref().unwrap();
        // What earlier versions can read they are given.
        let is_normalised = normalisation != "none";
        assert_eq!(metadata["format_version"], if is_normalised { "2" } else { "1" });
        assert_eq!(metadata["architecture"].contains("normalisation"), is_normalised);
    }
}

/// So do scales of the features, embeddings, parametric activations, and members with their own output layers.
#[test]
fn the_parts_of_presets_come_back() {
    let iris = load_builtin("iris", 0).unwrap();
    let scaled: &[(&str, &[usize])] = &[("input_scales", &[4])];
    let realmlp: &[(&str, &[usize])] = &[
        ("embeddings.0.frequency", &[4, 16]),
        ("embeddings.0.phase", &[4, 16]),
        ("embeddings.0.weight", &[4, 16, 3]),
        ("embeddings.0.bias", &[4, 3]),
        ("input_scales", &[16]),
        ("layers.0.weight", &[16, 7]),
        ("layers.1.activation.weight", &[5]),
    ];
    let tabm: &[(&str, &[usize])] = &[
        ("input_scales", &[32, 4]),
        ("layers.1.weight", &[7, 5]),
        ("layers.2.weight", &[32, 5, 3]),
        ("layers.2.bias", &[32, 3]),
    ];
    for (preset, hidden, set, tensors) in [
        (
            Preset::RealmlpS,
            vec![7],
            vec!["network.normalisation=batch".to_owned()],
            scaled,
        ),
        (Preset::Realmlp, vec![7, 5], Vec::new(), realmlp),
        (Preset::Tabm, vec![7, 5], Vec::new(), tabm),
    ] {
        let mut request = TrainingRequest {
            preset: Some(preset),
            epochs: Some(3),
            hidden: Some(hidden),
            set,
            ..TrainingRequest::default()
        };
        request.columns.target = vec!["species".into()];
        let plan = Plan::new(&iris, &request).unwrap();
        let model = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap().into_model();
        let folder = tempfile::tempdir().unwrap();
        let path = saved(&model, folder.path());
        let read = Model::load(&path).unwrap();
        assert_eq!(read, model);
        let bits = |model: &Model| output_bits(&model.network, model.preparation.as_ref().unwrap(), &iris);
        assert_eq!(bits(&read), bits(&model));
        let bytes = fs::read(&path).unwrap();
        let found = SafeTensors::deserialize(&bytes).unwrap();
        for (name, shape) in tensors {
            assert_eq!(found.tensor(name).unwrap().shape(), *shape, "{preset:?}: {name}");
        }
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["format_version"], "3");
    }
}

fn saved(model: &Model, folder: &Path) -> PathBuf {
    let path = folder.join("model.safetensors");
    model.save(&path).unwrap();
    path
}

/// What is wrong with a file that is there but no model.
fn problem(path: &Path) -> String {
    match Model::load(path) {
        Err(FileError::Contents { path: at, problem }) => {
            assert_eq!(at, path);
            problem
        }
        Err(other) => panic!("refused otherwise: {other}"),
        Ok(_) => panic!("{} was read", path.display()),
    }
}

/// The problem of a file of these bytes, which the message names after the file and in one line.
fn refusal_of(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.bin");
    fs::write(&path, bytes).unwrap();
    let error = Model::load(&path).unwrap_err().to_string();
    let problem = problem(&path);
    assert_eq!(error, format!("{}: {problem}", path.display()));
    assert!(!error.contains('\n'), "{error}");
    problem
}

/// The parts of a file that the format lets others write too.
struct Parts {
    texts: BTreeMap<String, String>,
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl Parts {
    fn from_bytes(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
        let texts = header.metadata().clone().unwrap().into_iter().collect();
        let read = SafeTensors::deserialize(bytes).unwrap();
        let tensors = read
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec())));
        Self {
            texts,
            tensors: tensors.collect(),
        }
    }

    /// By the rule that the format documents.
    fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        for (key, value) in self.texts.iter().filter(|(key, _)| *key != "sha256") {
            add(key.as_bytes());
            add(value.as_bytes());
        }
        for (name, (_, _, bytes)) in &self.tensors {
            add(name.as_bytes());
            add(bytes);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(mut self) -> Vec<u8> {
        if self.texts.contains_key("sha256") {
            let checksum = self.checksum();
            self.texts.insert("sha256".into(), checksum);
        }
        let views = self.tensors.iter().map(|(name, (dtype, shape, bytes))| {
            (
                name.clone(),
                TensorView::new(*dtype, shape.clone(), bytes).unwrap(),
            )
        });
        let texts: HashMap<String, String> = self.texts.clone().into_iter().collect();
        safetensors::serialize(views, Some(texts)).unwrap()
    }
}

/// A saved model with something changed and the checksum right again.
fn forged(change: impl FnOnce(&mut Parts)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = Parts::from_bytes(&fs::read(saved(&of_table(), folder.path())).unwrap());
    change(&mut parts);
    refusal_of(&parts.bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_saved_is_loaded_and_the_same_model_is_the_same_bytes(
        layers in prop::collection::vec(1usize..9, 2..5),
        numbers in prop::collection::vec(-1e30f32..1e30, 1..50),
        double in any::<bool>(),
        bias in any::<bool>(),
        losses in prop::collection::vec(prop_oneof![Just(f64::INFINITY), -1e3..1e3f64], 0..4),
    ) {
        let activations = vec![Activation::Relu; layers.len() - 1];
        let architecture = Architecture::new(&layers, &activations, bias).unwrap();
        let number = |at: usize| numbers[at % numbers.len()] / (at + 1) as f32;
        let of = 0..architecture.parameter_count();
        let network: AnyNetwork = if double {
            Network::new(architecture, of.map(|at| f64::from(number(at)) / 3.0).collect()).unwrap().into()
        } else {
            Network::new(architecture, of.map(number).collect()).unwrap().into()
        };
        let mut model = Model::new(network, Recipe::built_in("mnist-98").unwrap(), None);
        model.history = losses
            .iter()
            .enumerate()
            .map(|(at, &loss)| EpochRecord {
                epoch: at as u64 + 1,
                loss,
                metrics: vec![(Metric::RocAuc, loss / 2.0), (Metric::Accuracy, 0.5)],
                validation: Some(Evaluation { loss: -loss, metrics: vec![(Metric::R2, loss)] }),
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = saved(&model, folder.path());
        prop_assert_eq!(&Model::load(&path).unwrap(), &model);
        let first = fs::read(&path).unwrap();
        model.save(&path).unwrap();
        prop_assert!(first == fs::read(&path).unwrap());
    }
}

/// A table of `rows` rows: numbers, one of them missing, words, booleans, and a target of each kind.
fn table(rows: usize, numbers: &[f64]) -> Table {
    let words = |names: &[&str], shift: usize| Categories {
        names: names.iter().map(|&name| name.into()).collect(),
        codes: (0..rows)
            .map(|row| ((row + shift) % names.len()) as u32)
            .collect(),
    };
    let number =
        |row: usize| numbers[row % numbers.len()] * (1 + row / numbers.len()) as f64 + row as f64 / 3.0;
    let mut some = words(&["rouge", "été", "\"bleu\"", "a\\b"], 0);
    some.codes[1] = Categories::MISSING;
    let target = |row: usize| number(row) + row as f64;
    let columns = [
        ("size", Values::Numbers((0..rows).map(number).collect())),
        (
            "weight",
            Values::Numbers(
                (0..rows)
                    .map(|row| if row == 2 { f64::NAN } else { target(row) })
                    .collect(),
            ),
        ),
        ("colour", Values::Categories(some)),
        ("old", Values::Booleans(words(&["no", "yes"], 0))),
        ("two", Values::Categories(words(&["0", "1"], 1))),
        ("three", Values::Categories(words(&["un", "deux", "trois"], 0))),
        ("price", Values::Numbers((0..rows).map(target).collect())),
        (
            "cost",
            Values::Numbers((0..rows).map(|row| -target(row)).collect()),
        ),
    ];
    Table {
        first_row: 0,
        source: "example".into(),
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
        columns: columns
            .map(|(name, values)| Column {
                name: name.into(),
                values,
            })
            .into(),
    }
}

/// Every output for every row, to the last bit.
fn output_bits(network: &AnyNetwork, preparation: &Preparation, table: &Table) -> Vec<u64> {
    fn bits<T: Scalar>(network: &Network<T>, preparation: &Preparation, table: &Table) -> Vec<u64> {
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let (features, _) = preparation.transform::<T>(table, &rows).unwrap();
        let outputs = predict(network, &Features::Dense(features), rows.len(), NonZeroUsize::MIN);
        let outputs = Matrix::new(rows.len(), network.architecture().output_width(), outputs).unwrap();
        let decoded = format!("{:?}", preparation.target().decode(&outputs).unwrap());
        let outputs = outputs.values().iter().map(|output| output.to_f64().to_bits());
        outputs.chain(decoded.bytes().map(u64::from)).collect()
    }
    match network {
        AnyNetwork::F32(network) => bits(network, preparation, table),
        AnyNetwork::F64(network) => bits(network, preparation, table),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_fitted_to_a_table_predicts_the_same_bits_once_loaded(
        rows in 6usize..30,
        numbers in prop::collection::vec(-1e6..1e6f64, 1..8),
        scale in prop::sample::select(vec![
            Scale::Standardize, Scale::MinMax, Scale::Robust, Scale::Normal, Scale::PiecewiseQuantile, Scale::PiecewiseTree,
            Scale::None,
        ]),
        (targets, task) in prop::sample::select(vec![
            (vec!["two"], None),
            (vec!["three"], None),
            (vec!["price"], Some(Task::Regression)),
            (vec!["price", "cost"], None),
        ]),
        hidden in prop::collection::vec((1usize..6, prop::sample::select(&Activation::ALL[..])), 0..3),
        output in prop::sample::select(&Activation::ALL[..]),
        double in any::<bool>(),
        bias in any::<bool>(),
    ) {
        let table = table(rows, &numbers);
        let choice = ColumnChoice {
            target: targets.iter().map(|&name| name.into()).collect(),
            ..ColumnChoice::default()
        };
        let chosen = choose_columns(&table, &choice).unwrap();
        let training: Vec<u32> = (0..rows as u32).collect();
        let settings = PreparationSettings { scale, task, ..PreparationSettings::default() };
        let (preparation, _) = Preparation::fit(&table, &training, &chosen, &settings).unwrap();

        let inputs = std::iter::once(preparation.width());
        let layers: Vec<usize> =
            inputs.chain(hidden.iter().map(|layer| layer.0)).chain([preparation.target().outputs()]).collect();
        let activations: Vec<Activation> = hidden.iter().map(|layer| layer.1).chain([output]).collect();
        let architecture = Architecture::new(&layers, &activations, bias).unwrap();
        let value = |at: usize| (numbers[at % numbers.len()] + at as f64).sin();
        let count = 0..architecture.parameter_count();
        let network: AnyNetwork = if double {
            Network::new(architecture, count.map(value).collect()).unwrap().into()
        } else {
            Network::new(architecture, count.map(|at| value(at) as f32).collect()).unwrap().into()
        };
        let model = Model::new(network, Recipe::built_in("mnist-98").unwrap(), Some(preparation));
        let folder = tempfile::tempdir().unwrap();
        let path = saved(&model, folder.path());
        let read = Model::load(&path).unwrap();
        prop_assert_eq!(&read, &model);
        let bits = |model: &Model| output_bits(&model.network, model.preparation.as_ref().unwrap(), &table);
        prop_assert_eq!(bits(&read), bits(&model));
        let first = fs::read(&path).unwrap();
        read.save(&path).unwrap();
        prop_assert!(first == fs::read(&path).unwrap());
    }

    #[test]
    fn every_bit_of_a_parameter_comes_back(parameters in prop::collection::vec(finite(), 6)) {
        let architecture = Architecture::new(&[5, 1], &[Activation::Identity], true).unwrap();
        let network = Network::new(architecture, parameters.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = saved(&Model::new(network, Recipe::built_in("xor-sgd").unwrap(), None), folder.path());
        let AnyNetwork::F64(read) = Model::load(path).unwrap().network else {
            panic!("of another precision");
        };
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(read.parameters()), bits(&parameters));
    }
}

/// Every finite number, -0 and the smallest among them.
fn finite() -> impl Strategy<Value = f64> {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

#[test]
fn every_built_in_recipe_and_a_loss_that_is_no_number_come_back() {
    let folder = tempfile::tempdir().unwrap();
    for recipe in BUILT_IN {
        let mut model = plain(&[2, 1], |_| 0.5);
        model.recipe = Recipe::built_in(recipe.name).unwrap();
        let read = Model::load(saved(&model, folder.path())).unwrap();
        assert_eq!(read, model, "{}", recipe.name);
    }
    let mut model = plain(&[2, 1], |_| 0.5);
    model.history.push(EpochRecord {
        epoch: 1,
        loss: f64::NAN,
        metrics: Vec::new(),
        validation: Some(Evaluation {
            loss: f64::NEG_INFINITY,
            metrics: vec![(Metric::Accuracy, f64::NAN)],
        }),
    });
    let read = Model::load(saved(&model, folder.path())).unwrap();
    assert_eq!(format!("{:?}", read.history), format!("{:?}", model.history));
}

#[test]
fn a_model_of_a_table_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let model = of_table();
    let read = Model::load(saved(&model, folder.path())).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.classes.len(), 3);
    assert_eq!(read.feature_names.len(), 4);
    assert_eq!(read.history.len(), 2);
}

#[test]
fn any_safetensors_library_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&plain(&[2, 3, 1], |at| at as f32 * 0.5), folder.path());
    let parts = Parts::from_bytes(&fs::read(path).unwrap());
    let names: Vec<&str> = parts.tensors.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "layers.0.bias",
            "layers.0.weight",
            "layers.1.bias",
            "layers.1.weight"
        ]
    );
    // All weights come before all biases, a layer's weights row after row.
    let values = |name: &str| -> Vec<f32> {
        let (dtype, _, bytes) = &parts.tensors[name];
        assert_eq!(*dtype, Dtype::F32);
        bytes
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect()
    };
    assert_eq!(parts.tensors["layers.0.weight"].1, [2, 3]);
    assert_eq!(values("layers.0.weight"), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    assert_eq!(parts.tensors["layers.1.weight"].1, [3, 1]);
    assert_eq!(values("layers.1.weight"), [3.0, 3.5, 4.0]);
    assert_eq!(values("layers.0.bias"), [4.5, 5.0, 5.5]);
    assert_eq!(parts.texts["format"], "pellucid");
    assert_eq!(parts.texts["sha256"], parts.checksum());
    assert!(parts.texts["architecture"].contains("[2,3,1]"));
}

#[test]
fn cut_off_anywhere_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(saved(&plain(&[1, 1], |_| 1.0), folder.path())).unwrap();
    let path = folder.path().join("cut");
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let found = problem(&path);
        let expected = match length {
            0 => found == "the file is empty; a model was expected",
            1..8 => {
                found.starts_with("the file is cut off: its first part takes 8 bytes")
                    || found.starts_with("not a model: ")
            }
            _ => found.starts_with("the file is cut off: its "),
        };
        assert!(expected, "{length} of {}: {found}", bytes.len());
    }
    let longer = [bytes, vec![0; 3]].concat();
    assert!(refusal_of(&longer).starts_with("the file goes on for 3 bytes after its last tensor"));
}

#[test]
fn changed_in_any_bit_of_a_byte_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(saved(&plain(&[1, 1], |_| 1.0), folder.path())).unwrap();
    let path = folder.path().join("changed");
    for at in 0..bytes.len() {
        // Each bit, and what makes white space or NUL of a blank.
        for flipped in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x29, 0x2a, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flipped;
            fs::write(&path, &changed).unwrap();
            // White space that pads the header is no part of it.
            if let Ok(read) = Model::load(&path) {
                assert!(
                    bytes[at].is_ascii_whitespace(),
                    "byte {at} may be {}",
                    changed[at]
                );
                assert_eq!(read, plain(&[1, 1], |_| 1.0));
            }
        }
    }
}

#[test]
fn a_file_that_is_no_model_is_recognised_by_its_contents() {
    for (bytes, expected) in [
        (&b"PK\x03\x04 and so on, longer than eight"[..], "zip archive"),
        (b"\x89HDF\r\n\x1a\n and so on", "HDF5"),
        (b"\x80\x04\x95 and so on and on", "pickle"),
        (b"\x1f\x8b\x08 and so on and on", "gzip"),
        (b"age,income\n1,2\n", "text that begins with"),
        (b"short,text\n", "text that begins with"),
        (&[0xff; 40], "header of 18446744073709551615 bytes"),
        (&[0; 40], "header of 0 bytes"),
    ] {
        let problem = refusal_of(bytes);
        assert!(problem.starts_with("not a model: "), "{problem}");
        assert!(
            problem.contains(expected) && problem.contains("expected a safetensors file"),
            "{problem}"
        );
    }
    assert!(refusal_of(b"").contains("the file is empty"));
    let folder = tempfile::tempdir().unwrap();
    let missing = Model::load(folder.path().join("none")).unwrap_err();
    assert!(matches!(missing, FileError::Missing { .. }), "{missing}");
    assert!(missing.to_string().contains("check the path"), "{missing}");
    let of_folder = Model::load(folder.path()).unwrap_err();
    assert!(matches!(of_folder, FileError::Read { .. }), "{of_folder}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_reported() {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&plain(&[1, 1], |_| 1.0), folder.path());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: this user may read every file");
        return;
    }
    let error = Model::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("model.safetensors") && error.contains("ermission"),
        "{error}"
    );
}

/// A header alone costs nothing but its own bytes, whatever it promises.
#[test]
fn what_a_header_promises_takes_no_memory() {
    let header = br#"{"__metadata__":{"format":"pellucid","format_version":"1"},"a":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,1152921504606846976]}}"#;
    let file = [&(header.len() as u64).to_le_bytes()[..], header].concat();
    let problem = refusal_of(&file);
    assert_eq!(
        problem,
        "the file is cut off: its tensors takes 1152921504606846976 bytes, 0 are there; copy it again"
    );
    // Lengths and nesting that do not fit.
    for header in [
        r#"{"a":{"dtype":"F64","shape":[4294967296,4294967296,2],"data_offsets":[0,0]}}"#.to_string(),
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#.to_string(),
        r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#.to_string(),
        r#"{"__metadata__":{"format":1}}"#.to_string(),
        format!("{{\"a\":{}", "[".repeat(100_000)),
    ] {
        let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        let problem = refusal_of(&file);
        assert!(problem.starts_with("the header cannot be read ("), "{problem}");
    }
}

#[test]
fn files_of_others_and_of_later_versions_are_refused() {
    let weight = |texts| Parts {
        texts,
        tensors: BTreeMap::from([("fc.weight".to_string(), (Dtype::F32, vec![1, 2], vec![0; 8]))]),
    };
    let problem = refusal_of(&weight(BTreeMap::new()).bytes());
    assert!(
        problem.starts_with("a safetensors file of 1 tensor(s) (`fc.weight`) that pellucid did not write"),
        "{problem}"
    );

    let version = |text: &str| {
        forged(|parts| {
            parts.texts.insert("format_version".into(), text.into());
            parts.texts.insert("pellucid_version".into(), "9.9.9".into());
        })
    };
    let problem = version("5");
    assert!(
        problem.starts_with("a model of format 5, written by pellucid 9.9.9")
            && problem.ends_with("update it"),
        "{problem}"
    );
    for text in ["0", "x", "", "-1"] {
        let problem = version(text);
        assert!(
            problem.starts_with("the metadata `format_version` is "),
            "{problem}"
        );
    }
}

#[test]
fn what_contradicts_itself_is_refused_whatever_the_checksum_says() {
    let first = "layers.0.weight";
    let wrong_tensor = "the architecture has ";
    let missing = forged(|parts| drop(parts.tensors.remove("layers.1.bias")));
    assert!(missing.contains(wrong_tensor), "{missing}");
    let extra = forged(|parts| {
        parts.tensors.insert("more".into(), (Dtype::U8, vec![1], vec![0]));
    });
    assert!(extra.contains(wrong_tensor), "{extra}");
    let problem = forged(|parts| parts.tensors.get_mut(first).unwrap().1 = vec![3, 4]);
    assert!(problem.contains(wrong_tensor), "{problem}");
    assert!(
        problem.contains(first) && problem.contains("[3, 4]") && problem.contains("[4, 3]"),
        "{problem}"
    );
    let not_a_number = |parts: &mut Parts| {
        let bytes = &mut parts.tensors.get_mut("layers.1.weight").unwrap().2;
        bytes[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    };
    let problem = forged(not_a_number);
    assert!(problem.starts_with("layer 2 holds NaN"), "{problem}");

    let text = |key: &'static str, value: &'static str| {
        forged(move |parts| drop(parts.texts.insert(key.into(), value.into())))
    };
    let contradiction = "; the parts of this model do not belong together";
    for (key, value) in [("classes", "[\"a\",\"b\",\"c\"]"), ("feature_names", "[\"a\"]")] {
        let problem = text(key, value);
        assert!(problem.contains(contradiction), "{problem}");
    }
    for (key, value) in [
        ("preparation", "{}"),
        ("recipe", "[]"),
        ("history", "[{\"epoch\":\"one\"}]"),
        ("architecture", "{\"layers\":[4,3,3]}"),
    ] {
        let problem = text(key, value);
        let expected = format!("the metadata `{key}` cannot be read (");
        assert!(problem.starts_with(&expected), "{problem}");
    }
    let huge = "{\"layers\":[4,4000000000,3],\"activations\":[\"relu\",\"softmax\"],\"bias\":true,\"precision\":\"f32\"}";
    for (value, expected) in [
        (huge, "[4, 4000000000]"),
        (
            "{\"layers\":[18446744073709551615,18446744073709551615],\"activations\":[\"relu\"],\"bias\":true,\"precision\":\"f32\"}",
            "memory can address",
        ),
        (
            "{\"layers\":[],\"activations\":[],\"bias\":true,\"precision\":\"f32\"}",
            "at least an input",
        ),
        (
            "{\"layers\":[4,0,3],\"activations\":[\"relu\",\"softmax\"],\"bias\":true,\"precision\":\"f32\"}",
            "zero width",
        ),
        (
            "{\"layers\":[4,3,3],\"activations\":[\"relu\",\"softmax\"],\"bias\":true,\"precision\":\"f64\"}",
            "F64",
        ),
        (
            "{\"layers\":[4,3,3],\"activations\":[\"relu\",\"softmax\"],\"bias\":false,\"precision\":\"f32\"}",
            "4 tensors",
        ),
    ] {
        let message = text("architecture", value);
        assert!(message.contains(expected), "{expected}: {message}");
    }
    // A preparation of another table.
    let problem = forged(|parts| {
        let other = parts.texts["preparation"].replace("setosa", "sitosa");
        parts.texts.insert("preparation".into(), other);
    });
    assert!(problem.contains(contradiction), "{problem}");
    assert!(problem.contains("`classes`"), "{problem}");
    let problem = forged(|parts| drop(parts.texts.remove("history")));
    assert!(
        problem.starts_with("the metadata `history` is missing"),
        "{problem}"
    );
}

#[test]
fn a_model_that_could_not_be_read_again_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(&plain(&[2, 1], |_| 0.5), folder.path());
    let before = fs::read(&path).unwrap();
    let error = plain(&[2, 1], |at| if at == 1 { f32::NAN } else { 0.5 })
        .save(&path)
        .unwrap_err();
    assert!(error.to_string().contains("layer 1 holds NaN"), "{error}");
    let mut contradiction = plain(&[2, 1], |_| 0.5);
    contradiction.classes = vec!["one".into(), "two".into(), "three".into()];
    let error = contradiction.save(&path).unwrap_err();
    assert!(error.to_string().contains("do not belong together"), "{error}");
    assert!(fs::read(&path).unwrap() == before, "the model of before is gone");
}

#[test]
fn the_bytes_of_a_model_are_those_of_its_file() {
    let model = of_table();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    model.save(&path).unwrap();
    let bytes = model.to_bytes(Path::new("the model")).unwrap();
    assert_eq!(bytes, fs::read(&path).unwrap());
    assert_eq!(Model::from_bytes(&bytes, &path).unwrap(), model);
    let refused = Model::from_bytes(&bytes[1..], Path::new("the model")).unwrap_err();
    assert!(refused.to_string().starts_with("the model: "), "{refused}");
}
