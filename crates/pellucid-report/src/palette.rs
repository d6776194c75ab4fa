//! Defines themes, and the colour, dash and width of each series.
//!
//! Colours follow Okabe and Ito, "Color Universal Design" (2008), which stays distinguishable under the common kinds of
//! colour blindness. Series differ in dash as well, so that a print without colour can be read too.

/// Red, green and blue, 0 to 255 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Color {
    /// From `0xRRGGBB`.
    pub(crate) fn hex(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self(red, green, blue)
    }
}

/// Whether a picture is dark on light or light on dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Dark ink on white, for papers and prints.
    #[default]
    Light,
    /// Light ink on near-black, for screens.
    Dark,
}

impl Theme {
    pub(crate) fn choose<T>(self, light: T, dark: T) -> T {
        match self {
            Self::Light => light,
            Self::Dark => dark,
        }
    }

    pub(crate) fn background(self) -> Color {
        Color::hex(self.choose(0xFFFFFF, 0x14171C))
    }

    /// Titles and axis labels.
    pub(crate) fn ink(self) -> Color {
        Color::hex(self.choose(0x1C1E21, 0xE8EAED))
    }

    /// Subtitles and numbers on the axes.
    pub(crate) fn faint_ink(self) -> Color {
        Color::hex(self.choose(0x545960, 0xACB2BB))
    }

    pub(crate) fn axis_line(self) -> Color {
        Color::hex(self.choose(0x6E747C, 0x8C929C))
    }

    pub(crate) fn major_grid(self) -> Color {
        Color::hex(self.choose(0xDEE1E5, 0x343941))
    }

    pub(crate) fn minor_grid(self) -> Color {
        Color::hex(self.choose(0xF0F2F4, 0x22262D))
    }

    fn series_colors(self) -> [Color; 8] {
        // Blue, vermillion, bluish green, reddish purple, black, orange and sky blue; olive, as yellow cannot be seen on
        // white. On dark: sky blue, orange, bluish green, reddish purple, yellow, vermillion, white for black, light blue.
        let colors = self.choose(
            [
                0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0x000000, 0xE69F00, 0x56B4E9, 0x7D6E00,
            ],
            [
                0x56B4E9, 0xE69F00, 0x009E73, 0xCC79A7, 0xF0E442, 0xD55E00, 0xF5F5F5, 0x2E86CC,
            ],
        );
        colors.map(Color::hex)
    }
}

/// Lengths in pixels of stroke, gap, stroke, gap …; their number has no factor in common with the number of colours, so
/// the pairs of colour and dash repeat only after 40 series.
const DASHES: [&[f64]; 5] = [
    &[],
    &[9.0, 3.0],
    &[3.0, 2.5],
    &[10.0, 3.0, 2.5, 3.0],
    &[14.0, 3.0, 2.5, 3.0, 2.5, 3.0],
];

/// The stroke of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) dashes: &'static [f64],
    /// In pixels.
    pub(crate) width: f64,
}

impl Stroke {
    pub(crate) fn solid(color: Color, width: f64) -> Self {
        let dashes = &[];
        Self { color, dashes, width }
    }

    /// The dashes of lines that mark a place.
    pub(crate) fn guide(color: Color) -> Self {
        let (dashes, width) = (&[5.0, 4.0], 1.2);
        Self { color, dashes, width }
    }

    pub(crate) fn of_series(index: usize, theme: Theme) -> Self {
        let colors = theme.series_colors();
        let dashes = DASHES[index % DASHES.len()];
        Self {
            color: colors[index % colors.len()],
            dashes,
            width: if dashes.is_empty() { 1.8 } else { 2.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast ratio of WCAG 2.1, from 1 to 21.
    fn contrast(a: Color, b: Color) -> f64 {
        let luminance = |Color(r, g, b): Color| {
            let linear = |channel: u8| {
                let c = f64::from(channel) / 255.0;
                if c <= 0.03928 {
                    c / 12.92
                } else {
                    ((c + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_curves_stand_out_from_the_background() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(contrast(theme.ink(), theme.background()) >= 7.0);
            assert!(contrast(theme.faint_ink(), theme.background()) >= 4.5);
            for (index, color) in theme.series_colors().into_iter().enumerate() {
                let least = if index < 4 { 3.0 } else { 2.2 };
                let found = contrast(color, theme.background());
                assert!(found >= least, "{theme:?} colour {index}: {found}");
            }
        }
    }

    #[test]
    fn forty_series_are_all_stroked_differently() {
        for theme in [Theme::Light, Theme::Dark] {
            let strokes: Vec<Stroke> = (0..40).map(|index| Stroke::of_series(index, theme)).collect();
            for (index, stroke) in strokes.iter().enumerate() {
                assert!(!strokes[..index].contains(stroke), "{theme:?} series {index}");
            }
        }
    }
}
