//! The scores of a search: the range that is drawn, and the best trials.

use super::{SearchChart, SearchPoint};
use crate::axis::{Axis, Extent};
use crate::label::grouped;

/// Pixels between labels of the axis.
const SPACING: f64 = 38.0;

pub(super) struct Scores {
    /// The range of the axis; `None` where no trial has a score.
    pub(super) extent: Option<Extent>,
    /// The indices of the trials that were better than all before, the best last.
    pub(super) records: Vec<usize>,
    failed: usize,
    beyond: usize,
}

impl Scores {
    pub(super) fn new(chart: &SearchChart) -> Self {
        let points = chart.points.iter();
        let mut scores: Vec<f64> = points.filter_map(SearchPoint::finite_score).collect();
        let sign = if chart.higher_is_better { 1.0 } else { -1.0 };
        scores.sort_by(|a, b| (sign * b).total_cmp(&(sign * a)));
        let mut extent = Extent::spanning(scores.iter().copied());
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
        Self {
            failed: chart.points.len() - scores.len(),
            beyond: scores.iter().filter(is_beyond).count(),
            extent,
            records: records(chart, sign),
        }
    }

    /// The index of the best trial.
    pub(super) fn best(&self) -> Option<usize> {
        self.records.last().copied()
    }

    /// The vertical axis of a plot so many pixels high.
    pub(super) fn axis(&self, height: f64) -> Option<Axis> {
        let most_labels = ((height / SPACING) as usize).max(2);
        self.extent.map(|extent| Axis::near(extent, 0.12, most_labels))
    }

    /// The score, or the end of the axis where it lies beyond.
    pub(super) fn within(&self, score: f64) -> f64 {
        self.extent
            .map_or(score, |extent| score.clamp(extent.low, extent.high))
    }

    /// What the reader must know about trials without a place.
    pub(super) fn remarks(&self, higher_is_better: bool) -> Vec<String> {
        let than = if higher_is_better { "lower" } else { "higher" };
        let scored = format!("scored {than} than the axis and");
        let remark = |count: usize, [before, one, many, after]: [&str; 4]| match count {
            0 => None,
            1 => Some(format!("1 trial {before}{one} {after}")),
            _ => Some(format!("{} trials {before}{many} {after}", grouped(count as u64))),
        };
        let failed = remark(self.failed, ["", "has", "have", "no score"]);
        let beyond = remark(self.beyond, [&scored, " is", " are", "drawn at its end"]);
        failed.into_iter().chain(beyond).collect()
    }
}

/// Trials better than all before. Abandoned trials count only where no trial was trained to the end.
fn records(chart: &SearchChart, sign: f64) -> Vec<usize> {
    let is_scored = |point: &SearchPoint| point.is_final && point.finite_score().is_some();
    let any_final = chart.points.iter().any(is_scored);
    let mut records = Vec::new();
    let mut best: Option<f64> = None;
    for (at, point) in chart.points.iter().enumerate() {
        if let Some(score) = point.finite_score()
            && (point.is_final || !any_final)
            && best.is_none_or(|best| sign * score > sign * best)
        {
            records.push(at);
            best = Some(score);
        }
    }
    records
}
