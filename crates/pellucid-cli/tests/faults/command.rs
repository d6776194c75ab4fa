//! The commands whose calls fail, each with the files that it reads and writes.

/// A command on small inputs in its working folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) arguments: &'static str,
    /// What it writes.
    pub(crate) outputs: &'static [Output],
    /// The file that takes its standard output.
    pub(crate) stream: Option<&'static str>,
    /// A command that leaves a state from which it goes on, where outputs exist before.
    pub(crate) begun_by: Option<&'static str>,
}

/// A file that a command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) name: &'static str,
    pub(crate) content: Content,
}

/// What a command writes to a file each time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Content {
    /// The same bytes.
    Same,
    /// The same record but for times.
    Record,
    /// The same text but for numbers: times are among them.
    Page,
    /// A state of its work, which the next run reads and complains about if it is damaged.
    State,
}

const fn same(name: &'static str) -> Output {
    let content = Content::Same;
    Output { name, content }
}

const fn record(name: &'static str) -> Output {
    let content = Content::Record;
    Output { name, content }
}

const fn page(name: &'static str) -> Output {
    let content = Content::Page;
    Output { name, content }
}

const fn state(name: &'static str) -> Output {
    let content = Content::State;
    Output { name, content }
}

/// The table that all read.
pub(crate) const TABLE: &str = "t.csv";
/// A recipe, and a model of the table.
pub(crate) const RECIPE: &str = "r.toml";
pub(crate) const MODEL: &str = "model.safetensors";

pub(crate) const TRAIN: Command = Command {
    arguments: "train t.csv --target kind --hidden 4 --epochs 6 --threads 1 --out m.safetensors --json train.json \
                --save-recipe saved.toml --checkpoint train.state --every 2epochs --resume auto",
    outputs: &[
        same("m.safetensors"),
        record("train.json"),
        same("saved.toml"),
        state("train.state"),
        state("train.state.1"),
    ],
    stream: None,
    begun_by: Some(
        "train t.csv --target kind --hidden 4 --epochs 4 --threads 1 --checkpoint train.state --every 2epochs",
    ),
};

pub(crate) const RUN: Command = Command {
    arguments: "run r.toml --epochs 30 --threads 1 --json run.json --report run.html --plot run.svg \
                --checkpoint run.state --every 10epochs --resume auto",
    outputs: &[
        record("run.json"),
        page("run.html"),
        same("run.svg"),
        state("run.state"),
        state("run.state.1"),
    ],
    stream: None,
    begun_by: Some("run r.toml --epochs 20 --threads 1 --checkpoint run.state --every 10epochs"),
};

pub(crate) const TUNE: Command = Command {
    arguments: "tune t.csv --target kind --trials 3 --epochs 3 --threads 1 --state tune.state --model best.safetensors \
                --json tune.json --plot tune.svg",
    outputs: &[
        same("best.safetensors"),
        record("tune.json"),
        same("tune.svg"),
        state("tune.state"),
    ],
    stream: None,
    begun_by: Some("tune t.csv --target kind --trials 2 --epochs 3 --threads 1 --state tune.state"),
};

pub(crate) const PREDICT: Command = Command {
    arguments: "predict model.safetensors t.csv --proba --threads 1 -o predicted.csv",
    outputs: &[same("predicted.csv")],
    stream: None,
    begun_by: None,
};

pub(crate) const EXPLAIN: Command = Command {
    arguments: "explain r.toml --threads 1 -o steps.html",
    outputs: &[same("steps.html")],
    stream: None,
    begun_by: None,
};

pub(crate) const EVALUATE: Command = Command {
    arguments: "evaluate model.safetensors t.csv --threads 1 --json scores.json --plot scores.png",
    outputs: &[record("scores.json"), same("scores.png")],
    stream: Some("scores.txt"),
    begun_by: None,
};

pub(crate) const IMPORTANCE: Command = Command {
    arguments: "importance model.safetensors t.csv --threads 1 --repeats 3 --json importance.json --plot importance.svg",
    outputs: &[record("importance.json"), same("importance.svg")],
    stream: None,
    begun_by: None,
};

pub(crate) const COMPARE: Command = Command {
    arguments: "compare r.toml xor-batch-mean --epochs 30 --threads 1 --json compare.json --plot compare.svg",
    outputs: &[record("compare.json"), same("compare.svg")],
    stream: None,
    begun_by: None,
};

pub(crate) const EXPORT: Command = Command {
    arguments: "export model.safetensors --to c --out exported.c --json export.json",
    outputs: &[
        same("exported.c"),
        same("exported.h"),
        same("exported_test.c"),
        record("export.json"),
    ],
    stream: None,
    begun_by: None,
};

pub(crate) const MAN: Command = Command {
    arguments: "man .",
    outputs: &[
        same("pellucid.1"),
        same("pellucid-check.1"),
        same("pellucid-compare.1"),
        same("pellucid-completions.1"),
        same("pellucid-data.1"),
        same("pellucid-diagnose.1"),
        same("pellucid-evaluate.1"),
        same("pellucid-explain.1"),
        same("pellucid-export.1"),
        same("pellucid-find-rate.1"),
        same("pellucid-import.1"),
        same("pellucid-importance.1"),
        same("pellucid-inspect.1"),
        same("pellucid-man.1"),
        same("pellucid-play.1"),
        same("pellucid-predict.1"),
        same("pellucid-recipes.1"),
        same("pellucid-run.1"),
        same("pellucid-serve.1"),
        same("pellucid-train.1"),
        same("pellucid-tune.1"),
    ],
    stream: None,
    begun_by: None,
};
