//! Chooses the file format of a picture by a file's name.

use std::path::Path;

use crate::error::ReportError;

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
