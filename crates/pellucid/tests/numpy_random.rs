//! Compares the legacy generator with numbers drawn by NumPy. `golden/make_numpy_random_state.py` made the expected values.
#![allow(clippy::print_stderr, reason = "a test reports when it skips")]

use std::path::{Path, PathBuf};

use pellucid::numpy_random::RandomState;
use serde_json::Value;

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/numpy_random_state.json");
    let golden = read(&path);
    let cases = golden["cases"].as_array().expect("cases").clone();
    assert!(cases.len() >= 6, "{} cases", cases.len());
    cases
}

fn seed(case: &Value) -> u32 {
    u32::try_from(case["seed"].as_u64().expect("seed")).expect("a seed of 32 bits")
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is not a list"))
        .iter()
        .map(number)
        .collect()
}

fn indices(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|index| index as usize).collect()
}

fn digest(words: impl IntoIterator<Item = u64>) -> String {
    words
        .into_iter()
        .fold(0_u64, |total, word| total.wrapping_mul(31).wrapping_add(word))
        .to_string()
}

fn draw(n: usize, mut one: impl FnMut() -> f64) -> Vec<f64> {
    (0..n).map(|_| one()).collect()
}

/// Floats are compared to the bit throughout this file.
#[track_caller]
fn assert_long_run(drawn: &[f64], golden: &Value) {
    assert_eq!(drawn[..3], numbers(&golden["first"]));
    assert_eq!(drawn[drawn.len() - 1], number(&golden["last"]));
    assert_eq!(drawn.iter().sum::<f64>(), number(&golden["sum"]));
    assert_eq!(
        digest(drawn.iter().map(|value| value.to_bits())),
        golden["digest"]
    );
}

#[test]
fn long_runs_of_uniforms_and_gaussians_equal_numpy() {
    for case in cases() {
        let mut random = RandomState::new(seed(&case));
        assert_long_run(&draw(200_000, || random.random_sample()), &case["random_sample"]);

        let mut random = RandomState::new(seed(&case));
        assert_long_run(
            &draw(200_000, || random.standard_normal()),
            &case["standard_normal"],
        );
    }
}

#[test]
fn bounded_uniforms_and_scaled_gaussians_equal_numpy() {
    for case in cases() {
        let golden = &case["uniform_then_normal"];
        let mut random = RandomState::new(seed(&case));
        assert_long_run(&draw(1000, || random.uniform(-0.1, 0.1)), &golden["uniform_1000"]);
        assert_long_run(&draw(1001, || random.normal(1.5, 0.25)), &golden["normal_1001"]);
        assert_eq!(random.random_sample(), number(&golden["then_random_sample"]));
    }
}

#[test]
fn permutations_from_empty_to_60000_equal_numpy() {
    for case in cases() {
        for golden in case["permutation"].as_array().expect("permutations") {
            let n = golden["n"].as_u64().expect("n") as usize;
            let mut random = RandomState::new(seed(&case));
            let order = random.permutation(n);
            assert_eq!(order[..n.min(5)], indices(&golden["first"]), "n = {n}");
            assert_eq!(order[n - n.min(5)..], indices(&golden["last"]), "n = {n}");
            assert_eq!(
                digest(order.iter().map(|&index| index as u64)),
                golden["digest"],
                "n = {n}"
            );
            assert_eq!(
                random.random_sample(),
                number(&golden["then_random_sample"]),
                "n = {n}"
            );
        }
    }
}

#[test]
fn integers_of_every_width_equal_numpy_and_use_as_many_bits() {
    for case in cases() {
        for golden in case["randint"].as_array().expect("ranges") {
            let [low, high] = ["low", "high"].map(|bound| golden[bound].as_i64().expect("a bound"));
            let mut random = RandomState::new(seed(&case));
            for expected in golden["drawn"].as_array().expect("integers") {
                assert_eq!(random.randint(low, high), expected.as_i64(), "[{low}, {high})");
            }
            assert_eq!(
                random.random_sample(),
                number(&golden["then_random_sample"]),
                "[{low}, {high})"
            );
        }
    }
}

#[test]
fn an_empty_range_returns_none_and_draws_nothing() {
    let mut random = RandomState::new(1);
    assert_eq!(random.randint(3, 3), None);
    assert_eq!(random.randint(i64::MAX, i64::MIN), None);
    assert_eq!(random, RandomState::new(1));
}

#[test]
fn lists_vectors_and_rows_shuffle_the_same() {
    for case in cases() {
        let golden = &case["shuffle"];
        let mut random = RandomState::new(seed(&case));
        for kind in ["list", "vector", "rows", "permuted_rows"] {
            let mut items: Vec<usize> = (0..12).collect();
            random.shuffle(&mut items);
            assert_eq!(items, indices(&golden[kind]), "{kind}");
        }
        assert_eq!(random.random_sample(), number(&golden["then_random_sample"]));
    }
}

#[test]
fn calls_of_every_kind_share_one_stream() {
    for case in cases() {
        let seed = seed(&case);
        let mut random = RandomState::new(seed);
        for call in case["mixed"].as_array().expect("calls") {
            let name = call[0].as_str().expect("a name");
            let drawn = match name {
                "standard_normal" => random.standard_normal().into(),
                "random_sample" => random.random_sample().into(),
                "permutation_9" => random.permutation(9).into(),
                "randint_0_10" => random.randint(0, 10).into(),
                "uniform_-0.1_0.1" => random.uniform(-0.1, 0.1).into(),
                "normal_1_2" => random.normal(1.0, 2.0).into(),
                "normal_-3_0.5" => random.normal(-3.0, 0.5).into(),
                "seed" => {
                    random = RandomState::new(seed);
                    Value::Null
                }
                other => panic!("no call named {other}"),
            };
            assert_eq!(drawn, call[1], "{name}, seed {seed}");
        }
    }
}

#[test]
fn a_state_resumes_anywhere_in_a_block_with_or_without_a_kept_gaussian() {
    for words_drawn in [0, 1, 311, 623, 624, 625, 1248, 5000] {
        for gaussians in [0, 1, 2] {
            let mut random = RandomState::new(9);
            for _ in 0..words_drawn {
                random.randint(0, 1 << 32);
            }
            for _ in 0..gaussians {
                random.standard_normal();
            }
            let (key, position, kept) = random.numpy_state();
            let mut resumed = RandomState::from_numpy_state(&key, position, kept).expect("a whole state");
            assert_eq!(
                draw(2000, || resumed.standard_normal()),
                draw(2000, || random.standard_normal()),
                "after {words_drawn} words and {gaussians} Gaussians"
            );
        }
    }
}

#[test]
fn equals_the_shared_golden_values() {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../../../shared/golden/numpy-random-state.json",
    ]
    .iter()
    .collect();
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
        return;
    }
    let golden = read(&path);
    let cases = golden["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let fresh = RandomState::new(seed(case));

        assert_eq!(
            draw(5, with(&fresh, RandomState::random_sample)),
            numbers(&case["rand_5"])
        );

        let rows = case["uniform_minus0.1_0.1_2x3"].as_array().expect("rows");
        let uniforms: Vec<f64> = rows.iter().flat_map(numbers).collect();
        assert_eq!(
            draw(6, with(&fresh, |random| random.uniform(-0.1, 0.1))),
            uniforms
        );

        let mut random = fresh.clone();
        assert_eq!(draw(7, || random.standard_normal()), numbers(&case["randn_7"]));
        assert_eq!(draw(2, || random.random_sample()), numbers(&case["then_rand_2"]));

        let normals = numbers(&case["normal_loc1_scale2_4"]);
        assert_eq!(draw(4, with(&fresh, |random| random.normal(1.0, 2.0))), normals);

        assert_eq!(fresh.clone().permutation(20), indices(&case["permutation_20"]));

        let integers = numbers(&case["randint_0_100_8"]);
        assert_eq!(
            draw(
                8,
                with(&fresh, |random| random.randint(0, 100).expect("one") as f64)
            ),
            integers
        );

        let mut items: Vec<usize> = (0..12).collect();
        fresh.clone().shuffle(&mut items);
        assert_eq!(items, indices(&case["shuffle_12"]));

        let mut random = fresh.clone();
        draw(1000, || random.random_sample());
        assert_eq!(
            draw(2, || random.random_sample()),
            numbers(&case["rand_after_1000"])
        );
    }
}

/// Draws by `one` from a copy of `fresh`.
fn with(fresh: &RandomState, mut one: impl FnMut(&mut RandomState) -> f64) -> impl FnMut() -> f64 {
    let mut random = fresh.clone();
    move || one(&mut random)
}

#[test]
fn converts_from_and_to_numpys_state() {
    // np.random.RandomState(42).get_state(): the words of init_genrand(42), none of which is drawn yet.
    let mut key = vec![42u32];
    for i in 1..624 {
        let last = key[i - 1];
        key.push(
            1_812_433_253u32
                .wrapping_mul(last ^ (last >> 30))
                .wrapping_add(i as u32),
        );
    }
    let mut random = RandomState::from_numpy_state(&key, 624, None).expect("a whole state");
    assert_eq!(random.numpy_state(), (key.clone(), 624, None));
    assert_eq!(random.random_sample(), 0.374_540_118_847_362_5);
    random.standard_normal();
    let (key, position, kept) = random.numpy_state();
    let mut resumed = RandomState::from_numpy_state(&key, position, kept).expect("a whole state");
    for _ in 0..1000 {
        assert_eq!(random.standard_normal(), resumed.standard_normal());
    }
    assert_eq!(RandomState::from_numpy_state(&key[1..], 0, None), None);
    assert_eq!(RandomState::from_numpy_state(&key, 625, None), None);
}
