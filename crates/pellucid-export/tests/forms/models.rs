//! Models of a small table with every kind of column, their parameters drawn at random.

use pellucid::model::embedding::{Embedding, EmbeddingMethod};
use pellucid::recipe::{Scale, TargetTransform, Task, Unseen};
use pellucid::{Activation, Architecture, Network, Normalisation, Precision, Recipe, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{
    ColumnChoice, Preparation, PreparationSettings, ReadTable, ReadingRequest, choose_columns,
};
use pellucid_data::{Categories, Column, Table, Values};

/// Numbers between 0 and 1, the same each time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[(self.next() * of.len() as f64) as usize]
    }
}

fn words(name: &str, words: Vec<Option<String>>) -> Column {
    let mut names: Vec<String> = words.iter().flatten().cloned().collect();
    names.sort();
    names.dedup();
    let code = |word: &Option<String>| match word {
        None => Categories::MISSING,
        Some(word) => names.binary_search(word).unwrap() as u32,
    };
    let codes = words.iter().map(code).collect();
    Column {
        name: name.into(),
        values: Values::Categories(Categories { names, codes }),
    }
}

/// A table of people: numbers, words, truths and dates, some missing; names of columns that no language takes as they are.
pub(crate) fn people() -> Table {
    const ROWS: usize = 80;
    let mut random = Random::new(3);
    let numbers = |name: &str, values: Vec<f64>| Column {
        name: name.into(),
        values: Values::Numbers(values),
    };
    let mut each = |make: &mut dyn FnMut(&mut Random) -> f64| -> Vec<f64> {
        (0..ROWS).map(|_| make(&mut random)).collect()
    };
    let age = each(&mut |random| {
        if random.next() < 0.1 {
            f64::NAN
        } else {
            (20.0 + 50.0 * random.next()).round()
        }
    });
    let height = each(&mut |random| 150.0 + 50.0 * random.next());
    let visits = each(&mut |random| (random.next() * 4.0).floor());
    let income = each(&mut |random| (3.0 * random.next()).exp());
    let debt = each(&mut |random| 10.0 * random.next() - 5.0);
    let mut random = Random::new(5);
    let mut text = |of: &[&str], missing: f64| -> Vec<Option<String>> {
        (0..ROWS)
            .map(|_| (random.next() >= missing).then(|| random.one_of(of).to_owned()))
            .collect()
    };
    let colour = text(&["red", "gr\u{fc}n", "a \"quoted\" word\\"], 0.1);
    let member = text(&["no", "yes"], 0.05);
    let city = text(&["Oslo", "Rome", "Bonn", "Lyon", "Kyiv"], 0.0);
    let kind = text(&["one", "two", "three"], 0.0);
    let buys = text(&["no", "yes"], 0.0);
    let sells = text(&["left", "right"], 0.0);
    let when = (0..ROWS)
        .map(|row| {
            let (year, month, day) = (1999 + row % 9, 1 + row * 7 % 12, 1 + row * 11 % 28);
            (row % 13 != 5).then(|| format!("{year}-{month:02}-{day:02} {:02}:30", row % 24))
        })
        .collect();
    Table {
        first_row: 0,
        source: "people".into(),
        columns: vec![
            numbers("age", age),
            words("colour", colour),
            numbers("height (cm)", height),
            words("member", member),
            words("int", city),
            numbers("3 visits", visits),
            words("when", when),
            words("kind", kind),
            words("buys", buys),
            words("sells", sells),
            numbers("income", income),
            numbers("debt", debt),
        ],
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

/// What a model is made of.
pub(crate) struct Parts {
    pub(crate) targets: &'static [&'static str],
    pub(crate) settings: PreparationSettings,
    pub(crate) hidden: Vec<(usize, Activation, Option<Normalisation>)>,
    pub(crate) output: Activation,
    pub(crate) precision: Precision,
    pub(crate) scales_inputs: bool,
    pub(crate) is_parametric: bool,
    pub(crate) members: usize,
    pub(crate) networks: usize,
    pub(crate) embeddings: Vec<Embedding>,
    /// Texts that stand for a missing value.
    pub(crate) missing: Vec<String>,
}

/// A classifier of three classes, in single precision.
pub(crate) fn classes() -> Parts {
    Parts {
        targets: &["kind"],
        settings: PreparationSettings::default(),
        hidden: vec![(6, Activation::Relu, None)],
        output: Activation::Softmax,
        precision: Precision::F32,
        scales_inputs: false,
        is_parametric: false,
        members: 1,
        networks: 1,
        embeddings: Vec::new(),
        missing: Vec::new(),
    }
}

/// A regression of two targets.
pub(crate) fn numbers() -> Parts {
    Parts {
        targets: &["income", "debt"],
        settings: PreparationSettings {
            task: Some(Task::Regression),
            ..PreparationSettings::default()
        },
        output: Activation::Identity,
        ..classes()
    }
}

fn network<T: Scalar>(architecture: &Architecture, seed: u64) -> Network<T> {
    let mut random = Random::new(seed);
    let mut parameters: Vec<T> = (0..architecture.parameter_count())
        .map(|_| T::from_f64(random.next() - 0.5))
        .collect();
    for layer in architecture.layers() {
        if let Some(statistics) = layer.statistics() {
            for variance in &mut parameters[statistics.start + layer.fan_out..statistics.end] {
                *variance = T::from_f64(0.5 + random.next());
            }
        }
    }
    Network::new(architecture.clone(), parameters).unwrap()
}

impl Parts {
    /// The model, and the table it is of.
    pub(crate) fn build(&self) -> (Model, Table) {
        let request = ReadingRequest {
            missing: self.missing.clone(),
            ..ReadingRequest::default()
        };
        let ReadTable { table, reading, .. } = ReadTable::new(people(), &request).unwrap();
        let all = ["kind", "buys", "sells", "income", "debt"];
        let target: Vec<String> = self.targets.iter().map(|&name| name.to_owned()).collect();
        let drop = all
            .iter()
            .filter(|name| !self.targets.contains(name))
            .map(|&name| name.to_owned())
            .collect();
        let choice = ColumnChoice {
            target,
            drop,
            ..ColumnChoice::default()
        };
        let mut chosen = choose_columns(&table, &choice).unwrap();
        chosen.reading = reading;
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let (preparation, _) = Preparation::fit(&table, &rows, &chosen, &self.settings).unwrap();

        let mut sizes = vec![preparation.width()];
        sizes.extend(self.hidden.iter().map(|(units, ..)| *units));
        sizes.push(preparation.target().outputs());
        let mut activations: Vec<Activation> =
            self.hidden.iter().map(|(_, activation, _)| *activation).collect();
        activations.push(self.output);
        let mut normalisations: Vec<Option<Normalisation>> =
            self.hidden.iter().map(|(.., one)| *one).collect();
        normalisations.push(None);
        let mut architecture = Architecture::new(&sizes, &activations, true)
            .unwrap()
            .normalised(&normalisations)
            .unwrap();
        if self.scales_inputs {
            architecture = architecture.scaling_inputs();
        }
        if !self.embeddings.is_empty() {
            architecture = architecture.embedding(&self.embeddings).unwrap();
        }
        if self.is_parametric {
            architecture = architecture.with_parametric_activations();
        }
        if self.members > 1 {
            architecture = architecture.with_members(self.members).unwrap();
        }
        let made = |seed: u64| match self.precision {
            Precision::F32 => AnyNetwork::from(network::<f32>(&architecture, seed)),
            Precision::F64 => AnyNetwork::from(network::<f64>(&architecture, seed)),
        };
        let mut model = Model::new(made(1), Recipe::built_in("xor-sgd").unwrap(), Some(preparation));
        model.members = (2..=self.networks as u64).map(made).collect();
        (model, table)
    }
}

/// Models that together have every part that a model may have.
pub(crate) fn all() -> Vec<(&'static str, Parts)> {
    let scaled = |scale: Scale| PreparationSettings {
        scale,
        ..numbers().settings
    };
    let target = |target_transform: TargetTransform| PreparationSettings {
        target_transform,
        ..numbers().settings
    };
    let hidden = |of: &[Activation]| {
        of.iter()
            .map(|&activation| (3, activation, None))
            .collect::<Vec<_>>()
    };
    let layers = &Activation::ALL.map(|activation| activation);
    let elementwise: Vec<Activation> = layers
        .iter()
        .copied()
        .filter(|one| one.is_elementwise())
        .collect();
    let (first, second) = elementwise.split_at(elementwise.len() / 2);
    let embedding = |method, first, last| Embedding::new(method, first, last);
    vec![
        ("classes", classes()),
        (
            "classes in double precision",
            Parts {
                precision: Precision::F64,
                ..classes()
            },
        ),
        (
            "two classes, unseen words as missing",
            Parts {
                targets: &["buys"],
                output: Activation::Sigmoid,
                settings: PreparationSettings {
                    unseen: Unseen::Missing,
                    ..classes().settings
                },
                missing: vec!["Rome".into(), "170".into(), "3".into()],
                ..classes()
            },
        ),
        (
            "two targets of two classes, unseen words refused",
            Parts {
                targets: &["buys", "sells"],
                output: Activation::Sigmoid,
                settings: PreparationSettings {
                    unseen: Unseen::Error,
                    ..classes().settings
                },
                ..classes()
            },
        ),
        (
            "activations",
            Parts {
                hidden: hidden(first),
                ..numbers()
            },
        ),
        (
            "further activations",
            Parts {
                hidden: hidden(second),
                ..numbers()
            },
        ),
        (
            "activations in double precision",
            Parts {
                hidden: hidden(&elementwise),
                precision: Precision::F64,
                ..numbers()
            },
        ),
        (
            "robust numbers, batch normalisation, scales, parametric activations",
            Parts {
                settings: scaled(Scale::Robust),
                hidden: vec![
                    (5, Activation::Mish, Some(Normalisation::BATCH)),
                    (4, Activation::Tanh, Some(Normalisation::LAYER)),
                ],
                scales_inputs: true,
                is_parametric: true,
                ..numbers()
            },
        ),
        (
            "normal quantiles of features and of the target",
            Parts {
                settings: PreparationSettings {
                    scale: Scale::Normal,
                    ..target(TargetTransform::QuantileNormal)
                },
                precision: Precision::F64,
                ..numbers()
            },
        ),
        (
            "bins, the logarithm of the target within its range",
            Parts {
                targets: &["income"],
                settings: PreparationSettings {
                    scale: Scale::PiecewiseQuantile,
                    clamp_predictions: true,
                    ..target(TargetTransform::Log)
                },
                ..numbers()
            },
        ),
        (
            "an ensemble of members, smallest to largest",
            Parts {
                members: 3,
                networks: 2,
                ..classes_of(scaled(Scale::MinMax))
            },
        ),
        (
            "embeddings",
            Parts {
                settings: scaled(Scale::PiecewiseTree),
                embeddings: vec![
                    embedding(EmbeddingMethod::Pbld, 1, 2),
                    embedding(EmbeddingMethod::Linear, 4, 6),
                    embedding(EmbeddingMethod::Plr, 7, 8),
                ],
                ..numbers()
            },
        ),
    ]
}

/// Models whose networks scikit-learn has.
pub(crate) fn of_scikit_learn() -> Vec<(&'static str, Parts)> {
    let hidden = |activation, normalisation| vec![(5, activation, None), (4, activation, normalisation)];
    vec![
        ("classes", classes()),
        (
            "two classes, batch normalisation",
            Parts {
                targets: &["buys"],
                output: Activation::Sigmoid,
                hidden: hidden(Activation::Sigmoid, Some(Normalisation::BATCH)),
                precision: Precision::F64,
                ..classes()
            },
        ),
        (
            "two targets of two classes, unseen words refused",
            Parts {
                targets: &["buys", "sells"],
                output: Activation::Sigmoid,
                settings: PreparationSettings {
                    unseen: Unseen::Error,
                    ..classes().settings
                },
                hidden: hidden(Activation::Tanh, None),
                ..classes()
            },
        ),
        (
            "two numbers, scales",
            Parts {
                hidden: hidden(Activation::Identity, None),
                scales_inputs: true,
                precision: Precision::F64,
                ..numbers()
            },
        ),
        (
            "the logarithm of one number",
            Parts {
                targets: &["income"],
                settings: PreparationSettings {
                    target_transform: TargetTransform::Log,
                    ..numbers().settings
                },
                hidden: hidden(Activation::Relu, None),
                ..numbers()
            },
        ),
    ]
}

/// Models whose layers are written in integers.
pub(crate) fn of_integers() -> Vec<(&'static str, Parts)> {
    let hidden = |activation| vec![(12, activation, None), (8, activation, None)];
    let activations = [
        Activation::Relu,
        Activation::HardTanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::LeakyRelu,
    ];
    let mut models: Vec<(&'static str, Parts)> = activations
        .into_iter()
        .map(|activation| {
            let parts = Parts {
                hidden: hidden(activation),
                ..numbers()
            };
            (activation.name(), parts)
        })
        .collect();
    models.extend(of_scikit_learn());
    models.push((
        "no hidden layer",
        Parts {
            hidden: vec![],
            ..classes()
        },
    ));
    models
}

fn classes_of(settings: PreparationSettings) -> Parts {
    Parts {
        settings: PreparationSettings {
            task: None,
            ..settings
        },
        ..classes()
    }
}

/// A model that was trained on arrays.
pub(crate) fn of_arrays() -> Model {
    let architecture = Architecture::new(&[5, 4, 3], &[Activation::Silu, Activation::Softmax], true).unwrap();
    let network: Network<f32> = network(&architecture, 9);
    let mut model = Model::new(network, Recipe::built_in("xor-sgd").unwrap(), None);
    model.classes = vec!["a".into(), "b".into(), "c".into()];
    model
}
