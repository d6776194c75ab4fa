//! Properties of the picture of a search.

use pellucid_report::{
    Picture, PictureFormat, PictureStyle, ReportError, SearchChart, SearchPoint, SearchSetting,
    SettingValues, Theme,
};
use roxmltree::{Document, Node};

const LIGHT: PictureStyle = PictureStyle {
    theme: Theme::Light,
    width: None,
};

fn point(trial: u64, score: Option<f64>) -> SearchPoint {
    SearchPoint {
        trial,
        score,
        is_final: true,
    }
}

fn chart(scores: &[Option<f64>], higher_is_better: bool) -> SearchChart {
    let count = scores.len();
    SearchChart {
        title: "a search".into(),
        score_label: "accuracy".into(),
        higher_is_better,
        points: (1..)
            .zip(scores)
            .map(|(trial, score)| point(trial, *score))
            .collect(),
        settings: vec![
            SearchSetting {
                name: "learning rate".into(),
                values: SettingValues::Numbers {
                    values: (0..count).map(|at| 10f64.powi(-(at as i32 % 4))).collect(),
                    logarithmic: true,
                },
            },
            SearchSetting {
                name: "hidden".into(),
                values: SettingValues::Choices {
                    names: vec!["64".into(), "128,64".into()],
                    picks: (0..count).map(|at| at % 2).collect(),
                },
            },
        ],
    }
}

fn elements<'a, 'input>(document: &'a Document<'input>, name: &'static str) -> Vec<Node<'a, 'input>> {
    document
        .descendants()
        .filter(|node| node.has_tag_name(name))
        .collect()
}

fn words(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let texts = elements(&document, "text").into_iter();
    texts
        .map(|node| node.text().unwrap_or_default().trim().to_owned())
        .collect()
}

#[test]
fn each_trial_is_a_dot_in_each_panel() {
    let scores: Vec<Option<f64>> = (0..20)
        .map(|at| Some(0.5 + 0.02 * f64::from(at * 7 % 20)))
        .collect();
    let svg = chart(&scores, true).svg(LIGHT).unwrap();
    let document = Document::parse(&svg).unwrap();
    // Of the trials, in three panels, and three in the key.
    let key = 2;
    assert_eq!(elements(&document, "circle").len(), 20 * 3 + key);
    let said = words(&svg);
    for word in [
        "trial",
        "learning rate",
        "hidden",
        "64",
        "128,64",
        "a search",
        "accuracy",
        "the best so far",
    ] {
        assert!(said.iter().any(|text| text == word), "{word}: {said:?}");
    }
}

#[test]
fn the_best_so_far_never_gets_worse_and_ends_at_the_best() {
    for (higher, best) in [(true, 4), (false, 3)] {
        let scores = [0.6, 0.7, 0.2, 0.9, 0.4].map(Some);
        let svg = chart(&scores, higher).svg(LIGHT).unwrap();
        let document = Document::parse(&svg).unwrap();
        let steps: Vec<f64> = elements(&document, "polyline")
            .into_iter()
            .map(|line| line.attribute("points").unwrap())
            .filter(|points| points.split_whitespace().count() > 2)
            .flat_map(|points| points.split_whitespace())
            .map(|pair| pair.split_once(',').unwrap().1.parse().unwrap())
            .collect();
        assert!(steps.len() > 2);
        // Up is less in pixels.
        let goes_on = |pair: &[f64]| {
            if higher {
                pair[1] <= pair[0]
            } else {
                pair[1] >= pair[0]
            }
        };
        assert!(steps.windows(2).all(goes_on), "{steps:?}");
        assert!(words(&svg).contains(&format!("the best, trial {best}")));
    }
}

#[test]
fn hopeless_and_failed_trials_are_reported_and_do_not_press_the_others_together() {
    let mut scores: Vec<Option<f64>> = (0..12).map(|at| Some(0.8 + 0.01 * f64::from(at))).collect();
    scores.extend([Some(-1000.0), None, Some(f64::NAN)]);
    let svg = chart(&scores, true).svg(LIGHT).unwrap();
    let said = words(&svg).join(" ");
    assert!(said.contains("2 trials have no score"), "{said}");
    assert!(said.contains("1 trial scored lower than the axis"), "{said}");
    assert!(!said.contains("1000"), "{said}");
}

#[test]
fn nothing_and_odd_values_can_be_drawn() {
    for scores in [
        vec![],
        vec![None],
        vec![Some(0.5)],
        vec![Some(0.5); 3],
        vec![Some(f64::INFINITY), Some(1e300)],
    ] {
        let mut of_odd = chart(&scores, true);
        of_odd.settings.push(SearchSetting {
            name: "a <name> & more".into(),
            values: SettingValues::Numbers {
                values: vec![0.0, f64::NAN],
                logarithmic: true,
            },
        });
        of_odd.settings.push(SearchSetting {
            name: "none".into(),
            values: SettingValues::Choices {
                names: vec![],
                picks: vec![9],
            },
        });
        for theme in [Theme::Light, Theme::Dark] {
            let style = PictureStyle { theme, ..LIGHT };
            Document::parse(&of_odd.svg(style).unwrap()).unwrap();
            assert!(of_odd.png(style).unwrap().starts_with(b"\x89PNG"));
        }
    }
}

#[test]
fn the_height_follows_from_the_settings_and_widths_are_checked() {
    let height = |count: usize| -> f64 {
        let mut many = chart(&[Some(0.1), Some(0.2)], true);
        many.settings = vec![many.settings[0].clone(); count];
        let svg = String::from_utf8(many.render(PictureFormat::Svg, LIGHT).unwrap()).unwrap();
        let document = Document::parse(&svg).unwrap();
        document
            .root_element()
            .attribute("height")
            .unwrap()
            .parse()
            .unwrap()
    };
    assert!(height(0) < height(1) && height(1) == height(3) && height(3) < height(4));
    let width = Some(100);
    assert!(matches!(
        chart(&[Some(0.1)], true).svg(PictureStyle { width, ..LIGHT }),
        Err(ReportError::PictureSize { side: "width", .. })
    ));
}
