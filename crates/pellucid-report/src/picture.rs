//! Turns pictures into files, in the format that a file's name chooses.

use crate::error::ReportError;
use crate::layout::Canvas;
use crate::picture_style::PictureStyle;
#[cfg(not(target_family = "wasm"))]
use crate::png;
use crate::svg;
use std::path::Path;

/// A picture's file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// Scalable Vector Graphics: sharp at every size, text stays text.
    Svg,
    /// Portable Network Graphics, at two pixels per unit of the chart's size.
    Png,
}

impl PictureFormat {
    /// The format of a file name's extension, in upper or lower case.
    ///
    /// # Errors
    ///
    /// [`ReportError::UnknownPictureFormat`] if the extension is neither `.svg` nor `.png`, or absent.
    pub fn from_path(path: &Path) -> Result<Self, ReportError> {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            other => Err(ReportError::UnknownPictureFormat {
                path: path.to_owned(),
                found: other.map_or_else(
                    || "a name without an extension".to_owned(),
                    |extension| format!("the extension .{extension}"),
                ),
            }),
        }
    }
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
    #[cfg(not(target_family = "wasm"))]
    fn png(&self, style: PictureStyle) -> Result<Vec<u8>, ReportError> {
        png::paint(&self.draw(style)?)
    }

    /// The picture as a file's bytes in this format.
    ///
    /// # Errors
    ///
    /// As [`Picture::svg`].
    #[cfg(not(target_family = "wasm"))]
    fn render(&self, format: PictureFormat, style: PictureStyle) -> Result<Vec<u8>, ReportError> {
        match format {
            PictureFormat::Svg => self.svg(style).map(String::into_bytes),
            PictureFormat::Png => self.png(style),
        }
    }
}

impl<P: Arrange> Picture for P {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_decides_in_any_case() {
        assert_eq!(
            PictureFormat::from_path(Path::new("a/b.PNG")).unwrap(),
            PictureFormat::Png
        );
        assert_eq!(
            PictureFormat::from_path(Path::new("b.tar.svg")).unwrap(),
            PictureFormat::Svg
        );
    }

    #[test]
    fn error_names_the_file_and_both_extensions() {
        for (path, found) in [("plots/loss.pdf", ".pdf"), ("plots/loss", "without an extension")] {
            let message = PictureFormat::from_path(Path::new(path)).unwrap_err().to_string();
            for part in [path, found, ".svg", ".png"] {
                assert!(message.contains(part), "{message:?} lacks {part:?}");
            }
        }
    }
}
