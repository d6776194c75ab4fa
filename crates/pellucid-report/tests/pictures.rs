//! Properties of the pictures of what a network has learnt.

use std::collections::HashSet;

use pellucid::Activation;
use pellucid::inspection::layer_statistics::{LayerStatistics, LayerSummary};
use pellucid::model::network::Architecture;
use pellucid_report::{
    Boundary, BoundaryPoint, ConfusionMatrix, Field, Grid, Guide, ImageShape, LineChart, PanelGrid, Picture,
    PictureFormat, PictureStyle, Reliability, ReliabilityBar, ReportError, Residuals, Series,
    TargetResiduals, Theme, WeightPicture, gradient_flow,
};
use proptest::prelude::*;
use roxmltree::{Document, Node};

const LIGHT: PictureStyle = PictureStyle {
    theme: Theme::Light,
    width: None,
};

/// The SVG documents count in tenths of a pixel.
const UNITS: f64 = 10.0;

fn elements<'a, 'input>(document: &'a Document<'input>, name: &'static str) -> Vec<Node<'a, 'input>> {
    let all = document.descendants();
    all.filter(|node| node.has_tag_name(name)).collect()
}

fn texts(document: &Document<'_>, name: &'static str) -> Vec<String> {
    let text = |node: Node<'_, '_>| node.text().unwrap_or_default().to_owned();
    elements(document, name).into_iter().map(text).collect()
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Parses it; every mark lies in the picture, and no text is wider than it.
fn checked(svg: &str) -> Document<'_> {
    let document = Document::parse(svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(!texts(&document, "desc")[0].is_empty());
    let (width, height) = (number(root, "width") * UNITS, number(root, "height") * UNITS);
    for node in document.descendants() {
        for attribute in node.attributes() {
            let most = match attribute.name() {
                "x" | "x1" | "x2" | "cx" => width,
                "y" | "y1" | "y2" | "cy" => height,
                _ => continue,
            };
            let value: f64 = attribute.value().parse().unwrap();
            assert!(
                (0.0..=most).contains(&value),
                "{node:?}: {} is {value} of {most}",
                attribute.name()
            );
        }
        if let Some(right) = node.attribute("x").zip(node.attribute("width")) {
            assert!(
                right.0.parse::<f64>().unwrap() + right.1.parse::<f64>().unwrap() <= width + 1.0,
                "{node:?}"
            );
        }
    }
    document
}

fn matrix(classes: &[&str], counts: &[&[usize]]) -> ConfusionMatrix {
    ConfusionMatrix {
        classes: classes.iter().map(|&name| name.to_owned()).collect(),
        counts: counts.iter().map(|row| row.to_vec()).collect(),
        title: "a matrix".to_owned(),
        ..ConfusionMatrix::default()
    }
}

#[test]
fn a_confusion_matrix_has_counts_shares_and_names() {
    let svg = matrix(&["cat", "dog"], &[&[41, 3], &[0, 1051]])
        .svg(LIGHT)
        .unwrap();
    let document = checked(&svg);
    let said = texts(&document, "text");
    for word in [
        "cat",
        "dog",
        "41",
        "93.2%",
        "3",
        "6.8%",
        "1,051",
        "100%",
        "0",
        "true class",
        "predicted class",
    ] {
        assert!(said.iter().any(|text| text == word), "{word}: {said:?}");
    }
    let notes = texts(&document, "title");
    assert!(
        notes.contains(&"true cat, predicted dog: 3 rows, 6.8% of cat".to_owned()),
        "{notes:?}"
    );
    // The stronger the share, the darker: 100% against 6.8%.
    let fill = |note: &str| {
        let title = elements(&document, "title")
            .into_iter()
            .find(|title| title.text().is_some_and(|t| t.starts_with(note)));
        let group = title.unwrap().parent().unwrap();
        let rect = group.children().find(|node| node.has_tag_name("rect")).unwrap();
        u32::from_str_radix(&rect.attribute("fill").unwrap()[1..3], 16).unwrap()
    };
    assert!(fill("true dog, predicted dog") < fill("true cat, predicted dog"));
}

#[test]
fn fifty_classes_with_long_names_fit_at_every_width() {
    let names: Vec<String> = (0..50)
        .map(|class| format!("a class with a long name, number {class}"))
        .collect();
    let counts = (0..50)
        .map(|row| {
            (0..50)
                .map(|column| if row == column { 90 } else { (row * column) % 3 })
                .collect()
        })
        .collect();
    for width in [240, 360, 700, 1200] {
        let picture = ConfusionMatrix {
            title: "fifty".to_owned(),
            classes: names.clone(),
            counts: Vec::clone(&counts),
            ..ConfusionMatrix::default()
        };
        let style = PictureStyle {
            width: Some(width),
            ..LIGHT
        };
        let svg = picture.svg(style).unwrap();
        let document = checked(&svg);
        assert!(
            texts(&document, "text").iter().any(|text| text.contains('…')),
            "names are clipped"
        );
        let sizes = elements(&document, "text")
            .into_iter()
            .map(|text| number(text, "font-size"));
        assert!(
            sizes.fold(f64::INFINITY, f64::min) >= 7.5 * UNITS,
            "letters are large enough to be read"
        );
    }
}

fn line(count: usize) -> TargetResiduals {
    let actual: Vec<f64> = (0..count).map(|at| at as f64).collect();
    TargetResiduals {
        name: "price".to_owned(),
        predicted: actual.iter().map(|y| y + 5.0 * (y * 0.7).sin()).collect(),
        actual,
    }
}

#[test]
fn residuals_have_a_point_a_row_a_diagonal_and_a_histogram_of_all() {
    let picture = Residuals {
        targets: vec![line(300)],
        title: "prices".to_owned(),
        ..Residuals::default()
    };
    let svg = picture.svg(LIGHT).unwrap();
    let document = checked(&svg);
    assert_eq!(elements(&document, "circle").len(), 300);
    let diagonal = elements(&document, "polyline")[0].attribute("points").unwrap();
    let ends: Vec<f64> = diagonal.split([' ', ',']).map(|n| n.parse().unwrap()).collect();
    assert!(
        ends[0] < ends[2] && ends[1] > ends[3],
        "upwards to the right: {ends:?}"
    );
    let counted: u64 = texts(&document, "title")
        .iter()
        .filter_map(|note| {
            note.strip_suffix(" rows")?
                .split(": ")
                .nth(1)?
                .parse::<u64>()
                .ok()
        })
        .sum();
    assert_eq!(counted, 300);
    assert!(texts(&document, "text").contains(&"predicted price".to_owned()));
}

#[test]
fn many_residuals_are_thinned_and_the_picture_says_so() {
    let mut target = line(100_000);
    target.predicted[7] = f64::NAN;
    let picture = Residuals {
        targets: vec![target],
        title: "prices".to_owned(),
        ..Residuals::default()
    };
    let svg = picture.svg(LIGHT).unwrap();
    let document = checked(&svg);
    assert!(elements(&document, "circle").len() <= 2000);
    let said = texts(&document, "text").join(" ");
    assert!(said.contains("of 99,999 rows are drawn as points"), "{said}");
    assert!(
        said.contains("1 rows without finite numbers") || said.contains("1 row without"),
        "{said}"
    );
    assert!(svg.len() < 250_000, "{} bytes", svg.len());
}

fn reliability(title: &str) -> Reliability {
    let bar = |(at, rows, confidence, accuracy)| ReliabilityBar {
        from: f64::from(at) / 15.0,
        to: f64::from(at + 1) / 15.0,
        rows,
        confidence,
        accuracy,
    };
    Reliability {
        title: title.to_owned(),
        subtitle: title.to_owned(),
        bars: [(7, 4, 0.5, 0.0), (9, 20, 0.64, 0.8), (14, 1300, 0.99, 0.9)]
            .map(bar)
            .into(),
    }
}

#[test]
fn a_reliability_diagram_has_a_point_a_bin_a_diagonal_and_a_histogram() {
    let svg = reliability("buys").svg(LIGHT).unwrap();
    let document = checked(&svg);
    let points = elements(&document, "circle");
    assert_eq!(points.len(), 3);
    let diagonal = elements(&document, "polyline")[0].attribute("points").unwrap();
    let ends: Vec<f64> = diagonal.split([' ', ',']).map(|n| n.parse().unwrap()).collect();
    let height_on_diagonal = |x: f64| ends[1] + (x - ends[0]) / (ends[2] - ends[0]) * (ends[3] - ends[1]);
    let is_above = |point: &Node<'_, '_>| number(*point, "cy") < height_on_diagonal(number(*point, "cx"));
    let above: Vec<bool> = points.iter().map(is_above).collect();
    assert_eq!(
        above,
        [false, true, false],
        "above the diagonal is more right than sure"
    );
    let notes = texts(&document, "title");
    for note in [
        "60.0% to 66.7%: 20 rows: 64.0% sure, 80.0% right",
        "93.3% to 100.0%: 1,300 rows",
    ] {
        assert!(
            notes.iter().any(|found| found == note),
            "{note} is not in {notes:?}"
        );
    }
}

#[test]
fn units_of_pixels_are_images_and_others_a_map() {
    let picture = WeightPicture {
        weights: (0..784 * 100)
            .map(|at| ((at * 37) % 100) as f64 / 50.0 - 1.0)
            .collect(),
        image: Some(ImageShape {
            rows: 28,
            columns: 28,
            pixels: (0..784).collect(),
        }),
        title: "layer 1".to_owned(),
        units: 100,
        ..WeightPicture::default()
    };
    let svg = picture.svg(LIGHT).unwrap();
    let document = checked(&svg);
    assert_eq!(elements(&document, "image").len(), 64 + 1, "and the bar");
    assert!(
        texts(&document, "text")
            .join(" ")
            .contains("the first 64 of 100 units")
    );

    let picture = WeightPicture {
        weights: vec![0.25, -1.0, 0.0, 2.0, f64::NAN, 1.0],
        input_names: vec!["age".into(), "height".into(), "<weight>".into()],
        title: "layer 1".to_owned(),
        units: 2,
        ..WeightPicture::default()
    };
    let svg = picture.svg(LIGHT).unwrap();
    let document = checked(&svg);
    let notes = texts(&document, "title");
    for note in [
        "age to unit 1: 0.25",
        "age to unit 2: −1",
        "height to unit 2: 2",
        "<weight> to unit 1: NaN",
    ] {
        assert!(notes.iter().any(|text| text == note), "{note}: {notes:?}");
    }
}

#[test]
fn colors_of_weights_are_centred_on_zero() {
    let of = |weights: Vec<f64>| {
        let picture = WeightPicture {
            weights,
            title: "layer 1".to_owned(),
            units: 1,
            ..WeightPicture::default()
        };
        let svg = picture.svg(LIGHT).unwrap();
        let document = Document::parse(&svg).unwrap();
        let groups = elements(&document, "g").into_iter();
        let fills = groups.map(|group| {
            let square = group.children().find(|node| node.has_tag_name("rect")).unwrap();
            square.attribute("fill").unwrap().to_owned()
        });
        fills.collect::<Vec<String>>()
    };
    let one_sided = of(vec![0.0, 1.0, 3.0]);
    let two_sided = of(vec![0.0, 1.0, -3.0]);
    assert_eq!(
        one_sided[..2],
        two_sided[..2],
        "0 and 1 do not depend on the other side"
    );
    assert_ne!(one_sided[2], two_sided[2]);
}

#[test]
fn a_few_large_weights_do_not_make_the_others_pale() {
    let mut weights: Vec<f64> = (0..2000).map(|at| f64::from(at % 11) / 10.0 - 0.5).collect();
    weights[5] = 50.0;
    let picture = WeightPicture {
        weights,
        title: "layer 1".to_owned(),
        units: 20,
        ..WeightPicture::default()
    };
    let svg = picture.svg(LIGHT).unwrap();
    assert!(svg.contains("1 weight is beyond the scale"));
    assert!(svg.contains("coloured from −0.5"));
}

fn circle() -> Boundary {
    let points: Vec<BoundaryPoint> = (0..200)
        .map(|at| {
            let (angle, radius) = (f64::from(at) * 0.1, if at % 2 == 0 { 0.5 } else { 1.0 });
            BoundaryPoint {
                x: radius * angle.cos(),
                y: 10.0 * radius * angle.sin(),
                target: f64::from(at % 2),
            }
        })
        .collect();
    let grid = Grid::around(&points);
    let probabilities = grid
        .points()
        .map(|(x, y)| 1.0 / (1.0 + (20.0 * (0.75 - x.hypot(y / 10.0))).exp()))
        .collect();
    let names = ["inner".to_owned(), "outer".to_owned()];
    Boundary {
        title: "circles".to_owned(),
        subtitle: String::new(),
        x_label: "x1".to_owned(),
        y_label: "x2".to_owned(),
        grid,
        field: Field::TwoClasses { names, probabilities },
        points,
    }
}

#[test]
fn the_line_of_one_half_lies_where_the_probability_is() {
    let svg = circle().svg(LIGHT).unwrap();
    let document = checked(&svg);
    // The image is the plot, and the circle's radius of 0.75 lies in a span of 2 · 1.16.
    let image = elements(&document, "image")[0];
    let (left, top) = (number(image, "x"), number(image, "y"));
    let (width, height) = (number(image, "width"), number(image, "height"));
    let line = elements(&document, "polyline")
        .into_iter()
        .max_by_key(|line| line.attribute("points").unwrap().len())
        .unwrap();
    let corners: Vec<(f64, f64)> = line
        .attribute("points")
        .unwrap()
        .split(' ')
        .map(|pair| {
            pair.split_once(',')
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .unwrap()
        })
        .collect();
    assert!(
        corners.len() > 100 && corners.first() == corners.last(),
        "one closed line"
    );
    let grid = circle().grid;
    for (x, y) in corners {
        let x = grid.x.0 + (x - left) / width * (grid.x.1 - grid.x.0);
        let y = grid.y.1 - (y - top) / height * (grid.y.1 - grid.y.0);
        assert!((x.hypot(y / 10.0) - 0.75).abs() < 0.01, "{x}, {y}");
    }
    let said = texts(&document, "text");
    for word in ["inner", "outer", "x1", "x2", "probability of outer"] {
        assert!(said.iter().any(|text| text == word), "{word}: {said:?}");
    }
}

#[test]
fn classes_differ_in_shape_and_numbers_have_a_bar() {
    let two = circle();
    let probabilities = two
        .grid
        .points()
        .flat_map(|(x, _)| if x > 0.0 { [0.8, 0.1, 0.1] } else { [0.1, 0.6, 0.3] })
        .collect();
    let names = ["a", "b", "c"].map(str::to_owned).into();
    let three = Boundary {
        field: Field::Classes { names, probabilities },
        points: two
            .points
            .iter()
            .enumerate()
            .map(|(at, point)| BoundaryPoint {
                target: (at % 3) as f64,
                ..*point
            })
            .collect(),
        ..two.clone()
    };
    let svg = three.svg(LIGHT).unwrap();
    let document = checked(&svg);
    // Each with its edge; the key has one of each.
    assert_eq!(elements(&document, "circle").len(), 2 * (67 + 1));
    assert_eq!(elements(&document, "polygon").len(), 2 * (66 + 1));
    let numbers = Boundary {
        field: Field::Numbers {
            name: "price (€)".into(),
            values: two.grid.points().map(|(x, y)| x + y).collect(),
        },
        ..two
    };
    let svg = numbers.svg(LIGHT).unwrap();
    assert!(texts(&checked(&svg), "text").contains(&"price (€)".to_owned()));
}

/// The flow of a network with three layers, of which the later ones have smaller gradients.
fn flow(statistics: usize) -> PanelGrid {
    let architecture = Architecture::new(&[2, 3, 4, 1], &[Activation::Sigmoid; 3], true).unwrap();
    let layer = |at: i32, epoch: u64| LayerSummary {
        gradient_rms: 10f64.powi(-at),
        bias_gradient_rms: None,
        delta_rms: 0.0,
        weight_rms: 0.0,
        update_ratio: Some(10f64.powi(-at) * epoch as f64 / 10.0),
        saturated_units: 0.0,
        dead_units: 0.0,
        flat: 0.0,
        activation_mean: 0.0,
        activation_deviation: 0.0,
    };
    let entry = |epoch: u64| LayerStatistics {
        epoch,
        updates: epoch,
        loss: None,
        layers: (1..4).map(|at| layer(at, epoch)).collect(),
    };
    let statistics: Vec<LayerStatistics> = (1..30).map(entry).take(statistics).collect();
    gradient_flow("flow".to_owned(), &architecture, &statistics)
}

#[test]
fn gradient_flow_has_each_layer_in_both_charts_and_the_rule_of_thumb() {
    let svg = flow(29).svg(LIGHT).unwrap();
    let document = checked(&svg);
    let said = texts(&document, "text");
    for layer in [
        "layer 1 (2 → 3, sigmoid)",
        "layer 2 (3 → 4, sigmoid)",
        "layer 3 (4 → 1, sigmoid)",
    ] {
        assert_eq!(said.iter().filter(|text| *text == layer).count(), 2, "{said:?}");
    }
    assert!(said.iter().any(|text| text.starts_with("usual")));
    assert!(said.contains(&"10⁻²".to_owned()), "{said:?}");
}

#[test]
fn guides_stand_at_their_place_and_beyond_the_curve_are_left_out() {
    let chart = |at: f64| LineChart {
        series: vec![Series {
            name: "loss".into(),
            points: (0..=100)
                .map(|epoch| (f64::from(epoch), 1.0 / f64::from(epoch + 1)))
                .collect(),
        }],
        guides: vec![Guide::Upright(at, "best".into())],
        ..LineChart::new("a run", "epoch", "loss")
    };
    let svg = chart(50.0).svg(LIGHT).unwrap();
    let document = checked(&svg);
    let points = |line: &Node<'_, '_>| line.attribute("points").unwrap().to_owned();
    let lines: Vec<String> = elements(&document, "polyline").iter().map(points).collect();
    let curve: Vec<f64> = lines[0]
        .split(' ')
        .map(|pair| pair.split_once(',').unwrap().0.parse().unwrap())
        .collect();
    let guide: f64 = lines[1].split_once(',').unwrap().0.parse().unwrap();
    let middle = (curve[0] + curve[curve.len() - 1]) / 2.0;
    assert!((guide - middle).abs() < 10.0, "{guide}, {middle}");
    assert!(texts(&document, "text").contains(&"best".to_owned()));
    assert!(!chart(500.0).svg(LIGHT).unwrap().contains("best"));
}

fn all(name: &str) -> Vec<Box<dyn Picture>> {
    let chart = LineChart {
        series: vec![Series {
            name: name.into(),
            points: vec![(1.0, 2.0), (2.0, 1.0)],
        }],
        ..LineChart::new(name, name, name)
    };
    let grid = PanelGrid {
        panels: vec![chart.clone(), chart],
        ..PanelGrid::new(name)
    };
    vec![
        Box::new(matrix(&[name, "b"], &[&[1, 2], &[3, 4]])),
        Box::new(Residuals {
            title: name.into(),
            targets: vec![TargetResiduals {
                name: name.into(),
                ..line(50)
            }],
            ..Residuals::default()
        }),
        Box::new(reliability(name)),
        Box::new(WeightPicture {
            title: name.into(),
            weights: vec![1.0, -2.0],
            units: 1,
            input_names: vec![name.into(), name.into()],
            ..WeightPicture::default()
        }),
        Box::new(Boundary {
            x_label: name.into(),
            ..circle()
        }),
        Box::new(PanelGrid {
            shared_legend: true,
            columns: 2,
            ..grid.clone()
        }),
        Box::new(grid),
        Box::new(flow(1)),
    ]
}

#[test]
fn every_picture_is_painted_in_both_formats_and_themes() {
    for theme in [Theme::Light, Theme::Dark] {
        let width = Some(600);
        let style = PictureStyle { theme, width };
        for picture in all("a name") {
            let png = tiny_skia::Pixmap::decode_png(&picture.png(style).unwrap()).unwrap();
            let svg = picture.render(PictureFormat::Svg, style).unwrap();
            let svg = String::from_utf8(svg).unwrap();
            let document = checked(&svg);
            let root = document.root_element();
            assert_eq!(f64::from(png.height()), 2.0 * number(root, "height"));
            let corner = png.pixel(2, 2).unwrap();
            assert_eq!(corner.red() > 128, theme == Theme::Light);
            let colors: HashSet<_> = png
                .pixels()
                .iter()
                .map(|pixel| (pixel.red(), pixel.green(), pixel.blue()))
                .collect();
            assert!(colors.len() > 10, "something is drawn");
        }
    }
}

#[test]
fn widths_that_cannot_be_laid_out_are_refused() {
    for width in [100, 9000] {
        let style = PictureStyle {
            width: Some(width),
            ..LIGHT
        };
        for picture in all("a name") {
            let error = picture.svg(style).unwrap_err();
            assert!(
                matches!(error, ReportError::PictureSize { side: "width", .. }),
                "{error}"
            );
        }
    }
}

#[test]
fn empty_pictures_are_pictures() {
    let none = Field::Classes {
        names: vec![],
        probabilities: vec![],
    };
    let pictures: Vec<Box<dyn Picture>> = vec![
        Box::new(ConfusionMatrix::default()),
        Box::new(Reliability::default()),
        Box::new(Residuals::default()),
        Box::new(WeightPicture::default()),
        Box::new(Boundary {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            grid: Grid::around(&[]),
            field: none,
            points: Vec::new(),
            ..circle()
        }),
        Box::new(PanelGrid::new("")),
        Box::new(PanelGrid {
            shared_legend: true,
            columns: 2,
            ..PanelGrid::new("")
        }),
        Box::new(flow(0)),
    ];
    for picture in pictures {
        Document::parse(&picture.svg(LIGHT).unwrap()).unwrap();
        assert!(!picture.png(LIGHT).unwrap().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_name_is_escaped_and_stays_inside(name in ".{0,80}", width in 240..1300u32, dark: bool) {
        let theme = if dark { Theme::Dark } else { Theme::Light };
        let width = Some(width);
        for picture in all(&name) {
            checked(&picture.svg(PictureStyle { theme, width }).unwrap());
        }
    }
}
