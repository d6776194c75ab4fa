//! The commit that a package is built from, read from files, so that no build needs git.

use std::fs;
use std::path::{Path, PathBuf};

/// A commit, and the files that change when another one is checked out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) hash: String,
    pub(crate) files: Vec<PathBuf>,
}

/// The commit of a package in this folder: as cargo recorded it in a published package, or that of the checkout around it.
pub(crate) fn find(package: &Path) -> Option<Commit> {
    of_published(package).or_else(|| of_checkout(package))
}

/// What `cargo package` writes: `{"git": {"sha1": "…"}, …}`. A package of altered files (`"dirty": true`) is of no commit.
fn of_published(package: &Path) -> Option<Commit> {
    let file = package.join(".cargo_vcs_info.json");
    let text = fs::read_to_string(&file).ok()?;
    let (_, after) = text.split_once("\"sha1\"")?;
    let hash = hash(after.split('"').nth(1)?)?;
    (!text.contains("\"dirty\"")).then_some(Commit {
        hash,
        files: vec![file],
    })
}

/// The checkout of this project, and not one of another project, which has a copy of the package somewhere.
fn of_checkout(package: &Path) -> Option<Commit> {
    let root = package.parent()?.parent()?;
    if package != root.join("crates/pellucid-cli") {
        return None;
    }
    let git = git_folder(root)?;
    let shared = match fs::read_to_string(git.join("commondir")) {
        Ok(path) => git.join(path.trim()),
        Err(_) => git.clone(),
    };
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let hash = match head.trim().strip_prefix("ref: ") {
        Some(name) => of_reference(&shared, name)?,
        None => hash(head.trim())?,
    };
    // The log of HEAD grows with each commit. Without one, what names the commit is watched.
    let log = git.join("logs/HEAD");
    let others = [
        git.join("HEAD"),
        shared.join("packed-refs"),
        shared.join(head.trim().trim_start_matches("ref: ")),
    ];
    let files = match log.exists() {
        true => vec![log],
        false => others.into_iter().filter(|file| file.exists()).collect(),
    };
    Some(Commit { hash, files })
}

/// `.git`: a folder, or a file that names the folder of a linked work tree.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

/// The commit of a branch: in a file of its own, or in a line of `packed-refs`.
fn of_reference(shared: &Path, name: &str) -> Option<String> {
    if let Ok(text) = fs::read_to_string(shared.join(name)) {
        return hash(text.trim());
    }
    let packed = fs::read_to_string(shared.join("packed-refs")).ok()?;
    let line = packed
        .lines()
        .find_map(|line| line.strip_suffix(name)?.strip_suffix(' '));
    hash(line?)
}

/// A hash of SHA-1 or SHA-256 in hexadecimal digits.
fn hash(text: &str) -> Option<String> {
    let is_hash = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}
