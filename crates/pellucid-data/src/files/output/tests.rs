use super::*;

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn refusal(path: &Path) -> String {
    let error = OutputFile::prepare(path).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("cannot write to {}: ", path.display())),
        "{error}"
    );
    error
}

#[test]
fn a_file_is_replaced_and_nothing_else_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    for contents in ["first", "second, longer", ""] {
        OutputFile::prepare(&path)
            .unwrap()
            .write(contents.as_bytes())
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), contents);
        assert_eq!(names_in(folder.path()), ["model"]);
    }
}

#[test]
fn until_it_is_written_the_old_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fs::write(&path, "old").unwrap();
    let output = OutputFile::prepare(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert!(names_in(folder.path()).contains(&"model".to_owned()));
    drop(output);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names_in(folder.path()), ["model"]);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("absent");
    let error = refusal(&missing.join("model"));
    assert!(
        error.contains(&format!("there is no folder {}; create it", missing.display())),
        "{error}"
    );
}

#[test]
fn folders_and_paths_through_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(refusal(folder.path()).contains("it is a folder"));
    assert!(refusal(&folder.path().join("new/")).contains("it names a folder"));
    refusal(&folder.path().join("file").join("model"));
    assert!(
        OutputFile::prepare("")
            .unwrap_err()
            .to_string()
            .contains("the path is empty")
    );
    refusal(Path::new(".."));
    refusal(Path::new("/"));
    assert_eq!(names_in(folder.path()), ["file"]);
}

#[test]
fn a_name_as_long_as_names_can_be_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m".repeat(255));
    OutputFile::prepare(&path).unwrap().write(b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_name_without_a_folder_lies_in_the_working_folder() {
    assert_eq!(folder_of(Path::new("model")), Path::new("."));
    assert_eq!(folder_of(Path::new("a/model")), Path::new("a"));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        OutputFile::prepare(&ours).unwrap().write(b"").unwrap();
        fs::write(&usual, "").unwrap();
        assert_eq!(mode(&ours), mode(&usual));
    }

    #[test]
    fn an_existing_file_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        fs::write(&path, "old").unwrap();
        for permissions in [0o600, 0o660, 0o755] {
            fs::set_permissions(&path, fs::Permissions::from_mode(permissions)).unwrap();
            OutputFile::prepare(&path).unwrap().write(b"new").unwrap();
            assert_eq!(mode(&path), permissions);
        }
    }

    #[test]
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn what_may_not_be_written_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("closed");
        let (inside, read_only) = (closed.join("model"), folder.path().join("model"));
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
        fs::write(&read_only, "old").unwrap();
        fs::set_permissions(&read_only, fs::Permissions::from_mode(0o400)).unwrap();
        if File::create(closed.join("probe")).is_ok() {
            eprintln!("skipped: this user may write everywhere");
            return;
        }
        assert!(refusal(&inside).contains("cannot create a file in its folder"));
        assert!(refusal(&read_only).contains("may not be written"));
        assert_eq!(fs::read_to_string(&read_only).unwrap(), "old");
    }

    #[test]
    fn a_symbolic_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let (link, second, target) = (
            folder.path().join("link"),
            folder.path().join("second"),
            elsewhere.join("model"),
        );
        symlink("elsewhere/model", &link).unwrap();
        symlink(&link, &second).unwrap();
        // At first the link leads nowhere, then to what was written.
        for contents in ["first", "second"] {
            OutputFile::prepare(&second)
                .unwrap()
                .write(contents.as_bytes())
                .unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), contents);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(names_in(&elsewhere), ["model"]);
        }
    }

    #[test]
    fn links_in_a_circle_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        symlink(&a, &b).unwrap();
        symlink(&b, &a).unwrap();
        assert!(refusal(&a).contains("lead in a circle"));
    }

    #[test]
    fn devices_are_written_directly() {
        use std::os::unix::fs::FileTypeExt;
        OutputFile::prepare("/dev/null").unwrap().write(b"gone").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_behind_an_open_descriptor_is_appended_to() {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("redirected");
        fs::write(&path, "before, ").unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let open = File::open(&path).unwrap();
        for (descriptors, text) in [("/dev/fd", "one, "), ("/proc/self/fd", "two")] {
            let through = format!("{descriptors}/{}", open.as_raw_fd());
            OutputFile::prepare(through)
                .unwrap()
                .write(text.as_bytes())
                .unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "before, one, two");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    }
}

#[test]
fn a_folder_that_is_removed_meanwhile_is_created_again() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("results/today");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model");
    let output = OutputFile::prepare(&path).unwrap();
    fs::remove_dir_all(outer.path().join("results")).unwrap();
    output.write(b"an hour of work").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"an hour of work");
    assert_eq!(names_in(&folder), ["model"]);
}

/// Only root may give links to others, and set owners.
#[test]
#[cfg(unix)]
fn links_of_others_in_sticky_folders_are_not_followed_and_owners_are_kept() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (victim, link, other) = (folder.path().join("victim"), folder.path().join("link"), 12_345);
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &link).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    if lchown(&link, Some(other), Some(other)).is_err() {
        let _ = writeln!(io::stderr(), "SKIPPED: this user may not give files to others");
        return;
    }
    let error = refusal(&link);
    assert!(error.contains("a link of another user"), "{error}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    // One's own link, and any link in a folder of one's own, is followed.
    lchown(&link, Some(0), Some(0)).unwrap();
    OutputFile::prepare(&link).unwrap().write(b"new").unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "new");
    chown(&victim, Some(other), Some(other)).unwrap();
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o640)).unwrap();
    OutputFile::prepare(&victim).unwrap().write(b"newer").unwrap();
    let metadata = fs::metadata(&victim).unwrap();
    assert_eq!(
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o777),
        (other, other, 0o640)
    );
}

/// One of several destinations becomes a folder, over which no file can be renamed.
#[test]
fn outputs_of_one_command_are_all_new_or_all_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("old"), "yesterday").unwrap();
    let outputs =
        || ["old", "new", "last"].map(|name| (OutputFile::prepare(path(name)).unwrap(), b"today".to_vec()));
    let prepared = outputs();
    fs::create_dir(path("last")).unwrap();
    let error = write_together(prepared.into()).unwrap_err().to_string();
    assert!(
        error.contains("last") && error.contains("what was there before is unchanged"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(path("old")).unwrap(), "yesterday");
    assert_eq!(names_in(folder.path()), ["last", "old"]);

    fs::remove_dir(path("last")).unwrap();
    write_together(outputs().into()).unwrap();
    assert_eq!(names_in(folder.path()), ["last", "new", "old"]);
    for name in ["last", "new", "old"] {
        assert_eq!(fs::read_to_string(path(name)).unwrap(), "today");
    }
}
