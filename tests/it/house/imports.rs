//! Which file of a crate names something of which other file, read from the source.
//!
//! The tree of modules is that of the `mod` lines, `#[path]` included. A path is followed through
//! it, and through `use` lines of other modules, to the file in which the item stands: who imports
//! what a folder re-exports imports the file behind it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file that names an item of another file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The file that does, from the folder of the crate.
    pub from: String,
    /// The file in which it stands.
    pub to: String,
    /// How it is named.
    pub path: String,
    /// Whether it is only named where tests are compiled.
    pub in_test: bool,
}

/// A crate: its files and what they import.
pub struct Sources {
    root: PathBuf,
    modules: Vec<Module>,
}

/// A module: a file, or a part of one.
struct Module {
    parent: usize,
    file: String,
    /// Where the files of its children are.
    folder: PathBuf,
    children: BTreeMap<String, usize>,
    /// What its `use` lines bring into it, by name.
    uses: BTreeMap<String, Vec<String>>,
    /// Every path in it, and whether only tests have it.
    paths: Vec<(Vec<String>, bool)>,
}

/// How many aliases a name may go through; a longer chain belongs to another crate.
const DEEPEST: usize = 16;

impl Sources {
    /// Reads the crate whose root module is this file.
    pub fn read(root: &Path) -> Self {
        let folder = root.parent().expect("a file is in a folder").to_path_buf();
        let mut sources = Self { root: folder.clone(), modules: Vec::new() };
        sources.open(0, root, folder, false);
        sources
    }

    /// The files that are part of the crate.
    pub fn files(&self) -> Vec<String> {
        let mut files: Vec<_> = self.modules.iter().map(|module| module.file.clone()).collect();
        files.sort();
        files.dedup();
        files
    }

    /// All imports, in order, each once.
    pub fn imports(&self) -> Vec<Import> {
        let mut found = Vec::new();
        for (at, module) in self.modules.iter().enumerate() {
            for (path, in_test) in &module.paths {
                let Some(to) = self.resolve(at, path, 0) else { continue };
                let (from, to) = (module.file.clone(), self.modules[to].file.clone());
                if from != to {
                    found.push(Import { from, to, path: path.join("::"), in_test: *in_test });
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The module in which the item of a path stands; none if it is of another crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (0, &path[1..]),
            "self" | "super" => (from, path),
            name => {
                let module = &self.modules[from];
                let known = module.children.contains_key(name) || module.uses.contains_key(name);
                known.then_some((from, path))?
            }
        };
        while let Some(name) = rest.first() {
            let module = &self.modules[at];
            if name == "super" {
                at = module.parent;
            } else if let Some(child) = module.children.get(name) {
                at = *child;
            } else if let Some(target) = module.uses.get(name) {
                let path = [target, &rest[1..]].concat();
                return if depth < DEEPEST { self.resolve(at, &path, depth + 1) } else { None };
            } else if name != "self" {
                break;
            }
            rest = &rest[1..];
        }
        Some(at)
    }

    fn open(&mut self, parent: usize, file: &Path, folder: PathBuf, in_test: bool) -> usize {
        let text = std::fs::read_to_string(file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let tokens = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.strip_prefix(&self.root).expect("below the root").display().to_string();
        self.add(parent, name, folder, tokens, in_test)
    }

    fn add(
        &mut self,
        parent: usize,
        file: String,
        folder: PathBuf,
        tokens: TokenStream,
        in_test: bool,
    ) -> usize {
        let at = self.modules.len();
        let (children, uses, paths) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        self.modules.push(Module { parent, file, folder, children, uses, paths });
        self.scan(at, tokens, true, in_test);
        at
    }

    /// Looks through a part of a module; `items` if it is the module itself, not a body in it.
    fn scan(&mut self, module: usize, tokens: TokenStream, items: bool, in_test: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (mut test, mut at_path, mut at) = (in_test, None, 0);
        while at < tokens.len() {
            match (&tokens[at], tokens.get(at + 1)) {
                (TokenTree::Punct(sign), Some(TokenTree::Group(attribute)))
                    if sign.as_char() == '#' =>
                {
                    let text = attribute.stream().to_string().replace(' ', "");
                    test |= text == "cfg(test)";
                    if let Some(path) = text.strip_prefix("path=") {
                        at_path = Some(path.replace('"', ""));
                    }
                    at += 2;
                    continue;
                }
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "mod" => {
                    let (name, path) = (name.to_string(), at_path.take());
                    let child = self.child(module, &name, path, tokens.get(at + 2), test);
                    self.modules[module].children.insert(name, child);
                    (test, at) = (in_test, at + 3);
                    continue;
                }
                (TokenTree::Ident(word), _) if word == "use" => {
                    let end = tokens[at..].iter().position(|token| is(token, ';'));
                    let end = end.map_or(tokens.len(), |end| at + end);
                    self.import(module, &tokens[at + 1..end], &[], items, test);
                    (test, at) = (in_test, end + 1);
                    continue;
                }
                (TokenTree::Ident(_), _) => {
                    let (path, after) = path_at(&tokens, at);
                    if path.len() > 1 {
                        self.modules[module].paths.push((path, test));
                    }
                    at = after;
                    continue;
                }
                (TokenTree::Group(group), _) => {
                    self.scan(module, group.stream(), false, test);
                    if group.delimiter() == Delimiter::Brace {
                        test = in_test;
                    }
                }
                (token, _) if is(token, ';') || is(token, ',') => test = in_test,
                _ => {}
            }
            at += 1;
        }
    }

    /// The module of a `mod` line: a file, or the braces behind it.
    fn child(
        &mut self,
        module: usize,
        name: &str,
        path: Option<String>,
        body: Option<&TokenTree>,
        in_test: bool,
    ) -> usize {
        let Module { folder, file, .. } = &self.modules[module];
        let folder = folder.join(path.as_deref().unwrap_or(name));
        if let Some(TokenTree::Group(body)) = body {
            let file = file.clone();
            return self.add(module, file, folder, body.stream(), in_test);
        }
        assert!(path.is_none(), "{file}: a file of another name than its module, {name}");
        let (beside, below) = (folder.with_extension("rs"), folder.join("mod.rs"));
        let file = if beside.exists() { beside } else { below };
        self.open(module, &file, folder, in_test)
    }

    /// The paths of a `use` line.
    fn import(
        &mut self,
        module: usize,
        tokens: &[TokenTree],
        before: &[String],
        items: bool,
        in_test: bool,
    ) {
        // Behind the last comma is nothing.
        for tree in tokens.split(|token| is(token, ',')).filter(|tree| !tree.is_empty()) {
            let (mut path, after) = path_at(tree, 0);
            path = [before, &path].concat();
            match tree[after..].iter().find(|token| matches!(token, TokenTree::Group(_))) {
                Some(TokenTree::Group(group)) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    self.import(module, &inner, &path, items, in_test);
                }
                _ if path.is_empty() => {}
                _ => {
                    if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
                        path.pop();
                    }
                    // Behind the path stand `as name`, `::*`, or nothing.
                    let alias = match tree.get(after + 1) {
                        Some(TokenTree::Ident(alias)) => Some(alias.to_string()),
                        _ if tree.len() > after => None,
                        _ => path.last().cloned(),
                    };
                    if let Some(alias) = alias.filter(|_| items) {
                        self.modules[module].uses.insert(alias, path.clone());
                    }
                    self.modules[module].paths.push((path, in_test));
                }
            }
        }
    }
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// The names with `::` between them that begin here, and where they end.
fn path_at(tokens: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let (mut path, mut at) = (Vec::new(), at);
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        path.push(name.to_string());
        at += 1;
        let goes_on = matches!(&tokens[at..], [one, two, TokenTree::Ident(_), ..]
            if is(one, ':') && is(two, ':'));
        if !goes_on {
            break;
        }
        at += 2;
    }
    (path, at)
}
