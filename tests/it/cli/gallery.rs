//! The gallery: what it lists is there, and a package can start from each protocol of it.

use std::fs;

use crate::program::{latchwork, path, refused, run};
use crate::{paths, repository};

/// Red if a protocol of the gallery is not listed, or is listed without its source or its bug.
#[test]
fn every_protocol_is_listed_with_its_source_and_its_bug() {
    let (code, facts, _) = run(&["gallery", "--json"]);
    assert_eq!(code, 0);
    let facts: serde_json::Value = serde_json::from_str(&facts).expect("JSON");
    let listed = facts.as_array().expect("a list");
    let (_, text, _) = run(&["gallery"]);
    let mut names = Vec::new();
    for member in listed {
        let part = |key: &str| member[key].as_str().expect("a text");
        for key in ["sentence", "source", "bug"] {
            assert!(text.contains(part(key)), "{text}");
        }
        names.push(part("name").to_string());
    }
    let folder = repository("examples/gallery/protocols");
    let files = paths(&folder, ".rs").into_iter().map(|file| {
        let stem = file.file_stem().expect("a name");
        stem.to_string_lossy().into_owned()
    });
    assert_eq!(names, files.filter(|name| name != "main").collect::<Vec<_>>());
}

/// Red if a place for a name is left in a template, or if a package lacks a file.
#[test]
fn a_package_can_start_from_each_of_them() {
    let above = tempfile::tempdir().expect("a folder");
    for file in paths(&repository("examples/gallery/protocols"), ".rs") {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        if name == "main" {
            continue;
        }
        let folder = above.path().join(&name);
        let output =
            latchwork(&["init", path(&folder), "--from", &name]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{name}");
        let text = |file: &str| fs::read_to_string(folder.join(file)).expect("text");
        assert_eq!(text(&format!("src/{name}.rs")), fs::read_to_string(&file).expect("text"));
        for file in ["README.md", "src/main.rs"] {
            let text = text(file);
            let place = ["{name}", "{model}", "{rule}", "{property}", "{steps}", "{scenario}"];
            assert!(!place.iter().any(|place| text.contains(place)), "{text}");
            assert!(text.contains(&name), "{text}");
        }
        assert!(folder.join("Cargo.lock").is_file() && folder.join("scenarios").is_dir());
    }
    let said = refused(&["init", path(&above.path().join("new")), "--from", "ttl_locks"]);
    assert!(said.contains("no protocol `ttl_locks`\nhint: did you mean `ttl_lock`?"), "{said}");
}
