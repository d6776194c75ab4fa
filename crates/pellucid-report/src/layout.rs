//! Arranges a chart: what goes where, in pixels.

mod band;
pub(crate) mod boundary;
pub(crate) mod chart_grid;
mod color_bar;
pub(crate) mod confusion;
mod legend;
mod panel;
pub(crate) mod panels;
pub(crate) mod residuals;
pub(crate) mod search;
pub(crate) mod values;
pub(crate) mod weights;

use crate::axis::{Axis, Tick};
use crate::decimate::decimate;
use crate::palette::{Color, Stroke};
use crate::scene::{Anchor, Mark, Point, Scene, Text};
use crate::typeface::{self, ellipsize, printable, wrap};
use crate::{Guide, LineChart, ReportError, Scale, Theme};
use legend::Legend;
use values::Values;

const WIDTHS: (u32, u32) = (200, 8000);
const HEIGHTS: (u32, u32) = (150, 8000);

const MARGIN: f64 = 16.0;
const TITLE_SIZE: f64 = 17.0;
const SUBTITLE_SIZE: f64 = 12.0;
const AXIS_LABEL_SIZE: f64 = 13.0;
const TICK_LABEL_SIZE: f64 = 11.5;
const MAJOR_TICK: f64 = 5.0;
const MINOR_TICK: f64 = 3.0;
/// From the middle of a digit's height to its baseline.
const HALF_DIGIT: f64 = 0.365 * TICK_LABEL_SIZE;
const DOT_RADIUS: f64 = 3.0;
const GUIDE_ROW: f64 = 11.0;

/// The rectangle that the axes enclose.
#[derive(Debug, Clone, Copy)]
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Plot {
    fn x(&self, fraction: f64) -> f64 {
        self.left + fraction.clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn y(&self, fraction: f64) -> f64 {
        self.bottom - fraction.clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    fn width(&self) -> f64 {
        self.right - self.left
    }

    fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

pub(crate) fn scene(chart: &LineChart) -> Result<Scene, ReportError> {
    check_size("width", chart.width, WIDTHS)?;
    check_size("height", chart.height, HEIGHTS)?;
    let (width, height) = (f64::from(chart.width), f64::from(chart.height));
    let values = Values::of(chart);
    let theme = chart.theme;
    let mut marks = vec![Mark::Rectangle {
        top_left: (0.0, 0.0),
        bottom_right: (width, height),
        color: theme.background(),
    }];

    let mut top = heading(chart, &values, &mut marks);
    let legend = Legend::arrange(chart, top);
    top += legend.height_above();
    // The words at upright guides stand above the plot, clear of curves.
    if chart
        .guides
        .iter()
        .any(|guide| matches!(guide, Guide::Upright(..)))
    {
        top += GUIDE_ROW;
    }
    let plot = axes_and_curves(chart, &values, top, legend.width_beside(), &mut marks);
    legend.draw(&plot, &mut marks);
    Ok(Scene {
        width: chart.width,
        height: chart.height,
        title: printable(&chart.title),
        description: description(chart, &values),
        marks,
    })
}

/// The axes and what stands between them, from `top` to the lower edge, leaving `beside` free to the right.
fn axes_and_curves(chart: &LineChart, values: &Values, top: f64, beside: f64, marks: &mut Vec<Mark>) -> Plot {
    let (width, height) = (f64::from(chart.width), f64::from(chart.height));
    let theme = chart.theme;
    let bottom = height - MARGIN - AXIS_LABEL_SIZE - TICK_LABEL_SIZE - MAJOR_TICK - 11.0;
    let mut plot = Plot {
        left: 0.0,
        right: 0.0,
        top,
        bottom,
    };
    let y_axis = values.y.map(|extent| {
        let most_labels = ((plot.height() / 44.0) as usize).max(2);
        match values.y_scale {
            Scale::Linear => Axis::linear_upwards(extent, most_labels),
            Scale::Log => Axis::logarithmic_upwards(extent, most_labels),
        }
    });
    let y_ticks = y_axis
        .as_ref()
        .map_or_else(Vec::new, |axis| without_collisions(&axis.ticks, plot.height()));
    let widest = y_ticks.iter().map(label_width).fold(0.0, f64::max);
    plot.left = MARGIN + AXIS_LABEL_SIZE + 8.0 + widest + MAJOR_TICK + 4.0;
    plot.right = width - MARGIN - beside;

    let x_axis = values.x.map(|extent| {
        let mut most_labels = ((plot.width() / 64.0) as usize).max(2);
        loop {
            let axis = match values.x_scale {
                Scale::Linear => Axis::linear_across(extent, most_labels, values.whole_x),
                Scale::Log => Axis::logarithmic_across(extent, most_labels),
            };
            if most_labels <= 2 || labels_stand_apart(&axis.ticks, plot.width()) {
                return axis;
            }
            most_labels -= 1;
        }
    });
    if let Some(last) = x_axis.as_ref().and_then(|axis| axis.ticks.last()) {
        let overhang = plot.x(last.fraction) + label_width(last) / 2.0 - (width - 12.0);
        plot.right -= overhang.max(0.0);
    }

    axes(theme, &plot, x_axis.as_ref(), &y_ticks, marks);
    axis_names(chart, &plot, marks);
    if let (Some(x_axis), Some(y_axis)) = (&x_axis, &y_axis) {
        band::draw(chart, values, (x_axis, y_axis), &plot, marks);
        for (index, series) in chart.series.iter().enumerate() {
            let pixels = series.points.iter().map(|&(x, y)| {
                values
                    .is_drawn(x, y)
                    .then(|| (plot.x(x_axis.fraction(x)), plot.y(y_axis.fraction(y))))
            });
            curve(decimate(pixels), Stroke::of_series(index, theme), marks);
        }
        guides(chart, &plot, x_axis, y_axis, marks);
    } else {
        marks.push(Mark::Text(Text {
            text: ellipsize("nothing to plot", AXIS_LABEL_SIZE, plot.width()),
            baseline: (plot.x(0.5), plot.y(0.5)),
            size: AXIS_LABEL_SIZE,
            color: theme.faint_ink(),
            anchor: Anchor::Middle,
            upwards: false,
        }));
    }
    plot
}

fn check_size(side: &'static str, found: u32, (least, most): (u32, u32)) -> Result<(), ReportError> {
    if (least..=most).contains(&found) {
        Ok(())
    } else {
        Err(ReportError::PictureSize {
            side,
            found,
            least,
            most,
        })
    }
}

/// Title and subtitle; returns where the next thing may begin.
fn heading(chart: &LineChart, values: &Values, marks: &mut Vec<Mark>) -> f64 {
    let room = f64::from(chart.width) - 2.0 * MARGIN;
    let roomy = chart.height >= 300;
    let mut subtitle = chart.subtitle.as_deref().map(printable).unwrap_or_default();
    for remark in &values.remarks {
        if !subtitle.is_empty() {
            subtitle.push_str("; ");
        }
        subtitle.push_str(remark);
    }
    let title = wrap(
        &printable(&chart.title),
        TITLE_SIZE,
        room,
        if roomy { 2 } else { 1 },
    );
    let subtitle = wrap(&subtitle, SUBTITLE_SIZE, room, if roomy { 3 } else { 1 });
    let mut y = MARGIN - 4.0;
    let lines = title
        .into_iter()
        .map(|line| (line, TITLE_SIZE, chart.theme.ink()))
        .chain(
            subtitle
                .into_iter()
                .map(|line| (line, SUBTITLE_SIZE, chart.theme.faint_ink())),
        );
    for (text, size, color) in lines {
        y += size * 1.3;
        marks.push(Mark::Text(Text {
            text,
            baseline: (MARGIN, y - 0.2 * size),
            size,
            color,
            anchor: Anchor::Start,
            upwards: false,
        }));
    }
    y + 12.0
}

fn label_width(tick: &Tick) -> f64 {
    tick.label
        .as_deref()
        .map_or(0.0, |label| typeface::width(label, TICK_LABEL_SIZE))
}

/// Whether no label of a horizontal axis comes near its neighbour.
fn labels_stand_apart(ticks: &[Tick], length: f64) -> bool {
    let spans: Vec<(f64, f64)> = ticks
        .iter()
        .filter(|tick| tick.label.is_some())
        .map(|tick| (tick.fraction * length, label_width(tick) / 2.0))
        .collect();
    spans
        .windows(2)
        .all(|pair| pair[0].0 + pair[0].1 + 10.0 <= pair[1].0 - pair[1].1)
}

/// The ticks of a vertical axis, those labels taken away that would touch another; the labels of major ticks go first.
fn without_collisions(ticks: &[Tick], length: f64) -> Vec<Tick> {
    let mut ticks = ticks.to_vec();
    let mut taken: Vec<f64> = Vec::new();
    for major in [true, false] {
        for tick in ticks
            .iter_mut()
            .filter(|tick| tick.major == major && tick.label.is_some())
        {
            let place = tick.fraction * length;
            if taken
                .iter()
                .all(|other| (other - place).abs() >= TICK_LABEL_SIZE * 1.2)
            {
                taken.push(place);
            } else {
                tick.label = None;
            }
        }
    }
    ticks
}

fn axes(theme: Theme, plot: &Plot, x_axis: Option<&Axis>, y_ticks: &[Tick], marks: &mut Vec<Mark>) {
    let line = |from: Point, to: Point, color: Color| Mark::Line {
        from,
        to,
        color,
        width: 1.0,
    };
    let x_ticks = x_axis.map_or(&[][..], |axis| &axis.ticks);
    // Minor grid lines first, so that they never cross over major ones.
    for major in [false, true] {
        let color = if major {
            theme.major_grid()
        } else {
            theme.minor_grid()
        };
        for tick in y_ticks.iter().filter(|tick| tick.major == major) {
            let y = crisp(plot.y(tick.fraction));
            marks.push(line((plot.left, y), (plot.right, y), color));
        }
        for tick in x_ticks.iter().filter(|tick| tick.major == major) {
            let x = crisp(plot.x(tick.fraction));
            marks.push(line((x, plot.top), (x, plot.bottom), color));
        }
    }
    let (left, bottom) = (crisp(plot.left), crisp(plot.bottom));
    marks.push(line((left, plot.top), (left, bottom + 0.5), theme.axis_line()));
    marks.push(line((left, bottom), (plot.right, bottom), theme.axis_line()));
    let label = |text: String, baseline: Point, anchor: Anchor| {
        Mark::Text(Text {
            text,
            baseline,
            size: TICK_LABEL_SIZE,
            color: theme.faint_ink(),
            anchor,
            upwards: false,
        })
    };
    for tick in y_ticks {
        let y = plot.y(tick.fraction);
        let length = if tick.major { MAJOR_TICK } else { MINOR_TICK };
        marks.push(line(
            (left - length, crisp(y)),
            (left, crisp(y)),
            theme.axis_line(),
        ));
        if let Some(text) = &tick.label {
            marks.push(label(
                text.clone(),
                (plot.left - MAJOR_TICK - 4.0, y + HALF_DIGIT),
                Anchor::End,
            ));
        }
    }
    for tick in x_ticks {
        let x = plot.x(tick.fraction);
        let length = if tick.major { MAJOR_TICK } else { MINOR_TICK };
        marks.push(line(
            (crisp(x), bottom),
            (crisp(x), bottom + length),
            theme.axis_line(),
        ));
        if let Some(text) = &tick.label {
            let baseline = plot.bottom + MAJOR_TICK + 4.0 + 0.8 * TICK_LABEL_SIZE;
            marks.push(label(text.clone(), (x, baseline), Anchor::Middle));
        }
    }
}

fn axis_names(chart: &LineChart, plot: &Plot, marks: &mut Vec<Mark>) {
    let name = |text: &str, room: f64, baseline: Point, upwards: bool| {
        Mark::Text(Text {
            text: ellipsize(&printable(text), AXIS_LABEL_SIZE, room),
            baseline,
            size: AXIS_LABEL_SIZE,
            color: chart.theme.ink(),
            anchor: Anchor::Middle,
            upwards,
        })
    };
    let below = f64::from(chart.height) - MARGIN + 2.0;
    marks.push(name(&chart.x_label, plot.width(), (plot.x(0.5), below), false));
    marks.push(name(
        &chart.y_label,
        plot.height() + 8.0,
        (MARGIN + 0.6 * AXIS_LABEL_SIZE, plot.y(0.5)),
        true,
    ));
}

fn guides(chart: &LineChart, plot: &Plot, x_axis: &Axis, y_axis: &Axis, marks: &mut Vec<Mark>) {
    let theme = chart.theme;
    let mut dashed = |from: Point, to: Point| {
        marks.push(Mark::Polyline {
            points: vec![from, to],
            color: theme.axis_line(),
            width: 1.2,
            dashes: &[5.0, 4.0],
        });
    };
    let mut labels = Vec::new();
    for guide in &chart.guides {
        let (along, name) = match guide {
            Guide::Upright(x, name) => (x_axis.fraction(*x), name),
            Guide::Level(y, name) => (y_axis.fraction(*y), name),
        };
        if !(0.0..=1.0).contains(&along) {
            continue;
        }
        let name = ellipsize(&printable(name), TICK_LABEL_SIZE, plot.width() - 12.0);
        let (at, anchor) = match guide {
            Guide::Upright(..) => {
                let x = crisp(plot.x(along));
                dashed((x, plot.top), (x, plot.bottom));
                let half = typeface::width(&name, TICK_LABEL_SIZE) / 2.0;
                let middle = x.clamp(plot.left + half, (plot.right - half).max(plot.left + half));
                ((middle, plot.top - 4.0), Anchor::Middle)
            }
            Guide::Level(..) => {
                let y = crisp(plot.y(along));
                dashed((plot.left, y), (plot.right, y));
                ((plot.right - 3.0, y - 4.0), Anchor::End)
            }
        };
        labels.push(words(&name, at, TICK_LABEL_SIZE, theme.faint_ink(), anchor));
    }
    marks.extend(labels);
}

/// A line of text that lies level.
fn words(text: &str, baseline: Point, size: f64, color: Color, anchor: Anchor) -> Mark {
    Mark::Text(Text {
        text: text.to_owned(),
        baseline,
        size,
        color,
        anchor,
        upwards: false,
    })
}

/// A line of text that is read from bottom to top.
fn words_upwards(text: &str, baseline: Point, size: f64, color: Color, anchor: Anchor) -> Mark {
    Mark::Text(Text {
        text: text.to_owned(),
        baseline,
        size,
        color,
        anchor,
        upwards: true,
    })
}

/// Title and subtitle of a picture `width` wide; says where they end.
fn titles(title: &str, subtitle: Option<&str>, theme: Theme, width: u32, marks: &mut Vec<Mark>) -> f64 {
    let head = LineChart {
        subtitle: subtitle.map(str::to_owned),
        theme,
        width,
        ..LineChart::new(title, "", "")
    };
    heading(&head, &Values::of(&head), marks)
}

/// What begins as a background whose height is not known yet, and ends as a scene.
fn background(theme: Theme) -> Vec<Mark> {
    vec![Mark::Rectangle {
        top_left: (0.0, 0.0),
        bottom_right: (0.0, 0.0),
        color: theme.background(),
    }]
}

fn finished(
    title: &str,
    description: String,
    width: u32,
    height: f64,
    mut marks: Vec<Mark>,
) -> Result<Scene, ReportError> {
    let height = height.ceil().clamp(f64::from(HEIGHTS.0), f64::from(u32::MAX)) as u32;
    check_size("height", height, HEIGHTS)?;
    if let Some(Mark::Rectangle { bottom_right, .. }) = marks.first_mut() {
        *bottom_right = (f64::from(width), f64::from(height));
    }
    Ok(Scene {
        width,
        height,
        title: printable(title),
        description,
        marks,
    })
}

/// The middle of the pixel that a one-pixel line shall fill.
fn crisp(place: f64) -> f64 {
    place.floor() + 0.5
}

fn curve(pieces: Vec<Vec<Point>>, stroke: Stroke, marks: &mut Vec<Mark>) {
    let Stroke { color, dashes, width } = stroke;
    for points in pieces {
        marks.push(match points[..] {
            [center] => Mark::Dot {
                center,
                radius: DOT_RADIUS,
                color,
            },
            _ => Mark::Polyline {
                points,
                color,
                width,
                dashes,
            },
        });
    }
}

fn description(chart: &LineChart, values: &Values) -> String {
    let mut text = format!(
        "Line chart of {} against {}",
        printable(&chart.y_label),
        printable(&chart.x_label)
    );
    match (values.x_scale, values.y_scale) {
        (Scale::Log, Scale::Log) => text.push_str(" on logarithmic scales"),
        (Scale::Log, Scale::Linear) => text.push_str(", which is on a logarithmic scale"),
        (Scale::Linear, Scale::Log) => text.push_str(" on a logarithmic scale"),
        (Scale::Linear, Scale::Linear) => {}
    }
    let names: Vec<String> = chart
        .series
        .iter()
        .map(|series| printable(&series.name))
        .collect();
    text.push_str(&match names.len() {
        0 => ", without series".to_owned(),
        1 => format!(", one series: {}", names[0]),
        count => format!(", {count} series: {}", names.join(", ")),
    });
    if !chart.bands.is_empty() {
        text.push_str(", with bands around them");
    }
    for remark in &values.remarks {
        text.push_str("; ");
        text.push_str(remark);
    }
    text
}
