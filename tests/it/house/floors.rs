//! Floors: who may import whom. A floor is a folder of `src/`; a room is an entry of that folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::imports::{Import, Sources};
use crate::{paths, repository};

/// From the ground up. A file imports from its own floor and from those below it.
const FLOORS: [&str; 11] = [
    "encoding",
    "capture",
    "engines",
    "probe",
    "protocols",
    "files",
    "conform",
    "jobs",
    "report",
    "serve",
    "cli",
];

/// The file of a subcommand; no subcommand imports another.
const SUBCOMMANDS: &str = "cli/commands/";

/// What is above all floors.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// A crate as it was read: its files, and what they import.
struct Crate {
    files: Vec<String>,
    imports: Vec<Import>,
}

impl Crate {
    fn read(root: &Path) -> Self {
        let sources = Sources::read(root);
        Self { files: sources.files(), imports: sources.imports() }
    }
}

static HARNESS: LazyLock<Crate> = LazyLock::new(|| Crate::read(&repository("src/lib.rs")));
static MODELS: LazyLock<Crate> = LazyLock::new(|| Crate::read(&repository("model/lib.rs")));

/// The first part of a path: a floor, or the folder of a protocol.
fn floor(file: &str) -> &str {
    file.split_once('/').map_or(file, |(floor, _)| floor)
}

/// The first two parts of a path, without an ending.
fn room(file: &str) -> String {
    let parts: Vec<&str> = file.splitn(3, '/').take(2).collect();
    let room = parts.join("/");
    room.strip_suffix(".rs").unwrap_or(&room).replace("/mod", "")
}

/// Imports that go up, or that go nowhere because a folder is no floor.
fn upward<'a>(imports: &'a [Import], floors: &[&str]) -> Vec<&'a Import> {
    let height = |file: &str| floors.iter().position(|name| *name == floor(file));
    let goes_up = |import: &&Import| match (height(&import.from), height(&import.to)) {
        (Some(from), Some(to)) => to > from,
        _ => !ROOTS.contains(&import.from.as_str()),
    };
    imports.iter().filter(goes_up).collect()
}

/// A cycle, if there is one: its nodes in order, and what each imports from the next.
fn circle(imports: &[Import], node: impl Fn(&str) -> String) -> Option<String> {
    let mut next: BTreeMap<String, BTreeMap<String, &Import>> = BTreeMap::new();
    for import in imports.iter().filter(|import| !import.in_test) {
        let (from, to) = (node(&import.from), node(&import.to));
        if from != to {
            next.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    let mut done = BTreeSet::new();
    next.keys().find_map(|start| {
        let mut way = Vec::new();
        around(start, &next, &mut way, &mut done)
    })
}

/// Goes on from a node, depth first, until the way comes back to itself.
fn around<'a>(
    at: &'a str,
    next: &'a BTreeMap<String, BTreeMap<String, &Import>>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<String> {
    if let Some(begin) = way.iter().position(|node| *node == at) {
        let told = way[begin..].iter().zip(way[begin + 1..].iter().chain([&at]));
        let told = told.map(|(from, to)| {
            let import = next[*from][*to];
            format!("  {from} imports {to}: {} in {}\n", import.path, import.from)
        });
        return Some(told.collect());
    }
    if !done.insert(at) {
        return None;
    }
    way.push(at);
    let found = next.get(at).and_then(|all| all.keys().find_map(|to| around(to, next, way, done)));
    way.pop();
    found
}

#[test]
fn imports_go_down() {
    let imports = &HARNESS.imports;
    assert!(imports.len() > 500, "only {} imports were found", imports.len());
    let up = upward(imports, &FLOORS);
    assert!(up.is_empty(), "these imports go up: {up:#?}\nfrom the ground up: {FLOORS:?}");
}

#[test]
fn no_file_is_part_of_a_circle() {
    for sources in [&HARNESS, &MODELS] {
        if let Some(circle) = circle(&sources.imports, ToString::to_string) {
            panic!("files in a circle:\n{circle}");
        }
    }
}

#[test]
fn no_room_is_part_of_a_circle() {
    if let Some(circle) = circle(&HARNESS.imports, room) {
        panic!("rooms in a circle:\n{circle}");
    }
}

#[test]
fn no_subcommand_imports_another() {
    let subcommand = |file: &str| file.starts_with(SUBCOMMANDS) && !file.ends_with("/mod.rs");
    let beside = |import: &&Import| subcommand(&import.from) && subcommand(&import.to);
    let found: Vec<_> = HARNESS.imports.iter().filter(beside).collect();
    assert!(found.is_empty(), "{found:#?}\nwhat they share stands in src/cli");
}

/// A protocol knows the kit, and no other protocol.
#[test]
fn a_protocol_imports_the_kit_and_itself() {
    for import in &MODELS.imports {
        let (from, to) = (floor(&import.from), floor(&import.to));
        let allowed = to == from || to == "kit" || ROOTS.contains(&to) || ROOTS.contains(&from);
        assert!(allowed, "{} imports {} of {}", import.from, import.path, import.to);
    }
}

/// A file that is not part of the crate is not compiled or checked, by this test either.
#[test]
fn every_file_is_read() {
    for (folder, sources) in [("src", &HARNESS), ("model", &MODELS)] {
        let root = repository(folder);
        for path in paths(&root, ".rs") {
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            let is_other = name == "main.rs" || name.starts_with("tests/");
            assert!(is_other || sources.files.contains(&name), "{folder}/{name} is no module");
        }
    }
}

/// Every folder of `src/` is a floor, and the picture of the floors is a true one.
#[test]
fn the_picture_shows_the_floors() {
    let folders = fs::read_dir(repository("src")).expect("the folder").flatten();
    let folders = folders.filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<_> = folders.map(|entry| entry.file_name()).collect();
    assert_eq!(folders, FLOORS.iter().map(Into::into).collect());
    let text = fs::read_to_string(repository("ARCHITECTURE.md")).expect("the document");
    let picture = text.split("```").nth(1).expect("a picture");
    let drawn = picture.lines().filter_map(|line| line.trim().strip_prefix("src/"));
    let drawn: Vec<&str> = drawn.map(|line| line.split('/').next().unwrap_or(line)).collect();
    let down: Vec<&str> = FLOORS.into_iter().rev().collect();
    assert_eq!(drawn, down, "the picture of ARCHITECTURE.md, from the top down");
}

/// A crate with these files; the first one is its root.
fn planted(files: &[(&str, &str)]) -> Vec<Import> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("folders");
        fs::write(path, text).expect("written");
    }
    Sources::read(&folder.path().join(files[0].0)).imports()
}

#[test]
fn what_is_planted_is_found() {
    let imports = planted(&[
        ("lib.rs", "pub mod a; pub mod b; pub mod c;"),
        ("a/mod.rs", "mod one; pub use one::One;"),
        ("a/one.rs", "pub struct One; impl One { fn two() -> crate::b::Two { todo!() } }"),
        ("b.rs", "use super::a::{self, One}; pub struct Two(One); #[cfg(test)] use crate::c::C;"),
        ("c/mod.rs", "#[path = \"\"] mod m { use crate::b as rt; mod c; }"),
        ("c/c.rs", "pub struct C; fn f() { println!(\"{}\", super::rt::TWO) } // crate::a::One"),
    ]);
    let import = |from: &str, to: &str, path: &str, in_test| Import {
        from: from.to_string(),
        to: to.to_string(),
        path: path.to_string(),
        in_test,
    };
    assert_eq!(
        imports,
        [
            import("a/mod.rs", "a/one.rs", "one::One", false),
            import("a/one.rs", "b.rs", "crate::b::Two", false),
            import("b.rs", "a/mod.rs", "super::a", false),
            import("b.rs", "a/one.rs", "super::a::One", false),
            import("b.rs", "c/mod.rs", "crate::c::C", true),
            import("c/c.rs", "b.rs", "super::rt::TWO", false),
            import("c/mod.rs", "b.rs", "crate::b", false),
        ]
    );
    let told = circle(&imports, ToString::to_string).expect("there is one");
    assert!(told.contains("a/one.rs imports b.rs: crate::b::Two in a/one.rs\n"), "{told}");
    let up: Vec<_> = upward(&imports, &["a", "b.rs", "c"]).into_iter().map(|up| &up.to).collect();
    assert_eq!(up, ["b.rs", "c/mod.rs"]);
}
