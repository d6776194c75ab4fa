//! Arranges the weights of a layer: images of units, or a map of inputs × units.

use super::{
    AXIS_LABEL_SIZE, MARGIN, TICK_LABEL_SIZE, background, check_size, color_bar, finished, titles, words,
    words_upwards,
};
use crate::axis::{Axis, Extent};
use crate::color_scale::ColorScale;
use crate::label::grouped;
use crate::palette::Color;
use crate::scene::{Anchor, Mark, Raster, Scene};
use crate::typeface::{ellipsize, printable, width as width_of};
use crate::weight_picture::{ImageShape, WeightPicture};
use crate::{ReportError, Theme};

const WIDTHS: (u32, u32) = (240, 8000);
/// Images of units that are drawn, and those on a narrow picture.
const MOST_IMAGES: usize = 64;
const MOST_NARROW: usize = 24;
const NARROW: u32 = 480;
/// Rows and columns of a map that are drawn.
const MOST_INPUTS: usize = 60;
const MOST_UNITS: usize = 128;
/// More squares than this are one image, without words to point at.
const MOST_NOTES: usize = 700;
const SMALL: f64 = 9.5;
const BAR_GAP: f64 = 16.0;

/// What is common to both kinds.
struct Common<'a> {
    picture: &'a WeightPicture,
    theme: Theme,
    /// The colours' ends are ±this.
    limit: f64,
    axis: Axis,
}

impl Common<'_> {
    /// One of 65: no eye tells more, and images of few colours are small.
    fn color(&self, weight: f64) -> Color {
        let step = (32.0 * weight / self.limit).round();
        ColorScale::Diverging.color(0.5 + step / 64.0, self.theme)
    }

    fn weight(&self, input: usize, unit: usize) -> f64 {
        let at = input * self.picture.units + unit;
        self.picture.weights.get(at).copied().unwrap_or(f64::NAN)
    }

    fn bar(&self, left: f64, top: f64, bottom: f64, marks: &mut Vec<Mark>) {
        let bottom = bottom.clamp(top + 60.0, top + 320.0);
        color_bar::draw(
            self.theme,
            (left, top, bottom),
            &self.axis.ticks,
            "weight",
            |fraction| ColorScale::Diverging.color(fraction, self.theme),
            marks,
        );
    }
}

pub(crate) fn scene(picture: &WeightPicture, theme: Theme, width: u32) -> Result<Scene, ReportError> {
    check_size("width", width, WIDTHS)?;
    let (limit, beyond) = limit(&picture.weights);
    let common = Common {
        picture,
        theme,
        limit,
        axis: Axis::linear_between(
            Extent {
                low: -limit,
                high: limit,
            },
            5,
        ),
    };
    let mut remarks: Vec<String> = picture.subtitle.iter().cloned().collect();
    if beyond > 0 {
        let weights = if beyond == 1 {
            "1 weight is".to_owned()
        } else {
            format!("{} weights are", grouped(beyond as u64))
        };
        remarks.push(format!("{weights} beyond the scale"));
    }
    match &picture.image {
        Some(image) if image.rows * image.columns > 0 => images(&common, image, remarks, width),
        _ => map(&common, remarks, width),
    }
}

/// Where the colours end, so that a few large weights do not make all others pale: at the largest of them, or where all
/// but a two-hundredth lie within half of it. With it, how many lie beyond.
fn limit(weights: &[f64]) -> (f64, usize) {
    let mut sizes: Vec<f64> = weights
        .iter()
        .map(|w| w.abs())
        .filter(|w| w.is_finite())
        .collect();
    sizes.sort_by(f64::total_cmp);
    let largest = sizes.last().copied().unwrap_or(0.0);
    if largest == 0.0 {
        return (1.0, 0);
    }
    let most = sizes[(sizes.len() - 1) * 199 / 200];
    let limit = if most > 0.0 && most < 0.5 * largest {
        most
    } else {
        largest
    };
    (limit, sizes.iter().filter(|size| **size > limit).count())
}

fn head(common: &Common<'_>, remarks: &[String], width: u32, marks: &mut Vec<Mark>) -> f64 {
    let subtitle = (!remarks.is_empty()).then(|| remarks.join("; "));
    titles(
        &common.picture.title,
        subtitle.as_deref(),
        common.theme,
        width,
        marks,
    )
}

fn images(
    common: &Common<'_>,
    image: &ImageShape,
    mut remarks: Vec<String>,
    width: u32,
) -> Result<Scene, ReportError> {
    let Common { picture, theme, .. } = common;
    let most = if width < NARROW { MOST_NARROW } else { MOST_IMAGES };
    let units = picture.units.min(most);
    if units < picture.units {
        remarks.push(format!(
            "the first {units} of {} units",
            grouped(picture.units as u64)
        ));
    }
    let mut marks = background(*theme);
    let top = head(common, &remarks, width, &mut marks) + 2.0;
    let room = f64::from(width) - 2.0 * MARGIN - BAR_GAP - color_bar::width(&common.axis.ticks);
    let (gap, label) = (6.0, SMALL + 3.0);
    // As many in a row as leave an image two thirds of an inch.
    let across = ((room + gap) / (64.0 + gap)) as usize;
    let across = across.clamp(1, 12).min(units.max(1));
    let side = ((room + gap) / across as f64 - gap).min(112.0);
    let height = side * image.rows as f64 / image.columns as f64;
    let mut bottom = top;
    for unit in 0..units {
        let (row, column) = (unit / across, unit % across);
        let place = (
            MARGIN + column as f64 * (side + gap),
            top + row as f64 * (height + label + gap) + label,
        );
        let mut colors = vec![theme.background(); image.rows * image.columns];
        for (input, &pixel) in image.pixels.iter().enumerate() {
            if let Some(color) = colors.get_mut(pixel) {
                *color = common.color(common.weight(input, unit));
            }
        }
        let at = (place.0 + side / 2.0, place.1 - 3.0);
        marks.push(words(
            &(unit + 1).to_string(),
            at,
            SMALL,
            theme.faint_ink(),
            Anchor::Middle,
        ));
        let frame = |grow: f64, color: Color| Mark::Rectangle {
            top_left: (place.0 - grow, place.1 - grow),
            bottom_right: (place.0 + side + grow, place.1 + height + grow),
            color,
        };
        marks.push(Mark::Noted {
            note: format!("unit {}", unit + 1),
            marks: vec![
                frame(0.8, theme.major_grid()),
                Mark::Image {
                    top_left: place,
                    bottom_right: (place.0 + side, place.1 + height),
                    raster: Raster {
                        columns: image.columns,
                        colors,
                        smooth: false,
                    },
                },
            ],
        });
        bottom = place.1 + height;
    }
    let bar = MARGIN + across as f64 * (side + gap) - gap + BAR_GAP;
    common.bar(bar, top + label, bottom, &mut marks);
    let description = format!(
        "Weights of {units} units as images of {} by {} pixels, coloured from −{2:.3} to {2:.3}",
        image.rows, image.columns, common.limit
    );
    let height = bottom.max(top + label + 60.0) + MARGIN;
    finished(&picture.title, description, width, height, marks)
}

/// The inputs that are drawn: those with the largest weights, in their order.
fn inputs_drawn(common: &Common<'_>, inputs: usize) -> Vec<usize> {
    let strength = |input: usize| -> f64 {
        (0..common.picture.units)
            .map(|unit| common.weight(input, unit))
            .filter(|weight| weight.is_finite())
            .map(|weight| weight * weight)
            .sum()
    };
    let mut order: Vec<(usize, f64)> = (0..inputs).map(|input| (input, strength(input))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(MOST_INPUTS);
    let mut drawn: Vec<usize> = order.into_iter().map(|(input, _)| input).collect();
    drawn.sort_unstable();
    drawn
}

fn map(common: &Common<'_>, mut remarks: Vec<String>, width: u32) -> Result<Scene, ReportError> {
    let Common { picture, theme, .. } = common;
    let inputs = picture.weights.len() / picture.units.max(1);
    let drawn = inputs_drawn(common, inputs);
    let units = picture.units.min(MOST_UNITS);
    if drawn.len() < inputs {
        let (some, all) = (drawn.len(), grouped(inputs as u64));
        remarks.push(format!("the {some} of {all} inputs with the largest weights"));
    }
    if units < picture.units {
        remarks.push(format!(
            "the first {units} of {} units",
            grouped(picture.units as u64)
        ));
    }
    let name = |input: usize| match picture.input_names.get(input) {
        Some(name) => printable(name),
        None => format!("input {}", input + 1),
    };
    let mut marks = background(*theme);
    let top = head(common, &remarks, width, &mut marks) + 2.0;
    let widest = drawn
        .iter()
        .map(|&input| width_of(&name(input), TICK_LABEL_SIZE))
        .fold(0.0, f64::max);
    let names = widest.min(0.3 * f64::from(width));
    let left = MARGIN + AXIS_LABEL_SIZE + 8.0 + names + 6.0;
    let room = f64::from(width) - MARGIN - left - BAR_GAP - color_bar::width(&common.axis.ticks);
    let across = (room.max(40.0) / units.max(1) as f64).min(42.0);
    let down = (420.0 / drawn.len().max(1) as f64).clamp(11.0, 32.0);
    let (right, bottom) = (left + across * units as f64, top + down * drawn.len() as f64);
    squares(
        common,
        &drawn,
        units,
        (left, top),
        (across, down),
        &name,
        &mut marks,
    );

    let size = TICK_LABEL_SIZE.min(down * 0.95);
    for (row, &input) in drawn.iter().enumerate() {
        let at = (left - 6.0, top + (row as f64 + 0.5) * down + 0.365 * size);
        let name = ellipsize(&name(input), size, names);
        marks.push(words(&name, at, size, theme.faint_ink(), Anchor::End));
    }
    // Numbers of units: 1, and then round ones that are far enough apart.
    let step = [1, 2, 5, 10, 20, 50]
        .into_iter()
        .find(|step| *step as f64 * across >= 22.0)
        .unwrap_or(100);
    for unit in (1..=units).filter(|unit| *unit == 1 || unit % step == 0) {
        let at = (
            left + (unit as f64 - 0.5) * across,
            bottom + 4.0 + 0.8 * TICK_LABEL_SIZE,
        );
        marks.push(words(
            &unit.to_string(),
            at,
            TICK_LABEL_SIZE,
            theme.faint_ink(),
            Anchor::Middle,
        ));
    }
    let below = bottom + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 11.0;
    let at = ((left + right) / 2.0, below);
    marks.push(words(
        "unit of layer 1",
        at,
        AXIS_LABEL_SIZE,
        theme.ink(),
        Anchor::Middle,
    ));
    let at = (MARGIN + 0.6 * AXIS_LABEL_SIZE, (top + bottom) / 2.0);
    marks.push(words_upwards(
        "input",
        at,
        AXIS_LABEL_SIZE,
        theme.ink(),
        Anchor::Middle,
    ));
    common.bar(right + BAR_GAP, top, bottom, &mut marks);
    let description = format!(
        "Map of the weights from {} inputs to {units} units, coloured from −{1:.3} to {1:.3}",
        drawn.len(),
        common.limit
    );
    finished(
        &picture.title,
        description,
        width,
        below.max(top + 60.0) + MARGIN,
        marks,
    )
}

fn squares(
    common: &Common<'_>,
    drawn: &[usize],
    units: usize,
    (left, top): (f64, f64),
    (across, down): (f64, f64),
    name: &impl Fn(usize) -> String,
    marks: &mut Vec<Mark>,
) {
    if drawn.len() * units > MOST_NOTES {
        let weights = drawn
            .iter()
            .flat_map(|&input| (0..units).map(move |unit| (input, unit)));
        marks.push(Mark::Image {
            top_left: (left, top),
            bottom_right: (left + across * units as f64, top + down * drawn.len() as f64),
            raster: Raster {
                columns: units,
                colors: weights
                    .map(|(input, unit)| common.color(common.weight(input, unit)))
                    .collect(),
                smooth: false,
            },
        });
        return;
    }
    for (row, &input) in drawn.iter().enumerate() {
        for unit in 0..units {
            let weight = common.weight(input, unit);
            let place = (left + unit as f64 * across, top + row as f64 * down);
            let value = format!("{weight:.4}").replace('-', "−");
            let value = value.trim_end_matches('0').trim_end_matches('.');
            marks.push(Mark::Noted {
                note: format!("{} to unit {}: {value}", name(input), unit + 1),
                marks: vec![Mark::Rectangle {
                    top_left: place,
                    bottom_right: (place.0 + across, place.1 + down),
                    color: common.color(weight),
                }],
            });
        }
    }
}
