//! The modules of a crate and what each imports of the others.
//!
//! A folder whose `mod.rs` holds nothing but `mod` and `use` is a group: its parts are modules of their own. A folder whose
//! `mod.rs` holds code is one module, and its parts are private to it.

use crate::imports::{Imports, Segments};
use std::collections::BTreeMap;
use std::path::Path;

/// What each module imports: the target, and an example of the import.
pub type Graph = BTreeMap<String, BTreeMap<String, String>>;

pub struct Crate {
    /// Every file that is no test, by its path from the crate's root.
    files: BTreeMap<Segments, Imports>,
}

impl Crate {
    /// # Panics
    /// When a file cannot be read or parsed.
    pub fn read(source: &Path) -> Self {
        let mut files = BTreeMap::new();
        read_folder(source, &mut Vec::new(), &mut files);
        Self { files }
    }

    /// Imports between modules.
    pub fn module_imports(&self) -> Graph {
        self.graph(|file| self.module_of(file))
    }

    /// Imports between the files and folders directly below the root.
    pub fn folder_imports(&self) -> Graph {
        self.graph(|file| file.first().cloned().unwrap_or_else(|| "(root)".to_string()))
    }

    fn graph(&self, node_of: impl Fn(&[String]) -> String) -> Graph {
        let mut graph = Graph::new();
        for (file, imports) in &self.files {
            let from = node_of(file);
            let targets = graph.entry(from.clone()).or_default();
            // What a group passes on to its users is no import of its own.
            if !imports.has_code {
                continue;
            }
            for path in &imports.paths {
                let Some(target) = self.resolve(file, path) else {
                    continue;
                };
                let to = node_of(&target);
                if to != from {
                    targets
                        .entry(to)
                        .or_insert_with(|| format!("{} in {}", path.join("::"), file.join("/")));
                }
            }
        }
        graph
    }

    /// The file that a path, as `file` names it, leads to.
    fn resolve(&self, file: &[String], path: &[String]) -> Option<Segments> {
        let mut at: Segments = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" => file.to_vec(),
            "super" => file[..file.len().checked_sub(1)?].to_vec(),
            part if self.child(file, part).is_some() => self.child(file, part)?,
            _ => return None,
        };
        for (index, part) in path.iter().enumerate().skip(1) {
            if part == "super" {
                at.pop()?;
                continue;
            }
            if let Some(child) = self.child(&at, part) {
                at = child;
                continue;
            }
            let passed_on = self
                .files
                .get(&at)?
                .reexports
                .iter()
                .find(|(name, _)| name == part);
            if let Some((_, target)) = passed_on
                && target
                    .first()
                    .is_some_and(|first| first != "self" || target.len() > 1)
                && index < 16
            {
                return self.resolve(&at, target).or(Some(at));
            }
            break;
        }
        Some(at)
    }

    fn child(&self, at: &[String], part: &str) -> Option<Segments> {
        let mut child = at.to_vec();
        child.push(part.to_string());
        self.files.contains_key(&child).then_some(child)
    }

    /// The module that a file belongs to: the first on the way from the root that is no group.
    fn module_of(&self, file: &[String]) -> String {
        for depth in 1..=file.len() {
            let here = &file[..depth];
            if self.files.get(here).is_none_or(|imports| imports.has_code) {
                return here.join("::");
            }
        }
        match file {
            [] => "(root)".to_string(),
            group => group.join("::"),
        }
    }
}

fn read_folder(folder: &Path, at: &mut Segments, files: &mut BTreeMap<Segments, Imports>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "tests" || name.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            at.push(name);
            read_folder(&path, at, files);
            at.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut module = at.clone();
            if !["lib", "main", "mod"].contains(&name.as_str()) {
                module.push(name);
            }
            files.insert(module, Imports::of(&parsed));
        }
    }
}
