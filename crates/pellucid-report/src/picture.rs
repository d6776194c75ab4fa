//! Turns pictures into files.

use crate::error::ReportError;
use crate::palette::Theme;
use crate::picture_format::PictureFormat;
use crate::scene::Scene;
use crate::{png, svg};

/// A picture that can be laid out in either theme.
pub(crate) trait Arrange {
    /// The theme of the file.
    fn theme(&self) -> Theme;

    /// The marks of the picture, `width` pixels wide or of its own width.
    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError>;
}

/// A picture that can be written as a file or shown on a page. Only this crate implements it.
#[allow(private_bounds)] // no other crate can implement it
pub trait Picture: Arrange {
    /// The picture as an SVG document.
    ///
    /// # Errors
    ///
    /// [`ReportError::PictureSize`] if it cannot be laid out at its size.
    fn svg(&self) -> Result<String, ReportError> {
        Ok(svg::document(&self.scene(self.theme(), None)?))
    }

    /// The picture as a PNG file's bytes, at two pixels per unit of its width.
    ///
    /// Needs no typeface and no library of the system: the typeface (DejaVu Sans) is part of this crate.
    ///
    /// # Errors
    ///
    /// As [`Picture::svg`].
    fn png(&self) -> Result<Vec<u8>, ReportError> {
        png::paint(&self.scene(self.theme(), None)?)
    }

    /// The picture as a file's bytes in this format.
    ///
    /// # Errors
    ///
    /// As [`Picture::svg`].
    fn render(&self, format: PictureFormat) -> Result<Vec<u8>, ReportError> {
        match format {
            PictureFormat::Svg => self.svg().map(String::into_bytes),
            PictureFormat::Png => self.png(),
        }
    }
}

impl<P: Arrange> Picture for P {}
