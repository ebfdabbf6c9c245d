//! The rules of the house that a compiler does not know.

use std::fs;

use crate::{files, repository};

fn sources() -> Vec<(String, String)> {
    let root = repository("");
    ["src", "model", "tests", "examples"]
        .iter()
        .flat_map(|folder| files(&repository(folder), ".rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("text");
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            (name, text)
        })
        .collect()
}

#[test]
fn files_are_short_enough_to_be_read() {
    for (name, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 500, "{name} has {lines} lines; what are its two parts?");
    }
}

/// Who may use whom: a folder of `src/`, and what must not be named in it.
const FORBIDDEN: [(&str, &[&str]); 7] = [
    ("src/threads/", &["crate::cli", "crate::report", "println!"]),
    (
        "src/explore/",
        &["crate::cli", "crate::report", "crate::scenario", "crate::check", "println!"],
    ),
    (
        "src/simulate/",
        &["crate::cli", "crate::report", "crate::scenario", "crate::check", "println!"],
    ),
    ("src/trace/", &["crate::cli", "crate::report", "crate::check", "crate::explore"]),
    ("src/report/", &["crate::cli", "crate::explore"]),
    ("src/verdict.rs", &["crate::"]),
    ("src/json.rs", &["crate::"]),
];

#[test]
fn imports_go_one_way() {
    for (name, text) in sources() {
        for (folder, forbidden) in FORBIDDEN.iter().filter(|(folder, _)| name.starts_with(folder)) {
            for word in *forbidden {
                assert!(!text.contains(word), "{name} is in {folder} and must not name {word}");
            }
        }
    }
}

/// A protocol knows the kit, and no other protocol.
#[test]
fn no_protocol_imports_another() {
    let protocols = ["async_grant", "recall", "downconvert", "delegation_return"];
    for (name, text) in sources() {
        for own in protocols.iter().filter(|own| name.starts_with(&format!("model/{own}/"))) {
            for other in protocols.iter().filter(|other| *other != own) {
                assert!(!text.contains(&format!("{other}::")), "{name} imports {other}");
            }
        }
    }
}

/// What would make a result depend on more than its input.
#[test]
fn nothing_that_is_not_deterministic() {
    for (name, text) in sources() {
        if !name.starts_with("src/") {
            continue;
        }
        assert!(!text.contains("HashMap") && !text.contains("HashSet"), "{name} has a hash map");
        let clock = text.contains("Instant") || text.contains("SystemTime");
        let random = text.contains("rand_chacha") && !name.starts_with("src/simulate/");
        assert!(!random, "{name} draws random numbers");
        assert!(!clock || name == "src/cli/clock.rs", "{name} reads a clock");
    }
}

/// What the compiler does not check stands in one file, where each use has its reason.
#[test]
fn unsafe_code_stands_in_one_file() {
    for (name, text) in sources() {
        let allowed = name == "src/explore/memory.rs" || name == "tests/it/tidy.rs";
        assert!(allowed || !text.contains("allow(unsafe_code"), "{name} allows unsafe code");
        let uses = text.matches("unsafe {").count();
        assert_eq!(uses, if allowed { text.matches("// SAFETY:").count() } else { 0 }, "{name}");
    }
}

/// A path in the documents that stands between backticks and has a slash is there.
#[test]
fn documents_name_files_that_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(repository(document)).expect("the document");
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = word.contains('/')
                && !word.contains([' ', '<', '*', '{', ':', '$'])
                && !word.starts_with("latchwork-out/");
            if is_path {
                assert!(repository(word).exists(), "{document} names `{word}`");
            }
        }
    }
}
