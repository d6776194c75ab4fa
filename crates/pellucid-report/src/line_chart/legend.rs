//! The legend: in rows above the plot where it fits there, otherwise in a column beside it; never over the curves.

use super::{LineChart, Series, band};
use crate::layout::plot::Plot;
use crate::layout::{Canvas, HALF_DIGIT, MARGIN};
use crate::mark::{Anchor, Point};
use crate::palette::{Stroke, Theme};
use crate::typeface::{ellipsize, printable, width};

const SIZE: f64 = 12.0;
const ROW: f64 = 19.0;
/// Long enough to show each dash pattern once.
const SAMPLE: f64 = 34.0;
const SAMPLE_GAP: f64 = 7.0;
const ENTRY_GAP: f64 = 20.0;
const COLUMN_GAP: f64 = 16.0;

/// Up to so many entries may take two rows above the plot.
const FEW: usize = 6;

/// A chart narrower than this has no space for a column beside the plot.
const NARROW: u32 = 480;

/// The largest part of the width that a column beside the plot takes.
const BESIDE: f64 = 0.3;

/// The legend of a chart and the space that it takes; none where the only curve has no name.
#[derive(Debug, Default)]
pub(crate) struct Legend {
    entries: Vec<Entry>,
    /// The number of entries in each row above the plot; without rows they stand beside it.
    rows: Vec<usize>,
    /// Where the rows begin.
    top: f64,
    pub(crate) height_above: f64,
    pub(crate) width_beside: f64,
}

#[derive(Debug)]
struct Entry {
    name: String,
    /// `None` for the line that counts the entries left out.
    stroke: Option<Stroke>,
    /// The opacity of the band around the curve, 0 where it has none.
    band: f64,
}

impl Entry {
    fn indent(&self) -> f64 {
        self.stroke.map_or(0.0, |_| SAMPLE + SAMPLE_GAP)
    }

    fn width(&self) -> f64 {
        self.indent() + width(&self.name, SIZE)
    }

    fn draw(&self, (x, y): Point, canvas: &mut Canvas) {
        if let Some(mut stroke) = self.stroke {
            let end = x + SAMPLE;
            if self.band > 0.0 {
                let (top, bottom) = (y - ROW * 0.36, y + ROW * 0.36);
                let corners = vec![(x, top), (end, top), (end, bottom), (x, bottom)];
                canvas.polygon(corners, stroke.color, self.band);
            }
            stroke.width += 0.4;
            canvas.polyline(vec![(x, y), (end, y)], stroke);
        }
        let at = (x + self.indent(), y + HALF_DIGIT * SIZE);
        canvas.text(self.name.clone(), at, SIZE, canvas.theme.ink(), Anchor::Start);
    }
}

impl Legend {
    /// The legend of a picture of this size whose heading ends at `top`; `in_rows` if it must not stand beside the plot.
    pub(crate) fn new(
        chart: &LineChart,
        theme: Theme,
        (width, height): (u32, u32),
        top: f64,
        in_rows: bool,
    ) -> Self {
        if chart.series.len() < 2 && chart.series.iter().all(|series| series.name.is_empty()) {
            return Self::default();
        }
        let entry = |(index, series): (usize, &Series)| {
            let name = printable(&series.name);
            let has_band = chart.bands.iter().any(|band| band.series == index);
            Entry {
                name: match name.is_empty() {
                    true => format!("series {}", index + 1),
                    false => name,
                },
                stroke: Some(Stroke::of_series(index, theme)),
                band: if has_band { band::opacity(chart) } else { 0.0 },
            }
        };
        let mut entries: Vec<Entry> = chart.series.iter().enumerate().map(entry).collect();
        let (space, height) = (f64::from(width) - 2.0 * MARGIN, f64::from(height) - top);
        let rows_of = |part: f64| (height * part / ROW) as usize;
        let is_cut = |entry: &Entry| entry.width() > BESIDE * space;
        let rows = if let Some(rows) = rows(&entries, space, if entries.len() <= FEW { 2 } else { 1 }) {
            rows
        } else if in_rows || width < NARROW || entries.len() == 1 {
            shorten(&mut entries, space);
            truncated(&mut entries, space, rows_of(0.3).max(1))
        } else if entries.iter().any(is_cut)
            && let Some(rows) = rows(&entries, space, rows_of(0.25))
        {
            // A column beside the plot would cut names short.
            rows
        } else {
            shorten(&mut entries, BESIDE * space);
            let below_plot = 60.0;
            let most_rows = (((height - below_plot) / ROW) as usize).max(1);
            if entries.len() > most_rows {
                let total = entries.len();
                leave_out(&mut entries, most_rows - 1, total);
            }
            Vec::new()
        };
        let widest = entries.iter().map(Entry::width).fold(0.0, f64::max);
        let is_beside = rows.is_empty();
        Self {
            height_above: if is_beside {
                0.0
            } else {
                rows.len() as f64 * ROW + 6.0
            },
            width_beside: if is_beside { COLUMN_GAP + widest } else { 0.0 },
            entries,
            rows,
            top,
        }
    }

    pub(crate) fn draw(&self, plot: &Plot, canvas: &mut Canvas) {
        if self.rows.is_empty() {
            for (row, entry) in self.entries.iter().enumerate() {
                let y = plot.top + (row as f64 + 0.5) * ROW;
                entry.draw((plot.right + COLUMN_GAP, y), canvas);
            }
        }
        let mut entries = self.entries.iter();
        let mut y = self.top + ROW / 2.0 - 4.0;
        for &count in &self.rows {
            let mut x = MARGIN;
            for entry in entries.by_ref().take(count) {
                entry.draw((x, y), canvas);
                x += entry.width() + ENTRY_GAP;
            }
            y += ROW;
        }
    }
}

fn shorten(entries: &mut [Entry], widest: f64) {
    for entry in entries {
        entry.name = ellipsize(&entry.name, SIZE, widest - SAMPLE - SAMPLE_GAP);
    }
}

/// The number of entries in each row, or `None` if they need more than `most_rows`.
fn rows(entries: &[Entry], space: f64, most_rows: usize) -> Option<Vec<usize>> {
    let mut rows = vec![0];
    let mut x = 0.0;
    for entry in entries {
        let last = rows.len() - 1;
        if x + entry.width() > space {
            if rows[last] == 0 || rows.len() == most_rows {
                return None;
            }
            rows.push(1);
            x = entry.width() + ENTRY_GAP;
        } else {
            rows[last] += 1;
            x += entry.width() + ENTRY_GAP;
        }
    }
    Some(rows)
}

/// As [`rows`], leaving out as many entries as must be.
fn truncated(entries: &mut Vec<Entry>, space: f64, most_rows: usize) -> Vec<usize> {
    let total = entries.len();
    for left_out in 1..=total {
        if let Some(rows) = rows(entries, space, most_rows) {
            return rows;
        }
        leave_out(entries, total - left_out, total);
    }
    rows(entries, space, most_rows).unwrap_or_else(|| vec![entries.len()])
}

/// Keeps the first `kept` of `total` series; a last line counts the others.
fn leave_out(entries: &mut Vec<Entry>, kept: usize, total: usize) {
    entries.truncate(kept);
    entries.push(Entry {
        name: format!("and {} more", total - kept),
        stroke: None,
        band: 0.0,
    });
}
