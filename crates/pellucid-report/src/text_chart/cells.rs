//! Draws curves in the cells between the axes: dots of Braille, or a letter each.

use super::style::{TextStyle, letter};

#[derive(Debug)]
pub(super) struct CellGrid {
    columns: usize,
    rows: usize,
    /// Dots of a cell, across and down.
    dots: (usize, usize),
    cells: Vec<Cell>,
    /// One for each series.
    curves: Vec<Curve>,
    style: TextStyle,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// Bits of the Braille pattern.
    pattern: u8,
    series: Option<usize>,
    letter: Option<usize>,
}

#[derive(Debug, Default)]
struct Curve {
    /// The curve's last row of cells in each column.
    rows: Vec<Option<usize>>,
    /// The cell of the last point.
    end: Option<(usize, usize)>,
}

/// Bits of Unicode's Braille patterns, column by column, from above.
const BRAILLE: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl CellGrid {
    pub(super) fn new(columns: usize, rows: usize, style: &TextStyle) -> Self {
        Self {
            columns,
            rows,
            dots: if style.unicode { (2, 4) } else { (1, 1) },
            cells: vec![Cell::default(); columns * rows],
            curves: Vec::new(),
            style: *style,
        }
    }

    /// Draws the curve of the next series through places from 0 to 1 along both axes; `None` is a gap.
    pub(super) fn curve(&mut self, places: impl Iterator<Item = Option<(f64, f64)>>) {
        let series = self.curves.len();
        let mut curve = Curve {
            rows: vec![None; self.columns],
            end: None,
        };
        let (width, height) = (self.columns * self.dots.0, self.rows * self.dots.1);
        let mut before: Option<(usize, usize)> = None;
        for place in places {
            let Some((x, y)) = place else {
                before = None;
                continue;
            };
            let x = (x.clamp(0.0, 1.0) * (width - 1) as f64).round() as usize;
            let y = ((1.0 - y.clamp(0.0, 1.0)) * (height - 1) as f64).round() as usize;
            if before == Some((x, y)) {
                continue;
            }
            for (x, y) in line(before.unwrap_or((x, y)), (x, y)) {
                let (column, row) = (x / self.dots.0, y / self.dots.1);
                let cell = &mut self.cells[row * self.columns + column];
                cell.pattern |= match self.style.unicode {
                    true => BRAILLE[x % 2][y % 4],
                    false => 1,
                };
                cell.series = Some(series);
                curve.rows[column] = Some(row);
                curve.end = Some((column, row));
            }
            before = Some((x, y));
        }
        self.curves.push(curve);
    }

    /// Puts letters on the curves, so that they differ without colours.
    pub(super) fn mark_curves(&mut self) {
        let count = self.curves.len();
        let period = (self.columns / 4).max(2 * count).max(8);
        for (index, curve) in self.curves.iter().enumerate() {
            let first = period * (2 * index + 1) / (2 * count);
            for column in (first..self.columns).step_by(period) {
                let Some(row) = curve.rows[column] else { continue };
                let cell = &mut self.cells[row * self.columns + column];
                cell.letter.get_or_insert(index);
            }
        }
    }

    /// A row of cells, with the letters of the curves that end in it behind their ends, in `space` characters.
    pub(super) fn row(&self, row: usize, space: usize) -> String {
        let cells = &self.cells[row * self.columns..(row + 1) * self.columns];
        let mut shown: Vec<(char, Option<usize>)> = cells.iter().map(|cell| self.glyph(cell)).collect();
        let is_free = |shown: &[(char, _)], place: usize| {
            let glyph = shown.get(place).map(|(glyph, _): &(char, _)| glyph);
            !glyph.is_some_and(char::is_ascii_alphabetic)
        };
        let ends = self.curves.iter().map(|curve| curve.end).enumerate();
        for (series, end) in ends.filter(|_| self.curves.len() > 1) {
            let Some((column, _)) = end.filter(|end| end.1 == row) else {
                continue;
            };
            // The first free place behind the end.
            let mut places = column + 1..space;
            if let Some(place) = places.find(|place| is_free(&shown, *place)) {
                shown.resize(shown.len().max(place + 1), (' ', None));
                shown[place] = (letter(series), Some(series));
            }
        }
        let runs = shown.chunk_by(|one, next| one.1 == next.1);
        let painted = runs.map(|run| {
            let text: String = run.iter().map(|(glyph, _)| glyph).collect();
            self.style.paint(run[0].1, &text)
        });
        painted.collect()
    }

    fn glyph(&self, cell: &Cell) -> (char, Option<usize>) {
        if let Some(series) = cell.letter {
            return (letter(series), Some(series));
        }
        match (cell.series, self.style.unicode) {
            (None, _) => (' ', None),
            (Some(series), true) => {
                let pattern = char::from_u32(0x2800 + u32::from(cell.pattern)).unwrap_or(' ');
                (pattern, Some(series))
            }
            (Some(series), false) if self.curves.len() > 1 => (letter(series), Some(series)),
            (Some(series), false) => ('*', Some(series)),
        }
    }
}

/// The dots of a line: J. E. Bresenham, "Algorithm for computer control of a digital plotter", 1965.
fn line(from: (usize, usize), to: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let signed = |(x, y): (usize, usize)| (x as i64, y as i64);
    let ((mut x, mut y), end) = (signed(from), signed(to));
    let (across, down) = ((end.0 - x).abs(), -(end.1 - y).abs());
    let step = ((end.0 - x).signum(), (end.1 - y).signum());
    let mut error = across + down;
    let mut over = false;
    std::iter::from_fn(move || {
        if over {
            return None;
        }
        let here = (x as usize, y as usize);
        over = (x, y) == end;
        let twice = 2 * error;
        if twice >= down {
            error += down;
            x += step.0;
        }
        if twice <= across {
            error += across;
            y += step.1;
        }
        Some(here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_gaps_and_both_ends() {
        for (from, to) in [
            ((0, 0), (7, 3)),
            ((5, 9), (5, 0)),
            ((9, 2), (0, 8)),
            ((3, 3), (3, 3)),
        ] {
            let dots: Vec<_> = line(from, to).collect();
            assert_eq!((dots.first(), dots.last()), (Some(&from), Some(&to)));
            let near = |pair: &[(usize, usize)]| {
                pair[0].0.abs_diff(pair[1].0).max(pair[0].1.abs_diff(pair[1].1)) == 1
            };
            assert!(dots.windows(2).all(near), "{dots:?}");
        }
    }
}
