//! Properties of line charts.

use std::collections::HashSet;

use pellucid_report::{
    Guide, LineChart, Picture, PictureFormat, PictureStyle, ReportError, Scale, Series, SeriesBand, Theme,
};
use proptest::prelude::*;
use roxmltree::{Document, Node};

const LIGHT: PictureStyle = PictureStyle {
    theme: Theme::Light,
    width: None,
};

/// The SVG documents count in tenths of a pixel.
const UNITS: f64 = 10.0;

fn series(name: &str, ys: impl IntoIterator<Item = f64>) -> Series {
    let points = ys
        .into_iter()
        .enumerate()
        .map(|(index, y)| (index as f64 + 1.0, y))
        .collect();
    Series {
        name: name.to_owned(),
        points,
    }
}

fn decays(count: usize) -> Vec<Series> {
    let curve = |run: usize| (0..200).map(move |epoch| 0.9_f64.powi(epoch / (run as i32 + 1)) + 0.01);
    (0..count)
        .map(|run| series(&format!("run {run}"), curve(run)))
        .collect()
}

fn chart(series: Vec<Series>) -> LineChart {
    LineChart {
        series,
        ..LineChart::new("Learning curves", "epoch", "loss")
    }
}

fn elements<'a, 'input>(document: &'a Document<'input>, name: &'static str) -> Vec<Node<'a, 'input>> {
    document
        .descendants()
        .filter(|node| node.has_tag_name(name))
        .collect()
}

fn texts(document: &Document<'_>) -> Vec<String> {
    let text = |node: Node<'_, '_>| node.text().unwrap_or_default().trim().to_owned();
    elements(document, "text").into_iter().map(text).collect()
}

fn corners(polyline: Node<'_, '_>) -> Vec<(f64, f64)> {
    let pair = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    polyline
        .attribute("points")
        .unwrap()
        .split_whitespace()
        .map(pair)
        .collect()
}

/// Every coordinate is a finite number inside the view box.
fn check_coordinates(document: &Document<'_>) {
    let view: Vec<f64> = document
        .root_element()
        .attribute("viewBox")
        .unwrap()
        .split(' ')
        .map(|side| side.parse().unwrap())
        .collect();
    let inside = |value: f64, most: f64| {
        assert!(
            value.is_finite() && (0.0..=most).contains(&value),
            "{value} of {most}"
        )
    };
    for node in document.descendants() {
        for attribute in node.attributes() {
            match attribute.name() {
                "x" | "x1" | "x2" | "cx" => inside(attribute.value().parse().unwrap(), view[2]),
                "y" | "y1" | "y2" | "cy" => inside(attribute.value().parse().unwrap(), view[3]),
                "points" => corners(node).into_iter().for_each(|(x, y)| {
                    inside(x, view[2]);
                    inside(y, view[3]);
                }),
                _ => {}
            }
        }
    }
}

/// Polylines that are curves; those of the legend have two corners at one height.
fn curves<'a, 'input>(document: &'a Document<'input>) -> Vec<Node<'a, 'input>> {
    let is_sample = |node: &Node<'_, '_>| {
        let corners = corners(*node);
        corners.len() == 2 && corners[0].1 == corners[1].1 && corners[1].0 - corners[0].0 == 34.0 * UNITS
    };
    elements(document, "polyline")
        .into_iter()
        .filter(|node| !is_sample(node))
        .collect()
}

#[test]
fn svg_has_titles_labels_curves_and_a_legend() {
    for theme in [Theme::Light, Theme::Dark] {
        for count in [1, 3, 8] {
            for y_scale in [Scale::Linear, Scale::Log] {
                let chart = LineChart {
                    y_scale,
                    subtitle: "200 epochs".to_owned(),
                    ..chart(decays(count))
                };
                let svg = chart.svg(PictureStyle { theme, ..LIGHT }).unwrap();
                let document = Document::parse(&svg).unwrap();
                check_coordinates(&document);
                assert_eq!(curves(&document).len(), count);
                assert_eq!(
                    elements(&document, "polyline").len(),
                    2 * count,
                    "each curve has a sample in the legend"
                );
                let texts = texts(&document);
                let names = (0..count).map(|run| format!("run {run}"));
                let expected = ["Learning curves", "200 epochs", "epoch", "loss", "100"].map(str::to_owned);
                for expected in expected.into_iter().chain(names) {
                    assert!(texts.contains(&expected), "{expected:?} is not among {texts:?}");
                }
                let styles: HashSet<_> = curves(&document)
                    .iter()
                    .map(|curve| (curve.attribute("stroke"), curve.attribute("stroke-dasharray")))
                    .collect();
                assert_eq!(styles.len(), count);
            }
        }
    }
}

#[test]
fn legend_does_not_lie_over_the_plot() {
    for count in [1, 3, 8, 30] {
        let svg = chart(decays(count)).svg(LIGHT).unwrap();
        let document = Document::parse(&svg).unwrap();
        let points: Vec<(f64, f64)> = curves(&document).into_iter().flat_map(corners).collect();
        let right = points.iter().map(|point| point.0).fold(0.0, f64::max);
        let top = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        for text in elements(&document, "text") {
            if text.text().unwrap_or_default().trim().starts_with("run ") {
                let place = |name| text.attribute(name).unwrap().parse::<f64>().unwrap();
                assert!(place("x") > right || place("y") + 100.0 < top, "{count} series");
            }
        }
    }
}

#[test]
fn svg_is_accessible() {
    let svg = chart(decays(2)).svg(LIGHT).unwrap();
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert_eq!(root.attribute("aria-label"), Some("Learning curves"));
    assert_eq!(
        (root.attribute("width"), root.attribute("height")),
        (Some("800"), Some("500"))
    );
    assert_eq!(
        root.first_element_child().unwrap().text(),
        Some("Learning curves")
    );
    assert!(
        elements(&document, "desc")[0]
            .text()
            .unwrap()
            .contains("2 series: run 0, run 1")
    );
    let fonts = |node: &Node<'_, '_>| node.attribute("font-family").unwrap().ends_with("sans-serif");
    assert!(elements(&document, "text").iter().all(fonts));
}

#[test]
fn names_are_escaped_and_control_characters_dropped() {
    let name = "<b> & \"q\" 'a' ]]> \u{0}\u{1b}é";
    let mut chart = chart(vec![series(name, [1.0, 2.0]), series("other", [2.0, 1.0])]);
    (chart.title, chart.y_label, chart.subtitle) = (name.to_owned(), name.to_owned(), name.to_owned());
    let svg = chart.svg(LIGHT).unwrap();
    let document = Document::parse(&svg).unwrap();
    let shown = "<b> & \"q\" 'a' ]]>   é";
    assert_eq!(
        texts(&document)
            .iter()
            .filter(|text| text.starts_with("<b> & \"q\" 'a' ]]>"))
            .count(),
        4
    );
    assert_eq!(document.root_element().attribute("aria-label"), Some(shown));
}

#[test]
fn a_million_epochs_make_a_small_document_that_keeps_spikes() {
    let ys = (0..1_000_000).map(|epoch| {
        if epoch == 123_456 {
            9.0
        } else {
            1.0 + 0.5 * f64::from(epoch % 13) / 13.0
        }
    });
    let svg = chart(vec![series("noisy", ys)]).svg(LIGHT).unwrap();
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
    let document = Document::parse(&svg).unwrap();
    let points = corners(curves(&document)[0]);
    let top = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let ordinary = points.iter().filter(|point| point.1 > top + 1000.0).count();
    assert_eq!(ordinary, points.len() - 1, "one spike stands out");
}

#[test]
fn numbers_that_are_not_finite_are_gaps_and_remarked_on() {
    let ys = [
        1.0,
        2.0,
        f64::NAN,
        3.0,
        4.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        5.0,
    ];
    let svg = chart(vec![series("a", ys)]).svg(LIGHT).unwrap();
    let document = Document::parse(&svg).unwrap();
    assert_eq!(curves(&document).len(), 2);
    assert_eq!(elements(&document, "circle").len(), 1, "the lone last point");
    let remark = "3 values that are not finite numbers are left out".to_owned();
    assert!(texts(&document).contains(&remark), "{:?}", texts(&document));
}

#[test]
fn a_logarithmic_scale_leaves_out_what_is_not_positive_and_says_so() {
    let mut chart = chart(vec![series("a", [1.0, 0.1, 0.0, 0.01, -3.0])]);
    chart.y_scale = Scale::Log;
    let svg = chart.svg(LIGHT).unwrap();
    assert!(svg.contains("2 values that are not above zero are left out of the logarithmic scale"));
    chart.series = vec![series("a", [0.0, -1.0])];
    let svg = chart.svg(LIGHT).unwrap();
    assert!(svg.contains("linear scale, because no value is above zero"));
    assert_eq!(curves(&Document::parse(&svg).unwrap()).len(), 1);
}

#[test]
fn a_logarithmic_axis_across_has_equal_ratios_equally_long() {
    let rates = (0..=60).map(|step| 10f64.powf(f64::from(step) / 10.0 - 6.0));
    let mut chart = chart(vec![Series {
        name: "a".into(),
        points: rates.map(|rate| (rate, rate.ln())).collect(),
    }]);
    chart.x_scale = Scale::Log;
    let svg = chart.svg(LIGHT).unwrap();
    let document = Document::parse(&svg).unwrap();
    let places: Vec<f64> = corners(curves(&document)[0])
        .iter()
        .map(|corner| corner.0)
        .collect();
    let (first, last) = (places[0], places[places.len() - 1]);
    for (step, place) in places.iter().enumerate() {
        let expected = first + (last - first) * step as f64 / (places.len() - 1) as f64;
        assert!(
            (place - expected).abs() < 2.0,
            "step {step} at {place}, not {expected}"
        );
    }
    let words = texts(&document);
    for decade in ["10⁻⁶", "10⁻³", "1"] {
        let found = words.iter().any(|word| word == decade || word == "10⁰");
        assert!(found, "{decade} is not among {words:?}");
    }
    chart.series[0].points.push((0.0, 1.0));
    chart.series[0].points.push((-1.0, 1.0));
    let svg = chart.svg(LIGHT).unwrap();
    assert!(svg.contains(
        "2 values that are not above zero are left out of the logarithmic scale of the axis across"
    ));
}

#[test]
fn nothing_to_plot_is_said() {
    for series in [vec![], vec![series("a", [])], vec![series("a", [f64::NAN; 3])]] {
        let chart = chart(series);
        assert!(
            texts(&Document::parse(&chart.svg(LIGHT).unwrap()).unwrap())
                .contains(&"nothing to plot".to_owned())
        );
        assert!(!chart.png(LIGHT).unwrap().is_empty());
    }
}

#[test]
fn sizes_out_of_bounds_are_refused() {
    for (width, height, side) in [(0, 500, "width"), (800, 10, "height"), (800, u32::MAX, "height")] {
        let chart = LineChart {
            width,
            height,
            ..chart(decays(1))
        };
        for format in [PictureFormat::Svg, PictureFormat::Png] {
            let error = chart.render(format, LIGHT).unwrap_err();
            assert!(
                matches!(error, ReportError::PictureSize { side: found, .. } if found == side),
                "{error}"
            );
        }
    }
}

struct Pixels {
    width: u32,
    height: u32,
    colors: Vec<[u8; 3]>,
}

fn decode(png: &[u8]) -> Pixels {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let picture = tiny_skia::Pixmap::decode_png(png).unwrap();
    let colors = picture
        .pixels()
        .iter()
        .map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    Pixels {
        width: picture.width(),
        height: picture.height(),
        colors,
    }
}

#[test]
fn png_has_twice_the_pixels_and_every_color_of_the_svg() {
    for theme in [Theme::Light, Theme::Dark] {
        let (chart, style) = (chart(decays(8)), PictureStyle { theme, ..LIGHT });
        let pixels = decode(&chart.png(style).unwrap());
        assert_eq!((pixels.width, pixels.height), (1600, 1000));
        let svg = chart.svg(style).unwrap();
        let document = Document::parse(&svg).unwrap();
        for curve in curves(&document) {
            let hex = curve.attribute("stroke").unwrap();
            let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let color = [channel(1), channel(3), channel(5)];
            let painted = pixels.colors.iter().filter(|found| **found == color).count();
            assert!(painted > 150, "{painted} pixels of {hex}");
        }
    }
}

#[test]
fn png_has_lettering() {
    let ink_above_plot = |title: &str| {
        let chart = LineChart {
            title: title.to_owned(),
            ..chart(vec![series("", [1.0, 2.0])])
        };
        let pixels = decode(&chart.png(LIGHT).unwrap());
        let top = (pixels.width * 60) as usize;
        pixels.colors[..top]
            .iter()
            .filter(|[r, g, b]| u16::from(*r) + u16::from(*g) + u16::from(*b) < 200)
            .count()
    };
    assert_eq!(ink_above_plot(""), 0);
    let (short, long) = (ink_above_plot("loss"), ink_above_plot("loss loss loss"));
    assert!(
        short > 100 && (long as f64 / short as f64 - 3.0).abs() < 0.2,
        "{short}, {long}"
    );
}

#[test]
fn format_decides_what_is_rendered() {
    let chart = chart(decays(1));
    assert_eq!(
        chart.render(PictureFormat::Svg, LIGHT).unwrap(),
        chart.svg(LIGHT).unwrap().into_bytes()
    );
    assert_eq!(
        chart.render(PictureFormat::Png, LIGHT).unwrap(),
        chart.png(LIGHT).unwrap()
    );
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![6 => -2.0..2.0f64, 2 => any::<f64>(), 1 => prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN, 5e-324])]
}

fn any_series() -> impl Strategy<Value = Series> {
    (
        ".{0,40}",
        prop::collection::vec((any_number(), any_number()), 0..30),
    )
        .prop_map(|(name, points)| Series { name, points })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_chart_is_well_formed_and_stays_inside(
        title in ".{0,200}",
        label in ".{0,60}",
        series in prop::collection::vec(any_series(), 0..12),
        log: bool,
        log_across: bool,
        dark: bool,
        guides in prop::collection::vec((any::<bool>(), any_number(), ".{0,30}"), 0..3),
        width in 200..1200u32,
        height in 150..900u32,
    ) {
        let chart = LineChart {
            title,
            subtitle: label.clone(),
            x_label: label.clone(),
            y_label: label,
            x_scale: if log_across { Scale::Log } else { Scale::Linear },
            y_scale: if log { Scale::Log } else { Scale::Linear },
            bands: series
                .iter()
                .enumerate()
                .map(|(index, series)| SeriesBand {
                    series: index,
                    points: series.points.iter().map(|&(x, y)| (x, y - 0.5, y + 0.5)).collect(),
                })
                .collect(),
            series,
            guides: guides.into_iter().map(|(upright, at, name)| match upright {
                true => Guide::Upright(at, name),
                false => Guide::Level(at, name),
            }).collect(),
            width,
            height,
        };
        let theme = if dark { Theme::Dark } else { Theme::Light };
        let svg = chart.svg(PictureStyle { theme, ..LIGHT }).unwrap();
        check_coordinates(&Document::parse(&svg).unwrap());
    }

    #[test]
    fn any_small_png_is_painted(series in prop::collection::vec(any_series(), 0..5), log: bool) {
        let y_scale = if log { Scale::Log } else { Scale::Linear };
        let chart = LineChart { y_scale, width: 240, height: 180, ..chart(series) };
        prop_assert_eq!(decode(&chart.png(LIGHT).unwrap()).width, 480);
    }
}
