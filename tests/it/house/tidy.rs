//! The rules of the house that a compiler does not know.

use std::fs;

use crate::{paths, repository};

fn sources() -> Vec<(String, String)> {
    let root = repository("");
    ["src", "model", "tests", "examples"]
        .iter()
        .flat_map(|folder| paths(&repository(folder), ".rs"))
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

/// Only the command line prints.
#[test]
fn only_the_command_line_prints() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("src/")) {
        let prints = ["print!", "println!", "eprint!", "eprintln!"];
        let found = prints.iter().find(|word| text.contains(*word));
        assert!(found.is_none() || name.starts_with("src/cli/"), "{name} prints");
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
        let random = text.contains("rand_chacha") && !name.starts_with("src/engines/simulate/");
        assert!(!random, "{name} draws random numbers");
        assert!(!clock || name == "src/cli/clock.rs", "{name} reads a clock");
    }
}

/// Code that the compiler does not check is in two files, where each use states its reason.
#[test]
fn unsafe_code_stands_in_two_files() {
    for (name, text) in sources() {
        let files =
            ["src/engines/explore/memory.rs", "src/probe/calls.rs", "tests/it/house/tidy.rs"];
        let allowed = files.contains(&name.as_str());
        assert!(allowed || !text.contains("allow(unsafe_code"), "{name} allows unsafe code");
        let uses = text.matches("unsafe {").count();
        assert_eq!(uses, if allowed { text.matches("// SAFETY:").count() } else { 0 }, "{name}");
    }
}
