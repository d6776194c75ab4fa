//! Properties of bars of named numbers.

use pellucid_report::{Bar, BarChart, Picture, PictureStyle, TextStyle, Theme};
use proptest::prelude::*;
use roxmltree::Document;

fn bar(name: &str, value: f64) -> Bar {
    Bar {
        name: name.to_owned(),
        value,
        band: Some((value - 0.1, value + 0.2)),
        label: format!("{value:.3}"),
    }
}

fn chart(bars: Vec<Bar>) -> BarChart {
    BarChart {
        title: "what matters".to_owned(),
        subtitle: "12 rows".to_owned(),
        x_label: "drop in accuracy".to_owned(),
        bars,
    }
}

fn style(width: u32, theme: Theme) -> PictureStyle {
    let width = Some(width);
    PictureStyle { theme, width }
}

/// Left end, right end and colour of each bar.
fn bars(svg: &str) -> Vec<(f64, f64, String)> {
    let document = Document::parse(svg).unwrap();
    let noted = document
        .descendants()
        .filter(|node| node.has_tag_name("g"))
        .flat_map(|group| group.children())
        .filter(|node| node.has_tag_name("rect"));
    noted
        .map(|node| {
            let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
            let color = node.attribute("fill").unwrap().to_owned();
            (number("x"), number("x") + number("width"), color)
        })
        .collect()
}

#[test]
fn bars_begin_at_zero_and_are_as_long_as_their_numbers() {
    let svg = chart(vec![bar("age", 0.4), bar("colour", 0.2), bar("noise", -0.1)])
        .svg(PictureStyle::default())
        .unwrap();
    let drawn = bars(&svg);
    let [age, colour, noise] = &drawn[..] else {
        panic!("three bars: {svg}")
    };
    assert_eq!((age.0, age.0), (colour.0, noise.1), "all begin at 0");
    assert!(((age.1 - age.0) / (colour.1 - colour.0) - 2.0).abs() < 0.02);
    assert!(((age.1 - age.0) / (noise.1 - noise.0) - 4.0).abs() < 0.04);
    assert!(
        age.2 == colour.2 && age.2 != noise.2,
        "below 0 has another colour"
    );
    for word in [
        "what matters",
        "12 rows",
        "drop in accuracy",
        "age: 0.400",
        "noise: -0.100",
    ] {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn nothing_or_zeros_are_a_picture_too_and_too_many_bars_are_said() {
    for bars in [Vec::new(), vec![Bar::default()], vec![bar("x", f64::NAN)]] {
        let svg = chart(bars).svg(PictureStyle::default()).unwrap();
        Document::parse(&svg).unwrap();
    }
    let many = (0..400).map(|at| bar(&format!("column {at}"), f64::from(400 - at)));
    let svg = chart(many.collect()).svg(PictureStyle::default()).unwrap();
    assert!(svg.contains("the first 300 of 400"));
    assert_eq!(bars(&svg).len(), 300);
}

proptest! {
    #[test]
    fn every_mark_lies_in_the_picture(
        values in prop::collection::vec(-1e3..1e3f64, 1..30),
        name in ".{0,60}",
        width in 240u32..1000,
        dark: bool
    ) {
        let theme = if dark { Theme::Dark } else { Theme::Light };
        let chart = chart(values.into_iter().map(|value| bar(&name, value)).collect());
        let svg = chart.svg(style(width, theme)).unwrap();
        let document = Document::parse(&svg).unwrap();
        let height: f64 = document.root_element().attribute("height").unwrap().parse().unwrap();
        for node in document.descendants() {
            for attribute in node.attributes() {
                let most = match attribute.name() {
                    "x" | "x1" | "x2" => f64::from(width) * 10.0,
                    "y" | "y1" | "y2" => height * 10.0,
                    _ => continue,
                };
                let value: f64 = attribute.value().parse().unwrap();
                prop_assert!((0.0..=most).contains(&value), "{} is {} of {}", attribute.name(), value, most);
            }
        }
    }

    #[test]
    fn a_bar_of_text_has_its_width_whatever_its_ends(from in -0.5..1.5f64, to in -0.5..1.5f64, width in 0usize..60) {
        for unicode in [true, false] {
            let style = TextStyle { unicode, ..TextStyle::default() };
            let text = style.bar((from, to), width, false);
            prop_assert_eq!(text.chars().count(), width);
            let filled = text.chars().filter(|glyph| *glyph != ' ').count() as f64;
            let part = (from.clamp(0.0, 1.0) - to.clamp(0.0, 1.0)).abs() * width as f64;
            prop_assert!((filled - part).abs() <= 2.0, "{}: {}", text, part);
        }
    }
}
