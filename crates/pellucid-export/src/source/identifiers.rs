//! Names in source text.

use std::collections::HashSet;

/// A name of small letters, digits and underscores for each name, all different, none of them reserved.
pub(super) fn identifiers<'a>(names: impl Iterator<Item = &'a str>, reserved: &[&str]) -> Vec<String> {
    let mut taken: HashSet<String> = reserved.iter().map(|&word| word.to_owned()).collect();
    let unique = |name: &str| {
        let letter = |letter: char| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '_'
            }
        };
        let mut plain: String = name.chars().map(letter).collect();
        plain.truncate(60);
        if plain
            .chars()
            .next()
            .is_none_or(|first| !first.is_ascii_lowercase())
        {
            plain.insert_str(0, "column_");
        }
        let mut found = plain.clone();
        let mut number = 2;
        while !taken.insert(found.clone()) {
            found = format!("{plain}_{number}");
            number += 1;
        }
        found
    };
    names.map(unique).collect()
}

/// Whether a text calls a function.
pub(super) fn calls(text: &str, function: &str) -> bool {
    let call = format!("{function}(");
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    text.match_indices(&call)
        .any(|(at, _)| !text[..at].ends_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_collide_get_numbers() {
        let names = ["Größe", "gr__e", "int", "3rd", "", "a b", "A_B"];
        let found = identifiers(names.into_iter(), &["int"]);
        assert_eq!(
            found,
            [
                "gr__e",
                "gr__e_2",
                "int_2",
                "column_3rd",
                "column_",
                "a_b",
                "a_b_2"
            ]
        );
    }
}
