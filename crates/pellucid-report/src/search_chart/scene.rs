//! Arranges the picture of a search: one wide plot of scores by trial, and a small one of scores by each setting.

use super::scores::Scores;
use super::{SearchChart, SearchSetting, SettingValues};
use crate::axis::{Axis, Extent, Scale, Tick};
use crate::error::ReportError;
use crate::layout::panel::{draw_name_below, panel_axis_across};
use crate::layout::plot::{Plot, ticks_upwards, widest_label};
use crate::layout::{AXIS_LABEL_SIZE, Canvas, HALF_DIGIT, LEFT_NAME, MAJOR_TICK, MARGIN, TICK_LABEL_SIZE};
use crate::mark::{Anchor, Point};
use crate::palette::{Color, Stroke, Theme};
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, width as width_of};

const WIDTHS: (u32, u32) = (400, 8000);
const SCORES_HEIGHT: f64 = 230.0;
const PANEL_HEIGHT: f64 = 130.0;
/// Below a plot: the labels of ticks, and the name.
const BELOW: f64 = MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 14.0;
const ROW_GAP: f64 = 22.0;
const COLUMN_GAP: f64 = 26.0;
const KEY_HEIGHT: f64 = 24.0;
/// The smallest letters of a choice's name.
const LEAST_LABEL_SIZE: f64 = 8.0;
const DOT: f64 = 3.2;
const SMALL_DOT: f64 = DOT - 0.8;
const BEST_DOT: f64 = 5.0;
const BEST_LINE: f64 = 1.6;

impl Arrange for SearchChart {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let mut canvas = Canvas::new(style, 900, WIDTHS)?;
        let scores = Scores::new(self);
        let remarks = scores.remarks(self.higher_is_better);
        let top = canvas.heading(&self.title, "", &remarks) + KEY_HEIGHT;
        let description = describe(self, &scores);
        let mut painter = Painter {
            chart: self,
            scores,
            canvas: &mut canvas,
        };
        let bottom = painter.draw_plots(top);
        canvas.finish(description, bottom + MARGIN - 6.0)
    }
}

/// What the parts of the picture have in common.
struct Painter<'a> {
    chart: &'a SearchChart,
    scores: Scores,
    canvas: &'a mut Canvas,
}

impl Painter<'_> {
    /// All plots, the first at `top`; returns where the last ends.
    fn draw_plots(&mut self, top: f64) -> f64 {
        let settings = &self.chart.settings;
        let columns = ((self.canvas.width() / 290.0) as usize)
            .clamp(1, 4)
            .min(settings.len().max(1));
        let rows = settings.len().div_ceil(columns);
        let first_row = top + SCORES_HEIGHT + BELOW + ROW_GAP;

        let large = self.scores.axis(SCORES_HEIGHT);
        let small = self.scores.axis(PANEL_HEIGHT);
        let large_ticks = ticks_upwards(large.as_ref(), SCORES_HEIGHT);
        let small_ticks = ticks_upwards(small.as_ref(), PANEL_HEIGHT);
        let widest = widest_label(large_ticks.iter().chain(&small_ticks));
        let across = (MARGIN, self.canvas.right());
        let plot = Plot::with_labels(across, (top, top + SCORES_HEIGHT), widest);
        self.draw_trials(&plot, large.as_ref(), &large_ticks);

        let gaps = COLUMN_GAP * (columns as f64 - 1.0);
        let width = (plot.right - plot.left - gaps) / columns as f64;
        for (at, setting) in settings.iter().enumerate() {
            let (row, column) = (at / columns, at % columns);
            let left = plot.left + column as f64 * (width + COLUMN_GAP);
            let top = first_row + row as f64 * (PANEL_HEIGHT + BELOW + ROW_GAP);
            let plot = Plot {
                left,
                right: left + width,
                top,
                bottom: top + PANEL_HEIGHT,
            };
            // All panels share the axis of scores; the first of a row has its numbers.
            let unlabelled = |tick: &Tick| Tick {
                label: tick.label.clone().filter(|_| column == 0),
                ..tick.clone()
            };
            let y_ticks: Vec<Tick> = small_ticks.iter().map(unlabelled).collect();
            self.draw_setting(setting, &plot, small.as_ref(), &y_ticks);
            if column == 0 {
                self.draw_score_name(&plot);
            }
        }
        first_row + rows as f64 * (PANEL_HEIGHT + BELOW + ROW_GAP) - ROW_GAP
    }

    /// Scores against trials, with the best so far.
    fn draw_trials(&mut self, plot: &Plot, y_axis: Option<&Axis>, y_ticks: &[Tick]) {
        let chart = self.chart;
        let trials = Extent::spanning(chart.points.iter().map(|point| point.trial as f64));
        let axis = |extent| panel_axis_across(plot, |most| Axis::across(Scale::Linear, extent, most, true));
        let x_axis = trials.map(axis);
        plot.draw_axes(ticks(x_axis.as_ref()), y_ticks, self.canvas);
        draw_name_below(plot, "trial", self.canvas);
        self.draw_score_name(plot);
        match (&x_axis, y_axis) {
            (Some(x_axis), Some(y_axis)) => {
                let across = |at: usize| Some(plot.x(x_axis.fraction(chart.points[at].trial as f64)));
                self.draw_best_so_far(plot, y_axis, across);
                self.draw_dots(plot, Some(y_axis), across);
            }
            _ => self.canvas.empty("no trial has a score", plot.center()),
        }
        self.draw_key(plot.left, plot.top);
    }

    /// The place of a trial's score, where it has one. `across` gives the place of a trial.
    fn place(
        &self,
        at: usize,
        plot: &Plot,
        y_axis: Option<&Axis>,
        across: impl Fn(usize) -> Option<f64>,
    ) -> Option<Point> {
        let score = self.chart.points[at].finite_score()?;
        Some((across(at)?, plot.y(y_axis?.fraction(self.scores.within(score)))))
    }

    /// Steps: level until a trial is better, then up or down to it.
    fn draw_best_so_far(&mut self, plot: &Plot, y_axis: &Axis, across: impl Fn(usize) -> Option<f64>) {
        let mut points: Vec<Point> = Vec::new();
        for &at in &self.scores.records {
            let Some((x, y)) = self.place(at, plot, Some(y_axis), &across) else {
                continue;
            };
            points.extend(points.last().map(|&(_, level)| (x, level)));
            points.push((x, y));
        }
        points.extend(points.last().map(|&(_, level)| (plot.right, level)));
        if points.len() > 1 {
            let color = accent(self.canvas.theme);
            self.canvas.polyline(points, Stroke::solid(color, BEST_LINE));
        }
    }

    /// The trials: abandoned ones faint, the best last and largest.
    fn draw_dots(&mut self, plot: &Plot, y_axis: Option<&Axis>, across: impl Fn(usize) -> Option<f64>) {
        let theme = self.canvas.theme;
        let (best, points) = (self.scores.best(), &self.chart.points);
        let others = |is_final: bool| {
            let is_such = move |at: &usize| points[*at].is_final == is_final && best != Some(*at);
            (0..points.len()).filter(is_such)
        };
        let abandoned = others(false).map(|at| (at, SMALL_DOT, faint(theme)));
        let trained = others(true).map(|at| (at, DOT, Stroke::of_series(0, theme).color));
        let best = best.map(|at| (at, BEST_DOT, accent(theme)));
        for (at, radius, color) in abandoned.chain(trained).chain(best) {
            if let Some(center) = self.place(at, plot, y_axis, &across) {
                self.canvas.dot(center, radius, color);
            }
        }
    }

    /// What the marks mean, above the scores.
    fn draw_key(&mut self, left: f64, top: f64) {
        let theme = self.canvas.theme;
        let points = &self.chart.points;
        let any = |is_final: bool| {
            let mut scored = points.iter().filter(|point| point.finite_score().is_some());
            scored.any(|point| point.is_final == is_final)
        };
        let mut entries: Vec<(Color, Option<f64>, String)> = Vec::new();
        if any(true) {
            entries.push((Stroke::of_series(0, theme).color, Some(DOT), "a trial".into()));
        }
        if any(false) {
            let abandoned = "left behind after fewer epochs".into();
            entries.push((faint(theme), Some(SMALL_DOT), abandoned));
        }
        if let Some(at) = self.scores.best() {
            let best = format!("the best, trial {}", points[at].trial);
            entries.push((accent(theme), Some(BEST_DOT), best));
            entries.push((accent(theme), None, "the best so far".into()));
        }
        let middle = top - KEY_HEIGHT / 2.0 - 3.0;
        let mut x = left;
        for (color, dot, text) in entries {
            let from = match dot {
                Some(radius) => {
                    self.canvas.dot((x + 6.0, middle), radius, color);
                    x + 16.0
                }
                None => {
                    let ends = vec![(x, middle), (x + 20.0, middle)];
                    self.canvas.polyline(ends, Stroke::solid(color, BEST_LINE));
                    x + 26.0
                }
            };
            let text = ellipsize(&text, TICK_LABEL_SIZE, self.canvas.right() - from);
            x = from + width_of(&text, TICK_LABEL_SIZE) + 20.0;
            let at = (from, middle + HALF_DIGIT * TICK_LABEL_SIZE);
            self.canvas.tick_label(text, at, Anchor::Start);
        }
    }

    /// The name of the score, beside its axis; where there is no space for all of it, without its rows ("accuracy on …").
    fn draw_score_name(&mut self, plot: &Plot) {
        let (name, space) = (printable(&self.chart.score_label), plot.height() + 8.0);
        let fits = width_of(&name, AXIS_LABEL_SIZE) <= space;
        let name = match name.split_once(" on ") {
            Some((score, _)) if !fits => score,
            _ => &name,
        };
        self.canvas.name_upwards(name, space, (LEFT_NAME, plot.y(0.5)));
    }

    /// Scores against one setting.
    fn draw_setting(
        &mut self,
        setting: &SearchSetting,
        plot: &Plot,
        y_axis: Option<&Axis>,
        y_ticks: &[Tick],
    ) {
        draw_name_below(plot, &setting.name, self.canvas);
        match &setting.values {
            SettingValues::Numbers { values, logarithmic } => {
                let is_logarithmic = *logarithmic && values.iter().all(|value| *value > 0.0);
                let finite = values.iter().copied().filter(|value| value.is_finite());
                let x_axis = Extent::spanning(finite).map(|extent| {
                    panel_axis_across(plot, |most| match is_logarithmic {
                        true => Axis::upwards(Scale::Log, extent, most),
                        false => Axis::across(Scale::Linear, extent, most, false),
                    })
                });
                plot.draw_axes(ticks(x_axis.as_ref()), y_ticks, self.canvas);
                self.draw_dots(plot, y_axis, |at| {
                    let value = values.get(at).copied().filter(|value| value.is_finite())?;
                    Some(plot.x(x_axis.as_ref()?.fraction(value)))
                });
            }
            SettingValues::Choices { names, picks } => {
                plot.draw_axes(&[], y_ticks, self.canvas);
                let space = plot.width() / names.len().max(1) as f64;
                let middle = |pick: usize| plot.left + (pick as f64 + 0.5) * space;
                draw_choices(names, space, middle, plot.label_baseline(), self.canvas);
                self.draw_dots(plot, y_axis, |at| {
                    let pick = picks.get(at).copied().filter(|pick| *pick < names.len())?;
                    Some(middle(pick))
                });
            }
        }
    }
}

/// The names of choices, each in the middle of its space; smaller where that avoids leaving letters out.
fn draw_choices(
    names: &[String],
    space: f64,
    middle: impl Fn(usize) -> f64,
    baseline: f64,
    canvas: &mut Canvas,
) {
    let widths = names
        .iter()
        .map(|name| width_of(&printable(name), TICK_LABEL_SIZE));
    let widest = widths.fold(1.0, f64::max);
    let size = (TICK_LABEL_SIZE * (space - 4.0) / widest).clamp(LEAST_LABEL_SIZE, TICK_LABEL_SIZE);
    for (pick, name) in names.iter().enumerate() {
        let label = ellipsize(&printable(name), size, space - 3.0);
        let color = canvas.theme.faint_ink();
        canvas.text(label, (middle(pick), baseline), size, color, Anchor::Middle);
    }
}

fn ticks(axis: Option<&Axis>) -> &[Tick] {
    axis.map_or(&[], |axis| &axis.ticks)
}

fn accent(theme: Theme) -> Color {
    Stroke::of_series(1, theme).color
}

/// Between the axis and the background: visible, but not prominent.
fn faint(theme: Theme) -> Color {
    let (Color(r, g, b), Color(x, y, z)) = (theme.axis_line(), theme.background());
    let mix = |a: u8, b: u8| ((u16::from(a) * 2 + u16::from(b)) / 3) as u8;
    Color(mix(r, x), mix(g, y), mix(b, z))
}

fn describe(chart: &SearchChart, scores: &Scores) -> String {
    let (score, trials) = (printable(&chart.score_label), chart.points.len());
    let best = scores.best().and_then(|at| {
        let (trial, best) = (chart.points[at].trial, chart.points[at].finite_score()?);
        Some(format!("; the best, {best}, is trial {trial}"))
    });
    let best = best.unwrap_or_default();
    let names = chart.settings.iter().map(|setting| printable(&setting.name));
    let settings = match chart.settings[..] {
        [] => "nothing".to_owned(),
        _ => names.collect::<Vec<_>>().join(", "),
    };
    format!("Dots of {score} against {trials} trials{best}; below, {score} against {settings}")
}
