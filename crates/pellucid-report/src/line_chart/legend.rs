//! The legend: in rows above the plot where it fits there, otherwise in a column beside it; never over the curves.

use super::{LineChart, band};
use crate::layout::plot::Plot;
use crate::layout::{Canvas, HALF_DIGIT, MARGIN};
use crate::palette::Stroke;
use crate::scene::{Anchor, Point};
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

#[derive(Debug)]
pub(crate) struct Legend {
    entries: Vec<Entry>,
    place: Place,
    /// Where the rows above the plot begin.
    top: f64,
}

#[derive(Debug)]
struct Entry {
    name: String,
    /// `None` for the line that counts the entries left out.
    stroke: Option<Stroke>,
    /// The opacity of the band around the curve, 0 where it has none.
    band: f64,
}

#[derive(Debug)]
enum Place {
    Nowhere,
    /// The number of entries in each row.
    Above(Vec<usize>),
    /// The column's width.
    Beside(f64),
}

impl Entry {
    fn indent(&self) -> f64 {
        if self.stroke.is_some() {
            SAMPLE + SAMPLE_GAP
        } else {
            0.0
        }
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
    /// The legend of a chart whose heading ends at `top`.
    pub(crate) fn new(chart: &LineChart, top: f64) -> Self {
        Self::placed(chart, top, chart.width < NARROW)
    }

    /// The legend in rows above the plot, regardless of their number.
    pub(crate) fn above(chart: &LineChart, top: f64) -> Self {
        Self::placed(chart, top, true)
    }

    fn placed(chart: &LineChart, top: f64, in_rows: bool) -> Self {
        let space = f64::from(chart.width) - 2.0 * MARGIN;
        let shown = chart.series.len() > 1 || chart.series.iter().any(|series| !series.name.is_empty());
        let entry = |(index, name): (usize, String)| {
            let has_band = chart.bands.iter().any(|band| band.series == index);
            Entry {
                name: if name.is_empty() {
                    format!("series {}", index + 1)
                } else {
                    name
                },
                stroke: Some(Stroke::of_series(index, chart.theme)),
                band: if has_band { band::opacity(chart) } else { 0.0 },
            }
        };
        let names = chart.series.iter().map(|series| printable(&series.name));
        let mut entries: Vec<Entry> = names.enumerate().map(entry).collect();
        let place = if !shown {
            Place::Nowhere
        } else if let Some(rows) = rows(&entries, space, if entries.len() <= FEW { 2 } else { 1 }) {
            Place::Above(rows)
        } else if in_rows || entries.len() == 1 {
            shorten(&mut entries, space);
            let most_rows = (((f64::from(chart.height) - top) * 0.3 / ROW) as usize).max(1);
            Place::Above(truncated(&mut entries, space, most_rows))
        } else if let Some(rows) = rows_of_whole_names(&entries, space, f64::from(chart.height) - top) {
            Place::Above(rows)
        } else {
            let widest = BESIDE * space;
            shorten(&mut entries, widest);
            let below_plot = 60.0;
            let most_rows = (((f64::from(chart.height) - top - below_plot) / ROW) as usize).max(1);
            if entries.len() > most_rows {
                let total = entries.len();
                leave_out(&mut entries, most_rows - 1, total);
            }
            Place::Beside(entries.iter().map(Entry::width).fold(0.0, f64::max))
        };
        Self { entries, place, top }
    }

    pub(crate) fn height_above(&self) -> f64 {
        match &self.place {
            Place::Above(rows) => rows.len() as f64 * ROW + 6.0,
            Place::Beside(_) | Place::Nowhere => 0.0,
        }
    }

    pub(crate) fn width_beside(&self) -> f64 {
        match self.place {
            Place::Beside(width) => COLUMN_GAP + width,
            Place::Above(_) | Place::Nowhere => 0.0,
        }
    }

    pub(crate) fn draw(&self, plot: &Plot, canvas: &mut Canvas) {
        match &self.place {
            Place::Nowhere => {}
            Place::Above(rows) => {
                let mut entries = self.entries.iter();
                let mut y = self.top + ROW / 2.0 - 4.0;
                for &count in rows {
                    let mut x = MARGIN;
                    for entry in entries.by_ref().take(count) {
                        entry.draw((x, y), canvas);
                        x += entry.width() + ENTRY_GAP;
                    }
                    y += ROW;
                }
            }
            Place::Beside(_) => {
                for (row, entry) in self.entries.iter().enumerate() {
                    let y = plot.top + (row as f64 + 0.5) * ROW;
                    entry.draw((plot.right + COLUMN_GAP, y), canvas);
                }
            }
        }
    }
}

/// Rows above the plot where a column beside it would cut names short and these do not take too much of the height.
fn rows_of_whole_names(entries: &[Entry], space: f64, height: f64) -> Option<Vec<usize>> {
    let is_cut = |entry: &Entry| entry.width() > BESIDE * space;
    let most_rows = (height * 0.25 / ROW) as usize;
    match entries.iter().any(is_cut) {
        true => rows(entries, space, most_rows),
        false => None,
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
    if let Some(rows) = rows(entries, space, most_rows) {
        return rows;
    }
    let total = entries.len();
    for kept in (0..total).rev() {
        leave_out(entries, kept, total);
        if let Some(rows) = rows(entries, space, most_rows) {
            return rows;
        }
    }
    vec![entries.len()]
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
