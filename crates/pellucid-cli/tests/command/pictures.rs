//! Whether a picture is one, and shows something; and `--plot`.

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
