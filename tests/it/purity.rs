//! The model crate cannot do what a deterministic model must not do.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{files, repository};

const OFFENCES: [(&str, &str); 4] = [
    ("clock", "pub fn now() -> std::time::Instant { std::time::Instant::now() }"),
    ("map", "pub fn map() -> std::collections::HashMap<u8, u8> { Default::default() }"),
    ("print", "pub fn say() { println!(\"here\") }"),
    ("allocate", "pub fn list() -> Vec<u8> { Vec::new() }"),
];

/// Checks a copy of the model crate; what the compiler says if it refuses it.
fn check_copy(offences: &[(&str, &str)]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy(&repository("model"), &folder.path().join("model"));
    fs::copy(repository("Cargo.lock"), folder.path().join("Cargo.lock")).expect("copied");
    let manifest = fs::read_to_string(repository("Cargo.toml")).expect("the manifest");
    let workspace = manifest.split("[package]").next().expect("a workspace comes first");
    let workspace = workspace.replace("[\".\", \"model\"]", "[\"model\"]");
    fs::write(folder.path().join("Cargo.toml"), workspace).expect("written");
    let library = folder.path().join("model/lib.rs");
    let mut text = fs::read_to_string(&library).expect("the library");
    for (name, code) in offences {
        text.push_str(&format!("pub mod offence_{name};\n"));
        let file = folder.path().join(format!("model/offence_{name}.rs"));
        fs::write(file, format!("//! An offence.\n{code}\n")).expect("written");
    }
    fs::write(&library, text).expect("written");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--lib", "--manifest-path"])
        .arg(folder.path().join("model/Cargo.toml"))
        .env("CARGO_TARGET_DIR", repository("target/purity"))
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

fn copy(from: &Path, to: &Path) {
    for file in files(from, "") {
        let target = to.join(file.strip_prefix(from).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        fs::copy(&file, target).expect("copied");
    }
}

#[test]
fn a_model_with_a_clock_a_map_output_or_a_list_does_not_compile() {
    check_copy(&[]).unwrap_or_else(|said| panic!("the crate itself must compile: {said}"));
    let said = check_copy(&OFFENCES).expect_err("the offences are refused");
    for (name, _) in OFFENCES {
        assert!(said.contains(&format!("offence_{name}.rs")), "{name} is let through: {said}");
    }
}

/// `extern crate std` would compile, and bring all of it back.
#[test]
fn no_model_links_another_crate() {
    for file in files(&repository("model"), ".rs") {
        let text = fs::read_to_string(&file).expect("text");
        for line in text.lines().filter(|line| line.contains("extern crate")) {
            let itself = line.trim() == "extern crate self as latchwork_model;";
            assert!(itself, "{}: {line}", file.display());
        }
    }
}
