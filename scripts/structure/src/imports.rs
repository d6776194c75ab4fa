//! The paths that a source file names: in `use` declarations, in code, and within macros.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

/// A path as it is written, from `crate`, `super` or `self` on.
pub type Segments = Vec<String>;

/// What a file says of other modules.
#[derive(Default)]
pub struct Imports {
    /// Every path it names.
    pub paths: Vec<Segments>,
    /// What it passes on: the name, and the path that the name stands for.
    pub reexports: Vec<(String, Segments)>,
    /// Whether it has items besides `mod` and `use`.
    pub has_code: bool,
}

impl Imports {
    pub fn of(file: &File) -> Self {
        let mut found = Self::default();
        for item in file.items.iter().filter(|item| !is_for_tests(item)) {
            match item {
                Item::Use(item) => found.read_use(item),
                Item::Mod(ItemMod { content: None, .. }) => {}
                other => {
                    found.has_code |= !matches!(other, Item::Macro(_));
                    found.visit_item(other);
                }
            }
        }
        found
    }

    fn read_use(&mut self, item: &ItemUse) {
        let mut leaves = Vec::new();
        leaves_of(&item.tree, &mut Vec::new(), &mut leaves);
        for (name, path) in leaves {
            if !matches!(item.vis, Visibility::Inherited) {
                self.reexports.push((name, path.clone()));
            }
            self.paths.push(path);
        }
    }

    fn read_tokens(&mut self, tokens: &TokenStream) {
        let mut path: Segments = Vec::new();
        let mut colons = 0;
        for token in tokens.clone() {
            match token {
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Ident(ident) => {
                    self.finish(&mut path);
                    colons = 0;
                    if ident == "crate" || ident == "super" {
                        path.push(ident.to_string());
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Group(group) => {
                    self.finish(&mut path);
                    colons = 0;
                    self.read_tokens(&group.stream());
                }
                _ => {
                    self.finish(&mut path);
                    colons = 0;
                }
            }
        }
        self.finish(&mut path);
    }

    fn finish(&mut self, path: &mut Segments) {
        if path.len() > 1 {
            self.paths.push(std::mem::take(path));
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.read_use(item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if ["crate", "super", "self"].contains(&segments[0].as_str()) && segments.len() > 1 {
            self.paths.push(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'ast Macro) {
        self.read_tokens(&found.tokens);
    }
}

/// The names that a `use` brings in, each with its path. A glob's name is `*`.
fn leaves_of(tree: &UseTree, before: &mut Segments, leaves: &mut Vec<(String, Segments)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves_of(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            let name = before.last().cloned().unwrap_or_default();
            leaves.push((name, before.clone()));
        }
        UseTree::Name(name) => {
            let mut path = before.clone();
            path.push(name.ident.to_string());
            leaves.push((name.ident.to_string(), path));
        }
        UseTree::Rename(rename) => {
            let mut path = before.clone();
            path.push(rename.ident.to_string());
            leaves.push((rename.rename.to_string(), path));
        }
        UseTree::Glob(_) => leaves.push(("*".to_string(), before.clone())),
        UseTree::Group(group) => {
            for tree in &group.items {
                leaves_of(tree, before, leaves);
            }
        }
    }
}

fn is_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|name| name == "test")
    })
}
