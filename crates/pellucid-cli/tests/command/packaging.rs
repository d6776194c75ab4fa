//! `pellucid completions`, `pellucid man` and `pellucid --version --verbose`.

#[path = "../../build/commit.rs"]
mod commit;

use crate::driver::{command, done, refused, skipped, text};
use std::fs;
use std::path::Path;
use std::process::Command;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// The subcommands, as `--help` lists them.
fn subcommands() -> Vec<String> {
    let help = done(&["--help"]).stdout;
    let (_, after) = help.split_once("Commands:\n").unwrap();
    let (list, _) = after.split_once("\n\n").unwrap();
    let name = |line: &str| Some(line.strip_prefix("  ")?.split(' ').next()?.to_owned());
    let mut names: Vec<String> = list.lines().filter_map(name).collect();
    names.retain(|name| !name.is_empty() && name != "help");
    assert!(names.len() > 15, "{names:?}");
    names
}

#[test]
fn each_shell_has_completions_of_every_command() {
    for shell in SHELLS {
        let script = done(&["completions", shell]).stdout;
        for name in subcommands() {
            assert!(script.contains(&name), "{shell} lacks {name}");
        }
        assert!(script.contains("drop-missing-target"), "{shell}");
    }
    refused(&["completions", "tcsh"], 2, &["tcsh", "bash", "elvish"]);
}

/// What bash offers for the last of these words, or `None` where there is no bash.
fn offered_by_bash(words: &[&str]) -> Option<Vec<String>> {
    let script = done(&["completions", "bash"]).stdout;
    let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
    let program = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_pellucid pellucid '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words.join(" "),
        words.len() - 1,
    );
    let output = match Command::new("bash")
        .args(["--norc", "-u", "-c", &program])
        .output()
    {
        Ok(output) => output,
        Err(error) => {
            skipped(&format!("bash cannot be run: {error}"));
            return None;
        }
    };
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    assert!(output.status.success(), "{words:?}: {output:?}");
    let offered = String::from_utf8(output.stdout).unwrap();
    Some(offered.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_options_and_values() {
    for (words, expected) in [
        (&["pellucid", "expl"][..], &["explain"][..]),
        (&["pellucid", "ex"], &["explain", "export"]),
        (
            &["pellucid", "train", "t.csv", "--targ"],
            &["--target", "--target-transform"],
        ),
        (
            &["pellucid", "run", "xor-sgd", "--precision", "f"],
            &["f32", "f64"],
        ),
        (&["pellucid", "completions", "z"], &["zsh"]),
    ] {
        let Some(mut offered) = offered_by_bash(words) else {
            return;
        };
        offered.sort();
        assert_eq!(offered, expected, "{words:?}");
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man/man1");
    let ended = done(&["man", text(&pages)]);
    let names = subcommands();
    assert_eq!(
        ended.stdout,
        format!("{}: {} pages\n", pages.display(), names.len() + 1)
    );
    for name in &names {
        let page = fs::read_to_string(pages.join(format!("pellucid-{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH pellucid-{name} 1")), "{page}");
        assert!(page.contains(r"\-\-isa"), "{name}");
    }
    assert_eq!(fs::read_dir(&pages).unwrap().count(), names.len() + 1);
    let main = fs::read_to_string(pages.join("pellucid.1")).unwrap();
    assert!(main.contains("pellucid\\-train(1)"), "{main}");
    assert!(main.contains("Exit status: 0 done"), "{main}");
}

#[test]
fn manual_pages_are_rendered_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    done(&["man", text(folder.path())]);
    let pages: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for page in &pages {
        let Some(rendered) = rendered(page) else { return };
        let name = page.file_stem().unwrap().to_str().unwrap();
        assert!(rendered.contains("SYNOPSIS"), "{rendered}");
        assert!(rendered.contains(name), "{rendered}");
    }
}

/// A page as text, without a warning on the way; `None` where neither groff nor mandoc is there.
fn rendered(page: &Path) -> Option<String> {
    let with_groff = ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou"];
    let with_mandoc = ["mandoc", "-T", "utf8", "-W", "warning"];
    for program in [&with_groff[..], &with_mandoc] {
        let Ok(output) = Command::new(program[0]).args(&program[1..]).arg(page).output() else {
            continue;
        };
        let warnings = String::from_utf8_lossy(&output.stderr);
        // groff's own message where only a part of it is installed, as Debian's base has it.
        if warnings.contains("preconv: No such file") || warnings.contains("can't find") {
            continue;
        }
        assert_eq!(warnings, "", "{}", page.display());
        assert!(output.status.success(), "{output:?}");
        return Some(String::from_utf8(output.stdout).unwrap());
    }
    skipped("neither groff nor mandoc is installed");
    None
}

#[test]
fn a_folder_of_manual_pages_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "as it was").unwrap();
    refused(&["man", text(&file)], 1, &["cannot make the folder", text(&file)]);
    assert_eq!(fs::read_to_string(file).unwrap(), "as it was");
}

#[test]
fn the_build_is_described() {
    let told = done(&["--version", "--verbose"]).stdout;
    let mut lines = told.lines();
    let version = concat!("pellucid ", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines.next(), Some(version));
    let facts: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let fact = |name: &str| facts.iter().find(|(key, _)| *key == name).unwrap().1;
    let commit = fact("commit");
    assert!(
        commit == "unknown" || commit == "not recorded in a debug build" || commit.len() >= 40,
        "{commit}"
    );
    assert!(fact("target").contains(std::env::consts::ARCH), "{told}");
    assert!(fact("compiler").starts_with("rustc 1."), "{told}");
    assert!(["none", "page"].contains(&fact("features")), "{told}");
    assert!(
        fact("instruction set").ends_with(" (unless --isa names another)"),
        "{told}"
    );
    // The flags in the other order, and of a subcommand.
    assert_eq!(done(&["--verbose", "-V"]).stdout, told);
    let of_command = done(&["train", "--version"]).stdout;
    assert_eq!(
        of_command,
        concat!("pellucid-train ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn the_instruction_set_of_the_environment_is_told() {
    let run = |set: &str| {
        let mut command = command();
        command.env("PELLUCID_ISA", set).args(["--version", "--verbose"]);
        command.output().unwrap()
    };
    let told = String::from_utf8(run("baseline").stdout).unwrap();
    assert!(told.contains("instruction set: baseline"), "{told}");
    let refused = run("sse9");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("sse9"));
}

#[test]
fn verbose_without_a_version_is_refused() {
    refused(&["--verbose", "recipes"], 2, &["--version"]);
}

const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

/// Files of a checkout, whose package is in `crates/pellucid-cli`.
fn checkout(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    fs::create_dir_all(folder.path().join("crates/pellucid-cli")).unwrap();
    folder
}

#[test]
fn the_commit_is_found_without_git() {
    let head = || (".git/HEAD", "ref: refs/heads/main\n".to_owned());
    let packed = format!(
        "# pack-refs with: peeled\n{} refs/heads/other-refs/heads/main\n{HASH} refs/heads/main\n",
        "f".repeat(40)
    );
    for files in [
        vec![head(), (".git/refs/heads/main", format!("{HASH}\n"))],
        vec![head(), (".git/packed-refs", packed)],
        vec![(".git/HEAD", format!("{HASH}\n"))],
        vec![
            (".git", "gitdir: main/.git/worktrees/other\n".to_owned()),
            ("main/.git/worktrees/other/HEAD", head().1),
            ("main/.git/worktrees/other/commondir", "../..\n".to_owned()),
            ("main/.git/refs/heads/main", format!("{HASH}\n")),
        ],
        vec![(
            "crates/pellucid-cli/.cargo_vcs_info.json",
            format!("{{\n  \"git\": {{\n    \"sha1\": \"{HASH}\"\n  }}\n}}"),
        )],
    ] {
        let folder = checkout(&files);
        let found = commit::find(&folder.path().join("crates/pellucid-cli")).unwrap();
        assert_eq!(found.hash, HASH, "{files:?}");
        assert!(!found.files.is_empty() && found.files.iter().all(|file| file.exists()));
    }
}

#[test]
fn what_is_no_commit_of_this_project_is_unknown() {
    let dirty = format!("{{\"git\": {{\"sha1\": \"{HASH}\", \"dirty\": true}}}}");
    for files in [
        vec![],
        vec![(".git/HEAD", "ref: refs/heads/unborn\n".to_owned())],
        vec![(".git/HEAD", "damaged".to_owned())],
        vec![("crates/pellucid-cli/.cargo_vcs_info.json", dirty)],
    ] {
        let folder = checkout(&files);
        assert_eq!(
            commit::find(&folder.path().join("crates/pellucid-cli")),
            None,
            "{files:?}"
        );
    }
    // A copy among the files of another project.
    let folder = checkout(&[(".git/HEAD", format!("{HASH}\n"))]);
    let vendored = folder.path().join("vendor/pellucid-cli");
    fs::create_dir_all(&vendored).unwrap();
    assert_eq!(commit::find(&vendored), None);
}
