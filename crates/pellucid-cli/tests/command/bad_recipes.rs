//! Invalid recipes and settings: one message that names file, line, key and the accepted values.

use crate::driver::{done, refused, text};
use std::fs;

/// Checks `xor-sgd`'s file with `find` replaced.
#[track_caller]
fn assert_file_refused(find: &str, replace: &str, expected: &[&str]) {
    let recipe = done(&["recipes", "xor-sgd"]).stdout;
    assert_eq!(recipe.matches(find).count(), 1, "{find} in the recipe");
    let line = recipe[..recipe.find(find).unwrap()].matches('\n').count() + 1;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed.toml");
    fs::write(&file, recipe.replace(find, replace)).unwrap();
    let stderr = refused(&["run", text(&file), "--quiet"], 2, expected);
    assert!(
        stderr.contains(&format!("changed.toml, line {line}, column ")),
        "{stderr}"
    );
}

#[track_caller]
fn assert_setting_refused(recipe: &str, settings: &[&str], expected: &[&str]) {
    let mut arguments = vec!["run", recipe, "--quiet"];
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    refused(&arguments, 2, expected);
}

#[test]
fn an_unknown_recipe_is_reported_with_the_nearest() {
    refused(
        &["run", "xor-by-hnad"],
        2,
        &["xor-by-hnad", "did you mean `xor-by-hand`?", "mnist-online"],
    );
    refused(
        &["recipes", "xor-sdg"],
        2,
        &["xor-sdg", "did you mean `xor-sgd`?"],
    );
    refused(
        &["run", "something-else"],
        2,
        &["something-else", "no such built-in recipe", ".toml"],
    );
}

#[test]
fn a_recipe_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    refused(
        &["run", text(&missing)],
        1,
        &["cannot read the recipe", "missing.toml"],
    );
    refused(
        &["run", text(folder.path())],
        1,
        &["cannot read the recipe", text(folder.path())],
    );
    refused(&["run", "."], 1, &["cannot read the recipe ."]);
    let file = folder.path().join("bytes.toml");
    fs::write(&file, b"\xff\xfe").unwrap();
    refused(&["run", text(&file)], 1, &["bytes.toml", "UTF-8"]);
    fs::write(&file, b"").unwrap();
    refused(&["run", text(&file)], 2, &["bytes.toml", "missing field `data`"]);
}

#[test]
fn recipe_files_of_other_systems_are_read() {
    let recipe = done(&["recipes", "xor-sgd"]).stdout;
    let expected = done(&["run", "xor-sgd", "--quiet"]).stdout;
    let folder = tempfile::tempdir().unwrap();
    for (name, text_of_file) in [
        ("lines.toml", recipe.replace('\n', "\r\n")),
        ("mark.toml", format!("\u{feff}{recipe}")),
        ("LOUD.TOML", recipe.clone()),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, text_of_file).unwrap();
        assert_eq!(done(&["run", text(&file), "--quiet"]).stdout, expected, "{name}");
    }
}

#[test]
fn bad_toml_is_reported_with_its_line() {
    assert_file_refused("epochs = 10_000", "epochs = = 10_000", &[]);
    assert_file_refused("activation = \"sigmoid\"", "activation = \"sigmoid", &[]);
    assert_file_refused("layers = [2, 2, 1]", "layers = [2, 2, 1]]", &[]);
}

#[test]
fn a_misspelt_key_or_name_is_reported_with_its_line_and_the_nearest() {
    for (find, replace, found, nearest) in [
        (
            "learning_rate = 0.1",
            "learning_rat = 0.1",
            "`learning_rat`",
            "`learning_rate`",
        ),
        ("[network]", "[netwrok]", "`netwrok`", "`network`"),
        ("layers =", "layer =", "`layer`", "`layers`"),
        ("inputs =", "input =", "`input`", "`inputs`"),
        ("{ bias = 1, ", "{ bais = 1, ", "`bais`", "`bias`"),
        (
            "\"mean_squared_error\"]",
            "\"mean_square_error\"]",
            "`mean_square_error`",
            "`mean_squared_error`",
        ),
        ("\"sigmoid\"", "\"sigmiod\"", "`sigmiod`", "`sigmoid`"),
        ("predictions", "prediction", "`prediction`", "`predictions`"),
    ] {
        assert_file_refused(find, replace, &[found, &format!("did you mean {nearest}?")]);
    }
    assert_setting_refused(
        "xor-sgd",
        &["train.learning_rat=0.3"],
        &["train.learning_rat", "`learning_rate`"],
    );
    assert_setting_refused("xor-sgd", &["trian.epochs=3"], &["`trian`", "`train`"]);
}

#[test]
fn settings_out_of_range_are_reported() {
    for (setting, expected) in [
        (
            "train.epochs=0",
            "train.epochs = 0 cannot be used: at least 1 epoch",
        ),
        (
            "train.learning_rate=-0.1",
            "train.learning_rate = -0.1 cannot be used",
        ),
        ("train.learning_rate=0", "above 0"),
        ("train.learning_rate=nan", "above 0"),
        ("train.learning_rate=inf", "above 0"),
        (
            "train.batch_size=0",
            "train.batch_size = 0 cannot be used: at least 1 row",
        ),
        ("train.batch_size=-1", "1 or more"),
        ("train.batch_size=1.5", "1 or more"),
        ("log.every=0", "log.every = 0 cannot be used"),
        ("log.count_from=7", "log.count_from = 7 cannot be used"),
        ("network.layers=[]", "at least an input and an output"),
        ("network.layers=[2]", "at least an input and an output"),
        ("network.layers=[2, 0, 1]", "zero width"),
        ("network.layers=[0, 1]", "zero width"),
        ("network.activation=[\"tanh\"]", "2 layers"),
        ("network.layers=[2, 9000000000000000000, 1]", "memory"),
        ("network.layers=[3, 2, 1]", "network.layers"),
        ("network.layers=[2, 2, 3]", "network.layers"),
        ("data.targets=[[0, 1], [1], [1], [0]]", "row 2 of data.targets"),
        ("data.targets=[[0], [1]]", "2 targets"),
        ("data.inputs=[]", "at least one row"),
        ("data.inputs=[[], [], [], []]", "at least one feature"),
        (
            "data.inputs=[[nan, 0], [0, 1], [1, 0], [1, 1]]",
            "row 1, column 1 of data.inputs",
        ),
        (
            "data.targets=[[0], [inf], [1], [0]]",
            "row 2, column 1 of data.targets",
        ),
        ("data.features=3", "data.source = \"inline\" does not use it"),
        (
            "data.noise=-1",
            "data.noise = -1 cannot be used: a finite number, 0 or more",
        ),
        ("init.low=0", "init.method = \"draws\" does not use it"),
        (
            "init.method=uniform",
            "init.low = (missing) cannot be used: init.method = \"uniform\" needs it",
        ),
        ("log.line={loss", "log.line"),
        ("log.line={los}", "log.line"),
    ] {
        assert_setting_refused("xor-sgd", &[setting], &[expected]);
    }
}

#[test]
fn settings_of_the_wrong_kind_are_reported() {
    for setting in [
        "nonsense",
        "",
        "=1",
        "train..epochs=1",
        "title.x=1",
        "train.epochs=many",
        "train.epochs=1e3",
        "train.epochs=-3",
        "train.epochs=",
        "train.learning_rate=\"0.1\"",
        "train.seed=-1",
        "train.seed=4294967296",
        "train.loss=nope",
        "train={}",
        "log.every=-1",
        "log.metrics=accuracy",
        "network.layers=2",
        "network.layers=[2, x]",
        "network.bias=maybe",
        "data.source=csv",
        "data.standardise=1",
        "init.method=nope",
        "title=5",
    ] {
        assert_setting_refused("xor-sgd", &[setting], &[&format!("--set {setting}: ")]);
    }
}

#[test]
fn given_weights_must_be_finite_and_fit() {
    for (layers, expected) in [
        (
            "[{ weights = [[nan, 1, 1], [1, 1, 1]] }, { weights = [[1], [1], [1]] }]",
            "layer 1",
        ),
        (
            "[{ weights = [[1, 1, 1], [1, 1, 1]] }, { weights = [[1], [-inf], [1]] }]",
            "layer 2",
        ),
        (
            "[{ weights = [[1, 1], [1, 1]] }, { weights = [[1], [1], [1]] }]",
            "layer 1",
        ),
        ("[{ weights = [[1, 1, 1], [1, 1, 1]] }]", "layer"),
        ("[]", "layer"),
    ] {
        assert_setting_refused("xor-by-hand", &[&format!("init.layers={layers}")], &[expected]);
    }
}

#[test]
fn drawn_data_must_be_of_a_sensible_size() {
    for (settings, expected) in [
        (["data.features=0", "title=none"], "data.features = 0"),
        (["data.features=10000000000000", "title=many"], "at most"),
        (["data.targets=[]", "title=none"], "targets"),
        (["data.targets=[[1], [2]]", "title=many"], "2 targets"),
        (["data.source=regression", "title=other"], "data.targets"),
    ] {
        assert_setting_refused("single-sample", &settings, &[expected]);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("regression.toml");
    let recipe = "[data]\nsource = \"regression\"\nrows = 20\nfeatures = 3\nnoise = 0.1\n\
                  [network]\nlayers = [3, 1]\nactivation = \"identity\"\n\
                  [train]\nloss = \"squared_error\"\nlearning_rate = 0.05\nepochs = 4\n";
    fs::write(&file, recipe).unwrap();
    done(&["run", text(&file)]);
    for (setting, expected) in [
        ("data.rows=0", "data.rows = 0"),
        ("data.features=0", "data.features = 0"),
        ("data.rows=1000000000000000000", "at most"),
        ("data.features=4000000000000000000", "at most"),
        ("data.rows=-4", "--set data.rows=-4"),
        ("data.noise=nan", "data.noise"),
    ] {
        assert_setting_refused(text(&file), &[setting], &[expected]);
    }
}

#[test]
fn options_out_of_range_are_reported() {
    for (option, value, expected) in [
        ("--threads", "0", "from 1 to 1024"),
        ("--threads", "100000", "from 1 to 1024"),
        ("--threads", "-2", "from 1 to 1024"),
        ("--threads", "two", "from 1 to 1024"),
        ("--precision", "f16", "f32, f64"),
        ("--seed", "-1", "from 0 to 4294967295"),
        ("--seed", "4294967296", "from 0 to 4294967295"),
        ("--epochs", "1e3", "whole number"),
        ("--epochs", "-3", "whole number"),
        ("--epochs", "0", "at least 1 epoch"),
    ] {
        refused(&["run", "xor-sgd", option, value], 2, &[expected]);
    }
    refused(&["run"], 2, &["<RECIPE>"]);
    refused(&["runn"], 2, &["'run'"]);
    refused(&["run", "xor-sgd", "--sed", "3"], 2, &["--seed"]);
}

/// What it needs is compared with what there is before it is allocated; `ulimit -v` limits what there is.
#[test]
#[cfg(target_os = "linux")]
fn a_training_that_needs_more_memory_than_there_is_is_refused_with_the_sum() {
    let binary = env!("CARGO_BIN_EXE_pellucid");
    for (arguments, expected) in [
        (
            "run xor-sgd --set network.layers=[2,4000000000,1] -q",
            "for parameters",
        ),
        (
            "train iris --hidden 12000,12000 --optimizer adam --epochs 1 -q --out /dev/null",
            "what the optimizer remembers",
        ),
        (
            "run xor-sgd --set network.layers=[2,30000,30000,1] --set network.activation=tanh -q",
            "for parameters",
        ),
    ] {
        let script = format!("ulimit -v 2500000; exec {binary} {arguments}");
        let started = std::time::Instant::now();
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {stderr}");
        for part in [
            "the training needs",
            "GB of memory",
            expected,
            "are available; use",
        ] {
            assert!(stderr.contains(part), "{arguments}: {stderr}");
        }
        assert!(started.elapsed().as_secs() < 10, "{arguments}");
    }
}
