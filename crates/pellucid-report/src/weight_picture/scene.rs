//! Arranges the weights of a layer: images of units, or a map of inputs × units.

use super::{ImageShape, WeightPicture};
use crate::axis::{Axis, Extent};
use crate::color_scale::ColorScale;
use crate::error::ReportError;
use crate::label::grouped;
use crate::layout::color_bar::ColorBar;
use crate::layout::{AXIS_LABEL_SIZE, Canvas, HALF_DIGIT, LEFT_NAME, MARGIN, TICK_LABEL_SIZE, WIDTHS};
use crate::mark::{Anchor, Point, Raster};
use crate::palette::{Color, Theme};
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, width as width_of};

/// Images of units that are drawn, and those on a narrow picture.
const MOST_IMAGES: usize = 64;
const MOST_NARROW: usize = 24;
const NARROW: f64 = 480.0;
/// Rows and columns of a map that are drawn.
const MOST_INPUTS: usize = 60;
const MOST_UNITS: usize = 128;
/// More squares than this are one image, without notes.
const MOST_NOTES: usize = 700;
const SMALL: f64 = 9.5;
const BAR_GAP: f64 = 16.0;

impl Arrange for WeightPicture {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let canvas = Canvas::new(style, 900, WIDTHS)?;
        let (limit, beyond) = limit(&self.weights);
        let extent = Extent {
            low: -limit,
            high: limit,
        };
        let painter = Painter {
            picture: self,
            theme: style.theme,
            limit,
            axis: Axis::near(extent, 0.0, 5),
            remarks: match beyond {
                0 => Vec::new(),
                1 => vec!["1 weight is beyond the scale".to_owned()],
                _ => vec![format!("{} weights are beyond the scale", grouped(beyond as u64))],
            },
        };
        match &self.image {
            Some(image) if image.rows * image.columns > 0 => painter.images(image, canvas),
            _ => painter.map(canvas),
        }
    }
}

/// The end of the colours, so that a few large weights do not make all others pale: the largest weight, or, where all but
/// a two-hundredth lie within half of it, the largest of those. With it, the number of weights beyond.
fn limit(weights: &[f64]) -> (f64, usize) {
    let sizes = weights.iter().map(|weight| weight.abs());
    let mut sizes: Vec<f64> = sizes.filter(|size| size.is_finite()).collect();
    sizes.sort_by(f64::total_cmp);
    let largest = sizes.last().copied().unwrap_or(0.0);
    if largest == 0.0 {
        return (1.0, 0);
    }
    let most = sizes[(sizes.len() - 1) * 199 / 200];
    let limit = match most > 0.0 && most < 0.5 * largest {
        true => most,
        false => largest,
    };
    (limit, sizes.iter().filter(|size| **size > limit).count())
}

/// What images and maps have in common.
struct Painter<'a> {
    picture: &'a WeightPicture,
    theme: Theme,
    /// The colours' ends are ±`limit`.
    limit: f64,
    axis: Axis,
    /// What the reader must know about weights that are not drawn.
    remarks: Vec<String>,
}

impl Painter<'_> {
    /// One of 65 colours: no eye distinguishes more, and images of few colours are small.
    fn color(&self, weight: f64) -> Color {
        let step = (32.0 * weight / self.limit).round();
        ColorScale::Diverging.color(0.5 + step / 64.0, self.theme)
    }

    fn weight(&self, input: usize, unit: usize) -> f64 {
        let at = input * self.picture.units + unit;
        self.picture.weights.get(at).copied().unwrap_or(f64::NAN)
    }

    fn input_name(&self, input: usize) -> String {
        let name = self.picture.input_names.get(input);
        name.map_or_else(|| format!("input {}", input + 1), |name| printable(name))
    }

    fn bar(&self) -> ColorBar<'_> {
        ColorBar {
            ticks: &self.axis.ticks,
            name: "weight",
        }
    }

    fn draw_bar(&self, left: f64, top: f64, bottom: f64, canvas: &mut Canvas) {
        let bottom = bottom.clamp(top + 60.0, top + 320.0);
        let color = |fraction| ColorScale::Diverging.color(fraction, self.theme);
        self.bar().draw(left, (top, bottom), color, canvas);
    }

    /// Title and subtitle; returns where the next thing may begin. At most `most` units are drawn.
    fn draw_heading(&mut self, most: usize, canvas: &mut Canvas) -> f64 {
        let units = self.picture.units;
        if units > most {
            let all = grouped(units as u64);
            self.remarks.push(format!("the first {most} of {all} units"));
        }
        canvas.heading(&self.picture.title, &self.picture.subtitle, &self.remarks) + 2.0
    }

    fn images(mut self, image: &ImageShape, mut canvas: Canvas) -> Result<Canvas, ReportError> {
        let is_narrow = canvas.width() < NARROW;
        let most = if is_narrow { MOST_NARROW } else { MOST_IMAGES };
        let units = self.picture.units.min(most);
        let top = self.draw_heading(most, &mut canvas);
        let space = canvas.width() - 2.0 * MARGIN - BAR_GAP - self.bar().width();
        let (gap, label) = (6.0, SMALL + 3.0);
        // As many in a row as leave an image two thirds of an inch.
        let across = ((space + gap) / (64.0 + gap)) as usize;
        let across = across.clamp(1, 12).min(units.max(1));
        let side = ((space + gap) / across as f64 - gap).min(112.0);
        let height = side * image.rows as f64 / image.columns as f64;
        let mut bottom = top;
        for unit in 0..units {
            let (row, column) = ((unit / across) as f64, (unit % across) as f64);
            let x = MARGIN + column * (side + gap);
            let y = top + row * (height + label + gap) + label;
            let (at, ink) = ((x + side / 2.0, y - 3.0), self.theme.faint_ink());
            canvas.text((unit + 1).to_string(), at, SMALL, ink, Anchor::Middle);
            canvas.noted(format!("unit {}", unit + 1), |canvas| {
                let (edge, frame) = (0.8, self.theme.major_grid());
                let end = (x + side + edge, y + height + edge);
                canvas.rectangle((x - edge, y - edge), end, frame);
                canvas.image((x, y), (x + side, y + height), self.raster(image, unit));
            });
            bottom = y + height;
        }
        let bar = MARGIN + across as f64 * (side + gap) - gap + BAR_GAP;
        self.draw_bar(bar, top + label, bottom, &mut canvas);
        let description = format!(
            "Weights of {units} units as images of {} by {} pixels, coloured from −{2:.3} to {2:.3}",
            image.rows, image.columns, self.limit
        );
        let height = bottom.max(top + label + 60.0) + MARGIN;
        canvas.finish(description, height)
    }

    /// The weights of one unit as an image.
    fn raster(&self, image: &ImageShape, unit: usize) -> Raster {
        let mut colors = vec![self.theme.background(); image.rows * image.columns];
        for (input, &pixel) in image.pixels.iter().enumerate() {
            if let Some(color) = colors.get_mut(pixel) {
                *color = self.color(self.weight(input, unit));
            }
        }
        Raster::squares(image.columns, colors)
    }

    /// The inputs that are drawn: those with the largest weights, in their order.
    fn inputs_drawn(&self, inputs: usize) -> Vec<usize> {
        let strength = |input: usize| -> f64 {
            let weights = (0..self.picture.units).map(|unit| self.weight(input, unit));
            let finite = weights.filter(|weight| weight.is_finite());
            finite.map(|weight| weight * weight).sum()
        };
        let mut order: Vec<(usize, f64)> = (0..inputs).map(|input| (input, strength(input))).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.truncate(MOST_INPUTS);
        let mut drawn: Vec<usize> = order.into_iter().map(|(input, _)| input).collect();
        drawn.sort_unstable();
        drawn
    }

    fn map(mut self, mut canvas: Canvas) -> Result<Canvas, ReportError> {
        let inputs = self.picture.weights.len() / self.picture.units.max(1);
        let drawn = self.inputs_drawn(inputs);
        let units = self.picture.units.min(MOST_UNITS);
        if drawn.len() < inputs {
            let (some, all) = (drawn.len(), grouped(inputs as u64));
            self.remarks
                .push(format!("the {some} of {all} inputs with the largest weights"));
        }
        let top = self.draw_heading(MOST_UNITS, &mut canvas);
        let widths = drawn
            .iter()
            .map(|&input| width_of(&self.input_name(input), TICK_LABEL_SIZE));
        let names = widths.fold(0.0, f64::max).min(0.3 * canvas.width());
        let left = MARGIN + AXIS_LABEL_SIZE + 8.0 + names + 6.0;
        let space = canvas.right() - left - BAR_GAP - self.bar().width();
        let across = (space.max(40.0) / units.max(1) as f64).min(42.0);
        let down = (420.0 / drawn.len().max(1) as f64).clamp(11.0, 32.0);
        let (right, bottom) = (left + across * units as f64, top + down * drawn.len() as f64);
        self.draw_squares(&drawn, units, (left, top), (across, down), &mut canvas);

        let size = TICK_LABEL_SIZE.min(down * 0.95);
        for (row, &input) in drawn.iter().enumerate() {
            let at = (left - 6.0, top + (row as f64 + 0.5) * down + HALF_DIGIT * size);
            let name = ellipsize(&self.input_name(input), size, names);
            canvas.text(name, at, size, self.theme.faint_ink(), Anchor::End);
        }
        // Numbers of units: 1, and then round ones that are far enough apart.
        let mut steps = [1, 2, 5, 10, 20, 50].into_iter();
        let step = steps.find(|step| *step as f64 * across >= 22.0).unwrap_or(100);
        let baseline = bottom + 4.0 + 0.8 * TICK_LABEL_SIZE;
        for unit in (1..=units).filter(|unit| *unit == 1 || unit % step == 0) {
            let x = left + (unit as f64 - 0.5) * across;
            canvas.tick_label(unit.to_string(), (x, baseline), Anchor::Middle);
        }
        let below = bottom + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 11.0;
        let everything = f64::INFINITY;
        canvas.name_across("unit of layer 1", everything, ((left + right) / 2.0, below));
        canvas.name_upwards("input", everything, (LEFT_NAME, (top + bottom) / 2.0));
        self.draw_bar(right + BAR_GAP, top, bottom, &mut canvas);
        let description = format!(
            "Map of the weights from {} inputs to {units} units, coloured from −{1:.3} to {1:.3}",
            drawn.len(),
            self.limit
        );
        let height = below.max(top + 60.0) + MARGIN;
        canvas.finish(description, height)
    }

    fn draw_squares(
        &self,
        drawn: &[usize],
        units: usize,
        (left, top): Point,
        (across, down): (f64, f64),
        canvas: &mut Canvas,
    ) {
        let squares = drawn.iter().enumerate();
        let squares = squares.flat_map(|(row, &input)| (0..units).map(move |unit| (row, input, unit)));
        if drawn.len() * units > MOST_NOTES {
            let colors = squares.map(|(_, input, unit)| self.color(self.weight(input, unit)));
            let raster = Raster::squares(units, colors.collect());
            let end = (left + across * units as f64, top + down * drawn.len() as f64);
            return canvas.image((left, top), end, raster);
        }
        for (row, input, unit) in squares {
            let weight = self.weight(input, unit);
            let (x, y) = (left + unit as f64 * across, top + row as f64 * down);
            let value = format!("{weight:.4}").replace('-', "−");
            let value = value.trim_end_matches('0').trim_end_matches('.');
            let note = format!("{} to unit {}: {value}", self.input_name(input), unit + 1);
            canvas.noted(note, |canvas| {
                canvas.rectangle((x, y), (x + across, y + down), self.color(weight));
            });
        }
    }
}
