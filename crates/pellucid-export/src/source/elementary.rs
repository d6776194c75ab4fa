//! Elementary functions in C, for sources that do not use the mathematical library.

/// Where the mathematical functions of a C source come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mathematics {
    /// `<math.h>`.
    Libm,
    /// The source itself.
    Own,
}

/// The functions, types and macros, each after its name between `@`; what one uses stands before it.
const PARTS: &str = include_str!("../templates/elementary.c.template");
/// What stands for the beginning of names.
const PREFIX: &str = "PREFIX";

/// Those that a text uses, and that they use. Their names begin with `name` and an underscore.
pub(super) fn used_by(text: &str, name: &str) -> String {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    let mut pieces = PARTS.split('@').skip(1);
    while let (Some(of), Some(source)) = (pieces.next(), pieces.next()) {
        parts.push((of, source.trim_start()));
    }
    let mut used = String::new();
    for (of, source) in parts.into_iter().rev() {
        let source = source.replace(PREFIX, name);
        let own = format!("{name}_{of}");
        if mentions(text, &own) || mentions(&used, &own) {
            used = format!("{source}\n{used}");
        }
    }
    used
}

/// Whether a text has a name, and not only as a part of a longer one.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_comes_with_those_that_it_calls() {
        let source = used_by("y = m_tanhf(x);", "m");
        for called in [
            "m_tanhf(",
            "m_tanh(",
            "m_exp(",
            "m_floor(",
            "m_fabs(",
            "m_power_of_two(",
        ] {
            let defined = format!("{called}double")
                .replace("m_tanhf(double", "m_tanhf(float")
                .replace("two(double", "two(int");
            assert!(source.contains(&defined), "{defined}: {source}");
        }
        assert!(!source.contains("m_sin") && !source.contains("m_floorf") && !source.contains(PREFIX));
        assert_eq!(used_by("double m_express(void); am_exp(1.0);", "m"), "");
    }
}
