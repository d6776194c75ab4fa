use super::*;
use pellucid::recipe::Activations;

fn changed(name: &str, set: &[&str], unset: &[&str]) -> Result<(Recipe, Vec<String>), RecipeError> {
    let mut recipe = Recipe::built_in(name).unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let notes = change_recipe(&mut recipe, &texts(set), &texts(unset))?;
    Ok((recipe, notes))
}

fn fault(set: &[&str], unset: &[&str]) -> String {
    changed("xor-sgd", set, unset).unwrap_err().to_string()
}

#[test]
fn a_method_drops_the_settings_of_the_one_before() {
    for word in ["zeros", "\"zeros\"", "'zeros'"] {
        let (recipe, notes) = changed("xor-sgd", &[&format!("init.method={word}")], &[]).unwrap();
        assert_eq!(recipe.init, Init::Zeros);
        assert_eq!(
            notes,
            ["init.method = \"zeros\" drops init.draws, which belongs to \"draws\""]
        );
    }
    let (recipe, notes) = changed("xor-sgd", &["init.std=0.5", "init.method=normal"], &[]).unwrap();
    assert_eq!(recipe.init, Init::Normal { std: 0.5 });
    assert_eq!(notes.len(), 1);
}

#[test]
fn a_setting_that_both_methods_need_is_kept() {
    let mut recipe = changed("xor-sgd", &["init.method=normal", "init.std=0.5"], &[])
        .unwrap()
        .0;
    let notes = change_recipe(&mut recipe, &["init.method=truncated_normal".into()], &[]).unwrap();
    assert_eq!(recipe.init, Init::TruncatedNormal { std: 0.5 });
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn optimizers_and_schedules_are_replaced_by_name_or_table() {
    for key in ["train.optimizer", "train.optimizer.name"] {
        let mut recipe = changed("xor-sgd", &["train.optimizer.momentum=0.9"], &[])
            .unwrap()
            .0;
        let notes = change_recipe(&mut recipe, &[format!("{key}=adam")], &[]).unwrap();
        assert_eq!(recipe.train.optimizer.name(), "adam");
        assert_eq!(
            notes,
            [format!(
                "{key} = \"adam\" drops train.optimizer.momentum, which belongs to \"sgd\""
            )]
        );
    }
    // Defaults were never chosen: no note.
    let mut recipe = changed("xor-sgd", &["train.optimizer=adam"], &[]).unwrap().0;
    let notes = change_recipe(&mut recipe, &["train.optimizer.name=rmsprop".into()], &[]).unwrap();
    assert_eq!(notes, Vec::<String>::new());
    assert_eq!(recipe.train.optimizer, Optimizer::named("rmsprop").unwrap());
}

#[test]
fn the_same_method_keeps_its_settings() {
    let (recipe, notes) = changed("xor-sgd", &["init.method=draws"], &[]).unwrap();
    assert_eq!(recipe, Recipe::built_in("xor-sgd").unwrap());
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn words_in_lists_need_no_quotes() {
    let (recipe, _) = changed("xor-sgd", &["network.activation=[tanh, sigmoid]"], &[]).unwrap();
    assert!(matches!(recipe.network.activation, Activations::Each(each) if each.len() == 2));
    let (recipe, _) = changed("xor-sgd", &["train.optimizer={name=adam, beta_1=0.8}"], &[]).unwrap();
    assert_eq!(recipe.train.optimizer.name(), "adam");
    assert_eq!(
        with_quoted_words("a=[1e-4, -inf, \"b c\", d]"),
        "a=[1e-4, -inf, \"b c\", \"d\"]"
    );
}

#[test]
fn keys_are_left_out() {
    let (recipe, _) = changed("xor-sgd", &["train.patience=3", "train.l2=0.1"], &[]).unwrap();
    let mut without = recipe.clone();
    change_recipe(&mut without, &[], &["train.patience".into(), "train.l2".into()]).unwrap();
    assert_eq!((without.train.patience, without.train.l2), (None, 0.0));
    let (recipe, _) = changed("xor-sgd", &[], &["init.method"]).unwrap();
    assert_eq!(recipe.init, Init::default());
}

#[test]
fn what_cannot_be_left_out_or_set_is_named() {
    let error = fault(&[], &["train.patienc"]);
    assert!(
        error.starts_with("--unset train.patienc: the recipe does not set it"),
        "{error}"
    );
    let error = fault(&[], &["train.epoch"]);
    assert!(error.contains("did you mean `epochs`?"), "{error}");
    let error = fault(&[], &["train.loss"]);
    assert!(
        error.starts_with("--unset train.loss: ") && error.contains("`loss`"),
        "{error}"
    );
    let error = fault(&["train.l2=1"], &["train.l2"]);
    assert!(error.contains("--set gives it a value"), "{error}");
    let error = fault(&["init.method=normal"], &[]);
    assert!(
        error.starts_with("--set init.method=normal: ") && error.contains("init.std"),
        "{error}"
    );
    let error = fault(&["init.method=zeross"], &[]);
    assert!(error.contains("did you mean `zeros`?"), "{error}");
}
