use super::*;

fn chosen(variables: &[(&str, &str)], home: Option<&str>) -> Result<PathBuf, FileError> {
    choose(
        |name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        },
        home.map(PathBuf::from),
    )
}

#[test]
fn the_variable_of_our_own_wins() {
    let folder = chosen(
        &[("PELLUCID_CACHE", "/a"), ("XDG_CACHE_HOME", "/b")],
        Some("/home/ada"),
    );
    assert_eq!(folder.unwrap(), PathBuf::from("/a"));
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn an_absolute_xdg_folder_comes_before_the_home_folder() {
    let home = Some("/home/ada");
    let of = |variables: &[(&str, &str)]| chosen(variables, home).unwrap();
    assert_eq!(of(&[("XDG_CACHE_HOME", "/b")]), PathBuf::from("/b/pellucid"));
    let usual = PathBuf::from("/home/ada/.cache/pellucid");
    assert_eq!(of(&[("XDG_CACHE_HOME", "relative")]), usual);
    assert_eq!(of(&[("XDG_CACHE_HOME", ""), ("PELLUCID_CACHE", "")]), usual);
    assert_eq!(of(&[]), usual);
}

#[test]
fn without_a_home_the_message_says_what_to_set() {
    let error = chosen(&[], None).unwrap_err().to_string();
    assert!(
        error.contains("set PELLUCID_CACHE") && error.contains("--data"),
        "{error}"
    );
}
