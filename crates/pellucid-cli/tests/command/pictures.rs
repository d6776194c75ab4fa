//! `--plot`: pictures are valid files and are not empty.

use crate::driver::{done, refused, text};
use std::fs;
use std::path::Path;
use tiny_skia::Pixmap;

/// An SVG that parses, with curves of many points and every one of `words` written in it.
pub(crate) fn assert_is_svg(path: &Path, curves: usize, words: &[&str]) {
    let svg = fs::read_to_string(path).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    assert_eq!(document.root_element().tag_name().name(), "svg");
    let written: String = document.descendants().filter_map(|node| node.text()).collect();
    for word in words {
        assert!(written.contains(word), "{word} is not written in {written}");
    }
    let points = |node: roxmltree::Node<'_, '_>| {
        let path = node.attribute("points").or(node.attribute("d"))?;
        Some(
            path.split([' ', 'L', 'M'])
                .filter(|point| point.contains(','))
                .count(),
        )
    };
    let lines = document
        .descendants()
        .filter_map(points)
        .filter(|&points| points > 20)
        .count();
    assert_eq!(lines, curves, "curves in {svg}");
}

/// A PNG that decodes, with more than a blank page on it.
pub(crate) fn assert_is_png(path: &Path) {
    let picture = Pixmap::load_png(path).unwrap();
    assert!(picture.width() >= 600 && picture.height() >= 400);
    let page = picture.pixel(0, 0).unwrap();
    let inked = picture.pixels().iter().filter(|&&pixel| pixel != page).count();
    let share = inked as f64 / picture.pixels().len() as f64;
    assert!((0.002..0.5).contains(&share), "{share} of the picture is inked");
}

#[test]
fn a_training_curve_is_drawn_as_svg_and_as_png() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("curve.svg");
    done(&["run", "xor-sgd", "--quiet", "--plot", text(&svg)]);
    assert_is_svg(
        &svg,
        1,
        &["epoch", "squared error", "XOR by stochastic gradient descent"],
    );
    let png = folder.path().join("curve.PNG");
    done(&["run", "xor-sgd", "--quiet", "--plot", text(&png)]);
    assert_is_png(&png);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        2,
        "something is left besides the pictures"
    );
}

#[test]
fn another_kind_of_picture_is_refused_before_training() {
    for name in ["curve.jpg", "curve", "svg"] {
        // So long a run would not end within the test's time.
        let run = [
            "run",
            "single-sample",
            "--epochs",
            "1000000000000",
            "--quiet",
            "--plot",
            name,
        ];
        refused(&run, 2, &[name, ".svg or .png"]);
    }
    refused(
        &["compare", "xor-sgd", "xor-batch-sum", "--plot", "c.gif"],
        2,
        &["c.gif", ".svg or .png"],
    );
}

/// The title of an SVG, its first text element.
fn heading(path: &Path) -> String {
    let svg = fs::read_to_string(path).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let text = document
        .descendants()
        .find(|node| node.has_tag_name("text"))
        .unwrap();
    text.text().unwrap().to_owned()
}

#[test]
fn a_run_draws_whatever_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let expected = [
        (
            "loss",
            "XOR by stochastic gradient descent: 2-2-1, one sample a step, 10,000 epochs",
        ),
        ("metrics", "Metrics by epoch"),
        ("confusion", "Confusion matrix"),
        ("reliability", "Reliability"),
        ("weights", "Weights of layer 1"),
        ("boundary", "Decision boundary"),
        ("gradients", "Gradient flow"),
    ];
    let path = |what: &str, kind: &str| folder.path().join(format!("{what}.{kind}"));
    let mut arguments: Vec<String> = ["run", "xor-sgd", "--epochs", "300", "--quiet"]
        .map(String::from)
        .into();
    for (what, _) in expected {
        for kind in ["svg", "png"] {
            arguments.extend(["--plot".to_owned(), format!("{what}={}", text(&path(what, kind)))]);
        }
    }
    done(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    for (what, title) in expected {
        assert_eq!(heading(&path(what, "svg")), title);
        assert!(Pixmap::load_png(path(what, "png")).is_ok());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 14);
    assert_is_svg(&path("metrics", "svg"), 2, &["accuracy", "mean squared error"]);
    assert_is_svg(
        &path("gradients", "svg"),
        4,
        &["layer 1 (2 → 2, sigmoid)", "RMS gradient"],
    );
}

#[test]
fn a_training_draws_whatever_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let model = path("model.safetensors");
    let plot = |what: &str| format!("{what}={}", text(&path(&format!("{what}.svg"))));
    let of = |data: &str, whats: &[&str]| {
        let plots: Vec<String> = whats.iter().map(|what| plot(what)).collect();
        let mut arguments = vec![
            "train",
            data,
            "--preset",
            "plain",
            "--epochs",
            "30",
            "--quiet",
            "--out",
            text(&model),
            "--theme",
            "dark",
        ];
        arguments.extend(plots.iter().flat_map(|plot| ["--plot", plot]));
        done(&arguments);
    };
    of(
        "moons",
        &[
            "loss",
            "metrics",
            "confusion",
            "reliability",
            "weights",
            "boundary",
            "gradients",
        ],
    );
    assert_is_svg(&path("loss.svg"), 2, &["training", "validation", "kept: epoch"]);
    assert_is_svg(&path("metrics.svg"), 1, &["accuracy"]);
    assert_is_svg(
        &path("gradients.svg"),
        4,
        &["layer 1 (2 → 100, relu)", "layer 2 (100 → 1, sigmoid)"],
    );
    for name in ["confusion", "reliability", "weights", "boundary"] {
        let svg = fs::read_to_string(path(&format!("{name}.svg"))).unwrap();
        assert!(svg.contains("fill=\"#14171C\""), "{name} is dark");
    }
    of("diabetes", &["residuals"]);
    let svg = fs::read_to_string(path("residuals.svg")).unwrap();
    assert!(svg.contains("progression from diabetes: 45 held-out rows"));
}

#[test]
fn the_line_of_a_boundary_leaves_the_rows_on_their_sides() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (picture, model) = (path("b.svg"), path("m.safetensors"));
    let plot = format!("boundary={}", text(&picture));
    let ended = done(&[
        "train",
        "circles",
        "--preset",
        "plain",
        "--quiet",
        "--out",
        text(&model),
        "--plot",
        &plot,
    ]);
    let accuracy = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("accuracy"))
        .unwrap()
        .to_owned();
    let accuracy: f64 = accuracy.split_whitespace().nth(1).unwrap().parse().unwrap();
    let svg = fs::read_to_string(&picture).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let line = document
        .descendants()
        .filter(|node| node.has_tag_name("polyline"))
        .filter_map(|node| node.attribute("points"))
        .max_by_key(|points| points.len())
        .unwrap();
    let corners: Vec<(f64, f64)> = line
        .split(' ')
        .map(|pair| {
            pair.split_once(',')
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .unwrap()
        })
        .collect();
    assert_eq!(corners.first(), corners.last(), "the inner circle is closed in");
    let is_within = |(x, y): (f64, f64)| {
        let crosses = |pair: &[(f64, f64)]| {
            let (a, b) = (pair[0], pair[1]);
            (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
        };
        corners.windows(2).filter(|pair| crosses(pair)).count() % 2 == 1
    };
    let number =
        |node: &roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    // `inner` is drawn as circles, `outer` as squares; each has an edge beneath it, and one is in the key.
    let inner: Vec<(f64, f64)> = document
        .descendants()
        .filter(|node| node.has_tag_name("circle"))
        .map(|node| (number(&node, "cx"), number(&node, "cy")))
        .skip(2)
        .collect();
    assert_eq!(inner.len(), 2 * 180);
    let right = inner.iter().filter(|&&point| is_within(point)).count() as f64 / inner.len() as f64;
    assert!(
        (right - accuracy).abs() < 0.05,
        "{right} of the inner rows lie within, {accuracy} are right"
    );
}

#[test]
fn a_model_is_judged_in_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (model, picture) = (path("m.safetensors"), path("p.svg"));
    done(&[
        "train",
        "iris",
        "--epochs",
        "30",
        "--quiet",
        "--out",
        text(&model),
    ]);
    for plot in [text(&picture).to_owned(), format!("confusion={}", text(&picture))] {
        done(&["evaluate", text(&model), "iris", "--plot", &plot]);
        let svg = fs::read_to_string(&picture).unwrap();
        assert!(svg.contains("iris: 150 rows"), "{plot}");
        fs::remove_file(&picture).unwrap();
    }
    let plot = format!("loss={}", text(&picture));
    let expected = [
        "--plot loss=",
        "trained before",
        "there are confusion and reliability",
    ];
    refused(&["evaluate", text(&model), "iris", "--plot", &plot], 2, &expected);
    done(&[
        "train",
        "diabetes",
        "--epochs",
        "30",
        "--quiet",
        "--out",
        text(&model),
    ]);
    let plot = format!("residuals={}", text(&picture));
    done(&["evaluate", text(&model), "diabetes", "--plot", &plot]);
    assert!(
        fs::read_to_string(&picture)
            .unwrap()
            .contains("diabetes: 442 rows")
    );
}

#[test]
fn a_picture_that_a_run_cannot_have_is_refused_before_training() {
    let train = |data: &str, plot: &str, expected: &[&str]| {
        let run = [
            "train",
            data,
            "--epochs",
            "1000000000",
            "--patience",
            "1000000000",
            "--out",
            "none.safetensors",
            "--plot",
            plot,
        ];
        refused_after_notes(&run, expected);
    };
    train(
        "iris",
        "boundary=b.svg",
        &[
            "two inputs",
            "has 4",
            "sepal_length",
            "there are loss, metrics, confusion",
        ],
    );
    train("iris", "residuals=r.svg", &["this one learns classes"]);
    train(
        "diabetes",
        "confusion=c.svg",
        &["this one learns numbers", "residuals"],
    );
    train("iris", "pie=p.svg", &["there is no picture `pie`", "confusion"]);
    train("iris", "weights=", &["the name of a file"]);
    train("iris", "weights=w.pdf", &["w.pdf", ".svg or .png"]);
    refused(
        &[
            "run",
            "single-sample",
            "--epochs",
            "1000000000000",
            "--plot",
            "boundary=b.svg",
            "--quiet",
        ],
        2,
        &["two inputs", "has 10"],
    );
    let expected = ["no metric of its epochs is reported", "--metrics"];
    let run = [
        "train",
        "iris",
        "--validation",
        "0",
        "--plot",
        "metrics=m.svg",
        "--out",
        "none.safetensors",
    ];
    refused_after_notes(&run, &expected);
    assert!(!Path::new("none.safetensors").exists());
}

/// As [`refused`], of a command that says what it has chosen before it fails.
fn refused_after_notes(arguments: &[&str], expected: &[&str]) {
    let ended = crate::driver::pellucid(arguments);
    assert_eq!(ended.status, 2, "{arguments:?}: {}", ended.stderr);
    assert_eq!(ended.stdout, "");
    for part in expected {
        assert!(
            ended.stderr.contains(part),
            "{arguments:?} does not mention {part:?}: {}",
            ended.stderr
        );
    }
}
