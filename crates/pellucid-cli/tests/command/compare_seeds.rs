//! `pellucid compare --seeds`: medians, bands, pairs, threads.

use crate::driver::{Ended, done, record, refused, text};
use crate::pictures::{assert_is_png, assert_is_svg};
use serde_json::Value;

const THREE: [&str; 4] = ["compare", "xor-sgd", "xor-batch-mean", "xor-batch-sum"];

fn comparison(arguments: &[&str]) -> Value {
    let ended = done(&[arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

fn losses(report: &Value, variant: usize, seed: usize) -> Vec<f64> {
    let losses = report["variants"][variant]["runs"][seed]["losses"]
        .as_array()
        .unwrap();
    losses.iter().map(|loss| loss.as_f64().unwrap()).collect()
}

/// Everything but what the clock says.
fn without_seconds(mut report: Value) -> Value {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for key in ["seconds", "threads", "runs_side_by_side", "one_by_one", "notes"] {
                    map.remove(key);
                }
                map.values_mut().for_each(forget);
            }
            Value::Array(list) => list.iter_mut().for_each(forget),
            _ => {}
        }
    }
    forget(&mut report);
    report
}

#[test]
fn seeds_count_up_and_each_run_is_that_of_the_recipe_with_the_seed() {
    let found = comparison(&[&THREE[..], &["--seeds", "3", "--seed", "7", "--epochs", "20"]].concat());
    assert_eq!(found["over_seeds"]["seeds"], serde_json::json!([7, 8, 9]));
    assert!(found["comparison"].is_null());
    for (seed, of) in ["7", "8", "9"].iter().enumerate() {
        let alone = record(&["xor-sgd", "--seed", of, "--epochs", "20", "--set", "log.every=1"]);
        let history = alone["history"].as_array().unwrap().iter();
        let alone: Vec<f64> = history.map(|epoch| epoch["loss"].as_f64().unwrap()).collect();
        assert_eq!(losses(&found, 0, seed), alone, "seed {of}");
        assert_eq!(
            losses(&found, 1, seed)[0],
            losses(&found, 2, seed)[0],
            "seed {of}"
        );
    }
}

#[test]
fn the_numbers_do_not_depend_on_how_many_run_side_by_side() {
    let run = |more: &[&str]| {
        let seeds = ["--seeds", "4", "--epochs", "300", "--reach", "0.25"];
        without_seconds(comparison(&[&THREE[..], &seeds[..], more].concat()))
    };
    let one = run(&["--threads", "1"]);
    for more in [
        &["--threads", "2"][..],
        &["--threads", "5"],
        &["--one-by-one", "--threads", "2"],
    ] {
        assert_eq!(one, run(more), "{more:?}");
    }
}

#[test]
fn the_band_and_the_pairs_are_those_of_the_runs() {
    let found = comparison(
        &[
            &THREE[..],
            &["--seeds", "10", "--epochs", "6000", "--reach", "0.2"],
        ]
        .concat(),
    );
    let over = &found["over_seeds"];
    assert_eq!(over["band"], "10th to 90th percentile");
    let last = |variant| {
        (0..10)
            .map(|seed| losses(&found, variant, seed)[5999])
            .collect::<Vec<f64>>()
    };
    for variant in 0..3 {
        let mut sorted = last(variant);
        sorted.sort_by(f64::total_cmp);
        let spread = &over["variants"][variant]["final_loss"];
        let expected = [
            ("median", (sorted[4] + sorted[5]) / 2.0),
            ("low", sorted[0] + 0.9 * (sorted[1] - sorted[0])),
            ("high", sorted[8] + 0.1 * (sorted[9] - sorted[8])),
        ];
        for (key, expected) in expected {
            let found = spread[key].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-12,
                "{variant} {key}: {found}, not {expected}"
            );
        }
    }
    // The first epoch at or below 0.2 of each seed, and who was ahead of whom.
    let reach = |variant: usize| {
        (0..10)
            .map(|seed| losses(&found, variant, seed).iter().position(|loss| *loss <= 0.2))
            .collect::<Vec<Option<usize>>>()
    };
    let (sgd, sum) = (reach(0), reach(2));
    let pair = &over["by_epochs"][1];
    assert_eq!(
        (&pair["one"], &pair["other"]),
        (&"xor-sgd".into(), &"xor-batch-sum".into())
    );
    let ahead = |a: &Option<usize>, b: &Option<usize>| a.unwrap_or(usize::MAX) < b.unwrap_or(usize::MAX);
    assert_eq!(over["decisive_loss"], 0.2);
    assert_eq!(
        pair["ahead"],
        sgd.iter().zip(&sum).filter(|(a, b)| ahead(a, b)).count()
    );
    assert_eq!(
        pair["behind"],
        sgd.iter().zip(&sum).filter(|(a, b)| ahead(b, a)).count()
    );
}

#[test]
fn the_text_names_the_band_the_test_and_its_limits() {
    let words = |stdout: String| stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let few = words(
        done(
            &[
                &THREE[..],
                &["--seeds", "4", "-q", "--epochs", "300", "--threads", "2"],
            ]
            .concat(),
        )
        .stdout,
    );
    for part in [
        "median of 4 seeds (lowest to highest)",
        "Two-sided sign test over the seeds, p adjusted for 3 pairs by Holm's method",
        "4 seeds are too few for any difference to be: 7 are the least for 3 pairs",
        "cannot be told apart",
        "Seconds were taken with 2 runs side by side; --one-by-one takes them fairly",
    ] {
        assert!(few.contains(part), "{part}: {few}");
    }
    assert!(
        !few.contains("more than chance. Seed") && !few.contains("this is one draw"),
        "{few}"
    );
    let fair = [
        &THREE[..],
        &["--seeds", "4", "-q", "--epochs", "30", "--one-by-one"],
    ]
    .concat();
    assert!(!done(&fair).stdout.contains("side by side"));
    let one = words(done(&[&THREE[..], &["-q", "--epochs", "300"]].concat()).stdout);
    assert!(
        one.contains("This is one draw, seed 42: another seed may turn it around"),
        "{one}"
    );
}

#[test]
fn seeds_that_change_nothing_are_one_run() {
    let by_hand = [
        "compare",
        "xor-by-hand",
        "--vary",
        "learning_rate=0.3,0.6",
        "--epochs",
        "300",
        "-q",
    ];
    let text = done(&[&by_hand[..], &["--seeds", "8"]].concat()).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("All 8 seeds came to the same losses"), "{text}");
    assert!(!text.contains("p ="), "{text}");
    assert!(!done(&by_hand).stdout.contains("one draw"));
}

#[test]
fn one_recipe_with_several_seeds_shows_what_the_seed_does() {
    let ended = done(&[
        "compare",
        "xor-batch-sum",
        "--seeds",
        "5",
        "-q",
        "--epochs",
        "200",
    ]);
    assert!(ended.stdout.contains("median of 5 seeds"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("sign test"), "{}", ended.stdout);
}

#[test]
fn the_data_stay_the_same_whatever_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("line.toml");
    let recipe = "[data]\nsource = \"regression\"\nrows = 20\nfeatures = 3\nnoise = 0.1\n\
                  [network]\nlayers = [3, 1]\nactivation = \"identity\"\n[init]\nmethod = \"zeros\"\n\
                  [train]\nloss = \"squared_error\"\nlearning_rate = 0.01\nepochs = 5\n";
    std::fs::write(&file, recipe).unwrap();
    let found = comparison(&["compare", text(&file), "--seeds", "3"]);
    assert_eq!(losses(&found, 0, 0), losses(&found, 0, 2));
    assert_eq!(found["over_seeds"]["all_alike"], true);
}

#[test]
fn progress_is_one_line_per_run_and_quiet_is_quiet() {
    let Ended { stderr, .. } = done(&[&THREE[..], &["--seeds", "2", "--epochs", "10"]].concat());
    assert!(
        stderr.contains("6 of 6: ") && stderr.contains("seed 43: loss 0."),
        "{stderr}"
    );
    let Ended { stderr, .. } = done(&[&THREE[..], &["--seeds", "2", "--epochs", "10", "--quiet"]].concat());
    assert_eq!(stderr, "");
}

#[test]
fn how_many_seeds_must_make_sense() {
    for seeds in ["0", "-1", "ten", "1.5", "10001"] {
        refused(
            &[&THREE[..], &["--seeds", seeds]].concat(),
            2,
            &["--seeds", "1 to 10000"],
        );
    }
    refused(
        &[&THREE[..], &["--seeds", "2", "--seed", "4294967295"]].concat(),
        2,
        &["seeds end at 4294967295"],
    );
}

#[test]
fn curves_are_drawn_against_all_that_there_is_with_bands() {
    let folder = tempfile::tempdir().unwrap();
    let (svg, png) = (folder.path().join("curves.svg"), folder.path().join("curves.png"));
    let run = [
        &THREE[..],
        &["--seeds", "3", "--epochs", "200", "-q", "--against", "all"],
    ]
    .concat();
    done(&[&run[..], &["--plot", text(&svg)]].concat());
    // Four panels with three curves and three bands each.
    assert_is_svg(
        &svg,
        24,
        &[
            "median of 3 seeds; band: lowest to highest",
            "epochs",
            "updates",
            "samples",
            "seconds",
            "xor-batch-mean",
        ],
    );
    let svg = std::fs::read_to_string(&svg).unwrap();
    assert_eq!(
        svg.matches("<polygon").count(),
        12 + 3,
        "a band each, and one each in the one legend"
    );
    done(&[&run[..], &["--plot", text(&png), "--theme", "dark"]].concat());
    let picture = tiny_skia::Pixmap::load_png(&png).unwrap();
    let corner = picture.pixel(0, 0).unwrap();
    assert!(
        corner.red() < 40 && picture.height() > 1000,
        "dark, two rows of panels"
    );
}

#[test]
fn rows_held_out_have_curves_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("held-out.toml");
    let recipe = "[data]\nsource = \"regression\"\nrows = 50\nfeatures = 3\nnoise = 0.1\nvalidation = 0.4\n\
                  [network]\nlayers = [3, 4, 1]\nactivation = \"tanh\"\n\
                  [train]\nloss = \"squared_error\"\nlearning_rate = 0.05\nepochs = 40\nbatch_size = 5\n";
    std::fs::write(&file, recipe).unwrap();
    let png = folder.path().join("curves.png");
    let found = comparison(&[
        "compare",
        text(&file),
        "--vary",
        "learning_rate=0.01,0.1",
        "--plot",
        text(&png),
    ]);
    assert_is_png(&png);
    let curve = found["variants"][1]["runs"][0]["validation_losses"]
        .as_array()
        .unwrap();
    assert_eq!(curve.len(), 40);
    let alone = record(&[
        text(&file),
        "--set",
        "train.learning_rate=0.1",
        "--set",
        "log.every=1",
    ]);
    assert_eq!(curve[39], alone["history"][39]["validation_loss"]);
    let shown = done(&["compare", text(&file), "--vary", "learning_rate=0.01,0.1", "-q"]).stdout;
    let last = format!("{:.4}", curve[39].as_f64().unwrap());
    assert!(
        shown.contains("Loss on held-out rows") && shown.contains(&last),
        "{last}: {shown}"
    );
    let shown = done(&["compare", text(&file), "--seeds", "3", "-q"]).stdout;
    assert!(
        shown.contains("Loss on held-out rows: median of 3 seeds (lowest to highest)"),
        "{shown}"
    );
    assert_eq!(found["variants"][1]["samples_per_epoch"], 30);
    assert_eq!(found["variants"][1]["updates_per_epoch"], 6);
}
