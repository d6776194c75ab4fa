//! The texts that stand for a missing value.

/// Texts that stand for a missing value in a column that is numbers otherwise; in a column of words they are words.
const IN_NUMBERS: [&str; 8] = ["#N/A", "#DIV/0!", "none", "-", "--", ".", "(null)", "missing"];

/// Whether a trimmed cell stands for a missing value in any column, as an empty one does.
pub(super) fn is_missing(text: &str) -> bool {
    match text.len() {
        0 => true,
        1 => text == "?",
        2..=4 => is_na_word(text),
        _ => false,
    }
}

/// Whether a trimmed cell is one of the words for a missing value that a column of words may keep.
pub(super) fn is_na_word(text: &str) -> bool {
    let words = ["na", "nan", "n/a", "null"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a trimmed cell stands for a missing value where the others are numbers.
pub(crate) fn is_number_marker(text: &str) -> bool {
    is_missing(text) || IN_NUMBERS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_missing_everywhere() {
        for text in ["", "?", "NA", "na", "N/A", "n/a", "NaN", "nan", "null", "NULL"] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["0", "-", "none", "nano", "??", "nul", "NAN."] {
            assert!(!is_missing(text), "{text}");
        }
    }

    #[test]
    fn words_that_mean_missing_among_numbers() {
        for text in [
            "#N/A", "#DIV/0!", "None", "none", "-", "--", ".", "(null)", "missing", "NA",
        ] {
            assert!(is_number_marker(text), "{text}");
        }
        for text in ["0", "---", "..", "nothing", "#REF"] {
            assert!(!is_number_marker(text), "{text}");
        }
    }
}
