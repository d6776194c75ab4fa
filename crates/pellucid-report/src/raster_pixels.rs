//! Rasters as pixels, and as PNG files.

use tiny_skia::Pixmap;

use crate::mark::Raster;
use crate::palette::Color;

/// The colours as a picture, a pixel each; `None` without colours.
pub(crate) fn pixels(raster: &Raster) -> Option<Pixmap> {
    let mut pixels = Pixmap::new(raster.columns as u32, raster.rows() as u32)?;
    for (bytes, Color(r, g, b)) in pixels.data_mut().chunks_exact_mut(4).zip(&raster.colors) {
        bytes.copy_from_slice(&[*r, *g, *b, 255]);
    }
    Some(pixels)
}

/// The colours as a PNG file, a pixel each.
pub(crate) fn encode_raster(raster: &Raster) -> Vec<u8> {
    let png = pixels(raster).and_then(|pixels| pixels.encode_png().ok());
    png.unwrap_or_default()
}
