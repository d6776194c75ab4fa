//! Draws the curves of a comparison against epochs, updates, samples or seconds, of training and of held-out rows.

use super::Runs;
use super::side_by_side::{Cores, FinishedRun};
use crate::arguments::{Against, Compare};
use crate::outputs::PlotOutput;
use crate::pictures::scale_for;
use anyhow::Result;
use pellucid_report::{
    Band, LineChart, PanelGrid, Scale, Series, SeriesBand, Spread, TextStyle, spread_of_runs,
};

/// Where the ends of curves differ by more than this factor, the axis is logarithmic: the shortest would be a stroke at the
/// edge of a linear one.
const LOGARITHMIC_FROM: f64 = 10.0;

/// The axes of `--against`, each once.
fn axes(asked: &[Against]) -> Vec<Against> {
    use Against::{All, Epochs, Samples, Seconds, Updates};
    let mut axes = Vec::new();
    for against in asked {
        let each = match against {
            All => &[Epochs, Updates, Samples, Seconds][..],
            one => std::slice::from_ref(one),
        };
        axes.extend(
            each.iter()
                .filter(|one| !axes.contains(*one))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    axes
}

fn name(against: Against) -> &'static str {
    match against {
        Against::Epochs => "epochs",
        Against::Updates => "updates",
        Against::Samples => "samples",
        Against::Seconds | Against::All => "seconds",
    }
}

fn x_label(against: Against, cores: Cores) -> String {
    match (against, cores.lanes.get()) {
        (Against::Seconds, 2..) => format!("seconds, {} runs side by side", cores.lanes),
        _ => name(against).to_owned(),
    }
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A chart for each axis, those of training rows first.
pub(super) fn charts(runs: &Runs, arguments: &Compare, cores: Cores) -> Vec<LineChart> {
    let axes = axes(&arguments.against);
    let has_validation = runs.variants.iter().any(super::Variant::holds_rows_out);
    let losses = |done: &FinishedRun| done.losses.clone();
    let validation = |done: &FinishedRun| done.validation.clone();
    let mut charts: Vec<LineChart> = axes
        .iter()
        .map(|&against| chart(runs, cores, (against, "", &losses)))
        .collect();
    if has_validation {
        let held_out = axes
            .iter()
            .map(|&against| chart(runs, cores, (against, "held-out rows", &validation)));
        charts.extend(held_out);
    }
    let scale = scale_for(charts.iter().flat_map(values));
    charts.iter_mut().for_each(|chart| chart.y_scale = scale);
    charts
}

fn values(chart: &LineChart) -> impl Iterator<Item = f64> {
    let curves = chart
        .series
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| point.1);
    let bands = chart.bands.iter().flat_map(|band| &band.points);
    curves.chain(bands.flat_map(|&(_, low, high)| [low, high]))
}

/// The axis, the rows and the losses of a chart's curves.
type CurveKind<'a> = (Against, &'a str, &'a dyn Fn(&FinishedRun) -> Vec<f64>);

fn chart(runs: &Runs, cores: Cores, (against, rows, losses): CurveKind<'_>) -> LineChart {
    let title = title(runs, &[name(against)]);
    let y_label = match rows {
        "" => loss_name(runs),
        _ => format!("{}, {rows}", loss_name(runs)),
    };
    let mut chart = LineChart::new(title, x_label(against, cores), y_label);
    chart.subtitle = subtitle(runs);
    let mut ends = Vec::new();
    for (index, variant) in runs.variants.iter().enumerate() {
        let each: Vec<Vec<f64>> = runs.runs_of(index).map(losses).collect();
        let band = Band::for_seeds(each.len());
        let spread = spread_of_runs(each.iter().map(Vec::as_slice), band);
        let xs: Vec<f64> = match against {
            Against::Epochs => (1..=spread.len()).map(|epoch| epoch as f64).collect(),
            Against::Updates => multiples(variant.updates_per_epoch as f64, spread.len()),
            Against::Samples => multiples(variant.rows as f64, spread.len()),
            Against::Seconds | Against::All => {
                let seconds: Vec<&[f64]> = runs.runs_of(index).map(|done| done.seconds.as_slice()).collect();
                let spread = spread_of_runs(seconds.iter().copied(), band);
                spread.iter().map(|seconds| seconds.median).collect()
            }
        };
        ends.extend(xs.last().copied());
        if each.len() > 1 {
            let ends = |(&x, spread): (&f64, &Spread)| (x, spread.low, spread.high);
            chart.bands.push(SeriesBand {
                series: index,
                points: xs.iter().zip(&spread).map(ends).collect(),
            });
        }
        chart.series.push(Series {
            name: variant.spec.name.clone(),
            points: xs
                .into_iter()
                .zip(spread.iter().map(|spread| spread.median))
                .collect(),
        });
    }
    let (first, last) = ends.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), end| {
        (low.min(*end), high.max(*end))
    });
    if first > 0.0 && last / first > LOGARITHMIC_FROM {
        chart.x_scale = Scale::Log;
    }
    chart
}

fn loss_name(runs: &Runs) -> String {
    let loss = runs.variants[0].spec.recipe.logged_loss();
    format!("{} (mean of a sample)", loss.name().replace('_', " "))
}

fn multiples(unit: f64, count: usize) -> Vec<f64> {
    (1..=count).map(|index| index as f64 * unit).collect()
}

fn title(runs: &Runs, axes: &[&str]) -> String {
    let leaders = runs
        .variants
        .iter()
        .filter(|variant| variant.starts_as.is_none())
        .count();
    let weights = match (leaders, runs.variants.len()) {
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

/// Writes one chart, or a panel for each.
pub(super) fn write(
    plot: PlotOutput,
    charts: Vec<LineChart>,
    runs: &Runs,
    arguments: &Compare,
) -> Result<()> {
    if let [chart] = &charts[..] {
        return plot.write(chart);
    }
    let axes: Vec<&str> = axes(&arguments.against).into_iter().map(name).collect();
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
    plot.write(&panels)
}
