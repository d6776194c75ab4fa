//! Maps numbers to colours.
//!
//! Scales are straight lines between anchors in Oklab (Björn Ottosson, "A perceptual color space for image processing",
//! 2020), in which equal distances look about equally different. The anchors are Okabe's and Ito's blue and vermillion
//! (on dark: sky blue and orange), which stay apart under the common kinds of colour blindness, and the background's
//! neighbours; lightness alone shows the distance of a number from the middle.

use crate::palette::{Color, Theme};

/// Colours along a line, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColorScale {
    /// From nearly the background to strong.
    Sequential,
    /// Two arms that meet in nearly the background at 0.5.
    Diverging,
}

impl ColorScale {
    fn anchors(self, theme: Theme) -> &'static [u32] {
        match self {
            Self::Sequential => theme.choose(
                &[0xF4F7FA, 0x7EB6DB, 0x0072B2, 0x00305C],
                &[0x20262E, 0x125C8C, 0x56B4E9, 0xDEF1FC],
            ),
            Self::Diverging => theme.choose(
                &[
                    0x003A69, 0x0072B2, 0x7EB6DB, 0xF6F6F6, 0xEEA068, 0xCB5400, 0x762800,
                ],
                &[
                    0xC8E8FA, 0x56B4E9, 0x185C88, 0x22262C, 0x80460A, 0xE69F00, 0xFFE4AA,
                ],
            ),
        }
    }

    /// The colour at `fraction` of the way. NaN has the colour of a grid line.
    pub(crate) fn color(self, fraction: f64, theme: Theme) -> Color {
        if fraction.is_nan() {
            return theme.major_grid();
        }
        let anchors = self.anchors(theme);
        let place = fraction.clamp(0.0, 1.0) * (anchors.len() - 1) as f64;
        let at = (place as usize).min(anchors.len() - 2);
        let [from, to] = [anchors[at], anchors[at + 1]].map(Color::hex);
        mix(from, to, place - at as f64)
    }
}

/// The colour `part` of the way from one to another, in Oklab.
pub(crate) fn mix(from: Color, to: Color, part: f64) -> Color {
    let (a, b) = (oklab(from), oklab(to));
    from_oklab(std::array::from_fn(|at| a[at] + (b[at] - a[at]) * part))
}

/// Black or white, whichever is legible on `color`.
pub(crate) fn ink_on(color: Color) -> Color {
    Color::hex(if oklab(color)[0] > 0.62 {
        0x14171C
    } else {
        0xFFFFFF
    })
}

fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.04045 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

fn gamma(c: f64) -> u8 {
    let c = c.clamp(0.0, 1.0);
    let c = if c <= 0.003_130_8 {
        12.92 * c
    } else {
        1.055 * c.powf(1.0 / 2.4) - 0.055
    };
    (c * 255.0).round() as u8
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(m, v)| m * v).sum())
}

fn oklab(Color(r, g, b): Color) -> [f64; 3] {
    let lms = times(
        [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ],
        [r, g, b].map(linear),
    );
    times(
        [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ],
        lms.map(f64::cbrt),
    )
}

fn from_oklab(lab: [f64; 3]) -> Color {
    let lms = times(
        [
            [1.0, 0.396_337_777_4, 0.215_803_757_3],
            [1.0, -0.105_561_345_8, -0.063_854_172_8],
            [1.0, -0.089_484_177_5, -1.291_485_548_0],
        ],
        lab,
    );
    let [r, g, b] = times(
        [
            [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
            [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
            [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701_0],
        ],
        lms.map(|x| x * x * x),
    );
    Color(gamma(r), gamma(g), gamma(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

    /// The appearance of a colour without long, middle or short cones: Machado, Oliveira and Fernandes, "A
    /// Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1.
    const BLINDNESS: [[[f64; 3]; 3]; 3] = [
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];

    fn seen_by(blindness: [[f64; 3]; 3], Color(r, g, b): Color) -> Color {
        let [r, g, b] = times(blindness, [r, g, b].map(linear)).map(gamma);
        Color(r, g, b)
    }

    fn distance(a: Color, b: Color) -> f64 {
        let squares = oklab(a).into_iter().zip(oklab(b)).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>().sqrt()
    }

    #[test]
    fn oklab_there_and_back_is_the_same_color() {
        for r in (0..=255).step_by(15) {
            for g in (0..=255).step_by(15) {
                for b in (0..=255).step_by(15) {
                    assert_eq!(from_oklab(oklab(Color(r, g, b))), Color(r, g, b));
                }
            }
        }
        let white = oklab(Color(255, 255, 255));
        assert!((white[0] - 1.0).abs() < 1e-3 && white[1].abs() < 1e-3 && white[2].abs() < 1e-3);
    }

    #[test]
    fn lightness_never_turns_within_an_arm() {
        for theme in THEMES {
            let lightness = |scale: ColorScale, at: f64| oklab(scale.color(at, theme))[0];
            let sign = if theme == Theme::Light { -1.0 } else { 1.0 };
            for step in 0..100 {
                let at = f64::from(step) / 100.0;
                let grows = |scale, from, to| sign * (lightness(scale, to) - lightness(scale, from));
                assert!(
                    grows(ColorScale::Sequential, at, at + 0.01) > -0.002,
                    "{theme:?} {at}"
                );
                let (half, next) = (at / 2.0, at / 2.0 + 0.005);
                assert!(
                    grows(ColorScale::Diverging, 0.5 + half, 0.5 + next) > -0.002,
                    "{theme:?} {at}"
                );
                assert!(
                    grows(ColorScale::Diverging, 0.5 - half, 0.5 - next) > -0.002,
                    "{theme:?} {at}"
                );
            }
        }
    }

    #[test]
    fn the_arms_stay_apart_for_every_eye() {
        for theme in THEMES {
            for blindness in BLINDNESS {
                for away in [0.15, 0.25, 0.35, 0.5] {
                    let [low, high] = [0.5 - away, 0.5 + away]
                        .map(|at| seen_by(blindness, ColorScale::Diverging.color(at, theme)));
                    let found = distance(low, high);
                    assert!(found > 0.09, "{theme:?} {away} {found}");
                }
            }
        }
    }

    #[test]
    fn text_can_be_read_on_every_color_of_a_scale() {
        for theme in THEMES {
            for step in 0..=50 {
                for scale in [ColorScale::Sequential, ColorScale::Diverging] {
                    let color = scale.color(f64::from(step) / 50.0, theme);
                    let found = distance(color, ink_on(color));
                    assert!(found > 0.35, "{theme:?} {scale:?} {step}: {found}");
                }
            }
        }
    }
}
