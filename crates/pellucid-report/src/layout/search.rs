//! Arranges the picture of a search: one wide panel of scores by trial, and small ones of scores by setting.

use super::values::Values;
use super::{
    AXIS_LABEL_SIZE, HALF_DIGIT, HEIGHTS, MAJOR_TICK, MARGIN, Plot, TICK_LABEL_SIZE, axes, check_size,
    heading, label_width, labels_stand_apart, without_collisions, words as text,
};
use crate::axis::{Axis, Extent, Tick};
use crate::label::grouped;
use crate::palette::{Color, Stroke};
use crate::scene::{Anchor, Mark, Point, Scene, Text};
use crate::search_chart::{SearchChart, SearchPoint, SearchSetting, SettingValues};
use crate::typeface::{self, ellipsize, printable};
use crate::{LineChart, ReportError, Theme};

const WIDTHS: (u32, u32) = (400, 8000);
const SCORES_HEIGHT: f64 = 230.0;
const PANEL_HEIGHT: f64 = 130.0;
/// Below the axis of a panel: tick labels and the name.
const BELOW: f64 = MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 14.0;
const BETWEEN: f64 = 22.0;
const KEY_HEIGHT: f64 = 24.0;
/// The smallest letters of a choice's name.
const LEAST_LABEL_SIZE: f64 = 8.0;
const DOT: f64 = 3.2;
const BEST_DOT: f64 = 5.0;

pub(crate) fn scene(chart: &SearchChart) -> Result<Scene, ReportError> {
    check_size("width", chart.width, WIDTHS)?;
    let theme = chart.theme;
    let width = f64::from(chart.width);
    let scores = Scores::of(chart);
    let mut marks = vec![Mark::Rectangle {
        top_left: (0.0, 0.0),
        bottom_right: (0.0, 0.0), // its height is not known yet
        color: theme.background(),
    }];
    let head = LineChart {
        subtitle: scores.subtitle(chart),
        theme,
        width: chart.width,
        ..LineChart::new(&chart.title, "", "")
    };
    let top = heading(&head, &Values::of(&head), &mut marks) + KEY_HEIGHT;

    let columns = ((width / 290.0) as usize)
        .clamp(1, 4)
        .min(chart.settings.len().max(1));
    let rows = chart.settings.len().div_ceil(columns);
    let first_row = top + SCORES_HEIGHT + BELOW + BETWEEN;
    let height = first_row + rows as f64 * (PANEL_HEIGHT + BELOW + BETWEEN) - BETWEEN + MARGIN - 6.0;
    let pixels = height.ceil().clamp(0.0, f64::from(u32::MAX)) as u32;
    check_size("height", pixels, HEIGHTS)?;
    if let Some(Mark::Rectangle { bottom_right, .. }) = marks.first_mut() {
        *bottom_right = (width, f64::from(pixels));
    }

    let large = scores.axis(SCORES_HEIGHT);
    let small = scores.axis(PANEL_HEIGHT);
    let ticks = |axis: &Option<Axis>, height: f64| {
        axis.as_ref()
            .map_or_else(Vec::new, |axis| without_collisions(&axis.ticks, height))
    };
    let (large_ticks, small_ticks) = (ticks(&large, SCORES_HEIGHT), ticks(&small, PANEL_HEIGHT));
    let labelled = large_ticks.iter().chain(&small_ticks);
    let widest = labelled.map(label_width).fold(0.0, f64::max);
    let left = MARGIN + AXIS_LABEL_SIZE + 8.0 + widest + MAJOR_TICK + 4.0;
    let right = width - MARGIN;

    let plot = Plot {
        left,
        right,
        top,
        bottom: top + SCORES_HEIGHT,
    };
    let trials = Extent::of(chart.points.iter().map(|point| point.trial as f64));
    let x_axis = trials.map(|extent| across(plot.width(), |most| Axis::linear_across(extent, most, true)));
    axes(theme, &plot, x_axis.as_ref(), &large_ticks, &mut marks);
    names(chart, "trial", &plot, &mut marks);
    if let (Some(x_axis), Some(y_axis)) = (&x_axis, &large) {
        let place = |point: &SearchPoint, score: f64| {
            (
                plot.x(x_axis.fraction(point.trial as f64)),
                plot.y(y_axis.fraction(scores.within(score))),
            )
        };
        best_so_far(chart, &scores, &plot, &place, &mut marks);
        dots(chart, &scores, &mut marks, |_, point, score| {
            Some(place(point, score))
        });
    } else {
        marks.push(text(
            "no trial has a score",
            (plot.x(0.5), plot.y(0.5)),
            AXIS_LABEL_SIZE,
            theme.faint_ink(),
            Anchor::Middle,
        ));
    }
    key(chart, &scores, left, top, &mut marks);

    let gap = 26.0;
    let panel_width = (right - left - gap * (columns as f64 - 1.0)) / columns as f64;
    for (at, setting) in chart.settings.iter().enumerate() {
        let (row, column) = (at / columns, at % columns);
        let panel_left = left + column as f64 * (panel_width + gap);
        let panel_top = first_row + row as f64 * (PANEL_HEIGHT + BELOW + BETWEEN);
        let plot = Plot {
            left: panel_left,
            right: panel_left + panel_width,
            top: panel_top,
            bottom: panel_top + PANEL_HEIGHT,
        };
        // All panels have the axis of scores in common; the first of a row has its numbers.
        let unlabelled = |tick: &Tick| Tick {
            label: tick.label.clone().filter(|_| column == 0),
            ..tick.clone()
        };
        let y_ticks: Vec<Tick> = small_ticks.iter().map(unlabelled).collect();
        panel(
            chart,
            &scores,
            setting,
            &plot,
            (small.as_ref(), &y_ticks),
            &mut marks,
        );
        if column == 0 {
            score_name(chart, &plot, &mut marks);
        }
    }
    Ok(Scene {
        width: chart.width,
        height: pixels,
        title: printable(&chart.title),
        description: scores.description(chart),
        marks,
    })
}

/// What is drawn of the scores.
struct Scores {
    /// What the axis shows.
    extent: Option<Extent>,
    best: Option<usize>,
    failed: usize,
    beyond: usize,
}

impl Scores {
    fn of(chart: &SearchChart) -> Self {
        let mut scores: Vec<f64> = chart.points.iter().filter_map(score_of).collect();
        let sign = if chart.higher_is_better { 1.0 } else { -1.0 };
        scores.sort_by(|a, b| (sign * b).total_cmp(&(sign * a)));
        let mut extent = Extent::of(scores.iter().copied());
        // A few hopeless trials are not to press all others together.
        if let (Some(best), Some(median)) = (scores.first(), scores.get(scores.len() / 2)) {
            let limit = best + 4.0 * (median - best);
            if let Some(extent) = &mut extent
                && limit != *best
                && limit.is_finite()
            {
                match chart.higher_is_better {
                    true => extent.low = extent.low.max(limit),
                    false => extent.high = extent.high.min(limit),
                }
            }
        }
        let is_beyond =
            |score: &&f64| extent.is_some_and(|extent| **score < extent.low || **score > extent.high);
        let is_better = |a: f64, b: f64| sign * a > sign * b;
        let any_final = chart
            .points
            .iter()
            .any(|point| point.is_final && score_of(point).is_some());
        let mut best: Option<(usize, f64)> = None;
        for (at, point) in chart.points.iter().enumerate() {
            if let Some(score) = score_of(point)
                && (point.is_final || !any_final)
                && best.is_none_or(|(_, found)| is_better(score, found))
            {
                best = Some((at, score));
            }
        }
        Self {
            failed: chart.points.len() - scores.len(),
            beyond: scores.iter().filter(is_beyond).count(),
            extent,
            best: best.map(|(at, _)| at),
        }
    }

    fn axis(&self, height: f64) -> Option<Axis> {
        let most_labels = ((height / 38.0) as usize).max(2);
        self.extent.map(|extent| Axis::linear_near(extent, most_labels))
    }

    fn within(&self, score: f64) -> f64 {
        self.extent
            .map_or(score, |extent| score.clamp(extent.low, extent.high))
    }

    fn subtitle(&self, chart: &SearchChart) -> Option<String> {
        let mut parts: Vec<String> = chart.subtitle.iter().cloned().collect();
        let trials = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 trial {one}"),
            _ => format!("{} trials {more}", grouped(count as u64)),
        };
        if self.failed > 0 {
            parts.push(trials(self.failed, "has no score", "have no score"));
        }
        if self.beyond > 0 {
            let than = if chart.higher_is_better { "lower" } else { "higher" };
            parts.push(trials(
                self.beyond,
                &format!("scored {than} than the axis and is drawn at its end"),
                &format!("scored {than} than the axis and are drawn at its end"),
            ));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn description(&self, chart: &SearchChart) -> String {
        let score = printable(&chart.score_label);
        let best = self
            .best
            .and_then(|at| Some((chart.points[at].trial, score_of(&chart.points[at])?)));
        let best = best.map_or(String::new(), |(trial, value)| {
            format!("; the best, {value}, is trial {trial}")
        });
        let settings: Vec<String> = chart
            .settings
            .iter()
            .map(|setting| printable(&setting.name))
            .collect();
        format!(
            "Dots of {score} against {} trials{best}; below, {score} against {}",
            chart.points.len(),
            match settings.is_empty() {
                true => "nothing".to_owned(),
                false => settings.join(", "),
            }
        )
    }
}

fn score_of(point: &SearchPoint) -> Option<f64> {
    point.score.filter(|score| score.is_finite())
}

fn accent(theme: Theme) -> Color {
    Stroke::of_series(1, theme).color
}

/// A horizontal axis with as many labels as have room.
fn across(length: f64, make: impl Fn(usize) -> Axis) -> Axis {
    let mut most = ((length / 56.0) as usize).max(2);
    loop {
        let axis = make(most);
        if most <= 2 || labels_stand_apart(&axis.ticks, length) {
            return axis;
        }
        most -= 1;
    }
}

/// Steps: level until a trial is better, then up or down to it.
fn best_so_far(
    chart: &SearchChart,
    scores: &Scores,
    plot: &Plot,
    place: &dyn Fn(&SearchPoint, f64) -> Point,
    marks: &mut Vec<Mark>,
) {
    let mut points: Vec<Point> = Vec::new();
    let mut best: Option<f64> = None;
    let any_final = chart
        .points
        .iter()
        .any(|point| point.is_final && score_of(point).is_some());
    for point in &chart.points {
        let Some(score) = score_of(point).filter(|_| point.is_final || !any_final) else {
            continue;
        };
        let is_better = best.is_none_or(|best| {
            if chart.higher_is_better {
                score > best
            } else {
                score < best
            }
        });
        if is_better {
            let (x, y) = place(point, score);
            if let Some(&(_, level)) = points.last() {
                points.push((x, level));
            }
            points.push((x, y));
            best = Some(score);
        }
    }
    if let Some(&(_, level)) = points.last() {
        points.push((plot.right, level));
    }
    if scores.best.is_some() && points.len() > 1 {
        marks.push(Mark::Polyline {
            points,
            color: accent(chart.theme),
            width: 1.6,
            dashes: &[],
        });
    }
}

/// The trials: those left behind faint, the best last and largest.
fn dots(
    chart: &SearchChart,
    scores: &Scores,
    marks: &mut Vec<Mark>,
    place: impl Fn(usize, &SearchPoint, f64) -> Option<Point>,
) {
    let theme = chart.theme;
    for is_final in [false, true] {
        for (at, point) in chart.points.iter().enumerate() {
            if point.is_final != is_final || scores.best == Some(at) {
                continue;
            }
            if let Some(center) = score_of(point).and_then(|score| place(at, point, score)) {
                let color = if is_final {
                    Stroke::of_series(0, theme).color
                } else {
                    faint(theme)
                };
                marks.push(Mark::Dot {
                    center,
                    radius: if is_final { DOT } else { DOT - 0.8 },
                    color,
                });
            }
        }
    }
    if let Some(at) = scores.best
        && let Some(center) =
            score_of(&chart.points[at]).and_then(|score| place(at, &chart.points[at], score))
    {
        marks.push(Mark::Dot {
            center,
            radius: BEST_DOT,
            color: accent(theme),
        });
    }
}

/// Between the axis and the background: there, and not in the way.
fn faint(theme: Theme) -> Color {
    let (Color(r, g, b), Color(x, y, z)) = (theme.axis_line(), theme.background());
    let mix = |a: u8, b: u8| ((u16::from(a) * 2 + u16::from(b)) / 3) as u8;
    Color(mix(r, x), mix(g, y), mix(b, z))
}

/// What the marks are, above the scores.
fn key(chart: &SearchChart, scores: &Scores, left: f64, top: f64, marks: &mut Vec<Mark>) {
    let theme = chart.theme;
    let middle = top - KEY_HEIGHT / 2.0 - 3.0;
    let mut x = left;
    let mut entry = |color: Color, radius: f64, line: bool, words: &str| {
        if line {
            marks.push(Mark::Polyline {
                points: vec![(x, middle), (x + 20.0, middle)],
                color,
                width: 1.6,
                dashes: &[],
            });
        } else {
            marks.push(Mark::Dot {
                center: (x + 6.0, middle),
                radius,
                color,
            });
        }
        let from = x + if line { 26.0 } else { 16.0 };
        let words = ellipsize(words, TICK_LABEL_SIZE, f64::from(chart.width) - MARGIN - from);
        x = from + typeface::width(&words, TICK_LABEL_SIZE) + 20.0;
        marks.push(text(
            &words,
            (from, middle + HALF_DIGIT),
            TICK_LABEL_SIZE,
            theme.faint_ink(),
            Anchor::Start,
        ));
    };
    if chart
        .points
        .iter()
        .any(|point| point.is_final && score_of(point).is_some())
    {
        entry(Stroke::of_series(0, theme).color, DOT, false, "a trial");
    }
    if chart
        .points
        .iter()
        .any(|point| !point.is_final && score_of(point).is_some())
    {
        entry(faint(theme), DOT - 0.8, false, "left behind after fewer epochs");
    }
    if let Some(at) = scores.best {
        entry(
            accent(theme),
            BEST_DOT,
            false,
            &format!("the best, trial {}", chart.points[at].trial),
        );
        entry(accent(theme), DOT, true, "the best so far");
    }
}

/// What the score is, beside its axis; where there is no room for all of it, without what it is of ("accuracy on …").
fn score_name(chart: &SearchChart, plot: &Plot, marks: &mut Vec<Mark>) {
    let (name, room) = (printable(&chart.score_label), plot.height() + 8.0);
    let fits = typeface::width(&name, AXIS_LABEL_SIZE) <= room;
    let name = match name.split_once(" on ") {
        Some((score, _)) if !fits => score,
        _ => &name,
    };
    marks.push(Mark::Text(Text {
        text: ellipsize(name, AXIS_LABEL_SIZE, room),
        baseline: (MARGIN + 0.6 * AXIS_LABEL_SIZE, plot.y(0.5)),
        size: AXIS_LABEL_SIZE,
        color: chart.theme.ink(),
        anchor: Anchor::Middle,
        upwards: true,
    }));
}

fn names(chart: &SearchChart, across: &str, plot: &Plot, marks: &mut Vec<Mark>) {
    name_below(chart, across, plot, marks);
    score_name(chart, plot, marks);
}

fn name_below(chart: &SearchChart, name: &str, plot: &Plot, marks: &mut Vec<Mark>) {
    let name = ellipsize(&printable(name), AXIS_LABEL_SIZE, plot.width());
    let baseline = plot.bottom + MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 7.0;
    marks.push(text(
        &name,
        (plot.x(0.5), baseline),
        AXIS_LABEL_SIZE,
        chart.theme.ink(),
        Anchor::Middle,
    ));
}

/// Scores against one setting.
fn panel(
    chart: &SearchChart,
    scores: &Scores,
    setting: &SearchSetting,
    plot: &Plot,
    (y_axis, y_ticks): (Option<&Axis>, &[Tick]),
    marks: &mut Vec<Mark>,
) {
    name_below(chart, &setting.name, plot, marks);
    let up = |score: f64| y_axis.map(|axis| plot.y(axis.fraction(scores.within(score))));
    match &setting.values {
        SettingValues::Numbers { values, logarithmic } => {
            let logarithmic = *logarithmic && values.iter().all(|value| *value > 0.0);
            let extent = Extent::of(values.iter().copied().filter(|value| value.is_finite()));
            let x_axis = extent.map(|extent| {
                across(plot.width(), |most| match logarithmic {
                    true => Axis::logarithmic_upwards(extent, most),
                    false => Axis::linear_across(extent, most, false),
                })
            });
            axes(chart.theme, plot, x_axis.as_ref(), y_ticks, marks);
            dots(chart, scores, marks, |at, _, score| {
                let value = values.get(at).copied().filter(|value| value.is_finite())?;
                Some((plot.x(x_axis.as_ref()?.fraction(value)), up(score)?))
            });
        }
        SettingValues::Choices { names, picks } => {
            axes(chart.theme, plot, None, y_ticks, marks);
            let room = plot.width() / names.len().max(1) as f64;
            let middle = |pick: usize| plot.left + (pick as f64 + 0.5) * room;
            // Smaller where that spares leaving letters out.
            let widest = names
                .iter()
                .map(|name| typeface::width(&printable(name), TICK_LABEL_SIZE))
                .fold(1.0, f64::max);
            let size = (TICK_LABEL_SIZE * (room - 4.0) / widest).clamp(LEAST_LABEL_SIZE, TICK_LABEL_SIZE);
            for (pick, name) in names.iter().enumerate() {
                let label = ellipsize(&printable(name), size, room - 3.0);
                let baseline = plot.bottom + MAJOR_TICK + 4.0 + 0.8 * TICK_LABEL_SIZE;
                let color = chart.theme.faint_ink();
                marks.push(text(
                    &label,
                    (middle(pick), baseline),
                    size,
                    color,
                    Anchor::Middle,
                ));
            }
            dots(chart, scores, marks, |at, _, score| {
                let pick = picks.get(at).copied().filter(|pick| *pick < names.len())?;
                Some((middle(pick), up(score)?))
            });
        }
    }
}
