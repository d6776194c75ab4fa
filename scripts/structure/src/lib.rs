//! The structure of the project itself: no import cycles between the modules of a crate, no `unsafe` outside the kernels.

#![cfg(test)]

mod imports;
mod modules;

use modules::Crate;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The source folder of each crate of the project, by the crate's folder.
fn crates() -> Vec<(String, PathBuf)> {
    let mut found = vec![("python".to_string(), project().join("python/src"))];
    for entry in std::fs::read_dir(project().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        found.push((name, folder.join("src")));
    }
    found.sort();
    found
}

#[test]
fn modules_of_a_crate_form_no_cycle() {
    let mut report = String::new();
    for (name, source) in crates() {
        let read = Crate::read(&source);
        for (level, imports) in [
            ("modules", read.module_imports()),
            ("folders", read.folder_imports()),
        ] {
            for cycle in cycles(&imports) {
                writeln!(report, "{name}: a cycle of {level}: {}", cycle.join(", ")).unwrap();
                for from in &cycle {
                    for to in cycle.iter().filter(|to| *to != from) {
                        if let Some(example) = imports.get(from).and_then(|targets| targets.get(to)) {
                            writeln!(report, "    {from} imports {to}: {example}").unwrap();
                        }
                    }
                }
            }
        }
    }
    assert!(
        report.is_empty(),
        "modules import each other in a circle; move what both need into a module below them\n{report}"
    );
}

#[test]
fn unsafe_code_is_in_the_kernels_alone() {
    for (name, source) in crates() {
        let root = ["lib.rs", "main.rs"]
            .map(|file| source.join(file))
            .into_iter()
            .find(|path| path.exists())
            .unwrap();
        let text = std::fs::read_to_string(&root).unwrap();
        let forbids = text.contains("#![forbid(unsafe_code)]");
        // The macros of the Python binding expand to unsafe code.
        let may_have_unsafe_code = ["pellucid-kernels", "python"].contains(&name.as_str());
        assert!(
            forbids || may_have_unsafe_code,
            "{} lacks #![forbid(unsafe_code)]",
            root.display()
        );
    }
}

/// The groups of two or more nodes that reach each other.
fn cycles(graph: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<Vec<String>> {
    let reachable = |start: &String| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![start.clone()];
        while let Some(node) = open.pop() {
            for next in graph.get(&node).into_iter().flat_map(BTreeMap::keys) {
                if found.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        found
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        graph.keys().map(|node| (node, reachable(node))).collect();
    let mut groups = BTreeSet::new();
    for (node, targets) in &reached {
        let group: Vec<String> = targets
            .iter()
            .filter(|target| reached.get(target).is_some_and(|back| back.contains(*node)))
            .cloned()
            .collect();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

#[test]
fn a_cycle_is_found_with_its_names() {
    let edge = |to: &str| (to.to_string(), "use".to_string());
    let graph = BTreeMap::from([
        ("a".to_string(), BTreeMap::from([edge("b")])),
        ("b".to_string(), BTreeMap::from([edge("c"), edge("d")])),
        ("c".to_string(), BTreeMap::from([edge("a")])),
        ("d".to_string(), BTreeMap::new()),
    ]);
    assert_eq!(cycles(&graph), [["a", "b", "c"]]);
}
