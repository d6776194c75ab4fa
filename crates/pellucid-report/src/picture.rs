//! Turns pictures into files.

use crate::error::ReportError;
use crate::layout::Canvas;
use crate::palette::Theme;
use crate::picture_format::PictureFormat;
use crate::{png, svg};

/// How a picture is drawn, whatever it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PictureStyle {
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size, 240 to 8000; a PNG has twice as many. The height follows. `None` for
    /// the usual width of such a picture.
    pub width: Option<u32>,
}

/// A picture that can be drawn in any style.
pub(crate) trait Arrange {
    /// The marks of the picture.
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError>;
}

/// A picture that can be written as a file or shown on a page. Only this crate implements it.
#[allow(private_bounds)] // no other crate can implement it
pub trait Picture: Arrange {
    /// The picture as an SVG document.
    ///
    /// # Errors
    ///
    /// [`ReportError::PictureSize`] if it cannot be laid out at its size.
    fn svg(&self, style: PictureStyle) -> Result<String, ReportError> {
        Ok(svg::document(&self.draw(style)?))
    }

    /// The picture as a PNG file's bytes, at two pixels per unit of its width.
    ///
    /// Needs no typeface and no library of the system: the typeface (DejaVu Sans) is part of this crate.
    ///
    /// # Errors
    ///
    /// As [`Picture::svg`].
    fn png(&self, style: PictureStyle) -> Result<Vec<u8>, ReportError> {
        png::paint(&self.draw(style)?)
    }

    /// The picture as a file's bytes in this format.
    ///
    /// # Errors
    ///
    /// As [`Picture::svg`].
    fn render(&self, format: PictureFormat, style: PictureStyle) -> Result<Vec<u8>, ReportError> {
        match format {
            PictureFormat::Svg => self.svg(style).map(String::into_bytes),
            PictureFormat::Png => self.png(style),
        }
    }
}

impl<P: Arrange> Picture for P {}
