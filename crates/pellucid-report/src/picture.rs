//! What every picture can do: become a file.

use crate::error::ReportError;
use crate::palette::Theme;
use crate::picture_format::PictureFormat;
use crate::scene::Scene;
use crate::{png, svg};

/// A picture that can be laid out in either theme.
pub(crate) trait Arrange {
    /// The theme it was asked for.
    fn theme(&self) -> Theme;

    /// What goes where, `width` pixels wide, or as wide as it was asked for.
    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError>;
}

/// A picture, to be written as a file or shown on a page. Only this crate has any.
#[allow(private_bounds)] // it cannot be implemented elsewhere
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
    /// Needs no typeface and no library of the system: the lettering (DejaVu Sans) is part of this crate.
    ///
    /// # Errors
    ///
    /// As [`Picture::svg`].
    fn png(&self) -> Result<Vec<u8>, ReportError> {
        png::paint(&self.scene(self.theme(), None)?)
    }

    /// The picture as a file's bytes in the format asked for.
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
