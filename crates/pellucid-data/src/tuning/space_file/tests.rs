use super::*;

#[test]
fn a_file_says_what_lines_say() {
    let text = r#"
        hidden = [[64], [128, 64], []]
        activation = ["relu", "tanh"]
        [train]
        learning_rate = { log = [1e-4, 1e-1] }
        dropout = { uniform = [0, 0.5] }
        batch_size = { log_integer = [16, 256] }
        epochs = { integer = [10, 20] }
        optimizer = ["adam", "sgd"]
    "#;
    let lines = [
        "hidden=64,\"128,64\",none",
        "activation=relu,tanh",
        "train.learning_rate=log:1e-4..1e-1",
        "train.dropout=0..0.5",
        "train.batch_size=int-log:16..256",
        "train.epochs=int:10..20",
        "train.optimizer=adam,sgd",
    ];
    let sorted = |mut space: Space| {
        space.parameters.sort_by(|a, b| a.key.cmp(&b.key));
        space
    };
    let found = Space::from_toml(text, "space.toml").unwrap();
    assert_eq!(sorted(found), sorted(Space::from_lines(&lines).unwrap()));
}

#[test]
fn what_is_none_is_refused_with_its_place() {
    for (text, expected) in [
        ("", "names no setting"),
        ("hidden = 3", "expected a list"),
        ("[train]\nl2 = { log = [1] }", "two ends"),
        ("[train]\nl2 = { log = [1, \"x\"] }", "no number"),
        ("[train]\nl2 = { log = [0, 1] }", "above 0"),
        ("[train]\nbatch_size = { integer = [1.5, 2] }", "no whole number"),
        ("= 3", "no TOML"),
    ] {
        let error = Space::from_toml(text, "space.toml").unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
