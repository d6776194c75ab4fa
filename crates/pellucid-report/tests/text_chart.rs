//! Charts and matrices as text, against the expected text in `text/`. `WRITE_EXPECTED=1` writes it again, for review.

use pellucid_report::{LineChart, Scale, Series, TextMatrix, TextStyle};
use proptest::prelude::*;
use std::path::Path;

fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/text")
        .join(name);
    if std::env::var_os("WRITE_EXPECTED").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} is now\n{text}\nand was\n{expected}");
}

fn style(width: usize) -> TextStyle {
    TextStyle {
        width,
        height: (width / 5).clamp(10, 24),
        ..TextStyle::default()
    }
}

fn series(name: &str, y: impl Fn(f64) -> f64) -> Series {
    Series {
        name: name.to_owned(),
        points: (1..=2000)
            .map(|epoch| (f64::from(epoch), y(f64::from(epoch))))
            .collect(),
    }
}

fn three() -> LineChart {
    let mut chart = LineChart::new(
        "Loss against epochs, from the same initial weights",
        "epochs",
        "squared error (mean of a sample)",
    );
    chart.subtitle = "median of 10 seeds".to_owned();
    chart.y_scale = Scale::Log;
    let sigmoid = |epoch: f64, middle: f64| 0.25 / (1.0 + ((epoch - middle) / 120.0).exp()) + 0.002;
    chart.series = vec![
        series("xor-sgd", move |epoch| sigmoid(epoch, 700.0)),
        series("xor-batch-mean", |epoch| 0.25 - 2e-5 * epoch),
        series("xor-batch-sum", move |epoch| sigmoid(epoch, 1000.0)),
    ];
    chart
}

#[test]
fn one_curve_on_80_columns() {
    let mut chart = LineChart::new(
        "XOR by stochastic gradient descent",
        "epoch",
        "squared error (mean of a sample)",
    );
    chart.series = vec![series("training loss", |epoch| 0.3 * (-epoch / 400.0).exp())];
    check("one-80.txt", &chart.text(&style(80)));
}

#[test]
fn three_curves_on_80_and_on_200_columns() {
    for width in [80, 200] {
        check(&format!("three-{width}.txt"), &three().text(&style(width)));
    }
}

#[test]
fn three_curves_in_ascii() {
    let ascii = TextStyle {
        unicode: false,
        ..style(80)
    };
    let text = three().text(&ascii);
    assert!(text.is_ascii());
    check("three-ascii-80.txt", &text);
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let colored = TextStyle {
        color: true,
        ..style(80)
    };
    let text = three().text(&colored);
    assert!(text.contains("\u{1b}[38;5;33m") && text.contains("\u{1b}[38;5;208m"));
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, three().text(&style(80)));
}

#[test]
fn a_curve_that_ends_early_has_its_letter_where_it_ends() {
    let mut chart = three();
    chart.series[2].points.truncate(600);
    chart.series[2].points.push((601.0, f64::NAN));
    let text = chart.text(&style(80));
    assert!(
        text.contains("1 value that is not a finite number is left out"),
        "{text}"
    );
    check("diverged-80.txt", &text);
}

#[test]
fn twelve_curves_have_twelve_letters() {
    let mut chart = three();
    chart.series = (1..=12)
        .map(|rate| {
            series(
                &format!("learning_rate={}", f64::from(rate) / 10.0),
                move |epoch| (-epoch * f64::from(rate) / 4000.0).exp(),
            )
        })
        .collect();
    let text = chart.text(&style(100));
    for letter in 'a'..='l' {
        assert!(
            text.contains(&format!("{letter} learning_rate=")),
            "{letter}: {text}"
        );
    }
    check("twelve-100.txt", &text);
}

#[test]
fn nothing_to_plot_is_said() {
    let chart = LineChart::new("empty", "epoch", "loss");
    assert!(chart.text(&style(80)).contains("nothing to plot"));
}

fn iris() -> TextMatrix {
    TextMatrix {
        rows: "true".to_owned(),
        columns: "predicted".to_owned(),
        names: ["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec(),
        counts: vec![vec![50, 0, 0], vec![0, 47, 3], vec![0, 26, 24]],
    }
}

#[test]
fn a_matrix_is_shaded_by_the_parts_of_its_rows() {
    check("matrix.txt", &iris().text(&style(80)));
    let ascii = TextStyle {
        unicode: false,
        ..style(80)
    };
    let text = iris().text(&ascii);
    assert!(text.is_ascii());
    check("matrix-ascii.txt", &text);
    let colored = TextStyle {
        color: true,
        ..style(80)
    };
    assert!(iris().text(&colored).contains("\u{1b}[48;5;25;38;5;231m"));
}

#[test]
fn a_matrix_of_many_long_names_has_numbered_columns_in_blocks() {
    let names: Vec<String> = (0..14)
        .map(|class| format!("a class with a long name, {class}"))
        .collect();
    let counts = (0..14).map(|row| {
        (0..14)
            .map(|column| if row == column { 1234 } else { (row * column) % 7 })
            .collect()
    });
    let matrix = TextMatrix {
        counts: counts.collect(),
        names,
        ..iris()
    };
    let text = matrix.text(&style(80));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    check("matrix-many.txt", &text);
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![6 => -2.0..2.0f64, 2 => any::<f64>(), 1 => prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN, 5e-324])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_chart_keeps_to_the_width(
        title in ".{0,200}",
        curves in prop::collection::vec((".{0,50}", prop::collection::vec((any_number(), any_number()), 0..30)), 0..60),
        log: bool,
        log_across: bool,
        unicode: bool,
        width in 24..220usize,
        height in 5..40usize,
    ) {
        let chart = LineChart {
            x_scale: if log_across { Scale::Log } else { Scale::Linear },
            y_scale: if log { Scale::Log } else { Scale::Linear },
            series: curves.into_iter().map(|(name, points)| Series { name, points }).collect(),
            ..LineChart::new(title.clone(), "epoch", title)
        };
        let text = chart.text(&TextStyle { width, height, unicode, color: false });
        prop_assert!(unicode || text.is_ascii());
        for line in text.lines().filter(|line| !line.contains("left out")) {
            prop_assert!(line.chars().count() <= width, "{} of {width}: {line:?}", line.chars().count());
        }
    }
}
