//! Draws the curves of a comparison against epochs, updates, samples or seconds, of training and of held-out rows.

use super::Runs;
use super::side_by_side::{Cores, FinishedRun};
use crate::arguments::{Against, Compare};
use crate::outputs::PlotOutput;
use crate::pictures::scale_for;
use crate::score_text::list;
use anyhow::Result;
use pellucid_data::OutputFile;
use pellucid_report::{Band, LineChart, PanelGrid, Scale, Series, SeriesBand, TextStyle, spread_of_runs};

/// Where the ends of curves differ by more than this factor, the axis is logarithmic: the shortest would be a stroke at the
/// edge of a linear one.
const LOGARITHMIC_FROM: f64 = 10.0;

/// The axes of `--against`, each once.
fn axes(asked: &[&[Against]]) -> Vec<Against> {
    let mut axes = Vec::new();
    for against in asked.concat() {
        if !axes.contains(&against) {
            axes.push(against);
        }
    }
    axes
}

/// A chart for each axis, those of training rows first.
pub(super) fn charts(runs: &Runs, arguments: &Compare, cores: Cores) -> Vec<LineChart> {
    let axes = axes(&arguments.against);
    let mut charts = Vec::new();
    let chart = |against: &Against, held_out| chart(runs, cores, *against, held_out);
    charts.extend(axes.iter().map(|against| chart(against, false)));
    if runs.variants.iter().any(super::Variant::holds_rows_out) {
        charts.extend(axes.iter().map(|against| chart(against, true)));
    }
    let scale = scale_for(charts.iter().flat_map(values));
    charts.iter_mut().for_each(|chart| chart.y_scale = scale);
    charts
}

fn values(chart: &LineChart) -> impl Iterator<Item = f64> {
    let points = chart.series.iter().flat_map(|series| &series.points);
    let bands = chart.bands.iter().flat_map(|band| &band.points);
    let curves = points.map(|point| point.1);
    curves.chain(bands.flat_map(|&(_, low, high)| [low, high]))
}

fn chart(runs: &Runs, cores: Cores, against: Against, held_out: bool) -> LineChart {
    let rows = if held_out { ", held-out rows" } else { "" };
    let x_label = match (against, cores.lanes.get()) {
        (Against::Seconds, 2..) => format!("seconds, {} runs side by side", cores.lanes),
        _ => against.name().to_owned(),
    };
    let y_label = format!("{}{rows}", loss_name(runs));
    let mut chart = LineChart::new(title(runs, &[against.name()]), x_label, y_label);
    chart.subtitle = subtitle(runs);
    let (mut first, mut last) = (f64::INFINITY, 0.0_f64);
    for (index, variant) in runs.variants.iter().enumerate() {
        let spread = |curve: fn(&FinishedRun) -> &Vec<f64>| {
            let curves = runs.runs_of(index).map(|done| curve(done).as_slice());
            spread_of_runs(curves, Band::for_seeds(runs.seeds.len()))
        };
        let losses = match held_out {
            true => spread(|done| &done.validation),
            false => spread(|done| &done.losses),
        };
        let multiples =
            |unit: f64| -> Vec<f64> { (1..=losses.len()).map(|index| index as f64 * unit).collect() };
        let xs: Vec<f64> = match against {
            Against::Epochs => multiples(1.0),
            Against::Updates => multiples(variant.updates_per_epoch as f64),
            Against::Samples => multiples(variant.rows as f64),
            Against::Seconds => {
                let seconds = spread(|done| &done.seconds);
                seconds.iter().map(|seconds| seconds.median).collect()
            }
        };
        if let Some(&end) = xs.last() {
            (first, last) = (first.min(end), last.max(end));
        }
        let points = || xs.iter().copied().zip(&losses);
        if runs.seeds.len() > 1 {
            chart.bands.push(SeriesBand {
                series: index,
                points: points().map(|(x, loss)| (x, loss.low, loss.high)).collect(),
            });
        }
        chart.series.push(Series {
            name: variant.spec.name.clone(),
            points: points().map(|(x, loss)| (x, loss.median)).collect(),
        });
    }
    if first > 0.0 && last / first > LOGARITHMIC_FROM {
        chart.x_scale = Scale::Log;
    }
    chart
}

fn loss_name(runs: &Runs) -> String {
    let loss = runs.variants[0].spec.recipe.logged_loss();
    format!("{} (mean of a sample)", loss.name().replace('_', " "))
}

fn title(runs: &Runs, axes: &[&str]) -> String {
    let leaders = runs.variants.iter().filter(|variant| variant.leader.is_none());
    let weights = match (leaders.count(), runs.variants.len()) {
        (_, 1) => "",
        (1, _) => ", from the same initial weights",
        (leaders, all) if leaders == all => ", each from initial weights of its own",
        _ => "",
    };
    format!("Loss against {}{weights}", list(axes))
}

fn subtitle(runs: &Runs) -> String {
    match runs.seeds.len() {
        ..2 => String::new(),
        seeds => format!("median of {seeds} seeds; band: {}", Band::for_seeds(seeds).name()),
    }
}

/// A chart for the terminal, which has no bands.
pub(super) fn in_text(chart: &LineChart, runs: &Runs, style: &TextStyle) -> String {
    let chart = LineChart {
        subtitle: match runs.seeds.len() {
            ..2 => String::new(),
            seeds => format!("median of {seeds} seeds"),
        },
        bands: Vec::new(),
        ..chart.clone()
    };
    chart.text(style)
}

/// Paints one chart, or a panel for each.
pub(super) fn paint(
    plot: PlotOutput,
    charts: Vec<LineChart>,
    runs: &Runs,
    arguments: &Compare,
) -> Result<(OutputFile, Vec<u8>)> {
    if let [chart] = &charts[..] {
        return plot.paint(chart);
    }
    let axes: Vec<&str> = axes(&arguments.against).into_iter().map(Against::name).collect();
    let has_validation = charts.len() > axes.len();
    let charts = charts.into_iter().enumerate().map(|(index, chart)| LineChart {
        // The whole name does not fit beside a panel.
        y_label: match index < axes.len() {
            true if has_validation => "training loss".to_owned(),
            true => "loss".to_owned(),
            false => "loss on held-out rows".to_owned(),
        },
        ..chart
    });
    let loss = loss_name(runs);
    let panels = PanelGrid {
        subtitle: match subtitle(runs) {
            band if band.is_empty() => loss,
            band => format!("{loss}; {band}"),
        },
        shared_legend: true,
        // Training above, held-out rows below, where that makes whole rows.
        columns: match axes.len() {
            3 if has_validation => 3,
            1 | 2 | 4 => 2,
            _ => axes.len() as u32,
        },
        panels: charts.collect(),
        ..PanelGrid::new(title(runs, &axes))
    };
    plot.paint(&panels)
}
