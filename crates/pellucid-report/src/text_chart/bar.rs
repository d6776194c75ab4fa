//! Draws a level bar in a line of text.

use super::style::TextStyle;

/// A cell filled from its left by so many eighths.
const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

impl TextStyle {
    /// A bar between two places of a line of `width` characters; the places are parts of the line from 0 to 1. Numbers below 0
    /// are drawn with `is_negative`, which has a colour of its own.
    ///
    /// ```
    /// use pellucid_report::TextStyle;
    ///
    /// let style = TextStyle::default();
    /// assert_eq!(style.bar((0.0, 0.5), 8, false), "████    ");
    /// assert_eq!(style.bar((0.0, 0.3125), 8, false), "██▌     ");
    /// assert_eq!(TextStyle { unicode: false, ..style }.bar((0.25, 0.5), 8, false), "  ##    ");
    /// ```
    pub fn bar(&self, (from, to): (f64, f64), width: usize, is_negative: bool) -> String {
        let eighths = |place: f64| (place.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
        let (from, to) = (eighths(from.min(to)), eighths(from.max(to)));
        let glyph = |cell: usize| {
            let (start, end) = (from.max(cell * 8), to.min(cell * 8 + 8));
            let filled = end.saturating_sub(start);
            match (filled, self.unicode) {
                (0, _) => ' ',
                (filled, true) if start == cell * 8 => EIGHTHS[filled],
                (4.., true) => '▐',
                (4.., false) => '#',
                _ => ' ',
            }
        };
        let text: String = (0..width).map(glyph).collect();
        self.paint(Some(usize::from(is_negative)), &text)
    }
}
