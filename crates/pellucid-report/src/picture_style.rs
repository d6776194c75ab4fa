//! The style in which a picture is drawn.

use crate::palette::Theme;

/// How a picture is drawn, whatever it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PictureStyle {
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size, 240 to 8000; a PNG has twice as many. The height follows. `None` for
    /// the usual width of such a picture.
    pub width: Option<u32>,
}
