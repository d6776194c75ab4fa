//! Every descriptor is complete: it has a formula, a reference figure in `golden/`, and its row in `docs/recipes.md`. The
//! tables of that page are made of the descriptors: `PELLUCID_WRITE_DOCS=1 cargo test -p pellucid --test descriptors` writes
//! them.

use pellucid::descriptor::{Choice, Descriptor, Setting, SettingValue};
use pellucid::evaluation::metrics::Metric;
use pellucid::model::init::Init;
use pellucid::optimization::averaging::Average;
use pellucid::{Activation, Loss, Normalisation, Optimizer, Schedule};
use serde_json::Value;
use std::fmt::Write;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/recipes.md");

/// A kind of choice: where its reference figures are, and which of its members have none because they are compared with
/// something else.
struct Kind {
    name: &'static str,
    golden: &'static str,
    script: &'static str,
    without_figure: &'static [&'static str],
    members: Vec<Member>,
}

struct Member {
    descriptor: &'static Descriptor,
    settings: &'static [Setting],
    values: Vec<String>,
}

fn kind<C: Choice>(
    name: &'static str,
    [golden, script]: [&'static str; 2],
    without_figure: &'static [&'static str],
) -> Kind {
    let members = C::all().iter().map(|choice| Member {
        descriptor: choice.common(),
        settings: choice.settings(),
        values: choice.values().into_iter().map(text).collect(),
    });
    Kind {
        name,
        golden,
        script,
        without_figure,
        members: members.collect(),
    }
}

fn kinds() -> Vec<Kind> {
    let metrics = Metric::ALL.into_iter().map(|metric| Member {
        descriptor: &metric.descriptor().common,
        settings: &[],
        values: Vec::new(),
    });
    vec![
        kind::<Activation>(
            "activation",
            [include_str!("golden/activations.json"), "make_activations.py"],
            // `laws/gradients.rs` checks its derivative by central differences.
            &["softmax"],
        ),
        kind::<Loss>(
            "loss",
            [include_str!("golden/losses.json"), "make_losses.py"],
            &[],
        ),
        Kind {
            name: "metric",
            golden: include_str!("golden/metrics.json"),
            script: "make_metrics.py",
            // `metrics.rs` computes it by hand.
            without_figure: &["y_pred", "top_5"],
            members: metrics.collect(),
        },
        kind::<Optimizer>(
            "optimizer",
            [include_str!("golden/optimizers.json"), "make_optimizers.py"],
            // `lbfgs.rs` compares it with SciPy's.
            &["lbfgs"],
        ),
        kind::<Schedule>(
            "schedule",
            [include_str!("golden/schedules.json"), "make_schedules.py"],
            &[],
        ),
        kind::<Init>(
            "initialiser",
            [include_str!("golden/initialisers.json"), "make_initialisers.py"],
            // `initialisers.rs` checks their distributions; PyTorch draws from other generators. That of scikit-learn is under
            // `perceptrons`; `realmlp_steps.rs` checks that of RealMLP, `laws/data_driven.rs` the one by the data.
            &[
                "sklearn",
                "realmlp",
                "data_driven",
                "zeros",
                "constant",
                "uniform",
                "normal",
                "truncated_normal",
                "xavier_uniform",
                "xavier_normal",
                "he_uniform",
                "he_normal",
                "lecun_uniform",
                "lecun_normal",
                "pytorch",
                "given",
                "draws",
            ],
        ),
        kind::<Average>(
            "average",
            ["", ""],
            // `laws/averaging.rs` computes both by hand.
            &["ema", "swa"],
        ),
        kind::<Normalisation>(
            "normalisation",
            [include_str!("golden/normalisation.json"), "make_normalisation.py"],
            &[],
        ),
    ]
}

/// A default as the documentation writes it.
fn text(value: &dyn SettingValue) -> String {
    match value.number() {
        Some(number) if number != 0.0 && number.abs() < 1e-3 => format!("{number:.1e}").replace(".0e", "e"),
        _ => value.text(),
    }
}

/// Whether a JSON value holds a string.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Array(list) => list.iter().any(|value| holds(value, text)),
        Value::Object(map) => map.iter().any(|(key, value)| key == text || holds(value, text)),
        _ => false,
    }
}

#[test]
fn every_descriptor_is_complete() {
    let mut missing = Vec::new();
    for kind in kinds() {
        let golden: Value = serde_json::from_str(kind.golden).unwrap_or_default();
        let mut names: Vec<&str> = Vec::new();
        for Member {
            descriptor, settings, ..
        } in &kind.members
        {
            let what = format!("the {} `{}`", kind.name, descriptor.name);
            let mut need = |fine: bool, message: String| {
                if !fine {
                    missing.push(message);
                }
            };
            let own = std::iter::once(descriptor.name).chain(descriptor.aliases.iter().copied());
            for name in own {
                need(
                    !names.contains(&name),
                    format!("{what}: the name `{name}` is taken; choose another in its descriptor"),
                );
                names.push(name);
            }
            let formula = descriptor.formula;
            need(
                !descriptor.title.is_empty() && !formula.plain.is_empty() && !formula.latex.is_empty(),
                format!(
                    "{what} has no title or formula: fill in `title` and `formula` (plain and LaTeX) of its descriptor"
                ),
            );
            for setting in *settings {
                need(
                    !setting.meaning.is_empty(),
                    format!(
                        "{what}: the setting `{}` has no meaning; add it to its `Setting`",
                        setting.key
                    ),
                );
            }
            need(
                kind.without_figure.contains(&descriptor.name) || holds(&golden, descriptor.name),
                format!(
                    "{what} has no reference figure: add it to crates/pellucid/tests/golden/{}, run that, or name the test that \
                     compares it in `kinds` of crates/pellucid/tests/descriptors.rs",
                    kind.script
                ),
            );
        }
    }
    for activation in Activation::all() {
        let descriptor = activation.descriptor();
        if descriptor.expression.is_empty() || descriptor.derivative.plain.is_empty() {
            missing.push(format!(
                "the activation `{}` has no `expression` or `derivative`: exports and explanations read them; add them to its descriptor",
                descriptor.common.name
            ));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

/// The tables of `docs/recipes.md`, each with the name that its marker has.
fn tables() -> Vec<(String, String)> {
    let table = |kind: &Kind| {
        let mut text = String::from(
            "| name | settings (and their defaults) | formula | paper |\n| --- | --- | --- | --- |\n",
        );
        for Member {
            descriptor,
            settings,
            values,
        } in &kind.members
        {
            let mut names = vec![format!("`{}`", descriptor.name)];
            names.extend(descriptor.aliases.iter().map(|alias| format!("`{alias}`")));
            let setting = |(setting, value): (&Setting, &String)| match setting.is_required {
                true => format!("`{}` (needed)", setting.key),
                false => format!("`{}` ({value})", setting.key),
            };
            let keys: Vec<String> = settings.iter().zip(values).map(setting).collect();
            let cell = |text: &str| text.replace('|', "\\|");
            let Descriptor { formula, paper, .. } = descriptor;
            let row = [
                names.join(", "),
                keys.join(", "),
                cell(formula.plain),
                cell(paper),
            ];
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        let mut settings: Vec<&Setting> = Vec::new();
        for setting in kind.members.iter().flat_map(|member| member.settings) {
            if settings.iter().all(|known| known.key != setting.key) {
                settings.push(setting);
            }
        }
        if !settings.is_empty() {
            text += "\n| setting | meaning |\n| --- | --- |\n";
            for setting in settings {
                let _ = writeln!(
                    text,
                    "| `{}` | {} |",
                    setting.key,
                    setting.meaning.replace('|', "\\|")
                );
            }
        }
        (kind.name.to_string(), text)
    };
    kinds().iter().map(table).collect()
}

#[test]
fn the_tables_of_the_documentation_are_those_of_the_descriptors() {
    let mut docs = std::fs::read_to_string(DOCS).unwrap();
    for (name, table) in tables() {
        let (start, end) = (format!("<!-- table: {name} -->\n\n"), "\n<!-- end of table -->");
        let from = docs.find(&start).map(|at| at + start.len());
        let from = from.unwrap_or_else(|| panic!("docs/recipes.md has no `{}`", start.trim()));
        let to = from + docs[from..].find(end).expect("a table ends");
        if docs[from..to] != table {
            docs.replace_range(from..to, &table);
            assert!(
                std::env::var_os("PELLUCID_WRITE_DOCS").is_some(),
                "docs/recipes.md differs from the descriptors of kind {name}; \
                 `PELLUCID_WRITE_DOCS=1 cargo test -p pellucid --test descriptors` writes its tables"
            );
            std::fs::write(DOCS, &docs).unwrap();
        }
    }
}

/// Names and keys are read with `-` and `_` alike; one spelling is written.
#[test]
fn hyphens_and_underscores_are_alike() {
    use pellucid::Recipe;
    let with = |separator: &str| {
        let text = "[data]\nsource = \"noisy_line\"\nfeatures = 2\ntargets = [[1.0]]\n[network]\nlayers = [2, 3, 1]\n\
                    activation = [\"leaky_relu\", \"identity\"]\n[init]\nmethod = \"truncated_normal\"\nstd = 0.1\n[train]\n\
                    loss = \"half_squared_error\"\nlearning_rate = 0.1\nepochs = 3\nupdate = \"textbook\"\n\
                    reduction = \"weighted_mean\"\nstop_at = { metric = \"mean_squared_error\", value = 0.1 }\n\
                    optimizer = { name = \"adam\", beta_1 = 0.8, epsilon_hat = true }\n\
                    schedule = { name = \"reduce_on_plateau\", threshold_mode = \"absolute\" }\n[log]\ncount_from = 0\n";
        let spelt: String = text.replace('_', separator);
        Recipe::from_toml(&spelt, "test.toml").unwrap_or_else(|error| panic!("{error}"))
    };
    let mut recipe = with("_");
    assert_eq!(with("-"), recipe);
    let json = serde_json::to_string(&recipe).unwrap();
    assert!(
        json.contains("noisy-line") && json.contains("leaky_relu"),
        "{json}"
    );
    let hyphens = json
        .replace("weighted_mean", "weighted-mean")
        .replace("batch_size", "batch-size");
    assert_eq!(serde_json::from_str::<Recipe>(&hyphens).unwrap(), recipe);
    recipe.set("train.learning-rate=0.3").unwrap();
    recipe.set("train.optimizer.beta-1=0.7").unwrap();
    recipe.set("train.update=top_down").unwrap();
    assert_eq!(
        (
            recipe.train.learning_rate,
            recipe.train.optimizer.number("beta_1")
        ),
        (0.3, Some(0.7))
    );
    assert!(recipe.to_toml().unwrap().contains("\"top-down\""));
    let error = recipe.set("train.learning-rat=0.3").unwrap_err().to_string();
    assert!(error.contains("did you mean `learning_rate`?"), "{error}");
}

/// Settings that go together need no order.
#[test]
fn assignments_are_taken_together() {
    let mut recipe = pellucid::Recipe::built_in("xor_sgd").unwrap();
    recipe
        .set_all([
            "train.optimizer.rho=0.8",
            "train.optimizer.name=rmsprop",
            "init={ method = \"zeros\" }",
        ])
        .unwrap();
    assert_eq!(recipe.train.optimizer.number("rho"), Some(0.8));
    let error = recipe
        .set_all(["train.epochs=3", "train.epoch=4", "train.seed=1"])
        .unwrap_err();
    assert!(error.to_string().starts_with("--set train.epoch=4: "), "{error}");
}
